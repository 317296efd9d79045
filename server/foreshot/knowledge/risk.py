"""The verdict on an operation: how worried a person should be, in one word, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from foreshot.knowledge.effects import Effect

Word = Literal["safe", "online", "brief", "unknown", "caution", "danger"]
"""``safe``: nobody waits, nothing fails, nothing is lost. ``online``: long, and nobody waits. ``brief``: others wait, not
for long unless a transaction is open. ``unknown``: it is not known whether the table is read or rewritten."""
Topic = Literal["fails", "waits", "held", "table", "rows", "loses", "drops", "fills", "undo", "notes"]
"""What a sentence is about, so that no other says it again."""

_ORDER: dict[Word, int] = {"safe": 0, "online": 1, "brief": 2, "unknown": 3, "caution": 4, "danger": 5}
_FAILS = "fails "
_WAITS = "waits "


class Risk(Struct, frozen=True):
    """``reason`` has no full stop; ``only`` names the versions that it holds for."""

    word: Word
    reason: str
    topics: frozenset[Topic] = frozenset()
    """What the reason says already."""
    only: str | None = None


def risk(effects: Iterable[Effect]) -> Risk:
    """The worst over the effects on each target; what is not known of a target as a whole is no reason for alarm."""
    worst: Risk | None = None
    for effect in effects:
        found = _of(effect)
        if worst is None or _ORDER[found.word] > _ORDER[worst.word]:
            worst = found
    return worst or Risk("safe", "nothing happens")


def _of(effect: Effect) -> Risk:
    if not effect.known:
        return Risk("safe", "what it does is not known")
    found, fields = _judged(effect)
    # What holds on every version is not to be said of some.
    return replace(found, only=effect.only if not effect.varies or effect.varies & fields else None)


def _judged(effect: Effect) -> tuple[Risk, frozenset[str]]:
    """The verdict, and the measured fields that it follows from."""
    if effect.always_fails:
        return _risk("danger", f"fails: {effect.always_fails}", "fails"), frozenset({"always"})
    if effect.loses and effect.undoable != "yes":
        return _risk("danger", f"loses {effect.loses}", "loses", "undo"), frozenset({"loses", "undo"})
    if effect.is_long and effect.blocks != "nothing":
        grave = effect.rewrite or effect.blocks == "reads and writes"
        reason = f"{effect.blocks} wait while the whole table is {'rewritten' if effect.rewrite else 'read'}"
        return _risk("danger" if grave else "caution", reason, "waits", "table"), _WAITING
    if effect.can_fail_on_rows:
        return _risk("caution", f"fails when {effect.can_fail_on_rows}", "rows"), frozenset({"fails"})
    if effect.fills_silently:
        return _risk("caution", f"existing rows get {effect.fills_silently}", "fills"), frozenset({"fills"})
    if effect.drops_silently:
        return _risk("caution", f"also drops {effect.drops_silently}", "drops"), frozenset({"drops"})
    if effect.rewrite:
        return _risk("caution", "the whole table is rewritten", "table"), _WAITING
    if effect.undoable == "no":
        return _risk("caution", "cannot be undone", "undo"), frozenset({"undo"})
    if effect.rewrite is None or effect.scan is None:
        what = "rewrites" if effect.rewrite is None else "reads"
        return _risk("unknown", f"whether it {what} the whole table", "table"), _WAITING
    if effect.blocks != "nothing" or effect.metadata_lock:
        return _brief(effect), _WAITING
    failing = next((note for note in effect.notes if note.startswith(_FAILS)), None)
    if failing is not None:
        return _risk("caution", failing, "notes"), frozenset()
    if effect.scan:
        return _risk("online", "the whole table is read, and nobody waits", "table", "waits"), _WAITING
    if any(note.startswith(_WAITS) for note in effect.notes):
        return _risk("online", "it waits for others, and nobody waits for it", "waits"), _WAITING
    return _risk("safe", "nobody waits, and nothing is lost"), frozenset()


def _brief(effect: Effect) -> Risk:
    """Who waits until a lock is taken: everybody who comes behind it, as long as a transaction that has the table is open."""
    who = effect.blocks if effect.blocks != "nothing" else "reads and writes"
    if effect.scan:
        reason = f"the whole table is read; {who} wait only where a transaction is open"
        return _risk("online", reason, "table", "waits")
    return _risk("brief", f"{who} wait for a moment, longer behind an open transaction", "waits")


def _risk(word: Word, reason: str, *topics: Topic) -> Risk:
    return Risk(word, reason, frozenset(topics))


_WAITING = frozenset({"rewrite", "scan", "locks", "algorithm"})
