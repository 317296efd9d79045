"""What the settings in env.py's ``context.configure(...)`` mean, for the card over each of them.

Source: Alembic's documentation of ``EnvironmentContext.configure`` (1.16 and later).
"""

from __future__ import annotations

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
    if env.target_metadata is not None:
        start = env.target_metadata.statement.start
        yield "target_metadata", Span(start, start + len("target_metadata"))
