"""Which classes of the workspace are mapped to tables, and what their columns are."""

from __future__ import annotations

import ast

from msgspec import Struct

from foreshot.project.modules import Modules
from foreshot.syntax.module import assigned

_COLUMNS = ("Column", "mapped_column")
_MAPPED = (*_COLUMNS, "relationship", "column_property", "synonym", "deferred", "association_proxy")
_ASKING = frozenset({"query", "session", "execute", "select", "scalar", "scalars"})
_SIMPLE = frozenset(
    {
        "BigInteger",
        "Boolean",
        "Date",
        "DateTime",
        "Float",
        "Integer",
        "Numeric",
        "SmallInteger",
        "String",
        "Text",
        "Time",
        "Unicode",
        "UnicodeText",
    }
)


class MappedClass(Struct, frozen=True):
    """A mapped class as its module writes it."""

    dotted: str
    table: str | None
    """Its table's name; None when it is not a literal."""
    columns: dict[str, str]
    """Column names by attribute, of columns whose values need no conversion."""
    plain: frozenset[str]
    """Attributes that have nothing to do with the table: constants, nested classes, static methods."""


def mapped_class(dotted: str, modules: Modules) -> MappedClass | None:
    """The mapped class that a dotted path leads to; None when it is another class, or none that can be found."""
    definition = modules.definition(dotted)
    module = modules.module(definition.dotted.rpartition(".")[0]) if definition is not None else None
    if definition is None or module is None:
        return None
    name = definition.dotted.rpartition(".")[2]
    node = next(
        (item for item in module.tree.body if isinstance(item, ast.ClassDef) and item.name == name), None
    )
    if node is None or not _is_mapped(node):
        return None
    values = dict(assigned(node.body))
    table = values.get("__tablename__")
    schema = any(
        "schema" in module.text(module.span(value))
        for key, value in values.items()
        if key == "__table_args__"
    )
    columns: dict[str, str] = {}
    plain: set[str] = set()
    for key, value in values.items():
        if _called(value) in _COLUMNS:
            column = _column(key, value)
            if column is not None:
                columns[key] = column
        elif isinstance(value, ast.Constant | ast.Tuple | ast.List | ast.Dict | ast.Set):
            plain.add(key)
    plain.update(name for item in node.body if (name := _apart(item)))
    literal = table.value if isinstance(table, ast.Constant) and isinstance(table.value, str) else None
    return MappedClass(definition.dotted, None if schema else literal, columns, frozenset(plain))


def _apart(item: ast.stmt) -> str:
    """The name of a nested class, or of a method of the class itself that asks no database; empty for anything else."""
    if isinstance(item, ast.ClassDef):
        return item.name
    if not isinstance(item, ast.FunctionDef):
        return ""
    marks = {mark.id for mark in item.decorator_list if isinstance(mark, ast.Name)}
    words = {_last(node) for node in ast.walk(item) if isinstance(node, ast.Name | ast.Attribute)}
    return item.name if marks & {"staticmethod", "classmethod"} and not words & _ASKING else ""


def _is_mapped(node: ast.ClassDef) -> bool:
    values = dict(assigned(node.body))
    abstract = values.get("__abstract__")
    if isinstance(abstract, ast.Constant) and abstract.value is True:
        return False
    if not node.bases:
        return False
    if "__tablename__" in values or "__table__" in values:
        return True
    tables = [keyword.value for keyword in node.keywords if keyword.arg == "table"]
    if any(isinstance(value, ast.Constant) and value.value is True for value in tables):
        return True
    # Flask-SQLAlchemy names tables by itself.
    is_model = any(isinstance(base, ast.Attribute) and base.attr == "Model" for base in node.bases)
    return is_model and any(_called(value) in _MAPPED for value in values.values())


def _column(attribute: str, node: ast.expr) -> str | None:
    """The name of a column whose type is simple; None for any other."""
    if not isinstance(node, ast.Call):
        return None
    rest = list(node.args)
    name = attribute
    match rest[:1]:
        case [ast.Constant(value=str(written))]:
            name, rest = written, rest[1:]
        case _:
            pass
    if not rest:
        return None
    kind = rest[0].func if isinstance(rest[0], ast.Call) else rest[0]
    return name if _last(kind) in _SIMPLE else None


def _called(node: ast.expr) -> str:
    return _last(node.func) if isinstance(node, ast.Call) else ""


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
