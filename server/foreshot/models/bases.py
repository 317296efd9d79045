"""Declarative bases, what classes inherit, and the metadata that all of it belongs to."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Final, Literal, cast

from msgspec import Struct

from foreshot.models.annotations import spelled
from foreshot.models.model import MetadataInfo, Origin
from foreshot.models.scopes import ClassSource, Linker, ModuleScope, name_span
from foreshot.syntax.values import CallValue, Ref, Unknown, Value

RootKind = Literal["declarative", "flask", "sqlmodel"]
_MAKERS: Final = (
    "declarative_base",
    "generate_base",
    "automap_base",
    "as_declarative_base",
    "as_declarative",
)
_BASES: Final = ("DeclarativeBase", "DeclarativeBaseNoMeta")
_MAX: Final = 200


class Root(Struct, frozen=True):
    """A declarative base."""

    dotted: str
    kind: RootKind
    metadata: str
    """The identity of the metadata of its classes."""
    annotation_map: Mapping[str, Value] = {}
    known: frozenset[str] = frozenset()
    """Bases outside of the workspace that are understood."""


class Bases:
    """Answers which base a class stands on. Everything is asked once."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self.handed_over: frozenset[str] = frozenset()
        """Classes of installed packages whose metadata env.py hands over: bases, whatever they are called."""
        self._roots: dict[str, Root | None] = {}
        self._lines: dict[str, tuple[list[ClassSource], list[str]]] = {}
        self._metadata: dict[str, MetadataInfo] = {}

    def linearised(self, source: ClassSource) -> tuple[list[ClassSource], list[str]]:
        """A class and its bases of the workspace, nearest first, and those from elsewhere by their paths."""
        known = self._lines.get(source.dotted)
        if known is not None:
            return known
        self._lines[source.dotted] = ([source], [])
        line: list[ClassSource] = [source]
        foreign: list[str] = []
        for parent in source.node.bases:
            value = self._base(source, parent)
            path = value.path if isinstance(value, Ref) else ""
            if isinstance(value, Unknown):
                foreign.append(_unread(source, parent))
            inner = self.linker.class_source(path) if path else None
            if inner is None:
                if path:
                    foreign.append(path)
                made = self.linker.object_of(path) if path else None
                below = made[0].keywords.get("cls") if made is not None else None
                if isinstance(below, Ref):
                    inner = self.linker.class_source(below.path)
            if inner is not None and len(line) < _MAX:
                above, more = self.linearised(inner)
                names = {item.dotted for item in above}
                # A base that is inherited twice stands behind all that stand on it.
                line = [item for item in line if item.dotted not in names] + above
                foreign += [item for item in more if item not in foreign]
        self._lines[source.dotted] = line, foreign
        return line, foreign

    def _base(self, source: ClassSource, parent: ast.expr) -> Value:
        node = parent.value if isinstance(parent, ast.Subscript) else parent
        return source.scope.evaluate(node)

    def root_of(self, source: ClassSource) -> Root | None:
        """The declarative base of a class; None when it stands on none."""
        if source.dotted in self._roots:
            return self._roots[source.dotted]
        self._roots[source.dotted] = None
        found = self._roots[source.dotted] = self._root_of(source)
        return found

    def _root_of(self, source: ClassSource) -> Root | None:
        line, foreign = self.linearised(source)
        marked = self._marked(source)
        if marked is not None:
            return marked
        for item in line:
            made = self._declares(item)
            if made is not None:
                return made
        for path in foreign:
            if path.startswith("sqlmodel.") and path.rpartition(".")[2] == "SQLModel":
                return Root(path, "sqlmodel", "sqlmodel.SQLModel.metadata", {}, frozenset(foreign))
            made = self.linker.object_of(path)
            if made is not None and made[0].path.rpartition(".")[2] in _MAKERS:
                return self._made_base(path, made[0], made[2], foreign)
            owner, _, name = path.rpartition(".")
            flask = self.linker.object_of(owner) if name == "Model" else None
            if flask is not None and flask[0].path.endswith("SQLAlchemy"):
                known = frozenset({path})
                model_class = flask[0].keywords.get("model_class")
                mapped: Mapping[str, Value] = {}
                if isinstance(model_class, Ref) and (inner := self.linker.class_source(model_class.path)):
                    mapped = self._annotation_map(inner)
                return Root(
                    path,
                    "flask",
                    self.identity(Ref(f"{owner}.metadata", "", name_span(source))),
                    mapped,
                    known,
                )
        for path in foreign:
            # A base of an installed package: what its metadata is called is all that is known.
            usual = path.rpartition(".")[2] in ("Base", "BASE", "BASEV2", "ModelBase", "DeclarativeBase")
            if usual or path in self.handed_over:
                return Root(path, "declarative", f"{path}.metadata", {}, frozenset())
        return None

    def _marked(self, source: ClassSource) -> Root | None:
        """``@registry.mapped`` and ``@as_declarative()``."""
        for mark in source.node.decorator_list:
            node = mark.func if isinstance(mark, ast.Call) else mark
            value = source.scope.evaluate(node)
            if not isinstance(value, Ref):
                continue
            owner, _, name = value.path.rpartition(".")
            if name in ("mapped", "mapped_as_dataclass"):
                return Root(
                    f"{owner}.mapped", "declarative", self.identity(Ref(f"{owner}.metadata", "", value.span))
                )
            if name == "as_declarative":
                return Root(
                    source.dotted, "declarative", f"{source.dotted}.metadata", self._annotation_map(source)
                )
        return None

    def _declares(self, source: ClassSource) -> Root | None:
        """Whether a class is itself a base: it stands directly on ``DeclarativeBase``."""
        marked = any(
            isinstance(value := source.scope.evaluate(mark.func if isinstance(mark, ast.Call) else mark), Ref)
            and value.path.endswith(".as_declarative")
            for mark in source.node.decorator_list
        )
        direct = False
        for parent in source.node.bases:
            value = self._base(source, parent)
            if isinstance(value, Ref) and value.path.rpartition(".")[2] in _BASES:
                direct = value.path.startswith("sqlalchemy")
        if not direct and not marked:
            return None
        identity = f"{source.dotted}.metadata"
        for name, value in _own_values(source):
            if name == "metadata":
                made = source.scope.evaluate(value)
                if isinstance(made, Ref):
                    identity = self.identity(made)
            if name == "registry":
                made = source.scope.evaluate(value)
                inner = made.keywords.get("metadata") if isinstance(made, CallValue) else None
                if isinstance(inner, Ref):
                    identity = self.identity(inner)
        return Root(source.dotted, "declarative", identity, self._annotation_map(source), frozenset())

    def _made_base(self, path: str, call: CallValue, scope: ModuleScope, foreign: Sequence[str]) -> Root:
        metadata = call.argument("metadata", 1)
        identity = self.identity(metadata) if isinstance(metadata, Ref) else f"{path}.metadata"
        owner = call.path.rpartition(".")[0]
        if call.path.endswith(".generate_base") and "(" not in owner:
            identity = self.identity(Ref(f"{owner}.metadata", "", call.span))
        del scope
        return Root(path, "declarative", identity, {}, frozenset(foreign) & {path})

    def _annotation_map(self, source: ClassSource) -> Mapping[str, Value]:
        """``type_annotation_map``, by the spelled annotation."""
        found: dict[str, Value] = {}
        for item in reversed(self.linearised(source)[0]):
            for name, value in _own_values(item):
                node = value
                if name == "registry" and isinstance(value, ast.Call):
                    node = next(
                        (word.value for word in value.keywords if word.arg == "type_annotation_map"), value
                    )
                elif name != "type_annotation_map":
                    continue
                if isinstance(node, ast.Name):
                    known = item.scope.node_of(node.id)
                    node = known[0] if known is not None else node
                if isinstance(node, ast.Dict):
                    for key, target in zip(node.keys, node.values, strict=True):
                        if key is not None:
                            found[spelled(item.scope, key)] = item.scope.evaluate(target)
        return found

    # Metadata

    def identity(self, ref: Ref) -> str:
        """The identity of a metadata by a path that leads to it: ``Base.metadata`` of any class is its base's."""
        path = ref.path
        owner, _, name = path.rpartition(".")
        if name != "metadata":
            made = self.linker.object_of(path)
            if made is not None and made[0].path.endswith("registry"):
                return self.identity(Ref(f"{path}.metadata", "", ref.span))
            return path
        source = self.linker.class_source(owner)
        if source is not None:
            for item in self.linearised(source)[0]:
                value = next((node for key, node in _own_values(item) if key == "metadata"), None)
                if value is not None:
                    made = item.scope.evaluate(value)
                    if made is None:
                        # Set by hand to nothing: what it is when it counts is not told here.
                        return item.dotted
                    return self.identity(made) if isinstance(made, Ref) else f"{item.dotted}.metadata"
            root = self.root_of(source)
            return root.metadata if root is not None else path
        above, _, model = owner.rpartition(".")
        flask = self.linker.object_of(above) if model == "Model" else None
        if flask is not None and flask[0].path.endswith("SQLAlchemy"):
            return self.identity(Ref(f"{above}.metadata", "", ref.span))
        made = self.linker.object_of(owner)
        if made is not None:
            inner = made[0].keywords.get("metadata")
            if isinstance(inner, Ref):
                return self.identity(inner)
            if made[0].path.endswith((".declarative_base", ".automap_base")):
                return self._made_base(owner, made[0], made[2], ()).metadata
            if made[0].path.endswith(".generate_base"):
                return self._made_base(owner, made[0], made[2], ()).metadata
            model_class = made[0].keywords.get("model_class")
            inner_class = self.linker.class_source(model_class.path) if isinstance(model_class, Ref) else None
            if inner_class is not None and any(
                key == "metadata" for item in self.linearised(inner_class)[0] for key, _ in _own_values(item)
            ):
                return self.identity(Ref(f"{inner_class.dotted}.metadata", "", ref.span))
        if path.startswith("sqlmodel.") and path.endswith("SQLModel.metadata"):
            return "sqlmodel.SQLModel.metadata"
        return path

    def is_metadata(self, identity: str) -> bool:
        """Whether an identity is surely that of metadata."""
        if identity.endswith((".metadata", "]")):
            return True
        made = self.linker.object_of(identity)
        return made is not None and made[0].path.endswith("MetaData")

    def metadata(self, identity: str) -> MetadataInfo:
        """The conventions and the schema of a metadata."""
        known = self._metadata.get(identity)
        if known is None:
            known = self._metadata[identity] = self._metadata_info(identity)
        return known

    def _metadata_info(self, identity: str) -> MetadataInfo:
        call, path = self._metadata_call(identity)
        if call is None:
            outside = not self.linker.could_hold(identity.partition(".")[0])
            known = not outside or identity.startswith("sqlmodel.")
            return MetadataInfo(identity, None, None, self._place(identity), known)
        convention = call.keywords.get("naming_convention")
        schema = call.keywords.get("schema")
        origin = Origin(path, call.span)
        known = True
        texts: dict[str, str] = {}
        if isinstance(convention, dict):
            for key, value in cast("dict[Value, Value]", convention).items():
                if isinstance(key, str) and isinstance(value, str):
                    texts[key] = value
                else:
                    known = False
        elif convention is not None:
            known = False
        if schema is not None and not isinstance(schema, str):
            known = False
        return MetadataInfo(
            identity,
            texts if convention is not None else None,
            schema if isinstance(schema, str) else None,
            origin,
            known,
        )

    def _place(self, identity: str) -> Origin | None:
        """Where the base is made whose metadata has no call of its own."""
        owner = identity.partition("[")[0].rpartition(".")[0]
        source = self.linker.class_source(owner)
        if source is not None:
            return Origin(source.scope.path, name_span(source))
        made = self.linker.object_of(owner)
        return Origin(made[2].path, made[0].span) if made is not None else None

    def _metadata_call(self, identity: str) -> tuple[CallValue | None, str]:
        made = self.linker.object_of(identity)
        if made is not None and made[0].path.endswith("MetaData"):
            return made[0], made[2].path
        owner, _, name = identity.partition("[")[0].rpartition(".")
        if name != "metadata":
            return None, ""
        source = self.linker.class_source(owner)
        if source is not None:
            for key, node in _own_values(source):
                value = source.scope.evaluate(node) if key in ("metadata", "registry") else None
                if key == "registry" and isinstance(value, CallValue):
                    value = value.keywords.get("metadata")
                if isinstance(value, CallValue):
                    return value, source.scope.path
        holder = self.linker.object_of(owner)
        if holder is not None:
            inner = holder[0].argument("metadata", 1 if holder[0].path.endswith("_base") else None)
            if isinstance(inner, CallValue):
                return inner, holder[2].path
        return None, ""


def _unread(source: ClassSource, parent: ast.expr) -> str:
    """The path of a base that is not known, such as one in a file that does not parse."""
    node = parent.value if isinstance(parent, ast.Subscript) else parent
    written = source.scope.module.text(source.scope.module.span(node))[:200]
    return source.scope.imports.get(written, f"{source.scope.dotted}.{written}")


def _own_values(source: ClassSource) -> list[tuple[str, ast.expr]]:
    found: list[tuple[str, ast.expr]] = []
    for item in source.node.body:
        match item:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.append((name, value))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found.append((name, value))
            case _:
                pass
    return found
