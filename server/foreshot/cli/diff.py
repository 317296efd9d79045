"""``foreshot diff``: the models against the replayed head, as autogenerate would have it, without a database."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from foreshot.cli import console
from foreshot.cli.environments import names_of
from foreshot.cli.problems import Failure
from foreshot.cli.text import clean, shown_path
from foreshot.project import paths as plain_paths
from foreshot.project.discover import environments_at, workspace_root
from foreshot.project.disk import DiskFiles
from foreshot.project.environment import Environment
from foreshot.project.files import Files
from foreshot.text import SourceText

if TYPE_CHECKING:
    from foreshot.engine.drift import Drift, Pending
    from foreshot.workspace.drifting import Compared

_DIALECTS: Final = ("postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle")
_SHOWN: Final = 20


class _Found:
    """One environment, compared."""

    def __init__(
        self,
        files: Files,
        environment: Environment,
        folder: str,
        drift: Drift,
        dialect: str,
        parents: tuple[str, ...],
    ) -> None:
        self.files, self.environment, self.folder = files, environment, folder
        self.drift, self.dialect, self.parents = drift, dialect, parents

    def place(self, path: str, offset: int) -> tuple[str, int]:
        source = self.files.read(path) if path else None
        row = source.lines.position(offset)[0] + 1 if isinstance(source, SourceText) else 1
        return shown_path(path, self.folder) if path else "", row

    def unknown(self) -> Iterator[dict[str, Any]]:
        drift = self.drift
        for doubt in drift.doubts:
            path, row = self.place(doubt.origin.path, doubt.origin.span.start)
            about = f"{doubt.table}: " if doubt.table else ""
            yield {"path": path, "row": row, "why": f"{about}{doubt.why}"}
        for reason in drift.perhaps:
            about = f"{reason.about}: " if reason.about else ""
            yield {
                "path": None,
                "row": None,
                "why": f"revision {reason.origin.revision}: {about}{reason.why}",
            }
        for item in drift.undecided:
            yield {"path": None, "row": None, "why": f"defaults that only a database can compare: {item}"}

    def data(self) -> dict[str, Any]:
        return {
            "script_location": shown_path(self.environment.script_location, self.folder),
            "dialect": self.dialect,
            "complete": self.drift.complete,
            "unknown": list(self.unknown()),
            "operations": [
                *(self.operation(item) for item in self.drift.pending),
                *(self.operation(item, again=True) for item in self.drift.again),
            ],
        }

    def operation(self, item: Pending, *, again: bool = False) -> dict[str, Any]:
        found = item.difference
        path, row = self.place(item.origin.path, item.origin.span.start) if item.origin else (None, None)
        return {
            "kind": found.kind,
            "schema": found.schema,
            "table": found.table,
            "column": found.column,
            "name": found.name,
            "columns": list(found.columns),
            "detectable": item.detectable,
            "again": again,
            "certainty": "certain" if item.certain else "possible",
            "path": path,
            "row": row,
            "text": found.text,
        }


@click.command("diff")
@click.argument("path", default=".", type=click.Path(exists=True))
@click.option(
    "--output-format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option("--dialect", type=click.Choice(_DIALECTS), help="The database; by default the project's first.")
@click.option(
    "--compare-type/--no-compare-type", default=None, help="Compare types; by default as env.py says."
)
@click.option(
    "--compare-server-default/--no-compare-server-default",
    default=None,
    help="Compare server defaults; by default as env.py says.",
)
@click.option(
    "--hooks/--no-hooks",
    default=True,
    show_default=True,
    help="Leave out what env.py's include_object and include_name do, as Alembic does.",
)
@click.option("--strict", is_flag=True, help="Exit with 2 when nothing differs but not all could be read.")
@click.option("--write", is_flag=True, help="Create the revision.")
@click.option(
    "-m", "--message", default="model changes", show_default=True, help="What the revision is about."
)
def command(
    path: str,
    form: str,
    dialect: str | None,
    compare_type: bool | None,
    compare_server_default: bool | None,
    hooks: bool,
    strict: bool,
    write: bool,
    message: str,
) -> int:
    """Show the operations that lead from the migrations of the project at PATH to its models, as Alembic writes them.

    Exit status: 0 in step, 1 they differ, 2 an error.
    """
    from foreshot.workspace.drifting import read_drift

    folder = str(Path.cwd())
    asked = plain_paths.join(folder, path)
    root = workspace_root(asked, os.path.exists)
    files = Files(disk=DiskFiles([root]))
    environments = environments_at(files, asked, root)
    if not environments:
        raise Failure(f"No Alembic project found in {clean(path) if path != '.' else 'the current folder'}.")
    if write and len(environments) > 1:
        listed = "\n".join(f"  {name}" for name in names_of(environments, folder))
        raise Failure(f"There are {len(environments)} Alembic projects. Name one of them:\n{listed}")
    found: list[_Found] = []
    for environment in environments:
        read = read_drift(
            files, environment, dialect, types=compare_type, defaults=compare_server_default, hooks=hooks
        )
        found.append(_Found(files, environment, folder, read.drift, read.dialect, read.heads))
        if write and any(item.is_written for item in read.drift.pending):
            _write(read, message, folder)
    out = console.stdout()
    if form == "json":
        out.line(json.dumps({"environments": [item.data() for item in found]}, ensure_ascii=True, indent=1))
    else:
        for item, name in zip(found, names_of(environments, folder), strict=True):
            _show(out, item, name if len(found) > 1 else "")
    if any(pending.certain for item in found for pending in item.drift.pending):
        return 1
    whole = all(item.drift.complete for item in found)
    return 2 if strict and not whole else 0


def _show(out: console.Console, item: _Found, name: str) -> None:
    if name:
        out.line(out.paint(name, "bold"))
    before = ""
    for pending in item.drift.pending:
        named = pending.difference.name
        text = (
            pending.difference.text
            or f"# {named} has more values than the models: rows with them cannot be loaded."
        )
        if text == before:
            continue
        before = text
        place = item.place(pending.origin.path, pending.origin.span.start) if pending.origin else None
        if place is not None:
            out.line(out.paint(clean(f"# {place[0]}:{place[1]}"), "dim"))
        if not pending.certain:
            out.line(out.paint("# Possibly, as far as the history could be read:", "dim"))
        if not pending.detectable:
            out.line(out.paint("# Alembic itself does not see this:", "dim"))
        for line in text.splitlines():
            out.line(clean(line))
    err = console.stderr()
    for pending in item.drift.again[:_SHOWN]:
        place = item.place(pending.origin.path, pending.origin.span.start) if pending.origin else None
        where = f"{place[0]}:{place[1]} " if place is not None else ""
        err.line(
            clean(f"{where}Alembic asks for this each time, and no migration settles it: {_again(pending)}")
        )
    reasons = list(item.unknown())
    if not item.drift.pending:
        err.line(
            "The models and the migrations are in step, as far as they could be read."
            if reasons
            else "The models and the migrations are in step."
        )
    if not item.drift.complete:
        err.line(f"Not all is known, for {len(reasons)} reason{'' if len(reasons) == 1 else 's'}:")
        for reason in reasons[:_SHOWN]:
            where = f"{reason['path']}:{reason['row']} " if reason["path"] else ""
            err.line(f"  {clean(where + reason['why'])}")


def _again(pending: Pending) -> str:
    """What is asked for again, and what ends it."""
    item = pending.difference
    match item.kind:
        case "modify_nullable":
            return f"{item.table}.{item.column} may be NULL, which its primary key refuses. Take nullable=True out of the model."
        case "modify_default":
            return f"the empty default of {item.table}.{item.column}. Write it as text(\"''\") in the model."
        case _:
            columns = ", ".join(item.columns)
            return f"{item.table} ({columns}) is unique, as its primary key. Take the constraint out of the model."


def _write(read: Compared, message: str, folder: str) -> None:
    from foreshot.lint.mapped import draft
    from foreshot.workspace.write import WriteRefused, create

    if len(read.heads) > 1:
        raise Failure(f"There are {len(read.heads)} heads: merge them first.")
    path, text = draft(read.surroundings, read.drift, read.heads[0] if read.heads else None, message)
    try:
        create(path, text)
    except WriteRefused as error:
        raise Failure(str(error)) from error
    console.stderr().line(f"Created {clean(shown_path(path, folder))}.")
