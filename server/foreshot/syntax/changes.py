"""Descriptions of changes to a file: plain data that rules make cheaply and ``rewrite`` turns into edits.

Spans speak of the text as it is. ``code`` is Python without indentation and with ``\\n`` line ends; it is
indented, and its line ends set, for where it goes.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from foreshot.text import Span


class Refused(ValueError):
    """A change cannot be made safely; the message says why, in words for a person."""


class ReplaceText(Struct, frozen=True):
    """Exactly this span becomes exactly this text (a literal, a name, a piece of an ini file)."""

    span: Span
    text: str


class SetArgument(Struct, frozen=True):
    """The call at ``call`` gets ``name=value``: replaced where it was passed, by keyword or at ``position``, else appended."""

    call: Span
    name: str
    value: str
    position: int | None = None


class RemoveArgument(Struct, frozen=True):
    """The call at ``call`` loses the keyword ``name``, or the argument at ``position``; nothing happens without either.

    For an argument that can only go by position, ``name`` is empty.
    """

    call: Span
    name: str
    position: int | None = None


class ReplaceStatement(Struct, frozen=True):
    """The statement becomes ``code`` (one or more statements); comments in front of it stay."""

    statement: Span
    code: str


class RemoveStatement(Struct, frozen=True):
    """The statement and its line go; a block that becomes empty gets ``pass``."""

    statement: Span


class InsertBefore(Struct, frozen=True):
    """``code`` goes on lines of its own before the statement."""

    statement: Span
    code: str


class InsertAfter(Struct, frozen=True):
    """``code`` goes on lines of its own after the statement."""

    statement: Span
    code: str


class WrapStatements(Struct, frozen=True):
    """The statements from ``first`` to ``last`` (neighbours in one block) are indented under ``header``, which ends in a colon.

    Where a block with that very header stands right before them, they become the last statements of that block.
    """

    first: Span
    last: Span
    header: str
    lead: str = ""
    """Code that goes before them inside the block."""
    tail: str = ""
    """Code that goes after them inside the block."""


class SetFunctionBody(Struct, frozen=True):
    """The function whose whole span is ``function`` gets ``code`` as its body; a docstring stays."""

    function: Span
    code: str


class AppendToFunction(Struct, frozen=True):
    """``code`` becomes the last statements of the function; a lone ``pass`` goes.

    Refused for a function that leaves by ``return`` or ``raise`` before its end.
    """

    function: Span
    code: str


class PrependToFunction(Struct, frozen=True):
    """``code`` becomes the first statements of the function, after its docstring; a lone ``pass`` goes."""

    function: Span
    code: str


class AddImport(Struct, frozen=True):
    """The import statement ``code`` is added among the file's imports unless it is there already.

    Refused where the file gives the name to something else.
    """

    code: str


Change: TypeAlias = (
    ReplaceText
    | SetArgument
    | RemoveArgument
    | ReplaceStatement
    | RemoveStatement
    | InsertBefore
    | InsertAfter
    | WrapStatements
    | SetFunctionBody
    | AppendToFunction
    | PrependToFunction
    | AddImport
)
