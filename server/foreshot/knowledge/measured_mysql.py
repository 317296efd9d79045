"""Measured on MySQL 8.0.46, 8.4.10, 9.7.4 and MariaDB 10.11.19, 11.8.6: the best ALGORITHM and LOCK that the server
accepts for each statement, with readers and writers beside it, at up to 200,000 rows.

Where versions of one release may differ (columns are dropped INSTANTly since 8.0.29, added anywhere INSTANTly
since the same), ``since`` is from MySQL's documentation and older releases are left unsaid.
"""

from __future__ import annotations

from foreshot.knowledge.rows import Row, Table

_INSTANT = Row(algorithm="INSTANT")
_DROPPED = "indexes over this column alone"
_LATER = (8, 0, 29)
_FK_FAILS = "a row refers to a parent that is not there (1452)"
_FK_NOTE = "with foreign_key_checks=0 the table is not copied and rows are not checked"
_DUPLICATE = "two rows have the same values (1062)"
_SYNTAX = "it is no syntax of this database (1064)"
_EXISTING_TYPE = (
    "alter_column needs existing_type here: MODIFY and CHANGE repeat the whole column (CommandError)"
)
_ROWS = ("every row that it meets stays locked until the transaction ends",)

_SHARED: Table = {
    "add_column": (Row(since=_LATER, algorithm="INSTANT"),),
    "add_column default": (Row(since=_LATER, algorithm="INSTANT"),),
    "add_column virtual": (_INSTANT,),
    "add_column computed": (Row(algorithm="INSTANT", notes=("virtual, as persisted is not given",)),),
    "add_column identity": (Row(algorithm="INSTANT", fills="0", notes=("Identity() is left out of the SQL",)),),
    "add_column not null": (Row(since=_LATER, algorithm="INSTANT", fills="0, '' or the first value of an enum"),),
    "add_column volatile": (Row(rewrite=None, scan=None, source=""),),
    "add_column unknown default": (Row(rewrite=None, scan=None, source=""),),
    "alter_column existing_type missing": (Row(always=_EXISTING_TYPE),),
    "drop_column referencing": (Row(always="its own foreign key needs the column: drop the key first"),),
    "set default": (_INSTANT,),
    "rename_column": (_INSTANT,),
    "column comment": (Row(rewrite=None, scan=None, source=""),),
    "type": (Row(rewrite=None, scan=None),),
    "create_index if not exists": (Row(algorithm="NOCOPY", scan=True),),
    "drop_index": (Row(rewrite=None, scan=None, source=""),),
    "drop_index without table": (Row(always="drop_index needs table_name here"),),
    "unknown constraint": (Row(rewrite=None, scan=None, source=""),),
    "exclude": (Row(always=_SYNTAX),),
    "drop_constraint kind unknown": (Row(always="drop_constraint needs type_ here (NotImplementedError)"),),
    "drop_constraint unnamed": (Row(always="it has no name: Alembic cannot write DROP CONSTRAINT (CompileError)"),),
    "drop_constraint unique": (Row(rewrite=None, scan=None, source=""),),
    "drop_constraint primary key": (
        Row(rewrite=None, scan=None, source="", notes=("fails while an AUTO_INCREMENT column needs the key (1075)",)),
    ),
    "rename_table": (_INSTANT,),
    "create_table": (Row(scan=False),),
    "drop_table": (Row(undo="with data loss", loses="the table and its rows", small=20, notes=("a view that uses it stays, broken",)),),
    "truncate_table": (Row(undo="no", loses="every row", source="", notes=("fails (1701) while a foreign key refers to it",)),),
    "truncate referenced": (Row(always="another table's foreign key refers to it (1701)"),),
    "update": (Row(locks="t ROWS", scan=True, undo="no", small=510, notes=_ROWS),),
    "update where": (Row(locks="t ROWS", scan=None, undo="no", notes=_ROWS),),
    "delete": (Row(locks="t ROWS", scan=True, undo="no", loses="every row", small=381, notes=_ROWS),),
    "delete where": (Row(locks="t ROWS", scan=None, undo="no", loses="the rows that it deletes", notes=_ROWS),),
    "insert": (Row(source=""),),
    "drop schema": (Row(undo="no", loses="the database", source=""),),
    "drop database": (Row(undo="no", loses="the database", source=""),),
    "execute create trigger": (Row(small=22),),
    "execute analyze": (Row(small=25),),
}  # fmt: skip

MYSQL: Table = {
    **_SHARED,
    "add_column stored": (Row(algorithm="COPY/SHARED", rewrite=True, scan=True, small=868),),
    "add_column not null date": (Row(fails="0000-00-00 is no date in strict mode (1292)", rewrite=None, scan=None, source="measured on MySQL 8.0–9.7"),),
    "add_column text default": (Row(always="a TEXT, BLOB or JSON column takes no plain default: write an expression in parentheses (1101)"),),
    "add_column foreign key": (Row(algorithm="COPY/SHARED", rewrite=True, scan=True, small=2618, notes=(_FK_NOTE,)),),
    "foreign key inline": (
        Row(until=(8, 4), drops="the foreign key: MySQL reads REFERENCES in a column and makes none"),
        Row(since=(9,), algorithm="COPY/SHARED", rewrite=True, scan=True, small=1530),
    ),
    "drop_column": (Row(since=_LATER, algorithm="INSTANT", undo="with data loss", loses="the column's values", drops=_DROPPED),),
    "drop_column indexed": (
        Row(algorithm="INPLACE", rewrite=True, scan=True, undo="with data loss", loses="the column's values", drops=_DROPPED, small=657),
    ),
    "set not null": (Row(algorithm="INPLACE", rewrite=True, scan=True, small=584, fails="a row has no value (1138)"),),
    "drop not null": (Row(algorithm="INPLACE", rewrite=True, scan=True),),
    "drop_column of key": (
        Row(algorithm="COPY/SHARED", rewrite=True, scan=True, undo="with data loss", loses="the column's values", small=724),
    ),
    "create_index fulltext": (Row(algorithm="INPLACE/SHARED", rewrite=True, scan=True, small=2658),),
    "execute convert character set": (Row(algorithm="COPY/SHARED", rewrite=True, scan=True, small=874),),
    "execute rebuild": (Row(algorithm="INPLACE", rewrite=True, scan=True, small=569),),
    "execute auto_increment": (Row(algorithm="INPLACE", small=5),),
    "execute optimize": (Row(rewrite=True, scan=True, small=971),),
    "create_index": (Row(algorithm="INPLACE", scan=True, small=360),),
    "create_index expression": (Row(algorithm="INPLACE/SHARED", scan=True, small=311),),
    "create_unique_index expression": (
        Row(algorithm="INPLACE/SHARED", scan=True, fails=_DUPLICATE, source="documented for MySQL"),
    ),
    "create_unique_index": (Row(algorithm="INPLACE", scan=True, small=208, fails=_DUPLICATE),),
    "create_index if not exists": (Row(always=f"CREATE INDEX IF NOT EXISTS: {_SYNTAX}"),),
    "drop_index if exists": (Row(always=f"DROP INDEX IF EXISTS: {_SYNTAX}"),),
    "rename_index": (Row(algorithm="INPLACE", small=23),),
    "foreign key": (Row(algorithm="COPY/SHARED", rewrite=True, scan=True, small=1725, fails=_FK_FAILS, notes=(_FK_NOTE,)),),
    "check": (Row(algorithm="COPY/SHARED", rewrite=True, scan=True, small=866, fails="a row breaks the check (3819)"),),
    "unique": (Row(algorithm="INPLACE", scan=True, small=200, fails=_DUPLICATE),),
    "primary key": (Row(algorithm="INPLACE", rewrite=True, scan=True, small=1105, fails=f"{_DUPLICATE} or one has none (1138)"),),
    "drop_constraint foreign key": (Row(algorithm="INPLACE", small=3),),
    "drop_constraint check": (_INSTANT,),
    "table_comment": (Row(algorithm="INPLACE", small=12),),
    "referenced": (Row(always="another table's foreign key refers to it (3730)"),),
}  # fmt: skip

MARIADB: Table = {
    **_SHARED,
    "add_column stored": (
        Row(until=(10, 11), algorithm="COPY/SHARED", rewrite=True, scan=True, small=1089),
        Row(since=(11,), algorithm="COPY", rewrite=True, scan=True, small=880),
    ),
    "add_column volatile": (Row(algorithm="INSTANT", source="measured on MariaDB", notes=("every row gets the same value",)),),
    "add_column not null date": (Row(algorithm="INSTANT", fills="0000-00-00"),),
    "add_column not null json": (Row(algorithm="INSTANT", fills="'', which is no JSON"),),
    "add_column foreign key": (
        Row(until=(10, 11), algorithm="COPY/SHARED", rewrite=True, scan=True, small=618, notes=(_FK_NOTE,)),
        Row(since=(11,), algorithm="COPY", rewrite=True, scan=True, small=1120, notes=(_FK_NOTE,)),
    ),
    "foreign key inline": (
        Row(until=(10, 11), algorithm="COPY/SHARED", rewrite=True, scan=True, small=1115),
        Row(since=(11,), algorithm="COPY", rewrite=True, scan=True, small=1084),
    ),
    "drop_column": (Row(algorithm="INSTANT", undo="with data loss", loses="the column's values", drops=_DROPPED),),
    "drop_column indexed": (
        Row(algorithm="NOCOPY", undo="with data loss", loses="the column's values", drops=_DROPPED, small=29,
            notes=("an index over further columns too makes it rebuild the table",)),
    ),
    "set not null": (Row(algorithm="INPLACE", rewrite=True, scan=True, small=426, fails="a row has no value (1265)"),),
    "drop not null": (Row(algorithm="INPLACE", rewrite=True, scan=True),),
    "drop_column of key": (
        Row(until=(10, 11), algorithm="COPY/SHARED", rewrite=True, scan=True, undo="with data loss", loses="the column's values", small=2275),
        Row(since=(11,), algorithm="COPY", rewrite=True, scan=True, undo="with data loss", loses="the column's values", small=725),
    ),
    "create_index fulltext": (Row(algorithm="INPLACE/SHARED", rewrite=True, scan=True, small=1540),),
    "execute convert character set": (
        Row(until=(10, 11), algorithm="COPY/SHARED", rewrite=True, scan=True, small=1136),
        Row(since=(11,), algorithm="COPY", rewrite=True, scan=True, small=1500),
    ),
    "execute rebuild": (Row(algorithm="INPLACE", rewrite=True, scan=True, small=1636),),
    "execute auto_increment": (_INSTANT,),
    "execute optimize": (Row(rewrite=True, scan=True, small=772),),
    "create_index": (Row(algorithm="NOCOPY", scan=True, small=252),),
    "create_index expression": (Row(always=f"an index over an expression: {_SYNTAX}"),),
    "create_unique_index expression": (Row(always=f"an index over an expression: {_SYNTAX}"),),
    "create_unique_index": (Row(algorithm="NOCOPY", scan=True, small=129, fails=_DUPLICATE),),
    "drop_index if exists": (Row(scan=None),),
    "rename_index": (_INSTANT,),
    "foreign key": (
        Row(until=(10, 11), algorithm="COPY/SHARED", rewrite=True, scan=True, small=1647, fails=_FK_FAILS, notes=(_FK_NOTE,)),
        Row(since=(11,), algorithm="COPY", rewrite=True, scan=True, small=793, fails=_FK_FAILS, notes=(_FK_NOTE,)),
    ),
    "check": (
        Row(until=(10, 11), algorithm="COPY/SHARED", rewrite=True, scan=True, small=1848, fails="a row breaks the check (4025)"),
        Row(since=(11,), algorithm="COPY", rewrite=True, scan=True, small=1368, fails="a row breaks the check (4025)"),
    ),
    "unique": (Row(algorithm="NOCOPY", scan=True, small=168, fails=_DUPLICATE),),
    "primary key": (Row(algorithm="INPLACE", rewrite=True, scan=True, small=2427, fails=f"{_DUPLICATE} or one has none (1265)"),),
    "drop_constraint foreign key": (_INSTANT,),
    "drop_constraint check": (_INSTANT,),
    "table_comment": (_INSTANT,),
    "referenced": (Row(always="another table's foreign key refers to it (1451)"),),
}  # fmt: skip
