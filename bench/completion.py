"""Every name of real revisions, deleted and asked for: ``python bench/completion.py PROJECT...``.

Takes revisions of each project, and at each place where a name stands that something could know (a method of Alembic's, a keyword, a
table, a column, an index, a constraint, a type, a parent's id, a value of a closed set) deletes the name and asks for completions
there, with nothing typed and with its first letters typed. Prints by kind how often the name is among the first five, how often
it is offered at all, how long an answer takes, and with ``--missed`` the places where it is not among them.

A name that the history has not made by then is no name to be known (a new table's, a new column's) and is counted apart.
"""

from __future__ import annotations

import argparse
import ast
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from foreshot.ide.completion import complete
from foreshot.ide.completion.names import schema_at
from foreshot.migration.alembic_api import batch_operations, operations
from foreshot.syntax.cursor import cursor_at
from foreshot.text import SourceText
from foreshot.workspace.check import Options, check
from foreshot.workspace.project import Project
from foreshot.workspace.shipped import Wanted

_FIRST = 5
_TABLES = ("table_name", "source_table", "referent_table", "old_table_name")
_COLUMNS = ("column_name", "columns", "local_cols", "remote_cols")
_CLOSED = ("ondelete", "onupdate", "type_", "recreate", "initially")


class Name(NamedTuple):
    """A name and where it stands, in code points."""

    kind: str
    text: str
    start: int
    end: int


class Places:
    """The names of one revision."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.lines = text.splitlines(keepends=True)

    def at(self, row: int, column: int) -> int:
        """The place of one of Python's positions, whose columns are bytes."""
        return self.starts[row - 1] + len(self.lines[row - 1].encode()[:column].decode())

    def names(self) -> Iterator[Name]:
        """All that could be asked for."""
        tree = ast.parse(self.text)
        for node in tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if isinstance(target, ast.Name) and target.id == "down_revision":
                    yield from self.strings("revision", node.value)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield from self._of_call(node, node.func)
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in ("sa", "postgresql", "mysql")
                and node.attr[0].isupper()
            ):
                yield self._attribute("type or part", node)

    def _of_call(self, call: ast.Call, func: ast.Attribute) -> Iterator[Name]:
        owner = func.value.id if isinstance(func.value, ast.Name) else ""
        batch = owner.startswith("batch")
        methods = batch_operations() if batch else operations()
        method = methods.get(func.attr) if owner == "op" or batch else None
        if method is None:
            if owner == "sa":
                yield from self._of_sqlalchemy(call, func.attr)
            return
        yield self._attribute("method", func)
        by_keyword = [(item.arg, item.value) for item in call.keywords if item.arg is not None]
        for keyword in call.keywords:
            if keyword.arg is not None:
                start = self.at(keyword.lineno, keyword.col_offset)
                yield Name("keyword", f"{keyword.arg}=", start, start + len(keyword.arg))
        new = func.attr.startswith(("create_", "rename_")) or func.attr in ("add_column", "alter_column")
        for parameter, value in [*zip(method.positional, call.args, strict=False), *by_keyword]:
            if parameter in _TABLES and func.attr != "create_table":
                yield from self.strings("table", value)
            elif parameter in _COLUMNS:
                yield from self.strings("column", value)
            elif parameter in _CLOSED:
                yield from self.strings("value", value)
            elif parameter in ("index_name", "constraint_name") and not new:
                yield from self.strings(parameter.partition("_")[0], value)

    def _of_sqlalchemy(self, call: ast.Call, name: str) -> Iterator[Name]:
        if name == "ForeignKey" and call.args:
            yield from self.strings("target", call.args[0])
        elif name in ("UniqueConstraint", "PrimaryKeyConstraint"):
            for argument in call.args:
                yield from self.strings("new table's column", argument)
        elif name == "ForeignKeyConstraint" and len(call.args) > 1:
            yield from self.strings("new table's column", call.args[0])
            yield from self.strings("target", call.args[1])
        elif name == "table" and call.args:
            yield from self.strings("light table", call.args[0])
            for column in call.args[1:]:
                if isinstance(column, ast.Call) and column.args:
                    yield from self.strings("light column", column.args[0])

    def _attribute(self, kind: str, node: ast.Attribute) -> Name:
        end = self.at(node.end_lineno or 1, node.end_col_offset or 0)
        return Name(kind, node.attr, end - len(node.attr), end)

    def strings(self, kind: str, node: ast.expr) -> Iterator[Name]:
        """Plain strings of one line, alone or in a list."""
        if isinstance(node, ast.List | ast.Tuple):
            for item in node.elts:
                yield from self.strings(kind, item)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
            start = self.at(node.lineno, node.col_offset)
            inside = self.text[start : self.at(node.end_lineno or 1, node.end_col_offset or 0)]
            if inside[0] in "\"'" and inside[1:-1] == node.value:
                yield Name(kind, node.value, start + 1, start + 1 + len(node.value))


class Tally:
    """What was asked, and what came."""

    def __init__(self) -> None:
        self.asked = Counter[str]()
        self.unknown = Counter[str]()
        self.first = Counter[tuple[str, int]]()
        self.offered = Counter[str]()
        self.seconds: list[float] = []
        self.missed: list[str] = []

    def ask(self, project: Project, path: str, text: str, name: Name, letters: Sequence[int]) -> None:
        """Delete a name, and ask for it with so many letters typed."""
        source = SourceText(text)
        if not is_known(project, path, source, name):
            self.unknown[name.kind] += 1
            return
        self.asked[name.kind] += 1
        for count in letters:
            typed = name.text.rstrip("=")[:count]
            offset = name.start + len(typed)
            now = SourceText(text[: name.start] + typed + text[name.end :])
            begun = time.process_time()
            labels = [item.label for item in complete(project, path, now, offset)]
            self.seconds.append(time.process_time() - begun)
            if name.text in labels[:_FIRST]:
                self.first[name.kind, count] += 1
            elif count == letters[-1]:
                row = text.count("\n", 0, name.start) + 1
                self.missed.append(f"{name.kind} {name.text!r} {path}:{row} offered {labels[:_FIRST]}")
            if count == 0 and name.text in labels:
                self.offered[name.kind] += 1


def is_known(project: Project, path: str, source: SourceText, name: Name) -> bool:
    """Whether the history has made the thing by then."""
    if name.kind in ("method", "keyword", "revision", "value", "type or part", "new table's column"):
        return True
    schema = schema_at(project, path, source, cursor_at(source.content, name.start))
    tables = schema.tables.values()
    match name.kind:
        case "table" | "light table":
            return any(table.name.rpartition(".")[2] == name.text for table in tables)
        case "column" | "light column":
            return any(name.text in table.columns for table in tables)
        case "target":
            return name.text in {f"{table.name}.{column}" for table in tables for column in table.columns}
        case "index":
            return any(index.name == name.text for table in tables for index in table.indexes)
        case _:
            return any(
                thing.name == name.text
                for table in tables
                for thing in (
                    *table.foreign_keys,
                    *table.uniques,
                    *table.checks,
                    *filter(None, [table.primary_key]),
                )
            )


def main() -> None:
    """Ask for the names of some revisions of each project, and print what came."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("projects", nargs="+", type=Path)
    parser.add_argument("--revisions", type=int, default=300, help="in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--letters", type=int, nargs="+", default=[0, 1, 3])
    parser.add_argument(
        "--missed", type=int, default=0, help="so many places where it was not among the first five"
    )
    arguments = parser.parse_args()
    tally = Tally()
    each = -(-arguments.revisions // len(arguments.projects))
    revisions = 0
    for folder in arguments.projects:
        chosen = random.Random(f"{arguments.seed} {folder.name}")
        found = [
            (result.project, path)
            for result in check(Options((str(folder.resolve()),), wanted=Wanted(last=1)))
            for path in sorted(result.project.analyses)
        ]
        for project, path in chosen.sample(found, min(each, len(found))):
            text = Path(path).read_text("utf-8")
            revisions += 1
            for name in Places(text).names():
                tally.ask(project, path, text, name, arguments.letters)
    print(
        f"{revisions} revisions of {len(arguments.projects)} projects; among the first {_FIRST}, in percent"
    )
    heads = " | ".join(f"{count} letters" for count in arguments.letters)
    print(
        f"\n| name | asked | not made yet | offered | {heads} |\n| --- |{' ---: |' * (3 + len(arguments.letters))}"
    )
    for kind in [*tally.asked, ""]:
        asked = tally.asked[kind] if kind else tally.asked.total()
        unknown = tally.unknown[kind] if kind else tally.unknown.total()
        offered = tally.offered[kind] if kind else tally.offered.total()
        counts = [
            tally.first[kind, count] if kind else sum(n for (_, at), n in tally.first.items() if at == count)
            for count in arguments.letters
        ]
        shares = " | ".join(f"{100 * count / asked:.1f}" for count in (offered, *counts))
        print(f"| {kind or 'all'} | {asked} | {unknown} | {shares} |")
    times = sorted(tally.seconds)
    print(
        f"\nan answer: p50 {1000 * times[len(times) // 2]:.1f} ms, p95 {1000 * times[len(times) * 95 // 100]:.1f} ms of CPU"
    )
    for line in random.Random(1).sample(tally.missed, min(arguments.missed, len(tally.missed))):
        print(line)


if __name__ == "__main__":
    main()
