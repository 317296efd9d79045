"""What Alembic offers a revision: the operations of ``op`` and of a batch block, with their parameters.

As of Alembic 1.20.1, whose own signatures a test holds this against; a parameter that came after 1.16, the oldest release
that Foreshot works with, says since when it is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final, Literal

from msgspec import Struct

Kind = Literal["positional", "rest", "keyword", "keywords"]
"""By position or name; ``*rest``; by name only; ``**keywords``."""


class Parameter(Struct, frozen=True):
    """A parameter as Alembic declares it; ``default`` is the source of its default, empty where it has to be given."""

    name: str
    kind: Kind = "positional"
    default: str = ""

    @property
    def text(self) -> str:
        """As a signature shows it."""
        stars = {"rest": "*", "keywords": "**"}.get(self.kind, "")
        return f"{stars}{self.name}{f'={self.default}' if self.default else ''}"


class Method(Struct, frozen=True):
    """An operation: its name, its parameters in order and, in a sentence, what it does."""

    name: str
    parameters: tuple[Parameter, ...]
    about: str

    @property
    def positional(self) -> tuple[str, ...]:
        """Names of the parameters that may be passed by position."""
        return tuple(parameter.name for parameter in self.parameters if parameter.kind == "positional")

    @property
    def is_open(self) -> bool:
        """Whether it takes keywords beyond those that it names, such as ``postgresql_using``."""
        return any(parameter.kind == "keywords" for parameter in self.parameters)

    @property
    def label(self) -> str:
        """``drop_column(table_name, column_name, *, schema=None, **kw)``."""
        return f"{self.name}({', '.join(part for part in _parts(self.parameters))})"


SINCE: Final[Mapping[tuple[str, str], str]] = {
    ("add_column", "if_not_exists"): "1.16",
    ("add_column", "inline_references"): "1.18.2",
    ("add_column", "inline_primary_key"): "1.18.4",
    ("drop_constraint", "if_exists"): "1.16",
}
"""Releases in which a parameter appeared, where that was in 1.16 or later (Alembic's changelog)."""

_ALTER = (
    "nullable=None, comment=False, server_default=False, new_column_name=None, type_=None, existing_type=None, "
    "existing_server_default=False, existing_nullable=None, existing_comment=None"
)
_KEY = "onupdate=None, ondelete=None, deferrable=None, initially=None, match=None"
_SCHEMAS = "source_schema=None, referent_schema=None, **dialect_kw"
_ADD = "if_not_exists=None, inline_references=None, inline_primary_key=None"
_BATCH = (
    "table_name, schema=None, recreate='auto', partial_reordering=None, copy_from=None, table_args=(), "
    "table_kwargs={}, reflect_args=(), reflect_kwargs={}, naming_convention=None"
)

_EVERYWHERE: Final = {
    "execute": ("sqltext, *, execution_options=None", "Run SQL: text, or a statement of SQLAlchemy."),
    "get_bind": ("", "The connection that the migration runs on; offline there is none."),
    "get_context": ("", "The migration context: dialect, options, `autocommit_block()`."),
    "f": ("name", "A name that is already what the naming convention makes of it."),
    "inline_literal": ("value, type_=None", "A value written into the SQL itself, as `--sql` needs it."),
    "invoke": ("operation", "Run an operation object, one of a plugin's among them."),
    "run_async": ("async_function, *args, **kw_args", "Run an async function on the migration's connection."),
}

_OP: Final = {
    "add_column": (f"table_name, column, *, schema=None, {_ADD}", "Add a column to a table."),
    "alter_column": (
        f"table_name, column_name, *, {_ALTER}, schema=None, **kw",
        "Change a column: type, nullability, default, comment or name. Only what is passed changes, but on MySQL.",
    ),
    "batch_alter_table": (
        _BATCH,
        "A block of changes to one table; on SQLite they are made by moving and copying the table.",
    ),
    "bulk_insert": ("table, rows, *, multiinsert=True", "Insert rows, given as dictionaries."),
    "create_check_constraint": (
        "constraint_name, table_name, condition, *, schema=None, **kw",
        "Add a check; every row that is there is looked at.",
    ),
    "create_exclude_constraint": (
        "constraint_name, table_name, *elements, **kw",
        "Add an exclusion constraint (PostgreSQL).",
    ),
    "create_foreign_key": (
        f"constraint_name, source_table, referent_table, local_cols, remote_cols, *, {_KEY}, {_SCHEMAS}",
        "Add a foreign key from one table to another.",
    ),
    "create_index": (
        "index_name, table_name, columns, *, schema=None, unique=False, if_not_exists=None, **kw",
        "Build an index.",
    ),
    "create_primary_key": (
        "constraint_name, table_name, columns, *, schema=None",
        "Add a primary key to a table that has none.",
    ),
    "create_table": (
        "table_name, *columns, if_not_exists=None, **kw",
        "Create a table with its columns and constraints.",
    ),
    "create_table_comment": (
        "table_name, comment, *, existing_comment=None, schema=None",
        "Set the comment of a table.",
    ),
    "create_unique_constraint": (
        "constraint_name, table_name, columns, *, schema=None, **kw",
        "Add a unique constraint; its index is built at once.",
    ),
    "drop_column": ("table_name, column_name, *, schema=None, **kw", "Drop a column and the values in it."),
    "drop_constraint": (
        "constraint_name, table_name, type_=None, *, schema=None, if_exists=None",
        "Drop a constraint by its name; MySQL has to be told its type.",
    ),
    "drop_index": ("index_name, table_name=None, *, schema=None, if_exists=None, **kw", "Drop an index."),
    "drop_table": ("table_name, *, schema=None, if_exists=None, **kw", "Drop a table and every row in it."),
    "drop_table_comment": (
        "table_name, *, existing_comment=None, schema=None",
        "Take the comment off a table.",
    ),
    "rename_table": (
        "old_table_name, new_table_name, *, schema=None",
        "Rename a table; names of its indexes stay.",
    ),
    **_EVERYWHERE,
}

_IN_A_BATCH: Final = {
    "add_column": (f"column, *, insert_before=None, insert_after=None, {_ADD}", "Add a column."),
    "alter_column": (
        f"column_name, *, {_ALTER}, insert_before=None, insert_after=None, **kw",
        "Change a column: type, nullability, default, comment or name.",
    ),
    "create_check_constraint": ("constraint_name, condition, **kw", "Add a check."),
    "create_exclude_constraint": (
        "constraint_name, *elements, **kw",
        "Add an exclusion constraint (PostgreSQL).",
    ),
    "create_foreign_key": (
        f"constraint_name, referent_table, local_cols, remote_cols, *, referent_schema=None, {_KEY}, **dialect_kw",
        "Add a foreign key to another table.",
    ),
    "create_index": ("index_name, columns, **kw", "Build an index."),
    "create_primary_key": ("constraint_name, columns", "Add a primary key."),
    "create_table_comment": ("comment, *, existing_comment=None", "Set the comment of the table."),
    "create_unique_constraint": ("constraint_name, columns, **kw", "Add a unique constraint."),
    "drop_column": ("column_name, **kw", "Drop a column and the values in it."),
    "drop_constraint": ("constraint_name, type_=None", "Drop a constraint by its name."),
    "drop_index": ("index_name, **kw", "Drop an index."),
    "drop_table_comment": ("*, existing_comment=None", "Take the comment off the table."),
    **_EVERYWHERE,
}

_CONFIGURE: Final = (
    "connection=None, url=None, dialect_name=None, dialect_opts=None, transactional_ddl=None, "
    "transaction_per_migration=False, output_buffer=None, starting_rev=None, tag=None, template_args=None, "
    "render_as_batch=False, target_metadata=None, include_name=None, include_object=None, include_schemas=False, "
    "process_revision_directives=None, compare_type=True, compare_server_default=False, render_item=None, "
    "literal_binds=False, upgrade_token='upgrades', downgrade_token='downgrades', alembic_module_prefix='op.', "
    "sqlalchemy_module_prefix='sa.', user_module_prefix=None, on_version_apply=None, autogenerate_plugins=None, **kw"
)


@cache
def operations() -> Mapping[str, Method]:
    """What ``alembic.op`` has, by name."""
    return {name: Method(name, _read(text), about) for name, (text, about) in _OP.items()}


@cache
def batch_operations() -> Mapping[str, Method]:
    """What the object of a ``batch_alter_table`` block has, by name."""
    return {name: Method(name, _read(text), about) for name, (text, about) in _IN_A_BATCH.items()}


@cache
def configure() -> Method:
    """``context.configure`` of an env.py."""
    return Method(
        "configure", _read(_CONFIGURE), "Tell Alembic what to compare, where to run, and how to render."
    )


def _read(text: str) -> tuple[Parameter, ...]:
    found: list[Parameter] = []
    kind: Kind = "positional"
    for part in filter(None, text.split(", ")):
        name, _, default = part.partition("=")
        if name == "*":
            kind = "keyword"
        elif name.startswith("**"):
            found.append(Parameter(name[2:], "keywords"))
        elif name.startswith("*"):
            found.append(Parameter(name[1:], "rest"))
            kind = "keyword"
        else:
            found.append(Parameter(name, kind, default))
    return tuple(found)


def _parts(parameters: tuple[Parameter, ...]) -> list[str]:
    parts: list[str] = []
    named_only = False
    for parameter in parameters:
        if parameter.kind == "keyword" and not named_only:
            parts.append("*")
        named_only = named_only or parameter.kind in ("keyword", "rest")
        parts.append(parameter.text)
    return parts
