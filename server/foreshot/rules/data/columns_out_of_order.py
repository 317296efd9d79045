"""`INSERT INTO … SELECT *` goes by the order of the columns, and the two tables have another one: values land in the wrong columns.

A copy of a table is often filled so, by hand on SQLite, for an archive, or where a table is split. `SELECT *` gives the columns in the order in which they were made, one that was added later last; INSERT
without a list of columns takes them in the order of the new table. Where the types fit, nothing fails: every name is an e-mail address from now on, and the old table is dropped in the next statement. Where there
are too many or too few, the statement fails.

Name the columns on both sides. Nothing is said where one of the tables is not wholly known.

```python setup
def upgrade():
    op.create_table("people", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.Text()), sa.Column("name", sa.Text()))
    op.create_table("pets", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
    op.add_column("people", sa.Column("town", sa.Text()))
```
```python bad
def upgrade():
    op.create_table("gone", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()), sa.Column("email", sa.Text()), sa.Column("town", sa.Text()))
    op.execute("INSERT INTO gone SELECT * FROM people WHERE town IS NULL")
#               ^^^^^^^^^^^^^^^^ puts `people.email` into `gone.name`
```
```python bad
def upgrade():
    op.create_table("gone", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.Text()), sa.Column("name", sa.Text()))
    op.execute("INSERT INTO gone SELECT * FROM people")
#               ^^^^^^^^^^^^^^^^ fails: it gives 4 values, and `gone` takes 3
```
```python bad
def upgrade():
    op.create_table("gone", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.Text()), sa.Column("name", sa.Text()))
    op.execute("INSERT INTO gone (id, name, email) SELECT * FROM people")
#               ^^^^^^^^^^^^^^^^ puts `people.email` into `gone.name`
```
```python good
def upgrade():
    op.create_table("gone", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.Text()), sa.Column("name", sa.Text()), sa.Column("town", sa.Text()))
    op.execute("INSERT INTO gone SELECT * FROM people")
    op.execute("INSERT INTO gone (id, name, email, town) SELECT id, name, email, town FROM people")
    op.execute("INSERT INTO gone SELECT people.* FROM people JOIN pets ON pets.id = people.id")
```
```python good dialect=postgresql
def upgrade():
    op.create_table("copies", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()), sa.Column("made", sa.DateTime(), server_default=sa.func.now()))
    op.execute("INSERT INTO copies SELECT * FROM pets")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, states
from foreshot.lint.words import code
from foreshot.migration.operations import DataChange
from foreshot.schema.state import Table

_NAME = r"[\"`]?([\w.]+)[\"`]?"
_COPY: Final = re.compile(
    rf"(?is)\s*insert\s+into\s+{_NAME}\s*(?:\(([^()]*)\)\s*)?select\s+\*\s+from\s+{_NAME}\s*"
    r"(?:(?:where|order\s+by|limit|on\s+conflict)\b.*)?;?\s*"
)
_JOINED: Final = re.compile(r"(?i)\b(?:join|union)\b")


class ColumnsOutOfOrder(OperationRule[DataChange]):
    """Rows are copied by ``SELECT *`` into a table whose columns stand in another order."""

    looks_at = (DataChange,)
    severity = "error"
    databases = ("postgresql", "sqlite")

    def check(self, operation: DataChange, context: Context) -> Iterator[Finding]:
        """The first column that gets another one's values."""
        sql = operation.site.sql
        found = _COPY.fullmatch(sql) if operation.verb == "insert" and sql is not None else None
        if found is None or _JOINED.search(found[0]) or operation.site.conditional:
            return
        for state in states(operation, context, self.databases):
            source, target = state.known_table(found[3]), state.known_table(found[1])
            if source is None or target is None or not source.columns or not target.columns:
                continue
            why = _wrong(source, target, _listed(found[2], target), state)
            if why is not None:
                yield self.finding(
                    operation.site.name,
                    f"`SELECT *` {why}{context.where([state.target])}. Name the columns on both sides.",
                    operation=operation,
                    object=target.name,
                    targets=[state.target],
                )
                return


def _listed(columns: str | None, target: Table) -> list[str]:
    """The columns that get values, in order."""
    if columns is None:
        return list(target.columns)
    return [name.strip().strip('"`') for name in columns.split(",")]


def _wrong(source: Table, target: Table, taking: list[str], state: State) -> str | None:
    given = list(source.columns)
    for one, other in zip(given, taking, strict=False):
        # A column of another name may well be meant, unless the right one stands elsewhere.
        if one.lower() != other.lower() and other.lower() in map(str.lower, given):
            return f"puts {code(f'{source.name}.{one}')} into {code(f'{target.name}.{other}')}"
    fewer = len(given) < len(taking) and state.target.database == "sqlite"
    if len(given) > len(taking) or fewer:
        return f"fails: it gives {len(given)} values, and {code(target.name)} takes {len(taking)}"
    return None
