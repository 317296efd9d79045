"""The models of a workspace, read without importing anything: one reading for all who ask."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final, cast

from msgspec.structs import replace

from foreshot.models.calls import call_function
from foreshot.models.model import CustomType, Doubt, Models, ModelTable, Origin
from foreshot.models.others import other_environments, runs_autogenerate
from foreshot.models.reach import module_name, reached_modules
from foreshot.models.scopes import LinkedScope, Linker, ModuleScope
from foreshot.models.tables import TableReader
from foreshot.project import paths
from foreshot.project.modules import Modules
from foreshot.syntax.module import Module
from foreshot.syntax.values import CallValue, FunctionValue, Ref, Unknown, Value
from foreshot.text import Span

MAX_FILES: Final = 2_000
"""Modules that are read for tables."""
_SIGNS: Final = ("Column(", "mapped_column", "__tablename__", "__table__", "Table(", "table=True", "Mapped[")
MAX_CONDITIONS: Final = 6
"""Conditions of one hook that are followed both ways."""
_ENV: Final = "foreshot_env"


def read_models(
    modules: Modules,
    env: Module | None,
    env_path: str | None,
    wanted: Callable[[str], bool] = lambda _: True,
    *,
    flask: bool = False,
    programmatic: bool = False,
    apart: Collection[str] = (),
    pydantic: int | None = None,
) -> Models:
    """All tables of a workspace's models, and which of them env.py hands to Alembic.

    Args:
        modules: the importable modules of the workspace.
        env: the parsed env.py.
        env_path: where it is.
        wanted: whether a file is to be looked into.
        apart: folders that are not looked into, such as those of revisions.
        flask: whether env.py is Flask-Migrate's, which gets its metadata from the application.
        programmatic: whether no configuration file leads to env.py, so that only a program can run it.
        pydantic: the major release that SQLModel stands on, where it is known.
    """
    linker = Linker(modules)
    reader = TableReader(linker, pydantic)
    candidates = {path: dotted for dotted, path, _ in modules.containing(_SIGNS, apart) if wanted(path)}
    env_scope = linker.adopt(env, _ENV, env_path) if env is not None and env_path is not None else None
    # A file may have several dotted names: the one under which env.py's imports lead to it goes first.
    reached = reached_modules(linker, env_scope, candidates) if env_scope is not None else None
    names = _names(linker, candidates)
    found = [
        scope for path in list(candidates)[:MAX_FILES] if (scope := linker.scope(names[path])) is not None
    ]
    reader.reached = reached
    if env_scope is not None:
        reader.bases.handed_over = frozenset(_foreign_bases(env_scope, linker))
    for scope in sorted(found, key=lambda scope: not reader.is_reached(scope.dotted)):
        reader.read(scope)
    targets, why = _targets(reader, env_scope, flask=flask)
    doubts = list(reader.doubts)
    if targets is None and env_path is not None:
        doubts.append(
            Doubt(why or "env.py's metadata is only known when it runs", Origin(env_path, Span(0, 0)))
        )
        targets = _only(reader)
        # Whoever hands the metadata over has imported what fills it, which env.py's own imports do not tell.
        reached = None
    tables = reader.tables
    targets = _of_elsewhere(targets, tables, linker)
    if env_path is not None:
        here = Origin(env_path, Span(0, 0))
        if targets is not None and not any(table.metadata in targets for table in tables):
            doubts.append(Doubt("no table of the metadata that env.py hands over was found", here))
        doubts += [
            Doubt("the file does not parse, and may have tables", Origin(path, Span(0, 0)))
            for path in modules.broken(_SIGNS, apart)
            if wanted(path)
        ]
        if len(candidates) > MAX_FILES or modules.exceed(apart):
            doubts.append(Doubt("the workspace has more Python files than are looked into", here))
    if flask or programmatic or runs_autogenerate(modules, apart):
        # The program that runs Alembic imports them, and what it has imported by then is told by nothing in the files.
        reached = None
    metadatas = {
        name: reader.bases.metadata(name)
        for name in {table.metadata for table in tables} | set(targets or ())
    }
    for name, convention in _late_conventions(reader, found):
        if name in metadatas:
            metadatas[name] = replace(metadatas[name], convention=convention)
    if targets is not None:
        doubts = [doubt for doubt in doubts if _concerns(doubt, reader, targets)]
    return Models(
        tuple(tables),
        metadatas,
        targets,
        reached,
        tuple(dict.fromkeys(doubts)),
        frozenset(reader.files),
        _hooks(env_scope) if env_scope is not None else {},
        _elsewhere(reader, env_path, apart) if env_path is not None and len(metadatas) > 1 else frozenset(),
    )


def _elsewhere(reader: TableReader, env_path: str, apart: Collection[str]) -> frozenset[str] | None:
    """The metadatas that other environments hand over; None where that of one of them cannot be told."""
    found: set[str] = set()
    linker = reader.linker
    for place, (path, module) in enumerate(other_environments(linker.modules, env_path, apart)):
        targets, _ = _targets(reader, linker.adopt(module, f"{_ENV}_{place}", path), flask=False)
        if targets is None:
            return None
        found.update(targets)
    return frozenset(found)


def _foreign_bases(env: ModuleScope, linker: Linker) -> Iterator[str]:
    """The classes of installed packages whose ``metadata`` env.py hands over."""
    for value in _given(env, "target_metadata"):
        for item in _flat(value):
            owner, _, name = item.path.rpartition(".") if isinstance(item, Ref) else ("", "", "")
            if name == "metadata" and "." in owner and not linker.could_hold(owner.partition(".")[0]):
                yield owner


def _names(linker: Linker, candidates: dict[str, str]) -> dict[str, str]:
    """The dotted name of each file: the one that imports already led to, else one beside it in the same package."""
    known = {scope.path: scope.dotted for scope in linker.scopes if scope.dotted != _ENV}
    folders = {
        paths.parent(path): dotted if path.endswith("/__init__.py") else dotted.rpartition(".")[0]
        for path, dotted in known.items()
    }
    found: dict[str, str] = {}
    for path, dotted in candidates.items():
        if path in known:
            found[path] = known[path]
            continue
        package = next(
            ((folders[folder], folder) for folder in paths.ancestors(path, "/") if folders.get(folder)), None
        )
        name = (
            f"{package[0]}.{module_name(paths.relative(path, package[1]))}" if package is not None else dotted
        )
        found[path] = name if linker.modules.locate(name) == path else dotted
    return found


def _hooks(env: ModuleScope) -> dict[str, Value]:
    """What decides in env.py which objects Alembic compares."""
    found: dict[str, Value] = {}
    for name in ("include_object", "include_name"):
        values = list(_given(env, name))
        if any(value is not None for value in values):
            alike = all(_is_same(values[0], value) for value in values[1:])
            found[name] = values[0] if alike else Unknown("the calls differ", Span(0, 0))
    return found


def _is_same(one: Value, other: Value) -> bool:
    """Whether two calls are given one function, as those are that serve a connection from outside and one of env.py's own."""
    if isinstance(one, FunctionValue) and isinstance(other, FunctionValue):
        return one.node is other.node and one.bound is other.bound
    return isinstance(one, Ref) and isinstance(other, Ref) and one.path == other.path


def is_included(models: Models, name: str | None, kind: str, table: str, *, reflected: bool) -> bool | None:
    """Whether env.py's hooks let Alembic see an object; None where that is only known when it runs."""
    nowhere = Span(0, 0)
    known: bool | None = True
    for hook, value in models.hooks.items():
        if hook == "include_name" and not reflected:
            continue
        if isinstance(value, Ref) and value.path == _SPATIAL_HOOK:
            if _is_spatial(models, name, kind):
                return False
            continue
        if not isinstance(value, FunctionValue):
            known = None
            continue
        unknown = Unknown("an object of SQLAlchemy's", nowhere)
        parents = {"schema_name": None, "table_name": table, "schema_qualified_table_name": table}
        args: tuple[Value, ...] = (name, kind, parents)
        if hook == "include_object":
            args = (unknown, name, kind, reflected, unknown)
        func = Ref(hook, hook, nowhere)
        call = CallValue(func, args, {}, nowhere, (nowhere,) * len(args))
        answers = {_allowed(models, made, name, kind) for made in _outcomes(value, call)}
        if answers == {False}:
            return False
        if answers != {True}:
            known = None
    return known


def _outcomes(function: FunctionValue, call: CallValue, depth: int = 0) -> Iterator[Value]:
    """What a hook may return: both ways where a condition is only known when it runs."""
    made, node = call_function(function, call), function.node
    if not isinstance(made, Unknown) or isinstance(node, ast.Lambda) or depth > MAX_CONDITIONS:
        yield made
        return
    at = next((place for place, item in enumerate(node.body) if isinstance(item, ast.If)), None)
    if at is None:
        yield made
        return
    condition = cast("ast.If", node.body[at])
    for branch in (condition.body, condition.orelse):
        chosen = copy.copy(node)
        chosen.body = [*node.body[:at], *branch, *node.body[at + 1 :]]
        yield from _outcomes(FunctionValue(chosen, function.scope, function.bound), call, depth + 1)


def _allowed(models: Models, made: Value, name: str | None, kind: str) -> bool | None:
    """What a hook's answer comes to; None where that is only known when it runs."""
    if isinstance(made, CallValue) and made.path == _SPATIAL_HOOK:
        return not _is_spatial(models, name, kind)
    return bool(made) if made is None or isinstance(made, bool) else None


_SPATIAL_HOOK: Final = "geoalchemy2.alembic_helpers.include_object"


def _is_spatial(models: Models, name: str | None, kind: str) -> bool:
    """What GeoAlchemy's hook leaves out: the indexes that come with spatial columns, and the tables of PostGIS."""
    if kind == "table":
        return (name or "").startswith(("geometry_columns", "spatial_ref_sys"))
    return kind == "index" and any(
        name == f"idx_{table.name}_{column.name}"
        for table in models.tables
        for column in table.columns
        if isinstance(column.type, CustomType) and column.type.module.startswith("geoalchemy2")
    )


def _of_elsewhere(
    targets: tuple[str, ...] | None, tables: Sequence[ModelTable], linker: Linker
) -> tuple[str, ...] | None:
    """The metadatas that env.py hands over; one of an installed package is taken to be the one that the package's base has.

    Its modules are not read, so that ``base.metadata`` and ``base.Base.metadata`` cannot be told to be one.
    """
    if targets is None:
        return None
    found: dict[str, None] = {}
    owners = dict.fromkeys(table.metadata for table in tables)
    for target in targets:
        package = target.partition(".")[0]
        same = [
            owner
            for owner in owners
            if owner.partition(".")[0] == package and target not in owners and not linker.could_hold(package)
        ]
        found.update(dict.fromkeys(same or (target,)))
    return tuple(found)


def _concerns(doubt: Doubt, reader: TableReader, targets: tuple[str, ...]) -> bool:
    """Whether a doubt is about what env.py hands over; what is doubtful of a table elsewhere is not."""
    if doubt.table is None:
        return True
    owners = {table.metadata for table in reader.tables if table.full_name == doubt.table}
    return not owners or bool(owners & set(targets))


def _only(reader: TableReader) -> tuple[str, ...] | None:
    """The one metadata that has tables, where there is one."""
    owners = dict.fromkeys(table.metadata for table in reader.tables)
    return tuple(owners) if len(owners) == 1 else None


def _targets(
    reader: TableReader, env: ModuleScope | None, *, flask: bool
) -> tuple[tuple[str, ...] | None, str | None]:
    if env is None:
        return None, None
    found: dict[str, None] = {}
    unknown: str | None = None
    any_given = False
    for value in [*_given(env, "target_metadata"), *_copied(env)]:
        any_given = True
        for item in _flat(value):
            if item is None:
                continue
            if isinstance(item, Ref) and "<" not in item.path and "(" not in item.path:
                identity = reader.bases.identity(item)
                if reader.bases.is_metadata(identity):
                    found[identity] = None
                    continue
            unknown = "env.py's metadata is only known when it runs"
    if (flask or unknown) and not found:
        # The application's own: `current_app.extensions["migrate"].db`.
        return None, unknown
    if not any_given:
        return None, "env.py gives its metadata elsewhere"
    return (None, unknown) if unknown else (tuple(found), None)


_COPIES: Final = ("to_metadata", "tometadata", "_add_table")
"""Methods that put the tables of one metadata into another."""


def _copied(env: ModuleScope) -> Iterator[Value]:
    """The metadatas whose tables env.py puts into another one, table by table; None where it copies none."""
    if not any(name in env.module.content for name in _COPIES):
        return
    for loop in env.module.nodes(ast.For):
        owner = loop.iter
        if (
            isinstance(owner, ast.Call)
            and isinstance(owner.func, ast.Attribute)
            and owner.func.attr == "values"
        ):
            owner = owner.func.value
        if not any(isinstance(node, ast.Attribute) and node.attr in _COPIES for node in ast.walk(loop)):
            continue
        if isinstance(owner, ast.Attribute) and owner.attr in ("tables", "sorted_tables"):
            yield env.evaluate(owner.value)


def _flat(value: Value) -> Iterator[Value]:
    if isinstance(value, list | tuple):
        for item in cast("list[Value]", value):
            yield from _flat(item)
    elif isinstance(value, dict):
        for item in cast("dict[Value, Value]", value).values():
            yield from _flat(item)
    else:
        yield value


def _given(env: ModuleScope, name: str) -> Iterator[Value]:
    """What each call of ``configure`` that serves a database is given by one keyword."""
    yield from _given_in(env.module.tree.body, env, name)


def _given_in(body: list[ast.stmt], scope: LinkedScope, name: str) -> Iterator[Value]:
    inner = scope.child()
    functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
    pending: list[ast.AST] = list(reversed(body))
    calls: list[ast.Call] = []
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions.append(node)
            continue
        if isinstance(node, ast.Assign) and scope is not scope.root:
            for target in node.targets:
                if isinstance(target, ast.Name):
                    inner.bind(target.id, scope.evaluate(node.value))
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "configure"
        ):
            calls.append(node)
        pending.extend(reversed(list(ast.iter_child_nodes(node))))
    for call in calls:
        for keyword in call.keywords:
            if keyword.arg == name:
                yield inner.evaluate(keyword.value)
    for function in functions:
        if "offline" not in function.name.lower():
            yield from _given_in(function.body, scope.child(), name)


def _late_conventions(reader: TableReader, found: list[ModuleScope]) -> Iterator[tuple[str, dict[str, str]]]:
    """``Base.metadata.naming_convention = {…}``, beside the models.

    In env.py it comes when the tables are made, and their unnamed constraints stay so (measured with SQLAlchemy 2.0).
    """
    for scope in found:
        if "naming_convention" not in scope.module.content:
            continue
        for statement in scope.module.tree.body:
            match statement:
                case ast.Assign(targets=[ast.Attribute(attr="naming_convention", value=owner)], value=value):
                    ref, made = scope.evaluate(owner), scope.evaluate(value)
                    if isinstance(ref, Ref) and isinstance(made, dict):
                        pairs = cast("dict[Value, Value]", made).items()
                        texts = {k: v for k, v in pairs if isinstance(k, str) and isinstance(v, str)}
                        yield reader.bases.identity(ref), texts
                case _:
                    pass
