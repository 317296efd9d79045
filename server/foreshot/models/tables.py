"""Mapped classes and ``Table(...)`` calls to tables."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final, cast

from msgspec.structs import replace

from foreshot.models import elsewhere
from foreshot.models.bases import Root
from foreshot.models.columns import Columns, is_column_call
from foreshot.models.drafts import Draft, by_name, flask_table_name
from foreshot.models.members import Body, Member, is_declared
from foreshot.models.model import Doubt, ModelColumn, Origin
from foreshot.models.scopes import ClassSource, Linker, ModuleScope, name_span
from foreshot.models.table_calls import TableCalls
from foreshot.syntax.values import CallValue, Ref, Unknown, Value
from foreshot.text import Span

MAX_CLASSES: Final = 200
"""Classes that one class is read with."""


class TableReader(TableCalls):
    """Reads the tables of all modules that it is given."""

    def __init__(self, linker: Linker, pydantic: int | None = None) -> None:
        super().__init__(linker)
        self._pydantic = pydantic
        self._bodies: dict[str, Body] = {}
        self._reading: set[str] = set()
        self.reached: frozenset[str] | None = None

    def is_reached(self, module: str) -> bool:
        """Whether env.py's imports lead to a module, which are read first."""
        return self.reached is None or module in self.reached

    def read(self, scope: ModuleScope) -> None:
        """Read the classes and the tables of one module."""
        self.files.add(scope.path)
        for name in list(scope.classes):
            source = self.linker.class_source(f"{scope.dotted}.{name}")
            if source is not None:
                self.read_class(source)
        self.read_calls(scope)

    # Classes

    def body(self, source: ClassSource) -> Body:
        """The body of a class, read once."""
        known = self._bodies.get(source.dotted)
        if known is None:
            known = self._bodies[source.dotted] = Body(source)
        return known

    def read_class(self, source: ClassSource) -> Draft | None:
        """The table that a class is mapped to; None when it is mapped to none."""
        if source.dotted in self.by_class:
            return self.by_class[source.dotted]
        if source.dotted in self._reading or len(self._reading) > MAX_CLASSES:
            return None
        self._reading.add(source.dotted)
        try:
            draft = self._read_class(source)
        finally:
            self._reading.discard(source.dotted)
        if draft is not None:
            self.by_class[source.dotted] = draft
            draft.classes.append(source.dotted)
        return draft

    def _read_class(self, source: ClassSource) -> Draft | None:
        root = self.bases.root_of(source)
        if root is None:
            self._doubt_base(source)
        if root is None or not self._is_mapped(source, root):
            return None
        line, foreign = self.bases.linearised(source)
        parents = [item for item in line[1:] if self.read_class(item) is not None]
        inherited = {inner.dotted for parent in parents for inner in self.bases.linearised(parent)[0]}
        own = [item for item in line if item.dotted not in inherited]
        self._doubt_foreign(source, foreign, root)
        given = self._attribute(own, source, "__table__")
        if given is not None:
            return self._given(given, source)
        name = self._name(own, source, root, inherits=bool(parents))
        if isinstance(name, Unknown):
            self._doubt(f"the name of the table of `{source.node.name}` is only known when it runs", source)
            return None
        if name is None:
            if not parents:
                return None
            draft = self.by_class[parents[0].dotted]
        else:
            draft = self._draft(str(name), own, source, root)
        self._add_columns(draft, own, source, root)
        self._add_args(draft, own, source)
        return draft

    def _is_mapped(self, source: ClassSource, root: Root) -> bool:
        if root.dotted == source.dotted:
            return False
        members = self.body(source).members
        abstract = members.get("__abstract__")
        if abstract is not None and self.body(source).values.get("__abstract__") is True:
            return False
        if root.kind == "sqlmodel":
            return any(
                keyword.arg == "table"
                and isinstance(keyword.value, ast.Constant)
                and keyword.value.value is True
                for keyword in source.node.keywords
            )
        return True

    def _attribute(self, own: list[ClassSource], cls: ClassSource, name: str) -> Value:
        """The first of the classes' values of a name."""
        for item in own:
            body = self.body(item)
            member = body.members.get(name)
            if member is not None:
                return body.value(member, cls)
        return None

    def _name(self, own: list[ClassSource], source: ClassSource, root: Root, *, inherits: bool) -> Value:
        found = self._attribute(own, source, "__tablename__")
        if root.kind == "flask" and inherits and not self._has_key(own, source, root):
            # Flask-SQLAlchemy takes the name back, and the class shares its parent's table.
            return None
        if found is not None:
            if isinstance(found, str):
                return found
            return Unknown("the name is only known when it runs", Span(0, 0))
        if any("__tablename__" in self.body(item).members for item in own):
            return None
        if root.kind == "sqlmodel":
            return source.node.name.lower()
        if root.kind == "flask":
            has_key = any(
                column.keywords.get("primary_key") is True for column in self._columns(own, source, root)
            )
            return flask_table_name(source.node.name) if has_key else None
        return None

    def _has_key(self, own: list[ClassSource], source: ClassSource, root: Root) -> bool:
        """Whether it has a key of its own; one among ``__table_args__`` is taken to be one."""
        return any("__table_args__" in self.body(item).members for item in own) or any(
            column.keywords.get("primary_key") is True for column in self._columns(own, source, root)
        )

    def _draft(self, name: str, own: list[ClassSource], source: ClassSource, root: Root) -> Draft:
        options = self._table_args(own, source)[1]
        metadata = self._metadata_of(own, source, root)
        schema = options.get("schema", self.bases.metadata(metadata).schema)
        if isinstance(schema, Unknown | Ref | CallValue):
            self._doubt("the table's schema is only known when it runs", source, name)
            schema = None
        origin = Origin(source.scope.path, name_span(source))
        made = Draft(name, schema if isinstance(schema, str) else None, metadata, source.scope.dotted, origin)
        key = (metadata, made.table().full_name)
        if key in self.drafts:
            known = self.drafts[key]
            if self.is_reached(source.scope.dotted) or not self.is_reached(known.module):
                self._doubt(f"two classes make the table `{name}`", source, known.table().full_name)
                return known
            # SQLAlchemy refuses two in one program: this one belongs to another, which env.py does not load.
            return made
        self.drafts[key] = made
        return made

    def _metadata_of(self, own: list[ClassSource], source: ClassSource, root: Root) -> str:
        bind = self._attribute(own, source, "__bind_key__") if root.kind == "flask" else None
        if isinstance(bind, str):
            return f"{root.metadata}[{bind}]"
        for item in self.bases.linearised(source)[0]:
            if "metadata" in self.body(item).members:
                value = self.body(item).values.get("metadata")
                if isinstance(value, Ref):
                    return self.bases.identity(value)
                if isinstance(value, CallValue):
                    return f"{item.dotted}.metadata"
        return root.metadata

    def _given(self, value: Value, source: ClassSource) -> Draft | None:
        if isinstance(value, Ref):
            made = self.linker.object_of(value.path)
            if made is not None:
                return self.table_call(made[0], made[2], value.path)
        if isinstance(value, CallValue):
            return self.table_call(value, source.scope, f"{source.dotted}.__table__")
        self._doubt(f"the table of `{source.node.name}` is only known when it runs", source)
        return None

    # What a class gives its table

    def _reader(self, root: Root) -> Columns:
        sqlmodel = root.kind == "sqlmodel"
        return Columns(self.linker, root.annotation_map, sqlmodel=sqlmodel, pydantic=self._pydantic)

    def _columns(self, own: list[ClassSource], source: ClassSource, root: Root) -> Iterator[ModelColumn]:
        reader = self._reader(root)
        for item in own:
            body = self.body(item)
            library = elsewhere.is_elsewhere(item.scope.path)
            if not library:
                self.files.add(item.scope.path)
            for member in body.members.values():
                if self._is_hidden(member, own, item):
                    continue
                column = reader.column(body, member, source)
                if column is not None and library:
                    at = Origin(source.scope.path, name_span(source))
                    column = replace(column, origin=at, type_origin=None)
                if column is not None:
                    yield column

    def _is_hidden(self, member: Member, own: list[ClassSource], owner: ClassSource) -> bool:
        """Whether a class nearer by gives the name another meaning, or the name is none of a column."""
        if member.name.startswith("__"):
            return True
        for item in own:
            if item.dotted == owner.dotted:
                return False
            other = self.body(item).members.get(member.name)
            if other is not None and (
                other.value is not None or other.annotation is not None or other.function
            ):
                return True
        return False

    def _add_columns(self, draft: Draft, own: list[ClassSource], source: ClassSource, root: Root) -> None:
        for column in self._columns(own, source, root):
            draft.columns.setdefault(column.name, column)
        table = draft.table().full_name
        reader = self._reader(root)
        for item in own:
            for statement in self.body(item).unclear:
                self.doubts.append(
                    Doubt(
                        "columns may be made on the way",
                        Origin(item.scope.path, item.scope.module.span(statement)),
                        table,
                    )
                )
            for member in self.body(item).members.values():
                if member.function is not None and not is_declared(member.function):
                    continue
                if member.name in ("__mapper_args__", "__table_args__"):
                    continue
                value = self.body(item).value(member, source)
                if self._may_be_column(value, member) or reader.is_unread(self.body(item), member):
                    self.doubts.append(
                        Doubt(
                            f"`{member.name}` is only known when it runs",
                            Origin(item.scope.path, item.scope.module.span(member.function or member.node)),
                            table,
                            None if member.name.startswith("__") else member.name,
                        )
                    )

    def _may_be_column(self, value: Value, member: Member) -> bool:
        """Whether what the project's own code makes of an attribute may be a column that was not read."""
        if isinstance(value, CallValue):
            ours = self.linker.could_hold(value.path.partition(".")[0])
            return ours and self.linker.class_source(value.path) is None and not is_column_call(value)
        made = isinstance(member.value, ast.Call | ast.IfExp) or member.function is not None
        return isinstance(value, Unknown) and made

    def _add_args(self, draft: Draft, own: list[ClassSource], source: ClassSource) -> None:
        positional, options = self._table_args(own, source)
        at = Origin(source.scope.path, name_span(source))
        self.add_items(draft, positional, at)
        draft.keywords.update({key: value for key, value in options.items() if key != "schema"})

    def _table_args(
        self, own: list[ClassSource], source: ClassSource
    ) -> tuple[list[Value], dict[str, Value]]:
        value = self._attribute(own, source, "__table_args__")
        if isinstance(value, Ref):
            value = self._through_class(value, source)
        positional: list[Value] = []
        options: dict[str, Value] = {}
        if isinstance(value, dict):
            options = by_name(cast("object", value))
        elif isinstance(value, tuple | list):
            items = list(cast("list[Value]", value))
            if items and isinstance(items[-1], dict):
                options = by_name(items.pop())
            positional = items
        elif value is not None:
            self._doubt("the table's arguments are only known when it runs", source)
        return positional, options

    def _through_class(self, ref: Ref, source: ClassSource) -> Value:
        """``Base.__table_args__``."""
        owner, _, name = ref.path.rpartition(".")
        inner = self.linker.class_source(owner)
        return (
            self._attribute(self.bases.linearised(inner)[0], source, name)
            if inner is not None
            else Unknown("", ref.span)
        )

    def _doubt_foreign(self, source: ClassSource, foreign: list[str], root: Root) -> None:
        """A base or a mixin that is not in the workspace, or cannot be read, may bring columns."""
        for path in foreign:
            if path in root.known or path.startswith(_HARMLESS) or "." not in path:
                continue
            where = Origin(source.scope.path, name_span(source))
            ours = self.linker.could_hold(path.partition(".")[0])
            reason = "cannot be read" if ours else "is not in the workspace"
            why = f"what `{path.rpartition('.')[2]}` brings is not known: it {reason}"
            self.doubts.append(Doubt(why, where, self._guess(source, root), beyond=True))

    def _doubt_base(self, source: ClassSource) -> None:
        """A class with the name of a table, on a base that was not read, may be what maps the table."""
        name = self.body(source).values.get("__tablename__") if source.node.bases else None
        foreign = self.bases.linearised(source)[1] if isinstance(name, str) else ()
        base = next((path for path in foreign if not path.startswith(_HARMLESS) and "." in path), None)
        if base is not None and isinstance(name, str):
            self._doubt(f"whether `{base.rpartition('.')[2]}` makes a table of it is not known", source, name)

    def _guess(self, source: ClassSource, root: Root) -> str | None:
        line = self.bases.linearised(source)[0]
        name = self._name(line, source, root, inherits=False)
        if not isinstance(name, str):
            return None
        schema = self._table_args(line, source)[1].get("schema")
        return f"{schema}.{name}" if isinstance(schema, str) else name

    def _doubt(self, why: str, source: ClassSource, table: str | None = None) -> None:
        self.doubts.append(Doubt(why, Origin(source.scope.path, name_span(source)), table))


_HARMLESS: Final = (
    "abc.",
    "collections.",
    "dataclasses.",
    "enum.",
    "flask_login.",
    "sqlalchemy.ext.asyncio.",
    "sqlalchemy.orm.",
    "sqlmodel.",
    "typing.",
    "typing_extensions.",
)
"""Where base classes come from that bring no columns."""
