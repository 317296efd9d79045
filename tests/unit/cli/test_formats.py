"""What each format writes for the same findings, to the letter, and what holds for all of them."""

import io
import itertools
import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from foreshot.cli.console import Console
from foreshot.cli.formats import FORMATS, format_named, write
from foreshot.cli.formats.full import summary
from foreshot.cli.listing import Findings
from foreshot.lint.report import Offer
from foreshot.text import SourceText
from unit.cli.fakes import FOLDER, PLAIN, VERSIONS, FakeProject, report, sample
from unit.cli.sarif_shape import problems_of

GOLDEN = Path(__file__).with_name("golden")


def written(name, projects=None, *, colour=False, columns=100):
    stream = io.StringIO()
    findings = Findings(sample() if projects is None else projects, FOLDER)
    write(format_named(name)(findings, Console(stream, colour=colour, columns=columns)))
    return stream.getvalue()


def said(projects):
    findings = Findings(projects, FOLDER)
    return summary(findings.tally(), findings.files)


@pytest.mark.parametrize("name", FORMATS)
def test_golden(name):
    """`FORESHOT_WRITE_GOLDEN=1 pytest …` writes them anew: read the difference before you commit it."""
    text = written(name)
    if name == "sarif":
        # What is said of a rule is the rule's business.
        log = json.loads(text)
        driver = log["runs"][0]["tool"]["driver"]
        driver["rules"] = [{"id": rule["id"]} for rule in driver["rules"]]
        text = json.dumps(log, indent=2) + "\n"
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("FORESHOT_WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8", newline="")
    assert text == golden.read_bytes().decode()


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_steers_a_terminal(name):
    for character in written(name):
        assert character == "\n" or character.isprintable(), hex(ord(character))


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_found(name):
    text = written(name, [FakeProject([], {}, files=1)])
    if name == "full":
        assert text == "No problems in 1 revision.\n"
    elif name in ("json", "gitlab"):
        assert json.loads(text) == []
    elif name == "sarif":
        assert json.loads(text)["runs"][0]["results"] == []
    elif name == "junit":
        [suite] = ElementTree.fromstring(text)
        assert [suite.attrib["failures"], len(suite)] == ["0", 1]
    elif name == "markdown":
        assert "Nothing was found in them." in text
    else:
        assert text == ""


def test_junit_counts_what_fails():
    suites = ElementTree.fromstring(written("junit"))
    assert suites.tag == "testsuites"
    for suite in suites:
        assert int(suite.attrib["tests"]) == len(suite)
        assert int(suite.attrib["failures"]) == sum(case.find("failure") is not None for case in suite)
    assert sum(len(suite) for suite in suites) == len(json.loads(written("json")))


def test_nothing_in_a_comment_is_more_than_text():
    text = written("markdown")
    assert text.startswith("<!-- foreshot")
    assert not re.search(r"(?<!\\)<(?!!-- foreshot)|(?<!\\)@|(?<!\\)!\[|(?<!\\)\]\(", text)


def test_a_comment_has_an_end():
    found = [report(PLAIN, f"{VERSIONS}/{number}.py", "op.create_index") for number in range(900)]
    text = written("markdown", [FakeProject(found, {})])
    assert len(text) < 65_536
    assert re.search(r"\d+ more problems are in the log", text)


def test_colours_change_nothing_but_colours():
    coloured = written("full", colour=True)
    assert coloured != written("full")
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == written("full")


@pytest.mark.parametrize("columns", [40, 60, 120])
def test_full_keeps_to_the_width(columns):
    from foreshot.cli.text import width

    for line in written("full", columns=columns).splitlines():
        # A path is one word, and stays one.
        if "-->" not in line and "/" not in line and not line.startswith("Found"):
            assert width(line) <= columns, line


@pytest.mark.parametrize("columns", [40, 60, 100])
def test_carets_stand_under_their_range(columns):
    """Measured in cells: what stands above the carets is the range, or the beginning of it where that is clipped."""
    from foreshot.cli.text import cells

    texts = {
        "'用户'",
        "op.create_index",
        "DROP TABLE users",
        "e\u0301tat /* \ufffd[2J\ufffdgnihton",
        "nullable=False,",
        ")",
        "context",
    }
    lines = written("full", columns=columns).splitlines()
    found = set()
    for above, line in itertools.pairwise(lines):
        if match := re.fullmatch(r" *\| ( *)(\^+)", line):
            laid = cells(above)
            chosen = [
                character
                for character, column in zip(laid.shown, laid.columns, strict=False)
                if match.start(2) <= column < match.end(2)
            ]
            found.add("".join(chosen))
    assert {text for text in texts if len(text) < columns - 20} <= found
    assert all(any(text.startswith(part.rstrip("…")) for text in texts) for part in found)


def test_json_contract():
    first = json.loads(written("json"))[1]
    assert list(first) == [
        "rule", "severity", "message", "path", "location", "end_location", "revision", "function", "operation", "table",
        "object", "dialects", "certainty", "related", "fixes",
    ]  # fmt: skip
    assert first["path"] == "migrations/versions/1a2b3c_add_index.py"
    assert first["location"] == {"row": 8, "column": 5}
    assert first["end_location"] == {"row": 8, "column": 20}
    assert first["dialects"] == ["postgresql"]
    assert first["related"] == [
        {
            "path": "migrations/versions/2b_odd.py",
            "location": {"row": 1, "column": 1},
            "message": "`users` was created here",
        }
    ]
    assert first["fixes"][0] == {
        "title": "Create the index concurrently",
        "safety": "unsafe",
        "edits": [
            {
                "path": "migrations/versions/1a2b3c_add_index.py",
                "location": {"row": 8, "column": 5},
                "end_location": {"row": 8, "column": 5},
                "text": "with x:\n        ",
            }
        ],
        "creates": [{"path": "migrations/versions/4d_new.py", "text": "# new\n"}],
    }


def test_json_says_null_for_what_does_not_apply():
    found = json.loads(written("json"))[0]
    assert [found[key] for key in ("revision", "function", "operation", "table", "object", "dialects")] == [
        None
    ] * 6


def test_json_is_ordered_by_path_then_position():
    places = [
        (item["path"], item["location"]["row"], item["location"]["column"])
        for item in json.loads(written("json"))
    ]
    assert places == sorted(places)


def test_a_refused_fix_is_no_fix():
    from foreshot.workspace.resolve import ResolvedFix

    source = SourceText("x = 1\n")
    found = report(source, f"{VERSIONS}/a.py", "x", offers=(Offer("Mend it", "safe"),))
    project = FakeProject(
        [found], {found.path: source}, {found.key: [ResolvedFix("Mend it", "safe", refused="too deep")]}
    )
    assert json.loads(written("json", [project]))[0]["fixes"] == []
    assert "fixes" not in json.loads(written("sarif", [project]))["runs"][0]["results"][0]


def test_sarif_has_the_shape_of_the_standard():
    assert problems_of(json.loads(written("sarif"))) == []


def test_fingerprints_survive_a_move():
    def marks(source):
        path = f"{VERSIONS}/a.py"
        # Two findings with one key: told apart by their order.
        reports = [report(source, path, text, key="same") for text in ("one", "two")]
        projects = [FakeProject(reports, {path: source})]
        gitlab = [issue["fingerprint"] for issue in json.loads(written("gitlab", projects))]
        results = json.loads(written("sarif", projects))["runs"][0]["results"]
        return gitlab, [result["partialFingerprints"] for result in results]

    gitlab, sarif = marks(SourceText("one\ntwo\n"))
    assert (gitlab, sarif) == marks(SourceText("# a line more\n\none\ntwo\n"))
    assert len(set(gitlab)) == 2


def test_github_commands_cannot_be_forged():
    source = SourceText("x = 1\n")
    evil = report(
        source, f"{FOLDER}/a,line=1::b.py", "x", message="100%\n::error::forged\r::stop-commands::x %0A"
    )
    (line,) = written("github", [FakeProject([evil], {})]).splitlines()
    command, _, data = line.removeprefix("::").partition("::")
    assert "file=a%2Cline=1%3A%3Ab.py" in command
    assert data.endswith("100%25 ::error::forged ::stop-commands::x %250A")


@pytest.mark.parametrize(
    ("severities", "offers", "expected"),
    [
        (["warning"], (), "Found 1 problem (1 warning) in 1 of 3 revisions."),
        (
            ["error", "warning", "warning"],
            (Offer("a", "unsafe"),),
            "Found 3 problems (1 error, 2 warnings) in 1 of 3 revisions; 3 fixable with --unsafe-fixes.",
        ),
        (
            ["hint", "hint"],
            (Offer("a", "unsafe"), Offer("b", "safe")),
            "Found 2 problems (2 hints) in 1 of 3 revisions; 2 fixable with --fix.",
        ),
    ],
)
def test_summary(severities, offers, expected):
    source = SourceText("abc")
    reports = [
        report(source, f"{VERSIONS}/a.py", "abc"[at], severity=severity, offers=offers, revision="a")
        for at, severity in enumerate(severities)
    ]
    assert said([FakeProject(reports, {})]) == expected


def test_summary_counts_other_files_apart():
    source = SourceText("abc")
    project = FakeProject([report(source, f"{FOLDER}/alembic.ini", "a")], {})
    assert said([project]) == "Found 1 problem (1 warning) in 1 file."
    assert said(sample()) == (
        "Found 6 problems (2 errors, 2 warnings, 1 information, 1 hint) in 3 of 4 revisions and 1 other file;"
        " 1 fixable with --fix."
    )


@pytest.mark.parametrize("name", FORMATS)
def test_a_secret_is_not_shown(name):
    path, source = (
        f"{FOLDER}/alembic.ini",
        SourceText("sqlalchemy.url = postgresql://shop:q8-hidden@db/shop\n"),
    )
    found = report(source, path, "q8-hidden", rule="credentials-in-ini", key="url", secret=True)
    text = written(name, [FakeProject([found], {path: source})])
    assert "q8-hidden" not in text
