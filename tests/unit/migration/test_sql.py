"""What SQL does, read from its text: one table of statements and the operations that they are."""

import pytest

from foreshot.migration import operations as ops
from foreshot.migration.sql import MAX_STATEMENT, SqlReading, read_sql
from foreshot.syntax.values import CallValue, Ref, Text, Unknown
from foreshot.text import Span

SHIFT = 1000
HOLE = "\ufffc"
SITE = ops.Site(function="upgrade", order=7, statement=Span(0, 9), call=Span(0, 9), name=Span(0, 9))


def read(sql: str, *dialects: str) -> SqlReading:
    """Read SQL that stands in one literal whose contents begin at SHIFT."""
    return read_sql(Text(sql, ((0, Span(SHIFT, SHIFT + len(sql))),)), dialects, SITE)


def said(value: object) -> object:
    """A value as a test spells it: Unknown is "?", a type its path and arguments, a call its arguments."""
    if isinstance(value, Unknown):
        return "?"
    if isinstance(value, ops.TypeSpec):
        return said(value.call or Ref(value.path, value.written, value.span))
    if isinstance(value, Ref):
        return value.path.rpartition(".")[2]
    if isinstance(value, CallValue):
        arguments = [repr(said(item)) if isinstance(item, str) else str(said(item)) for item in value.args]
        arguments += [f"{key}={item}" for key, item in value.keywords.items()]
        return f"{value.path.rpartition('.')[2]}({', '.join(arguments)})"
    if isinstance(value, tuple | list):
        return type(value)(said(item) for item in value)
    return value


def only(sql: str, *dialects: str) -> ops.Operation:
    reading = read(sql, *dialects)
    assert reading.problem is None
    assert len(reading.operations) == 1, reading.operations
    return reading.operations[0]


CASES = [
    ("ALTER TABLE t DROP COLUMN a", ops.DropColumn, {"table": "t", "column": "a", "cascade": False}),
    ("alter table s.t drop a cascade", ops.DropColumn, {"schema": "s", "column": "a", "cascade": True}),
    ("ALTER TABLE t DROP COLUMN IF EXISTS a", ops.DropColumn, {"if_exists": True}),
    ('ALTER TABLE "T x" DROP "a""b"', ops.DropColumn, {"table": "T x", "column": 'a"b'}),
    ("ALTER TABLE t ALTER COLUMN a SET NOT NULL", ops.AlterColumn, {"column": "a", "nullable": False}),
    ("ALTER TABLE t ALTER a DROP NOT NULL", ops.AlterColumn, {"nullable": True, "type": None}),
    ("ALTER TABLE t ALTER a SET DEFAULT 'x'", ops.AlterColumn, {"server_default": "x"}),
    ("ALTER TABLE t ALTER a SET DEFAULT now()", ops.AlterColumn, {"server_default": "text('now()')"}),
    ("ALTER TABLE t ALTER a DROP DEFAULT", ops.AlterColumn, {"server_default": False}),
    ("ALTER TABLE t ALTER a DROP IDENTITY IF EXISTS", ops.AlterColumn, {"server_default": False}),
    (
        "ALTER TABLE t ALTER a TYPE bigint USING a::bigint",
        ops.AlterColumn,
        {"type": "BigInteger", "using": "a::bigint"},
    ),
    ("ALTER TABLE t ALTER a SET DATA TYPE varchar(9)", ops.AlterColumn, {"type": "String(9)"}),
    ("ALTER TABLE t RENAME COLUMN a TO b", ops.AlterColumn, {"column": "a", "new_name": "b"}),
    ("ALTER TABLE t RENAME a TO b", ops.AlterColumn, {"column": "a", "new_name": "b"}),
    ("ALTER TABLE t RENAME TO u", ops.RenameTable, {"table": "t", "new_name": "u"}),
    ("ALTER TABLE t RENAME CONSTRAINT a TO b", ops.RenameConstraint, {"name": "a", "new_name": "b"}),
    (
        "ALTER TABLE t DROP CONSTRAINT IF EXISTS c CASCADE",
        ops.DropConstraint,
        {"name": "c", "constraint_kind": "unknown", "if_exists": True, "cascade": True},
    ),
    ("ALTER TABLE t VALIDATE CONSTRAINT c", ops.ValidateConstraint, {"name": "c"}),
    (
        "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
        ops.Maintenance,
        {"what": "detach partition", "concurrently": True, "table": "t"},
    ),
    ("ALTER TABLE t OWNER TO x", ops.Execute, {"verb": "ALTER TABLE", "tables": ("t",)}),
    ("ALTER TABLE t ALTER a SET STATISTICS 100", ops.Execute, {"verb": "ALTER TABLE"}),
    ("DROP INDEX ix", ops.DropIndex, {"name": "ix", "table": "?", "concurrently": False}),
    ("DROP INDEX CONCURRENTLY IF EXISTS s.ix", ops.DropIndex, {"schema": "s", "concurrently": True}),
    ("DROP INDEX ix ON t", ops.DropIndex, {"name": "ix", "table": "t"}),
    ("ALTER INDEX a RENAME TO b", ops.RenameIndex, {"name": "a", "new_name": "b"}),
    ("DROP TABLE IF EXISTS s.t CASCADE", ops.DropTable, {"table": "t", "if_exists": True, "cascade": True}),
    ("TRUNCATE TABLE ONLY t", ops.TruncateTable, {"table": "t", "cascade": False}),
    ("DROP SCHEMA s CASCADE", ops.DropContainer, {"what": "schema", "name": "s", "cascade": True}),
    ("DROP EXTENSION IF EXISTS citext", ops.DropContainer, {"what": "extension", "if_exists": True}),
    ("DROP DATABASE d", ops.DropContainer, {"what": "database", "name": "d"}),
    ("DROP TYPE IF EXISTS s.mood", ops.DropType, {"name": "mood", "schema": "s", "if_exists": True}),
    (
        "CREATE TYPE mood AS ENUM ('sad', 'it''s ok')",
        ops.CreateEnum,
        {"name": "mood", "values": ("sad", "it's ok")},
    ),
    ("CREATE TYPE pair AS (a int, b int)", ops.Execute, {"verb": "CREATE TYPE"}),
    (
        "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'ok' BEFORE 'sad'",
        ops.AddEnumValue,
        {"name": "mood", "value": "ok", "if_not_exists": True},
    ),
    ("ALTER TYPE mood RENAME VALUE 'a' TO 'b'", ops.RenameEnumValue, {"value": "a", "new_value": "b"}),
    ("ALTER TYPE mood RENAME TO m", ops.RenameEnumValue, {"value": None, "new_value": "m"}),
    ("COMMENT ON TABLE t IS 'x'", ops.TableComment, {"comment": "x"}),
    ("COMMENT ON COLUMN s.t.a IS 'x'", ops.AlterColumn, {"table": "t", "schema": "s", "comment": "x"}),
    ("COMMENT ON COLUMN t.a IS NULL", ops.AlterColumn, {"column": "a", "comment": False}),
    ("COMMENT ON VIEW v IS 'x'", ops.Execute, {"verb": "COMMENT ON VIEW"}),
    ("CREATE TABLE t (a INT) ENGINE=InnoDB COMMENT='x'", ops.CreateTable, {"comment": "x"}),
    (
        "SET LOCAL lock_timeout = '5s'",
        ops.SetOption,
        {"name": "lock_timeout", "value": "5s", "local": True},
    ),
    (
        "SET Statement_Timeout TO 0",
        ops.SetOption,
        {"name": "statement_timeout", "value": "0", "local": False},
    ),
    ("SET search_path = a, b", ops.SetOption, {"value": "a, b"}),
    (
        "SELECT pg_catalog.set_config('lock_timeout', '4s', true)",
        ops.SetOption,
        {"name": "lock_timeout", "value": "4s", "local": True},
    ),
    ("BEGIN", ops.TransactionControl, {"verb": "begin"}),
    ("START TRANSACTION", ops.TransactionControl, {"verb": "begin"}),
    ("COMMIT", ops.TransactionControl, {"verb": "commit"}),
    ("ROLLBACK TO SAVEPOINT x", ops.TransactionControl, {"verb": "savepoint"}),
    ("VACUUM FULL t", ops.Maintenance, {"what": "vacuum full", "table": "t"}),
    ("VACUUM (FULL, ANALYZE) t", ops.Maintenance, {"what": "vacuum full"}),
    ("VACUUM", ops.Maintenance, {"what": "vacuum", "table": "?"}),
    ("REINDEX TABLE CONCURRENTLY t", ops.Maintenance, {"what": "reindex", "concurrently": True}),
    ("CLUSTER t USING ix", ops.Maintenance, {"what": "cluster", "table": "t"}),
    (
        "REFRESH MATERIALIZED VIEW CONCURRENTLY s.v",
        ops.Maintenance,
        {"what": "refresh materialized view", "concurrently": True, "table": "v", "schema": "s"},
    ),
    ("ALTER SYSTEM SET x = 1", ops.Maintenance, {"what": "alter system"}),
    ("CREATE DATABASE d", ops.Maintenance, {"what": "create database"}),
    (
        "UPDATE t SET a = b, c = 1 WHERE d IS NULL",
        ops.DataChange,
        {"verb": "update", "table": "t", "columns": ("a", "c"), "reads": ("b", "d"), "has_where": True},
    ),
    ("UPDATE t SET a = 1", ops.DataChange, {"has_where": False}),
    ("UPDATE t SET a = 1 WHERE true", ops.DataChange, {"has_where": False}),
    ("UPDATE t SET a = 1 WHERE 1 = 1", ops.DataChange, {"has_where": False}),
    ("UPDATE t SET a = 1 WHERE 1 = 1 AND b", ops.DataChange, {"has_where": True}),
    ("UPDATE t SET a = u.b FROM u", ops.DataChange, {"has_where": False, "table": "t"}),
    ("UPDATE a JOIN b ON a.id = b.id SET a.x = b.y", ops.DataChange, {"has_where": True}),
    ("UPDATE a LEFT JOIN b ON a.id = b.id SET a.x = 1", ops.DataChange, {"has_where": False}),
    (
        "UPDATE t SET (a, b) = (SELECT 1, 2 WHERE x)",
        ops.DataChange,
        {"columns": ("a", "b"), "has_where": False},
    ),
    ("UPDATE t SET a = 1 LIMIT 10", ops.DataChange, {"limited": True}),
    (
        "UPDATE t SET a = 1 WHERE id IN (SELECT id FROM t LIMIT 5)",
        ops.DataChange,
        {"limited": True, "has_where": True},
    ),
    ("UPDATE t SET a = (SELECT x FROM u LIMIT 1)", ops.DataChange, {"limited": False}),
    ("UPDATE u SET a = 1 FROM users AS u WHERE u.id = 1", ops.DataChange, {"table": "users"}),
    ("DELETE FROM ONLY s.t", ops.DataChange, {"verb": "delete", "has_where": False, "schema": "s"}),
    ("DELETE FROM t USING u WHERE t.id = u.id", ops.DataChange, {"has_where": True}),
    ("DELETE u FROM users u JOIN x ON x.id = u.id", ops.DataChange, {"table": "users", "has_where": True}),
    ("DELETE TOP (10) FROM t", ops.DataChange, {"limited": True}),
    (
        "WITH q AS (SELECT id FROM t LIMIT 9) DELETE FROM t USING q WHERE t.id = q.id",
        ops.DataChange,
        {"verb": "delete", "limited": True},
    ),
    (
        "INSERT INTO t (a, b) VALUES (1, :b) ON CONFLICT (a) DO UPDATE SET c = excluded.c",
        ops.DataChange,
        {"verb": "insert", "columns": ("a", "b", "c")},
    ),
    ("INSERT INTO t SELECT * FROM u WHERE x", ops.DataChange, {"has_where": True, "columns": ()}),
    ("REPLACE INTO t (a) VALUES (1)", ops.DataChange, {"verb": "insert", "columns": ("a",)}),
    (
        "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = s.a WHEN NOT MATCHED THEN INSERT (b) VALUES (s.b)",
        ops.DataChange,
        {"verb": "merge", "table": "t", "columns": ("a", "b")},
    ),
    ("SELECT a FROM t JOIN s.u ON true", ops.Execute, {"verb": "SELECT", "tables": ("t", "s.u")}),
    ("SELECT extract(year FROM a) FROM t, u", ops.Execute, {"tables": ("t", "u")}),
    ("WITH q AS (SELECT 1 FROM t) SELECT * FROM q", ops.Execute, {"verb": "SELECT", "tables": ("t",)}),
    ("CREATE OR REPLACE VIEW v AS SELECT 1 FROM t", ops.Execute, {"verb": "CREATE VIEW", "tables": ("t",)}),
    ("CREATE EXTENSION IF NOT EXISTS citext", ops.Execute, {"verb": "CREATE EXTENSION"}),
    ("CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()", ops.Execute, {"tables": ("t",)}),
    ("LOCK TABLE a, ONLY b IN SHARE MODE", ops.Execute, {"verb": "LOCK TABLE", "tables": ("a", "b")}),
    ("PRAGMA foreign_keys=OFF", ops.Execute, {"verb": "PRAGMA"}),
    ("EXEC sp_rename 'a', 'b'", ops.Execute, {"verb": "EXEC"}),
    ("GRANT SELECT ON t TO u", ops.Execute, {"verb": "GRANT"}),
    ("DROP VIEW v", ops.Execute, {"verb": "DROP VIEW"}),
]


@pytest.mark.parametrize(("sql", "kind", "fields"), CASES, ids=[case[0][:60] for case in CASES])
@pytest.mark.parametrize("dialects", [("postgresql",), ()], ids=["postgresql", "unknown"])
def test_a_statement_is_an_operation(sql, kind, fields, dialects):
    reading = read(sql, *dialects)
    (operation,) = reading.operations
    assert type(operation) is kind
    assert {name: said(getattr(operation, name)) for name in fields} == fields
    assert operation.site.sql == sql
    assert operation.site.call == Span(SHIFT, SHIFT + len(sql))
    assert operation.site.order == SITE.order
    assert reading.statements == (sql,)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("ALTER TABLE t ADD a int, DROP COLUMN b", ["ADD a", "DROP COLUMN b"]),
        ("ALTER TABLE t ALTER a TYPE int USING a::int", ["ALTER a TYPE int"]),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", ["ADD CONSTRAINT c CHECK"]),
        ("CREATE UNIQUE INDEX CONCURRENTLY ix ON t (a)", ["CREATE UNIQUE INDEX CONCURRENTLY ix"]),
        ("CREATE INDEX ON t (a)", ["CREATE INDEX ON t"]),
        ("DROP TABLE a, b", ["DROP TABLE a", "b"]),
        ("UPDATE t SET a = 1 WHERE b", ["UPDATE t"]),
        ("CREATE TABLE t (a int)", ["CREATE TABLE t"]),
        ("BEGIN; DROP TYPE x;", ["BEGIN", "DROP TYPE x"]),
    ],
)
def test_the_telling_words_are_pointed_at(sql, words):
    sites = [operation.site for operation in read(sql).operations]
    assert [sql[site.name.start - SHIFT : site.name.end - SHIFT] for site in sites] == words


def test_ranges_are_mapped_through_the_pieces_of_a_string():
    # op.execute("ALTER TABLE users "
    #            "DROP COLUMN name")
    first, second = "ALTER TABLE users ", "DROP COLUMN name"
    text = Text(first + second, ((0, Span(12, 30)), (18, Span(43, 59))))
    (operation,) = read_sql(text, (), SITE).operations
    assert operation.site.call == Span(12, 59)
    assert operation.site.name == Span(43, 59)
    assert operation.site.args["column"] == Span(55, 59)
    assert operation.site.args["table"] == Span(24, 29)


def test_a_range_that_crosses_pieces_spans_both():
    text = Text("DROP TABLE users", ((0, Span(10, 18)), (8, Span(30, 38))))
    (operation,) = read_sql(text, (), SITE).operations
    assert operation.site.name == Span(10, 38)


def test_create_table():
    table = only(
        """
        CREATE TABLE IF NOT EXISTS s.t (  -- a comment, with a comma
            id bigserial PRIMARY KEY,
            a varchar(20) NOT NULL DEFAULT 'x',
            b numeric(10, 2)[] NULL,
            c timestamptz DEFAULT now() NOT NULL,
            d int REFERENCES s.u (id) ON DELETE SET NULL,
            e jsonb, f text CONSTRAINT uq_f UNIQUE,
            g int GENERATED ALWAYS AS (d * 2) STORED,
            h int GENERATED BY DEFAULT AS IDENTITY (START WITH 5),
            i double precision CHECK (i > 0),
            j geometry(Point, 4326),
            CONSTRAINT fk FOREIGN KEY (a, d) REFERENCES v (x, y) ON UPDATE CASCADE,
            EXCLUDE USING gist (c WITH &&)
        )""",
        "postgresql",
    )
    assert isinstance(table, ops.CreateTable)
    assert (table.table, table.schema, table.if_not_exists, table.complete) == ("t", "s", True, True)
    columns = {column.name: column for column in table.columns}
    assert [said(column.type) for column in table.columns] == [
        *(
            "BigInteger",
            "String(20)",
            "ARRAY(Numeric(10, 2))",
            "DateTime(timezone=True)",
            "Integer",
            "JSONB",
        ),
        *("Text", "Integer", "Integer", "Double", "sql:geometry('Point', 4326)"),
    ]
    assert columns["id"].primary_key
    assert columns["id"].autoincrement
    assert columns["a"].nullable is False
    assert columns["a"].server_default == "x"
    assert columns["b"].nullable is True
    assert said(columns["c"].server_default) == "text('now()')"
    assert columns["c"].is_nullable is False
    assert columns["d"].is_nullable is True
    assert [(key.target, key.ondelete) for key in columns["d"].foreign_keys] == [("s.u.id", "SET NULL")]
    assert said(columns["g"].computed) == "Computed('d * 2', persisted=True)"
    assert said(columns["h"].identity) == "Identity(always=False)"
    assert [(item.kind, item.name, item.columns) for item in table.constraints] == [
        ("unique", "uq_f", ("f",)),
        ("check", None, ()),
        ("foreign key", "fk", ("a", "d")),
        ("exclude", None, ("c",)),
    ]
    assert (table.constraints[2].ref_table, table.constraints[2].ref_columns) == ("v", ("x", "y"))


def test_create_table_for_mysql():
    table = only(
        "CREATE TABLE `t` (`id` int(11) unsigned NOT NULL AUTO_INCREMENT, `key` varchar(9) CHARACTER SET utf8mb4"
        " COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'it\\'s, \"x\"', e enum('a','b'), d datetime(6), "
        "ts timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, "
        "PRIMARY KEY (`id`), UNIQUE KEY `uq` (`key`), KEY `ix` (`e`, d), FULLTEXT KEY ft (`key`(10)))"
        " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
        "mysql",
    )
    assert isinstance(table, ops.CreateTable)
    assert [(column.name, said(column.type)) for column in table.columns] == [
        ("id", "INTEGER(unsigned=True)"),
        ("key", "String(9)"),
        ("e", "Enum('a', 'b')"),
        ("d", "DATETIME(fsp=6)"),
        ("ts", "TIMESTAMP"),
    ]
    assert table.columns[1].comment == 'it\'s, "x"'
    assert [(item.kind, item.name) for item in table.constraints] == [("primary key", None), ("unique", "uq")]
    assert [(item.name, item.columns) for item in table.indexes] == [("ix", ("e", "d")), ("ft", ("key",))]


@pytest.mark.parametrize(
    "sql",
    ["CREATE TABLE t AS SELECT 1", "CREATE TABLE t (LIKE u)", "CREATE TABLE t (a int) INHERITS (u)"],
)
def test_a_table_whose_columns_come_from_elsewhere_is_incomplete(sql):
    table = only(sql)
    assert isinstance(table, ops.CreateTable)
    assert not table.complete


def test_create_index():
    index = only(
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix ON s.t USING gin (a DESC NULLS LAST, lower(b), c) "
        "INCLUDE (d) WHERE e IS NULL"
    )
    assert isinstance(index, ops.CreateIndex)
    assert (index.table, index.schema, index.concurrently, index.if_not_exists) == ("t", "s", True, True)
    spec = index.index
    assert (spec.name, said(spec.columns), spec.unique, spec.expressions) == (
        "ix",
        ("a", "?", "c"),
        True,
        True,
    )
    assert (spec.where, spec.using, spec.include) == ("e IS NULL", "gin", ["d"])


def test_several_actions_are_several_operations():
    sql = (
        "ALTER TABLE ONLY t ADD COLUMN a int DEFAULT 0 CHECK (a > 0), ADD b text, ADD CONSTRAINT c UNIQUE (a, b), "
        "ADD PRIMARY KEY USING INDEX ix, ADD CONSTRAINT d CHECK (a < 9) NOT VALID, DROP e, SET (fillfactor = 70)"
    )
    operations = read(sql, "postgresql").operations
    assert [operation.kind for operation in operations] == [
        *("add_column", "add_constraint", "add_column", "add_constraint", "add_constraint", "add_constraint"),
        *("drop_column", "execute"),
    ]
    added = [operation.constraint for operation in operations if isinstance(operation, ops.AddConstraint)]
    assert [(item.kind, item.name, item.columns, item.using_index, item.not_valid) for item in added] == [
        ("check", None, (), None, False),
        ("unique", "c", ("a", "b"), None, False),
        ("primary key", "ix", (), "ix", False),
        ("check", "d", (), None, True),
    ]
    assert {operation.site.call for operation in operations} == {Span(SHIFT, SHIFT + len(sql))}


def test_a_foreign_key_says_everything():
    added = only(
        "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES s.u (id) MATCH FULL ON DELETE SET NULL (a) "
        "ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID"
    )
    assert isinstance(added, ops.AddConstraint)
    key = added.constraint
    assert (key.kind, key.name, key.columns, key.ref_table, key.ref_columns) == (
        *("foreign key", "fk", ("a",), "s.u", ("id",)),
    )
    assert (key.ondelete, key.onupdate, key.deferrable, key.not_valid) == (
        "SET NULL (a)",
        "CASCADE",
        True,
        True,
    )
    assert key.initially == "DEFERRED"
    created = only("CREATE TABLE t (a int REFERENCES u (id) DEFERRABLE INITIALLY DEFERRED NOT NULL)")
    assert isinstance(created, ops.CreateTable)
    (column,) = created.columns
    assert column.nullable is False
    (reference,) = column.foreign_keys
    assert (reference.deferrable, reference.initially) == (True, "DEFERRED")


def test_modify_states_the_whole_column():
    operations = read(
        "ALTER TABLE t MODIFY a VARCHAR(9) NOT NULL, CHANGE COLUMN b c INT, DROP PRIMARY KEY, DROP FOREIGN KEY fk, "
        "ADD UNIQUE KEY uq (a), ADD INDEX ix (a), ALGORITHM=INPLACE, LOCK=NONE",
        "mysql",
    ).operations
    modify, change, *rest = operations
    assert isinstance(modify, ops.AlterColumn)
    assert isinstance(change, ops.AlterColumn)
    assert (modify.column, said(modify.type), modify.nullable) == ("a", "String(9)", False)
    assert (change.column, change.new_name, change.nullable, change.server_default) == ("b", "c", True, False)
    assert [operation.kind for operation in rest] == [
        *("drop_constraint", "drop_constraint", "add_constraint", "create_index"),
    ]


def test_sql_server_spellings():
    operations = read("ALTER TABLE [dbo].[t] ADD [a b] INT NULL, b BIT", "mssql").operations
    assert [(o.schema, o.table, o.column.name) for o in operations if isinstance(o, ops.AddColumn)] == [
        ("dbo", "t", "a b"),
        ("dbo", "t", "b"),
    ]
    altered = only("ALTER TABLE t ALTER COLUMN a NVARCHAR(20) NOT NULL", "mssql")
    assert isinstance(altered, ops.AlterColumn)
    assert (said(altered.type), altered.nullable) == ("Unicode(20)", False)


def test_a_named_inline_constraint_keeps_its_name():
    added, constraint = read("ALTER TABLE t ADD COLUMN a int CONSTRAINT uq UNIQUE").operations
    assert isinstance(added, ops.AddColumn)
    assert isinstance(constraint, ops.AddConstraint)
    assert (constraint.constraint.kind, constraint.constraint.name) == ("unique", "uq")


def test_data_changes_inside_a_with_come_first():
    operations = read(
        "WITH moved AS (DELETE FROM a WHERE x RETURNING *) INSERT INTO b (p) SELECT p FROM moved"
    ).operations
    assert [(o.verb, o.table) for o in operations if isinstance(o, ops.DataChange)] == [
        ("delete", "a"),
        ("insert", "b"),
    ]


def test_bodies_are_no_statements():
    reading = read(
        "CREATE FUNCTION f() RETURNS trigger AS $x$ BEGIN COMMIT; END; $x$ LANGUAGE plpgsql; "
        "CREATE TRIGGER g BEFORE UPDATE ON t BEGIN DELETE FROM t; END; SELECT ';' /* ; */ -- ;"
    )
    assert [o.verb for o in reading.operations if isinstance(o, ops.Execute)] == [
        *("CREATE FUNCTION", "CREATE TRIGGER", "SELECT"),
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "BEGIN CREATE TYPE m AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END",
            [("create_enum", True)],
        ),
        (
            "BEGIN IF NOT EXISTS (SELECT 1) THEN DROP TABLE a; END IF; DROP TABLE b; END",
            [("drop_table", True), ("drop_table", False)],
        ),
        ("BEGIN FOR r IN SELECT 1 LOOP DROP TABLE a; END LOOP; END", [("execute", False)]),
        ("BEGIN EXECUTE 'DROP TABLE a'; END", [("execute", False)]),
    ],
)
def test_a_do_block_is_what_it_wraps(body, expected):
    reading = read(f"DO $do$ {body} $do$", "postgresql")
    assert [(operation.kind, operation.site.conditional) for operation in reading.operations] == expected


def test_an_interpolated_part_makes_its_name_unknown():
    sql = f"ALTER TABLE {HOLE} DROP COLUMN old_{HOLE}; ALTER TABLE t ADD a {HOLE}; UPDATE t SET a = 1 {HOLE}"
    reading = read(sql, "postgresql")
    dropped, added, changed = reading.operations
    assert isinstance(dropped, ops.DropColumn)
    assert isinstance(added, ops.AddColumn)
    assert isinstance(changed, ops.DataChange)
    at = SHIFT + sql.index(HOLE)
    assert dropped.table == Unknown("interpolated", Span(at, at + 1))
    assert isinstance(dropped.column, Unknown)
    assert isinstance(added.column.type, Unknown)
    assert isinstance(added.column.is_nullable, Unknown)
    assert changed.has_where, "the interpolated part may be the WHERE"
    assert reading.problem is None


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE t SET a = :a, b = %(b)s WHERE c = ? AND d = %s",
        "UPDATE t SET a = b\\:\\:int WHERE c = '\\:x'",
        "UPDATE t SET a = data -> 'x' ->> 'y' WHERE data ? 'z' AND tags @> ARRAY['q'] AND a[1:2] = '{}'",
    ],
)
def test_parameters_and_escapes_are_understood(sql):
    changed = only(sql, "postgresql")
    assert isinstance(changed, ops.DataChange)
    assert changed.has_where


def test_unquoted_names_fold_where_the_database_folds_them():
    folded, kept = only("DROP TABLE Users", "postgresql"), only("DROP TABLE Users", "mysql")
    assert isinstance(folded, ops.DropTable)
    assert isinstance(kept, ops.DropTable)
    assert (folded.table, kept.table) == ("users", "Users")


def test_a_huge_statement_is_left_unread():
    (operation,) = read("INSERT INTO t VALUES " + "(1)," * MAX_STATEMENT + "(1)").operations
    assert isinstance(operation, ops.Execute)
    assert (operation.verb, operation.parsed) == ("INSERT", False)


@pytest.mark.parametrize("unit", ["(", "[", "CASE ", "a.", "'", "$$", "/*", "((1)),", "BEGIN ", "SELECT ("])
def test_reading_takes_linear_time(unit):
    """Quadratic time would be more than the time limit of a test."""
    read("SELECT " + unit * 40_000, "postgresql")
    read("ALTER TABLE t ADD a " + unit * 40_000, "postgresql")
