"""Changes to a file, worked out as the fewest edits: what is described goes in, what a person would type comes out.

Statements are moved by the positions of the tree. The arguments of a call are set with libcst, which sees
nothing but the call's own parentheses, commas, white space and comments. Each change sees the text as the
changes before it left it, in the order of ``_ORDER``; none may take away what another wrote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import libcst as cst
from msgspec.structs import replace

from foreshot.syntax import _rewrite_statements as statements
from foreshot.syntax._rewrite_draft import Draft
from foreshot.syntax._rewrite_imports import add_import
from foreshot.syntax._rewrite_layout import indented
from foreshot.syntax._rewrite_skeleton import Skeleton, skeleton_of
from foreshot.syntax._rewrite_values import check_calls, check_value, indent_at, same
from foreshot.syntax.changes import (
    AddImport,
    AppendToFunction,
    Change,
    InsertAfter,
    InsertBefore,
    PrependToFunction,
    Refused,
    RemoveArgument,
    RemoveStatement,
    ReplaceStatement,
    ReplaceText,
    SetArgument,
    SetFunctionBody,
    WrapStatements,
)
from foreshot.text import Edit, SourceText, Span, minimal_edit

__all__ = ["MAX_BYTES", "MAX_CALL", "MAX_DEPTH", "MAX_WORK", "Refused", "edits_for"]

MAX_BYTES = 256 << 10
"""The largest file that is rewritten, in bytes of UTF-8."""

MAX_WORK = 64 << 20
"""Changes times characters: how often a file of which size is read anew before the answer is no."""

MAX_CALL = 16 << 10
"""Characters of a call, its arguments put aside, that libcst is given: 3,000 arguments take it half a second."""

MAX_DEPTH = 16
"""Parentheses within parentheses that libcst is given; nothing else that it is given is nested.

libcst 1.9 dies of 1,600 on a stack of 8 MiB, of 200 on 1 MiB and of 100 on 512 KiB.
"""


def edits_for(source: SourceText, changes: Sequence[Change], *, python: bool = True) -> list[Edit]:
    """The edits that make all the changes: minimal, in order, without overlap.

    A change that is given twice is made once. Two changes that insert at the same place keep their order; what
    is inserted at the edge of wrapped statements stays outside.

    Args:
        source: the text that the changes' spans speak of.
        changes: what to do.
        python: False for another language, in which only :class:`ReplaceText` is possible.

    Raises:
        Refused: when a change cannot be made safely, or contradicts another.
    """
    if len(source.content.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise Refused(f"the file is larger than {MAX_BYTES >> 10} KiB")
    if len(changes) * len(source.content) > MAX_WORK:
        raise Refused("these are too many changes for one file of that size")
    draft = Draft(source.content)
    if python:
        check_calls(draft.layout, changes)
    elif not all(isinstance(change, ReplaceText) for change in changes):
        raise Refused("the file is not valid Python")
    for change in _combined(changes):
        _ORDER[type(change)](draft, change, source.newline)
    if python:
        _ = draft.layout
    try:
        source.encode(draft.content)
    except UnicodeEncodeError as error:
        raise Refused(f"the file's encoding, {source.encoding}, cannot write what would be added") from error
    return draft.edits()


def _combined(changes: Sequence[Change]) -> list[Change]:
    """Each change once, in the order of work, and insertions at the same place as one.

    Raises:
        Refused: when two changes say different things of one argument.
    """
    combined: dict[object, Change] = {}
    for change in dict.fromkeys(changes):
        match change:
            case InsertBefore() | InsertAfter():
                key = (type(change), change.statement)
            case AppendToFunction() | PrependToFunction():
                key = (type(change), change.function)
            case SetArgument() | RemoveArgument():
                key = (change.call, change.name or change.position)
            case _:
                key = change
        earlier = combined.get(key)
        match earlier:
            case None:
                combined[key] = change
            case InsertBefore() | InsertAfter() | AppendToFunction() | PrependToFunction():
                code = f"{earlier.code}\n{getattr(change, 'code', '')}"
                combined[key] = replace(earlier, code=code)
            case _:
                raise Refused("two changes set the same argument of one call")
    return sorted(combined.values(), key=_rank)


def _rank(change: Change) -> tuple[int, int]:
    # Of several arguments that go by position, the last goes first: the others keep theirs.
    position = change.position if isinstance(change, RemoveArgument) else None
    return list(_ORDER).index(type(change)), -(position or 0)


def _replace_text(draft: Draft, change: ReplaceText, _newline: str) -> None:
    draft.apply([Edit(draft.locate(change.span), change.text)])


def _set_argument(draft: Draft, change: SetArgument, newline: str) -> None:
    check_value(change.name, change.value)
    here, skeleton = _skeleton_at(draft, change.call)
    shape = _Shape(skeleton.text, skeleton.mark, len(skeleton.parts), skeleton.bare_generator, newline)
    made = _with(shape, change.name, change.position)
    if made.present is not None and same(skeleton.filled(made.present), change.value):
        return
    indent = indent_at(draft.content, here.start) if made.indent is None else made.indent
    # In parentheses, so that lines of the value are no statements.
    value = indented(f"({change.value.strip()})", indent, newline, tabs="\t" in indent, first=False)[1:-1]
    _, filling = skeleton.plus(value)
    _apply_call(draft, here, filling.filled(made.text))


def _remove_argument(draft: Draft, change: RemoveArgument, newline: str) -> None:
    here, skeleton = _skeleton_at(draft, change.call)
    shape = _Shape(skeleton.text, skeleton.mark, len(skeleton.parts), skeleton.bare_generator, newline)
    text = _without(shape, change.name, change.position)
    if text is not None:
        _apply_call(draft, here, skeleton.filled(text))


def _skeleton_at(draft: Draft, span: Span) -> tuple[Span, Skeleton]:
    """Where a call is now, and its skeleton."""
    here = draft.locate(span)
    skeleton = skeleton_of(draft.content[here.start : here.end])
    if len(skeleton.text) > MAX_CALL:
        raise Refused("the call has too many arguments and comments")
    if skeleton.depth > MAX_DEPTH:
        raise Refused("the call is nested too deeply")
    return here, skeleton


def _apply_call(draft: Draft, here: Span, result: str) -> None:
    difference = minimal_edit(draft.content, here, result)
    draft.apply([difference] if difference else [])


class _Shape(NamedTuple):
    """All that a change to a call depends on besides what its arguments are: few shapes serve a whole file."""

    text: str
    mark: str
    parts: int
    bare_generator: bool
    newline: str

    def parsed(self) -> cst.Call:
        """The skeleton as a call.

        Raises:
            Refused: when it cannot be written back as it is.
        """
        config = cst.PartialParserConfig(default_newline=self.newline)
        try:
            # In parentheses, a line end after the function's name is one within an expression.
            call = cst.parse_expression(f"({self.text})", config)
        except cst.ParserSyntaxError as error:
            raise Refused("the call's layout is not understood") from error
        if not isinstance(call, cst.Call) or self._written(call) != self.text:
            raise Refused("the call's layout is not understood")
        return call

    def result(self, call: cst.Call, edited: cst.Call) -> str:
        """The changed call as text, after a look that nothing but what was meant has changed."""
        text = self._written(edited)
        before, after = skeleton_of(self.text), skeleton_of(text)
        # What is removed takes its own comment along, and nothing else goes.
        lost = Counter(before.comments) - Counter(after.comments)
        if len(after.parts) != len(edited.args) + 1 or lost.total() > max(
            len(call.args) - len(edited.args), 0
        ):
            raise Refused("the call's layout is not understood")
        return text

    def _written(self, call: cst.Call) -> str:
        return cst.Module([], default_newline=self.newline).code_for_node(call)[1:-1]


class _Made(NamedTuple):
    """A skeleton with one argument more, or another."""

    text: str
    present: str | None
    """The stand-in of the value that was there."""
    indent: str | None
    """What arguments on lines of their own are indented by."""


def _find(call: cst.Call, name: str, position: int | None) -> int | None:
    """Index of the argument passed by keyword or at ``position``."""
    for index, argument in enumerate(call.args):
        if argument.keyword is not None and argument.keyword.value == name:
            return index
    if position is None:
        return None
    for index, argument in enumerate(call.args):
        if argument.keyword is None and index == position and not argument.star:
            return index
        if argument.star == "*" and index <= position:
            raise Refused(
                f"what is unpacked into the call could include {name}"
                if name
                else "the position is not fixed"
            )
    return None


@lru_cache(maxsize=512)
def _with(shape: _Shape, name: str, position: int | None) -> _Made:
    """The call with the argument, whose value is the stand-in after the last."""
    call = shape.parsed()
    arguments = list(call.args)
    own_lines = _own_lines(call)
    indent = own_lines.last_line.value if own_lines is not None else None
    stand_in = f"{shape.mark}{shape.parts}_"
    index = _find(call, name, position)
    if index is None:
        new = cst.Arg(cst.Name(stand_in), cst.Name(name), equal=_EQUAL)
        edited = _with_new(call, new, own_lines, bare_generator=shape.bare_generator)
        return _Made(shape.result(call, edited), None, indent)
    present = arguments[index].value
    arguments[index] = arguments[index].with_changes(value=cst.Name(stand_in))
    text = shape.result(call, call.with_changes(args=arguments))
    return _Made(text, present.value if isinstance(present, cst.Name) else None, indent)


def _with_new(
    call: cst.Call, new: cst.Arg, own_lines: cst.ParenthesizedWhitespace | None, *, bare_generator: bool
) -> cst.Call:
    """The call with one more keyword, in the layout of those that it has."""
    arguments = list(call.args)
    separator = own_lines or cst.SimpleWhitespace(" ")
    unpacked = next((index for index, argument in enumerate(arguments) if argument.star == "**"), None)
    if unpacked is not None:
        arguments.insert(unpacked, new.with_changes(comma=cst.Comma(whitespace_after=separator)))
        return call.with_changes(args=arguments)
    if not arguments:
        inside = call.whitespace_before_args
        closing = inside if isinstance(inside, cst.ParenthesizedWhitespace) else _NOTHING
        return call.with_changes(
            args=[new.with_changes(whitespace_after_arg=closing)], whitespace_before_args=_NOTHING
        )
    if bare_generator:
        generator = arguments[0].value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        arguments[0] = arguments[0].with_changes(value=generator)
    last, closing = arguments[-1], _closing(arguments[-1])
    if own_lines is not None and isinstance(closing, cst.ParenthesizedWhitespace):
        # The comment behind the last argument is about that one.
        separator = own_lines.with_changes(first_line=closing.first_line)
        closing = closing.with_changes(first_line=cst.TrailingWhitespace())
    comma = last.comma if isinstance(last.comma, cst.Comma) else cst.Comma()
    arguments[-1] = last.with_changes(
        comma=comma.with_changes(whitespace_after=separator), whitespace_after_arg=_NOTHING
    )
    if isinstance(last.comma, cst.Comma):
        new = new.with_changes(comma=cst.Comma(whitespace_after=closing))
    else:
        new = new.with_changes(whitespace_after_arg=closing)
    return call.with_changes(args=[*arguments, new])


@lru_cache(maxsize=512)
def _without(shape: _Shape, name: str, position: int | None) -> str | None:
    """The call without the argument; None when it has none such."""
    call = shape.parsed()
    index = _find(call, name, position)
    if index is None:
        if any(argument.star == "**" for argument in call.args):
            raise Refused(f"what is unpacked into the call could include {name}")
        return None
    arguments = list(call.args)
    removed = arguments.pop(index)
    leading = call.whitespace_before_args if index == 0 else _closing(arguments[index - 1])
    following = _closing(removed)
    rest = _joined(leading, following, last=index == len(arguments), first=index == 0)
    if index == 0:
        return shape.result(call, call.with_changes(args=arguments, whitespace_before_args=rest))
    before = arguments[index - 1]
    comma = cst.ensure_type(before.comma, cst.Comma)
    if (
        index < len(arguments)
        or isinstance(removed.comma, cst.Comma)
        or _has_comment(comma.whitespace_before)
    ):
        before = before.with_changes(comma=comma.with_changes(whitespace_after=rest))
    else:
        before = before.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=rest)
    arguments[index - 1] = before
    return shape.result(call, call.with_changes(args=arguments))


def _joined(leading: _White, following: _White, *, first: bool, last: bool) -> _White:
    """The white space that is left of that before and that behind a removed argument."""
    if isinstance(leading, cst.ParenthesizedWhitespace) and isinstance(
        following, cst.ParenthesizedWhitespace
    ):
        lines = [*leading.empty_lines, *following.empty_lines]
        rest = leading.with_changes(empty_lines=lines, last_line=following.last_line)
    elif isinstance(leading, cst.ParenthesizedWhitespace):
        rest = following if last and not _has_comment(leading) else leading
    elif isinstance(following, cst.ParenthesizedWhitespace):
        rest = leading if first and not _has_comment(following) else following
    else:
        rest = following if last else leading
    return _NOTHING if first and last and not _has_comment(rest) else rest


def _own_lines(call: cst.Call) -> cst.ParenthesizedWhitespace | None:
    """The line end and indentation between arguments that stand one a line; None when they do not."""
    between = [_closing(argument) for argument in call.args[:-1]]
    if call.args and not between:
        between = [call.whitespace_before_args]
    broken = [white for white in between if isinstance(white, cst.ParenthesizedWhitespace)]
    if not broken or len(broken) < len(between):
        return None
    return cst.ParenthesizedWhitespace(last_line=broken[-1].last_line)


def _closing(argument: cst.Arg) -> _White:
    """What stands between an argument, its comma included, and what follows it."""
    return (
        argument.comma.whitespace_after
        if isinstance(argument.comma, cst.Comma)
        else argument.whitespace_after_arg
    )


def _has_comment(white: _White) -> bool:
    if not isinstance(white, cst.ParenthesizedWhitespace):
        return False
    return white.first_line.comment is not None or any(line.comment is not None for line in white.empty_lines)


_White = cst.BaseParenthesizableWhitespace
_NOTHING = cst.SimpleWhitespace("")
_EQUAL = cst.AssignEqual(_NOTHING, _NOTHING)

# A change that takes text away comes after those that write around it, so that their places are still there.
_ORDER: dict[type[Change], Callable[[Draft, Any, str], None]] = {
    InsertBefore: statements.insert_before,
    InsertAfter: statements.insert_after,
    PrependToFunction: statements.prepend_to_function,
    AppendToFunction: statements.append_to_function,
    ReplaceText: _replace_text,
    SetArgument: _set_argument,
    RemoveArgument: _remove_argument,
    ReplaceStatement: statements.replace_statement,
    SetFunctionBody: statements.set_function_body,
    RemoveStatement: statements.remove_statement,
    WrapStatements: statements.wrap_statements,
    AddImport: add_import,
}
