"""What is known of a file in short is what is known of it in full, whatever has changed since it was first asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from foreshot.workspace.glance import mark_of
from foreshot.workspace.session import Session
from unit.ide.world import BASE, revision, session

FIRST = {
    "m/versions/1.py": revision("a1"),
    "m/versions/2.py": revision("b2", parent="a1"),
    "m/versions/3.py": revision("c3", parent="b2", body="op.drop_table('t')  # foreshot: ignore[drop-table]"),
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESHOT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


def marks(made: Session) -> dict[str, str]:
    """Of every file, held against its reports."""
    [project] = made.world.projects
    found: dict[str, str] = {}
    for path in project.reported:
        reports, glance = project.reports_for(path), project.glance(path)
        assert glance.mark == mark_of(reports)
        assert sum(glance.severities.values()) == len(reports)
        assert glance.mark == project.glance(path).mark
        found[Path(path).name] = glance.mark
    return found


CHANGES: dict[str, tuple[str, str]] = {
    "a finding": ("m/versions/1.py", revision("a1", body="op.drop_table('u')")),
    "another head, told in two files": ("m/versions/4.py", revision("d4", parent="a1")),
    "a file that does not parse": ("m/versions/2.py", "def upgrade(:\n"),
    "a file of another parent": ("m/versions/2.py", revision("b2", parent="gone")),
    "settings": ("pyproject.toml", BASE["pyproject.toml"] + 'ignore = ["drop-table"]\n'),
    "a baseline": ("pyproject.toml", BASE["pyproject.toml"] + 'since = "c3"\n'),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(tmp_path: Path, change: str) -> None:
    folder = tmp_path.resolve()
    files = FIRST | {"m/versions/5.py": revision("e5", parent="c3", body="op.drop_table('v')")}
    made = session(folder, files)
    before = marks(made)
    name, text = CHANGES[change]
    for given in (text, None):
        made.set_text(str(folder / name), given)
        if name == "pyproject.toml":
            made.install(made.load()(lambda _done, _total: None, lambda: None))
        assert (marks(made) == before) == (given is None)


def test_it_is_kept_while_other_files_change(tmp_path: Path) -> None:
    folder = tmp_path.resolve()
    made = session(folder, FIRST)
    path = str(folder / "m/versions/1.py")
    [before] = made.world.projects
    glance = before.glance(path)
    made.set_text(str(folder / "m/versions/2.py"), FIRST["m/versions/2.py"] + "# more\n")
    [after] = made.world.projects
    assert after is not before
    assert after.glance(path) is glance
