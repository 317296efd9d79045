"""Environments that share a database: the revisions of one begin with the tables of another.

An extension keeps revisions of its own, with a version table of its own, and alters tables that the application's revisions made. Where just
one other environment of the workspace makes all that an environment takes for granted, its newest state is what the story begins with.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from foreshot.history.story import Story
from foreshot.lint.context import Surroundings
from foreshot.project.beside import other_environments
from foreshot.project.env_facts import Argument
from foreshot.project.environment import Environment
from foreshot.project.files import Files
from foreshot.schema.state import NOT_SEEN, Perhaps, Schema
from foreshot.workspace.histories import Told, story_of, target_of
from foreshot.workspace.reading import read_history

Source = tuple[Story, Mapping[str, Told]]
"""A story, and what its files tell."""


def whole_story(
    files: Files, environment: Environment, surroundings: Surroundings, told: Mapping[str, Told], dialect: str
) -> list[Source]:
    """The story of an environment, and behind it that of the one that leaves its tables to it, where there is one."""
    alone = story_of(told, target_of(surroundings, dialect))
    taken = _taken(alone.at_heads())
    if not taken or not _has_own_table(surroundings):
        return [(alone, told)]
    found = [
        (other, source)
        for other in other_environments(files, environment)
        if (source := _source(files, other, dialect)) is not None
        and all(_is_there(source[0].at_heads(), name) for name in taken)
    ]
    if len(found) != 1:
        return [(alone, told)]
    other, source = found[0]
    schema = source[0].at_heads()
    short = other.script_location.removeprefix(environment.root).strip("/")
    why = f"what the revisions of {short} leave is taken for the beginning"
    origin = next(doubt.origin for doubt in alone.at_heads().unknown if doubt.why == NOT_SEEN)
    begun = replace(schema, perhaps=(*schema.perhaps, Perhaps(why, origin)))
    return [(Story(alone.graph, lambda path: told[path].delta, alone.target, begun), told), source]


def _taken(schema: Schema) -> set[str]:
    """The tables that were there before the first revision."""
    return {doubt.about for doubt in schema.unknown if doubt.why == NOT_SEEN and doubt.about in schema.tables}


def _has_own_table(surroundings: Surroundings) -> bool:
    """Whether env.py names a table for the versions, be it one that is put together: only so can two environments have one database."""
    passed = surroundings.env.argument("version_table") if surroundings.env is not None else None
    return isinstance(passed, Argument) and passed.value not in (None, "alembic_version")


def _source(files: Files, environment: Environment, dialect: str) -> Source | None:
    surroundings, told = read_history(files, environment, dialect)
    story = story_of(told, target_of(surroundings, dialect))
    return (story, told) if len(story.graph.heads) == 1 else None


def _is_there(schema: Schema, name: str) -> bool:
    table = schema.tables.get(name)
    return table is not None and not any(
        doubt.why == NOT_SEEN and doubt.about == name for doubt in (*schema.perhaps, *table.perhaps)
    )
