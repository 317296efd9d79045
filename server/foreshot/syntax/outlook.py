"""What an evaluation may ask of the world around its file."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Protocol, TypeAlias

from foreshot.syntax.values import FunctionValue, Ref, Value
from foreshot.text import Span

if TYPE_CHECKING:
    from foreshot.syntax.evaluate import Scope

Decided: TypeAlias = tuple[frozenset[str], bool]
"""Dialects, and whether a condition holds on just these, or on all but these."""


class Outlook(Protocol):
    """What is known of dialects and of other modules to whoever reads a file."""

    def dialects(self, test: ast.expr, scope: Scope, depth: int) -> Decided | None:
        """What a condition says of the dialect; None when it asks anything else."""
        ...

    def value(self, path: str, depth: int) -> Value:
        """What a dotted path of another module of the project leads to; ``folding.MISSING`` when that is not told."""
        ...

    def home(self, path: str) -> tuple[Scope, str] | None:
        """The names of the module that defines the class at a dotted path of the project, and what it is called there."""
        ...

    def kept(self, value: Value, span: Span) -> Value:
        """What a function of another module returned to a call, as far as it is taken; ``folding.MISSING`` when it is not."""
        ...

    def name_of(self, function: FunctionValue, written: str, span: Span) -> Ref:
        """The dotted name of a function of another module."""
        ...

    def release(self) -> None:
        """Forget every name of other modules."""
        ...
