"""Which files differ from a commit, asked of git.

The repository is one that somebody may have just cloned: nothing that its attributes name runs as a diff driver,
nothing is fetched, no lock is taken, and a git inside the folder itself is not the one that is started.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from foreshot.cli.problems import Failure
from foreshot.cli.text import one_line

_SECONDS = 60


def changed_files(reference: str, places: Iterable[str]) -> frozenset[str]:
    """Absolute paths of files that differ from ``reference`` or that git does not know, in the repositories around.

    Args:
        reference: a commit, branch or tag.
        places: absolute paths of files or folders.

    Raises:
        Failure: when there is no git, no repository, or no such commit.
    """
    git = _find_git()
    tops: dict[str, None] = {}
    for place in places:
        folder = place if Path(place).is_dir() else str(Path(place).parent)
        # Relative, so that links in the spelling of the folder stay as they are.
        up = _run(git, folder, "rev-parse", "--show-cdup").decode("utf-8", "surrogateescape").rstrip("\n")
        tops[os.path.normpath(os.path.join(folder, up))] = None  # noqa: PTH118
    found: set[str] = set()
    for top in tops:
        commit = _commit(git, top, reference)
        names = _run(
            git,
            top,
            "diff",
            "--name-only",
            "-z",
            "--no-ext-diff",
            "--no-textconv",
            "--no-renames",
            "--diff-filter=d",
            "--ignore-submodules=all",
            commit,
            "--",
        )
        names += _run(git, top, "ls-files", "--others", "--exclude-standard", "-z")
        found.update(
            os.path.normpath(os.path.join(top, os.fsdecode(name)))  # noqa: PTH118
            for name in names.split(b"\0")
            if name
        )
    return frozenset(found)


def _commit(git: str, top: str, reference: str) -> str:
    complaint = f"git knows no commit {one_line(reference)!r} in {top} (for --changed-since)."
    if not reference or reference.startswith("-"):
        raise Failure(complaint)
    run = _start(git, top, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}")
    if run.returncode:
        raise Failure(f"{complaint} In a shallow clone, fetch it first.")
    return run.stdout.decode("ascii", "replace").strip()


def _run(git: str, folder: str, *arguments: str) -> bytes:
    run = _start(git, folder, *arguments)
    if run.returncode:
        said = one_line(run.stderr.decode("utf-8", "replace")) or f"exit status {run.returncode}"
        raise Failure(f"git {arguments[0]} failed in {folder} (for --changed-since): {said}")
    return run.stdout


def _start(git: str, folder: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_PAGER": "cat",
    }
    command = [
        git,
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.hooksPath=" + os.devnull,
        "-C",
        folder,
        *arguments,
    ]
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"git did not answer within {_SECONDS} seconds (for --changed-since).") from None
    except OSError as error:
        raise Failure(f"git cannot be started (for --changed-since): {error.strerror}") from None


def _find_git() -> str:
    found = shutil.which("git")
    # Windows looks into the current folder before the path.
    if found is None or Path(found).resolve().parent == Path.cwd().resolve():
        raise Failure("--changed-since needs git, which is not on the path.")
    return str(Path(found).absolute())
