"""``foreshot check``."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import click
from msgspec.structs import replace

from foreshot.cli import console
from foreshot.cli.formats import FOR_PEOPLE, FORMATS, format_named, write
from foreshot.cli.listing import Findings
from foreshot.cli.problems import Failure, say, unknown_rule
from foreshot.cli.progress import Bar
from foreshot.cli.text import one_line, shown_path
from foreshot.lint.severity import SEVERITIES
from foreshot.project import paths as plain_paths
from foreshot.project.dialect_names import DIALECTS, dialect_of
from foreshot.text import MAX_BYTES, SourceText, Unreadable, decode
from foreshot.workspace.check import ConfigurationError, Options, ProjectResult, check
from foreshot.workspace.shipped import Wanted

_LEVELS = [*SEVERITIES]
_TREES: Final = 200_000
"""Objects that a few files' syntax trees have, and after which cycles are looked for."""


@click.command("check", context_settings={"max_content_width": 100})
@click.argument("paths", nargs=-1, type=click.Path(exists=True), metavar="[PATH]...")
@click.option("--output-format", type=click.Choice(list(FORMATS)), default="full", show_default=True)
@click.option(
    "--select", multiple=True, metavar="RULE", help="Report these rules only; a list or several times."
)
@click.option("--ignore", multiple=True, metavar="RULE", help="Do not report these rules.")
@click.option("--fix", is_flag=True, help="Repair what can be repaired without changing what runs.")
@click.option(
    "--unsafe-fixes",
    is_flag=True,
    help="With --fix or --diff: also repairs that change what runs. Read them.",
)
@click.option("--diff", is_flag=True, help="Show what --fix would change, write nothing; exit 1 if it would.")
@click.option(
    "--with-fixes/--no-fixes",
    default=None,
    help="Put the repairs into json and sarif, which takes longer [json: yes, sarif: no].",
)
@click.option("--dialect", multiple=True, metavar="NAME", help="The databases that the migrations run on.")
@click.option(
    "--server-version", metavar="VERSION", help="The oldest server in use, as 16, or postgresql=16,mysql=8.0."
)
@click.option(
    "--since", metavar="REVISION", help="This revision and all before it have shipped, and are not reviewed."
)
@click.option(
    "--against",
    "--changed-since",
    "against",
    metavar="GITREF",
    help="The branch that yours will be merged into: what it has is not reviewed. Left out, it is found.",
)
@click.option("--all", "everything", is_flag=True, help="Review every revision, whatever has shipped.")
@click.option(
    "--last",
    type=click.IntRange(min=1),
    metavar="N",
    help="Review the newest N revisions, whatever has shipped.",
)
@click.option(
    "--fail-level", type=click.Choice(_LEVELS), help="The mildest finding that makes exit 1 [warning]."
)
@click.option("--exit-zero", is_flag=True, help="Exit 0 whatever is found.")
@click.option("--statistics", is_flag=True, help="Count the findings of each rule instead of listing them.")
@click.option("--no-cache", is_flag=True, help="Read every file anew, and leave no cache behind.")
@click.option(
    "--stdin-filename",
    type=click.Path(),
    metavar="PATH",
    help="Check standard input as the content of this file.",
)
def command(
    paths: tuple[str, ...],
    output_format: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    with_fixes: bool | None,
    dialect: tuple[str, ...],
    server_version: str | None,
    since: str | None,
    against: str | None,
    everything: bool,
    last: int | None,
    fail_level: str | None,
    exit_zero: bool,
    statistics: bool,
    no_cache: bool,
    stdin_filename: str | None,
) -> int:
    """Find every Alembic project under the paths (default: the current folder) and print its findings.

    None of the projects' code runs, and no database is asked.

    Inside of a git repository, revisions are reviewed that have not shipped: those that the branch it is merged into
    does not have yet. The others are read, so that what breaks them now is said.

    \b
    Exit status:
      0  nothing at or above --fail-level
      1  findings at or above it; with --diff, something to change
      2  a wrong option or setting, a path that does not exist, a folder
         without any Alembic project, a base that is not there, or a failure
         of Foreshot itself

    A folder that was named and holds no Alembic project is an error: a pipeline that has checked nothing must not be
    green. The current folder, and files that belong to no project, are not: a hook may hand over whatever changed.
    """
    if fix and diff:
        raise click.UsageError("--fix writes and --diff does not: choose one.")
    if everything and (last is not None or against is not None):
        raise click.UsageError("--all reviews every revision: leave --last and --against out.")
    _log_on_one_line()
    folder = str(Path.cwd())
    stdin = _read_stdin(stdin_filename) if stdin_filename is not None else None
    asked = tuple(str(_absolute(path)) for path in paths)
    if stdin is not None:
        asked = (stdin[0],)
    options = Options(
        paths=asked or (folder,),
        overrides=_overrides(select, ignore, dialect, server_version, since, fail_level),
        cache=not no_cache,
        wanted=Wanted(against, everything, last),
        stdin=(stdin[0], stdin[1].content) if stdin is not None else None,
    )
    request = _Request(
        options,
        folder,
        output_format,
        unsafe=unsafe_fixes,
        statistics=statistics,
        with_fixes=output_format == "json" if with_fixes is None else with_fixes,
    )
    try:
        if diff:
            status = request.show_fixes()
        elif fix and stdin is not None:
            status = request.filter(*stdin)
        else:
            status = request.fix() if fix else request.list()
    except ConfigurationError as error:
        raise Failure(str(error)) from None
    return 0 if exit_zero and status == 1 else status


def reviewed(files: int, shipped: int) -> str:
    """How many of ``files`` revisions were reviewed, where ``shipped`` were not; nothing when all were."""
    new = files - shipped
    if not shipped:
        return ""
    if not new:
        return f"0 new of {files}. `foreshot check --last 5` reviews the newest five."
    ones = "one was" if shipped == 1 else "ones were"
    them = "it" if shipped == 1 else "them"
    return (
        f"{new} new {'revision' if new == 1 else 'revisions'} reviewed."
        f" {shipped} shipped {ones} read, not reviewed (`--all` reviews {them})."
    )


class _Request:
    """One run, after its options were read."""

    def __init__(
        self,
        options: Options,
        folder: str,
        output_format: str,
        *,
        unsafe: bool,
        statistics: bool,
        with_fixes: bool,
    ) -> None:
        self.options = options
        self.folder = folder
        self.format = output_format
        self.unsafe = unsafe
        self.statistics = statistics
        self.with_fixes = with_fixes
        self.out = console.stdout()

    def list(self, out: console.Console | None = None) -> int:
        """Print the findings; 1 when one of them is grave enough."""
        out = out or self.out
        # The process is short and leaves hardly any cycles: looking for them takes a fifth of the time.
        gc.disable()
        with Bar(console.stderr()) as bar:
            results = check(self.options, bar.update)
        self._expect_projects(results)
        unlisted = list(dict.fromkeys(folder for result in results for folder in result.unlisted))
        if unlisted and not any(result.files for result in results):
            # A summary of nothing would read like a good one.
            raise Failure("\n".join(_not_listed(path, self.folder) for path in unlisted))
        findings = Findings(results, self.folder, with_fixes=self.with_fixes)
        if self.statistics:
            from foreshot.cli.statistics import Statistics

            form = Statistics(findings, out, machine=self.format == "json")
        else:
            form = format_named(self.format)(findings, out)
        # Repairs and JSON do leave cycles behind.
        gc.freeze()
        gc.set_threshold(_TREES)
        gc.enable()
        grave = write(form).is_grave
        self._tell_shipped(results)
        for path in unlisted:
            say(_not_listed(path, self.folder), "error")
        return 2 if unlisted else 1 if grave else 0

    def _tell_shipped(self, results: Sequence[ProjectResult]) -> None:
        """Say what was not reviewed, and what could not be compared."""
        for note in dict.fromkeys(note for result in results for note in result.notes):
            say(note, "warning")
        said = reviewed(sum(result.files for result in results), sum(result.shipped for result in results))
        if said:
            (self.out if self.format == "full" and not self.statistics else console.stderr()).line(said)

    def show_fixes(self) -> int:
        """Print what the repairs would change; 1 when that is anything."""
        from foreshot.cli.fixing import differences, told
        from foreshot.workspace.fixall import fix_all

        outcome = fix_all(self.options, unsafe=self.unsafe)
        any_changes = differences(outcome, self.folder, self.out)
        console.stderr().line(told(outcome) if any_changes else "Nothing to fix.")
        return 1 if any_changes else 0

    def fix(self) -> int:
        """Repair, tell what was repaired, and list what remains."""
        from foreshot.cli.fixing import apply
        from foreshot.workspace.fixall import fix_all

        outcome = fix_all(self.options, unsafe=self.unsafe)
        beside = self.out if self.format in FOR_PEOPLE else console.stderr()
        written = apply(outcome, self.folder, beside)
        status = self.list()
        return status if written else 2

    def filter(self, path: str, source: SourceText) -> int:
        """Print the repaired text of standard input; everything else is said beside it."""
        from foreshot.workspace.fixall import fix_all

        outcome = fix_all(self.options, unsafe=self.unsafe)
        changed = outcome.files.get(path)
        text = source.content if changed is None else changed[1]
        self.out.write_bytes(source.encode(text))
        self.options = replace(self.options, stdin=(path, text))
        return self.list(console.stderr())

    def _expect_projects(self, results: Iterable[ProjectResult]) -> None:
        if any(True for _ in results) or self.options.stdin is not None:
            return
        shown = ", ".join(one_line(shown_path(path, self.folder)) for path in self.options.paths)
        here = shown == "."
        message = f"No Alembic project found in {'the current folder' if here else shown}."
        if any(Path(path).is_dir() and path != self.folder for path in self.options.paths):
            raise Failure(message)
        say(message, "warning")


def _not_listed(path: str, folder: str) -> str:
    return f"{shown_path(path, folder)} cannot be listed: what is in it was not checked."


def _overrides(
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    dialect: tuple[str, ...],
    server_version: str | None,
    since: str | None,
    fail_level: str | None,
) -> Mapping[str, object]:
    for name in (*_split(select), *_split(ignore)):
        from foreshot.rules import NAMES

        if name not in NAMES:
            raise unknown_rule(name)
    given: dict[str, object] = {
        "select": _split(select),
        "ignore": _split(ignore),
        "dialect": [_dialect(name, "--dialect") for name in _split(dialect)],
        "server-version": _versions(server_version) if server_version else None,
        "since": since,
        "fail-level": fail_level,
    }
    return {key: value for key, value in given.items() if value}


def _dialect(name: str, option: str) -> str:
    meant = dialect_of(name)
    if meant is None:
        raise Failure(f"{option} does not know {one_line(name)!r}. It knows {', '.join(DIALECTS)}.")
    return meant


def _versions(given: str) -> str | dict[str, str]:
    """``16``, or ``postgresql=16,mysql=8.0`` as a table."""
    if "=" not in given:
        return given
    found: dict[str, str] = {}
    for part in _split([given]):
        name, _, version = part.partition("=")
        found[_dialect(name.strip(), "--server-version")] = version.strip()
    return found


def _split(values: Iterable[str]) -> list[str]:
    """``("a,b", "c")`` as ``["a", "b", "c"]``."""
    return [name for value in values for part in value.split(",") if (name := part.strip())]


def _absolute(path: str) -> str:
    return plain_paths.join(str(Path.cwd()), path)


def _read_stdin(filename: str) -> tuple[str, SourceText]:
    path = _absolute(filename)
    # Somebody may pour without end.
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    too_long = Unreadable(f"it is larger than {MAX_BYTES >> 10} KiB")
    source = decode(data, python=path.endswith(".py")) if len(data) <= MAX_BYTES else too_long
    if isinstance(source, Unreadable):
        raise Failure(
            f"Standard input cannot be read as {shown_path(path, str(Path.cwd()))}: {source.reason}."
        )
    return path, source


def _log_on_one_line() -> None:
    """Send what the engine logs to stderr, a line each; tracebacks only on demand."""
    from foreshot.cli.main import is_verbose

    class OneLine(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            if is_verbose():
                return super().format(record)
            error = record.exc_info[1] if record.exc_info else None
            why = f": {type(error).__name__}: {error}" if error is not None else ""
            return one_line(f"{record.levelname.lower()}: {record.getMessage()}{why}")

    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logging.basicConfig(
        level=logging.INFO if is_verbose() else logging.WARNING, handlers=[handler], force=True
    )
