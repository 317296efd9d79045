"""``--fix`` and ``--diff`` after the repairs were computed."""

import io
import re
import shutil
import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from foreshot.cli.console import Console
from foreshot.cli.fixing import apply, differences, told
from foreshot.lint.finding import NewFile
from foreshot.text import SourceText
from foreshot.workspace.rounds import Applied
from unit.cli.fakes import report


def outcome(files, creates=(), applied=()) -> Any:
    return SimpleNamespace(
        left_out=0,
        files={str(path): (SourceText(old), new) for path, (old, new) in files.items()},
        creates=[NewFile(str(path), text) for path, text in creates],
        applied=applied,
    )


def applied(found, title, *paths):
    return Applied(found, title, frozenset(map(str, paths)))


def console(colour=False) -> Any:
    return Console(io.StringIO(), colour=colour, columns=100)


def diff(tmp_path, files, creates=(), colour=False):
    out = console(colour)
    any_changes = differences(outcome(files, creates), str(tmp_path), out)
    return any_changes, out.stream.getvalue()


def test_diff(tmp_path):
    any_changes, text = diff(
        tmp_path, {tmp_path / "a.py": ("one\ntwo\n", "one\n2\n")}, [(tmp_path / "b.py", "new\n")]
    )
    assert any_changes
    assert text == (
        "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"
        "--- /dev/null\n+++ b/b.py\n@@ -0,0 +1 @@\n+new\n"
    )  # fmt: skip


def test_no_diff(tmp_path):
    assert diff(tmp_path, {}) == (False, "")
    assert diff(tmp_path, {tmp_path / "a.py": ("x\n", "x\n")}) == (False, "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n"),
        ("a\nb", "a\nB"),
        ("a\nb", "a\nb\n"),
        ("a\nb\n", "a\nb"),
        ("\tx = 'ü'\n用户\n", "\ty = 'ü'\n用户\n"),
        ("a\n\n\nb\n", "a\n\nb\n"),
    ],
)
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_diff_is_a_patch(tmp_path, old, new):
    path = tmp_path / "a.py"
    path.write_bytes(old.encode())
    _, text = diff(tmp_path, {path: (old, new)}, [(tmp_path / "folder/b.py", "new")])
    subprocess.run(["git", "apply", "-"], input=text.encode(), cwd=tmp_path, check=True)
    assert path.read_bytes() == new.encode()
    assert (tmp_path / "folder/b.py").read_bytes() == b"new"


def test_diff_steers_nothing(tmp_path):
    old = "a \x1b[31m \u202e\n  ::error::x\nb ##[x]\n"
    _, text = diff(tmp_path, {tmp_path / "a.py": (old, old + "c\n")})
    assert " a \ufffd[31m \ufffd\n" in text
    assert "   \ufffd:error::x\n" in text
    assert "##[" not in text


def test_diff_in_colour(tmp_path):
    files = {tmp_path / "a.py": ("one\ntwo", "one\n2\n")}
    _, plain = diff(tmp_path, files)
    _, coloured = diff(tmp_path, files, colour=True)
    assert "\x1b[31m-two\x1b[0m\n" in coloured
    assert "\x1b[32m+2\x1b[0m\n" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


def test_apply(tmp_path):
    source = SourceText("one\n")
    path, new = tmp_path / "a.py", tmp_path / "b.py"
    path.write_text("one\n")
    found = report(source, str(path), "one")
    done = [applied(found, "Make it two", path), applied(found, "Make it two", path)]
    done.append(applied(found, "Also this", path, new))
    out = console()
    assert apply(outcome({path: ("one\n", "two\n")}, [(new, "new\n")], done), str(tmp_path), out)
    assert path.read_text() == "two\n"
    assert new.read_text() == "new\n"
    assert out.stream.getvalue() == (
        "Fixed 3 problems:\n  a.py\n    [blocking-index] Make it two (2 times)\n    [blocking-index] Also this\n  b.py (new)\n\n"
    )


def test_nothing_to_apply(tmp_path):
    out = console()
    assert apply(outcome({}), str(tmp_path), out)
    assert out.stream.getvalue() == ""


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path, capsys):
    source = SourceText("one\n")
    path, other = tmp_path / "a.py", tmp_path / "b.py"
    path.write_text("meanwhile\n")
    other.write_text("one\n")
    done = [applied(report(source, str(where), "one"), "Make it two", where) for where in (path, other)]
    out = console()
    assert not apply(
        outcome({path: ("one\n", "two\n"), other: ("one\n", "two\n")}, (), done), str(tmp_path), out
    )
    assert path.read_text() == "meanwhile\n"
    assert other.read_text() == "two\n"
    assert "Fixed 1 problem:\n  b.py\n" in out.stream.getvalue()
    assert capsys.readouterr().err == "error: a.py: the file has changed since it was read\n"


def test_files_that_are_changed_together_are_written_together(tmp_path, capsys):
    source = SourceText("one\n")
    path, other, new = tmp_path / "a.py", tmp_path / "b.py", tmp_path / "c.py"
    path.write_text("meanwhile\n")
    other.write_text("one\n")
    done = [applied(report(source, str(other), "one"), "Make both two", path, other, new)]
    out = console()
    both = {path: ("one\n", "two\n"), other: ("one\n", "two\n")}
    assert not apply(outcome(both, [(new, "new\n")], done), str(tmp_path), out)
    assert other.read_text() == "one\n"
    assert not new.exists()
    assert out.stream.getvalue() == ""
    assert "a.py" in capsys.readouterr().err


def test_told(tmp_path):
    one = outcome({tmp_path / "a.py": ("a", "b")}, [(tmp_path / "b.py", "")], [None])
    assert told(one) == "Would fix 1 problem in 2 files."
    one.left_out = 1
    assert told(one).endswith(
        " 1 repair was left out: it would leave its problem as it is, or bring up a worse one."
    )
