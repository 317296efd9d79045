"""A whole index, view or table is built anew, or a partition detached, while others wait.

What each does on PostgreSQL, and what there is instead:

- `REFRESH MATERIALIZED VIEW` takes ACCESS EXCLUSIVE on the view: nobody reads it until it is filled again. `CONCURRENTLY`
  lets readers through; it needs a unique index over whole columns of the view (55000 without).
- `REINDEX` blocks every write to the table, and every query that would use the index. `REINDEX … CONCURRENTLY` blocks
  nobody; it cannot run inside a transaction, so it stands in an autocommit block.
- `DETACH PARTITION` takes ACCESS EXCLUSIVE on the partitioned table: for a moment, but it waits for every transaction
  that uses the table, and everybody else waits behind it. From PostgreSQL 14 on there is `DETACH PARTITION … CONCURRENTLY`,
  outside of a transaction too; it leaves a check with the partition's bounds on the detached table.
- `CLUSTER` and `VACUUM FULL` write the whole table anew under ACCESS EXCLUSIVE. They have no concurrent form; extensions
  such as pg_repack do the same work beside the running application.

It does not matter for what the same revision created, nor for `REFRESH … WITH NO DATA`, which fills nothing.

```python bad
def upgrade():
    op.execute("REFRESH MATERIALIZED VIEW totals")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks every read of `totals`
```
```python fixed
def upgrade():
    op.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY totals")
```
```python bad
def upgrade():
    op.execute("reindex index ix_orders_user_id")
#               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ blocks every write to the table of `ix_orders_user_id`
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("reindex index concurrently ix_orders_user_id")
```
```python bad version=15
def upgrade():
    op.execute("ALTER TABLE events DETACH PARTITION events_2024")
#                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ every read and write of `events` waits behind it
```
```python fixed
def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY")
```
```python bad
def upgrade():
    op.execute("CLUSTER orders USING orders_pkey")
#               ^^^^^^^^^^^^^^ blocks every read and write of `orders`
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
from foreshot.rules.locking import _placing as placing
from foreshot.rules.locking import _waiting as waiting
from foreshot.syntax.changes import Change, ReplaceText, WrapStatements
from foreshot.text import Span

_CONCURRENT = ("refresh materialized view", "reindex", "detach partition")
_LOOKED_AT = (*_CONCURRENT, "cluster", "vacuum full")


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
                _message(operation, context, waiting.where(found)),
                operation=operation,
                object=operation.table_name,
                targets=waiting.targets(found),
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """The concurrent form."""
        operation = finding.operation
        if not isinstance(operation, Maintenance) or operation.what not in _CONCURRENT:
            return
        site = operation.site
        concurrent = replace(operation, concurrently=True, site=replace(site, autocommit=True))
        if any(
            effects_of(concurrent, target).always_fails
            for target in context.targets(self.databases, operation)
        ):
            return
        word = _insertion(operation, context)
        if word is None or site.repeated:
            return
        changes: list[Change] = [word]
        if operation.what != "refresh materialized view" and not site.autocommit:
            if not placing.is_alone_in_sql(operation, context):
                return
            header = f"with {context.op}.get_context().autocommit_block():"
            changes += [WrapStatements(site.statement, site.statement, header), *context.op_import]
        yield Fix(f"{_VERBS[operation.what]} concurrently", "unsafe", tuple(changes))


_VERBS = {"refresh materialized view": "Refresh it", "reindex": "Reindex", "detach partition": "Detach it"}


def _message(operation: Maintenance, context: Context, where: str) -> str:
    name = code(operation.table_name) if operation.table_name else None
    match operation.what:
        case "refresh materialized view":
            return (
                f"Refreshing the view blocks every read of {name or 'it'} until it is filled again ({where})."
                " Refresh it CONCURRENTLY, for which it needs a unique index."
            )
        case "reindex":
            of_index = re.search(r"(?i)\bindex\b", context.text(operation.site.name).partition(" ")[2])
            whose = f"the table of {name}" if of_index else name
            return (
                f"Building the index anew blocks every write to {whose or 'its table'}, and every query that would"
                f" use the index ({where}). Use REINDEX … CONCURRENTLY, in an autocommit block."
            )
        case "detach partition":
            return (
                f"Detaching the partition waits for every transaction on {name or 'the table'}, and every read and"
                f" write of {name or 'it'} waits behind it ({where}). From PostgreSQL 14 on, detach it CONCURRENTLY,"
                " in an autocommit block."
            )
        case _:
            return (
                f"{operation.what.upper()} rewrites the whole table, and blocks every read and write of"
                f" {name or 'each table'} meanwhile ({where}). It has no concurrent form: run it while nobody uses"
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
    if operation.what == "detach partition":
        end = site.name.end
        return (
            ReplaceText(Span(end, end), f" {word}")
            if re.fullmatch(r"(?i)detach partition [\w.\"]+", words)
            else None
        )
    at = site.args.get("table")
    if at is None or not re.fullmatch(r"[\w.\"]+", context.text(at)) or not words.endswith(context.text(at)):
        return None
    return ReplaceText(Span(at.start, at.start), f"{word} ")
