"""What a revision names by a dotted path: in its imports, and where it uses what they bind."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from msgspec import Struct

from foreshot.lint.context import Context
from foreshot.syntax.module import Module
from foreshot.syntax.values import Ref
from foreshot.text import Span

_Import = ast.Import | ast.ImportFrom
_IMPORT = re.compile(r"[ \t]*(?:from[ \t]+([\w.]+)|import[ \t]+(.+))")


class Named(Struct, frozen=True, eq=False):
    """One path, and where it stands. ``statement`` is the import that says it; None for a use such as ``app.types.Money``."""

    path: str
    module: Module
    node: ast.alias | ast.Attribute
    owner: str
    """The function or class of the module that it stands in; empty: in none."""
    statement: _Import | None = None

    @property
    def class_name(self) -> str:
        """The name of the class in it, by the way names are written; empty when there is none."""
        parts = self.path.split(".")
        return next((part for part in parts[1:] if part.lstrip("_")[:1].isupper()), "")

    def span(self, missing: str) -> Span:
        """Where ``missing``, a beginning of the path, is written."""
        if isinstance(self.node, ast.alias):
            start = self.module.span(self.node).start
            package = self.statement.module if isinstance(self.statement, ast.ImportFrom) else None
            if package and self.statement and f"{package}.".startswith(f"{missing}."):
                start = self.module.content.find(package, self.module.span(self.statement).start)
                return Span(start, start + len(missing))
            return Span(start, start + len(self.node.name))
        return self._ending_after(self.path.count(".") - missing.count("."))

    def written_until(self, name: str) -> Span | None:
        """The part of a use that ends in ``name``."""
        after = self.path.split(".")[::-1]
        return self._ending_after(after.index(name)) if name in after else None

    def _ending_after(self, dropped: int) -> Span:
        node: ast.expr | ast.alias = self.node
        for _ in range(dropped):
            if isinstance(node, ast.Attribute):
                node = node.value
        return self.module.span(node)


def imported_packages(module: Module) -> set[str]:
    """The first part of every path that an import names, wherever it stands, and perhaps of what only looks like one."""
    found: set[str] = set()
    content, lines = module.content, module.source.lines
    at = content.find("import")
    while at != -1:
        row, column = lines.position(at)
        line = lines.line(row)
        for statement in line.partition("#")[0].split(";"):
            match = _IMPORT.match(statement)
            for part in (match[1] or match[2]).split(",") if match else ():
                found.add(part.strip().partition(" ")[0].partition(".")[0])
        at = content.find("import", at - column + len(line))
    return found


def named_in(context: Context) -> Iterator[Named]:
    """Every path that an import names, and every use of one with attributes.

    Not in ``try``, under ``if TYPE_CHECKING``, and where ``hasattr`` is asked first.
    """
    module = context.module
    scope = context.revision.scope
    pending: list[tuple[ast.AST, str]] = [(node, "") for node in reversed(module.tree.body)]
    local: dict[str, str] = {}
    shadowed = {item.arg for item in module.nodes(ast.arg)}
    shadowed.update(item.id for item in module.nodes(ast.Name) if not isinstance(item.ctx, ast.Load))
    while pending:
        node, owner = pending.pop()
        match node:
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    path = _imported(node, alias)
                    if path:
                        yield Named(path, module, alias, owner, node)
                    if owner and path:
                        local[alias.asname or alias.name.partition(".")[0]] = (
                            path
                            if alias.asname or isinstance(node, ast.ImportFrom)
                            else path.partition(".")[0]
                        )
            case ast.Try() | ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                pass
            case ast.If(test=test) | ast.IfExp(test=test) if _asks(test):
                pass
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if not owner:
                pending.extend((item, name) for item in reversed(node.body))
            case ast.ClassDef(name=name) if not owner:
                # The body runs where it stands, methods when they are called.
                for item in reversed(list(ast.iter_child_nodes(node))):
                    is_method = isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
                    pending.append((item, name if is_method else ""))
            case ast.Attribute():
                root, parts = _chain(node)
                if root is None:
                    pending.append((node.value, owner))
                    continue
                value = scope.values.get(root)
                path = local.get(root) or (value.path if isinstance(value, Ref) else "")
                if path and root not in shadowed:
                    yield Named(".".join([path, *parts]), module, node, owner)
            case _:
                pending.extend((item, owner) for item in reversed(list(ast.iter_child_nodes(node))))


def _asks(test: ast.expr) -> bool:
    """Whether a condition asks what an object has."""
    return any(
        isinstance(item, ast.Call) and isinstance(item.func, ast.Name) and item.func.id == "hasattr"
        for item in ast.walk(test)
    )


def _imported(node: _Import, alias: ast.alias) -> str:
    if isinstance(node, ast.Import):
        return alias.name
    return "" if node.level or alias.name == "*" else f"{node.module}.{alias.name}"


def _chain(node: ast.Attribute) -> tuple[str | None, list[str]]:
    parts: list[str] = []
    inner: ast.expr = node
    while isinstance(inner, ast.Attribute):
        parts.append(inner.attr)
        inner = inner.value
    return (inner.id, parts[::-1]) if isinstance(inner, ast.Name) else (None, [])
