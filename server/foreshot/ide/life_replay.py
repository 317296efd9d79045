"""From what revisions do to what becomes of some tables and their columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from foreshot.history.delta import Delta
from foreshot.ide.identity import Event, Moment, Names, Role, other_spelling
from foreshot.ide.life_words import altered, details, index_said, key_said
from foreshot.lint.words import code
from foreshot.migration.specs import Direction
from foreshot.schema import changes as to
from foreshot.schema.plain import Plain
from foreshot.text import Span


class Replay:
    """Applies revisions one after the other; ``names`` are tables that are looked at, under every name that they have."""

    def __init__(self, names: frozenset[str], dialect: str) -> None:
        self.events: list[Event] = []
        self.moments: dict[Moment, tuple[Names, Names]] = {}
        self.names = Names()
        self._wanted = names
        self._dialect = dialect
        self._next = 0
        self._indexes: dict[str, tuple[int, frozenset[int]]] = {}
        self._before: Names | None = None

    def revision(self, path: str, revision: str, delta: Delta) -> None:
        """One revision, both ways; afterwards the names are those after its ``upgrade()``."""
        before = self.names
        self._before = None
        self._run(path, revision, "upgrade", delta)
        after = self.names
        # What comes back on the way down is what was there.
        self._before = before
        self._run(path, revision, "downgrade", delta)
        self.names = after

    def _run(self, path: str, revision: str, direction: Direction, delta: Delta) -> None:
        places = delta.places[direction == "downgrade"]
        for index, change in enumerate(delta.of(direction)):
            if not self._concerns(change):
                continue
            at = change.at
            key = (path, direction, at.order)
            runs = at.runs_on(self._dialect)
            before = self.names
            span = Span(*places[index]) if index < len(places) else Span(0, 0)
            for role, said, table, columns, name in self._apply(change):
                self.events.append(
                    Event(path, revision, direction, at.order, span, role, said, table, columns, name)
                )
            # A statement of SQL may make several changes.
            self.moments[key] = (self.moments.get(key, (before,))[0], self.names)
            if not runs:
                self.names = before

    def _concerns(self, change: to.Change) -> bool:
        """Whether a change may be about the tables that are looked at."""
        table = getattr(change, "table", None)
        if isinstance(table, str) and self._is_wanted(table):
            return True
        if isinstance(change, to.MadeTable | to.MadeColumn | to.MadeConstraint):
            return bool(_referred(change, self))
        return isinstance(change, to.LostIndex | to.MovedIndex) and not table

    def _is_wanted(self, table: str | None) -> bool:
        return table is not None and (table in self._wanted or other_spelling(table) in self._wanted)

    # -- Names

    def _new(self) -> int:
        self._next += 1
        return self._next

    def _table(self, name: str) -> int:
        found = self.names.table(name)
        if found is None:
            before = self._before.table(name) if self._before is not None else None
            found = before if before is not None else self._new()
            self.names = Names({**self.names.tables, name: found}, self.names.columns)
        return found

    def _column(self, table: int, name: str) -> int:
        found = self.names.columns.get((table, name))
        if found is None:
            found = self._came_back(table, name) or self._new()
            self.names = Names(self.names.tables, {**self.names.columns, (table, name): found})
        return found

    def _came_back(self, table: int, name: str) -> int | None:
        return self._before.columns.get((table, name)) if self._before is not None else None

    def _columns(self, table: int, names: Iterable[str | None]) -> frozenset[int]:
        return frozenset(self._column(table, name) for name in names if name)

    # -- Changes

    def _apply(self, change: to.Change) -> Iterator[tuple[Role, str, int, frozenset[int], str]]:
        name = getattr(change, "table", None)
        if isinstance(change, to.LostIndex | to.MovedIndex) and change.name and not name:
            known = self._indexes.get(change.name)
            if known is not None:
                yield "changed", index_said(change), *known, change.name
            return
        if isinstance(name, str) and self._is_wanted(name):
            yield from self._on(name, change)
        for table, columns, other in _referred(change, self):
            if name != table:
                known = self._table(table)
                said = f"referred to by {code(other)}"
                yield "referred", said, known, self._columns(known, columns), table

    def is_wanted(self, table: str) -> bool:
        """Whether it is one of the tables that are looked at."""
        return self._is_wanted(table)

    def _on(self, name: str, change: to.Change) -> Iterator[tuple[Role, str, int, frozenset[int], str]]:
        match change:
            case to.MadeTable(columns=columns):
                if self.names.table(name) is not None and change.if_not_exists:
                    return
                table = self._made_table(name)
                made = self._columns(table, [column.name for column in columns])
                yield "created", "created with the table", table, made, name
                yield from self._brought(table, change)
            case to.LostTable():
                table = self._table(name)
                tables = {key: known for key, known in self.names.tables.items() if known != table}
                gone = frozenset(known for (of, _), known in self.names.columns.items() if of == table)
                columns = {key: known for key, known in self.names.columns.items() if key[0] != table}
                self.names = Names(tables, columns)
                yield "lost", "dropped with the table", table, gone, name
            case to.MovedTable(new=str() as new):
                table = self._table(name)
                tables = {key: known for key, known in self.names.tables.items() if known != table}
                self.names = Names({**tables, new: table}, self.names.columns)
                yield (
                    "changed",
                    f"the table renamed from {code(name)} to {code(new)}",
                    table,
                    frozenset(),
                    name,
                )
            case to.MadeColumn(column=column) if column.name:
                table = self._table(name)
                if change.if_not_exists and (table, column.name) in self.names.columns:
                    return
                made = self._column_made(table, column.name)
                yield "made", f"added{details(column, self._dialect)}", table, frozenset({made}), column.name
                for key in column.keys:
                    yield "used", key_said(key), table, frozenset({made}), column.name
            case to.LostColumn(column=str() as column):
                table = self._table(name)
                lost = self._column(table, column)
                rest = {key: known for key, known in self.names.columns.items() if known != lost}
                self.names = Names(self.names.tables, rest)
                yield "lost", "dropped", table, frozenset({lost}), column
            case to.SetColumn(column=str() as column):
                table = self._table(name)
                known = self._column(table, column)
                yield "changed", altered(change, self._dialect), table, frozenset({known}), column
                if change.name and change.name != column:
                    rest = {key: item for key, item in self.names.columns.items() if item != known}
                    self.names = Names(self.names.tables, {**rest, (table, change.name): known})
            case _:
                yield from self._beside(name, change)

    def _beside(self, name: str, change: to.Change) -> Iterator[tuple[Role, str, int, frozenset[int], str]]:
        table = self._table(name)
        match change:
            case to.MadeIndex(index=index):
                columns = self._columns(table, [*index.columns, *index.include])
                if index.name:
                    self._indexes[index.name] = (table, columns)
                kind = "unique index" if index.unique else "index"
                yield "used", f"{kind} {code(index.name or '(unnamed)')}", table, columns, name
            case to.LostIndex() | to.MovedIndex() | to.LostConstraint() | to.MovedConstraint():
                _, columns = self._indexes.get(change.name or "", (table, frozenset[int]()))
                yield "changed", index_said(change), table, columns, name
            case to.MadeConstraint(key=to.NewKey() as key):
                self._remember(key.name, table, columns := self._columns(table, key.columns))
                yield "used", key_said(key), table, columns, name
            case to.MadeConstraint(constraint=to.NewConstraint() as made):
                self._remember(made.name, table, columns := self._columns(table, made.columns))
                yield (
                    "used",
                    f"{made.kind} {code(made.name)}" if made.name else made.kind,
                    table,
                    columns,
                    name,
                )
            case to.MadeConstraint(check=to.NewCheck() as check):
                self._remember(check.name, table, columns := self._mentioned(table, check.condition))
                yield "used", f"check {code(check.name or '(unnamed)')}", table, columns, name
            case to.Rows(verb=verb, columns=columns, fills=fills):
                filled = self._columns(table, fills)
                if filled:
                    yield "changed", "NULL filled in", table, filled, name
                # A DELETE speaks of columns, and takes whole rows.
                rest = self._columns(table, () if verb == "delete" else columns) - filled
                if rest or not filled:
                    yield "changed", f"rows: {verb.upper()}", table, rest, name
            case to.Validated():
                _, columns = self._indexes.get(change.name or "", (table, frozenset[int]()))
                yield "changed", f"{code(change.name or '(unnamed)')} validated", table, columns, name
            case to.Commented():
                yield "changed", "the table's comment", table, frozenset(), name
            case _:
                return

    def _remember(self, name: str | None, table: int, columns: frozenset[int]) -> None:
        if name:
            self._indexes[name] = (table, columns)

    def _mentioned(self, table: int, condition: Plain) -> frozenset[int]:
        """The columns that a check may look at."""
        if not isinstance(condition, str):
            return frozenset()
        words = set(_words(condition))
        return frozenset(
            known for (of, name), known in self.names.columns.items() if of == table and name in words
        )

    def _made_table(self, name: str) -> int:
        """The number of a new table; what was there by that name is another."""
        before = self._before.table(name) if self._before is not None else None
        table = before if before is not None else self._new()
        if self._before is None and self.names.table(name) is None:
            columns = self.names.columns
        else:
            columns = {key: known for key, known in self.names.columns.items() if key[0] != table}
        self.names = Names({**self.names.tables, name: table}, columns)
        return table

    def _column_made(self, table: int, name: str) -> int:
        made = self._came_back(table, name) or self._new()
        self.names = Names(self.names.tables, {**self.names.columns, (table, name): made})
        return made

    def _brought(
        self, table: int, change: to.MadeTable
    ) -> Iterator[tuple[Role, str, int, frozenset[int], str]]:
        """What came with a new table beside its columns."""
        for key in change.keys:
            self._remember(key.name, table, columns := self._columns(table, key.columns))
            yield "used", key_said(key), table, columns, ""
        for column in change.columns:
            for key in column.keys:
                yield "used", key_said(key), table, self._columns(table, [column.name]), ""
        for made in change.constraints:
            self._remember(made.name, table, columns := self._columns(table, made.columns))
            if made.kind != "primary key":
                said = f"{made.kind} {code(made.name)}" if made.name else made.kind
                yield "used", said, table, columns, ""
        for index in change.indexes:
            self._remember(index.name, table, columns := self._columns(table, index.columns))
            yield "used", f"index {code(index.name or '(unnamed)')}", table, columns, ""


def _referred(change: to.Change, replay: Replay) -> list[tuple[str, tuple[str | None, ...], str]]:
    """The tables of interest that a change's foreign keys refer to: the table, its columns, and from where."""
    keys: Sequence[to.NewKey] = ()
    match change:
        case to.MadeTable(keys=found, columns=columns):
            keys = (*found, *(key for column in columns for key in column.keys))
        case to.MadeColumn(column=column):
            keys = column.keys
        case to.MadeConstraint(key=to.NewKey() as key):
            keys = (key,)
        case _:
            return []
    other = change.table or ""
    return [
        (key.ref_table, key.ref_columns, other)
        for key in keys
        if key.ref_table is not None and replay.is_wanted(key.ref_table)
    ]


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() or letter == "_" else " " for letter in text).split()
