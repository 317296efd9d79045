"""The operation names a column that its table does not have at this point of the history: it fails.

It was dropped or renamed before, is misspelt, or was never added. SQLAlchemy cannot know, so the database says it, in the middle
of an upgrade.

Nothing is said of a table whose columns the history does not know in full.

```python setup
def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(80)),
        sa.Column("name", sa.String(80)),
    )
    op.alter_column("users", "name", new_column_name="full_name")
```
```python bad
def upgrade():
    op.alter_column("users", "emial", server_default="")
    #                        ^^^^^^^ `users` has no column `emial`
```
```python fixed
def upgrade():
    op.alter_column("users", "email", server_default="")
```
```python bad
def upgrade():
    op.create_index("ix_users_name", "users", ["email", "name"], postgresql_concurrently=False)
    #                                         ^^^^^^^^^^^^^^^^^ `users` has no column `name` any more
```
```python good
def upgrade():
    op.add_column("users", sa.Column("name", sa.String(80)))
    op.create_index("ix_users_name", "users", ["name", "full_name"])
```
Each of several is said:

```python bad
def upgrade():
    op.drop_column("users", "emial")
#                           ^^^^^^^ `users` has no column `emial`
    op.alter_column("users", "naem", server_default="")
#                            ^^^^^^ `users` has no column `naem`
```
SQL that writes to a column is read too, and on PostgreSQL a name without quotes is one in small letters:

```python bad
def upgrade():
    op.execute("UPDATE users SET emial = '' WHERE id = 1")
    #           ^^^^^^^^^^^^ `users` has no column `emial`
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("nickName", sa.String(80)))
    op.execute("UPDATE users SET email = nickName WHERE id = 1")
    #           ^^^^^^^^^^^^ the column is `nickName`
```
```python good
def upgrade():
    op.add_column("users", sa.Column("nickName", sa.String(80)))
    op.execute('UPDATE users SET email = "nickName" WHERE id = 1')
    op.execute("UPDATE users SET full_name = o.name FROM owners o WHERE o.nickname = users.email")
```
```python good dialect=mysql
def upgrade():
    op.create_table("pets", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("user_id", sa.Integer()))
    op.execute("UPDATE users JOIN pets ON pets.user_id = users.id SET pets.user_id = NULL WHERE users.ID = 1")
```
On MySQL a schema is a database. A table without one is looked for in that of the connection, and is the one that the history made:

```python setup
def upgrade():
    op.create_table("samples", sa.Column("id", sa.Integer(), primary_key=True), schema="lab")
```
```python bad dialect=mysql
def upgrade():
    op.add_column("samples", sa.Column("specimen_volume", sa.Integer()))


def downgrade():
    op.drop_column("samples", "sample_volume")
    #                         ^^^^^^^^^^^^^^^ `samples` has no column `sample_volume`
```
```python good dialect=mysql
def upgrade():
    op.add_column("samples", sa.Column("volume", sa.Integer()))
    op.create_index("ix_lab_samples_volume", "samples", ["volume"], schema="lab")


def downgrade():
    op.drop_index("ix_lab_samples_volume", "samples", schema="lab")
    op.drop_column("samples", "volume")
```
```python good dialect=mysql
def upgrade():
    op.create_table("samples", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("volume", sa.Integer()))
    op.create_index("ix_samples_volume", "samples", ["volume"])


def downgrade():
    op.drop_table("samples")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.lint.aborted import although_caught, is_survived
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, made_here, nearest, states
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span

_JOINED = re.compile(r"(?is)^\s*update\b(?:(?!\bset\b).)*(?:,|\bjoin\b)")
_SEVERAL = re.compile(r"(?is)\b(?:from|join|using|select|with)\b.*")
_ROW_IDS = frozenset({"rowid", "oid", "_rowid_"})
"""What SQLite calls the id of a row that has none of its own."""
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_WORD = re.compile(r"(?<![\w.$:@])[a-z_]\w*(?!\w*\s*[(.])")


class UnknownColumn(OperationRule[ops.TableOperation | ops.DataChange]):
    """A column that is not there is altered, dropped, indexed, constrained or written to."""

    looks_at = (ops.AlterColumn, ops.DropColumn, ops.CreateIndex, ops.AddConstraint, ops.DataChange)
    severity = "error"
    safety = "unsafe"
    fails_outright = True

    def check(self, operation: ops.TableOperation | ops.DataChange, context: Context) -> Iterator[Finding]:
        """Each column that is surely missing on some database."""
        if (
            operation.site.conditional
            or is_survived(operation, context)
            or getattr(operation, "if_exists", False)
        ):
            return
        found = list(states(operation, context))
        for name, meant in _in_capitals(operation, found):
            yield self.finding(
                operation.site.keywords.get("postgresql_using", operation.site.name),
                f"This fails on PostgreSQL: {code(operation.table_name or '')} has no column {code(name)}."
                f" It reads a name without quotes in small letters; the column is {code(meant)}.",
                operation=operation,
                object=meant,
            )
        for table, column, at in _named(operation):
            lacking = [state for state in found if state.lacks_column(table, column)]
            if not lacking:
                continue
            known = lacking[0].table(table)
            gone = lacking[0].schema.gone.get(f"{known.name if known is not None else table}.{column}")
            if gone is None and context.may_be_made_beside(table, column):
                continue
            near = nearest(column, known.columns) if known is not None else None
            more = f" Is it {code(near)}?" if near is not None else ""
            yield self.finding(
                at,
                f"This fails{context.where(state.target for state in lacking)}: {code(table)} has no column {code(column)}"
                f"{' any more' if gone is not None else ''}.{more}{although_caught(operation, context)}",
                operation=operation,
                object=column,
                related=made_here(gone, f"{code(column)} was dropped or renamed here", context),
                state=near,
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The column that is spelled most like it."""
        operation, near = finding.operation, finding.state
        if operation is None or not isinstance(near, str) or operation.site.repeated or operation.site.sql:
            return
        text = context.text(finding.span)
        if len(text) > 2 and text[0] in "\"'" and text[1:-1] == finding.object:
            yield Fix(f"Name it {code(near)}", "unsafe", (ReplaceText(finding.span, f'"{near}"'),))


def _written(operation: ops.DataChange, table: str) -> Iterator[tuple[str, str, Span]]:
    """What SQL writes; and what it names at all, where it speaks of one table alone."""
    sql = operation.site.sql
    # With several tables, MySQL writes to any of them.
    if sql is None or _JOINED.match(sql):
        return
    for column in operation.columns:
        if column.lower() not in _ROW_IDS:
            yield table, column, operation.site.name


def _in_capitals(
    operation: ops.TableOperation | ops.DataChange, found: list[State]
) -> Iterator[tuple[str, str]]:
    """Columns that SQL on PostgreSQL names without quotes, and so in small letters, while they have capitals."""
    postgresql = [state for state in found if state.target.database == "postgresql"]
    table = operation.table_name
    known = postgresql[0].known_table(table) if postgresql else None
    if known is None or table is None:
        return
    names: tuple[str, ...] = ()
    if isinstance(operation, ops.DataChange):
        sql = operation.site.sql
        names = operation.reads if sql is not None and _SEVERAL.search(sql) is None else ()
    elif isinstance(operation, ops.AlterColumn) and isinstance(operation.using, str):
        names = tuple(_WORD.findall(_QUOTED.sub("", operation.using.lower())))
    for name in dict.fromkeys(names):
        meant = [column for column in known.columns if column.lower() == name]
        if len(meant) == 1 and meant[0] != name:
            yield name, meant[0]


def _named(operation: ops.TableOperation | ops.DataChange) -> Iterator[tuple[str, str, Span]]:
    """The columns that an operation names, each with its table and its place."""
    table = operation.table_name
    args, whole = operation.site.args, operation.site.name
    match operation:
        case ops.AlterColumn(column=str() as column) | ops.DropColumn(column=str() as column) if table:
            yield table, column, args.get("column_name", whole)
        case ops.CreateIndex(index=index) if table:
            for place, column in enumerate(index.columns):
                if isinstance(column, str):
                    yield table, column, args.get(f"columns[{place}]", args.get("columns", whole))
        case ops.AddConstraint(constraint=constraint) if constraint.kind != "check":
            parameter = "local_cols" if constraint.kind == "foreign key" else "columns"
            for place, column in enumerate(constraint.columns):
                if isinstance(column, str) and table:
                    yield table, column, args.get(f"{parameter}[{place}]", args.get(parameter, whole))
            if isinstance(constraint.ref_table, str):
                for place, column in enumerate(constraint.ref_columns):
                    if isinstance(column, str):
                        at = args.get(f"remote_cols[{place}]", args.get("remote_cols", whole))
                        yield constraint.ref_table, column, at
        case ops.DataChange() if table:
            yield from _written(operation, table)
        case _:
            pass
