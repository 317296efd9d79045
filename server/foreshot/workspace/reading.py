"""A revision file is read once: what it tells of the history, and what the rules are shown, come of one reading."""

from __future__ import annotations

import logging
from typing import Final, NamedTuple

from foreshot.history.delta import Delta, delta_of, supposed
from foreshot.lint.context import Surroundings
from foreshot.migration.header import read_header, read_header_above
from foreshot.migration.reader import read_revision
from foreshot.migration.revision import Revision
from foreshot.project.dialects import NO_HINTS
from foreshot.project.discover import revision_files
from foreshot.project.environment import Environment
from foreshot.project.files import Files
from foreshot.project.looks import Record, recording
from foreshot.syntax.module import Module, SyntaxProblem, parse
from foreshot.syntax.values import Unknown, Value
from foreshot.text import SourceText, Span, Unreadable
from foreshot.workspace.histories import Told, told_of
from foreshot.workspace.kept import FileProblem
from foreshot.workspace.load import hints_in_revisions, load_surroundings, wants_hints
from foreshot.workspace.settle import Settler
from foreshot.workspace.shipped import dialects_of

MOST_OPEN: Final = 100
"""Revisions that are held open until the history is known, a few hundred kilobytes each; more are read again."""
_log = logging.getLogger("foreshot.workspace")

Opened = Revision | FileProblem | Module
"""A text as a revision; a problem when it does not parse; the module when it is no revision."""


class Reading(NamedTuple):
    """What one reading of a file gave."""

    told: Told
    looked: Record
    """What was looked at besides the text."""
    opened: Opened | None
    """What rules are to be shown; None where they need a reading of their own, which has no places in other files."""


def open_revision(source: SourceText, surroundings: Surroundings) -> Opened:
    """A text as rules are shown it."""
    module = parse(source)
    if not isinstance(module, Module):
        return _problem(module)
    try:
        revision = read_revision(module, dialects_of(surroundings), modules=surroundings.modules)
    except Exception as error:
        # A fault of Foreshot's own costs one file, and is said.
        _log.exception("reading a revision failed")
        return FileProblem("unreadable", f"Foreshot itself failed on it ({type(error).__name__})", Span(0, 0))
    return revision if revision is not None else module


def read(source: SourceText | Unreadable, surroundings: Surroundings, settle: Settler) -> Reading:
    """One revision file, for the history and for the rules.

    Who takes ``opened`` releases its scope.
    """
    with recording() as looked:
        told, opened = _read(source, surroundings, settle)
    return Reading(told, frozenset(looked), opened)


def read_told(
    source: SourceText | Unreadable, surroundings: Surroundings, settle: Settler | None = None
) -> Told:
    """The header and the delta of one revision file."""
    told, opened = _read(source, surroundings, settle)
    release(opened)
    return told


def release(opened: Opened | None) -> None:
    """Let go of what was opened, when nobody asks anything more of it."""
    if isinstance(opened, Revision):
        opened.scope.release()


def read_history(
    files: Files, environment: Environment, dialect: str | None = None
) -> tuple[Surroundings, dict[str, Told]]:
    """The surroundings of an environment, and what each of its revision files tells; ``dialect`` goes before its own."""
    overrides = {"dialect": dialect} if dialect is not None else {}
    texts = {
        path: source
        for path in revision_files(files, environment)
        if (source := files.read(path)) is not None
    }
    hints = NO_HINTS
    if wants_hints(files, environment, overrides):
        hints = hints_in_revisions(data for path in texts if (data := files.read_bytes(path)) is not None)
    surroundings = load_surroundings(files, environment, overrides, hints)
    settle = Settler(surroundings.modules)
    return surroundings, {path: read_told(source, surroundings, settle) for path, source in texts.items()}


def _read(
    source: SourceText | Unreadable, surroundings: Surroundings, settle: Settler | None
) -> tuple[Told, Opened | None]:
    if isinstance(source, Unreadable):
        return told_of(None, Delta(problem=source.reason)), None
    module = parse(source)
    if not isinstance(module, Module):
        told = told_of(read_header_above(source, module), Delta(problem="the file does not parse"))
        return told, _problem(module)
    doubts: dict[str, str] = {}
    options = settle.options(surroundings.env) if settle is not None else None

    def option(name: str) -> Value:
        if options is None:
            return Unknown("it is an option of env.py", Span(0, 0))
        if doubt := options.doubt(name):
            doubts[name] = doubt
        return options.value(name)

    try:
        revision = read_revision(
            module, dialects_of(surroundings), options=option, modules=surroundings.modules, whole=True
        )
    except Exception as error:
        # A fault of Foreshot's own makes one revision unknown, not the history.
        problem = f"Foreshot failed on it ({type(error).__name__})"
        return told_of(read_header(module), Delta(problem=problem)), None
    if revision is None:
        return told_of(read_header(module), Delta()), module
    delta = supposed(
        delta_of(revision, settle.inside(module) if settle is not None else None), doubts.values()
    )
    told = told_of(revision.header, delta)
    if revision.reaches_out:
        release(revision)
        return told, None
    return told, revision


def _problem(problem: SyntaxProblem) -> FileProblem:
    return FileProblem("syntax", problem.message, problem.span)
