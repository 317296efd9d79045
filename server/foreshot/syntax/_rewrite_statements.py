"""Statements come, go and are indented: changes for which positions of the tree and text are enough."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import lru_cache

from foreshot.syntax._rewrite_draft import Draft
from foreshot.syntax._rewrite_layout import Block, Layout, Run, string_rows
from foreshot.syntax.changes import (
    AppendToFunction,
    InsertAfter,
    InsertBefore,
    PrependToFunction,
    Refused,
    RemoveStatement,
    ReplaceStatement,
    SetFunctionBody,
    WrapStatements,
)
from foreshot.syntax.comments import string_around
from foreshot.text import Edit, Span

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LEAVING = (ast.Return, ast.Raise)
# `# foreshot: ignore[…]`, `# type: ignore`, `# pylint: disable=…` speak of the line below them.
_DIRECTIVE = re.compile(r"\s*#+\s*[\w-]+\s*:\s*(?:ignore|disable|skip)\b")

Find = Callable[[Layout], Run]


def insert_before(draft: Draft, change: InsertBefore, newline: str) -> None:
    """Write code on lines of its own before a statement."""
    _insert_before(draft, _covering(draft, change.statement), change.code, newline)


def insert_after(draft: Draft, change: InsertAfter, newline: str) -> None:
    """Write code on lines of its own after a statement."""
    _insert_after(draft, _covering(draft, change.statement), change.code, newline)


def replace_statement(draft: Draft, change: ReplaceStatement, newline: str) -> None:
    """Write code in place of a statement; the comment that ends its last line stays."""
    _replace(draft, _covering(draft, change.statement), change.code, newline)


def remove_statement(draft: Draft, change: RemoveStatement, newline: str) -> None:
    """Take a statement away with its lines, the comment that ends them, and a blank line too many."""
    layout = draft.layout
    run = layout.run(draft.locate(change.statement))
    block, index = run.block, run.first
    start, end = layout.start(block[index]), layout.end(block[run.last])
    begins = layout.begins_line(block, index)
    rest = layout.rest_of_line(end)
    if len(block) == run.last - run.first + 1 and not isinstance(run.owner, ast.Module):
        ends = rest.end("comment") if rest and rest["comment"] else end
        draft.apply([Edit(Span(start, ends), "pass")])
    elif not begins and index > 0:
        draft.apply([Edit(Span(layout.end(block[index - 1]), end), "")])
    elif run.last + 1 < len(block) and not layout.begins_line(block, run.last + 1):
        draft.apply([Edit(Span(start, layout.start(block[run.last + 1])), "")])
    elif rest is None:
        _alone(draft, _covering(draft, change.statement), newline)
        remove_statement(draft, change, newline)
    else:
        draft.apply([Edit(_lines_to_remove(layout, start, rest.end(), first=index == 0), "")])


def wrap_statements(draft: Draft, change: WrapStatements, newline: str) -> None:
    """Indent statements under a header; what lies inside strings keeps its columns."""
    _check_header(change.header)
    first, last = change.first, change.last

    def find(layout: Layout) -> Run:
        return layout.run(Span(draft.locate(first).start, draft.locate(last).end))

    layout, run = _alone(draft, find, newline)
    start = layout.start(run.block[run.first])
    indent = layout.indent(start)
    unit = layout.unit(indent)
    begin, end = _with_directives(layout, start), layout.end(run.block[run.last])
    inside = string_rows(layout.content[begin:end])
    top = layout.lines.position(begin)[0]
    joined = _follows_its_like(layout, run, change.header)
    head = "" if joined else layout.indented(change.header, indent, newline) + newline
    lead = layout.indented(change.lead, indent + unit, newline) + newline if change.lead else ""
    edits = [Edit(Span(begin, begin), head + lead)] if head or lead else []
    # Comments between a block and what goes into it stand in it as well.
    above = layout.lines.position(layout.end(run.block[run.first - 1]))[0] + 1 if joined else top
    for row in range(above, layout.lines.position(end)[0] + 1):
        line_start, line_end = layout.lines.line_bounds(row)
        line = layout.content[line_start:line_end]
        if line.strip() and row - top not in inside:
            # Behind what the whole block shares, so that tabs and spaces keep their order.
            shared = line.rfind("\f", 0, len(line) - len(line.lstrip())) + 1
            shared += len(indent) if line.startswith(indent, shared) else 0
            edits.append(Edit(Span(line_start + shared, line_start + shared), unit))
    if change.tail:
        at = layout.lines.line_bounds(layout.lines.position(end)[0])[1]
        edits.append(Edit(Span(at, at), newline + layout.indented(change.tail, indent + unit, newline)))
    draft.apply(edits)


def _follows_its_like(layout: Layout, run: Run, header: str) -> bool:
    """Whether a block with the same header ends right before the statements."""
    before = run.block[run.first - 1] if run.first else None
    if not isinstance(before, ast.With) or not layout.begins_line(run.block, run.first - 1):
        return False
    text = layout.content[layout.start(before) : layout.start(before.body[0])]
    return text.strip() == header and before.body[0].lineno > before.lineno


def set_function_body(draft: Draft, change: SetFunctionBody, newline: str) -> None:
    """Write code in place of a function's statements, from the first after its docstring to the last."""
    code = change.code if change.code.strip() else "pass"
    _in_function(draft, change.function, code, newline, _replace_with_comment)


def append_to_function(draft: Draft, change: AppendToFunction, newline: str) -> None:
    """Write code after a function's last statement."""
    _in_function(draft, change.function, change.code, newline, _append)


def prepend_to_function(draft: Draft, change: PrependToFunction, newline: str) -> None:
    """Write code before a function's first statement."""
    _in_function(draft, change.function, change.code, newline, _prepend)


def _in_function(
    draft: Draft, function: Span, code: str, newline: str, write: Callable[[Draft, Find, str, str], None]
) -> None:
    """Write into the statements of a function that follow its docstring; when there are none, after it."""

    def body(layout: Layout) -> Run:
        node = layout.function(draft.locate(function))
        first = 1 if ast.get_docstring(node, clean=False) is not None else 0
        return Run(node.body, min(first, len(node.body) - 1), len(node.body) - 1, node)

    run = body(draft.layout)
    first = run.block[run.first]
    if (
        len(run.block) == 1
        and isinstance(run.owner, _DEFINITIONS)
        and ast.get_docstring(run.owner) is not None
    ):
        _insert_after(draft, body, code, newline)
    elif run.first == run.last and isinstance(first, ast.Pass) and write is not _replace_with_comment:
        _replace(draft, body, code, newline)
    else:
        write(draft, body, code, newline)


def _append(draft: Draft, body: Find, code: str, newline: str) -> None:
    run = body(draft.layout)
    if any(isinstance(statement, _LEAVING) for statement in run.block):
        raise Refused("the function leaves before its end: nothing after that would run")
    _insert_after(draft, lambda layout: _one(layout, body(layout), last=True), code, newline)


def _prepend(draft: Draft, body: Find, code: str, newline: str) -> None:
    _insert_before(draft, lambda layout: _one(layout, body(layout), last=False), code, newline)


def _one(layout: Layout, run: Run, *, last: bool) -> Run:
    """The first or last statement: lines that others share stay as they are, but for one that begins behind ``def``."""
    if not layout.begins_line(run.block, 0):
        return run
    at = run.last if last else run.first
    return Run(run.block, at, at, run.owner)


def _replace_with_comment(draft: Draft, body: Find, code: str, newline: str) -> None:
    _replace(draft, body, code, newline, with_comment=True)


def _covering(draft: Draft, statement: Span) -> Find:
    return lambda layout: layout.run(draft.locate(statement))


def _alone(draft: Draft, find: Find, newline: str) -> tuple[Layout, Run]:
    """The statements on lines of their own, which they are given when they share one."""
    layout = draft.layout
    run = find(layout)
    if not layout.stands_alone(run):
        draft.apply(layout.separating_edits(run, newline))
        layout = draft.layout
        run = find(layout)
        if not layout.stands_alone(run):
            raise Refused("the statements on that line cannot be separated")
    return layout, run


def _insert_before(draft: Draft, find: Find, code: str, newline: str) -> None:
    layout, run = _alone(draft, find, newline)
    start = layout.start(run.block[run.first])
    at = _with_directives(layout, start)
    indent = layout.indent(start)
    added = _statements(code)
    above = below = 0
    if not indent:
        previous = run.block[run.first - 1 : run.first] if run.first else []
        above = max(_gap(previous, added[:1]) - _blank_lines(layout, at, -1), 0)
        below = _gap(added[-1:], [run.block[run.first]])
    text = newline * above + layout.indented(code, indent, newline) + newline * (below + 1)
    draft.apply([Edit(Span(at, at), text)])


def _insert_after(draft: Draft, find: Find, code: str, newline: str) -> None:
    layout, run = _alone(draft, find, newline)
    last = run.block[run.last]
    indent = layout.indent(layout.start(run.block[run.first]))
    at = _after_deeper_comments(layout, last, indent)
    added = _statements(code)
    above = below = 0
    if not indent:
        above = _gap([last], added[:1])
        following = run.block[run.last + 1 : run.last + 2]
        below = max(_gap(added[-1:], following) - _blank_lines(layout, at, 1), 0) if following else 0
    text = newline * above + layout.indented(code, indent, newline)
    if layout.content[at - 1] in "\r\n":
        text += newline * (below + 1)
    else:
        text = newline + text
    draft.apply([Edit(Span(at, at), text)])


def _replace(draft: Draft, find: Find, code: str, newline: str, *, with_comment: bool = False) -> None:
    layout = draft.layout
    run = find(layout)
    if not _is_one_simple_statement(code):
        layout, run = _alone(draft, find, newline)
    start, end = layout.start(run.block[run.first]), layout.end(run.block[run.last])
    rest = layout.rest_of_line(end)
    if with_comment and rest and rest["comment"]:
        end = rest.end("comment")
    draft.apply([Edit(Span(start, end), layout.indented(code, layout.indent(start), newline, first=False))])


@lru_cache(maxsize=64)
def _statements(code: str) -> Block:
    try:
        return ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Refused(f"the code to write is not valid Python: {error}") from error


def _is_one_simple_statement(code: str) -> bool:
    body = _statements(code)
    if len(body) != 1 or hasattr(body[0], "body"):
        return False
    # A comment in it would reach whatever follows on the line.
    return ast.get_source_segment(code, body[0]) == code.strip()


def _check_header(header: str) -> None:
    body = _statements(header + "\n    pass")
    if len(body) != 1 or [type(inner) for inner in getattr(body[0], "body", ())] != [ast.Pass]:
        raise Refused("the header does not open one block")


def _gap(above: Block, below: Block) -> int:
    """Blank lines between two statements of a module: two around a definition."""
    return 2 if above and below and any(isinstance(node, _DEFINITIONS) for node in above + below) else 0


def _blank_lines(layout: Layout, offset: int, direction: int) -> int:
    """How many blank lines there are from the line of ``offset`` on, or before it."""
    row = layout.lines.position(offset)[0] + min(direction, 0)
    count = 0
    while 0 <= row < len(layout.lines.starts) - 1 and not layout.lines.line(row).strip():
        count += 1
        row += direction
    return count


def _with_directives(layout: Layout, start: int) -> int:
    """Where the lines of a statement begin, with the comments right above it that tell a tool what to leave alone."""
    at = top = layout.line_start(start)
    for row in range(layout.lines.position(start)[0] - 1, -1, -1):
        line = layout.lines.line(row)
        if not line.strip().startswith("#") or string_around(layout.content, layout.lines.starts[row]):
            break
        at = layout.lines.starts[row]
        if _DIRECTIVE.match(line):
            top = at
    return top


def _after_deeper_comments(layout: Layout, last: ast.stmt, indent: str) -> int:
    """Where the lines of a statement end, own-line comments included that are written as part of its block."""
    rest = layout.rest_of_line(layout.end(last))
    at = rest.end() if rest else len(layout.content)
    if not hasattr(last, "body"):
        return at
    for row in range(layout.lines.position(at)[0], len(layout.lines.starts)):
        line = layout.lines.line(row)
        text = line.lstrip()
        if text and not (text.startswith("#") and len(line) - len(text) > len(indent)):
            break
        if text:
            at = layout.lines.starts[row + 1] if row + 1 < len(layout.lines.starts) else len(layout.content)
    return at


def _lines_to_remove(layout: Layout, start: int, end: int, *, first: bool) -> Span:
    """The lines from ``start`` to ``end`` and those blank lines around them that would be too many without."""
    begin = layout.line_start(start)
    above, below = _blank_lines(layout, begin, -1), _blank_lines(layout, end, 1)
    starts = layout.lines.starts
    row, next_row = layout.lines.position(begin)[0], layout.lines.position(end)[0]
    if not layout.content[end:].strip():
        return Span(starts[row - above], end)
    return Span(begin, starts[next_row + (below if first and not above else min(above, below))])
