"""How bad a finding is."""

from __future__ import annotations

from typing import Final, Literal

Severity = Literal["error", "warning", "information", "hint"]
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "information", "hint")
"""From the gravest to the mildest."""


def at_least(severity: Severity, level: Severity) -> bool:
    """Whether ``severity`` is as grave as ``level``, or graver."""
    return SEVERITIES.index(severity) <= SEVERITIES.index(level)


def lowered(severity: Severity) -> Severity:
    """One level milder; a hint stays a hint."""
    return SEVERITIES[min(SEVERITIES.index(severity) + 1, len(SEVERITIES) - 1)]
