"""One Python file as a tree, with spans into its text. Broken or hostile input is a value, never an exception."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeVar, cast

from msgspec import Struct

from foreshot.syntax.comments import Comment, comments_of
from foreshot.syntax.newer import in_older_words
from foreshot.text import SourceText, Span

Node = TypeVar("Node", bound=ast.AST)

CONFLICT = "unresolved merge conflict"
"""The message about a text in which git has left both sides of a merge."""
_CONFLICT = re.compile(
    r"^<<<<<<<(?: [^\r\n]*)?\r?$.*?^=======\r?$.*?^>>>>>>>(?: |\r?$)", re.MULTILINE | re.DOTALL
)
_BOM = "\ufeff"
_LONG_NUMBER = re.compile(r"0[xXoObB][0-9a-fA-F_]{1000}")
_MOST_BITS = 4_000
"""Of a whole number. Python itself refuses to write out one of more than 4,300 digits, however it was read."""


class SyntaxProblem(Struct, frozen=True):
    """Why a text is no Python module, and where."""

    message: str
    span: Span


class Module:
    """A parsed Python file."""

    def __init__(self, source: SourceText, tree: ast.Module) -> None:
        self.source = source
        self.tree = tree
        self.ascii = source.lines.is_ascii
        self._starts = source.lines.starts

    @property
    def content(self) -> str:
        """The text that was parsed."""
        return self.source.content

    def span(self, node: ast.expr | ast.stmt | ast.keyword | ast.arg | ast.alias) -> Span:
        """The span of a node; decorators are not part of a function's span."""
        if self.ascii:
            starts = self._starts
            end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
            return Span(starts[node.lineno - 1] + node.col_offset, starts[end_line - 1] + end_column)
        lines = self.source.lines
        return Span(
            lines.offset_of_utf8(node.lineno - 1, node.col_offset),
            lines.offset_of_utf8((node.end_lineno or node.lineno) - 1, node.end_col_offset or 0),
        )

    def text(self, span: Span) -> str:
        """The source text of a span."""
        return self.source.content[span.start : span.end]

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """Every comment of the file, in order."""
        return comments_of(self.source)

    def nodes(self, kind: type[Node]) -> Sequence[Node]:
        """Every node of one type, in no particular order: one walk of the tree serves all who look for something."""
        return cast("Sequence[Node]", self._nodes.get(kind, ()))

    @cached_property
    def _nodes(self) -> dict[type[ast.AST], list[ast.AST]]:
        found: dict[type[ast.AST], list[ast.AST]] = {}
        pending: list[ast.AST] = [self.tree]
        while pending:
            node = pending.pop()
            kind = node.__class__
            known = found.get(kind)
            if known is None:
                found[kind] = [node]
            else:
                known.append(node)
            if kind is ast.Name or kind is ast.Constant:
                continue
            for field in node._fields:
                value: object = getattr(node, field, None)
                if isinstance(value, ast.AST):
                    pending.append(value)
                elif isinstance(value, list):
                    pending.extend(
                        [item for item in cast("list[object]", value) if isinstance(item, ast.AST)]
                    )
        return found

    @cached_property
    def functions(self) -> dict[str, ast.FunctionDef]:
        """The module's own functions by name, also those defined under a top-level ``if`` or ``try``."""
        return {
            statement.name: statement
            for statement in module_statements(self.tree)
            if isinstance(statement, ast.FunctionDef)
        }

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        """The module's own classes by name."""
        return {
            statement.name: statement
            for statement in module_statements(self.tree)
            if isinstance(statement, ast.ClassDef)
        }


def parse(source: SourceText) -> Module | SyntaxProblem:
    """Parse a text as a Python module, with what later versions than the running one added to the language.

    The compiler's own limits on nesting are answers like any other: a text that is too deeply nested is a
    :class:`SyntaxProblem` on its first line.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = _parsed(_without_bom(source.content))
    except SyntaxError as error:
        conflict = _conflict(source)
        if conflict is not None:
            return SyntaxProblem(CONFLICT, conflict)
        return SyntaxProblem(error.msg or "invalid syntax", _error_span(source, error))
    except (RecursionError, MemoryError):
        return SyntaxProblem("the code is nested too deeply to be read", first_line(source))
    except ValueError as error:
        return SyntaxProblem(str(error), first_line(source))
    if _LONG_NUMBER.search(source.content) and any(map(_is_huge, ast.walk(tree))):
        return SyntaxProblem("a number is too long to be read", first_line(source))
    return Module(source, tree)


def _parsed(content: str) -> ast.Module:
    """The tree of a text, which may be written for a later Python than the running one."""
    try:
        return ast.parse(content)
    except SyntaxError:
        older = in_older_words(content)
        if older is None:
            raise
        try:
            return ast.parse(older)
        except (SyntaxError, ValueError):
            pass
        raise


def _without_bom(content: str) -> str:
    """The text as Python takes it: a buffer may begin with a byte order mark, which a file loses when it is decoded.

    Form feeds take its place, as many as it has bytes: they count nothing as indentation, and columns stay what they are.
    """
    return "\f" * len(_BOM.encode()) + content[1:] if content.startswith(_BOM) else content


def _conflict(source: SourceText) -> Span | None:
    """The first line of a merge conflict."""
    if "\n<<<<<<<" not in source.content and not source.content.startswith("<<<<<<<"):
        return None
    match = _CONFLICT.search(source.content)
    if match is None:
        return None
    row, _ = source.lines.position(match.start())
    return Span(*source.lines.line_bounds(row))


def _is_huge(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int)
        and node.value.bit_length() > _MOST_BITS
    )


def module_statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements that run when the module is imported, those under ``if``, ``try`` and ``with`` included."""
    pending = list(reversed(tree.body))
    while pending:
        statement = pending.pop()
        yield statement
        match statement:
            case ast.If(orelse=[_, *_]) if is_type_checking(statement.test):
                # What only a type checker sees is what the other half says when it runs; names of types stay known.
                imports = [item for item in statement.body if isinstance(item, ast.Import | ast.ImportFrom)]
                pending.extend(reversed(imports + statement.orelse))
            case ast.If():
                pending.extend(reversed(statement.body + statement.orelse))
            case ast.Try():
                handlers = [inner for handler in statement.handlers for inner in handler.body]
                pending.extend(reversed(statement.body + handlers + statement.orelse + statement.finalbody))
            case ast.With():
                pending.extend(reversed(statement.body))
            case _:
                pass


def is_type_checking(test: ast.expr) -> bool:
    """Whether a condition is ``TYPE_CHECKING``, which is false when the code runs."""
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def type_alias(statement: ast.stmt) -> tuple[ast.expr, ast.expr] | None:
    """The name and the value of a ``type`` statement, for which Python 3.11 has no class."""
    if type(statement).__name__ != "TypeAlias":
        return None
    name, value = (cast("ast.expr", vars(statement)[field]) for field in ("name", "value"))
    return name, value


def assigned(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """The names that statements, such as those of a class, give a value one by one, and the values."""
    for item in body:
        match item:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
                yield name, value
            case _:
                pass


def _error_span(source: SourceText, error: SyntaxError) -> Span:
    lines = source.lines
    row = max((error.lineno or 1) - 1, 0)
    start, end = lines.line_bounds(row)
    column = max((error.offset or 1) - 1, 0)
    at = min(start + column, end)
    return Span(at, end) if at < end else Span(start, end)


def first_line(source: SourceText) -> Span:
    """The first line that is neither blank nor a comment, so that a comment above it can speak of it."""
    for row in range(min(len(source.lines.starts), 200)):
        text = source.lines.line(row).strip()
        if text and not text.startswith("#"):
            return Span(*source.lines.line_bounds(row))
    return Span(*source.lines.line_bounds(0))
