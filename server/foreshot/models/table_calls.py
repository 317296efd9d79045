"""``Table(...)`` calls, and indexes that stand behind what they are on."""

from __future__ import annotations

import ast
from typing import Final, cast

from foreshot.models.bases import Bases
from foreshot.models.columns import Columns
from foreshot.models.drafts import Draft, last_part, refs_in
from foreshot.models.model import Doubt, ModelItem, ModelTable, Origin
from foreshot.models.scopes import ClassSource, Linker, ModuleScope
from foreshot.models.types import settled
from foreshot.syntax.values import CallValue, Ref, Value

_CONSTRAINTS: Final = (
    "CheckConstraint",
    "ExcludeConstraint",
    "ForeignKeyConstraint",
    "Index",
    "PrimaryKeyConstraint",
    "UniqueConstraint",
)


class TableCalls:
    """Tables that are made by calls; mapped classes come on top of it."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self.bases = Bases(linker)
        self.doubts: list[Doubt] = []
        self.files: set[str] = set()
        self.drafts: dict[tuple[str, str], Draft] = {}
        self.by_class: dict[str, Draft] = {}

    @property
    def tables(self) -> list[ModelTable]:
        """All tables read so far."""
        return [draft.table() for draft in self.drafts.values()]

    def read_class(self, source: ClassSource) -> Draft | None:
        """The table that a class is mapped to."""
        raise NotImplementedError

    def read_calls(self, scope: ModuleScope) -> None:
        for name, node in list(scope.assignments().items()):
            if not isinstance(node, ast.Call):
                continue
            value = scope.lookup(name)
            if isinstance(value, Ref):
                made = self.linker.object_of(value.path)
                if made is not None and made[2] is scope and self._is_table(made[0]):
                    self.table_call(made[0], scope, value.path)
        for statement in scope.module.tree.body:
            match statement:
                case ast.Expr(value=ast.Call() as call):
                    value = scope.evaluate(call)
                    if isinstance(value, CallValue) and self._is_table(value):
                        self.table_call(value, scope, "")
                    elif isinstance(value, CallValue) and value.path.endswith("Index") and value.args:
                        self._late_index(value, scope)
                case ast.Assign(value=ast.Call(func=func) as call) if last_part(func) == "Index":
                    value = scope.evaluate(call)
                    if isinstance(value, CallValue):
                        self._late_index(value, scope)
                case _:
                    pass

    def _is_table(self, call: CallValue) -> bool:
        if call.path == "sqlalchemy.Table" or (
            call.path.startswith("sqlalchemy.") and call.path.endswith(".Table")
        ):
            return True
        owner, _, name = call.path.rpartition(".")
        made = self.linker.object_of(owner) if name == "Table" and "(" not in owner else None
        return made is not None and made[0].path.endswith("SQLAlchemy")

    def table_call(self, call: CallValue, scope: ModuleScope, dotted: str) -> Draft | None:
        if dotted and dotted in self.by_class:
            return self.by_class[dotted]
        args = list(call.args)
        flask = not call.path.startswith("sqlalchemy.")
        name = args.pop(0) if args else call.keywords.get("name")
        first = args[0] if args else call.keywords.get("metadata")
        metadata = self.bases.identity(first) if isinstance(first, Ref) else ""
        if flask and not (isinstance(first, Ref) and self.bases.is_metadata(metadata)):
            metadata = f"{call.path.rpartition('.')[0]}.metadata"
        elif args:
            args.pop(0)
        origin = Origin(scope.path, call.span)
        if not isinstance(name, str) or not metadata:
            self.doubts.append(Doubt("a table's name or metadata is only known when it runs", origin))
            return None
        schema = call.keywords.get("schema", self.bases.metadata(metadata).schema)
        draft = Draft(name, schema if isinstance(schema, str) else None, metadata, scope.dotted, origin)
        full = draft.table().full_name
        if schema is not None and not isinstance(schema, str):
            self.doubts.append(Doubt("the table's schema is only known when it runs", origin, full))
        known = self.drafts.setdefault((metadata, full), draft)
        if known is not draft:
            return known
        if dotted:
            self.by_class[dotted] = draft
        reader = Columns(self.linker, {})
        rest: list[Value] = []
        for value in args:
            inner = reader.unwrapped(value)
            if isinstance(inner, CallValue) and inner.path.rpartition(".")[2] == "Column":
                column = reader.table_column(inner, scope)
                if column is not None:
                    draft.columns.setdefault(column.name, column)
                    continue
            rest.append(value)
        self.add_items(draft, rest, origin)
        if call.open_ended:
            self.doubts.append(Doubt("some columns of the table are only known when it runs", origin, full))
        ignored = (
            "schema",
            "metadata",
            "name",
            "extend_existing",
            "keep_existing",
            "autoload",
            "quote",
            "info",
        )
        draft.keywords.update(
            {key: settled(self.linker, value) for key, value in call.keywords.items() if key not in ignored}
        )
        return draft

    def _late_index(self, call: CallValue, scope: ModuleScope) -> None:
        """``Index("ix", User.email)`` behind the class, or ``users.c.email``."""
        for argument in call.args[1:]:
            for ref in refs_in(argument):
                owner = ref.path.rpartition(".")[0]
                if owner.endswith((".c", ".columns")):
                    owner = owner.rpartition(".")[0]
                draft = self.by_class.get(owner)
                if draft is None and (source := self.linker.class_source(owner)) is not None:
                    draft = self.read_class(source)
                if draft is not None:
                    made = cast("CallValue", settled(self.linker, call))
                    item = ModelItem(made, Origin(scope.path, call.span))
                    if item.origin not in [known.origin for known in draft.items]:
                        draft.items.append(item)
                    return

    def add_items(self, draft: Draft, values: list[Value], at: Origin) -> None:
        for value in values:
            if isinstance(value, CallValue) and value.path.rpartition(".")[2] in _CONSTRAINTS:
                made = settled(self.linker, value)
                draft.items.append(ModelItem(cast("CallValue", made), Origin(at.path, value.span)))
            elif isinstance(value, CallValue) and value.path.startswith("sqlalchemy."):
                # Partitions, DDL listeners and the like say nothing that is compared.
                continue
            elif value is not None:
                why = "an argument of the table is only known when it runs"
                self.doubts.append(Doubt(why, at, draft.table().full_name))
