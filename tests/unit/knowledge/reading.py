"""Operations for tests, read from the source that a person would write."""

from typing import Any

from foreshot.knowledge import Target, target
from foreshot.migration.reader import read_revision
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

COLUMN = "op.add_column('t', sa.Column('c', {}))"

HEAD = """\
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, mysql
revision = "a1"
down_revision = None
def upgrade():
"""


def operations(body: str) -> list[Any]:
    source = HEAD + "".join(f"    {line}\n" for line in body.splitlines())
    module = parse(SourceText(source))
    assert isinstance(module, Module)
    revision = read_revision(module)
    assert revision is not None
    return [found for found in revision.operations if found.kind != "sql_text"]


def on(database: str, version: str | None = None) -> Target:
    found = target(database, version)
    assert found is not None
    return found
