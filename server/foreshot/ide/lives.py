"""What became of a table and its columns over the history: the same thing under every name that it has had.

Worked out for one table, and those that it was renamed from or to, out of the files that touch it; branches are taken one
after the other, as the graph orders them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from foreshot.history.delta import Delta
from foreshot.ide.identity import Event, Moment, Names
from foreshot.ide.life_replay import Replay
from foreshot.schema import changes as to
from foreshot.workspace.histories import History, Told
from foreshot.workspace.touched import index_key

_MOST_NAMES: Final = 32
"""Names that a table may have had, one after the other."""
_MOST_DELTAS: Final = 1_000
"""Files whose changes are kept decoded."""
_MOST_TABLES: Final = 64
"""Tables whose lives are kept."""


class Lives(Struct, frozen=True):
    """All events of some tables, in the order of the history."""

    events: tuple[Event, ...]
    end: Names
    """At the end of the history."""
    moments: Mapping[Moment, tuple[Names, Names]]
    """Before and after each operation that touches the tables."""

    def names(self, event: Event) -> tuple[Names, Names]:
        """Before and after an event's operation."""
        return self.moments.get((event.path, event.direction, event.order), (Names(), Names()))

    def of_column(self, column: int) -> list[Event]:
        """What was done to a column, by ``upgrade()`` alone."""
        return [event for event in self.events if column in event.columns and event.direction == "upgrade"]

    def of_table(self, table: int) -> list[Event]:
        """What was done to a table as a whole, by ``upgrade()`` alone."""
        return [
            event
            for event in self.events
            if event.table == table
            and event.direction == "upgrade"
            and (not event.columns or event.role == "created")
        ]


def lives_of(history: History, table: str, dialect: str) -> Lives:
    """The lives of a table that has, or had once, this name."""
    kept: dict[tuple[str, str], _Kept] = history.memory.setdefault("lives", {})
    known = kept.get((table, dialect))
    if known is not None and known.holds(history):
        return known.lives
    names = {table}
    files: dict[str, frozenset[str]] = {}
    deltas: dict[str, tuple[Told, Delta]] = {}
    # Renames lead to other names, and indexes to what drops them without saying whose they are.
    for _ in range(_MOST_NAMES):
        fresh = names - files.keys()
        if not fresh:
            break
        for name in fresh:
            files[name] = history.touched.files(name)
        for path in {path for name in fresh for path in files[name]} - deltas.keys():
            told = history.told[path]
            deltas[path] = _decoded(history, path, told)
            names.update(_linked(deltas[path][1], names))
    replay = Replay(frozenset(name for name in names if " " not in name), dialect)
    for node in history.graph.in_order(deltas):
        replay.revision(node.key, node.id, deltas[node.key][1])
    lives = Lives(tuple(replay.events), replay.names, replay.moments)
    made = _Kept(files, deltas, lives)
    # Under each of its names they are the same.
    for name in (*(name for name in names if " " not in name and name != table), table):
        kept.pop((name, dialect), None)
        kept[name, dialect] = made
    for oldest in list(kept)[:-_MOST_TABLES]:
        kept.pop(oldest, None)
    return lives


def _decoded(history: History, path: str, told: Told) -> tuple[Told, Delta]:
    """What a file does; the files that were looked at last are remembered, as most touch several tables."""
    recent: dict[str, tuple[Told, Delta]] = history.memory.setdefault("deltas", {})
    known = recent.get(path)
    if known is None or known[0] is not told:
        known = (told, told.delta)
        for oldest in list(recent)[: len(recent) - _MOST_DELTAS + 1]:
            recent.pop(oldest, None)
        recent[path] = known
    return known


class _Kept(Struct, frozen=True):
    """Lives, and what they follow from: which files touch which names, and what each of those does."""

    files: Mapping[str, frozenset[str]]
    deltas: Mapping[str, tuple[Told, Delta]]
    lives: Lives

    def holds(self, history: History) -> bool:
        """Whether they follow from a history as well."""
        touched, told = history.touched, history.told
        return all(touched.files(name) == found for name, found in self.files.items()) and all(
            told.get(path) is item for path, (item, _) in self.deltas.items()
        )


def _linked(delta: Delta, names: set[str]) -> Iterator[str]:
    for change in (*delta.upgrade, *delta.downgrade):
        match change:
            case to.MovedTable(table=str() as old, new=str() as new):
                if old in names or new in names:
                    yield from (old, new)
            case to.MadeIndex(table=str() as table, index=index) if table in names and index.name:
                yield index_key(index.name)
            case _:
                pass
