"""``foreshot init``: what a project is found to be, and the files that would fit it; nothing is written unasked."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click
from msgspec import Struct

from foreshot.cli import console
from foreshot.cli.environments import names_of
from foreshot.cli.formats.full import counted
from foreshot.cli.problems import Failure, say
from foreshot.cli.text import clean, shown_path
from foreshot.lint.words import listed, on_databases
from foreshot.project import paths as plain_paths
from foreshot.project.dialect_names import dialect_of
from foreshot.project.dialects import dependency_drivers
from foreshot.workspace.check import ConfigurationError, Options, ProjectResult, check
from foreshot.workspace.write import WriteRefused, create

HOOK: Final = """\
repos:
  - repo: OWNER/foreshot    # the address of Foreshot's repository
    rev: TAG                # a tag or a commit of it
    hooks:
      - id: foreshot
"""
WORKFLOW: Final = """\
name: Migrations
on: pull_request
permissions:
  contents: read
  pull-requests: write
jobs:
  foreshot:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
        with:
          fetch-depth: 0
      - uses: OWNER/foreshot@TAG    # the address of Foreshot's repository, and a tag of it
        with:
          comment: "true"
"""
_MANY: Final = 50
"""Revisions from which on it is worth to say from where on they are reviewed."""


class Proposal(Struct, frozen=True):
    """A file that would fit, and what it is for."""

    path: str
    text: str
    purpose: str


@click.command("init")
@click.argument("path", default=".", type=click.Path(exists=True))
@click.option("--yes", is_flag=True, help="Write every proposed file without asking.")
def command(path: str, yes: bool) -> int:
    """Look at the Alembic project at PATH (default: the current folder), and propose settings, a hook and a workflow.

    Files that are there are left alone, and none is written that was not agreed to. None of the project's code runs.
    """
    out, folder = console.stdout(), str(Path.cwd())
    asked = plain_paths.join(folder, path)
    try:
        results = check(Options((asked,)))
    except ConfigurationError as error:
        raise Failure(str(error)) from None
    if not results:
        raise Failure(f"No Alembic project found in {clean(path) if path != '.' else 'the current folder'}.")
    names = names_of([result.environment for result in results], folder)
    for result, called in zip(results, names, strict=True):
        out.line(out.paint(called, "bold"))
        for name, text in _found(result, folder):
            out.line(f"  {name:<10} {clean(text)}")
    proposals = [found for found in proposed(results) if not os.path.lexists(found.path)]
    out.line()
    if not proposals:
        out.line("Nothing to write: settings, hook and workflow are there.")
    can_ask = sys.stdin.isatty() and out.is_terminal
    for proposal in proposals:
        shown = clean(shown_path(proposal.path, folder))
        out.line(f"{out.paint(shown, 'bold')}: {proposal.purpose}")
        for line in proposal.text.splitlines():
            out.line(f"  | {clean(line)}")
        if yes or (can_ask and click.confirm(f"Write {shown}?", default=False)):
            _write(proposal, folder, out)
    if proposals and not yes and not can_ask:
        out.line("Nothing was written. `foreshot init --yes` writes these files.")
    out.line(f"Next: {_next(results)}")
    return 0


def _write(proposal: Proposal, folder: str, out: console.Console) -> None:
    try:
        create(proposal.path, proposal.text)
    except WriteRefused as error:
        say(f"{shown_path(error.path, folder)}: {error.reason}", "error")
        raise Failure("Not everything was written.") from error
    out.line(f"Wrote {clean(shown_path(proposal.path, folder))}.")


def _found(result: ProjectResult, folder: str) -> Iterator[tuple[str, str]]:
    """What an environment is found to be, a line each."""
    environment, project = result.environment, result.project
    configured = [shown_path(config.path, folder) for config in environment.configs]
    yield (
        "configured",
        listed(list(dict.fromkeys(configured))) if configured else "nowhere: found by its env.py",
    )
    yield "env.py", shown_path(environment.env_py, folder) if environment.env_py else "none"
    heads = project.graph.heads
    revisions = counted(len(project.analyses), "revision", "revisions")
    shown = listed(list(heads[:4])) + (" and more" if len(heads) > 4 else "")
    yield "history", f"{revisions}, {counted(len(heads), 'head', 'heads')}{f': {shown}' if heads else ''}"
    yield "databases", _databases(result, folder)
    base = project.review.base
    if base is None:
        since = result.settings.since
        yield (
            "base",
            f"since {since} (settings)"
            if since
            else "none, so that every revision is new: no git, or no commit",
        )
    else:
        yield "base", base.name
    yield "new", f"{len(project.analyses) - result.shipped} of {len(project.analyses)}"
    for note in result.notes:
        yield "note", note


def _databases(result: ProjectResult, folder: str) -> str:
    """The databases, and what speaks for them."""
    around = result.project.surroundings
    if not around.targets:
        return "nothing tells: set `dialect`"
    names = on_databases([target.database for target in around.targets])
    return f"{names} ({_why(result, folder)})"


def _why(result: ProjectResult, folder: str) -> str:
    around = result.project.surroundings
    databases = {target.database for target in around.targets}
    if around.settings.dialect:
        return "by the settings"
    urls = [url.path for url in around.environment.urls if dialect_of(url.scheme) in databases]
    if urls:
        return f"by the URL in {shown_path(urls[0], folder)}"
    if databases & set(dependency_drivers(result.project.files, around.environment)):
        return "by a driver among the dependencies"
    return (
        "by what env.py, settings or revisions name"
        if not around.guessed
        else "a guess: revisions ask about it"
    )


def proposed(results: Sequence[ProjectResult]) -> list[Proposal]:
    """The files that would fit the projects."""
    found: list[Proposal] = []
    for result in results:
        around = result.project.surroundings
        if around.loaded.path is None and around.targets:
            path = plain_paths.child(around.environment.home, "foreshot.toml")
            if path not in {proposal.path for proposal in found}:
                found.append(
                    Proposal(path, _settings(result), "settings, which are read from here from then on")
                )
    root = results[0].environment.root
    found.append(
        Proposal(f"{root}/.pre-commit-config.yaml", HOOK, "a hook that reviews new revisions before a commit")
    )
    workflow = f"{root}/.github/workflows/foreshot.yml"
    found.append(Proposal(workflow, WORKFLOW, "a review of each pull request, with one comment"))
    return found


def _settings(result: ProjectResult) -> str:
    around, project = result.project.surroundings, result.project
    names = ", ".join(f'"{target.database}"' for target in around.targets)
    lines = [f"dialect = [{names}]"]
    heads = project.graph.heads
    if project.review.base is None and len(project.analyses) >= _MANY and len(heads) == 1:
        lines.append(f'since = "{heads[0]}"    # everything up to here has shipped')
    return "\n".join([*lines, ""])


def _next(results: Sequence[ProjectResult]) -> str:
    new = any(len(result.project.analyses) > result.shipped for result in results)
    return "`foreshot check`" if new else "`foreshot check --last 5`, for nothing is new on the base"
