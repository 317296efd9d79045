"""The pending migration as a revision file."""

from __future__ import annotations

from collections.abc import Iterable

from foreshot.engine.drift import Drift, Pending
from foreshot.lint.context import Surroundings
from foreshot.project.new_file import creation_date, new_revision, revision_id


def bodies(pending: Iterable[Pending]) -> tuple[str, str]:
    """The code of ``upgrade()`` and of ``downgrade()``, each operation once."""
    texts: dict[str, str] = {}
    for item in pending:
        if item.detectable:
            texts.setdefault(item.difference.text, item.difference.reverse)
    return "\n".join(texts), "\n".join(text for text in reversed(list(texts.values())) if text)


def draft(surroundings: Surroundings, drift: Drift, parent: str | None, message: str) -> tuple[str, str]:
    """The path and the text of the revision that makes what is pending."""
    message = " ".join(message.split())[:500]
    up, down = bodies(drift.pending)
    modules = {item for item in drift.modules if f"{item}." in up or f"{item}." in down}
    imports = [*drift.comparison.imports, *(f"import {item}" for item in sorted(modules))]
    return new_revision(
        surroundings.environment,
        surroundings.template_source,
        revision_id(parent or "", message, creation_date().isoformat()),
        parent,
        message,
        imports=imports,
        upgrades=up,
        downgrades=down,
    )
