"""Writes an Alembic project to measure with: ``python bench/make_project.py FOLDER --revisions 1000 --long 1500``.

The history is invented but sound: a small model of the schema is kept while it is written, so that every operation
can run where it stands, on PostgreSQL, every downgrade undoes its upgrade, and the models are what the last revision
leaves. Nearly all revisions have 60 to 120 lines in the manner of autogenerate. The history is a line with a fork and
its merge every now and then; the two arms of a fork touch different tables, so any order of them works. The same
arguments write the same bytes.
"""

from __future__ import annotations

import argparse
import datetime
import random
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

MOST_TABLES, MOST_COLUMNS = 120, 14
FIRST = ("signal", "track", "depot", "wagon", "engine", "crew", "shift", "yard", "bridge", "freight")
SECOND = ("log", "plan", "check", "report", "entry", "roster", "survey", "repair", "audit", "tariff")
WORDS = ("mileage", "gauge", "weight", "axle", "livery", "remark", "speed", "origin", "grade", "state")
# How a column is written, what its attribute holds, and the default that the server may give it.
TYPES = {
    "sa.Integer()": ("int", 'sa.text("0")'),
    "sa.BigInteger()": ("int", 'sa.text("0")'),
    "sa.String(length=40)": ("str", "\"''\""),
    "sa.String(length=200)": ("str", "\"''\""),
    "sa.Text()": ("str", "\"''\""),
    "sa.Boolean()": ("bool", "sa.false()"),
    "sa.Date()": ("datetime.date", "sa.func.current_date()"),
    "sa.DateTime(timezone=True)": ("datetime.datetime", "sa.func.now()"),
    "postgresql.JSONB(astext_type=sa.Text())": ("object", "sa.text(\"'{}'\")"),
    "postgresql.UUID()": ("uuid.UUID", 'sa.text("gen_random_uuid()")'),
}
WIDER = {
    "sa.Integer()": "sa.BigInteger()",
    "sa.String(length=40)": "sa.String(length=200)",
    "sa.String(length=200)": "sa.Text()",
    "sa.Date()": "sa.DateTime(timezone=True)",
}
Change = tuple[list[str], list[str]]
"""The lines that do something and those that undo it."""


@dataclass
class Column:
    """One column, as the revisions so far have left it."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    target: str | None = None
    pinned: bool = False  # a constraint or an index stands on it

    def written(self) -> str:
        """The column in a revision."""
        default = f", server_default={self.default}" if self.default else ""
        return f'sa.Column("{self.name}", {self.type}{default}, nullable={self.nullable})'


@dataclass
class Table:
    """One table; those of even and of odd numbers belong to the two arms of a fork."""

    name: str
    number: int
    columns: list[Column]
    indexes: list[Column] = field(default_factory=list)
    referred: int = 0

    def model(self) -> str:
        """The class of the table, as it is in the end."""
        lines = [f"class {self.name.title().replace('_', '')}(Base):", f'    __tablename__ = "{self.name}"']
        indexes = [f'sa.Index("ix_{self.name}_{column.name}", "{column.name}")' for column in self.indexes]
        lines.append(f"    __table_args__ = ({''.join(index + ', ' for index in indexes)})\n")
        for column in self.columns:
            parts = [column.type]
            if column.target:
                parts.append(f'sa.ForeignKey("{column.target}.id", name="fk_{self.name}_{column.name}")')
            parts.append(f"primary_key={column.name == 'id'}, nullable={column.nullable}")
            parts += [f"server_default={column.default}"] if column.default else []
            held = TYPES[column.type][0] + (" | None" if column.nullable else "")
            lines.append(f"    {column.name}: Mapped[{held}] = mapped_column({', '.join(parts)})")
        return "\n".join(lines)


def call(name: str, *arguments: str, wide: bool = False) -> list[str]:
    """A call, on one line where it fits and ``wide`` does not ask for more."""
    one = f"op.{name}({', '.join(arguments)})"
    if len(one) <= 84 and not wide:
        return [one]
    return [f"op.{name}(", *(f"    {part}," for part in arguments), ")"]


def outside(lines: list[str]) -> list[str]:
    """Lines outside of the transaction."""
    return ["with op.get_context().autocommit_block():", *("    " + line for line in lines)]


class Schema:
    """The schema while the history is written."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.tables: list[Table] = []
        self.made = 0  # what has been named so far, so that no two have one name

    def change(self, side: int | None) -> Change:
        """Any change that is possible to the tables of one side, or to all."""
        kinds: dict[Callable[[Table], Change | None], int] = {
            lambda table: self.create_table(table.number % 2) if len(self.tables) < MOST_TABLES else None: 8,
            self.drop_table: 6,
            self.add_column: 14,
            self.drop_column: 8,
            self.create_index: 10,
            self.drop_index: 7,
            self.refer: 4,
            self.alter: 12,
        }
        tables = [table for table in self.tables if side is None or table.number % 2 == side]
        while len(tables) > 3:
            [kind] = self.dice.choices(list(kinds), list(kinds.values()))
            if (done := kind(self.dice.choice(tables))) is not None:
                return done
        return self.create_table(self.made % 2 if side is None else side)

    def create_table(self, side: int) -> Change:
        """A new table."""
        self.made += 1
        number = 2 * self.made + side
        name = f"{self.dice.choice(FIRST)}_{self.dice.choice(SECOND)}_{number}"
        columns = [Column("id", "sa.BigInteger()", nullable=False, pinned=True)]
        columns += [self._new_column() for _ in range(self.dice.randint(3, 9))]
        columns.append(Column("created_at", "sa.DateTime(timezone=True)", default="sa.func.now()"))
        self.tables.append(Table(name, number, columns))
        return self._creation(self.tables[-1]), call("drop_table", f'"{name}"')

    def drop_table(self, table: Table) -> Change | None:
        """One table less, with all that stands on it, unless another refers to it."""
        if table.referred or len(self.tables) < MOST_TABLES // 2:
            return None
        undo = self._creation(table)
        for column in table.columns:
            undo += self._key(table, column)[0] if column.target else []
            undo += self._index(table, column)[0] if column in table.indexes else []
            self._forget_target(column)
        self.tables.remove(table)
        return call("drop_table", f'"{table.name}"'), undo

    def add_column(self, table: Table) -> Change | None:
        """A column that may be empty, one with a default, or one in the steps of careful people."""
        if len(table.columns) >= MOST_COLUMNS:
            return None
        column = self._new_column()
        table.columns.append(column)
        down = call("drop_column", f'"{table.name}"', f'"{column.name}"')
        if column.nullable:
            return self._addition(table, column), down
        column.default = TYPES[column.type][1]
        up = self._addition(table, column)
        if self.dice.random() < 0.5:
            column.default = None
            up += self._alteration(table, column, column.type, "server_default=None")
        return up, down

    def drop_column(self, table: Table) -> Change | None:
        """A column less, if it could be put back; or a foreign key with its column."""
        column = self._some_column(table, lambda column: bool(column.target) or not column.pinned)
        if column is None or len(table.columns) < 6 or not (column.nullable or column.default):
            return None
        table.columns.remove(column)
        self._forget_target(column)
        undo, up = self._key(table, column) if column.target else ([], [])
        up += call("drop_column", f'"{table.name}"', f'"{column.name}"')
        return up, self._addition(table, column) + undo

    def create_index(self, table: Table) -> Change | None:
        """An index, some of them without blocking anybody."""
        column = self._some_column(table, lambda column: not column.pinned and "JSONB" not in column.type)
        if column is None:
            return None
        column.pinned = True
        table.indexes.append(column)
        return self._index(table, column)

    def drop_index(self, table: Table) -> Change | None:
        """An index less."""
        if not table.indexes:
            return None
        column = table.indexes.pop()
        column.pinned = False
        down, up = self._index(table, column)
        return up, down

    def refer(self, table: Table) -> Change | None:
        """A foreign key, only to an older table of the same side, so that no two refer to each other."""
        side = [one for one in self.tables if one.number % 2 == table.number % 2]
        older = side[: side.index(table)]
        if not older or len(table.columns) >= MOST_COLUMNS:
            return None
        target = self.dice.choice(older)
        target.referred += 1
        self.made += 1
        name = f"{target.name.split('_')[0]}_id_{self.made}"
        table.columns.append(Column(name, "sa.BigInteger()", target=target.name, pinned=True))
        up, down = self._key(table, table.columns[-1])
        up = self._addition(table, table.columns[-1]) + up
        return up, down + call("drop_column", f'"{table.name}"', f'"{name}"')

    def alter(self, table: Table) -> Change | None:
        """Another type, or leave to be empty."""
        column = self._some_column(table, lambda column: not column.pinned and not column.default)
        if column is None:
            return None
        before = column.type
        if before in WIDER:
            column.type = WIDER[before]
            up = self._alteration(table, column, before, f"type_={column.type}")
            return up, self._alteration(table, column, column.type, f"type_={before}")
        if column.nullable:
            return None
        column.nullable = True
        up = self._alteration(table, column, before, "nullable=True")
        return up, self._alteration(table, column, before, "nullable=False")

    def _new_column(self) -> Column:
        self.made += 1
        name = f"{self.dice.choice(WORDS)}_{self.made}"
        return Column(name, self.dice.choice(list(TYPES)), nullable=self.dice.random() < 0.6)

    def _some_column(self, table: Table, wanted: Callable[[Column], bool]) -> Column | None:
        return self.dice.choice([column for column in table.columns[1:] if wanted(column)] or [None])

    def _forget_target(self, column: Column) -> None:
        for table in self.tables:
            table.referred -= table.name == column.target

    def _creation(self, table: Table) -> list[str]:
        columns = [column.written() for column in table.columns]
        return call("create_table", f'"{table.name}"', *columns, 'sa.PrimaryKeyConstraint("id")', wide=True)

    def _addition(self, table: Table, column: Column) -> list[str]:
        return call("add_column", f'"{table.name}"', column.written())

    def _alteration(self, table: Table, column: Column, before: str, to: str) -> list[str]:
        ends = (f'"{table.name}"', f'"{column.name}"', f"existing_type={before}", to)
        return call("alter_column", *ends, wide=True)

    def _key(self, table: Table, column: Column) -> Change:
        key, here = f'"fk_{table.name}_{column.name}"', f'"{table.name}"'
        up = call("create_foreign_key", key, here, f'"{column.target}"', f'["{column.name}"]', '["id"]')
        return up, call("drop_constraint", key, here, 'type_="foreignkey"')

    def _index(self, table: Table, column: Column) -> Change:
        name, how = f'"ix_{table.name}_{column.name}"', ["postgresql_concurrently=True"]
        apart = self.dice.random() < 0.4
        up = call("create_index", name, f'"{table.name}"', f'["{column.name}"]', *how * apart)
        down = call("drop_index", name, f'table_name="{table.name}"', *how * apart)
        return (outside(up), outside(down)) if apart else (up, down)


class History:
    """The revisions, one text each."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.schema = Schema(self.dice)
        self.files: dict[str, str] = {}
        self.date = datetime.datetime(2019, 3, 1, 8, tzinfo=datetime.UTC)

    def write(self, count: int, long: int) -> None:
        """So many revisions, the last of which has ``long`` lines if that is asked for."""
        head: tuple[str, ...] = ()
        while len(self.files) < count - bool(long):
            if head and count - len(self.files) > 12 and self.dice.random() < 0.02:
                arms = tuple(self._arm(head, side, self.dice.randint(1, 5)) for side in (0, 1))
                head = (self._revision(arms, [], []),)
            else:
                head = (self._arm(head, None, 1),)
        if long:
            self._arm(head, None, 1, long)

    def _arm(self, head: tuple[str, ...], side: int | None, length: int, lines: int = 0) -> str:
        for _ in range(length):
            ups: list[str] = []
            downs: list[str] = []
            around = REVISION.count("\n")
            wanted = (lines or self.dice.randint(62, 102)) - around
            while len(ups) + len(downs) < wanted:
                larger = lines and self.dice.random() < 0.3
                up, down = self.schema.create_table(0) if larger else self.schema.change(side)
                ups, downs = ups + up, down + downs
            head = (self._revision(head, ups, downs),)
        return head[0]

    def _revision(self, parents: tuple[str, ...], ups: list[str], downs: list[str]) -> str:
        revision = f"{self.dice.getrandbits(48):012x}"
        message = f"{self.dice.choice(SECOND)} of {self.dice.choice(FIRST)}" if ups else "merge"
        self.date += datetime.timedelta(hours=self.dice.randint(2, 60))
        down = parents if len(parents) > 1 else (parents or (None,))[0]
        self.files[f"{revision}_{message.replace(' ', '_')}.py"] = REVISION.format(
            message=message,
            revision=revision,
            parents=", ".join(parents),
            date=self.date.strftime("%Y-%m-%d %H:%M:%S"),
            down=repr(down).replace("'", '"'),
            ups="\n    ".join(ups or ["pass"]),
            downs="\n    ".join(downs or ["pass"]),
        )
        return revision


REVISION = '''"""{message}

Revision ID: {revision}
Revises: {parents}
Create Date: {date}

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "{revision}"
down_revision = {down}
branch_labels = None
depends_on = None


def upgrade() -> None:
    {ups}


def downgrade() -> None:
    {downs}
'''

MODELS = """import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    type_annotation_map = {object: postgresql.JSONB}


"""

ENV = """from alembic import context
from railway.models import Base
from sqlalchemy import create_engine

url = context.get_x_argument(as_dictionary=True).get("url") or context.config.get_main_option("sqlalchemy.url")
options = {"target_metadata": Base.metadata, "transaction_per_migration": True}

if context.is_offline_mode():
    context.configure(url=url, literal_binds=True, **options)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url).connect() as connection:
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()
"""

INI = """[alembic]
script_location = migrations
prepend_sys_path = .
sqlalchemy.url = postgresql+psycopg://localhost/railway
"""


TEMPLATE = '''"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
'''


def make_project(folder: Path, count: int, long: int = 0, seed: int = 1) -> None:
    """Write the project into a folder, in the place of what was there."""
    history = History(seed)
    history.write(count, long)
    models = MODELS + "\n\n\n".join(table.model() for table in history.schema.tables) + "\n"
    texts = {"alembic.ini": INI, "railway/__init__.py": "", "railway/models.py": models}
    texts |= {"migrations/env.py": ENV, "migrations/script.py.mako": TEMPLATE}
    texts |= {f"migrations/versions/{name}": text for name, text in history.files.items()}
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--revisions", type=int, default=1000)
    parser.add_argument("--long", type=int, default=0, metavar="LINES", help="lines of the last revision")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    make_project(given.folder, given.revisions, given.long, given.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
