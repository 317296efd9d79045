"""Which databases a project's migrations run on, from what it says itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from msgspec import Struct

from foreshot.project import paths
from foreshot.project.dialect_names import DIALECTS, DRIVERS, Dialect, dialect_of
from foreshot.project.env_facts import EnvFacts
from foreshot.project.environment import Environment
from foreshot.project.files import Files
from foreshot.project.pins import DEPENDENCY_FILES, is_list
from foreshot.project.settings import Settings
from foreshot.text import SourceText


class Target(Struct, frozen=True, order=True):
    """A database that the migrations run on; ``version`` as the settings say it, such as ``16``, or None."""

    dialect: Dialect
    version: str | None = None


class RevisionHints(Struct, frozen=True, array_like=True):
    """Signs of databases in revisions: imports of ``sqlalchemy.dialects``, arguments such as ``postgresql_where``, guards."""

    imports: frozenset[Dialect] = frozenset()
    arguments: frozenset[Dialect] = frozenset()
    guards: frozenset[Dialect] = frozenset()
    names: frozenset[Dialect] = frozenset()
    """Databases whose own names of constraints stand there: ``users_team_id_fkey``, ``users_ibfk_1``."""
    not_on_sqlite: int = 0
    """How many revisions change a constraint in ALTER TABLE, which SQLite has not, and ask for no database."""
    not_on_postgresql: int = 0
    """How many give a Boolean a number for a default, which PostgreSQL refuses, and ask for no database."""

    def __or__(self, other: RevisionHints) -> RevisionHints:
        """The signs of both."""
        return RevisionHints(
            self.imports | other.imports,
            self.arguments | other.arguments,
            self.guards | other.guards,
            self.names | other.names,
            self.not_on_sqlite + other.not_on_sqlite,
            self.not_on_postgresql + other.not_on_postgresql,
        )


NO_HINTS = RevisionHints()

_NAMES: Final = ("postgres", "postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle")
"""How revisions spell databases."""
_REFUTED: Final = 3
"""So many revisions that a database refuses show that nobody runs them there; one or two may be a mistake."""


class _Patterns:
    """What hints look like; made when the first revision is searched, which most runs do without."""

    def __init__(self) -> None:
        self.imported = re.compile(
            r"\bsqlalchemy\.dialects(?:\.(\w+)|[ \t]+import[ \t]+(\([^)]{0,500}\)|[^\r\n]*))"
        )
        self.word = re.compile(r"\w+")
        self.asks = re.compile(r"dialect|==|\bin\b|\bcase\b")
        # A pattern that begins with plain letters is found many times faster than an alternative of such.
        # `postgres_url = …` is nobody's argument; `{"sqlite_autoincrement": True}` are some.
        self.argument = {
            name: re.compile(rf"{name}_[a-z_]+(?:[ \t]*=[^=]|[\"'][ \t]*:)") for name in _NAMES[1:]
        }
        self.quoted = {name: re.compile(rf"{name}[\"']") for name in _NAMES}
        self.altered = re.compile(
            r"\n[ \t]+op\.(?:create_foreign_key|create_check_constraint|drop_constraint|alter_column)\("
        )
        self.number = re.compile(
            r"\bBoolean(?:\(\))?,[^()]{0,200}\bserver_default=(?:sa\.)?text\([\"'][01][\"']\)"
        )
        self.parted = re.compile(
            r"\b(?:(?:return|raise|except|else|suppress)\b|try:)|\n[ \t]+(?:el)?if (?![^\n]*exists)"
        )


_patterns = cache(_Patterns)


def hints_in(text: str) -> RevisionHints:
    """The signs in the text of one revision."""
    named = [name for name in _NAMES if name in text]
    names = _named(text)
    refused, numbers = (0, 0) if named else (_is_refused(text), _has_number(text))
    if not (named or names or refused or numbers):
        return NO_HINTS
    patterns = _patterns()
    imports: set[Dialect] = set()
    arguments: set[Dialect] = set()
    guards: set[Dialect] = set()
    if "dialects" in text:
        for match in patterns.imported.finditer(text):
            for word in patterns.word.findall(match.group(1) or match.group(2) or ""):
                if word in DIALECTS:
                    imports.add(word)
    for spelled in named:
        dialect = dialect_of(spelled)
        if dialect is None:
            continue
        if spelled in patterns.argument and any(
            not text[max(match.start() - 1, 0) : match.start()].isidentifier()
            for match in patterns.argument[spelled].finditer(text)
        ):
            arguments.add(dialect)
        for match in patterns.quoted[spelled].finditer(text):
            # `if bind.dialect.name == "mysql":`, as seen from the string.
            at = match.start() - 1
            line = text[text.rfind("\n", max(at - 300, 0), max(at, 0)) + 1 : max(at, 0)]
            if at >= 0 and text[at] in "\"'" and "#" not in line and patterns.asks.search(line):
                guards.add(dialect)
    if not (imports or arguments or guards or names or refused or numbers):
        return NO_HINTS
    return RevisionHints(frozenset(imports), frozenset(arguments), frozenset(guards), names, refused, numbers)


def _named(text: str) -> frozenset[Dialect]:
    """The databases that gave the names which stand in a text."""
    ours: set[Dialect] = set()
    if any(f"{ending}{quote}" in text for ending in ("_fkey", "_pkey") for quote in "\"'"):
        ours.add("postgresql")
    if "_ibfk_" in text:
        ours.add("mysql")
    return frozenset(ours)


def _is_refused(text: str) -> bool:
    """Whether SQLite surely refuses the upgrade: it comes to such a change outside of a batch block, or only asks before whether something exists."""
    return _comes_to(_patterns().altered, text)


def _has_number(text: str) -> bool:
    """Whether PostgreSQL surely refuses the upgrade: ``column is of type boolean but default expression is of type integer``."""
    return "Boolean" in text and _comes_to(_patterns().number, text)


def _comes_to(what: re.Pattern[str], text: str) -> bool:
    """Whether ``upgrade()`` has it, and nothing before it that parts ways or catches what fails."""
    start = text.find("\ndef upgrade(")
    if start < 0:
        return False
    end = text.find("\ndef ", start + 1)
    found = what.search(text, start, end if end > 0 else len(text))
    return found is not None and _patterns().parted.search(text, start, found.start()) is None


class Inferred(Struct, frozen=True):
    """What a project says of its databases."""

    targets: tuple[Target, ...] = ()
    """Empty: nothing tells."""
    possible: tuple[Target, ...] = ()
    """Further ones that revisions ask about or whose driver is there, and that may be met."""
    guessed: frozenset[str] = frozenset()
    """Those of the targets for which nothing speaks but that revisions ask about them."""


def infer_targets(
    environment: Environment,
    facts: EnvFacts | None,
    hints: RevisionHints,
    settings: Settings,
    drivers: Iterable[Dialect] = (),
    declared: Iterable[Dialect] = (),
) -> Inferred:
    """The databases of an environment.

    The settings decide. Without them: a folder or database named after one; else types that revisions import, URLs of
    the configuration and env.py, what the project's settings, compose files and examples of ``.env`` declare; where none of
    them names any, the drivers among its dependencies, then arguments such as ``postgresql_where``, which other databases
    ignore. SQLite's URL is taken for one of development beside another database.

    That a revision compares the dialect adds a possibility. It is one of the databases where something else speaks for it too.
    Beside another database, SQLite and PostgreSQL are none of them where several revisions do what they refuse.
    """
    if settings.dialect:
        return Inferred(_targets(settings.dialect, settings))
    named = dialect_of(environment.name)
    if named is not None:
        return Inferred(_targets([named], settings))
    own = facts.hints if facts is not None else ()
    urls: set[Dialect] = {found for url in environment.urls if (found := dialect_of(url.scheme)) is not None}
    urls |= {hint.dialect for hint in own if hint.kind == "url"}
    urls = urls or set(declared)
    of_env: set[Dialect] = {hint.dialect for hint in own if hint.kind == "guard"}
    imported: set[Dialect] = {hint.dialect for hint in own if hint.kind in ("import", "argument")}
    imported |= hints.imports
    asked: set[Dialect] = set(hints.guards)
    driven: set[Dialect] = set(drivers)
    batch: set[Dialect] = set()
    if _is_batch(facts):
        batch.add("sqlite")
    real: set[Dialect] = {name for name in urls if name != "sqlite"}
    strong: set[Dialect] = imported | of_env | real or driven
    if not strong:
        weak: set[Dialect] = urls | set(hints.arguments) | set(hints.names)
        targets: set[Dialect] = weak | asked
        if len(targets) > 1 or targets == weak:
            return Inferred(_targets(targets, settings), guessed=frozenset(asked - weak))
        return Inferred((), _targets(asked, settings))
    signs: set[Dialect] = urls | driven | hints.arguments | batch
    certain: set[Dialect] = strong | (signs & (asked | of_env | batch))
    if len(certain) == 1 and certain <= asked | of_env:
        # Who asks for one has another, which nothing but its arguments may name.
        certain |= hints.arguments
    possible = (asked | driven) - certain
    refuted: dict[Dialect, int] = {
        "sqlite": hints.not_on_sqlite,
        "postgresql": hints.not_on_postgresql,
    }
    for dialect, count in refuted.items():
        if count >= _REFUTED and len(certain) > 1 and dialect not in real:
            certain.discard(dialect)
            possible.discard(dialect)
    return Inferred(_targets(certain, settings), _targets(possible, settings))


def _is_batch(facts: EnvFacts | None) -> bool:
    if facts is None:
        return False
    argument = facts.argument("render_as_batch")
    return argument is not None and getattr(argument, "value", None) is True


def _targets(dialects: Iterable[Dialect], settings: Settings) -> tuple[Target, ...]:
    found = set(dialects)
    return tuple(Target(name, settings.server_version.get(name)) for name in DIALECTS if name in found)


_REQUIREMENT = re.compile(r"^[ \t]*[\"']?([A-Za-z][\w.-]*)(?:\[([^\]\r\n]*)\])?", re.MULTILINE)
_FOR_TESTS = re.compile(r"test|dev|lint|doc|ci\b", re.I)
_LOCKED = re.compile(r"^name = \"([\w.-]+)\"|^        \"([\w.-]+)\": \{", re.MULTILINE)
_MENTION = re.compile(
    r"[\"'\s\[,]("
    + "|".join(sorted((name.replace("_", "[-_.]?") for name in DRIVERS), key=len, reverse=True))
    + r")(?=[\"'\s\[\]=<>~!;,]|$)",
    re.IGNORECASE,
)


def dependency_drivers(files: Files, environment: Environment) -> frozenset[Dialect]:
    """The databases whose drivers the project depends on, by the nearest folder above with files that name any.

    Lock files count only where no other file names a driver, requirements for tests not at all.
    """
    for folder in paths.ancestors(environment.home, environment.root):
        listing = files.listing(folder)
        if listing is None:
            continue
        stated: set[Dialect] = set()
        locked: set[Dialect] = set()
        for name in listing.files:
            listed = is_list(name) and not _FOR_TESTS.search(name)
            if not listed and name not in DEPENDENCY_FILES:
                continue
            source = files.read(paths.child(folder, name))
            if not isinstance(source, SourceText):
                continue
            if name.endswith(".lock"):
                pairs = _LOCKED.findall(source.content)
                locked.update(_drivers(first or second for first, second in pairs))
            elif listed:
                for match in _REQUIREMENT.finditer(source.content):
                    # `oslo.db[mysql]`, `sqlalchemy[postgresql]` bring a driver along.
                    extras = re.split(r"[\s,]+", match.group(2) or "")
                    stated.update(_drivers([match.group(1), *extras]))
                    stated.update(name for extra in extras if (name := dialect_of(extra)) is not None)
            else:
                stated.update(_drivers(match.group(1) for match in _MENTION.finditer(source.content)))
        if stated or locked:
            return frozenset(stated or locked)
    return frozenset()


def _drivers(names: Iterable[str]) -> set[Dialect]:
    return {DRIVERS[key] for name in names if (key := re.sub(r"[-_.]+", "_", name.lower())) in DRIVERS}
