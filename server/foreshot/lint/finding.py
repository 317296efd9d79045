"""What a rule finds, and what it offers to do about it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from foreshot.lint.severity import Severity
from foreshot.migration.operations import Operation
from foreshot.syntax.changes import Change
from foreshot.text import Span

Safety = Literal["safe", "unsafe"]
"""Safe: the same resulting schema, or a pure repair. Unsafe: it changes what runs; the person decides."""
Certainty = Literal["certain", "possible"]


class Related(Struct, frozen=True):
    """Another place that explains a finding; ``path`` None means the same file."""

    message: str
    span: Span
    path: str | None = None


class Finding(Struct, frozen=True):
    """One thing that a rule says of one place. Made by :meth:`foreshot.lint.rule.Rule.finding`."""

    rule: str
    span: Span
    message: str
    severity: Severity
    path: str | None = None
    """The file, for findings about a whole project; None: the revision that is looked at."""
    operation: Operation | None = None
    object: str | None = None
    """The column, index or constraint that it is about."""
    databases: tuple[str, ...] = ()
    """The databases that it holds for; empty: all."""
    certainty: Certainty = "certain"
    related: tuple[Related, ...] = ()
    state: object = None
    """What the rule's own repair needs to know; nobody else reads it."""
    secret: bool = False
    """What stands at its place is not to be shown."""
    cause: str | None = None
    """What makes it one with other findings of its rule in the file; None: the function, table, object and text of its place."""


class NewFile(Struct, frozen=True):
    """A file that a fix creates; the path must not exist yet."""

    path: str
    text: str


class FileChanges(Struct, frozen=True):
    """Changes to another file than the finding's."""

    path: str
    changes: tuple[Change, ...]


class Split(Struct, frozen=True):
    """That a revision becomes two: its first statements go to a new one, which comes before it."""

    upgrades: int
    """How many statements of ``upgrade()``, from its beginning, go."""
    downgrades: int
    """How many of ``downgrade()``, from its end: those that undo them."""
    revision: str
    """The id of the new revision."""
    path: str
    """Its file, which must not exist yet."""
    restores: str = ""
    """What ``downgrade()`` has to do as well for what stays: statements that go undid it along with something else."""


class Fix(Struct, frozen=True):
    """A repair: plain data that is cheap to make; ``foreshot.syntax.rewrite`` turns the changes into edits."""

    title: str
    """In the imperative, naming every file other than the finding's own that it changes."""
    safety: Safety
    changes: tuple[Change, ...] = ()
    """Changes to the file that the finding is in."""
    others: tuple[FileChanges, ...] = ()
    creates: tuple[NewFile, ...] = ()
    split: Split | None = None
    """How the file is divided once the changes are made."""
    refused: str | None = None
    """Why it is not offered here, as a sentence; it then changes nothing."""

    @property
    def makes_files(self) -> bool:
        """Whether it makes files: it is then made for its own finding only, whatever else that stands for."""
        return bool(self.creates) or self.split is not None
