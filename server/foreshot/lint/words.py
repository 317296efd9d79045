"""Pieces of messages: names out of hostile files made harmless, lists in plain English."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, cast

from foreshot.knowledge.databases import DISPLAY_NAMES, Target
from foreshot.migration.operations import TypeSpec
from foreshot.syntax.values import CallValue, Ref, Unknown, Value

MAX_NAME: Final = 100
MAX_NAMES: Final = 8
_MAX_PARTS: Final = 100


def code(name: object) -> str:
    """A name from a file, in backticks, of bounded length, without control characters or backticks of its own."""
    if isinstance(name, Unknown) or name is None:
        return "a name that is not known"
    return f"`{plain(name)}`"


def plain(name: object) -> str:
    """A text from a file on one line, of bounded length, without control characters or backticks."""
    text = str(name)[: MAX_NAME + 1]
    if "`" in text or not text.isprintable():
        text = "".join(
            character if character.isprintable() and character != "`" else "\N{REPLACEMENT CHARACTER}"
            for character in text
        )
    return text if len(text) <= MAX_NAME else text[:MAX_NAME] + "…"


def type_code(spec: TypeSpec) -> str:
    """A type with its arguments, in backticks: ``sa.Numeric(8, 2)``, as SQL where it was read from SQL."""
    if spec.sql is not None:
        return code(" ".join(spec.sql.split()))
    return code(_expression(spec.call) if spec.call is not None else spec.written)


def _expression(value: Value, left: list[int] | None = None) -> str:
    """A described value as code; what is not known, and what is behind too many others, as an ellipsis."""
    # Values share their parts: written out, sixty lines can be longer than any memory.
    left = left if left is not None else [_MAX_PARTS]
    left[0] -= 1
    if left[0] < 0:
        return "…"
    match value:
        case CallValue():
            parts = [_expression(item, left) for item in value.args[:_MAX_PARTS]]
            parts += [
                f"{name}={_expression(item, left)}"
                for name, item in list(value.keywords.items())[:_MAX_PARTS]
            ]
            parts += ["…"] if value.open_ended else []
            text = f"{value.func.written}({', '.join(parts)})"
            return text if len(text) <= MAX_NAME else f"{value.func.written}(…)"
        case Ref():
            return value.written
        case None | bool() | int() | float():
            return repr(value)
        case str():
            return f'"{value[:MAX_NAME]}"'
        case tuple():
            items = cast("tuple[object, ...]", value)[:_MAX_PARTS]
            return f"[{', '.join(_expression(item, left) for item in items)}]"
        case _:
            return "…"


def listed(items: Sequence[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def codes(names: Iterable[object]) -> str:
    """Names from a file as a list in plain English; of many, the first few and how many more there are."""
    every = list(names)
    if len(every) <= MAX_NAMES:
        return listed([code(name) for name in every])
    shown = [code(name) for name in every[: MAX_NAMES - 1]]
    return listed([*shown, f"{len(every) - len(shown)} more"])


def on(targets: Iterable[Target]) -> str:
    """``PostgreSQL 15 and MySQL``: the databases that a message holds for."""
    return listed(list(dict.fromkeys(target.display for target in targets)))


def on_databases(databases: Iterable[str]) -> str:
    """The display names of databases, listed."""
    return listed([name for database, name in DISPLAY_NAMES.items() if database in set(databases)])
