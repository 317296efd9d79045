"""Where SQL stands that is put together of literals and of names for others."""

from __future__ import annotations

import pytest

from foreshot.migration.operations import AlterColumn
from foreshot.migration.reader import read_revision
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

HEAD = 'from alembic import op\n\nrevision = "1"\ndown_revision = None\nkind = "mood"\ntable = "people"\n\n\n'


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        (
            '"ALTER TABLE t ALTER COLUMN a " + "TYPE " + kind + " USING a::text::" + kind',
            'ALTER COLUMN a " + "TYPE ',
        ),
        ('"ALTER TABLE " + table + " ALTER COLUMN a TYPE mood"', "ALTER COLUMN a TYPE mood"),
        ('f"ALTER TABLE t ALTER COLUMN a TYPE {kind}"', "ALTER COLUMN a TYPE {kind}"),
    ],
)
def test_a_range_that_ends_in_a_name_ends_before_it(sql: str, place: str) -> None:
    source = SourceText(f"{HEAD}def upgrade():\n    op.execute({sql})\n")
    module = parse(source)
    assert isinstance(module, Module)
    revision = read_revision(module, ("postgresql",))
    assert revision is not None
    (found,) = [operation for operation in revision.operations if isinstance(operation, AlterColumn)]
    assert module.text(found.site.name) == place
