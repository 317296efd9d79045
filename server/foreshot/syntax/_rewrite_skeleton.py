"""A call with its parts put aside, so that only its own layout is left to be looked at.

``op.f("a" + g(1), k=[x],  # why\\n)`` becomes ``_0_(_1_, k=_2_,  # why\\n)``: whatever the arguments are,
nothing in it is nested but the parentheses around an argument.
"""

from __future__ import annotations

import ast
import re

from msgspec import Struct
from msgspec.structs import replace

from foreshot.syntax.changes import Refused
from foreshot.syntax.comments import comments_of
from foreshot.syntax.module import SyntaxProblem, parse
from foreshot.text import Edit, SourceText, Span, apply_edits


class Skeleton(Struct, frozen=True):
    """A call whose function and argument values are names that stand for them."""

    text: str
    parts: tuple[str, ...]
    """The function and then each value, as written, in the order of the text."""
    mark: str
    """What a stand-in begins with; it occurs nowhere else."""
    bare_generator: bool
    """Whether the only argument is a generator that has no parentheses of its own."""

    @property
    def comments(self) -> list[str]:
        """The comments between the parts, in order."""
        return [comment.text for comment in comments_of(SourceText(self.text))]

    @property
    def depth(self) -> int:
        """How many parentheses stand inside each other."""
        deepest = depth = 0
        for character in re.sub(r"#[^\r\n]*", "", self.text):
            depth += (character == "(") - (character == ")")
            deepest = max(deepest, depth)
        return deepest

    def plus(self, part: str) -> tuple[str, Skeleton]:
        """A stand-in for one more part, and the skeleton that knows it."""
        return f"{self.mark}{len(self.parts)}_", replace(self, parts=(*self.parts, part))

    def filled(self, text: str) -> str:
        """``text`` with the parts back in the places of their stand-ins."""
        return re.sub(rf"{self.mark}(\d+)_", lambda match: self.parts[int(match[1])], text)


def skeleton_of(call: str) -> Skeleton:
    """The skeleton of a call's text.

    Raises:
        Refused: when the text is not one call.
    """
    text = f"({call})"
    module = parse(SourceText(text))
    node = module.tree.body[0] if not isinstance(module, SyntaxProblem) else None
    if (
        isinstance(module, SyntaxProblem)
        or not isinstance(node, ast.Expr)
        or not isinstance(node.value, ast.Call)
        or module.span(node.value) != Span(1, len(text) - 1)
    ):
        raise Refused("there is no call at that place")
    values = [
        argument.value if isinstance(argument, ast.Starred) else argument for argument in node.value.args
    ]
    values += [keyword.value for keyword in node.value.keywords]
    spans = sorted(module.span(value) for value in values)
    # The tree counts the call's own parentheses to a generator that has no others.
    bare = bool(spans) and spans[0].end == len(text) - 1
    if bare:
        spans = [Span(spans[0].start + 1, spans[0].end - 1)]
    spans.insert(0, module.span(node.value.func))
    mark = "_"
    while mark in call:
        mark += "_"
    stand_ins = [Edit(span, f"{mark}{number}_") for number, span in enumerate(spans)]
    parts = tuple(module.text(span) for span in spans)
    return Skeleton(apply_edits(text, stand_ins)[1:-1], parts, mark, bare)
