"""A value is formatted into SQL instead of being bound.

A quote in the value ends the string early: the statement fails, or does something else. Values that come from the database's
own rows are as dangerous as any other. A bound parameter is passed beside the statement and needs no quoting.

Names of tables and columns cannot be bound, nor anything in DDL; where they are formatted in, and where the value is a constant,
a number or a UUID by its spelling or by the type of its column, or put together of such, there is nothing to report; nor where what is formatted in are names of bound parameters.

```python bad
def upgrade():
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT id, name FROM users")):
        connection.execute(sa.text(f"UPDATE users SET slug = '{row.name}' WHERE id = {row.id}"))
        #                                                     ^^^^^^^^^^ formatted into SQL
```
```python bad
def upgrade():
    domain = context.get_x_argument(as_dictionary=True)["domain"]
    op.execute(f"UPDATE users SET email = '{domain}' WHERE email IS NULL")
    #                                      ^^^^^^^^ formatted into SQL
```
```python fixed
def upgrade():
    domain = context.get_x_argument(as_dictionary=True)["domain"]
    op.execute(sa.text("UPDATE users SET email = :domain WHERE email IS NULL").bindparams(domain=domain))
```
```python bad
def upgrade():
    for row in op.get_bind().execute(sa.text("SELECT id, name FROM users")):
        op.execute("UPDATE users SET slug = '{}' WHERE users.id = {}".format(row.name, row.id))
        #                                                                    ^^^^^^^^ formatted into SQL
```
```python bad
def upgrade():
    for row in op.get_bind().execute(sa.text("SELECT id, name FROM users")):
        op.execute("UPDATE users SET slug = '%s', kind = '%s' WHERE users.id = %d" % (row.name, Kind.ADMIN, row.id))
        #                                                                             ^^^^^^^^ formatted into SQL
        op.execute("UPDATE users SET slug = '%(slug)s' WHERE users.kind = '%(kind)s'" % {"kind": Kind.ADMIN, "slug": row.name})
```
```python good
from app.constants import Kind


def upgrade():
    op.execute("UPDATE users SET kind = %s WHERE kind = %s AND bio LIKE '%%a'" % (Kind.ADMIN, Kind.OWNER))
    op.execute("UPDATE users SET kind = '%(kind)s' WHERE kind = '%(old)s'" % {"old": Kind.OWNER, "kind": Kind.ADMIN})
    op.execute("UPDATE users SET kind = '%s'" % Kind.ADMIN)
```
```python good
def upgrade():
    for table in ("users", "orders"):
        op.execute(f"UPDATE {table} SET note = '' WHERE note IS NULL")
```
```python good
user_id = "6af522d0-2915-4e52-83a3-3690455a5fe6"


def upgrade():
    note_id = uuid.uuid4()
    insert = "INSERT INTO notes (id, user_id, made_at, rate, kind) VALUES ('{}', '{}', '{}', {}, '{kind}')"
    op.execute(insert.format(note_id, user_id, datetime.utcnow(), 29.3, kind="see users.kind"))
```
```python good
def upgrade():
    helper = sa.Table("users", sa.MetaData(), sa.Column("id", sa.Integer()), sa.Column("admin", sa.Boolean()), sa.Column("bio", sa.Text()))
    for user in op.get_bind().execute(helper.select()):
        op.execute(f"UPDATE users SET role = CASE WHEN {user.admin} IS TRUE THEN 1 END WHERE users.id = {user.id}")
```
```python bad
def upgrade():
    helper = sa.Table("users", sa.MetaData(), sa.Column("id", sa.Integer()), sa.Column("bio", sa.Text()))
    for user in op.get_bind().execute(helper.select()):
        op.execute(f"UPDATE users SET note = '{user.bio}' WHERE users.id = {user.id}")
        #                                     ^^^^^^^^^^ formatted into SQL
```
```python good
from app.constants import DEFAULT_TEAM


def upgrade():
    for kind in ("a_b", "c_d"):
        prefix = f"{kind.replace('_', '-')}_{DEFAULT_TEAM}_"
        op.execute(f"UPDATE users SET path = '{prefix}' || path WHERE kind = '{kind}'")
```
```python good
def made():
    return "lower(hex(randomblob(16)))" if op.get_bind().dialect.name == "sqlite" else "replace(gen_random_uuid()::text, '-', '')"


def upgrade():
    op.execute(sa.text(f"UPDATE users SET code = {made()} WHERE code IS NULL"))
```
```python bad
def made(name):
    return f"{name}_2"


def upgrade():
    for row in op.get_bind().execute(sa.text("SELECT name FROM users")):
        op.execute(f"UPDATE users SET code = {made(row.name)} WHERE code IS NULL")
        #                                    ^^^^^^^^^^^^^^^^ formatted into SQL
```
```python bad
from app.constants import names


def upgrade():
    kinds = ["admin"]
    kinds.extend(names())
    for kind in kinds:
        prefix = f"{kind}_"
        op.execute(f"UPDATE users SET path = '{prefix}' || path")
        #                                     ^^^^^^^^ formatted into SQL
```
```python good
def upgrade():
    ids = [row.id for row in op.get_bind().execute(sa.text("SELECT id FROM users"))]
    names = ",".join([":id" + str(i) for i in range(len(ids))])
    values = {f"id{i}": ids[i] for i in range(len(ids))}
    op.execute(sa.text(f"UPDATE users SET active = true WHERE id IN ({names})").bindparams(**values))
```
```python good
from app.constants import preferences


def upgrade():
    values = preferences()
    columns = ", ".join(values.keys())
    placeholders = ", ".join(f":{key}" for key in values.keys())
    op.get_bind().execute(sa.text(f"INSERT INTO preferences ({columns}) VALUES ({placeholders})"), values)
```
```python bad
def upgrade():
    found = op.get_bind().execute(sa.text("SELECT name FROM users"))
    names = ",".join(f"'{row.name}'" for row in found)
    op.execute(sa.text(f"UPDATE users SET active = true WHERE name IN ({names})"))
    #                                                                  ^^^^^^^ formatted into SQL
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import OperationRule
from foreshot.migration.operations import SqlText
from foreshot.rules.sql._harmless import is_harmless
from foreshot.syntax.changes import ReplaceText
from foreshot.syntax.strings import PLACEHOLDER
from foreshot.syntax.values import Text
from foreshot.text import Span

_BEFORE_VALUE = re.compile(
    r"(?:[=<>(,]|\b(?:like|ilike|then|else|in|values|between|and)\b)\s*$", re.IGNORECASE
)
_IN_COLUMNS = re.compile(
    r"\b(?:insert\s+into|index|unique|key|columns?|table|from|join|on|references|select)\b[^;()']*\([^)]*$|\bselect\b[^;']*$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"%[^%]*[diouxXeEfFgG]")
_SIMPLE = re.compile(r"""[fF](?P<quote>["'])(?P<body>(?:(?!(?P=quote))[^\\\r\n])*)(?P=quote)\Z""")
_FIELD = re.compile(r"""(?P<quoted>'?)\{(?P<name>[A-Za-z_]\w*)\}'?""")
_STATEMENT = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*(?:update|insert|delete|select|with|merge|replace)\b", re.IGNORECASE
)


class InterpolatedSql(OperationRule[SqlText]):
    """An f-string, ``%``, ``+`` or ``.format`` that puts a value into SQL."""

    looks_at = (SqlText,)
    severity = "warning"
    safety = "unsafe"

    def check(self, operation: SqlText, context: Context) -> Iterator[Finding]:
        """The first expression that stands where a value stands."""
        text = operation.value
        if not isinstance(text, Text) or not operation.interpolated or PLACEHOLDER not in text.value:
            return
        if not _STATEMENT.match(text.value):
            # Schema changes take no bound parameters.
            return
        given = dict(text.given)
        values = (
            (given.get(span, span), quoted)
            for span, quoted in _values(text)
            if not _NUMBER.fullmatch(context.text(span))
        )
        at = next(
            (span for span, quoted in values if not is_harmless(context.text(span), context, quoted=quoted)),
            None,
        )
        if at is not None:
            yield self.finding(
                at,
                "A value is formatted into SQL: a quote in it breaks or changes the statement. Bind it as a parameter.",
                operation=operation,
            )

    def fixes(self, finding: Finding, context: Context) -> Iterator[Fix]:
        """Bound parameters, for an f-string on one line whose fields are plain names of values."""
        operation = finding.operation
        if not isinstance(operation, SqlText) or not isinstance(operation.value, Text):
            return
        argument = operation.site.args.get("sql")
        if argument is None or operation.site.repeated or ":" in operation.value.value:
            return
        source = context.text(argument)
        sa, imports = context.sa()
        opening = re.match(rf"{re.escape(sa)}\.text\(|text\(", source)
        literal = source[opening.end() : -1] if opening and source.endswith(")") else source
        simple = _SIMPLE.match(literal)
        if simple is None or operation.value.value.count(PLACEHOLDER) != len(list(_values(operation.value))):
            return
        fields = list(_FIELD.finditer(simple["body"]))
        if len(fields) != simple["body"].count("{") or "{{" in simple["body"]:
            return
        if not all(field["quoted"] for field in fields):
            # Unquoted it may be a number, and a bound string is none: the database would refuse to compare them.
            return
        names = dict.fromkeys(field["name"] for field in fields)
        body = _FIELD.sub(lambda field: f":{field['name']}", simple["body"])
        bound = ", ".join(f"{name}={name}" for name in names)
        code = f"{sa}.text({simple['quote']}{body}{simple['quote']}).bindparams({bound})"
        yield Fix("Bind the values as parameters", "unsafe", (ReplaceText(argument, code), *imports))


def _values(text: Text) -> Iterator[tuple[Span, bool]]:
    """The source of each placeholder that stands where SQL wants a value, not a name; and whether that is in quotes."""
    for (offset, span), following in zip(
        text.pieces, [*text.pieces[1:], (len(text.value), None)], strict=True
    ):
        piece = text.value[offset : following[0]]
        if PLACEHOLDER not in piece:
            continue
        before = text.value[: offset + piece.index(PLACEHOLDER)]
        quoted = before.count("'") % 2 == 1
        if quoted or (_BEFORE_VALUE.search(before) and not _IN_COLUMNS.search(before)):
            yield span, quoted
