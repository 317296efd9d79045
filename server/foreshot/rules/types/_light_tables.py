"""A mapped class written down as ``sa.table`` with the columns that a revision uses, where its use is simple."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.rules.types._mapped import MappedClass
from foreshot.rules.types._uses import Uses
from foreshot.syntax.changes import Change, PrependToFunction, RemoveStatement, ReplaceStatement, ReplaceText

_WRITES = ("update", "insert", "delete")


def light_table(
    statement: ast.ImportFrom, alias: ast.alias, model: MappedClass, context: Context
) -> list[Change]:
    """The changes; none where a use is not simple, or a column's values are converted by the model."""
    name = alias.asname or alias.name
    table = model.table
    known = context.once(Uses)
    if table is None or not known.is_top(statement):
        return []
    variable = table if table.isidentifier() and not known.is_taken(table) else f"{name.lower()}_table"
    if known.is_taken(variable):
        return []
    prefix, imports = context.sa()
    changes: list[Change] = [*imports, _without(statement, alias, context)]
    by_function: dict[ast.stmt, list[ast.Name]] = {}
    for function, use in known.of(name):
        by_function.setdefault(function, []).append(use)
    for function, uses in by_function.items():
        if not isinstance(function, ast.FunctionDef) or function.name not in context.revision.functions:
            return []
        columns: list[str] = []
        for use in uses:
            found = _replaced(use, known, model, variable, context, columns)
            if found is None:
                return []
            changes.append(found)
        listed = "".join(f', {prefix}.column("{column}")' for column in sorted(dict.fromkeys(columns)))
        made = f'{variable} = {prefix}.table("{table}"{listed})'
        changes.append(PrependToFunction(context.module.span(function), made))
    return changes


def _replaced(
    use: ast.Name,
    known: Uses,
    model: MappedClass,
    variable: str,
    context: Context,
    columns: list[str],
) -> Change | None:
    """One use written with the light table; the columns that it needs are added to ``columns``."""
    outer = known.above(use)
    span = context.module.span(use)
    if isinstance(outer, ast.Attribute):
        column = model.columns.get(outer.attr)
        if column is None or not column.isidentifier():
            return None
        columns.append(column)
        return ReplaceText(context.module.span(outer), f"{variable}.c.{column}")
    if not isinstance(outer, ast.Call) or outer.args[:1] != [use] or _last(outer.func) not in _WRITES:
        return None
    for written in _written(outer, known):
        if written is None or written not in model.columns.values():
            return None
        columns.append(written)
    return ReplaceText(span, variable)


def _written(call: ast.Call, known: Uses) -> Iterator[str | None]:
    """The columns that ``update(...).where(...).values(...)`` writes; None for what cannot be told."""
    node: ast.AST = call
    while isinstance(attribute := known.above(node), ast.Attribute):
        node = known.above(attribute) or attribute
        if not isinstance(node, ast.Call):
            yield None
            return
        if attribute.attr == "values":
            yield from (keyword.arg for keyword in node.keywords)
            for argument in node.args:
                keys = argument.keys if isinstance(argument, ast.Dict) else [None]
                for key in keys:
                    value = key.value if isinstance(key, ast.Constant) else None
                    yield value if isinstance(value, str) else None


def _without(statement: ast.ImportFrom, alias: ast.alias, context: Context) -> Change:
    span = context.module.span(statement)
    if len(statement.names) == 1:
        return RemoveStatement(span)
    names = ", ".join(
        ast.unparse(ast.alias(item.name, item.asname)) for item in statement.names if item is not alias
    )
    return ReplaceStatement(span, f"from {'.' * statement.level}{statement.module or ''} import {names}")


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
