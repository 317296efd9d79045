"""What rooms on rows and on transactions stay silent about, beyond the examples of their pages."""

from __future__ import annotations

import pytest

from rules.harness import ENV, REVISION, as_revision, project_of, reports_of

AUTOCOMMIT = ENV.replace(
    "connection=None", 'connection=engine.connect().execution_options(isolation_level="AUTOCOMMIT")'
)
BEGUN = ENV + "\nwith engine.begin() as connection:\n    pass\n"
ADDED = '    op.add_column("users", sa.Column("plan", sa.String(20), nullable=False))\n'
UNIQUE = '    op.create_unique_constraint("uq_users_plan", "users", ["plan", "org"])\n'
CONCURRENTLY = '    op.create_index("ix", "users", ["plan"], postgresql_concurrently=True)\n'


def found(rule: str, body: str, *, dialect: str = "postgresql", env: str = ENV) -> list[str]:
    """The messages of a rule on a revision."""
    files = {REVISION: as_revision(body, "0002", "0001"), "migrations/env.py": env}
    return [report.message for report in reports_of(project_of(files, {"dialect": dialect}), rule)]


@pytest.mark.parametrize(
    "before",
    [
        '    op.execute("TRUNCATE users")\n',
        '    op.create_table("users", sa.Column("id", sa.Integer()), if_not_exists=True)\n',
        '    op.create_table("users", sa.Column("id", sa.Integer()), schema=schema_of())\n',
        '    op.create_table("old", sa.Column("id", sa.Integer()))\n    op.rename_table("old", "users")\n',
        "    session.query(User).delete()\n",
    ],
)
def test_a_table_without_rows(before: str) -> None:
    assert not found("not-null-without-default", f"def upgrade():\n{before}{ADDED}")


def test_mysql_fills_a_column_that_is_filled_again() -> None:
    rule, filled = "not-null-without-default", '    op.execute("UPDATE users SET plan = org")\n'
    assert found(rule, f"def upgrade():\n{ADDED}", dialect="mysql")
    assert not found(rule, f"def upgrade():\n{ADDED}{filled}", dialect="mysql")
    assert found(rule, f"def upgrade():\n{ADDED}{filled}"), "on PostgreSQL it fails before"


def test_a_backfill_in_a_batch_block() -> None:
    body = """def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.execute("UPDATE users SET plan = ''")
        batch_op.alter_column("plan", existing_type=sa.String(20), existing_nullable=True, nullable=False)
"""
    assert not found("set-not-null-without-backfill", body)


def test_code_that_is_not_followed_may_fill() -> None:
    body = """def upgrade():
    session = Session(op.get_bind())
    for user in session.query(User):
        user.plan = "free"
    op.alter_column("users", "plan", existing_type=sa.String(20), existing_nullable=True, nullable=False)
"""
    assert not found("set-not-null-without-backfill", body)


@pytest.mark.parametrize(
    "dropped",
    [
        # Another name, which a naming convention gives, and columns by the names that they had before.
        """    op.drop_index("uq_users_tariff", table_name="users")
    op.alter_column("users", "tariff", new_column_name="plan")
""",
        '    op.drop_constraint("uq_users_plan", "users", type_="unique")\n',
    ],
)
def test_a_unique_constraint_that_takes_the_place_of_another(dropped: str) -> None:
    down = 'def downgrade():\n    op.create_index(None, "users", ["tariff"], unique=True)\n'
    assert not found("unique-over-existing-rows", f"def upgrade():\n{dropped}{UNIQUE}\n\n{down}")


def test_a_unique_constraint_that_takes_the_place_of_an_ordinary_index() -> None:
    body = f"""def upgrade():
    op.drop_index("ix_users_plan", table_name="users")
{UNIQUE}

def downgrade():
    op.create_index("ix_users_plan", "users", ["plan"], unique=False)
"""
    assert found("unique-over-existing-rows", body)


@pytest.mark.parametrize(
    ("body", "env"),
    [
        (CONCURRENTLY, AUTOCOMMIT),
        (f'    op.execute("COMMIT")\n{CONCURRENTLY}', ENV),
        ("    with outside():\n    " + CONCURRENTLY, ENV),
        ('    engine().connect().execute(sa.text("VACUUM users"))\n', ENV),
    ],
)
def test_what_may_be_outside_of_the_transaction(body: str, env: str) -> None:
    assert not found("concurrently-in-transaction", f"def upgrade():\n{body}", env=env)


def test_a_commit_is_worth_what_the_environment_makes_of_it() -> None:
    rule, body = "explicit-commit", "def upgrade():\n    op.get_bind().commit()\n"
    assert "silently rolled back" in found(rule, body)[0]
    assert "InvalidRequestError" in found(rule, body, env=BEGUN)[0]
    assert "half applied" in found(rule, body, env=ENV + "\nconnection.commit()\n")[0]
    assert not found(rule, body, env=AUTOCOMMIT)


JOINED = """from alembic import context
from app import engine, m, text

with engine.connect() as connection:
    connection.execute(text("SET lock_timeout = 4000"))
    context.configure(connection=connection, target_metadata=m, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
        context.get_bind().commit()
"""
BLOCK = """    with op.get_context().autocommit_block():
        op.create_index("ix", "users", ["plan"], postgresql_concurrently=True)
"""
COMMIT = "    op.get_bind().commit()\n"


def test_a_commit_that_makes_an_autocommit_block_work() -> None:
    assert not found("explicit-commit", f"def upgrade():\n{COMMIT}{BLOCK}", env=JOINED)
    assert not found("missing-commit-after-autobegin", f"def upgrade():\n{COMMIT}{BLOCK}", env=JOINED)
    assert not found("missing-commit-after-autobegin", f"def upgrade():\n{COMMIT}{BLOCK}{BLOCK}", env=JOINED)
    assert found("missing-commit-after-autobegin", f"def upgrade():\n{BLOCK}", env=JOINED)
    assert found("missing-commit-after-autobegin", f"def upgrade():\n{COMMIT}{ADDED}{BLOCK}", env=JOINED)
    assert found(
        "missing-commit-after-autobegin", f'def upgrade():\n    op.execute("COMMIT")\n{BLOCK}', env=JOINED
    )
    assert found("explicit-commit", f"def upgrade():\n{COMMIT}{BLOCK}"), "Alembic's own transaction is gone"
    half = found("explicit-commit", f"def upgrade():\n{ADDED}{COMMIT}{ADDED}", env=JOINED)
    assert half
    assert "autocommit_block" not in half[0]


def test_a_commit_after_each_batch_that_can_be_run_again() -> None:
    fill = """def upgrade():
    bind = op.get_bind()
    while bind.execute(sa.text("SELECT count(*) FROM users WHERE plan IS NULL")).scalar():
        bind.execute(sa.text("{sql}"))
        bind.commit()
"""
    again = (
        "UPDATE users SET plan = 'free' WHERE id IN (SELECT id FROM users WHERE plan IS NULL LIMIT 9) AND plan IS NULL",
        "INSERT INTO plans (name) SELECT u.plan FROM users u LEFT JOIN plans ON plans.name = u.plan WHERE plans.id IS NULL",
        "INSERT INTO plans (name) VALUES ('free') ON CONFLICT (name) DO NOTHING",
    )
    for sql in again:
        assert not found("explicit-commit", fill.format(sql=sql), env=JOINED)
    twice = "INSERT INTO logs (name) SELECT u.plan FROM users u LEFT JOIN plans ON plans.name = u.plan WHERE plans.id IS NULL"
    assert found("explicit-commit", fill.format(sql=twice), env=JOINED)


def test_a_rollback_on_the_way_out() -> None:
    body = """def upgrade():
    connection = op.get_bind()
    try:
        op.drop_column("users", "plan")
    except Exception:
        connection.rollback()
        raise
"""
    assert not found("explicit-commit", body)


def test_a_value_of_another_enum() -> None:
    body = """def upgrade():
    op.execute("ALTER TYPE state ADD VALUE 'late'")
    op.add_column("orders", sa.Column("kind", sa.Enum("late", "early", name="kind"), server_default="late"))
    op.execute("SELECT 'late'::kind")
    op.execute("ALTER TYPE state ADD VALUE 'later' AFTER 'late'")
"""
    assert not found("enum-value-used-in-same-transaction", body)


@pytest.mark.parametrize(
    ("before", "way_back", "said"),
    [
        (3, "pass", False),
        (2, "pass", True),
        (3, 'op.drop_table("made_2")', True),
        (10, 'op.drop_table("made_2")', False),
    ],
)
def test_a_project_that_only_goes_forward(before: int, way_back: str, said: bool) -> None:
    files = {"migrations/env.py": ENV}
    for number in range(1, before + 2):
        back = way_back if number == 2 else "pass"
        body = (
            f'def upgrade():\n    op.create_table("made_{number}", sa.Column("id", sa.Integer()))\n\n\n'
            f"def downgrade():\n    {back}\n"
        )
        parent = f"000{number - 1}" if number > 1 else None
        place = REVISION if number == before + 1 else f"migrations/versions/000{number}_made.py"
        files[place] = as_revision(body, f"000{number}", parent)
    reports = reports_of(project_of(files, {"dialect": "postgresql"}), "missing-downgrade")
    assert any(report.path.endswith(REVISION) for report in reports) is said


def test_validate_asks_for_the_name_that_the_convention_made() -> None:
    body = (
        'def upgrade():\n    op.create_check_constraint("paid", "orders", "total > 0", postgresql_not_valid=True)\n'
        '    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_paid")\n'
    )
    models = "from sqlalchemy import MetaData\n\n\nclass Base:\n    metadata = MetaData(naming_convention={CONVENTION})\n"
    files = {
        REVISION: as_revision(body, "0002", "0001"),
        "migrations/env.py": ENV,
        "app/models.py": models.replace("{CONVENTION}", '{"ck": "ck_%(table_name)s_%(constraint_name)s"}'),
    }
    assert len(reports_of(project_of(files, {"dialect": "postgresql"}), "validate-in-same-transaction")) == 1
    assert not found("validate-in-same-transaction", body)


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ("UPDATE users SET plan = left(plan, 10) WHERE length(plan) > 10", False),
        ("DELETE FROM users WHERE length(plan) > 10", False),
        ("UPDATE users SET org = 1 WHERE id = 2", True),
    ],
)
def test_rows_that_the_revision_above_has_made_fit(before: str, told: bool) -> None:
    narrower = """def upgrade():
    op.alter_column("users", "plan", existing_type=sa.String(20), type_=sa.String(10), existing_nullable=True)
"""
    files = {
        "migrations/versions/0002_fit.py": as_revision(
            f'def upgrade():\n    op.execute("{before}")\n', "0002", "0001"
        ),
        REVISION: as_revision(narrower, "0003", "0002"),
        "migrations/env.py": ENV,
    }
    reports = reports_of(project_of(files, {"dialect": "postgresql"}), "narrowing-type-change")
    assert bool(reports) is told


TAKEN = """def upgrade():
    op.add_column("orders", sa.Column("paid_at", sa.DateTime()))
    op.add_column("orders", sa.Column("sent_at", sa.DateTime()))


def downgrade():
    op.drop_column("orders", "paid_at")
"""
REMADE = """def upgrade():
    op.drop_index("ix_orders_paid", "orders")
    op.create_index("ix_orders_paid", "orders", ["paid_at", "id"])
    op.create_index("ix_orders_total", "orders", ["total"], if_not_exists=True)
    op.create_foreign_key(None, "orders", "users", ["user_id"], ["id"])


def downgrade():
    op.drop_constraint("orders_ibfk_7", "orders", type_="foreignkey")
"""
ELSEWHERE = """def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("flags", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("users", sa.Column("taken_at", sa.DateTime()))


def downgrade():
    op.drop_column("flags", "taken_at")
    op.drop_table("flags")
    op.drop_table("users")
"""


def test_what_a_revision_makes_on_a_table_that_none_created_is_to_be_undone() -> None:
    rule = "downgrade-not-inverse"
    assert found(rule, TAKEN) == [
        "After upgrade and downgrade, the column `orders.sent_at` is still there. Undo what `upgrade()` does."
    ]
    assert not found(rule, REMADE, dialect="mysql"), "it may have been there before, or under another name"
    assert not found(rule, ELSEWHERE), "`unknown-column` tells of a downgrade that fails"


def test_a_constraint_that_an_earlier_revision_made_on_such_a_table_is_to_come_back() -> None:
    scores = """def upgrade():
    op.drop_constraint("uq_scores", "scores", type_="unique")
    op.create_unique_constraint("uq_scores_new", "scores", ["repo_id", "score_id"])
"""
    wrong = """def upgrade():
    op.drop_constraint("uq_scores_new", "scores", type_="unique")
    op.create_unique_constraint("uq_scores_new", "scores", ["repo_id", "name", "taken_at"])


def downgrade():
    op.drop_constraint("uq_scores_new", "scores", type_="unique")
    op.create_unique_constraint("{}", "scores", {})
"""
    earlier = {
        "migrations/versions/0001_scores.py": as_revision(scores, "0001", None),
        "migrations/env.py": ENV,
    }
    for name, columns, is_said in (
        ("uq_scores", ["repo_id", "name"], True),
        ("uq_scores_new", ["repo_id", "score_id"], False),
    ):
        files = {**earlier, REVISION: as_revision(wrong.format(name, columns), "0002", "0001")}
        reports = reports_of(project_of(files, {"dialect": "postgresql"}), "downgrade-not-inverse")
        assert (
            any("`uq_scores_new` of `scores` is missing" in report.message for report in reports) == is_said
        )
