"""One revision file: its header, and what its two functions do."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from foreshot.migration.operations import Direction, Operation
from foreshot.migration.revision_parts import FunctionSpec, RevisionHeader
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.module import Module


class Revision(Struct, frozen=True):
    """Everything that was read from one revision file."""

    header: RevisionHeader
    module: Module
    scope: Scope
    """The module's names."""
    operations: tuple[Operation, ...]
    """In the order in which they run, ``upgrade`` before ``downgrade``."""
    functions: Mapping[str, FunctionSpec]
    reaches_out: bool = False
    """Something in it stands in another file, or is an option of env.py: not for those who look at places."""

    def of(self, direction: Direction) -> tuple[Operation, ...]:
        """The operations of one direction."""
        return tuple(operation for operation in self.operations if operation.site.function == direction)
