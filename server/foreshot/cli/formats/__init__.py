"""Output formats of ``foreshot check``. Adding one is a module here and a line in the table."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import ClassVar, Final

from foreshot.cli.console import Console
from foreshot.cli.listing import FileFindings, Findings, Tally

FORMATS: Final[Mapping[str, str]] = {
    "full": "foreshot.cli.formats.full",
    "concise": "foreshot.cli.formats.concise",
    "json": "foreshot.cli.formats.json",
    "sarif": "foreshot.cli.formats.sarif",
    "github": "foreshot.cli.formats.github",
    "gitlab": "foreshot.cli.formats.gitlab",
    "junit": "foreshot.cli.formats.junit",
    "markdown": "foreshot.cli.formats.markdown",
}
"""The module of each format, whose ``Format`` is made when it is asked for."""

FOR_PEOPLE: Final = frozenset({"full", "concise"})
"""Formats whose stream may carry a sentence that belongs to no finding."""


class BaseFormat:
    """What a format has to say: of each file with findings, in any order and any process, and around all of them."""

    joint: ClassVar[str] = ""
    """What stands between the texts of two files."""
    by_cost: ClassVar[bool] = False
    """Whether it lists by what findings cost, not by path."""
    slow: ClassVar[bool] = False
    """Whether a finding takes milliseconds, as the working out of a repair does."""

    def __init__(self, findings: Findings, console: Console) -> None:
        self.findings = findings
        self.console = console

    def before(self) -> str:
        """What stands before everything."""
        return ""

    def file(self, file: FileFindings) -> str:  # noqa: ARG002
        """What is written of one file."""
        return ""

    def after(self, tally: Tally) -> str:  # noqa: ARG002
        """What stands after everything."""
        return ""


def format_named(name: str) -> type[BaseFormat]:
    """A format of :data:`FORMATS`."""
    found: type[BaseFormat] = importlib.import_module(FORMATS[name]).Format
    return found


def write(form: BaseFormat) -> Tally:
    """Write everything that was found."""
    whole = Tally()
    console = form.console
    console.write(form.before())
    joint = ""
    findings = form.findings
    texts = (
        findings.by_cost(form.file)
        if form.by_cost
        else findings.laid_out(form.file, form.joint, slow=form.slow and findings.with_fixes)
    )
    for text, tally in texts:
        if text:
            console.write(joint + text)
            joint = form.joint
        whole.add(tally)
    console.write(form.after(whole))
    return whole
