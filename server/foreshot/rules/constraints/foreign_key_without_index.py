"""Deleting a row, or changing its key, reads the whole table that refers to it: the foreign key has no index.

PostgreSQL makes an index for the side that is referred to, and none for the side that refers. Each DELETE of a parent then looks for its
children row by row, while the parent's row stays locked; with `ON DELETE CASCADE` or `SET NULL` deletes are what the key is for, and a thousand
deleted parents read the table a thousand times. Joins along the key are slow as well. MySQL and MariaDB make the index themselves.

An index serves when it begins with a column of the key: that of a primary key or a unique constraint does, too. The tables are looked at as they are at
the end of the history, so an index that a later revision makes is counted. It does not matter where parents are never deleted and the key is
never joined by: without `ondelete` the finding is for information. On a table that has rows, create the index `CONCURRENTLY`.

```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("teams", sa.Column("id", sa.Integer(), primary_key=True))
```
```python bad dialect=postgresql
def upgrade():
    op.create_table(
        "members",
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("team_id", sa.Integer(), sa.ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
        #                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ Deleting a row of `teams` reads all of `members`
    )
```
```python bad dialect=postgresql
def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("user_id", sa.Integer()))
    op.create_foreign_key("fk_user", "orders", "users", ["user_id"], ["id"])
#   ^^^^^^^^^^^^^^^^^^^^^ no index begins with `user_id`
```
```python good dialect=postgresql
def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("user_id", sa.Integer()))
    op.create_foreign_key("fk_user", "orders", "users", ["user_id"], ["id"])
    op.create_index("ix_orders_user_id_id", "orders", ["user_id", "id"])
```
```python good dialect=postgresql
def upgrade():
    op.create_table(
        "profiles",
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("mail_id", sa.Integer(), sa.ForeignKey("users.id"), index=True),
        sa.Column("team_id", sa.Integer(), sa.ForeignKey("teams.id"), unique=True),
    )
```
```python good dialect=mysql
def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("user_id", sa.Integer()))
    op.create_foreign_key("fk_user", "orders", "users", ["user_id"], ["id"])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context, ProjectContext
from foreshot.lint.entry import Note
from foreshot.lint.finding import Finding, Related
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code, listed
from foreshot.migration import operations as ops
from foreshot.schema.state import ForeignKey, Schema, Table
from foreshot.text import Span


class ForeignKeyWithoutIndex(ProjectRule):
    """A foreign key whose columns no index of its table begins with."""

    severity = "warning"
    databases = ("postgresql",)
    of_shipped = False

    def notes(self, context: Context) -> Iterator[Note]:
        """The keys that ``upgrade()`` makes: place, table, columns."""
        for operation in context.upgrade:
            table = operation.table_name if isinstance(operation, ops.TableOperation) else None
            if table is None or not operation.site.runs_on("postgresql"):
                continue
            for span, columns in _keys(operation):
                yield (span.start, span.end, table, *columns)

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each table once in a revision, at its first such key."""
        target = next((target for target in project.targets if target.database == "postgresql"), None)
        if target is None or project.stories is None:
            return
        noted = [entry for entry in project.entries if entry.reviewed and entry.notes.get(self.name)]
        if not noted:
            return
        schema = project.stories(target).at_heads()
        for entry in noted:
            found: dict[str, list[tuple[Span, ForeignKey]]] = {}
            for note in entry.notes[self.name]:
                match note:
                    case (int(start), int(end), str(name), *columns):
                        key = _bare(schema, name, tuple(columns))
                        if key is not None:
                            found.setdefault(name, []).append((Span(start, end), key))
                    case _:
                        pass
            for name, keys in found.items():
                # A key that says what deletes do comes first: it is the reason to look.
                keys.sort(key=lambda item: (not _deletes(item[1]), item[0].start))
                span, key = keys[0]
                others = [
                    Related(
                        f"Nor does one begin with {listed(list(map(code, other.columns)))}", at, entry.path
                    )
                    for at, other in keys[1:]
                ]
                more = f" ({len(others)} more like it)" if others else ""
                yield self.finding(
                    span,
                    f"Deleting a row of {code(key.ref_table)} reads all of {code(name)}{project.where([target])}: no index begins with"
                    f" {listed(list(map(code, key.columns)))}{more}. Create one.",
                    path=entry.path,
                    object=f"{name}.{key.columns[0]}",
                    targets=[target],
                    severity=self.severity if _deletes(key) else "information",
                    related=others,
                )


def _keys(operation: ops.Operation) -> Iterator[tuple[Span, tuple[str, ...]]]:
    match operation:
        case ops.CreateTable():
            for column in operation.columns:
                if isinstance(column.name, str):
                    yield from ((key.span, (column.name,)) for key in column.foreign_keys)
            for made in operation.constraints:
                if made.kind == "foreign key":
                    yield from _named(made.span, made)
        case ops.AddColumn() if isinstance(operation.column.name, str):
            for key in operation.column.foreign_keys:
                yield key.span, (operation.column.name,)
        case ops.AddConstraint() if operation.constraint.kind == "foreign key":
            yield from _named(operation.site.name, operation.constraint)
        case _:
            pass


def _named(span: Span, made: ops.ConstraintSpec) -> Iterator[tuple[Span, tuple[str, ...]]]:
    columns = tuple(name for name in made.columns if isinstance(name, str))
    if columns and len(columns) == len(made.columns):
        yield span, columns


def _bare(schema: Schema, name: str, columns: tuple[object, ...]) -> ForeignKey | None:
    """The key over the columns, where the table surely has it and no index that finds its rows."""
    table = schema.table(name)
    if table is None or schema.doubts(table) or table.temporary:
        return None
    key = next((key for key in table.foreign_keys if key.columns == columns), None)
    return key if key is not None and not _begins(table, key.columns) else None


def _begins(table: Table, columns: tuple[str, ...]) -> bool:
    firsts: list[str | None] = [index.columns[0] for index in table.indexes if index.columns]
    firsts += [key.columns[0] for key in table.uniques if key.columns]
    if table.primary_key is not None and table.primary_key.columns:
        firsts.append(table.primary_key.columns[0])
    # An index that cannot be read may be the one.
    return None in firsts or any(first in columns for first in firsts)


def _deletes(key: ForeignKey) -> bool:
    return (key.ondelete or "").upper().partition(" (")[0] in ("CASCADE", "SET NULL", "SET DEFAULT")
