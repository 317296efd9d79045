"""Tables as they are put together."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import cast

from foreshot.models.model import ModelColumn, ModelItem, ModelTable, Origin
from foreshot.syntax.values import CallValue, Ref, Value


class Draft:
    """A table as it is put together; single-table inheritance adds to it."""

    def __init__(self, name: str, schema: str | None, metadata: str, module: str, origin: Origin) -> None:
        self.name, self.schema, self.metadata, self.module, self.origin = (
            name,
            schema,
            metadata,
            module,
            origin,
        )
        self.columns: dict[str, ModelColumn] = {}
        self.items: list[ModelItem] = []
        self.keywords: dict[str, Value] = {}
        self.classes: list[str] = []

    def table(self) -> ModelTable:
        return ModelTable(
            self.name,
            self.schema,
            self.metadata,
            self.module,
            tuple(self.columns.values()),
            tuple(self.items),
            self.keywords,
            self.origin,
            tuple(self.classes),
        )


def by_name(value: object) -> dict[str, Value]:
    return {str(key): item for key, item in cast("Mapping[Value, Value]", value).items()}


def refs_in(value: Value) -> Iterator[Ref]:
    pending: list[Value] = [value]
    for _ in range(100):
        if not pending:
            return
        item = pending.pop()
        if isinstance(item, Ref):
            yield item
        elif isinstance(item, CallValue):
            pending += [*item.args, item.receiver]
            if (
                item.receiver is None
                and "(" not in item.path
                and item.path.rpartition(".")[2] in ("desc", "asc")
            ):
                yield Ref(item.path.rpartition(".")[0], "", item.span)


def last_part(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def flask_table_name(name: str) -> str:
    """Flask-SQLAlchemy's rule for a table's name: ``camel_to_snake_case`` of its ``model`` module."""
    found: list[str] = []
    for at, letter in enumerate(name):
        if letter.isupper() and at:
            before, after = name[at - 1], name[at + 1 : at + 2]
            if (before.islower() or before.isdigit()) or after.islower():
                found.append("_")
        found.append(letter)
    return "".join(found).lower().lstrip("_")
