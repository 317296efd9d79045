"""The arguments of Alembic's operations by name, however they were passed."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from foreshot.migration.alembic_api import batch_operations, operations
from foreshot.migration.columns import maybe_bool, maybe_name, maybe_str
from foreshot.syntax.values import CallValue, Maybe, Unknown, Value
from foreshot.text import Span

BATCH_LACKS = {"table_name", "source_table"}
"""Parameters that a batch block gives."""
# What older Alembic releases called a parameter.
_FORMER_NAMES = {
    "name": "constraint_name",
    "tablename": "table_name",
    "source": "source_table",
    "referent": "referent_table",
    "local_columns": "local_cols",
    "type": "type_",
}


class Arguments(Struct, frozen=True):
    """The arguments of one call by parameter name."""

    values: Mapping[str, Value]
    spans: Mapping[str, Span]
    extra: tuple[Value, ...]
    """Positional arguments beyond the named ones."""
    call: CallValue
    positional: tuple[str, ...] = ()
    """The parameters that may be passed by position."""

    def get(self, name: str) -> Value:
        """The argument's value; None when it was not given; Unknown when ``*args`` or ``**kwargs`` may hold it."""
        if name in self.values:
            return self.values[name]
        if self.call.open_ended and (name in self.positional or not self.call.starred):
            return Unknown("the call takes `*` or `**` arguments that are not known", self.call.span)
        return None

    def span(self, name: str) -> Span:
        """Where the argument stands, or the call."""
        return self.spans.get(name, self.call.span)

    def given(self, name: str) -> bool:
        """Whether the argument was passed, if only as ``None``."""
        return name in self.values

    def text(self, name: str) -> Maybe[str]:
        """A string argument."""
        return maybe_str(self.get(name), self.span(name))

    def name(self, name: str) -> Maybe[str] | None:
        """A string argument that may be None."""
        return maybe_name(self.get(name), self.span(name))

    def flag(self, name: str) -> bool:
        """Whether a flag is known to be set."""
        return self.values.get(name) is True

    def truth(self, name: str) -> Maybe[bool]:
        """A flag that may be unknown."""
        value = self.get(name)
        return False if value is None else maybe_bool(value, self.span(name))


def bind_arguments(name: str, call: CallValue, *, batch: bool) -> Arguments:
    """Arguments by name, whether they were passed by position or by keyword."""
    method = (batch_operations() if batch else operations()).get(name) or operations().get(name)
    parameters = method.positional if method is not None else ()
    values: dict[str, Value] = {}
    spans: dict[str, Span] = {}
    for parameter, value, span in zip(parameters, call.args, call.arg_spans, strict=False):
        values[parameter] = value
        spans[parameter] = span
    for key, value in call.keywords.items():
        parameter = _FORMER_NAMES.get(key, key) if key not in parameters and name != "create_table" else key
        values[parameter] = value
        if key in call.keyword_value_spans:
            spans[parameter] = call.keyword_value_spans[key]
    return Arguments(values, spans, call.args[len(parameters) :], call, tuple(parameters))
