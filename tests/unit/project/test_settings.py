"""Settings from files and editors: what is wrong is said at its place, and everything else holds."""

from pathlib import Path

import msgspec
import pytest

from foreshot.project import paths, settings_keys
from foreshot.project import settings as module
from foreshot.project.files import Files
from foreshot.project.settings import Settings, load_settings, matcher, schema_text, settings_from_options
from foreshot.text import SourceText

ROOT = str(Path("/work").absolute())


def load(tree, folder="app/db"):
    files = Files({paths.join(ROOT, path): SourceText(text) for path, text in tree.items()})
    return load_settings(files, paths.join(ROOT, folder), ROOT)


FULL = """\
select = ["one", "two"]
ignore = ["three"]
severity = { four = "error" }
dialect = ["postgresql", "sqlite"]
server-version = { postgresql = 16, sqlite = "3.40" }
since = "abc"
per-file-ignores = { "versions/0*" = ["five"] }
exclude = ["old/"]
models = ["app/**/models.py"]
large-tables = ["events_*"]
small-tables = ["countries"]
fail-level = "error"
"""


def test_every_key_is_read_wherever_it_stands():
    found = load({"foreshot.toml": FULL})
    in_pyproject = load({"pyproject.toml": "[tool.foreshot]\n" + FULL})
    assert found.problems == in_pyproject.problems == ()
    assert found.settings == in_pyproject.settings
    assert found.settings == Settings(
        select=("one", "two"),
        ignore=("three",),
        severity={"four": "error"},
        dialect=("postgresql", "sqlite"),
        server_version={"postgresql": "16", "sqlite": "3.40"},
        since="abc",
        per_file_ignores={"versions/0*": ("five",)},
        exclude=("old/",),
        models=("app/**/models.py",),
        large_tables=("events_*",),
        small_tables=("countries",),
        fail_level="error",
    )
    assert [FULL[rule.span.start : rule.span.end].strip("\"'") for rule in found.rules] == [
        "one",
        "two",
        "three",
        "four",
        "five",
    ]
    assert {key.field for key in settings_keys.KEYS} == set(Settings.__struct_fields__)


def test_the_nearest_file_counts():
    near = {
        "app/pyproject.toml": '[tool.foreshot]\nsince = "near"\n',
        "pyproject.toml": '[tool.foreshot]\nsince = "far"\n',
    }
    assert load(near).settings.since == "near"
    assert load(near | {"app/db/pyproject.toml": "[tool.other]\n"}).settings.since == "near"
    assert load(near | {"app/foreshot.toml": 'since = "own"\n'}).settings.since == "own"
    assert load(near, folder="").settings.since == "far"
    assert load({}).path is None


@pytest.mark.parametrize(
    ("text", "place", "kind"),
    [
        ('selct = ["a"]', "selct", "unknown-key"),
        ('select = "a"', '"a"', "wrong-value"),
        ('select = ["a", 1]', "1", "wrong-value"),
        ('fail-level = "fatal"', '"fatal"', "wrong-value"),
        ('severity = { a = "x" }', '"x"', "wrong-value"),
        ('dialect = "postgres"', '"postgres"', "wrong-value"),
        ('dialect = ["sqlite", "db2"]', '"db2"', "wrong-value"),
        ('dialect = "mysql"\nserver-version = 10.10', "10.10", "wrong-value"),
        ("server-version = 16", "16", "wrong-value"),
        ('dialect = "mysql"\nserver-version = "new"', '"new"', "wrong-value"),
        ('per-file-ignores = { "a" = "b" }', '"b"', "wrong-value"),
    ],
)
def test_a_wrong_value_is_a_problem_at_its_place(text, place, kind):
    found = load({"foreshot.toml": text + '\nsince = "abc"\n'})
    (problem,) = found.problems
    assert (text[problem.span.start : problem.span.end], problem.kind) == (place, kind)
    assert found.settings.since == "abc"
    assert found.settings.fail_level == "warning"


def test_a_broken_file_is_one_problem_and_defaults():
    found = load({"foreshot.toml": "select = ["})
    assert [problem.kind for problem in found.problems] == ["syntax"]
    assert found.settings == Settings()


def test_an_editors_options():
    base = Settings(ignore=("a",), dialect=("mysql",))
    found, problems = settings_from_options(
        {"serverVersion": "8.0", "failLevel": "hint", "select": None, "trace": 1, "large-tables": []},
        base,
        frozenset({"trace"}),
    )
    assert found == Settings(
        ignore=("a",), dialect=("mysql",), server_version={"mysql": "8.0"}, fail_level="hint"
    )
    assert ["large-tables" in problem.message for problem in problems] == [True]


def test_globs_are_those_of_gitignore():
    matches = matcher(("old/", "*_data.py", "!keep_data.py"), ROOT)
    for path, expected in (
        ("old/a.py", True),
        ("x/y_data.py", True),
        ("keep_data.py", False),
        ("a.py", False),
    ):
        assert matches(paths.join(ROOT, path)) is expected, path
    assert not matches(paths.parent(ROOT))


def test_the_schema_file_is_current():
    path = Path(module.__file__).with_name("settings.schema.json")
    assert path.read_text("utf-8") == schema_text(), "write schema_text() to it"
    properties = msgspec.json.decode(schema_text())["properties"]
    assert list(properties) == [key.name for key in settings_keys.KEYS]
