"""What else the revision says of something that it drops."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from foreshot.lint.context import Context
from foreshot.lint.rename_evidence import emptied
from foreshot.lint.states import states
from foreshot.migration.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    BulkInsert,
    CreateIndex,
    CreateTable,
    DataChange,
    DropColumn,
    DropConstraint,
    DropTable,
    Execute,
    Opaque,
    Operation,
    RenameTable,
    SqlText,
    TableOperation,
)
from foreshot.rules.destructive import _classes as classes
from foreshot.syntax.values import Text

_WORD = re.compile(r"\w+")
# What reads rows, so that they may be somewhere else afterwards; a DELETE that selects its rows puts them nowhere.
_MOVES = re.compile(
    r"\b(?:insert|update|merge|copy)\b|\A(?!\s*delete\b).*\bselect\b", re.IGNORECASE | re.DOTALL
)
# What reads the catalogue, or changes a table, reads no rows of it, whatever names it says; a test for NULL reads no value.
_APART = re.compile(
    r"\bselect\b(?:(?!\bselect\b)[^;])*?\bfrom\s+(?:information_schema|pg_\w+)\b[^;)]*"
    r"|\b(?:alter|drop)\s+table\b[^;]*"
    r"|\b\w++[\"`\]]?\s++is\s+(?:not\s+)?null\b",
    re.IGNORECASE,
)
# `sa.table("users", sa.column("name"))`, `sa.Column("name")` of a light table object: what Core reads rows by.
_OBJECTS = tuple(re.compile(rf"{name}\(\s*[\"'][^\"']*[\"']") for name in ("able", "olumn"))
# What an UPDATE sets, where no other table has a say in it.
_VALUES = re.compile(r"(?is)\A(?!.*\bselect\b)\s*update\b.*?\bset\b(?P<values>.*?)(?:\bwhere\b|\bfrom\b|\Z)")
_NOT_NULL = re.compile(r"(?i)\bwhere\s+\(?\s*[\"`]?(\w+)[\"`]?\s+is\s+not\s+null\s*\)?\s*;?\s*\Z")
_RETIRED = re.compile(r"_retired_[0-9a-z]+$")
_INITIALS = ("t", "T", "c", "C")


def has_no_rows(operation: TableOperation, context: Context) -> bool:
    """Whether the table is new in this revision, or was emptied by it before."""
    order = operation.site.order
    return _facts(operation, context).emptied.get(operation.table_name or "", order) < order


def is_retired(name: object) -> bool:
    """Whether the name is one that the repair of an earlier revision has given to what was to be dropped later."""
    return isinstance(name, str) and bool(_RETIRED.search(name))


def is_cleared(operation: DropColumn, context: Context) -> bool:
    """Whether every row that has a value in the column is deleted before, in the same direction."""
    cleared = context.once_each_way(_cleared, operation.site.function)
    return cleared.get((operation.table_name, operation.column), operation.site.order) < operation.site.order


def _cleared(operations: tuple[Operation, ...]) -> dict[tuple[str | None, object], int]:
    found: dict[tuple[str | None, object], int] = {}
    for operation in operations:
        if isinstance(operation, DataChange) and operation.verb == "delete" and not operation.limited:
            match = _NOT_NULL.search(operation.site.sql or "")
            if match is not None:
                found.setdefault((operation.table_name, match[1]), operation.site.order)
    return found


def is_copied(operation: DropColumn, context: Context) -> bool:
    """Whether the same direction has copied the column's values into another column of the table."""
    copy = context.once_each_way(copies, operation.site.function).get(
        (operation.table_name, operation.column)
    )
    return copy is not None and copy.site.order < operation.site.order


def copies(operations: tuple[Operation, ...]) -> dict[tuple[str | None, object], DataChange]:
    """The columns whose values an UPDATE of every row puts into another column of the same table, with the first of them."""
    found: dict[tuple[str | None, object], DataChange] = {}
    for operation in operations:
        if not isinstance(operation, DataChange) or operation.verb != "update" or not operation.computed:
            continue
        values = _VALUES.search(operation.site.sql or "")
        words = set(_WORD.findall(values["values"])) if values is not None else set[str]()
        if operation.site.sql is None and not operation.has_where:
            words = set(operation.reads)
        for column in words.intersection(operation.reads).difference(operation.columns):
            found.setdefault((operation.table_name, column), operation)
    return found


def is_kept_in_step(operation: DropColumn, context: Context) -> bool:
    """Whether a trigger's function, which the same direction drops, has kept another column of the table in step with it."""
    column = str(operation.column).lower()
    for target in context.targets((), operation):
        story = context.story(target)
        table = story.before_operation(operation.site).table(operation.table_name) if story else None
        if story is None or table is None:
            continue
        left = story.before_operation(operation.site).things
        gone = [
            thing for place, thing in story.start(operation.site.function).things.items() if place not in left
        ]
        on_table = any(thing.kind == "trigger" and thing.table == table.name for thing in gone)
        others = {name.lower() for name in table.columns} - {column}
        if on_table and any(
            thing.kind == "function" and column in thing.words and others & thing.words for thing in gone
        ):
            return True
    return False


def table_goes(operation: TableOperation, context: Context) -> bool:
    """Whether the whole table is dropped, or retired, in the same direction."""
    return operation.table_name in _facts(operation, context).going


def takes_name(operation: TableOperation, context: Context) -> bool:
    """Whether another table is renamed to what this one is called, before or after."""
    return operation.table in _facts(operation, context).taken


def taken_empty(operation: DropTable, context: Context) -> str | None:
    """The new table that takes this one's name, where nothing in the direction puts a row into it or reads this one's."""
    facts = _facts(operation, context)
    if facts.is_unclear or is_read_before(operation, context):
        return None
    for other in facts.renames:
        name = other.table_name
        is_it = other.new_name == operation.table and other.schema == operation.schema
        if not is_it or name is None or name not in facts.created:
            continue
        words = [facts.places.get(word) for word in _WORD.findall(str(other.table))]
        filled = other.table in facts.filled or (other.table, None) in facts.written
        return None if filled or all(words) else name
    return None


def is_replaced(operation: DropColumn, context: Context) -> bool:
    """Whether the column's name and, as far as they were read before, its values go on in another column of the table."""
    column = operation.column
    if not isinstance(column, str) or not is_read_before(operation, context, column):
        return False
    return any(
        isinstance(other, AlterColumn)
        and other.new_name == column
        and other.table_name == operation.table_name
        and other.site.order > operation.site.order
        for other in context.operations(operation.site.function)
    )


def names_of(operation: TableOperation, context: Context) -> set[str | None]:
    """What the operation's table is called before and after it, where the same direction renames it."""
    names = {operation.table_name}
    for other in _facts(operation, context).renames:
        prefix = f"{other.schema}." if isinstance(other.schema, str) else ""
        pair = {other.table_name, f"{prefix}{other.new_name}"}
        if pair & names:
            names |= pair
    return names


def is_scratch(operation: DropTable, context: Context) -> bool:
    """Whether a leftover of the table is swept away before the same direction creates it, and drops it again.

    ``downgrade()`` may be what drops it, where no other revision has made the table.
    """
    name, order, facts = operation.table_name, operation.site.order, _facts(operation, context)
    if not operation.if_exists or facts.scratch.get(name, order) > order:
        return operation.if_exists
    return (
        operation.site.function == "upgrade"
        and facts.created.get(name, order) > order
        and any(isinstance(other, DropTable) and other.table_name == name for other in context.downgrade)
        and not any(state.is_seen(name) for state in states(operation, context))
    )


def is_undone(operation: TableOperation, context: Context) -> bool:
    """Whether ``operation`` stands in ``downgrade()`` and takes back what ``upgrade()`` made, or may have made."""
    if operation.site.function == "upgrade":
        return False
    made = context.once(_made)
    if made.anything or operation.table_name in made.tables:
        return True
    if set(_WORD.findall(str(operation.table))) <= made.words:
        return True
    if isinstance(operation, DropColumn):
        names = {operation.column, None}
        return bool(
            names & made.columns.get(operation.table_name, set())
            or names & made.columns.get(None, set())
            or None in made.columns.get(operation.table_name, set())
        )
    # A naming convention may have made one constraint's name of another.
    return isinstance(operation, DropConstraint) and bool(made.constrained & {operation.table_name, None})


def is_read_before(one: TableOperation | DataChange, context: Context, column: str | None = None) -> bool:
    """Whether a statement, a table object or a mapped class in front of ``one`` names its table, and ``column`` of it."""
    facts, order = _facts(one, context), one.site.order
    if facts.written.get((one.table, column), order) < order:
        return True
    words = _WORD.findall(f"{one.table} {column or ''}")
    found = [facts.places.get(word, set[int]()) for word in words]
    if found and any(place < order for place in set[int].intersection(*found)):
        return True
    objects, start = context.once(_objects), one.site.statement.start
    if bool(words) and all(objects.get(word, start) < start for word in words):
        return True
    return classes.is_read(str(one.table), column, start, context)


def is_filled_again(operation: DropColumn, context: Context, column: str) -> bool:
    """Whether ``downgrade()`` computes the values of the dropped column from what ``upgrade()`` leaves alone."""
    if (
        operation.site.function == "downgrade"
        or context.renames.dropped_column(operation.table_name, column) is None
    ):
        return False
    there, back = (context.once_each_way(_Facts, way) for way in ("upgrade", "downgrade"))
    words = back.computed.get((operation.table_name, column))
    return words is not None and not (words & there.changed) - {column}


def is_referring(operation: DropColumn, context: Context, database: str) -> bool:
    """Whether a foreign key that ``downgrade()`` adds again is still on the dropped column, and was not written beside it."""
    there, back = (context.once_each_way(_Facts, way) for way in ("upgrade", "downgrade"))
    if operation.site.function == "downgrade" or (operation.table_name, operation.column) not in back.keyed:
        return False
    return not any(
        other.site.order < operation.site.order and other.site.runs_on(database)
        for table in (operation.table_name, None)
        for other in there.unkeyed.get(table, ())
    )


def meant_instead(operation: DropTable, context: Context) -> str | None:
    """The only table that ``upgrade()`` makes, where ``downgrade()`` drops only this other one: its name is a slip."""
    return context.once(_forgotten) if operation.site.function == "downgrade" else None


class _Facts:
    """What one direction does, by the names of what it does it to."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.emptied = emptied(operations)
        self.going: set[str | None] = set()
        self.created: dict[str | None, int] = {}
        self.scratch: dict[str | None, int] = {}
        self.renames: list[RenameTable] = []
        self.taken: set[object] = set()
        self.written: dict[tuple[object, str | None], int] = {}
        self.places: dict[str, set[int]] = {}
        self.computed: dict[tuple[str | None, str], set[str]] = {}
        self.changed = {name.rpartition(".")[2] for name in self.emptied}
        self.keyed: set[tuple[str | None, object]] = set()
        self.unkeyed: dict[str | None, list[Operation]] = {}
        self.filled: set[object] = set()
        self.is_unclear = False
        """Whether something runs of which nobody knows what it does."""
        for operation in operations:
            order = operation.site.order
            match operation:
                case DropTable():
                    self.going.add(operation.table_name)
                    self.changed.add(str(operation.table))
                    if operation.table_name in self.created:
                        self.scratch[operation.table_name] = self.created[operation.table_name]
                case CreateTable():
                    self.created[operation.table_name] = order
                case DropColumn():
                    self.changed.add(str(operation.column))
                case AddColumn(column=column):
                    self.changed.add(str(column.name))
                    if column.foreign_keys and operation.inline_references is None:
                        self.keyed.add((operation.table_name, column.name))
                case AddConstraint(constraint=constraint) if constraint.kind == "foreign key":
                    self.keyed.update((operation.table_name, name) for name in constraint.columns)
                case AlterColumn(new_name=str() as name):
                    self.changed.add(name)
                case DropConstraint():
                    self.unkeyed.setdefault(operation.table_name, []).append(operation)
                case Opaque() | Execute(parsed=False):
                    self.is_unclear = True
                    self.unkeyed.setdefault(None, []).append(operation)
                case RenameTable():
                    self.renames.append(operation)
                    self.taken.add(operation.new_name)
                    if "_retired_" in str(operation.new_name):
                        self.going.add(operation.table_name)
                case BulkInsert():
                    self.is_unclear = self.is_unclear or operation.table_name is None
                    self.filled.add(operation.table)
                case DataChange() if operation.verb != "delete":
                    self.is_unclear = self.is_unclear or operation.table_name is None
                    for name in (None, *operation.columns):
                        self.written.setdefault((operation.table, name), order)
                    site, table = operation.site, operation.table_name
                    if operation.computed and not (site.conditional or site.dialects or site.excluded):
                        words = set(operation.reads if site.sql is None else _WORD.findall(site.sql))
                        self.computed.update(((table, name), words) for name in operation.computed)
                case SqlText(value=Text() | str() as value):
                    text = _APART.sub("", value.value if isinstance(value, Text) else value)
                    for word in set(_WORD.findall(text)) if _MOVES.search(text) else ():
                        self.places.setdefault(word, set()).add(order)
                case SqlText():
                    self.is_unclear = True
                case _:
                    pass
        self.going.discard(None)


class _Made:
    """What ``upgrade()`` makes."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.anything = False
        self.tables: set[str | None] = set()
        self.words: set[str] = set()
        self.columns: dict[str | None, set[object]] = {}
        self.constrained: set[str | None] = set()
        for operation in operations:
            match operation:
                case Opaque() | Execute(parsed=False):
                    self.anything = True
                case Execute():
                    self.words.update(_WORD.findall(operation.site.sql or ""))
                case CreateTable():
                    self.tables.add(operation.table_name)
                    self.anything = self.anything or operation.table_name is None
                case RenameTable():
                    self.words.add(str(operation.new_name))
                    self.anything = self.anything or not isinstance(operation.new_name, str)
                case AddColumn(column=column):
                    self._add(operation.table_name, column.name)
                    if column.foreign_keys or column.unique or column.primary_key:
                        self.constrained.add(operation.table_name)
                case AlterColumn() if operation.new_name is not None:
                    self._add(operation.table_name, operation.new_name)
                case AddConstraint() | CreateIndex():
                    self.constrained.add(operation.table_name)
                case _:
                    pass

    def _add(self, table: str | None, column: object) -> None:
        self.columns.setdefault(table, set()).add(column if isinstance(column, str) else None)


def _facts(operation: Operation, context: Context) -> _Facts:
    return context.once_each_way(_Facts, operation.site.function)


def _made(context: Context) -> _Made:
    return _Made(context.upgrade)


def _forgotten(context: Context) -> str | None:
    """The one table that ``upgrade()`` makes, where ``downgrade()`` drops one of another name and does nothing else to tables."""
    made, dropped = ([*filter(_is_of_tables, way)] for way in (context.upgrade, context.downgrade))
    if len(made) != 1 or len(dropped) != 1:
        return None
    create, drop = made[0], dropped[0]
    if not isinstance(create, CreateTable) or not isinstance(drop, DropTable) or create.table == drop.table:
        return None
    return create.table_name


def _is_of_tables(operation: Operation) -> bool:
    return isinstance(operation, CreateTable | DropTable | RenameTable | Opaque | Execute)


def _objects(context: Context) -> dict[str, int]:
    """The words in the first arguments of table and column objects, each with where it is first said."""
    found: dict[str, int] = {}
    content = context.module.content
    # A pattern that begins with letters is searched for many times faster than one that begins with a choice.
    for pattern in _OBJECTS:
        for match in pattern.finditer(content):
            start = match.start() - 1
            if content.startswith(_INITIALS, max(start, 0)) and not _goes_on(content[start - 1 : start]):
                for word in _WORD.findall(content, start, match.end()):
                    found[word] = min(start, found.get(word, start))
    return found


def _goes_on(character: str) -> bool:
    return character.isalnum() or character == "_"
