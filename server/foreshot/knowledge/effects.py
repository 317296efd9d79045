"""What an operation does to a database that has rows and users: the question that rules, hover and docs ask."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from foreshot.knowledge.databases import Target
from foreshot.knowledge.facts import Facts
from foreshot.knowledge.locks import MODES, SHARES_METADATA, Lock, read_locks, strongest
from foreshot.knowledge.rows import Undoable, choose
from foreshot.knowledge.variants import Step, steps_of
from foreshot.migration.operations import DataChange, Execute, Operation, TableOperation


class Effect(Struct, frozen=True, kw_only=True):
    """What happens. None in a field that says yes or no means that it is not known."""

    locks: tuple[Lock, ...] = ()
    """Held until the transaction ends on PostgreSQL, until the statement ends elsewhere."""
    rewrite: bool | None = False
    """Every row is written again: the table, or a copy of it."""
    scan: bool | None = False
    """Every row is read."""
    can_fail_on_rows: str | None = None
    """Which rows make it fail, with the database's error code in brackets."""
    always_fails: str | None = None
    """Why it fails even on an empty table."""
    undoable: Undoable = "yes"
    loses: str | None = None
    """Data that is gone, or changed without an error."""
    drops_silently: str | None = None
    """What goes away along with it without a word."""
    fills_silently: str | None = None
    """What the rows that are there get without a word (MySQL, MariaDB: NOT NULL without a default)."""
    algorithm: str | None = None
    """MySQL, MariaDB: the best ALGORITHM accepted: INSTANT, INPLACE, NOCOPY or COPY; its lock is among ``locks``."""
    metadata_lock: bool = False
    """MySQL, MariaDB: it waits until each open transaction that has used the table is over, and who comes then behind it."""
    duration_hint: str | None = None
    """In words, from a measurement on a small machine: an order of magnitude."""
    notes: tuple[str, ...] = ()
    only: str | None = None
    """The versions that it holds for (``PostgreSQL 12–17``), when not for all that the target stands for."""
    varies: frozenset[str] = frozenset()
    """What ``only`` is about: the measured fields (``loses``, ``drops``, ``locks``…) that differ between versions."""
    source: str = ""
    known: bool = True
    """False where nothing is known of this operation on this database."""

    @property
    def blocks(self) -> str:
        """The worst that any of the locks does: ``reads and writes``, ``writes`` or ``nothing``."""
        found = {lock.blocks for lock in self.locks}
        return next((one for one in ("reads and writes", "writes") if one in found), "nothing")

    @property
    def is_long(self) -> bool | None:
        """Whether it takes longer the more rows there are."""
        if self.rewrite or self.scan:
            return True
        return None if self.rewrite is None or self.scan is None else False

    def lock_of(self, of: str = "table") -> Lock | None:
        """The lock on the operation's own table, or the first on a ``parent``, ``index`` or ``view``."""
        return next((lock for lock in self.locks if lock.of == of), None)


NOTHING_KNOWN = Effect(rewrite=None, scan=None, known=False)
NO_EFFECT = Effect()

_NO_FACTS = Facts()


def effects_of(operation: Operation, target: Target, *, facts: Facts = _NO_FACTS) -> Effect:
    """What ``operation`` does on ``target``, given what the caller knows.

    An operation that a guard keeps from the database does nothing there. A table that was made in the same
    revision is empty and nobody else's: nothing waits and nothing is scanned, but what always fails still does.
    """
    if not operation.site.runs_on(target.database):
        return NO_EFFECT
    steps = steps_of(operation, target, facts)
    if steps is None:
        return NOTHING_KNOWN
    table = _table_name(operation)
    empty = facts.table_is_new or facts.table_is_empty is True
    return _combined(steps, table, target, facts.table_is_new, empty)


def _table_name(operation: Operation) -> str | None:
    if isinstance(operation, TableOperation | DataChange):
        return operation.table_name
    if isinstance(operation, Execute) and len(operation.tables) == 1:
        return operation.tables[0]
    return None


@lru_cache(maxsize=4096)
def _combined(
    steps: tuple[Step, ...], table: str | None, target: Target, is_new: bool, is_empty: bool
) -> Effect:
    """The steps' effects as one: the strongest lock, any rewrite, any failure."""
    if not steps:
        return NO_EFFECT
    effects = [_of_step(step, table, target) for step in steps]
    effect = effects[0] if len(effects) == 1 else _merged(effects)
    if is_new:
        parents = tuple(lock for lock in effect.locks if lock.of == "parent")
        effect = replace(effect, locks=parents, metadata_lock=False)
    if is_new or is_empty:
        effect = replace(
            effect, rewrite=False, scan=False, can_fail_on_rows=None, fills_silently=None, duration_hint=None,
            loses=None if effect.undoable == "yes" else effect.loses,
        )  # fmt: skip
    return effect


def _of_step(step: Step, table: str | None, target: Target) -> Effect:
    chosen = choose(step.variant, target)
    if chosen is None:
        return NOTHING_KNOWN if step.always is None else replace(NO_EFFECT, always_fails=step.always)
    row = chosen.row
    locks = read_locks(row.locks, table, step.parents)
    algorithm, _, shared = (row.algorithm or "" if step.algorithm is None else step.algorithm).partition("/")
    if algorithm:
        mode, blocks = MODES[shared or "NONE"]
        locks.append(Lock(table, mode, blocks))
    fails = row.fails if step.fails is None else step.fails
    loses = step.loses or row.loses
    always = step.always or row.always
    if always is not None:
        return Effect(always_fails=always, only=chosen.only, source=chosen.source, notes=row.notes)
    rewrite, scan = (step.rewrite, step.scan) if step.overrides else (row.rewrite, row.scan)
    return Effect(
        locks=strongest(locks),
        rewrite=rewrite,
        scan=scan,
        can_fail_on_rows=fails or None,
        undoable=row.undo if row.undo != "yes" or not step.loses else "with data loss",
        loses=loses,
        drops_silently=step.drops if step.drops is not None else row.drops,
        fills_silently=row.fills,
        algorithm=algorithm or None,
        metadata_lock=target.is_mysql and step.variant not in SHARES_METADATA,
        duration_hint=_duration(row.ms, row.small),
        notes=(*step.notes, *row.notes),
        only=step.only or chosen.only,
        varies=chosen.varies | {"algorithm"} if step.only else chosen.varies,
        source=step.source if step.source is not None else chosen.source,
    )


_UNDO: dict[Undoable, int] = {"yes": 0, "with data loss": 1, "no": 2}
_ALGORITHMS = ("INSTANT", "NOCOPY", "INPLACE", "COPY")


def _merged(effects: list[Effect]) -> Effect:
    """One effect for several statements of one operation, in one transaction."""
    known = [effect for effect in effects if effect.known]
    failing = next((effect for effect in known if effect.always_fails), None)
    if failing is not None:
        return failing
    if not known:
        return NOTHING_KNOWN
    best = [_ALGORITHMS.index(effect.algorithm) for effect in known if effect.algorithm]
    unknown = len(known) < len(effects)
    onlys = {effect.only for effect in known if effect.only}
    return Effect(
        locks=strongest([lock for effect in known for lock in effect.locks]),
        rewrite=_any([effect.rewrite for effect in known], unknown),
        scan=_any([effect.scan for effect in known], unknown),
        can_fail_on_rows=_joined([effect.can_fail_on_rows for effect in known]),
        undoable=max((effect.undoable for effect in known), key=_UNDO.__getitem__),
        loses=_joined([effect.loses for effect in known]),
        drops_silently=_joined([effect.drops_silently for effect in known]),
        fills_silently=_joined([effect.fills_silently for effect in known]),
        algorithm=_ALGORITHMS[max(best)] if best else None,
        metadata_lock=any(effect.metadata_lock for effect in known),
        duration_hint=_longest([effect.duration_hint for effect in known]),
        notes=tuple(dict.fromkeys(note for effect in known for note in effect.notes)),
        only=onlys.pop() if len(onlys) == 1 else None,
        varies=frozenset[str]().union(*(effect.varies for effect in known)),
        source=next((effect.source for effect in known if effect.source), ""),
    )


def _any(values: list[bool | None], unknown: bool) -> bool | None:
    if True in values:
        return True
    return None if unknown or None in values else False


def _joined(texts: list[str | None]) -> str | None:
    return ", or ".join(dict.fromkeys(text for text in texts if text)) or None


_INSTANTLY = "milliseconds"


def _longest(hints: list[str | None]) -> str | None:
    found = [hint for hint in hints if hint]
    return next((hint for hint in found if hint != _INSTANTLY), found[0] if found else None)


def _duration(ms: float | None, small: float | None) -> str | None:
    if ms is not None:
        took, rows = ms, "2 million rows"
    elif small is not None:
        took, rows = small, "200,000 rows"
    else:
        return None
    if took < 100 and (ms is not None or took < 50):
        return _INSTANTLY
    if took < 700:
        return f"under a second for {rows}"
    seconds = round(took / 1000)
    return f"about {seconds} seconds for {rows}" if seconds > 1 else f"about a second for {rows}"
