"""Something is used before the same function makes it, or dropped while something still needs it.

A foreign key needs its table, an index or a constraint its column; a table cannot go while a foreign key of another one leads to it. Whoever
writes the operations by hand, merges two revisions or turns `upgrade()` round for `downgrade()` gets the order wrong easily, and
the revision fails each time it runs.

It is said of one function by itself: of what is made in it later on, and of tables to which foreign keys lead that the same revision makes, or that the history surely has. Where
something of that name was there before and is dropped or renamed in between, nothing is said. SQLite takes a foreign key to a table that
is not there, and MySQL takes everything while `foreign_key_checks` is off.

```python bad
def upgrade():
    op.create_table("lines", sa.Column("order_id", sa.Integer(), sa.ForeignKey("bills.id")))
#                                                                ^^^^^^^^^^^^^^^^^^^^^^^^^ is made further down
    op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True))
```
```python bad
def upgrade():
    op.create_index("ix_users_plan", "users", ["plan"])
#                                             ^^^^^^^^ is added further down
    op.add_column("users", sa.Column("plan", sa.Text()))
```
```python bad
def upgrade():
    op.execute("INSERT INTO kinds (id) VALUES (1)")
    #           ^^^^^^^^^^^^^^^^^ is made further down
    op.create_table("kinds", sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False))
```
```python bad dialect=postgresql
def upgrade():
    op.execute("CREATE VIEW kind_ids AS SELECT k.id FROM kinds AS k")
    #           ^^^^^^ is made further down
    op.create_table("kinds", sa.Column("id", sa.Integer(), primary_key=True))
```
```python bad dialect=postgresql,mysql
def upgrade():
    op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("lines", sa.Column("bill_id", sa.Integer(), sa.ForeignKey("bills.id")))


def downgrade():
    op.drop_table("bills")
#   ^^^^^^^^^^^^^ a foreign key of `lines` references it on PostgreSQL and MySQL.
    op.drop_table("lines")
```
```python bad
def upgrade():
    op.create_table("shops", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("bills", sa.Column("id", sa.Integer(), sa.ForeignKey("shops.id"), primary_key=True))
    op.create_table("lines", sa.Column("bill_id", sa.Integer(), sa.ForeignKey("bills.id")))


def downgrade():
    op.drop_table("shops")
#   ^^^^^^^^^^^^^ Drop `lines` and then `bills` first.
    op.drop_table("lines")
    op.drop_table("bills")
```
```python bad
def upgrade():
    op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("first", sa.Integer()))
    op.create_table("lines", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("bill_id", sa.Integer(), sa.ForeignKey("bills.id")))
    op.create_foreign_key("fk_bills_first", "bills", "lines", ["first"], ["id"])


def downgrade():
    op.drop_table("bills")
#   ^^^^^^^^^^^^^ Drop the foreign keys that lead to it first.
    op.drop_table("lines")
```
```python good
def upgrade():
    op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("lines", sa.Column("bill_id", sa.Integer(), sa.ForeignKey("bills.id", name="fk")))


def downgrade():
    op.drop_constraint("fk", "lines", type_="foreignkey")
    op.drop_table("bills")
    op.drop_table("lines")
```
One statement that drops both does not ask for their order, but on MariaDB:

```python good dialect=postgresql,mysql
def upgrade():
    op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("lines", sa.Column("bill_id", sa.Integer(), sa.ForeignKey("bills.id")))


def downgrade():
    op.execute("DROP TABLE bills, lines")
```
A key with `use_alter` is never made by `op.create_table`, which is another matter:

```python good
def upgrade():
    op.create_table(
        "lines",
        sa.Column("order_id", sa.Integer()),
        sa.ForeignKeyConstraint(["order_id"], ["bills.id"], use_alter=True),
    )
    op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True))
```
What an earlier revision has dropped stands in nobody's way, whatever `downgrade()` makes:

```python setup
def upgrade():
    op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("lines", sa.Column("bill_id", sa.Integer()))
    op.create_foreign_key("fk_lines_bill_id", "lines", "bills", ["bill_id"], ["id"])
    op.drop_constraint("fk_lines_bill_id", "lines", type_="foreignkey")
```
```python good
def upgrade():
    op.drop_table("bills")
    op.drop_table("lines")


def downgrade():
    op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("lines", sa.Column("bill_id", sa.Integer(), sa.ForeignKey("bills.id")))
```
```python setup
def upgrade():
    op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("lines", sa.Column("bill_id", sa.Integer(), sa.ForeignKey("bills.id")))
```
```python bad dialect=postgresql
def upgrade():
    op.drop_table("bills")
#   ^^^^^^^^^^^^^ references it. Drop `lines` first.
    op.drop_table("lines")
```
```python bad dialect=postgresql
def upgrade():
    op.drop_table("bills")
#   ^^^^^^^^^^^^^ Drop that key first.
```
```python good dialect=postgresql
def upgrade():
    op.drop_column("lines", "bill_id")
    op.drop_table("bills")
```
```python setup
def upgrade():
    pass
```
```python good
def upgrade():
    op.create_index("ix_users_plan", "users", ["plan"])
    op.drop_column("users", "plan")
    op.add_column("users", sa.Column("plan", sa.Text()))
    op.add_column("orders", sa.Column("user", sa.Integer()))
    op.rename_table("orders", "old_orders")
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))
```
```python good
def upgrade():
    op.alter_column("events", "person", nullable=True, schema="app")
    op.drop_column("events", "person")
    op.add_column("events", sa.Column("person", sa.Uuid()), schema="app")
```
```python good dialect=postgresql,sqlite
def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_users_plan", "users", ["plan"])
    else:
        op.add_column("users", sa.Column("plan", sa.Text()))
```
```python good dialect=sqlite
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.create_index("ix_users_plan", ["plan"])
        batch_op.add_column(sa.Column("plan", sa.Text()))
```
```python good dialect=sqlite
def upgrade():
    op.create_table("lines", sa.Column("order_id", sa.Integer(), sa.ForeignKey("bills.id")))
    op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True))
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from foreshot.knowledge.databases import Target
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Related
from foreshot.lint.rule import RevisionRule
from foreshot.lint.states import states
from foreshot.lint.words import code
from foreshot.migration.operations import (
    AddColumn,
    AlterColumn,
    CreateTable,
    DataChange,
    DropColumn,
    DropConstraint,
    DropTable,
    Execute,
    Opaque,
    Operation,
    RenameTable,
    SetOption,
    TableOperation,
)
from foreshot.rules.operations._leading import (
    KEYED,
    bound_to,
    children,
    go_together,
    in_order,
    may_be,
    may_lead,
    missing,
    where_kept,
)

_OFF: Final = frozenset({"foreign_key_checks", "session_replication_role"})


class OperationOrder(RevisionRule):
    """A use before its definition, a drop before the drop of what depends on it."""

    severity = "error"
    fails_outright = True

    def check(self, context: Context) -> Iterator[Finding]:
        """Each direction by itself."""
        keys = children(context)
        for operations in (context.upgrade, context.downgrade):
            if len(operations) > 1:
                yield from self._uses(operations, context)
            yield from self._drops(operations, keys, context)

    def _uses(self, operations: Sequence[Operation], context: Context) -> Iterator[Finding]:
        """What is used and then made, by going backwards: what is made below, and not taken away in between."""
        tables: dict[str, CreateTable] = {}
        columns: dict[tuple[str | None, object], AddColumn] = {}
        unchecked = any(isinstance(one, SetOption) and one.name in _OFF for one in operations)
        for operation in reversed(operations):
            match operation:
                case DropTable(table_name=str() as name) | RenameTable(table_name=str() as name):
                    tables.pop(name, None)
                    for key in [key for key in columns if key[0] == name]:
                        del columns[key]
                    continue
                case Execute(verb="CREATE VIEW" | "CREATE MATERIALIZED VIEW"):
                    pass
                case Opaque() | Execute():
                    tables.clear()
                    columns.clear()
                    continue
                case DropColumn() | AlterColumn(new_name=str()):
                    key = operation.table_name, operation.column
                    if columns.pop(key, None) is None:
                        for other in [other for other in columns if may_be(other, key)]:
                            del columns[other]
                case _:
                    pass
            if not isinstance(operation, TableOperation | DataChange | Execute) or operation.site.tried:
                continue
            if isinstance(operation, CreateTable):
                tables.pop(operation.table_name or "", None)
            for at, made, what in missing(operation, tables, columns, unchecked=unchecked):
                only_keys = isinstance(made, CreateTable) and (
                    isinstance(operation, Execute) or operation.table_name != made.table_name
                )
                targets = [
                    target
                    for target in context.targets(KEYED if only_keys else (), operation)
                    if made.site.runs_on(target.database)
                    # Where a batch makes the table anew, its indexes and constraints come last.
                    and not (
                        target.database == "sqlite"
                        and operation.site.batch
                        and operation.site.batch == made.site.batch
                    )
                ]
                if not targets or not made.site.runs_if(operation.site):
                    continue
                done = "added" if isinstance(made, AddColumn) else "made"
                yield self.finding(
                    at,
                    f"{what} is {done} further down, so this fails"
                    f"{where_kept(targets, context) if only_keys else context.where(targets)}. Move this after it.",
                    operation=operation,
                    targets=targets,
                    severity="warning" if operation.site.conditional else None,
                    related=[Related(f"It is {done} here", made.site.name)],
                )
            if isinstance(operation, CreateTable) and operation.table_name and not operation.if_not_exists:
                tables[operation.table_name] = operation
            elif isinstance(operation, AddColumn) and not operation.if_not_exists:
                columns[operation.table_name, operation.column.name] = operation

    def _drops(
        self, operations: Sequence[Operation], keys: dict[str, list[str]], context: Context
    ) -> Iterator[Finding]:
        """Tables that are dropped while the foreign key of another one leads to them."""
        later = {
            one.table_name: one
            for one in operations
            if isinstance(one, DropTable) and one.table_name is not None
        }
        freed: set[str | None] = set()
        for operation in operations if later else ():
            off = isinstance(operation, SetOption) and operation.name in _OFF
            if off or isinstance(operation, Opaque | Execute):
                return
            if isinstance(operation, DropConstraint | DropColumn):
                freed.add(operation.table_name)
            if not isinstance(operation, DropTable):
                continue
            freed.add(operation.table_name)
            if operation.cascade:
                continue
            child = next(
                (
                    later[name]
                    for name in keys.get(operation.table_name or "", ())
                    if name not in freed and name in later and later[name].site.order > operation.site.order
                ),
                None,
            )
            left = {name: one for name, one in later.items() if name not in freed}
            if child is None:
                yield from self._bound(operation, left, context)
                continue
            if not child.site.runs_if(operation.site):
                continue
            unbound = {
                state.target
                for state in states(operation, context, KEYED)
                if not may_lead(child.table_name, operation.table_name, state)
            }
            targets = [
                target
                for target in context.targets(KEYED, operation)
                if target not in unbound and not go_together(child, operation, target)
            ]
            if not targets:
                continue
            first = in_order(operation, left, keys)
            yield self.finding(
                operation.site.name,
                f"This fails while a foreign key of {code(child.table_name)} references it{where_kept(targets, context)}."
                f" Drop {first} first.",
                operation=operation,
                targets=targets,
                related=[Related("It is dropped here", child.site.name)],
            )

    def _bound(
        self, operation: DropTable, later: Mapping[str, DropTable], context: Context
    ) -> Iterator[Finding]:
        """A table to which a foreign key that an earlier revision made, or one that stays, surely leads."""
        if operation.site.conditional or context.is_forgiven(operation):
            return
        found: list[tuple[Target, list[str]]] = []
        for state in states(operation, context, KEYED):
            bound = [
                name
                for name in bound_to(operation.table_name, state)
                if name not in later or not go_together(later[name], operation, state.target)
            ]
            if bound:
                found.append((state.target, bound))
        if not found:
            return
        child = found[0][1][0]
        targets = [target for target, _ in found]
        only = len(found[0][1]) == 1 and child in later
        yield self.finding(
            operation.site.name,
            f"This fails while a foreign key of {code(child)} references it{where_kept(targets, context)}."
            f" Drop {code(child) if only else 'that key'} first.",
            operation=operation,
            targets=targets,
            related=[Related("It is dropped here", later[child].site.name)] if child in later else [],
        )
