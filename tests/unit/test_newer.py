"""What later Pythons added to the language is read by earlier ones, with every place where it was."""

from __future__ import annotations

import ast
import textwrap

import pytest

from foreshot.syntax.module import Module, parse
from foreshot.syntax.newer import in_older_words
from foreshot.text import SourceText

FORMS = {
    "a type statement": "type Name = dict[str, int]\nafter = Name\n",
    "a type statement with parameters": "type Pair[A, *B, **C] = tuple[A, A]\nafter = 1\n",
    "a function with type parameters": "def first[T: (int, str) = int](items: list[T]) -> T:\n    return items[0]\n\nafter = 1\n",
    "type parameters over several lines": "async def first[\n    Ä,\n    Ü: int,\n](items):\n    pass\n\nafter = 1\n",
    "a class with type parameters": "@mark\nclass Box[T](Base):\n    x: T\n\nafter = 1\n",
    "exceptions without brackets": "try:\n    pass\nexcept KeyError, ValueError: \n    pass\ntry:\n    pass\nexcept* (A, B), C:\n    pass\n\nafter = 1\n",
    "quotes in a field": 'text = f"DROP TABLE {names[\'ü\']} {names["b"]!r:>{w["c"]}} CASCADE"\nafter = 1\n',
    "a backslash and a comment in a field": 'text = f"""{"\\n".join(\n    lines  # all\n)} \\N{BULLET} {{}}"""\nafter = 1\n',
    "a field over several lines": 'text = f"a {\n    call(\n        "x"\n    )\n} b"\nafter = 1\n',
    "strings in strings in strings": 'text = f"{f"{f"{1 + 1}"}"}" "more" rf"\\{{{x["y"]}"\nafter = 1\n',
    "a template": 'run(t"SELECT {x}", Rt"""\n{y["z"]}""")\nafter = 1\n',
    "several at once": 'type X = int; after = f"{a["b"]}"  # type Y[\n',
}
PLAIN = (
    "type = 3\ntype[1] = 2\ntype: int\ntype(x)\nprint(f'{a}')\nexcept_ = 1, 2\n",
    'x = "type X = int"\ny = """\ntype X = int\n"""\n',
    "def f(a, b=[1], *, c: list[int]) -> int: ...\nclass A(B[C]): ...\n",
)
BROKEN = (
    "def f[T(x): pass\n",
    'x = f"{a["b"}"\n',
    'x = f"{a',
    'x = "\n' + 'f"{' * 2000,
    "type X = \n",
    "except A, B\n",
    "class A[\n\n](B): pass\n",
    "def upgrade(:\n",
    "(" * 5000,
)


@pytest.mark.parametrize("form", FORMS)
def test_newer_forms_are_read_with_every_byte_in_its_place(form: str) -> None:
    text = FORMS[form]
    older = in_older_words(text)
    assert older is not None
    assert [len(line.encode()) for line in older.splitlines()] == [
        len(line.encode()) for line in text.splitlines()
    ]
    # What Python 3.11 parses is parsed by all: the words must be older ones everywhere.
    ast.parse(older, feature_version=(3, 11))
    module = parse(SourceText(text))
    assert isinstance(module, Module)
    for tree in (ast.parse(older), module.tree):
        read = Module(SourceText(text), tree)
        after = next(node for node in read.nodes(ast.Name) if node.id == "after")
        assert read.text(read.span(after)) == "after"
        last = tree.body[-1]
        assert text[read.span(last).end :].partition("#")[0].strip() == ""


def test_names_and_literal_parts_are_kept() -> None:
    text = textwrap.dedent(
        """
        type Extra = Annotated[dict[str, Any], mapped_column(JSON)]
        class Box[T](Base): pass
        sql = f"DELETE FROM users WHERE id = {row["id"]}"
        """
    )
    older = in_older_words(text)
    assert older is not None
    assert "Extra      = Annotated[dict[str, Any], mapped_column(JSON)]" in older
    assert "class Box   (Base): pass" in older
    assert 'f"DELETE FROM users WHERE id = {_        }"' in older


@pytest.mark.parametrize("text", PLAIN)
def test_what_every_python_reads_is_left_alone(text: str) -> None:
    assert in_older_words(text) is None


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_broken_stays_broken(text: str) -> None:
    assert not isinstance(parse(SourceText(text)), Module)


def test_long_texts_take_no_longer_than_they_are() -> None:
    text = "type X = int\n" + 'x = f"{a["b"]}" # \'\n' * 20_000 + "def f(:\n"
    assert not isinstance(parse(SourceText(text)), Module)
