"""Which revision files say anything of a table: found once, and kept from one history to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from foreshot.history.delta import Delta
from foreshot.schema import changes as to


class Teller(Protocol):
    """A file that tells what it does; equal digests say the same."""

    @property
    def digest(self) -> bytes:
        """Of what it does."""
        ...

    @property
    def delta(self) -> Delta:
        """What it does."""
        ...


class Touched:
    """By table, the files that touch it. Immutable; worked out when it is first asked."""

    def __init__(self, told: Mapping[str, Teller]) -> None:
        self._told = told
        self._names: Mapping[str, tuple[bytes, frozenset[str]]] | None = None
        self._files: Mapping[str, frozenset[str]] = {}

    def files(self, name: str) -> frozenset[str]:
        """The files that touch a table, or an index written as :func:`index_key` has it, by that name at the time."""
        self.learn()
        return self._files.get(name, frozenset())

    def learn(self) -> None:
        """Work it out now, for whoever has the time."""
        if self._names is not None:
            return
        names = {path: (item.digest, names_in(item.delta)) for path, item in self._told.items()}
        files: dict[str, set[str]] = {}
        for path, (_, found) in names.items():
            for name in found:
                files.setdefault(name, set()).add(path)
        self._files = {name: frozenset(paths) for name, paths in files.items()}
        self._names = names

    def after(self, told: Mapping[str, Teller], changed: Iterable[str]) -> Touched:
        """The same of a history in which some files are others, or gone."""
        made = Touched(told)
        if self._names is None:
            return made
        names = dict(self._names)
        files = dict(self._files)
        for path in changed:
            item = told.get(path)
            _, before = names.pop(path, (b"", frozenset[str]()))
            after = names_in(item.delta) if item is not None else frozenset[str]()
            if item is not None:
                names[path] = (item.digest, after)
            for name in before - after:
                files[name] = files[name] - {path}
            for name in after - before:
                files[name] = files.get(name, frozenset()) | {path}
        made._names, made._files = names, files
        return made


def index_key(name: str) -> str:
    """An index in the place of a table, for what drops it without saying whose it is."""
    return f"index {name}"


def names_in(delta: Delta) -> frozenset[str]:
    """The tables that a revision touches or refers to, and the indexes whose table it does not say."""
    return frozenset(name for change in (*delta.upgrade, *delta.downgrade) for name in _names(change) if name)


def _names(change: to.Change) -> Iterator[str | None]:
    match change:
        case to.MovedTable(table=table, new=new):
            yield from (table, new)
        case to.MadeTable(table=table, keys=keys, columns=columns):
            yield table
            yield from (key.ref_table for key in keys)
            yield from (key.ref_table for column in columns for key in column.keys)
        case to.MadeColumn(table=table, column=column):
            yield table
            yield from (key.ref_table for key in column.keys)
        case to.MadeConstraint(table=table, key=key):
            yield table
            yield key.ref_table if key is not None else None
        case to.LostIndex(table=table, name=name) | to.MovedIndex(table=table, name=name):
            yield table
            yield index_key(name) if name and not table else None
        case to.Unread(about=about):
            yield from about
        case to.MadeThing(table=table, tables=tables):
            yield table
            yield from tables
        case (
            to.MadeEnum()
            | to.LostType()
            | to.MadeValue()
            | to.MovedValue()
            | to.LostThing()
            | to.Commit()
            | to.LegacyRenames()
        ):
            return
        case _:
            yield change.table
