"""The SQL of a revision, against what Alembic itself prints of it with ``--sql``."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from foreshot.project.discover import find_environments
from foreshot.project.disk import DiskFiles
from foreshot.project.files import Files
from foreshot.text import SourceText
from foreshot.workspace.reading import read_history
from foreshot.workspace.sql_of import sql_of

BODIES = {
    "a table": """
        op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.String(50), unique=True),
            sa.Column("made", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
            sa.Column("kind", sa.Enum("a", "b's", name="kind")), sa.Column("ok", sa.Boolean(), server_default=sa.false()),
            sa.CheckConstraint("id > 0"), sa.UniqueConstraint("kind", "ok"), comment="people")
        op.drop_table("users")""",
    "names of a convention": """
        op.create_table("a", sa.Column("id", sa.Integer()), sa.Column("b_id", sa.Integer(), sa.ForeignKey("b.id", ondelete="CASCADE")),
            sa.PrimaryKeyConstraint("id"))
        op.create_index(op.f("ix_a_b"), "a", ["b_id"])
        op.create_unique_constraint(None, "a", ["b_id"])""",
    "columns": """
        op.add_column("users", sa.Column("plan", sa.String(20), nullable=False, server_default="free"))
        op.alter_column("users", "plan", existing_type=sa.String(20), type_=sa.Text(), nullable=True, existing_nullable=False)
        op.alter_column("users", "plan", existing_type=sa.Text(), new_column_name="tariff", server_default=None)
        op.drop_column("users", "tariff")""",
    "indexes": """
        op.create_index("ix_a", "users", ["email"], unique=True, postgresql_where=sa.text("email <> ''"), mysql_length=10)
        op.create_index("ix_b", "users", [sa.text("lower(email)")], postgresql_using="gin", schema="app")
        op.drop_index("ix_a", table_name="users")""",
    "keys": """
        op.create_foreign_key("fk", "orders", "users", ["user_id"], ["id"], ondelete="SET NULL", deferrable=True)
        op.create_check_constraint("ck2", "orders", "total > 0")
        op.drop_constraint("fk", "orders", type_="foreignkey")""",
    "SQL": """
        op.execute("UPDATE users SET email = lower(email) WHERE id > 3")
        op.execute(sa.text("DELETE FROM users"))
        op.get_bind().execute(sa.text("SELECT 1"))
        op.rename_table("users", "accounts")""",
    "rows": """
        kinds = sa.table("kinds", sa.column("id", sa.Integer), sa.column("name", sa.String))
        op.bulk_insert(kinds, [{"id": 1, "name": "it's"}, {"id": 2, "name": None}])""",
    "rows of a table that was just made": """
        made = op.create_table("kinds", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(5)))
        op.bulk_insert(made, [{"id": 1, "name": "a"}])""",
    "a block": """
        with op.batch_alter_table("users") as batch_op:
            batch_op.add_column(sa.Column("a", sa.Integer()))
            batch_op.create_unique_constraint("uq", ["a"])
            batch_op.drop_column("b")""",
    "outside of the transaction": """
        op.add_column("users", sa.Column("a", sa.Integer()))
        with op.get_context().autocommit_block():
            op.create_index("ix", "users", ["a"], postgresql_concurrently=True)
            op.drop_index("ix2", table_name="users")
        op.drop_column("users", "b")""",
    "an enum": """
        kind = postgresql.ENUM("a", "b", name="kind")
        kind.create(op.get_bind(), checkfirst=False)
        op.add_column("users", sa.Column("kind", postgresql.ENUM("a", "b", name="kind", create_type=False)))
        kind.drop(op.get_bind(), checkfirst=False)""",
}
UNLIKE = {
    ("an enum", "mysql"),
    ("keys", "sqlite"),
    ("names of a convention", "sqlite"),
    ("a block", "sqlite"),
}
"""What Alembic itself refuses to print."""
ENV = """
from alembic import context
import sqlalchemy as sa
convention = {"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
target_metadata = sa.MetaData(naming_convention=convention)
context.configure(dialect_name=DIALECT, target_metadata=target_metadata, literal_binds=True, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
"""


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite"])
@pytest.mark.parametrize("name", BODIES)
def test_it_prints_what_alembic_prints(name: str, dialect: str, tmp_path: Path) -> None:
    if (name, dialect) in UNLIKE:
        with pytest.raises(Exception):  # noqa: B017  whatever Alembic says of it
            printed(tmp_path, name, dialect)
        return
    theirs = printed(tmp_path, name, dialect)
    files = Files(disk=DiskFiles([str(tmp_path)]))
    [environment] = find_environments(files, str(tmp_path))
    surroundings, told = read_history(files, environment, dialect)
    [path] = told
    source = files.read(path)
    assert isinstance(source, SourceText)
    made = sql_of(source, surroundings, dialect)
    assert made is not None
    assert [statement.why for statement in made.statements if statement.why] == []
    assert comparable(made.text) == comparable(theirs)


def printed(folder: Path, name: str, dialect: str) -> str:
    """What ``alembic upgrade --sql`` prints."""
    versions = folder / "migrations/versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    (folder / "migrations/env.py").write_text(ENV.replace("DIALECT", repr(dialect)))
    body = "\n".join(line[4:] for line in BODIES[name].splitlines())
    (versions / "a.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nfrom sqlalchemy.dialects import postgresql\n"
        f"revision = 'a'\ndown_revision = None\n\ndef upgrade():\n{body}\n\ndef downgrade():\n    pass\n"
    )
    out = io.StringIO()
    config = Config(str(folder / "alembic.ini"), output_buffer=out)
    config.set_main_option("script_location", str(folder / "migrations"))
    command.upgrade(config, "head", sql=True)
    return out.getvalue()


def comparable(text: str) -> list[str]:
    """The statements, without the version table's creation, comments and blank ends of lines."""
    lines = [line.rstrip() for line in text.splitlines() if not line.startswith("--")]
    statements = [part.strip() for part in "\n".join(lines).split("\n\n")]
    return [part for part in statements if part and "CREATE TABLE alembic_version" not in part]
