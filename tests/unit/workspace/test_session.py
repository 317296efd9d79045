"""Sessions and worlds: what changes, what does not, and what is known of files that do not parse."""

from __future__ import annotations

from pathlib import Path

import pytest

from foreshot.history import story
from foreshot.history.delta import Delta
from foreshot.schema.state import Schema, Target
from foreshot.workspace.project import Project
from foreshot.workspace.session import Session
from unit.ide.world import revision, session

FIRST = {"m/versions/1.py": revision("a1"), "m/versions/2.py": revision("b2", parent="a1")}


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESHOT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path.resolve()


def heads(made: Session) -> tuple[str, ...]:
    [project] = made.world.projects
    return project.graph.heads


def rules(made: Session, path: Path) -> set[str]:
    return {report.rule for report in made.world.reports(str(path))}


def test_a_world_never_changes(folder: Path) -> None:
    made = session(folder, FIRST)
    before = made.world
    made.set_text(str(folder / "m/versions/3.py"), revision("c3", parent="a1"))
    assert before.projects[0].graph.heads == ("b2",)
    assert heads(made) == ("b2", "c3")
    made.set_text(str(folder / "m/versions/3.py"), None)
    assert heads(made) == ("b2",)


@pytest.mark.parametrize(
    "old, new",
    [("def upgrade():", "def upgrade(:"), ('revision = "a1"', 'revision = "a1'), ("from alembic", "from (")],
)
def test_a_broken_text_keeps_what_was_known(folder: Path, old: str, new: str) -> None:
    made = session(folder, FIRST)
    path = folder / "m/versions/1.py"
    others = made.world.reports(str(folder / "m/versions/2.py"))
    graph = made.world.projects[0].graph
    for text in (FIRST["m/versions/1.py"].replace(old, new, 1), "((((", ""):
        made.set_text(str(path), text)
        if text:
            assert rules(made, path) == {"syntax-error"}
            assert made.world.projects[0].is_stale(str(path))
            assert made.world.projects[0].graph.names == graph.names
            assert made.world.reports(str(folder / "m/versions/2.py")) == others
    # An empty file parses: it is no revision any more.
    assert "missing-parent" in rules(made, folder / "m/versions/2.py")
    made.set_text(str(path), FIRST["m/versions/1.py"])
    assert made.world.projects[0].graph.names == graph.names
    assert made.world.reports(str(folder / "m/versions/2.py")) == others


def test_what_was_known_survives_a_new_reading(folder: Path) -> None:
    made = session(folder, FIRST)
    made.set_text(str(folder / "m/versions/1.py"), "revision = (")
    for _ in range(2):
        made.install(made.load()(lambda _done, _total: None, lambda: None))
        assert made.world.projects[0].graph.names == ("a1", "b2")


def test_a_change_during_a_reading_is_not_lost(folder: Path) -> None:
    made = session(folder, FIRST)
    work = made.load()
    read = work(lambda _done, _total: None, lambda: None)
    late = folder / "m/versions/3.py"
    late.write_text(revision("c3", parent="b2"))
    made.touch([str(late)])
    (folder / "m/versions/2.py").write_text(revision("b2x", parent="a1"))
    made.touch([str(folder / "m/versions/2.py")])
    made.install(read)
    assert made.world.projects[0].graph.names == ("a1", "b2x", "c3")


def test_an_open_file_has_its_own_findings_before_all_has_been_read(folder: Path) -> None:
    body = 'op.create_index("ix", "users", ["a"])  # foreshot: ignore[missing-parent] not yet'
    files = {**FIRST, "m/versions/3.py": revision("c3", body, parent="gone")}
    session(folder, files)
    path = folder / "m/versions/3.py"
    made = Session([str(folder)], {"ignore": ["none"]})  # other settings, so that nothing is in the cache
    made.set_text(str(path), files["m/versions/3.py"])
    seen: list[set[str]] = []

    def early(projects: list[Project]) -> None:
        assert made.install_early(projects)
        seen.append(rules(made, path))
        assert not made.world.indexed and made.world.projects[0].partial

    read = made.load()(lambda _done, _total: None, lambda: None, early)
    made.install(read)
    [first] = seen
    assert "blocking-index" in first and not first & {"missing-parent", "unused-suppression"}
    assert "missing-parent" in rules(made, path)
    # What is known is not given up for less.
    assert not made.install_early(read)


def test_a_comment_in_a_broken_file_is_not_blamed(folder: Path) -> None:
    text = revision("a1", "op.drop_table('t')  # foreshot: ignore[drop-table] why")
    made = session(folder, {"m/versions/1.py": text})
    made.set_text(str(folder / "m/versions/1.py"), text + "(((")
    assert rules(made, folder / "m/versions/1.py") == {"syntax-error"}


def test_files_that_are_no_revisions_by_their_place_are_not_taken(folder: Path) -> None:
    made = session(folder, FIRST)
    for name in ("m/versions/deep/3.py", "m/3.py", "m/versions/__init__.py", "m/versions/3.txt", "3.py"):
        made.set_text(str(folder / name), revision("c3", parent="b2"))
    assert heads(made) == ("b2",)
    assert not made.world.concerns(str(folder / "m/versions/deep/3.py"))


def test_a_closed_file_is_read_once_for_a_world(folder: Path) -> None:
    body = 'op.create_index("ix", "users", ["email"])'
    made = session(folder, {**FIRST, "m/versions/3.py": revision("c3", body, parent="b2")})
    path = folder / "m/versions/3.py"
    [report] = [found for found in made.world.reports(str(path)) if found.rule == "blocking-index"]
    path.write_text("# moved\n" * 9 + path.read_text().replace("users", "others"))
    [project] = made.world.projects
    text = project.source(str(path))
    assert text is not None
    assert text.content[report.span.start : report.span.end] == "op.create_index"
    assert all(fix.refused is None for fix in project.fixes(report))
    assert project.files.moved([str(path), str(folder / "m/versions/1.py")]) == [str(path)]
    made.touch([str(path)])
    [later] = [found for found in made.world.reports(str(path)) if found.rule == "blocking-index"]
    assert later.table == "others" and made.world.projects[0].files.moved([str(path)]) == []


def test_what_a_revision_looked_at_and_did_not_find_may_come(folder: Path) -> None:
    """And go again: a module, a package of the same name, and a folder of them."""
    text = "import app.types\n" + revision("a1", 'op.add_column("t", sa.Column("a", app.types.Money()))')
    made = session(folder, {"m/versions/1.py": text, "app/models.py": "x = 1\n"})
    path = folder / "m/versions/1.py"
    wanted = folder / "app" / "types.py"
    assert "unresolvable-type" not in rules(made, path)
    wanted.write_text("class Colour: ...\n")
    made.touch([str(wanted)])
    assert "unresolvable-type" in rules(made, path)
    made.set_text(str(wanted), "class Money: ...\n")
    assert "unresolvable-type" not in rules(made, path)
    made.set_text(str(wanted), None)
    assert "unresolvable-type" in rules(made, path)
    wanted.unlink()
    made.touch([str(wanted)])
    assert "unresolvable-type" not in rules(made, path)


def test_strangers_leave_the_world_alone(folder: Path) -> None:
    made = session(folder, FIRST)
    graph = made.world.projects[0].graph
    made.set_text(str(folder / "views.py"), "x = 1")
    assert made.world.projects[0].graph is graph


def test_a_repair_is_right_at_once_in_a_long_history(folder: Path) -> None:
    """With the first reports after the text parses again; bench/server.py says how soon they come."""
    files = {
        f"m/versions/{number}.py": revision(f"r{number:04}", parent=f"r{number - 1:04}" if number else None)
        for number in range(400)
    }
    made = session(folder, files)
    path = str(folder / "m/versions/200.py")
    text = files["m/versions/200.py"]
    made.set_text(path, text.replace("def", "de f"))
    made.world.reports(path)
    made.set_text(path, text)
    assert not {"syntax-error", "missing-parent"} & rules(made, Path(path))


def test_who_writes_in_a_function_does_not_wait_for_a_review(folder: Path) -> None:
    made = session(folder, FIRST)
    path = str(folder / "m/versions/2.py")
    [before] = made.world.projects
    made.set_text(path, FIRST["m/versions/2.py"].replace("pass", "op.drop_", 1))
    assert made.world.around(path) is before
    made.set_text(path, FIRST["m/versions/2.py"].replace("pass", "op.drop_table(", 1))
    assert made.world.around(path) is before
    [after] = made.world.projects
    assert made.world.around(path) is after
    assert after is not before


def test_who_changes_the_header_is_answered_by_the_new_history(folder: Path) -> None:
    made = session(folder, FIRST)
    path = str(folder / "m/versions/2.py")
    made.set_text(path, FIRST["m/versions/2.py"].replace("'a1'", "None"))
    around = made.world.around(path)
    assert around is not None
    assert around is made.world.projects[0]
    assert around.graph.heads == ("a1", "b2")


def test_other_changes_and_new_files_are_in_what_is_written_beside(folder: Path) -> None:
    made = session(folder, FIRST)
    one, two, new = (str(folder / f"m/versions/{number}.py") for number in (1, 2, 3))
    made.set_text(one, FIRST["m/versions/1.py"].replace("pass", "op.drop_table('x')", 1))
    made.set_text(two, FIRST["m/versions/2.py"].replace("pass", "op.", 1))
    assert made.world.around(two) is made.world.projects[0]
    made.set_text(new, revision("c3", parent="b2"))
    found = made.world.around(new)
    assert found is not None
    assert new in found.analyses


def test_a_keystroke_does_not_tell_the_history_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the edited revision and later ones do is applied anew, whatever else of the snapshot is another object."""
    made = session(
        folder,
        {
            f"m/versions/{number}.py": revision(
                f"r{number:02}",
                f'op.create_table("t{number}", sa.Column("id", sa.Integer()))',
                parent=f"r{number - 1:02}" if number else None,
            )
            for number in range(40)
        },
    )
    path = str(folder / "m/versions/39.py")
    text = Path(path).read_text()
    made.set_text(path, text.replace("t39", "t5"))
    assert "already-exists" in rules(made, Path(path))
    applied: list[str] = []
    after = story.after

    def counted(schema: Schema, revision: str, delta: Delta, target: Target) -> Schema:
        applied.append(revision)
        return after(schema, revision, delta, target)

    monkeypatch.setattr(story, "after", counted)
    made.set_text(path, text.replace("t39", "t7"))
    assert "already-exists" in rules(made, Path(path))
    assert set(applied) <= {"r39"}
