"""A constraint that protected the data goes, and nothing takes its place.

From then on duplicates, values that no check sees and references that lead nowhere can be written, and as soon as one has
been, the constraint cannot come back: `downgrade()` fails, and so does the next attempt to add it.

Drop a constraint for good when the data may really break it from now on, and say so in a suppression comment. Where it is
to be replaced, do both in one revision. On PostgreSQL and MySQL dropping a foreign key also waits for everything that uses
the table which it refers to.

It is not reported where the same revision adds one of the same kind to the table again (a unique index counts for a unique
constraint), drops one of its columns, its table or the table that it refers to, or changes a type to which a check belongs; nor where a key or a unique
index that stays, over some or all of its columns, refuses the same duplicates; nor where `downgrade()` changes or deletes rows of the table before it adds the
constraint again: then it is known that the data may break it.
`downgrade()` is looked at only where it drops what `upgrade()` did not add.

```python bad
def upgrade():
    op.drop_constraint("uq_users_email", "users", type_="unique")
    #                  ^^^^^^^^^^^^^^^^ lets duplicates into `users`
```
```python bad
def upgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    #                  ^^^^^^^^^^^^^^^^^^^ lets dangling references into


def downgrade():
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])
```
```python good
def upgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")


def downgrade():
    op.execute("UPDATE orders SET user_id = NULL WHERE NOT EXISTS (SELECT 1 FROM users WHERE users.id = orders.user_id)")
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])
```
```python bad
def upgrade():
    op.execute("ALTER TABLE orders DROP CONSTRAINT ck_orders_amount")
    #                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ Dropping the constraint `ck_orders_amount`
```
```python good
def upgrade():
    op.drop_constraint("uq_users_email", "users", type_="unique")
    op.create_unique_constraint("uq_users_email_tenant", "users", ["email", "tenant_id"])
```
```python good
def upgrade():
    op.drop_constraint("uq_users_email", "users", type_="unique")
    op.create_index("ix_users_email", "users", ["email"], unique=True)
```
```python good
def upgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
    op.drop_column("orders", "user_id")


def downgrade():
    op.add_column("orders", sa.Column("user_id", sa.Integer()))
    op.create_foreign_key("fk_orders_user_id", "orders", "users", ["user_id"], ["id"])
```
```python good
def upgrade():
    op.create_unique_constraint("uq_users_email", "users", ["email"])


def downgrade():
    op.drop_constraint("uq_users_email", "users", type_="unique")
```
```python good
def upgrade():
    op.drop_constraint("orders_ibfk_1", "orders", type_="foreignkey")
    op.create_foreign_key(None, "orders", "users", ["user_id"], ["id"], source_schema="shop", referent_schema="shop")
```
```python setup
def upgrade():
    op.create_table("projects", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
    op.create_unique_constraint("uq_projects_id", "projects", ["id"])
    op.create_unique_constraint("uq_projects_name", "projects", ["name"])
```
```python good
def upgrade():
    op.drop_constraint("uq_projects_id", "projects", type_="unique")
```
```python bad
def upgrade():
    op.drop_constraint("uq_projects_id", "projects", type_="unique")
    #                  ^^^^^^^^^^^^^^^^ lets duplicates into `projects`
    op.drop_constraint("projects_pkey", "projects", type_="primary")
    #                  ^^^^^^^^^^^^^^^ lets duplicates into `projects`
```
```python bad
def upgrade():
    op.drop_constraint("uq_projects_name", "projects", type_="unique")
    #                  ^^^^^^^^^^^^^^^^^^ lets duplicates into `projects`
```
```python setup
def upgrade():
    op.create_table("pets", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("tag", sa.Text(), nullable=False))
    op.execute("ALTER TABLE pets ADD CONSTRAINT ck_pets_tag_set CHECK (tag IS NOT NULL)")
    op.execute("ALTER TABLE pets ADD CONSTRAINT ck_pets_tag CHECK (tag IS NOT NULL AND tag <> '')")
```
```python good
def upgrade():
    op.execute("ALTER TABLE pets DROP CONSTRAINT ck_pets_tag_set")
```
```python bad
def upgrade():
    op.execute("ALTER TABLE pets DROP CONSTRAINT ck_pets_tag")
    #|                           what it refused
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.lacking import lacks_constraint
from foreshot.lint.not_null import says_not_null
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, states
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.rules.destructive import _lost as lost
from foreshot.schema.state import Table
from foreshot.syntax.values import Maybe

_FOLLOWS: dict[ops.ConstraintKind, str] = {
    "primary key": "duplicates",
    "unique": "duplicates",
    "check": "values that it refused",
    "foreign key": "dangling references",
    "exclude": "overlapping rows",
    "unknown": "what it refused",
}


class DropConstraint(OperationRule[ops.DropConstraint]):
    """A constraint is dropped and not made again."""

    looks_at = (ops.DropConstraint,)
    severity = "warning"

    def check(self, operation: ops.DropConstraint, context: Context) -> Iterator[Finding]:
        """Whether the data loses its protection."""
        if operation.table_name is None or not isinstance(operation.name, str):
            return
        if (
            lost.has_no_rows(operation, context)
            or lost.table_goes(operation, context)
            or lost.is_undone(operation, context)
        ):
            return
        old = _dropped(operation, context)
        kind = operation.constraint_kind
        if kind == "unknown" and old is not None:
            kind = old.kind
        if _is_made_up_for(operation, kind, old, context) or _is_implied(operation, context):
            return
        if old is not None and _is_cleared_for(operation, context):
            return
        known = list(states(operation, context))
        if known and all(lacks_constraint(state, operation, operation.name, context) for state in known):
            # There is nothing to lose, and `unknown-constraint` says so.
            return
        targets = context.targets((), operation)
        what = (
            kind if kind in ("primary key", "foreign key") else f"{kind} constraint".removeprefix("unknown ")
        )
        yield self.finding(
            operation.site.args.get("constraint_name", operation.site.name),
            f"Dropping the {what} {code(operation.name)} lets {_FOLLOWS[kind]} into {code(operation.table_name)}{context.where(targets)}, and then it cannot be added back."
            " Add its successor in the same revision.",
            operation=operation,
            object=operation.name,
            targets=targets,
        )


def _is_implied(operation: ops.DropConstraint, context: Context) -> bool:
    """Whether something that is there until the end of the direction refuses all that the constraint did."""
    found = list(states(operation, context))
    return bool(found) and all(_is_implied_on(state, operation, context) for state in found)


def _is_implied_on(state: State, operation: ops.DropConstraint, context: Context) -> bool:
    story, table = context.story(state.target), state.table(operation.table_name)
    if story is None or table is None:
        return False
    kept = story.end(operation.site.function).table(table.name)
    if kept is None:
        return False
    check = next((item for item in table.checks if item.name == operation.name), None)
    if check is not None:
        # NOT NULL refuses what the check did, with which it was set without reading all rows.
        return any(
            column.nullable is False
            and not column.perhaps
            and says_not_null(check.condition, column.name, alone=True)
            for column in kept.columns.values()
        )
    gone = next((key for key in table.uniques if key.name == operation.name), None)
    return gone is not None and any(
        not columns.difference(gone.columns) and (nulls or not gone.nulls_not_distinct)
        for columns, nulls in _unique(kept)
    )


def _unique(table: Table) -> Iterator[tuple[set[str | None], bool]]:
    """The columns of each key and unique index over all rows, and whether there are no two NULLs either."""
    if table.primary_key is not None:
        yield set(table.primary_key.columns), True
    for key in table.uniques:
        yield set(key.columns), key.nulls_not_distinct
    for index in table.indexes:
        if index.unique and index.valid and index.where is None and not index.expressions and index.columns:
            yield set(index.columns), index.nulls_not_distinct


def _is_cleared_for(operation: ops.DropConstraint, context: Context) -> bool:
    """Whether the other direction puts rows right before it makes the constraint again."""
    for other in context.downgrade if operation.site.function == "upgrade" else ():
        if isinstance(other, ops.DataChange) and other.verb in ("update", "delete"):
            if other.table_name == operation.table_name:
                return True
        elif isinstance(other, ops.AddConstraint) and other.constraint.name == operation.name:
            return False
    return False


def _dropped(operation: ops.DropConstraint, context: Context) -> ops.ConstraintSpec | None:
    """What the constraint was, as the other direction makes it again."""
    other: ops.Direction = "downgrade" if operation.site.function == "upgrade" else "upgrade"
    return context.once(_constraints).get((other, operation.table_name, operation.name))


def _constraints(context: Context) -> dict[tuple[ops.Direction, str | None, object], ops.ConstraintSpec]:
    found: dict[tuple[ops.Direction, str | None, object], ops.ConstraintSpec] = {}
    for operation in context.revision.operations:
        if isinstance(operation, ops.AddConstraint) and isinstance(operation.constraint.name, str):
            place = (operation.site.function, operation.table_name, operation.constraint.name)
            found.setdefault(place, operation.constraint)
    return found


def _is_made_up_for(
    operation: ops.DropConstraint,
    kind: ops.ConstraintKind,
    old: ops.ConstraintSpec | None,
    context: Context,
) -> bool:
    """Whether another operation takes its place, or is the reason for it."""
    others = context.once_each_way(_Others, operation.site.function)
    if others.anything:
        return True
    if kind in ("foreign key", "unknown") and any(
        old is None or name == old.ref_table for name in others.dropped
    ):
        return True
    columns = old.columns if old is not None else ()
    return any(
        _takes_its_place(other, kind, columns)
        for name in (*lost.names_of(operation, context), None)
        for other in others.on(name)
    )


class _Others:
    """What can make up for a constraint in one direction, by its table."""

    def __init__(self, operations: Iterable[ops.Operation]) -> None:
        self.anything = False
        """Something could not be read."""
        self.dropped: set[str | None] = set()
        """Tables that go."""
        self.by_table: dict[str | None, list[ops.TableOperation]] = {}
        for operation in operations:
            match operation:
                case ops.Opaque() | ops.Execute(parsed=False):
                    self.anything = True
                case ops.DropTable():
                    self.dropped.add(operation.table_name)
                case (
                    ops.AddConstraint()
                    | ops.AddColumn()
                    | ops.CreateIndex()
                    | ops.DropColumn()
                    | ops.AlterColumn()
                ):
                    self.by_table.setdefault(operation.table_name, []).append(operation)
                case _:
                    pass

    def on(self, table: str | None) -> Iterator[ops.TableOperation]:
        """Those on a table: where no schema is written, it may be one of that name in any."""
        for name, operations in self.by_table.items():
            one, other = sorted((name or "", table or ""), key=len)
            if one == other or ("." not in one and one and other.endswith(f".{one}")):
                yield from operations


def _takes_its_place(
    other: ops.TableOperation, kind: ops.ConstraintKind, columns: tuple[Maybe[str], ...]
) -> bool:
    match other:
        case ops.AddConstraint(constraint=made):
            return kind in (made.kind, "unknown") or {kind, made.kind} == {"unique", "primary key"}
        case ops.AddColumn(column=column):
            inline = {
                "foreign key": column.foreign_keys,
                "unique": column.unique,
                "primary key": column.primary_key,
            }
            return bool(inline.get(kind)) or (kind == "unknown" and any(inline.values()))
        case ops.CreateIndex(index=index):
            return kind in ("unique", "unknown") and index.unique is not False
        case ops.DropColumn():
            return other.column in columns or not columns
        case ops.AlterColumn():
            # A check belongs to a Boolean or an Enum, or said NOT NULL.
            return kind in ("check", "unknown") and (other.type is not None or other.nullable is False)
        case _:
            return False
