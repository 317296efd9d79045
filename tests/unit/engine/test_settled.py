"""A comparison that leaves out what agreed before says what a whole one says, whatever is changed on either side."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from foreshot.engine.autogenerate import Options
from foreshot.engine.drift import drift_after, drift_of
from foreshot.engine.settled import Settled
from foreshot.models.model import Models
from foreshot.models.reader import read_models
from foreshot.project.files import Files
from foreshot.project.modules import Modules
from foreshot.schema.plain import Called
from foreshot.schema.state import (
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

ENV = """from alembic import context
from models import Base
{hook}
context.configure(target_metadata=Base.metadata, compare_server_default=True{more})
"""
HOOKS = (
    ("", ""),
    (
        "def include(object, name, type_, reflected, other):\n    return name != 'a'\n",
        ", include_object=include",
    ),
    (
        "def include(object, name, type_, reflected, other):\n    return ask(name)\n",
        ", include_object=include",
    ),
)
HEAD = """import sqlalchemy as sa
from sqlalchemy.orm import declarative_base
Base = declarative_base(metadata=sa.MetaData(naming_convention={convention:<50}))
"""
# Of one length, so that nothing below moves.
CONVENTIONS = ("None", '{"uq": "uq_%(table_name)s_%(column_0_name)s"}')
NAMES = "abcdef"
TYPES = (
    ("sa.String(20)", "VARCHAR(20)"),
    ("sa.String(40)", "VARCHAR(40)"),
    ("sa.Integer", "INTEGER"),
    ('sa.Enum("x", "y", name="kind")', "kind"),
    ("unknown()", "VARCHAR(20)"),
)
DEFAULTS = (None, "'new'", "now()", "f('a') + 1")
MADE = Origin("a1", "upgrade", "create_table", "t")

Sort = tuple[int, bool, bool, str | None]
"""Of a column: its type, whether it may be NULL, whether it has an index, its default."""


class Side:
    """The tables as the models or the history have them: by name, columns by name, and the tables that keys lead to."""

    def __init__(self) -> None:
        self.tables: dict[str, tuple[dict[str, Sort], tuple[str, ...]]] = {
            name: ({"n": (0, True, False, None), "m": (2, False, True, None)}, tuple(NAMES[:at][-2:]))
            for at, name in enumerate(NAMES)
        }
        self.values = ("x", "y")
        self.doubtful: frozenset[str] = frozenset()
        self.keyless: frozenset[str] = frozenset()
        self.convention = CONVENTIONS[0]
        self.hook = HOOKS[0]

    def change(self, made: random.Random) -> None:
        """One change, small as an editor's or as a revision's."""
        name = made.choice(NAMES)
        columns, parents = self.tables.get(name, ({}, ()))
        columns = dict(columns)
        match made.randrange(14):
            case 0:
                self.tables.pop(name, None)
                return
            case 1:
                parents = tuple(
                    sorted(made.sample([other for other in NAMES if other < name], k=min(1, ord(name) - 97)))
                )
            case 2:
                columns.pop(made.choice("nmop"), None)
            case 3:
                self.doubtful = self.doubtful ^ {name}
            case 4:
                self.values = made.choice((("x", "y"), ("x",), ("x", "y", "z")))
            case 5:
                self.convention = made.choice(CONVENTIONS)
            case 6:
                self.hook = made.choice(HOOKS)
            case 7:
                self.keyless = self.keyless ^ {name}
            case 8 | 9 if "n" in columns:
                columns["n"] = (*columns["n"][:3], made.choice(DEFAULTS))
            case _:
                columns[made.choice("nmop")] = (
                    made.randrange(len(TYPES)),
                    made.random() < 0.5,
                    made.random() < 0.5,
                    made.choice(DEFAULTS),
                )
        self.tables[name] = columns, parents

    def models(self) -> Models:
        text = HEAD.format(convention=self.convention) + "".join(self._classes())
        hook, more = self.hook
        files = Files({"/w/models.py": SourceText(text)})
        env = parse(SourceText(ENV.format(hook=hook, more=more)))
        assert isinstance(env, Module)
        return read_models(Modules(files, ["/w"], "/w"), env, "/w/migrations/env.py")

    def _classes(self) -> Iterator[str]:
        for name, (columns, parents) in self.tables.items():
            yield f'class {name.upper()}(Base):\n    __tablename__ = "{name}"\n    id = sa.Column(sa.Integer, primary_key=True)\n'
            for column, (kind, nullable, indexed, default) in columns.items():
                given = f", server_default=sa.text({default!r})" if default else ""
                yield f"    {column} = sa.Column({TYPES[kind][0]}, nullable={nullable}, index={indexed}{given})\n"
            for parent in parents:
                yield f'    {parent}_id = sa.Column(sa.ForeignKey("{parent}.id"), unique=True)\n'
            if name in self.doubtful:
                yield '    __table_args__ = (sa.Index(f"ix_{now()}", "n"),)\n'

    def schema(self) -> Schema:
        return Schema(
            {name: self._table(name, *parts) for name, parts in self.tables.items()},
            {"kind": Enum("kind", self.values, MADE)},
        )

    def _table(self, name: str, columns: dict[str, Sort], parents: tuple[str, ...]) -> Table:
        made = {"id": Column("id", ColumnType(None, "INTEGER"), False, MADE, sequence=f"{name}_id_seq")}
        for column, (kind, nullable, _, default) in columns.items():
            stored = TYPES[kind][1]
            type_ = ColumnType(None, stored, "kind" if stored == "kind" else None)
            given = Called("sqlalchemy.text", (default,)) if default is not None else None
            made[column] = Column(column, type_, nullable, MADE, given)
        for parent in parents:
            made[f"{parent}_id"] = Column(f"{parent}_id", ColumnType(None, "INTEGER"), True, MADE)
        return Table(
            name,
            made,
            MADE,
            None if name in self.keyless else Key(f"{name}_pkey", "server", ("id",), MADE),
            uniques=tuple(
                Key(f"{name}_{parent}_id_key", "server", (f"{parent}_id",), MADE) for parent in parents
            ),
            indexes=tuple(
                Index(f"ix_{name}_{column}", "written", (column,), False, MADE)
                for column, (_, _, indexed, _) in columns.items()
                if indexed
            ),
            foreign_keys=tuple(
                # To the primary key, whatever that is.
                ForeignKey(f"{name}_{parent}_id_fkey", "server", (f"{parent}_id",), parent, (), MADE)
                for parent in parents
            ),
            there=Perhaps("a condition", MADE) if name in self.doubtful else None,
        )


@pytest.mark.parametrize("seed", range(2))
def test_what_agreed_is_left_out_and_nothing_else(seed: int) -> None:
    made = random.Random(seed)
    sides = Side(), Side()
    settled: Settled | None = None
    options = Options("postgresql", compare_server_default=True)
    most = 0
    for step in range(80):
        for _ in range(made.choice((0, 1, 1, 2))):
            made.choice(sides).change(made)
        if made.random() < 0.1:
            sides[1].__dict__.update({**sides[0].__dict__, "tables": dict(sides[0].tables)})
        models, schema = sides[0].models(), sides[1].schema()
        found, settled = drift_after(settled, models, schema, options)
        assert found == drift_of(models, schema, options), step
        most = max(most, len(settled.tables)) if settled is not None else most
    assert most >= len(NAMES) // 2


def _hook(models: Side, history: Side) -> None:
    """What hid the difference goes."""
    models.hook = HOOKS[1]
    history.tables["a"] = {"n": (1, True, False, None)}, ()


def _default(models: Side, history: Side) -> None:
    """Nobody can tell whether two defaults are the same, and it is said again."""
    for side, default in ((models, DEFAULTS[2]), (history, DEFAULTS[3])):
        side.tables["a"] = {"n": (0, True, False, default)}, ()


def _convention(models: Side, history: Side) -> None:
    """The names of keys follow from it."""


def _key(models: Side, history: Side) -> None:
    """The foreign keys of other tables lead to it."""


def _none(models: Side) -> None:
    models.hook = HOOKS[0]


def _conventional(models: Side) -> None:
    models.convention = CONVENTIONS[1]


@pytest.mark.parametrize(
    ("before", "after"),
    [(_hook, _none), (_default, _none), (_convention, _conventional), (_key, lambda _: None)],
)
def test_what_else_an_agreement_follows_from(
    before: Callable[[Side, Side], None], after: Callable[[Side], None]
) -> None:
    models, history = Side(), Side()
    before(models, history)
    options = Options("postgresql", compare_server_default=True)
    first, settled = drift_after(None, models.models(), history.schema(), options)
    assert settled is not None
    assert len(settled.tables) >= len(NAMES) - 1
    after(models)
    if before is _key:
        history.keyless = frozenset("b")
    found, _ = drift_after(settled, models.models(), history.schema(), options)
    assert found == drift_of(models.models(), history.schema(), options)
    assert before is _default or found != first
    assert bool(found.undecided) is (before is _default)
