"""What operations do to a schema, as plain values: the vocabulary that a history is kept in and replayed from.

:mod:`foreshot.migration.operations` says what a file says, with places and described calls. A change says the same without the
file: it is stored, sent between processes, compared, and applied. :mod:`foreshot.schema.lower` makes one of the other.
A name of None is one that cannot be told; where a name may be missing altogether, the empty string says that it is.
"""

from __future__ import annotations

from typing import Literal, Union

from msgspec import Struct

from foreshot.migration.specs import ConstraintKind, Each, Test
from foreshot.schema.plain import Called, Plain

Setting = Literal["nullable", "type", "default", "name", "comment", "autoincrement"]


class Guard(Struct, frozen=True, array_like=True):
    """A condition around an operation: its number among those of the file, and what it asks where that could be read."""

    number: int
    test: Test | None = None


class At(Struct, frozen=True, array_like=True):
    """When a change runs. Where it stands is kept apart, so that what moves it leaves it equal."""

    order: int
    """Among all operations of the revision, as in its :class:`~foreshot.migration.operations.Site`."""
    kind: str = ""
    """The operation's kind."""
    only: tuple[str, ...] | None = None
    never: tuple[str, ...] = ()
    """Dialects on which it runs, and does not."""
    guards: tuple[Guard, ...] = ()
    batch: int = -1
    """Which batch block of its direction it stands in; -1: in none."""
    recreate: str = "auto"
    """Of that block: ``auto``, ``always``, ``never``."""
    autocommit: bool = False
    raw: bool = False
    """It was read from SQL."""
    inner: int = 0
    """Within a function of another module, which stands at one order: the number there."""
    tried: bool = False
    """Where it fails, the revision goes on."""

    def runs_on(self, dialect: str) -> bool:
        """Whether no guard keeps it from the dialect."""
        return dialect not in self.never and (self.only is None or dialect in self.only)


class NewKey(Struct, frozen=True, array_like=True):
    """A foreign key, on a column or a table."""

    columns: tuple[str | None, ...]
    ref_table: str | None
    ref_columns: tuple[str | None, ...]
    name: str | None = ""
    final: bool = False
    """The name is not to be put into a convention: ``op.f``, SQL."""
    ondelete: str | None = None
    onupdate: str | None = None
    not_valid: bool = False
    deferrable: bool = False
    use_alter: bool = False
    deferred: bool = False
    """``INITIALLY DEFERRED``."""


class NewCheck(Struct, frozen=True, array_like=True):
    """A check."""

    condition: Plain
    name: str | None = ""
    final: bool = False
    not_valid: bool = False


class NewColumn(Struct, frozen=True, array_like=True):
    """A column as it is added; ``nullable`` of None cannot be told."""

    name: str | None
    type: Plain = None
    sql: str | None = None
    """The type's spelling in SQL, where it was read from SQL."""
    nullable: bool | None = True
    default: Plain = None
    primary_key: bool | None = False
    unique: bool | None = False
    index: bool | None = False
    autoincrement: Plain = None
    keys: tuple[NewKey, ...] = ()
    checks: tuple[NewCheck, ...] = ()
    identity: Called | None = None
    computed: Called | None = None
    comment: Plain = None


class NewConstraint(Struct, frozen=True, array_like=True):
    """A primary key, a unique constraint, an exclusion, or a constraint of a kind that cannot be told."""

    kind: ConstraintKind
    columns: tuple[str | None, ...] = ()
    name: str | None = ""
    final: bool = False
    using_index: str | None = None
    deferrable: bool = False
    nulls_not_distinct: bool = False


class NewIndex(Struct, frozen=True, array_like=True):
    """An index; an element that is an expression is None in ``columns`` with its place in ``expressions``."""

    columns: tuple[str | None, ...]
    name: str | None = ""
    final: bool = False
    unique: bool | None = False
    where: Plain = None
    using: str | None = None
    include: tuple[str, ...] = ()
    expressions: tuple[int, ...] = ()
    concurrently: bool = False
    nulls_not_distinct: bool = False
    mentions: str = ""
    """The text of its expressions."""
    orders: tuple[str, ...] = ()
    """How each of ``columns`` is sorted, as in :class:`~foreshot.migration.specs.IndexSpec`."""


class MadeTable(Struct, frozen=True, array_like=True, tag_field="_", tag="+t"):
    """A table is created."""

    at: At
    table: str | None
    columns: tuple[NewColumn, ...] = ()
    constraints: tuple[NewConstraint, ...] = ()
    keys: tuple[NewKey, ...] = ()
    checks: tuple[NewCheck, ...] = ()
    indexes: tuple[NewIndex, ...] = ()
    if_not_exists: bool = False
    complete: bool = True
    temporary: bool = False
    partitioned: bool = False
    comment: Plain = None
    filled: bool = False
    """From a query: it has rows."""


class LostTable(Struct, frozen=True, array_like=True, tag_field="_", tag="-t"):
    """A table is dropped."""

    at: At
    table: str | None
    if_exists: bool = False
    cascade: bool = False


class MovedTable(Struct, frozen=True, array_like=True, tag_field="_", tag=">t"):
    """A table is renamed, or goes to another schema."""

    at: At
    table: str | None
    new: str | None


class MadeColumn(Struct, frozen=True, array_like=True, tag_field="_", tag="+c"):
    """A column is added."""

    at: At
    table: str | None
    column: NewColumn
    if_not_exists: bool = False


class LostColumn(Struct, frozen=True, array_like=True, tag_field="_", tag="-c"):
    """A column is dropped."""

    at: At
    table: str | None
    column: str | None
    if_exists: bool = False
    cascade: bool = False


class SetColumn(Struct, frozen=True, array_like=True, tag_field="_", tag="=c"):
    """A column is altered; what is not among ``sets`` stays as it is."""

    at: At
    table: str | None
    column: str | None
    sets: tuple[Setting, ...] = ()
    nullable: bool | None = None
    type: Plain = None
    sql: str | None = None
    default: Plain = None
    """None: dropped."""
    name: str | None = None
    comment: Plain = None
    autoincrement: Plain = None
    existing: tuple[str, ...] = ()
    """``existing_*`` that were passed: what MySQL's MODIFY keeps."""
    was_type: Plain = None
    was_nullable: bool | None = None
    was_default: Plain = None
    """Of those the type, the nullability and the default: what MODIFY states where they do not change."""


class MadeIndex(Struct, frozen=True, array_like=True, tag_field="_", tag="+i"):
    """An index is created."""

    at: At
    table: str | None
    index: NewIndex
    if_not_exists: bool = False


class LostIndex(Struct, frozen=True, array_like=True, tag_field="_", tag="-i"):
    """An index is dropped; ``table`` is empty where it was not given."""

    at: At
    table: str | None
    name: str | None
    if_exists: bool = False


class MovedIndex(Struct, frozen=True, array_like=True, tag_field="_", tag=">i"):
    """An index is renamed."""

    at: At
    table: str | None
    name: str | None
    new: str | None
    if_exists: bool = False


class MadeConstraint(Struct, frozen=True, array_like=True, tag_field="_", tag="+k"):
    """A constraint is added."""

    at: At
    table: str | None
    constraint: NewConstraint | None = None
    key: NewKey | None = None
    check: NewCheck | None = None


class LostConstraint(Struct, frozen=True, array_like=True, tag_field="_", tag="-k"):
    """A constraint is dropped; MySQL's DROP PRIMARY KEY has an empty name."""

    at: At
    table: str | None
    name: str | None
    kind: ConstraintKind = "unknown"
    if_exists: bool = False
    cascade: bool = False


class MovedConstraint(Struct, frozen=True, array_like=True, tag_field="_", tag=">k"):
    """A constraint is renamed."""

    at: At
    table: str | None
    name: str | None
    new: str | None


class Validated(Struct, frozen=True, array_like=True, tag_field="_", tag="vk"):
    """A constraint is validated."""

    at: At
    table: str | None
    name: str | None


class Commented(Struct, frozen=True, array_like=True, tag_field="_", tag="#t"):
    """A table gets or loses its comment."""

    at: At
    table: str | None
    comment: Plain = None


class MadeEnum(Struct, frozen=True, array_like=True, tag_field="_", tag="+e"):
    """An enum type is created."""

    at: At
    name: str | None
    values: tuple[str | None, ...] = ()
    checkfirst: bool = False


class LostType(Struct, frozen=True, array_like=True, tag_field="_", tag="-e"):
    """A type is dropped."""

    at: At
    name: str | None
    if_exists: bool = False
    cascade: bool = False


class MadeValue(Struct, frozen=True, array_like=True, tag_field="_", tag="+v"):
    """An enum type gains a label."""

    at: At
    name: str | None
    value: str | None
    place: str = ""
    """``before`` or ``after``; empty: at the end."""
    neighbour: str | None = None
    if_not_exists: bool = False


class MovedValue(Struct, frozen=True, array_like=True, tag_field="_", tag=">v"):
    """A label is renamed, or the type where ``value`` is empty."""

    at: At
    name: str | None
    value: str | None
    new: str | None


class Rows(Struct, frozen=True, array_like=True, tag_field="_", tag="rw"):
    """Rows are changed."""

    at: At
    table: str | None
    verb: Literal["update", "delete", "insert", "merge", "truncate"]
    columns: tuple[str, ...] = ()
    """That are written; of a DELETE those that it speaks of."""
    whole: bool = False
    """Without WHERE and LIMIT."""
    fills: tuple[str, ...] = ()
    """Columns of which it leaves no NULL: it sets them to what is none, or deletes the rows where they are NULL."""
    copied: tuple[str, ...] = ()
    """Columns whose values it puts into those, as they are."""


class MadeThing(Struct, frozen=True, array_like=True, tag_field="_", tag="+o"):
    """A view, a function, a trigger, an extension, a schema, a sequence… is created or replaced."""

    at: At
    kind: str
    name: str | None
    table: str | None = None
    """On which it stands; of a sequence the ``table.column`` that owns it, empty for none and None where nothing is said of that."""
    tables: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    definition: str | None = None


class LostThing(Struct, frozen=True, array_like=True, tag_field="_", tag="-o"):
    """One of those is dropped."""

    at: At
    kind: str
    name: str | None
    cascade: bool = False
    if_exists: bool = False


class LegacyRenames(Struct, frozen=True, array_like=True, tag_field="_", tag="pr"):
    """``PRAGMA legacy_alter_table``: while it is on, SQLite leaves what refers to a renamed table as it is."""

    at: At
    on: bool


class Unread(Struct, frozen=True, array_like=True, tag_field="_", tag="??"):
    """Something is done here that could not be read."""

    at: At
    why: str
    about: tuple[str, ...] = ()
    """Names of the tables that it may touch; empty: anything."""


class Commit(Struct, frozen=True, array_like=True, tag_field="_", tag="!"):
    """What was done so far is committed, and others can see it."""

    at: At


class Looped(Struct, frozen=True, array_like=True, tag_field="_", tag="*"):
    """Changes that are made for each row that the database answers; names in them may be marks of :mod:`foreshot.migration.answers`."""

    at: At
    each: Each
    changes: tuple[Change, ...]
    table: str | None = None


Change = Union[  # noqa: UP007
    MadeTable, LostTable, MovedTable, MadeColumn, LostColumn, SetColumn, MadeIndex, LostIndex, MovedIndex, MadeConstraint,
    LostConstraint, MovedConstraint, Validated, Commented, MadeEnum, LostType, MadeValue, MovedValue, Rows, MadeThing, LostThing,
    LegacyRenames, Unread, Commit, Looped,
]  # fmt: skip
"""Anything that a revision does to a schema."""
