"""What the call around a cursor takes, and which argument is being written."""

from __future__ import annotations

from msgspec import Struct

from foreshot.ide.completion.calls import alembic_calls, spellings
from foreshot.migration.alembic_api import SINCE, Parameter
from foreshot.syntax.cursor import cursor_at


class Signature(Struct, frozen=True):
    """The signature of a call: its label, its parameters as places of the label, and the one that is written now."""

    label: str
    about: str
    parameters: tuple[tuple[int, int], ...]
    """Where each parameter stands in the label, in code points."""
    active: int | None
    note: str = ""
    """About the active parameter."""


def signature(text: str, offset: int) -> Signature | None:
    """The signature of Alembic's call around a place; None outside of one."""
    cursor = cursor_at(text, offset)
    if cursor.comment:
        return None
    calls = alembic_calls(cursor, spellings(text, offset))
    if not calls or calls[0].bracket is not cursor.call:
        return None
    call = calls[0]
    method, wanted = call.method, call.parameter
    if wanted is None and call.bracket.keyword is not None:
        wanted = next((item for item in method.parameters if item.kind == "keywords"), None)
    places: list[tuple[int, int]] = []
    at = len(method.name) + 1
    for parameter in method.parameters:
        start = method.label.index(parameter.text, at)
        at = start + len(parameter.text)
        places.append((start, at))
    active = method.parameters.index(wanted) if wanted is not None else None
    return Signature(method.label, method.about, tuple(places), active, _note(method.name, wanted))


def _note(method: str, parameter: Parameter | None) -> str:
    since = SINCE.get((method, parameter.name)) if parameter is not None else None
    return f"Since Alembic {since}." if since is not None else ""
