"""Which of many names is likely meant: the rest of the revision tells.

A downgrade takes back what the upgrade does, the last thing first, and an upgrade is written beside its downgrade: a name that the
other function has and this one has not yet, a call whose opposite stands there, come before everything else; then what
this function has named already, the nearest first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

from foreshot.syntax.cursor import MAX_LENGTH, Cursor

NOT_SAID: Final = 1000
"""The rank of a name that stands nowhere else in the revision; one that does has a smaller one."""
_HERE: Final = 500

_STRING = re.compile(r"""(?<![\w"'])["']([^"'\s]{1,200})["']""")
_CALL = re.compile(r"\b(\w+)\.(\w+)\(")
_FUNCTION = re.compile(r"^(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
_WAYS: Final = {"upgrade": "downgrade", "downgrade": "upgrade"}
_OPPOSITE: Final[Mapping[str, tuple[str, ...]]] = {
    "add_column": ("drop_column",),
    "create_check_constraint": ("drop_constraint",),
    "create_exclude_constraint": ("drop_constraint",),
    "create_foreign_key": ("drop_constraint",),
    "create_index": ("drop_index",),
    "create_primary_key": ("drop_constraint",),
    "create_table": ("drop_table",),
    "create_table_comment": ("drop_table_comment", "create_table_comment"),
    "create_unique_constraint": ("drop_constraint",),
    "drop_column": ("add_column",),
    "drop_constraint": ("create_foreign_key", "create_unique_constraint", "create_check_constraint"),
    "drop_index": ("create_index",),
    "drop_table": ("create_table",),
    "drop_table_comment": ("create_table_comment",),
}
USUAL: Final = (
    "add_column", "drop_column", "create_table", "drop_table", "create_index", "drop_index", "alter_column", "execute",
    "batch_alter_table", "create_foreign_key", "drop_constraint", "create_unique_constraint", "get_bind", "rename_table",
    "bulk_insert", "create_check_constraint", "get_context", "create_primary_key", "f",
)  # fmt: skip
"""Alembic's methods as often as revisions call them, the most frequent first."""


class Beside:
    """What stands in a revision around a cursor."""

    def __init__(self, text: str, cursor: Cursor) -> None:
        start, end, other = _functions(text, cursor.statement)
        self._before, self._after = text[start : cursor.word.start], text[cursor.offset : end]
        self._own, self._text = f"{self._before}\n{self._after}", other

    @cached_property
    def _names(self) -> dict[str, int]:
        own, theirs = _STRING.findall(self._own), _STRING.findall(self._text)[::-1]
        before = _STRING.findall(self._before)[::-1]
        found = _ranked(theirs, Counter(own))
        for at, name in enumerate(dict.fromkeys((*before, *own, *theirs))):
            found.setdefault(name, _HERE + min(at, _HERE - 1))
        return found

    def of_name(self, name: str) -> int:
        """The rank of a name, smaller for what is likelier: :data:`NOT_SAID` where it stands nowhere else."""
        return self._names.get(name, NOT_SAID)

    def of_methods(self, owner: str, *, batch: bool) -> Mapping[str, int]:
        """The ranks of an object's methods, those that one of the functions calls or takes back, and the usual ones."""
        mine = [name for by, name in _CALL.findall(self._own) if by == owner or (batch and by != owner)]
        theirs = [name for by, name in _CALL.findall(self._text) if batch or by == owner][::-1]
        opposite = [name for one in theirs for name in _OPPOSITE.get(one, (one,)) if one != "f"]
        found = _ranked(opposite, Counter(mine))
        for at, name in enumerate(dict.fromkeys((*mine[::-1], *USUAL))):
            found.setdefault(name, (_HERE if name in mine else NOT_SAID) + at)
        return found

    def says(self, keyword: str) -> bool:
        """Whether a keyword is passed somewhere in the revision."""
        return re.search(rf"\b{re.escape(keyword)}[ \t]*=(?!=)", f"{self._own}\n{self._text}") is not None


def _ranked(names: Iterable[str], used: Counter[str]) -> dict[str, int]:
    """Names that are left when those that are used are taken away, each with its place among them."""
    left, found = Counter(used), dict[str, int]()
    for name in names:
        if left[name] > 0:
            left[name] -= 1
        elif name not in found:
            found[name] = min(len(found), _HERE - 1)
    return found


def _functions(text: str, at: int) -> tuple[int, int, str]:
    """Where the function around a place begins and ends, and the text of the one that goes the other way."""
    text = text[: 2 * MAX_LENGTH]
    heads = [(match.start(), match[1]) for match in _FUNCTION.finditer(text)]
    whole = [
        (start, name, end)
        for (start, name), end in zip(heads, [*(start for start, _ in heads[1:]), len(text)], strict=False)
    ]
    start, name, end = next((one for one in whole if one[0] <= at < one[2]), (0, "", len(text)))
    counterpart = next((other + name[len(way) :] for way, other in _WAYS.items() if name.startswith(way)), "")
    return start, end, next((text[first:last] for first, called, last in whole if called == counterpart), "")
