"""What an editor shows over a place of a file: an operation, a revision id, a type, a rule's name, a setting."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from foreshot.ide.config_words import ini_card, mako_card
from foreshot.ide.env_words import env_card, op_card
from foreshot.ide.ids import mention_at
from foreshot.ide.mapped_places import mapped_at
from foreshot.ide.markup import limited, link
from foreshot.ide.model_card import model_card
from foreshot.ide.operation_card import operations_card
from foreshot.ide.operations_at import custom_type_at, operations_at
from foreshot.ide.pages import page_of, url_of
from foreshot.ide.revision_card import mention_card
from foreshot.ide.type_card import type_card
from foreshot.lint.context import Context
from foreshot.lint.words import code
from foreshot.rules import NAMES, all_rules
from foreshot.text import Span
from foreshot.workspace.project import Project


class Hover(Struct, frozen=True):
    """A card, as Markdown in which everything from a file is escaped, and the span that it is about."""

    markdown: str
    span: Span


def hover(project: Project, path: str, offset: int, *, findings_are_seen: bool = False) -> Hover | None:
    """The card for a place; None where there is nothing to say.

    ``findings_are_seen``: the editor itself shows those at the place beside the card, which does not say them again.
    """
    for markdown, span in _cards(project, path, offset, findings_are_seen):
        return Hover(limited(markdown), span)
    return None


def rule_card(name: str) -> str:
    """A rule in a few words, with the way to its page."""
    if name not in NAMES:
        return f"There is no rule called {code(name)}."
    page = page_of(all_rules().by_name[name])
    return f"**{link(name, url_of(name))}**: {page.title}\n\n{page.summary}"


def _cards(project: Project, path: str, offset: int, findings_are_seen: bool) -> Iterator[tuple[str, Span]]:
    """What there is to say, the narrowest first."""
    if path == project.surroundings.environment.env_py:
        card = env_card(project, offset)
        if card is not None:
            yield card
        return
    for config, card_at in ((path.endswith(".ini"), ini_card), (path.endswith(".mako"), mako_card)):
        if config:
            card = card_at(project, path, offset)
            if card is not None:
                yield card
            return
    analysis = project.analyses.get(path)
    if analysis is None:
        mapped = mapped_at(project, path, offset)
        card = model_card(project, mapped) if mapped else ""
        if card:
            yield card, mapped[0].span
        return
    for suppression in analysis.reports.suppressions:
        if suppression.span.touches(offset):
            yield rule_card(suppression.rule), suppression.span
    mention = mention_at(project, path, offset)
    if mention is not None:
        yield mention_card(project, path, mention), mention.span
    card = op_card(project, path, offset)
    if card is not None:
        yield card
    revision = project.revision(path)
    found = operations_at(revision, offset) if revision is not None else None
    if revision is None or found is None:
        return
    written = custom_type_at(found.operations, offset)
    of_type = type_card(project, written) if written is not None else None
    if written is not None and of_type is not None:
        yield of_type, written.span
    context = Context(revision, project.surroundings, path, project.tell(path))
    seen_at = offset if findings_are_seen else None
    yield operations_card(found, context, project.reports_for(path), seen_at=seen_at), found.span
