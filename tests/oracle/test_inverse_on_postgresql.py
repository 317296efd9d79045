"""The inverse that is written out of the history leads back: the catalogue before the revision and after its downgrade are one."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from oracle.postgresql import Server, migrate, project_in, running, snapshot
from rules.harness import REVISION, as_revision, project_of

SETUP = """
def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("nick", sa.String(20), nullable=True),
        sa.Column("age", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("made", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("score", sa.Numeric(6, 2), server_default=sa.text("1.5")),
        sa.UniqueConstraint("nick", "age", name="uq_users_nick_age"),
        sa.CheckConstraint("age >= 0", name="ck_users_age"),
    )
    op.create_index("ix_users_score", "users", ["score"], postgresql_where=sa.text("score > 1"))
    op.create_table(
        "notes",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), server_default="it's", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_notes_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
    )
    op.create_index("ix_notes_user", "notes", ["user_id"], unique=True)


def downgrade():
    op.drop_table("notes")
    op.drop_table("users")
"""
BODIES = {
    "columns": """
        op.drop_column("users", "made")
        op.add_column("users", sa.Column("plan", sa.Text()))""",
    "what a column is": """
        op.alter_column("users", "age", existing_type=sa.Integer(), type_=sa.BigInteger(), nullable=True, server_default=None)
        op.alter_column("notes", "body", existing_type=sa.Text(), new_column_name="text")
        op.alter_column("users", "nick", existing_type=sa.String(20), type_=sa.Text())""",
    "a table": 'op.drop_table("notes")',
    "both tables": """
        op.drop_table("notes")
        op.drop_table("users")""",
    "indexes": """
        op.drop_index("ix_users_score", table_name="users")
        op.create_index("ix_users_age", "users", ["age"])""",
    "constraints": """
        op.drop_constraint("uq_users_nick_age", "users", type_="unique")
        op.drop_constraint("ck_users_age", "users", type_="check")
        op.drop_constraint("fk_notes_user", "notes", type_="foreignkey")""",
    "a block": """
        with op.batch_alter_table("users") as batch_op:
            batch_op.drop_constraint("ck_users_age", type_="check")
            batch_op.drop_index("ix_users_score")
            batch_op.add_column(sa.Column("plan", sa.Text()))""",
}
REFUSED = {
    "no default": 'op.alter_column("users", "age", existing_type=sa.Integer(), server_default=None)\n    op.drop_column("users", "age")',
    "another family": 'op.alter_column("users", "nick", existing_type=sa.String(20), type_=sa.Integer(), postgresql_using="nick::int")',
    "an index on it": 'op.drop_column("users", "score")',
    "rows": 'op.drop_column("users", "made")\n    op.execute("DELETE FROM users")',
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


def repaired(body: str) -> str | None:
    """The revision with the inverse in its ``downgrade()``; None where none is offered."""
    text = as_revision(f"def upgrade():\n    {body}\n\n\ndef downgrade():\n    pass\n", "0002", "0001")
    setup = as_revision(SETUP, "0001", None)
    project = project_of(
        {REVISION: text, "migrations/versions/0001_setup.py": setup}, {"dialect": "postgresql"}
    )
    [report] = [found for found in project.reports if found.rule == "missing-downgrade"]
    for fix in project.fixes(report):
        [(path, edits)] = fix.edits.items()
        source = project.source(path)
        assert source is not None
        content = source.content
        for edit in sorted(edits, reverse=True):
            content = content[: edit.span.start] + edit.text + content[edit.span.end :]
        return content
    return None


@pytest.mark.parametrize("name", BODIES)
def test_it_leads_back(server: Server, tmp_path: Path, name: str) -> None:
    text = repaired(textwrap.indent(textwrap.dedent(BODIES[name]), "    ").strip())
    assert text is not None
    engine = server.database("SELECT 1")
    config = project_in(tmp_path / "project", {"a.py": as_revision(SETUP, "0001", None), "b.py": text})
    migrate(engine, config, "0001")
    before = snapshot(engine)
    migrate(engine, config, "head")
    assert snapshot(engine) != before
    migrate(engine, config, "-0001")
    after = snapshot(engine)
    assert after == before
    migrate(engine, config, "head")


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_person_has_to_decide_is_not_offered(name: str) -> None:
    assert repaired(REFUSED[name]) is None
