"""How worried a person should be, in one word, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from foreshot.knowledge.effects import Effect

Word = Literal["safe", "caution", "danger"]

_ORDER: dict[Word, int] = {"safe": 0, "caution": 1, "danger": 2}


class Risk(Struct, frozen=True):
    """``reason`` is empty only when nothing at all is to be said; ``only`` names the versions that it holds for."""

    word: Word
    reason: str
    only: str | None = None


SAFE = Risk("safe", "")


def risk(effects: Iterable[Effect]) -> Risk:
    """The worst over the effects on each target. What is not known is no reason for alarm."""
    worst = SAFE
    for effect in effects:
        found = _of(effect)
        if _ORDER[found.word] > _ORDER[worst.word] or (found.word == worst.word and not worst.reason):
            worst = found
    return worst


def _of(effect: Effect) -> Risk:
    if not effect.known:
        return SAFE
    found, fields = _judged(effect)
    # What holds on every version is not to be said of some.
    only = effect.only if not effect.varies or effect.varies & fields else None
    return replace(found, only=only) if found.reason else found


def _judged(effect: Effect) -> tuple[Risk, frozenset[str]]:
    """The risk, and the measured fields that it follows from."""
    if effect.always_fails:
        return Risk("danger", f"it fails: {effect.always_fails}"), frozenset({"always"})
    if effect.loses and effect.undoable != "yes":
        return Risk("danger", f"it loses {effect.loses}"), frozenset({"loses", "undo"})
    if effect.rewrite and effect.blocks == "reads and writes":
        return Risk("danger", "reads and writes wait while the whole table is rewritten"), _WAITING
    if effect.scan and effect.blocks == "reads and writes":
        return Risk("danger", "reads and writes wait while the whole table is read"), _WAITING
    if effect.is_long and effect.blocks == "writes":
        word: Word = "danger" if effect.rewrite else "caution"
        return Risk(word, f"writes wait while the whole table is {_verb(effect)}"), _WAITING
    if effect.can_fail_on_rows:
        return Risk("caution", f"it fails when {effect.can_fail_on_rows}"), frozenset({"fails"})
    if effect.fills_silently:
        return Risk("caution", f"rows that are there get {effect.fills_silently}"), frozenset({"fills"})
    if effect.drops_silently:
        return Risk("caution", f"it takes along {effect.drops_silently}"), frozenset({"drops"})
    if effect.rewrite:
        return Risk("caution", "the whole table is rewritten"), _WAITING
    if effect.undoable == "no":
        return Risk("caution", "it cannot be undone"), frozenset({"undo"})
    if effect.scan:
        return Risk("safe", "the whole table is read, and nobody waits"), _WAITING
    if effect.blocks != "nothing":
        return Risk("safe", f"{effect.blocks} wait for a moment only"), _WAITING
    return SAFE, frozenset()


_WAITING = frozenset({"rewrite", "scan", "locks", "algorithm"})


def _verb(effect: Effect) -> str:
    return "rewritten" if effect.rewrite else "read"
