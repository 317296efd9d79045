"""How the statements of a file lie on its lines: what shares a line, what is indented by what."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from foreshot.syntax.changes import Refused
from foreshot.syntax.module import Module, SyntaxProblem, parse
from foreshot.text import Edit, SourceText, Span

_NEWLINE = r"(?:\r\n|\n|\r)"
_REST_OF_LINE = re.compile(rf"[ \t\f]*(?P<comment>#[^\r\n]*)?(?P<newline>{_NEWLINE}|\Z)")
_BETWEEN = re.compile(rf"(?:[ \t\f;]|\\{_NEWLINE})*")
_AFTER_COLON = re.compile(r":([ \t\f]*)\Z")
_NO_LINE_END = re.compile(rf"#[^\r\n]*|\\{_NEWLINE}")
_SEMICOLON = re.compile(r"[ \t\f]*;(?=[ \t\f]*(?:#|\r|\n|\Z))")

_MOST_ON_A_LINE = 100

Block = list[ast.stmt]


class Run(Struct, frozen=True):
    """Neighbouring statements of one block: those at ``first`` to ``last``, both included."""

    block: Block
    first: int
    last: int
    owner: ast.AST
    """The node whose block this is."""


class Layout:
    """A parsed text and where its statements stand.

    Raises:
        Refused: when the text is no Python.
    """

    def __init__(self, content: str) -> None:
        parsed = parse(SourceText(content))
        if isinstance(parsed, SyntaxProblem):
            raise Refused(f"the file has a syntax error: {parsed.message}")
        self.module: Module = parsed
        self.content = content
        self.lines = parsed.source.lines

    def blocks(self) -> Iterator[tuple[ast.AST, Block]]:
        """Every block of statements with its owner, outer before inner."""
        pending: list[ast.AST] = [self.module.tree]
        while pending:
            owner = pending.pop()
            inner: list[ast.AST] = []
            for field in ("body", "handlers", "cases", "orelse", "finalbody"):
                children = getattr(owner, field, None)
                if isinstance(children, list) and children:
                    if isinstance(children[0], ast.stmt):
                        yield owner, children  # pyright: ignore[reportUnknownVariableType]
                    inner += children  # pyright: ignore[reportUnknownArgumentType]
            pending += reversed(inner)

    def run(self, span: Span) -> Run:
        """The statements that ``span`` covers exactly; a function may be given with or without its decorators.

        Raises:
            Refused: when there are none, or they are the ``elif`` of an ``if``.
        """
        row = self.lines.position(span.start)[0] + 1
        last_row = self.lines.position(span.end)[0] + 1
        for owner, block in self.blocks():
            first = None
            for index, statement in enumerate(block):
                if row in (statement.lineno, _decorated_line(statement)) and span.start in (
                    self.start(statement),
                    self.module.span(statement).start,
                ):
                    first = index
                if first is not None and statement.end_lineno == last_row and self.end(statement) == span.end:
                    if self.content.startswith("elif", self.start(block[first])):
                        raise Refused("an elif is part of its if")
                    return Run(block, first, index, owner)
        raise Refused("there is no statement at that place")

    def function(self, span: Span) -> ast.FunctionDef | ast.AsyncFunctionDef:
        """The function whose span is ``span``.

        Raises:
            Refused: when there is none.
        """
        run = self.run(span)
        function = run.block[run.first]
        if run.first == run.last and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return function
        raise Refused("there is no function at that place")

    def start(self, statement: ast.stmt) -> int:
        """Where a statement begins, its decorators included."""
        decorators = getattr(statement, "decorator_list", None)
        if not decorators:
            return self.module.span(statement).start
        at = self.module.span(decorators[0]).start
        while at > 0:
            at = self.content.rfind("@", 0, at)
            if not self.content[self.line_start(at) : at].strip():
                return at
        raise Refused("a decorator is in an unexpected place")

    def end(self, statement: ast.stmt) -> int:
        """Where a statement ends."""
        return self.module.span(statement).end

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return self.lines.starts[self.lines.position(offset)[0]]

    def indent(self, offset: int) -> str:
        """The white space in front of the line of an offset."""
        text = self.lines.line(self.lines.position(offset)[0])
        return text[: len(text) - len(text.lstrip(" \t\f"))].rpartition("\f")[2]

    def unit(self, indent: str) -> str:
        """One more level of indentation for a block indented by ``indent``, as the file does it."""
        if "\t" in indent:
            return "\t"
        for owner, block in self.blocks():
            if isinstance(owner, ast.stmt) and block[0].lineno > owner.lineno:
                outer, inner = self.indent(self.start(owner)), self.indent(self.start(block[0]))
                if inner.startswith(outer) and len(inner) > len(outer) and (not indent or "\t" not in inner):
                    return inner[len(outer) :]
        return "    "

    def indented(self, code: str, indent: str, newline: str, *, first: bool = True) -> str:
        """Code as :func:`indented` writes it, with tabs where the file has them."""
        return indented(code, indent, newline, tabs="\t" in self.unit(indent), first=first)

    def rest_of_line(self, offset: int) -> re.Match[str] | None:
        """Comment and line end after a statement that ends at ``offset``; None when more follows on its line."""
        return _REST_OF_LINE.match(self.content, offset)

    def begins_line(self, block: Block, index: int) -> bool:
        """Whether no statement or header stands in front of this one on its (logical) line."""
        start = self.start(block[index])
        line_start = self.line_start(start)
        if self.content[line_start:start].strip(" \t\f"):
            return False
        row = self.lines.position(start)[0]
        if row == 0 or not self.lines.line(row - 1).endswith("\\"):
            return True
        if index == 0:
            raise Refused("a backslash joins the lines there")
        between = _NO_LINE_END.sub("", self.content[self.end(block[index - 1]) : start])
        return "\n" in between or "\r" in between

    def stands_alone(self, run: Run) -> bool:
        """Whether the statements have their lines to themselves."""
        return (
            all(self.begins_line(run.block, index) for index in range(run.first, run.last + 1))
            and self.rest_of_line(self.end(run.block[run.last])) is not None
        )

    def separating_edits(self, run: Run, newline: str) -> list[Edit]:
        """The edits that give each statement on the lines of ``run`` a line of its own.

        Raises:
            Refused: when what stands between them is not understood.
        """
        block, first, last = run.block, run.first, run.last
        while first > 0 and not self.begins_line(block, first):
            first -= 1
        while last + 1 < len(block) and not self.begins_line(block, last + 1):
            last += 1
        if last - first > _MOST_ON_A_LINE:
            raise Refused("too many statements share that line")
        if self.begins_line(block, first):
            indent = self.indent(self.start(block[first]))
        else:
            indent = self._indent_of_block(run.owner)
        edits: list[Edit] = []
        for index in range(first, last + 1):
            if self.begins_line(block, index):
                continue
            start = self.start(block[index])
            if index > 0:
                before = self.end(block[index - 1])
                understood = _BETWEEN.fullmatch(self.content, before, start)
            else:
                understood = _AFTER_COLON.search(self.content, self.line_start(start), start)
                before = understood.start(1) if understood else start
            if understood is None:
                raise Refused("the statements on that line cannot be separated")
            edits.append(Edit(Span(before, start), newline + indent))
        semicolon = _SEMICOLON.match(self.content, self.end(block[last]))
        if semicolon:
            edits.append(Edit(Span(*semicolon.span()), ""))
        if not edits:
            raise Refused("more than a comment follows the statement on its line")
        return edits

    def _indent_of_block(self, owner: ast.AST) -> str:
        if not isinstance(owner, ast.stmt | ast.ExceptHandler):
            raise Refused("the block is written on the line of its header")
        row = owner.lineno - 1
        outer = self.indent(self.lines.starts[row])
        return outer + self.unit(outer)


@lru_cache(maxsize=2)
def layout_of(content: str) -> Layout:
    """The layout of a text as it stands in a file. The last are remembered: all repairs of a file begin with one.

    Raises:
        Refused: when the text is no Python.
    """
    return Layout(content)


def indented(code: str, indent: str, newline: str, *, tabs: bool = False, first: bool = True) -> str:
    """Python ``code`` with the indentation and line ends of where it goes; inside strings nothing is indented.

    Blank lines around it go, those in it stay. With ``tabs``, four spaces of the code become a tab; ``first``
    tells whether its first line is indented too.

    Raises:
        Refused: when it is no Python or nothing.
    """
    if first and code[:1].strip() and "\n" not in code and "\r" not in code:
        # One line, as most code is: nothing in it could be told apart.
        return indent + code
    lines = re.split(_NEWLINE, code)
    inside = string_rows("\n".join(lines))
    while lines and not lines[-1].strip():
        lines.pop()
    skipped = 0
    while skipped < len(lines) and not lines[skipped].strip():
        skipped += 1
    if skipped == len(lines):
        raise Refused("there is no code to write")
    placed: list[str] = []
    for row, line in enumerate(lines[skipped:], skipped):
        if row in inside:
            placed.append(line)
        elif not line.strip():
            placed.append("")
        else:
            if tabs:
                text = line.lstrip(" ")
                line = (len(line) - len(text)) // 4 * "\t" + (len(line) - len(text)) % 4 * " " + text
            placed.append(line if row == skipped and not first else indent + line)
    return newline.join(placed)


def string_rows(text: str) -> set[int]:
    """The rows of a text, counted from 0, that begin inside a string literal.

    Raises:
        Refused: when it is no Python.
    """
    rows: set[int] = set()
    opened: list[int] = []
    # The tokenizer knows `\n` only in some versions of Python; rows are the same with every line end.
    lines = io.StringIO(re.sub(_NEWLINE, "\n", text), newline="\n")
    try:
        for token in tokenize.generate_tokens(lines.readline):
            kind = tokenize.tok_name[token.type]
            # Rows of tokens count from 1, so that the start's number is that of the row after it.
            if kind == "STRING":
                rows.update(range(token.start[0], token.end[0]))
            elif kind in ("FSTRING_START", "TSTRING_START"):
                opened.append(token.start[0])
            elif kind in ("FSTRING_END", "TSTRING_END"):
                rows.update(range(opened.pop(), token.end[0]))
    except (tokenize.TokenError, SyntaxError, RecursionError) as error:
        raise Refused(f"the code cannot be read: {error}") from error
    return rows


def _decorated_line(statement: ast.stmt) -> int | None:
    decorators = getattr(statement, "decorator_list", None)
    return decorators[0].lineno if decorators else None
