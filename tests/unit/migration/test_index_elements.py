"""What an index is over: columns, in whatever order and however that is said, or expressions."""

from __future__ import annotations

import pytest

from foreshot.migration.operations import CreateIndex
from foreshot.migration.reader import read_revision
from foreshot.syntax.module import Module, parse
from foreshot.syntax.values import Unknown
from foreshot.text import SourceText

SOURCE = """
from alembic import op
import sqlalchemy as sa
revision = "a"
down_revision = None


def upgrade():
    op.create_index("ix", "t", {elements})
"""


@pytest.mark.parametrize(
    ("elements", "columns", "expressions"),
    [
        ('["a", "b"]', ["a", "b"], False),
        ('[sa.text("a DESC"), sa.desc("b")]', ["a", "b"], False),
        ("[sa.literal_column('\"a\" DESC NULLS LAST')]", ["a"], False),
        ('[sa.column("a").desc().nulls_last()]', ["a"], False),
        ('[sa.text("lower(a)")]', [None], True),
        ('["a", sa.func.lower(sa.column("b"))]', ["a", None], True),
        ('["a", column_of("b")]', ["a", None], False),
        ("columns", [None], False),
    ],
)
def test_elements(elements: str, columns: list[str | None], expressions: bool):
    module = parse(SourceText(SOURCE.format(elements=elements)))
    assert isinstance(module, Module)
    revision = read_revision(module)
    assert revision is not None
    (operation,) = revision.operations
    assert isinstance(operation, CreateIndex)
    assert [None if isinstance(name, Unknown) else name for name in operation.index.columns] == columns
    assert operation.index.expressions is expressions
