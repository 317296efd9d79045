"""The exit status is a contract: 0 nothing, 1 findings, 2 everything else."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from e2e.cli.project import ONLY, environment, make, run


@pytest.fixture
def project(tmp_path):
    make(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ((), 1),
        (("--exit-zero",), 0),
        (("--fail-level", "error"), 0),
        (("--fail-level", "hint"), 1),
        (("--since", "2b3c4d5e6f70"), 0),
        (("--since", "1a2b3c4d5e6f"), 1),
        (("--output-format", "json"), 1),
        (("--statistics",), 1),
        (("migrations/versions/1a_users.py",), 0),
        (("migrations/versions/2b_index.py",), 1),
        (("migrations",), 1),
    ],
)
def test_findings(project, arguments, status):
    ran = run(project, "check", *ONLY, *arguments)
    assert ran.returncode == status, ran.stdout + ran.stderr
    assert ran.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "--no-such-option"), "No such option"),
        (("check", "nowhere"), "'nowhere' does not exist"),
        (("check", "--select", "blocking-indx"), "Did you mean blocking-index"),
        (("check", "--ignore", "zzzz"), "There is no rule 'zzzz'. `foreshot rules` lists them all."),
        (("check", "--dialect", "dbase"), "--dialect does not know 'dbase'"),
        (("check", "--since", "ffff"), "ffff"),
        (("check", "--output-format", "xml"), "'xml' is not one of"),
        (("check", "--fix", "--diff"), "choose one"),
        (("check", "empty"), "No Alembic project found in empty."),
        (("check", "--changed-since", "HEAD"), "git"),
        (("explain", "blocking_indx"), "Did you mean blocking-index"),
        (("graph", "empty"), ""),
        (("chekc",), "Did you mean check?"),
        (("-v", "server"), "foreshot server"),
    ],
)
def test_wrong_requests(project, arguments, said):
    # Beside the project, not in it: a folder of a project belongs to that project.
    (project / "empty").mkdir()
    folder = project
    if "empty" in arguments:
        folder = project / "elsewhere"
        (folder / "empty").mkdir(parents=True)
        (folder / ".git").mkdir()
    ran = run(folder, *arguments)
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""


def test_no_project_here_is_no_error(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "notes.py").write_text("x = 1\n")
    for arguments in ((), (".",), ("notes.py",)):
        ran = run(tmp_path, "check", *arguments)
        assert ran.returncode == 0, arguments
        assert "No Alembic project found" in ran.stderr


CRASH = """
import sys
import foreshot.cli.check as module
def fail(*_):
    raise ValueError("bad\\x1b[31m\\nluck")
module.check = fail
sys.argv = ["foreshot", "check"]
from foreshot.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize("debug", [False, True])
def test_a_failure_of_ours_is_one_line_and_2(project, debug):
    env = environment(FORESHOT_DEBUG="1") if debug else environment()
    ran = subprocess.run(
        [sys.executable, "-c", CRASH], cwd=project, env=env, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    last = ran.stderr.splitlines()[-1]
    assert last.startswith("error: Foreshot itself failed: ValueError: bad\ufffd[31m luck.")
    assert ("Traceback" in ran.stderr) == debug
    assert ("FORESHOT_DEBUG=1" in last) != debug


def test_overview_lists_every_command(tmp_path):
    ran = run(tmp_path, "--help")
    assert ran.returncode == 0
    for name in ("check", "explain", "rules", "graph", "server"):
        assert f"\n  {name} " in ran.stdout
        shown = run(tmp_path, name, "--help")
        assert shown.returncode == 0
        assert shown.stdout.startswith(f"Usage: foreshot {name} ")
    version = run(tmp_path, "--version")
    assert version.stdout.startswith("foreshot ")


@pytest.mark.parametrize("arguments", [(), ("--output-format", "json"), ("--output-format", "sarif")])
def test_output_that_cannot_be_written_is_no_crash(project, arguments):
    with Path("/dev/full").open("w") as out:
        ran = started(project, "check", *arguments, stdout=out)
        assert ran.returncode == 2
        assert ran.stderr == "error: The output could not be written: No space left on device.\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_are_no_crash(project, closed):
    line = f'exec "$0" -m foreshot check --select blocking-index --dialect postgresql {closed}'
    ran = subprocess.run(
        ["sh", "-c", line, sys.executable],
        cwd=project,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert "failed" not in ran.stderr


def test_a_current_folder_that_is_gone_is_said(tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    line = 'rmdir "$PWD" && exec "$0" -m foreshot check'
    ran = subprocess.run(
        ["sh", "-c", line, sys.executable],
        cwd=folder,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (2, "error: The current folder is not there any more.\n")


def test_endless_input_has_an_end(project):
    with Path("/dev/zero").open("rb") as endless:
        ran = started(project, "check", "--stdin-filename", "migrations/versions/3c.py", stdin=endless)
    assert ran.returncode == 2
    assert "it is larger than" in ran.stderr


@pytest.mark.parametrize("form", ["full", "json", "junit"])
def test_a_version_folder_that_cannot_be_listed_is_no_success(project, form):
    versions = project / "migrations/versions"
    shutil.rmtree(versions)
    versions.write_text("", encoding="utf-8")
    ran = run(project, "check", "--output-format", form)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "error: migrations/versions cannot be listed: what is in it was not checked.\n"


def started(folder: Path, *arguments: str, **given: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "foreshot", *arguments]
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, **given}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
        timeout=60,
        **streams,
    )
