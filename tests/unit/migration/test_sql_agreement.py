"""The reader against sqlglot, and against anything at all."""

import subprocess
import sys

import pytest
import sqlglot
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from foreshot.migration import operations as ops
from foreshot.migration.sql import SqlReading, read_sql
from foreshot.syntax.values import Text, Unknown
from foreshot.text import Span

SITE = ops.Site(function="upgrade", order=0, statement=Span(0, 0), call=Span(0, 0), name=Span(0, 0))
SQLGLOT = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite"}


def read(sql: str, *dialects: str) -> SqlReading:
    return read_sql(Text(sql, ((0, Span(0, len(sql))),)), dialects, SITE)


def ours(sql: str, dialect: str) -> set[tuple[str, ...]]:
    """Facts that the reader finds: the kind of thing that happens, and to what."""
    facts: set[tuple[str, ...]] = set()
    for operation in read(sql, dialect).operations:
        match operation:
            case ops.CreateTable():
                facts.add(("create table", str(operation.table_name)))
                facts |= {
                    ("column", str(column.name), str(column.nullable is False))
                    for column in operation.columns
                    if not isinstance(column.name, Unknown)
                }
            case ops.DropTable():
                facts.add(("drop table", str(operation.table_name)))
            case ops.AddColumn():
                facts.add(("add", str(operation.table_name), str(operation.column.name)))
            case ops.DropColumn():
                facts.add(("drop", str(operation.table_name), str(operation.column)))
            case ops.CreateIndex():
                facts.add(("index", str(operation.index.name), str(operation.table_name)))
                facts.add(("unique", str(operation.index.unique)))
                facts |= {("on", column) for column in operation.index.columns if isinstance(column, str)}
            case ops.AlterColumn() if operation.new_name:
                facts.add(
                    ("rename", str(operation.table_name), str(operation.column), str(operation.new_name))
                )
            case ops.AlterColumn() if operation.nullable is not None:
                facts.add(("null", str(operation.table_name), str(operation.column), str(operation.nullable)))
            case ops.DataChange():
                facts.add((operation.verb, str(operation.table_name), str(operation.has_where)))
                facts |= {("writes", column) for column in operation.columns}
            case _:
                facts.add((operation.kind,))
    return facts


def theirs(sql: str, dialect: str) -> set[tuple[str, ...]]:
    """The same facts from sqlglot's tree."""
    facts: set[tuple[str, ...]] = set()
    for tree in sqlglot.parse(sql, read=SQLGLOT[dialect]):
        match tree:
            case exp.Create() if tree.kind == "TABLE":
                facts.add(("create table", table_of(tree)))
                for column in tree.find_all(exp.ColumnDef):
                    nulls = [
                        item.args.get("allow_null") for item in column.find_all(exp.NotNullColumnConstraint)
                    ]
                    facts.add(("column", column.name, str(any(not allowed for allowed in nulls))))
            case exp.Create() if tree.kind == "INDEX":
                index = tree.this
                facts.add(("index", index.name, table_of(index)))
                facts.add(("unique", str(bool(tree.args.get("unique")))))
                facts |= {("on", column.name) for column in index.args["params"].find_all(exp.Column)}
            case exp.Drop():
                facts.add(("drop table", table_of(tree)))
            case exp.Alter():
                for action in tree.args["actions"]:
                    match action:
                        case exp.ColumnDef():
                            facts.add(("add", table_of(tree), action.name))
                        case exp.Drop():
                            facts |= {
                                ("drop", table_of(tree), column.name)
                                for column in action.find_all(exp.Column)
                            }
                        case exp.RenameColumn():
                            facts.add(("rename", table_of(tree), action.this.name, action.args["to"].name))
                        case exp.AlterColumn():
                            facts.add(
                                ("null", table_of(tree), action.name, str(bool(action.args["allow_null"])))
                            )
            case exp.Update() | exp.Delete():
                where = tree.args.get("where") is not None
                facts.add((tree.key, table_of(tree), str(where)))
                facts |= {("writes", assignment.this.name) for assignment in tree.expressions}
            case exp.Insert():
                where = (
                    isinstance(tree.expression, exp.Select) and tree.expression.args.get("where") is not None
                )
                facts.add(("insert", table_of(tree), str(where)))
                if isinstance(tree.this, exp.Schema):
                    facts |= {("writes", column.name) for column in tree.this.expressions}
    return facts


def table_of(tree: exp.Expr) -> str:
    table = tree.find(exp.Table)
    assert table is not None
    return f"{table.db}.{table.name}" if table.db else table.name


names = st.sampled_from(["users", "s.users", "a", "b_2", '"Odd name"', "état", "value", "data"])
columns = st.sampled_from(["a", "b", "created_at", '"Mixed"', "x1", "status", "position"])
types = st.sampled_from(
    ["int", "varchar(20)", "numeric(10, 2)", "timestamp", "text", "double precision", "date"]
)
literals = st.sampled_from(
    ["1", "'x'", "NULL", "'it''s; (fine'", "now()", "a + 1", "lower(b)", "(1 + 2) * 3"]
)
conditions = st.sampled_from(
    ["", " WHERE a = 1", " WHERE b IS NULL AND a IN (1, 2)", " WHERE a = (SELECT 1 FROM x)"]
)
options = st.sampled_from(["", " NOT NULL", " DEFAULT 'x'", " NOT NULL DEFAULT 0", " DEFAULT now() NOT NULL"])
definitions = st.builds("{} {}{}".format, columns, types, options)


def listed(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(items, min_size=1, max_size=3, unique_by=lambda item: item.split()[0]).map(", ".join)


statements = st.one_of(
    st.builds("CREATE TABLE {} ({})".format, names, listed(definitions)),
    st.builds("DROP TABLE IF EXISTS {}".format, names),
    st.builds("ALTER TABLE {} ADD COLUMN {}".format, names, definitions),
    st.builds("ALTER TABLE {} DROP COLUMN {}".format, names, columns),
    st.builds("ALTER TABLE {} RENAME COLUMN {} TO {}".format, names, columns, columns),
    st.builds("ALTER TABLE {} ALTER COLUMN {} SET NOT NULL".format, names, columns),
    st.builds(
        "CREATE {}INDEX ix ON {} ({})".format, st.sampled_from(["", "UNIQUE "]), names, listed(columns)
    ),
    st.builds(
        "UPDATE {} SET {}{}".format, names, listed(st.builds("{} = {}".format, columns, literals)), conditions
    ),
    st.builds("DELETE FROM {}{}".format, names, conditions),
    st.builds("INSERT INTO {} ({}) VALUES ({})".format, names, listed(columns), listed(literals)),
    st.builds("INSERT INTO {} ({}) SELECT b FROM x{}".format, names, listed(columns), conditions),
)


@given(statements)
@settings(max_examples=400, deadline=None)
def test_the_reader_and_sqlglot_find_the_same(sql):
    assert ours(sql, "postgresql") == theirs(sql, "postgresql")
    assert read(sql, "postgresql").problem is None


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE `t` (`id` int NOT NULL AUTO_INCREMENT, `b` varchar(9) DEFAULT NULL) ENGINE=InnoDB",
        "UPDATE `a` SET `b` = 'it\\'s' WHERE `c` = \"x\"",
        "DELETE FROM `a` WHERE `b` = 1 LIMIT 5",
        "INSERT INTO `a` (`b`) VALUES (1)",
    ],
)
def test_they_agree_on_mysql(sql):
    assert ours(sql, "mysql") == theirs(sql, "mysql")


words = st.sampled_from(
    [
        "ALTER",
        "TABLE",
        "ADD",
        "COLUMN",
        "DROP",
        "CREATE",
        "INDEX",
        "ON",
        "UPDATE",
        "SET",
        "WHERE",
        "DELETE",
        "FROM",
        "INSERT",
        "INTO",
        "VALUES",
        "SELECT",
        "WITH",
        "AS",
        "(",
        ")",
        ",",
        ";",
        ".",
        "=",
        "*",
        "'x'",
        '"q"',
        "`b`",
        "[c]",
        "$$",
        "$a$",
        "--",
        "/*",
        "*/",
        ":p",
        "%(p)s",
        "?",
        "1",
        "1.5",
        "a",
        "b",
        "int",
        "varchar",
        "NOT",
        "NULL",
        "DEFAULT",
        "PRIMARY",
        "KEY",
        "UNIQUE",
        "CONSTRAINT",
        "FOREIGN",
        "REFERENCES",
        "CHECK",
        "USING",
        "TYPE",
        "ENUM",
        "DO",
        "BEGIN",
        "END",
        "IF",
        "THEN",
        "EXCEPTION",
        "MERGE",
        "RENAME",
        "TO",
        "MODIFY",
        "TRUNCATE",
        "COMMENT",
        "IS",
        "LIMIT",
        "JOIN",
        "::",
        "CASE",
        "WHEN",
        "EXISTS",
        "GENERATED",
        "IDENTITY",
        "ENUM",
        "ARRAY",
        "￼",
        "\\:",
        "'",
        '"',
        "`",
        "$",
    ]
)
dialects = st.sampled_from(
    [(), ("postgresql",), ("mysql",), ("sqlite",), ("mssql",), ("oracle",), ("postgresql", "mysql")]
)


@given(st.one_of(st.lists(words, max_size=25).map(" ".join), st.text(max_size=80), statements), dialects)
@example("DO $", ())
@example("DO $1", ("postgresql",))
@settings(max_examples=600, deadline=None)
def test_anything_is_read_to_a_value(sql, targets):
    reading = read(sql, *targets)
    for operation in reading.operations:
        for span in (operation.site.call, operation.site.name, *operation.site.args.values()):
            assert 0 <= span.start <= span.end <= len(sql)
    if reading.problem is not None:
        assert 0 <= reading.problem.span.start <= reading.problem.span.end <= len(sql)
    assert "".join("".join(reading.statements).split()) in "".join(sql.split()) or len(reading.statements) > 1


@given(statements, st.data())
@settings(max_examples=200, deadline=None)
def test_a_piece_of_a_statement_is_read_to_a_value(sql, data):
    start = data.draw(st.integers(0, len(sql)))
    read(sql[start:], "postgresql")
    read(sql[:start] + "\ufffc" + sql[start:], "postgresql")


def test_the_parser_is_not_loaded_for_what_needs_no_judgement():
    code = (
        "import sys; from foreshot.migration.sql import read_sql; from foreshot.migration import operations as ops;"
        "from foreshot.syntax.values import Text; from foreshot.text import Span; s = Span(0, 0);"
        "site = ops.Site(function='upgrade', order=0, statement=s, call=s, name=s);"
        "sql = 'ALTER TABLE t ADD a int; UPDATE t SET a = 1 WHERE b > 2; CREATE TABLE u (a int, b text)';"
        "read_sql(Text(sql, ((0, s),)), ('postgresql',), site); assert 'sqlglot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
