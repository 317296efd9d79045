"""What the parameters of `upgrade()` and `downgrade()` stand for."""

from __future__ import annotations

import pytest

from foreshot.migration.reader import read_revision
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

SOURCE = """
revision = "b"
down_revision = "a"


def upgrade({}):
    if op is None:
        return
    op.drop_table("users")
"""


@pytest.mark.parametrize(
    ("parameter", "kinds"),
    [
        ("op", ["drop_table"]),
        ("op=default", ["drop_table"]),
        ("op: Operations = None", []),
        ("*, op=None", []),
    ],
)
def test_a_constant_default_is_what_alembic_runs_with(parameter: str, kinds: list[str]):
    module = parse(SourceText(SOURCE.format(parameter)))
    assert isinstance(module, Module)
    revision = read_revision(module)
    assert revision is not None
    assert [operation.kind for operation in revision.operations] == kinds


def test_an_op_that_nobody_asks_about_is_handed_over():
    source = 'revision = "b"\ndown_revision = "a"\n\n\ndef upgrade(op=None):\n    op.drop_table("users")\n'
    module = parse(SourceText(source))
    assert isinstance(module, Module)
    revision = read_revision(module)
    assert revision is not None
    assert [operation.kind for operation in revision.operations] == ["drop_table"]
