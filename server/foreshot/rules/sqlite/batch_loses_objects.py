"""A batch block makes the table anew, and what Alembic does not read back of the old one is gone: triggers, checks without a name, indexes on expressions.

SQLite can change little of a table in place. Alembic makes a new table from what it has reflected, copies the rows and drops the old one, and with it everything that
reflection has not seen. The upgrade succeeds, and nothing says so: from then on the trigger does not run, and the check keeps nothing out. A check with a name and an index on plain columns come back.

Make it again behind the block, in both directions. Nothing is said where that is done, nor of a block that needs no new table (`ADD COLUMN`, indexes).

```python setup
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.String(80)), sa.CheckConstraint("length(email) > 2"))
    op.execute("CREATE INDEX ix_users_lower ON users (lower(email))")
    op.execute("CREATE TRIGGER users_seen AFTER INSERT ON users BEGIN UPDATE users SET email = lower(email) WHERE id = new.id; END")
    op.create_table("posts", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("text", sa.Text()), sa.CheckConstraint("text <> ''", name="ck"))
    op.create_index("ix_posts_text", "posts", ["text"])
```
```python bad dialect=sqlite
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        #|  recreates `users` without its index `ix_users_lower` and a check without a name (1 more)
        batch_op.alter_column("email", existing_type=sa.String(80), nullable=False)
```
```python bad dialect=sqlite
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        #|  recreates `users` without its index `ix_users_lower` and a check without a name, which
        batch_op.alter_column("email", existing_type=sa.String(80), nullable=False)
    op.execute("CREATE TRIGGER users_seen AFTER INSERT ON users BEGIN UPDATE users SET email = upper(email) WHERE id = new.id; END")
```
```python good dialect=sqlite
def upgrade():
    with op.batch_alter_table("posts") as batch_op:
        batch_op.alter_column("text", existing_type=sa.Text(), nullable=False)
    with op.batch_alter_table("users") as batch_op:
        batch_op.add_column(sa.Column("nick", sa.String(20)))
```
```python good dialect=sqlite
def upgrade():
    op.execute("DROP TRIGGER users_seen")
    with op.batch_alter_table("users") as batch_op:
        batch_op.create_check_constraint("ck_users_email", "length(email) > 2")
    op.execute("CREATE INDEX ix_users_lower ON users (lower(email))")
```
```python good dialect=postgresql
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.alter_column("email", existing_type=sa.String(80), nullable=False)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.anew import condition_of, unreflected
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import RevisionRule
from foreshot.lint.states import State, states, states_after
from foreshot.lint.words import code
from foreshot.migration import operations as ops


class BatchLosesObjects(RevisionRule):
    """A table is made anew on SQLite without what cannot be reflected."""

    severity = "warning"
    databases = ("sqlite",)

    def check(self, context: Context) -> Iterator[Finding]:
        """Each batch block, once."""
        for operations in (context.upgrade, context.downgrade):
            blocks: dict[int, list[ops.TableOperation]] = {}
            for operation in operations:
                batch = operation.site.batch
                if batch is not None and isinstance(operation, ops.TableOperation):
                    blocks.setdefault(batch.call.start, []).append(operation)
            for block in blocks.values():
                yield from self._block(block, operations[-1], context)

    def _block(
        self, block: list[ops.TableOperation], last: ops.Operation, context: Context
    ) -> Iterator[Finding]:
        first, batch = block[0], block[0].site.batch
        table = first.table_name
        if batch is None or table is None or first.site.conditional:
            return
        dropped = {("index", getattr(one, "name", None)) for one in block}
        for before, after, end in zip(
            states(first, context, self.databases),
            states_after(block[-1], context, self.databases),
            states_after(last, context, self.databases),
            strict=False,
        ):
            if after.known_table(table) is None or end.known_table(table) is None:
                continue
            kept = {*unreflected(after, table), *unreflected(end, table), *dropped, *_there(end, table)}
            lost = [words for key, words in unreflected(before, table).items() if key not in kept]
            if lost:
                yield self.finding(
                    batch.call,
                    f"The batch block recreates {code(table)}{context.where([before.target])} without {_and(lost)},"
                    " which Alembic does not see. Recreate it afterwards.",
                    operation=first,
                    object=table,
                    targets=[before.target],
                )


def _there(state: State, table: str) -> Iterator[object]:
    """What may stand in for what was lost: an index of the name, a check that says the same."""
    known = state.table(table)
    if known is not None:
        yield from (("index", item.name) for item in known.indexes)
        yield from (("check", condition_of(item)) for item in known.checks)


def _and(lost: list[str]) -> str:
    """The first of them, in words."""
    more = len(lost) - 2
    return " and ".join(lost[:2]) + (f" ({more} more)" if more > 0 else "")
