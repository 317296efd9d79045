"""``--fix`` and ``--diff``: repairs written, or shown as they would be written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import unified_diff
from typing import TYPE_CHECKING, Protocol

from foreshot.cli.console import Console
from foreshot.cli.formats.full import counted
from foreshot.cli.problems import say
from foreshot.cli.text import REPLACEMENT, clean, one_line, shown_path
from foreshot.lint.finding import NewFile
from foreshot.text import SourceText
from foreshot.workspace.write import WriteRefused, check_unchanged, create, write

if TYPE_CHECKING:
    from foreshot.workspace.rounds import Applied


class Outcome(Protocol):
    """What all repairs together come to: old and new texts, new files, and which finding each repair was for."""

    @property
    def files(self) -> Mapping[str, tuple[SourceText, str]]:
        """By absolute path, a file's text as it is and as it would be."""
        ...

    @property
    def creates(self) -> Sequence[NewFile]:
        """Files that do not exist yet."""
        ...

    @property
    def applied(self) -> Sequence[Applied]:
        """Each finding that is repaired."""
        ...

    @property
    def left_out(self) -> int:
        """How many findings have a repair that was tried and does not hold."""
        ...


def apply(outcome: Outcome, folder: str, console: Console) -> bool:
    """Write what was computed and tell what was done; False when a file could not be written.

    Files that repairs change together are written together or not at all; those that are new come first, so that nothing refers
    to one that is not there.
    """
    refused: set[str] = set()
    for group in _groups(outcome):
        _write(outcome, group, folder, refused)
    done = [item for item in outcome.applied if refused.isdisjoint(item.paths)]
    if done:
        console.line(f"Fixed {counted(len(done), 'problem', 'problems')}:")
    for path, of_file in _by_path(done):
        console.line(f"  {console.paint(clean(shown_path(path, folder)), 'bold')}")
        for (rule, title), count in of_file.items():
            times = f" ({count} times)" if count > 1 else ""
            console.line(f"    {console.paint(f'[{clean(rule)}]', 'bold')} {one_line(title)}{times}")
    for path in sorted(created(outcome)):
        if path not in refused:
            console.line(f"  {console.paint(clean(shown_path(path, folder)), 'bold')} (new)")
    if outcome.left_out:
        console.line(_left_out(outcome.left_out))
    if done or outcome.left_out:
        console.line()
    return not refused


def _left_out(count: int) -> str:
    many = "repair was left out: it" if count == 1 else "repairs were left out: each"
    return f"{count} {many} would leave its problem as it is, or bring up a worse one."


def differences(outcome: Outcome, folder: str, console: Console) -> bool:
    """Write the repairs as a unified diff; False when there is none."""
    changes: dict[str, tuple[str | None, str]] = {
        path: (source.content, text)
        for path, (source, text) in outcome.files.items()
        if source.content != text
    }
    changes |= {path: (None, text) for path, text in created(outcome).items()}
    secrets = _secrets(outcome)
    for path, (old, new) in sorted(changes.items()):
        for line in _diff(shown_path(path, folder), old, new):
            console.write(_painted(_masked(line, secrets), console))
    return bool(changes)


def _secrets(outcome: Outcome) -> set[str]:
    """The passwords that repairs take out of files: a diff of them may land in a log."""
    return {item.secret for item in outcome.applied} - {""}


def _masked(line: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        line = line.replace(secret, "****")
    return line


def created(outcome: Outcome) -> dict[str, str]:
    """Path and text of each file that the repairs create."""
    return {item.path: item.text for item in outcome.creates}


def told(outcome: Outcome) -> str:
    """How much the repairs would do."""
    files = len(outcome.files) + len(outcome.creates)
    problems = counted(len(outcome.applied), "problem", "problems")
    said = f"Would fix {problems} in {counted(files, 'file', 'files')}."
    return f"{said} {_left_out(outcome.left_out)}" if outcome.left_out else said


def _groups(outcome: Outcome) -> Iterator[list[str]]:
    """The files, in groups between which no repair is shared."""
    groups = {path: {path} for path in (*outcome.files, *created(outcome))}
    for item in outcome.applied:
        known = [path for path in item.paths if path in groups]
        for path in known[1:]:
            first, other = groups[known[0]], groups[path]
            if first is not other:
                first |= other
                groups.update(dict.fromkeys(other, first))
    seen: set[int] = set()
    for group in groups.values():
        if id(group) not in seen:
            seen.add(id(group))
            yield sorted(group)


def _write(outcome: Outcome, group: Sequence[str], folder: str, refused: set[str]) -> None:
    """Write one group of files; all of it is refused where one of them has changed meanwhile."""
    new = created(outcome)
    try:
        for path in group:
            if path in outcome.files:
                check_unchanged(path, outcome.files[path][0])
        for path in sorted(group, key=lambda path: path not in new):
            if path in new:
                create(path, new[path])
            else:
                write(path, *outcome.files[path])
    except WriteRefused as error:
        refused.update(group)
        say(f"{shown_path(error.path, folder)}: {error.reason}", "error")


def _by_path(done: Iterable[Applied]) -> Iterator[tuple[str, Counter[tuple[str, str]]]]:
    found: dict[str, Counter[tuple[str, str]]] = {}
    for item in done:
        found.setdefault(item.report.path, Counter())[item.report.rule, item.title] += 1
    yield from sorted(found.items())


def _diff(path: str, old: str | None, new: str) -> Iterator[str]:
    """Lines of a unified diff, each with its line end; what carries none is marked as diff does."""
    before = "/dev/null" if old is None else f"a/{path}"
    lines = unified_diff(_lines(old or ""), _lines(new), before, f"b/{path}", lineterm="\n")
    for line in lines:
        if line.endswith("\n"):
            yield line
        else:
            yield f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Lines with their ends, cut at ``\\n`` alone as patch does: a form feed ends none."""
    parts = text.split("\n")
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _painted(line: str, console: Console) -> str:
    body = line.rstrip("\r\n")
    end = line[len(body) :]
    if "\n\\" in body:
        first, _, rest = body.partition("\n")
        return f"{_painted(first, console)}\n{rest}{end}"
    # A tab is layout; everything else that drives a terminal is not shown, at the cost of a patch that would not apply.
    shown = "\t".join(clean(part) for part in body.split("\t"))
    if shown.lstrip().startswith("::"):
        # To GitHub's runner a line of context would be a command.
        shown = shown.replace(":", REPLACEMENT, 1)
    paint = console.paint
    if body.startswith(("---", "+++")):
        return paint(shown, "bold") + end
    if body.startswith("@@"):
        return paint(shown, "path") + end
    if body.startswith("+"):
        return paint(shown, "good") + end
    if body.startswith("-"):
        return paint(shown, "bad") + end
    return shown + end
