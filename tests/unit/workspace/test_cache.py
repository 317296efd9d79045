"""What is kept between runs is found again, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from foreshot.project.dialects import NO_HINTS
from foreshot.workspace import cache as caches
from foreshot.workspace import check
from foreshot.workspace.cache import Cache
from foreshot.workspace.kept import Kept

REVISION = 'revision = "{}"\ndown_revision = {}\n\n\ndef upgrade():\n    op.drop_table("t{}")\n'
COUNT = """
import sys
from foreshot.workspace import check, cache
hits = 0
get = cache.Cache.get
def counted(self, path, digest):
    global hits
    found = get(self, path, digest)
    hits += found is not None
    return found
cache.Cache.get = counted
list(check.check(check.Options(paths=(sys.argv[1],))))
print(hits)
"""


def project(folder: Path) -> Path:
    """A project whose configuration has several options and signs of several databases."""
    folder.mkdir(parents=True)
    (folder / "alembic.ini").write_text(
        "[alembic]\nscript_location = m\nprepend_sys_path = .\nversion_path_separator = os\ntimezone = UTC\n"
        "file_template = %%(rev)s\nsqlalchemy.url = postgresql://localhost/a\n"
    )
    versions = folder / "m" / "versions"
    versions.mkdir(parents=True)
    (folder / "m" / "env.py").write_text("from alembic import context\n")
    for number in range(5):
        before = repr(str(number - 1)) if number else None
        (versions / f"{number}.py").write_text(REVISION.format(number, before, number))
    return folder


def test_another_process_finds_everything_again(tmp_path: Path) -> None:
    folder = project(tmp_path / "project")

    def hits(seed: str) -> int:
        environment = {**os.environ, "FORESHOT_CACHE_DIR": str(tmp_path / "cache"), "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", COUNT, str(folder)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return int(done.stdout)

    assert hits("1") == 0
    assert [hits(seed) for seed in ("1", "2", "3", "4")] == [5, 5, 5, 5]
    (folder / "m" / "versions" / "4.py").write_text(REVISION.format("4", "'3'", "x"))
    assert hits("1") == 4


def opened(key: bytes) -> Cache:
    cache = Cache("name")
    cache.enter(key)
    return cache


def test_what_is_foreign_or_broken_is_ignored(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("FORESHOT_CACHE_DIR", str(tmp_path))
    kept = Kept(b"d", hints=NO_HINTS)
    cache = opened(b"key")
    cache.put("/a.py", kept)
    cache.save({"/a.py"})
    (file,) = tmp_path.iterdir()
    assert opened(b"key").get("/a.py", b"d") == kept
    assert opened(b"other").get("/a.py", b"d") is None
    assert opened(b"key").get("/a.py", b"e") is None
    # What depends on nothing but the text holds in other surroundings too.
    assert opened(b"other").hints("/a.py", b"d") == NO_HINTS
    assert opened(b"other").hints("/a.py", b"e") is None
    assert file.stat().st_mode & 0o777 == 0o600
    whole = file.read_bytes()
    for broken in (
        b"",
        b"\xc1",
        whole[:-1],
        whole + b"x",
        whole[:-1] + b"\x91",
        b"cos\nsystem\n(S'true'\ntR.",
        b"\xdd\xff\xff\xff\xff",
    ):
        file.write_bytes(broken)
        assert Cache("name").files == {}
    monkeypatch.setattr(caches, "fingerprint", lambda: b"foreshot of tomorrow")
    file.write_bytes(whole)
    assert Cache("name").files == {}


def test_what_was_kept_is_what_was_found(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("FORESHOT_CACHE_DIR", str(tmp_path / "cache"))
    options = check.Options(paths=(str(project(tmp_path / "project")),))
    (fresh,), (kept,) = check.check(options), check.check(options)
    assert fresh.reports == kept.reports != []
    for path, analysis in fresh.project.analyses.items():
        again = kept.project.analyses[path]
        assert again.entry(path) == analysis.entry(path)
        assert list(again.reports.suppressions) == list(analysis.reports.suppressions)
