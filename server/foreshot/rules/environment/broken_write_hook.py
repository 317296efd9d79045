"""A post-write hook cannot do what it is there for: `alembic revision` fails after it has written the file, or leaves it as it was.

Alembic runs the hooks of `[post_write_hooks]` on each new revision. It needs a type (`console_scripts`, `exec`, `module`, or one that env.py registers) and what the
type asks for (`entrypoint`, `executable`, `module`); it knows one token, `REVISION_SCRIPT_FILENAME`, and puts the file's name in front of the options where the token is
missing; and it looks at no exit status. So a misspelt token, a `ruff` without its command or a formatter that prints instead of writing go unnoticed, and new revisions are
not formatted. Names in `hooks` are parted by commas or spaces; one a line is read as one name. Measured with Alembic 1.16 to 1.20.

```ini alembic.ini bad
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://localhost/shop

[post_write_hooks]
hooks = black, ruff
;       ^^^^^ fails
black.entrypoint = black
ruff.type = exec
ruff.executable = ruff
ruff.options = --fix REVISION_SCRIPT_FILENAME
;              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a command
```
```ini fixed alembic.ini
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://localhost/shop

[post_write_hooks]
hooks = black, ruff
black.type = console_scripts
black.entrypoint = black
ruff.type = exec
ruff.executable = ruff
ruff.options = --fix REVISION_SCRIPT_FILENAME
```
```ini alembic.ini bad
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://localhost/shop

[post_write_hooks]
hooks = black
black.type = console_scripts
black.entrypoint = black
black.options = -l 100 REVISION_SCRIPT_FILNAME
;                      ^^^^^^^^^^^^^^^^^^^^^^^ not a token
```
```ini fixed alembic.ini
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://localhost/shop

[post_write_hooks]
hooks = black
black.type = console_scripts
black.entrypoint = black
black.options = -l 100 REVISION_SCRIPT_FILENAME
```
```ini alembic.ini bad
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://localhost/shop

[post_write_hooks]
hooks = black
black.type = console_scripts
black.entrypoint = black
black.options = --check REVISION_SCRIPT_FILENAME
;               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ writes nothing
```
```ini alembic.ini bad
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://localhost/shop

[post_write_hooks]
hooks = black
black.type = console_scripts
black.entrypoint = black
black.options = -q {filename}
;                  ^^^^^^^^^^ not a token
```
```ini fixed alembic.ini
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://localhost/shop

[post_write_hooks]
hooks = black
black.type = console_scripts
black.entrypoint = black
black.options = -q REVISION_SCRIPT_FILENAME
```
```ini alembic.ini good
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://localhost/shop

[post_write_hooks]
hooks = black, ruff
black.type = console_scripts
black.entrypoint = black
black.options = -l 79 REVISION_SCRIPT_FILENAME
ruff.type = exec
ruff.executable = ruff
ruff.options = check --fix REVISION_SCRIPT_FILENAME
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code
from foreshot.rules.environment._write_hooks import HookOption, WriteHook, write_hooks
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span

_TOKEN: Final = "REVISION_SCRIPT_FILENAME"
_NEEDS: Final = {"console_scripts": "entrypoint", "exec": "executable", "module": "module"}
_LIKE_TOKEN: Final = re.compile(
    r"\b(?:REVISION|SCRIPT|FILE)_?[A-Z_]*\b|(?i:\$?\{[a-z_]*file_?(?:name|path)?\}|\$[a-z_]*file_?(?:name|path)?\b)"
)
_COMMANDS: Final = {
    "ruff": frozenset(
        {"check", "format", "rule", "config", "linter", "clean", "analyze", "server", "version", "help"}
    ),
    "pre-commit": frozenset({"run", "try-repo", "hook-impl"}),
}
"""What wants a command as its first argument, and the commands."""
_WRITES: Final = {"autopep8": ("-i", "--in-place"), "yapf": ("-i", "--in-place")}
"""Formatters that print unless they are told to write."""
_PRINTS: Final = {
    "black": frozenset({"--diff", "--check"}),
    "isort": frozenset({"--stdout", "--diff", "-d", "--check", "--check-only", "-c"}),
}
"""What makes a formatter print or judge instead of write."""


class BrokenWriteHook(ProjectRule):
    """A hook that fails or has no effect."""

    severity = "warning"
    safety = "safe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """The first thing that is wrong with each hook."""
        hooks, own = write_hooks(project)
        for hook in hooks:
            found = _wrong(hook, own)
            if found is not None:
                at, what, change = found
                yield self.finding(at, what, path=hook.path, object=hook.name, state=change)

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The one thing that can be meant."""
        change = finding.state
        if isinstance(change, ReplaceText):
            yield Fix(f"Write {code(_TOKEN)}", "safe", (change,))
            return
        hook = next((item for item in write_hooks(project)[0] if item.name == finding.object), None)
        source = project.source(finding.path or "")
        kind = change if isinstance(change, str) else None
        if hook is None or source is None or kind is None or not hook.path.endswith(".ini"):
            return
        at = source.lines.starts[source.lines.position(hook.options[_NEEDS[kind]].span.start)[0]]
        end = "\r\n" if "\r\n" in source.content[:at] else "\n"
        yield Fix(
            f"Set its type to `{kind}`",
            "safe",
            (ReplaceText(Span(at, at), f"{hook.name}.type = {kind}{end}"),),
        )


def _wrong(hook: WriteHook, own: set[str]) -> tuple[Span, str, ReplaceText | str | None] | None:
    """What is wrong with a hook: where, in words, and what would put it right."""
    options = hook.options
    if "\n" in hook.name:
        return (
            hook.span,
            "Alembic reads these lines as one name, and fails. Separate the names with commas or spaces.",
            None,
        )
    kind = options.get("type")
    if kind is None:
        if not options:
            return (
                hook.span,
                f"`alembic revision` fails after it has written the file: {code(hook.name)} has no settings.",
                None,
            )
        told = [name for name, needed in _NEEDS.items() if needed in options]
        what = f"`alembic revision` fails after it has written the file: {code(hook.name)} has no `type`."
        return hook.span, what, told[0] if len(told) == 1 else None
    if kind.value not in _NEEDS:
        if kind.value in own:
            return None
        what = f"`alembic revision` fails after it has written the file: nothing registers a hook type {code(kind.value)}."
        return kind.span, what, None
    needed = _NEEDS[kind.value]
    if needed not in options:
        what = f"`alembic revision` fails after it has written the file: {code(hook.name)} of this type needs {code(needed)}."
        return kind.span, what, None
    given = options.get("options")
    return _wrong_options(
        hook, options[needed], given.value if given else "", given.span if given else hook.span
    )


def _wrong_options(
    hook: WriteHook, named: HookOption, text: str, at: Span
) -> tuple[Span, str, ReplaceText | str | None] | None:
    if _TOKEN not in text:
        match = _LIKE_TOKEN.search(text)
        if match is not None and len(match.group()) > 8:
            word = code(match.group())
            span = Span(
                at.start + text.find(match.group()), at.start + text.find(match.group()) + len(match.group())
            )
            if at.end - at.start != len(text):
                span = at
            change = ReplaceText(span, _TOKEN) if span != at else None
            return (
                span,
                f"{code(hook.name)} gets the word {word} instead of the file: that is not a token. Write {code(_TOKEN)}.",
                change,
            )
        text = f"{_TOKEN} {text}"
    words = text.split()
    tool = named.value.replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    commands = _COMMANDS.get(tool)
    if commands is not None and not commands & set(
        words[: words.index(_TOKEN)] if _TOKEN in words else words
    ):
        return (
            at,
            f"New revisions stay as they are: {code(tool)} needs a command first, such as {code(_EXAMPLE[tool])}.",
            None,
        )
    writes = _WRITES.get(tool)
    if writes is not None and not any(word in writes or re.match(r"-[a-z]*i", word) for word in words):
        return (
            named.span,
            f"New revisions stay as they are: {code(tool)} prints the file. Tell it to write, with {code(writes[1])}.",
            None,
        )
    prints = _PRINTS.get(tool, frozenset()) & set(words)
    if prints:
        return (
            at,
            f"New revisions stay as they are: with {code(min(prints))}, {code(tool)} writes nothing. Leave it out.",
            None,
        )
    return None


_EXAMPLE: Final = {"ruff": "check --fix", "pre-commit": "run --files"}
