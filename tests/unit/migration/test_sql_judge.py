"""Which SQL is called wrong: only what no target database takes."""

import pytest

from foreshot.migration import operations as ops
from foreshot.migration.sql import read_sql
from foreshot.syntax.values import Text
from foreshot.text import Span

HOLE = "\ufffc"
SITE = ops.Site(function="upgrade", order=0, statement=Span(0, 0), call=Span(0, 0), name=Span(0, 0))


def problem(sql: str, *dialects: str) -> tuple[str, str] | None:
    """What is wrong with the SQL, and the piece of it that is to blame."""
    found = read_sql(Text(sql, ((0, Span(0, len(sql))),)), dialects, SITE).problem
    return (found.message, sql[found.span.start : found.span.end]) if found else None


WRONG = [
    ("UPDTE t SET a = 1", "UPDTE"),
    ("SELCT 1", "SELCT"),
    ("ALTER TABLE t ADD COLUMN", "COLUMN"),
    ("ALTER TABLE t ALTEER COLUMN a SET NOT NULL", "ALTEER"),
    ("ALTER TABLE t DROP COLUM a", "COLUM"),
    ("ALTER TABLE t DROP COLUMN a,", ","),
    ("ALTER TABLE t ALTER COLUMN a SET DEFAULT", "DEFAULT"),
    ("CREATE TABEL t (a int)", "TABEL"),
    ("CREATE TABLE t (a int,)", ")"),
    ("CREATE TABLE t (a int", "("),
    ("CREATE INDEX ix t (a)", "t"),
    ("CREATE INDEX ix ON t (a,)", "("),
    ("DROP TABLE", "TABLE"),
    ("DROP IF EXISTS t", "IF"),
    ("TRUNCATE", "TRUNCATE"),
    ("UPDATE t SET a = WHERE b = 1", "= WHERE"),
    ("UPDATE t SET a b = 1", "b"),
    ("UPDATE t SET = 1", "="),
    ("UPDATE t SET a = 1 WHERE", "WHERE"),
    ("UPDATE t SET a = (1 + 2", "("),
    ("UPDATE t SET a = 'x", "'"),
    ("UPDATE t SET a = 1)", ")"),
    ("DELETE FORM t WHERE a = 1", "FORM"),
    ("DELETE FROM t WHERE a = 1 AND", "AND"),
    ("DELETE FROM t WHERE = 1", "WHERE ="),
    ("INSERT INTO t (a, b)", ")"),
    ("INSERT INTO t (a) VALUES", "VALUES"),
    ("INSERT INTO t (a) ('x')", "("),
    ("INSERT INTO t (a, b) VALUES (1, )", ", )"),
    ("SELECT * FORM t", "* FORM"),
    ("SELECT a, FROM t WHERE b = = 2", ", FROM"),
    ("SELECT 1; UPDATE t SET a =", "="),
    ("ALTER TYPE m ADD VALUE", "VALUE"),
    ("/* never closed", "/*"),
]


@pytest.mark.parametrize(("sql", "blamed"), WRONG)
@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite"])
def test_a_slip_is_named_and_pointed_at(sql, blamed, dialect):
    found = problem(sql, dialect)
    assert found is not None
    assert found[1] == blamed


RIGHT = [
    # What sqlglot refuses, or what looks odd, and what databases take all the same.
    ("INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (1)", "postgresql"),
    ("DELETE FROM t WHERE CURRENT OF c", "postgresql"),
    ("SELECT * FROM t TABLESAMPLE bernoulli (10)", "postgresql"),
    ("SELECT a FROM t ORDER BY a USING >", "postgresql"),
    ("SELECT", "postgresql"),
    ("SELECT set('t')", "postgresql"),
    ("CREATE TABLE t ()", "postgresql"),
    ("UPDATE t SET key = fm.values FROM fm WHERE fm.id = t.id", "postgresql"),
    ("INSERT INTO t (id, values) WITH q AS (SELECT 1) SELECT * FROM q", "postgresql"),
    ("ALTER TABLE t ALTER CONSTRAINT c NOT DEFERRABLE", "postgresql"),
    ("ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b", "postgresql"),
    ("CREATE STATISTICS s (dependencies) ON a, b FROM t", "postgresql"),
    ("WITH b AS (SELECT id FROM t WHERE NOT data ? 'a' FOR UPDATE) UPDATE t SET a = 1 FROM b", "postgresql"),
    ("SELECT id FROM t WHERE data ? 'a' FOR NO KEY UPDATE", "postgresql"),
    ("SELECT data ? 'a', data ?| ARRAY['b'], data #>> '{c}' FROM t", "postgresql"),
    ("SELECT $tag$ it's $other$ fine $tag$, E'it\\'s', U&'\\0441'", "postgresql"),
    ("SELECT 1 /* outer /* inner */ still */", "postgresql"),
    ("GET DIAGNOSTICS CONDITION 1 @a = CLASS_ORIGIN", "mysql"),
    ("UPDATE t SET a = 'it\\'s', b = \"it's\" # it's", "mysql"),
    ("ALTER TABLE orders DROP PARTITION IF EXISTS p1, p2", "mysql"),
    ("REPAIR TABLE t QUICK EXTENDED USE_FRM", "mysql"),
    ("ALTER TABLE t ALTER CHECK c NOT ENFORCED", "mysql"),
    ("select * into outfile 'a' fields optionally enclosed by '\"' from t", "mysql"),
    ("INSERT INTO t VALUES ()", "mysql"),
    ("CREATE TABLE t (a, b PRIMARY KEY, c TEXT) WITHOUT ROWID", "sqlite"),
    ('SELECT [a b], "c" FROM [t]', "sqlite"),
    ("PRAGMA table_info(t)", "sqlite"),
    ("UPDTE t", "mssql"),
    ("sp_rename 'a', 'b'", ""),
    ("CREATE TABLE [dbo].[test] ([a] [varchar](100), )", "mssql"),
]


@pytest.mark.parametrize(("sql", "dialect"), RIGHT)
def test_what_a_database_takes_is_not_called_wrong(sql, dialect):
    assert problem(sql, *([dialect] if dialect else [])) is None


@pytest.mark.parametrize("sql", [case[0] for case in WRONG if "never" not in case[0]])
def test_an_interpolated_part_excuses_everything(sql):
    first, *rest = sql.split(";")
    assert problem(f"{first} {HOLE}") is None or rest


def test_what_is_wrong_in_one_database_only():
    assert problem("ALTER TABLE t ADD COLUMN a", "sqlite") is None
    assert problem("ALTER TABLE t ADD COLUMN a", "postgresql") is not None
    assert problem("ALTER TABLE t", "mysql") is None
    assert problem("ALTER TABLE t", "postgresql") is not None


def test_one_target_that_takes_it_is_enough():
    assert problem("ALTER TABLE t ALTER COLUMN a bigint", "postgresql") is not None
    assert problem("ALTER TABLE t ALTER COLUMN a bigint", "postgresql", "mssql") is None


def test_the_statement_is_kept_as_unread():
    reading = read_sql(Text("UPDTE t SET a = 1", ((0, Span(0, 17)),)), ("postgresql",), SITE)
    (operation,) = reading.operations
    assert isinstance(operation, ops.Execute)
    assert (operation.verb, operation.parsed) == ("UPDTE", False)
    assert reading.problem is not None
    assert reading.problem.dialect == "postgresql"
