"""A workspace that nobody vouches for: what is read, what is not, and that nothing hangs."""

import os
from typing import Any

import pytest

from foreshot.project.disk import DiskFiles, Listing
from foreshot.project.files import Files
from foreshot.project.walk import walk
from foreshot.text import MAX_BYTES, SourceText, Unreadable

posix = pytest.mark.skipif(os.name == "nt", reason="links and pipes as POSIX has them")


@pytest.fixture
def place(tmp_path):
    root = tmp_path / "work"
    root.mkdir()
    (tmp_path / "secret.py").write_text("password = 1\n")
    (root / "a.py").write_text("a = 1\n")
    return root


def test_reads_regular_files_only_inside(place):
    files: Any = Files(disk=DiskFiles([str(place)]))
    assert files.read(str(place / "a.py")).content == "a = 1\n"
    assert files.read(str(place / "missing.py")) is None
    assert files.read(str(place / "a.py" / "b.py")) is None
    assert files.read(str(place / "nul\0.py")) is None
    assert isinstance(files.read(str(place.parent / "secret.py")), Unreadable)
    assert isinstance(files.read(str(place)), Unreadable)
    assert files.listing(str(place.parent)) is None


def test_refuses_what_is_too_large(place):
    (place / "big.py").write_bytes(b"#" * (MAX_BYTES + 1))
    (place / "full.py").write_bytes(b"#" * MAX_BYTES)
    files: Any = Files(disk=DiskFiles([str(place)]))
    assert "larger" in files.read(str(place / "big.py")).reason
    assert len(files.read(str(place / "full.py")).content) == MAX_BYTES


@posix
def test_survives_links_pipes_and_devices(place):
    (place / "out.py").symlink_to(place.parent / "secret.py")
    (place / "in.py").symlink_to("a.py")
    (place / "loop.py").symlink_to("loop.py")
    (place / "zero.py").symlink_to("/dev/zero")
    (place / "up").symlink_to("..")
    (place / "self").symlink_to(".")
    os.mkfifo(place / "pipe.py")
    files: Any = Files(disk=DiskFiles([str(place)]))
    assert files.read(str(place / "in.py")).content == "a = 1\n"
    for name in ("out.py", "loop.py", "zero.py", "pipe.py"):
        assert isinstance(files.read(str(place / name)), Unreadable), name
    assert isinstance(files.read(str(place / "up" / "secret.py")), Unreadable)
    listing = files.listing(str(place))
    assert (listing.folders, listing.files) == ((), ("a.py", "in.py"))
    assert [folder for folder, _ in walk(files, str(place))] == [str(place)]
    assert not files.contains(str(place / "up" / "new.py"))


@posix
def test_a_root_may_be_a_link_itself(place, tmp_path):
    (tmp_path / "link").symlink_to(place)
    files: Any = Files(disk=DiskFiles([str(tmp_path / "link")]))
    assert files.read(str(tmp_path / "link" / "a.py")).content == "a = 1\n"


def test_one_folder_under_two_names_is_walked_once(place):
    class Twice(Files):
        def listing(self, path):
            return Listing(("again",), ("a.py",), identity=(1, 1))

    assert len(list(walk(Twice({}), str(place)))) == 1


def test_a_walk_ends_at_its_depth(place):
    class Endless(Files):
        def listing(self, path):
            return Listing(("deeper",), ())

    assert len(list(walk(Endless({}), str(place)))) == 40


def test_buffers_lie_over_the_disk(place):
    new = place / "new" / "deep" / "b.py"
    files: Any = Files(
        {str(place / "a.py"): SourceText("a = 2\n"), str(new): SourceText("b = 1\n")}, DiskFiles([str(place)])
    )
    assert files.read(str(place / "a.py")).content == "a = 2\n"
    assert files.read(str(new)).content == "b = 1\n"
    assert files.listing(str(place)).folders == ("new",)
    assert files.listing(str(place / "new")).folders == ("deep",)
    assert files.listing(str(new.parent)).files == ("b.py",)
    assert files.contains(str(new)) and not files.contains(str(place.parent / "secret.py"))
