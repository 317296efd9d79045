"""Every message, fix title, refusal and card, with real values, on one page: ``python bench/words.py > words.md``.

Runs all rules over the examples of every rule's page, on each database, and over projects given as arguments (default:
``tests/projects``). Texts that differ only in what they quote are shown once. What breaks a rule of the house is marked
and counted at the end; the rest is for a reader who goes from top to bottom.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from foreshot.ide.hover import hover
from foreshot.lint.report import Report
from foreshot.rules import all_rules
from foreshot.workspace.check import Options, check
from foreshot.workspace.project import Project
from rules.harness import MOST_WORDS, examples_of, project_of, words_in

ROOT = Path(__file__).resolve().parents[1]
DATABASES = ("postgresql", "mysql", "mariadb", "sqlite", "postgresql,mysql,sqlite", "unknown")
_CODE = re.compile(r"`[^`]*`")
_NUMBER = re.compile(r"\b\d+\b")
_VAGUE = re.compile(r"\b(may|might|some|somehow|perhaps|possibly|probably|could)\b", re.IGNORECASE)
_WAITS = re.compile(r"\b(fails?|waits?|not known|blocks reads|blocks writes|danger|caution)\b", re.IGNORECASE)


def main() -> int:
    """Print the page; exits with 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("projects", nargs="*", type=Path)
    parser.add_argument("--only", choices=["messages", "cards"])
    parser.add_argument("--own", action="store_true", help="examples on the databases of their pages alone")
    options = parser.parse_args()
    folders: list[Path] = options.projects or sorted((ROOT / "tests/projects").iterdir())
    said, cards = Texts(), Texts()
    for name, project in projects(folders, () if options.own else DATABASES):
        if options.only != "cards":
            for report in project.reports:
                take(said, project, report)
        if options.only != "messages":
            for title, card in cards_of(project):
                cards.add(title, card, name)
    counts = Counter[str]()
    for heading, texts in (("Messages", said), ("Cards", cards)):
        print(f"# {heading}\n")
        texts.show(counts, over_cards=texts is cards)
    print("# Broken rules\n")
    print("\n".join(f"- {kind}: {count}" for kind, count in sorted(counts.items())) or "none")
    return 0


class Texts:
    """Texts by what they belong to, each once whatever it quotes."""

    def __init__(self) -> None:
        self._found: dict[str, dict[tuple[str, str], tuple[str, str]]] = {}

    def add(self, group: str, text: str, kind: str = "") -> None:
        """Keep a text unless the group has one that says the same of other names."""
        mask = _NUMBER.sub("0", _CODE.sub("`x`", re.sub(r"(`x`, )+|`[^`]*`(, `[^`]*`)+", "`x`", text)))
        key = (kind if kind in KINDS else "", mask)
        self._found.setdefault(group, {}).setdefault(key, (kind, text))

    def show(self, counts: Counter[str], *, over_cards: bool) -> None:
        """Print all of them with what is wrong with each."""
        for group in sorted(self._found):
            print(f"## {group}\n")
            for kind, text in sorted(self._found[group].values(), key=lambda item: KINDS.get(item[0], 9)):
                wrong = list(faults_of_card(text) if over_cards else faults(kind, text))
                counts.update(wrong)
                marks = f"  <!-- {', '.join(wrong)} -->" if wrong else ""
                print(f"{text}{marks}\n\n---\n" if over_cards else f"- *{kind}* {text}{marks}")
            print()


KINDS = {"message": 0, "related": 1, "fix": 2, "refusal": 3}


def faults(kind: str, text: str) -> Iterator[str]:
    """What a machine sees to be wrong with a message, a title or a refusal."""
    if kind != "related" and words_in(text) > (MOST_WORDS + 10 if kind == "refusal" else MOST_WORDS):
        yield f"{kind} of too many words"
    bare = _CODE.sub("", text)
    if vague := _VAGUE.search(bare):
        yield f"vague: {vague[0].lower()}"


def faults_of_card(card: str) -> Iterator[str]:
    """What a machine sees to be wrong with a card."""
    first = card.partition("\n\n**")[2].partition("\n")[0]
    grave = [line for line in card.splitlines() if not line.startswith(("**Hint", "**Information"))]
    if first.startswith("Safe") and _WAITS.search("\n".join(grave).replace("nobody waits", "")):
        yield "safe beside what waits or fails"
    facts = [line[2:] for line in card.splitlines() if line.startswith("- ")]
    if len(facts) > 4:
        yield "more than four facts"
    if len(set(facts)) < len(facts):
        yield "a fact twice"


def projects(folders: Sequence[Path], databases: Sequence[str]) -> Iterator[tuple[str, Project]]:
    """Every example on every database, then the projects in folders."""
    for rule in all_rules().by_name.values():
        for example in examples_of(rule):
            texts = {**example.files, example.path: example.text}
            own = example.options.get("dialect", "postgresql")
            for dialect in dict.fromkeys([own, *databases]):
                options = {key: value for key, value in example.options.items() if key != "version"}
                options = dict(example.options) if dialect == own else options
                yield rule.name, project_of(texts, {**options, "dialect": dialect})
    for folder in folders:
        for result in check(Options((str(folder.resolve()),), {"review": "all"}, cache=False)):
            yield folder.name, result.project


def take(texts: Texts, project: Project, report: Report) -> None:
    """A report's message with everything that is offered about it."""
    texts.add(report.rule, report.message, "message")
    for place in report.related:
        texts.add(report.rule, place.message, "related")
    for index, offer in enumerate(report.offers):
        texts.add(report.rule, f"{offer.title} ({offer.safety})", "fix")
        fix = project.offers.fix(report, index)
        if fix is not None and fix.refused is not None:
            texts.add(report.rule, f"{fix.title}: {fix.refused}", "refusal")
    for held in report.withheld:
        texts.add(report.rule, f"{held.title}: {held.reason}", "refusal")


def cards_of(project: Project) -> Iterator[tuple[str, str]]:
    """The card of every operation of every revision."""
    for path in project.analyses:
        revision = project.revision(path)
        for operation in revision.operations if revision is not None else ():
            card = hover(project, path, operation.site.call.start)
            if card is not None:
                yield getattr(operation, "alembic_name", None) or operation.kind, card.markdown


if __name__ == "__main__":
    sys.exit(main())
