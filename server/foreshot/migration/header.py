"""The header of a revision file: which revision it is and which it follows, read from its assignments.

Alembic imports the file and takes the module's attributes (``alembic/script/base.py``, ``Script._from_path``):
``revision`` must be a string, ``down_revision`` must exist, and ``down_revision``, ``depends_on`` and
``branch_labels`` are None, a string, or any iterable of strings. Here the same is read from the tree alone. It is
done for every file of a project, so the statements of the module are walked once and nothing else is evaluated.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property

from foreshot.migration.revision_parts import HeaderProblem, RevisionHeader
from foreshot.syntax.module import Module, SyntaxProblem, module_statements, parse
from foreshot.text import SourceText, Span

_FIELDS = frozenset({"revision", "down_revision", "branch_labels", "depends_on"})
_DOCSTRING_LINE = re.compile(r"^[ \t]*(Revision ID|Revises|Create Date)[ \t]*:[ \t]*(.*)$", re.MULTILINE)
_NO_PARENT = frozenset({"", "None", "<base>", "base"})
_TOP_LINE = re.compile(r"^[^\s#)\]}]", re.MULTILINE)
_FIELD_LINE = re.compile(r"^(?:revision|down_revision|branch_labels|depends_on)\b", re.MULTILINE)
_MAX_CUTS = 4
"""How many statements above a broken one are given up before the header is."""
_MAX_HOPS = 8
"""How many module constants are followed from one name to the next."""


def read_header(module: Module) -> RevisionHeader | None:
    """The header of a file, or None when the module assigns no ``revision``: it is no revision file.

    Never raises. What cannot be read is left out and said in ``problems``.
    """
    assigned = _assignments(module.tree)
    if "revision" not in assigned:
        return None
    reader = _Reader(module)
    span = module.span
    revision, _ = reader.read("revision", assigned["revision"])
    parents, parent_spans = reader.read("down_revision", assigned.get("down_revision", ()))
    labels, _ = reader.read("branch_labels", assigned.get("branch_labels", ()))
    depends, depends_spans = reader.read("depends_on", assigned.get("depends_on", ()))
    if "down_revision" not in assigned:
        reader.problem(
            "down_revision",
            "Alembic cannot load this file: it assigns `revision` and no `down_revision` (None for the first revision)",
            assigned["revision"][-1],
        )
    doc = _Docstring(module.tree)
    return RevisionHeader(
        revision=revision[0] if revision else "",
        down_revisions=parents,
        branch_labels=labels,
        depends_on=depends,
        message=doc.message,
        spans={field: span(values[-1]) for field, values in assigned.items()},
        down_spans=parent_spans,
        depends_spans=depends_spans,
        problems=tuple(reader.problems),
        docstring_revision=doc.revision,
        docstring_revises=doc.revises,
        create_date=doc.create_date,
    )


def read_header_above(source: SourceText, problem: SyntaxProblem) -> RevisionHeader | None:
    """The header of a file that does not parse, when it is whole above the statement that is broken.

    So that a file of Python 2, or one that is opened half-written, keeps its place in the graph. None when the
    header is not certain to be complete: a field is missing, or a line below may assign one again.
    """
    content = source.content
    for _ in range(_MAX_CUTS):
        cut = max(
            (match.start() for match in _TOP_LINE.finditer(content, 0, problem.span.start + 1)), default=0
        )
        if not cut or _FIELD_LINE.search(source.content, cut):
            return None
        content = content[:cut]
        module = parse(SourceText(content))
        if isinstance(module, Module):
            header = read_header(module)
            return header if header is not None and "down_revision" in header.spans else None
        problem = module
    return None


def docstring_line(module: Module, name: str) -> Span | None:
    """Where the docstring says what follows ``name:``, such as ``Revises``; None when it has no such line.

    The span is in the source text, so that it can be edited; a docstring with escapes is searched as it is written.
    """
    literal = _docstring_node(module.tree)
    if literal is None:
        return None
    span = module.span(literal)
    for match in _DOCSTRING_LINE.finditer(module.content, span.start, span.end):
        if match[1] == name:
            end = match.start(2) + len(match[2].rstrip())
            return Span(match.start(2), end)
    return None


def _assignments(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """The values of the header's names: the last one, and before it those that it may not have replaced."""
    found: dict[str, list[ast.expr]] = {}
    for statement in tree.body:
        kind = type(statement)
        if kind is ast.Assign or kind is ast.AnnAssign:
            for name, value in _bindings(statement):
                if name in _FIELDS:
                    found[name] = [value]
        elif isinstance(statement, ast.AugAssign):
            target, value = statement.target, statement.value
            if isinstance(target, ast.Name) and target.id in found:
                joined = ast.BinOp(found[target.id][-1], statement.op, value)
                found[target.id] = [ast.copy_location(joined, value)]
        elif kind is ast.If or kind is ast.Try or kind is ast.With:
            for inner in module_statements(ast.Module(body=[statement], type_ignores=[])):
                for name, value in _bindings(inner):
                    if name in _FIELDS:
                        found.setdefault(name, []).append(value)
    return found


def _bindings(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """The names that an assignment binds and their values; ``a, b = 1, 2`` binds each."""
    if isinstance(statement, ast.Assign):
        value = statement.value
        for target in statement.targets:
            if isinstance(target, ast.Name):
                yield target.id, value
            elif isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
                if len(target.elts) == len(value.elts):
                    for part, item in zip(target.elts, value.elts, strict=True):
                        if isinstance(part, ast.Name):
                            yield part.id, item
            elif isinstance(target, ast.Tuple | ast.List):
                for part in target.elts:
                    if isinstance(part, ast.Name):
                        yield part.id, value
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        yield statement.target.id, statement.value


class _Reader:
    """Turns the expressions of one header into strings, and collects what cannot be."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.problems: list[HeaderProblem] = []
        self._sequences: dict[int, tuple[tuple[str, ...], tuple[Span, ...]]] = {}
        self._growing: dict[str, bool] = {}

    def read(
        self, field: str, values: list[ast.expr] | tuple[()]
    ) -> tuple[tuple[str, ...], tuple[Span, ...]]:
        """The strings of a field and the span of each."""
        if not values:
            return (), ()
        answer = self._strings(field, values[-1])
        if len(values) > 1:
            before = len(self.problems)
            others = [self._strings(field, value)[0] for value in values[:-1]]
            del self.problems[before:]
            if any(other != answer[0] for other in others):
                self.problem(
                    field,
                    f"`{field}` depends on a condition; its last value in the file was read",
                    values[-1],
                    certain=False,
                )
        return answer

    def problem(self, field: str, message: str, at: ast.expr, *, certain: bool = True) -> None:
        """Note what is wrong with a field."""
        self.problems.append(HeaderProblem(field, message, self.module.span(at), certain))

    def _strings(self, field: str, expression: ast.expr) -> tuple[tuple[str, ...], tuple[Span, ...]]:
        if type(expression) is ast.Constant:
            value = expression.value
            if type(value) is str:
                if not value and field in ("revision", "depends_on"):
                    if field == "revision":
                        self.problem(field, "the revision id is empty", expression)
                    return (), ()
                return (value,), (self.module.span(expression),)
            if value is None and field != "revision":
                return (), ()
            self._refuse(field, expression, value)
            return (), ()
        resolved = self._resolve(expression)
        if field != "revision" and isinstance(resolved, ast.Tuple | ast.List | ast.Set):
            if not isinstance(resolved, ast.Tuple) and self._may_grow(field, expression):
                self._refuse_expression(field, expression, expression)
            known = self._sequences.get(id(resolved))
            if known is None:
                known = self._sequences[id(resolved)] = self._items(field, resolved)
            return known
        if field != "revision" and isinstance(resolved, ast.Constant) and resolved.value is None:
            return (), ()
        text = _text(resolved)
        if text is not None:
            return (text,), (self.module.span(expression),)
        self._refuse_expression(field, expression, resolved)
        return (), ()

    def _items(
        self, field: str, sequence: ast.Tuple | ast.List | ast.Set
    ) -> tuple[tuple[str, ...], tuple[Span, ...]]:
        """The items of a sequence. ``(None,)`` is the same as None to Alembic; None among others is refused."""
        items = sequence.elts
        if len(items) == 1 and isinstance(items[0], ast.Constant) and items[0].value is None:
            return (), ()
        texts: list[str] = []
        spans: list[Span] = []
        for item in items:
            resolved = self._resolve(item)
            text = _text(resolved)
            if text is None:
                self._refuse_expression(field, item, resolved)
                continue
            texts.append(text)
            spans.append(self.module.span(item))
        return tuple(texts), tuple(spans)

    def _resolve(self, expression: ast.expr) -> ast.expr:
        """What a plain name stands for: the module's assignment to it that comes last before its use."""
        for _ in range(_MAX_HOPS):
            if not isinstance(expression, ast.Name):
                return expression
            places, values = self._assigned.get(expression.id, ([], []))
            at = bisect_left(places, (expression.lineno, expression.col_offset)) - 1
            while at >= 0 and values[at] is expression:
                at -= 1
            if at < 0:
                return expression
            expression = values[at]
        return expression

    @cached_property
    def _assigned(self) -> dict[str, tuple[list[tuple[int, int]], list[ast.expr]]]:
        """What the module's statements give each name, in order, and where each statement begins."""
        found: dict[str, tuple[list[tuple[int, int]], list[ast.expr]]] = {}
        for statement in self.module.tree.body:
            for name, value in _bindings(statement):
                places, values = found.setdefault(name, ([], []))
                places.append((statement.lineno, statement.col_offset))
                values.append(value)
        return found

    def _may_grow(self, field: str, expression: ast.expr) -> bool:
        """Whether a list or set that a field holds seems to be changed later: by a method, an item or ``+=``."""
        names = {field, expression.id} if isinstance(expression, ast.Name) else {field}
        for name in names - self._growing.keys():
            found = re.search(rf"\b{name}\s*+(?:[.\[]|[-+|&^]=)", self.module.content)
            self._growing[name] = found is not None
        return any(self._growing[name] for name in names)

    def _refuse_expression(self, field: str, expression: ast.expr, resolved: ast.expr) -> None:
        if isinstance(resolved, ast.Constant):
            self._refuse(field, expression, resolved.value)
        elif field == "revision" and isinstance(resolved, ast.Tuple | ast.List | ast.Set | ast.Dict):
            self.problem(field, "Alembic takes one string as `revision`", expression)
        else:
            self.problem(
                field,
                f"`{field}` is an expression that cannot be read without running it",
                expression,
                certain=False,
            )

    def _refuse(self, field: str, expression: ast.expr, value: object) -> None:
        """A constant that is no string.

        Alembic 1.20 stops with a TypeError at such a ``revision`` (``Revision.verify_rev_id`` iterates it) or
        parent (it is joined into a warning), and with a KeyError at such a dependency
        (``RevisionMap._add_depends_on`` looks it up among strings).
        """
        kind = "None" if value is None else type(value).__name__
        error = "KeyError" if field == "depends_on" else "TypeError"
        if field == "branch_labels":
            message = f"a branch label is a string; this is {kind}"
        elif isinstance(value, int) and not isinstance(value, bool):
            message = f"Alembic stops with a {error}: the id is a number; write it as a string, in quotes"
        else:
            message = f"Alembic stops with a {error}: a revision id is a string; this is {kind}"
        self.problem(field, message, expression)


def _text(expression: ast.expr) -> str | None:
    """The string of a literal, of an f-string without values, or of literals joined with ``+``; else None."""
    if isinstance(expression, ast.Constant):
        return expression.value if isinstance(expression.value, str) else None
    if not isinstance(expression, ast.BinOp | ast.JoinedStr):
        return None
    pieces: list[str] = []
    pending: list[ast.expr] = [expression]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            pieces.append(node.value)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            pending += (node.right, node.left)
        elif isinstance(node, ast.JoinedStr):
            pending.extend(reversed(node.values))
        else:
            return None
    return "".join(pieces)


class _Docstring:
    """What the docstring says of the revision."""

    def __init__(self, tree: ast.Module) -> None:
        self.message = ""
        self.revision: str | None = None
        self.revises: tuple[str, ...] | None = None
        self.create_date: str | None = None
        node = _docstring_node(tree)
        if node is None:
            return
        text = node.value
        assert isinstance(text, str)
        first = text.strip().partition("\n")[0].strip()
        self.message = "" if _DOCSTRING_LINE.match(first) else first
        for name, value in _DOCSTRING_LINE.findall(text):
            value = value.strip()
            if name == "Revises":
                names = (part.strip(" \t()[]'\"") for part in value.split(","))
                self.revises = tuple(part for part in names if part not in _NO_PARENT)
            elif name == "Revision ID":
                self.revision = value
            else:
                self.create_date = value


def _docstring_node(tree: ast.Module) -> ast.Constant | None:
    if not tree.body:
        return None
    first = tree.body[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        return first.value
    return None
