"""Measured on PostgreSQL 10.23 to 18.4: locks from ``pg_locks`` of a second connection, rewrites by the table's
file, scans by its statistics, on empty tables and on up to 2 million rows.

Locks: AX ACCESS EXCLUSIVE, EX EXCLUSIVE, SRX SHARE ROW EXCLUSIVE, S SHARE, SUX SHARE UPDATE EXCLUSIVE,
RX ROW EXCLUSIVE, RS ROW SHARE, AS ACCESS SHARE.
"""

from __future__ import annotations

from foreshot.knowledge.rows import Row, Table

_NULLS = "a row has no value (23502)"
_ON_15 = "measured on PostgreSQL 15"
_FREE = Row(locks="t AX", ms=1)
_IN_TRANSACTION = "cannot run inside a transaction block (25001)"
_VALIDATES_LATER = "rows that are there already stay unchecked until VALIDATE CONSTRAINT"
_REWRITES = Row(locks="t AX", rewrite=True, scan=True, ms=4173)

_WAITS = "waits for every older transaction that uses the table"
_LEAVES_INVALID = "a build that fails leaves an INVALID index behind, and if_not_exists then skips it"
_DEPENDENTS = "fails (2BP01) while a view, a row policy or another table's foreign key uses it"

TABLE: Table = {
    # Columns.
    "add_column": (_FREE,),
    "add_column default": (Row(until=(10,), locks="t AX", rewrite=True, scan=True, small=562), Row(since=(11,), locks="t AX", ms=3)),
    "add_column volatile": (_REWRITES,),
    "add_column unknown default": (
        Row(locks="t AX", rewrite=None, scan=None, notes=("rewrites the table if the default's function is volatile",)),
    ),
    "add_column serial": (Row(locks="t AX", rewrite=True, scan=True, small=504),),
    "add_column identity": (Row(locks="t AX", rewrite=True, scan=True, small=820),),
    "add_column not null": (Row(locks="t AX", fails=_NULLS, scan=None, rewrite=None, notes=("works on an empty table only",)),),
    "add_column domain": (Row(locks="t AX", rewrite=True, scan=True, small=471, notes=("the domain has a constraint",)),),
    "add_column stored": (
        Row(until=(11,), always="PostgreSQL 12 is the first with generated columns (42601)"),
        Row(since=(12,), locks="t AX", rewrite=True, scan=True, ms=4872),
    ),
    "add_column computed": (
        Row(until=(11,), always="PostgreSQL 12 is the first with generated columns (42601)"),
        Row(since=(12,), until=(17,), locks="t AX", rewrite=True, scan=True, ms=4022, notes=("stored, as persisted is not given",)),
        Row(since=(18,), locks="t AX", ms=1.7, notes=("virtual, as persisted is not given (SQLAlchemy 2.1)",)),
    ),
    "add_column virtual": (
        Row(until=(17,), always="PostgreSQL 18 is the first with virtual generated columns: SQLAlchemy refuses (CompileError)"),
        Row(since=(18,), locks="t AX", ms=1.2),
    ),
    "add_column missing type": (Row(always="the enum type does not exist, and add_column does not create it (42704)"),),
    "add_column if exists": (Row(locks="t AX", notes=("does nothing where the column exists, whatever its type",), ms=1),),
    "drop_column": (
        Row(
            until=(14,), locks="t AX, P AX", undo="with data loss", loses="the column's values", ms=1, notes=(_DEPENDENTS,),
            drops="indexes, unique constraints, checks and statistics that use it, and columns generated from it",
        ),
        Row(
            since=(15,), locks="t AX, P AX", undo="with data loss", loses="the column's values", ms=1,
            drops="indexes, unique constraints, checks and statistics that use it",
            notes=(_DEPENDENTS, "fails (2BP01) while a generated column uses it"),
        ),
    ),
    "set not null": (Row(locks="t AX", scan=True, fails=_NULLS, ms=749),),
    "set not null checked": (
        Row(until=(11,), locks="t AX", scan=True, small=39),
        Row(since=(12,), locks="t AX", ms=0.9, notes=("the validated check spares the scan",)),
    ),
    "drop not null": (Row(locks="t AX", small=1, notes=("the way back fails once a row has NULL",)),),
    "drop not null of key": (Row(always="the column is in a primary key (42P16)"),),
    "set default": (_FREE,),
    "rename_column": (Row(locks="t AX", small=1, notes=("views follow; functions that name it in text do not",)),),
    "column comment": (Row(locks="t SUX", small=1),),
    "set computed": (Row(always="Alembic does not add or remove a generated expression of a column (CompileError)"),),
    "type": (Row(locks="t AX, P AX", rewrite=None, scan=None),),
    # Indexes.
    "create_index": (Row(locks="t S", scan=True, ms=1009),),
    "create_unique_index": (Row(locks="t S", scan=True, ms=1009, fails="two rows have the same values (23505)"),),
    "create_index concurrently": (Row(locks="t SUX", scan=True, ms=1188, notes=(_WAITS, _LEAVES_INVALID)),),
    "create_unique_index concurrently": (
        Row(locks="t SUX", scan=True, ms=1188, notes=(_WAITS, _LEAVES_INVALID), fails="two rows have the same values (23505)"),
    ),
    "concurrently in transaction": (Row(always=_IN_TRANSACTION),),
    "concurrently partitioned": (Row(always="a partitioned table takes no concurrent index build (0A000)"),),
    "drop_index": (Row(locks="t AX, i AX", small=1, notes=("fails (2BP01) while a constraint needs it",)),),
    "drop_index concurrently": (Row(locks="t SUX", source="PostgreSQL's documentation", notes=(_WAITS,)),),
    "rename_index": (Row(until=(11,), locks="i AX", small=17), Row(since=(12,), locks="i SUX", small=1)),
    # Constraints.
    "foreign key": (Row(locks="t SRX, P SRX", scan=True, ms=1086, fails="a row refers to a parent that is not there (23503)"),),
    "foreign key not valid": (Row(locks="t SRX, P SRX", ms=2, notes=(_VALIDATES_LATER,)),),
    "foreign key inline": (Row(locks="t AX, P SRX", ms=1.8),),
    "add_column foreign key": (Row(locks="t AX, P SRX", scan=True, ms=1031),),
    "check": (Row(locks="t AX", scan=True, ms=443, fails="a row breaks the check (23514)"),),
    "check not valid": (Row(locks="t AX", ms=1.3, notes=(_VALIDATES_LATER,)),),
    "unique": (Row(locks="t AX", scan=True, ms=1441, fails="two rows have the same values (23505)"),),
    "unique using index": (Row(locks="t AX", ms=0.9),),
    "primary key": (Row(locks="t AX", scan=True, ms=1072, fails="two rows have the same values (23505) or one has none (23502)"),),
    "primary key using index": (Row(locks="t AX", ms=None, small=2.4, scan=None, notes=("scans the table unless the columns are NOT NULL",)),),
    "exclude": (Row(locks="t AX", scan=True, small=387, fails="two rows conflict (23P01)"),),
    "unknown constraint": (Row(locks="t AX", scan=None, rewrite=False, source=""),),
    "validate_constraint": (Row(locks="t SUX, P RS", scan=True, ms=1408, fails="a row breaks the constraint (23503 or 23514)"),),
    "drop_constraint": (Row(locks="t AX, P AX", small=2),),
    "drop_constraint unnamed": (Row(always="it has no name: Alembic cannot write DROP CONSTRAINT (CompileError)"),),
    "rename_constraint": (Row(locks="t AX", small=0.5),),
    # Tables.
    "create_table": (Row(locks="P SRX", small=3),),
    "drop_table": (
        Row(
            locks="t AX, P AX", undo="with data loss", loses="the table and its rows", small=1.4,
            notes=("an enum type of its columns stays", "fails (2BP01) while a view or another table's foreign key uses it"),
        ),
    ),
    "drop cascade": (Row(drops="views, foreign keys and whatever else depends on it (CASCADE)"),),
    "referenced": (Row(always="another table's foreign key refers to it (2BP01)"),),
    "rename_table": (Row(locks="t AX", small=0.4, notes=("its sequences, keys and indexes keep their names",)),),
    "table_comment": (Row(locks="t SUX", small=5),),
    "truncate_table": (
        Row(locks="t AX", rewrite=False, undo="no", loses="every row", source=_ON_15, notes=("fails (0A000) while another table's foreign key refers to it",)),
    ),
    "truncate referenced": (Row(always="another table's foreign key refers to it (0A000)"),),
    # Types.
    "create_enum": (Row(small=1),),
    "create_enum exists": (Row(always="the type exists already (42710)"),),
    "drop_type": (Row(small=1, notes=("fails (2BP01) while a column uses it",)),),
    "drop_type in use": (Row(always="a column still uses the type (2BP01)"),),
    "add_enum_value": (
        Row(until=(11,), always="ALTER TYPE … ADD VALUE cannot run inside a transaction block before PostgreSQL 12 (25001)"),
        Row(since=(12,), undo="no", small=31, notes=("the value cannot be used before the transaction commits (55P04)", "an enum value cannot be dropped")),
    ),
    "add_enum_value autocommit": (Row(undo="no", small=1.5, notes=("an enum value cannot be dropped",)),),
    "rename_enum_value": (Row(small=0.4),),
    # Rows.
    "update": (Row(locks="t RX", scan=True, undo="no", ms=7609, notes=("every row stays locked until the transaction ends",)),),
    "update where": (Row(locks="t RX", scan=None, undo="no", notes=("the rows that it writes stay locked until the transaction ends",)),),
    "delete": (Row(locks="t RX", scan=True, undo="no", loses="every row", ms=792, notes=("every row stays locked until the transaction ends",)),),
    "delete where": (Row(locks="t RX", scan=None, undo="no", loses="the rows that it deletes"),),
    "insert": (Row(locks="t RX", small=1),),
    "merge": (Row(locks="t RX", scan=None, undo="no", source="PostgreSQL's documentation"),),
    # Whole relations.
    "reindex": (Row(locks="t S, i AX", scan=True, small=109, notes=("queries that would use the index wait too",)),),
    "reindex concurrently": (Row(since=(12,), locks="t SUX", scan=True, source="PostgreSQL's documentation"),),
    "vacuum": (Row(locks="t SUX", scan=None, small=26),),
    "vacuum full": (Row(locks="t AX", rewrite=True, scan=True, small=513),),
    "cluster": (Row(locks="t AX", rewrite=True, scan=True, small=592),),
    "refresh materialized view": (Row(locks="v AX", rewrite=True, scan=True, small=198),),
    "refresh materialized view concurrently": (
        Row(locks="v EX", scan=True, source=_ON_15, notes=("needs a unique index over whole columns (55000)",)),
    ),
    "detach partition": (Row(locks="t AX", small=0.6),),
    "detach partition concurrently": (
        Row(until=(13,), always="PostgreSQL 14 is the first with DETACH … CONCURRENTLY", source="PostgreSQL's documentation"),
        Row(since=(14,), locks="t SUX", source="PostgreSQL's documentation"),
    ),
    "alter system": (Row(),),
    "create database": (Row(scan=None),),
    "create tablespace": (Row(source="PostgreSQL's documentation"),),
    # Containers.
    "drop schema": (Row(undo="no", loses="everything in the schema", notes=("fails (2BP01) unless it is empty or CASCADE is said",)),),
    "drop extension": (Row(source="PostgreSQL's documentation", notes=("fails (2BP01) while a column or index uses it, unless CASCADE is said",)),),
    "drop database": (Row(undo="no", loses="the database", source="PostgreSQL's documentation"),),
    # Other statements.
    "execute create trigger": (Row(locks="t SRX", small=0.7),),
    "execute drop trigger": (Row(locks="t AX", small=4),),
    "execute create policy": (Row(locks="t AX", small=0.5),),
    "execute create statistics": (Row(locks="t SUX", small=1),),
    "execute create extension": (Row(small=9),),
    "execute create sequence": (Row(),),
    "execute create schema": (Row(small=0.3),),
    "execute create view": (Row(locks="t AS", source=_ON_15),),
    "execute comment on column": (Row(locks="t SUX", small=1),),
    "execute switch trigger": (Row(locks="t SRX", small=0.6),),
    "execute set option": (Row(locks="t SUX", small=5),),
    "execute set storage": (Row(locks="t AX", small=2),),
    "execute set unlogged": (Row(locks="t AX", rewrite=True, scan=True, small=480),),
    "execute set schema": (Row(locks="t AX", small=0.7),),
    "execute alter constraint": (Row(locks="t AX", small=0.5),),
    "execute alter sequence": (Row(small=9),),
    "execute analyze": (Row(locks="t SUX", scan=None),),
    "execute grant": (Row(small=0.4),),
}  # fmt: skip
