"""The name of a new index or constraint is taken at this point of the history: it fails.

PostgreSQL wants names of indexes, unique constraints and primary keys unique in a schema, across tables, and names of
constraints unique on a table; SQLite wants names of indexes unique in the database; MySQL and MariaDB want names of indexes unique
on a table, and names of foreign keys unique in the database.

```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("a", sa.Integer()))
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("a", sa.Integer()))
    op.create_index("ix_a", "users", ["a"])
```
```python bad dialect=postgresql
def upgrade():
    op.create_index("ix_a", "orders", ["a"])
    #               ^^^^^^ the name `ix_a` is taken by `users`
```
```python bad dialect=mysql
def upgrade():
    op.create_index("ix_a", "users", ["id", "a"])
    #               ^^^^^^ the name `ix_a` is taken by `users`
```
```python good dialect=mysql
def upgrade():
    op.create_index("ix_a", "orders", ["a"])
```
```python good dialect=postgresql
def upgrade():
    op.drop_index("ix_a", table_name="users")
    op.create_index("ix_a", "orders", ["a"])
```
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from foreshot.knowledge.name_scopes import names_across_tables, names_on_one_table
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Related
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, made_here, names_given, states
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.migration.specs import Direction
from foreshot.schema.draft import items_on, names_on
from foreshot.schema.names import cut
from foreshot.schema.state import Origin, Schema, Table


class ConstraintNameConflict(OperationRule[ops.TableOperation]):
    """An index or a constraint gets a name that is taken."""

    looks_at = (ops.CreateIndex, ops.AddConstraint)
    severity = "error"
    fails_outright = True

    def check(self, operation: ops.TableOperation, context: Context) -> Iterator[Finding]:
        """Whether the name is surely taken on some database."""
        if (
            operation.site.conditional
            or context.is_forgiven(operation)
            or getattr(operation, "if_not_exists", False)
        ):
            return
        item = operation.index if isinstance(operation, ops.CreateIndex) else None
        made = operation.constraint if isinstance(operation, ops.AddConstraint) else None
        name = item.name if item is not None else made.name if made is not None else None
        if not isinstance(name, str) or not name or operation.table_name is None:
            return
        if made is not None and made.using_index is not None:
            return
        taken = [
            (state, owner)
            for state in states(operation, context)
            if _may_be_taken(name, state, operation, context) and (owner := _owner(state, operation, name))
        ]
        if not taken:
            return
        _, owner = taken[0]
        yield self.finding(
            operation.site.args.get(
                "index_name" if item is not None else "constraint_name", operation.site.name
            ),
            f"This fails{context.where(state.target for state, _ in taken)}: the name {code(name)} is taken by {code(owner.name)}.",
            operation=operation,
            object=name,
            related=_made_before(_origin(owner, name), name, context),
        )


def _made_before(origin: Origin | None, name: str, context: Context) -> tuple[Related, ...]:
    """Where an earlier revision made it; what stands in the same file is seen without."""
    if origin is None or origin.revision == context.revision.header.revision:
        return ()
    return made_here(origin, f"{code(name)} was made here", context)


def _owner(state: State, operation: ops.TableOperation, name: str) -> Table | None:
    """The table on which the name is surely taken, where that is in the way."""
    database = state.target.database
    own = state.table(operation.table_name)
    wanted = cut(name, database) if database == "postgresql" else name
    kind = operation.constraint.kind if isinstance(operation, ops.AddConstraint) else "index"
    for table in state.schema.tables.values():
        same = own is not None and table.name == own.name
        if state.schema.doubts(table) or _schema(table.name) != _schema(operation.table_name or ""):
            continue
        if wanted in (names_on_one_table if same else names_across_tables)(table, kind, database):
            return table
    return None


def _may_be_taken(name: str, state: State, operation: ops.TableOperation, context: Context) -> bool:
    """Whether anything could have the name: few operations need to be compared with all that there is."""
    direction, database = operation.site.function, state.target.database
    known = context.once(_names)
    if (database, direction) not in known:
        story = context.story(state.target)
        end = _given_by_server(story.end(direction), state.start) if story is not None else frozenset[str]()
        known[database, direction] = _names_in(state.start) | end
    wanted = (cut(name, database) if database == "postgresql" else name).lower()
    return wanted in known[database, direction] or context.once(_given)[direction, wanted] > 1


def _names(_context: Context) -> dict[tuple[str, Direction], frozenset[str]]:
    """By database and direction, what was there before, and the names that the server gives on the way."""
    return {}


def _given(context: Context) -> Counter[tuple[Direction, str]]:
    """How often each way of the revision itself gives a name, whole and as PostgreSQL cuts it."""
    found: Counter[tuple[Direction, str]] = Counter()
    for operation in context.revision.operations:
        forms = {form.lower() for name in names_given(operation) for form in (name, cut(name, "postgresql"))}
        found.update((operation.site.function, form) for form in forms)
    return found


def _names_in(schema: Schema) -> frozenset[str]:
    """The names of all keys, indexes and checks of a schema, in lower case."""
    return frozenset(map(str.lower, frozenset[str]().union(*map(names_on, schema.tables.values()))))


def _given_by_server(end: Schema, start: Schema) -> frozenset[str]:
    """The names of a schema that nobody wrote, on tables that are not as they were, in lower case."""
    return frozenset(
        item.name.lower()
        for name, table in end.tables.items()
        if start.tables.get(name) is not table
        for item in items_on(table)
        if item.name is not None and item.named != "written"
    )


def _schema(name: str) -> str:
    return name.rpartition(".")[0].removeprefix("public")


def _origin(table: Table, name: str) -> Origin | None:
    items = [*table.indexes, *table.uniques, *table.foreign_keys, *table.checks]
    return next((item.origin for item in items if item.name == name), None)
