"""Names that nothing binds, by Python's own rules of scope."""

from __future__ import annotations

import pytest

from foreshot.rules.types._scopes import Places, reads_of, unbound
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText


def module(text: str) -> Module:
    parsed = parse(SourceText(text))
    assert isinstance(parsed, Module)
    return parsed


def names(text: str) -> list[str]:
    return [use.node.id for use in unbound(module(text))[0]]


@pytest.mark.parametrize(
    "text",
    [
        "def upgrade():\n    for a, (b, *c) in []:\n        print(a, b, c)\n",
        "def upgrade():\n    return [x for y in [] for x in y if x]\n",
        "def upgrade():\n    if (n := 1) and [(m := k) for k in [n]]:\n        print(m)\n",
        "def upgrade():\n    try:\n        pass\n    except ValueError as error:\n        print(error)\n",
        "def upgrade(*args, key=None, **rest):\n    print(args, key, rest)\n",
        "def upgrade():\n    match {}:\n        case {'a': [x, *y], **z} | str() as z:\n            print(x, y, z)\n",
        "def upgrade():\n    import sqlmodel\n    def inner():\n        return sqlmodel.x\n    inner()\n",
        "def upgrade():\n    helper()\n\n\ndef helper():\n    print(TABLE)\n\n\nTABLE = 'users'\n",
        "def upgrade():\n    global made\n    made = 1\n\n\ndef downgrade():\n    print(made)\n",
        "def upgrade():\n    with open('x') as f, open('y') as (g, h):\n        print(f, g, h)\n",
        "from app.types import *\n\n\ndef upgrade():\n    Money()\n",
        "def upgrade():\n    exec('Money = 1')\n    Money()\n",
        "globals()['Money'] = 1\n\n\ndef upgrade():\n    Money()\n",
        "def upgrade():\n    try:\n        unicode('')\n    except NameError:\n        pass\n",
        "def upgrade() -> 'Sequence':\n    x: Optional[int] = None\n    print(x, __file__, __name__)\n",
        "class A:\n    b = 1\n    c = [b]\n    def d(self):\n        return __class__\n\n\ndef upgrade():\n    A()\n",
        "try:\n    import ujson as json\nexcept ImportError:\n    import json\n\n\ndef upgrade():\n    json.dumps(1)\n",
        "def upgrade():\n    return lambda a, *b, c=1: (a, b, c)\n",
        "def upgrade():\n    print(f'{len(str(1))!r:>{int(2)}}')\n",
        "def upgrade():\n    _('text')\n",
    ],
)
def test_nothing_is_missing(text: str) -> None:
    assert names(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def upgrade():\n    sqlmodel.x()\n", ["sqlmodel"]),
        ("def upgrade():\n    import sqlmodel\n\n\ndef downgrade():\n    sqlmodel.x()\n", ["sqlmodel"]),
        ("class A:\n    b = 1\n    def c(self):\n        return b\n\n\ndef upgrade():\n    A()\n", ["b"]),
        ("def upgrade():\n    [x for x in []]\n    for y in lost:\n        pass\n", ["lost"]),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import app\n\n\ndef upgrade():\n    app.x()\n",
            ["app"],
        ),
        ("def upgrade():\n    f'{lost}'\n", ["lost"]),
        ("def upgrade(x=lost):\n    pass\n", ["lost"]),
        ("@lost\ndef upgrade():\n    pass\n", ["lost"]),
    ],
)
def test_what_is_missing(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_what_comes_to_a_function() -> None:
    reads = reads_of(
        module(
            "def upgrade():\n    first()\n\n\ndef first():\n    second()\n\n\ndef second():\n    pass\n\n\n"
            "def downgrade_engine1():\n    third()\n\n\ndef third():\n    pass\n\n\ndef dead():\n    pass\n"
        )
    )
    assert [Places(reads).of(name) for name in ("", "upgrade", "second", "third", "dead")] == [
        "",
        "upgrade",
        "upgrade",
        "downgrade",
        None,
    ]
