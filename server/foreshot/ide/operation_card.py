"""The card of an operation: what it does, a verdict, at most four facts, and what was found in it; nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from foreshot.ide.markup import bullets, link, said
from foreshot.ide.operations_at import Found
from foreshot.ide.pages import url_of
from foreshot.ide.summary import summary
from foreshot.knowledge import NO_EFFECT, Effect, Risk, Target, describe, effects_of, risk
from foreshot.lint.context import Context
from foreshot.lint.facts import facts_of
from foreshot.lint.held import firmly, held_before
from foreshot.lint.report import Report
from foreshot.lint.severity import at_least
from foreshot.lint.words import code, on, on_databases, plain
from foreshot.migration.operations import (
    DataChange,
    Execute,
    Opaque,
    Operation,
    SqlText,
    TableOperation,
)
from foreshot.rules import family_of

_MANY = 8
_FACTS = 4
_FACTS_EACH = 2
"""How many facts of one database are said among those of others."""
_HEADINGS = {
    "safe": "Safe",
    "online": "Online",
    "brief": "Brief lock",
    "unknown": "Not known",
    "caution": "Caution",
    "danger": "Danger",
}
_MILD = ("safe", "online")
_GRAVE = (
    "data",
    "destructive",
    "enums",
    "locking",
    "mysql",
    "operations",
    "rename",
    "sql",
    "sqlite",
    "transaction",
    "types",
)
_TELLS = {
    "waits": ("locking",),
    "held": ("locking", "transaction"),
    "loses": ("destructive", "rename"),
    "fails": ("enums", "constraints", "data", "mysql", "operations", "sqlite", "transaction", "sql"),
    "rows": ("data", "destructive"),
    "fills": ("data",),
    "drops": ("destructive", "mysql"),
}
"""The families of rules whose findings say what a verdict of a topic would say again."""

Effects = list[tuple[Target, Effect]]


def operations_card(
    found: Found, context: Context, reports: Iterable[Report], *, seen_at: int | None = None
) -> str:
    """The card of what stands at a place, as Markdown.

    Args:
        found: the operations.
        context: their revision.
        reports: what was found in the file.
        seen_at: the place whose findings the editor shows itself, so that the card leaves them out.
    """
    inside = [report for report in reports if found.span.contains(report.span)]
    if len(found.operations) == 1:
        parts = list(_full(found.operations[0], context, inside))
    else:
        shown = [_brief(operation, context) for operation in found.operations[:_MANY]]
        if len(found.operations) > _MANY:
            shown.append(f"and {len(found.operations) - _MANY} more")
        parts = [said(found.title), bullets(shown)]
    parts.extend(_findings([one for one in inside if seen_at is None or not one.span.touches(seen_at)]))
    return "\n\n".join(parts)


def _effects(operation: Operation, context: Context) -> Effects:
    if isinstance(operation, SqlText | Opaque):
        return []
    return [
        (target, effects_of(operation, target, facts=facts_of(operation, context, target)))
        for target in context.targets(operation=operation)
    ]


def _full(operation: Operation, context: Context, reports: Sequence[Report]) -> Iterator[str]:
    yield f"{said(summary(operation))}."
    effects = _effects(operation, context)
    around = list(_circumstances(operation, context, effects))
    if any(effect != NO_EFFECT for _, effect in effects):
        known = [(target, effect) for target, effect in effects if effect.known]
        unknown = [target for target, effect in effects if not effect.known]
        worst = _verdict(operation, context, known)
        facts = _facts(operation, effects, worst)
        if unknown and worst.word in _MILD:
            place = f" on {on(unknown)}" if known else ""
            yield f"**{_HEADINGS['unknown']}**{place}: what it does to rows, and whom it keeps waiting"
        elif not (worst.word in _MILD and any(_contradicts(report) for report in reports)):
            yield _heading(worst, effects, told=_is_told(worst, reports))
        if len(effects) == 1:
            facts = facts[: max(1, _FACTS - len(around))]
        elif around and len(facts) + len(around) > _FACTS:
            around = ["; ".join(around)]
        around = [*facts, *around]
    if around:
        yield bullets(around)


def _brief(operation: Operation, context: Context) -> str:
    effects = _effects(operation, context)
    if all(effect == NO_EFFECT for _, effect in effects):
        return said(summary(operation))
    known = [(target, effect) for target, effect in effects if effect.known]
    if not known:
        return f"{said(summary(operation))}: not known"
    return f"{said(summary(operation))}: {_heading(_verdict(operation, context, known), effects)}"


def _verdict(operation: Operation, context: Context, known: Effects) -> Risk:
    """The worst over the databases, and over what the transaction has locked by then."""
    worst = risk(effect for _, effect in known)
    if (
        worst.word == "safe"
        and isinstance(operation, TableOperation | DataChange)
        and context.is_new(operation)
    ):
        return Risk("safe", "the table was created in this revision, so nobody waits for it")
    if worst.word == "danger" or not any(effect.is_long for _, effect in known):
        return worst
    revision_side = context.upgrade if operation.site.function == "upgrade" else context.downgrade
    for other, held in held_before(revision_side, context):
        if other is operation:
            locked = firmly(held, operation)
            if locked:
                reason = f"reads and writes of {code(locked[0])} wait meanwhile: it is locked already"
                return Risk(
                    "danger", reason, frozenset({"waits", "held"}), "PostgreSQL" if len(known) > 1 else None
                )
            break
    return worst


def _heading(worst: Risk, effects: Effects, *, told: bool = False) -> str:
    """``**Caution** on PostgreSQL: writes wait while the whole table is read``; without the reason where a finding told it."""
    where = [target for target, effect in effects if effect.known and risk([effect]).word == worst.word]
    partly = where and (len(where) < len(effects) or any(target.version for target in where))
    place = f" on {worst.only or on(where)}" if worst.only or partly else ""
    reason = "" if told else f": {said(worst.reason)}"
    return f"**{_HEADINGS[worst.word]}**{place}{reason}"


def _contradicts(report: Report) -> bool:
    """Whether nothing can be called safe beside a finding."""
    grave = report.severity == "error" or family_of(report.rule) in _GRAVE
    return grave and at_least(report.severity, "warning")


def _is_told(worst: Risk, reports: Sequence[Report]) -> bool:
    """Whether a finding says what the verdict would say again."""
    families = {family for topic in worst.topics for family in _TELLS.get(topic, ())}
    return any(
        at_least(report.severity, "warning") and family_of(report.rule) in families for report in reports
    )


def _facts(operation: Operation, effects: Effects, worst: Risk) -> list[str]:
    """What the verdict leaves to be said: a fact a line, or a database a line where they differ."""
    table = _table(operation)
    groups: dict[tuple[str, ...], list[Target]] = {}
    unknown = [target for target, effect in effects if not effect.known]
    for target, effect in effects:
        if not effect.known:
            continue
        own = risk([effect])
        topics = own.topics | worst.topics if own.word == worst.word else own.topics
        facts = describe(effect, plain(table) if table else None, target, topics)
        if own.reason != worst.reason and len(effects) > 1:
            facts.insert(0, own.reason)
        if effect.only and effect.only != worst.only:
            facts[_FACTS - 1 :] = [f"holds for {effect.only}"]
        groups.setdefault(tuple(facts), []).append(target)
    if len(groups) == 1 and not unknown:
        return [said(fact) for fact in next(iter(groups))]
    lines = [
        f"**{on(targets)}**: {said('; '.join(facts[:_FACTS_EACH]))}"
        for facts, targets in groups.items()
        if facts
    ]
    said_above = worst.word in _MILD
    return [*lines, *([f"**{on(unknown)}**: not known"] if unknown and groups and not said_above else [])]


def _table(operation: Operation) -> str | None:
    if isinstance(operation, TableOperation | DataChange):
        return operation.table_name
    if isinstance(operation, Execute) and len(operation.tables) == 1:
        return operation.tables[0]
    return None


def _circumstances(operation: Operation, context: Context, effects: Effects) -> Iterator[str]:
    """What stands around it that bears on the answer."""
    site = operation.site
    if site.autocommit:
        yield "commits at once, in an autocommit block: it stays when the revision fails later"
    if site.dialects is not None:
        yield f"runs on {on_databases(site.dialects) or 'no database that is known'} only"
    elif site.excluded:
        yield f"does not run on {on_databases(site.excluded)}"
    if site.conditional:
        yield "runs under a condition that is only known at run time"
    if site.repeated:
        yield "stands for several operations: a loop or a helper"
    if context.surroundings.lock_timeout and any(effect.blocks != "nothing" for _, effect in effects):
        yield "a lock timeout is set for the whole environment"
    if not context.targets_known and len(effects) > 1:
        yield "said of each database that it could be: `dialect` in the settings names yours"


def _findings(reports: list[Report]) -> Iterator[str]:
    for report in reports[:_MANY]:
        words = f"**{report.severity.capitalize()}** {link(report.rule, url_of(report.rule))}: {said(report.message)}"
        if report.offers and report.offers[0].title not in report.message:
            words += f"  \n→ {said(report.offers[0].title)}"
        yield words
    if len(reports) > _MANY:
        yield f"and {len(reports) - _MANY} more findings"
