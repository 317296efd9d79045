"""Whole shapes that are safe to run on a live database, to be filled in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from foreshot.ide.completion.calls import Spellings
from foreshot.ide.completion.item import Item
from foreshot.ide.completion.likely import NOT_SAID
from foreshot.syntax.cursor import Cursor
from foreshot.text import Span

_CONCURRENT: Final = (
    "get_context().autocommit_block():\n"
    '    {op}.drop_index("${{1:ix_table_column}}", table_name="${{2:table}}", postgresql_concurrently=True, if_exists=True)\n'
    '    {op}.create_index("$1", "$2", ["${{3:column}}"], postgresql_concurrently=True)\n'
)
_SHAPES: Final = (
    (
        "index concurrently",
        "drop what a failed build left, then build without blocking writes (PostgreSQL)",
        "with {op}." + _CONCURRENT,
    ),
    (
        "not null in steps",
        "a check that is validated without a lock, then NOT NULL (PostgreSQL 12)",
        (
            '{op}.execute("ALTER TABLE ${{1:table}} DROP CONSTRAINT IF EXISTS ${{1}}_${{2:column}}_not_null, '
            'ADD CONSTRAINT ${{1}}_${{2}}_not_null CHECK (${{2}} IS NOT NULL) NOT VALID")\n'
            "with {op}.get_context().autocommit_block():\n"
            '    {op}.execute("ALTER TABLE $1 VALIDATE CONSTRAINT ${{1}}_${{2}}_not_null")\n'
            '{op}.alter_column("$1", "$2", nullable=False)\n'
            '{op}.drop_constraint("${{1}}_${{2}}_not_null", "$1", type_="check")\n'
        ),
    ),
    (
        "foreign key not valid",
        "rows that are there are looked at in the next revision, by VALIDATE CONSTRAINT (PostgreSQL)",
        (
            '{op}.create_foreign_key("${{1:name}}", "${{2:source}}", "${{3:referent}}", ["${{4:column}}"], ["${{5:id}}"], '
            "postgresql_not_valid=True)\n"
        ),
    ),
)


def snippets(cursor: Cursor, spelled: Spellings, *, batch: bool) -> Iterator[Item]:
    """Shapes that begin a statement with ``op.``; they take the place of the whole of it."""
    if batch or cursor.brackets or cursor.owner != spelled.op or cursor.target is not None:
        return
    span = Span(cursor.word.start - len(cursor.owner) - 1, cursor.offset)
    if span.start != cursor.statement:
        return
    for label, about, shape in _SHAPES:
        text = shape.format(op=spelled.op).rstrip("\n")
        shown = f"```python\n{text}\n```"
        yield Item(label, "snippet", span, text, about, shown, rank=2 * NOT_SAID, is_snippet=True)
