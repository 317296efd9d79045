"""A text on its way through several changes, each of which sees what the ones before it did."""

from __future__ import annotations

from collections.abc import Iterable

from foreshot.syntax._rewrite_layout import Layout, layout_of
from foreshot.syntax.changes import Refused
from foreshot.text import Edit, Span, minimal_edit


class Draft:
    """A text, what it has become, and where the places of the original now are."""

    def __init__(self, content: str) -> None:
        self.original = content
        self.content = content
        # What the text is made of: spans of the original, in order, and written text between them.
        self._pieces: list[Span | str] = [Span(0, len(content))]
        self._steps: list[list[Edit]] = []
        self._layout: Layout | None = None

    @property
    def layout(self) -> Layout:
        """The statements of the text as it is now.

        Raises:
            Refused: when it is no Python.
        """
        if self._layout is None:
            try:
                self._layout = Layout(self.content) if self._steps else layout_of(self.content)
            except Refused as refused:
                raise Refused(f"after the change {refused}") if self._steps else refused from refused
        return self._layout

    def apply(self, edits: Iterable[Edit]) -> None:
        """Change the text as it is now.

        Raises:
            Refused: when an edit deletes what an earlier one wrote.
        """
        step = sorted(edits, key=lambda edit: (edit.span.start, edit.span.end))
        rest = list(reversed(self._pieces))
        pieces: list[Span | str] = []
        position = 0
        for edit in step:
            pieces += _take(rest, edit.span.start - position)
            lost = _take(rest, edit.span.end - edit.span.start)
            if any(isinstance(piece, str) and piece.strip() for piece in lost):
                raise Refused("two of its edits overlap")
            if edit.text:
                pieces.append(edit.text)
            position = edit.span.end
        self._pieces = [*pieces, *reversed(rest)]
        self._steps.append(step)
        self._layout = None
        self.content = "".join(
            self.original[piece.start : piece.end] if isinstance(piece, Span) else piece
            for piece in self._pieces
        )

    def locate(self, span: Span) -> Span:
        """Where a span of the original is now, text written at its edges left out.

        Raises:
            Refused: when an edge of it is gone.
        """
        start, end = span.start, span.end
        for step in self._steps:
            end = _moved(end, step, before_insertion=span.start != span.end)
            start = _moved(start, step, before_insertion=False)
        return Span(start, end)

    def edits(self) -> list[Edit]:
        """The edits that turn the original into the text as it is now: minimal, in order, without overlap."""
        edits: list[Edit] = []
        position = 0
        written = ""
        for piece in [*self._pieces, Span(len(self.original), len(self.original))]:
            if isinstance(piece, str):
                written += piece
                continue
            edit = minimal_edit(self.original, Span(position, piece.start), written)
            if edit is not None:
                edits.append(edit)
            position = piece.end
            written = ""
        return edits


def _take(rest: list[Span | str], count: int) -> list[Span | str]:
    """The next ``count`` characters of the pieces in ``rest``, whose last piece comes first."""
    taken: list[Span | str] = []
    while count > 0:
        piece = rest.pop()
        if isinstance(piece, Span):
            cut = min(piece.start + count, piece.end)
            head, tail = Span(piece.start, cut), Span(cut, piece.end)
            count -= cut - piece.start
            more = tail.start < tail.end
        else:
            head, tail = piece[:count], piece[count:]
            count -= len(head)
            more = bool(tail)
        taken.append(head)
        if more:
            rest.append(tail)
    return taken


def _moved(offset: int, step: list[Edit], *, before_insertion: bool) -> int:
    shift = 0
    for edit in step:
        start, end = edit.span.start, edit.span.end
        if offset < start or (offset == start and (start < end or before_insertion)):
            break
        if offset < end:
            raise Refused("another edit removes what this one changes")
        shift += len(edit.text) - (end - start)
    return offset + shift
