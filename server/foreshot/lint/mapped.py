"""The models of an environment, and what they ask for beyond its history: read and compared once for all who ask.

Models are read from what is recorded of files; Alembic and SQLAlchemy are loaded when there is something to compare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from foreshot.knowledge.databases import ENUM_VALUES_IN_TRANSACTION, Target
from foreshot.knowledge.foreign_tables import ALWAYS_THERE
from foreshot.lint.context import UNION, ProjectContext, Surroundings
from foreshot.lint.finding import Fix, NewFile
from foreshot.models.enums import NativeEnum, out_of_step
from foreshot.models.model import Models
from foreshot.models.reader import read_models
from foreshot.project import paths
from foreshot.project.new_file import creation_date, new_revision, revision_id
from foreshot.project.settings import matcher
from foreshot.schema.state import Enum, Schema

if TYPE_CHECKING:
    from foreshot.engine.described import Options
    from foreshot.engine.drift import Drift, Pending
    from foreshot.engine.settled import Settled


def models_of(surroundings: Surroundings) -> Models:
    """The models of an environment."""
    environment, modules = surroundings.environment, surroundings.modules

    def made() -> Models:
        return read_models(
            modules,
            surroundings.env_module,
            environment.env_py,
            wanted(surroundings),
            flask=environment.flavour == "flask-migrate",
            programmatic=environment.flavour == "programmatic",
            apart=environment.version_dirs,
            pydantic=surroundings.pydantic,
        )

    key = ("models", environment.script_location, environment.section, surroundings.pydantic)
    return modules.files.remember(key, made, (surroundings.settings.models, surroundings.loaded.base))


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
    from foreshot.engine.described import Options

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
        version is None or version.parts >= ENUM_VALUES_IN_TRANSACTION,
        ALWAYS_THERE,
    )


def head_of(project: ProjectContext) -> tuple[Target, Schema] | None:
    """The schema at the heads, on the first of the project's databases; None while the history is not known."""
    if project.stories is None:
        return None
    target = (project.targets or UNION)[0]
    return target, project.stories(target).at_heads()


def drift_of_project(project: ProjectContext) -> Drift | None:
    """What the models ask for; None where there is nothing to compare."""
    models = models_of(project.surroundings)
    if not models.target_tables or project.surroundings.env_module is None:
        return None
    head = head_of(project)
    if head is None:
        return None
    target, schema = head

    environment, files = project.environment, project.surroundings.modules.files
    key = ("drift", environment.script_location, environment.section, target)

    def made() -> tuple[Drift, Settled | None]:
        from foreshot.engine.drift import drift_after

        options = options_of(project.surroundings, target.database)
        _, settled = files.latest(key) or (None, None)
        return drift_after(settled, models, schema, options, from_nothing=not project.graph.nodes)

    given = (models, schema, bool(project.graph.nodes), project.surroundings.key)
    return files.remember(key, made, given)[0]


def written(pending: Iterable[Pending]) -> dict[str, str]:
    """The code that each operation takes in ``upgrade()``, with that of ``downgrade()``: each operation once."""
    texts: dict[str, str] = {}
    for item in pending:
        if item.is_written:
            texts.setdefault(item.difference.text, item.difference.reverse)
    return texts


def bodies(pending: Iterable[Pending]) -> tuple[str, str]:
    """The code of ``upgrade()`` and of ``downgrade()``."""
    texts = written(pending)
    return "\n".join(texts), "\n".join(text for text in reversed(list(texts.values())) if text)


def draft(surroundings: Surroundings, drift: Drift, parent: str | None, message: str) -> tuple[str, str]:
    """The path and the text of the revision that makes what is pending."""
    message = " ".join(message.split())[:500]
    environment, template = surroundings.environment, surroundings.template_source

    def made() -> tuple[str, str]:
        up, down = bodies(drift.pending)
        modules = {item for item in drift.modules if f"{item}." in up or f"{item}." in down}
        imports = [*drift.comparison.imports, *(f"import {item}" for item in sorted(modules))]
        return new_revision(
            environment,
            template,
            revision_id(parent or "", message, creation_date().isoformat()),
            parent,
            message,
            imports=imports,
            upgrades=up,
            downgrades=down,
        )

    key = ("draft", environment.script_location, environment.section, message)
    return surroundings.modules.files.remember(key, made, (drift, parent, template, environment))


def enums_out_of_step(project: ProjectContext) -> Iterator[tuple[NativeEnum, Enum]]:
    """The native enums of the models whose values differ from those of the history, both surely known."""
    models = models_of(project.surroundings)
    head = head_of(project) if models.target_tables and models.targets is not None else None
    if head is not None and head[0].database == "postgresql":
        yield from out_of_step(models.target_tables, head[1])


def revision_of_all(project: ProjectContext) -> Iterator[Fix]:
    """The repair that creates one revision with everything that is pending."""
    drift = drift_of_project(project)
    heads = project.graph.heads
    if drift is None or len(heads) > 1:
        return
    path, text = draft(project.surroundings, drift, heads[0] if heads else None, "model changes")
    if project.source(path) is None:
        count = len(written(drift.pending))
        title = "Create the revision" + (f" for all {count} pending operations" if count > 1 else "")
        yield Fix(title, "unsafe", creates=(NewFile(path, text),))
