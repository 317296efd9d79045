"""What all revisions of an environment share, read once, with a digest of everything that it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b

import msgspec

from foreshot.knowledge.databases import Target, target
from foreshot.lint.context import Surroundings
from foreshot.project import paths
from foreshot.project.declared import declared_dialects
from foreshot.project.dialect_names import Dialect
from foreshot.project.dialects import NO_HINTS, RevisionHints, dependency_drivers, hints_in, infer_targets
from foreshot.project.dialects import Target as Stated
from foreshot.project.environment import Environment
from foreshot.project.envpy import read_env
from foreshot.project.files import Files
from foreshot.project.modules import Modules
from foreshot.project.pins import newest_release
from foreshot.project.settings import load_settings, settings_from_options
from foreshot.project.settings_keys import camel_case
from foreshot.project.template import read_template
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText, Unreadable

_ENCODER = msgspec.json.Encoder(order="deterministic")
_SIGNS = (
    b"dialect",
    b"engine.name",
    b"postgresql_",
    b"mysql_",
    b"mariadb_",
    b"sqlite_",
    b"mssql_",
    b"oracle_",
)


def load_surroundings(
    files: Files,
    environment: Environment,
    overrides: Mapping[str, object],
    revisions: Mapping[str, bytes | Unreadable],
    hints_of: Callable[[str, bytes], RevisionHints] = lambda _, data: hints_in_bytes(data),
) -> tuple[Surroundings, bytes]:
    """The surroundings of an environment's revisions, and a digest of all that they were made from.

    Args:
        files: where files are read from.
        environment: which environment.
        overrides: settings that go before those of the project, with the keys of the settings file.
        revisions: the bytes of every revision file, which may tell the project's databases.
        hints_of: the signs of databases in one of them, by path and bytes.
    """
    loaded = load_settings(files, environment.home, environment.root)
    settings = loaded.settings
    if overrides:
        settings, _ = settings_from_options(
            {camel_case(key): value for key, value in overrides.items()}, settings
        )
    env_source = _text(files, environment.env_py)
    env_module = parse(env_source) if env_source is not None else None
    env = read_env(env_module) if isinstance(env_module, Module) else None
    template_source = _text(files, environment.template)
    hints = _hints(revisions, hints_of) if not settings.dialect else NO_HINTS
    modules = Modules(files, _source_roots(files, environment), environment.root)
    drivers = declared = frozenset[Dialect]()
    if not settings.dialect:
        drivers = dependency_drivers(files, environment)
        declared = declared_dialects(files, environment, env, modules)
    inferred = infer_targets(environment, env, hints, settings, drivers, declared)
    surroundings = Surroundings(
        environment=environment,
        settings=settings,
        loaded=loaded,
        targets=_known(inferred.targets),
        possible=_known(inferred.possible),
        guessed=inferred.guessed,
        env=env,
        env_source=env_source,
        env_module=env_module if isinstance(env_module, Module) else None,
        template=read_template(template_source) if template_source is not None else None,
        template_source=template_source,
        modules=modules,
        sqlalchemy=newest_release(files, environment, "sqlalchemy"),
        alembic=newest_release(files, environment, "alembic"),
        lock_timeout=(env is not None and env.lock_timeout is not None)
        or any(url.lock_timeout for url in environment.urls),
    )
    return surroundings, digest_of(surroundings)


def _text(files: Files, path: str | None) -> SourceText | None:
    source = files.read(path) if path is not None else None
    return source if isinstance(source, SourceText) else None


def _hints(
    revisions: Mapping[str, bytes | Unreadable], hints_of: Callable[[str, bytes], RevisionHints]
) -> RevisionHints:
    hints = NO_HINTS
    for path, data in revisions.items():
        found = hints_of(path, data) if isinstance(data, bytes) else NO_HINTS
        if found != NO_HINTS:
            hints |= found
    return hints


def hints_in_bytes(data: bytes) -> RevisionHints:
    """The signs of databases in the bytes of one revision."""
    # The signs are rare: most files need not be decoded.
    return hints_in(data.decode("utf-8", "replace")) if any(sign in data for sign in _SIGNS) else NO_HINTS


def _known(targets: Iterable[Stated]) -> tuple[Target, ...]:
    return tuple(made for item in targets if (made := target(item.dialect, item.version)) is not None)


def _source_roots(files: Files, environment: Environment) -> list[str]:
    """Folders that would stand on ``sys.path``: ``prepend_sys_path``, the project's home, ``src``, the workspace."""
    roots: list[str] = []
    option = environment.option("prepend_sys_path")
    if option is not None and isinstance(option.value, str):
        roots.extend(paths.join(environment.home, part) for part in option.value.replace(":", " ").split())
    for folder in paths.ancestors(environment.script_location, environment.root):
        listing = files.listing(folder)
        if listing is None:
            continue
        # A folder inside a package is no source root.
        if "__init__.py" not in listing.files:
            roots.append(folder)
        if "src" in listing.folders:
            roots.append(f"{folder}/src")
    return list(dict.fromkeys(roots))


def digest_of(surroundings: Surroundings) -> bytes:
    """A digest of all that findings in a revision depend on besides files."""
    made = blake2b(digest_size=16)
    for source in (surroundings.env_source, surroundings.template_source):
        made.update(b"\0" if source is None else source.content.encode("utf-8", "surrogatepass"))
        made.update(b"\1")
    parts = (
        surroundings.environment,
        surroundings.targets,
        surroundings.possible,
        sorted(surroundings.guessed),
        surroundings.settings,
        surroundings.loaded.base,
        surroundings.sqlalchemy,
        surroundings.alembic,
    )
    # The order of sets and mappings must not count: it can differ from run to run.
    made.update(_ENCODER.encode(parts))
    return made.digest()
