"""``foreshot sql``: what a revision sends to the database, from its file alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from foreshot.cli import console
from foreshot.cli.environments import DIALECTS, environment_at
from foreshot.cli.problems import Failure
from foreshot.cli.text import clean, shown_path
from foreshot.history.revision_story import RevisionStory
from foreshot.migration.graph import Node
from foreshot.migration.graph_names import Unresolved, resolve_revision
from foreshot.project import paths as plain_paths
from foreshot.text import SourceText
from foreshot.workspace.histories import story_of, target_of
from foreshot.workspace.reading import read_history
from foreshot.workspace.sql_of import sql_of


@click.command("sql")
@click.argument("revision", default="heads")
@click.argument("path", default=".", type=click.Path(exists=True))
@click.option("--dialect", type=click.Choice(DIALECTS), help="The database; by default the project's first.")
@click.option("--downgrade", is_flag=True, help="What downgrade() sends.")
@click.option(
    "--output-format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def command(revision: str, path: str, dialect: str | None, downgrade: bool, form: str) -> int:
    """Show the SQL of REVISION (an id, its beginning, a branch label, head, heads, or a file) of the project at PATH.

    It is what `alembic upgrade --sql` prints. None of the project's code is run, and nothing is connected to: what is only
    known when it runs is said.
    """
    out = console.stdout()
    folder = str(Path.cwd())
    is_file = revision.endswith(".py") and Path(revision).is_file()
    asked = plain_paths.join(folder, plain_paths.parent(revision) if is_file and path == "." else path)
    files, environment = environment_at(asked, folder)
    surroundings, told = read_history(files, environment, dialect)
    dialect = dialect or surroundings.database
    story = story_of(told, target_of(surroundings, dialect))
    found: list[Node]
    if is_file:
        wanted = os.path.realpath(revision)
        found = [node for node in story.graph.nodes if os.path.realpath(node.key) == wanted]
        if not found:
            raise Failure(f"{clean(revision)} is no revision of the project.")
    else:
        resolved = resolve_revision(story.graph, revision)
        if isinstance(resolved, Unresolved):
            raise Failure(resolved.why)
        found = list(resolved)
    items: list[dict[str, object]] = []
    for node in found:
        source = files.read(node.key)
        made = None
        if isinstance(source, SourceText):
            before = RevisionStory(story, node).before_operation
            made = sql_of(source, surroundings, dialect, "downgrade" if downgrade else "upgrade", before)
        if made is None or not isinstance(source, SourceText):
            raise Failure(f"{clean(shown_path(node.key, folder))} cannot be read.")
        if form == "text":
            out.write("\n".join(clean(line) for line in made.text.split("\n")) + "\n")
            continue
        items.append(
            {
                "revision": node.id,
                "path": shown_path(node.key, folder),
                "dialect": made.dialect,
                "direction": made.direction,
                "complete": not any(statement.why for statement in made.statements),
                "statements": [
                    {
                        "row": source.lines.position(statement.at.start)[0] + 1,
                        "sql": statement.sql,
                        "unknown": statement.why or None,
                        "conditional": statement.conditional,
                        "autocommit": statement.autocommit,
                    }
                    for statement in made.statements
                ],
            }
        )
    if form == "json":
        out.line(json.dumps({"revisions": items}, ensure_ascii=True, indent=1))
    return 0
