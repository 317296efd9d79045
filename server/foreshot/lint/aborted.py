"""A handler that takes an error which PostgreSQL does not forget: the transaction is aborted, and the next statement fails."""

from __future__ import annotations

import re
from typing import Final

from foreshot.lint.context import Context
from foreshot.migration.operations import Operation

_LEAVES: Final = re.compile(r"(?i)begin_nested|savepoint|rollback|autocommit|isolation_level")
"""What may keep the transaction, leave it, or do without one."""


def is_survived(operation: Operation, context: Context) -> bool:
    """Whether a handler around the operation takes its error, and the migration can go on.

    In a transaction of PostgreSQL it cannot (25P02), and at least Alembic's own statement comes after it.
    """
    return context.is_forgiven(operation) and not _aborts(operation, context)


def although_caught(operation: Operation, context: Context) -> str:
    """A sentence for an error that is caught in vain; empty elsewhere."""
    in_vain = context.is_forgiven(operation) and _aborts(operation, context)
    return " PostgreSQL aborts the transaction, even if the error is caught." if in_vain else ""


def _aborts(operation: Operation, context: Context) -> bool:
    targets = context.targets((), operation)
    sources = (context.module.source, context.surroundings.env_source)
    return (
        bool(targets)
        and all(target.database == "postgresql" for target in targets)
        and not any(source is not None and _LEAVES.search(source.content) for source in sources)
    )
