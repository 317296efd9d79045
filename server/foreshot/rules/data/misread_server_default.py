"""A `server_default` is read as something else than was meant: the statement fails, or every row gets a wrong value without a word.

A Python string is a *literal*. `server_default="now()"` is not the function: PostgreSQL works the text out once, and every row, for ever, gets the time at which the
migration ran. `"CURRENT_TIMESTAMP"` and `"gen_random_uuid()"` are refused, as is `"'{}'"` for JSON; on a column of text they are stored letter by letter. SQL belongs into
`sa.text()`, and a value into a plain string, without quotes of its own.

Of the same kind: a Boolean with `sa.text("0")` on PostgreSQL (it is an integer), with `"false"` or `"true"` on SQLite (the word itself: both read back as true, and
no `WHERE` takes either for true); `"[]"` for an array on PostgreSQL, whose literals have braces; a word in `sa.text()` that
PostgreSQL takes for a column; a literal on TEXT, JSON or BLOB on MySQL (error 1101; an expression in parentheses is taken from 8.0.13 on, and MariaDB takes both); a number or
a Python truth value, which SQLAlchemy refuses.

Measured on PostgreSQL 18 and SQLite 3.40. What is refused today can be put right safely; what runs and means something else changes by
the repair, and rows that have the wrong value keep it.

```python bad
def upgrade():
    op.add_column("visits", sa.Column("at", sa.DateTime(timezone=True), server_default="now()", nullable=False))
#                                                                                      ^^^^^^^ the time of the migration
```
```python fixed
def upgrade():
    op.add_column("visits", sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False))
```
```python bad
def upgrade():
    op.create_table(
        "visits",
        sa.Column("id", sa.Uuid(), server_default="gen_random_uuid()", primary_key=True),
#                                                 ^^^^^^^^^^^^^^^^^^^ fails
    )
```
```python fixed
def upgrade():
    op.create_table(
        "visits",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), primary_key=True),
    )
```
```python bad dialect=sqlite
def upgrade():
    op.add_column("visits", sa.Column("hidden", sa.Boolean(), server_default="false", nullable=False))
#                                                                            ^^^^^^^ reads back as true
```
```python fixed
def upgrade():
    op.add_column("visits", sa.Column("hidden", sa.Boolean(), server_default=sa.false(), nullable=False))
```
```python bad dialect=sqlite
def upgrade():
    op.add_column("visits", sa.Column("shown", sa.Boolean(), server_default="true", nullable=False))
#                                                                           ^^^^^^ which is no 1
```
```python fixed
def upgrade():
    op.add_column("visits", sa.Column("shown", sa.Boolean(), server_default=sa.true(), nullable=False))
```
```python bad
def upgrade():
    op.add_column("visits", sa.Column("tags", sa.ARRAY(sa.String()), server_default="[]", nullable=False))
#                                                                                   ^^^^ is not a value of its type
```
```python fixed
def upgrade():
    op.add_column("visits", sa.Column("tags", sa.ARRAY(sa.String()), server_default="{}", nullable=False))
```
```python bad dialect=mysql
def upgrade():
    op.add_column("visits", sa.Column("note", sa.Text(), server_default="", nullable=False))
#                                                                       ^^ takes no literal as its default
```
```python fixed
def upgrade():
    op.add_column("visits", sa.Column("note", sa.Text(), server_default=sa.text("('')"), nullable=False))
```
```python bad dialect=mysql version=5.7
def upgrade():
    op.add_column("visits", sa.Column("note", sa.Text(), server_default="{}", nullable=False))
#                                                                       ^^^^ Leave it out
```
A number is written as one, and PostgreSQL makes none of a truth value or the other way round:

```python bad
def upgrade():
    op.add_column("visits", sa.Column("price", sa.Numeric(10, 2), server_default="0,00", nullable=False))
#                                                                                ^^^^^^ is not a value of its type
    op.add_column("visits", sa.Column("rank", sa.Integer(), server_default="None"))
#                                                                          ^^^^^^ is not a value of its type
    op.add_column("visits", sa.Column("level", sa.Integer(), server_default=sa.text("false"), nullable=False))
#                                                                           ^^^^^^^^^^^^^^^^ is not a value of its type
    op.add_column("visits", sa.Column("done", sa.Boolean(), server_default=sa.literal_column("1"), nullable=False))
#                                                                          ^^^^^^^^^^^^^^^^^^^^^^ is not a value of its type
```
```python good
def upgrade():
    op.add_column("visits", sa.Column("price", sa.Numeric(10, 2), server_default="-0.5e3", nullable=False))
    op.add_column("visits", sa.Column("limit", sa.Float(), server_default="Infinity", nullable=False))
```
```python bad dialect=sqlite
def upgrade():
    op.execute("ALTER TABLE visits ADD COLUMN hidden BOOLEAN NOT NULL DEFAULT 'false'")
#                                                                             ^^^^^^^ reads back as true
```
The labels of an enum are the names of a Python enum's members, not their values:

```python bad
def upgrade():
    kind = sa.Enum("BRIEF", "LONG", name="visit_kind")
    kind.create(op.get_bind(), checkfirst=True)
    op.add_column("visits", sa.Column("kind", kind, server_default="brief", nullable=False))
#                                                                  ^^^^^^^ is not a value of its type
```
```python fixed
def upgrade():
    kind = sa.Enum("BRIEF", "LONG", name="visit_kind")
    kind.create(op.get_bind(), checkfirst=True)
    op.add_column("visits", sa.Column("kind", kind, server_default="BRIEF", nullable=False))
```
```python good
def upgrade():
    op.execute("CREATE TYPE visit_kind AS ENUM ('BRIEF', 'LONG', 'lost')")
    kind = postgresql.ENUM("BRIEF", "LONG", name="visit_kind", create_type=False)
    op.add_column("visits", sa.Column("kind", kind, server_default="lost", nullable=False))
```
```python good
def upgrade():
    op.add_column("visits", sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False))
    op.add_column("visits", sa.Column("state", sa.String(10), server_default="open", nullable=False))
    op.add_column("visits", sa.Column("hidden", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("visits", sa.Column("extra", sa.JSON(), server_default="{}", nullable=False))
```
```python bad dialect=mysql
def upgrade():
    op.execute("ALTER TABLE visits ADD COLUMN note TEXT NOT NULL DEFAULT ''")
#                                                                        ^^ takes no literal as its default
```
```python setup
def upgrade():
    op.create_table("visits", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("at", sa.DateTime(timezone=True)))
```
```python bad
def upgrade():
    op.alter_column("visits", "at", server_default="now()")
#                                                  ^^^^^^^ the time of the migration
```
```python fixed
def upgrade():
    op.alter_column("visits", "at", server_default=sa.text("now()"))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.knowledge import SqlType, classify
from foreshot.knowledge.databases import Target
from foreshot.knowledge.defaults import volatility_of_sql
from foreshot.knowledge.literal_defaults import Effect, Misread, misread
from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.lint.states import states, type_before
from foreshot.lint.words import code
from foreshot.migration.operations import AddColumn, AlterColumn, CreateTable, Operation, TypeSpec
from foreshot.syntax.changes import ReplaceText
from foreshot.syntax.values import Unknown, Value
from foreshot.text import Span

_TOLD: dict[Effect, str] = {
    "bare": "This fails{databases}: the type of {name} takes no literal as its default.",
    "fails": "This fails{databases}: the default of {name} is not a value of its type.",
    "frozen": "Every row gets the time of the migration in {name}, forever{databases}: a string is a literal.",
    "text": "Every row gets this text itself in {name}{databases}: a string is a literal.",
    "quotes": "Every row gets a value with quotes around it in {name}: SQLAlchemy quotes strings itself.",
    "true": "The default of {name} reads back as true{databases}: the word itself is stored.",
    "false": "No query takes the default of {name} for true{databases}: the word itself is stored, which is no 1.",
    "refused": "SQLAlchemy refuses this default of {name}: it takes a string or SQL.",
}
_IN_SQL: tuple[Effect, ...] = ("bare", "fails", "frozen", "true", "false")
"""What SQL that was written as such can be told of: nobody has put quotes around it."""
_RUNS: tuple[Effect, ...] = ("frozen", "text", "quotes", "true", "false")


_COMPUTED = "SQLite adds a column with a computed default in a batch block only."


class MisreadServerDefault(OperationRule[AddColumn | AlterColumn | CreateTable]):
    """A ``server_default`` that means something else."""

    looks_at = (AddColumn, AlterColumn, CreateTable)
    severity = "error"
    safety = "safe"

    def check(self, operation: AddColumn | AlterColumn | CreateTable, context: Context) -> Iterator[Finding]:
        """Each default that the operation gives."""
        if isinstance(operation, AlterColumn):
            at = operation.site.args.get("server_default")
            type_ = operation.type or operation.existing_type or _written(operation, context)
            if at is not None and operation.server_default not in (None, False):
                yield from self._of(operation, operation.column, type_, operation.server_default, at, context)
            return
        for column in operation.columns if isinstance(operation, CreateTable) else (operation.column,):
            at = column.args.get("server_default")
            given = column.call.keywords.get("server_default") if column.call is not None else None
            if operation.site.sql is not None:
                given = column.server_default
            if at is not None and given is not None:
                yield from self._of(operation, column.name, column.type, given, at, context)

    def _of(
        self,
        operation: AddColumn | AlterColumn | CreateTable,
        name: object,
        type_: TypeSpec | Unknown | None,
        default: Value,
        at: Span,
        context: Context,
    ) -> Iterator[Finding]:
        if not isinstance(type_, TypeSpec):
            return
        boolean = type_.path in ("sqlalchemy.Boolean", "sqlalchemy.BOOLEAN", "sqlalchemy.types.Boolean")
        found: list[tuple[Target, Misread]] = []
        for target in context.targets((), operation):
            # While nothing tells the databases, only what is wrong on each of them is said.
            read = classify(type_, target)
            said = misread(read, default, target, boolean=boolean)
            if said is not None and read.family == "enum" and _has_more(read, operation, target, context):
                # The list in the call is not all that the type has by now.
                continue
            if said is not None and (operation.site.sql is None or said.effect in _IN_SQL):
                found.append((target, said))
            elif not context.targets_known:
                return
        if not found:
            return
        worst = min((said for _, said in found), key=lambda said: list(_TOLD).index(said.effect))
        targets = [target for target, said in found if said.effect == worst.effect]
        told = _TOLD[worst.effect].format(name=code(name), databases=context.where(targets))
        advice = _advice(worst) if operation.site.sql is None else ""
        yield self.finding(
            at,
            f"{told} {advice}".rstrip(),
            operation=operation,
            object=name if isinstance(name, str) else None,
            targets=targets,
            state=worst,
        )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """What was meant."""
        operation, said = finding.operation, finding.state
        if not isinstance(said, Misread) or not said.meant or operation is None:
            return
        if operation.site.repeated or operation.site.sql is not None:
            return
        sa, imports = context.sa() if "{sa}" in said.meant else ("", ())
        text = said.meant.replace("{sa}", sa)
        title = f"Write {code(text)}"
        alone = isinstance(operation, AddColumn) and operation.site.batch is None
        computed = volatility_of_sql(said.meant.replace('"', " ")) in ("stable", "volatile")
        if computed and alone and context.targets(("sqlite",), operation):
            yield Fix(title, "unsafe", refused=_COMPUTED)
            return
        runs = said.effect in _RUNS
        yield Fix(
            title,
            "unsafe" if runs else "safe",
            (ReplaceText(finding.span, text), *imports),
        )


def _has_more(type_: SqlType, operation: Operation, target: Target, context: Context) -> bool:
    """Whether the enum of the history may have labels that the call does not list."""
    for state in states(operation, context, (target.database,)):
        enum = state.schema.enums.get(type_.name or "")
        if enum is not None:
            return bool(enum.perhaps) or not set(enum.values) <= set(type_.values or ())
    return target.database == "postgresql" and not isinstance(operation, CreateTable)


def _written(operation: AlterColumn, context: Context) -> TypeSpec | None:
    """The column's type as the history has made it, which the call need not repeat."""
    found = (type_before(operation, target, context) for target in context.targets((), operation))
    return next((type_ for type_ in found if type_ is not None), None)


def _advice(said: Misread) -> str:
    if said.meant:
        return f"Write {code(said.meant.replace('{sa}', 'sa'))}."
    return "Leave it out." if said.effect == "bare" else ""
