"""Repositories as real git makes them, whatever the user of this machine has configured."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_MADE = "2026-03-{day:02d}T{hour:02d}:00:00Z"


class Git:
    """A work tree in which git can be asked to do things; each commit is an hour younger than the one before."""

    commits = 0

    def __init__(
        self, root: Path, *, init: bool = True, branch: str = "main", arguments: tuple[str, ...] = ()
    ) -> None:
        self.root = root
        if init:
            root.mkdir(parents=True, exist_ok=True)
            self("init", "-q", "-b", branch, *arguments)

    def __call__(self, *arguments: str, check: bool = True) -> str:
        """What git prints."""
        moment = _MADE.format(day=1 + Git.commits // 24 % 28, hour=Git.commits % 24)
        who = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "a"), ("EMAIL", "a@example.invalid"), ("DATE", moment))
        }
        quiet = {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_ALLOW_PROTOCOL": "file",
        }
        ran = subprocess.run(
            ["git", "-c", "core.autocrlf=false", *arguments],
            cwd=self.root,
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, **who, **quiet},
        )
        if check and ran.returncode:
            raise AssertionError(f"git {arguments}: {ran.stderr}")
        return ran.stdout.strip()

    def write(self, files: dict[str, str | bytes | None]) -> None:
        """Files as they are to be; one that is None goes away."""
        for name, text in files.items():
            path = self.root / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def commit(self, files: dict[str, str | bytes | None] | None = None, message: str = "change") -> str:
        """Commit everything; the commit's id."""
        self.write(files or {})
        self("add", "-A")
        Git.commits += 1
        self("commit", "-q", "--allow-empty", "-m", message)
        return self("rev-parse", "HEAD")

    def clone(self, to: Path, *arguments: str) -> Git:
        """A clone as over the network, with as much of the history as the arguments say."""
        self("clone", "-q", *arguments, self.root.as_uri(), str(to))
        return Git(to, init=False)
