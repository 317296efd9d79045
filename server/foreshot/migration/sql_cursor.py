"""Walking over the tokens of one SQL statement, and from there back to the Python file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

import msgspec.structs
from msgspec import Struct

from foreshot.migration.operations import Execute, Operation, Site
from foreshot.migration.sql_tokens import HOLE, Token
from foreshot.syntax.values import CallValue, Maybe, Ref, Text, Unknown, Value
from foreshot.text import Span

_FOLDING = frozenset({"postgresql", "oracle"})
_END = Token("mark", "", "", 0, 0)


class Unread(Exception):
    """A construct that this reader does not know; the statement may well be right."""


class Wrong(Exception):
    """A statement that no database takes: what is wrong, and at which token (None: at its end)."""

    def __init__(self, message: str, token: Token | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.token = token


class Name(Struct, frozen=True, gc=False):
    """A possibly qualified name as written, folded as the database folds it."""

    name: Maybe[str]
    schema: Maybe[str] | None
    start: int
    end: int

    @property
    def text(self) -> str | None:
        """``name`` or ``schema.name`` when it is known."""
        if not isinstance(self.name, str) or isinstance(self.schema, Unknown):
            return None
        return f"{self.schema}.{self.name}" if self.schema else self.name


class Context:
    """What the statements of one text share: the text, its place in the file, the target dialects."""

    def __init__(self, text: Text, dialects: tuple[str, ...], site: Site) -> None:
        self.value = text.value
        self.dialects = dialects
        self.site = site
        self.folds = not _FOLDING.isdisjoint(dialects)
        self.mysql = "mysql" in dialects or "mariadb" in dialects
        self._pieces = text.pieces
        # Most SQL is one literal without escapes.
        first = text.pieces[0][1] if len(text.pieces) == 1 else None
        self._plain = (
            first is not None and text.pieces[0][0] == 0 and first.end - first.start == len(text.value)
        )
        self._shift = first.start if first is not None else 0
        self._offsets = [offset for offset, _ in text.pieces]

    def span(self, start: int, end: int) -> Span:
        """The span in the Python file of a range of the SQL."""
        first, last = self._point(start, last=False), self._point(max(end - 1, start), last=end > start)
        if self._plain or len(self._pieces) < 2:
            return Span(first, last)
        begins, ends = self._index(start), self._index(max(end - 1, start))
        call = self.site.call
        opens, closes = call.contains(self._pieces[begins][1]), call.contains(self._pieces[ends][1])
        if opens != closes:
            # What a name stands for stands elsewhere: of such a range, the part that is written in the call is its place.
            here = [span for _, span in self._pieces[begins : ends + 1] if call.contains(span)]
            return Span(first, here[-1].end) if opens else Span(here[0].start, last)
        return Span(first, last) if first <= last else self._pieces[begins][1]

    def _index(self, offset: int) -> int:
        """The piece that a character is of."""
        return min(max(bisect_right(self._offsets, offset) - 1, 0), len(self._pieces) - 1)

    def _point(self, offset: int, *, last: bool) -> int:
        """Where a character stands in the file: its start, or with ``last`` its end."""
        if self._plain:
            return self._shift + offset + last
        index = max(bisect_right(self._offsets, offset) - 1, 0)
        if index >= len(self._pieces):
            return self.site.call.start
        begin, span = self._pieces[index]
        following = self._offsets[index + 1] if index + 1 < len(self._offsets) else len(self.value)
        if last and offset + 1 >= following:
            return span.end
        return min(span.start + max(offset - begin, 0) + last, span.end)

    def hole(self, start: int, end: int) -> Unknown:
        """The unknown that an interpolated expression makes of whatever contains it."""
        return Unknown("interpolated", self.span(start, end))

    def identifier(self, token: Token) -> Maybe[str]:
        """The name that a token says."""
        text = token.text
        if HOLE in text:
            return self.hole(token.start, token.end)
        if token.kind == "word":
            return text.lower() if self.folds else text
        quote = text[0]
        if quote == "[":
            return text[1:-1]
        return text[1:-1].replace(quote * 2, quote)

    def string(self, token: Token) -> Maybe[str]:
        """The value of a string literal."""
        text = token.text
        if HOLE in text:
            return self.hole(token.start, token.end)
        if text.startswith("$"):
            tag = text.index("$", 1) + 1
            return text[tag:-tag]
        quote = text.find("'")
        if quote < 0:
            return text[1:-1].replace('""', '"')
        value = text[quote + 1 : -1].replace("''", "'")
        escapes = text[:quote] in ("e", "E") or (self.mysql and len(self.dialects) == 1)
        return value.replace("\\'", "'").replace("\\\\", "\\") if escapes and "\\" in value else value

    def call(self, path: str, start: int, end: int, *args: Value, **keywords: Value) -> CallValue:
        """A call of a SQLAlchemy name that says the same as a piece of the SQL."""
        span = self.span(start, end)
        return CallValue(Ref(path, self.value[start:end], span), args, keywords, span)


class Cursor:
    """A position in a run of tokens."""

    __slots__ = ("at", "context", "stop", "tokens")

    def __init__(
        self, context: Context, tokens: Sequence[Token], at: int = 0, stop: int | None = None
    ) -> None:
        self.context = context
        self.tokens = tokens
        self.at = at
        self.stop = len(tokens) if stop is None else stop

    @property
    def done(self) -> bool:
        """Whether every token was read."""
        return self.at >= self.stop

    @property
    def token(self) -> Token:
        """The next token; an empty mark at the end."""
        return self.tokens[self.at] if self.at < self.stop else _END

    @property
    def word(self) -> str:
        """The next token as a bare upper-case word or mark, empty when it is neither."""
        return self.tokens[self.at].upper if self.at < self.stop else ""

    @property
    def last(self) -> Token:
        """The token before the position."""
        return self.tokens[self.at - 1]

    def peek(self, ahead: int = 1) -> str:
        """The upper-case word or mark some tokens ahead."""
        index = self.at + ahead
        return self.tokens[index].upper if index < self.stop else ""

    def take(self, *words: str) -> bool:
        """Step over the words when they all follow."""
        at = self.at
        for word in words:
            if at >= self.stop or self.tokens[at].upper != word:
                return False
            at += 1
        self.at = at
        return True

    def take_one(self, *words: str) -> str:
        """Step over one of the words and return it, else an empty string."""
        word = self.word
        if word and word in words:
            self.at += 1
            return word
        return ""

    def expect(self, *words: str) -> None:
        """Step over the words, which must follow.

        Raises:
            Wrong: the statement ends before them.
            Unread: something else follows.
        """
        for word in words:
            if self.word != word:
                if self.at >= len(self.tokens):
                    raise Wrong(f"the statement ends where {word} is expected")
                raise Unread
            self.at += 1

    @property
    def is_name(self) -> bool:
        """Whether the next token can be a name."""
        return self.at < self.stop and self.tokens[self.at].kind in ("word", "quoted")

    def take_name(self, what: str = "a name") -> Token:
        """Step over one unqualified name.

        Raises:
            Wrong: the statement ends before it.
            Unread: something else follows.
        """
        if not self.is_name:
            if self.at >= len(self.tokens):
                raise Wrong(f"the statement ends where {what} is expected")
            raise Unread
        self.at += 1
        return self.tokens[self.at - 1]

    def identifier(self, what: str = "a name") -> Maybe[str]:
        """Read one unqualified name."""
        return self.context.identifier(self.take_name(what))

    def name(self, what: str = "a name") -> Name:
        """Read a possibly qualified name: its last part, and all before it as the schema."""
        first = self.take_name(what)
        parts = [first]
        while self.word == "." and self.at + 1 < self.stop:
            self.at += 1
            parts.append(self.take_name(what))
        names = [self.context.identifier(part) for part in parts]
        schema: Maybe[str] | None = None
        if self.word == "." and self.at + 1 >= len(self.tokens):
            raise Wrong(f"the statement ends where {what} is expected")
        if len(names) > 1:
            known = [name for name in names[:-1] if isinstance(name, str)]
            schema = (
                ".".join(known)
                if len(known) == len(names) - 1
                else self.context.hole(first.start, parts[-2].end)
            )
        return Name(names[-1], schema, first.start, parts[-1].end)

    def close(self) -> int:
        """The index of the mark that closes the parenthesis at the position, or the end."""
        depth = 0
        for index in range(self.at, self.stop):
            upper = self.tokens[index].upper
            if upper == "(":
                depth += 1
            elif upper == ")":
                depth -= 1
                if depth == 0:
                    return index
        return self.stop

    def inside(self) -> Cursor:
        """A cursor over what the parenthesis at the position holds; this one goes behind it."""
        if self.word != "(":
            if self.at >= len(self.tokens):
                raise Wrong('the statement ends where "(" is expected')
            raise Unread
        close = self.close()
        inner = Cursor(self.context, self.tokens, self.at + 1, close)
        self.at = min(close + 1, self.stop)
        return inner

    def items(self) -> list[Cursor]:
        """One cursor for each item of the comma-separated rest; this one goes to its end."""
        found: list[Cursor] = []
        depth, begin = 0, self.at
        for index in range(self.at, self.stop):
            upper = self.tokens[index].upper
            if upper in ("(", "["):
                depth += 1
            elif upper in (")", "]"):
                depth -= 1
            elif upper == "," and depth == 0:
                found.append(Cursor(self.context, self.tokens, begin, index))
                begin = index + 1
        found.append(Cursor(self.context, self.tokens, begin, self.stop))
        self.at = self.stop
        return found

    def until(self, *words: str) -> Cursor:
        """A cursor over everything before the first of the words outside parentheses; this one goes there."""
        begin = self.at
        depth = 0
        while self.at < self.stop:
            upper = self.tokens[self.at].upper
            if upper == "(":
                depth += 1
            elif upper == ")":
                depth -= 1
            elif depth == 0 and upper in words:
                break
            self.at += 1
        return Cursor(self.context, self.tokens, begin, self.at)

    def rest(self) -> Cursor:
        """A cursor over everything that is left; this one goes to its end."""
        return self.until()

    @property
    def text(self) -> str:
        """The SQL text from the position to the end."""
        if self.done:
            return ""
        return self.context.value[self.tokens[self.at].start : self.tokens[self.stop - 1].end]

    def value_text(self) -> Maybe[str]:
        """Like ``text``, unknown where an expression is interpolated."""
        text = self.text
        if HOLE in text:
            return self.context.hole(self.token.start, self.tokens[self.stop - 1].end)
        return text

    @property
    def has_hole(self) -> bool:
        """Whether an interpolated expression stands, alone, among the tokens that are left."""
        return any(token.text == HOLE for token in self.tokens[self.at : self.stop])


class Found:
    """The operations of one statement, in order, each with its place."""

    def __init__(self, context: Context, tokens: Sequence[Token]) -> None:
        self.context = context
        self.operations: list[Operation] = []
        self.exact = True
        """False once something in the statement was not understood."""
        self.conditional = False
        start, end = tokens[0].start, tokens[-1].end
        self._call = context.span(start, end)
        self._sql = context.value[start:end]
        self._verb = tokens[0]

    def add(self, operation: Operation) -> None:
        """Keep an operation."""
        self.operations.append(operation)

    def site(self, start: int, end: int, **args: tuple[int, int] | Name) -> Site:
        """The site of an operation whose telling words are the given range of the SQL."""
        context = self.context
        spans: Mapping[str, Span] = {
            key: context.span(at.start, at.end) if isinstance(at, Name) else context.span(*at)
            for key, at in args.items()
        }
        name, conditions = context.span(start, end), context.site.conditions
        return msgspec.structs.replace(
            context.site,
            call=self._call,
            name=name,
            sql=self._sql,
            args=spans,
            keywords={},
            conditions=(*conditions, -1 - name.start) if self.conditional else conditions,
        )

    def execute(
        self,
        verb: str,
        tables: tuple[str, ...] = (),
        *,
        parsed: bool = True,
        words: tuple[int, int] | None = None,
    ) -> None:
        """Keep a statement that is none of the operations; ``words`` say it, by default the first one."""
        site = self.site(*(words or (self._verb.start, self._verb.end)))
        self.add(Execute(site=site, verb=verb, tables=tables, parsed=parsed))
