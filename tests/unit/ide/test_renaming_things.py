"""Another name for a table or a column that has not shipped: the replayed schema differs in that name and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from foreshot.ide.actions import Unavailable
from foreshot.ide.renaming_things import renamable_thing, rename_thing
from foreshot.schema.ddl import as_sql
from foreshot.workspace.project import Project
from unit.ide.world import HEADER, project, revision

OLD = revision("a1", 'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))')
UP = """    op.add_column("users", sa.Column("email", sa.String(40), comment="the email"))
    op.create_index("ix_users_email", "users", ["email"])
    op.execute("UPDATE users SET email = 'email' WHERE email IS NULL")
    with op.batch_alter_table("users") as batch_op:
        batch_op.alter_column("email", nullable=False)
"""
DOWN = """    op.drop_index("ix_users_email", table_name="users")
    op.drop_column("users", "email")
"""
LATER = """    op.create_table(
        "mails",
        sa.Column("email", sa.String(40)),
        sa.ForeignKeyConstraint(["email"], ["users.email"], name="email"),
    )
    op.alter_column("users", "email", new_column_name="mail")
"""
BACK = """    op.alter_column("users", "mail", new_column_name="email")
    op.drop_table("mails")
"""


def both(name: str, parent: str | None, up: str, down: str) -> str:
    header = HEADER.format(id=name, parent=parent)
    return f"{header}def upgrade():\n{up}\n\ndef downgrade():\n{down}"


FILES = {
    "pyproject.toml": '[tool.foreshot]\ndialect = "postgresql"\nsince = "a1"\n',
    "m/versions/a1.py": OLD,
    "m/versions/b2.py": both("b2", "a1", UP, DOWN),
    "m/versions/c3.py": both("c3", "b2", LATER, BACK),
}


def renamed(folder: Path, files: dict[str, str], name: str, text: str, new: str) -> dict[str, str]:
    """The changed texts, by name, after a rename at ``|``."""
    known = project(folder, files)
    found = at(known, name, text)
    result: dict[str, str] = {}
    for path, edits in rename_thing(known, found, new).items():
        source = known.source(path)
        assert source is not None
        content = source.content
        for edit in sorted(edits, reverse=True):
            content = content[: edit.span.start] + edit.text + content[edit.span.end :]
        result[str(Path(path).relative_to(folder))] = content
    return result


def at(known: Project, name: str, text: str):
    path = f"{known.surroundings.environment.home}/{name}"
    before, _, after = text.partition("|")
    source = known.source(path)
    assert source is not None
    assert before + after in source.content
    found = renamable_thing(known, path, source.content.index(before + after) + len(before))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "name, text",
    [
        ("m/versions/b2.py", 'Column("em|ail"'),
        ("m/versions/b2.py", '["em|ail"]'),
        ("m/versions/b2.py", "SET em|ail"),
        ("m/versions/b2.py", '"users", "em|ail")'),
        ("m/versions/c3.py", '"users.em|ail"'),
        ("m/versions/c3.py", 'new_column_name="em|ail"'),
    ],
)
def test_a_column_from_wherever_it_is_named(folder: Path, name: str, text: str) -> None:
    found = renamed(folder, FILES, name, text, "address")
    assert found["m/versions/b2.py"] == both(
        "b2",
        "a1",
        UP.replace('("email"', '("address"')
        .replace('["email"]', '["address"]')
        .replace("SET email", "SET address")
        .replace("WHERE email", "WHERE address"),
        DOWN.replace('"users", "email"', '"users", "address"'),
    )
    assert found["m/versions/c3.py"] == both(
        "c3",
        "b2",
        LATER.replace("users.email", "users.address").replace('"users", "email"', '"users", "address"'),
        BACK.replace('name="email"', 'name="address"'),
    )


def test_the_schema_is_the_same_but_for_the_name(folder: Path) -> None:
    before = project(folder, FILES)
    text = schema(before, "b2")
    found = renamed(folder, FILES, "m/versions/b2.py", 'Column("em|ail"', "address")
    assert schema(project(folder, {**FILES, **found}), "b2") == text.replace(" email ", " address ").replace(
        "(email)", "(address)"
    ).replace("users.email", "users.address")


def schema(known: Project, name: str) -> str:
    story = known.story()
    assert story is not None
    return "\n".join(as_sql(story.after(name), "postgresql"))


def test_a_table(folder: Path) -> None:
    found = renamed(folder, FILES, "m/versions/c3.py", '"ma|ils"', "letters")
    assert found == {"m/versions/c3.py": FILES["m/versions/c3.py"].replace('"mails"', '"letters"')}


@pytest.mark.parametrize(
    "text, why",
    [
        ('sa.Column("i|d"', "has shipped: rename it in a new revision, with op.alter_column"),
        ('create_table("us|ers"', "has shipped: rename it in a new revision, with op.rename_table"),
    ],
)
def test_what_has_shipped_keeps_its_name(folder: Path, text: str, why: str) -> None:
    with pytest.raises(Unavailable, match="has shipped") as refused:
        at(project(folder, FILES), "m/versions/a1.py", text)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    "line",
    [
        'op.execute("CREATE VIEW v AS SELECT email FROM users")',
        'op.execute("UPDATE users SET email = (SELECT email FROM old)")',
        'op.execute(sa.table("users", sa.column("email")).update().values(email="x"))',
        'op.create_index("i", "users", ["id"], postgresql_where=sa.text("email IS NOT NULL"))',
        'op.create_check_constraint("ck", "users", "email <> \'\'")',
    ],
)
def test_a_place_that_cannot_be_rewritten_refuses_all_of_it(folder: Path, line: str) -> None:
    files = {**FILES, "m/versions/c3.py": revision("c3", line, "b2")}
    with pytest.raises(Unavailable, match=r"c3\.py may name it on line 9"):
        renamed(folder, files, "m/versions/b2.py", 'Column("em|ail"', "address")


@pytest.mark.parametrize("new", ["", "a.b", 'a"b', "id", "x" * 64, "Not For SQL", "{x}", "a\nb", "50%"])
def test_names_that_cannot_be_used(folder: Path, new: str) -> None:
    with pytest.raises(Unavailable):
        renamed(folder, FILES, "m/versions/b2.py", 'Column("em|ail"', new)
