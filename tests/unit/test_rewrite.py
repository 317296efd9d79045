"""What each description of a change does to a file, in every layout that people write."""

import ast
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from foreshot.syntax.changes import (
    AddImport,
    AppendToFunction,
    InsertAfter,
    InsertBefore,
    PrependToFunction,
    RemoveArgument,
    RemoveStatement,
    ReplaceStatement,
    ReplaceText,
    SetArgument,
    SetFunctionBody,
    WrapStatements,
)
from foreshot.syntax.comments import comments_of
from foreshot.syntax.module import Module, parse
from foreshot.syntax.rewrite import MAX_BYTES, MAX_DEPTH, Refused, edits_for
from foreshot.syntax.window import edits_in_window
from foreshot.text import SourceText, Span, apply_edits, invert_edits


def rewritten(content, changes, **options):
    """The text after the changes, with what every rewriting promises checked on the way."""
    source = SourceText(content)
    edits = edits_for(source, changes, **options)
    result = apply_edits(content, edits)
    assert apply_edits(result, invert_edits(content, edits)) == content
    for one, other in pairwise(edits):
        assert one.span.end <= other.span.start
    for edit in edits:
        removed = content[edit.span.start : edit.span.end]
        assert removed != edit.text
        assert not (removed and edit.text and removed[0] == edit.text[0] != "\r")
    return result


class Finder:
    """Spans of pieces of a text: ``at("op.f()")``, ``at("op.f()", 2)`` for the second one."""

    def __init__(self, content, spell=lambda piece: piece):
        self.content = content
        self.spell = spell

    def __call__(self, piece, nth=1):
        piece = self.spell(piece)
        start = -1
        for _ in range(nth):
            start = self.content.index(piece, start + 1)
        return Span(start, start + len(piece))

    @property
    def all(self):
        return Span(0, len(self.content.rstrip()))

    def function(self, name):
        module = parse(SourceText(self.content))
        assert isinstance(module, Module)
        return module.span(module.functions[name])


def spellings():
    """The same file as other people have it."""

    def tabs(text):
        return re.sub(r"(?m)^(?: {4})+", lambda match: "\t" * (len(match[0]) // 4), text)

    return {
        "lf": lambda text: text,
        "crlf": lambda text: text.replace("\n", "\r\n"),
        "cr": lambda text: text.replace("\n", "\r"),
        "tabs": tabs,
        "tabs-crlf": lambda text: tabs(text).replace("\n", "\r\n"),
        "wide": lambda text: text.replace("op.", "öp.").replace("'s'", "'😀é\u2028\x85'"),
    }


# name: (before, changes, after). Each must hold in every spelling.
EXAMPLES = {
    # Arguments: set
    "set one line": (
        "op.f(a, b)\n",
        lambda at: [SetArgument(at("op.f(a, b)"), "n", "1")],
        "op.f(a, b, n=1)\n",
    ),
    "set first": ("op.f()\n", lambda at: [SetArgument(at("op.f()"), "n", "1")], "op.f(n=1)\n"),
    "set replaces": (
        "op.f(n=False)\n",
        lambda at: [SetArgument(at("op.f(n=False)"), "n", "1")],
        "op.f(n=1)\n",
    ),
    "set by position": (
        "op.f('s', g(1), h)\n",
        lambda at: [SetArgument(at("op.f('s', g(1), h)"), "n", "x[0]", 1)],
        "op.f('s', x[0], h)\n",
    ),
    "set trailing comma on one line": (
        "op.f('s', b,)\n",
        lambda at: [SetArgument(at("op.f('s', b,)"), "n", "1")],
        "op.f('s', b, n=1,)\n",
    ),
    "set one a line": (
        "if x:\n    op.f(\n        's',\n        b,\n    )\n",
        lambda at: [SetArgument(at("op.f(\n        's',\n        b,\n    )"), "n", "1")],
        "if x:\n    op.f(\n        's',\n        b,\n        n=1,\n    )\n",
    ),
    "set one a line without trailing comma": (
        "op.f(\n    's',\n    b\n)\n",
        lambda at: [SetArgument(at("op.f(\n    's',\n    b\n)"), "n", "1")],
        "op.f(\n    's',\n    b,\n    n=1\n)\n",
    ),
    "set between comments": (
        "op.f(\n    's',  # one\n    # two\n    b,  # three\n    # four\n)\n",
        lambda at: [
            SetArgument(at("op.f(\n    's',  # one\n    # two\n    b,  # three\n    # four\n)"), "n", "1")
        ],
        "op.f(\n    's',  # one\n    # two\n    b,  # three\n    n=1,\n    # four\n)\n",
    ),
    "set on a hanging line": (
        "op.f(\n    's', b\n)\n",
        lambda at: [SetArgument(at("op.f(\n    's', b\n)"), "n", "1")],
        "op.f(\n    's', b, n=1\n)\n",
    ),
    "set before unpacked keywords": (
        "op.f(*a, **k)\n",
        lambda at: [SetArgument(at("op.f(*a, **k)"), "n", "1")],
        "op.f(*a, n=1, **k)\n",
    ),
    "set before unpacked keywords, one a line": (
        "op.f(\n    *a,  # all\n    **k,  # rest\n)\n",
        lambda at: [SetArgument(at("op.f(\n    *a,  # all\n    **k,  # rest\n)"), "n", "1")],
        "op.f(\n    *a,  # all\n    n=1,\n    **k,  # rest\n)\n",
    ),
    "set next to a generator": (
        "op.f(x for x in 's')\n",
        lambda at: [SetArgument(at("op.f(x for x in 's')"), "n", "1")],
        "op.f((x for x in 's'), n=1)\n",
    ),
    "set in an empty call with a comment": (
        "op.f(  # none\n)\n",
        lambda at: [SetArgument(at("op.f(  # none\n)"), "n", "1")],
        "op.f(n=1  # none\n)\n",
    ),
    "set next to anything": (
        "op.f('''s\n  , # no''', [\n  1], (lambda: 0)(), x := {**y})\n",
        lambda at: [SetArgument(at.all, "n", '"(#"')],
        "op.f('''s\n  , # no''', [\n  1], (lambda: 0)(), x := {**y}, n=\"(#\")\n",
    ),
    "set a value of several lines": (
        "if x:\n    op.f(\n        's',\n    )\n",
        lambda at: [SetArgument(at("op.f(\n        's',\n    )"), "n", "[\n    1,\n]")],
        "if x:\n    op.f(\n        's',\n        n=[\n            1,\n        ],\n    )\n",
    ),
    "set in nested calls": (
        "op.f(op.g(op.h(1)), 2)\n",
        lambda at: [
            SetArgument(at("op.f(op.g(op.h(1)), 2)"), "a", "1"),
            SetArgument(at("op.h(1)"), "b", "2"),
            SetArgument(at("op.g(op.h(1))"), "c", "3"),
            ReplaceText(at("1"), "'one'"),
        ],
        "op.f(op.g(op.h('one', b=2), c=3), 2, a=1)\n",
    ),
    "set in a chain over lines": (
        "x = (\n    op\n    .f('s')\n    .g(1)\n)\n",
        lambda at: [
            SetArgument(at("op\n    .f('s')\n    .g(1)"), "n", "1"),
            SetArgument(at("op\n    .f('s')"), "m", "2"),
        ],
        "x = (\n    op\n    .f('s', m=2)\n    .g(1, n=1)\n)\n",
    ),
    # Arguments: remove
    "remove last": ("op.f(a, n=1)\n", lambda at: [RemoveArgument(at("op.f(a, n=1)"), "n")], "op.f(a)\n"),
    "remove first": (
        "op.f(n=1, m=2)\n",
        lambda at: [RemoveArgument(at("op.f(n=1, m=2)"), "n")],
        "op.f(m=2)\n",
    ),
    "remove only": (
        "op.f(\n    n=1,\n)\n",
        lambda at: [RemoveArgument(at("op.f(\n    n=1,\n)"), "n")],
        "op.f()\n",
    ),
    "remove none": ("op.f(a)\n", lambda at: [RemoveArgument(at("op.f(a)"), "n")], "op.f(a)\n"),
    "remove by position": (
        "op.f(a, b, c, d)\n",
        lambda at: [
            RemoveArgument(at("op.f(a, b, c, d)"), "", 1),
            RemoveArgument(at("op.f(a, b, c, d)"), "", 2),
        ],
        "op.f(a, d)\n",
    ),
    "remove its own comment with it": (
        "op.f(\n    's',  # one\n    n=1,  # two\n    # three\n    m=2,  # four\n)\n",
        lambda at: [
            RemoveArgument(
                at("op.f(\n    's',  # one\n    n=1,  # two\n    # three\n    m=2,  # four\n)"), "n"
            )
        ],
        "op.f(\n    's',  # one\n    # three\n    m=2,  # four\n)\n",
    ),
    "remove last of one a line": (
        "op.f(\n    's',  # one\n    n=1\n)\n",
        lambda at: [RemoveArgument(at("op.f(\n    's',  # one\n    n=1\n)"), "n")],
        "op.f(\n    's'  # one\n)\n",
    ),
    "remove before a break": (
        "op.f('s', n=1,\n    m=2)\n",
        lambda at: [RemoveArgument(at("op.f('s', n=1,\n    m=2)"), "n")],
        "op.f('s',\n    m=2)\n",
    ),
    "remove and keep a comment about all": (
        "op.f('s', n=1  # all\n)\n",
        lambda at: [RemoveArgument(at("op.f('s', n=1  # all\n)"), "m")],
        "op.f('s', n=1  # all\n)\n",
    ),
    # Statements: insert
    "insert around": (
        "def f():\n    # why\n    op.a()  # one\n    op.b()\n",
        lambda at: [
            InsertAfter(at("op.a()"), "op.y()"),
            InsertBefore(at("op.b()"), "op.z()"),
            InsertBefore(at("op.a()"), "op.w()"),
            InsertBefore(at("op.a()"), "if x:\n\n    op.x()"),
            InsertAfter(at("op.a()"), "op.yy()"),
        ],
        "def f():\n    # why\n    op.w()\n    if x:\n\n        op.x()\n    op.a()  # one\n    op.y()\n    op.yy()\n    op.z()\n    op.b()\n",
    ),
    "insert at the end without a final line end": (
        "if x:\n    op.a()",
        lambda at: [InsertAfter(at("op.a()"), "op.b()")],
        "if x:\n    op.a()\n    op.b()",
    ),
    "insert after a block and the comments that end it": (
        "def f():\n    if x:\n        op.a()\n        # deep\n\n    # mine\n",
        lambda at: [InsertAfter(at("if x:\n        op.a()"), "op.b()")],
        "def f():\n    if x:\n        op.a()\n        # deep\n    op.b()\n\n    # mine\n",
    ),
    "insert definitions": (
        "op.a()\n\n\ndef f():\n    op.b()\n",
        lambda at: [
            InsertBefore(at.function("f"), "def e():\n    pass"),
            InsertAfter(at.function("f"), "def g():\n    pass"),
        ],
        "op.a()\n\n\ndef e():\n    pass\n\n\ndef f():\n    op.b()\n\n\ndef g():\n    pass\n",
    ),
    "insert before decorators": (
        "if x:\n    @op.d(1)\n    # why\n    @e\n    def f(): pass\n",
        lambda at: [InsertBefore(at("def f(): pass"), "op.a()")],
        "if x:\n    op.a()\n    @op.d(1)\n    # why\n    @e\n    def f(): pass\n",
    ),
    "insert a string": (
        "if x:\n    op.a()\n",
        lambda at: [InsertBefore(at("op.a()"), 'op.e("""\nselect\n""")')],
        'if x:\n    op.e("""\nselect\n""")\n    op.a()\n',
    ),
    # Statements that share a line
    "insert into a line of several": (
        "if x:\n    op.a(); op.b() ;op.c();  # all\n",
        lambda at: [InsertBefore(at("op.b()"), "op.n()")],
        "if x:\n    op.a()\n    op.n()\n    op.b()\n    op.c()  # all\n",
    ),
    "insert into a block on one line": (
        "def f(): op.a()\n\n\nx = 1\n",
        lambda at: [InsertAfter(at("op.a()"), "op.b()")],
        "def f():\n    op.a()\n    op.b()\n\n\nx = 1\n",
    ),
    "replace in a block on one line": (
        "if x: op.a(); op.b()  # why\nelse: op.c()\n",
        lambda at: [ReplaceStatement(at("op.a()"), "op.n()"), ReplaceStatement(at("op.c()"), "op.m()")],
        "if x: op.n(); op.b()  # why\nelse: op.m()\n",
    ),
    "remove from lines of several": (
        "op.a(); op.b(); op.c()  # why\nwith x: op.d()\nwith y: op.e(); op.f()\n",
        lambda at: [RemoveStatement(at(f"op.{name}()")) for name in "acde"],
        "op.b()  # why\nwith x: pass\nwith y: op.f()\n",
    ),
    "remove all from a block on one line": (
        "with y: op.e(); op.f()\n",
        lambda at: [RemoveStatement(at("op.e()")), RemoveStatement(at("op.f()"))],
        "with y: pass\n",
    ),
    "wrap in blocks on one line": (
        "try: op.a(); op.b()\nexcept E: op.c()\nfinally: op.d()\n",
        lambda at: [
            WrapStatements(at("op.b()"), at("op.b()"), "if x:"),
            WrapStatements(at("op.c()"), at("op.c()"), "if y:"),
            WrapStatements(at("op.d()"), at("op.d()"), "if z:"),
        ],
        "try:\n    op.a()\n    if x:\n        op.b()\nexcept E:\n    if y:\n        op.c()\nfinally:\n    if z:\n        op.d()\n",
    ),
    "lines joined by a backslash": (
        "if x:\n    op.a(); \\\n    op.b()\n    op.c() \\\n        + 1\n",
        lambda at: [
            InsertAfter(at("op.a()"), "op.n()"),
            WrapStatements(at("op.c() \\\n        + 1"), at("op.c() \\\n        + 1"), "if y:"),
        ],
        "if x:\n    op.a()\n    op.n()\n    op.b()\n    if y:\n        op.c() \\\n            + 1\n",
    ),
    # Statements: replace
    "replace and keep comments": (
        "def f():\n    # before\n    op.a(\n        1,  # in\n    )  # behind\n    # after\n",
        lambda at: [ReplaceStatement(at("op.a(\n        1,  # in\n    )"), "with x:\n    op.b()")],
        "def f():\n    # before\n    with x:\n        op.b()  # behind\n    # after\n",
    ),
    # Statements: remove
    "remove with its comment and blank line": (
        "def f():\n    op.a()\n\n    # why\n    op.b()  # b\n\n    op.c()\n",
        lambda at: [RemoveStatement(at("op.b()"))],
        "def f():\n    op.a()\n\n    # why\n\n    op.c()\n",
    ),
    "remove between blank lines": (
        "def f():\n    op.a()\n\n    op.b()\n\n    op.c()\n",
        lambda at: [RemoveStatement(at("op.b()"))],
        "def f():\n    op.a()\n\n    op.c()\n",
    ),
    "remove the last of a file": (
        "op.a()\n\nop.b()\n",
        lambda at: [RemoveStatement(at("op.b()"))],
        "op.a()\n",
    ),
    "remove the only one of a file": ("op.a()\n", lambda at: [RemoveStatement(at("op.a()"))], ""),
    "remove all of a block": (
        "def f():\n    # ### commands ###\n    op.a()\n\n    op.b()  # b\n    # ### end ###\n",
        lambda at: [RemoveStatement(at("op.a()")), RemoveStatement(at("op.b()"))],
        "def f():\n    # ### commands ###\n    pass\n    # ### end ###\n",
    ),
    "remove what something is inserted next to": (
        "def f():\n    op.a()\n",
        lambda at: [RemoveStatement(at("op.a()")), InsertAfter(at("op.a()"), "op.b()")],
        "def f():\n    op.b()\n",
    ),
    # Statements: wrap
    "wrap over strings, comments and blank lines": (
        "def f():\n    op.a()\n\n    # why\n    op.b(\n        '''s\n    t\n''',\n    )  # b\n    op.c()\n",
        lambda at: [
            WrapStatements(at("op.a()"), at("op.b(\n        '''s\n    t\n''',\n    )"), "with op.x():"),
            SetArgument(at("op.b(\n        '''s\n    t\n''',\n    )"), "n", "1"),
        ],
        "def f():\n    with op.x():\n        op.a()\n\n        # why\n        op.b(\n            '''s\n    t\n''',\n            n=1,\n        )  # b\n    op.c()\n",
    ),
    "wrap at the top": (
        "op.a(f'''\n{x}\n''' 's'\n'u')\n".replace("'s'\n'u'", "'s'"),
        lambda at: [WrapStatements(at("op.a(f'''\n{x}\n''' 's')"), at("op.a(f'''\n{x}\n''' 's')"), "if y:")],
        "if y:\n    op.a(f'''\n{x}\n''' 's')\n",
    ),
    "wrap, and insert around": (
        "if x:\n    op.a()\n",
        lambda at: [
            WrapStatements(at("op.a()"), at("op.a()"), "if y:"),
            InsertBefore(at("op.a()"), "op.b()"),
            InsertAfter(at("op.a()"), "op.c()"),
        ],
        "if x:\n    op.b()\n    if y:\n        op.a()\n    op.c()\n",
    ),
    # Functions
    "append before the closing comment": (
        "def f():\n    # ### commands auto generated by Alembic - please adjust! ###\n    op.a()\n    # ### end Alembic commands ###\n\n\ndef g():\n    pass\n",
        lambda at: [
            AppendToFunction(at.function("f"), "op.b()"),
            AppendToFunction(at.function("g"), "op.c()"),
            AppendToFunction(at.function("f"), "op.d()"),
        ],
        "def f():\n    # ### commands auto generated by Alembic - please adjust! ###\n    op.a()\n    op.b()\n    op.d()\n    # ### end Alembic commands ###\n\n\ndef g():\n    op.c()\n",
    ),
    "prepend before a comment to a tool": (
        "def f():\n    # why\n    # foreshot: ignore[x] known\n    # so\n    op.a()\n",
        lambda at: [PrependToFunction(at.all, "op.b()")],
        "def f():\n    # why\n    op.b()\n    # foreshot: ignore[x] known\n    # so\n    op.a()\n",
    ),
    "wrap with a comment to a tool": (
        "def f():\n    # why\n    # foreshot: ignore[x] known\n    op.a()\n",
        lambda at: [WrapStatements(at("op.a()"), at("op.a()"), "with op.x():")],
        "def f():\n    # why\n    with op.x():\n        # foreshot: ignore[x] known\n        op.a()\n",
    ),
    "a comment to a tool in a string": (
        "def f():\n    op.a('''\n    # foreshot: ignore[x]''')\n    op.b()\n",
        lambda at: [InsertBefore(at("op.b()"), "op.c()")],
        "def f():\n    op.a('''\n    # foreshot: ignore[x]''')\n    op.c()\n    op.b()\n",
    ),
    "prepend behind docstring and comment": (
        'def f():\n    """Doc."""\n\n    # why\n    op.a()\n',
        lambda at: [
            PrependToFunction(at.function("f"), "op.b()"),
            PrependToFunction(at.function("f"), "op.c()"),
        ],
        'def f():\n    """Doc."""\n\n    # why\n    op.b()\n    op.c()\n    op.a()\n',
    ),
    "write into a function that is only a docstring": (
        'def f():\n    """Doc."""\n\n\ndef g(): "doc"\n',
        lambda at: [
            AppendToFunction(at.function("f"), "op.a()"),
            SetFunctionBody(at.function("g"), "op.b()"),
        ],
        'def f():\n    """Doc."""\n    op.a()\n\n\ndef g():\n    "doc"\n    op.b()\n',
    ),
    "set a body": (
        'def f() -> None:\n    """Doc."""\n    # before\n    op.a()\n\n    op.b()  # b\n    # after\n\n\ndef g(): pass\n',
        lambda at: [
            SetFunctionBody(at.function("f"), "op.c()\nif x:\n    op.d()"),
            SetFunctionBody(at.function("g"), "op.e()\nop.h()"),
        ],
        'def f() -> None:\n    """Doc."""\n    # before\n    op.c()\n    if x:\n        op.d()\n    # after\n\n\ndef g():\n    op.e()\n    op.h()\n',
    ),
    "set an empty body": (
        "def f():\n    op.a()\n",
        lambda at: [SetFunctionBody(at.function("f"), "")],
        "def f():\n    pass\n",
    ),
    # Imports
    "import among its kind": (
        '"""Doc."""\nfrom typing import Any\n\nfrom alembic import op\nimport sqlalchemy as sa\n\n\nx = 1\n',
        lambda at: [
            AddImport("from sqlalchemy.dialects import postgresql"),
            AddImport("import datetime"),
            AddImport("from . import helpers"),
        ],
        '"""Doc."""\nimport datetime\nfrom typing import Any\n\nfrom alembic import op\nimport sqlalchemy as sa\nfrom sqlalchemy.dialects import postgresql\n\nfrom . import helpers\n\n\nx = 1\n',
    ),
    "import where the kind is new": (
        "from alembic import op  # op\nx = 1\n",
        lambda at: [AddImport("import os"), AddImport("import sqlalchemy as sa")],
        "import os\n\nfrom alembic import op  # op\nimport sqlalchemy as sa\n\nx = 1\n",
    ),
    "import without other imports": (
        '"""Doc."""\nfrom __future__ import annotations\n\nx = 1\n',
        lambda at: [AddImport("import a")],
        '"""Doc."""\nfrom __future__ import annotations\n\nimport a\n\nx = 1\n',
    ),
    "import after a docstring": (
        '"""Doc."""\nx = 1\n',
        lambda at: [AddImport("import a")],
        '"""Doc."""\n\nimport a\n\nx = 1\n',
    ),
    "import from the future": (
        '"""Doc."""\n\nimport a\n',
        lambda at: [AddImport("from __future__ import annotations")],
        '"""Doc."""\n\nfrom __future__ import annotations\n\nimport a\n',
    ),
    "import below the first comments": (
        "#!/bin/sh\n# coding: utf-8\n# Licence.\n\n# about x\nx = 1\n",
        lambda at: [AddImport("import a")],
        "#!/bin/sh\n# coding: utf-8\n# Licence.\n\nimport a\n\n# about x\nx = 1\n",
    ),
    "import into nothing": ("", lambda at: [AddImport("import a")], "import a\n"),
    "import not into blocks": (
        "if TYPE_CHECKING:\n    import b\ntry:\n    import c\nexcept E:\n    pass\n",
        lambda at: [AddImport("import b")],
        "import b\n\nif TYPE_CHECKING:\n    import b\ntry:\n    import c\nexcept E:\n    pass\n",
    ),
    "import what is there": (
        "import a.b\nfrom c import (\n    d,\n    e as f,\n)\n",
        lambda at: [AddImport("import a.b"), AddImport("import a"), AddImport("from c import e as f, d")],
        "import a.b\nfrom c import (\n    d,\n    e as f,\n)\n",
    ),
    "import what is lacking": (
        "from c import (\n    d,\n)\n",
        lambda at: [AddImport("from c import d, e")],
        "from c import (\n    d,\n)\nfrom c import e\n",
    ),
    # Text
    "replace text": (
        "op.f('s', [1])\n",
        lambda at: [ReplaceText(at("[1]"), "[2]"), ReplaceText(at("'s'"), '"t"')],
        'op.f("t", [2])\n',
    ),
}


def spelled_examples():
    """Each example in each spelling that its file shows: an empty file has no line ends, a flat one no tabs."""
    for name, (before, _, _) in EXAMPLES.items():
        for spelling, spell in spellings().items():
            content = spell(before)
            if (spell("\n") == "\n" or content) and (not spelling.startswith("tabs") or "\t" in content):
                yield pytest.param(name, spelling, id=f"{spelling}-{name}")


@pytest.mark.parametrize(("name", "spelling"), spelled_examples())
def test_examples(name, spelling):
    before, changes, after = EXAMPLES[name]
    spell = spellings()[spelling]
    content = spell(before)
    at = Finder(content, spell)

    def spelled(value):
        # Code comes with `\n` and four spaces whatever the file has; only its names are the file's.
        return spell(value) if isinstance(value, str) and spelling == "wide" else value

    made = [
        type(change)(**{field: spelled(getattr(change, field)) for field in change.__struct_fields__})
        for change in changes(at)
    ]
    result = rewritten(content, made)
    assert result == spell(after)
    assert not re.search(r"[ \t]+$", result, re.MULTILINE)
    ast.parse(result)


SECOND_TIME = [name for name in EXAMPLES if name.startswith(("set", "import")) and "body" not in name]


@pytest.mark.parametrize("name", SECOND_TIME)
def test_a_second_time_nothing_changes(name):
    before, changes, after = EXAMPLES[name]
    again = []
    for change in changes(Finder(before)):
        if isinstance(change, SetArgument):
            # The same call, as the first time left it: the one that begins at the same name.
            text = before[change.call.start : change.call.end]
            head = re.match(r"op\s*\.\w+(\('s'.*\)\n\s*\.g)?", text)
            module = parse(SourceText(after))
            assert head and isinstance(module, Module)
            calls = [module.span(node) for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
            same = [call for call in calls if f".{head[0].split('.')[-1]}(" in after[call.start : call.end]]
            change = SetArgument(
                min(same, key=lambda call: call.end - call.start), change.name, change.value, change.position
            )
        elif isinstance(change, ReplaceText):
            continue
        again.append(change)
    assert edits_for(SourceText(after), again) == []


REFUSED = {
    "syntax error": ("def f(:\n", lambda at: [AddImport("import a")]),
    "no statement": ("op.a()\n", lambda at: [RemoveStatement(at("op"))]),
    "no call": ("x = (1)\n", lambda at: [SetArgument(at("(1)"), "n", "1")]),
    "no function": ("op.a()\n", lambda at: [AppendToFunction(at("op.a()"), "op.b()")]),
    "in an f-string": ("f'{g(1)}'\n", lambda at: [SetArgument(at("g(1)"), "n", "1")]),
    "unpacked positions": ("f(*a)\n", lambda at: [SetArgument(at("f(*a)"), "n", "1", 2)]),
    "unpacked keywords": ("f(**k)\n", lambda at: [RemoveArgument(at("f(**k)"), "n")]),
    "two values": ("f()\n", lambda at: [SetArgument(at("f()"), "n", "1"), SetArgument(at("f()"), "n", "2")]),
    "value that is more": ("f()\n", lambda at: [SetArgument(at("f()"), "n", "1, m=2")]),
    "value that closes": ("f()\n", lambda at: [SetArgument(at("f()"), "n", "1) + g(2")]),
    "value with a comment": ("f()\n", lambda at: [SetArgument(at("f()"), "n", "1 # x")]),
    "name that is none": ("f()\n", lambda at: [SetArgument(at("f()"), "if", "1")]),
    "code that is none": ("a\n", lambda at: [InsertAfter(at("a"), "if:")]),
    "code that is nothing": ("a\n", lambda at: [InsertAfter(at("a"), "\n \n")]),
    "header with more": ("a\n", lambda at: [WrapStatements(at("a"), at("a"), "if x:\n    y\nelse:")]),
    "header without a block": ("a\n", lambda at: [WrapStatements(at("a"), at("a"), "x = 1")]),
    "statements of two blocks": ("if a:\n    b\nc\n", lambda at: [WrapStatements(at("b"), at("c"), "if x:")]),
    "elif": ("if a:\n    b\nelif c:\n    d\n", lambda at: [RemoveStatement(at("elif c:\n    d"))]),
    "case on one line": ("match a:\n    case 1: b\n", lambda at: [InsertAfter(at("b"), "c")]),
    "after a raise": ("def f():\n    raise E\n", lambda at: [AppendToFunction(at.function("f"), "a")]),
    "backslash behind a header": ("if a: \\\n  b\n", lambda at: [InsertAfter(at("b"), "c")]),
    "same text twice": ("a\n", lambda at: [ReplaceText(at("a"), "b"), ReplaceText(at("a"), "c")]),
    "removed and wrapped": (
        "if x:\n    a\n    b\n",
        lambda at: [RemoveStatement(at("a")), WrapStatements(at("a"), at("a"), "if y:")],
    ),
    "changed and removed": (
        "f(1)\ng\n",
        lambda at: [SetArgument(at("f(1)"), "n", "1"), RemoveStatement(at("f(1)"))],
    ),
    "inserted into what is replaced": (
        "if x:\n    a\n",
        lambda at: [InsertAfter(at("a"), "b"), ReplaceStatement(at("if x:\n    a"), "c")],
    ),
    "name that is taken": ("from a import op\n", lambda at: [AddImport("from alembic import op")]),
    "name that is defined": ("def op(): pass\n", lambda at: [AddImport("from alembic import op")]),
    "no import": ("a\n", lambda at: [AddImport("x = 1")]),
    "result that is no Python": ("a = 1\n", lambda at: [ReplaceText(at("1"), "(")]),
    "comment where a statement was": ("if x:\n    a\n", lambda at: [ReplaceStatement(at("a"), "# a")]),
    "too large": ("x = 1\n" * (MAX_BYTES // 6 + 1), lambda at: [AddImport("import a")]),
    "too many": ("x = 1\n" * 20_000, lambda at: [AddImport(f"import a{n}") for n in range(1000)]),
    "too many on a line": ("a; " * 200 + "b\n", lambda at: [InsertAfter(at("b"), "c")]),
    "too much in a call": ("f(" + "#\n" * 9_000 + ")\n", lambda at: [SetArgument(at.all, "n", "1")]),
    "too deep": (
        f"f({'(' * MAX_DEPTH}1{')' * MAX_DEPTH})\n",
        lambda at: [SetArgument(at.all, "n", "1")],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_safe_is_refused(name):
    content, changes = REFUSED[name]
    with pytest.raises(Refused) as refused:
        edits_for(SourceText(content), changes(Finder(content)))
    assert str(refused.value)


def test_what_the_encoding_lacks_is_refused():
    with pytest.raises(Refused, match="latin-1"):
        edits_for(SourceText("x = 1\n", "latin-1"), [ReplaceText(Span(4, 5), "'→'")])


def test_other_languages_have_their_text_replaced_only():
    ini = "[alembic]\nscript_location = %(here)s\n"
    assert (
        rewritten(ini, [ReplaceText(Span(28, 36), "%(here)s/x y")], python=False)
        == "[alembic]\nscript_location = %(here)s/x y\n"
    )
    with pytest.raises(Refused):
        edits_for(SourceText(ini), [ReplaceText(Span(28, 36), "a b")])
    with pytest.raises(Refused):
        edits_for(SourceText("x = 1\n"), [AddImport("import a")], python=False)


def test_a_change_given_twice_is_made_once():
    changes = [InsertBefore(Span(0, 1), "y"), AddImport("import a")] * 2
    assert rewritten("x\n", changes) == "import a\n\ny\nx\n"


# Random files and changes

SIMPLE = [
    "op.f()",
    "op.f(1, n=2)",
    "op.f(\n    'x',  # x\n    [1, 2],\n)",
    'op.execute("""\n  select 1\n    # no comment\n""")',
    "x = '''a\n\n  b'''",
    "op.f(x for x in y)",
    "y = f'''\n{\nop}'''",
    "op.f(*a, **k)",
    "z = 1 \\\n  + 2",
    "pass",
    "'😀'; op.g('é')",
    "op.f(op.g(\n    1), b)",
]
HEADS = [
    "if x:",
    "with op.f() as b:",
    "for i in (1,\n        2):",
    "try:",
    "def f(a=1):",
    "@d\ndef upgrade():",
    "while x:  # w",
]
COMMENTS = ["# why", "# ### end Alembic commands ###", ""]


def block(children):
    def build(parts):
        head, body, one_line, tail = parts
        if (
            one_line
            and "\n" not in body
            and not body.startswith(("#", "if", "with", "for", "try", "def", "@", "while"))
        ):
            text = f"{head.split('  #')[0]} {body}"
        else:
            text = head + "\n" + indent(body)
        if head == "try:":
            text += "\nfinally:\n" + indent(tail)
        elif head.startswith("if") and len(tail) % 2:
            text += "\nelse:\n" + indent(tail)
        return text

    return st.tuples(st.sampled_from(HEADS), children, st.booleans(), st.sampled_from(SIMPLE)).map(build)


def indent(text):
    # Four spaces before each line, in strings too: any string will do.
    return "\n".join("    " + line if line else line for line in text.split("\n"))


def sequences(statements):
    comments = st.sampled_from([*COMMENTS, *[""] * 5])
    pairs = st.lists(
        st.tuples(comments, statements, st.sampled_from(["\n", "\n", "\n\n", "\n\n\n", "  # own\n", ";\n"])),
        min_size=1,
        max_size=4,
    )

    def join(items):
        text = ""
        for comment, statement, end in items:
            compound = statement.startswith(("if", "with", "for", "try", "def", "@", "while"))
            end = "\n" if compound or statement.endswith("\\") else end
            text += (comment + "\n" if comment else "") + statement + end
        return text.rstrip("\n")

    return pairs.map(join)


bodies = st.recursive(
    sequences(st.sampled_from(SIMPLE)),
    lambda inner: sequences(st.sampled_from(SIMPLE) | block(inner)),
    max_leaves=6,
)
heads = st.sampled_from(["", '"""Doc."""\n', "import os\nfrom alembic import op\n\n", "# 😀\n\n"])
files = st.tuples(heads, bodies, st.sampled_from(["", "\n", "\n\n"]), st.sampled_from(list(spellings()))).map(
    lambda parts: spellings()[parts[3]](parts[0] + parts[1] + parts[2])
)
CODES = ["new()", "if new:\n    new()", 'new("""\n x""")', "new(\n    1,\n)", "pass"]


def all_blocks(tree):
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            if isinstance(statements := getattr(node, field, None), list) and statements:
                yield statements


@st.composite
def cases(draw):
    content = draw(files)
    module = parse(SourceText(content))
    assert isinstance(module, Module), content
    blocks = list(all_blocks(module.tree))
    calls = [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    functions = [node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef)]
    changes = []
    for _ in range(draw(st.integers(1, 4))):
        statements = draw(st.sampled_from(blocks))
        first = draw(st.integers(0, len(statements) - 1))
        last = draw(st.integers(first, len(statements) - 1))
        span = module.span(statements[first])
        code = draw(st.sampled_from(CODES))
        options = [
            InsertBefore(span, code),
            InsertAfter(span, code),
            ReplaceStatement(span, code),
            RemoveStatement(span),
            WrapStatements(span, module.span(statements[last]), "with new:"),
            AddImport(draw(st.sampled_from(["import os", "import new", "from sqlalchemy import text"]))),
        ]
        if calls:
            call = module.span(draw(st.sampled_from(calls)))
            options += [
                SetArgument(call, "n", "[\n    3,\n]"),
                SetArgument(call, "m", "'''\n'''"),
                RemoveArgument(call, "n"),
            ]
        if functions:
            function = module.span(draw(st.sampled_from(functions)))
            options += [
                kind(function, code) for kind in (AppendToFunction, PrependToFunction, SetFunctionBody)
            ]
        changes.append(draw(st.sampled_from(options)))
    return content, changes


ADDING = (
    InsertBefore
    | InsertAfter
    | WrapStatements
    | AddImport
    | AppendToFunction
    | PrependToFunction
    | SetArgument
)


@settings(max_examples=300, deadline=None)
@given(cases())
def test_random_changes_of_random_files(case):
    content, changes = case
    try:
        result = rewritten(content, changes)
    except Refused:
        return
    tree = ast.parse(result)
    before = leaves(ast.parse(content))
    if all(isinstance(change, ADDING) and not isinstance(change, SetArgument) for change in changes):
        # Nothing is lost, not even from the middle of a string.
        assert not before - leaves(tree)
    if all(isinstance(change, ADDING) for change in changes):
        assert not comments(content) - comments(result)
    if all(isinstance(change, RemoveStatement) for change in changes):
        assert not leaves(tree) - before
    ends = set(re.findall(r"\r\n|\n|\r", content))
    if len(ends) == 1:
        assert set(re.findall(r"\r\n|\n|\r", result)) <= ends


@settings(max_examples=100, deadline=None)
@given(cases(), st.integers(0, 12), st.integers(0, 12))
def test_a_window_changes_nothing(case, above, below):
    """Statements that are far away make no difference, where they are left out."""
    content, changes = case
    newline = SourceText(content).newline
    far = [f"    far({number})" for number in range(above)]
    prefix = newline.join(["def before():", *far, "    last()", "", ""])
    suffix = newline.join(
        ["", "", "def behind():", *(f"    far({number})" for number in range(below)), "    end()", ""]
    )
    whole = SourceText(prefix + content + suffix)
    moved = [shifted(change, len(prefix)) for change in changes]
    try:
        edits = edits_for(whole, moved)
    except Refused:
        return
    assert apply_edits(whole.content, edits_in_window(whole, moved)) == apply_edits(whole.content, edits)


def shifted(change, by):
    spans = {name: getattr(change, name) for name in change.__struct_fields__}
    moved = {
        name: Span(value.start + by, value.end + by)
        for name, value in spans.items()
        if isinstance(value, Span)
    }
    return replace(change, **moved)


@pytest.mark.parametrize("count", [1, 4, 40])
def test_every_statement_of_a_long_function(count):
    body = "".join(f"    op.f({number})  # {number}\n    # about {number + 1}\n\n" for number in range(count))
    source = SourceText(
        f"import op\n\n\ndef up():\n{body}    op.end()\n\n\ndef down():\n{body}    op.end()\n"
    )
    module = parse(source)
    assert isinstance(module, Module)
    for function in module.tree.body[1:]:
        assert isinstance(function, ast.FunctionDef)
        for node in function.body:
            assert isinstance(node, ast.Expr)
            span, call = module.span(node), module.span(node.value)
            for change in (
                InsertBefore(span, "x = 1"),
                InsertAfter(span, "x = 1"),
                RemoveStatement(span),
                ReplaceStatement(span, "with y:\n    op.g()"),
                WrapStatements(span, span, "with y:"),
                SetArgument(call, "k", "1"),
                AppendToFunction(module.span(function), "x = 1"),
            ):
                wanted = apply_edits(source.content, edits_for(source, [change, AddImport("import y")]))
                made = edits_in_window(source, [change, AddImport("import y")])
                assert apply_edits(source.content, made) == wanted


def leaves(tree):
    """The simple statements of a tree, a lone `pass` left out, which comes and goes."""
    simple = (node for node in ast.walk(tree) if isinstance(node, ast.stmt) and not hasattr(node, "body"))
    return Counter(ast.dump(node) for node in simple if not isinstance(node, ast.Pass))


def comments(content):
    return Counter(comment.text for comment in comments_of(SourceText(content)))


# Hostile input

BOMBS = {
    "unary": "-" * 100_000 + "1",
    "few unary": "-" * 2_000 + "1",
    "not": "not " * 20_000 + "1",
    "binary": "+".join("1" * 10_000),
    "few binary": "+".join("1" * 2_000),
    "power": "**".join("1" * 2_000),
    "attributes": "a" + ".b" * 2_000,
    "calls": "a" + "()" * 2_000,
    "methods": "a" + ".b(1)" * 1_000,
    "subscripts": "a" + "[0]" * 2_000,
    "ternary": "1 if 1 else " * 2_000 + "1",
    "lambda": "lambda: " * 2_000 + "1",
    "and": " and ".join("a" * 10_000),
    "strings": "'a' " * 10_000,
    "generators": "[x " + "for x in y " * 3_000 + "]",
    "parentheses": "(" * 100_000 + "1" + ")" * 100_000,
    "few parentheses": "(" * 180 + "1" + ")" * 180,
    "brackets": "[" * 180 + "]" * 180,
    "f-string": "f'{" + "-" * 2_000 + "1}'",
    "arguments": ",".join("1" * 20_000),
    "fewer arguments": ",".join("1" * 2_000),
    "comments": "1,\n" + "#(\n" * 20_000,
    "elif": "1)\nif x: pass\n" + "elif x: pass\n" * 5_000 + "(2",
    "nested blocks": "1)\n" + "".join(" " * depth + "if x:\n" for depth in range(99)) + " " * 99 + "(2",
    "semicolons": "1)" + "; (2)" * 10_000 + "; (3",
}
DETONATE = """
import sys
from foreshot.syntax.changes import *
from foreshot.syntax.rewrite import edits_for
from foreshot.text import SourceText, Span
bomb = sys.stdin.read()
call = f"f({bomb})"
# Some bombs begin with a call of their own.
span = Span(0, 4) if bomb.startswith("1)") else Span(0, len(call))
for content, change in (
    (call, SetArgument(span, "n", "1")),
    (call, SetArgument(span, "n", "1", 0)),
    (call, RemoveArgument(span, "", 0)),
    (call, RemoveStatement(span)),
    (call, WrapStatements(span, span, "if x:")),
    (call, ReplaceStatement(span, "x\\ny")),
    (call, AddImport("import a")),
    ("f()", SetArgument(Span(0, 3), "n", bomb)),
    ("f()", InsertAfter(Span(0, 3), call)),
    ("f()", AddImport(bomb)),
):
    try:
        edits_for(SourceText(content), [change])
    except Refused:
        pass
print("alive")
"""


@pytest.mark.parametrize("name", BOMBS)
def test_hostile_input_ends_no_process(name):
    done = subprocess.run(
        [sys.executable, "-c", DETONATE],
        input=BOMBS[name],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "alive"), done.stderr[-2000:]
