"""Modules of the workspace, found and read without being imported.

Everything is read through :class:`foreshot.project.files.Files`, which remembers it and records what the answers were made of.
"""

from __future__ import annotations

import ast
import sys
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, Literal

from msgspec import Struct

from foreshot.project import paths
from foreshot.project.files import Files
from foreshot.project.module_names import ModuleNames
from foreshot.syntax.module import Module, module_statements, parse
from foreshot.text import SourceText, Span

MAX_SEARCHED: Final = 4_000
"""Files that a search for a class looks into."""
MAX_FOLLOWED: Final = 60
"""Modules that are looked into when imports are followed."""
MAX_SHARED: Final = 4
"""Folders in folders that packages of several distributions may share: ``airflow/providers/amazon``."""
_SKIPPED: Final = frozenset(
    {"node_modules", "site-packages", "__pycache__", "build", "dist", "venv", "env", "tests", "test", "docs"}
)

_INSTALLED: Final = sys.stdlib_module_names | {
    "alembic",
    "flask",
    "flask_migrate",
    "flask_sqlalchemy",
    "sqlalchemy",
    "sqlmodel",
}
"""Packages that a folder of the workspace may be called like, but that are imported from elsewhere."""
Outcome = Literal["found", "missing", "elsewhere", "unknown"]
"""``elsewhere``: no module of the workspace, so an installed one perhaps. ``unknown``: it could not be told."""


class Definition(Struct, frozen=True):
    """A class of the workspace and where it is defined."""

    dotted: str
    path: str
    name: Span
    node_bases: tuple[str, ...] = ()
    has_repr: bool = False


class Modules:
    """The importable modules below ``roots``, the folders that would stand on ``sys.path``, in order."""

    def __init__(self, files: Files, roots: Sequence[str], root: str) -> None:
        self.files = files
        self._roots = tuple(dict.fromkeys(roots))
        self._root = root
        self._name = "\0".join(self._roots)
        self._led_through = frozenset(
            folder
            for one in self._roots
            if paths.is_inside(one, root)
            for folder in paths.ancestors(one, root)
        )

    def on(self, files: Files) -> Modules:
        """The same modules as another snapshot of the files has them."""
        return Modules(files, self._roots, self._root)

    @property
    def roots(self) -> tuple[str, ...]:
        """The folders that would stand on ``sys.path``, in order."""
        return self._roots

    def locate(self, dotted: str) -> str | None:
        """The file of a module or a package, or None when the workspace has none of that name."""
        relative = dotted.replace(".", "/")
        for root in self._roots:
            base = f"{root}/{relative}"
            for candidate in (f"{base}.py", f"{base}/__init__.py"):
                if self.files.is_file(candidate):
                    return candidate
        return None

    def could_hold(self, package: str) -> bool:
        """Whether a top-level package of this name would be looked for in the workspace."""
        return package not in _INSTALLED and self.is_ours(package)

    def is_ours(self, dotted: str) -> bool:
        """Whether the first part of a dotted path names a module or a folder of packages in the workspace."""
        top = dotted.partition(".")[0]
        if self.locate(top):
            return True
        for root in self._roots:
            folder = f"{root}/{top}"
            if f"{top}/" in self.files.named(root, top) and self.files.remember(
                ("namespace", folder), lambda folder=folder: self._is_namespace(folder)
            ):
                return True
        return False

    def _is_namespace(self, folder: str) -> bool:
        """Whether a folder without ``__init__.py`` holds Python, or packages that several distributions may share it for."""
        level = [folder]
        for _ in range(MAX_SHARED):
            if any(self.files.holds_python(one) for one in level):
                return True
            listings = [(one, self.files.listing(one)) for one in level]
            inner = [f"{one}/{name}" for one, listing in listings if listing for name in listing.folders]
            level = [one for one in inner if paths.name(one).isidentifier()][:MAX_FOLLOWED]
        return False

    def resolve(self, dotted: str) -> Outcome:
        """Whether ``package.module.Name`` leads to something, as far as the workspace's files tell."""
        return self._resolve(dotted, set())

    def _resolve(self, dotted: str, seen: set[str]) -> Outcome:
        if dotted in seen:
            # Modules that import everything of each other: what it leads to counts where it was first come to.
            return "missing"
        seen.add(dotted)
        if not dotted or dotted.startswith(("<", ".")) or len(seen) > MAX_FOLLOWED:
            return "unknown"
        parts = dotted.split(".")
        # A folder `alembic` of scripts hides nothing: the package is imported long before.
        if parts[0] in _INSTALLED or not self.is_ours(dotted):
            return "elsewhere"
        if sum(self._holds(root, parts[0]) for root in self._roots) > 1:
            return "unknown"
        for cut in range(len(parts), 0, -1):
            path = self.locate(".".join(parts[:cut]))
            if path is None:
                continue
            if cut == len(parts):
                return "found"
            if path.endswith("/__init__.py") and self._holds(paths.parent(path), parts[cut]):
                return "unknown"
            found = self._lookup(path, ".".join(parts[:cut]), parts[cut:], seen)
            return "unknown" if found == "missing" and self._is_hidden(parts[:cut], seen) else found
        return "unknown"

    def _is_hidden(self, parts: list[str], seen: set[str]) -> bool:
        """Whether a package gives a name of its own to what is called like one of its modules: ``from .db import db``."""
        for cut in range(len(parts) - 1, 0, -1):
            dotted, name = ".".join(parts[:cut]), parts[cut]
            path = self.locate(dotted)
            module = self._module(path) if path is not None else None
            if path is None or module is None:
                continue
            names = self._names_of(path, module)
            if names.binding(name) == (None,):
                return True
            given = {
                f"{_absolute(statement, dotted, path)}.{called}"
                for statement, called in names.sources(name, MAX_FOLLOWED)
            } - {f"{dotted}.{name}"}
            if any(self._resolve(source, seen) == "found" for source in given):
                return True
        return False

    def definition(self, dotted: str) -> Definition | None:
        """The class that a dotted path leads to, through re-exports; None when there is none to be found."""
        # Many revisions ask for the same few.
        return self.files.remember(("definition", self._name, dotted), lambda: self._definition(dotted))

    def _definition(self, dotted: str) -> Definition | None:
        pending = [dotted]
        seen: set[str] = set()
        while pending and len(seen) < MAX_FOLLOWED:
            current = pending.pop()
            module, _, name = current.rpartition(".")
            path = self.locate(module) if module and current not in seen else None
            seen.add(current)
            parsed = self._module(path) if path else None
            if parsed is None or path is None:
                continue
            names = self._names_of(path, parsed)
            if name in names.classes:
                return _definition(parsed, names.classes[name], module, path)
            leads = [
                f"{_absolute(statement, module, path)}.{called}"
                for statement, called in names.sources(name, MAX_FOLLOWED)
            ]
            pending.extend(reversed(leads))
        return None

    def classes_named(self, name: str) -> list[Definition]:
        """Every class of that name in the workspace's modules, by dotted path."""
        index = self.files.remember(("classes", self._root), self._classes)
        found: list[Definition] = []
        for path in index.get(name, ()):
            dotted = self._dotted(path)
            if dotted is not None and (definition := self.definition(f"{dotted}.{name}")) is not None:
                found.append(definition)
        return sorted(found, key=lambda definition: definition.dotted)

    def _classes(self) -> dict[str, list[str]]:
        """The files that define a class of each name at their top level."""
        index: dict[str, list[str]] = {}
        for path in self._python_files():
            for name in self.files.remember(("classes in", path), lambda path=path: self._classes_in(path)):
                index.setdefault(name, []).append(path)
        return index

    def _classes_in(self, path: str) -> list[str]:
        source = self._text(path)
        if source is None:
            return []
        return [
            line.partition("\n")[0].partition("(")[0].partition(":")[0].strip()
            for line in f"\n{source.content}".split("\nclass ")[1:]
        ]

    def containing(
        self, texts: Iterable[str], apart: Collection[str] = ()
    ) -> Iterator[tuple[str, str, Module]]:
        """The dotted path, the file and the tree of every module of the workspace that any of the texts stands in.

        Folders in ``apart`` are not looked into.
        """
        for dotted, path in self._with(tuple(texts), apart):
            module = self._module(path)
            if module is not None:
                yield dotted, path, module

    def broken(self, texts: Iterable[str], apart: Collection[str] = ()) -> list[str]:
        """The files that any of the texts stands in, and that do not parse."""
        return [path for _, path in self._with(tuple(texts), apart) if self._module(path) is None]

    def _with(self, texts: tuple[str, ...], apart: Collection[str]) -> Iterator[tuple[str, str]]:
        for path in self._python_files(frozenset(apart)):
            source = self._text(path)
            if source is not None and any(text in source.content for text in texts):
                dotted = self._dotted(path)
                if dotted is not None:
                    yield dotted, path

    def exceed(self, apart: Collection[str] = ()) -> bool:
        """Whether the workspace has more Python files than are looked into."""
        return sum(1 for _ in self._python_files(frozenset(apart))) >= MAX_SEARCHED

    def module(self, dotted: str) -> Module | None:
        """The parsed module of a dotted path; None when there is none or it does not parse."""
        path = self.locate(dotted)
        return self._module(path) if path else None

    def any_contains(self, dotted: Iterable[str], text: str) -> bool:
        """Whether a text stands in one of these modules, or in a module that they import at their top level."""
        names = tuple(dotted)
        return self.files.remember(
            ("any contains", self._name, names, text), lambda: self._search(names, text)
        )

    def _search(self, dotted: tuple[str, ...], text: str) -> bool:
        pending = deque(dotted)
        seen: set[str] = set()
        while pending and len(seen) < MAX_FOLLOWED:
            name = pending.popleft()
            path = self.locate(name) if name and not name.startswith((".", "<")) else None
            if path is None or path in seen:
                continue
            seen.add(path)
            module = self._module(path)
            if module is None:
                continue
            if text in module.content:
                return True
            for statement in module_statements(module.tree):
                if isinstance(statement, ast.Import):
                    pending.extend(alias.name for alias in statement.names)
                elif isinstance(statement, ast.ImportFrom):
                    source = _absolute(statement, name, path)
                    pending.extend([source, *(f"{source}.{alias.name}" for alias in statement.names)])
        return False

    def _lookup(self, path: str, dotted: str, rest: list[str], seen: set[str]) -> Outcome:
        module = self._module(path)
        if module is None:
            return "unknown"
        name = rest[0]
        names = self._names_of(path, module)
        star = False
        for statement in names.stars(before=name):
            inner = self._resolve(f"{_absolute(statement, dotted, path)}.{name}", seen)
            if inner == "found":
                return "found"
            star = star or inner != "missing"
            if len(seen) > MAX_FOLLOWED:
                break
        binding = names.binding(name)
        if binding is not None:
            statement = binding[0]
            if statement is None:
                return "found"
            source = _absolute(statement, dotted, path)
            if len(rest) > 1 or not source:
                return "unknown"
            # Where nothing catches the error and nothing else gives the name, the module fails with its source.
            called = names.only_import(name) if statement in module.tree.body else None
            if called is not None and self._resolve(f"{source}.{called}", seen) == "missing":
                return "missing"
            return "found"
        return "unknown" if star or names.is_dynamic or name in names.mentioned else "missing"

    def _names_of(self, path: str, module: Module) -> ModuleNames:
        return self.files.remember(("names", path), lambda: ModuleNames(module), module)

    def _holds(self, folder: str, name: str) -> bool:
        """Whether a folder has anything that could be imported by a name: Python, a folder, a compiled or generated module."""
        return bool(self.files.named(folder, name))

    def _text(self, path: str) -> SourceText | None:
        source = self.files.read(path)
        return source if isinstance(source, SourceText) else None

    def _module(self, path: str) -> Module | None:
        return self.files.remember(("module", path), lambda: self._parse(path))

    def _parse(self, path: str) -> Module | None:
        source = self._text(path)
        parsed = parse(source) if source is not None else None
        return parsed if isinstance(parsed, Module) else None

    def _python_files(self, apart: frozenset[str] = frozenset()) -> Iterator[str]:
        pending = [self._root]
        seen = 0
        while pending and seen < MAX_SEARCHED:
            folder = pending.pop()
            listing = self.files.listing(folder) if folder not in apart else None
            if listing is None:
                continue
            for name in listing.files:
                if name.endswith(".py"):
                    seen += 1
                    yield f"{folder}/{name}"
            pending.extend(
                f"{folder}/{name}"
                for name in reversed(listing.folders)
                if f"{folder}/{name}" in self._led_through
                or (name not in _SKIPPED and not name.startswith("."))
            )

    def _dotted(self, path: str) -> str | None:
        for root in self._roots:
            if path.startswith(root + "/"):
                relative = path[len(root) + 1 :].removesuffix(".py").removesuffix("/__init__")
                if all(part.isidentifier() for part in relative.split("/")):
                    return relative.replace("/", ".")
        return None


def _definition(module: Module, node: ast.ClassDef, dotted: str, path: str) -> Definition:
    start = module.content.find(node.name, module.span(node).start)
    return Definition(
        f"{dotted}.{node.name}",
        path,
        Span(start, start + len(node.name)),
        tuple(_written(module, base) for base in node.bases),
        any(isinstance(item, ast.FunctionDef) and item.name == "__repr__" for item in node.body),
    )


def _written(module: Module, base: ast.expr) -> str:
    try:
        return ast.unparse(base)[:200]
    except RecursionError:
        return module.text(module.span(base))[:200]


def _absolute(statement: ast.ImportFrom, dotted: str, path: str) -> str:
    """The absolute dotted path of the module that an import statement names."""
    if not statement.level:
        return statement.module or ""
    package = dotted.split(".")
    if not path.endswith("/__init__.py"):
        package = package[:-1]
    base = package[: len(package) - (statement.level - 1)] if statement.level > 1 else package
    return ".".join([*base, *((statement.module or "").split(".") if statement.module else [])])
