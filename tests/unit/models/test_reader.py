"""The static reader of models against SQLAlchemy itself: each form is read, and executed here, and both say the same."""

from __future__ import annotations

import sys
import textwrap
import types
from collections.abc import Mapping

import pytest
import sqlalchemy as sa

from foreshot.models.enum_classes import enum_values
from foreshot.models.model import CustomType, EnumClass, Models, ModelTable
from foreshot.models.reader import is_included, read_models
from foreshot.project.files import Files
from foreshot.project.modules import Modules
from foreshot.syntax.module import Module, parse
from foreshot.syntax.values import CallValue, Ref, Unknown
from foreshot.text import SourceText

ENV = "from alembic import context\nfrom models import *\ncontext.configure(target_metadata=Base.metadata)\n"


def read(files: Mapping[str, str], env: str = ENV, pydantic: int | None = None) -> Models:
    texts = {f"/w/{name}": SourceText(textwrap.dedent(text)) for name, text in files.items()}
    module = parse(SourceText(env))
    assert isinstance(module, Module)
    modules = Modules(Files(texts), ["/w"], "/w")
    return read_models(modules, module, "/w/migrations/env.py", pydantic=pydantic)


FORMS = {
    "columns of every kind": """
        import datetime, decimal, enum, uuid
        from typing import Any, Literal, Optional
        from typing_extensions import Annotated
        import sqlalchemy as sa
        from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, UniqueConstraint, func, text
        from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, deferred, mapped_column, relationship

        intpk = Annotated[int, mapped_column(primary_key=True)]
        str50 = Annotated[str, 50]

        class Base(DeclarativeBase):
            metadata = MetaData(naming_convention={"ix": "ix_%(column_0_label)s", "pk": "pk_%(table_name)s"})
            type_annotation_map = {str50: String(50), dict[str, Any]: sa.JSON, datetime.datetime: sa.DateTime(timezone=True)}

        class Status(enum.Enum):
            NEW = "new"
            DONE = "done"

        class Stamped:
            created_at: Mapped[datetime.datetime] = mapped_column(server_default=func.now())

            @declared_attr
            def owner_id(cls) -> Mapped[int]:
                return mapped_column(ForeignKey("users.id"))

        class User(Base):
            __tablename__ = "users"
            id: Mapped[intpk]
            name: Mapped[str]
            nick: Mapped[Optional[str]]
            short: Mapped[str50]
            extra: Mapped[dict[str, Any] | None]
            money: Mapped[decimal.Decimal] = mapped_column(sa.Numeric(10, 2), server_default=text("0"))
            born: Mapped["datetime.date | None"] = mapped_column("birthday", index=True)
            state: Mapped[Status]
            kind: Mapped[Literal["a", "bb"]]
            blob = deferred(Column(sa.LargeBinary))
            key: Mapped[uuid.UUID] = mapped_column(unique=True)
            posts: Mapped[list["Post"]] = relationship(back_populates="owner")

        class Post(Stamped, Base):
            __tablename__ = "posts"
            __table_args__ = (UniqueConstraint("title", "owner_id"), Index("ix_title", "title"), {"comment": "posts"})
            id: Mapped[intpk]
            title: Mapped[str] = mapped_column(String(100), nullable=True)
            owner: Mapped[User] = relationship(back_populates="posts")

        tags = Table("tags", Base.metadata, Column("post_id", ForeignKey("posts.id"), primary_key=True), Column("word", String(20), primary_key=True))
        """,
    "kinds of text and numbers by alias": """
        from typing import Annotated
        from sqlalchemy import BigInteger, Float, Numeric, String, Text as SLQText, VARCHAR, orm
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        BigInt = Annotated[int, None]
        Num_6_2 = Annotated[float, 6]
        Str128 = Annotated[str, 128]
        Text = Annotated[str, None]
        VarChar128 = Annotated[str, 128]
        PrimaryKeyInt = Annotated[int, mapped_column(primary_key=True)]

        class Base(DeclarativeBase):
            type_annotation_map = {
                BigInt: BigInteger, Num_6_2: Numeric(6, 2), Str128: String(128), Text: SLQText, VarChar128: VARCHAR(128),
            }

        class Run(Base):
            __tablename__ = "runs"
            id: Mapped[PrimaryKeyInt]
            reads: Mapped[BigInt]
            q30: Mapped[Num_6_2 | None]
            name: Mapped[Str128]
            note: Mapped[Text | None]
            code: Mapped[VarChar128]
        """,
    "collections that a column is annotated with": """
        from typing import Annotated, Any, Optional
        import sqlalchemy as sa
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

        Extra = Annotated[dict[str, Any], mapped_column(sa.JSON, nullable=False, default=dict)]
        Words = Annotated[list[str], mapped_column(sa.ARRAY(sa.String))]

        class Base(DeclarativeBase):
            pass

        class Described:
            extra: Mapped[Extra]
            words: Mapped[Optional[Words]]

        class Item(Described, Base):
            __tablename__ = "items"
            id: Mapped[int] = mapped_column(primary_key=True)
            tags: Mapped["Words"]
            lines: Mapped[list["Line"]] = relationship()

        class Line(Base):
            __tablename__ = "lines"
            id: Mapped[int] = mapped_column(sa.ForeignKey("items.id"), primary_key=True)
        """,
    "columns made by a helper of the class": """
        from typing import Optional
        from sqlalchemy import Column, Integer, String
        from sqlalchemy.orm import declarative_base, declared_attr, mapped_column

        Base = declarative_base()

        class Signed:
            @declared_attr
            def _created_by_id(cls):
                return cls._user_by_id()

            @declared_attr
            def _size(cls):
                return cls._sized(20)

            @classmethod
            def _user_by_id(cls):
                '''Not a key, so that users can go.'''
                return mapped_column(String, nullable=True)

            @staticmethod
            def _sized(length):
                return mapped_column(String(length), nullable=False)

        class Block(Signed, Base):
            __tablename__ = "blocks"
            id = Column(Integer, primary_key=True)
        """,
    "the older style": """
        from sqlalchemy import BigInteger, Boolean, Column, DateTime, Enum, ForeignKey, Integer, MetaData, Numeric, String, Text
        from sqlalchemy.orm import declarative_base, declared_attr

        metadata = MetaData(schema="app")
        Base = declarative_base(metadata=metadata)

        class Named:
            @declared_attr
            def __tablename__(cls):
                return cls.__name__.lower() + "s"

            id = Column(Integer, primary_key=True)

        class Common(Base):
            __abstract__ = True
            note = Column(Text)

        class Account(Named, Common):
            email = Column("mail", String(120), nullable=False, unique=True)
            active = Column(Boolean, default=True, server_default="1")
            plan = Column(Enum("free", "paid", name="plan"), nullable=False)

        class Person(Named, Base):
            kind = Column(String(10))
            __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}

        class Manager(Person):
            __tablename__ = None
            level = Column(Integer)
            __mapper_args__ = {"polymorphic_identity": "manager"}

        class Engineer(Person):
            __tablename__ = "engineers"
            id = Column(Integer, ForeignKey("app.persons.id"), primary_key=True)
            skill = Column(String(30))
            __mapper_args__ = {"polymorphic_identity": "engineer"}
        """,
    "helpers and partials": """
        import functools
        import sqlalchemy as sa
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        required = functools.partial(mapped_column, nullable=False)
        PREFIX = "shop_"
        OPTIONS = {"mysql_engine": "InnoDB"}

        def reference(table, **more):
            target = f"{PREFIX}{table}.id"
            return mapped_column(sa.Integer, sa.ForeignKey(target, ondelete="CASCADE"), **more)

        class Base(DeclarativeBase):
            pass

        class Item(Base):
            __tablename__ = PREFIX + "items"
            __table_args__ = (sa.CheckConstraint("price > 0", name="price_ok"), OPTIONS)
            id: Mapped[int] = mapped_column(primary_key=True)
            price = required(sa.Integer)

        class Line(Base):
            __tablename__ = PREFIX + "lines"
            id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
            item_id = reference("items", nullable=False)
            total = mapped_column(sa.Integer, sa.Computed("item_id * 2"))
        """,
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_are_read_as_sqlalchemy_reads_them(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = textwrap.dedent(FORMS[form])
    module = types.ModuleType("models")
    monkeypatch.setitem(sys.modules, "models", module)
    exec(compile(source, "models.py", "exec"), vars(module))  # noqa: S102
    truth: sa.MetaData = module.Base.metadata
    models = read({"models.py": source})
    assert not models.doubts
    said = {table.full_name: table for table in models.target_tables}
    assert set(said) == set(truth.tables)
    for name, table in truth.tables.items():
        assert said[name].schema == table.schema
        _compare(said[name], table)
    convention = models.metadatas[next(iter(said.values())).metadata].convention
    assert (convention or {}) == {
        k: v for k, v in truth.naming_convention.items() if isinstance(v, str) and k != "ix"
    } | ({"ix": truth.naming_convention.get("ix")} if convention else {})


def _compare(said: ModelTable, table: sa.Table) -> None:
    assert [column.name for column in said.columns] == [column.name for column in table.columns]
    for column in table.columns:
        found = said.column(column.name)
        assert found is not None
        assert found.keywords.get("nullable", not found.keywords.get("primary_key")) is column.nullable, (
            column
        )
        assert bool(found.keywords.get("primary_key")) is column.primary_key, column
        assert bool(found.keywords.get("unique")) is bool(column.unique), column
        assert bool(found.keywords.get("index")) is bool(column.index), column
        targets = [
            item.args[0]
            for item in found.args
            if isinstance(item, CallValue) and item.path.endswith("ForeignKey")
        ]
        assert targets == [key.target_fullname for key in column.foreign_keys], column
        if column.foreign_keys and found.type is None:
            continue
        kind = found.type.path if isinstance(found.type, CallValue | Ref) else ""
        assert kind.rpartition(".")[2] == type(column.type).__name__, column
        if isinstance(column.type, sa.Enum):
            assert isinstance(found.type, CallValue)
            assert [text for text, _ in enum_values(found.type) or ()] == column.type.enums
    made = [item.call.path.rpartition(".")[2] for item in said.items]
    truth = [
        type(item).__name__
        for item in table.constraints
        if type(item).__name__ in ("UniqueConstraint", "CheckConstraint")
    ]
    own = [column for column in said.columns if column.keywords.get("unique")]
    assert made.count("UniqueConstraint") + len(own) == truth.count("UniqueConstraint")
    assert made.count("CheckConstraint") == truth.count("CheckConstraint")


def test_what_only_a_type_checker_sees_is_no_other_base() -> None:
    base = """
        from typing import TYPE_CHECKING, Any
        from sqlalchemy import MetaData
        from sqlalchemy.orm import registry
        metadata = MetaData()
        mapper_registry = registry(metadata=metadata)
        if TYPE_CHECKING:
            Base = Any
        else:
            Base = mapper_registry.generate_base()
        """
    models = """
        import sqlalchemy as sa
        from base import Base
        link = sa.Table("links", Base.metadata, sa.Column("id", sa.Integer, primary_key=True))
        class User(Base):
            __tablename__ = "users"
            id = sa.Column(sa.Integer, primary_key=True)
        """
    found = read({"base.py": base, "models.py": models})
    assert {table.name for table in found.target_tables} == {"links", "users"}
    assert not found.doubts


def test_names_lead_through_packages_stars_and_circles() -> None:
    models = read(
        {
            "models/__init__.py": "from .base import *\nfrom . import user, order\n",
            "models/base.py": "from sqlalchemy.orm import DeclarativeBase as _D\nclass Base(_D): pass\nLENGTH = 30\n",
            "models/mixins.py": """
                from __future__ import annotations
                from typing import TYPE_CHECKING
                import sqlalchemy as sa
                if TYPE_CHECKING:
                    from .user import User
                class Timed:
                    at = sa.Column(sa.DateTime)
                """,
            "models/user.py": """
                import sqlalchemy as sa
                from . import base, mixins
                from .order import Order
                class User(mixins.Timed, base.Base):
                    __tablename__ = "users"
                    id = sa.Column(sa.Integer, primary_key=True)
                    name = sa.Column(sa.String(base.LENGTH))
                """,
            "models/order.py": """
                import sqlalchemy as sa
                import models.user
                from models import Base
                class Order(Base):
                    __tablename__ = "orders"
                    id = sa.Column(sa.Integer, primary_key=True)
                """,
            "models/lonely.py": """
                import sqlalchemy as sa
                from models.base import Base
                class Lonely(Base):
                    __tablename__ = "lonely"
                    id = sa.Column(sa.Integer, primary_key=True)
                """,
        }
    )
    assert {table.name for table in models.target_tables} == {"users", "orders"}
    assert {table.name for table in models.tables} == {"users", "orders", "lonely"}
    users = next(table for table in models.tables if table.name == "users")
    assert [column.name for column in users.columns] == ["id", "name", "at"]
    name = users.column("name")
    assert name is not None and isinstance(name.type, CallValue) and name.type.args == (30,)


def test_types_lead_to_what_they_stand_for() -> None:
    models = read(
        {
            "models.py": """
                import enum
                import typing
                import sqlalchemy as sa
                from sqlalchemy.dialects import postgresql
                from sqlalchemy.orm import declarative_base
                import pgvector.sqlalchemy
                Base = declarative_base()

                class Guid(sa.TypeDecorator):
                    impl = sa.CHAR
                    cache_ok = True
                    def load_dialect_impl(self, dialect):
                        if dialect.name == "postgresql":
                            return dialect.type_descriptor(postgresql.UUID())
                        return dialect.type_descriptor(sa.CHAR(32))

                class Money(sa.types.TypeDecorator, typing.Generic[typing.TypeVar("C")]):
                    impl = sa.Numeric
                    def __init__(self, currency):
                        super().__init__(12, 2)

                class Colour(str, enum.Enum):
                    RED = "red"

                class T(Base):
                    __tablename__ = "t"
                    id = sa.Column(Guid, primary_key=True)
                    price = sa.Column(Money("EUR"))
                    colour = sa.Column(sa.Enum(Colour, values_callable=lambda e: [m.value for m in e]))
                    vector = sa.Column(pgvector.sqlalchemy.Vector(3))
                """
        }
    )
    table = models.tables[0]
    guid, money, colour, vector = (column.type for column in table.columns)
    assert isinstance(guid, CustomType) and isinstance(guid.variants["postgresql"], CallValue)
    assert guid.variants["postgresql"].path == "sqlalchemy.dialects.postgresql.UUID"
    assert isinstance(guid.variants["mysql"], CallValue) and guid.variants["mysql"].args == (32,)
    assert isinstance(money, CustomType) and isinstance(money.impl, CallValue)
    assert (money.module, money.name, money.args, money.impl.args) == ("models", "Money", ("EUR",), (12, 2))
    assert isinstance(colour, CallValue) and isinstance(colour.args[0], EnumClass)
    assert [text for text, _ in enum_values(colour) or ()] == ["red"]
    assert isinstance(vector, CustomType) and isinstance(vector.impl, Unknown)


def test_tables_that_env_py_copies_into_its_metadata_are_handed_over_too() -> None:
    models = """
        import sqlalchemy as sa
        from sqlalchemy.orm import declarative_base
        Base, Other = declarative_base(), declarative_base()
        class A(Base):
            __tablename__ = "a"
            id = sa.Column(sa.Integer, primary_key=True)
        class B(Other):
            __tablename__ = "b"
            id = sa.Column(sa.Integer, primary_key=True)
        """
    head = "from alembic import context\nfrom models import Base, Other\ntarget_metadata = Base.metadata\n"
    tail = "context.configure(target_metadata=target_metadata)\n"
    for copying in (
        "for table in Other.metadata.sorted_tables:\n    target_metadata._add_table(table.name, table.schema, table)\n",
        "for table in Other.metadata.tables.values():\n    table.to_metadata(target_metadata)\n",
    ):
        read_ = read({"models.py": models}, head + copying + tail)
        assert {table.name for table in read_.target_tables} == {"a", "b"} and not read_.doubts
    assert {table.name for table in read({"models.py": models}, head + tail).target_tables} == {"a"}


def test_a_hook_that_two_calls_are_given_is_asked_about_tuples_too() -> None:
    hook = """
from alembic import context
import models
def include_name(name, type_, parent_names):
    if type_ == "column":
        return (parent_names["table_name"], name) not in models.GONE
    return True
if context.config.attributes.get("connection"):
    context.configure(target_metadata=models.Base.metadata, include_name=include_name)
else:
    context.configure(target_metadata=models.Base.metadata, include_name=include_name)
"""
    models = "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\nGONE = {('a', 'old')}\n"
    found = read({"models.py": models}, hook)
    assert is_included(found, "old", "column", "a", reflected=True) is False
    assert is_included(found, "new", "column", "a", reflected=True) is True


def test_flask_and_sqlmodel_name_tables_by_their_own_rules() -> None:
    flask = read(
        {
            "app.py": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n",
            "models.py": """
                from app import db
                class HTTPUserLog(db.Model):
                    id = db.Column(db.Integer, primary_key=True)
                    name = db.Column(db.String(80), nullable=False)
                links = db.Table("links", db.Column("a", db.ForeignKey("http_user_log.id")))
                class AdminLog(HTTPUserLog):
                    __tablename__ = "admin_logs"
                    __mapper_args__ = {"polymorphic_identity": "admin"}
                class OldLog(HTTPUserLog):
                    __tablename__ = "old_logs"
                    id = db.Column(db.Integer, db.ForeignKey("http_user_log.id"), primary_key=True)
                """,
        },
        "from alembic import context\nfrom models import db\ncontext.configure(target_metadata=db.metadata)\n",
    )
    assert {table.name for table in flask.target_tables} == {"http_user_log", "links", "old_logs"}
    sqlmodel = read(
        {
            "models.py": """
                from typing import Optional
                from sqlmodel import Field, Relationship, SQLModel
                class HeroBase(SQLModel):
                    name: str = Field(index=True, max_length=40)
                class Hero(HeroBase, table=True):
                    id: Optional[int] = Field(default=None, primary_key=True)
                    team_id: int | None = Field(default=None, foreign_key="team.id")
                    team: Optional["Team"] = Relationship()
                class HeroPublic(HeroBase):
                    id: int
                """
        },
        "from alembic import context\nfrom sqlmodel import SQLModel\nimport models\ncontext.configure(target_metadata=SQLModel.metadata)\n",
    )
    assert [table.name for table in sqlmodel.target_tables] == ["hero"]
    hero = sqlmodel.tables[0]
    assert {column.name: column.keywords["nullable"] for column in hero.columns} == {
        "id": False,
        "team_id": True,
        "name": False,
    }


@pytest.mark.parametrize(("pydantic", "nullable"), [(1, True), (2, False), (None, None)])
def test_what_none_says_of_a_field_depends_on_the_release_of_pydantic(
    pydantic: int | None, nullable: bool | None
) -> None:
    """Measured with SQLModel 0.0.22 on Pydantic 1.10 and 2."""
    models = read(
        {
            "models.py": """
                from sqlmodel import Field, SQLModel
                class Rule(SQLModel, table=True):
                    id: int = Field(default=None, primary_key=True)
                    a: str = None
                    b: str = Field(default=None, max_length=40)
                    c: str = Field(None)
                    d: str | None = None
                    e: str = Field(default=None, nullable=False)
                    f: str = "x"
                    g: str
                """
        },
        "from alembic import context\nfrom sqlmodel import SQLModel\nimport models\ncontext.configure(target_metadata=SQLModel.metadata)\n",
        pydantic,
    )
    said = {column.name: column.keywords["nullable"] for column in models.tables[0].columns}
    known = {name: None if isinstance(value, Unknown) else value for name, value in said.items()}
    by_release = dict.fromkeys("abc", nullable)
    assert known == {"id": False, **by_release, "d": True, "e": False, "f": False, "g": False}


def test_what_cannot_be_read_is_said_of_what_it_may_touch() -> None:
    models = read(
        {
            "models.py": """
                import os
                import sqlalchemy as sa
                from elsewhere import Tenant
                from sqlalchemy.orm import declarative_base
                Base = declarative_base()
                class A(Tenant, Base):
                    __tablename__ = "a"
                    id = sa.Column(sa.Integer, primary_key=True)
                class B(Base):
                    __tablename__ = os.environ["B"]
                    id = sa.Column(sa.Integer, primary_key=True)
                class C(Base):
                    __tablename__ = "c"
                    id = sa.Column(sa.Integer, primary_key=True)
                    for name in ("x", "y"):
                        locals()[name] = sa.Column(sa.Integer)
                """
        }
    )
    assert {(doubt.table, doubt.why.partition(":")[0]) for doubt in models.doubts} == {
        ("a", "what `Tenant` brings is not known"),
        (None, "the name of the table of `B` is only known when it runs"),
        ("c", "columns may be made on the way"),
    }


KEYS = """
from sqlmodel import Column, Field, ForeignKey, SQLModel

def named(source, column, target):
    return f"fk_{source}_{column}_{target}"

def key(source, target, column, nullable, name=None, **more):
    \"\"\"A foreign key.\"\"\"
    name = name or named(source, column, target)
    if LIMIT:
        raise ValueError("too long")
    return Field(sa_column=Column(ForeignKey(f"{target}.id", name=name), nullable=nullable, **more))

class Team(SQLModel, table=True):
    __tablename__ = "team"
    id: int = Field(primary_key=True)

class Hero(SQLModel, table=True):
    __tablename__ = "heroes"
    id: int = Field(primary_key=True)
    team_id: int = key(source=__tablename__, target=Team.__tablename__, column="team_id", nullable=True)
"""


@pytest.mark.parametrize(
    ("limit", "is_followed"), [("len(name) > 63", True), ("len(name) >= limit_of(source)", False)]
)
def test_a_field_that_a_function_makes_is_what_it_returns_or_not_known(limit: str, is_followed: bool) -> None:
    models = read(
        {"models.py": KEYS.replace("LIMIT", limit)},
        "from alembic import context\nfrom sqlmodel import SQLModel\nimport models\ncontext.configure(target_metadata=SQLModel.metadata)\n",
    )
    (heroes,) = [table for table in models.tables if table.name == "heroes"]
    column = heroes.column("team_id")
    assert column is not None
    if is_followed:
        (item,) = column.args
        assert isinstance(item, CallValue)
        assert item.keywords["name"] == "fk_heroes_team_id_team"
        assert column.keywords["nullable"] is True
        assert not models.doubts
    else:
        assert [(doubt.table, doubt.column) for doubt in models.doubts] == [("heroes", "team_id")]


HOSTILE = {
    "a broken file": "class A(Base:\n    __tablename__ = 'a'\n",
    "a class that is its own base": "class A(A): __tablename__ = 'a'\n",
    "two classes in a circle": "class A(B): __tablename__ = 'a'\nclass B(A): __tablename__ = 'b'\n",
    "a name defined by itself": "import sqlalchemy as sa\nBase = Base\nx = x.y\nclass A(Base, x): __tablename__ = x\n",
    "functions that call each other": "def f(): return g()\ndef g(): return f()\nBase = f()\nclass A(Base): __tablename__ = f()\n",
    "nested deeply": "from sqlalchemy import Column\nx = "
    + "(" * 150
    + "Column"
    + ")" * 150
    + "\nclass A: __tablename__ = x\n",
    "type() and metaclasses": "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\nA = type('A', (Base,), {'__tablename__': 'a'})\n",
    "a regular expression that runs away": "import re\nfrom sqlalchemy.orm import declarative_base\nBase = declarative_base()\nclass A(Base): __tablename__ = re.sub('(a+)+b', '', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac')\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_modules_are_survived(name: str) -> None:
    read({"models.py": HOSTILE[name]})
    read(
        {
            "models.py": f"from models2 import *\n{HOSTILE[name]}",
            "models2.py": f"from models import *\n{HOSTILE[name]}",
        }
    )


def test_five_thousand_lines() -> None:
    source = (
        "import sqlalchemy as sa\nfrom sqlalchemy.orm import declarative_base\nBase = declarative_base()\n"
        + "".join(
            f"class C{n}(Base):\n    __tablename__ = 't{n}'\n    id = sa.Column(sa.Integer, primary_key=True)\n"
            + "".join(f"    c{m} = sa.Column(sa.String({m}))\n" for m in range(1, 10))
            for n in range(420)
        )
    )
    assert len(read({"models.py": source}).target_tables) == 420


def test_metadata_by_another_road_is_the_same() -> None:
    """``db.Model.metadata`` is ``db.metadata``; and a package that is not here has one, whatever it is reached by."""
    flask = """
        from flask_sqlalchemy import SQLAlchemy
        db = SQLAlchemy()
        class User(db.Model):
            id = db.Column(db.Integer, primary_key=True)
        """
    env = "from alembic import context\nfrom models import db\ncontext.configure(target_metadata=db.Model.metadata)\n"
    models = read({"models.py": flask}, env)
    assert [models.is_target(table) for table in models.tables] == [True]
    shared = """
        import sqlalchemy as sa
        from elsewhere.base import Base, metadata
        class User(Base):
            __tablename__ = "users"
            id = sa.Column(sa.Integer, primary_key=True)
        """
    env = "from alembic import context\nfrom models import metadata\ncontext.configure(target_metadata=metadata)\n"
    models = read({"models.py": shared}, env)
    assert [models.is_target(table) for table in models.tables] == [True]


def test_folders_that_are_passed_over_are_not_on_the_way_to_a_project() -> None:
    text = textwrap.dedent(
        """
        import sqlalchemy as sa
        from sqlalchemy.orm import declarative_base
        Base = declarative_base()
        class User(Base):
            __tablename__ = "users"
            id = sa.Column(sa.Integer, primary_key=True)
        """
    )
    env = parse(SourceText(ENV))
    assert isinstance(env, Module)
    files = Files({"/w/tests/app/models.py": SourceText(text)})
    models = read_models(Modules(files, ["/w/tests/app"], "/w"), env, "/w/tests/app/migrations/env.py")
    assert [table.name for table in models.target_tables] == ["users"]
    given = parse(SourceText(ENV.replace("models", "base")))
    assert isinstance(given, Module)
    base = Files({"/w/base.py": SourceText(text.partition("class User")[0])})
    nothing = read_models(Modules(base, ["/w"], "/w"), given, "/w/migrations/env.py")
    assert [doubt.why for doubt in nothing.doubts] == [
        "no table of the metadata that env.py hands over was found"
    ]


def test_what_a_flask_object_is_called_for_is_sqlalchemys() -> None:
    models = """
        from flask_sqlalchemy import SQLAlchemy
        db = SQLAlchemy()
        class Note(db.Model):
            __table_args__ = (db.Index("ix_note_text", "text"),)
            id = db.Column(db.Integer, primary_key=True)
            text = db.Column(db.String(20), server_default=db.text("'x'"))
    """
    env = (
        "from alembic import context\nfrom models import db\ncontext.configure(target_metadata=db.metadata)\n"
    )
    (table,) = read({"models.py": models}, env).target_tables
    default = table.columns[1].keywords["server_default"]
    assert isinstance(default, CallValue)
    assert default.path == "sqlalchemy.text"
    assert [item.call.path for item in table.items] == ["sqlalchemy.Index"]


def test_mixins_of_libraries_bring_what_their_documentation_says() -> None:
    models = """
        import sqlalchemy as sa
        from neutron_lib.db import model_base
        from oslo_db.sqlalchemy import models
        from sqlalchemy.orm import declarative_base
        Base = declarative_base()
        class Share(Base, models.TimestampMixin, models.SoftDeleteMixin):
            __tablename__ = "shares"
            id = sa.Column(sa.Integer, primary_key=True)
        class Router(model_base.BASEV2, model_base.HasId, model_base.HasProject):
            pass
    """
    found = read({"models.py": models})
    tables = {table.name: table for table in found.tables}
    assert [column.name for column in tables["shares"].columns] == [
        *("id", "created_at", "updated_at", "deleted_at", "deleted")
    ]
    assert [column.name for column in tables["routers"].columns] == ["id", "project_id"]
    assert {column.origin.path for column in tables["routers"].columns} == {"/w/models.py"}
    assert not found.doubts


def test_a_table_of_another_program_is_not_that_of_the_same_name() -> None:
    head = "import sqlalchemy as sa\nfrom sqlmodel import Field, SQLModel\nclass Message(SQLModel, table=True):\n"
    files = {
        "a_other.py": head + "    id: int = Field(primary_key=True)\n    score: int\n",
        "models.py": head + "    id: int = Field(primary_key=True)\n    text: str\n",
    }
    env = "from alembic import context\nimport models\nfrom sqlmodel import SQLModel\ncontext.configure(target_metadata=SQLModel.metadata)\n"
    found = read(files, env)
    (table,) = found.target_tables
    assert [column.name for column in table.columns] == ["id", "text"]
    assert not found.doubts


TWO_BASES = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): pass
class Other(DeclarativeBase): pass
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
class Audit(Other):
    __tablename__ = "audits"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
OTHER_ENV = """
from alembic import context
from models import Other
context.configure(connection=None, target_metadata={given})
"""


def test_what_another_environment_hands_over_is_known() -> None:
    assert read({"models.py": TWO_BASES}).elsewhere == frozenset()
    known = read({"models.py": TWO_BASES, "audit/env.py": OTHER_ENV.format(given="[Other.metadata]")})
    assert known.elsewhere == {"models.Other.metadata"}
    assert read({"models.py": TWO_BASES, "audit/env.py": OTHER_ENV.format(given="made()")}).elsewhere is None


@pytest.mark.parametrize(
    ("program", "is_told"),
    [
        ("import alembic.command\ndef new(c):\n    alembic.command.revision(c, autogenerate=True)\n", False),
        ("from alembic import command\ndef new(c):\n    command.revision(c)\n", False),
        ("from alembic.command import revision\ndef new(c):\n    revision(c)\n", False),
        ("from alembic import command\ndef start(c):\n    command.upgrade(c, 'head')\n", True),
    ],
)
def test_what_a_program_that_makes_revisions_has_imported_is_not_known(program: str, is_told: bool) -> None:
    assert (read({"models.py": TWO_BASES, "manage.py": program}).reached is not None) is is_told


def test_a_base_of_a_package_is_what_env_py_hands_over() -> None:
    models = """
        import sqlalchemy as sa
        from flask_appbuilder import Model
        from superset_core.models import Note as CoreNote

        class Note(CoreNote, Model):
            __tablename__ = "notes"
            id = sa.Column(sa.Integer, primary_key=True)

        class Chart(CoreNote):
            __tablename__ = "charts"
            id = sa.Column(sa.Integer, primary_key=True)
    """
    env = (
        "from alembic import context\nfrom flask_appbuilder import Model\nimport models\n"
        "context.configure(target_metadata=Model.metadata)\n"
    )
    found = read({"models.py": models}, env)
    assert [table.name for table in found.target_tables] == ["notes"]
    assert {doubt.table for doubt in found.doubts} == {"notes", "charts"}


@pytest.mark.parametrize(
    ("given", "is_known"), [("current_app.extensions['migrate'].db.metadata", False), ("Base.metadata", True)]
)
def test_what_fills_metadata_that_is_only_known_when_it_runs_is_not_known(given: str, is_known: bool) -> None:
    one = TWO_BASES.partition("class Audit")[0]
    env = f"from alembic import context\nfrom base import Base\ncontext.configure(target_metadata={given})\n"
    base = "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): pass\n"
    one = one.replace("class Base(DeclarativeBase): pass", "from base import Base")
    found = read({"base.py": base, "models.py": one}, env)
    assert [table.name for table in found.target_tables] == ([] if is_known else ["users"])
    assert (found.reached is not None) is is_known


def test_what_does_not_parse_is_doubted_and_not_missed() -> None:
    models = read(
        {
            "models.py": """
                from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
                from broken import Kind, Stamped

                class Base(DeclarativeBase):
                    pass

                class Owner(Base):
                    __tablename__ = "owners"
                    id: Mapped[int] = mapped_column(primary_key=True)

                class Item(Stamped, Base):
                    __tablename__ = "items"
                    id: Mapped[int] = mapped_column(primary_key=True)
                    kind: Mapped[Kind]
                    owner: Mapped[Owner]
                """,
            "broken.py": "from models import Base\nclass Gone(Base):\n    __tablename__ = 'gone'\n    id = Column(\n",
        }
    )
    doubts = {(doubt.table, doubt.column): doubt.why for doubt in models.doubts}
    assert set(doubts) == {(None, None), ("items", None), ("items", "kind")}
    assert doubts["items", None] == "what `Stamped` brings is not known: it cannot be read"


def test_aliases_by_type_statements_are_followed() -> None:
    models = read(
        {
            "models.py": """
                from typing import Annotated, Any
                from sqlalchemy import JSON
                from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

                type Extra = Annotated[dict[str, Any], mapped_column(JSON)]

                class Base(DeclarativeBase):
                    pass

                def first[T](items: list[T]) -> T:
                    return items[0]

                class Item(Base):
                    __tablename__ = "items"
                    id: Mapped[int] = mapped_column(primary_key=True)
                    extra: Mapped[Extra]
                """
        }
    )
    assert not models.doubts
    assert [column.name for column in models.tables[0].columns] == ["id", "extra"]


def test_a_type_statement_is_a_key_of_its_own_in_a_type_annotation_map() -> None:
    models = read(
        {
            "models.py": """
                from sqlalchemy.dialects.postgresql import CITEXT
                from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

                type CIStr = str

                class Base(DeclarativeBase):
                    type_annotation_map = {CIStr: CITEXT}

                class Item(Base):
                    __tablename__ = "items"
                    id: Mapped[int] = mapped_column(primary_key=True)
                    name: Mapped[str]
                    code: Mapped[CIStr | None]
                """
        }
    )
    assert [str(column.type.path) for column in models.tables[0].columns if isinstance(column.type, Ref | CallValue)] == [
        "sqlalchemy.Integer", "sqlalchemy.String", "sqlalchemy.dialects.postgresql.CITEXT",
    ]  # fmt: skip
