"""The facts of an env.py as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from msgspec import Struct

from foreshot.project.dialect_names import Dialect
from foreshot.project.env_transaction import EnvTransaction
from foreshot.syntax.values import Ref, Unknown, Value
from foreshot.text import Span


class Argument(Struct, frozen=True):
    """One argument: its static value, the span of that value, and of ``name=value`` where it is written so."""

    value: Value
    span: Span
    keyword: Span | None = None


class ConfigureCall(Struct, frozen=True):
    """One ``context.configure(...)``, arguments that come through ``**kwargs`` included as far as they can be told."""

    span: Span
    name: Span
    """The callee."""
    function: str
    """The function that it stands in; empty at module level."""
    arguments: Mapping[str, Argument]
    open_ended: bool
    """Whether further arguments may be passed that cannot be told."""
    flask: bool
    """Whether Flask-Migrate's ``configure_args`` are passed: what the application gave to ``Migrate(...)``."""
    offline: bool
    """Whether it serves ``--sql``: it is given a URL instead of a connection."""


class Import(Struct, frozen=True):
    """One imported module. ``names`` are the names taken from it; empty for ``import module``, ``("*",)`` for all."""

    module: str
    names: tuple[str, ...]
    span: Span
    top_level: bool = True


class Assignment(Struct, frozen=True):
    """A module-level assignment: the statement, and its value."""

    statement: Span
    value_span: Span
    value: Value


class DialectHint(Struct, frozen=True):
    """A sign of a database: how it shows, and where."""

    dialect: Dialect
    kind: Literal["import", "url", "guard", "argument"]
    span: Span


class EnvFacts(Struct, frozen=True):
    """What :func:`read_env` found."""

    configures: tuple[ConfigureCall, ...]
    target_metadata: Assignment | None
    """The last module-level ``target_metadata = ...``."""
    imports: tuple[Import, ...]
    async_engine: Span | None
    """The call that makes an asynchronous engine."""
    run_sync: bool
    lock_timeout: Span | None
    """Where a lock timeout is set, for PostgreSQL or MySQL."""
    hints: tuple[DialectHint, ...]
    naming_conventions: tuple[Argument, ...]
    """The ``naming_convention=`` of each ``MetaData(...)`` made here."""
    mentions: frozenset[str]
    """The names of functions and attributes that are called anywhere in it, but for functions that are called offline, which serve ``--sql``."""
    transaction: EnvTransaction = EnvTransaction()
    """What env.py has begun on the connection before Alembic is given it."""

    @property
    def online(self) -> list[ConfigureCall]:
        """The calls of ``context.configure`` that serve a database, not ``--sql``."""
        return [call for call in self.configures if not call.offline]

    @property
    def has_metadata(self) -> bool | None:
        """Whether ``context.configure`` is given metadata, so that autogenerate works; None when it cannot be told."""
        found: set[bool | None] = set()
        for call in self.online:
            argument = call.arguments.get("target_metadata")
            if argument is None:
                found.add(None if call.open_ended or call.flask else False)
            elif isinstance(argument.value, Unknown):
                found.add(None)
            else:
                found.add(argument.value is not None and argument.value not in ([], ()))
        return found.pop() if len(found) == 1 else None

    @property
    def shares_transaction(self) -> bool:
        """Whether one transaction surely holds all revisions of a run, where the database can take DDL back.

        Each has its own with ``transaction_per_migration=True``, and with ``transactional_ddl=False`` too: Alembic's ``begin_transaction``.
        """
        ddl = self.argument("transactional_ddl")
        as_usual = ddl is None or (isinstance(ddl, Argument) and (ddl.value is None or ddl.value is True))
        return as_usual and self.argument("transaction_per_migration") is None

    @property
    def commits_each(self) -> bool:
        """Whether each revision surely has a transaction of its own, so that the next one finds no lock of its.

        What is passed and cannot be read has been thought of.
        """
        passed, ddl = self.argument("transaction_per_migration"), self.argument("transactional_ddl")
        return (isinstance(passed, Argument) and passed.value not in (False, None)) or (
            isinstance(ddl, Argument) and ddl.value is False
        )

    @property
    def version_table(self) -> tuple[str | Unknown, str | Unknown | None]:
        """Alembic's own table, and its schema; Unknown for what is passed and cannot be told."""
        table, schema = self._text("version_table"), self._text("version_table_schema")
        return table or "alembic_version", schema or None

    def _text(self, option: str) -> str | Unknown | None:
        argument = self.argument(option)
        value = argument.value if isinstance(argument, Argument) else argument
        return value if isinstance(value, str | Unknown | None) else Unknown("it is no text", Span(0, 0))

    def argument(self, name: str) -> Argument | Unknown | None:
        """What ``context.configure`` is given as ``name`` when it runs online.

        None means that it is certainly not passed; Unknown that it cannot be told, also because calls differ or
        because env.py leaves the configuring to other modules.
        """
        calls = [call for call in self.configures if not call.offline] or list(self.configures)
        if not calls:
            return Unknown("env.py configures its context elsewhere", Span(0, 0))
        found: list[Argument | Unknown | None] = []
        for call in calls:
            argument = call.arguments.get(name)
            if argument is None and call.open_ended:
                found.append(
                    Unknown("further arguments are passed that are only known when it runs", call.span)
                )
            else:
                found.append(argument)
        first = found[0]
        for other in found[1:]:
            if not _agree(first, other):
                return Unknown("the calls of `context.configure` differ", calls[0].span)
        return first


def _agree(one: Argument | Unknown | None, other: Argument | Unknown | None) -> bool:
    if isinstance(one, Argument) and isinstance(other, Argument):
        return _equal(one.value, other.value)
    return one is None and other is None


def _equal(one: Value, other: Value) -> bool:
    """Whether two values are certainly the same; two Unknown are when they blame the same place."""
    match one, other:
        case (Ref(path=left), Ref(path=right)):
            return left == right
        case (Unknown(span=ours), Unknown(span=theirs)):
            return ours == theirs
        case (list(), list()) | (tuple(), tuple()):
            left_items, right_items = cast("list[Value]", one), cast("list[Value]", other)
            return len(left_items) == len(right_items) and all(map(_equal, left_items, right_items))
        case _:
            return type(one) is type(other) and one == other
