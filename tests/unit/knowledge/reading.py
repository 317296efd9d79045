"""Operations for tests, read from the source that a person would write."""

from foreshot.migration.reader import read_revision
from foreshot.syntax.module import parse
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


def operations(body):
    source = HEAD + "".join(f"    {line}\n" for line in body.splitlines())
    module = parse(SourceText(source))
    return [found for found in read_revision(module).operations if found.kind != "sql_text"]
