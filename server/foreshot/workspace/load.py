"""What all revisions of an environment share, read once, with a digest of everything that it came from."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec.structs import replace

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
from foreshot.project.offline import find_offline
from foreshot.project.pins import certain_major, newest_release
from foreshot.project.settings import LoadedSettings, Settings, load_settings, settings_from_options
from foreshot.project.settings_keys import camel_case
from foreshot.project.template import read_template
from foreshot.syntax.module import Module, SyntaxProblem, parse
from foreshot.text import SourceText, Unreadable

_SIGNS = (
    b"_fkey",
    b"_pkey",
    b"_ibfk_",
    b"op.create_foreign_key(",
    b"op.create_check_constraint(",
    b"op.drop_constraint(",
    b"op.alter_column(",
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
    files: Files, environment: Environment, overrides: Mapping[str, object], hints: RevisionHints = NO_HINTS
) -> Surroundings:
    """The surroundings of an environment's revisions.

    Args:
        files: where files are read from.
        environment: which environment.
        overrides: settings that go before those of the project, with the keys of the settings file.
        hints: the signs of databases in the revisions, see :func:`wants_hints`.
    """
    made = files.remember(
        ("surroundings", identity(environment)),
        lambda: _made(files, environment, overrides, hints),
        (environment, overrides, hints),
    )
    return made if made.modules.files is files else replace(made, modules=made.modules.on(files))


def refreshed(surroundings: Surroundings, files: Files) -> Surroundings:
    """The surroundings as another snapshot of the files has them."""
    return load_surroundings(files, surroundings.environment, surroundings.overrides, surroundings.hints)


def identity(environment: Environment) -> Hashable:
    """What tells an environment from all others of a workspace."""
    return environment.script_location, environment.section, environment.version_dirs


def wants_hints(files: Files, environment: Environment, overrides: Mapping[str, object]) -> bool:
    """Whether the revisions have to tell the databases, because no setting does."""
    return not _settings(files, environment, overrides)[1].dialect


def hints_in_revisions(revisions: Iterable[bytes | Unreadable]) -> RevisionHints:
    """The signs of databases in the bytes of revisions."""
    return all_hints(hints_in_bytes(data) for data in revisions if isinstance(data, bytes))


def all_hints(each: Iterable[RevisionHints]) -> RevisionHints:
    """The signs of databases in several revisions."""
    hints = NO_HINTS
    for found in each:
        if found != NO_HINTS:
            hints |= found
    return hints


def _settings(
    files: Files, environment: Environment, overrides: Mapping[str, object]
) -> tuple[LoadedSettings, Settings]:
    def make() -> tuple[LoadedSettings, Settings]:
        loaded = load_settings(files, environment.home, environment.root)
        options = {camel_case(key): value for key, value in overrides.items()}
        return loaded, settings_from_options(options, loaded.settings)[0] if options else loaded.settings

    key = ("settings", environment.home, environment.root)
    return files.remember(key, make, overrides)


def _made(
    files: Files, environment: Environment, overrides: Mapping[str, object], hints: RevisionHints
) -> Surroundings:
    loaded, settings = _settings(files, environment, overrides)
    env_read = files.read(environment.env_py) if environment.env_py is not None else None
    env_source = env_read if isinstance(env_read, SourceText) else None
    env_module = parse(env_source) if env_source is not None else None
    env = read_env(env_module) if isinstance(env_module, Module) else None
    template_source = _text(files, environment.template)
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
        env_problem=env_read
        if isinstance(env_read, Unreadable)
        else env_module
        if isinstance(env_module, SyntaxProblem)
        else None,
        template=read_template(template_source) if template_source is not None else None,
        template_source=template_source,
        modules=modules,
        sqlalchemy=newest_release(files, environment, "sqlalchemy"),
        alembic=newest_release(files, environment, "alembic"),
        pydantic=certain_major(files, environment, "pydantic", last=2),
        offline=find_offline(files, environment),
        lock_timeout=(env is not None and env.lock_timeout is not None)
        or any(url.lock_timeout for url in environment.urls),
        hints=hints,
        overrides=overrides,
    )
    return replace(surroundings, key=key_of(surroundings))


def _text(files: Files, path: str | None) -> SourceText | None:
    source = files.read(path) if path is not None else None
    return source if isinstance(source, SourceText) else None


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


def key_of(surroundings: Surroundings) -> bytes:
    """A digest of the whole value, so that no field can be forgotten."""
    made = blake2b(digest_size=16)
    for name in Surroundings.__struct_fields__:
        if name not in ELSEWHERE:
            value = getattr(surroundings, name)
            if isinstance(value, Settings):
                # What is reviewed changes nothing in what is found there.
                value = replace(value, since=None, base=None, review="new")
            # The order of sets and mappings must not count: it can differ from run to run.
            made.update(_ENCODER.encode((name, value)))
    made.update(_ENCODER.encode(surroundings.loaded.base))
    return made.digest()


def _plain(value: object) -> object:
    match value:
        case SourceText():
            return blake2b(value.content.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        case Modules():
            return value.roots
        case _:
            raise NotImplementedError(type(value).__name__)


_ENCODER: Final = msgspec.json.Encoder(order="deterministic", enc_hook=_plain)
ELSEWHERE: Final = frozenset(
    {"env", "env_module", "env_problem", "template", "loaded", "hints", "overrides", "key"}
)
"""Fields that follow from others, or whose outcome is in others: of the settings file, what it says and from where, not where
in the file it says so; of hints and overrides, the databases and the settings."""
