"""What is kept between runs is found again, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from msgspec.structs import replace

from foreshot.knowledge.databases import Target
from foreshot.lint.context import Surroundings
from foreshot.project.dialects import NO_HINTS
from foreshot.project.discover import find_environments
from foreshot.project.files import Files
from foreshot.project.looks import Look
from foreshot.project.modules import Modules
from foreshot.project.offline import Offline
from foreshot.text import SourceText, Span
from foreshot.workspace import cache as caches
from foreshot.workspace import check, load
from foreshot.workspace.cache import Cache
from foreshot.workspace.found import find
from foreshot.workspace.kept import FileAnalysis, Kept
from foreshot.workspace.load import load_surroundings

REVISION = 'revision = "{}"\ndown_revision = {}\n\n\ndef upgrade():\n    op.drop_table("t{}")\n'
COUNT = """
import sys
from foreshot.workspace import check, cache
hits = 0
get = cache.Cache.get
def counted(self, path, digest, has):
    global hits
    found = get(self, path, digest, has)
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


def found(look: Look | None) -> FileAnalysis | None:
    """What is kept of the text ``d`` while nothing but one question has its answer."""
    return Cache("name").get("/a.py", b"d", lambda asked: asked == look)


def test_what_is_foreign_or_broken_is_ignored(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("FORESHOT_CACHE_DIR", str(tmp_path))
    look = Look("text", "/b.py", b"b")
    kept = Kept(b"d", frozenset((look,)), NO_HINTS)
    cache = Cache("name")
    cache.put("/a.py", kept)
    cache.save({"/a.py"})
    (file,) = tmp_path.iterdir()
    analysis = found(look)
    assert analysis is not None
    assert analysis.record == kept.record
    assert found(Look("text", "/b.py", b"c")) is None
    assert found(None) is None
    assert Cache("name").get("/a.py", b"e", lambda _: True) is None
    # What depends on nothing but the text holds whatever else has changed.
    assert Cache("name").hints("/a.py", b"d") == NO_HINTS
    assert Cache("name").hints("/a.py", b"e") is None
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
        assert len(Cache("name")) == 0
    monkeypatch.setattr(caches, "fingerprint", lambda: b"foreshot of tomorrow")
    file.write_bytes(whole)
    assert len(Cache("name")) == 0


def test_what_was_kept_is_what_was_found(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("FORESHOT_CACHE_DIR", str(tmp_path / "cache"))
    options = check.Options(paths=(str(project(tmp_path / "project")),))
    (fresh,), (kept,) = check.check(options), check.check(options)
    assert fresh.reports == kept.reports != []
    for path, analysis in fresh.project.analyses.items():
        again = kept.project.analyses[path]
        assert again.entry(path) == analysis.entry(path)
        assert list(again.reports.suppressions) == list(analysis.reports.suppressions)


def test_another_version_of_what_compares_models_empties_it(monkeypatch) -> None:
    before = caches.fingerprint()
    monkeypatch.setattr(caches, "find_spec", lambda name: ModuleSpec(name, None, origin=__file__))
    assert caches.fingerprint() != before
    monkeypatch.setattr(caches, "find_spec", lambda name: None)
    assert caches.fingerprint() != before


def test_what_was_found_in_the_whole_is_asked_for_once(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("FORESHOT_CACHE_DIR", str(tmp_path / "cache"))
    folder = project(tmp_path / "project")
    versions = folder / "m" / "versions"
    (versions / "9.py").write_text('revision = "9"\ndown_revision = "gone"\n\n\ndef upgrade():\n    pass\n')
    options = check.Options(paths=(str(folder),))
    asked: list[object] = []

    def counted(*given):
        asked.append(given)
        return find(*given)

    monkeypatch.setattr("foreshot.workspace.project.find", counted)
    (fresh,), (kept,) = check.check(options), check.check(options)
    assert "missing-parent" in {report.rule for report in fresh.reports}
    assert kept.reports == fresh.reports
    assert len(asked) == 1
    (versions / "9.py").unlink()
    (mended,) = check.check(options)
    assert "missing-parent" not in {report.rule for report in mended.reports}


@pytest.mark.parametrize("place", ["app/types.py", "src/app/types.py"])
def test_what_was_not_there_when_it_was_kept_may_be_there_now(
    tmp_path: Path, monkeypatch, place: str
) -> None:
    monkeypatch.setenv("FORESHOT_CACHE_DIR", str(tmp_path / "cache"))
    folder = project(tmp_path / "project")
    (folder / "m" / "versions" / "5.py").write_text(
        'from alembic import op\nimport sqlalchemy as sa\nimport app.types\n\nrevision = "5"\ndown_revision = "4"\n\n\n'
        'def upgrade():\n    op.add_column("t", sa.Column("a", app.types.Money()))\n'
    )
    options = check.Options(paths=(str(folder),))

    def found() -> set[str]:
        (result,) = check.check(options)
        return {report.rule for report in result.reports}

    assert "unresolvable-type" not in found()
    module = folder / place
    module.parent.mkdir(parents=True)
    module.write_text("class Colour: ...\n")
    assert "unresolvable-type" in found()
    module.unlink()
    assert "unresolvable-type" not in found()


def test_every_field_of_the_surroundings_counts() -> None:
    """In the key by which findings are kept, by itself or by what it follows from."""
    text = SourceText("from alembic import context\n")
    files = Files({"/p/alembic.ini": SourceText("[alembic]\nscript_location = m\n"), "/p/m/env.py": text})
    (environment,) = find_environments(files, "/p")
    surroundings = load_surroundings(files, environment, {})
    others: dict[str, object] = {
        "environment": replace(environment, recursive=True),
        "settings": replace(surroundings.settings, ignore=("a",)),
        "modules": Modules(files, ("/q",), "/p"),
        "targets": (Target("mysql"),),
        "possible": (Target("mysql"),),
        "guessed": frozenset({"mysql"}),
        "env_source": SourceText("x"),
        "template_source": SourceText("x"),
        "sqlalchemy": (1, 4),
        "alembic": (1, 4),
        "pydantic": 1,
        "offline": Offline("/p/ci.yml", Span(0, 1)),
        "lock_timeout": True,
    }
    assert set(others) | load.ELSEWHERE == set(Surroundings.__struct_fields__)
    for name, value in others.items():
        assert load.key_of(replace(surroundings, **{name: value})) != surroundings.key, name
