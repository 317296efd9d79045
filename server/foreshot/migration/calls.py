"""The calls of a revision as they were described, for what makes them again: the SQL of a revision."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from foreshot.migration.specs import Site
from foreshot.syntax.values import CallValue, Text, Unknown

Kind: TypeAlias = Literal["operation", "sql", "method", "unknown"]
"""A method of ``op`` or of a batch block; SQL as text; ``create`` or ``drop`` of a type or a table; what could not be followed."""


class RecordedCall(Struct, frozen=True):
    """One call that does something to the database, in the order in which they run."""

    kind: Kind
    method: str
    """Its name; for ``unknown`` the reason."""
    site: Site
    call: CallValue | None = None
    text: Text | Unknown | None = None
    """The SQL, where there is one."""
