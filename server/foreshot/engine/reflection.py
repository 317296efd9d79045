"""A dialect whose reflection answers from a replayed schema, and a connection that knows no other question."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, cast

from msgspec import Struct
from sqlalchemy import inspection
from sqlalchemy.engine import default
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.sql import elements

from foreshot.engine.answers import Answers
from foreshot.engine.build import Builder
from foreshot.engine.equality import same_default
from foreshot.schema.state import Schema

_MULTI: Final = (
    "get_multi_columns",
    "get_multi_pk_constraint",
    "get_multi_foreign_keys",
    "get_multi_indexes",
    "get_multi_unique_constraints",
    "get_multi_check_constraints",
    "get_multi_table_comment",
    "get_multi_table_options",
)
_DEFAULT_SCHEMAS: Final = {"postgresql": "public", "mssql": "dbo", "sqlite": "main"}


def compiling_dialect(name: str) -> Any:
    """A dialect of SQLAlchemy's by our name for it; no registry is asked."""
    import importlib

    module = importlib.import_module(f"sqlalchemy.dialects.{'mysql' if name == 'mariadb' else name}")
    made = module.dialect()
    if name == "mariadb":
        made.is_mariadb = True
    made.default_schema_name = _DEFAULT_SCHEMAS.get(name)
    return made


class _Owner(Struct, frozen=True):
    """The rows that name a sequence's owner."""

    row: tuple[str, str] | None

    def first(self) -> tuple[str, str] | None:
        """The sequence and its column; None where no column owns it."""
        return self.row


class Answering:
    """In the place of a connection: it answers what Alembic asks while it compares, and refuses everything else.

    ``only`` are the tables that are listed when Alembic asks which ones there are; None: all.
    """

    def __init__(
        self,
        schema: Schema,
        dialect: str,
        version: tuple[int, ...] = (),
        only: Collection[str] | None = None,
    ) -> None:
        self.schema = schema
        self.listed = schema.tables if only is None else [name for name in schema.tables if name in only]
        self.undecided: list[str] = []
        """Pairs of defaults that could not be told apart or together."""
        self.undecided_tables: set[str] = set()
        """The tables that these are of, by full name."""
        self.dialect = _reflecting(dialect, self, version)
        self.inspector = _inspector(self)

    def scalar(self, statement: Any) -> bool:
        """Whether two defaults are the same: the only statement that PostgreSQL's comparison sends."""
        (expression,) = statement.selected_columns
        if not isinstance(expression, elements.BinaryExpression):
            raise TypeError("no such question is answered")
        left, right = (
            str(side.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True}))
            for side in (expression.left, expression.right)
        )
        same = same_default(left, right)
        if same is None:
            self.undecided.append(f"{left} = {right}")
        return same is not False

    def execute(self, _statement: Any, params: Mapping[str, Any]) -> _Owner:
        """Which column owns a sequence: asked of PostgreSQL for a default that is the next value of one."""
        name = str(params["seqname"]).replace('"', "")
        sequence = self.schema.sequences.get(name.removeprefix("public."))
        if sequence is None or sequence.owner is None:
            return _Owner(None)
        return _Owner((name, sequence.owner.rpartition(".")[2]))

    def schema_for_object(self, thing: Any) -> str | None:
        """The schema of a table."""
        return thing.schema

    def get_execution_options(self) -> Mapping[str, Any]:
        """There are none."""
        return {}

    def close(self) -> None:
        """There is nothing to close."""


@inspection._inspects(Answering)  # pyright: ignore[reportPrivateUsage]  how SQLAlchemy's own modules register
def _inspect(connection: Answering) -> Inspector:
    return connection.inspector


def _inspector(connection: Answering) -> Inspector:
    inspector = cast("Any", Inspector.__new__(Inspector))
    inspector.bind = inspector.engine = connection
    inspector.dialect = connection.dialect
    inspector.info_cache = {}
    inspector._op_context_requires_connect = False
    return inspector


def _reflecting(name: str, connection: Answering, version: tuple[int, ...]) -> Any:
    base = cast("type[Any]", type(compiling_dialect(name)))
    answers = Answers(connection, name)
    namespace: dict[str, Any] = {method: getattr(default.DefaultDialect, method) for method in _MULTI}
    namespace["supports_statement_cache"] = False
    for method in Answers.METHODS:
        namespace[method] = _asking(getattr(answers, method))
    made = type("Reflecting", (base,), namespace)()
    made.default_schema_name = _DEFAULT_SCHEMAS.get(name)
    made.server_version_info = version or {
        "postgresql": (15, 0),
        "mysql": (8, 0, 30),
        "mariadb": (10, 11),
    }.get(name, (3, 40))
    made.is_mariadb = name == "mariadb"
    # What is written into a revision goes through a driver that doubles them once more.
    cast("Any", made).identifier_preparer._double_percents = False
    answers.dialect = made
    answers.builder = Builder(made)
    return made


def _asking(answer: Callable[..., Any]) -> Callable[..., Any]:
    def method(_dialect: Any, _connection: Any, *args: Any, **keywords: Any) -> Any:
        keywords.pop("info_cache", None)
        return answer(*args, **keywords)

    return method
