"""``foreshot schema``: the schema that the migrations make, from their files alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from foreshot.cli import console
from foreshot.cli.environments import DIALECTS, environment_at
from foreshot.cli.problems import Failure
from foreshot.cli.text import clean, shown_path
from foreshot.history.delta import place_of
from foreshot.history.story import Story
from foreshot.migration.graph_names import Unresolved, resolve_revision
from foreshot.project import paths as plain_paths
from foreshot.project.files import Files
from foreshot.schema.ddl import as_sql
from foreshot.schema.show import as_data, as_text
from foreshot.schema.state import Origin, Schema
from foreshot.text import SourceText
from foreshot.workspace.reading import read_history
from foreshot.workspace.shared_database import Source, whole_story


@click.command("schema")
@click.argument("revision", default="heads")
@click.argument("path", default=".", type=click.Path(exists=True))
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "sql"]), default="text", show_default=True
)
@click.option("--dialect", type=click.Choice(DIALECTS), help="The database; by default the project's first.")
@click.option("--provenance", is_flag=True, help="Name the operation that made each object.")
def command(revision: str, path: str, form: str, dialect: str | None, provenance: bool) -> int:
    """Show the schema after REVISION (an id, its beginning, a branch label, head, heads) of the project at PATH."""
    out = console.stdout()
    folder = str(Path.cwd())
    if revision != "heads" and path == "." and Path(revision).exists() and os.sep in revision:
        revision, path = "heads", revision
    files, environment = environment_at(plain_paths.join(folder, path), folder)
    surroundings, told = read_history(files, environment, dialect)
    dialect = dialect or surroundings.database
    sources = whole_story(files, environment, surroundings, told, dialect)
    story = sources[0][0]
    schema, name = _at(story, revision)
    place = _Places(sources, files, folder)
    if form == "json":
        data = as_data(schema, name, dialect, place, provenance=provenance)
        out.line(json.dumps(data, ensure_ascii=True, indent=1))
        return 0
    lines = as_sql(schema, dialect) if form == "sql" else as_text(schema, place, provenance=provenance)
    for line in lines:
        if out.closed:
            return 0
        out.write("\n".join(clean(part) for part in line.split("\n")) + "\n")
    unknown = schema.unknown
    err = console.stderr()
    if unknown:
        err.line(f"Not all of it is known, for {len(unknown)} reason{'' if len(unknown) == 1 else 's'}:")
        for reason in unknown[:20]:
            where, row = place(reason.origin)
            about = f"{reason.about}: " if reason.about else ""
            err.line(f"  {clean(where)}:{row} {clean(about + reason.why)}")
    return 0


def _at(story: Story, revision: str) -> tuple[Schema, str]:
    """The schema after what was asked for, and what that is called."""
    graph = story.graph
    if revision in ("heads", "head"):
        heads = graph.heads
        if revision == "head" and len(heads) > 1:
            raise Failure(f"There are {len(heads)} heads; ask for one of them, or for heads.")
        return story.at_heads(), ", ".join(heads)
    found = resolve_revision(graph, revision)
    if isinstance(found, Unresolved):
        raise Failure(found.why)
    ids = [node.id for node in found]
    return story.at_heads(ids), ", ".join(ids)


class _Places:
    """Path and row of an operation, worked out when it is shown."""

    def __init__(self, sources: list[Source], files: Files, folder: str) -> None:
        self._sources, self._files, self._folder = sources, files, folder
        self._known: dict[Origin, tuple[str, int]] = {}

    def __call__(self, origin: Origin) -> tuple[str, int]:
        known = self._known.get(origin)
        if known is None:
            known = self._known[origin] = self._find(origin)
        return known

    def _find(self, origin: Origin) -> tuple[str, int]:
        for story, told in self._sources:
            node = story.graph.node(origin.revision)
            if node is None:
                continue
            place = place_of(told[node.key].delta, origin)
            source = self._files.read(node.key) if place is not None else None
            row = source.lines.position(place[0])[0] + 1 if place and isinstance(source, SourceText) else 1
            return shown_path(node.key, self._folder), row
        return "", 0
