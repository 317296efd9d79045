"""The naming convention is put before a name that has it already: `ck_orders_ck_orders_status`.

A convention with `%(constraint_name)s`, as checks have it, makes a full name out of a short one. A constraint that is written with
its full name gets the prefix twice. Raw SQL, another tool, or a `drop_constraint` with `op.f` then asks for the name as it was written,
and it does not exist.

Write the short name, or `op.f("…")`, which leaves the name as it is. In a migration that has run, the doubled name is what the
database has: rename the constraint in a new one.

```python env.py
from alembic import context
import sqlalchemy as sa

target_metadata = sa.MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"})
context.configure(target_metadata=target_metadata)
```
```python bad
def upgrade():
    op.create_check_constraint("ck_orders_total", "orders", "total > 0")
    #                          ^^^^^^^^^^^^^^^^^ calls it `ck_orders_ck_orders_total`
```
```python fixed
def upgrade():
    op.create_check_constraint(op.f("ck_orders_total"), "orders", "total > 0")
```
```python good
def upgrade():
    op.create_check_constraint("total", "orders", "total > 0")
    op.create_check_constraint(op.f("ck_orders_amount"), "orders", "amount > 0")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration import operations as ops
from foreshot.schema.names import by_convention
from foreshot.schema.state import Target
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span

_KINDS = {"check": "ck", "unique": "uq", "foreign key": "fk", "primary key": "pk"}


class DoubledName(OperationRule[ops.TableOperation]):
    """A written name goes through the convention once more."""

    looks_at = (ops.CreateTable, ops.AddConstraint)
    severity = "warning"
    safety = "unsafe"

    def check(self, operation: ops.TableOperation, context: Context) -> Iterator[Finding]:
        """Each constraint whose written name already begins as the convention begins."""
        if operation.site.sql or not isinstance(operation.table, str):
            return
        story = next(filter(None, map(context.story, context.targets(operation=operation))), None)
        if story is None or not story.target.conventions:
            return
        target = story.target
        for constraint, at in _constraints(operation, context):
            name = constraint.name
            if not isinstance(name, str) or context.text(at)[:1] not in ("'", '"'):
                continue
            made = _made(target, operation.table, constraint, name)
            prefix = _made(target, operation.table, constraint, "\0")
            if (
                made is None
                or prefix is None
                or not name.startswith(prefix.partition("\0")[0])
                or prefix.startswith("\0")
            ):
                continue
            yield self.finding(
                at,
                f"The naming convention prefixes this name once more: the database calls it {code(made)}."
                " Use `op.f(…)`, or the short name.",
                operation=operation,
                object=name,
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The written name as it is."""
        operation = finding.operation
        if operation is None or operation.site.repeated:
            return
        text = context.text(finding.span)
        yield Fix(
            f"Keep the name {code(finding.object)} with `{context.op}.f`",
            "unsafe",
            (ReplaceText(finding.span, f"{context.op}.f({text})"), *context.op_import),
        )


def _constraints(
    operation: ops.TableOperation, context: Context
) -> Iterator[tuple[ops.ConstraintSpec, Span]]:
    """The constraints of an operation, each with the place of its name."""
    if isinstance(operation, ops.AddConstraint):
        at = operation.site.args.get("constraint_name")
        if at is not None:
            yield operation.constraint, at
    elif isinstance(operation, ops.CreateTable):
        for constraint in operation.constraints:
            if isinstance(constraint.name, str) and (at := _name_in(context, constraint)) is not None:
                yield constraint, at


def _name_in(context: Context, constraint: ops.ConstraintSpec) -> Span | None:
    """Where the name of a constraint of a table stands in its source."""
    text = context.text(constraint.span)
    for quote in "\"'":
        at = text.find(f"{quote}{constraint.name}{quote}")
        # A name in `op.f(…)` is one that the convention leaves alone.
        if at >= 0 and not text[:at].rstrip().endswith("("):
            start = constraint.span.start + at
            return Span(start, start + len(str(constraint.name)) + 2)
    return None


def _made(target: Target, table: str, constraint: ops.ConstraintSpec, name: str) -> str | None:
    kind = _KINDS.get(constraint.kind)
    if kind is None or "%(constraint_name)s" not in dict(target.conventions).get(kind, ""):
        return None
    columns = [column for column in constraint.columns if isinstance(column, str)]
    return by_convention(target, kind, table, columns, name=name)
