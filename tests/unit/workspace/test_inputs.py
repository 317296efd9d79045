"""What cannot be read is said, whatever kind of file it is, and only where it really cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from foreshot.lint.report import Report
from foreshot.workspace.session import Session
from unit.ide.world import revision, session

CONFLICT = "<<<<<<< HEAD\n{}=======\n{}>>>>>>> other\n"
BOM = "\ufeff"


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESHOT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


def told(made: Session, path: Path, rule: str = "syntax-error") -> list[Report]:
    return [report for report in made.world.reports(str(path)) if report.rule == rule]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("m/env.py", "from alembic import (\n", "Alembic cannot load env.py: '(' was never closed."),
        (
            "m/env.py",
            CONFLICT.format("a = 1\n", "a = 2\n"),
            "Alembic cannot load env.py: unresolved merge conflict.",
        ),
        ("m/script.py.mako", "x = ${message\n", "Alembic cannot load this template: a ${ is not closed."),
    ],
)
def test_what_all_revisions_share(tmp_path: Path, name: str, text: str, said: str) -> None:
    folder = tmp_path.resolve()
    made = session(folder, {"m/versions/1.py": revision("a1"), name: text})
    [report] = told(made, folder / name)
    assert report.message == said
    # And in an editor, as soon as it is mended.
    made.set_text(str(folder / name), "from alembic import context\n")
    assert told(made, folder / name) == []


def test_a_template_that_only_mako_can_render_is_no_problem(tmp_path: Path) -> None:
    folder = tmp_path.resolve()
    made = session(folder, {"m/versions/1.py": revision("a1"), "m/script.py.mako": "<%inherit file='x'/>\n"})
    assert told(made, folder / "m/script.py.mako") == []


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_merge_conflict_is_called_one_and_no_comment_silences_it(tmp_path: Path, end: str) -> None:
    folder = tmp_path.resolve()
    path = folder / "m/versions/1.py"
    text = revision("a1").replace("    pass\n", CONFLICT.format("    pass\n", "    print()\n"), 1)
    made = session(folder, {"m/versions/1.py": revision("a1")})
    made.set_text(str(path), ("# foreshot: ignore-file[syntax-error] later\n" + text).replace("\n", end))
    [report] = told(made, path)
    assert report.message == "Alembic cannot load this revision: unresolved merge conflict."
    assert report.start[0] == text.split("\n").index("<<<<<<< HEAD") + 1
    # Any other error may be silenced, and markers in a string are no conflict.
    made.set_text(str(path), "# foreshot: ignore-file[syntax-error] later\n" + revision("a1", "((("))
    assert told(made, path) == []
    made.set_text(str(path), revision("a1", f'op.execute("""\n{CONFLICT.format("", "")}""")'))
    assert told(made, path) == []


def test_a_buffer_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    folder = tmp_path.resolve()
    path = folder / "m/versions/1.py"
    text = 'from alembic import op; revision = "a1"; down_revision = None; op.drop_table("t")\n'
    text += 'def upgrade():\n    op.create_index("ix", "t", ["a"])\n\n\ndef downgrade():\n    op.drop_index("ix", "t")\n'
    made = session(folder, {"m/versions/1.py": text})
    plain = made.world.reports(str(path))
    spans = made.world.projects[0].analyses[str(path)].header
    made.set_text(str(path), BOM + text)
    marked = made.world.reports(str(path))
    assert [(report.rule, report.message) for report in marked] == [
        (report.rule, report.message) for report in plain
    ]
    header = made.world.projects[0].analyses[str(path)].header
    assert spans is not None and header is not None and header.revision == "a1"
    assert header.spans["revision"].start == spans.spans["revision"].start + 1
    [report] = [found for found in marked if found.rule == "blocking-index"]
    for fix in made.world.projects[0].fixes(report):
        assert fix.refused is None and fix.edits
