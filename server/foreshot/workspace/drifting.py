"""The drift of an environment: its models against the head of its history."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from foreshot.engine.autogenerate import Options
from foreshot.engine.drift import Drift, drift_of
from foreshot.lint.context import Surroundings
from foreshot.models.model import Models
from foreshot.models.reader import read_models
from foreshot.project import paths
from foreshot.project.environment import Environment
from foreshot.project.files import Files
from foreshot.project.settings import matcher
from foreshot.workspace.histories import read_history, story_of, target_of


class Compared(Struct, frozen=True):
    """An environment, compared with its models for one database."""

    surroundings: Surroundings
    dialect: str
    drift: Drift
    heads: tuple[str, ...]
    """The heads of its history, which a new revision follows."""


def models_of(surroundings: Surroundings) -> Models:
    """The models of an environment."""
    environment = surroundings.environment
    return read_models(
        surroundings.modules,
        surroundings.env_module,
        environment.env_py,
        wanted(surroundings),
        flask=environment.flavour == "flask-migrate",
    )


def wanted(surroundings: Surroundings) -> Callable[[str], bool]:
    """Which files may define models: those that ``models`` names, else all but revisions."""
    environment, settings = surroundings.environment, surroundings.settings
    named = (
        matcher(settings.models, surroundings.loaded.base or environment.root) if settings.models else None
    )

    def is_wanted(path: str) -> bool:
        if any(paths.is_inside(path, folder) for folder in environment.version_dirs):
            return False
        return named is None or named(path)

    return is_wanted


def options_of(
    surroundings: Surroundings, dialect: str, *, types: bool | None = None, defaults: bool | None = None
) -> Options:
    """How env.py has Alembic compare and write; ``types`` and ``defaults`` go before it."""
    env = surroundings.env

    def given(name: str) -> object:
        argument = env.argument(name) if env is not None else None
        return getattr(argument, "value", None)

    def text(name: str) -> str | None:
        value = given(name)
        return value if isinstance(value, str) else None

    version = next((target.version for target in surroundings.targets if target.database == dialect), None)
    return Options(
        dialect,
        version.parts if version is not None else (),
        given("compare_type") is not False if types is None else types,
        given("compare_server_default") not in (None, False) if defaults is None else defaults,
        given("include_schemas") is True,
        text("version_table") or "alembic_version",
        text("version_table_schema"),
        text("alembic_module_prefix") or "op.",
        text("sqlalchemy_module_prefix") or "sa.",
        text("user_module_prefix"),
        given("render_as_batch") is True,
    )


def read_drift(
    files: Files,
    environment: Environment,
    dialect: str | None = None,
    *,
    types: bool | None = None,
    defaults: bool | None = None,
) -> Compared:
    """Read an environment's history and its models and compare them."""
    surroundings, told = read_history(files, environment, dialect)
    if dialect is None:
        dialect = surroundings.targets[0].database if surroundings.targets else "postgresql"
    story = story_of(told, target_of(surroundings, dialect))
    schema = story.at_heads()
    options = options_of(surroundings, dialect, types=types, defaults=defaults)
    drift = drift_of(models_of(surroundings), schema, options)
    return Compared(surroundings, dialect, drift, tuple(story.graph.heads))
