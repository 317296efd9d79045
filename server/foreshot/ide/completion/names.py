"""The schema at a cursor: what the history made, and what the same function did above."""

from __future__ import annotations

import re

from msgspec import Struct

from foreshot.history.delta import NOTHING, Delta
from foreshot.history.fold import after
from foreshot.lint.context import Surroundings
from foreshot.migration.revision import Revision
from foreshot.schema.lower import lower
from foreshot.schema.state import Schema, Target
from foreshot.syntax.cursor import Cursor
from foreshot.text import SourceText
from foreshot.workspace.project import Project

_FUNCTION = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)


def schema_at(project: Project, path: str, source: SourceText, cursor: Cursor) -> Schema:
    """The schema just before the statement that a cursor is in, on the first of the project's databases.

    What stands above in the function counts where all of it parses. Outside of a revision it is the schema at the heads;
    empty while the history is not known.
    """
    story = project.story()
    if story is None:
        return Schema()
    node = story.graph.at(path)
    if node is None:
        return story.at_heads()
    functions = _FUNCTION.findall(source.content, 0, cursor.statement)
    direction = "downgrade" if functions and functions[-1].startswith("downgrade") else "upgrade"
    above = _read(source.content[: cursor.statement], project.surroundings)
    if above.upgrade is None:
        return story.before_key(path) if direction == "upgrade" else story.after(node.id)
    if direction == "downgrade" and not above.has_upgrade:
        schema = story.after(node.id)
    else:
        schema = _applied(above.upgrade, story.before_key(path), node.id, story.target)
    if direction == "upgrade":
        return schema
    return _applied(above.downgrade, schema, node.id, story.target)


class _Above(Struct, frozen=True):
    """What stands above a cursor; ``upgrade`` is None where it does not parse."""

    text: str
    surroundings: Surroundings
    upgrade: Delta | None = None
    downgrade: Delta = NOTHING
    has_upgrade: bool = False


class _Applied(Struct, frozen=True):
    """A schema and what a delta made of it, each told by being the same object."""

    delta: Delta
    before: Schema
    target: Target
    schema: Schema


_LAST_READ: list[_Above] = []
"""What was read last: of a long revision that is most of a completion, and the same for every letter of a statement."""
_LAST_APPLIED: list[_Applied] = []


def _read(text: str, surroundings: Surroundings) -> _Above:
    from foreshot.workspace.reading import open_revision

    for known in _LAST_READ:
        if known.surroundings is surroundings and known.text == text:
            return known
    revision = open_revision(SourceText(f"{text}pass\n"), surroundings)
    made = _Above(text, surroundings)
    if isinstance(revision, Revision):
        done, undone = (lower(revision.of(way))[0] for way in ("upgrade", "downgrade"))
        has_upgrade = "upgrade" in revision.functions
        made = _Above(text, surroundings, Delta(upgrade=done), Delta(downgrade=undone), has_upgrade)
    _LAST_READ[:] = [made]
    return made


def _applied(delta: Delta, before: Schema, revision: str, target: Target) -> Schema:
    for known in _LAST_APPLIED:
        if known.delta is delta and known.before is before and known.target is target:
            return known.schema
    way = "upgrade" if delta.upgrade else "downgrade"
    schema = after(before, revision, delta, target, way)
    _LAST_APPLIED[:] = [*_LAST_APPLIED[-1:], _Applied(delta, before, target, schema)]
    return schema
