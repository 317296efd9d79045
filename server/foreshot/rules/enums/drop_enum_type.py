"""An enum type is dropped while a column still uses it: PostgreSQL refuses, or takes the column along.

`DROP TYPE` of a type in use stops with "cannot drop type … because other objects depend on it" (2BP01). With `CASCADE` it does not stop: the columns
go with the type, and their values with them.

Drop the columns, or give them another type, first.

```python setup
def upgrade():
    op.create_table("letters", sa.Column("kind", sa.Enum("first", "second", name="letter_kind")))
```
```python bad dialect=postgresql
def upgrade():
    op.execute("DROP TYPE letter_kind")
    #           ^^^^^^^^^^^^^^^^^^^^^ This fails: `letters.kind` still uses the type `letter_kind`
```
```python bad dialect=postgresql
def upgrade():
    op.execute("DROP TYPE letter_kind CASCADE")
    #           ^^^^^^^^^^^^^^^^^^^^^ drops `letters.kind` as well
```
```python bad dialect=postgresql
def upgrade():
    pass


def downgrade():
    sa.Enum(name="letter_kind").drop(op.get_bind())
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ still uses
    op.drop_table("letters")
```
```python good dialect=postgresql
def upgrade():
    op.drop_column("letters", "kind")
    op.execute("DROP TYPE letter_kind")
```
```python good dialect=postgresql
def upgrade():
    op.execute("ALTER TABLE letters ALTER COLUMN kind TYPE text")
    op.execute("DROP TYPE letter_kind")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import State, made_here, states
from foreshot.lint.words import code
from foreshot.migration.operations import DropType
from foreshot.rules.enums._types import known_name
from foreshot.schema.state import Column


class DropEnumType(OperationRule[DropType]):
    """A type that a column surely has is dropped."""

    looks_at = (DropType,)
    severity = "error"
    databases = ("postgresql",)
    fails_outright = True

    def check(self, operation: DropType, context: Context) -> Iterator[Finding]:
        """The first column that has the type just before it goes."""
        if not isinstance(operation.name, str) or context.is_forgiven(operation):
            return
        schema = operation.schema
        if not isinstance(schema, str | None):
            return
        name = f"{schema}.{operation.name}" if schema else operation.name
        for state in states(operation, context, self.databases):
            used = _user(state, name)
            if used is None:
                continue
            table, column = used
            user = code(f"{table}.{column.name}")
            if operation.cascade:
                told = f"CASCADE drops {user} as well, which has the type {code(name)}{context.where([state.target])}. Give it another type first."
            else:
                told = f"This fails{context.where([state.target])}: {user} still uses the type {code(name)}. Drop it, or give it another type, first."
            yield self.finding(
                operation.site.name,
                told,
                operation=operation,
                object=name,
                targets=[state.target],
                related=made_here(column.typed_by or column.origin, f"{user} got its type here", context),
            )
            return


def _user(state: State, name: str) -> tuple[str, Column] | None:
    known = known_name(name, state)
    enum = state.schema.enums.get(known) if known is not None else None
    if enum is None or state.schema.doubts(enum):
        return None
    for table in state.schema.tables.values():
        if state.schema.doubts(table):
            continue
        for column in table.columns.values():
            if column.type.enum == known and not column.perhaps:
                return table.name, column
    return None
