"""What operations do, one line an operation: read from source, asked of the tables, compared with what was measured."""

from typing import Any

import pytest

from foreshot.knowledge import Facts, SqlType, effects_of, parse_sql_type, risk
from foreshot.knowledge.rows import choose, measured_on

from .reading import COLUMN, on, operations


def effect(body, database="postgresql", version=None, **facts) -> Any:
    found = operations(body)
    return effects_of(found[-1], on(database, version), facts=Facts(**facts))


def locks(found):
    return " ".join(f"{lock.table or '?'}:{lock.mode.replace(' ', '-')}" for lock in found.locks)


AX = "t:ACCESS-EXCLUSIVE"
S = "t:SHARE"
SUX = "t:SHARE-UPDATE-EXCLUSIVE"
SRX = "t:SHARE-ROW-EXCLUSIVE"
P_SRX = "p:SHARE-ROW-EXCLUSIVE"
ALTER = "op.alter_column('t', 'c', {})"

ON_POSTGRESQL = [
    # source, versions, locks, rewrite, scan
    (COLUMN.format("sa.Integer()"), None, AX, False, False),
    (COLUMN.format("sa.Integer(), server_default='0'"), None, AX, False, False),
    (COLUMN.format("sa.Integer(), server_default='0'"), "10", AX, True, True),
    (COLUMN.format("sa.Integer(), server_default='0', nullable=False"), None, AX, False, False),
    (COLUMN.format("sa.DateTime(), server_default=sa.func.now()"), None, AX, False, False),
    (COLUMN.format("sa.DateTime(), server_default=sa.text('CURRENT_TIMESTAMP')"), None, AX, False, False),
    (COLUMN.format("sa.DateTime(), server_default=sa.text('clock_timestamp()')"), None, AX, True, True),
    (COLUMN.format("sa.Uuid(), server_default=sa.text('gen_random_uuid()')"), None, AX, True, True),
    (COLUMN.format("sa.Uuid(), server_default=sa.func.uuid_generate_v4()"), None, AX, True, True),
    (COLUMN.format("sa.Integer(), server_default=sa.text(\"nextval('s')\")"), None, AX, True, True),
    (COLUMN.format("sa.Integer(), server_default=sa.text('ours()')"), None, AX, None, None),
    (COLUMN.format("sa.Integer(), sa.Identity()"), None, AX, True, True),
    ("op.execute('ALTER TABLE t ADD COLUMN c serial')", None, AX, True, True),
    ("op.execute('ALTER TABLE t ADD COLUMN c mood')", None, AX, None, None),
    (COLUMN.format("sa.Integer(), sa.Computed('a * 2', persisted=True)"), None, AX, True, True),
    (COLUMN.format("sa.Integer(), sa.Computed('a * 2')"), "17", AX, True, True),
    (COLUMN.format("sa.Integer(), sa.Computed('a * 2')"), "18", AX, False, False),
    (COLUMN.format("sa.Integer(), sa.Computed('a * 2', persisted=False)"), "18.1", AX, False, False),
    (COLUMN.format("sa.Integer(), unique=True"), None, AX, False, True),
    (COLUMN.format("sa.Integer(), index=True"), None, AX, False, True),
    (COLUMN.format("sa.Integer(), sa.ForeignKey('p.id')"), None, f"{AX} {P_SRX}", False, True),
    (
        "op.add_column('t', sa.Column('c', sa.Integer(), sa.ForeignKey('p.id')), inline_references=True)",
        None,
        f"{AX} {P_SRX}",
        False,
        False,
    ),
    (
        COLUMN.format("sa.Enum('a', native_enum=False, create_constraint=True, name='k')"),
        None,
        AX,
        False,
        True,
    ),
    (COLUMN.format("sa.Boolean(create_constraint=True, name='k')"), None, AX, False, False),
    ("op.drop_column('t', 'c')", None, AX, False, False),
    (ALTER.format("nullable=False"), None, AX, False, True),
    (ALTER.format("nullable=True"), None, AX, False, False),
    (ALTER.format("server_default='5'"), None, AX, False, False),
    (ALTER.format("server_default=None"), None, AX, False, False),
    (ALTER.format("new_column_name='d'"), None, AX, False, False),
    (ALTER.format("comment='hi'"), None, SUX, False, False),
    (ALTER.format(""), None, "", False, False),
    (ALTER.format("type_=sa.BigInteger(), existing_type=sa.Integer()"), None, AX, True, True),
    (ALTER.format("type_=sa.String(100), existing_type=sa.String(50)"), None, AX, False, False),
    (ALTER.format("type_=sa.Text(), existing_type=sa.String(50)"), None, AX, False, False),
    (ALTER.format("type_=sa.String(10), existing_type=sa.String(50)"), None, AX, True, True),
    (ALTER.format("type_=sa.String(100), existing_type=Money()"), None, AX, None, None),
    ("op.create_index('i', 't', ['c'])", None, S, False, True),
    ("op.create_index('i', 't', ['c'], unique=True)", None, S, False, True),
    (
        "with op.get_context().autocommit_block():\n    op.create_index('i', 't', ['c'], postgresql_concurrently=True)",
        None,
        SUX,
        False,
        True,
    ),
    ("op.drop_index('i', table_name='t')", None, f"{AX} ?:ACCESS-EXCLUSIVE", False, False),
    ("op.execute('ALTER INDEX i RENAME TO j')", None, "?:SHARE-UPDATE-EXCLUSIVE", False, False),
    ("op.execute('ALTER INDEX i RENAME TO j')", "11", "?:ACCESS-EXCLUSIVE", False, False),
    ("op.create_foreign_key('f', 't', 'p', ['c'], ['id'])", None, f"{SRX} {P_SRX}", False, True),
    (
        "op.create_foreign_key('f', 't', 'p', ['c'], ['id'], postgresql_not_valid=True)",
        None,
        f"{SRX} {P_SRX}",
        False,
        False,
    ),
    (
        "op.add_column('t', sa.Column('c', sa.Integer(), sa.ForeignKey('p.id', postgresql_not_valid=True)))",
        None,
        f"{AX} {P_SRX}",
        False,
        False,
    ),
    ("op.create_check_constraint('k', 't', 'c > 0')", None, AX, False, True),
    ("op.create_check_constraint('k', 't', 'c > 0', postgresql_not_valid=True)", None, AX, False, False),
    ("op.create_unique_constraint('u', 't', ['c'])", None, AX, False, True),
    ("op.execute('ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i')", None, AX, False, False),
    ("op.create_primary_key('k', 't', ['c'])", None, AX, False, True),
    ("op.create_exclude_constraint('x', 't', ('c', '&&'))", None, AX, False, True),
    ("op.drop_constraint('k', 't', type_='check')", None, AX, False, False),
    ("op.execute('ALTER TABLE t VALIDATE CONSTRAINT k')", None, SUX, False, True),
    ("op.execute('ALTER TABLE t RENAME CONSTRAINT k TO l')", None, AX, False, False),
    ("op.create_table_comment('t', 'hi')", None, SUX, False, False),
    ("op.create_table('t', sa.Column('p', sa.Integer(), sa.ForeignKey('p.id')))", None, P_SRX, False, False),
    ("op.create_table('t', sa.Column('t', sa.Integer(), sa.ForeignKey('t.id')))", None, "", False, False),
    ("op.drop_table('t')", None, AX, False, False),
    ("op.rename_table('t', 'u')", None, AX, False, False),
    ("op.execute('TRUNCATE t')", None, AX, False, False),
    ("op.execute('UPDATE t SET a = 1')", None, "t:ROW-EXCLUSIVE", False, True),
    ("op.execute('UPDATE t SET a = 1 WHERE id = 1')", None, "t:ROW-EXCLUSIVE", False, None),
    ("op.execute('DELETE FROM t')", None, "t:ROW-EXCLUSIVE", False, True),
    ("op.execute('REINDEX TABLE t')", None, f"{S} ?:ACCESS-EXCLUSIVE", False, True),
    ("op.execute('CLUSTER t USING i')", None, AX, True, True),
    ("op.execute('REFRESH MATERIALIZED VIEW t')", None, AX, True, True),
    ("op.execute('REFRESH MATERIALIZED VIEW CONCURRENTLY t')", None, "t:EXCLUSIVE", False, True),
    ("op.execute('ALTER TABLE t SET UNLOGGED')", None, AX, True, True),
    ("op.execute('ALTER TABLE t SET (fillfactor = 70)')", None, SUX, False, False),
    ("op.execute('SELECT 1')", None, "", False, False),
]


@pytest.mark.parametrize(("body", "version", "taken", "rewrite", "scan"), ON_POSTGRESQL)
def test_postgresql(body, version, taken, rewrite, scan):
    found = effect(body, "postgresql", version)
    assert (locks(found), found.rewrite, found.scan, found.always_fails) == (taken, rewrite, scan, None)


ALWAYS_FAILS = [
    ("op.create_index('i', 't', ['c'], postgresql_concurrently=True)", "postgresql", None, {}, "25001"),
    ("op.drop_index('i', 't', postgresql_concurrently=True)", "postgresql", None, {}, "25001"),
    ("op.execute('VACUUM FULL t')", "postgresql", None, {}, "25001"),
    ("op.execute('REINDEX TABLE CONCURRENTLY t')", "postgresql", None, {}, "25001"),
    (ALTER.format("type_=sa.Integer(), existing_type=sa.Text()"), "postgresql", None, {}, "42804"),
    (ALTER.format("type_=sa.Uuid(), existing_type=sa.String(36)"), "postgresql", None, {}, "42804"),
    (ALTER.format("nullable=True"), "postgresql", None, {"in_primary_key": True}, "42P16"),
    ("op.drop_constraint(None, 't', type_='unique')", "postgresql", None, {}, "CompileError"),
    ("op.drop_table('t')", "postgresql", None, {"children": ("c",)}, "2BP01"),
    (COLUMN.format("sa.Enum('a', name='e')"), "postgresql", None, {"type_exists": False}, "42704"),
    (
        COLUMN.format("sa.Integer(), sa.Computed('a', persisted=False)"),
        "postgresql",
        "17",
        {},
        "CompileError",
    ),
    ("op.execute(\"ALTER TYPE e ADD VALUE 'x'\")", "postgresql", "11", {}, "25001"),
    (ALTER.format("nullable=False"), "mysql", None, {}, "existing_type"),
    ("op.drop_constraint('k', 't')", "mysql", None, {}, "type_"),
    ("op.drop_index('i')", "mysql", None, {}, "table_name"),
    ("op.drop_table('t')", "mysql", None, {"children": ("c",)}, "3730"),
    ("op.drop_table('t')", "mariadb", None, {"children": ("c",)}, "1451"),
    (COLUMN.format("sa.Text(), server_default=''"), "mysql", None, {}, "1101"),
    ("op.create_index('i', 't', ['c'], if_not_exists=True)", "mysql", None, {}, "1064"),
    ("op.create_unique_constraint('u', 't', ['c'])", "sqlite", None, {}, "batch_alter_table"),
    (ALTER.format("nullable=False"), "sqlite", None, {}, "batch_alter_table"),
    (COLUMN.format("sa.Integer(), sa.ForeignKey('p.id')"), "sqlite", None, {}, "batch_alter_table"),
    (
        "with op.batch_alter_table('t') as b:\n    b.drop_constraint(None, type_='check')",
        "sqlite",
        None,
        {},
        "name",
    ),
]


@pytest.mark.parametrize(("body", "database", "version", "facts", "why"), ALWAYS_FAILS)
def test_what_fails_even_on_an_empty_table(body, database, version, facts, why):
    assert why in effect(body, database, version, table_is_new=True, **facts).always_fails


FAILS_ON_ROWS = [
    (COLUMN.format("sa.Integer(), nullable=False"), "postgresql", "23502"),
    (COLUMN.format("sa.Integer(), nullable=False, default=0"), "postgresql", "23502"),
    (COLUMN.format("sa.Integer(), unique=True, server_default='0'"), "postgresql", "23505"),
    (ALTER.format("nullable=False"), "postgresql", "23502"),
    ("op.create_unique_constraint('u', 't', ['c'])", "postgresql", "23505"),
    ("op.create_foreign_key('f', 't', 'p', ['c'], ['id'])", "postgresql", "23503"),
    (
        ALTER.format("type_=sa.Integer(), existing_type=sa.Text(), postgresql_using='c::int'"),
        "postgresql",
        "22P02",
    ),
    (ALTER.format("type_=sa.SmallInteger(), existing_type=sa.Integer()"), "postgresql", "22003"),
    (ALTER.format("type_=sa.String(5), existing_type=sa.String(9)"), "postgresql", "22001"),
    (COLUMN.format("sa.DateTime(), nullable=False"), "mysql", "1292"),
    ("op.create_index('i', 't', ['c'], unique=True)", "mysql", "1062"),
    (COLUMN.format("sa.Integer(), nullable=False"), "sqlite", "no default"),
    (COLUMN.format("sa.DateTime(), server_default=sa.func.now()"), "sqlite", "not constant"),
]


@pytest.mark.parametrize(("body", "database", "why"), FAILS_ON_ROWS)
def test_what_fails_on_rows(body, database, why):
    found = effect(body, database)
    assert why in found.can_fail_on_rows
    assert found.always_fails is None
    assert effect(body, database, table_is_new=True).can_fail_on_rows is None
    assert effect(body, database, table_is_empty=True).can_fail_on_rows is None


ON_MYSQL = [
    # source, MySQL 8.4, MariaDB 10.11, MariaDB 11.8
    (COLUMN.format("sa.Integer()"), "INSTANT", "INSTANT", "INSTANT"),
    ("op.drop_column('t', 'c')", "INSTANT", "INSTANT", "INSTANT"),
    (COLUMN.format("sa.Integer(), sa.Computed('a', persisted=True)"), "COPY SHARED", "COPY SHARED", "COPY"),
    ("op.create_index('i', 't', ['c'])", "INPLACE", "NOCOPY", "NOCOPY"),
    (ALTER.format("nullable=False, existing_type=sa.Integer()"), "INPLACE", "INPLACE", "INPLACE"),
    (ALTER.format("server_default='1'"), "INSTANT", "INSTANT", "INSTANT"),
    (ALTER.format("type_=sa.BigInteger(), existing_type=sa.Integer()"), "COPY SHARED", "COPY SHARED", "COPY"),
    (ALTER.format("type_=sa.String(63), existing_type=sa.String(50)"), "INPLACE", "INSTANT", "INSTANT"),
    (ALTER.format("type_=sa.String(64), existing_type=sa.String(50)"), "COPY SHARED", "COPY SHARED", "COPY"),
    (ALTER.format("type_=sa.Enum('a', 'b'), existing_type=sa.Enum('a')"), "INSTANT", "INSTANT", "INSTANT"),
    (
        ALTER.format("type_=sa.Enum('b', 'a'), existing_type=sa.Enum('a')"),
        "COPY SHARED",
        "COPY SHARED",
        "COPY",
    ),
    ("op.create_foreign_key('f', 't', 'p', ['c'], ['id'])", "COPY SHARED", "COPY SHARED", "COPY"),
    ("op.create_check_constraint('k', 't', 'c > 0')", "COPY SHARED", "COPY SHARED", "COPY"),
    ("op.rename_table('t', 'u')", "INSTANT", "INSTANT", "INSTANT"),
]


@pytest.mark.parametrize(("body", "mysql", "mariadb", "newer"), ON_MYSQL)
def test_mysql_and_mariadb(body, mysql, mariadb, newer):
    for database, version, expected in (
        ("mysql", "8.4", mysql),
        ("mariadb", "10.11", mariadb),
        ("mariadb", "11.8.6", newer),
    ):
        found = effect(body, database, version)
        shared = any(lock.mode == "LOCK=SHARED" for lock in found.locks)
        assert f"{found.algorithm}{' SHARED' if shared else ''}" == expected, (database, version)
        assert (found.blocks == "writes") == shared


def test_a_column_dropped_before_mysql_8_0_29_is_not_known():
    assert not effect("op.drop_column('t', 'c')", "mysql", "8.0.28").known
    assert effect("op.drop_column('t', 'c')", "mysql", "8.0.29").algorithm == "INSTANT"


def test_a_foreign_key_in_a_column_is_silently_ignored_before_mysql_9():
    body = "op.add_column('t', sa.Column('c', sa.Integer(), sa.ForeignKey('p.id')), inline_references=True)"
    assert "foreign key" in effect(body, "mysql", "8.4").drops_silently
    assert effect(body, "mysql", "9.7").drops_silently is None


def test_mysql_fills_what_has_no_default():
    assert effect(COLUMN.format("sa.Integer(), nullable=False"), "mysql").fills_silently.startswith("0")
    assert "JSON" in effect(COLUMN.format("sa.JSON(), nullable=False"), "mariadb").fills_silently


def test_modify_loses_what_it_is_not_told():
    bare = effect(ALTER.format("type_=sa.BigInteger(), existing_type=sa.Integer()"), "mysql").drops_silently
    assert "NOT NULL, DEFAULT, COMMENT" in bare
    told = "type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False, existing_server_default='1'"
    assert "NOT NULL" not in effect(ALTER.format(told), "mysql").drops_silently
    assert effect(ALTER.format("server_default='1'"), "mysql").drops_silently is None


def test_facts_change_the_answer():
    body = ALTER.format("nullable=False")
    assert effect(body, validated_not_null_check=True).scan is False
    assert effect(body, "postgresql", "11", validated_not_null_check=True).scan is True
    assert effect(body, old_nullable=False).can_fail_on_rows is None
    wider = ALTER.format("type_=sa.String(100), existing_type=sa.String(50)")
    assert effect(wider, rebuilt=True).scan is True
    assert effect(wider, old_type=parse_sql_type("varchar(200)", on("postgresql"))).rewrite is True
    assert locks(effect("op.drop_column('t', 'c')", parents=("p",))) == f"{AX} p:ACCESS-EXCLUSIVE"
    assert (
        effect(
            "op.create_index('i', 't', ['c'], postgresql_concurrently=True)", in_transaction=False
        ).always_fails
        is None
    )


def test_a_new_table_keeps_nobody_waiting_except_those_it_refers_to():
    found = effect("op.create_foreign_key('f', 't', 'p', ['c'], ['id'])", table_is_new=True)
    assert (locks(found), found.scan) == (P_SRX, False)
    assert effect("op.create_index('i', 't', ['c'])", table_is_new=True).locks == ()


def test_versions_that_differ_are_named():
    body = COLUMN.format("sa.Integer(), sa.Computed('a * 2')")
    found = effect(body)
    assert (found.rewrite, found.only) == (True, "PostgreSQL 12–17")
    assert effect(body, "postgresql", "18").only is None
    assert effect("op.drop_column('t', 'c')").only == "PostgreSQL 12–14"


def test_what_is_not_known_is_said_so():
    assert not effect("op.drop_column('t', 'c')", "oracle").known
    assert not effect("op.execute('DO $$ BEGIN END $$')").known
    zones = effect(ALTER.format("type_=sa.DateTime(timezone=True), existing_type=sa.DateTime()"))
    assert (zones.rewrite, zones.scan) == (None, None)


def test_a_guard_keeps_an_operation_from_a_database():
    body = "if op.get_bind().dialect.name == 'postgresql':\n    op.drop_table('t')"
    assert effect(body, "mysql").locks == ()
    assert effect(body, "mysql").loses is None
    assert effect(body, "postgresql").loses


def test_sqlite_takes_a_check_with_its_column():
    assert (
        effect("op.execute('ALTER TABLE t ADD COLUMN c INTEGER CHECK (c > 0)')", "sqlite").always_fails
        is None
    )


def test_sqlite_batches_copy():
    body = "with op.batch_alter_table('t') as b:\n    b.{}"
    assert effect(body.format("add_column(sa.Column('c', sa.Integer()))"), "sqlite").rewrite is False
    copied = effect(body.format("drop_column('c')"), "sqlite")
    assert copied.rewrite is True
    assert "triggers" in copied.drops_silently
    assert effect(body.format("drop_column('c')"), "postgresql").rewrite is False
    assert effect(body.format("drop_column('c')"), "sqlite", parents=("p",)).always_fails is None
    assert "foreign key" in str(effect("op.drop_column('t', 'c')", "sqlite", parents=("p",)).always_fails)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (COLUMN.format("sa.Integer()"), "brief"),
        ("op.create_index('i', 't', ['c'])", "caution"),
        ("op.create_foreign_key('f', 't', 'p', ['c'], ['id'])", "caution"),
        (ALTER.format("nullable=False"), "danger"),
        (ALTER.format("type_=sa.BigInteger(), existing_type=sa.Integer()"), "danger"),
        ("op.drop_column('t', 'c')", "danger"),
        ("op.execute('SELECT 1')", "safe"),
        ("op.rename_table('t', 'u')", "brief"),
    ],
)
def test_risk(body, word):
    found = risk([effect(body), effect(body, "oracle")])
    assert found.word == word
    assert found.reason or word == "safe"


def test_sources_are_told():
    assert effect(COLUMN.format("sa.Integer()")).source == "measured on PostgreSQL 12–18"
    assert measured_on("oracle") == ""
    assert choose("add_column", on("oracle")) is None
    assert isinstance(parse_sql_type("int", on("mysql")), SqlType)
