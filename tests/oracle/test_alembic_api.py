"""What Foreshot says that Alembic offers is what the installed Alembic declares."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

import pytest
from alembic.operations import BatchOperations, Operations
from alembic.runtime.environment import EnvironmentContext

from foreshot.migration.alembic_api import Method, batch_operations, configure, operations

KINDS = {
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional",
    inspect.Parameter.VAR_POSITIONAL: "rest",
    inspect.Parameter.KEYWORD_ONLY: "keyword",
    inspect.Parameter.VAR_KEYWORD: "keywords",
}
# Registering operations is for plugins, and what belongs to the proxy itself for Alembic.
INTERNAL = {"context", "create_module_class_proxy", "implementation_for", "register_operation"}


def _declared(function: object) -> list[tuple[str, str, str]]:
    assert callable(function)
    parameters = [one for one in inspect.signature(function).parameters.values() if one.name != "self"]
    return [
        (one.name, KINDS[one.kind], "" if one.default is one.empty else _source(one.default))
        for one in parameters
    ]


def _source(default: object) -> str:
    return "{}" if isinstance(default, Mapping) else repr(default)


def _ours(method: Method) -> list[tuple[str, str, str]]:
    return [(one.name, one.kind, one.default) for one in method.parameters]


@pytest.mark.parametrize(
    ("owner", "table", "lacks"),
    [(Operations, operations(), set[str]()), (BatchOperations, batch_operations(), {"batch_alter_table"})],
    ids=["op", "batch"],
)
def test_operations(owner: type, table: Mapping[str, Method], lacks: set[str]) -> None:
    public = {name for name, value in inspect.getmembers(owner, callable) if not name.startswith("_")}
    public = {name for name in public if inspect.isfunction(getattr(owner, name))}
    assert set(table) == public - INTERNAL - lacks
    for name, method in table.items():
        assert _ours(method) == _declared(getattr(owner, name)), name


def test_configure() -> None:
    assert _ours(configure()) == _declared(EnvironmentContext.configure)


def test_labels_read_as_python() -> None:
    for method in (*operations().values(), *batch_operations().values(), configure()):
        shown = inspect.Signature.from_callable(eval(f"lambda {method.label.partition('(')[2][:-1]}: None"))  # noqa: S307
        assert len(shown.parameters) == len(method.parameters)
