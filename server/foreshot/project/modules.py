"""Modules of the workspace, found and read without being imported.

What is asked is remembered, together with which files the answers came from, so that whoever keeps a result can
tell when it is out of date.
"""

from __future__ import annotations

import ast
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Literal

from msgspec import Struct

from foreshot.project import paths
from foreshot.project.files import Files, Listing
from foreshot.project.module_names import ModuleNames
from foreshot.syntax.module import Module, module_statements, parse
from foreshot.text import SourceText, Span

MAX_SEARCHED: Final = 4_000
"""Files that a search for a class looks into."""
MAX_FOLLOWED: Final = 60
"""Modules that are looked into when imports are followed."""
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
        self._files = files
        self._roots = tuple(dict.fromkeys(roots))
        self._root = root
        self._located: dict[str, str | None] = {}
        self._parsed: dict[str, Module | None] = {}
        self._names: dict[str, ModuleNames] = {}
        self._listings: dict[str, Listing | None] = {}
        self._contained: dict[tuple[tuple[str, ...], str], tuple[bool, set[str]]] = {}
        self._index: dict[str, list[str]] | None = None
        self._defined: dict[str, tuple[Definition | None, set[str]]] = {}
        self._touched: set[str] = set()
        self._lock = threading.RLock()

    def fresh(self, files: Files) -> Modules:
        """The same modules with nothing remembered, read from ``files``."""
        return Modules(files, self._roots, self._root)

    @contextmanager
    def recording(self) -> Generator[set[str]]:
        """Collect the files whose content, or absence, the answers given inside depend on.

        One thread at a time: another waits.
        """
        with self._lock:
            before, self._touched = self._touched, set()
            try:
                yield self._touched
            finally:
                self._touched = before

    def locate(self, dotted: str) -> str | None:
        """The file of a module or a package, or None when the workspace has none of that name."""
        relative = dotted.replace(".", "/")
        if dotted in self._located:
            known = self._located[dotted]
            self._touched.update([known] if known else [f"{root}/{relative}.py" for root in self._roots])
            return known
        found: str | None = None
        for root in self._roots:
            base = f"{root}/{relative}"
            for candidate in (f"{base}.py", f"{base}/__init__.py"):
                if self._exists(candidate):
                    found = candidate
                    break
            if found:
                break
        self._located[dotted] = found
        return found

    def could_hold(self, package: str) -> bool:
        """Whether a top-level package of this name would be looked for in the workspace."""
        return package not in _INSTALLED and self.is_ours(package)

    def is_ours(self, dotted: str) -> bool:
        """Whether the first part of a dotted path names a module or a folder of packages in the workspace."""
        top = dotted.partition(".")[0]
        if self.locate(top):
            return True
        for root in self._roots:
            listing = self._listing(root)
            if listing is not None and top in listing.folders:
                inner = self._listing(f"{root}/{top}")
                # A namespace package: a folder without `__init__.py` that holds Python.
                if inner is not None and any(name.endswith(".py") for name in inner.files):
                    return True
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
            return self._lookup(path, ".".join(parts[:cut]), parts[cut:], seen)
        return "unknown"

    def definition(self, dotted: str) -> Definition | None:
        """The class that a dotted path leads to, through re-exports; None when there is none to be found."""
        # Many revisions ask for the same few, and each answer depends on the same files every time.
        known = self._defined.get(dotted)
        if known is None:
            with self.recording() as touched:
                known = self._defined[dotted] = (self._definition(dotted), touched)
        self._touched.update(known[1])
        return known[0]

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
        if self._index is None:
            self._index = {}
            for path in self._python_files():
                parsed = self._text(path)
                if parsed is None:
                    continue
                for line in f"\n{parsed.content}".split("\nclass ")[1:]:
                    word = line.partition("\n")[0].partition("(")[0].partition(":")[0].strip()
                    self._index.setdefault(word, []).append(path)
        found: list[Definition] = []
        for path in self._index.get(name, ()):
            dotted = self._dotted(path)
            if dotted is not None and (definition := self.definition(f"{dotted}.{name}")) is not None:
                found.append(definition)
        return sorted(found, key=lambda definition: definition.dotted)

    def containing(self, texts: Iterable[str]) -> Iterator[tuple[str, str, Module]]:
        """The dotted path, the file and the tree of every module of the workspace that any of the texts stands in."""
        wanted = tuple(texts)
        for path in self._python_files():
            source = self._text(path)
            if source is None or not any(text in source.content for text in wanted):
                continue
            dotted = self._dotted(path)
            module = self._module(path) if dotted is not None else None
            if dotted is not None and module is not None:
                yield dotted, path, module

    def module(self, dotted: str) -> Module | None:
        """The parsed module of a dotted path; None when there is none or it does not parse."""
        path = self.locate(dotted)
        return self._module(path) if path else None

    def any_contains(self, dotted: Iterable[str], text: str) -> bool:
        """Whether a text stands in one of these modules, or in a module that they import at their top level."""
        names = tuple(dotted)
        known = self._contained.get((names, text))
        if known is None:
            with self.recording() as touched:
                known = self._contained[names, text] = self._search(names, text), touched
        self._touched.update(known[1])
        return known[0]

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
            # The name is bound; whether its own source has it is another file's matter.
            return "found" if len(rest) == 1 and _absolute(statement, dotted, path) else "unknown"
        return "unknown" if star or names.is_dynamic or name in names.mentioned else "missing"

    def _names_of(self, path: str, module: Module) -> ModuleNames:
        known = self._names.get(path)
        if known is None:
            known = self._names[path] = ModuleNames(module)
        return known

    def _holds(self, folder: str, name: str) -> bool:
        """Whether a folder has anything that could be imported by a name: Python, a folder, a compiled or generated module."""
        listing = self._listing(folder)
        return listing is not None and (
            name in listing.folders or any(entry.partition(".")[0] == name for entry in listing.files)
        )

    def _listing(self, folder: str) -> Listing | None:
        if folder not in self._listings:
            self._listings[folder] = self._files.listing(folder)
        return self._listings[folder]

    def _exists(self, path: str) -> bool:
        listing = self._listing(paths.parent(path))
        self._touched.add(path)
        return listing is not None and paths.name(path) in listing.files

    def _text(self, path: str) -> SourceText | None:
        source = self._files.read(path)
        return source if isinstance(source, SourceText) else None

    def _module(self, path: str) -> Module | None:
        self._touched.add(path)
        if path not in self._parsed:
            source = self._text(path)
            parsed = parse(source) if source is not None else None
            self._parsed[path] = parsed if isinstance(parsed, Module) else None
        return self._parsed[path]

    def _python_files(self) -> Iterator[str]:
        pending = [self._root]
        seen = 0
        while pending and seen < MAX_SEARCHED:
            folder = pending.pop()
            listing = self._listing(folder)
            if listing is None:
                continue
            for name in listing.files:
                if name.endswith(".py"):
                    seen += 1
                    yield f"{folder}/{name}"
            pending.extend(
                f"{folder}/{name}"
                for name in reversed(listing.folders)
                if name not in _SKIPPED and not name.startswith(".")
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
