"""What stands in alembic.ini and script.py.mako, for the card over each key and each variable.

Sources: Alembic's tutorial ("Editing the .ini File"), its changelog for the versions, and what ``ScriptDirectory.generate_revision`` hands to
the template (Alembic 1.18).
"""

from __future__ import annotations

import re
from typing import Final

from foreshot.ide.markup import link
from foreshot.project.ini import MAX_LENGTH, read_ini
from foreshot.text import SourceText, Span
from foreshot.workspace.project import Project

INI_DOCS: Final = "https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file"
HOOKS_DOCS: Final = "https://alembic.sqlalchemy.org/en/latest/autogenerate.html#post-write-hooks"
TEMPLATE_DOCS: Final = "https://alembic.sqlalchemy.org/en/latest/tutorial.html#create-a-migration-script"

INI_KEYS: Final = {
    "script_location": "The folder of env.py and the revisions. A relative one is looked for from where the command runs: begin it with `%(here)s`, the folder of this file.",
    "file_template": "How files of new revisions are named, such as `%%(year)d_%%(month).2d_%%(rev)s_%%(slug)s`; by default `%%(rev)s_%%(slug)s`. `%%(epoch)s` since 1.8; folders in it since 1.18, with `recursive_version_locations`.",
    "prepend_sys_path": "Folders that come first where env.py imports from, so that it finds the models: since 1.5.5. A relative one is looked for from where the command runs.",
    "timezone": "Of the creation date in new revisions and their names, such as `UTC`; local time where it is left out. Since 0.9.2; it needs zoneinfo's data since 1.13.",
    "truncate_slug_length": "How many characters of the message a file name has; 40 where it is left out. Since 0.6.1.",
    "revision_environment": "Run env.py for every `alembic revision` and for `history`, not for `--autogenerate` alone: hooks of env.py are then known. Since 0.3.3.",
    "sourceless": "Take compiled revisions (`.pyc`) without their source. Since 0.6.4.",
    "version_locations": "Folders of revisions, where there are several; `path_separator` stands between them. Since 0.7.",
    "version_path_separator": "What stands between `version_locations`: since 1.7, and superseded by `path_separator` in 1.16.",
    "path_separator": "What stands between the paths of `version_locations` and `prepend_sys_path`: `os`, `space`, `newline`, `:` or `;`. Since 1.16; without it, older rules hold.",
    "recursive_version_locations": "Look for revisions in subfolders too. Since 1.10.",
    "output_encoding": "Of new revision files; utf-8 where it is left out. Since 0.7.",
    "sqlalchemy.url": "The database. Only env.py reads it, with a `%` written `%%`. A password here is in the repository.",
}
"""Alembic's options in an ini file, with what they are for and since when."""

HOOK_KEYS: Final = {
    "hooks": "The hooks that run on each new revision file, in order; without it none does, whatever else stands here. Since 1.2.",
    "type": "How a hook runs: `console_scripts` (an entry point of this environment), `exec` (a program, since 1.12), `module` (`python -m`, since 1.16.3), or one that env.py registers.",
    "entrypoint": "For `console_scripts`: the entry point's name.",
    "executable": "For `exec`: the program, a path or a name on PATH.",
    "module": "For `module`: what follows `python -m`.",
    "options": "What the hook is given; `REVISION_SCRIPT_FILENAME` stands for the new file.",
    "cwd": "The folder that the hook runs in.",
}
"""Options of ``[post_write_hooks]``; all but ``hooks`` behind a hook's name and a dot."""

MAKO_WORDS: Final = {
    "message": "What `-m` said; `empty message` without it.",
    "up_revision": "The id of the new revision, a text.",
    "down_revision": "The id that it follows: a text, a tuple for a merge, None for the first. Write it with `repr(…)`.",
    "branch_labels": "The labels of `--branch-label`, a tuple or None. Write it with `repr(…)`.",
    "depends_on": "The ids of `--depends-on`: a text, a tuple or None. Write it with `repr(…)`.",
    "create_date": "When it was made, a `datetime`, in the `timezone` of the configuration.",
    "comma": "A filter that writes the ids of several parents with commas between.",
    "imports": "The imports that autogenerate's code needs, one a line; empty without `--autogenerate`. Without it here, types of dialects stop with a NameError.",
    "upgrades": "The body of `upgrade()` as autogenerate wrote it, indented; empty where there is none, so `pass` has to stand in.",
    "downgrades": "The body of `downgrade()`, likewise.",
    "config": "Alembic's configuration: `config.get_main_option(…)`.",
}
"""What a template can use."""

_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_LINE: Final = 2_000


def ini_card(project: Project, path: str, offset: int) -> tuple[str, Span] | None:
    """The card over a key of an environment's ini file."""
    environment, source = project.surroundings.environment, project.source(path)
    if source is None or len(source.content) > MAX_LENGTH:
        return None
    for section in read_ini(source).sections.values():
        for key, option in section.options.items():
            if not option.key_span.touches(offset):
                continue
            if section.name in ("alembic", environment.section, "DEFAULT") and key in INI_KEYS:
                return _card(key, INI_KEYS[key], INI_DOCS), option.key_span
            word = key.rpartition(".")[2]
            if section.name == "post_write_hooks" and word in HOOK_KEYS and ("." in key) != (word == "hooks"):
                return _card(word, HOOK_KEYS[word], HOOKS_DOCS), option.key_span
            return None
    return None


def mako_card(project: Project, path: str, offset: int) -> tuple[str, Span] | None:
    """The card over a variable of an environment's template, inside ``${…}`` or on a line of control."""
    source = project.source(path)
    if source is None or not _is_code(source, offset):
        return None
    start = max(0, offset - 100)
    for match in _NAME.finditer(source.content, start, offset + 100):
        if match.start() <= offset <= match.end():
            name = match.group()
            attribute = source.content[max(0, match.start() - 1)] == "." and match.start() > 0
            if name in MAKO_WORDS and not attribute:
                return _card(name, MAKO_WORDS[name], TEMPLATE_DOCS), Span(*match.span())
            return None
    return None


def _is_code(source: SourceText, offset: int) -> bool:
    before = source.content[max(0, offset - _LINE) : offset]
    line = before.rpartition("\n")[2]
    return before.rfind("${") > before.rfind("}") or line.lstrip().startswith("%")


def _card(name: str, words: str, docs: str) -> str:
    return f"`{name}`: {words}\n\n{link('Alembic’s documentation', docs)}"
