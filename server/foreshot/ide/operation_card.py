"""The card of an operation: what it does, how risky that is on each database and why, and what was found in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from foreshot.ide.markup import bullets, link, said
from foreshot.ide.operations_at import Found
from foreshot.ide.pages import url_of
from foreshot.ide.summary import summary
from foreshot.knowledge import NO_EFFECT, Effect, Target, describe, effects_of, risk
from foreshot.lint.context import Context
from foreshot.lint.facts import facts_of
from foreshot.lint.report import Report
from foreshot.lint.words import listed, on, on_databases, plain
from foreshot.migration.operations import DataChange, Execute, Opaque, Operation, SqlText, TableOperation

_MANY = 8
_HEADINGS = {"safe": "Safe", "caution": "Caution", "danger": "Danger"}

Effects = list[tuple[Target, Effect]]


def operations_card(found: Found, context: Context, reports: Iterable[Report]) -> str:
    """The card of what stands at a place, as Markdown."""
    if len(found.operations) == 1:
        parts = list(_full(found.operations[0], context))
    else:
        shown = [_brief(operation, context) for operation in found.operations[:_MANY]]
        if len(found.operations) > _MANY:
            shown.append(f"and {len(found.operations) - _MANY} more")
        parts = [said(found.title), bullets(shown)]
    parts.extend(_findings([report for report in reports if found.span.contains(report.span)]))
    return "\n\n".join(parts)


def risk_word(operation: Operation, context: Context) -> str:
    """``safe``, ``caution`` or ``danger``: the worst over the databases that it meets."""
    return risk(effect for _, effect in _effects(operation, context)).word


def _effects(operation: Operation, context: Context) -> Effects:
    if isinstance(operation, SqlText | Opaque):
        return []
    return [
        (target, effects_of(operation, target, facts=facts_of(operation, context, target)))
        for target in context.targets(operation=operation)
    ]


def _full(operation: Operation, context: Context) -> Iterator[str]:
    yield f"{said(summary(operation))}."
    effects = _effects(operation, context)
    if any(effect != NO_EFFECT for _, effect in effects):
        yield _risk(effects)
        yield from _by_database(operation, effects)
    circumstances = list(_circumstances(operation, context, effects))
    if circumstances:
        yield bullets(circumstances)


def _brief(operation: Operation, context: Context) -> str:
    effects = _effects(operation, context)
    if all(effect == NO_EFFECT for _, effect in effects):
        return said(summary(operation))
    return f"{said(summary(operation))}: {_risk(effects)}"


def _risk(effects: Effects) -> str:
    """``**Caution** on PostgreSQL: writes wait while the whole table is read``."""
    worst = risk(effect for _, effect in effects)
    if not any(effect.known for _, effect in effects):
        return "What it does to rows and locks is not known."
    where = [target for target, effect in effects if effect.known and risk([effect]).word == worst.word]
    partly = len(where) < len(effects)
    place = f" on {worst.only or on(where)}" if partly or worst.only else ""
    reason = f": {said(worst.reason)}" if worst.reason else ""
    return f"**{_HEADINGS[worst.word]}**{place}{reason}"


def _by_database(operation: Operation, effects: Effects) -> Iterator[str]:
    """The facts on each database, those with the same facts together."""
    table = _table(operation)
    groups: dict[tuple[str, ...], list[Target]] = {}
    unknown: list[Target] = []
    for target, effect in effects:
        if not effect.known:
            unknown.append(target)
            continue
        sentences = tuple(describe(effect, plain(table) if table else None, target))
        groups.setdefault(sentences, []).append(target)
    for sentences, targets in groups.items():
        if sentences:
            yield f"**{on(targets)}**\n{bullets(said(sentence) for sentence in sentences)}"
        else:
            yield f"**{on(targets)}**: nobody waits for it, and nothing is lost."
    if unknown and groups:
        yield f"**{on(unknown)}**: not known."


def _table(operation: Operation) -> str | None:
    if isinstance(operation, TableOperation | DataChange):
        return operation.table_name
    if isinstance(operation, Execute) and len(operation.tables) == 1:
        return operation.tables[0]
    return None


def _circumstances(operation: Operation, context: Context, effects: Effects) -> Iterator[str]:
    """What stands around it that bears on the answer."""
    site = operation.site
    if isinstance(operation, TableOperation | DataChange) and context.is_new(operation):
        yield "the table was created in this revision: nobody waits for it"
    if site.autocommit:
        yield "runs in an autocommit block: at once, and not undone when the revision fails"
    if site.dialects is not None:
        yield f"runs on {on_databases(site.dialects) or 'no database that is known'} only"
    elif site.excluded:
        yield f"does not run on {on_databases(site.excluded)}"
    if site.conditional:
        yield "runs under a condition that only shows when it runs"
    if site.repeated:
        yield "stands for several operations: a loop or a helper"
    if context.surroundings.lock_timeout and any(effect.blocks != "nothing" for _, effect in effects):
        yield "a lock timeout is set for the whole environment"
    if not context.targets_known and effects:
        names = listed([target.display for target, _ in effects])
        yield f"nothing tells which databases the project runs on: said for {names}"


def _findings(reports: list[Report]) -> Iterator[str]:
    for report in reports[:_MANY]:
        words = f"**{report.severity.capitalize()}** {link(report.rule, url_of(report.rule))}: {said(report.message)}"
        if report.offers:
            words += f"  \n→ {said(report.offers[0].title)}"
        yield words
    if len(reports) > _MANY:
        yield f"and {len(reports) - _MANY} more findings"
