"""What an Alembic environment is, as far as files tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from foreshot.text import Span

Flavour = Literal["alembic", "multidb", "flask-migrate", "flask-multidb", "programmatic", "revisions-only"]
"""``programmatic``: an env.py that no configuration file names. ``revisions-only``: revisions without an env.py, such as
a package hands to another's environment."""


class Problem(Struct, frozen=True):
    """Something wrong with the configuration of a project, and where it is written."""

    path: str
    span: Span
    message: str
    kind: Literal[
        "unreadable",
        "syntax",
        "missing-folder",
        "outside-workspace",
        "unknown-key",
        "wrong-value",
        "wrong-encoding",
    ]
    severity: Literal["error", "warning", "information"] = "warning"


class ConfigOption(Struct, frozen=True):
    """An option of Alembic's configuration.

    ``value`` is what Alembic would read; None when that cannot be told, and always None for an option that holds
    a URL: no more of a URL is kept than :class:`DatabaseUrl` says.
    """

    path: str
    key: str
    value: str | tuple[str, ...] | bool | None
    key_span: Span
    value_span: Span


class DatabaseUrl(Struct, frozen=True):
    """A database URL in a configuration file, without the URL.

    ``scheme`` is what stands before ``://`` (``postgresql+psycopg``). ``password`` is where a literal, non-empty password
    stands; a reference such as ``%(PASSWORD)s`` or ``${PASSWORD}`` is none.
    """

    path: str
    section: str
    key: str
    scheme: str
    value_span: Span
    password: Span | None = None
    lock_timeout: bool = False
    """Whether it sets a lock timeout."""


class ConfigFile(Struct, frozen=True):
    """One place that configures an environment: a section of an ini file, or ``[tool.alembic]`` of a pyproject.toml."""

    path: str
    section: str
    section_span: Span
    options: Mapping[str, ConfigOption] = {}


class Environment(Struct, frozen=True):
    """An Alembic environment: a folder of scripts, its revisions and its configuration. All paths are absolute."""

    root: str
    """The workspace folder that it was found in."""
    home: str
    """The folder of its main configuration file; without one, the folder around the script folder."""
    script_location: str
    env_py: str | None
    template: str | None
    """Its ``script.py.mako``."""
    version_dirs: tuple[str, ...]
    """Folders of revisions, in order; new revisions go to the first. They may not exist yet."""
    flavour: Flavour
    recursive: bool = False
    """Whether folders below the version folders hold revisions too (``recursive_version_locations``)."""
    sourceless: bool = False
    ini: str | None = None
    section: str = "alembic"
    pyproject: str | None = None
    name: str = ""
    """What tells it from other environments of the workspace: the ini section's name, when it is not ``alembic``."""
    databases: tuple[str, ...] = ()
    """The names of the databases that one revision serves (multidb); empty for the usual one."""
    configs: tuple[ConfigFile, ...] = ()
    """Its configuration, the file that counts first; further ini files for other deployments follow."""
    urls: tuple[DatabaseUrl, ...] = ()
    problems: tuple[Problem, ...] = ()

    def option(self, key: str) -> ConfigOption | None:
        """An option of the configuration that counts: the ini file's, then pyproject.toml's, as in Alembic."""
        for path in (self.ini, self.pyproject):
            for config in self.configs:
                if config.path == path and key in config.options:
                    return config.options[key]
        return None
