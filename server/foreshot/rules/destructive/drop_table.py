"""Dropping a table deletes every row in it, and nothing brings them back.

`downgrade()` can create the table again, but it stays empty. Code that is still running fails as soon as it asks for the
table.

Rename the table first, so that whatever still needs it shows up while its rows are there, and drop it in a later
revision. The repair does that; on PostgreSQL the indexes and constraints of a renamed table keep their names.

It does not matter for a table that the same revision made or emptied, nor for a leftover of one that it makes next and
drops in the end. `downgrade()` is looked at only where it drops what
`upgrade()` did not make, and says so where that is not the table that it should drop. A table that looks like one that is created instead is reported by
`table-rename-as-drop-create`.

```python bad
def upgrade():
    op.drop_table("orders")
#                 ^^^^^^^^ Deletes the table `orders` with every row in it


def downgrade():
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))
```
```python fixed
def upgrade():
    op.rename_table("orders", "orders_retired_0002")


def downgrade():
    op.rename_table("orders_retired_0002", "orders")
```

An index that comes back in `downgrade()` without having been dropped has never gone:

```python bad
def upgrade():
    op.drop_table("orders", schema="shop")
#                 ^^^^^^^^ `shop.orders`


def downgrade():
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True), schema="shop")
    op.create_index("ix_orders_id", "orders", ["id"], schema="shop")
```
```python fixed
def upgrade():
    op.rename_table("orders", "orders_retired_0002", schema="shop")


def downgrade():
    op.rename_table("orders_retired_0002", "orders", schema="shop")
```

Rows that were copied elsewhere before are not all lost; what was not copied is:

```python bad
def upgrade():
    op.execute("INSERT INTO archive SELECT * FROM orders")
    op.drop_table("orders")
#                 ^^^^^^^^ that was not copied before
```
```python bad
def upgrade():
    op.execute("DROP TABLE IF EXISTS orders CASCADE")
#|   every dependent foreign key and view
```
```python bad
def upgrade():
    op.create_table("order_metrics", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    op.drop_table("orders_metrics")
#                 ^^^^^^^^^^^^^^^^ fails, or deletes another table. Drop `order_metrics`.
```
```python bad
def upgrade():
    op.add_column("users", sa.Column("token", sa.Text()))


def downgrade():
    op.drop_table("clients")
#                 ^^^^^^^^^ though `upgrade()` does not create it. Keep a copy
    op.drop_column("users", "token")
```
```python bad
def upgrade():
    op.create_table("orders_new", sa.Column("id", sa.BigInteger(), primary_key=True))
    op.drop_table("orders")
#                 ^^^^^^^^ Deletes every row of `orders`: nothing copies them to `orders_new`, which takes its name.
    op.rename_table("orders_new", "orders")
```
```python good
def upgrade():
    op.create_table("orders_new", sa.Column("id", sa.BigInteger(), primary_key=True))
    op.bulk_insert(table_named("orders_new"), read_rows())
    op.drop_table("orders")
    op.rename_table("orders_new", "orders")
```
```python good
def upgrade():
    op.create_table("orders_new", sa.Column("id", sa.BigInteger(), primary_key=True))
    op.execute("INSERT INTO orders_new SELECT id FROM orders")
    op.drop_table("orders")
    op.rename_table("orders_new", "orders")
```
```python good
def upgrade():
    op.create_table("orders_new", sa.Column("id", sa.Integer()))
    op.drop_table("orders_new")
```
```python good
def upgrade():
    op.rename_table("orders", "orders_old")
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO orders (id) SELECT id FROM orders_old")
    op.drop_table("orders_old")
```
```python good
def upgrade():
    op.execute("DROP TABLE IF EXISTS orders_before")
    op.execute("CREATE TABLE orders_before (LIKE orders INCLUDING ALL)")
    op.execute("INSERT INTO orders_before SELECT * FROM orders")
    op.drop_table("orders_before")
```
```python good
def upgrade():
    op.execute("DROP TABLE IF EXISTS orders_before")
    op.execute("CREATE TABLE orders_before AS SELECT * FROM orders")


def downgrade():
    op.execute("DROP TABLE IF EXISTS orders_before")
```
```python setup
def upgrade():
    op.create_table("kept", sa.Column("id", sa.Integer(), primary_key=True))
```
```python bad
def upgrade():
    op.execute("DROP TABLE IF EXISTS kept")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^ Deletes the table `kept` with every row in it
    op.execute("CREATE TABLE kept (id integer)")


def downgrade():
    op.execute("DROP TABLE IF EXISTS kept")
```
```python bad
def upgrade():
    op.execute("DROP TABLE IF EXISTS orders")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^ Deletes the table `orders` with every row in it
    op.execute("CREATE TABLE orders (id integer)")
```
```python good
def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    op.drop_table("orders")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from foreshot.knowledge.foreign_tables import OWNERS, SCHEMAS
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import foreign_owner, names_given, states
from foreshot.lint.words import code
from foreshot.lint.writing import call, literal
from foreshot.migration import operations as ops
from foreshot.rules.destructive import _lost as lost
from foreshot.schema.draft import names_on
from foreshot.syntax.changes import AppendToFunction, Change, RemoveStatement, ReplaceStatement

_LONGEST_NAME = 63
_RETIRED = re.compile(r"_retired_\w+$")


class DropTable(OperationRule[ops.DropTable]):
    """A table that existed before is dropped."""

    looks_at = (ops.DropTable,)
    severity = "error"
    safety = "unsafe"

    def check(self, operation: ops.DropTable, context: Context) -> Iterator[Finding]:
        """Whether rows go that somebody may want."""
        if operation.table_name is None or context.renames.of(operation):
            return
        if lost.has_no_rows(operation, context) or lost.is_undone(operation, context):
            return
        if lost.is_retired(operation.table) or _is_of_others(operation, context):
            return
        empty = lost.taken_empty(operation, context)
        if (lost.takes_name(operation, context) and empty is None) or lost.is_scratch(operation, context):
            # It is what the copy of a table leaves behind.
            return
        meant = lost.meant_instead(operation, context)
        if meant is not None:
            yield self._slip(operation, meant, context)
            return
        copied = lost.is_read_before(operation, context)
        targets = context.targets((), operation)
        rows = "every row in it that was not copied before" if copied else "every row in it"
        if operation.cascade and any(target.database == "postgresql" for target in targets):
            rows += " and every dependent foreign key and view"
        if empty is not None:
            yield self.finding(
                operation.site.args.get("table_name", operation.site.name),
                f"Deletes every row of {code(operation.table_name)}{context.where(targets)}: nothing copies them to {code(empty)}, which takes its name."
                " Copy them first.",
                operation=operation,
                object=operation.table_name,
                targets=targets,
            )
            return
        advice = (
            ", though `upgrade()` does not create it. Keep a copy of its rows."
            if operation.site.function == "downgrade"
            else ". Rename it now, and drop it later."
        )
        yield self.finding(
            operation.site.args.get("table_name", operation.site.name),
            f"Deletes the table {code(operation.table_name)} with {rows}, for good{context.where(targets)}{advice}",
            operation=operation,
            object=operation.table_name,
            targets=targets,
            severity="warning" if copied and operation.site.function == "upgrade" else None,
        )

    def _slip(self, operation: ops.DropTable, meant: str, context: Context) -> Finding:
        targets = context.targets((), operation)
        effect = "does nothing" if operation.if_exists else "fails"
        return self.finding(
            operation.site.args.get("table_name", operation.site.name),
            f"Drops {code(operation.table_name)}, instead of {code(meant)}, which `upgrade()` creates: this {effect}, or deletes another"
            f" table{context.where(targets)}. Drop {code(meant)}.",
            operation=operation,
            object=operation.table_name,
            targets=targets,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """A rename to a name that says what it is, and back."""
        drop = finding.operation
        if not isinstance(drop, ops.DropTable) or drop.site.function != "upgrade" or not _is_plain(drop):
            return
        # A rename breaks what is somebody else's, and a table is retired once.
        if drop.table in OWNERS or drop.schema in SCHEMAS or _RETIRED.search(str(drop.table)):
            return
        retired = _retired(str(drop.table), context.revision.header.revision)
        title = f"Rename the table to {code(retired)}, and drop it later"
        parent = _parent_dropped_after(drop, context)
        if parent is not None:
            # The renamed table keeps its foreign key.
            reason = f"Its foreign key to {code(parent)} stays, so that dropping {code(parent)} fails."
            yield Fix(title, "unsafe", refused=reason)
            return
        changes = _changes(drop, retired, context)
        if changes is not None and not (drop.if_exists or drop.cascade):
            yield Fix(title, "unsafe", tuple(changes))


def _is_of_others(operation: ops.DropTable, context: Context) -> bool:
    """Whether an extension or a tool made it, and no revision: `drop-foreign-owned-table` says that it is not to be dropped at all."""
    return (
        operation.site.function == "upgrade"
        and not operation.site.conditional
        and foreign_owner(operation.table_name, states(operation, context)) is not None
    )


def _is_plain(operation: ops.Operation) -> bool:
    site = operation.site
    return not (site.repeated or site.sql) and site.statement == site.call


def _retired(table: str, revision: str) -> str:
    suffix = f"_retired_{re.sub(r'[^A-Za-z0-9_]', '_', revision)[:32]}"
    room = _LONGEST_NAME - len(suffix)
    return table.encode("utf-8", "surrogatepass")[:room].decode("utf-8", "ignore") + suffix


def _changes(drop: ops.DropTable, retired: str, context: Context) -> list[Change] | None:
    there, back = (
        _rename(drop, str(drop.table), retired, context),
        _rename(drop, retired, str(drop.table), context),
    )
    changes: list[Change] = [ReplaceStatement(drop.site.statement, there)]
    # A table that stays keeps its indexes.
    kept = [
        operation
        for operation in context.before(drop)
        if isinstance(operation, ops.DropIndex) and operation.table_name == drop.table_name
    ]
    if not all(_is_plain(operation) for operation in kept) or _is_name_taken(drop, kept, context):
        return None
    changes.extend(RemoveStatement(operation.site.statement) for operation in kept)
    downgrade = context.revision.functions.get("downgrade")
    if downgrade is None or downgrade.raises:
        return changes
    if downgrade.empty:
        # Under a condition it may not have been renamed.
        return changes if drop.site.conditional else [*changes, AppendToFunction(downgrade.span, back)]
    gone, there_again = context.once(_indexes)
    gone = gone - {operation.name for operation in kept}
    created = False
    for operation in there_again.get(drop.table_name, ()):
        if isinstance(operation, ops.CreateTable):
            if not _is_plain(operation) or created:
                return None
            changes.append(ReplaceStatement(operation.site.statement, back))
            created = True
            continue
        if isinstance(operation, ops.CreateIndex | ops.AddConstraint):
            made = operation.index if isinstance(operation, ops.CreateIndex) else operation.constraint
            if made.name not in gone:
                if not _is_plain(operation):
                    return None
                changes.append(RemoveStatement(operation.site.statement))
    return changes if created else None


def _indexes(context: Context) -> tuple[set[object], dict[str | None, list[ops.TableOperation]]]:
    """Names of the indexes and constraints that ``upgrade()`` drops, and the operations of ``downgrade()`` by table."""
    gone: set[object] = {
        operation.name
        for operation in context.upgrade
        if isinstance(operation, ops.DropIndex | ops.DropConstraint)
    }
    tables: dict[str | None, list[ops.TableOperation]] = {}
    for operation in context.downgrade:
        if isinstance(operation, ops.TableOperation):
            tables.setdefault(operation.table_name, []).append(operation)
    return gone, tables


def _rename(drop: ops.DropTable, old: str, new: str, context: Context) -> str:
    schema = [f"schema={literal(drop.schema)}"] if isinstance(drop.schema, str) else []
    return call(f"{context.op}.rename_table", [literal(old), literal(new), *schema])


def _parent_dropped_after(drop: ops.DropTable, context: Context) -> str | None:
    """A table that the revision drops behind this one, and to which a foreign key of this one leads."""
    gone = {other.table_name for other in context.after(drop) if isinstance(other, ops.DropTable)}
    for state in states(drop, context):
        table = state.known_table(drop.table_name)
        for key in table.foreign_keys if table is not None else ():
            if key.ref_table in gone:
                return key.ref_table
    return None


def _is_name_taken(drop: ops.DropTable, kept: Sequence[ops.DropIndex], context: Context) -> bool:
    """Whether the revision gives the name of one of the table's indexes to another, which only a table that is gone lets it do."""
    names: set[object] = {operation.name for operation in kept}
    for target in context.targets((), drop):
        story = context.story(target)
        table = story.before_operation(drop.site).table(drop.table_name) if story is not None else None
        names.update(names_on(table) if table is not None else ())
    return any(name in names for operation in context.after(drop) for name in names_given(operation))
