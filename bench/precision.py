"""A random sample of findings over real projects, to be judged by reading: ``python bench/precision.py PROJECT...``.

Prints a Markdown table: for each finding its place, its rule, the line that it points at and the message, with empty columns
for the judgement and its reason. The sample is the same for the same seed, projects and rules. ``--context`` adds the
lines around each finding below the table, for whoever judges.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from foreshot.lint.report import Report
from foreshot.workspace.check import Options, ProjectResult, check
from foreshot.workspace.shipped import Wanted

_AROUND = 12


def main() -> None:
    """Draw the sample and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("projects", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=150, help="findings in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--skip", action="append", default=[], help="a rule that is left out of the sample")
    parser.add_argument("--last", type=int, help="review the newest revisions of each environment only")
    parser.add_argument("--context", action="store_true", help="print the code around each finding too")
    arguments = parser.parse_args()
    each = -(-arguments.sample // len(arguments.projects))
    rows: list[tuple[str, Report, ProjectResult]] = []
    for project in arguments.projects:
        folder = project.resolve()
        wanted = Wanted(last=arguments.last, everything=arguments.last is None)
        found = [
            (folder.name, report, result)
            for result in check(Options(paths=(str(folder),), wanted=wanted))
            for report in result.reports
            if report.rule not in arguments.skip
        ]
        chosen = random.Random(f"{arguments.seed} {folder.name}").sample(found, min(each, len(found)))
        rows.extend(sorted(chosen, key=lambda row: (row[1].path, row[1].start)))
    rows = rows[: arguments.sample]
    print("| # | project | place | rule | severity | message | judgement | reason |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for number, (name, report, _) in enumerate(rows, 1):
        place = f"{report.path.rpartition('/')[2]}:{report.start[0] + 1}"
        message = report.message.replace("|", "\\|")
        print(f"| {number} | {name} | {place} | {report.rule} | {report.severity} | {message} | | |")
    if arguments.context:
        for number, (name, report, result) in enumerate(rows, 1):
            print(
                f"\n### {number} {name} {report.rule} ({report.certainty})\n{report.path}\n{report.message}\n"
            )
            source = result.source(report.path)
            if source is not None:
                first = max(report.start[0] - _AROUND, 0)
                for row in range(first, min(report.end[0] + _AROUND, len(source.lines.starts))):
                    mark = ">" if report.start[0] <= row <= report.end[0] else " "
                    print(f"{mark}{row + 1:5} {source.lines.line(row)[:160]}")


if __name__ == "__main__":
    main()
