"""The drift of an environment: its models against the head of its history, for the command line."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from foreshot.engine.drift import Drift, drift_of
from foreshot.lint.context import Surroundings
from foreshot.lint.mapped import models_of, options_of
from foreshot.project.environment import Environment
from foreshot.project.files import Files
from foreshot.workspace.histories import story_of, target_of
from foreshot.workspace.reading import read_history


class Compared(Struct, frozen=True):
    """An environment, compared with its models for one database."""

    surroundings: Surroundings
    dialect: str
    drift: Drift
    heads: tuple[str, ...]
    """The heads of its history, which a new revision follows."""


def read_drift(
    files: Files,
    environment: Environment,
    dialect: str | None = None,
    *,
    types: bool | None = None,
    defaults: bool | None = None,
    hooks: bool = True,
) -> Compared:
    """Read an environment's history and its models and compare them; without ``hooks`` also what env.py's hooks leave out."""
    surroundings, told = read_history(files, environment, dialect)
    dialect = dialect or surroundings.database
    story = story_of(told, target_of(surroundings, dialect))
    schema = story.at_heads()
    options = options_of(surroundings, dialect, types=types, defaults=defaults)
    models = models_of(surroundings)
    if not hooks:
        models = replace(models, hooks={})
    drift = drift_of(models, schema, options, from_nothing=not story.graph.nodes)
    return Compared(surroundings, dialect, drift, tuple(story.graph.heads))
