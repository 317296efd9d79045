"""How models and history are to be compared, and what was found."""

from __future__ import annotations

from msgspec import Struct


class Options(Struct, frozen=True):
    """How Alembic is to compare and to write, as env.py says."""

    dialect: str
    version: tuple[int, ...] = ()
    compare_type: bool = True
    compare_server_default: bool = False
    include_schemas: bool = False
    version_table: str = "alembic_version"
    version_table_schema: str | None = None
    alembic_module_prefix: str = "op."
    sqlalchemy_module_prefix: str = "sa."
    user_module_prefix: str | None = None
    render_as_batch: bool = False
    values_in_transaction: bool = True
    """Whether a transaction can add a value to an enum type."""
    schemas: frozenset[str] = frozenset({"public"})
    """Schemas that no migration has to make."""
    unseen: bool = True
    """Whether what Alembic does not compare is looked for too."""


class Difference(Struct, frozen=True):
    """One operation that the models ask for; ``kind`` as in ``compare_metadata``."""

    kind: str
    schema: str | None
    table: str
    column: str | None
    name: str | None
    columns: tuple[str, ...]
    text: str
    """The operation in Alembic's words."""
    reverse: str = ""
    was: str = ""
    """What the history has: the type in SQL, what a foreign key does ON DELETE, whether an index is unique; empty where that is not told."""
    wanted: str = ""
    """The same as the models have it."""

    @property
    def table_name(self) -> str:
        """``table`` or ``schema.table``."""
        return f"{self.schema}.{self.table}" if self.schema else self.table


class Comparison(Struct, frozen=True):
    """What the comparison found."""

    differences: tuple[Difference, ...]
    upgrade: str
    """The body of ``upgrade()``, indented by nothing."""
    downgrade: str
    imports: tuple[str, ...]
    undecided: tuple[str, ...]
    """Defaults that could be compared by a database only."""
    again: tuple[Difference, ...]
    """Defaults that Alembic asks for again each time, because it takes an empty text for none."""
    undecided_tables: frozenset[str] = frozenset()
    """The tables that undecided defaults are of, by full name."""
    unseen: tuple[Difference, ...] = ()
    """What Alembic, told to compare as env.py says, does not see."""
