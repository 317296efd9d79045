"""Revisions as people write them, changed as accidents and attackers change them; the same ones for the same seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from foreshot.rules import all_rules
from rules.harness import as_revision, examples_of

FILE = "migrations/versions/0002_mutant.py"
_TABLES = ["users", "orders", "app.items", "user", "Ünïcödé", "t" * 70, "a-b", "select"]
_COLUMNS = ["id", "email", "total", "created_at", "name", "Name", "order"]
_TYPES = [
    "sa.Integer()",
    "sa.BigInteger",
    "sa.String(length=80)",
    "sa.Text()",
    "sa.Boolean(name='b')",
    "sa.Enum('a', 'b', name='kind')",
    "sa.DateTime(timezone=True)",
    "sa.Numeric(10, 2)",
    "postgresql.JSONB(astext_type=sa.Text())",
    "postgresql.ARRAY(sa.String())",
    "mysql.LONGTEXT()",
    "app.types.Money(3)",
    "sa.String().with_variant(mysql.VARCHAR(50), 'mysql')",
]
_STATEMENTS = [
    "op.create_table('{t}', sa.Column('id', sa.Integer(), nullable=False), sa.Column('{c}', {y}), sa.PrimaryKeyConstraint('id'))",
    "op.drop_table('{t}')",
    "op.rename_table('{t}', '{u}')",
    "op.add_column('{t}', sa.Column('{c}', {y}, nullable=False))",
    "op.add_column('{t}', sa.Column('{c}', {y}, sa.ForeignKey('{u}.id'), server_default='x', unique=True))",
    "op.drop_column('{t}', '{c}')",
    "op.alter_column('{t}', '{c}', existing_type={y}, nullable=False)",
    "op.alter_column('{t}', '{c}', type_={y}, existing_type={z}, postgresql_using='{c}::text')",
    "op.alter_column('{t}', '{c}', new_column_name='{d}')",
    "op.create_index(op.f('ix_{c}'), '{t}', ['{c}', sa.text('lower({d})')], unique=True)",
    "op.create_index('ix', '{t}', ['{c}'], postgresql_concurrently=True, postgresql_where=sa.text('{c} > 0'))",
    "op.drop_index('ix_{c}', table_name='{t}')",
    "op.create_foreign_key(None, '{t}', '{u}', ['{c}'], ['id'], ondelete='CASCADE')",
    "op.create_unique_constraint('uq_{c}', '{t}', ['{c}', '{d}'])",
    "op.create_check_constraint('ck', '{t}', '{c} > 0')",
    "op.drop_constraint('{t}_{c}_fkey', '{t}', type_='foreignkey')",
    "op.drop_constraint(None, '{t}')",
    "op.execute('UPDATE {t} SET {c} = {d} WHERE {c} IS NULL')",
    'op.execute("""\n        ALTER TABLE {t}\n            ADD COLUMN {c} varchar(80) NOT NULL DEFAULT \'x\',\n            DROP COLUMN {d};\n        CREATE INDEX CONCURRENTLY i ON {t} ({c})\n    """)',
    "op.execute(f'DELETE FROM {t} WHERE {c} = {{value}}')",
    "op.execute(sa.text('TRUNCATE {t}'))",
    "op.bulk_insert(sa.table('{t}', sa.column('{c}')), [{{'{c}': 1}}])",
    "bind = op.get_bind()\n    bind.execute(sa.text('SELECT 1'))",
    "with op.batch_alter_table('{t}', schema=None) as batch_op:\n        batch_op.add_column(sa.Column('{c}', {y}, nullable=True))  # a comment\n        batch_op.create_foreign_key('fk', '{u}', ['{c}'], ['id'])",
    "with op.get_context().autocommit_block():\n        op.execute('ALTER TYPE kind ADD VALUE \\'c\\'')",
    "for name in ('{c}', '{d}'):\n        op.add_column('{t}', sa.Column(name, {y}))",
    "if op.get_context().dialect.name == 'postgresql':\n        op.execute('COMMENT ON TABLE {t} IS 1')\n    else:\n        op.drop_column('{t}', '{c}')",
    "op.alter_column(\n        '{t}',\n        '{c}',  # why\n        existing_type={y},\n        nullable=True,\n    )  # foreshot: ignore[drop-column] known",
    "sa.Enum(name='kind').drop(op.get_bind())",
    "pass",
    "raise NotImplementedError",
]
_TOKENS = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "'",
    '"',
    '"""',
    "\\",
    "#",
    "=",
    ".",
    "*",
    "**",
    "op.",
    "None",
    "\t",
    "\f",
    "\r",
    "\r\n",
    "\n\n",
    "\u2028",
    "\x85",
    "\xa0",
    "\u200b",
    "\ufeff",
    "\0",
    "\ud800",
    "é",
    "😀",
    "async ",
    "await ",
    "lambda: ",
    "if x else ",
    ":=",
    "f'",
    "b'",
    "...",
    "@",
    "->",
    "0x",
    "1e999",
    "yield ",
    "\N{COMBINING ACUTE ACCENT}",
]


def mutants(count: int, seed: int, further: Sequence[str] = ()) -> Iterator[tuple[int, bytes]]:
    """So many revision files, each with its number. ``further``: texts of real files to start from as well."""
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        roll = rng.random()
        if further and roll < 0.4:
            text = rng.choice(further)
        elif roll < 0.7:
            text = rng.choice(_examples())
        else:
            text = composed(rng)
        for _ in range(rng.choice((0, 1, 1, 2, 3, 8))):
            text = rng.choice(_MUTATIONS)(rng, text)
        data = text.encode("utf-8", "surrogatepass")
        yield number, rng.choice(_ENCODINGS)(data)


def composed(rng: random.Random) -> str:
    """A revision of a few operations."""
    bodies: list[str] = []
    for function in ("upgrade", "downgrade"):
        lines = "".join(f"    {_statement(rng)}\n" for _ in range(rng.randrange(1, 9)))
        bodies.append(f"def {function}():\n{lines}\n")
    text = as_revision("\n".join(bodies), "0002", "0001")
    return text.replace(
        "import sqlalchemy", "from sqlalchemy.dialects import mysql, postgresql\nimport sqlalchemy", 1
    )


def _statement(rng: random.Random) -> str:
    words = {
        "t": rng.choice(_TABLES),
        "u": rng.choice(_TABLES),
        "c": rng.choice(_COLUMNS),
        "d": rng.choice(_COLUMNS),
        "y": rng.choice(_TYPES),
        "z": rng.choice(_TYPES),
    }
    return rng.choice(_STATEMENTS).format(**words)


@cache
def _examples() -> list[str]:
    return [
        example.text
        for rule in all_rules().by_name.values()
        for example in examples_of(rule)
        if example.path.endswith(".py")
    ]


def _deleted(rng: random.Random, text: str) -> str:
    start = rng.randrange(len(text) + 1)
    return text[:start] + text[start + rng.choice((1, 1, 2, 5, 40)) :]


def _inserted(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(_TOKENS) * rng.choice((1, 1, 1, 3)) + text[at:]


def _cut(rng: random.Random, text: str) -> str:
    return text[: rng.randrange(len(text) + 1)]


def _line_moved(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    line = lines.pop(rng.randrange(len(lines)))
    lines.insert(rng.randrange(len(lines) + 1), line)
    return "\n".join(lines)


def _line_repeated(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    return "\n".join([*lines[:at], *[lines[at]] * rng.choice((2, 2, 30)), *lines[at + 1 :]])


def _word_replaced(rng: random.Random, text: str) -> str:
    words = list(re.finditer(r"\w+", text))
    if not words:
        return text
    one, other = rng.choice(words), rng.choice(words)
    return text[: one.start()] + other[0] + text[one.end() :]


def _string_replaced(rng: random.Random, text: str) -> str:
    found = list(re.finditer(r"'[^'\n]*'|\"[^\"\n]*\"", text))
    if not found:
        return text
    one = rng.choice(found)
    new = rng.choice(
        [
            "None",
            "name",
            "f'{x}'",
            "'a' 'b'",
            "('a')",
            "''",
            "1",
            "'%s' % x",
            "'x' * 9",
            "*x",
            "op.f('i')",
            "'\\n'",
            "r'\\d'",
            "x[0]",
            "'" + "y" * 200 + "'",
        ]
    )
    return text[: one.start()] + new + text[one.end() :]


def _comments(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(lines))
        comment = rng.choice(
            [
                "# note",
                "# foreshot: ignore[drop-table]",
                "# foreshot: ignore-file[x, y]",
                "# foreshot: ignore[",
                "#: é 😀",
                "# type: ignore",
            ]
        )
        if rng.random() < 0.5:
            lines.insert(at, " " * rng.choice((0, 4, 8)) + comment)
        else:
            lines[at] += "  " + comment
    return "\n".join(lines)


def _semicolons(rng: random.Random, text: str) -> str:
    return re.sub(r"\)\n    (?=op\.)", "); " if rng.random() < 0.5 else ")\\\n    ; ", text, count=2)


def _indented(rng: random.Random, text: str) -> str:
    return text.replace("    ", rng.choice(["\t", "  ", " ", "   \t"]))


def _nested(rng: random.Random, text: str) -> str:
    depth = rng.choice((2, 10, 60))
    return re.sub(r"'(\w+)'", lambda match: "(" * depth + match[0] + ")" * depth, text, count=2)


def _longer(rng: random.Random, text: str) -> str:
    return text.replace("\n    op.", "\n    " + "op.get_bind(); " * rng.choice((3, 200)) + "op.", 1)


def _sliced(rng: random.Random, text: str) -> str:
    one, other = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
    return text[:one] + text[other:] + text[one:other]


_MUTATIONS: list[Callable[[random.Random, str], str]] = [
    _deleted,
    _inserted,
    _inserted,
    _cut,
    _line_moved,
    _line_repeated,
    _word_replaced,
    _word_replaced,
    _string_replaced,
    _string_replaced,
    _comments,
    _semicolons,
    _indented,
    _nested,
    _longer,
    _sliced,
]
_ENCODINGS: list[Callable[[bytes], bytes]] = [
    *[lambda data: data] * 8,
    lambda data: data.replace(b"\n", b"\r\n"),
    lambda data: data.replace(b"\n", b"\r"),
    lambda data: b"\xef\xbb\xbf" + data,
    lambda data: b"# coding: latin-1\n" + data,
    lambda data: data.rstrip(b"\n"),
    lambda data: data.replace(b"\n\n", b"\n\f\n"),
]
