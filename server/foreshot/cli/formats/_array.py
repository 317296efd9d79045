from __future__ import annotations

from collections.abc import Iterable, Iterator

from foreshot.cli.formats import BaseFormat
from foreshot.cli.listing import FileFindings, Tally
from foreshot.cli.text import as_json


class JsonArray(BaseFormat):
    """One array, a value for each finding. Escaped to ASCII, it holds no character that a terminal or an encoding could stumble over."""

    joint = ","

    def values(self, file: FileFindings) -> Iterator[dict[str, object]]:
        """The values of one file's findings."""
        raise NotImplementedError

    def before(self) -> str:
        """The array's beginning."""
        return "["

    def file(self, file: FileFindings) -> str:
        """The findings of one file, without a comma after the last."""
        return elements(self.values(file), 1)

    def after(self, tally: Tally) -> str:
        """The array's end."""
        return "\n]\n" if tally.counts else "]\n"


def elements(values: Iterable[object], depth: int) -> str:
    """Elements of an array that begins ``depth - 1`` levels deep: each on lines of its own, commas between them."""
    line = "\n" + "  " * depth
    return ",".join(line + as_json(value).replace("\n", line) for value in values)
