"""A type, a function or an operator class is used whose extension no earlier revision creates: a fresh database fails.

On the database of whoever wrote it the extension was there, made by hand or by an administrator. Elsewhere the upgrade stops with
"type … does not exist" or "function … does not exist". `CREATE EXTENSION IF NOT EXISTS` before it costs nothing where it is there.
Where the migration's user may not create extensions, say so in a comment that silences this. What env.py creates is there.

The same goes for a schema that tables are made in, and for a sequence that a default takes numbers of.

```python bad dialect=postgresql
def upgrade():
    op.execute("CREATE INDEX ix_name ON users USING gin (name gin_trgm_ops)")
    #                                                         ^^^^^^^^^^^^ the extension `pg_trgm`
```
```python bad dialect=postgresql
def upgrade():
    op.add_column("users", sa.Column("token", sa.Uuid(), server_default=sa.text("uuid_generate_v4()")))
    #                                                                            ^^^^^^^^^^^^^^^^ the extension `uuid-ossp`
```
```python bad dialect=postgresql
def upgrade():
    op.create_table("tenants", sa.Column("id", sa.Integer(), primary_key=True), schema="tenant")
    #                                                                           ^^^^^^^^^^^^^^^ the schema `tenant`
```
```python good dialect=postgresql
def upgrade():
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE INDEX ix_name ON users USING gin (name gin_trgm_ops)")
```
```python bad dialect=postgresql
def upgrade():
    op.execute("CREATE TABLE audit.log (id BIGINT PRIMARY KEY)")
    #                        ^^^^^ the schema `audit`
```
```python good dialect=postgresql
def upgrade():
    op.execute("UPDATE matches SET similarity = 0")
```
```python good dialect=postgresql
def upgrade():
    op.execute("CREATE SCHEMA IF NOT EXISTS tenant")
    op.create_table("tenants", sa.Column("id", sa.Integer(), primary_key=True), schema="tenant")
```
```python setup
from alembic_utils.pg_extension import PGExtension


def upgrade():
    op.create_table("docs", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("text", sa.Text()))
    op.create_entity(PGExtension(schema="public", signature="pg_trgm"))
```
```python good
def upgrade():
    op.create_index("ix_text", "docs", ["text"], postgresql_using="gin", postgresql_ops={"text": "gin_trgm_ops"})
```
GiST compares numbers and texts for equality by an extension only:

```python bad
def upgrade():
    op.execute("CREATE TABLE stays (room INT, during TSRANGE, EXCLUDE USING gist (room WITH =, during WITH &&))")
    #                                                         ^^^^^^^^^^^^^^^^^^ the extension `btree_gist`
```
```python bad
def upgrade():
    op.create_exclude_constraint("ex_docs", "docs", ("id", "="), ("during", "&&"), using="gist")
    #  ^^^^^^^^^^^^^^^^^^^^^^^^^ the extension `btree_gist`
```
```python good
def upgrade():
    op.create_exclude_constraint("ex_docs", "docs", ("during", "&&"), using="gist")
    op.create_exclude_constraint("ex_other", "docs", ("id", "="), using="btree")
```
```python env.py
from alembic import context
from sqlalchemy import create_engine, text

from app.models import Base

with create_engine("postgresql://").connect() as connection:
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS crm"))
    connection.commit()
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
```
```python good dialect=postgresql
def upgrade():
    op.create_table("deals", sa.Column("id", sa.Integer(), primary_key=True), schema="crm")
    op.execute("ALTER TABLE crm.deals ADD COLUMN v vector(3)")
```
What a function that env.py calls creates is there as well:

```python app/running.py
from alembic import context
from sqlalchemy.schema import CreateSchema


def run(metadata, engine):
    with engine.connect() as connection:
        connection.execute(CreateSchema(metadata.schema, if_not_exists=True))
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            context.run_migrations()
```
```python env.py
from sqlalchemy import create_engine

from app.models import Base
from app.running import run

run(Base.metadata, create_engine("postgresql://"))
```
```python good dialect=postgresql
def upgrade():
    op.create_table("deals", sa.Column("id", sa.Integer(), primary_key=True), schema="sales")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from foreshot.knowledge import extensions
from foreshot.knowledge.foreign_tables import ALWAYS_THERE
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, states
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.text import Span

_CALL = re.compile(r"\b([a-z_]\w*)\b(?=(\s*\()?)", re.IGNORECASE)
_SEQUENCE = re.compile(r"nextval\(\s*'([^']+)'", re.IGNORECASE)
_EXCLUDE: Final = re.compile(r"\b(EXCLUDE\s+USING\s+gist)\s*\([^;]*?\w\"?\s+WITH\s*=", re.IGNORECASE)
_EXCLUSION: Final = re.compile(
    r"\b(ExcludeConstraint|create_exclude_constraint)\(.*?\(\s*[^(),]+,\s*[\"']=[\"']\s*,?\s*\)", re.DOTALL
)
_ANOTHER_METHOD: Final = re.compile(r"\busing\s*=\s*(?![\"']gist)")


class ExtensionNotCreated(OperationRule[ops.Operation]):
    """What an extension, a schema or a sequence brings is used, and no revision creates that."""

    looks_at = (
        ops.CreateTable,
        ops.AddColumn,
        ops.AlterColumn,
        ops.CreateIndex,
        ops.AddConstraint,
        ops.SqlText,
    )
    severity = "warning"
    databases = ("postgresql",)
    directions = ("upgrade",)

    def check(self, operation: ops.Operation, context: Context) -> Iterator[Finding]:
        """Each thing that is missing, once."""
        if operation.site.conditional or context.is_forgiven(operation):
            return
        wanted = list(dict.fromkeys(_wanted(operation, context)))
        if not wanted:
            return
        for state in states(operation, context, self.databases):
            for kind, name, word in wanted:
                if (
                    _is_missing(state, kind, name)
                    and not _is_first_said(context, operation, kind, name)
                    and not _is_made_by_env(kind, name, context)
                    and not context.may_be_made_beside(name)
                ):
                    yield self.finding(
                        _place(word, operation, context),
                        f"This fails on a fresh database{context.where([state.target])}: no revision creates the {kind} {code(name)}"
                        " before it.",
                        operation=operation,
                        object=name,
                        targets=[state.target],
                        cause=f"{kind} {name}",
                    )
            return


def _place(word: str, operation: ops.Operation, context: Context) -> Span:
    """Where the word stands in the call; its name where it does not stand there as it is."""
    call = operation.site.call
    if word == "schema" and "schema" in operation.site.keywords:
        return operation.site.keywords["schema"]
    at = context.text(call).find(word)
    return Span(call.start + at, call.start + at + len(word)) if at >= 0 else operation.site.name


def _is_made_by_env(kind: str, name: str, context: Context) -> bool:
    """Whether env.py creates it, in SQL or by a construct, before it runs the revisions; or a module whose functions it calls."""
    texts = context.once(_texts_of_env)
    if kind == "schema" and any("CreateSchema" in text for text in texts):
        return True
    made = re.compile(
        rf"\bcreate\s+{kind}\s+(?:if\s+not\s+exists\s+)?[\\\"'` ]*(?:{re.escape(name)}(?![\w-])|[{{%:])",
        re.IGNORECASE,
    )
    return any(made.search(text) for text in texts)


def _texts_of_env(context: Context) -> tuple[str, ...]:
    """env.py, and the modules of the project that it has functions from which it calls."""
    surroundings = context.surroundings
    source, env = surroundings.env_source, surroundings.env
    if source is None or env is None:
        return () if source is None else (source.content,)
    called = (item.module for item in env.imports if not env.mentions.isdisjoint(item.names))
    found = (surroundings.modules.module(dotted) for dotted in dict.fromkeys(called))
    return (source.content, *(module.content for module in found if module is not None))


def _is_missing(state: State, kind: str, name: str) -> bool:
    schema = state.schema
    if any(reason.about == "" for reason in schema.perhaps):
        return False
    if kind == "sequence":
        bare = name.rpartition(".")[2]
        known = {item.rpartition(".")[2] for item in schema.sequences}
        owned = any(
            column.sequence == bare for table in schema.tables.values() for column in table.columns.values()
        )
        return bare not in known and not owned and state.is_whole
    if kind == "schema":
        used = any(table.startswith(f"{name}.") for table in schema.tables)
        return ("schema", name) not in schema.things and not used
    return (kind, name) not in schema.things


def _is_first_said(context: Context, operation: ops.Operation, kind: str, name: str) -> bool:
    """Whether an earlier operation of the revision wants the same, where it is said."""
    return any(
        (kind, name) == (of, wanted)
        for other in context.before(operation)
        for of, wanted, _ in _wanted(other, context)
    )


def _wanted(operation: ops.Operation, context: Context) -> Iterator[tuple[str, str, str]]:
    match operation:
        case ops.SqlText(statements=statements):
            for statement in statements:
                yield from _in_sql(statement)
        case ops.CreateTable():
            if (
                isinstance(operation.schema, str)
                and operation.schema not in ALWAYS_THERE
                and not operation.temporary
            ):
                yield "schema", operation.schema, operation.schema if operation.site.sql else "schema"
            for column in operation.columns:
                yield from _in_column(column)
            if not operation.site.sql:
                yield from _of_exclusion(context.text(operation.site.call))
        case ops.AddConstraint() if not operation.site.sql:
            yield from _of_exclusion(context.text(operation.site.call))
        case ops.AddColumn(column=column):
            yield from _in_column(column)
        case ops.AlterColumn():
            if isinstance(operation.type, ops.TypeSpec):
                yield from _of_type(operation.type)
        case ops.CreateIndex() if not operation.site.sql:
            yield from _in_sql(context.text(operation.site.call))
        case _:
            pass


def _of_exclusion(text: str) -> Iterator[tuple[str, str, str]]:
    """What an exclusion needs where rows are to be equal in a column: GiST compares ranges so, but no numbers and no texts."""
    found = _EXCLUSION.search(text)
    if found is not None and not _ANOTHER_METHOD.search(text):
        yield "extension", "btree_gist", found[1]


def _in_column(column: ops.ColumnSpec) -> Iterator[tuple[str, str, str]]:
    if isinstance(column.type, ops.TypeSpec):
        yield from _of_type(column.type)
    default = _text_of(column.server_default)
    if default is not None:
        yield from _in_sql(default)


def _text_of(value: object) -> str | None:
    from foreshot.syntax.values import CallValue, Text

    if isinstance(value, CallValue):
        if value.path.startswith("sqlalchemy.func."):
            return value.path.rpartition(".")[2] + "()"
        return _text_of(value.argument("text", 0))
    if isinstance(value, Text):
        return value.value
    return value if isinstance(value, str) else None


def _of_type(spec: ops.TypeSpec) -> Iterator[tuple[str, str, str]]:
    if spec.sql is not None:
        extension = extensions.SQL_TYPES.get(spec.sql.lower().partition("(")[0].strip())
        if extension is not None:
            yield "extension", extension, spec.sql
        return
    # Classes of a package are known whatever module of it they are taken from.
    known = (spec.path, f"{spec.path.partition('.')[0]}.{spec.name}")
    for path, extension in extensions.PYTHON_TYPES.items():
        if path in known or spec.path.startswith(f"{path}."):
            yield "extension", extension, spec.written.partition("(")[0]


def _in_sql(sql: str) -> Iterator[tuple[str, str, str]]:
    for sequence in _SEQUENCE.findall(sql[:20_000]):
        yield "sequence", sequence, sequence
    bare = re.sub(r"'(?:[^']|'')*'", "''", sql[:20_000])
    exclusion = _EXCLUDE.search(bare)
    if exclusion is not None:
        yield "extension", "btree_gist", exclusion[1]
    if re.match(r"\s*(?:CREATE|ALTER|DROP|COMMENT ON)\s+EXTENSION\b", bare, re.IGNORECASE):
        return
    for word, called in _CALL.findall(bare):
        extension = extensions.BRINGS.get(word.lower())
        # A column may be called like a function; operator classes are called like nothing else.
        if extension is not None and (called or word.endswith("_ops") or "_ops_" in word):
            yield "extension", extension, word
