"""The whole table is written anew while nobody can use it.

On PostgreSQL these write every row again under an ACCESS EXCLUSIVE lock, during which SELECT waits too: most changes of a
column's type, a new column with a default that is computed for each row (`gen_random_uuid()`, `random()`,
`clock_timestamp()`), a stored generated column, an identity or serial column, `SET UNLOGGED`. At 2 million rows that took
four to eight seconds on a small machine; it needs room for a second copy of the table, and all its indexes are
built again. MySQL and MariaDB copy the table for a type change or a stored generated column, and writes wait
meanwhile (`LOCK=SHARED`; on MariaDB 11 and newer nobody does).

Some changes only touch the catalogue, and are no finding: `varchar` made longer or into `text`, `numeric` with more digits
of the same scale, a default that is a constant or `now()` (PostgreSQL 11 and newer), a virtual generated column
(PostgreSQL 18). Between `timestamp` and `timestamptz` it depends on the session's time zone; that is no finding either.

For a type change, add a second column of the new type, let the application write both, fill the old rows in batches,
and change over in later revisions: the repair writes the first of these steps. For a default, add the column without
it and set it afterwards: new rows have it from then on, those that are there are filled in batches.

It does not matter on a table that the same revision created, nor on a small one.

```python bad
def upgrade():
    op.alter_column("orders", "total", existing_type=sa.Integer(), type_=sa.BigInteger())
#                                                                        ^^^^^^^^^^^^^^^ rewrites the table


def downgrade():
    op.alter_column("orders", "total", existing_type=sa.BigInteger(), type_=sa.Integer())
```
```python fixed
def upgrade():
    # The application writes both columns from now on. A later revision fills the rows that are there
    # in batches; the last one drops the old column and renames the new one.
    op.add_column("orders", sa.Column("total_new", sa.BigInteger(), nullable=True))


def downgrade():
    op.drop_column("orders", "total_new")
```
An enum that is swapped for another of its kind is a type change as well. Where values are only added, `ALTER TYPE … ADD VALUE`
does it without touching a row.

```python bad
def upgrade():
    op.execute("ALTER TYPE kind RENAME TO kind_old")
    op.execute("CREATE TYPE kind AS ENUM ('a', 'b', 'c')")
    op.execute("ALTER TABLE orders ALTER COLUMN kind TYPE kind USING kind::text::kind")
#                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^ rewrites the table
    op.execute("DROP TYPE kind_old")
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("token", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False))
#                                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ rewrites the table
```
```python fixed
def upgrade():
    op.add_column("users", sa.Column("token", sa.Uuid(), nullable=True))
    op.alter_column("users", "token", server_default=sa.text("gen_random_uuid()"))
    # A later revision fills the rows that are there in batches, and sets the column NOT NULL.
```
```python bad
def upgrade():
    op.add_column("orders", sa.Column("gross", sa.Integer(), sa.Computed("total * 2")))
#                                                            ^^^^^^^^^^^^^^^^^^^^^^^^ blocking reads and writes of `orders` on PostgreSQL 12–17
```
```python bad
def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN number bigserial")
#                                  ^^^^^^^^^^^^^^^^^ rewrites the table
```
```python bad
def upgrade():
    op.execute("ALTER TABLE orders SET UNLOGGED")
#                                  ^^^^^^^^^^^^ rewrites the table
```
```python bad dialect=mysql
def upgrade():
    op.alter_column("orders", "total", existing_type=sa.Integer(), type_=sa.BigInteger())
#                                                                        ^^^^^^^^^^^^^^^ blocking writes to `orders`
```
```python bad dialect=mariadb
def upgrade():
    op.alter_column("orders", "total", existing_type=sa.Integer(), type_=sa.BigInteger())
#                                                                        ^^^^^^^^^^^^^^^ blocking writes to `orders` on MariaDB 10.11
```
```python good version=18
def upgrade():
    op.add_column("orders", sa.Column("gross", sa.Integer(), sa.Computed("total * 2")))
```
```python good
def upgrade():
    op.alter_column("users", "email", existing_type=sa.String(50), type_=sa.String(255))
    op.add_column("users", sa.Column("seen_at", sa.DateTime(), server_default=sa.func.now(), nullable=False))
```
```python good
def upgrade():
    op.create_table("orders", sa.Column("total", sa.Integer()))
    op.alter_column("orders", "total", existing_type=sa.Integer(), type_=sa.BigInteger())
```
Columns that one function converts from the same type to the same type are one finding:

```python bad
def upgrade():
    op.alter_column("users", "plan_id", existing_type=sa.Integer(), type_=sa.BigInteger())
    #                                                                     ^^^^^^^^^^^^^^^ One more place
    op.alter_column("orders", "user_id", existing_type=sa.Integer(), type_=sa.BigInteger())
```

An enum that is swapped for one with more values needs no new column:

```python setup
def upgrade():
    op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("state", sa.Enum("open", "paid", name="state")))
```
```python bad
def upgrade():
    op.execute("ALTER TYPE state RENAME TO state_old")
    op.execute("CREATE TYPE state AS ENUM ('open', 'paid', 'void')")
    op.execute("ALTER TABLE bills ALTER COLUMN state TYPE state USING state::text::state")
    #                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `ALTER TYPE … ADD VALUE` is enough
```
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from foreshot.knowledge import Facts, volatility
from foreshot.lint.context import Context
from foreshot.lint.enum_swaps import swapped
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import AddColumn, AlterColumn, DropType, Execute, TypeSpec
from foreshot.rules.locking import _rewriting as rewriting
from foreshot.rules.locking import _waiting as waiting
from foreshot.text import Span


class TableRewrite(OperationRule[AlterColumn | AddColumn | Execute]):
    """A type change, a new column or an ALTER TABLE that writes every row again."""

    looks_at = (AlterColumn, AddColumn, Execute)
    severity = "warning"
    databases = ("postgresql", "mysql", "mariadb")
    safety = "unsafe"

    def check(self, operation: AlterColumn | AddColumn | Execute, context: Context) -> Iterator[Finding]:
        """Whether others wait while the table is written anew."""
        table, column = _place(operation)
        if table is None:
            return
        cause = None
        match operation:
            case AlterColumn():
                if not isinstance(operation.type, TypeSpec):
                    return
                known = context.schema.column(table, str(column), operation)
                facts = Facts(old_type=known.type if known else None)
                found = waiting.effects(waiting.change_of(operation, "type"), context, self.databases, facts)
                at = operation.site.args.get("type_", operation.site.name)
                cause = _conversion(operation, operation.type, context)
                title = f"Changing the type of {code(f'{table}.{column}')}"
                advice = "Fill a new column in batches, then switch"
                if _only_adds(operation, operation.type, context):
                    advice = "Only values are added: `ALTER TYPE … ADD VALUE` is enough"
            case AddColumn():
                plain = replace(operation.column, unique=False, index=False, foreign_keys=())
                found = waiting.effects(replace(operation, column=plain), context, self.databases)
                at, reason, advice = _reason(operation)
                title = f"Adding {code(f'{table}.{column}')} {reason}"
            case Execute():
                found = waiting.effects(operation, context, self.databases)
                at, title = operation.site.name, "This statement"
                advice = "Run it while nobody uses the table"
        for blocks in ("reads and writes", "writes"):
            those = [wait for wait in found if wait.effect.rewrite and wait.effect.blocks == blocks]
            if those:
                yield self.finding(
                    at,
                    f"{title} rewrites the table, blocking {waiting.blocked(those, table)}"
                    f"{waiting.where(those, context)}. {advice}.",
                    operation=operation,
                    object=column if isinstance(column, str) else None,
                    targets=waiting.targets(those),
                    cause=f"{cause}|{blocks}|{advice}" if cause is not None else None,
                )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The first step of a longer way, which nobody has to wait for."""
        operation = finding.operation
        if isinstance(operation, AlterColumn):
            changes = rewriting.second_column(operation, context)
            # The old column keeps its type: where the revision drops that, it is wanted at once.
            if changes and not any(isinstance(later, DropType) for later in context.after(operation)):
                yield Fix(
                    "Add a column of the new type beside it; fill it and switch later",
                    "unsafe",
                    tuple(changes),
                )
        elif isinstance(operation, AddColumn):
            changes = rewriting.default_afterwards(operation, context)
            if changes:
                yield Fix(
                    "Add the column without its default, and set the default afterwards",
                    "unsafe",
                    tuple(changes),
                )


def _conversion(operation: AlterColumn, type_: TypeSpec, context: Context) -> str | None:
    """From which type to which, in one function: however many columns a revision converts in this way, it is one decision."""
    if not isinstance(operation.existing_type, TypeSpec):
        return None
    written = (one.sql or context.text(one.span) for one in (operation.existing_type, type_))
    return "|".join((operation.site.function, *written))


def _only_adds(operation: AlterColumn, type_: TypeSpec, context: Context) -> bool:
    """Whether a column goes from one enum to another that has all of its values, and more."""
    pair = swapped(operation, type_, context)
    return pair is not None and set(pair[0].values) < set(pair[1].values)


def _place(operation: AlterColumn | AddColumn | Execute) -> tuple[str | None, object]:
    """The table and the column."""
    if isinstance(operation, Execute):
        return (operation.tables[0] if len(operation.tables) == 1 else None), None
    column = operation.column.name if isinstance(operation, AddColumn) else operation.column
    return (operation.table_name if isinstance(column, str) else None), column


def _reason(operation: AddColumn) -> tuple[Span, str, str]:
    """What about a new column makes the table be written anew, in words, and what to do instead."""
    column, site = operation.column, operation.site
    if column.computed is not None:
        advice = "Fill an ordinary column in batches instead"
        return _in_source(operation, column.computed.span), "as a generated column", advice
    if column.identity is not None:
        advice = "Fill an ordinary column in batches first"
        return _in_source(operation, column.identity.span), "as an identity column", advice
    if volatility(column.server_default) == "volatile":
        advice = "Set the default afterwards, and fill in batches"
        return (
            column.args.get("server_default", site.name),
            "with a volatile default",
            advice,
        )
    at = column.type.span if isinstance(column.type, TypeSpec) and site.sql is None else site.name
    return at, "with a generated value in every row", "Fill an ordinary column in batches"


def _in_source(operation: AddColumn, span: Span) -> Span:
    return span if operation.site.sql is None else operation.site.name
