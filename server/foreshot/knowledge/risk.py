"""How worried a person should be, in one word, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

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
    only = effect.only
    if effect.always_fails:
        return Risk("danger", f"it fails: {effect.always_fails}", only)
    if effect.loses and effect.undoable != "yes":
        return Risk("danger", f"it loses {effect.loses}", only)
    if effect.rewrite and effect.blocks == "reads and writes":
        return Risk("danger", "reads and writes wait while the whole table is rewritten", only)
    if effect.scan and effect.blocks == "reads and writes":
        return Risk("danger", "reads and writes wait while the whole table is read", only)
    if effect.is_long and effect.blocks == "writes":
        return Risk(
            "danger" if effect.rewrite else "caution",
            f"writes wait while the whole table is {_verb(effect)}",
            only,
        )
    if effect.can_fail_on_rows:
        return Risk("caution", f"it fails when {effect.can_fail_on_rows}", only)
    if effect.fills_silently:
        return Risk("caution", f"rows that are there get {effect.fills_silently}", only)
    if effect.drops_silently:
        return Risk("caution", f"it takes along {effect.drops_silently}", only)
    if effect.rewrite:
        return Risk("caution", "the whole table is rewritten", only)
    if effect.undoable == "no":
        return Risk("caution", "it cannot be undone", only)
    if effect.scan:
        return Risk("safe", "the whole table is read, and nobody waits", only)
    if effect.blocks != "nothing":
        return Risk("safe", f"{effect.blocks} wait for a moment only", only)
    return SAFE


def _verb(effect: Effect) -> str:
    return "rewritten" if effect.rewrite else "read"
