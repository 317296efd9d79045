"""Which of Alembic's calls a cursor is in: of ``op``, of a batch block, or ``context.configure``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from foreshot.migration.alembic_api import Method, Parameter, batch_operations, configure, operations
from foreshot.syntax.cursor import MAX_LENGTH, Cursor, OpenBracket

_IMPORT = re.compile(r"^[ \t]*from[ \t]+alembic[ \t]+import[ \t]+\(?(?P<names>[^\r\n)]*)", re.MULTILINE)
_BATCH = re.compile(
    r"""batch_alter_table\(\s*(?:(?:table_name\s*=\s*)?(?P<quote>["'])(?P<table>[^"'\r\n]*)(?P=quote))?(?P<rest>[^)]*)\)\s*as\s+(?P<name>\w+)"""
)
_LIBRARY = re.compile(
    r"^[ \t]*(?:import[ \t]+(?P<module>sqlalchemy(?:\.dialects\.\w+)?)(?:[ \t]+as[ \t]+(?P<alias>\w+))?"
    r"|from[ \t]+sqlalchemy\.dialects[ \t]+import[ \t]+\(?(?P<dialects>[^\r\n)]*))",
    re.MULTILINE,
)
_SCHEMA = re.compile(r"""schema\s*=\s*["']([^"'\r\n]*)["']""")
_MAX: Final = 400


class Batch(Struct, frozen=True):
    """A ``batch_alter_table`` block before the cursor: its table, None where no plain string says it, and its schema where one is written."""

    table: str | None
    schema: str | None = None


class Spellings(Struct, frozen=True):
    """How a file spells Alembic's objects."""

    op: str
    context: str
    batches: Mapping[str, Batch]
    """Batch blocks by the names of their objects, the last one of a name."""
    modules: Mapping[str, str]
    """SQLAlchemy and its dialects, by the names that the file gives them."""

    def spelled(self, module: str) -> str | None:
        """The file's name for SQLAlchemy or one of its dialects; None where it does not import it."""
        return next((name for name, known in self.modules.items() if known == module), None)


def spellings(text: str, offset: int) -> Spellings:
    """How the text before a cursor spells them."""
    names = {"op": "op", "context": "context"}
    for match in _IMPORT.finditer(text, 0, offset):
        for part in match["names"].split(","):
            name, _, alias = part.strip().partition(" as ")
            if name.strip() in names:
                names[name.strip()] = alias.strip() or name.strip()
    batches: dict[str, Batch] = {}
    for match in _BATCH.finditer(text, 0, offset):
        schema = _SCHEMA.search(match["rest"][:_MAX])
        batches[match["name"]] = Batch(match["table"], schema.group(1) if schema is not None else None)
    return Spellings(names["op"], names["context"], batches, dict(_libraries(text)))


def _libraries(text: str) -> Iterator[tuple[str, str]]:
    for match in _LIBRARY.finditer(text, 0, MAX_LENGTH):
        if match["module"]:
            yield match["alias"] or match["module"], match["module"]
            continue
        for part in match["dialects"].split(","):
            name, _, alias = part.partition("#")[0].strip().partition(" as ")
            if name.strip():
                yield alias.strip() or name.strip(), f"sqlalchemy.dialects.{name.strip()}"


def methods_of(owner: str, spelled: Spellings) -> Mapping[str, Method]:
    """What the object before a dot has; empty for one that is none of Alembic's."""
    if owner in (spelled.op, "alembic.op"):
        return operations()
    return batch_operations() if owner in spelled.batches else {}


class AlembicCall(Struct, frozen=True):
    """One of Alembic's calls around a cursor."""

    method: Method
    bracket: OpenBracket
    batch: Batch | None = None

    @property
    def parameter(self) -> Parameter | None:
        """The parameter that the cursor writes; None where no parameter has that place or name."""
        if self.bracket.keyword is not None:
            return self.parameter_named(self.bracket.keyword)
        position = self.bracket.position
        names = [item for item in self.method.parameters if item.kind == "positional"]
        if position < len(names):
            return names[position]
        return next((item for item in self.method.parameters if item.kind == "rest"), None)

    def parameter_named(self, name: str) -> Parameter | None:
        """A parameter by its name."""
        return next((item for item in self.method.parameters if item.name == name), None)

    def literal(self, name: str) -> str | None:
        """What a plain string says that was passed before the cursor."""
        positional = self.method.positional
        argument = self.bracket.named(name, positional.index(name) if name in positional else None)
        return argument.literal if argument is not None else None

    @property
    def table(self) -> str | None:
        """The table that the call is about, with its schema where it names one; None where that is not known yet."""
        if self.batch is not None:
            name, schema = self.batch.table, self.batch.schema
        else:
            name = (
                self.literal("table_name") or self.literal("source_table") or self.literal("old_table_name")
            )
            schema = self.literal("schema") or self.literal("source_schema")
        return f"{schema}.{name}" if name and schema else name


def alembic_calls(cursor: Cursor, spelled: Spellings) -> list[AlembicCall]:
    """Alembic's calls around a cursor, the innermost first; ``op.f`` is no more than a spelling of the name in it."""
    found: list[AlembicCall] = []
    for bracket in reversed(cursor.brackets):
        owner, _, name = bracket.callee.rpartition(".")
        if name == "configure" and owner in (spelled.context, "alembic.context"):
            found.append(AlembicCall(configure(), bracket))
            continue
        method = methods_of(owner, spelled).get(name)
        if method is not None:
            found.append(AlembicCall(method, bracket, spelled.batches.get(owner)))
    return found[1:] if len(found) > 1 and found[0].method.name == "f" else found
