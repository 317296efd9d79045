"""The story of a schema, told from revisions as text."""

from __future__ import annotations

import pytest

from foreshot.history.delta import Delta, delta_of, digest_of, supposed
from foreshot.history.story import Story
from foreshot.migration.graph import Node, RevisionGraph
from foreshot.migration.reader import read_revision
from foreshot.schema.ddl import as_sql
from foreshot.schema.state import Schema, Target
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText
from foreshot.workspace.histories import told_of


def story(
    *revisions: tuple[str, str | tuple[str, ...] | None, str], dialect: str = "postgresql", **conventions: str
) -> Story:
    """The story of revisions given by id, parents and the body of ``upgrade()``."""
    nodes: list[Node] = []
    deltas: dict[str, Delta] = {}
    for name, parents, body in revisions:
        lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
        text = (
            "import sqlalchemy as sa\nfrom sqlalchemy.dialects import postgresql\nfrom alembic import op\n"
            f"revision = {name!r}\ndown_revision = {parents!r}\n\ndef upgrade():\n{lines}\n\ndef downgrade():\n    pass\n"
        )
        module = parse(SourceText(text))
        assert isinstance(module, Module)
        revision = read_revision(module, (dialect,))
        assert revision is not None
        nodes.append(Node(f"{name}.py", revision.header))
        deltas[f"{name}.py"] = delta_of(revision)
    target = Target(dialect, (), tuple(sorted(conventions.items())))
    return Story(RevisionGraph(nodes), deltas.__getitem__, target)


def head(
    *revisions: tuple[str, str | tuple[str, ...] | None, str], dialect: str = "postgresql", **conventions: str
) -> Schema:
    return story(*revisions, dialect=dialect, **conventions).at_heads()


USERS = """
op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("email", sa.String(50), unique=True), sa.Column("team_id", sa.Integer(), sa.ForeignKey("teams.id")))
"""


def test_names_that_postgresql_gives() -> None:
    users = head(("a", None, USERS)).tables["users"]
    assert users.primary_key is not None
    assert (users.primary_key.name, users.primary_key.named) == ("users_pkey", "server")
    assert [key.name for key in users.uniques] == ["users_email_key"]
    assert [key.name for key in users.foreign_keys] == ["users_team_id_fkey"]
    assert users.columns["id"].sequence == "users_id_seq"
    assert users.columns["email"].type.stored == "VARCHAR(50)"


def test_names_that_mysql_gives_and_the_index_of_a_foreign_key() -> None:
    users = head(("a", None, USERS), dialect="mariadb").tables["users"]
    assert [key.name for key in users.foreign_keys] == ["users_ibfk_1"]
    assert [(index.name, index.columns) for index in users.indexes] == [("team_id", ("team_id",))]


def test_names_of_a_convention_and_those_that_are_final() -> None:
    made = 'op.create_check_constraint("a", "users", "email <> \'\'")\nop.create_check_constraint(op.f("b"), "users", "id > 0")'
    users = head(
        ("a", None, USERS),
        ("b", "a", made),
        ck="ck_%(table_name)s_%(constraint_name)s",
        uq="uq_%(table_name)s_%(column_0_name)s",
    ).tables["users"]
    assert [check.name for check in users.checks] == ["ck_users_a", "b"]
    assert [key.name for key in users.uniques] == ["uq_users_email"]


def test_a_rename_leaves_names_and_takes_references_along() -> None:
    links = 'op.create_table("notes", sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")))'
    renamed = 'op.rename_table("users", "accounts")\nop.alter_column("accounts", "id", new_column_name="key")'
    schema = head(("a", None, USERS), ("b", "a", links), ("c", "b", renamed))
    accounts, notes = schema.tables["accounts"], schema.tables["notes"]
    assert accounts.primary_key is not None
    assert (accounts.primary_key.name, accounts.primary_key.columns) == ("users_pkey", ("key",))
    assert [(key.ref_table, key.ref_columns) for key in notes.foreign_keys] == [("accounts", ("key",))]
    assert "users" not in schema.tables
    assert schema.gone["users"].revision == "c"


def test_a_check_that_was_validated_before() -> None:
    schema = head(
        ("a", None, USERS),
        (
            "b",
            "a",
            'op.execute("ALTER TABLE users ADD CONSTRAINT filled CHECK (email IS NOT NULL) NOT VALID")',
        ),
        ("c", "b", 'op.execute("ALTER TABLE users VALIDATE CONSTRAINT filled")'),
    )
    check = schema.tables["users"].checks[0]
    assert check.validated
    assert check.origin.revision == "b"
    assert check.validated_by is not None
    assert check.validated_by.revision == "c"


def test_a_backfill_fills() -> None:
    schema = head(("a", None, USERS), ("b", "a", "op.execute(\"UPDATE users SET email = ''\")"))
    filled = schema.tables["users"].columns["email"].filled_by
    assert filled is not None
    assert filled.revision == "b"


def test_a_merge_brings_both_sides_and_keeps_the_conflict() -> None:
    add = 'op.add_column("users", sa.Column("name", sa.Text()))'
    other = add + '\nop.add_column("users", sa.Column("age", sa.Integer()))'
    told = story(("a", None, USERS), ("b", "a", add), ("c", "a", other), ("d", ("b", "c"), "pass"))
    schema = told.at_heads()
    assert {"name", "age"} <= schema.tables["users"].columns.keys()
    assert [(item.about, item.why) for item in schema.conflicts] == [("users.name", "both sides create it")]
    assert "age" not in told.before("b").tables["users"].columns
    assert "age" in told.before("d").tables["users"].columns


def test_what_cannot_be_read_is_perhaps_and_what_comes_later_is_certain() -> None:
    schema = head(
        ("a", None, USERS),
        ("b", "a", "op.execute(make())"),
        ("c", "b", 'op.create_table("late", sa.Column("x", sa.Text()))'),
    )
    assert schema.doubts(schema.tables["users"])
    assert not schema.doubts(schema.tables["late"])


def test_a_dialect_sees_its_own_operations() -> None:
    body = (
        'if op.get_bind().dialect.name == "sqlite":\n    op.create_table("lite", sa.Column("x", sa.Text()))'
    )
    assert "lite" not in head(("a", None, body)).tables
    assert "lite" in head(("a", None, body), dialect="sqlite").tables


def test_histories_that_are_broken_raise_nothing() -> None:
    twice = 'op.create_table("t", sa.Column("x", sa.Text()))'
    schema = head(("a", None, twice), ("b", "a", twice), ("c", "gone", 'op.drop_table("never")'))
    assert {reason.why for reason in schema.unknown} >= {
        "the table is created a second time",
        "an earlier revision is missing",
    }
    loop = story(("x", "y", twice), ("y", "x", "pass"))
    assert loop.after("x").perhaps
    assert loop.after("nobody") == Schema()


def test_a_long_history_is_walked_without_recursion() -> None:
    revisions = [
        (
            f"r{number}",
            f"r{number - 1}" if number else None,
            f'op.add_column("t", sa.Column("c{number}", sa.Text()))',
        )
        for number in range(1_500)
    ]
    assert len(head(("base", None, "pass"), *revisions).tables["t"].columns) == 1_500


def test_a_digest_does_not_know_places() -> None:
    def delta(body: str) -> Delta:
        told = story(("a", None, body))
        return told._delta("a.py")

    add = 'op.add_column("users", sa.Column("name", sa.Text()))'
    assert digest_of(delta(add)) == digest_of(delta(f"# a remark\n{add}"))
    assert digest_of(delta(add)) != digest_of(delta(add.replace("Text", "Date")))


ASKS = """
inspector = sa.inspect(op.get_bind())
columns = [item["name"] for item in inspector.get_columns("users")]
if "name" not in columns:
    op.add_column("users", sa.Column("name", sa.Text()))
if "email" not in columns:
    op.add_column("users", sa.Column("email", sa.Text()))
if not inspector.has_table("notes"):
    op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True))
if any(item["name"] == "ix" for item in inspector.get_indexes("users")):
    op.drop_index("ix", "users")
if not inspector.has_table("users"):
    return
op.add_column("users", sa.Column("last", sa.Text()))
"""


def test_conditions_that_ask_the_schema_are_answered() -> None:
    schema = head(("a", None, USERS), ("b", "a", ASKS))
    assert not schema.unknown
    assert list(schema.tables["users"].columns) == ["id", "email", "team_id", "name", "last"]
    assert "notes" in schema.tables


def test_who_raises_does_not_come_further() -> None:
    body = 'if broken():\n    raise ValueError\nop.add_column("users", sa.Column("name", sa.Text()))'
    assert not head(("a", None, USERS), ("b", "a", body)).unknown


def test_a_condition_that_nobody_can_answer_is_a_doubt_about_what_it_guards() -> None:
    body = 'if some_setting():\n    op.add_column("users", sa.Column("name", sa.Text()))'
    schema = head(("a", None, USERS), ("b", "a", body))
    assert [reason.about for reason in schema.unknown] == ["users"]


def test_names_that_are_too_long_are_shortened_as_they_arrive() -> None:
    name = "fk_service_replica_registrations_gateway_replica_id_gateway_computes"
    made = f'op.create_foreign_key(op.f("{name}"), "users", "users", ["team_id"], ["id"])'
    written = (
        f'op.execute("ALTER TABLE users ADD CONSTRAINT {name} FOREIGN KEY (team_id) REFERENCES users (id)")'
    )
    keys = head(("a", None, USERS), ("b", "a", made)).tables["users"].foreign_keys
    assert keys[-1].name == "fk_service_replica_registrations_gateway_replica_id_gat_56c5"
    keys = head(("a", None, USERS), ("b", "a", written)).tables["users"].foreign_keys
    assert keys[-1].name == name[:63]


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite"])
def test_half_a_character_in_a_name_takes_nothing_down(dialect: str) -> None:
    body = r"""
op.create_table("t\ud800", sa.Column("id\ud801", sa.Integer(), primary_key=True),
    sa.Column("x" * 90 + "\ud802", sa.Integer(), unique=True))
op.create_index(None, "t\ud800", ["id\ud801"])
"""
    told = story(("a", None, body), ("b", "a", 'op.create_table("users")'), dialect=dialect)
    assert "users" in told.at_heads().tables
    delta = delta_of_body(body, dialect)
    assert told_of(None, delta).delta.problem


def delta_of_body(body: str, dialect: str) -> Delta:
    text = 'import sqlalchemy as sa\nfrom alembic import op\nrevision = "a"\ndown_revision = None\ndef upgrade():\n'
    module = parse(SourceText(text + "\n".join(f"    {line}" for line in body.strip().splitlines()) + "\n"))
    assert isinstance(module, Module)
    revision = read_revision(module, (dialect,))
    assert revision is not None
    return delta_of(revision)


def test_texts_that_went_through_f_are_kept_as_texts() -> None:
    """Every text of an operation can stand in ``op.f()``, and what a file tells of is stored."""
    module = parse(SourceText(_IN_F))
    assert isinstance(module, Module)
    revision = read_revision(module, ("postgresql",))
    assert revision is not None
    told = told_of(revision.header, delta_of(revision))
    assert told.delta.problem == ""
    assert told.delta == delta_of(revision)


_IN_F = """
import sqlalchemy as sa
from alembic import op
revision = "a"
down_revision = None

def upgrade():
    op.create_table(op.f("t"), sa.Column(op.f("c"), sa.Enum(op.f("x"), name=op.f("e")), server_default=op.f("x")),
        sa.CheckConstraint(op.f("c > 1"), name=op.f("k")), schema=op.f("s"), comment=op.f("said"))
    op.create_index(op.f("i"), op.f("t"), [op.f("c")], schema=op.f("s"), postgresql_using=op.f("gin"),
        postgresql_where=op.f("c > 1"), postgresql_include=[op.f("c")])
    op.create_foreign_key(op.f("q"), op.f("t"), op.f("t"), [op.f("c")], [op.f("c")], ondelete=op.f("CASCADE"))
    op.execute(op.f("UPDATE t SET c = 1"))

def downgrade():
    op.drop_table(op.f("t"), schema=op.f("s"))
"""


def test_a_convention_that_cannot_be_told_makes_names_doubtful() -> None:
    told = story(("a", None, USERS))
    unsure = Story(told.graph, lambda _: Delta(), Target("postgresql", conventions_known=False))
    assert [item.why for item in unsure.at_heads().unknown] == ["the naming convention is not known"]
    assert not told.at_heads().unknown


def test_an_old_rename_of_sqlite_leaves_what_refers_to_the_table() -> None:
    links = 'op.create_table("notes", sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")))'
    renamed = 'op.rename_table("users", "users_tmp")'
    pragma = 'op.get_bind().execute("PRAGMA legacy_alter_table=ON")\n'
    for before, refers in (("", "users_tmp"), (pragma, "users"), (pragma.replace("ON", "0"), "users_tmp")):
        schema = head(("a", None, USERS), ("b", "a", links), ("c", "b", before + renamed), dialect="sqlite")
        assert schema.tables["notes"].foreign_keys[0].ref_table == refers


def test_what_follows_a_handler_that_returns_is_doubtful() -> None:
    drop = 'try:\n    configure()\nexcept ModuleNotFoundError:\n    {}\nop.drop_column("users", "email")'
    left = head(("a", None, USERS), ("b", "a", drop.format("return"))).tables["users"]
    assert left.perhaps
    for harmless in ("pass", "raise"):
        assert not head(("a", None, USERS), ("b", "a", drop.format(harmless))).tables["users"].perhaps


def test_sql_that_a_function_returns_by_database() -> None:
    body = """
def sql():
    if op.get_context().dialect.name == "sqlite":
        return "ALTER TABLE users DROP COLUMN email"
    elif op.get_context().dialect.name == "postgresql":
        return "ALTER TABLE users DROP COLUMN team_id"
    else:
        raise NotImplementedError
op.execute({})
"""
    for call in ("sql()", "sa.text(sql())"):
        for dialect, lacks in (("postgresql", "team_id"), ("sqlite", "email")):
            schema = head(("a", None, USERS), ("b", "a", body.format(call)), dialect=dialect)
            assert not schema.unknown
            assert {"id", "email", "team_id"} - schema.tables["users"].columns.keys() == {lacks}
    chosen = 'op.execute("ALTER TABLE users DROP COLUMN email" if choose() else "SELECT 1")'
    assert head(("a", None, USERS), ("b", "a", chosen)).unknown


def test_a_question_that_is_answered_with_true_or_false() -> None:
    body = """
def has():
    columns = [item["name"] for item in sa.inspect(op.get_bind()).get_columns("users")]
    if "name" in columns or "email" in columns:
        return {}
    return {}
if {} has():
    op.add_column("users", sa.Column("late", sa.Text()))
"""
    for yes, no, word, there in (
        (True, False, "not", False),
        (True, False, "", True),
        (False, True, "not", True),
    ):
        schema = head(("a", None, USERS), ("b", "a", body.format(yes, no, word)))
        assert ("late" in schema.tables["users"].columns) is there
        assert not schema.unknown


def test_what_was_taken_for_granted_makes_all_of_a_revision_doubtful() -> None:
    text = (
        'import sqlalchemy as sa\nfrom alembic import op\nrevision = "a"\ndown_revision = None\ndef upgrade():\n'
        '    prefix = op.get_context().opts["prefix"]\n    op.create_table(f"{prefix}users", sa.Column("id", sa.Integer()))\n'
    )
    module = parse(SourceText(text))
    assert isinstance(module, Module)
    revision = read_revision(module, ("postgresql",), options=lambda _: "app_")
    assert revision is not None
    delta = supposed(delta_of(revision), ["a default"])
    assert len(delta.places[0]) == len(delta.upgrade)
    schema = Story(
        RevisionGraph([Node("a.py", revision.header)]), lambda _: delta, Target("postgresql")
    ).at_heads()
    assert [item.why for item in schema.doubts(schema.tables["app_users"])] == ["a default"]
    assert supposed(delta, []) is delta


def test_mysql_gives_the_index_of_an_older_foreign_key_to_the_new_one() -> None:
    made = """
op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("user_id", sa.Integer()))
op.create_foreign_key("fk_old", "notes", "users", ["user_id"], ["id"])
op.drop_constraint("fk_old", "notes", type_="foreignkey")
"""
    renamed = 'op.create_foreign_key("fk_new", "notes", "users", ["user_id"], ["id"])'
    schema = head(("a", None, USERS), ("b", "a", made), dialect="mysql")
    assert [index.name for index in schema.tables["notes"].indexes] == ["fk_old"]
    schema = head(("a", None, USERS), ("b", "a", made), ("c", "b", renamed), dialect="mysql")
    assert [index.name for index in schema.tables["notes"].indexes] == ["fk_new"]


def test_nulls_that_are_the_same() -> None:
    body = """
op.create_unique_constraint("uq_a", "users", ["email"], postgresql_nulls_not_distinct=True)
op.create_index("ix_b", "users", ["email"], unique=True, postgresql_nulls_not_distinct=True)
op.execute("CREATE UNIQUE INDEX ix_c ON users (email) NULLS NOT DISTINCT WHERE id > 0")
op.execute("ALTER TABLE users ADD CONSTRAINT uq_d UNIQUE NULLS NOT DISTINCT (email)")
op.create_index("ix_e", "users", ["email"], unique=True)
"""
    users = head(("a", None, USERS), ("b", "a", body)).tables["users"]
    assert {item.name for item in (*users.indexes, *users.uniques) if item.nulls_not_distinct} == {
        *("uq_a", "ix_b", "ix_c", "uq_d")
    }


@pytest.mark.parametrize(
    "made",
    [
        'op.create_index("ix", "users", [sa.text("email DESC"), "id"])',
        'op.create_index("ix", "users", [sa.desc("email"), sa.column("id").asc().nulls_last()])',
        'op.create_index("ix", "users", [sa.column("email").desc().nulls_first(), "id"])',
        'op.execute("CREATE INDEX ix ON users (email varchar_pattern_ops DESC NULLS FIRST, id ASC)")',
    ],
)
def test_the_order_of_an_index(made: str) -> None:
    schema = head(("a", None, USERS), ("b", "a", made))
    assert [(item.columns, item.orders) for item in schema.tables["users"].indexes if item.name == "ix"] == [
        (("email", "id"), ("desc", ""))
    ]
    assert "CREATE INDEX ix ON users (email DESC, id);" in "\n".join(as_sql(schema, "postgresql"))


def test_a_key_for_later_stands_in_the_table_on_sqlite() -> None:
    links = (
        'op.create_table("notes", sa.Column("user_id", sa.Integer()),'
        ' sa.ForeignKeyConstraint(["user_id"], ["users.id"], use_alter=True))'
    )
    for dialect, keys in (("sqlite", 1), ("postgresql", 0)):
        assert len(head(("a", None, links), dialect=dialect).tables["notes"].foreign_keys) == keys


def test_a_batch_block_may_drop_what_went_with_a_column() -> None:
    body = """
op.create_index("ix_email", "users", ["email"])
with op.batch_alter_table("users") as batch_op:
    batch_op.drop_column("email")
    batch_op.drop_index("ix_email")
"""
    assert not head(("a", None, USERS), ("b", "a", body), dialect="sqlite").unknown
    assert head(("a", None, USERS), ("b", "a", body), dialect="postgresql").unknown


def test_a_setting_that_is_known_decides_a_condition() -> None:
    body = "from app import settings\nif not settings.uri:\n    return\nop.create_table('late')"
    told = story(("a", None, body))
    assert told.at_heads().tables["late"].there is not None
    for value in (True, False):
        flagged = Target("postgresql", flags=(("app.settings.uri", value),))
        schema = Story(told.graph, told._delta, flagged).at_heads()
        assert ("late" in schema.tables) is value
        assert not schema.unknown


def test_types_bring_a_check_before_sqlalchemy_1_4() -> None:
    made = 'op.create_table("t", sa.Column("a", sa.Boolean()), sa.Column("b", sa.Enum("x", name="ck")), sa.Column("c", sa.Text()))'
    copied = 'with op.batch_alter_table("t") as batch_op:\n    batch_op.drop_column("c")'
    told = story(("a", None, made), ("b", "a", copied), dialect="sqlite")
    old = Story(told.graph, told._delta, Target("sqlite", types_check=True)).at_heads().tables["t"]
    assert [(check.name, check.implied_by) for check in old.checks] == [(None, "a"), ("ck", "b")]
    assert not told.at_heads().tables["t"].checks
    assert (
        not Story(told.graph, told._delta, Target("postgresql", types_check=True))
        .at_heads()
        .tables["t"]
        .checks
    )


ELSEWHERE = 'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), schema="app")'


@pytest.mark.parametrize(
    "body",
    [
        'op.create_check_constraint("positive", "users", "id > 0")',
        'op.create_check_constraint("other", "people", "id > 0")\nop.create_check_constraint("positive", "users", "id > 0")',
        'op.drop_table("users")',
        'op.execute("DELETE FROM users")',
    ],
)
def test_the_search_path_may_lead_to_a_table_of_another_schema(body: str) -> None:
    found = head(("a", None, ELSEWHERE), ("b", "a", body))
    assert found.doubts(found.tables["app.users"])
    on_mysql = head(("a", None, ELSEWHERE), ("b", "a", body), dialect="mysql").tables.get("app.users")
    assert on_mysql is None if "drop_table" in body else on_mysql is not None and not on_mysql.perhaps


def test_on_mysql_a_bare_name_is_the_one_table_that_any_schema_has_of_it() -> None:
    add = 'op.add_column("users", sa.Column("age", sa.Integer()))'
    body = 'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), schema="{}")'
    one = head(("a", None, ELSEWHERE), ("b", "a", add), dialect="mysql")
    assert list(one.tables["app.users"].columns) == ["id", "age"]
    two = head(("a", None, ELSEWHERE), ("b", "a", body.format("web")), ("c", "b", add), dialect="mysql")
    assert all(list(two.tables[name].columns) == ["id"] for name in ("app.users", "web.users"))
    assert all(two.doubts(two.tables[name]) for name in ("app.users", "web.users"))
    own = 'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))'
    beside = head(("a", None, ELSEWHERE), ("b", "a", own), ("c", "b", add), dialect="mysql")
    assert list(beside.tables["app.users"].columns) == ["id"]
    assert list(beside.tables["users"].columns) == ["id", "age"]


def test_a_table_of_its_own_is_what_its_bare_name_means() -> None:
    own = 'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))'
    body = 'op.create_check_constraint("positive", "users", "id > 0")'
    found = head(("a", None, ELSEWHERE), ("b", "a", own), ("c", "b", body))
    assert not found.doubts(found.tables["app.users"])
    assert [check.name for check in found.tables["users"].checks] == ["positive"]


@pytest.mark.parametrize(
    ("body", "doubtful"),
    [
        ('helper.execute_sql(sa.text("ALTER TABLE users DROP COLUMN email"))', True),
        ('session().run(sa.text("ALTER TABLE users DROP COLUMN email"))', True),
        ('changes = "ALTER TABLE users DROP COLUMN email"\nsession().run_sql(changes)', True),
        ('helper.execute_sql(sa.text("ALTER TABLE other ADD COLUMN email text"))', False),
        ('helper.execute_sql(sa.text("SELECT email FROM users"))', False),
        ('helper.note("DROP TABLE users")', False),
    ],
)
def test_sql_that_is_given_to_a_function_nobody_knows_may_run(body: str, doubtful: bool) -> None:
    head_ = f"from app import helper, session\n{body}"
    other = 'op.create_table("other", sa.Column("id", sa.Integer(), primary_key=True))'
    found = head(("a", None, USERS), ("other", "a", other), ("b", "other", head_))
    assert bool(found.doubts(found.tables["users"])) is doubtful
