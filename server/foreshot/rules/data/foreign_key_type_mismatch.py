"""The two sides of a foreign key have different types: the database refuses it, or compares slowly for ever.

PostgreSQL refuses a key between types that it has no equality operator for ("Key columns are of incompatible types", 42804),
such as `varchar` and `integer`. MySQL and MariaDB want the same type, size and sign (error 3780, errno 150). An `integer` may refer to a `bigint` on
PostgreSQL, and everything works until the ids pass 2,147,483,647: from then on no new row can be referred to ("integer out of range", 22003), and the way out is a change of type
that rewrites the table. That is a warning, where the table or the column is new; the other way round there is nothing to say.

Nothing is said where the history does not know one of the types.

```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.String(10)),
        sa.Column("owner_id", sa.Integer()),
        sa.Column("big_id", sa.BigInteger()),
    )
```
```python bad dialect=postgresql
def upgrade():
    op.create_foreign_key("fk_user", "orders", "users", ["user_id"], ["id"])
    #|                     `orders.user_id` is VARCHAR(10), and `users.id` is INTEGER
```
```python bad dialect=mysql
def upgrade():
    op.create_foreign_key("fk_big", "orders", "users", ["big_id"], ["id"])
    #|                     `orders.big_id` is BIGINT, and `users.id` is INTEGER
```
```python bad dialect=mysql
def upgrade():
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.BigInteger(), sa.ForeignKey("users.id")),
        #|                                    `notes.user_id` is BIGINT, and `users.id` is INTEGER
        sa.Column("writer_id", sa.Integer(), sa.ForeignKey("users.id")),
    )
```
```python bad dialect=postgresql
def upgrade():
    op.add_column("orders", sa.Column("by", sa.Text(), sa.ForeignKey("users.id")))
    #|                                                 `orders.by` is TEXT, and `users.id` is INTEGER
```
```python good
def upgrade():
    op.create_foreign_key("fk_owner", "orders", "users", ["owner_id"], ["id"])
    op.create_foreign_key("fk_big", "orders", "users", ["big_id"], ["id"], postgresql_not_valid=True)
```
```python setup
def upgrade():
    op.create_table("events", sa.Column("id", sa.BigInteger(), primary_key=True))
    op.create_table("tags", sa.Column("id", sa.BigInteger(), primary_key=True), sa.Column("event_id", sa.Integer()))
```
```python bad dialect=postgresql
def upgrade():
    op.create_table(
        "marks",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("events.id")),
        #|                                  `marks.event_id` is INTEGER, and `events.id` is BIGINT: rows whose id is beyond 2147483647 cannot be referred to.
    )
```
```python good dialect=postgresql
def upgrade():
    op.create_foreign_key("fk_event", "tags", "events", ["event_id"], ["id"], postgresql_not_valid=True)
    op.add_column("tags", sa.Column("kind_id", sa.SmallInteger(), sa.ForeignKey("events.id")))
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foreshot.knowledge.key_types import can_refer, overflows_first
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, made_here, states_after
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.migration.references import Reference, references
from foreshot.schema.state import Column

_Made = ops.AddConstraint | ops.CreateTable | ops.AddColumn


class ForeignKeyTypeMismatch(OperationRule[_Made]):
    """A foreign key between columns of different types."""

    looks_at = (ops.AddConstraint, ops.CreateTable, ops.AddColumn)
    severity = "error"
    databases = ("postgresql", "mysql", "mariadb")
    fails_outright = True

    def check(self, operation: _Made, context: Context) -> Iterator[Finding]:
        """The first pair of columns of each key whose types do not fit, on some database."""
        table = operation.table_name
        keys = list(references(operation))
        if table is None or not keys:
            return
        # With the columns that the operation makes itself.
        made = list(states_after(operation, context, self.databases))
        for key in keys:
            found: list[tuple[State, Column, Column]] = []
            for state in made:
                pair = _pair(state, table, key, _do_not_fit)
                if pair is not None:
                    found.append((state, *pair))
            if not found:
                yield from self._narrower(operation, table, key, made, context)
                continue
            state, one, other = found[0]
            mine, theirs = code(f"{table}.{one.name}"), code(f"{key.ref_table}.{other.name}")
            yield self.finding(
                operation.site.name if isinstance(operation, ops.AddConstraint) else key.span,
                f"This fails{context.where(item[0].target for item in found)}: {mine} is {one.type.stored}, and {theirs} is"
                f" {other.type.stored}. Give both the same type.",
                operation=operation,
                object=one.name,
                targets=[item[0].target for item in found],
                related=[
                    *made_here(one.typed_by or one.origin, f"{mine} got its type here", context),
                    *made_here(other.typed_by or other.origin, f"{theirs} got its type here", context),
                ],
            )

    def _narrower(
        self, operation: _Made, table: str, key: Reference, made: list[State], context: Context
    ) -> Iterator[Finding]:
        """A new column that PostgreSQL lets refer to one whose values go further than its own."""
        if isinstance(operation, ops.AddConstraint):
            # The column is there, and widening it is another matter.
            return
        for state in made:
            pair = _pair(state, table, key, _is_narrower) if state.target.database == "postgresql" else None
            if pair is None:
                continue
            one, other = pair
            mine = code(f"{table}.{one.name}")
            yield self.finding(
                key.span,
                f"{mine} is INTEGER, and {code(f'{key.ref_table}.{other.name}')} is BIGINT{context.where([state.target])}:"
                " rows whose id is beyond 2147483647 cannot be referred to. Make it BIGINT.",
                operation=operation,
                object=one.name,
                targets=[state.target],
                severity="warning",
                related=made_here(
                    other.typed_by or other.origin,
                    f"{code(f'{key.ref_table}.{other.name}')} got its type here",
                    context,
                ),
            )
            return


def _do_not_fit(one: str, other: str, database: str) -> bool:
    return not can_refer(one, other, database)


def _is_narrower(one: str, other: str, _: str) -> bool:
    return overflows_first(one, other)


def _pair(
    state: State, table: str, key: Reference, wrong: Callable[[str, str, str], bool]
) -> tuple[Column, Column] | None:
    for mine, theirs in zip(key.columns, key.ref_columns, strict=False):
        if not isinstance(mine, str) or not isinstance(theirs, str):
            continue
        one, other = state.column(table, mine), state.column(key.ref_table, theirs)
        if one is None or other is None or one.type.stored is None or other.type.stored is None:
            continue
        if wrong(one.type.stored, other.type.stored, state.target.database):
            return one, other
    return None
