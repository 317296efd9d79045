"""``--statistics``: how often each rule found something."""

from __future__ import annotations

from collections import Counter

from foreshot.cli.console import Console
from foreshot.cli.formats.full import summary
from foreshot.cli.listing import Findings, is_safe, is_unsafe
from foreshot.cli.text import as_json, clean


def write_statistics(findings: Findings, console: Console, *, machine: bool) -> None:
    """One line a rule and severity, the most frequent first, as text or as JSON."""
    counts: Counter[tuple[str, str]] = Counter()
    safe: Counter[tuple[str, str]] = Counter()
    unsafe: Counter[tuple[str, str]] = Counter()
    for entry in findings.entries:
        key = entry.report.rule, entry.report.severity
        counts[key] += 1
        safe[key] += is_safe(entry.report)
        unsafe[key] += is_unsafe(entry.report)
    ordered = sorted(counts, key=lambda key: (-counts[key], key))
    if machine:
        values = [
            {
                "rule": key[0],
                "severity": key[1],
                "count": counts[key],
                "safe_fixes": safe[key],
                "unsafe_fixes": unsafe[key],
            }
            for key in ordered
        ]
        console.line(as_json(values))
        return
    paint = console.paint
    digits = max((len(str(count)) for count in counts.values()), default=0)
    names = max((len(rule) for rule, _ in counts), default=0)
    for key in ordered:
        rule, severity = key
        fixes = [
            f"{number} {word}" for number, word in ((safe[key], "safe"), (unsafe[key], "unsafe")) if number
        ]
        said = f"  fixes: {', '.join(fixes)}" if fixes else ""
        shown = paint(severity.ljust(len("information")), severity) if said else paint(severity, severity)
        console.line(
            f"{str(counts[key]).rjust(digits)}  {paint(clean(rule).ljust(names), 'bold')}  {shown}{said}"
        )
    if ordered:
        console.line()
    console.line(summary(findings))
