"""Places of TOML keys and values, held against tomllib's values."""

from hypothesis import given
from hypothesis import strategies as st

from foreshot.project.toml import TomlFile, TomlProblem, read_toml
from foreshot.text import SourceText, Span

TEXT = '''\
title = "a # b" # comment
[tool.foreshot]
select = [
    "one", # first
    'two',
]
severity = { "one" = "error", two = "hint" }
[tool.foreshot.per-file-ignores]
"versions/0*" = ["x"]
dotted."key" = 5
text = """
[no.table]
x = 1"""
[[hooks]]
name = 1
[[hooks]]
name = 2
'''


def at(toml, *path, key=False):
    span = toml.key_span(*path) if key else toml.value_span(*path)
    return TEXT[span.start : span.end]


def test_places():
    toml = read_toml(SourceText(TEXT))
    assert isinstance(toml, TomlFile)
    tool = ("tool", "foreshot")
    assert at(toml, "title") == '"a # b"'
    assert at(toml, *tool, "select", 1) == "'two'"
    assert at(toml, *tool, "severity", "one", key=True) == '"one"'
    assert at(toml, *tool, "severity", "two") == '"hint"'
    assert at(toml, *tool, "per-file-ignores", "versions/0*", 0) == '"x"'
    assert at(toml, *tool, "per-file-ignores", "dotted", "key") == "5"
    assert at(toml, "hooks", 1, "name") == "2"
    assert ("no", "table") not in toml.entries
    assert at(toml, *tool, "select", 7) == at(toml, *tool, "select")


def test_a_broken_file_is_a_problem_at_its_place():
    problem = read_toml(SourceText("a = 1\nb = = 2\n"))
    assert isinstance(problem, TomlProblem)
    assert problem.span == Span(10, 13)


@given(st.text(alphabet="ab\"'[]{}=.,#\\\n \r1", max_size=60))
def test_never_raises(text):
    read_toml(SourceText(text))
    read_toml(SourceText(f"a = [{text}]\n"))
