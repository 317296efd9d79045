"""An operation of Alembic is given what it does not take: the migration fails, or the argument does nothing.

`op.drop_column("chat", sa.Column("rating", …))` is refused, because it wants the column's name. `op.add_column("users", None)`, which autogenerate writes when a `render_item`
hook has no answer, stops with an AttributeError. A keyword that an operation does not have is a TypeError; but `alter_column` takes any, for the sake of databases' own options, so that
`alter_column("users", "spam", default=80.0)` runs and changes nothing: the database's default is `server_default`. Checked against the signatures of Alembic 1.16 to 1.20; parameters that came later
than the newest release that the project allows are reported, too.

Options of a database (`postgresql_using`, `mysql_engine`, `mssql_drop_default`…) are not reported, nor is a call with `*args` or `**kwargs`.

```python bad
def upgrade():
    op.drop_column("chat", sa.Column("rating", sa.Integer()))
#                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ takes the column's name
```
```python fixed
def upgrade():
    op.drop_column("chat", "rating")
```
```python bad
def upgrade():
    op.alter_column("users", "spam", default=80.0)
#                                    ^^^^^^^^^^^^ changes nothing
```
```python fixed
def upgrade():
    op.alter_column("users", "spam", server_default=sa.text("80.0"))
```
```python bad
def upgrade():
    op.alter_column("users", "email", nullable=True, exsisting_type=sa.String(50))
#                                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ changes nothing
```
```python fixed
def upgrade():
    op.alter_column("users", "email", nullable=True, existing_type=sa.String(50))
```
```python bad
def upgrade():
    op.add_column("users", "plan", sa.String(20))
    #|                             fails
    op.add_column("users", None)
#                          ^^^^ fails
```
```python bad
def upgrade():
    op.create_index("ix_users_email", "users", "email")
#                                              ^^^^^^^ each letter counts as a column
```
```python fixed
def upgrade():
    op.create_index("ix_users_email", "users", ["email"])
```
```python bad
def upgrade():
    op.create_index("ix_users_email", "users", ["email"], using="hash")
#                                                         ^^^^^^^^^^^^ `create_index` has no `using`
```
```python fixed
def upgrade():
    op.create_index("ix_users_email", "users", ["email"], postgresql_using="hash")
```
```python good
def upgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.create_index("ix_users_email", ["email"], unique=False)
        batch_op.drop_index("ix_users_name", if_exists=True)
```
```python bad
def upgrade():
    op.bulk_insert("users", [{"email": "a@example.org"}])
#                  ^^^^^^^ fails
```
```python bad
def upgrade():
    op.create_foreign_key("fk_lines_orders", "lines", "orders", ["shop_no", "order_no"], ["no"])
#   ^^^^^^^^^^^^^^^^^^^^^ 2 of its own columns, and 1
    op.create_table("a", sa.Column("b", sa.Integer()), sa.ForeignKeyConstraint(["b"], ["c.id", "c.no"]))
    #                                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 1 of its own columns, and 2
```
MySQL and MariaDB have no DROP CONSTRAINT for every kind, and Alembic wants to be told which it is:

```python bad dialect=mysql
def upgrade():
    op.drop_constraint("fk_orders_user_id", "orders")
#   ^^^^^^^^^^^^^^^^^^ Pass `type_`
```
```python good dialect=mysql
def upgrade():
    op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")
```
```python good
def upgrade():
    op.drop_constraint("fk_orders_user_id", "orders")
```
```python good
def upgrade():
    op.add_column("users", sa.Column("plan", sa.String(20), default="free"))
    op.alter_column("users", "age", type_=sa.Integer(), postgresql_using="age::integer")


def downgrade():
    op.drop_column("users", "plan", mssql_drop_default=True)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import cast

from msgspec import Struct

from foreshot.lint import writing
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import RevisionRule
from foreshot.lint.words import code
from foreshot.migration.alembic_api import SINCE, Method, batch_operations, operations
from foreshot.migration.operations import AddConstraint, DropConstraint
from foreshot.rules.operations._calls import operation_calls, unequal_keys
from foreshot.syntax.changes import ReplaceText
from foreshot.text import Span

_DIALECTS = (
    "postgresql_",
    "mysql_",
    "mariadb_",
    "sqlite_",
    "mssql_",
    "oracle_",
    "snowflake_",
    "cockroachdb_",
    "starrocks_",
)
_FORMER = frozenset({"name", "source", "referent", "tablename", "local_columns", "old_table", "new_table"})
"""Names of parameters before Alembic 1.0."""
_LATER = frozenset(name for _, name in SINCE)
_ALTER = frozenset({"autoincrement", "existing_autoincrement", "name", "identity", "computed"})
"""What ``alter_column`` reads out of its ``**kw``; ``name`` was ``new_column_name`` before Alembic 0.7."""


_COLUMNS = ("columns", "local_cols", "remote_cols")
_OPEN = {
    "create_index": ("quote", "info"),
    "drop_index": ("quote", "info"),
    "create_unique_constraint": ("deferrable", "initially", "info", "comment"),
    "create_check_constraint": ("deferrable", "initially", "info", "comment"),
}
"""What SQLAlchemy's construct takes of ``**kw``, besides a database's own: it refuses a name without an underscore."""
_POSTGRESQL = ("concurrently", "using", "where", "include", "ops", "not_valid", "nulls_not_distinct")


class _Wrong(Struct, frozen=True):
    at: Span
    message: str
    replacement: tuple[Span, str] | None = None
    silent: bool = False
    """It runs, and the argument does nothing."""


class WrongArgument(RevisionRule):
    """An argument that Alembic's operation refuses or overlooks."""

    severity = "error"
    safety = "unsafe"
    fails_outright = True

    def check(self, context: Context) -> Iterator[Finding]:
        """What is wrong with each call."""
        known = operations(), batch_operations()
        for name, call, in_batch in operation_calls(context):
            method = known[in_batch].get(name)
            if method is None:
                continue
            for wrong in _wrong(method, call, context, in_batch=in_batch):
                yield self.finding(
                    wrong.at,
                    wrong.message,
                    severity="warning" if wrong.silent else None,
                    state=wrong.replacement,
                )

        for operation in (*context.upgrade, *context.downgrade):
            if isinstance(operation, DropConstraint) and not context.is_forgiven(operation):
                yield from self._of_no_kind(operation, context)
            for key in unequal_keys(operation):
                yield self.finding(
                    operation.site.name if isinstance(operation, AddConstraint) else key.span,
                    f"This fails with an ArgumentError: the key has {len(key.columns)} of its own columns, and {len(key.ref_columns)} that it refers to.",
                    operation=operation,
                )

    def _of_no_kind(self, operation: DropConstraint, context: Context) -> Iterator[Finding]:
        """A constraint that MySQL cannot drop, because nobody says what it is."""
        site = operation.site
        if operation.constraint_kind != "unknown" or site.sql is not None or "type_" in site.args:
            return
        if site.conditional or not isinstance(operation.name, str) or not context.targets_known:
            return
        targets = context.targets(("mysql", "mariadb"), operation)
        if targets:
            yield self.finding(
                site.name,
                f"This fails{context.where(targets)}: Alembic must know what {code(operation.name)} is. Pass `type_`, such as"
                ' `type_="foreignkey"`.',
                operation=operation,
                object=operation.name,
                targets=targets,
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """What is likely to be meant."""
        state = finding.state
        if not isinstance(state, tuple):
            return
        span, text = cast("tuple[object, object]", state)
        if isinstance(span, Span) and isinstance(text, str):
            sa, imports = context.sa() if "{sa}" in text else ("", ())
            text = text.replace("{sa}", sa)
            yield Fix(f"Write {code(text)}", "unsafe", (ReplaceText(span, text), *imports))


def _wrong(method: Method, call: ast.Call, context: Context, *, in_batch: bool) -> Iterator[_Wrong]:
    if any(isinstance(item, ast.Starred) for item in call.args) or any(
        item.arg is None for item in call.keywords
    ):
        return
    if method.name in ("execute", "run_async", "invoke", "f", "inline_literal"):
        return
    shape = _shape(method.name, in_batch)
    if len(call.args) > len(shape.positional) and not shape.rest:
        yield _Wrong(
            context.module.span(call.args[len(shape.positional)]),
            f"This fails with a TypeError: {code(method.label)} takes {len(shape.positional)} arguments by position.",
        )
        return
    if len(call.args) < len(shape.needed):
        given = {item.arg for item in call.keywords}
        missing = [name for name in shape.needed[len(call.args) :] if name not in given]
        if missing and not given & _FORMER:
            yield _Wrong(
                context.module.span(call.func),
                f"This fails with a TypeError: {code(method.name)} is not given {code(missing[0])}.",
            )
            return
    if any(item.arg not in shape.keywords for item in call.keywords) or _LATER.intersection(
        item.arg for item in call.keywords
    ):
        yield from _keywords(method, call, context)
    if method.name in ("drop_column", "add_column", "bulk_insert"):
        yield from _values(method, call, context, in_batch=in_batch)
    for name in _COLUMNS:
        if name in shape.positional:
            yield from _letters(_argument(call, name, shape.positional.index(name)), name, context)


class _Shape(Struct, frozen=True):
    positional: tuple[str, ...]
    needed: tuple[str, ...]
    keywords: frozenset[str | None]
    rest: bool


@cache
def _shape(name: str, in_batch: bool) -> _Shape:
    """What is asked of each call, worked out once a method."""
    method = (batch_operations() if in_batch else operations())[name]
    return _Shape(
        method.positional,
        tuple(item.name for item in method.parameters if item.kind == "positional" and not item.default),
        frozenset(item.name for item in method.parameters),
        any(item.kind == "rest" for item in method.parameters),
    )


def _keywords(method: Method, call: ast.Call, context: Context) -> Iterator[_Wrong]:
    module = context.module
    known = {item.name for item in method.parameters}
    # A batch block's `**kw` are handed to what `op`'s own method makes: `unique`, `if_not_exists`.
    outside = operations().get(method.name) if method.is_open else None
    known |= {item.name for item in outside.parameters} if outside is not None else set()
    release = context.surroundings.alembic
    for keyword in call.keywords:
        name = keyword.arg or ""
        since = SINCE.get((method.name, name))
        if (
            since is not None
            and release is not None
            and release < tuple(int(part) for part in since.split("."))
        ):
            yield _Wrong(
                module.span(keyword),
                f"This fails with a TypeError: {code(method.name)} takes {code(name)} from Alembic {since} on, which the project does not allow.",
            )
        if name in known or name.startswith(_DIALECTS):
            continue
        at, start = module.span(keyword), module.span(keyword).start
        if method.name == "alter_column":
            if name in _ALTER:
                continue
            if name == "default":
                value = _server_default(keyword.value)
                yield _Wrong(
                    at,
                    "This changes nothing: `alter_column` has no `default`. The database's own is `server_default`.",
                    (at, f"server_default={value}") if value else None,
                    silent=True,
                )
                continue
            near = get_close_matches(name, known, 1, 0.75)
            hint = f" Did you mean {code(near[0])}?" if near else ""
            fix = (Span(start, start + len(name)), near[0]) if near else None
            yield _Wrong(
                at, f"This changes nothing: `alter_column` has no {code(name)}.{hint}", fix, silent=True
            )
        elif method.is_open and ("_" in name or name in (*_FORMER, *_OPEN.get(method.name, (name,)))):
            continue
        elif name not in ("name", "source", "referent"):
            own = [f"postgresql_{name}"] if method.is_open and name in _POSTGRESQL else []
            near = own or get_close_matches(name, known, 1, 0.65)
            hint = f" Did you mean {code(near[0])}?" if near else ""
            fix = (Span(start, start + len(name)), near[0]) if near else None
            yield _Wrong(
                at, f"This fails with a TypeError: {code(method.name)} has no {code(name)}.{hint}", fix
            )


def _values(method: Method, call: ast.Call, context: Context, *, in_batch: bool) -> Iterator[_Wrong]:
    module = context.module
    if method.name == "drop_column":
        value = _argument(call, "column_name", 0 if in_batch else 1)
        if isinstance(value, ast.Call) and _callee(value) == "Column":
            first = value.args[0] if value.args else None
            name = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
            yield _Wrong(
                module.span(value),
                "This fails: `drop_column` takes the column's name, not a column.",
                (module.span(value), writing.literal(name)) if name is not None else None,
            )
    elif method.name == "add_column":
        value = _argument(call, "column", 0 if in_batch else 1)
        if isinstance(value, ast.Constant):
            yield _Wrong(
                module.span(value), "This fails: `add_column` takes a column, such as `sa.Column(…)`."
            )
    elif method.name == "bulk_insert":
        value = _argument(call, "table", 0)
        if isinstance(value, ast.Constant):
            yield _Wrong(
                module.span(value),
                "This fails: `bulk_insert` takes a table, such as `sa.table(…)`, not its name.",
            )


def _letters(value: ast.expr | None, name: str, context: Context) -> Iterator[_Wrong]:
    """A string where Alembic goes through a list: it goes through the letters."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and len(value.value) > 1:
        at = context.module.span(value)
        yield _Wrong(
            at,
            f"This fails: {code(name)} is a list, and each letter counts as a column.",
            (at, f"[{context.text(at)}]"),
        )


def _argument(call: ast.Call, name: str, position: int) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if position < len(call.args) else None


def _callee(call: ast.Call) -> str:
    func = call.func
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _server_default(node: ast.expr) -> str:
    """A Python constant as a server default; empty where it is none."""
    if not isinstance(node, ast.Constant):
        return ""
    value = node.value
    if isinstance(value, bool):
        return "{sa}.true()" if value else "{sa}.false()"
    if isinstance(value, int | float):
        return f'{{sa}}.text("{value}")'
    return writing.literal(value) if isinstance(value, str) and "{" not in value else ""
