"""What env.py's ``context.configure(...)`` is given means, and what ``context`` and ``op`` do besides operations, for the card over each.

Source: Alembic's documentation of ``EnvironmentContext.configure`` (1.16 and later).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from foreshot.text import Span
from foreshot.workspace.project import Project

ALEMBIC_DOCS: Final = (
    "https://alembic.sqlalchemy.org/en/latest/api/runtime.html"
    "#alembic.runtime.environment.EnvironmentContext.configure"
)

WORDS: Final[dict[str, str]] = {
    "target_metadata": "The `MetaData` of the models, with which autogenerate compares the database. Without it,"
    " autogenerate has nothing to compare. With several, a list. Only models that env.py imports are in it.",
    "compare_type": "Whether autogenerate reports changed column types. True by default since Alembic 1.12;"
    " False leaves type changes unseen. A function decides for each column.",
    "compare_server_default": "Whether autogenerate reports changed server defaults. False by default: they go"
    " unseen. True asks the database, which spells defaults in its own way, so expect noise.",
    "render_as_batch": "Autogenerate writes `batch_alter_table` blocks, which SQLite needs for most changes: the"
    " table is copied. On other databases the block runs as plain ALTER TABLE.",
    "user_module_prefix": "What autogenerate writes before the name of a type that is not SQLAlchemy's. Without it,"
    " the type's own module and a dot; the import has to be in script.py.mako or is missing.",
    "sqlalchemy_module_prefix": "What autogenerate writes before SQLAlchemy's names: `sa.` by default.",
    "alembic_module_prefix": "What autogenerate writes before operations: `op.` by default.",
    "include_schemas": "Whether autogenerate looks at all schemas of the database. False: only the default one."
    " With True, use `include_name` as well, or every table that is not in the models is dropped.",
    "include_name": "A function that decides by name which schemas, tables and columns of the database are looked at"
    " at all.",
    "include_object": "A function that decides which tables, columns, indexes and constraints autogenerate compares."
    " What it leaves out is neither created nor dropped.",
    "render_item": "A function that writes types, defaults and constraints in the project's own way; False leaves an"
    " item to Alembic.",
    "process_revision_directives": "A function that changes what `alembic revision` writes, for instance to make no"
    " file when nothing has changed.",
    "transaction_per_migration": "Each revision runs in a transaction of its own instead of one for the whole upgrade:"
    " locks are held for a shorter time, and revisions that are done stay done.",
    "transactional_ddl": "Whether DDL runs in a transaction; by default as the database can. False leaves half a"
    " revision behind when it fails.",
    "version_table": "The table that holds the current revision: `alembic_version` by default.",
    "version_table_schema": "The schema of the version table.",
    "version_table_pk": "Whether the version table gets a primary key.",
    "literal_binds": "For `--sql`: values are written into the SQL, because nobody sends parameters.",
    "dialect_opts": "Options of the dialect for `--sql`, such as `paramstyle`.",
    "dialect_name": "The dialect for `--sql` when no URL is given.",
    "connection": "The connection that migrations run on. It has to be in the hands of `begin_transaction()`: a commit"
    " is Alembic's to make.",
    "url": "For `--sql`: only its dialect counts, nothing connects.",
    "as_sql": "SQL is printed instead of run.",
    "on_version_apply": "Functions that are called after each revision, with what was done.",
    "opts": "Options that scripts can ask for again.",
    "naming_convention": "Names for constraints and indexes that have none: without it, a downgrade cannot name what"
    " it has to drop.",
    "upgrade_token": "The name under which templates get the code of `upgrade()`.",
    "downgrade_token": "The name under which templates get the code of `downgrade()`.",
    "autogenerate_plugins": "Which comparisons autogenerate makes (Alembic 1.18 and later).",
}

CONTEXT: Final[dict[str, str]] = {
    "configure": "Tells Alembic the connection (or, for `--sql`, the URL) and the options of this run. Nothing may run on the connection before it"
    " without a commit: Alembic would not commit then.",
    "begin_transaction": "The transaction of the whole run; with `transaction_per_migration=True` it does nothing, and each revision has its own.",
    "run_migrations": "Runs the revisions that the command asks for, or the comparison of `--autogenerate`.",
    "is_offline_mode": "Whether `--sql` was given: there is no connection then.",
    "get_x_argument": "What `-x name=value` said on the command line; a dictionary with `as_dictionary=True`.",
    "get_tag_argument": "What `--tag` said.",
    "get_head_revision": "The id of the head; it fails where there are several.",
    "get_context": "The `MigrationContext` of this run, with its connection, its dialect and `autocommit_block()`.",
    "execute": "Runs SQL on the connection, or prints it for `--sql`.",
    "static_output": "Writes text into the output of `--sql`.",
    "config": "Alembic's configuration: `get_main_option`, `set_main_option` (where a `%` is written `%%`), `attributes`, `cmd_opts`.",
}
"""What env.py asks of ``context``."""

OP: Final[dict[str, str]] = {
    "get_bind": "The connection that the revision runs on. With `--sql` there is none: ask `context.is_offline_mode()` first. A commit on it is not the"
    " revision's to make.",
    "get_context": "The `MigrationContext`: `autocommit_block()` for what cannot run in a transaction, `dialect.name` for what one database needs.",
    "autocommit_block": "Commits what ran before, also earlier revisions of the same run unless `transaction_per_migration=True`, then runs each statement"
    " by itself. A failure in it is not rolled back: what it does must bear to be run again.",
    "f": "The name as it is: no naming convention is put before it.",
    "inline_literal": "A value that is written into the SQL instead of being bound, as `--sql` needs it.",
    "run_async": "Runs an asynchronous function on the revision's connection.",
}
"""What a revision asks of ``op`` besides operations."""

_OP_DOCS: Final = "https://alembic.sqlalchemy.org/en/latest/ops.html"
_CONTEXT_DOCS: Final = "https://alembic.sqlalchemy.org/en/latest/api/runtime.html"
_AROUND: Final = 100
_WORD: Final = re.compile(r"[A-Za-z_]\w*")
_RECEIVER: Final = re.compile(r"(?:([A-Za-z_]\w*)(?:\(\))?\s*\.\s*)$")
_HOOKS: Final = (
    "include_object",
    "include_name",
    "render_item",
    "process_revision_directives",
    "compare_type",
    "compare_server_default",
    "on_version_apply",
)


def op_card(project: Project, path: str, offset: int) -> tuple[str, Span] | None:
    """The card over ``op.get_bind`` and the like in a revision, and the name's span."""
    source = project.source(path)
    found = _attribute(source.content, offset) if source is not None else None
    if found is None:
        return None
    receiver, name, span = found
    owners = ("get_context", "ctx", "context") if name == "autocommit_block" else ("op",)
    if name not in OP or receiver not in owners:
        return None
    return f"`{name}`: {OP[name]}\n\n[Alembic's documentation]({_OP_DOCS})", span


def _attribute(text: str, offset: int) -> tuple[str, str, Span] | None:
    """The attribute at a place and the name before it: ``op`` and ``get_bind``."""
    for match in _WORD.finditer(text, max(0, offset - _AROUND), offset + _AROUND):
        if match.start() <= offset <= match.end():
            before = _RECEIVER.search(text[max(0, match.start() - _AROUND) : match.start()])
            return (before[1], match.group(), Span(*match.span())) if before is not None else None
    return None


def env_card(project: Project, offset: int) -> tuple[str, Span] | None:
    """The card over a setting's name in env.py, and the name's span."""
    surroundings = project.surroundings
    source = project.source(surroundings.environment.env_py or "")
    known = surroundings.env_source
    # Spans of an older text, or of one that did not parse, lead nowhere.
    if surroundings.env is None or source is None or known is None or source.content != known.content:
        return None
    for name, span in _names(project):
        if span.touches(offset):
            return f"`{name}`: {WORDS[name]}\n\n[Alembic's documentation]({ALEMBIC_DOCS})", span
    found = _attribute(source.content, offset)
    if found is not None and found[0] == "context" and found[1] in CONTEXT:
        return f"`{found[1]}`: {CONTEXT[found[1]]}\n\n[Alembic's documentation]({_CONTEXT_DOCS})", found[2]
    return None


def _names(project: Project) -> Iterator[tuple[str, Span]]:
    env = project.surroundings.env
    if env is None:
        return
    for call in env.configures:
        for name, argument in call.arguments.items():
            if name in WORDS and argument.keyword is not None:
                start = argument.keyword.start
                yield name, Span(start, start + len(name))
        for name, argument in call.arguments.items():
            if name in _HOOKS:
                yield from _definitions(project, name, argument.span)
    if env.target_metadata is not None:
        start = env.target_metadata.statement.start
        yield "target_metadata", Span(start, start + len("target_metadata"))


def _definitions(project: Project, hook: str, value: Span) -> Iterator[tuple[str, Span]]:
    """Where env.py defines the function that it passes as a hook."""
    source = project.surroundings.env_source
    function = source.content[value.start : value.end] if source is not None else ""
    if source is not None and function.isidentifier():
        for match in re.finditer(rf"^[ \t]*def[ \t]+({function})\b", source.content, re.MULTILINE):
            yield hook, Span(*match.span(1))
