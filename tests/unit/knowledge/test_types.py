"""Types as each database sees them, and what changing one means."""

import pytest

from foreshot.knowledge import (
    classify,
    compare_types,
    describe,
    effects_of,
    parse_sql_type,
    volatility,
    volatility_of_sql,
)
from foreshot.syntax.values import CallValue, Ref, Unknown
from foreshot.text import Span

from .reading import COLUMN, on, operations

PG, MY, MA, LITE = (on(name) for name in ("postgresql", "mysql", "mariadb", "sqlite"))


def typed(written):
    return operations(COLUMN.format(written))[0].column.type


@pytest.mark.parametrize(
    ("written", "database", "family", "fields"),
    [
        ("sa.String(50)", PG, "string", {"length": 50}),
        ("sa.String()", PG, "string", {"length": None}),
        ("sa.String", PG, "string", {"length": None}),
        ("sa.Unicode(length=9)", PG, "string", {"length": 9}),
        ("sa.CHAR(3)", PG, "string", {"length": 3, "fixed": True}),
        ("sa.Text()", PG, "text", {"length": None}),
        ("sa.Text()", MY, "text", {"length": 65_535}),
        ("mysql.LONGTEXT()", MY, "text", {"length": 4_294_967_295}),
        ("sa.Integer()", PG, "integer", {"bits": 32}),
        ("sa.BigInteger()", MY, "integer", {"bits": 64}),
        ("mysql.INTEGER(unsigned=True)", MY, "integer", {"unsigned": True}),
        ("sa.Boolean()", PG, "boolean", {}),
        ("sa.Boolean()", MY, "integer", {"bits": 8}),
        ("sa.Numeric(10, 2)", PG, "numeric", {"precision": 10, "scale": 2}),
        ("sa.Numeric()", PG, "numeric", {"precision": None, "scale": None}),
        ("sa.Numeric()", MY, "numeric", {"precision": 10, "scale": 0}),
        ("sa.Float()", PG, "float", {"bits": 64}),
        ("sa.Float()", MY, "float", {"bits": 32}),
        ("sa.Double()", MY, "float", {"bits": 64}),
        ("sa.DateTime()", PG, "timestamp", {"timezone": False}),
        ("sa.DateTime(timezone=True)", PG, "timestamptz", {"timezone": True}),
        ("sa.DateTime(timezone=True)", MY, "timestamp", {}),
        ("sa.TIMESTAMP()", MY, "timestamptz", {}),
        ("mysql.DATETIME(fsp=6)", MY, "timestamp", {"precision": 6}),
        ("sa.JSON()", PG, "json", {}),
        ("sa.JSON()", MA, "text", {"name": "JSON"}),
        ("postgresql.JSONB()", PG, "jsonb", {}),
        ("sa.Uuid()", PG, "uuid", {}),
        ("sa.Uuid()", MY, "string", {"length": 32}),
        ("sa.Uuid()", MA, "uuid", {}),
        ("sa.LargeBinary()", PG, "bytes", {"length": None}),
        ("sa.Enum('a', 'bc', name='e')", PG, "enum", {"name": "e", "values": ("a", "bc")}),
        ("sa.Enum('a', 'bc', name='e', native_enum=False)", PG, "string", {"length": 2}),
        ("sa.Enum('a', 'bc')", LITE, "string", {"length": 2}),
        ("sa.Enum('a', 'bc')", MY, "enum", {"values": ("a", "bc")}),
        ("sa.ARRAY(sa.String(5))", PG, "array", {"exact": True}),
        ("postgresql.INET()", PG, "inet", {}),
        ("postgresql.DOMAIN('d', sa.Integer(), check='VALUE > 0')", PG, "custom", {"domain_check": True}),
        ("Money()", PG, "custom", {}),
        ("sa.String(SIZE)", PG, "string", {"exact": False}),
    ],
)
def test_classification(written, database, family, fields):
    found = classify(typed(written), database)
    assert found.family == family
    for name, value in fields.items():
        assert getattr(found, name) == value, name


def test_a_variant_counts_on_its_database():
    span = Span(0, 1)

    def call(path, *args, receiver=None):
        return CallValue(Ref(path, path, span), args, {}, span, receiver=receiver)

    variant = call(
        "sqlalchemy.JSON().with_variant",
        call("sqlalchemy.dialects.postgresql.JSONB"),
        "postgresql",
        receiver=call("sqlalchemy.JSON"),
    )
    from foreshot.knowledge import classify_value

    assert classify_value(variant, PG).family == "jsonb"
    assert classify_value(variant, MY).family == "json"


@pytest.mark.parametrize(
    ("written", "same_as"),
    [
        ("character varying(5)", "varchar(5)"),
        ("timestamp without time zone", "timestamp"),
        ("timestamp(3) with time zone", "timestamptz(3)"),
        ("int4", "INTEGER"),
        ("decimal(5)", "numeric(5,0)"),
        ("double precision", "float8"),
        ("pg_catalog.int8", "bigint"),
        ("integer ARRAY", "int[]"),
        ("bool", "boolean"),
    ],
)
def test_spellings_of_sql(written, same_as):
    assert parse_sql_type(written, PG) == parse_sql_type(same_as, PG)


def test_hostile_type_names_are_custom():
    for text in ("", "((", "a" * 10_000 + "(", "int (" * 50, "'", "\0"):
        assert parse_sql_type(text, PG).family == "custom"


CHANGES = [
    # old, new, kind, rewrite, needs USING
    ("varchar(50)", "varchar(100)", "widening", False, False),
    ("varchar(50)", "text", "widening", False, False),
    ("text", "varchar", "widening", False, False),
    ("varchar(100)", "varchar(50)", "narrowing", True, False),
    ("text", "varchar(9)", "narrowing", True, False),
    ("varchar(9)", "char(9)", "widening", True, False),
    ("char(9)", "text", "conversion", True, False),
    ("text", "citext", "conversion", False, False),
    ("int", "bigint", "widening", True, False),
    ("bigint", "int", "narrowing", True, False),
    ("int", "numeric(12,0)", "conversion", True, False),
    ("numeric(10,2)", "numeric(12,2)", "widening", False, False),
    ("numeric(10,2)", "numeric", "widening", False, False),
    ("numeric(10,2)", "numeric(10,4)", "narrowing", True, False),
    ("numeric(10,4)", "numeric(10,2)", "narrowing", True, False),
    ("numeric(10,2)", "int", "narrowing", True, False),
    ("bigint", "real", "narrowing", True, False),
    ("real", "double precision", "widening", True, False),
    ("timestamp", "timestamptz", "conversion", None, False),
    ("timestamptz", "timestamp", "narrowing", None, False),
    ("timestamp(0)", "timestamp(6)", "widening", False, False),
    ("timestamp", "timestamp(0)", "narrowing", True, False),
    ("timestamp", "date", "narrowing", True, False),
    ("date", "timestamp", "widening", True, False),
    ("json", "jsonb", "conversion", True, False),
    ("text", "jsonb", "conversion", True, True),
    ("text", "int", "conversion", True, True),
    ("int", "text", "conversion", True, False),
    ("int", "boolean", "conversion", True, True),
    ("varchar(36)", "uuid", "conversion", True, True),
    ("uuid", "varchar(36)", "conversion", True, False),
    ("uuid", "varchar(35)", "narrowing", True, False),
    ("int[]", "bigint[]", "widening", True, False),
    ("text", "text", "same", False, False),
    ("bytea", "bytea", "same", False, False),
]


@pytest.mark.parametrize(("old", "new", "kind", "rewrite", "using"), CHANGES)
def test_type_changes_on_postgresql(old, new, kind, rewrite, using):
    found = compare_types(parse_sql_type(old, PG), parse_sql_type(new, PG), PG)
    assert (found.kind, found.rewrite, found.needs_using) == (kind, rewrite, using)
    assert found.kind != "narrowing" or found.loses or found.fails
    assert found.source


def test_time_zones_always_rewrote_before_12():
    old, new = parse_sql_type("timestamp", PG), parse_sql_type("timestamptz", PG)
    assert compare_types(old, new, on("postgresql", "11")).rewrite is True


def test_silent_losses_are_told():
    def loses(old, new):
        return compare_types(parse_sql_type(old, PG), parse_sql_type(new, PG), PG).loses or ""

    assert "rounds to 2" in loses("numeric(10,4)", "numeric(10,2)")
    assert "rounds to 0" in loses("timestamp", "timestamp(0)")
    assert loses("timestamp", "date") == "the time of day"
    assert "duplicate keys" in loses("json", "jsonb")
    assert loses("varchar(9)", "varchar(5)") == ""


def test_unknown_does_not_accuse():
    assert (
        compare_types(classify(typed("Money()"), PG), classify(typed("sa.Text()"), PG), PG).kind == "unknown"
    )
    assert (
        compare_types(classify(typed("sa.String(N)"), PG), classify(typed("sa.String(5)"), PG), PG).kind
        == "unknown"
    )
    assert compare_types(classify(None, PG), classify(Unknown("why", Span(0, 1)), PG), PG).kind == "unknown"


def test_enum_values():
    def change(old, new, database):
        return compare_types(classify(typed(old), database), classify(typed(new), database), database)

    assert change("sa.Enum('a', 'b')", "sa.Enum('a')", MY).kind == "narrowing"
    assert change("sa.Enum('a')", "sa.Enum('a', 'b')", MY).algorithm == "INSTANT"
    assert change("sa.Enum('a', name='x')", "sa.Enum('a', 'b', name='y')", PG).needs_using is True
    assert change("sa.Enum('a', name='x')", "sa.Enum('a', 'b', name='x')", PG).kind == "unknown"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("now()", "stable"),
        ("CURRENT_TIMESTAMP", "stable"),
        ("'random()'", "constant"),
        ("'{}'::jsonb", "constant"),
        ("0::numeric(10, 2)", "constant"),
        ("timezone('utc', now())", "stable"),
        ("clock_timestamp()", "volatile"),
        ("public.uuid_generate_v4()", "volatile"),
        ("md5(random()::text)", "volatile"),
        ("nextval('s'::regclass)", "volatile"),
        ("ours.made()", "unknown"),
        ("true", "constant"),
    ],
)
def test_volatility(sql, expected):
    assert volatility_of_sql(sql) == expected


def test_volatility_of_values():
    assert volatility("now()") == "constant"
    assert volatility(None) == "none"
    assert (
        volatility(
            operations(COLUMN.format("sa.Uuid(), server_default=sa.func.gen_random_uuid()"))[
                0
            ].column.server_default
        )
        == "volatile"
    )
    assert (
        volatility(
            operations(COLUMN.format("sa.Integer(), server_default=sa.Sequence('s').next_value()"))[
                0
            ].column.server_default
        )
        == "volatile"
    )
    assert volatility(Unknown("why", Span(0, 1))) == "unknown"


def test_words():
    operation = operations("op.create_unique_constraint('u', 'users', ['c'])")[0]
    said = describe(effects_of(operation, PG), "users", PG)
    assert said[0] == "takes ACCESS EXCLUSIVE on `users`: blocks reads and writes"
    assert said[1] == "reads the whole table"
    assert any("23505" in sentence for sentence in said)
    assert describe(effects_of(operation, on("oracle")), "users", on("oracle")) == [
        "what it does on Oracle is not known"
    ]
    copied = operations("op.create_foreign_key('f', 't', 'p', ['c'], ['id'])")[0]
    assert "ALGORITHM=COPY, LOCK=SHARED: blocks writes" in describe(effects_of(copied, MY), "t", MY)


@pytest.mark.timeout(5)
@pytest.mark.parametrize("piece", ["'", "::", "a(", "a.", "x ", "(", ":: a ", " ", "$$", "unsigned ", "[]"])
def test_hostile_sql_takes_no_time(piece):
    for text in (piece * 900, "::" + piece * 900, piece * 50_000):
        parse_sql_type(f"int {text}", PG)
        parse_sql_type(text, PG)
        volatility_of_sql(text)


@pytest.mark.parametrize(
    ("new", "lost"),
    [
        ("sa.Integer()", "it becomes 0"),
        ("sa.Date()", "becomes 2026"),
        ("sa.DateTime()", "becomes 2026"),
        ("sa.JSON()", ""),
        ("sa.Uuid()", ""),
    ],
)
def test_what_sqlite_makes_of_text_in_a_batch(new, lost):
    """Seen on SQLite 3.40 with Alembic 1.20: CAST keeps the digits that a text begins with."""
    found = (
        compare_types(classify(typed("sa.String(40)"), LITE), classify(typed(new), LITE), LITE).loses or ""
    )
    assert lost in found and bool(lost) == bool(found)
