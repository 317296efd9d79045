"""What the header of a revision file says, as Alembic would read it by running the file."""

import pytest

from foreshot.migration.header import docstring_line, read_header, read_header_above
from foreshot.migration.revision_parts import RevisionHeader
from foreshot.syntax.module import Module, SyntaxProblem, parse
from foreshot.text import SourceText


def module_of(content: str) -> Module:
    module = parse(SourceText(content))
    assert isinstance(module, Module)
    return module


def header(content: str) -> RevisionHeader:
    found = read_header(module_of(content))
    assert found is not None
    return found


TYPICAL = '''"""add email, and its index

Revision ID: 1a2b3c4d5e6f
Revises: 0a0b0c0d0e0f
Create Date: 2024-05-06 07:08:09.101112

"""
from typing import Sequence, Union

# revision identifiers, used by Alembic.
revision: str = "1a2b3c4d5e6f"
down_revision: Union[str, None] = "0a0b0c0d0e0f"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None
'''


def test_what_the_template_writes():
    found = header(TYPICAL)
    assert found.revision == "1a2b3c4d5e6f"
    assert found.down_revisions == ("0a0b0c0d0e0f",)
    assert found.branch_labels == ()
    assert found.depends_on == ()
    assert found.message == "add email, and its index"
    assert found.docstring_revision == "1a2b3c4d5e6f"
    assert found.docstring_revises == ("0a0b0c0d0e0f",)
    assert found.create_date == "2024-05-06 07:08:09.101112"
    assert not found.docstring_disagrees
    assert not found.problems


def test_spans_are_those_of_the_values():
    module = module_of("é = 1; revision = 'a'\ndown_revision = ('b',\n 'c')\ndepends_on = 'd'\n")
    found = read_header(module)
    assert found is not None
    assert {name: module.text(span) for name, span in found.spans.items()} == {
        "revision": "'a'",
        "down_revision": "('b',\n 'c')",
        "depends_on": "'d'",
    }
    assert [module.text(span) for span in found.down_spans] == ["'b'", "'c'"]
    assert [module.text(span) for span in found.depends_spans] == ["'d'"]


@pytest.mark.parametrize(
    ("written", "parents"),
    [
        ("None", ()),
        ("'b'", ("b",)),
        ("('b')", ("b",)),
        ("('b',)", ("b",)),
        ("('b', 'c')", ("b", "c")),
        ("['b', 'c']", ("b", "c")),
        ("{'b', 'c'}", ("b", "c")),
        ("()", ()),
        ("(None,)", ()),
        ("'b' 'c'", ("bc",)),
        ("'b' + 'c'", ("bc",)),
        ("f'b'", ("b",)),
        ("PREVIOUS", ("p",)),
        ("(PREVIOUS, 'c')", ("p", "c")),
        ("BOTH", ("p", "q")),
        ("ALIAS", ("p",)),
        ("''", ("",)),
    ],
)
def test_parents(written, parents):
    constants = "PREVIOUS = 'p'\nBOTH = (PREVIOUS, 'q')\nALIAS = PREVIOUS\n"
    found = header(f"{constants}revision = 'a'\ndown_revision = {written}\n")
    assert found.down_revisions == parents
    assert len(found.down_spans) == len(parents)
    assert not found.problems


@pytest.mark.parametrize(
    ("content", "revision", "parents"),
    [
        ("revision = down_revision = 'a'", "a", ("a",)),
        ("revision, down_revision = 'a', 'b'", "a", ("b",)),
        ("revision = 'x'\nrevision = 'a'\ndown_revision = None", "a", ()),
        ("if True:\n    revision = 'a'\n    down_revision = 'b'", "a", ("b",)),
        (
            "try:\n    import x\nexcept ImportError:\n    x = None\nrevision = 'a'\ndown_revision = 'b'",
            "a",
            ("b",),
        ),
        ("P = 'p'\nrevision = 'a'\ndown_revision = P\nP = 'q'", "a", ("p",)),
        ("revision = 'a'\ndown_revision = 'b'\ndown_revision += 'c'", "a", ("bc",)),
    ],
)
def test_ways_of_assigning(content, revision, parents):
    found = header(content + "\n")
    assert (found.revision, found.down_revisions, found.problems) == (revision, parents, ())


@pytest.mark.parametrize(
    ("written", "labels"), [("None", ()), ("'x'", ("x",)), ("('x', 'y')", ("x", "y")), ("['x']", ("x",))]
)
def test_labels_and_dependencies(written, labels):
    found = header(
        f"revision = 'a'\ndown_revision = None\nbranch_labels = {written}\ndepends_on = {written}\n"
    )
    assert found.branch_labels == found.depends_on == labels


@pytest.mark.parametrize(
    ("content", "field", "certain"),
    [
        ("revision = 1\ndown_revision = None", "revision", True),
        ("revision = None\ndown_revision = None", "revision", True),
        ("revision = ''\ndown_revision = None", "revision", True),
        ("revision = ('a',)\ndown_revision = None", "revision", True),
        ("revision = make()\ndown_revision = None", "revision", False),
        ("revision = 'a'", "down_revision", True),
        ("revision = 'a'\ndown_revision = 1", "down_revision", True),
        ("revision = 'a'\ndown_revision = ('b', 2)", "down_revision", True),
        ("revision = 'a'\ndown_revision = ('b', None)", "down_revision", True),
        ("revision = 'a'\ndown_revision = b'b'", "down_revision", True),
        ("revision = 'a'\ndown_revision = previous()", "down_revision", False),
        ("revision = 'a'\ndown_revision = IMPORTED", "down_revision", False),
        ("revision = 'a'\ndown_revision = ('b', *more)", "down_revision", False),
        ("revision = 'a'\ndown_revision = 'b' if x else 'c'", "down_revision", False),
        (
            "revision = 'a'\nif x:\n    down_revision = 'b'\nelse:\n    down_revision = 'c'",
            "down_revision",
            False,
        ),
        ("revision = 'a'\ndown_revision = ['b']\ndown_revision.append('c')", "down_revision", False),
        ("NEEDS = ['b']\nNEEDS += ['c']\nrevision = 'a'\ndown_revision = NEEDS", "down_revision", False),
        ("revision = 'a'\ndown_revision = None\nbranch_labels = (cli.EXPAND,)", "branch_labels", False),
        ("revision = 'a'\ndown_revision = None\nbranch_labels = 3", "branch_labels", True),
        ("revision = 'a'\ndown_revision = None\ndepends_on = 3", "depends_on", True),
        ("x = x\nrevision = 'a'\ndown_revision = x", "down_revision", False),
    ],
)
def test_what_cannot_be_read_is_said(content, field, certain):
    found = header(content + "\n")
    assert [(problem.field, problem.certain) for problem in found.problems] == [(field, certain)]
    assert found.has_problem(field)


@pytest.mark.parametrize("content", ["", "x = 1", "revision: str", "def revision(): pass", "import revision"])
def test_no_revision_file(content):
    assert read_header(module_of(content)) is None


@pytest.mark.parametrize(
    ("line", "names", "disagrees"),
    [
        ("Revises: b", ("b",), False),
        ("Revises: b, c", ("b", "c"), True),
        ("Revises: ('b', 'c')", ("b", "c"), True),
        ("Revises: ", (), True),
        ("Revises: None", (), True),
        ("nothing", None, False),
    ],
)
def test_what_the_docstring_says_it_revises(line, names, disagrees):
    found = header(f'"""m\n\n{line}\n"""\nrevision = "a"\ndown_revision = "b"\n')
    assert found.docstring_revises == names
    assert found.docstring_disagrees is disagrees


def test_docstring_without_a_message():
    assert header('"""\n\nRevision ID: a\n"""\nrevision = "a"\ndown_revision = None\n').message == ""


def test_place_of_a_docstring_line():
    module = module_of(TYPICAL)
    span = docstring_line(module, "Revises")
    assert span is not None
    assert module.text(span) == "0a0b0c0d0e0f"
    assert docstring_line(module, "Unsaid") is None
    assert docstring_line(module_of("x = 1\n"), "Revises") is None


def test_hostile_values_are_answers():
    joined = " + ".join(["'b'"] * 900)
    assert header(f"revision = 'a'\ndown_revision = {joined}\n").down_revisions == ("b" * 900,)
    chain = "".join(f"n{at} = n{at - 1}\n" for at in range(1, 500))
    found = header(f"n0 = 'x'\n{chain}revision = 'a'\ndown_revision = n499\n")
    assert found.has_problem("down_revision")
    assert header("revision = '\\ud800'\ndown_revision = None\n").revision == "\ud800"


@pytest.mark.parametrize(
    ("below", "found"),
    [
        ("def upgrade():\n    print 'python 2'\n", True),
        ("def upgrade():\n    op.add_column(\n\ndef downgrade():\n    pass\n", True),
        ("def upgrade(\n", True),
        ('def upgrade():\n  """never closed\n', True),
        ("def upgrade():\n    print 'x'\n\ndepends_on = 'd'\n", False),
        ("depends_on = (\n", False),
    ],
)
def test_header_above_what_is_broken(below, found):
    source = SourceText(TYPICAL + "\n\n" + below)
    problem = parse(source)
    assert isinstance(problem, SyntaxProblem)
    above = read_header_above(source, problem)
    assert above == (header(TYPICAL) if found else None)


@pytest.mark.parametrize(
    "content", ["(", "revision = 'a'\n(", "revision = (\ndown_revision = None\n", "x = 1\ny = (\n"]
)
def test_broken_header(content):
    source = SourceText(content)
    problem = parse(source)
    assert isinstance(problem, SyntaxProblem)
    assert read_header_above(source, problem) is None
