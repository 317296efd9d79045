"""The names that a module has at its top level, each looked up at once however long the module is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from foreshot.syntax.module import Module, module_statements

_DYNAMIC: Final = re.compile(
    r"__getattr__|__path__|\bsys\.modules\b|\bglobals\(|\bvars\(|\blocals\(\)\s*(?:\.update\b|\[|\|=)|\bexec\(|\bsetattr\("
    r"|extend_path|declare_namespace"
)


class ModuleNames:
    """What the statements of one module bind, in their order."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self.classes: dict[str, ast.ClassDef] = {}
        """The first class of each name."""
        self._bound: dict[str, tuple[int, ast.ImportFrom | None]] = {}
        self._from: dict[str, list[tuple[int, ast.ImportFrom, str]]] = {}
        self._stars: dict[tuple[int, str | None], tuple[int, ast.ImportFrom]] = {}
        self._again: set[str] = set()
        """Names that more than imports give."""
        for place, statement in enumerate(module_statements(module.tree)):
            self._read(place, statement)

    def _read(self, place: int, statement: ast.stmt) -> None:
        match statement:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                self._bind(statement.name, place)
                if isinstance(statement, ast.ClassDef):
                    self.classes.setdefault(statement.name, statement)
            case ast.Import(names=names):
                for alias in names:
                    self._bind(alias.asname or alias.name.partition(".")[0], place)
            case ast.ImportFrom(names=names):
                for alias in names:
                    if alias.name == "*":
                        self._stars.setdefault((statement.level, statement.module), (place, statement))
                    else:
                        name = alias.asname or alias.name
                        self._bound.setdefault(name, (place, statement))
                        self._from.setdefault(name, []).append((place, statement, alias.name))
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.For() | ast.With():
                for node in ast.walk(statement):
                    if isinstance(node, ast.Name):
                        self._bind(node.id, place)
            case _:
                pass

    def _bind(self, name: str, place: int) -> None:
        self._bound.setdefault(name, (place, None))
        self._again.add(name)

    def binding(self, name: str) -> tuple[ast.ImportFrom | None] | None:
        """What gives a name a meaning: an import from a module, or None for the module itself; None when nothing does."""
        found = self._bound.get(name)
        return None if found is None else (found[1],)

    def only_import(self, name: str) -> str | None:
        """What the name is called where it is imported from; None when several statements give it."""
        found = self._from.get(name, ())
        return found[0][2] if len(found) == 1 and name not in self._again else None

    def stars(self, before: str) -> Iterator[ast.ImportFrom]:
        """The imports of everything that stand before what binds a name, each source once."""
        found = self._bound.get(before)
        for place, statement in self._stars.values():
            if found is not None and place >= found[0]:
                return
            yield statement

    def sources(self, name: str, most: int) -> list[tuple[ast.ImportFrom, str]]:
        """The imports that a name may come from and what it is called there, the first ones in order."""
        stars = [(place, statement, name) for place, statement in self._stars.values()]
        found = sorted([*self._from.get(name, ()), *stars], key=lambda item: item[0])
        return [(statement, called) for _, statement, called in found[:most]]

    @cached_property
    def is_dynamic(self) -> bool:
        """Whether the module's code may make names that nobody sees."""
        return _DYNAMIC.search(self._module.content) is not None

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """Names that stand anywhere in the module's code: in ``__all__``, behind ``global``, as a loop's variable."""
        found: set[str] = set()
        for node in ast.walk(self._module.tree):
            match node:
                case ast.Name(id=name) | ast.Constant(value=str(name)) | ast.ExceptHandler(name=str(name)):
                    found.add(name)
                case ast.Global(names=names):
                    found.update(names)
                case _:
                    pass
        return frozenset(found)
