"""Values that an argument takes out of a closed set, and keywords that Alembic passes on to a database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ACTIONS = ("CASCADE", "SET NULL", "RESTRICT", "NO ACTION", "SET DEFAULT")
_FLAG = ("True", "False")

STRINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "ondelete": _ACTIONS,
    "onupdate": _ACTIONS,
    "initially": ("DEFERRED", "IMMEDIATE"),
    "match": ("FULL", "PARTIAL", "SIMPLE"),
    "recreate": ("auto", "always", "never"),
    "type_ of drop_constraint": ("foreignkey", "primary", "unique", "check"),
    "postgresql_using of create_index": ("btree", "hash", "gin", "gist", "spgist", "brin"),
}
"""Strings by parameter; ``… of …`` where a parameter of that name means something else elsewhere."""

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(
        (
            "nullable", "existing_nullable", "unique", "if_exists", "if_not_exists", "deferrable", "multiinsert",
            "inline_references", "inline_primary_key", "postgresql_concurrently", "postgresql_not_valid", "primary_key",
            "autoincrement", "index", "transaction_per_migration", "render_as_batch", "include_schemas", "compare_type",
            "create_constraint", "compare_server_default", "literal_binds", "transactional_ddl", "create_type", "timezone", "native_enum",
        ),
        _FLAG,
    ),
}  # fmt: skip
"""Python names by parameter."""

_OF_INDEX: Final = {
    "postgresql_concurrently": "built without blocking writes, in an autocommit block",
    "postgresql_using": "the method of the index",
    "postgresql_where": "of a partial index",
    "postgresql_include": "columns that are only kept",
    "postgresql_ops": "operator classes by column",
    "postgresql_with": "storage parameters",
    "postgresql_nulls_not_distinct": "two NULLs are the same (PostgreSQL 15)",
    "sqlite_where": "of a partial index",
    "mysql_length": "how much of a text is indexed",
    "mysql_prefix": "FULLTEXT or SPATIAL",
}
PASSED_ON: Final[Mapping[str, Mapping[str, str]]] = {
    "alter_column": {
        "postgresql_using": "how the old value becomes the new one",
        "mysql_charset": "",
        "mysql_collate": "",
    },
    "create_index": _OF_INDEX,
    "drop_index": {
        **_OF_INDEX,
        "postgresql_concurrently": "dropped without blocking, in an autocommit block",
    },
    "create_foreign_key": {"postgresql_not_valid": "rows that are there are looked at later, by VALIDATE"},
    "create_check_constraint": {
        "postgresql_not_valid": "rows that are there are looked at later, by VALIDATE"
    },
    "create_unique_constraint": {
        "deferrable": "",
        "initially": "",
        "postgresql_nulls_not_distinct": "two NULLs are the same (PostgreSQL 15)",
    },
    "create_table": {
        "schema": "",
        "comment": "",
        "mysql_engine": "",
        "mysql_charset": "",
        "sqlite_autoincrement": "",
    },
}
"""Keywords beyond those that Alembic names, by operation, with what they are for."""

_CONSTRAINT: Final = ("name", "deferrable", "initially")
CONSTRUCTORS: Final[Mapping[str, tuple[str, ...]]] = {
    "Column": ("nullable", "server_default", "primary_key", "unique", "index", "autoincrement", "comment"),
    "ForeignKey": ("ondelete", "onupdate", *_CONSTRAINT),
    "ForeignKeyConstraint": ("name", "ondelete", "onupdate", "deferrable", "initially"),
    "PrimaryKeyConstraint": _CONSTRAINT,
    "UniqueConstraint": _CONSTRAINT,
    "CheckConstraint": _CONSTRAINT,
    "Enum": ("name", "native_enum", "create_constraint", "schema"),
    "DateTime": ("timezone",),
}
"""Keywords of SQLAlchemy's constructors that matter in a migration, the most frequent first."""

USUAL_KEYWORDS: Final = (
    "nullable", "unique", "existing_type", "type_", "table_name", "new_column_name", "ondelete", "schema", "server_default",
    "existing_nullable", "source_schema", "referent_schema", "postgresql_using", "postgresql_where", "existing_server_default",
    "if_exists", "if_not_exists", "postgresql_concurrently", "existing_comment", "comment", "initially", "deferrable",
)  # fmt: skip
"""Keywords as often as revisions pass them, the most frequent first."""


def strings_for(parameter: str, method: str) -> tuple[str, ...]:
    """The strings that a parameter of a call takes; empty where any may be written."""
    return STRINGS.get(f"{parameter} of {method}") or STRINGS.get(parameter, ())
