"""The pending migration of models against a replayed schema: what Alembic says of the same with a database (``measured``)."""

from __future__ import annotations

import textwrap

import pytest
from msgspec.structs import replace

from foreshot.engine.described import Options
from foreshot.engine.drift import Drift, drift_of
from foreshot.engine.equality import same_default
from foreshot.models.reader import is_included, read_models
from foreshot.project.files import Files
from foreshot.project.modules import Modules
from foreshot.schema.plain import Called
from foreshot.schema.state import (
    Check,
    Column,
    ColumnType,
    Enum,
    ForeignKey,
    Index,
    Key,
    Origin,
    Perhaps,
    Schema,
    Table,
)
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

MADE = Origin("a1", "upgrade", "create_table", "t")
ENV = "from alembic import context\nfrom geoalchemy2 import alembic_helpers\nfrom models import Base\ncontext.configure(target_metadata=Base.metadata{more})\n"
HEAD = "import enum\nimport sqlalchemy as sa\nfrom sqlalchemy.orm import declarative_base\nBase = declarative_base()\n"


def drift(
    models: str,
    schema: Schema,
    more: str = "",
    options: Options | None = None,
    *,
    from_nothing: bool = False,
) -> Drift:
    files = Files({"/w/models.py": SourceText(HEAD + textwrap.dedent(models))})
    env = parse(SourceText(ENV.format(more=more)))
    assert isinstance(env, Module)
    read = read_models(Modules(files, ["/w"], "/w"), env, "/w/migrations/env.py")
    return drift_of(read, schema, options or Options("postgresql"), from_nothing=from_nothing)


def column(
    name: str, stored: str, *, nullable: bool = True, default: str | None = None, enum: str | None = None
) -> Column:
    given = Called("sqlalchemy.text", (default,)) if default is not None else None
    return Column(
        name, ColumnType(None, stored, enum), nullable, MADE, given, sequence="s" if name == "id" else None
    )


def table(
    *columns: Column, name: str = "t", indexes: tuple[Index, ...] = (), perhaps: tuple[Perhaps, ...] = ()
) -> Table:
    all_columns = (column("id", "INTEGER", nullable=False), *columns)
    key = Key(f"{name}_pkey", "server", ("id",), MADE)
    return Table(name, {item.name: item for item in all_columns}, MADE, key, indexes=indexes, perhaps=perhaps)


def schema(*tables: Table) -> Schema:
    return Schema({item.name: item for item in tables})


def said(found: Drift) -> list[tuple[str, str | None]]:
    return [(item.difference.kind, item.difference.column or item.difference.name) for item in found.pending]


MODEL = """
class T(Base):
    __tablename__ = "t"
    id = sa.Column(sa.Integer, primary_key=True)
    {}
"""

# Each with what Alembic 1.20 said on PostgreSQL 15 and 18.
MEASURED = {
    "nothing changed": ("a = sa.Column(sa.String(20))", column("a", "VARCHAR(20)"), []),
    "added": (
        "a = sa.Column(sa.String(20)); b = sa.Column(sa.Integer)",
        column("a", "VARCHAR(20)"),
        ["op.add_column('t', sa.Column('b', sa.Integer(), nullable=True))"],
    ),
    "length": (
        "a = sa.Column(sa.String(40))",
        column("a", "VARCHAR(20)"),
        [
            "op.alter_column('t', 'a',\n           existing_type=sa.VARCHAR(length=20),\n           type_=sa.String(length=40),\n           existing_nullable=True)"
        ],
    ),
    "nullable": (
        "a = sa.Column(sa.String(20), nullable=False)",
        column("a", "VARCHAR(20)"),
        [
            "op.alter_column('t', 'a',\n           existing_type=sa.VARCHAR(length=20),\n           nullable=False)"
        ],
    ),
    "index": (
        "a = sa.Column(sa.String(20), index=True)",
        column("a", "VARCHAR(20)"),
        ["op.create_index(op.f('ix_t_a'), 't', ['a'], unique=False)"],
    ),
    "unique": (
        "a = sa.Column(sa.String(20), unique=True)",
        column("a", "VARCHAR(20)"),
        ["op.create_unique_constraint(None, 't', ['a'])"],
    ),
    "timestamps": ("a = sa.Column(sa.DateTime(timezone=True))", column("a", "TIMESTAMP WITH TIME ZONE"), []),
    "boolean": ("a = sa.Column(sa.Boolean)", column("a", "BOOLEAN"), []),
}


@pytest.mark.parametrize("case", MEASURED)
def test_alembic_said_so_with_a_database(case: str) -> None:
    body, before, expected = MEASURED[case]
    found = drift(MODEL.format(body), schema(table(before)))
    assert [item.difference.text for item in found.pending] == expected
    assert found.complete


def test_each_operation_stands_at_its_attribute() -> None:
    found = drift(MODEL.format("b = sa.Column(sa.Integer)"), schema(table(column("a", "INTEGER"))))
    places = {item.difference.column: item.origin for item in found.pending}
    origin = places["b"]
    assert origin is not None
    assert (HEAD + textwrap.dedent(MODEL.format("b = sa.Column(sa.Integer)")))[
        origin.span.start : origin.span.end
    ].startswith("b =")
    assert said(found) == [("add_column", "b"), ("remove_column", "a")]


def test_what_nobody_could_read_is_not_said() -> None:
    doubt = Perhaps("nobody could read it", MADE, "t")
    found = drift(MODEL.format("b = sa.Column(sa.Integer)"), schema(table(perhaps=(doubt,))))
    assert not found.pending
    assert not found.complete
    anything = Schema(schema(table()).tables, perhaps=(Perhaps("nobody could read it", MADE),))
    found = drift(MODEL.format("b = sa.Column(sa.Integer)"), anything)
    assert [item.certain for item in found.pending] == [False]
    mixed = MODEL.replace("(Base)", "(Foreign, Base)")
    found = drift(
        "from elsewhere import Foreign" + mixed.format("b = sa.Column(sa.Integer)"),
        schema(table(column("a", "INTEGER"))),
    )
    assert said(found) == [("add_column", "b")]
    assert not found.complete


def test_a_unique_constraint_that_postgresql_made_the_primary_key_is_not_missing() -> None:
    """Within one CREATE TABLE they are one index; Alembic asks for the constraint for ever, and its name is taken."""
    models = """
    class T(Base):
        __tablename__ = "t"
        __table_args__ = (sa.UniqueConstraint("id", name="t_uc"),)
        id = sa.Column(sa.Integer, primary_key=True)
    """
    known = table()
    merged = replace(known, primary_key=Key("t_uc", "written", ("id",), MADE))
    found = drift(models, schema(merged))
    assert not found.pending
    assert [(item.difference.kind, item.difference.name) for item in found.again] == [
        ("add_constraint", "t_uc")
    ]
    assert said(drift(models, schema(known))) == [("add_constraint", "t_uc")]


@pytest.mark.parametrize(
    ("key", "missing"),
    [(("id",), []), (("id", "tenant"), [("add_constraint", None)])],
)
def test_a_primary_key_is_unique_without_a_constraint(key: tuple[str, ...], missing: list[object]) -> None:
    model = MODEL.format("tenant = sa.Column(sa.Integer, primary_key=True)" if len(key) > 1 else "pass")
    model = model.replace("primary_key=True", "primary_key=True, unique=True", 1)
    columns = () if len(key) == 1 else (column("tenant", "INTEGER", nullable=False),)
    known = replace(table(*columns), primary_key=Key("t_pkey", "server", key, MADE))
    found = drift(model, schema(known))
    assert said(found) == missing
    assert len(found.again) == (not missing)
    made = replace(known, uniques=(Key("t_id_key", "server", ("id",), MADE),))
    assert not drift(model, schema(made)).pending


def test_nobody_migrates_whether_a_primary_key_takes_null() -> None:
    model = """
    class T(Base):
        __tablename__ = "t"
        id = sa.Column(sa.Integer, primary_key=True, nullable=True)
        a = sa.Column(sa.Integer, nullable=True)
    """
    there = table(column("a", "INTEGER", nullable=False))
    found = drift(model, schema(there))
    assert said(found) == [("modify_nullable", "a")]
    assert [item.difference.column for item in found.again] == ["id"]
    apart = replace(there, primary_key=Key("t_pkey", "server", ("a",), MADE))
    assert ("modify_nullable", "id") in said(drift(model, schema(apart)))


@pytest.mark.parametrize(
    ("wanted", "stored", "pending"),
    [
        ("sa.LargeBinary(20)", "TINYBLOB", 0),
        ("sa.LargeBinary(300)", "BLOB", 0),
        ("sa.LargeBinary(300)", "TINYBLOB", 1),
        ("sa.LargeBinary(20)", "MEDIUMBLOB", 1),
        ("sa.LargeBinary", "TINYBLOB", 1),
        ("sa.Text(20000)", "MEDIUMTEXT", 0),
        ("sa.Text(100)", "TINYTEXT", 0),
        ("sa.Text(100)", "TEXT", 0),
        ("sa.Text(20)", "LONGTEXT", 1),
    ],
)
def test_mysql_keeps_a_length_of_text_or_bytes_as_the_smallest_type_that_holds_it(
    wanted: str, stored: str, pending: int
) -> None:
    """As its manual says ("BLOB[(M)]"); how many bytes a character takes depends on the server where nothing says it."""
    found = drift(
        MODEL.format(f"a = sa.Column({wanted})"), schema(table(column("a", stored))), "", Options("mysql")
    )
    assert len(found.pending) == pending


def test_a_table_that_is_known_in_part_does_not_hide_the_others() -> None:
    """Its creation was not seen, and Alembic would ask for the column that an index stands on."""
    doubt = Perhaps("its creation was not seen", MADE, "t")
    key = Key("t_a_key", "written", ("a",), MADE)
    there = Table(
        "t",
        {},
        MADE,
        Key("t_pkey", "server", ("id",), MADE),
        uniques=(key,),
        indexes=(Index("ix_a", "written", ("a",), False, MADE),),
        perhaps=(doubt,),
    )
    both = MODEL.format("a = sa.Column(sa.Integer, unique=True)") + MODEL.format("").replace(
        '"t"', '"u"'
    ).replace("class T", "class U")
    found = drift(both, schema(there))
    assert [(item.difference.kind, item.difference.table) for item in found.pending] == [("add_table", "u")]
    assert not found.complete


BOTH = """
class Old(Base):
    __tablename__ = "old"
    id = sa.Column(sa.Integer, primary_key=True)
class T(Base):
    __tablename__ = "t"
    id = sa.Column(sa.Integer, primary_key=True)
    old_id = sa.Column(sa.Integer, sa.ForeignKey("old.id"))
"""


def test_a_history_that_begins_in_the_middle_lacks_no_table_for_certain() -> None:
    key = ForeignKey("t_old_id_fkey", "server", ("old_id",), "old", ("id",), MADE)
    met = Table("met", {}, MADE, there=Perhaps("its creation was not seen", MADE, "met"))
    made = table(column("old_id", "INTEGER"))
    for history in (
        schema(replace(made, foreign_keys=(key,))),
        schema(replace(made, foreign_keys=(key,)), met),
    ):
        found = drift(BOTH, history)
        assert {item.difference.kind for item in found.pending if item.certain} == set()
    whole = drift(BOTH, schema(made))
    assert [item.difference.kind for item in whole.pending if item.certain] == ["add_table", "add_fk"]


def test_without_a_revision_every_table_is_missing() -> None:
    assert all(item.certain for item in drift(BOTH, Schema(), from_nothing=True).pending)
    assert not any(item.certain for item in drift(BOTH, Schema()).pending)


def test_a_foreign_key_to_a_table_that_is_known_in_part_is_not_missing() -> None:
    key = ForeignKey("t_old_id_fkey", "server", ("old_id",), "old", ("id",), MADE)
    reason = Perhaps("its creation was not seen", MADE, "old")
    old = Table("old", {"name": column("name", "TEXT")}, MADE, there=reason, perhaps=(reason,))
    found = drift(BOTH, schema(replace(table(column("old_id", "INTEGER")), foreign_keys=(key,)), old))
    assert found.pending == ()


@pytest.mark.parametrize(
    ("given", "deferrable", "deferred", "pending"),
    [
        ('deferrable=True, initially="DEFERRED"', True, True, 0),
        ('deferrable=True, initially="DEFERRED"', True, False, 2),
        ("deferrable=True", True, False, 0),
        ("deferrable=True", False, False, 2),
    ],
)
def test_when_a_foreign_key_is_checked(given: str, deferrable: bool, deferred: bool, pending: int) -> None:
    key = ForeignKey(
        *("t_old_id_fkey", "server", ("old_id",), "old", ("id",), MADE),
        deferrable=deferrable,
        deferred=deferred,
    )
    history = schema(replace(table(column("old_id", "INTEGER")), foreign_keys=(key,)), table(name="old"))
    found = drift(BOTH.replace('ForeignKey("old.id"', f'ForeignKey("old.id", {given}'), history)
    assert len(found.pending) == pending


def test_a_foreign_key_takes_the_type_of_its_target_whatever_is_annotated() -> None:
    model = """
from sqlalchemy.orm import Mapped, mapped_column
class Old(Base):
    __tablename__ = "old"
    id = sa.Column(sa.Integer, primary_key=True)
class T(Base):
    __tablename__ = "t"
    id: Mapped[int] = mapped_column(primary_key=True)
    old_id: Mapped[str | None] = mapped_column(sa.ForeignKey("old.id"))
"""
    key = ForeignKey("t_old_id_fkey", "server", ("old_id",), "old", ("id",), MADE)
    there = replace(table(column("old_id", "INTEGER")), foreign_keys=(key,))
    assert drift(model, schema(there, table(name="old"))).pending == ()


def test_a_table_in_a_schema_that_is_not_compared_lacks_no_index() -> None:
    model = MODEL.format(
        'a = sa.Column(sa.Integer); __table_args__ = (sa.Index("ix_a", "a"), {"schema": "public"})'
    )
    there = table(
        column("a", "INTEGER"), name="public.t", indexes=(Index("ix_a", "written", ("a",), False, MADE),)
    )
    assert drift(model, schema(there)).pending == ()


@pytest.mark.parametrize("element", ["a.desc()", 'sa.text("a DESC")', "a.desc().nulls_first()"])
def test_the_order_of_an_index_is_compared(element: str) -> None:
    model = MODEL.format(f'a = sa.Column(sa.Integer); __table_args__ = (sa.Index("ix_a", {element}),)')
    index = Index("ix_a", "written", ("a",), False, MADE)
    found = drift(model, schema(table(column("a", "INTEGER"), indexes=(index,))))
    assert said(found) == [("remove_index", "ix_a"), ("add_index", "ix_a")]
    found = drift(model, schema(table(column("a", "INTEGER"), indexes=(replace(index, orders=("desc",)),))))
    assert not found.pending
    assert found.complete


def test_a_table_that_models_refer_to_is_in_their_metadata() -> None:
    """SQLAlchemy could not map the class without it: another package defines it."""
    model = MODEL.format('other_id = sa.Column(sa.Integer, sa.ForeignKey("others.id"))')
    there = table(column("other_id", "INTEGER"))
    found = drift(model, schema(there, table(name="others"), table(name="rest")))
    assert [(item.difference.kind, item.difference.table) for item in found.pending] == [
        ("remove_table", "rest")
    ]
    assert "others" in {doubt.table for doubt in found.doubts}


def test_the_expressions_of_an_index_are_not_compared() -> None:
    model = MODEL.format("a = sa.Column(sa.Text); __table_args__ = (sa.Index('ix_a', sa.func.lower(a)),)")
    index = Index("ix_a", "written", ("upper(a)",), False, MADE, expressions=(0,))
    found = drift(model, schema(table(column("a", "TEXT"), indexes=(index,))))
    assert not found.pending
    assert not found.complete
    assert "expressions of the index `ix_a`" in found.doubts[-1].why


def test_the_naming_convention_names_what_has_none_wherever_it_stands() -> None:
    """Measured with SQLAlchemy 2.0: the metadata calls each of these as the revisions do."""
    models = """
    class Base(sa.orm.DeclarativeBase):
        metadata = sa.MetaData(naming_convention={"ix": "%(table_name)s_%(column_0_N_name)s_ix", "uq": "%(table_name)s_%(column_0_N_name)s_key"})
    class T(Base):
        __tablename__ = "t"
        id = sa.Column(sa.Integer, primary_key=True)
        a = sa.Column(sa.Integer)
        b = sa.Column(sa.Integer, index=True)
        __table_args__ = (sa.Index(None, "a"), sa.Index(None, "a", "b"), sa.UniqueConstraint("b", "a"))
    sa.Index(None, T.b, T.a)
    """
    names = {"t_b_ix": ("b",), "t_a_ix": ("a",), "t_a_b_ix": ("a", "b"), "t_b_a_ix": ("b", "a")}
    there = replace(
        table(column("a", "INTEGER"), column("b", "INTEGER")),
        indexes=tuple(Index(name, "written", of, False, MADE) for name, of in names.items()),
        uniques=(Key("t_b_a_key", "written", ("b", "a"), MADE),),
    )
    assert said(drift(models, schema(there))) == []
    lacking = said(drift(models, schema(replace(there, indexes=(), uniques=()))))
    assert {name for _, name in lacking} == {*names, "t_b_a_key"}


def test_hooks_of_env_are_honoured() -> None:
    hook = ', include_object=lambda o, name, type_, reflected, other: not (type_ == "table" and name in ("old",))'
    both = schema(table(), table(name="old"))
    assert said(drift(MODEL.format("pass"), both, hook)) == []
    assert said(drift(MODEL.format("pass"), both)) == [("remove_table", None)]
    assert not drift(MODEL.format("pass"), both, ", include_object=hook_of_another_module").complete


def test_enums_are_compared_though_alembic_does_not() -> None:
    model = MODEL.format('a = sa.Column(sa.Enum("x", "y", name="kind"))')
    state = Schema({"t": table(column("a", "kind", enum="kind"))}, {"kind": Enum("kind", ("x",), MADE)})
    found = drift(model, state)
    assert said(found) == [("modify_enum", "a")]
    assert not found.pending[0].detectable


def unseen(found: Drift) -> list[str]:
    return [item.difference.text for item in found.pending if not item.detectable]


def test_defaults_are_written_though_alembic_is_not_told_to_compare_them() -> None:
    models = MODEL.format('a = sa.Column(sa.Integer, server_default="2"); b = sa.Column(sa.Integer)')
    given = table(column("a", "INTEGER", default="1"), column("b", "INTEGER", default="3"))
    (text,) = unseen(drift(models, schema(given)))
    assert text.startswith("op.alter_column('t', 'a'")
    assert "server_default='2'" in text
    assert not unseen(drift(models.replace('"2"', 'sa.text("1")'), schema(given)))
    told = drift(models, schema(given), options=Options("postgresql", compare_server_default=True))
    assert [(item.difference.column, item.detectable) for item in told.pending] == [("a", True), ("b", True)]


def test_a_default_and_a_type_that_change_together_are_two_operations() -> None:
    models = MODEL.format('a = sa.Column(sa.BigInteger, server_default="2")')
    found = drift(models, schema(table(column("a", "INTEGER", default="1"))))
    assert [(item.difference.kind, item.detectable) for item in found.pending] == [
        ("modify_type", True),
        ("modify_default", False),
    ]
    assert "existing_type=sa.BigInteger()" in found.pending[1].difference.text


@pytest.mark.parametrize(
    ("there", "missing"),
    [((), True), (("ck_a",), False), (("a",), False), ((None,), False), (("other",), True)],
)
def test_checks_are_written_where_no_check_of_the_history_may_be_the_one(
    there: tuple[str | None, ...], missing: bool
) -> None:
    models = MODEL.format(
        "a = sa.Column(sa.Text, sa.CheckConstraint(\"a LIKE '%b' OR a = 'x'::text\", name='ck_a'))"
    )
    checks = tuple(Check(name, "written", None, MADE) for name in there)
    found = drift(models, schema(replace(table(column("a", "TEXT")), checks=checks)))
    written = "op.create_check_constraint('ck_a', 't', \"a LIKE '%b' OR a = 'x'::text\")"
    assert unseen(found) == ([written] if missing else [])


def test_a_schema_is_made_before_the_first_table_in_it() -> None:
    models = MODEL.format("") + MODEL.format('__table_args__ = {"schema": "Billing"}').replace(
        "class T", "class U"
    )
    assert unseen(drift(models, schema(table()))) == ["op.execute('CREATE SCHEMA IF NOT EXISTS \"Billing\"')"]
    other = replace(table(name="Billing.u"))
    assert not unseen(drift(models, schema(table(), other)))


@pytest.mark.parametrize(
    ("values", "in_transaction", "code"),
    [
        ("'a', 'b', 'c'", True, ["op.execute(\"ALTER TYPE kind ADD VALUE IF NOT EXISTS 'c'\")"]),
        ("'a', 'c', 'b'", True, ["op.execute(\"ALTER TYPE kind ADD VALUE IF NOT EXISTS 'c' AFTER 'a'\")"]),
        (
            "'c', 'd', 'a', 'b'",
            True,
            [
                "op.execute(\"ALTER TYPE kind ADD VALUE IF NOT EXISTS 'c' BEFORE 'a'\")",
                "op.execute(\"ALTER TYPE kind ADD VALUE IF NOT EXISTS 'd' AFTER 'c'\")",
            ],
        ),
        (
            "'a', 'b', 'c'",
            False,
            [
                "with op.get_context().autocommit_block():",
                "    op.execute(\"ALTER TYPE kind ADD VALUE IF NOT EXISTS 'c'\")",
            ],
        ),
        ("'a'", True, []),
    ],
)
def test_values_of_an_enum_come_where_the_models_have_them(
    values: str, in_transaction: bool, code: list[str]
) -> None:
    models = MODEL.format(f"a = sa.Column(sa.Enum({values}, name='kind'))")
    given = replace(
        schema(table(column("a", "kind", enum="kind"))), enums={"kind": Enum("kind", ("a", "b"), MADE)}
    )
    (pending,) = drift(
        models, given, options=Options("postgresql", values_in_transaction=in_transaction)
    ).pending
    assert pending.difference.kind == "modify_enum"
    assert pending.is_written == bool(code)
    assert pending.difference.text.splitlines() == code


def test_custom_types_are_compared_by_what_they_stand_for_and_written_by_their_name() -> None:
    own = """
class Guid(sa.TypeDecorator):
    impl = sa.CHAR
    def load_dialect_impl(self, dialect):
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.dialects.postgresql.UUID())
        return dialect.type_descriptor(sa.CHAR(32))
"""
    model = own + MODEL.format("a = sa.Column(Guid()); b = sa.Column(Guid())")
    found = drift(model, schema(table(column("a", "UUID"))))
    assert [item.difference.text for item in found.pending] == [
        "op.add_column('t', sa.Column('b', models.Guid(), nullable=True))"
    ]
    assert found.modules == ("models",)
    plain = "class Note(sa.TypeDecorator):\n    impl = sa.TEXT\n" + MODEL.format("a = sa.Column(Note())")
    assert not drift(plain, schema(table(column("a", "TEXT")))).pending
    assert said(drift(plain, schema(table(column("a", "VARCHAR(20)"))))) == [("modify_type", "a")]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("'a'::character varying", "'a'", True),
        ("now()", "CURRENT_TIMESTAMP", True),
        ("'0'", "0", True),
        ("false", "'f'", True),
        ("'{}'::jsonb", "'{}'", True),
        ("'a::b'", "'a'", False),
        ("'it''s'", "'it''s'::text", True),
        ("gen_random_uuid()", "uuid_generate_v4()", False),
        ("a + b", "b + a", None),
    ],
)
def test_defaults_are_compared_as_a_database_would(one: str, other: str, same: bool | None) -> None:
    assert same_default(one, other) is same


def test_indexes_are_the_same_when_nulls_are_the_same_in_both() -> None:
    model = MODEL.format(
        'a = sa.Column(sa.Integer)\n    __table_args__ = (sa.Index("ix_a", "a", unique=True, postgresql_nulls_not_distinct=True),)'
    )
    for together, expected in ((True, []), (False, [("remove_index", "ix_a"), ("add_index", "ix_a")])):
        index = Index("ix_a", "written", ("a",), True, MADE, nulls_not_distinct=together)
        assert said(drift(model, schema(table(column("a", "INTEGER"), indexes=(index,))))) == expected


def test_a_doubt_about_a_foreign_key_hides_foreign_keys_only() -> None:
    model = MODEL.format('a = sa.Column(sa.Integer, sa.ForeignKey("elsewhere.id"))')
    index = Index("ix_a", "written", ("a",), False, MADE)
    assert said(drift(model, schema(table(column("a", "INTEGER"), indexes=(index,))))) == [
        ("remove_index", "ix_a")
    ]


def test_a_base_of_elsewhere_may_bring_columns_but_no_index_on_others() -> None:
    model = "from lib import Stamped\n" + MODEL.format("a = sa.Column(sa.Integer)").replace(
        "(Base)", "(Stamped, Base)"
    )
    indexes = (
        Index("ix_a", "written", ("a",), False, MADE),
        Index("ix_b", "written", ("b",), False, MADE),
    )
    found = drift(model, schema(table(column("a", "INTEGER"), column("b", "INTEGER"), indexes=indexes)))
    assert [(item.difference.name, item.certain) for item in found.pending] == [("ix_a", False)]
    assert {item.column or item.name for item in found.unsure} == {"b", "ix_b"}


def doubtful(kind: str, about: str) -> Perhaps:
    return Perhaps("it runs under a condition", Origin("b2", "upgrade", kind, about), "t")


@pytest.mark.parametrize(
    ("operation", "about", "expected"),
    [
        ("create_index", "ix_b", ["a", "uq_a"]),
        ("create_index", "ix_other", ["a", "ix_b", "uq_a"]),
        ("drop_constraint", "", ["a"]),
        ("add_column", "t.b", ["a", "uq_a"]),
        ("alter_column", "t.a", ["ix_b", "uq_a"]),
        ("data_change", "t", ["a", "ix_b", "uq_a"]),
        ("execute", "", []),
    ],
)
def test_a_doubtful_operation_hides_what_it_may_bring_about(
    operation: str, about: str, expected: list[str]
) -> None:
    made = table(
        column("a", "VARCHAR(20)"),
        column("b", "INTEGER"),
        indexes=(Index("ix_b", "written", ("b",), False, MADE),),
        perhaps=(doubtful(operation, about),),
    )
    made = replace(made, uniques=(Key("uq_a", "written", ("a",), MADE),))
    found = drift(MODEL.format("a = sa.Column(sa.String(40)); b = sa.Column(sa.Integer)"), schema(made))
    assert sorted(item.difference.column or item.difference.name or "" for item in found.pending) == expected


def test_a_type_that_is_not_known_says_nothing_of_null() -> None:
    unknown = replace(
        column("a", "x"),
        type=ColumnType(None, None),
        perhaps=(Perhaps("its type cannot be told", MADE, "t.a", "type"),),
    )
    found = drift(MODEL.format("a = sa.Column(sa.String(20), nullable=False)"), schema(table(unknown)))
    assert said(found) == [("modify_nullable", "a")]


def test_geoalchemys_own_hook_leaves_its_indexes_out() -> None:
    model = "from geoalchemy2 import Geometry\n" + MODEL.format(
        'place = sa.Column(Geometry("POINT")); a = sa.Column(sa.Integer, index=True)'
    )
    state = schema(table(column("place", "GEOMETRY(POINT)"), column("a", "INTEGER")))
    assert ("add_index", "idx_t_place") in said(drift(model, state))
    found = drift(model, state, ", include_object=alembic_helpers.include_object")
    assert [(item.difference.name, item.certain) for item in found.pending] == [("ix_t_a", True)]


def test_many_missing_tables_are_what_could_not_be_read_of_the_history() -> None:
    models = "".join(
        MODEL.format("pass").replace("class T", f"class T{nth}").replace('"t"', f'"t{nth}"')
        for nth in range(6)
    )
    unread = replace(schema(table(name="t0")), perhaps=(Perhaps("a helper was not followed", MADE),))
    found = drift(models, unread)
    assert not found.pending
    assert len(found.unsure) == 5
    assert len(drift(models, schema(*(table(name=f"t{nth}") for nth in range(5)))).pending) == 1
    two = replace(schema(*(table(name=f"t{nth}") for nth in range(4))), perhaps=unread.perhaps)
    assert [item.certain for item in drift(models, two).pending] == [False, False]


def test_a_hook_that_answers_the_same_both_ways_is_known() -> None:
    env = ENV.replace(
        "context.configure",
        """
def include_object(object, name, type_, reflected, compare_to):
    if type_ == "index" and name in read_from_a_file():
        return False
    else:
        return alembic_helpers.include_object(object, name, type_, reflected, compare_to)

context.configure""",
    )
    files = Files(
        {
            "/w/models.py": SourceText(
                "from geoalchemy2 import Geometry\n" + HEAD + MODEL.format('p = sa.Column(Geometry("POINT"))')
            )
        }
    )
    module = parse(SourceText(env.format(more=", include_object=include_object")))
    assert isinstance(module, Module)
    models = read_models(Modules(files, ["/w"], "/w"), module, "/w/migrations/env.py")
    assert is_included(models, "idx_t_p", "index", "t", reflected=False) is False
    assert is_included(models, "ix_other", "index", "t", reflected=False) is None
    assert is_included(models, "t", "table", "t", reflected=False) is True


def test_names_that_sqlmodel_hands_on_are_sqlalchemys():
    models = "from sqlmodel import DateTime, text\n" + MODEL.format(
        "a = sa.Column(DateTime, server_default=text('now()'))"
    )
    found = drift(models, schema(table(column("a", "VARCHAR(20)"))))
    assert not found.doubts
    assert said(found) == [("modify_type", "a"), ("modify_default", "a")]


def test_a_default_of_the_projects_own_is_unknown_and_the_column_is_there():
    models = (
        "from sqlalchemy.sql.expression import FunctionElement\nclass Stamp(FunctionElement): pass\n"
        + MODEL.format("a = sa.Column(sa.DateTime, nullable=False, server_default=Stamp())")
    )
    found = drift(models, schema(table(column("a", "TIMESTAMP WITHOUT TIME ZONE"))))
    assert all("refuses" not in doubt.why for doubt in found.doubts)
    assert said(found) == [("modify_nullable", "a")]


def test_which_metadata_a_table_of_several_belongs_to_is_known_when_env_py_runs() -> None:
    models = """
        Other = declarative_base()
        class User(Base):
            __tablename__ = "users"
            id = sa.Column(sa.Integer, primary_key=True)
            name = sa.Column(sa.Text)
        class Item(Other):
            __tablename__ = "items"
            id = sa.Column(sa.Integer, primary_key=True)
            name = sa.Column(sa.Text, index=True)
        """
    files = Files({"/w/models.py": SourceText(HEAD + textwrap.dedent(models))})
    text = "from alembic import context\nfrom models import Base, Other\nmetadatas = {'a': Base.metadata, 'b': Other.metadata}\n"
    env = parse(
        SourceText(
            f"{text}for name in names():\n    context.configure(target_metadata=metadatas.get(name))\n"
        )
    )
    assert isinstance(env, Module)
    read = read_models(Modules(files, ["/w"], "/w"), env, "/w/migrations/env.py")
    key = Key("users_pkey", "server", ("id",), MADE)
    users = Table("users", {"id": column("id", "INTEGER", nullable=False)}, MADE, primary_key=key)
    found = drift_of(read, Schema(tables={"users": users}), Options("postgresql"))
    assert [(item.difference.kind, item.difference.table_name) for item in found.pending] == [
        ("add_column", "users")
    ]
