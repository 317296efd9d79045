"""A revision's text as two texts: the first statements of ``upgrade()`` as a revision that comes before it."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from foreshot.lint.finding import NewFile, Split
from foreshot.syntax.changes import Refused
from foreshot.text import Edit, SourceText, Span

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def divided(source: SourceText, text: str, split: Split) -> tuple[tuple[Edit, ...], NewFile]:
    """Edits that make the later revision of a file, and the file of the earlier one.

    Args:
        source: the file as it is.
        text: its content once the repair's own changes are made.
        split: where it is divided.

    Raises:
        Refused: where statements share a line, or the header is not written as Alembic writes it.
    """
    lines = _LINE.findall(text)
    tree = ast.parse(text)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    upgrade, downgrade = functions.get("upgrade"), functions.get("downgrade")
    if upgrade is None:
        raise Refused("the file has no upgrade()")
    cuts = [_cut(upgrade, lines, split.upgrades)]
    if downgrade is not None:
        body = _body(downgrade)
        cuts.append(_cut(downgrade, lines, len(body) - split.downgrades))
    names = _header(tree)
    first, last = list(lines), list(lines)
    for number, (start, middle, end, indent) in enumerate(cuts):
        # upgrade(): its beginning is the earlier revision's; downgrade(): its end.
        earlier, later = ((middle, end), (start, middle)) if number == 0 else ((start, middle), (middle, end))
        restores = split.restores if number else ""
        _blank(first, earlier, (start, end), indent, source.newline)
        _blank(last, later, (start, end), indent, source.newline, restores)
    old = names["revision"][1]
    first = _renamed(first, names["revision"][0], split.revision)
    first = _said(first, tree, "Revision ID", old, split.revision)
    last = _renamed(last, names["down_revision"][0], split.revision)
    last = _said(last, tree, "Revises", None, split.revision)
    return tuple(_edits(source.content, "".join(last))), NewFile(split.path, "".join(first))


def _body(function: ast.FunctionDef) -> list[ast.stmt]:
    skipped = 1 if ast.get_docstring(function, clean=False) is not None else 0
    return function.body[skipped:]


def _cut(function: ast.FunctionDef, lines: Sequence[str], count: int) -> tuple[int, int, int, str]:
    """The rows where the statements begin, where ``count`` of them have gone by, and where they end; their indentation."""
    body = _body(function)
    ends = [statement.end_lineno or statement.lineno for statement in body]
    starts = [statement.lineno for statement in body]
    if any(start <= end for start, end in zip(starts[1:], ends, strict=False)) or not body:
        raise Refused("statements share a line")
    first = function.body[0].end_lineno if body[0] is not function.body[0] else function.lineno
    header = first or function.lineno
    while body[0] is function.body[0] and not lines[header - 1].split("#")[0].rstrip().endswith(":"):
        header += 1
        if header >= starts[0]:
            raise Refused("the function's header is not understood")
    indent = lines[starts[0] - 1][: body[0].col_offset]
    middle = ends[count - 1] if count else header
    return header, middle, ends[-1], indent


def _blank(
    lines: list[str],
    gone: tuple[int, int],
    whole: tuple[int, int],
    indent: str,
    newline: str,
    more: str = "",
) -> None:
    """Take rows away and put ``more`` behind what is left; a function that has nothing left passes."""
    for row in range(*gone):
        lines[row] = ""
    if gone == whole or more:
        body = more or "pass"
        lines[whole[1] - 1] += "".join(f"{indent}{line}{newline}" for line in body.split("\n"))
    if gone != whole and gone[0] == whole[0]:
        # What follows begins without blank lines.
        for row in range(gone[1], whole[1]):
            if lines[row].strip():
                break
            lines[row] = ""


def _header(tree: ast.Module) -> dict[str, tuple[ast.expr, str]]:
    """The values of ``revision`` and ``down_revision``."""
    found: dict[str, tuple[ast.expr, str]] = {}
    for node in tree.body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        value = getattr(node, "value", None)
        for target in targets:
            if (
                isinstance(target, ast.Name)
                and isinstance(value, ast.expr)
                and value.lineno == value.end_lineno
            ):
                found[target.id] = value, str(getattr(value, "value", ""))
    if not {"revision", "down_revision"} <= found.keys():
        raise Refused("the header is not written as Alembic writes it")
    return found


def _renamed(lines: list[str], value: ast.expr, new: str) -> list[str]:
    row = value.lineno - 1
    line = lines[row].encode()
    quote = "'" if line[value.col_offset : value.col_offset + 1] == b"'" else '"'
    after = line[: value.col_offset] + f"{quote}{new}{quote}".encode() + line[value.end_col_offset :]
    return [*lines[:row], after.decode(), *lines[row + 1 :]]


def _said(lines: list[str], tree: ast.Module, field: str, old: str | None, new: str) -> list[str]:
    """The docstring's line about the header, as the header has it now."""
    docstring = tree.body[0] if tree.body and ast.get_docstring(tree, clean=False) is not None else None
    end = docstring.end_lineno if docstring is not None else 0
    made = list(lines)
    for row in range(end or 0):
        match = re.match(rf"({field}:[ ]*)([^\r\n]*)", made[row])
        if match is not None and old in (None, match[2].strip()):
            made[row] = (
                f"{match[1] if match[1].endswith(' ') else match[1] + ' '}{new}{made[row][match.end() :]}"
            )
    return made


def _edits(before: str, after: str) -> list[Edit]:
    """The lines that differ."""
    old, new = _LINE.findall(before), _LINE.findall(after)
    at = [0]
    for line in old:
        at.append(at[-1] + len(line))
    return [
        Edit(Span(at[a], at[b]), "".join(new[c:d]))
        for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if what != "equal"
    ]
