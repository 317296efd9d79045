"""Values of a replayed schema as the code that makes them again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from foreshot.lint.writing import call, literal
from foreshot.schema.plain import Called, Listed, Named, Plain
from foreshot.schema.state import Column, ColumnType
from foreshot.syntax.changes import AddImport, Change

_DIALECTS = "sqlalchemy.dialects."


class CannotSpell(Exception):
    """What the value was made of cannot be told, or needs names that a revision should not import."""


class Names(Protocol):
    """How one file spells SQLAlchemy's modules."""

    def sa(self) -> tuple[str, Iterable[Change]]:
        """SQLAlchemy itself, and what imports it where the file does not."""
        ...

    def alias(self, path: str) -> str | None:
        """A module's name; None where the file does not import it."""
        ...


class Speller:
    """Writes values with the names of one file; ``imports`` collects those that it still needs."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.imports: dict[Change, None] = {}

    @property
    def sa(self) -> str:
        """How the file spells SQLAlchemy; it is imported."""
        name, imports = self._names.sa()
        self.imports.update(dict.fromkeys(imports))
        return name

    def value(self, value: Plain) -> str:
        """A value, described or plain.

        Raises:
            CannotSpell: when a part of it is not known.
        """
        match value:
            case str():
                return literal(value)
            case None | bool() | int() | float():
                return repr(value)
            case Named(path=path):
                return self._name(path)
            case Called(receiver=Called() as made, path=path):
                return self._called(f"{self.value(made)}.{path.rpartition('.')[2]}", value)
            case Called(path=path):
                return self._called(self._name(path), value)
            case Listed(items=items):
                return f"[{', '.join(self.value(item) for item in items)}]"
            case _:
                raise CannotSpell

    def type(self, type_: ColumnType) -> str:
        """A column's type, as it was written.

        Raises:
            CannotSpell: when it came from SQL alone, or is the project's own.
        """
        if type_.written is None:
            raise CannotSpell
        written = self.value(type_.written)
        return f"{written}()" if isinstance(type_.written, Named) else written

    def column(self, column: Column) -> str:
        """``sa.Column(…)``.

        Raises:
            CannotSpell: when a part of it is not known.
        """
        if column.nullable is None or column.perhaps:
            raise CannotSpell
        parts = [literal(column.name), self.type(column.type)]
        parts += [self.value(part) for part in (column.identity, column.computed) if part is not None]
        if column.default is not None and column.sequence is None:
            parts.append(f"server_default={self.value(column.default)}")
        if column.comment is not None:
            parts.append(f"comment={literal(column.comment)}")
        parts.append(f"nullable={column.nullable}")
        return f"{self.sa}.Column({', '.join(parts)})"

    def _called(self, callee: str, value: Called) -> str:
        arguments = [self.value(item) for item in value.args]
        arguments += [f"{name}={self.value(item)}" for name, item in value.keywords]
        return call(callee, arguments) if len(arguments) > 1 else f"{callee}({''.join(arguments)})"

    def _name(self, path: str) -> str:
        module, _, name = path.rpartition(".")
        if module == "sqlalchemy" and name.isidentifier():
            return f"{self.sa}.{name}"
        dialect = module.removeprefix(_DIALECTS)
        if module.startswith(_DIALECTS) and dialect.isidentifier() and name.isidentifier():
            known = self._names.alias(module)
            if known is None:
                self.imports[AddImport(f"from sqlalchemy.dialects import {dialect}")] = None
            return f"{known or dialect}.{name}"
        return self.own(path)

    def own(self, path: str) -> str:
        """A name that is not SQLAlchemy's; no revision imports these unasked.

        Raises:
            CannotSpell: always, unless a subclass knows better.
        """
        raise CannotSpell(path)
