"""UPDATE or DELETE without WHERE: every row of the table loses what it held.

What was in the column, or the table, is gone once the revision is committed, and `downgrade()` cannot bring it
back. It also takes long: 6 seconds for 2 million rows on a small machine, and until the transaction ends nobody else can
change a row that it has met.

Say which rows you mean. Where it really is every row, the repair writes a loop that pages through the primary key, 1000
rows at a time, each batch in a transaction of its own: other writers wait for milliseconds only. It assumes that the
key is called `id`; if it is not, the first statement fails and nothing is changed. The autocommit block ends the
transaction of what the revision did before it. A loop that breaks off has changed the rows that it came to, and can be run
again; it is not offered where a column is computed from itself, since a second run would change those rows twice, nor where the repository
runs Alembic with `--sql`, where no database answers with keys.

Where an UPDATE before it has read the column while it wrote another one, as when values are moved, or where `downgrade()` computes the values back, "for good" is not said. Nor is it where a DELETE makes
room for rows that the revision inserts afterwards, as when a table is built anew out of others: the finding is milder there.

Filling a column that the same revision adds overwrites nothing, and is not reported here. Neither is a table that
the same revision made, nor `downgrade()`, which has something to restore.

```python env.py
from alembic import context
from app.models import Base

target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python bad
def upgrade():
    op.execute("UPDATE users SET active = true")
    #           ^^^^^^^^^^^^ Overwrites `active` in every row of `users`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        keys = connection.scalars(sa.text("SELECT id FROM users ORDER BY id LIMIT 1000")).all()
        while keys:
            connection.execute(
                sa.text("UPDATE users SET active = true WHERE id BETWEEN :first AND :last"),
                {"first": keys[0], "last": keys[-1]},
            )
            keys = connection.scalars(
                sa.text("SELECT id FROM users WHERE id > :last ORDER BY id LIMIT 1000"),
                {"last": keys[-1]},
            ).all()
```
```python bad
def upgrade():
    op.execute("DELETE FROM sessions")
    #           ^^^^^^^^^^^^^^^^^^^^ Deletes every row of `sessions`
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("invited_as", sa.String(255)))
    op.execute("UPDATE users SET invited_as = email WHERE email IS NOT NULL")
    op.execute("UPDATE users SET email = lower(email)")
    #           ^^^^^^^^^^^^ Overwrites `email` in every row of `users`, whose values were read earlier
```
```python bad
def upgrade():
    op.execute("UPDATE widgets SET width = width * 2")
    #           ^^^^^^^^^^^^^^ every row of `widgets`, and locks them


def downgrade():
    op.execute("UPDATE widgets SET width = width / 2")
```
```python bad
def upgrade():
    op.execute("DELETE FROM totals")
    #           ^^^^^^^^^^^^^^^^^^ Deletes every row of `totals`, then inserts others
    op.execute("INSERT INTO totals (user_id, orders) SELECT user_id, count(*) FROM orders GROUP BY user_id")
```
```python bad
totals = sa.table("totals", sa.column("year", sa.Integer()))


def upgrade():
    op.get_bind().execute(totals.delete())
#   ^^^^^^^^^^^^^^^^^^^^^ then inserts others
    op.bulk_insert(totals, [{"year": 2023}, {"year": 2024}])
```
```python bad
def upgrade():
    op.execute("DELETE FROM totals")
    #           ^^^^^^^^^^^^^^^^^^ Deletes every row of `totals`, for good
    if context.get_x_argument(as_dictionary=True).get("sample"):
        op.execute("INSERT INTO totals (year) VALUES (2024)")
```
```python bad
def upgrade():
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT * FROM limits")):
        connection.execute(sa.text("INSERT INTO quotas (id, name) VALUES (:id, :name)"), {"id": row.id, "name": row.tag})
    connection.execute(sa.text("DELETE FROM limits"))
    #                           ^^^^^^^^^^^^^^^^^^ that was not copied before
```
```python bad
users = sa.table("users", sa.column("active", sa.Boolean()))


def upgrade():
    op.execute(users.update().values(active=True))
#   ^^^^^^^^^^ `active` in every row
```
```python good
def upgrade():
    op.execute("UPDATE users SET active = true WHERE active IS NULL")
```
```python good
def upgrade():
    op.add_column("users", sa.Column("active", sa.Boolean()))
    op.execute("UPDATE users SET active = true")
```
```python good
users = sa.table("users", sa.column("active", sa.Boolean()))


def upgrade():
    op.add_column("users", sa.Column("active", sa.Boolean()))
    op.execute(users.update().values({users.c.active: True}))
```
```python good
def upgrade():
    op.create_table("roles", sa.Column("name", sa.String(20)), sa.Column("rank", sa.Integer()))
    op.execute("UPDATE roles SET rank = 1")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code, codes
from foreshot.lint.writing import literal, sql_table
from foreshot.migration.operations import AddColumn, DataChange, SqlText, inserts_rows
from foreshot.rules.destructive._lost import is_read_before
from foreshot.syntax.changes import ReplaceStatement
from foreshot.syntax.values import Text
from foreshot.text import Span

_PAGED = ("postgresql", "mysql", "mariadb", "sqlite")
_UPDATE = re.compile(
    r"\s*(?P<sql>UPDATE\s+(?:ONLY\s+)?[\w.\"`]+\s+SET\s.*?)\s*;?\s*", re.IGNORECASE | re.DOTALL
)
_MORE = re.compile(r"\b(?:FROM|WHERE|RETURNING|ORDER|LIMIT|JOIN|OPTION)\b|[;:\\]|--|/\*", re.IGNORECASE)
_QUOTED = re.compile(r"'[^']*'")
_NESTED = re.compile(r"\([^()]*\)")


class WholeTableWrite(OperationRule[DataChange]):
    """UPDATE or DELETE without WHERE on a table that existed before."""

    looks_at = (DataChange,)
    severity = "warning"
    directions = ("upgrade",)
    safety = "unsafe"

    def check(self, operation: DataChange, context: Context) -> Iterator[Finding]:
        """Whether every row loses something."""
        if operation.verb not in ("update", "delete") or operation.has_where or operation.limited:
            return
        if operation.table_name is None or context.is_new(operation):
            return
        written = [name for name in operation.columns if not _is_added(name, operation, context)]
        if (
            operation.verb == "update"
            and not written
            and (operation.columns or _may_be_added(operation, context))
        ):
            return
        targets = context.targets((), operation)
        table = code(operation.table_name)
        refilled = operation.verb == "delete" and _is_refilled(operation, context)
        moved = operation.verb == "delete" and _are_moved(operation, context)
        if refilled:
            message = (
                f"Deletes every row of {table}{context.where(targets)}, then inserts others. Keep a copy of what"
                " is not inserted again."
            )
        elif moved:
            message = f"Deletes every row of {table} that was not copied before, for good{context.where(targets)}. Delete those that were."
        elif operation.verb == "delete":
            message = f"Deletes every row of {table}, for good{context.where(targets)}. Use a WHERE for the rows you mean."
        else:
            lost = [name for name in written if not _is_moved(name, operation, context)]
            what = codes(lost or written) if written else "what was there"
            back = context.once(_written_back).get(operation.table_name, frozenset())
            how = ", for good"
            if written and not lost:
                how = ", whose values were read earlier"
            elif lost and back.issuperset(lost):
                how = ""
            message = (
                f"Overwrites {what} in every row of {table}{how}{context.where(targets)}, and locks them until"
                " the commit. Add a WHERE, or write in batches."
            )
        yield self.finding(
            operation.site.name,
            message,
            operation=operation,
            object=operation.table_name,
            targets=targets,
            severity="information" if refilled or moved else None,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """A loop over pages of the primary key, each committed by itself."""
        operation = finding.operation
        if not isinstance(operation, DataChange) or operation.site.repeated or operation.site.autocommit:
            return
        databases = {target.database for target in context.targets((), operation)}
        table = sql_table(operation.table, operation.schema, databases)
        update = _plain_update(operation, context)
        if update is None or table is None or not databases <= set(_PAGED):
            return
        if set(operation.columns) & set(operation.reads):
            # A loop that breaks off could not be run again: some rows would be changed twice.
            return
        sa, imports = context.sa()
        loop = _LOOP.format(
            op=context.op,
            sa=sa,
            first=literal(f"SELECT id FROM {table} ORDER BY id LIMIT 1000"),
            update=literal(f"{update} WHERE id BETWEEN :first AND :last"),
            next=literal(f"SELECT id FROM {table} WHERE id > :last ORDER BY id LIMIT 1000"),
        )
        title = "Update 1000 rows at a time by primary key `id`, committing each batch"
        if context.surroundings.offline is not None:
            yield Fix(
                title,
                "unsafe",
                refused="The project runs Alembic with `--sql`, where there is no database to page through.",
            )
            return
        yield Fix(title, "unsafe", (ReplaceStatement(operation.site.statement, loop), *imports))


_LOOP = """\
with {op}.get_context().autocommit_block():
    connection = {op}.get_bind()
    keys = connection.scalars({sa}.text({first})).all()
    while keys:
        connection.execute(
            {sa}.text({update}),
            {{"first": keys[0], "last": keys[-1]}},
        )
        keys = connection.scalars(
            {sa}.text({next}),
            {{"last": keys[-1]}},
        ).all()"""


def _is_added(column: str, operation: DataChange, context: Context) -> bool:
    order = operation.site.order
    return context.once(_added).get((operation.table_name, column), order) < order


def _may_be_added(operation: DataChange, context: Context) -> bool:
    """Whether columns that cannot be read may be those that the revision has added to the table before."""
    return any(
        table == operation.table_name and order < operation.site.order
        for (table, _), order in context.once(_added).items()
    )


def _added(context: Context) -> dict[tuple[str | None, object], int]:
    """The columns that ``upgrade()`` adds, with their places in its order."""
    return {
        (operation.table_name, operation.column.name): operation.site.order
        for operation in context.upgrade
        if isinstance(operation, AddColumn) and isinstance(operation.column.name, str)
    }


def _is_refilled(operation: DataChange, context: Context) -> bool:
    """Whether rows are inserted into the table afterwards, wherever and whenever it is emptied."""
    site, inserts = operation.site, context.once(_inserts)
    guards = ((None, frozenset[str]()), (site.dialects, site.excluded))
    return any(
        inserts.get((operation.table_name, scope, *guard), 0) > site.order
        for scope in site.scopes()
        for guard in guards
    )


def _are_moved(operation: DataChange, context: Context) -> bool:
    """Whether rows have been read before, and others written to another table."""
    return is_read_before(operation, context) and any(
        inserts_rows(other) and other.table_name != operation.table_name
        for other in context.before(operation)
    )


def _inserts(context: Context) -> dict[tuple[object, ...], int]:
    """Where ``upgrade()`` last inserts rows, by table, conditions and guards."""
    found: dict[tuple[object, ...], int] = {}
    for operation in context.upgrade:
        if inserts_rows(operation):
            site = operation.site
            found[operation.table_name, site.conditions, site.dialects, site.excluded] = site.order
    return found


def _is_moved(column: str, operation: DataChange, context: Context) -> bool:
    """Whether an UPDATE of the same table has read the column before, while it wrote another one and not this one."""
    order = operation.site.order
    return context.once(_moved).get((operation.table_name, column), order) < order


def _moved(context: Context) -> dict[tuple[str | None, str], int]:
    """The columns that such an UPDATE of ``upgrade()`` reads, with the place of the first."""
    found: dict[tuple[str | None, str], int] = {}
    for operation in context.upgrade:
        if isinstance(operation, DataChange) and operation.verb == "update" and operation.columns:
            for column in set(operation.reads).difference(operation.columns):
                found.setdefault((operation.table_name, column), operation.site.order)
    return found


def _written_back(context: Context) -> dict[str | None, frozenset[str]]:
    """The columns, by table, that ``downgrade()`` computes out of what is in the row by then."""
    found: dict[str | None, frozenset[str]] = {}
    for operation in context.downgrade:
        if isinstance(operation, DataChange) and operation.verb == "update" and operation.reads:
            found[operation.table_name] = found.get(operation.table_name, frozenset()).union(
                operation.columns
            )
    return found


def _calls(context: Context) -> dict[Span, list[SqlText]]:
    """The calls that hand SQL to the database, by their statements."""
    found: dict[Span, list[SqlText]] = {}
    for operation in context.upgrade:
        if isinstance(operation, SqlText):
            found.setdefault(operation.site.statement, []).append(operation)
    return found


def _plain_update(operation: DataChange, context: Context) -> str | None:
    """``UPDATE … SET …`` on one line, where that is all that its statement in the source says."""
    for call in context.once(_calls).get(operation.site.statement, ()):
        if call.site.statement != call.site.call or not isinstance(call.value, Text) or call.interpolated:
            return None
        found = _UPDATE.fullmatch(call.value.value) if len(call.statements) == 1 else None
        if found is None:
            return None
        outside = _QUOTED.sub("''", found["sql"])
        if "\n" in found["sql"] and outside != found["sql"]:
            return None
        for _ in range(20):
            outside, before = _NESTED.sub("", outside), outside
            if outside == before:
                break
        plain = not _MORE.search(outside) and ":" not in found["sql"] and "\\" not in found["sql"]
        return " ".join(found["sql"].split()) if plain else None
    return None
