"""Attacks by a repository: on whoever checks it, through what git would run, follow or wait for."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from e2e.cli.project import ONLY, environment, make
from real_git import Git

ARGUMENTS = ("check", *ONLY, "--no-cache", "--output-format", "concise")


@pytest.fixture
def git(tmp_path):
    git = Git(tmp_path / "repo")
    make(git.root)
    git.commit()
    return git


def check(git, *arguments, **more):
    """A check that may take neither long nor much memory."""
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)); "
        if os.name == "posix"
        else "import sys; "
    )
    code = limited + "sys.argv[0] = 'foreshot'; from foreshot.__main__ import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-I", "-c", code, *ARGUMENTS, *arguments],
        cwd=git.root,
        env={**environment(), **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def canary(tmp_path):
    """A program that leaves a mark, and the mark."""
    mark, program = tmp_path / "mark", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\ncat\n")
    program.chmod(0o755)
    return program, mark


@pytest.mark.parametrize("key", ["filter.evil.clean", "filter.evil.process", "diff.evil.command", "core.fsmonitor", "core.hooksPath", "core.sshCommand"])  # fmt: skip
def test_configured_programs(git, canary, key):
    program, mark = canary
    git.write({".gitattributes": "*.py filter=evil diff=evil\n"})
    git("config", key, str(program))
    (git.root / "migrations/versions/2b_index.py").touch()
    ran = check(git, "--changed-since", "HEAD")
    assert ran.returncode == 0, ran.stderr
    assert not mark.exists()


def test_an_embedded_bare_repository(git, canary):
    """What a plain clone brings along: `versions/` is a bare repository whose configuration names programs."""
    program, mark = canary
    versions = "migrations/versions"
    git.write(
        {
            f"{versions}/HEAD": "ref: refs/heads/main\n",
            f"{versions}/config": f'[core]\n\tworktree = .\n\tbare = false\n\tfsmonitor = {program}\n[filter "evil"]\n\tclean = {program}\n',
            f"{versions}/.gitattributes": "*.py filter=evil\n",
            f"{versions}/objects/.keep": "",
            f"{versions}/refs/.keep": "",
        }
    )
    ran = check(git, "--changed-since", "HEAD", f"{versions}/2b_index.py")
    assert not mark.exists()
    # The commit is looked for in the repository around, where it is; the file was named, so it is reviewed.
    assert "blocking-index" in ran.stdout, ran.stderr


def test_the_environment_does_not_count(git, canary, tmp_path):
    program, mark = canary
    other = Git(tmp_path / "other")
    other.commit({"x": "x"})
    ran = check(
        git,
        GIT_DIR=str(other.root / ".git"),
        GIT_WORK_TREE=str(other.root),
        GIT_TRACE=str(mark),
        GIT_EXTERNAL_DIFF=str(program),
        GIT_CONFIG_COUNT="1",
        GIT_CONFIG_KEY_0="core.fsmonitor",
        GIT_CONFIG_VALUE_0=str(program),
        PATH=f"{git.root}{os.pathsep}{os.environ['PATH']}",
    )
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "0 new of 2." in ran.stderr
    assert not mark.exists()


@pytest.mark.parametrize("kind", ["fifo", "zero"])
@pytest.mark.parametrize("place", ["HEAD", "packed-refs", "config", "index", "refs/heads/main", "objects/info/alternates", "shallow", "commondir"])  # fmt: skip
def test_nothing_waits_and_nothing_grows(git, place, kind):
    path = git.root / ".git" / place
    path.unlink(missing_ok=True)
    if kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    ran = check(git)
    assert ran.returncode in (0, 1), ran.stderr
    assert "Traceback" not in ran.stderr
    # Either the base was read all the same, or it is said that it was not.
    assert "0 new of 2." in ran.stderr or "cannot be compared" in ran.stderr or "blocking-index" in ran.stdout


def test_an_object_that_is_a_pipe(git):
    head = git("rev-parse", "HEAD")
    path = git.root / f".git/objects/{head[:2]}/{head[2:]}"
    path.unlink()
    os.mkfifo(path)
    ran = check(git)
    assert "cannot be compared" in ran.stderr
    assert "blocking-index" in ran.stdout


def test_an_index_of_hostile_length(git):
    """Version 4 of the index can say in four bytes what takes gigabytes; nobody reads it."""
    entry = b"\0" * 62 + b"\xff\xff\xff\x7f" + b"a" * 10 + b"\0"
    (git.root / ".git/index").write_bytes(
        b"DIRC" + (4).to_bytes(4, "big") + (1 << 20).to_bytes(4, "big") + entry * 50_000
    )
    assert "0 new of 2." in check(git).stderr


def test_a_file_that_leads_elsewhere(git, tmp_path):
    place = tmp_path / "place"
    make(place)
    (place / ".git").write_text(f"gitdir: {git.root}/.git\n")
    elsewhere = Git(place, init=False)
    ran = check(elsewhere)
    assert "does not lead back" in ran.stderr
    assert "blocking-index" in ran.stdout
