"""What is looked at before a call is changed: that it is one, and that its new value is."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import lru_cache

from foreshot.syntax._rewrite_layout import Layout
from foreshot.syntax.changes import Change, Refused, RemoveArgument, SetArgument


def check_calls(layout: Layout, changes: Sequence[Change]) -> None:
    """Refuse arguments of what is no call in the tree, or one inside an f-string, whose quotes are not free."""
    wanted = {change.call for change in changes if isinstance(change, SetArgument | RemoveArgument)}
    rows = {layout.lines.position(span.start)[0] + 1 for span in wanted}
    pending: list[ast.AST] = list(layout.module.tree.body) if wanted else []
    while pending:
        node = pending.pop()
        if isinstance(node, ast.JoinedStr):
            continue
        if isinstance(node, ast.Call) and node.lineno in rows:
            wanted.discard(layout.module.span(node))
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", None)
        # A decorated definition begins above the line that it says.
        if last is None or hasattr(node, "decorator_list") or any(first <= row <= last for row in rows):
            pending.extend(ast.iter_child_nodes(node))
    if wanted:
        raise Refused("there is no call at that place")


@lru_cache(maxsize=512)
def check_value(name: str, value: str) -> None:
    """Refuse a value that is not one expression."""
    try:
        call = ast.parse(f"f({name}={value.strip()})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Refused(f"the value for {name} is not valid Python: {error}") from error
    if not isinstance(call, ast.Call) or call.args or [keyword.arg for keyword in call.keywords] != [name]:
        raise Refused(f"the value for {name} is not one expression")


def same(one: str, other: str) -> bool:
    """Whether two expressions differ in nothing but their layout."""
    try:
        return ast.dump(ast.parse(f"({one})")) == ast.dump(ast.parse(f"({other})"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return one == other


def indent_at(content: str, offset: int) -> str:
    """What the line of a place is indented by."""
    start = max(content.rfind("\n", 0, offset), content.rfind("\r", 0, offset)) + 1
    line = content[start:offset]
    return line[: len(line) - len(line.lstrip(" \t"))]
