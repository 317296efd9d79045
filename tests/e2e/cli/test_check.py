"""``foreshot check`` on a project on disk."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from e2e.cli.project import INDEX, ONLY, environment, make, run


@pytest.fixture
def project(tmp_path):
    make(tmp_path)
    return tmp_path


def found(ran):
    assert ran.returncode in (0, 1), ran.stderr
    return [(item["rule"], item["path"], item["location"]["row"]) for item in json.loads(ran.stdout)]


FINDING = ("blocking-index", "migrations/versions/2b_index.py", 10)


def test_full(project):
    ran = run(project, "check", *ONLY)
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("warning[blocking-index]: ")
    assert " --> migrations/versions/2b_index.py:10:5" in "\n".join(lines)
    assert '10 |     op.create_index("ix_users_email", "users", ["email"])' in lines
    assert "   |     ^^^^^^^^^^^^^^^" in lines
    assert lines[-1] == "Found 1 problem (1 warning) in 1 of 2 revisions; 1 fixable with --unsafe-fixes."


def test_paths_are_relative_to_the_current_folder(project):
    assert found(run(project, "check", *ONLY, "--output-format", "json")) == [FINDING]
    inside = found(run(project / "migrations/versions", "check", *ONLY, "--output-format", "json"))
    assert inside == [("blocking-index", "2b_index.py", 10)]
    (project / "docs").mkdir()
    beside = found(run(project / "docs", "check", *ONLY, "--output-format", "json", ".."))
    assert beside == [("blocking-index", "../migrations/versions/2b_index.py", 10)]


@pytest.mark.parametrize("place", ["migrations", "migrations/versions", "migrations/versions/2b_index.py"])
def test_a_named_folder_keeps_the_project_around_it(project, place):
    """Settings and configuration that lie above what was named count as if the whole had been named."""
    (project / "pyproject.toml").write_text('[tool.foreshot]\nseverity = { blocking-index = "error" }\n')
    (item,) = json.loads(run(project, "check", *ONLY, "--output-format", "json", place).stdout)
    assert item["severity"] == "error"
    ran = run(project, "graph", place)
    assert ran.stdout.splitlines()[-1] == "2 revisions"


def test_json_carries_the_fix(project):
    (item,) = json.loads(run(project, "check", *ONLY, "--output-format", "json").stdout)
    (fix,) = item["fixes"]
    assert fix["safety"] == "unsafe"
    assert any("postgresql_concurrently=True" in edit["text"] for edit in fix["edits"])
    assert fix["creates"] == []


def test_standard_input_stands_for_a_file(project):
    arguments = (
        "check",
        *ONLY,
        "--output-format",
        "json",
        "--stdin-filename",
        "migrations/versions/2b_index.py",
    )
    assert found(run(project, *arguments, stdin="\n" + INDEX)) == [(*FINDING[:2], 11)]
    assert found(run(project, *arguments, stdin=INDEX.replace("op.create_index", "print"))) == []
    # A file that does not exist yet, and one that is no part of any project.
    new = ("check", *ONLY, "--output-format", "json", "--stdin-filename", "migrations/versions/3c_new.py")
    text = INDEX.replace('"2b3c4d5e6f70"', '"3c"').replace('"1a2b3c4d5e6f"', '"2b3c4d5e6f70"')
    assert found(run(project, *new, stdin=text)) == [("blocking-index", "migrations/versions/3c_new.py", 10)]
    assert found(run(project, *new[:-1], "notes.txt", stdin="x")) == []


@pytest.fixture
def repository(project):
    def git(*arguments):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
            cwd=project,
            check=True,
            capture_output=True,
        )

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    return project


def test_changed_since(repository):
    """It is another name of ``--against``: what the commit has is read, and not reviewed."""
    arguments = ("check", *ONLY, "--output-format", "json", "--changed-since", "HEAD")
    versions = repository / "migrations/versions"
    assert found(run(repository, *arguments)) == []
    (versions / "2b_index.py").write_text(f"# changed\n{INDEX}")
    assert found(run(repository, *arguments)) == []
    text = INDEX.replace('"2b3c4d5e6f70"', '"3c"').replace('"1a2b3c4d5e6f"', '"2b3c4d5e6f70"')
    (versions / "3c_näme new.py").write_text(text)
    assert [item[1] for item in found(run(repository, *arguments))] == ["migrations/versions/3c_näme new.py"]
    # From a folder below, too.
    assert len(found(run(versions, *arguments))) == 1


@pytest.mark.parametrize("reference", ["no-such-branch", "--output=canary", "HEAD\x1b[31m", ""])
def test_changed_since_what_is_no_commit(repository, reference):
    ran = run(repository, "check", f"--changed-since={reference}")
    assert ran.returncode == 2
    assert "git knows no commit" in ran.stderr
    assert "\x1b" not in ran.stderr
    assert not (repository / "canary").exists()


def test_changed_since_runs_nothing_of_the_repository(repository):
    canary = repository / "canary"
    program = repository / "program"
    program.write_text(f"#!/bin/sh\ntouch '{canary}'\ncat\n")
    program.chmod(0o755)
    (repository / ".gitattributes").write_text("*.py diff=evil\n")
    for key in ("diff.evil.command", "diff.evil.textconv", "diff.external", "core.fsmonitor", "core.pager"):
        subprocess.run(["git", "config", key, str(program)], cwd=repository, check=True)
    canary.unlink(missing_ok=True)
    (repository / "migrations/versions/2b_index.py").write_text(f"# changed\n{INDEX}")
    ran = run(
        repository,
        "check",
        *ONLY,
        "--output-format",
        "json",
        "--changed-since",
        "HEAD",
        "migrations/versions/2b_index.py",
    )
    assert found(ran) == [(*FINDING[:2], 11)]
    assert not canary.exists()


def test_statistics(project):
    ran = run(project, "check", *ONLY, "--statistics")
    assert ran.stdout.splitlines()[0].split() == ["1", "blocking-index", "warning", "fixes:", "1", "unsafe"]
    ran = run(project, "check", *ONLY, "--statistics", "--output-format", "json")
    assert json.loads(ran.stdout) == [
        {"rule": "blocking-index", "severity": "warning", "count": 1, "safe_fixes": 0, "unsafe_fixes": 1}
    ]


def test_nothing_in_the_folder_is_imported(project):
    """``python -m`` puts the current folder first on the path; what lies there is somebody else's."""
    for name in (
        "click",
        "json",
        "logging",
        "rich",
        "msgspec",
        "pathlib",
        "rapidfuzz",
        "env",
        "sitecustomize",
    ):
        (project / f"{name}.py").write_text(f"open({str(project / 'canary')!r}, 'w')\n")
    ran = run(project, "check", *ONLY)
    assert ran.returncode == 1, ran.stderr
    assert not (project / "canary").exists()


def test_output_is_free_of_what_files_say_to_terminals(project):
    call = 'op.create_index("ix_users_email", "users", ["email"])'
    evil = INDEX.replace(
        call, 'op.create_index("ix\\x1b[31m\\u202e", "users", ["email"])  # \x07\u2066 ##[error]x'
    )
    (project / "migrations/versions/2b_index.py").write_text(evil, encoding="utf-8")
    for form in ("full", "concise", "json", "sarif", "github", "gitlab"):
        ran = run(project, "check", *ONLY, "--output-format", form)
        assert ran.returncode == 1, (form, ran.stdout, ran.stderr)
        assert all(character == "\n" or character.isprintable() for character in ran.stdout), form
        assert "##[" not in ran.stdout, form


@pytest.mark.skipif(os.name == "nt", reason="signals and pipes of POSIX")
class TestPosix:
    def test_a_reader_that_leaves_changes_nothing(self, project):
        """`foreshot check | head -0`: no traceback, and the exit status is still that of the findings."""
        command = [sys.executable, "-m", "foreshot", "check", *ONLY]
        process = subprocess.Popen(
            command, cwd=project, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1

    def test_interrupted(self, project):
        command = [
            sys.executable,
            "-m",
            "foreshot",
            "check",
            "--stdin-filename",
            "migrations/versions/2b_index.py",
        ]
        process = subprocess.Popen(
            command,
            cwd=project,
            env=environment(),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        # It waits for its input by then, or is interrupted sooner, which must not matter either.
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert err.strip() == b"Interrupted."
        assert process.returncode == 130

    @pytest.mark.skipif(
        shutil.which("script") is None and sys.platform == "darwin", reason="needs a terminal"
    )
    def test_colours_on_a_terminal(self, project):
        assert "\x1b[1;33mwarning" in on_a_terminal(project, environment())
        assert "\x1b" not in on_a_terminal(project, environment(NO_COLOR="1"))
        assert "\x1b" not in on_a_terminal(project, environment(TERM="dumb"))
        assert "\x1b" in run(project, "check", *ONLY, FORCE_COLOR="1").stdout


def on_a_terminal(project, env):
    import pty

    parent, child = pty.openpty()
    env.setdefault("TERM", "xterm")
    command = [sys.executable, "-m", "foreshot", "check", *ONLY]
    process = subprocess.Popen(command, cwd=project, env={"TERM": "xterm", **env}, stdout=child, stderr=child)
    os.close(child)
    data = b""
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not part:
            break
        data += part
    os.close(parent)
    process.wait()
    return data.decode()


def test_a_revision_that_does_not_parse_keeps_its_place_in_the_graph(project):
    (project / "migrations/versions/3c_broken.py").write_text(
        INDEX.replace('"2b3c4d5e6f70"', '"3c"').replace('"1a2b3c4d5e6f"', '"2b3c4d5e6f70"') + "<<<<<<< HEAD\n"
    )
    ran = run(project, "graph")
    assert ran.stdout.splitlines()[-1] == "3 revisions"
    assert "3c (head)" in ran.stdout.splitlines()[0]


def test_sections_that_share_scripts_are_all_checked(tmp_path):
    """Each section has revisions of its own; of the env.py that all share a rule speaks once."""
    versions = make(tmp_path)
    for name in ("jobs", "pools"):
        shutil.copytree(versions, tmp_path / name)
    shutil.rmtree(versions)
    third = INDEX.replace("2b3c4d5e6f70", "3c4d5e6f7081").replace("1a2b3c4d5e6f", "2b3c4d5e6f70")
    (tmp_path / "pools/3c.py").write_text(third.replace("ix_users_email", "ix_other"))
    (tmp_path / "alembic.ini").write_text(
        "[DEFAULT]\nscript_location = migrations\n"
        "[jobs]\nversion_locations = jobs\n[pools]\nversion_locations = pools\n[loggers]\nkeys = root\n"
    )
    only = (
        "--select",
        "blocking-index,missing-lock-timeout",
        "--dialect",
        "postgresql",
        "--output-format",
        "json",
    )
    expected = [
        ("blocking-index", "jobs/2b_index.py", 10),
        ("missing-lock-timeout", "migrations/env.py", 3),
        ("blocking-index", "pools/2b_index.py", 10),
        ("blocking-index", "pools/3c.py", 10),
    ]
    for _ in range(2):
        assert sorted(found(run(tmp_path, "check", *only)), key=lambda item: item[1]) == expected
    assert [line for line in run(tmp_path, "graph").stdout.splitlines() if line in ("jobs", "pools")] == [
        "jobs",
        "pools",
    ]
    assert run(tmp_path, "graph", "pools").stdout.splitlines()[-1] == "3 revisions"
