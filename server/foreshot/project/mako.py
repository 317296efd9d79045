"""A renderer for the part of Mako that revision templates use. It evaluates no Python: what it does not know, it refuses.

Text, ``${...}``, ``% if`` and ``% for`` lines, ``##`` comments, ``<%doc>`` and ``<%text>`` are followed as Mako follows them. In
``<% %>`` blocks an assignment of a known value counts; anything else leaves its names opaque.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from foreshot.project.mako_values import Evaluator, Opaque, TooMuch, Unsupported, Value
from foreshot.text import Span

MAX_OUTPUT = 1 << 20
"""The longest text that is rendered, in code points."""
MAX_STEPS = 20_000
"""Nodes that one rendering goes through."""


NOT_CLOSED: Final = "is not closed"
"""What the reason ends in where no reader of Mako could make sense of a template."""


class Refused(Struct, frozen=True):
    """Why a template was not rendered, and the span in it that is to blame."""

    why: str
    span: Span


class Node(Struct, frozen=True):
    """A piece of a template: literal ``text``, the code of an ``expression``, a ``control`` line or a ``block``."""

    kind: Literal["text", "expression", "control", "block"]
    content: str
    span: Span


def render_nodes(
    nodes: list[Node], values: Mapping[str, object], databases: tuple[str, ...] = ()
) -> str | Refused:
    """The text that the nodes make with these values.

    ``databases`` are what a loop over names that cannot be told runs over, as in templates for several databases.
    """
    return _Renderer(nodes, values, databases).render()


def read_nodes(content: str) -> list[Node] | Refused:
    """The pieces of a template, comments left out."""
    nodes: list[Node] = []
    position = 0
    while position < len(content):
        line_start = position == 0 or content[position - 1] == "\n"
        match = _LINE.match(content, position) if line_start else None
        if match is not None:
            if match.group("percents") is not None:
                nodes.append(
                    Node("text", match.group("indent") + match.group("percents")[1:], Span(*match.span()))
                )
            elif match.group("control") is not None:
                nodes.append(Node("control", match.group("control").strip(), Span(*match.span("control"))))
            position = match.end()
            continue
        if content.startswith("${", position):
            end = _closing(content, position + 2, "}")
            if end is None:
                return Refused(f"a ${{ {NOT_CLOSED}", Span(position, position + 2))
            nodes.append(Node("expression", content[position + 2 : end], Span(position, end + 1)))
            position = end + 1
        elif content.startswith(("<%", "</%"), position):
            tag = _TAG.match(content, position)
            if tag is not None:
                end = content.find(f"</%{tag.group(1)}>", tag.end())
                if end == -1:
                    return Refused(f"a {tag.group()} {NOT_CLOSED}", Span(*tag.span()))
                if tag.group(1) == "text":
                    nodes.append(Node("text", content[tag.end() : end], Span(tag.end(), end)))
                position = content.index(">", end) + 1
                continue
            if re.match(r"</?%[a-z]", content[position : position + 4]):
                return Refused("the template uses Mako's tags", Span(position, position + 2))
            end = content.find("%>", position)
            if end == -1:
                return Refused(f"a <% {NOT_CLOSED}", Span(position, position + 2))
            code = content[position + 2 : end]
            nodes.append(Node("block", code[1:] if code.startswith("!") else code, Span(position, end + 2)))
            position = end + 2
        elif content.startswith(("\\\n", "\\\r\n"), position):
            position = content.index("\n", position) + 1
        else:
            end = _SPECIAL.search(content, position + 1)
            stop = end.start() if end is not None else len(content)
            nodes.append(Node("text", content[position:stop], Span(position, stop)))
            position = stop
    return nodes


_LINE = re.compile(
    r"(?P<indent>[ \t]*)(?:(?P<percents>%%+)|%(?P<control>(?:\\\r?\n|[^\r\n])*)(?:\r?\n|\Z)|##[^\r\n]*(?:\r?\n|\Z))"
)
_SPECIAL = re.compile(r"(?<=\n)(?=[ \t]*(?:%|##))|(?=\$\{)|(?=</?%)|(?=\\\r?\n)")
_TAG = re.compile(r"<%(doc|text)>")
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)


def _closing(content: str, position: int, closer: str) -> int | None:
    """The offset of the bracket that closes, strings and nested brackets passed over."""
    closers = [closer]
    while position < len(content):
        character = content[position]
        if character in "'\"":
            match = _STRING.match(content, position)
            if match is None:
                return None
            position = match.end()
            continue
        if character in _CLOSERS:
            closers.append(_CLOSERS[character])
        elif character == closers[-1]:
            closers.pop()
            if not closers:
                return position
        position += 1
    return None


def split_filters(code: str) -> tuple[str, list[str]]:
    """An expression and the names of the filters behind its ``|``."""
    position = 0
    while position < len(code):
        character = code[position]
        if character in "'\"":
            match = _STRING.match(code, position)
            position = match.end() if match is not None else len(code)
        elif character in _CLOSERS:
            end = _closing(code, position + 1, _CLOSERS[character])
            position = end + 1 if end is not None else len(code)
        elif character == "|":
            return code[:position], [part.strip() for part in code[position + 1 :].split(",")]
        else:
            position += 1
    return code, []


class _Renderer:
    def __init__(self, nodes: list[Node], values: Mapping[str, object], databases: tuple[str, ...]) -> None:
        self.nodes = nodes
        self.databases = databases
        self.evaluator = Evaluator(dict(values), databases)
        self.output: list[str] = []
        self.length = self.steps = 0

    def render(self) -> str | Refused:
        try:
            end = self.run(0)
        except _Stop as stop:
            return stop.refused
        except RecursionError:
            return Refused("the template is nested too deeply", Span(0, 0))
        if end != len(self.nodes):
            return Refused("a control line closes nothing", self.nodes[end].span)
        return "".join(self.output)

    def run(self, index: int, *, silent: bool = False) -> int:
        """Render from a node to the control line that ends its block; the index of that line."""
        while index < len(self.nodes):
            node = self.nodes[index]
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise _Stop(Refused("the template runs too long", node.span))
            match node.kind:
                case "text":
                    if not silent:
                        self.write(node.content, node)
                case "expression":
                    if not silent:
                        self.write(self.expression(node), node)
                case "block":
                    if not silent:
                        self.block(node)
                case "control":
                    word = _word(node)
                    if word in ("elif", "else", "endif", "endfor"):
                        return index
                    index = self.control(word, index, silent=silent)
            index += 1
        return index

    def control(self, word: str, index: int, *, silent: bool) -> int:
        """Run an ``if`` or a ``for``; the index of the line that ends it."""
        if word == "if":
            return self.branches(index, silent=silent)
        if word == "for":
            return self.loop(index, silent=silent)
        raise _Stop(Refused(f"`% {word}` is not followed", self.nodes[index].span))

    def branches(self, index: int, *, silent: bool) -> int:
        done = silent
        while True:
            node = self.nodes[index]
            word = _word(node)
            if word == "endif":
                return index
            if word not in ("if", "elif", "else"):
                raise _Stop(Refused("`% if` and `% for` cross", node.span))
            chosen = not done and (
                word == "else" or self.truth(node, node.content.removeprefix(word).strip())
            )
            done = done or chosen
            index = self.closed(self.run(index + 1, silent=not chosen), node)

    def loop(self, index: int, *, silent: bool) -> int:
        node = self.nodes[index]
        match = _FOR.fullmatch(node.content)
        if match is None:
            raise _Stop(Refused("this `% for` is not followed", node.span))
        items = [] if silent else self.items(node, match.group(2))
        end = self.closed(self.run(index + 1, silent=True), node)
        if _word(self.nodes[end]) != "endfor":
            raise _Stop(Refused("`% if` and `% for` cross", node.span))
        for item in items:
            self.evaluator.names[match.group(1)] = item
            self.run(index + 1)
        return end

    def closed(self, index: int, node: Node) -> int:
        if index >= len(self.nodes):
            raise _Stop(Refused("this control line is not closed", node.span))
        return index

    def items(self, node: Node, code: str) -> list[Value]:
        value = self.evaluate(code, node)
        if isinstance(value, Opaque) and self.databases:
            return list(self.databases)
        if isinstance(value, list | tuple):
            return list(value)
        raise _Stop(Refused("what the loop runs over is not known", node.span))

    def truth(self, node: Node, code: str) -> bool:
        value = self.evaluate(code, node)
        if isinstance(value, Opaque) and not value.undefined:
            raise _Stop(Refused("a condition is only known when Alembic runs the template", node.span))
        return not isinstance(value, Opaque) and bool(value)

    def expression(self, node: Node) -> str:
        code, filters = split_filters(node.content)
        value = self.evaluate(code, node)
        if isinstance(value, Opaque):
            raise _Stop(
                Refused(f"`{code.strip()[:60]}` is only known when Alembic runs the template", node.span)
            )
        for name in filters:
            match name:
                case "comma":
                    value = (
                        ""
                        if value is None
                        else ", ".join(map(str, value))
                        if isinstance(value, list | tuple)
                        else value
                    )
                case "trim":
                    value = str(value).strip()
                case "n" | "str" | "unicode" | "":
                    pass
                case _:
                    raise _Stop(Refused(f"the filter `{name[:40]}` is not followed", node.span))
        return str(value)

    def block(self, node: Node) -> None:
        try:
            self.evaluator.names.update(self.evaluator.block(node.content))
        except Unsupported as error:
            raise _Stop(Refused(str(error), node.span)) from None
        except TooMuch:
            raise _Stop(Refused("the template runs too long", node.span)) from None

    def evaluate(self, code: str, node: Node) -> Value:
        try:
            return self.evaluator.evaluate(
                code.rstrip().removesuffix(":") if node.kind == "control" else code
            )
        except Unsupported as error:
            raise _Stop(Refused(str(error), node.span)) from None
        except TooMuch:
            raise _Stop(Refused("a value of the template grows too long", node.span)) from None

    def write(self, text: str, node: Node) -> None:
        self.length += len(text)
        if self.length > MAX_OUTPUT:
            raise _Stop(Refused("the text grows too long", node.span))
        self.output.append(text)


_FOR = re.compile(r"for\s+([A-Za-z_]\w*)\s+in\s+(.*?)\s*:?\s*", re.DOTALL)


class _Stop(Exception):
    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.why)
        self.refused = refused


def _word(node: Node) -> str:
    match = re.match(r"[a-z]+", node.content)
    return match.group() if match is not None else ""
