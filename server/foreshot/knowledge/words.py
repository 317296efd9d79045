"""The facts in plain words, for a card."""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.knowledge.databases import Target
from foreshot.knowledge.effects import Effect
from foreshot.knowledge.locks import Lock
from foreshot.knowledge.risk import Topic

_SUBJECTS = {"table": "the table", "parent": "the referred table", "index": "the index", "view": "the view"}
_BLOCKS = {
    "reads and writes": ": blocks reads and writes",
    "writes": ": blocks writes",
    "nothing": "",
}


def describe(
    effect: Effect, table: str | None, target: Target, said: frozenset[Topic] = frozenset()
) -> list[str]:
    """Short sentences without a full stop, what fails and who waits first; empty when there is nothing to add.

    Args:
        effect: what happens.
        table: how the operation's own table is to be called, as the caller has escaped it; None says "the table".
        target: the database.
        said: what the verdict has said already, and is left out.
    """
    if not effect.known:
        return [f"what it does on {target.display} is not known"]
    facts = [words for topic, words in _facts(effect, table, said) if topic not in said]
    failing = [note for note in effect.notes if note.startswith("fails ")]
    others = [note for note in effect.notes if note not in failing]
    if "notes" in said:
        failing = failing[1:]
    duration = effect.duration_hint if effect.duration_hint != "milliseconds" else None
    return [*facts, *failing, *([f"takes {duration}"] if duration else []), *others]


def _facts(effect: Effect, table: str | None, said: frozenset[Topic]) -> Iterator[tuple[Topic | None, str]]:
    """What happens, each with its topic; None for what no verdict says."""
    if effect.always_fails:
        yield "fails", f"fails: {effect.always_fails}"
    yield from ((None, words) for words in _locks(effect, table, "waits" in said))
    # On a table that is nobody's yet there are no rows to copy and nobody to wait.
    if effect.algorithm and (effect.metadata_lock or effect.is_long):
        yield None, _algorithm(effect, "waits" in said)
    if effect.rewrite:
        yield "table", "rewrites the whole table"
    elif effect.scan:
        yield "table", "reads the whole table"
    if effect.rewrite is None and not effect.always_fails:
        yield "table", "whether it rewrites the whole table is not known"
    if effect.can_fail_on_rows:
        yield "rows", f"fails when {effect.can_fail_on_rows}"
    if effect.loses:
        yield "loses", f"loses {effect.loses}"
    if effect.drops_silently:
        yield "drops", f"also drops {effect.drops_silently}"
    if effect.fills_silently:
        yield "fills", f"fills existing rows with {effect.fills_silently}"
    if effect.undoable == "no":
        yield "undo", "cannot be undone"
    elif effect.undoable == "with data loss":
        yield "undo", "undoing it does not bring the data back"


def _locks(effect: Effect, table: str | None, waits: bool) -> Iterator[str]:
    """One sentence for the locks that block the same, the strongest first. ``waits``: whom they block was said."""
    for blocks in _BLOCKS:
        found = [lock for lock in effect.locks if lock.blocks == blocks and not lock.mode.startswith("LOCK=")]
        modes: dict[str, list[str]] = {}
        for lock in found:
            modes.setdefault(lock.mode, []).append(_on(lock, table))
        for mode, places in modes.items():
            if mode == "database file":
                yield "locks the database file: blocks writes to every table"
            elif mode == "row locks":
                yield f"locks the rows of {places[0]} that it meets"
            elif blocks != "nothing":
                yield f"takes {mode} on {' and '.join(places)}{'' if waits else _BLOCKS[blocks]}"


def _on(lock: Lock, table: str | None) -> str:
    own = lock.of in ("table", "view")
    name = (f"`{table}`" if table else None) if own else (f"`{lock.table}`" if lock.table else None)
    return name or _SUBJECTS[lock.of]


def _algorithm(effect: Effect, waits: bool) -> str:
    shared = next((lock for lock in effect.locks if lock.mode.startswith("LOCK=")), None)
    if shared is None:
        return f"ALGORITHM={effect.algorithm}"
    return f"ALGORITHM={effect.algorithm}, {shared.mode}{'' if waits else _BLOCKS[shared.blocks]}"
