"""What a disk may hold: each thing is a diagnostic or a clear line, and no other file is lost over it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.cli.project import INDEX, USERS, make, run
from foreshot.cli.formats import FORMATS

BAD = "migrations/versions/3c_bad.py"
GOOD = ("blocking-index", "migrations/versions/2b_index.py")
"""The finding of the project as it is made, which nothing else may take away."""
NEXT = (
    INDEX.replace('"2b3c4d5e6f70"', '"3c4d5e6f7081"')
    .replace('"1a2b3c4d5e6f"', '"2b3c4d5e6f70"')
    .replace("email", "name")
)
"""A revision that follows it, with a finding of the same rule."""

Found = set[tuple[str, str]]


def checked(folder: Path, *arguments: str) -> tuple[Found, str]:
    """Rules and paths of what is reported, and what is said beside it."""
    ran = run(folder, "check", "--dialect", "postgresql", "--output-format", "json", "--no-cache", *arguments)
    assert ran.returncode in (0, 1), ran.stderr
    assert "Traceback" not in ran.stderr
    assert "failed on" not in ran.stderr
    return {(item["rule"], item["path"]) for item in json.loads(ran.stdout)}, ran.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    make(tmp_path)
    return tmp_path


def written(text: str | bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(text.encode() if isinstance(text, str) else text)


def nested(path: Path) -> None:
    path.write_text(f"{NEXT}\nx = {'(' * 100_000}1{')' * 100_000}\n", "utf-8")


UNREADABLE = {
    "huge": written(NEXT + "#" * (1 << 20)),
    "binary": written(bytes(range(256)) * 100),
    "nul": written(NEXT + "\0"),
    "not utf-8": written(NEXT.encode() + b"# \xe9\n"),
    "utf-16": written(NEXT.encode("utf-16")),
    "cookie of no encoding": written(f"# coding: klingon\n{NEXT}"),
    "cookie that lies": written(f"# coding: ascii\n{NEXT}# é\n"),
    "cookie of another ascii": written(f"# coding: utf-16\n{NEXT}"),
}
BROKEN = {
    "syntax error": written(NEXT + "def f(:\n"),
    "half a file": written(NEXT[: NEXT.index('"name"')]),
    "python 2": written(NEXT.replace("def upgrade():", "def upgrade():\n    print 'x'")),
    "mixed indentation": written(NEXT.replace("    op.create", "    pass\n\top.create")),
    "nested 100,000 deep": nested,
    "merge conflict": written(f"<<<<<<< HEAD\n{NEXT}=======\n{NEXT}>>>>>>> theirs\n"),
}
FINE = {
    "crlf": written(NEXT.replace("\n", "\r\n")),
    "cr": written(NEXT.replace("\n", "\r")),
    "mixed ends": written(NEXT.replace("\n", "\r\n", 7).replace("\n\n", "\r\r")),
    "byte order mark": written(b"\xef\xbb\xbf" + NEXT.encode()),
    "byte order mark and crlf": written(b"\xef\xbb\xbf" + NEXT.replace("\n", "\r\n").encode()),
    "form feeds": written(NEXT.replace("\n\n", "\n\f\n")),
    "tabs": written(NEXT.replace("    ", "\t")),
    "latin-1": written(f"# coding: latin-1\n{NEXT}# é\n".encode("latin-1")),
    "no last line end": written(NEXT.rstrip("\n")),
    "a name like a command": written(NEXT + "# ::error::x ##vso[task]\n"),
}


@pytest.mark.parametrize("content", UNREADABLE)
def test_what_is_no_text_is_said(project: Path, content: str) -> None:
    UNREADABLE[content](project / BAD)
    found, _ = checked(project)
    assert {GOOD, ("unreadable-file", BAD)} <= found


@pytest.mark.parametrize("content", BROKEN)
def test_what_does_not_parse_is_said_and_keeps_its_place(project: Path, content: str) -> None:
    BROKEN[content](project / BAD)
    after = NEXT.replace('"2b3c4d5e6f70"', '"3c4d5e6f7081"').replace('revision = "3c', 'revision = "4d', 1)
    (project / "migrations/versions/4d_after.py").write_text(after, "utf-8")
    found, _ = checked(project)
    assert {GOOD, ("syntax-error", BAD), ("blocking-index", "migrations/versions/4d_after.py")} <= found
    if content != "merge conflict":
        assert not {rule for rule, _ in found} & {"missing-parent", "multiple-heads"}


@pytest.mark.parametrize("content", FINE)
def test_what_is_unusual_is_read(project: Path, content: str) -> None:
    FINE[content](project / BAD)
    found, _ = checked(project)
    assert {GOOD, ("blocking-index", BAD)} <= found
    assert not {rule for rule, _ in found} & {"syntax-error", "unreadable-file"}


@pytest.mark.parametrize("content", [*UNREADABLE, *BROKEN, *FINE])
def test_repairing_leaves_it_alone_or_whole(project: Path, content: str) -> None:
    """Nothing of a file is lost by ``--fix``: what cannot be read stays as it is, to the byte."""
    (UNREADABLE | BROKEN | FINE)[content](project / BAD)
    before = (project / BAD).read_bytes()
    ran = run(project, "check", "--dialect", "postgresql", "--fix", "--unsafe-fixes", "--no-cache")
    assert ran.returncode in (0, 1), ran.stderr
    assert "Traceback" not in ran.stderr
    after = (project / BAD).read_bytes()
    if content in FINE:
        for line in before.replace(b"\f", b"\n").replace(b"\r", b"\n").split(b"\n"):
            if not line.strip().startswith(b"op."):
                assert line.strip() in after
        assert (b"\r" in after) == (b"\r" in before)
        assert after.startswith(b"\xef\xbb\xbf") == before.startswith(b"\xef\xbb\xbf")
    else:
        assert after == before


def test_what_is_no_file(project: Path) -> None:
    versions = project / "migrations/versions"
    (versions / "4d_folder.py").mkdir()
    (versions / "5e_dangling.py").symlink_to(versions / "nothing.py")
    (versions / "6f_itself.py").symlink_to(versions / "6f_itself.py")
    (versions / "7a_one.py").symlink_to(versions / "7b_other.py")
    (versions / "7b_other.py").symlink_to(versions / "7a_one.py")
    (versions / "loop").symlink_to(versions, target_is_directory=True)
    (versions / "up").symlink_to(project.parent, target_is_directory=True)
    if hasattr(os, "mkfifo"):
        os.mkfifo(versions / "8a_pipe.py")
        (versions / "8b_endless.py").symlink_to("/dev/zero")
        (versions / "8c_terminal.py").symlink_to("/dev/tty")
        here = Path.cwd()
        listener = socket.socket(socket.AF_UNIX)
        try:
            # The path of a socket must be short.
            os.chdir(versions)
            listener.bind("9a_socket.py")
        finally:
            os.chdir(here)
            listener.close()
    found, _ = checked(project)
    assert GOOD in found
    assert not {path for _, path in found} - {GOOD[1], "migrations/versions/1a_users.py", "migrations/env.py"}


def test_a_file_that_may_not_be_read(project: Path) -> None:
    (project / BAD).write_text(NEXT, "utf-8")
    (project / BAD).chmod(0)
    # An administrator may read it all the same.
    readable = os.access(project / BAD, os.R_OK)
    found, _ = checked(project)
    assert {GOOD, ("blocking-index" if readable else "unreadable-file", BAD)} <= found


def test_configuration_that_cannot_be_read(project: Path) -> None:
    for name, content in {
        "pyproject.toml": b"[tool.foreshot\n" + b"[" * 50_000,
        "foreshot.toml": b"\xff\xfe" + b"x" * 100,
        "setup.cfg": b"[alembic\n" * 1_000,
        "tox.ini": bytes(range(256)),
    }.items():
        (project / name).write_bytes(content)
    (project / "migrations/script.py.mako").write_bytes(b"${" * 10_000 + b"\xff")
    found, _ = checked(project)
    assert GOOD in found


def test_an_env_py_that_cannot_be_read(project: Path) -> None:
    for content in (b"\0", b"(" * 200_000, b"def f(:\n", b"\xff" * 100):
        (project / "migrations/env.py").write_bytes(content)
        found, _ = checked(project)
        assert GOOD in found


def test_an_ini_that_refers_to_itself(project: Path) -> None:
    (project / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(a)s\na = %(b)s\nb = %(a)s\n[alembic]\n[alembic\nx\n", "utf-8"
    )
    found, _ = checked(project)
    assert GOOD in found


def test_version_folders_outside_the_workspace(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.py").write_text(NEXT, "utf-8")
    for places in (
        f"{outside} migrations/versions",
        f"/etc:/proc:{outside}:migrations/versions",
        "../../..:migrations/versions",
    ):
        separator = "\nversion_path_separator = :" if ":" in places else ""
        (project / "alembic.ini").write_text(
            f"[alembic]\nscript_location = migrations\nversion_locations = {places}{separator}\n", "utf-8"
        )
        found, said = checked(project)
        assert GOOD in found
        assert not [path for _, path in found if "secret" in path or path.startswith("..")]
        assert "secret" not in said


def test_a_version_folder_that_is_a_link(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("elsewhere")
    shutil.move(project / "migrations/versions", outside / "versions")
    (project / "migrations/versions").symlink_to(outside / "versions", target_is_directory=True)
    ran = run(project, "check", "--output-format", "json", "--no-cache")
    assert ran.returncode in (0, 1, 2)
    assert "Traceback" not in ran.stderr
    assert "2b_index" not in ran.stdout


def history(project: Path, parents: dict[str, object]) -> None:
    """Revisions that do nothing, by file name."""
    for name, (revision, down) in parents.items():  # type: ignore[misc]
        text = f"revision = {revision!r}\ndown_revision = {down!r}\n\n\ndef upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n"
        (project / "migrations/versions" / name).write_text(text, "utf-8")


HISTORIES: dict[str, tuple[dict[str, object], set[str]]] = {
    "a ring": ({"x.py": ("x", "y"), "y.py": ("y", "z"), "z.py": ("z", "x")}, {"revision-cycle"}),
    "its own parent": ({"x.py": ("x", "x")}, {"revision-cycle"}),
    "a ring that others hang on": (
        {"x.py": ("x", ("y", "2b3c4d5e6f70")), "y.py": ("y", "x"), "w.py": ("w", "y")},
        {"revision-cycle"},
    ),
    "a missing parent": ({"x.py": ("x", "gone")}, {"missing-parent"}),
    "missing parents": ({"x.py": ("x", ("gone", "lost"))}, {"missing-parent"}),
    "one id twice": (
        {"x.py": ("x", "2b3c4d5e6f70"), "y.py": ("x", "2b3c4d5e6f70")},
        {"duplicate-revision-id"},
    ),
    "one id as its own parent, twice": ({"x.py": ("x", "x"), "y.py": ("x", "x")}, {"duplicate-revision-id"}),
    "two heads": ({"x.py": ("x", "2b3c4d5e6f70"), "y.py": ("y", "2b3c4d5e6f70")}, {"multiple-heads"}),
    "an id that is none": ({"x.py": ("head", "2b3c4d5e6f70")}, {"invalid-revision-id"}),
    "a number": ({"x.py": (7, "2b3c4d5e6f70"), "y.py": ("y", 7)}, set()),
    "no id": ({"x.py": (None, "2b3c4d5e6f70"), "y.py": ("", ""), "z.py": ([], {})}, set()),
    "surrogates and controls": (
        {"x.py": ("\ud800\x1b[31m", "2b3c4d5e6f70"), "y.py": ("y", "\ud800\x1b[31m")},
        set(),
    ),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_histories_that_cannot_be(project: Path, name: str) -> None:
    parents, rules = HISTORIES[name]
    history(project, parents)
    found, _ = checked(project)
    assert GOOD in found
    assert rules <= {rule for rule, _ in found}


def test_a_ring_of_five_thousand(project: Path) -> None:
    history(project, {f"r{number}.py": (f"r{number}", f"r{(number + 1) % 5_000}") for number in range(5_000)})
    found, _ = checked(project, "--select", "revision-cycle,blocking-index")
    assert GOOD in found
    assert "revision-cycle" in {rule for rule, _ in found}


def test_names_that_no_report_can_show(project: Path) -> None:
    versions = project / "migrations/versions"
    names = [
        b"\xff\xfe.py",
        b"a\nb.py",
        b"a\x1b[31m.py",
        b"::error::.py",
        b"-o.py",
        b" .py",
        "é😀.py".encode(),
    ]
    for name in names:
        # Where the file system does not take a name, there is nothing to survive.
        with contextlib.suppress(OSError, ValueError):
            path = versions / os.fsdecode(name)
            path.write_text(USERS.replace("1a2b3c4d5e6f", name.hex()), "utf-8")
    for style in FORMATS:
        ran = run(project, "check", "--output-format", style, "--no-cache")
        assert ran.returncode in (0, 1), ran.stderr
        assert "Traceback" not in ran.stderr
        assert "\x1b" not in ran.stdout
        assert "2b_index.py" in ran.stdout


def test_everything_at_once(project: Path) -> None:
    for number, (name, make_it) in enumerate((UNREADABLE | BROKEN | FINE).items()):
        make_it(project / f"migrations/versions/{number}_{name.replace(' ', '_').replace(',', '')}.py")
    found, _ = checked(project)
    assert GOOD in found
    reported = {path for rule, path in found if rule in ("unreadable-file", "syntax-error")}
    assert len(reported) == len(UNREADABLE) + len(BROKEN)
