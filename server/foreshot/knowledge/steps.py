"""One step of an operation: the measured variant that it is, and what the operation itself adds to that."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from foreshot.knowledge.facts import Facts
from foreshot.migration.operations import Operation


class Step(Struct, frozen=True, kw_only=True, cache_hash=True):
    """``None`` leaves what was measured; an empty string says that there is none of it."""

    variant: str
    parents: tuple[str, ...] = ()
    overrides: bool = False
    """``rewrite`` and ``scan`` below count, not the measured ones."""
    rewrite: bool | None = None
    scan: bool | None = None
    fails: str | None = None
    always: str | None = None
    loses: str | None = None
    drops: str | None = None
    algorithm: str | None = None
    only: str | None = None
    """The versions that ``algorithm`` holds for, when not for all that the target stands for."""
    notes: tuple[str, ...] = ()
    source: str | None = None


def in_transaction(operation: Operation, facts: Facts) -> bool:
    """Whether the statement runs inside the revision's transaction."""
    return facts.in_transaction and not operation.site.autocommit


@lru_cache(maxsize=256)
def step(variant: str) -> Step:
    """A step that is just what was measured."""
    return Step(variant=variant)
