"""Measured on SQLite 3.40.1 through Alembic 1.20. A write locks the whole database file, for writers only.

Variants that begin with ``batch`` stand inside ``op.batch_alter_table``, which copies the table for whatever SQLite
has no ALTER for.
"""

from __future__ import annotations

from foreshot.knowledge.rows import Row, Table

_NO_ALTER = "SQLite has no ALTER for it: use op.batch_alter_table"
_NO_CONSTRAINT = f"{_NO_ALTER} (NotImplementedError)"
_UNNAMED = "a constraint in a batch needs a name (ValueError)"
_LOST = (
    "unnamed checks, expression indexes, triggers, AUTOINCREMENT, COLLATE, DESC in indexes, ON DELETE of an inline"
    " REFERENCES"
)
_CASCADE = "with PRAGMA foreign_keys=ON, rows of tables that refer to it with ON DELETE CASCADE are deleted"
_LEFTOVER = "a copy that fails leaves the table _alembic_tmp_… behind"
_NULLS = "a row has no value"
_PLAIN = Row(locks="t FILE")
_COPY = Row(locks="t FILE", rewrite=True, scan=True, drops=_LOST, notes=(_CASCADE, _LEFTOVER))


def _copy(fails: str | None = None, *, lossy: bool = False) -> Row:
    return Row(
        locks="t FILE",
        rewrite=True,
        scan=True,
        drops=_LOST,
        notes=(_CASCADE, _LEFTOVER),
        fails=fails,
        undo="with data loss" if lossy else "yes",
        loses="the column's values" if lossy else None,
    )


TABLE: Table = {
    "add_column": (_PLAIN,),
    "add_column default": (_PLAIN,),
    "add_column volatile": (Row(locks="t FILE", fails="the table has rows and the default is not constant"),),
    "add_column not null": (Row(locks="t FILE", fails="the table has rows and the column has no default"),),
    "add_column computed": (Row(locks="t FILE", source="SQLite's documentation"),),
    "add_column virtual": (Row(locks="t FILE", source="SQLite's documentation"),),
    "add_column stored": (Row(locks="t FILE", fails="the table has rows: SQLite cannot add a STORED column to them"),),
    "add_column if exists": (Row(always="ADD COLUMN IF NOT EXISTS is no syntax of SQLite"),),
    "add_column foreign key": (Row(always=_NO_CONSTRAINT),),
    "foreign key inline": (_PLAIN,),
    "batch add_column": (_PLAIN,),
    "batch add_column default": (_PLAIN,),
    "batch add_column copied": (_COPY,),
    "batch add_column not null": (_copy("a row has no value for the new column"),),
    "batch unnamed": (Row(always=_UNNAMED),),
    "drop_column": (
        Row(locks="t FILE", undo="with data loss", loses="the column's values", notes=("fails while an index or a view uses it",)),
    ),
    "drop_column indexed": (Row(always="an index uses the column: drop the index first"),),
    # Of a foreign key of the table, as Alembic and create_all write it; one beside the column goes with it.
    "drop_column referencing": (Row(always="its own foreign key needs the column: use op.batch_alter_table"),),
    "batch drop_column": (_copy(lossy=True),),
    "batch drop_column indexed": (Row(always="an index uses the column: drop the index in the batch first"),),
    "set not null": (Row(always=_NO_ALTER),),
    "drop not null": (Row(always=_NO_ALTER),),
    "set default": (Row(always=_NO_ALTER),),
    "type": (Row(always=_NO_ALTER),),
    "column comment": (Row(always="COMMENT ON is no syntax of SQLite (UnsupportedCompilationError)"),),
    "rename_column": (_PLAIN,),
    "batch set not null": (_copy(_NULLS),),
    "batch alter_column": (_COPY,),
    "create_index": (Row(locks="t FILE", scan=True),),
    "create_unique_index": (Row(locks="t FILE", scan=True, fails="two rows have the same values"),),
    "drop_index": (Row(locks="t FILE", source=""),),
    "add_constraint": (Row(always=_NO_CONSTRAINT),),
    "batch add_constraint": (_COPY,),
    "batch unique": (_copy("two rows have the same values"),),
    "batch foreign key": (
        Row(locks="t FILE", rewrite=True, scan=True, drops=_LOST, notes=(_CASCADE, _LEFTOVER, "rows that break the key go unnoticed while foreign_keys is off")),
    ),
    "drop_constraint": (Row(always=_NO_CONSTRAINT),),
    "batch drop_constraint": (_COPY,),
    "rename_table": (_PLAIN,),
    "create_table": (_PLAIN,),
    "drop_table": (Row(locks="t FILE", undo="with data loss", loses="the table and its rows"),),
    "table_comment": (Row(always="COMMENT ON is no syntax of SQLite"),),
    "update": (Row(locks="t FILE", scan=True, undo="no"),),
    "update where": (Row(locks="t FILE", scan=None, undo="no"),),
    "delete": (Row(locks="t FILE", scan=True, undo="no", loses="every row"),),
    "delete where": (Row(locks="t FILE", scan=None, undo="no", loses="the rows that it deletes"),),
    "insert": (_PLAIN,),
}  # fmt: skip
