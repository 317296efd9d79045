"""Another id for a revision, wherever it is named; Alembic then loads the same history."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from foreshot.ide.actions import Unavailable
from foreshot.ide.renaming import renamable, rename
from foreshot.workspace.check import Options, check
from foreshot.workspace.project import Project
from proofs.renames import Copy, renamings, texts_of
from unit.ide.world import project

PROJECTS = Path(__file__).resolve().parents[2] / "projects"
FILES = {
    "a1": '"""first\n\nRevision ID: a1a1\nRevises:\n"""\nrevision = "a1a1"\ndown_revision = None\n',
    "b2b2_second": '"""second\n\nRevision ID: b2b2\nRevises: a1a1\n"""\nrevision: str = \'b2b2\'\ndown_revision = "a1a1"\nbranch_labels = ("side",)\n',
    "c3": '"""third\n\nRevision ID: c3c3\nRevises: a1a1\n"""\nrevision = "c3c3"\ndown_revision = "a1a1"\ndepends_on = ["b2b2"]\n',
    "d4": '"""merge\n\nRevision ID: d4d4\nRevises: b2b2, c3c3\n"""\nrevision = "d4d4"\ndown_revision = ("b2b2", "c3c3")\n',
    "e5": 'revision = "e5e5"\ndown_revision = "d4d4"\ndepends_on = "side"\n',
}
END = "\n\ndef upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n"


@pytest.fixture
def known(folder: Path) -> Project:
    return project(folder, {f"m/versions/{name}.py": text + END for name, text in FILES.items()})


def place(known: Project, name: str, text: str) -> tuple[str, int]:
    path = f"{known.surroundings.environment.home}/m/versions/{name}.py"
    source = known.source(path)
    assert source is not None
    return path, source.content.index(text) + 1


def shape(folder: Path) -> list[tuple[str, str]]:
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/m\n")
    scripts = ScriptDirectory.from_config(Config(str(folder / "alembic.ini")))
    return sorted(
        (str(script.doc), str(len(script._all_down_revisions))) for script in scripts.walk_revisions()
    )  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    ("name", "text"), [("b2b2_second", "'b2b2"), ("c3", "b2b2"), ("d4", 'b2b2",'), ("d4", "b2b2, c3c3")]
)
def test_everywhere(known: Project, folder: Path, name: str, text: str) -> None:
    before = shape(folder)
    path, offset = place(known, name, text)
    assert renamable(known, path, offset) is not None
    made = rename(known, path, offset, "new_id")
    assert made.new_path is not None
    assert made.new_path.endswith("/new_id_second.py")
    for file, edits in made.edits.items():
        content = Path(file).read_text()
        for edit in sorted(edits, reverse=True):
            content = content[: edit.span.start] + edit.text + content[edit.span.end :]
        Path(file).write_text(content)
    Path(made.path).rename(made.new_path)
    assert shape(folder) == before
    left = "".join(file.read_text() for file in (folder / "m/versions").glob("*.py"))
    assert "b2b2" not in left
    assert 'depends_on = "side"' in left


@pytest.mark.parametrize("new", ["a1a1", "side", "head", "x" * 33, "a-b", "", "a b", "a\\b"])
def test_what_cannot_be_an_id(known: Project, new: str) -> None:
    path, offset = place(known, "c3", 'c3c3"')
    with pytest.raises(Unavailable):
        rename(known, path, offset, new)


def test_labels_and_other_words_are_no_ids(known: Project) -> None:
    assert renamable(known, *place(known, "e5", "side")) is None
    assert renamable(known, *place(known, "e5", "upgrade")) is None


def named(known: Project, name: str, text: str) -> str:
    """The name of the revision's file after another id was asked for at a text."""
    made = rename(known, *place(known, name, text), "n3w")
    return (made.new_path or made.path).rpartition("/")[2]


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("b2b2", "n3w.py"),
        ("2022-10-31_b2b2", "2022-10-31_n3w.py"),
        ("2022_12_27_1444-b2b2_add_journal", "2022_12_27_1444-n3w_add_journal.py"),
        ("0007_B2B2", "0007_B2B2.py"),
        ("0007_b2b2x", "0007_b2b2x.py"),
        ("0007_b2b2_as_b2b2", "0007_b2b2_as_b2b2.py"),
    ],
)
def test_the_name_of_the_file(folder: Path, file: str, wanted: str) -> None:
    known = project(folder, {f"m/versions/{file}.py": 'revision = "b2b2"\ndown_revision = None\n' + END})
    assert named(known, file, 'b2b2"') == wanted


def test_a_word_in_the_name_of_the_file_is_no_id(folder: Path) -> None:
    known = project(
        folder, {"m/versions/0007_add_users.py": 'revision = "users"\ndown_revision = None\n' + END}
    )
    assert named(known, "0007_add_users", 'users"') == "0007_add_users.py"


def test_a_file_that_is_there_is_not_written_over(folder: Path) -> None:
    texts = {name: f'revision = "{name}{name}"\ndown_revision = None\n' + END for name in ("a1", "b2")}
    known = project(
        folder,
        {f"m/versions/{name}.py": text for name, text in texts.items()}
        | {
            "m/versions/n3w_x.py": 'revision = "c3"\ndown_revision = None\n' + END,
            "m/versions/d4_x.py": 'revision = "d4"\ndown_revision = None\n' + END,
        },
    )
    assert named(known, "d4_x", 'd4"') == "d4_x.py"


def test_however_it_is_written(folder: Path) -> None:
    files = {
        "a": 'import os\n\n"""first\n\nRevision ID: b2b2\n"""\nrevision = u\'b2b2\'\ndown_revision = None\n',
        "b": '"""second\n\nRevises: (\'b2b2\', \'a1a1\')\n"""\nrevision = \'c3c3\'\ndown_revision = r"""b2b2"""\n',
        "c": '"""third\n\nRevises: b2b2\n"""\nrevision = "d4d4"\ndown_revision = "c3c3"\n',
    }
    known = project(folder, {f"m/versions/{name}.py": text + END for name, text in files.items()})
    made = rename(known, *place(known, "a", "b2b2'"), "n3w")
    assert sorted(len(edits) for edits in made.edits.values()) == [1, 2, 2]


@pytest.mark.parametrize("name", sorted(item.name for item in PROJECTS.iterdir()))
def test_alembic_loads_the_same_history(name: str, tmp_path: Path) -> None:
    loaded = 0
    for number, result in enumerate(check(Options((str(PROJECTS / name),), cache=False))):
        copied = tmp_path / str(number)
        copied.mkdir()
        for outcome in renamings(result.project, Copy(copied, texts_of(result.project)), 2):
            assert (outcome.differs, outcome.refused) == ([], None), (outcome.kind, outcome.where)
            loaded += 1
    assert loaded > 50
