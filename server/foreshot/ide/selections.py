"""What a place of a revision lies in, from the name to the function: what an editor selects more of, step by step."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from foreshot.migration.revision import Revision
from foreshot.text import Span
from foreshot.workspace.project import Project


def selections(project: Project, path: str, offset: int) -> list[Span]:
    """The spans around a place, each inside the next: text, argument, call, statement, batch block, function.

    Empty outside of a revision's operations, where an editor's own steps are as good.
    """
    revision = project.revision(path) if path in project.analyses else None
    if revision is None:
        return []
    found: list[Span] = []
    for span in sorted(set(_around(revision, offset)), key=lambda item: item.end - item.start):
        if span.touches(offset) and (not found or span.contains(found[-1])):
            found.append(span)
    calls = {operation.site.call for operation in revision.operations}
    return found if not calls.isdisjoint(found) else []


def _around(revision: Revision, offset: int) -> Iterator[Span]:
    module = revision.module
    for function in revision.functions.values():
        if function.span.touches(offset):
            yield function.span
    for operation in revision.operations:
        site = operation.site
        if site.batch is not None and site.batch.statement.touches(offset):
            yield from (site.batch.statement, site.batch.call)
        if not site.statement.touches(offset):
            continue
        yield from (site.statement, site.call)
        yield from site.args.values()
        yield from site.keywords.values()
        for column in (*getattr(operation, "columns", ()), getattr(operation, "column", None)):
            span = getattr(column, "span", None)
            if isinstance(span, Span):
                yield span
                yield from getattr(column, "args", {}).values()
                yield from getattr(column, "keywords", {}).values()
        for constraint in getattr(operation, "constraints", ()):
            yield constraint.span
    for node in module.nodes(ast.Constant):
        if isinstance(node.value, str):
            span = module.span(node)
            if span.touches(offset):
                yield span
                if span.end - span.start >= 2 and module.content[span.start] in "\"'":
                    yield Span(span.start + 1, span.end - 1)
