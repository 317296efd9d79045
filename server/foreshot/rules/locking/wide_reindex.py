"""A whole index, view or table is built anew, or a partition detached, while others wait.

What each does on PostgreSQL, and what there is instead:

- `REFRESH MATERIALIZED VIEW` takes ACCESS EXCLUSIVE on the view: nobody reads it until it is filled again. `CONCURRENTLY`
  lets readers through; it needs a unique index over whole columns of the view (55000 without).
- `REINDEX` blocks every write to the table, and every query that would use the index. `REINDEX … CONCURRENTLY` blocks
  nobody; it cannot run inside a transaction, and where it fails it leaves an invalid index `…_ccnew` to be dropped. So it is
  better run by hand.
- `DETACH PARTITION` takes ACCESS EXCLUSIVE on the partitioned table: for a moment, but it waits for every transaction
  that uses the table, and everybody else waits behind it. From PostgreSQL 14 on there is `DETACH PARTITION … CONCURRENTLY`,
  outside of a transaction too; it leaves a check with the partition's bounds on the detached table, and where it fails,
  a partition that only `DETACH PARTITION … FINALIZE` takes off.
- `CLUSTER` and `VACUUM FULL` write the whole table anew under ACCESS EXCLUSIVE. They have no concurrent form; extensions
  such as pg_repack do the same work beside the running application.

It does not matter for what the same revision created, nor for `REFRESH … WITH NO DATA`, which fills nothing.

```python bad
def upgrade():
    op.create_index("ix_totals_user_id", "totals", ["user_id"], unique=True)
    op.execute("REFRESH MATERIALIZED VIEW totals")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks reads of `totals`
```
```python fixed
def upgrade():
    op.create_index("ix_totals_user_id", "totals", ["user_id"], unique=True)
    op.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY totals")
```
```python bad
def upgrade():
    op.execute("reindex index ix_orders_user_id")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks writes to the table of `ix_orders_user_id`
```
```python bad version=15
def upgrade():
    op.execute("ALTER TABLE events DETACH PARTITION events_2024")
#                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ every query queues behind it
```
```python bad
def upgrade():
    op.execute("CLUSTER orders USING orders_pkey")
#               ^^^^^^^^^^^^^^ blocks reads and writes of `orders`
```
```python good
def upgrade():
    op.execute("CREATE MATERIALIZED VIEW totals AS SELECT 1 AS total WITH NO DATA")
    op.execute("REFRESH MATERIALIZED VIEW totals")
```
```python good
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("REINDEX INDEX CONCURRENTLY ix_orders_user_id")
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from foreshot.knowledge import effects_of
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import CreateIndex, Execute, Maintenance
from foreshot.rules.locking import _waiting as waiting
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span

_LOOKED_AT = ("refresh materialized view", "reindex", "detach partition", "cluster", "vacuum full")


class WideReindex(OperationRule[Maintenance]):
    """REFRESH MATERIALIZED VIEW, REINDEX, CLUSTER, VACUUM FULL or DETACH PARTITION without its concurrent form."""

    looks_at = (Maintenance,)
    severity = "warning"
    databases = ("postgresql",)
    safety = "unsafe"

    def check(self, operation: Maintenance, context: Context) -> Iterator[Finding]:
        """Whether others wait for it."""
        if operation.what not in _LOOKED_AT or operation.concurrently or _is_made_here(operation, context):
            return
        if operation.what.startswith("refresh") and re.search(
            r"(?i)\bwith\s+no\s+data\b", operation.site.sql or ""
        ):
            return
        found = [
            wait
            for wait in waiting.effects(operation, context, self.databases)
            if wait.effect.blocks != "nothing"
        ]
        if found:
            yield self.finding(
                operation.site.name,
                _message(operation, context, waiting.where(found, context)),
                operation=operation,
                object=operation.table_name,
                targets=waiting.targets(found),
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The concurrent form."""
        operation = finding.operation
        if not isinstance(operation, Maintenance) or operation.what != "refresh materialized view":
            return
        site = operation.site
        concurrent = replace(operation, concurrently=True, site=replace(site, autocommit=True))
        if any(
            effects_of(concurrent, target).always_fails
            for target in context.targets(self.databases, operation)
        ):
            return
        word = _insertion(operation, context)
        if word is not None and not site.repeated and _has_unique_index(operation, context):
            yield Fix("Refresh it concurrently", "unsafe", (word,))


def _has_unique_index(operation: Maintenance, context: Context) -> bool:
    """Whether this revision has made a unique index over whole columns of the view: without one PostgreSQL refuses."""
    return any(
        isinstance(other, CreateIndex)
        and other.index.unique is True
        and other.index.where is None
        and not other.index.expressions
        and other.table_name == operation.table_name
        for other in context.before(operation)
    )


def _message(operation: Maintenance, context: Context, where: str) -> str:
    name = code(operation.table_name) if operation.table_name else None
    match operation.what:
        case "refresh materialized view":
            return (
                f"Refreshing the view blocks reads of {name or 'it'} until it is filled again{where}."
                " Refresh it CONCURRENTLY, which needs a unique index."
            )
        case "reindex":
            of_index = re.search(r"(?i)\bindex\b", context.text(operation.site.name).partition(" ")[2])
            whose = f"the table of {name}" if of_index else name
            return (
                f"Reindexing blocks writes to {whose or 'its table'}, and every query that would"
                f" use the index{where}. Use REINDEX … CONCURRENTLY."
            )
        case "detach partition":
            return (
                f"Detaching the partition waits for every transaction on {name or 'the table'}, and every query"
                f" queues behind it{where}. From PostgreSQL 14 on, detach it CONCURRENTLY."
            )
        case _:
            return (
                f"{operation.what.upper()} rewrites the table and blocks reads and writes of"
                f" {name or 'each table'} meanwhile{where}. Run it while nobody uses"
                " the table."
            )


def _is_made_here(operation: Maintenance, context: Context) -> bool:
    """Whether the table, view or index was created earlier in this revision."""
    if context.is_new(operation):
        return True
    view = rf"(?i)\bmaterialized\s+view\s+(?:if\s+not\s+exists\s+)?(?:[\w\"]+\.)?\"?{re.escape(str(operation.table))}\b"
    for other in context.before(operation):
        if (
            isinstance(other, CreateIndex)
            and operation.what == "reindex"
            and other.index.name == operation.table
        ):
            return True
        if isinstance(other, Execute) and other.verb.upper().endswith("MATERIALIZED VIEW"):
            created = not other.verb.upper().startswith(("DROP", "ALTER")) and re.search(
                view, other.site.sql or ""
            )
            if created:
                return True
    return False


def _insertion(operation: Maintenance, context: Context) -> ReplaceText | None:
    """CONCURRENTLY in its place in the SQL, in the letters that the SQL is written in."""
    site = operation.site
    words = context.text(site.name)
    word = "concurrently" if words.islower() else "CONCURRENTLY"
    at = site.args.get("table")
    if at is None or not re.fullmatch(r"[\w.\"]+", context.text(at)) or not words.endswith(context.text(at)):
        return None
    return ReplaceText(Span(at.start, at.start), f"{word} ")
