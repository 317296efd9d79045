"""The shape of a room: one module a rule, whose docstring is its page and whose class does its work.

The rule's name is its module's name with hyphens, its family the package that it lives in. A room declares
what it looks at, says what it finds, and, where there is a repair, what to change::

    class BlockingIndex(OperationRule[CreateIndex]):
        looks_at = (CreateIndex,)
        severity = "warning"
        databases = ("postgresql",)
        safety = "unsafe"

        def check(self, operation: CreateIndex, context: Context) -> Iterator[Finding]: ...
        def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]: ...
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from foreshot.knowledge.databases import Target
from foreshot.lint.context import Context, ProjectContext
from foreshot.lint.entry import Note
from foreshot.lint.finding import Certainty, Finding, Fix, Related, Safety
from foreshot.lint.severity import Severity, lowered
from foreshot.lint.suppress import Suppression
from foreshot.migration.operations import Direction, Operation
from foreshot.text import Span

OperationT = TypeVar("OperationT", bound=Operation)


class Rule:
    """What every rule declares."""

    severity: ClassVar[Severity]
    databases: ClassVar[tuple[str, ...]] = ()
    """The databases that it speaks of; empty: all."""
    safety: ClassVar[Safety | None] = None
    """Of its best fix; None: it offers none."""
    directions: ClassVar[tuple[Direction, ...]] = ("upgrade", "downgrade")
    fails_outright: ClassVar[bool] = False
    """It reports what fails however the tables look: as grave in ``downgrade()`` as in ``upgrade()``."""
    is_about_locks: ClassVar[bool] = False
    """It speaks of who waits for whom and how long; of ``downgrade()`` only where the settings ask for it. True for ``locking``."""
    needs_database: ClassVar[bool] = False
    """It stays silent while nothing tells which databases the project runs on."""
    by_hand: ClassVar[bool] = False
    """Its repairs are a person's decision: offered one at a time, and never made by ``--fix``."""
    of_shipped: ClassVar[bool] = False
    """It speaks of revisions that have shipped, too: of what breaks them now, for a cause outside of their text."""

    name: ClassVar[str] = ""
    family: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__.startswith("foreshot.rules."):
            _, _, family, module = cls.__module__.split(".")
            cls.family, cls.name = family, module.replace("_", "-")
            if family == "locking" and "is_about_locks" not in vars(cls):
                cls.is_about_locks = True

    @property
    def page(self) -> str:
        """The documentation page: the docstring of the rule's module."""
        return sys.modules[type(self).__module__].__doc__ or ""

    def finding(
        self,
        at: Span,
        message: str,
        *,
        operation: Operation | None = None,
        path: str | None = None,
        object: str | None = None,  # noqa: A002 (the field's name in every output)
        targets: Iterable[Target] = (),
        severity: Severity | None = None,
        certainty: Certainty | None = None,
        related: Iterable[Related] = (),
        state: object = None,
        secret: bool = False,
        cause: str | None = None,
    ) -> Finding:
        """A finding of this rule.

        The severity is the rule's own, one level milder in ``downgrade()`` unless the rule ``fails_outright``. It
        is ``possible`` instead of ``certain`` when the operation stands under a condition that is not known.
        """
        level = severity or self.severity
        if operation is not None and operation.site.function == "downgrade" and not self.fails_outright:
            level = lowered(level)
        if certainty is None:
            certainty = "possible" if operation is not None and operation.site.conditional else "certain"
        return Finding(
            self.name,
            at,
            message,
            level,
            path,
            operation,
            object,
            tuple(dict.fromkeys(target.database for target in targets)),
            certainty,
            tuple(related),
            state,
            secret,
            cause,
        )


class OperationRule(Rule, Generic[OperationT]):
    """A rule that looks at one operation at a time."""

    looks_at: ClassVar[tuple[type[Any], ...]]
    """The operation types that it is shown."""

    def check(self, operation: OperationT, context: Context) -> Iterator[Finding]:
        """What is wrong with the operation."""
        raise NotImplementedError

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """Repairs of a finding of this rule, the best first."""
        return iter(())


class RevisionRule(Rule):
    """A rule that looks at a revision file as a whole."""

    def check(self, context: Context) -> Iterator[Finding]:
        """What is wrong with the revision."""
        raise NotImplementedError

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """Repairs of a finding of this rule, the best first."""
        return iter(())


class ProjectRule(Rule):
    """A rule that looks at a whole environment: its graph, env.py, template and configuration.

    Every finding names its file by ``path``.
    """

    of_shipped = True

    def notes(self, context: Context) -> Iterator[Note]:
        """What the rule has to know of one revision later, when it looks at all of them: :attr:`Entry.notes`."""
        return iter(())

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """What is wrong with the environment."""
        raise NotImplementedError

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """Repairs of a finding of this rule, the best first."""
        return iter(())


class ProblemRule(Rule):
    """A rule about a revision file that could not be read or parsed."""

    of_shipped = True
    kind: ClassVar[str]
    """``unreadable`` or ``syntax``."""

    def check(self, message: str, at: Span, what: str = "this revision") -> Finding:
        """The finding, from the reason, its place and what kind of file it is."""
        raise NotImplementedError


class SuppressionRule(ProjectRule):
    """A rule about suppression comments; it runs after all others, when it is known what they silenced.

    ``check`` looks at the rest of the project, such as the settings.
    """

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """What is wrong outside of comments."""
        return iter(())

    def check_comments(
        self, path: str, comments: Sequence[tuple[Suppression, bool]], project: ProjectContext
    ) -> Iterator[Finding]:
        """What is wrong with a file's suppressions, each given with whether it silenced anything."""
        raise NotImplementedError
