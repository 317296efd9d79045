"""The schema at a cursor: what the history made, and what the same function did above."""

from __future__ import annotations

import re

from foreshot.history.delta import Delta
from foreshot.history.fold import after
from foreshot.migration.revision import Revision
from foreshot.schema.lower import lower
from foreshot.schema.state import Schema
from foreshot.syntax.cursor import Cursor
from foreshot.text import SourceText
from foreshot.workspace.project import Project

_FUNCTION = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)


def schema_at(project: Project, path: str, source: SourceText, cursor: Cursor) -> Schema:
    """The schema just before the statement that a cursor is in, on the first of the project's databases.

    What stands above in the function counts where all of it parses. Outside of a revision it is the schema at the heads;
    empty while the history is not known.
    """
    from foreshot.workspace.reading import open_revision

    story = project.story()
    if story is None:
        return Schema()
    node = story.graph.at(path)
    if node is None:
        return story.at_heads()
    functions = _FUNCTION.findall(source.content, 0, cursor.statement)
    direction = "downgrade" if functions and functions[-1].startswith("downgrade") else "upgrade"
    above = open_revision(SourceText(f"{source.content[: cursor.statement]}pass\n"), project.surroundings)
    if not isinstance(above, Revision):
        return story.before_key(path) if direction == "upgrade" else story.after(node.id)
    schema, target = story.before_key(path), story.target
    done, _ = lower(above.of("upgrade"))
    if direction == "downgrade" and "upgrade" not in above.functions:
        schema = story.after(node.id)
    else:
        schema = after(schema, node.id, Delta(upgrade=done), target, "upgrade")
    if direction == "upgrade":
        return schema
    undone, _ = lower(above.of("downgrade"))
    return after(schema, node.id, Delta(downgrade=undone), target, "downgrade")
