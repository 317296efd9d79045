"""Turns the examples in a room's page into projects, findings and repairs.

A fenced block's info string says what the block is: ``python bad``, ``python good``, ``python fixed``, ``python setup``
(an earlier revision), ``python base versions/0002_x.py`` (that file as the branch has it that this one is merged into), or
``ini alembic.ini`` (a file that the following examples stand beside); ``python env.py bad`` is an example in another file
than the revision. Where there is no base, files whose names say ``untracked`` are not committed. ``key=value`` words set
the project's dialect, its server version, ``lock-rules-in-downgrade`` (``locks=downgrade``) or which of the fixes is meant
(``fix=2``).

In a bad example a comment line with carets marks the text above it, and says part of the message::

    op.drop_table("users")
    #             ^^^^^^^ deletes the table

Where the marked text begins left of the comment, ``#|`` marks a finding by the line that it begins on.
A file that stands beside a bad example can have marks of its own. ``python first.py fixed`` is the new revision that takes
what comes before an autocommit block.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from foreshot.lint.report import Report
from foreshot.lint.rule import Rule
from foreshot.project.discover import find_environments, revision_files
from foreshot.project.files import Files
from foreshot.project.git.objects import object_id
from foreshot.rules import revision_rules
from foreshot.text import Edit, apply_edits, decode
from foreshot.workspace.against import BaseReader, Headers
from foreshot.workspace.analysis import analyse
from foreshot.workspace.base import Ref, Tree
from foreshot.workspace.histories import History
from foreshot.workspace.load import hints_in_revisions, load_surroundings
from foreshot.workspace.project import Project
from foreshot.workspace.reading import read_told
from foreshot.workspace.resolve import ResolvedFix
from foreshot.workspace.settle import Settler
from foreshot.workspace.shipped import Review, compared

# New files carry the moment of their creation.
os.environ["SOURCE_DATE_EPOCH"] = "1767225600"

ROOT = "/project"
MOST_WORDS = 25
"""Of a message, on a project of one database; with several, it also says where it holds."""
REVISION = "migrations/versions/0002_example.py"
FIRST = "first.py"
"""What a page calls the revision that a repair puts before the one that it is about."""
_SETUP = "migrations/versions/0001_setup.py"
_BASE = "base:"
_FENCE = re.compile(r"^```(?P<info>\w+[^\n]*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
_MARK = re.compile(r"^(?P<lead>[ \t]*(?:##|#|;)[ \t]*)(?P<carets>\^+)(?:[ \t]+(?P<message>.*))?$")
_LINE_MARK = re.compile(r"^[ \t]*(?:##|#|;)\|[ \t]*(?P<message>.*)$")
_PLACES = {
    "env.py": "migrations/env.py",
    "script.py.mako": "migrations/script.py.mako",
    "alembic.ini": "alembic.ini",
    "pyproject.toml": "pyproject.toml",
}
_HEADER = '''"""example

Revision ID: {revision}
Revises: {down}
Create Date: 2026-01-01 00:00:00

"""
from alembic import op
import sqlalchemy as sa

revision = "{revision}"
down_revision = {down}
branch_labels = None
depends_on = None


'''
ENV = """from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(
        connection=None,
        target_metadata=target_metadata,
        render_as_batch=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
"""
INI = """[alembic]
script_location = migrations
sqlalchemy.url = driver://localhost/app
"""
TEMPLATE = '''"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

"""
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
'''


@dataclass(frozen=True)
class Mark:
    """A finding that an example announces."""

    row: int
    columns: tuple[int, int] | None
    message: str
    path: str = REVISION


@dataclass
class Example:
    """One good or bad example with the files around it."""

    rule: str
    bad: bool
    path: str
    text: str
    marks: list[Mark]
    files: dict[str, str]
    options: dict[str, str]
    fixed: dict[int, dict[str, str]] = field(default_factory=dict)
    """For each fix, from 1, the files that it leaves."""

    def project(self, transform: Transform | None = None) -> Project:
        """The example as a project."""
        texts = dict(self.files.items())
        texts[self.path] = self.text
        return project_of(texts, self.options, transform)


class Transform:
    """A change of a text's looks that must not matter."""

    def __init__(self, name: str, apply: object) -> None:
        self.name = name
        self._apply = apply

    def __call__(self, text: str) -> str:
        return self._apply(text)  # type: ignore[operator]


def examples_of(rule: Rule) -> list[Example]:
    """The examples on a rule's page, in order."""
    found: list[Example] = []
    around: dict[str, str] = {}
    elsewhere: dict[str, list[Mark]] = {}
    for match in _FENCE.finditer(rule.page):
        words = match["info"].split()[1:]
        body = match["body"]
        options = dict(word.split("=", 1) for word in words if "=" in word)
        names = [word for word in words if "=" not in word]
        path = next((word for word in names if "." in word), None)
        role = next((word for word in names if "." not in word), None)
        place = REVISION if path is None else place_of(path)
        match role:
            case "setup":
                around[_SETUP] = as_revision(body, "0001", None)
            case "base":
                around[f"{_BASE}{place}"] = body
            case "good" | "bad":
                text, marks = unmarked(body, place)
                lead = 0
                if place == REVISION and not re.search(r"^revision\b", text, re.MULTILINE):
                    whole = as_revision(text, "0002", "0001")
                    lead = whole.count("\n") - text.count("\n")
                    text = whole
                files = {other: content for other, content in around.items() if other != place}
                shown = [Mark(mark.row + lead, mark.columns, mark.message, place) for mark in marks]
                if role == "bad":
                    shown += [mark for other, there in elsewhere.items() if other != place for mark in there]
                shown.sort(key=lambda mark: (mark.path, mark.row))
                found.append(
                    Example(
                        rule.name,
                        role == "bad",
                        place,
                        text,
                        shown,
                        files,
                        options,
                    )
                )
            case "fixed":
                example = found[-1]
                number = int(options.get("fix", "1"))
                if place == REVISION and not re.search(r"^revision\b", body, re.MULTILINE):
                    body = as_revision(body, "0002", "0001", imports=example.text)
                example.fixed.setdefault(number, {})[example.path if path is None else place] = body
            case None if path is not None:
                around[place], elsewhere[place] = unmarked(body, place)
            case _:
                if match["info"].split()[0] == "python":
                    raise AssertionError(f"{rule.name}: what is the block `{match['info']}`?")
    return found


def place_of(name: str) -> str:
    """Where a file that a page names lies in the project."""
    if name.startswith("versions/"):
        return f"migrations/{name}"
    return _PLACES.get(name, name)


def as_revision(body: str, revision: str, down: str | None, imports: str = "") -> str:
    """A whole revision file around two functions."""
    del imports
    return _HEADER.format(revision=revision, down=repr(down) if down else "None") + body


def functions_of(text: str) -> str:
    """A revision file without its header."""
    return text.partition("depends_on = None\n")[2].lstrip("\n")


def unmarked(body: str, path: str) -> tuple[str, list[Mark]]:
    """The text without its marks, and the marks."""
    lines: list[str] = []
    marks: list[Mark] = []
    for line in body.split("\n"):
        if mark := _MARK.match(line):
            start = len(mark["lead"])
            marks.append(
                Mark(len(lines) - 1, (start, start + len(mark["carets"])), mark["message"] or "", path)
            )
        elif mark := _LINE_MARK.match(line):
            marks.append(Mark(len(lines) - 1, None, mark["message"], path))
        else:
            lines.append(line)
    return "\n".join(lines), marks


def project_of(
    texts: Mapping[str, str], options: Mapping[str, str], transform: Transform | None = None
) -> Project:
    """A project of these files, on the dialect that the options name."""
    files = {
        "alembic.ini": INI,
        "migrations/env.py": ENV,
        "migrations/script.py.mako": TEMPLATE,
        _SETUP: as_revision("def upgrade():\n    pass\n", "0001", None),
        **{path: text for path, text in texts.items() if not path.startswith(_BASE)},
    }
    if REVISION not in files and not any(path.startswith("migrations/versions/0002") for path in files):
        files[REVISION] = as_revision("def upgrade():\n    pass\n", "0002", "0001")
    present = {path: text for path, text in files.items() if text.strip() != "(absent)"}
    if transform is not None:
        present = {path: transform(text) if path.endswith(".py") else text for path, text in present.items()}
        bases = {
            path: text
            for path, text in texts.items()
            if path.startswith(_BASE) and text.strip() != "(absent)"
        }
        texts = {**texts, **{path: transform(text) for path, text in bases.items()}}
    sources = {
        f"{ROOT}/{path}": decode(text.encode(), python=path.endswith(".py")) for path, text in present.items()
    }
    overrides: dict[str, object] = {}
    dialect = options.get("dialect", "postgresql")
    if dialect != "unknown":
        overrides["dialect"] = dialect.split(",")
    if version := options.get("version"):
        overrides["server-version"] = version
    if options.get("locks") == "downgrade":
        overrides["lock-rules-in-downgrade"] = True
    overlay = Files(sources)
    (environment,) = find_environments(overlay, ROOT)
    contents = {
        path: present[path.removeprefix(f"{ROOT}/")].encode() for path in revision_files(overlay, environment)
    }
    hints = hints_in_revisions(contents.values())
    surroundings = load_surroundings(overlay, environment, overrides, hints)
    settle = Settler(surroundings.modules)
    history = History(
        surroundings, {path: read_told(sources[path], surroundings, settle) for path in contents}
    )
    review = review_against(texts, contents)
    analyses = {
        path: compared(
            analyse(sources[path], path, surroundings, revision_rules(), history),
            sources[path],
            path,
            surroundings,
            review,
        )
        for path in contents
    }
    return Project(overlay, surroundings, analyses, review=review, history=history)


def review_against(texts: Mapping[str, str], contents: Mapping[str, bytes]) -> Review:
    """The files as they are, with what the page says of the base, as the base that they began with; all are reviewed."""
    base = {path.removeprefix(_BASE): text for path, text in texts.items() if path.startswith(_BASE)}
    there = {path: data for path, data in contents.items() if "untracked" not in path}
    there |= {f"{ROOT}/{path}": text.encode() for path, text in base.items()}
    blobs = {
        path: object_id("blob", data) for path, data in there.items() if not data.startswith(b"(absent)")
    }
    by_id = {object_id("blob", data): data for data in there.values()}
    tree = Tree(blobs, by_id.__getitem__)
    ref = Ref("origin/main", ("0" * 40,)) if base else Ref("HEAD", ("0" * 40,), "commit")
    headers = Headers(contents, lambda _: None)
    reader = BaseReader(ref, tree, tree, contents, headers)
    return Review(base=reader.base, reader=reader, everything=True, header=headers)


def words_in(text: str) -> int:
    """How many words a message has; what it quotes counts as one."""
    return len(re.findall(r"\S*\w\S*", re.sub(r"`[^`]*`", "name", text)))


def reports_of(project: Project, rule: str | None = None) -> list[Report]:
    """What is reported, by one rule or by all."""
    return [report for report in project.reports if rule is None or report.rule == rule]


def applied(project: Project, fix: ResolvedFix) -> dict[str, str]:
    """Every file of the project after a fix, by relative path."""
    texts: dict[str, str] = {}
    for path in all_paths(project):
        source = project.source(path)
        assert source is not None
        texts[path.removeprefix(f"{ROOT}/")] = apply_edits(source.content, fix.edits.get(path, ()))
    for created in fix.creates:
        texts[created.path.removeprefix(f"{ROOT}/")] = created.text
    return texts


def all_paths(project: Project) -> list[str]:
    """Every file of an in-memory project."""
    found: list[str] = []
    pending = [ROOT]
    while pending:
        folder = pending.pop()
        listing = project.files.listing(folder)
        assert listing is not None
        found.extend(f"{folder}/{name}" for name in listing.files)
        pending.extend(f"{folder}/{name}" for name in listing.folders)
    return sorted(found)


def edits_in(fix: ResolvedFix) -> Iterator[tuple[str, Edit]]:
    """Every edit of a fix with its file."""
    for path, edits in fix.edits.items():
        for edit in edits:
            yield path, edit


def room_files() -> list[Path]:
    """The modules of all rooms."""
    import foreshot.rules

    root = Path(foreshot.rules.__file__).parent
    return sorted(path for path in root.glob("*/*.py") if not path.name.startswith("_"))
