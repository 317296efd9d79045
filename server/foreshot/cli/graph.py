"""``foreshot graph``: what follows what, from the files alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import click

from foreshot.cli import console
from foreshot.cli.environments import names_of
from foreshot.cli.problems import Failure
from foreshot.cli.text import clean, shown_path
from foreshot.migration.graph import Node, RevisionGraph
from foreshot.migration.graph_render import render_dot, render_json, render_mermaid, render_text
from foreshot.migration.header import read_header, read_header_above
from foreshot.migration.revision_parts import RevisionHeader
from foreshot.project import paths as plain_paths
from foreshot.project.discover import environments_at, revision_files, workspace_root
from foreshot.project.disk import DiskFiles
from foreshot.project.environment import Environment
from foreshot.project.files import Files
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

_RENDERERS: Final[dict[str, Callable[[RevisionGraph], Iterator[str]]]] = {
    "text": render_text,
    "mermaid": render_mermaid,
    "dot": render_dot,
    "json": render_json,
}


@click.command("graph")
@click.argument("path", default=".", type=click.Path(exists=True))
@click.option("--format", "form", type=click.Choice(list(_RENDERERS)), default="text", show_default=True)
def command(path: str, form: str) -> int:
    """Show the revision graph of the Alembic project at PATH (default: the current folder), heads first.

    Of several projects the text shows one after the other; the other formats want one to be named.
    """
    out = console.stdout()
    folder = str(Path.cwd())
    files, environments = _environments(plain_paths.join(folder, path))
    if not environments:
        raise Failure(f"No Alembic project found in {clean(path) if path != '.' else 'the current folder'}.")
    if len(environments) > 1 and form != "text":
        listed = "\n".join(f"  {name}" for name in names_of(environments, folder))
        raise Failure(f"There are {len(environments)} Alembic projects. Name one of them:\n{listed}")
    for number, (environment, name) in enumerate(
        zip(environments, names_of(environments, folder), strict=True)
    ):
        graph = _graph(files, environment, folder)
        if form != "text":
            _write(out, _RENDERERS[form](graph))
            continue
        if len(environments) > 1:
            out.line(("\n" if number else "") + out.paint(name, "bold"))
        _write(out, render_text(graph, ascii_only=not out.is_unicode))
        out.line(_closing(graph))
    return 0


def _environments(path: str) -> tuple[Files, list[Environment]]:
    root = workspace_root(path, os.path.exists)
    files = Files(disk=DiskFiles([root]))
    return files, environments_at(files, path, root)


def _graph(files: Files, environment: Environment, folder: str) -> RevisionGraph:
    """The graph of an environment, its files named as output names them."""
    nodes: list[Node] = []
    for path in revision_files(files, environment):
        source = files.read(path)
        header = _header(source) if isinstance(source, SourceText) else None
        if header is not None:
            nodes.append(Node(shown_path(path, folder), header))
    return RevisionGraph(nodes)


def _header(source: SourceText) -> RevisionHeader | None:
    """A revision's header; of a file that does not parse, what stands above its error."""
    module = parse(source)
    return read_header(module) if isinstance(module, Module) else read_header_above(source, module)


def _closing(graph: RevisionGraph) -> str:
    """How large the graph is, and what is wrong with it."""
    count = len(graph)
    said = [f"{count} revision{'' if count == 1 else 's'}"]
    if len(graph.heads) != 1:
        said.append(f"{len(graph.heads)} heads")
    for problems, one in (
        (graph.missing_parents, "missing parent"),
        (graph.duplicates, "duplicate id"),
        (graph.cycles, "loop"),
        (graph.unreadable, "unreadable header"),
    ):
        if problems:
            said.append(f"{len(problems)} {one}{'' if len(problems) == 1 else 's'}")
    return ", ".join(said)


def _write(out: console.Console, lines: Iterator[str]) -> None:
    for line in lines:
        if out.closed:
            return
        out.line(clean(line))
