"""The SQL of a revision, as ``alembic upgrade --sql`` prints it: Alembic's own operations over described calls."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, cast

import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace

from foreshot.engine.build import Builder, CannotBuild
from foreshot.engine.custom import is_perhaps
from foreshot.engine.libraries import alembic
from foreshot.engine.reflection import Answering, compiling_dialect
from foreshot.migration.calls import RecordedCall
from foreshot.migration.specs import Site
from foreshot.schema.plain import sql_text
from foreshot.schema.state import Schema
from foreshot.syntax.sharing import is_too_large
from foreshot.syntax.values import CallValue, Ref, Text, Unknown, Value
from foreshot.text import Span

MAX_REASON: Final = 200
MAX_PARTS: Final = 50_000
"""Parts of one argument, such as the values of the rows that are inserted."""
_HOLE: Final = "\ufffc"
_MADE: Final = "alembic.op.create_table"


class Statement(Struct, frozen=True):
    """What one call comes to."""

    at: Span
    """The call."""
    sql: str
    """Its statements, each with a semicolon; empty where it does nothing on this database, or where ``why`` tells."""
    why: str = ""
    """Why it cannot be told, or what of it."""
    conditional: bool = False
    """It stands under a condition that is only known when it runs."""
    autocommit: bool = False
    """It runs outside of the transaction."""


class VersionChange(Struct, frozen=True):
    """What a run of one revision writes into Alembic's table, where nothing else is at the revision's side."""

    before: tuple[str, ...]
    """The revisions that it names; the first becomes the first of ``after``."""
    after: tuple[str, ...]
    table: str = "alembic_version"
    schema: str | None = None


class Offline(Struct, frozen=True):
    """For which database, and with which names."""

    dialect: str
    conventions: Mapping[str, str] = {}
    """The naming convention of the project's metadata."""
    settle: Callable[[Value], Value] = lambda value: value
    """Leads a type of the project's own to what it stands for."""
    before: Callable[[Site], Schema | None] = lambda _: None
    """The schema before an operation: SQLite's batch copies the table that was there."""


def statements(
    calls: Sequence[RecordedCall], options: Offline, change: VersionChange | None = None
) -> Iterator[Statement]:
    """The SQL of each call that runs on the database, those of one batch block together; then that of the version table."""
    writer = _Writer(options)
    running = [call for call in calls if call.site.runs_on(options.dialect)]
    for block, group in groupby(running, key=lambda call: call.site.batch):
        items = list(group)
        if block is None:
            for call in items:
                yield writer.alone(call)
        else:
            yield writer.batch(items)
    if change is not None:
        yield writer.version(change)


class _Writer:
    def __init__(self, options: Offline) -> None:
        self.options = options
        self.dialect = compiling_dialect(options.dialect)
        self.builder = Builder(self.dialect, self._resolve)
        self.buffer = io.StringIO()
        self.tables: dict[Span, Any] = {}
        """What ``op.create_table`` gave back, by its call."""
        metadata = sa.MetaData(naming_convention=dict(options.conventions) or None)
        opts = {
            "as_sql": True,
            "output_buffer": self.buffer,
            "target_metadata": metadata,
            "literal_binds": True,
        }
        self.context = alembic("runtime.migration").MigrationContext(self.dialect, None, opts, None)
        self.op = alembic("operations").Operations(self.context)

    def alone(self, call: RecordedCall) -> Statement:
        """The SQL of a call that stands in no batch block."""
        if call.kind == "unknown":
            return self._statement(call, "", call.method)
        try:
            if call.kind == "sql":
                return self._text(call)
            if call.kind == "method":
                return self._statement(call, self._written(lambda: self._method(call)))
            return self._statement(call, self._written(lambda: self._run(self.op, call)))
        except CannotBuild as error:
            return self._statement(call, "", str(error))

    def batch(self, calls: Sequence[RecordedCall]) -> Statement:
        """The SQL of a batch block."""
        first = calls[0]
        block = first.site.batch
        assert block is not None
        if not isinstance(block.table, str) or not (block.schema is None or isinstance(block.schema, str)):
            return self._statement(first, "", "the table is only known when it runs")
        keywords: dict[str, Any] = {"schema": block.schema}
        if isinstance(block.recreate, str):
            keywords["recreate"] = block.recreate
        unknown = next((call.method for call in calls if call.kind == "unknown"), None)
        table = self._copied(first) if self.dialect.name == "sqlite" else None
        if table is not None:
            keywords["copy_from"] = table

        def run() -> None:
            with self.op.batch_alter_table(block.table, **keywords) as batch_op:
                for call in calls:
                    if call.kind == "operation":
                        self._run(batch_op, call)

        try:
            if unknown is not None:
                raise CannotBuild(unknown)
            # SQL in the block runs at once, the block's own operations at its end.
            texts = [self._text(call).sql for call in calls if call.kind == "sql"]
            statement = self._statement(first, "\n\n".join(filter(None, [*texts, self._written(run)])))
        except CannotBuild as error:
            statement = self._statement(first, "", str(error))
        return replace(statement, at=block.call)

    def version(self, change: VersionChange) -> Statement:
        """The version table's own statements, as Alembic's ``HeadMaintainer`` writes them."""
        table = sa.Table(
            change.table,
            sa.MetaData(),
            sa.Column("version_num", sa.String(32), primary_key=True),
            schema=change.schema,
        )
        column = table.c.version_num

        def text(version: str) -> Any:
            return cast("Any", sa.literal_column(sql_text(version)))

        def run() -> None:
            execute = self.context.impl._exec  # what prints a construct as SQL
            for gone in change.before[1:] if change.after else change.before:
                execute(table.delete().where(column == text(gone)))
            if change.before and change.after:
                execute(
                    table.update()
                    .values(version_num=text(change.after[0]))
                    .where(column == text(change.before[0]))
                )
            for new in change.after[1:] if change.before else change.after:
                execute(table.insert().values(version_num=text(new)))

        return Statement(Span(0, 0), self._written(run))

    def _copied(self, call: RecordedCall) -> Any:
        """The table that a batch block copies; None where it is not known to the last column: Alembic then says that it has to be asked."""
        block, schema = call.site.batch, self.options.before(call.site)
        name = block.table if block is not None else None
        if schema is None or not isinstance(name, str) or (block is not None and block.schema):
            return None
        table = schema.table(name)
        if table is None or schema.doubts(table) or any(column.perhaps for column in table.columns.values()):
            return None
        made = sa.Table(name, sa.MetaData(naming_convention=dict(self.options.conventions) or None))
        Answering(schema, "sqlite").inspector.reflect_table(made, None, resolve_fks=False)
        return None if any(is_perhaps(column.type, self.dialect) for column in made.columns) else made

    def _statement(self, call: RecordedCall, sql: str, why: str = "") -> Statement:
        site = call.site
        return Statement(site.call, sql, why[:MAX_REASON], site.conditional, site.autocommit)

    def _text(self, call: RecordedCall) -> Statement:
        text = call.text
        if not isinstance(text, Text):
            return self._statement(call, "", text.why if isinstance(text, Unknown) else "it is no text")
        if text.interpolated or _HOLE in text.value:
            shown = text.value.replace(_HOLE, "…").strip()
            return self._statement(call, _ended(shown), "a part of it is only known when it runs")
        return self._statement(call, self._written(lambda: self.op.execute(text.value)))

    def _written(self, run: Callable[[], object]) -> str:
        """What a run puts out.

        Raises:
            CannotBuild: where Alembic or SQLAlchemy refuse it, as they would when it runs.
        """
        self.buffer.seek(0)
        self.buffer.truncate()
        try:
            run()
        except CannotBuild:
            raise
        except Exception as error:  # whatever Alembic thinks of arguments that a file gives
            raise CannotBuild(f"Alembic refuses it: {error}".partition("\n")[0]) from error
        return self.buffer.getvalue().strip()

    def _run(self, op: Any, recorded: RecordedCall) -> None:
        call = cast("CallValue", recorded.call)
        if call.open_ended:
            raise CannotBuild("some arguments are only known when it runs")
        args = [self._value(item) for item in call.args]
        keywords = {key: self._value(item) for key, item in call.keywords.items()}
        made = getattr(op, recorded.method)(*args, **keywords)
        if recorded.method == "create_table":
            self.tables[call.span] = made

    def _method(self, recorded: RecordedCall) -> None:
        """``enum.create(op.get_bind())`` and its like."""
        call = cast("CallValue", recorded.call)
        receiver = self._value(call.receiver)
        if not isinstance(receiver, sa.Enum) or is_perhaps(receiver, self.dialect):
            raise CannotBuild(f"what `{call.func.written}` makes is not known")
        getattr(receiver, recorded.method)(self.context.bind, checkfirst=False)

    def _value(self, value: Value) -> Any:
        if is_too_large(value, MAX_PARTS):
            raise CannotBuild("it has too many parts")
        made: Any = self.builder.value(self._settled(value))
        if isinstance(made, sa.types.TypeEngine) and is_perhaps(cast("Any", made), self.dialect):
            raise CannotBuild("what a type stands for is not known")
        return cast("Any", made)

    def _settled(self, value: Value) -> Value:
        match value:
            case CallValue(path=path) if path == _MADE and value.span in self.tables:
                return Ref(f"{_MADE}:{value.span.start}", value.func.written, value.span)
            case CallValue(path="alembic.op.f" | "alembic.op.inline_literal") if value.args:
                return self._settled(value.args[0])
            case CallValue(path=path) if path.startswith("sqlalchemy."):
                return replace(
                    value,
                    args=tuple([self._settled(item) for item in value.args]),
                    keywords={key: self._settled(item) for key, item in value.keywords.items()},
                )
            case CallValue() | Ref():
                return self.options.settle(value)
            case list():
                return [self._settled(item) for item in cast("list[Value]", value)]
            case tuple():
                return tuple([self._settled(item) for item in cast("tuple[Value, ...]", value)])
            case _:
                return value

    def _resolve(self, ref: Ref) -> Any:
        at = ref.path.removeprefix(f"{_MADE}:")
        if at == ref.path:
            return None
        return next((table for span, table in self.tables.items() if str(span.start) == at), None)


def _ended(sql: str) -> str:
    return sql if sql.endswith(";") else f"{sql};"
