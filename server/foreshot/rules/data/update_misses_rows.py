"""NOT NULL is set after an UPDATE that leaves rows out: those still have NULL, and the migration fails.

The column has just been added, so that every row has NULL in it. The UPDATE fills some: rows that its WHERE does not meet, which for `status IS NOT NULL` or `status = 'open'` are those of
another status, keep NULL, and `SET NOT NULL` stops at the first of them (23502). Test data rarely has them. A `CASE` without `ELSE` does the same. Leave the WHERE away, ask for `column IS NULL`, or fill the rest by
a second UPDATE.

Reported where one UPDATE without parameters fills a column that the same revision adds without a default: one with parameters, or with values put into it, is of a loop over the rows. One that takes its values from another table is not, for whether it meets every row, the data
knows; unless the column that it is joined by may be NULL: NULL equals nothing, and such a row meets no other.

```python bad
def upgrade():
    op.add_column("orders", sa.Column("code", sa.Integer(), nullable=True))
    op.execute("UPDATE orders SET code = 1 WHERE status IS NOT NULL")
    op.alter_column("orders", "code", existing_type=sa.Integer(), nullable=False)
#                                                                 ^^^^^^^^^^^^^^ leaves out
```
```python bad
def upgrade():
    op.add_column("orders", sa.Column("code", sa.Integer(), nullable=True))
    op.execute("UPDATE orders SET code = CASE WHEN status = 'open' THEN 1 WHEN status = 'paid' THEN 2 END")
    op.alter_column("orders", "code", existing_type=sa.Integer(), nullable=False)
#                                                                 ^^^^^^^^^^^^^^ leaves out
```
```python bad
def upgrade():
    op.add_column("orders", sa.Column("code", sa.Integer(), nullable=True))
    op.execute("UPDATE orders SET code = 1 WHERE status IS NOT NULL")
    op.execute("ALTER TABLE orders ALTER COLUMN code SET NOT NULL")
#                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ leaves out
```
```python good
def upgrade():
    op.add_column("orders", sa.Column("code", sa.Integer(), nullable=True))
    op.execute("UPDATE orders SET code = CASE WHEN status = 'open' THEN 1 ELSE 2 END")
    op.alter_column("orders", "code", existing_type=sa.Integer(), nullable=False)
```
```python good
def upgrade():
    op.add_column("orders", sa.Column("code", sa.Integer(), nullable=True))
    op.execute("UPDATE orders SET code = 1 WHERE code IS NULL")
    op.alter_column("orders", "code", existing_type=sa.Integer(), nullable=False)
```
```python good
def upgrade():
    op.add_column("orders", sa.Column("code", sa.Integer(), nullable=True))
    op.execute("UPDATE orders SET code = 1 WHERE status = 'open'")
    op.execute("UPDATE orders SET code = 2 WHERE status <> 'open'")
    op.alter_column("orders", "code", existing_type=sa.Integer(), nullable=False)
```
```python bad
orders = sa.table("orders", sa.column("status"), sa.column("code"))


def upgrade():
    op.add_column("orders", sa.Column("code", sa.Integer(), nullable=True))
    op.execute(orders.update().where(orders.c.status == "open").values(code=1))
    op.alter_column("orders", "code", existing_type=sa.Integer(), nullable=False)
#                                                                 ^^^^^^^^^^^^^^ leaves out
```
```python good
orders = sa.table("orders", sa.column("status"), sa.column("code"))


def upgrade():
    op.add_column("orders", sa.Column("code", sa.Integer(), nullable=True))
    op.execute(orders.update().where(orders.c.code.is_(None)).values(code=1))
    op.alter_column("orders", "code", existing_type=sa.Integer(), nullable=False)
```
```python good
def upgrade():
    op.add_column("orders", sa.Column("code", sa.Integer(), nullable=True))
    op.execute("UPDATE orders SET code = 1 WHERE status = 'open'")
    op.execute("DELETE FROM orders WHERE code IS NULL")
    op.alter_column("orders", "code", existing_type=sa.Integer(), nullable=False)
```
A copy brings the NULLs of the column that it copies:

```python setup
def upgrade():
    op.create_table(
        "users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("mail", sa.Text()), sa.Column("login", sa.Text(), nullable=False)
    )
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("nick", sa.Text(), nullable=True))
    op.execute("UPDATE users SET nick = mail")
    op.alter_column("users", "nick", existing_type=sa.Text(), nullable=False)
#                                                             ^^^^^^^^^^^^^^ fails if a row of `users` has NULL in `mail`
```
```python bad
users = sa.table("users", sa.column("mail"), sa.column("nick"))


def upgrade():
    op.add_column("users", sa.Column("nick", sa.Text(), nullable=True))
    op.execute(users.update().values(nick=users.c.mail))
    op.alter_column("users", "nick", existing_type=sa.Text(), nullable=False)
#                                                             ^^^^^^^^^^^^^^ fails if a row of `users` has NULL in `mail`
```
```python good
def upgrade():
    op.add_column("users", sa.Column("nick", sa.Text(), nullable=True))
    op.execute("UPDATE users SET nick = login")
    op.alter_column("users", "nick", existing_type=sa.Text(), nullable=False)
```
```python good
def upgrade():
    op.add_column("users", sa.Column("nick", sa.Text(), nullable=True))
    op.execute("UPDATE users SET nick = coalesce(mail, login)")
    op.alter_column("users", "nick", existing_type=sa.Text(), nullable=False)
```
```python setup
def upgrade():
    op.create_table("people", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("town", sa.Text(), nullable=False))
    op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("person_id", sa.Integer()), sa.Column("payer_id", sa.Integer(), nullable=False))
```
```python bad dialect=postgresql
def upgrade():
    op.add_column("bills", sa.Column("town", sa.Text()))
    op.execute("UPDATE bills SET town = people.town FROM people WHERE people.id = bills.person_id")
    op.alter_column("bills", "town", existing_type=sa.Text(), nullable=False)
#                                                             ^^^^^^^^^^^^^^ leaves out
```
```python bad
def upgrade():
    op.add_column("bills", sa.Column("town", sa.Text()))
    op.execute("UPDATE bills SET town = (SELECT p.town FROM people p WHERE p.id = bills.person_id)")
    op.alter_column("bills", "town", existing_type=sa.Text(), nullable=False)
#                                                             ^^^^^^^^^^^^^^ leaves out
```
```python good dialect=postgresql
def upgrade():
    op.add_column("bills", sa.Column("town", sa.Text()))
    op.execute("UPDATE bills b SET town = people.town FROM people WHERE people.id = b.payer_id")
    op.alter_column("bills", "town", existing_type=sa.Text(), nullable=False)
```
```python good
def upgrade():
    op.add_column("bills", sa.Column("town", sa.Text()))
    op.execute("UPDATE bills SET town = coalesce((SELECT p.town FROM people p WHERE p.id = bills.person_id), '')")
    op.alter_column("bills", "town", existing_type=sa.Text(), nullable=False)
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Related
from foreshot.lint.not_null import surely_takes_null
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import states
from foreshot.lint.words import code
from foreshot.migration.operations import AlterColumn, DataChange, Operation
from foreshot.rules.data import _rows as rows

_WHERE = re.compile(r"(?is)\bwhere\b(.*)")
_JOINED = re.compile(r"(?i)\b(?:from|join|select|exists|using)\b")
_ONE_ROW = re.compile(r"(?<!:):\w|\ufffc|%\(|%s|\?")
_ALL = re.compile(r"(?i)\s*\(?\s*(?:true|1\s*=\s*1|id\s+is\s+not\s+null|id\s*>=?\s*0)\s*\)?\s*;?\s*")

# A value that is one CASE: none inside another, nothing behind its END.
_CASE = r"(?is)\bset\b.*?\b{column}\b[\"`]?\s*=\s*case\b((?:(?!\bcase\b).)*?)\bend\s*(?:,|;|\Z|\breturning\b)"
_COPIED = r"(?i)\b{column}\b[\"`]?\s*=\s*(?:\w+\.)?[\"`]?(\w+)[\"`]?\s*(?:,|;|\Z)"
_COPIED_BY_CORE = r"\b{column}\b[\"']?\s*[=:]\s*\w+\.c\.(\w+)\s*[,)}}]"
_MOST_SQL = 4_000
"""Characters of a statement that are searched."""
_ELSE = re.compile(r"(?i)\belse\b|'[^']*\b(?:case|end)\b")

_PAIR = r"(?P<one>\w+)\.(?P<first>\w+)\s*=\s*(?P<other>\w+)\.(?P<second>\w+)"
_FROM_OTHERS = re.compile(
    r"(?is)\s*update\s+(?P<table>[\w.]+)(?:\s+(?:as\s+)?(?P<alias>(?!set\b)\w+))?\s+set\s+\w+\s*=\s*"
    rf"(?:(?:(?!\bwhere\b|\bfrom\b).)+\bfrom\b(?:(?!\bwhere\b).)+\bwhere\s+{_PAIR}"
    rf"|\(\s*select\b(?:(?!\bwhere\b).)+\bwhere\s+{_PAIR.replace('P<', 'P<in_')}\s*\))\s*;?\s*"
)
"""An UPDATE of one column from another table, joined by one pair of columns and by nothing else."""
_SIDES = (("one", "first"), ("other", "second"))


class UpdateMissesRows(OperationRule[AlterColumn]):
    """SET NOT NULL behind an UPDATE with a WHERE."""

    looks_at = (AlterColumn,)
    severity = "warning"
    directions = ("upgrade",)

    def check(self, operation: AlterColumn, context: Context) -> Iterator[Finding]:
        """Whether the only thing that fills the column leaves rows out."""
        name, table = operation.column, operation.table_name
        if operation.nullable is not False or not isinstance(name, str) or table is None:
            return
        if rows.has_no_rows(operation, context):
            return
        writes = [item for item in context.before(operation) if _writes(item, table, name)]
        update = writes[0] if len(writes) == 1 else None
        if not isinstance(update, DataChange) or update.verb != "update" or update.site.repeated:
            return
        source = _copied(update, name, operation, context)
        why = (
            f"it copies {code(source)}, which may be NULL"
            if source is not None
            else _why(update, name, context) or _joined_by_null(update, table, context)
        )
        added = rows.added(operation, name, context)
        if source is None and (added is None or added.column.server_default is not None):
            return
        if (
            why is None
            or any(_deletes(item, table, name) for item in context.before(operation))
            or rows.works_on_rows(operation, context)
        ):
            return
        yield self.finding(
            operation.site.keywords.get("nullable", operation.site.name),
            f"This fails if the UPDATE above leaves out a row of {code(table)}, which then keeps NULL in {code(name)}. Fill the rest too."
            if source is None
            else f"This fails if a row of {code(table)} has NULL in {code(source)}: the UPDATE above copies it. Fill the rest too.",
            operation=operation,
            object=name,
            related=(Related(why, update.site.call),),
        )


def _copied(update: DataChange, column: str, operation: AlterColumn, context: Context) -> str | None:
    """The column that an UPDATE of every row puts into this one as it is, where that surely takes NULL and nothing has filled it."""
    if update.has_where or column not in update.computed:
        return None
    text = update.site.sql or context.text(update.site.call)
    pattern = _COPIED if update.site.sql is not None else _COPIED_BY_CORE
    found = re.search(pattern.format(column=re.escape(column)), text[:_MOST_SQL])
    known = list(states(operation, context)) if found is not None and not _JOINED.search(text) else []
    if found is None or not known or operation.table_name is None:
        return None
    source = next((name for name in update.reads if name.lower() == found[1].lower()), None)
    takes_null = source is not None and all(
        surely_takes_null(state, operation.table_name, source) for state in known
    )
    return source if takes_null else None


def _why(update: DataChange, column: str, context: Context) -> str | None:
    """What leaves rows without a value, where something does."""
    sql = update.site.sql
    if not update.has_where:
        case = re.search(_CASE.format(column=re.escape(column)), sql[:_MOST_SQL]) if sql is not None else None
        return "its CASE has no ELSE" if case is not None and not _ELSE.search(case[1]) else None
    leaves = _leaves_by_core(update, column, context) if sql is None else _leaves(sql, column)
    return "its WHERE leaves rows out" if leaves else None


def _leaves(sql: str, column: str) -> bool:
    """Whether the WHERE of an UPDATE asks for other things than the rows in which the column is NULL."""
    where = _WHERE.search(sql)
    if where is None or _ONE_ROW.search(sql) or _JOINED.search(sql) or _ALL.fullmatch(where[1]):
        return False
    return re.search(rf"(?i)\b{re.escape(column)}\b\"?\s+is\s+null", where[1]) is None


def _joined_by_null(update: DataChange, table: str, context: Context) -> str | None:
    """What leaves rows out where an UPDATE takes its values from another table, by a column that takes NULL."""
    sql = update.site.sql
    found = _FROM_OTHERS.fullmatch(sql) if sql is not None and len(sql) <= _MOST_SQL else None
    if found is None:
        return None
    own = (found["alias"] or found["table"]).rpartition(".")[2].lower()
    within = "in_" if found["one"] is None else ""
    sides = [(found[f"{within}{name}"], found[f"{within}{column}"]) for name, column in _SIDES]
    columns = [column for name, column in sides if name.lower() == own]
    known = list(states(update, context))
    if (
        len(columns) != 1
        or not known
        or not all(surely_takes_null(state, table, columns[0]) for state in known)
    ):
        return None
    return f"rows with NULL in {code(columns[0])} meet no row of the other table"


def _leaves_by_core(update: DataChange, column: str, context: Context) -> bool:
    """Whether the only ``where()`` of an update by Core compares another column with a value that stands there."""
    text = context.text(update.site.call)
    found = rows.CORE_WHERE.search(text) if text.count(".where(") == 1 else None
    return found is not None and found[1] != column


def _deletes(operation: Operation, table: str, column: str) -> bool:
    """Whether rows may be deleted by the column, as those are that no UPDATE has met."""
    return (
        isinstance(operation, DataChange)
        and operation.verb == "delete"
        and operation.table_name in (table, None)
        and column in operation.reads
    )


def _writes(operation: Operation, table: str, column: str) -> bool:
    if isinstance(operation, DataChange):
        return (
            operation.table_name in (table, None)
            and operation.verb != "delete"
            and (not operation.columns or column in operation.columns)
        )
    return rows.is_unread(operation) or (
        isinstance(operation, AlterColumn) and operation.column == column and operation.table_name == table
    )
