"""The facts in plain words, the same for hover and documentation."""

from __future__ import annotations

from foreshot.knowledge.databases import Target
from foreshot.knowledge.effects import Effect
from foreshot.knowledge.locks import Lock

_SUBJECTS = {"table": "the table", "parent": "the referred table", "index": "the index", "view": "the view"}


def describe(effect: Effect, table: str | None, target: Target) -> list[str]:
    """Short sentences without a full stop, the most important first; empty when nothing happens.

    ``table`` is how the operation's own table is to be called, as the caller has escaped it; None says "the table".
    Where ``effect.only`` restricts it, that is the last sentence.
    """
    if not effect.known:
        return [f"what it does on {target.display} is not known"]
    said: list[str] = []
    if effect.always_fails:
        said.append(f"fails: {effect.always_fails}")
    said.extend(_lock(lock, table) for lock in effect.locks if lock.mode != "LOCK=NONE")
    if effect.algorithm:
        said.append(_algorithm(effect))
    if effect.rewrite:
        said.append(
            "rewrites the whole table meanwhile" if effect.blocks != "nothing" else "rewrites the whole table"
        )
    elif effect.scan:
        said.append(
            "scans the whole table meanwhile" if effect.blocks != "nothing" else "scans the whole table"
        )
    if effect.rewrite is None and not effect.always_fails:
        said.append("whether it rewrites the table is not known")
    if effect.can_fail_on_rows:
        said.append(f"fails when {effect.can_fail_on_rows}")
    if effect.loses:
        said.append(f"loses {effect.loses}")
    if effect.drops_silently:
        said.append(f"silently drops {effect.drops_silently}")
    if effect.fills_silently:
        said.append(f"silently fills the rows that are there with {effect.fills_silently}")
    if effect.duration_hint:
        said.append(f"takes {effect.duration_hint}")
    said.extend(effect.notes)
    if effect.undoable == "no":
        said.append("cannot be undone")
    elif effect.undoable == "with data loss":
        said.append("undoing it does not bring the data back")
    if effect.only:
        said.append(f"holds for {effect.only}")
    return said


def _lock(lock: Lock, table: str | None) -> str:
    own = lock.of in ("table", "view")
    name = (f"`{table}`" if table else None) if own else (f"`{lock.table}`" if lock.table else None)
    on = name or _SUBJECTS[lock.of]
    if lock.mode == "row locks":
        return f"locks the rows of {on} that it meets"
    if lock.mode == "database file":
        return "locks the database file: blocks writes to every table"
    if lock.mode.startswith("LOCK="):
        return f"takes a shared lock on {on}: blocks {lock.blocks}"
    blocked = f"blocks {lock.blocks}" if lock.blocks != "nothing" else "blocks neither reads nor writes"
    return f"takes {lock.mode} on {on}: {blocked}"


def _algorithm(effect: Effect) -> str:
    shared = next((lock.mode for lock in effect.locks if lock.mode.startswith("LOCK=")), None)
    return f"ALGORITHM={effect.algorithm}" + (f", {shared}" if shared else "")
