"""What names the same, what is around a place, and what stands behind an operation."""

from __future__ import annotations

from pathlib import Path

import pytest

from foreshot.ide.highlights import highlights
from foreshot.ide.inlays import inlays
from foreshot.ide.selections import selections
from foreshot.text import Span
from foreshot.workspace.project import Project
from unit.ide.world import project, revision

TABLE = 'op.create_table("users", sa.Column("id", sa.Integer()), sa.Column("email", sa.String(40)))'
BODY = """op.add_column("users", sa.Column("mail", sa.String(80), nullable=True))
op.execute("UPDATE users SET mail = email")
op.drop_column("users", "email")
with op.batch_alter_table("users") as batch:
    batch.alter_column("mail", new_column_name="email")
op.create_index("email", "users", ["email"])"""
FILES = {"m/versions/a1.py": revision("a1", TABLE), "m/versions/b2.py": revision("b2", BODY, "a1")}


@pytest.fixture
def known(folder: Path) -> Project:
    return project(folder, FILES)


def at(known: Project, text: str) -> tuple[str, str, int]:
    path = f"{known.surroundings.environment.home}/m/versions/b2.py"
    before, _, after = text.partition("|")
    source = known.source(path)
    assert source is not None
    assert source.content.count(before + after) == 1
    return path, source.content, source.content.index(before + after) + len(before)


def lit(known: Project, text: str) -> list[tuple[str, bool]]:
    path, content, offset = at(known, text)
    found = highlights(known, path, offset)
    return [(content[item.span.start - 6 : item.span.end].replace("\n", " "), item.writes) for item in found]


def test_a_column_is_not_another_of_the_same_name(known: Project) -> None:
    new = [
        ('lumn("mail', True),
        ("S SET mail"[-10:], False),
        ('lumn("mail', False),
        ('name="email', True),
        ('s", ["email', False),
    ]
    found = lit(known, 'Column("ma|il"')
    assert [writes for _, writes in found] == [writes for _, writes in new]
    assert found == lit(known, '["em|ail"]')
    old = lit(known, 'drop_column("users", "em|ail"')
    assert [text.strip()[-5:] for text, _ in old] == ["email", "email"]
    assert len(lit(known, 'drop_column("us|ers"')) == 5
    assert lit(known, 'create_index("em|ail"') == []


def test_revisions_too(known: Project) -> None:
    assert [text[-2:] for text, _ in lit(known, "down_revision = 'a|1'")] == ["1'"]


def test_selections_grow_to_the_function(known: Project) -> None:
    path, content, offset = at(known, 'Column("ma|il"')
    texts = [content[span.start : span.end] for span in selections(known, path, offset)]
    assert texts[:4] == [
        "mail",
        '"mail"',
        'sa.Column("mail", sa.String(80), nullable=True)',
        'op.add_column("users", sa.Column("mail", sa.String(80), nullable=True))',
    ]
    assert texts[-1].startswith("def upgrade")
    path, content, offset = at(known, 'new_column_name="em|ail"')
    texts = [content[span.start : span.end] for span in selections(known, path, offset)]
    assert texts[2] == 'new_column_name="email"'
    assert texts[4].startswith("with op.batch")
    path, _, offset = at(known, "import sqlal|chemy")
    assert selections(known, path, offset) == []


def test_hints(known: Project) -> None:
    path, content, _ = at(known, 'Column("ma|il"')
    found = {
        content[: item.offset].rpartition("\n")[2].strip(): item.label
        for item in inlays(known, path, Span(0, len(content)))
    }
    assert found['op.drop_column("users", "email")'] == "ACCESS EXCLUSIVE · was VARCHAR(40) · values lost"
    assert found['op.create_index("email", "users", ["email"])'] == "SHARE, scans"
    assert inlays(known, path, Span(0, 0)) == []
