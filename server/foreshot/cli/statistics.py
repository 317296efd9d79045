"""``--statistics``: how often each rule found something."""

from __future__ import annotations

from foreshot.cli.console import Console
from foreshot.cli.formats import BaseFormat
from foreshot.cli.formats.full import summary
from foreshot.cli.listing import Findings, Tally
from foreshot.cli.text import as_json, clean


class Statistics(BaseFormat):
    """One line a rule and severity, the most frequent first, as text or as JSON."""

    def __init__(self, findings: Findings, console: Console, *, machine: bool) -> None:
        super().__init__(findings, console)
        self._machine = machine

    def after(self, tally: Tally) -> str:
        """Everything: of single files, nothing is said."""
        counts = tally.counts
        ordered = sorted(counts, key=lambda key: (-counts[key].found, key))
        if self._machine:
            values = [
                {
                    "rule": rule,
                    "severity": severity,
                    "count": counts[rule, severity].found,
                    "safe_fixes": counts[rule, severity].safe,
                    "unsafe_fixes": counts[rule, severity].unsafe,
                }
                for rule, severity in ordered
            ]
            return f"{as_json(values)}\n"
        paint = self.console.paint
        digits = max((len(str(count.found)) for count in counts.values()), default=0)
        names = max((len(rule) for rule, _ in counts), default=0)
        lines: list[str] = []
        for rule, severity in ordered:
            count = counts[rule, severity]
            offered = ((count.safe, "safe"), (count.unsafe, "unsafe"))
            fixes = [f"{number} {word}" for number, word in offered if number]
            said = f"  fixes: {', '.join(fixes)}" if fixes else ""
            shown = paint(severity.ljust(len("information")), severity) if said else paint(severity, severity)
            number = str(count.found).rjust(digits)
            lines.append(f"{number}  {paint(clean(rule).ljust(names), 'bold')}  {shown}{said}")
        if ordered:
            lines.append("")
        return "\n".join([*lines, summary(tally, self.findings.files), ""])
