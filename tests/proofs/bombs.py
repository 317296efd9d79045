"""Files that are made to hurt: each is a few lines here, and none may cost more than a moment.

python -m proofs.bombs NAME...      holds them to everything that is promised; prints a line each
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping

from proofs.memory import prove_files

HEADER = 'from alembic import op\nimport sqlalchemy as sa\nrevision = "0002"\ndown_revision = "0001"\n'
LOOP = "def upgrade():\n    for k, v in D.items():\n        op.drop_table(v)\n"
FILE = "migrations/versions/0002_bomb.py"
Files = dict[str, bytes]
BOMBS: dict[str, Callable[[], Files]] = {}


def bomb(make: Callable[[], str | bytes | Files]) -> Callable[[], Files]:
    """Registers a bomb: the text of a revision file, or several files."""

    def files() -> Files:
        made = make()
        if isinstance(made, dict):
            return made
        return {FILE: made.encode("utf-8", "surrogatepass") if isinstance(made, str) else made}

    BOMBS[make.__name__] = files
    return files


def upgrade(*lines: str) -> str:
    """A revision with these statements in its ``upgrade()``, and the same in its ``downgrade()``."""
    body = "".join(f"    {line}\n" for line in lines)
    return f"{HEADER}\ndef upgrade():\n{body}\ndef downgrade():\n{body}"


# Nesting and length, for the parser and for whatever walks its tree.


@bomb
def parentheses() -> str:
    return upgrade(f"op.f({'(' * 100_000}1{')' * 100_000})")


@bomb
def brackets_below_the_limit() -> str:
    return upgrade(f"op.f({'[' * 90}1{']' * 90})")


@bomb
def unary_operators() -> str:
    return upgrade(f"op.drop_table({'- ' * 10_000}1)", f"x = {'not ' * 10_000}1")


@bomb
def few_unary_operators() -> str:
    return upgrade(f"op.drop_table({'-' * 900}1)", f"op.drop_table({'not ' * 400}1)")


@bomb
def elifs() -> str:
    return upgrade("if a: pass", *[f"elif b{number}: op.drop_table('t{number}')" for number in range(20_000)])


@bomb
def few_elifs() -> str:
    return upgrade("if a: pass", *[f"elif b{number}: op.drop_table('t{number}')" for number in range(400)])


@bomb
def terms() -> str:
    return upgrade("op.execute(" + " + ".join(["'a'"] * 10_000) + ")", "x = " + "a." * 20_000 + "b")


@bomb
def few_terms() -> str:
    return upgrade("op.execute(" + " + ".join(["'a'"] * 900) + ")", "op.drop_table(" + "a." * 900 + "b)")


@bomb
def chained_calls() -> str:
    return upgrade(
        "op.execute(sa.text('x')" + ".bindparams()" * 900 + ")", "op.execute(t" + ".where(a)" * 900 + ")"
    )


@bomb
def nested_blocks() -> str:
    lines = ["    " * (level + 1) + f"if a{level}:\n" for level in range(90)]
    return f"{HEADER}def upgrade():\n{''.join(lines)}{'    ' * 91}op.drop_table('t')\n"


@bomb
def nested_blocks_in_helpers() -> str:
    made = [HEADER]
    for number in range(12):
        made.append(f"def h{number}():\n")
        made.extend("    " * (level + 1) + f"if a{level}:\n" for level in range(90))
        made.append("    " * 91 + (f"h{number + 1}()\n" if number < 11 else "op.drop_table('t')\n"))
    return "".join(made) + "def upgrade():\n    h0()\n"


@bomb
def batches_in_batches() -> str:
    lines = [
        "    " * (level + 1) + f"with op.batch_alter_table('t{level}') as b{level}:\n" for level in range(90)
    ]
    return f"{HEADER}def upgrade():\n{''.join(lines)}{'    ' * 91}b3.drop_column('c')\n"


@bomb
def long_line() -> str:
    return upgrade("op.execute('" + "x " * 450_000 + "')")


@bomb
def huge_dictionary() -> str:
    return f"{HEADER}D = {{{', '.join(f'{number}: {number}' for number in range(60_000))}}}\n{LOOP}"


@bomb
def wide_table() -> str:
    columns = ", ".join(
        f"sa.Column('c{number}', sa.String({number}), nullable=False)" for number in range(2_000)
    )
    return upgrade(f"op.create_table('t', {columns})")


@bomb
def many_operations() -> str:
    return upgrade(
        *[f"op.add_column('t{number % 50}', sa.Column('c{number}', sa.Integer()))" for number in range(1_200)]
    )


@bomb
def drops_and_adds() -> str:
    drops = [f"op.drop_column('t', 'c{number}')" for number in range(300)]
    adds = [f"op.add_column('t', sa.Column('d{number}', sa.String(40)))" for number in range(300)]
    return upgrade(*drops, *adds)


# Values, for the evaluator.


@bomb
def doubling_strings() -> str:
    lines = [f"a{number + 1} = f'{{a{number}}}{{a{number}}}'" for number in range(60)]
    more = [f"b{number + 1} = '%s%s' % (b{number}, b{number})" for number in range(60)]
    return "\n".join(
        [
            HEADER,
            "a0 = b0 = 'xxxx'",
            *lines,
            *more,
            "def upgrade():",
            "    op.drop_table(a60)",
            "    op.drop_table(b60)\n",
        ]
    )


@bomb
def doubling_with_methods() -> str:
    lines = [f"a{number + 1} = '{{0}}{{0}}'.format(a{number})" for number in range(60)]
    more = [f"b{number + 1} = b{number}.replace('x', 'xx')" for number in range(60)]
    most = [f"c{number + 1} = ''.join([c{number}, c{number}])" for number in range(60)]
    uses = [f"    op.drop_table({name}60)" for name in "abc"]
    return "\n".join([HEADER, "a0 = b0 = c0 = 'xxxx'", *lines, *more, *most, "def upgrade():", *uses, ""])


@bomb
def doubling_lists() -> str:
    lines = [f"a{number + 1} = [*a{number}, *a{number}]" for number in range(60)]
    nested = [f"b{number + 1} = [b{number}, b{number}]" for number in range(60)]
    calls = [f"c{number + 1} = sa.Column(c{number}, c{number})" for number in range(60)]
    uses = [
        "    op.create_table('t', *a60)",
        "    op.bulk_insert(b60, b60)",
        "    op.create_index('i', 't', b60)",
    ]
    uses += ["    op.create_table('u', c60, b60)", "    op.add_column('t', c60)"]
    return "\n".join(
        [HEADER, "a0 = b0 = ['x']", "c0 = sa.Integer()", *lines, *nested, *calls, "def upgrade():", *uses, ""]
    )


@bomb
def wide_replacement() -> str:
    return upgrade(f"op.drop_table('{'x' * 9_000}'.replace('x', '{'y' * 400_000}'))")


@bomb
def wide_join() -> str:
    return f"{HEADER}S = '{'x' * 400_000}'\ndef upgrade():\n    op.drop_table(S.join([str(i) for i in range(2000)]))\n    op.drop_table(S.join(['a' for i in range(2000)]))\n"


@bomb
def wide_format() -> str:
    return (
        f"{HEADER}S = '{'x' * 300_000}'\ndef upgrade():\n    op.drop_table('{'{0}' * 100_000}'.format(S))\n"
    )


@bomb
def padding() -> str:
    return upgrade(
        "op.drop_table('%1000000000d' % 1)",
        "op.drop_table(f'{1:1000000000}')",
        "op.drop_table('{:>999999999}'.format(1))",
        "op.drop_table('a' * 10 ** 10)",
    )


@bomb
def huge_numbers() -> str:
    digits = "f" * 200_000
    return upgrade(
        "op.f(10 ** 10 ** 10, 1 << 10 ** 9)",
        f"op.drop_table(f'{{0x{digits}}}')",
        f"op.alter_column('t', 'c', type_=sa.String(0x{digits}))",
        f"op.add_column('t', sa.Column('c', sa.String(0x{digits}), server_default=0x{digits}))",
        f"op.execute('%d' % 0x{digits})",
        f"op.create_table('t', sa.Column(0x{digits}, sa.Numeric(0x{digits}, -0x{digits})))",
    )


@bomb
def name_chain() -> str:
    lines = [f"a{number + 1} = a{number}" for number in range(5_000)]
    return "\n".join([HEADER, "a0 = 't'", *reversed(lines), "def upgrade():", "    op.drop_table(a5000)\n"])


@bomb
def condition_chain() -> str:
    lines = [f"a{number + 1} = not a{number}" for number in range(3_000)]
    return "\n".join(
        [HEADER, "def upgrade():", "    a0 = not a0"]
        + [f"    {line}" for line in lines]
        + [
            "    if a3000: op.drop_table('t')",
            "    if a0: op.drop_table('u')",
            "    if " + "not " * 300 + "a: op.drop_table('v')\n",
        ]
    )


@bomb
def recursive_functions() -> str:
    return "\n".join(
        [
            HEADER,
            "def f(x): return f(x) + f(x)",
            "g = lambda x: g(x) + g(g(x))",
            "def h(x):",
            "    h(x)",
            "    h(h(x))",
            "    op.drop_table(x)",
            "def upgrade():",
            "    op.drop_table(f('a'))",
            "    op.drop_table(g('a'))",
            "    h('t')\n",
        ]
    )


@bomb
def calling_tree() -> str:
    lines = [f"def f{number}(): return f{number + 1}() + f{number + 1}()" for number in range(40)]
    acts = [
        f"def g{number}():\n    g{number + 1}()\n    g{number + 1}()\n    g{number + 1}()"
        for number in range(40)
    ]
    return "\n".join(
        [
            HEADER,
            *lines,
            *acts,
            "def f40(): return 't'",
            "def g40(): op.drop_table('t')",
            "def upgrade():",
            "    op.drop_table(f0())",
            "    g0()\n",
        ]
    )


@bomb
def nested_loops() -> str:
    loops = "".join("    " * (level + 1) + f"for i{level} in range(2000):\n" for level in range(6))
    comprehension = (
        "[[[[i for i in range(2000)] for j in range(2000)] for k in range(2000)] for m in range(2000)]"
    )
    return f"{HEADER}def upgrade():\n    x = {comprehension}\n    op.drop_table(x)\n{loops}{'    ' * 7}op.drop_table(f't{{i0}}')\n"


@bomb
def loops_of_comprehensions() -> str:
    return upgrade(
        "for i in range(2000):",
        "    for j in range(2000):",
        "        x = [y for y in range(2000)]",
        "        op.execute(' '.join([f'{a}' for a in range(2000)]))",
    )


@bomb
def endless_loops() -> str:
    return upgrade(
        "while True:",
        "    op.drop_table('t')",
        "    x = x + x if x else 'a'",
        "for i in iter(int, 1):",
        "    op.drop_table(i)",
    )


# SQL.


@bomb
def nested_sql() -> str:
    return upgrade(f"op.execute('SELECT {'(' * 100_000}1{')' * 100_000}')", f"op.execute('{'(' * 50_000}')")


@bomb
def nested_sql_in_create() -> str:
    return upgrade(
        f"op.execute('CREATE TABLE t (a integer CHECK ({'(' * 20_000}1{')' * 20_000}))')",
        f"op.execute('ALTER TABLE t ADD CHECK ({'(' * 20_000}')",
    )


@bomb
def many_statements() -> str:
    return upgrade("op.execute('''" + "ALTER TABLE t ADD COLUMN c integer;\n" * 5_000 + "''')")


@bomb
def open_quotes() -> str:
    return upgrade(
        'op.execute("' + "'a''" * 50_000 + '")',
        'op.execute("' + "$a$ $b$ " * 50_000 + '")',
        'op.execute("' + "/* " * 60_000 + '")',
    )


@bomb
def sql_words() -> str:
    return upgrade(
        "op.execute('" + "ALTER TABLE " * 30_000 + "')",
        "op.execute('" + "DO $$ BEGIN " * 20_000 + "')",
        "op.execute('" + "CREATE INDEX ON (" * 20_000 + "')",
    )


# Texts.


@bomb
def nul_bytes() -> bytes:
    return upgrade("op.drop_table('t')").encode() + b"\0" * 100


@bomb
def binary() -> bytes:
    return bytes(range(256)) * 1_000


@bomb
def too_large() -> bytes:
    return upgrade("pass").encode() + b"#" * (2 << 20)


@bomb
def lone_surrogates() -> Files:
    text = upgrade(
        r"op.drop_table('\ud800')",
        r"op.execute('DROP TABLE \udfff')",
        r"op.add_column('t', sa.Column('\ud83d', sa.Enum('\ude00')))",
    )
    return {
        FILE: text.encode(),
        "migrations/versions/0003_raw.py": upgrade("op.drop_table('\ud800')").encode(
            "utf-8", "surrogatepass"
        ),
    }


@bomb
def mixed_ends() -> bytes:
    text = upgrade(
        "op.drop_table('t')",
        "op.add_column('t', sa.Column('c', sa.Integer(), nullable=False))",
        "op.create_index('i', 't', ['c'])",
    )
    lines = text.split("\n")
    ends = ["\r\n", "\r", "\n", "\f\n", "\n\f", "\n\n"]
    return ("\ufeff" + "".join(line + ends[index % len(ends)] for index, line in enumerate(lines))).encode()


@bomb
def odd_spaces() -> str:
    return upgrade(
        "op.drop_table('t')\x0c",
        "op.execute('''DROP TABLE\u2028 t\x85; \x0b DROP TABLE u''')",
        "\top.drop_table('u')",
    )


@bomb
def every_cookie() -> Files:
    cookies = [
        "latin-1",
        "utf-16",
        "utf-7",
        "rot13",
        "idna",
        "punycode",
        "unicode_escape",
        "shift_jis",
        "cp037",
        "hex",
        "no-such",
        "utf-8-sig",
        "ascii",
    ]
    return {
        f"migrations/versions/{number:04}_cookie.py": f"# coding: {cookie}\n".encode()
        + upgrade("op.drop_table('té')").encode()
        for number, cookie in enumerate(cookies)
    }


@bomb
def hashes() -> str:
    return (
        HEADER
        + "#" * 200_000
        + "\n"
        + "# foreshot: ignore[" * 5_000
        + "\n"
        + "# foreshot: ignore[a,b,c,drop-table] x\n" * 100
        + upgrade("op.drop_table('t')")
    )


@bomb
def docstring() -> str:
    return '"""' + "Revision ID: 0002\nRevises: 0001, 0000\n" * 10_000 + '"""\n' + upgrade("pass")


@bomb
def backslashes() -> str:
    return (
        upgrade("op.drop_table('" + "\\\\" * 200_000 + "')", "x = 1 + \\", "    2") + '"' * 3 + "\\" * 100_001
    )


# Python that a migration seldom has.


@bomb
def modern_python() -> str:
    return (
        HEADER
        + """
@decorate
async def upgrade(*args, **kwargs):
    async with op.batch_alter_table("t") as b, other() as (c, *d):
        async for i in b:
            await b.drop_column(i)
    match op.get_bind().dialect.name:
        case "postgresql" | "mysql" as name if (n := name):
            op.drop_table(n)
        case {"a": [1, *rest], **more}:
            op.drop_table(rest)
        case object(x=1) | None:
            op.drop_table()
        case _:
            op.drop_table(*args, **kwargs)
    try:
        op.drop_table("u")
    except* ValueError:
        op.drop_table("v")
    global x, y
    nonlocal_ = lambda *a, b=1, **k: op.drop_table(*a)
    del x[0], y.z
    x[op.drop_table("w")]: int = yield from op.drop_table("w")
    class C(op.drop_table("x")):
        op.drop_table("y")
        def upgrade(self): op.drop_table("z")
    return [op.drop_table(a) async for a in b if (c := a)]
def downgrade(a=op.drop_table("a"), /, *, b): assert op.drop_table("b"), op.drop_table("c")
"""
    )


@bomb
def wrong_arguments() -> Files:
    kinds = [
        "create_table",
        "drop_table",
        "add_column",
        "drop_column",
        "alter_column",
        "create_index",
        "drop_index",
        "create_foreign_key",
        "create_unique_constraint",
        "create_check_constraint",
        "create_primary_key",
        "drop_constraint",
        "rename_table",
        "execute",
        "bulk_insert",
        "batch_alter_table",
        "create_exclude_constraint",
        "create_table_comment",
        "drop_table_comment",
        "get_bind",
        "f",
        "invoke",
        "implementation_for",
        "run_async",
        "inline_literal",
    ]
    given = [
        "",
        "None",
        "1",
        "b'x'",
        "...",
        "*a",
        "**k",
        "'t', None",
        "'t', 1, 2, 3, 4",
        "'t', sa.Column()",
        "'t', sa.Column(None, None)",
        "'t', sa.Column(sa.Column('a'), sa.Column('b'))",
        "'t', [None, 1, sa.text('x')], ['a']",
        "{}, [], ()",
        "'t', 'c', type_=None, nullable=None, server_default=None, existing_type=1",
        "f'{x}', f'{y}'",
        "lambda: 1",
        "sa.Enum(), sa.Enum",
        "table_name='t', table_name2='u'",
        "'', ''",
        "'a.b.c', 'd.e'",
        "'t', 'c', schema=1",
        "not 1, -'a'",
        "'t' 'u', ('c',)",
    ]
    files: Files = {}
    for number, arguments in enumerate(given):
        lines = [f"op.{kind}({arguments})" for kind in kinds]
        lines += [f"with op.batch_alter_table({arguments}) as b: b.{kind}({arguments})" for kind in kinds]
        text = upgrade(*lines).replace('"0002"', f'"{number:04}x"')
        files[f"migrations/versions/{number:04}_bomb.py"] = text.encode()
    return files


@bomb
def wrong_header() -> Files:
    values = [
        "None",
        "1",
        "''",
        "b'x'",
        "()",
        "(None,)",
        "('a', 1)",
        "[['a']]",
        "f'{x}'",
        "'a' * 9",
        "x",
        "{'a'}",
        "'base'",
        "'head'",
        "'heads'",
        "'a@b'",
        "'+1'",
        "'a:b'",
        "-1",
        "1e9",
        "True",
        "sa.x",
        "'\\n'",
        "'\\u202e'",
        "'" + "a" * 5_000 + "'",
    ]
    return {
        f"migrations/versions/{number:04}_header.py": f"revision = {value}\ndown_revision = {values[-number]}\nbranch_labels = {value}\ndepends_on = {values[number // 2]}\ndef upgrade(): pass\n".encode()
        for number, value in enumerate(values)
    }


# Histories.


def _history(parents: Mapping[str, object]) -> Files:
    return {
        f"migrations/versions/{name}.py": f"revision = {name!r}\ndown_revision = {down!r}\ndef upgrade(): pass\ndef downgrade(): pass\n".encode()
        for name, down in parents.items()
    }


@bomb
def ring() -> Files:
    return _history({f"r{number}": f"r{(number + 1) % 500}" for number in range(500)})


@bomb
def loops_everywhere() -> Files:
    return _history(
        {
            f"r{number}": tuple(f"r{(number * factor + 1) % 200}" for factor in (1, 7, 13))
            for number in range(200)
        }
        | {"own": "own"}
    )


@bomb
def lost_parents() -> Files:
    return _history({f"r{number}": f"lost{number}" for number in range(200)})


@bomb
def one_id() -> Files:
    return {
        f"migrations/versions/f{number}.py": b"revision = 'a'\ndown_revision = 'a'\ndef upgrade(): pass\n"
        for number in range(100)
    }


@bomb
def many_heads() -> Files:
    return _history({f"r{number}": "0001" for number in range(200)})


@bomb
def diamonds() -> Files:
    made: dict[str, object] = {"t0": None}
    for number in range(150):
        made |= {
            f"a{number}": f"t{number}",
            f"b{number}": f"t{number}",
            f"t{number + 1}": (f"a{number}", f"b{number}"),
        }
    return _history(made)


# Everything around the revisions.


@bomb
def env_bombs() -> Files:
    text = "from alembic import context\n" + "".join(
        f"a{number + 1} = [*a{number}, *a{number}]\n" for number in range(60)
    )
    text += (
        "context.configure(target_metadata=a60, "
        + ", ".join(f"x{number}={'(' * 80}1{')' * 80}" for number in range(50))
        + ")\n"
    )
    return {"migrations/env.py": text.encode(), FILE: upgrade("op.drop_table('t')").encode()}


@bomb
def env_that_does_not_parse() -> Files:
    return {"migrations/env.py": b"(" * 100_000, FILE: upgrade("op.drop_table('t')").encode()}


@bomb
def template_bombs() -> Files:
    text = "${" * 20_000 + "<%" * 20_000 + "% if x:\n" * 20_000 + "%" * 20_000
    return {"migrations/script.py.mako": text.encode(), FILE: upgrade("op.drop_table('t')").encode()}


@bomb
def ini_bombs() -> Files:
    text = "[alembic]\nscript_location = %(here)s/migrations\n" + "".join(
        f"a{number} = %(a{number + 1})s%(a{number + 1})s\n" for number in range(60)
    )
    text += (
        "version_locations = %(a0)s\n"
        + "[x]\n" * 20_000
        + "x" * 100_000
        + "\n"
        + "%" * 10_000
        + "\n \n" * 20_000
    )
    return {"alembic.ini": text.encode(), FILE: upgrade("op.drop_table('t')").encode()}


@bomb
def wide_interpolation() -> Files:
    """Every value names the next one many times, and the last one is empty: nothing grows but the work."""
    values = [f"a{number} = {f'%(a{number + 1})s' * 60}\n" for number in range(9)]
    text = (
        f"[alembic]\nscript_location = %(a0)smigrations\nversion_locations = %(a0)s\n{''.join(values)}a9 =\n"
    )
    return {"alembic.ini": text.encode(), FILE: upgrade("op.drop_table('t')").encode()}


@bomb
def wide_names() -> str:
    doubled = [f"x{number + 1} = x{number} + x{number}" for number in range(58)]
    filled = [f"y{number + 1} = '%s%s' % (y{number}, y{number})" for number in range(58)]
    return upgrade(
        "x0 = y0 = ''", *doubled, *filled, "op.execute(x58)", "op.execute(sa.text(y58))", "op.drop_table(x58)"
    )


@bomb
def env_that_updates_itself() -> Files:
    updates = "    given.update(given)\n" * 40
    text = f"from alembic import context\ndef run():\n    given = dict(**given)\n{updates}    context.configure(**given)\nrun()\n"
    return {"migrations/env.py": text.encode(), FILE: upgrade("op.drop_table('t')").encode()}


@bomb
def modules_of_each_other() -> Files:
    """Each imports everything of all."""
    everything = "".join(f"from app.m{number} import *\n" for number in range(40)).encode()
    used = "from app.m0 import Money, Colour\nimport app.m1\n" + upgrade(
        "op.add_column('t', sa.Column('c', Money()))", "op.add_column('t', sa.Column('d', app.m1.Gone()))"
    )
    return {f"app/m{number}.py": everything for number in range(40)} | {FILE: used.encode()}


@bomb
def toml_bombs() -> Files:
    text = "[tool.foreshot]\nselect = " + "[" * 20_000 + "\n" + "a." * 20_000 + "b = 1\n"
    return {
        "pyproject.toml": text.encode(),
        "foreshot.toml": b"x = " + b"{a=" * 5_000,
        FILE: upgrade("op.drop_table('t')").encode(),
    }


@bomb
def patterns() -> str:
    """What a pattern may try at every place, only to go on to the end of the line or of a run each time."""
    names = "ession" * 20_000
    ignored = "# foreshot: ignore[" * 6_000
    spaces = " " * 40_000
    message = "changa renam " * 8_000
    return (
        f'"""{message}"""\n{HEADER}{ignored}\nx = "{names}"\n\n'
        f"def upgrade():\n    op.drop_column('t',{spaces}\n 'a')\n    op.add_column('t', sa.Column('b',{spaces}sa.Text()))\n"
        "    op.drop_table('u')\n    op.create_table('v', sa.Column('id', sa.Integer()))\n"
        "    op.alter_column('t', 'c', nullable=False)\n    op.create_unique_constraint('q', 't', ['c'])\n\n"
        "def downgrade():\n    pass\n"
    )


def _shared() -> str:
    """Assignments in which each value is in the next one twice, as an argument or as a part of a text."""
    lines: list[str] = []
    for name, first, form in (
        ("c", "sa.text('x')", "sa.case({0}, {0})"),
        ("e", "'x'", "sa.Enum({0}, {0})"),
        ("t", "'x'", "({0}, {0})"),
        ("n", "'x'", "[{0}, {0}]"),
        ("d", "'x'", "{{'a': {0}, 'b': {0}}}"),
        ("s", "''", "{0} + {0}"),
        ("k", "foo()", "foo({0}, a={0}).bar({0})"),
    ):
        lines.append(f"{name}0 = {first}\n")
        lines.extend(f"{name}{at + 1} = {form.format(f'{name}{at}')}\n" for at in range(50))
    return "".join(lines)


@bomb
def shared_values() -> str:
    used = [
        line.format(f"{name}50")
        for name in "cetndsk"
        for line in (
            "op.add_column('t', sa.Column('c', sa.Integer(), server_default={0}, default={0}))",
            "op.alter_column('t', 'c', type_={0}, existing_type=sa.Enum({0}), server_default={0})",
            "op.create_table('t', {0}, *{0})",
            "op.bulk_insert({0}, {0})",
            "op.execute({0})",
            "op.execute('%s' % {0})",
            "op.execute(sa.update({0}).values({0}).where({0} == {0}))",
            "x = {{{0}: {0} in [{0}]}}",
        )
    ]
    return HEADER + _shared() + upgrade(*used).removeprefix(HEADER)


@bomb
def shared_values_of_models() -> Files:
    model = (
        "import sqlalchemy as sa\nfrom sqlalchemy.orm import declarative_base\nBase = declarative_base()\n"
        + _shared()
    )
    for name in "cetndsk":
        model += (
            f"class T{name}(Base):\n    __tablename__ = 't{name}'\n    id = sa.Column(sa.Integer, primary_key=True)\n"
            f"    a = sa.Column({name}50, server_default={name}50, nullable={name}50, comment={name}50)\n"
            f"    b = sa.Column(sa.Enum({name}50), default={name}50)\n"
            f"    __table_args__ = (sa.Index('ix', {name}50), sa.CheckConstraint({name}50), {{'comment': {name}50}})\n"
        )
    env = (
        "from alembic import context\nfrom app.models import Base, c50, n50, k50\n"
        "context.configure(target_metadata=Base.metadata, compare_type=c50, include_object=k50)\n"
    )
    return {
        "app/models.py": model.encode(),
        "migrations/env.py": env.encode(),
        FILE: upgrade("op.create_table('tc', sa.Column('id', sa.Integer(), primary_key=True))").encode(),
    }


@bomb
def numbers_that_are_not_written() -> Files:
    """Python reads numbers that it refuses to write out, or to count to."""
    hexadecimal = "0x" + "f" * 8_000
    digits = "9" * 6_000
    used = upgrade(
        f"op.execute(f'SELECT {{{hexadecimal}}}')",
        f"op.alter_column('t', 'c', type_=sa.String({hexadecimal}), existing_type=sa.String())",
        f"op.alter_column('t', 'c', type_=sa.String({hexadecimal}1), existing_type=sa.String({hexadecimal}))",
    )
    counted = upgrade(
        "op.execute('%d' % 1e999)",
        "op.execute('%c' % 99999999999)",
        "op.execute('{:c}'.format(99999999999))",
        "op.execute('a b'.split(' ', 99999999999999999999)[0])",
        "for i in range(99999999999999999999): op.drop_table(i)",
        f"op.execute('ALTER TABLE t ADD COLUMN c varchar({digits})')",
        f"op.execute('ALTER TABLE t ADD COLUMN c numeric({digits}, {digits})')",
    )
    model = f"class Money(f({hexadecimal})): pass\nclass Coin({'a.' * 900}b): pass\n"
    models = "from app.models import Money, Coin\n" + upgrade(
        "op.add_column('t', sa.Column('c', Money()))", "op.add_column('t', sa.Column('c', Coin()))"
    )
    return {
        "requirements.txt": f"sqlalchemy=={digits}\nalembic<{digits}.{digits}\n".encode(),
        "pyproject.toml": f"[tool.alembic]\nscript_location = 'migrations'\ntruncate_slug_length = {hexadecimal}\n".encode(),
        "migrations/script.py.mako": f"${{{hexadecimal}}} ${{{{{hexadecimal}: 1}}}} <% a = {hexadecimal} %>".encode(),
        "app/models.py": model.encode(),
        "app/coins.py": f"class Coin({'a.' * 900}b): pass\n".encode(),
        FILE: used.encode(),
        "migrations/versions/0003_counted.py": counted.encode(),
        "migrations/versions/0004_models.py": models.encode(),
        "migrations/versions/0005_coins.py": models.replace("app.models", "app.coins").encode(),
    }


@bomb
def long_modules() -> Files:
    """Every name of a revision is looked for in a module that is long itself."""
    made = "".join(f"X{number} = [1, 2, 3]\n" for number in range(12_000))
    made += "".join(f"class T{number}(Base): pass\n" for number in range(800))
    used = "".join(f"from app.models import T{number}\n" for number in range(800))
    lines = [f"op.add_column('t', sa.Column('c{number}', T{number}()))" for number in range(800)]
    lines += [
        f"op.add_column('t', sa.Column('d{number}', app.models.Gone{number}()))" for number in range(400)
    ]
    return {"app/models.py": made.encode(), FILE: (used + "import app.models\n" + upgrade(*lines)).encode()}


@bomb
def long_requirements() -> Files:
    return {
        "requirements.txt": (" sqlalchemy[;" * 80_000).encode(),
        "alembic.ini": f"[alembic]\nscript_location = migrations\nsqlalchemy.url = a://u:{'{' * 4_000}@h\n".encode(),
        FILE: upgrade("op.drop_table('t')").encode(),
    }


@bomb
def template_that_works_hard() -> Files:
    """A list that is in itself, one that doubles, and a block that runs at every turn of loops in loops."""
    text = (
        "<% a = ['x'] %><% n = ['x'] %>"
        + "<% a = a + a %><% n = [n, n] %>" * 60
        + "${repr(n)}\n"
        + "% for i in 'a b c d e f g h i j k l'.split():\n" * 4
        + f"<% {'b = i + i; ' * 1_500} %>\n"
        + "% endfor\n" * 4
    )
    heads = {
        f"migrations/versions/{name}.py": f"revision = '{name}'\ndown_revision = None\n".encode()
        for name in "ab"
    }
    return heads | {"migrations/script.py.mako": text.encode()}


@bomb
def long_headers() -> Files:
    """Every name of a header is looked for among many assignments, and most are under a condition."""
    names = "x = '0001'\n" * 5_000 + HEADER + f"depends_on = ({'x, ' * 5_000})\n"
    conditions = HEADER + "x = ['0001']\n" + "if a: depends_on = x\n" * 5_000
    lists = HEADER + "if a: depends_on = ['0001']\n" * 5_000
    return {
        f"migrations/versions/000{at}_header.py": text.replace('"0002"', f'"000{at}"').encode()
        for at, text in enumerate((names, conditions, lists), 2)
    }


@bomb
def many_labels() -> Files:
    return {
        f"migrations/versions/r{one}.py": (
            f"revision = 'r{one}'\ndown_revision = '0001'\nbranch_labels = ("
            + "".join(f"'{one}{at}'," for at in range(60_000))
            + ")\n"
        ).encode()
        for one in "abcdef"
    }


@bomb
def folders_of_nobody() -> Files:
    """Each holds revisions that hang on nothing."""
    found: Files = {FILE: upgrade("op.drop_table('t')").encode()}
    for number in range(250):
        found[f"lib{number}/versions/{number:04}abcdef0_x.py"] = (
            f"revision = 'q{number}'\ndown_revision = None\n".encode()
        )
    return found


@bomb
def wide_configuration() -> Files:
    """What the default section says holds for a hundred others."""
    shared = (
        "[DEFAULT]\nempty =\n"
        f"file_template = {'%%' * 40_000}{'%(empty)s' * 1_500}\n"
        f"databases = {'a ' * 20_000}\n"
        + "".join(f"u{number} = b://c\n" for number in range(2_000))
        + "version_locations =\n"
        + "\n" * 20_000
        + "".join(f"  d{number}\n" for number in range(600))
    )
    sections = "".join(f"[s{number}]\nscript_location = migrations\n" for number in range(100))
    return {"alembic.ini": (shared + sections).encode(), FILE: upgrade("op.drop_table('t')").encode()}


@bomb
def long_env() -> Files:
    lines = "".join(f"    k{number} = {{}}\n    k{number}['a{number}'] = 1\n" for number in range(5_000))
    lines += f"    context.configure({', '.join(f'**k{number}' for number in range(5_000))})\n"
    lines += "    context.configure(**k0, **k1, **k2)\n" * 5_000
    text = f"from alembic import context\n\ndef run():\n{lines}\nrun()\n"
    return {"migrations/env.py": text.encode(), FILE: upgrade("op.drop_table('t')").encode()}


@bomb
def silenced_many_times() -> str:
    names = "drop-column, " * 10_000
    lines = [f"op.drop_column('t', 'c{number}')  # foreshot: ignore[drop-column]" for number in range(900)]
    on_one = "; ".join(["op.drop_column('t', 'c')"] * 900)
    return upgrade(f"# foreshot: ignore[{names}drop-column]", on_one, *lines)


@bomb
def forgiven_many_times() -> str:
    tries = ["try:", "    x", "except Exception:", "    pass"] * 3_000
    lines = [f"op.create_unique_constraint('u{number}', 't{number}', ['c'])" for number in range(900)]
    return upgrade(*tries, *lines)


@bomb
def many_constraints() -> str:
    """Each is held against all others of its table."""
    lines = [
        line.format(number)
        for number in range(40)
        for line in (
            "op.drop_constraint('old{0}', 't', type_='unique')",
            "op.create_unique_constraint('new{0}', 't', ['c{0}'])",
            "op.alter_column('t', 'c{0}', nullable=False)",
        )
    ]
    return upgrade(*lines)


@bomb
def many_updates_in_one_text() -> str:
    statements = "".join(f"UPDATE t{number} SET c = d;\n" for number in range(1_900))
    return upgrade(f"op.execute('''{statements}''')")


@bomb
def statements_by_many_names() -> str:
    """Each name may be each of the next, and what is executed the first of them."""
    lines = [f"{one} = {other}" for one, other in zip("abcdef", "bcdefg", strict=True) for _ in range(60)]
    return upgrade(
        *lines, "if x:", "    g = q()", "op.execute(a)", *["s = q(1)"] * 600, *["op.execute(s)"] * 600
    )


def main(names: list[str]) -> int:
    """Hold bombs to what is promised, on a thread like those of the server; a JSON object a line."""
    bad = 0
    threading.stack_size(16 << 20)
    for name in names or list(BOMBS):
        start = time.perf_counter()
        said: list[str] = []

        def work(name: str = name, said: list[str] = said) -> None:
            try:
                said.extend(
                    str(violation) for violation in prove_files(BOMBS[name](), most=1, repairs=6, tokens=12)
                )
            except BaseException as error:
                said.append(f"{type(error).__name__}: {str(error)[:300]}")
                raise

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        bad += bool(said)
        seconds = round(time.perf_counter() - start, 2)
        print(json.dumps({"bomb": name, "seconds": seconds, "violations": said}), flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
