"""The reader of git, against git itself, against dulwich, and against repositories that were made to hurt."""

from __future__ import annotations

import os
import random
import struct
import time
import zlib
from hashlib import sha1

import pytest
from dulwich.objects import Commit
from dulwich.repo import Repo

from foreshot.project.git import Repository, Trouble, find_repository
from foreshot.project.git.objects import object_id
from real_git import Git


def opened(git: Git) -> Repository:
    found = find_repository(str(git.root))
    assert found is not None
    return found


@pytest.fixture(params=["sha1", "sha256"])
def history(request, tmp_path):
    """A history with a merge, tags and two branches, of either kind of ids."""
    git = Git(tmp_path / "repo", arguments=(f"--object-format={request.param}",))
    git.commit(
        {"a.py": "a = 1\n", "versions/one.py": "1\n" * 300, "versions/deep/two.py": "2\n", "ü b.txt": "x"}
    )
    git("tag", "light")
    git("tag", "-a", "-m", "t", "heavy")
    git("checkout", "-q", "-b", "side")
    for number in range(5):
        git.commit({"versions/one.py": "1\n" * 300 + f"{number}\n", f"n{number}": str(number)})
    git("checkout", "-q", "main")
    git.commit({"a.py": "a = 2\n"})
    git("merge", "-q", "-m", "m", "side")
    git("tag", "merge")
    git.commit({"last": "l"})
    git("checkout", "-q", "-b", "later", "side")
    git.commit({"later": "l"})
    git("checkout", "-q", "main")
    return git


def states(git: Git):
    """The repository as it is, and packed in the ways that git packs it."""
    yield "loose"
    git("gc", "-q")
    yield "packed"
    git("repack", "-adfq", "--depth=50", "--window=50")
    git("pack-refs", "--all")
    yield "deltas"
    git.commit({"after": "x"})
    yield "both"


NAMES = ["HEAD", "@", "main", "side", "later", "light", "heavy", "refs/heads/side", "HEAD~1", "merge^2", "merge^2~2", "heads/main",
         "heavy^{commit}", "HEAD^0", "HEAD~3"]  # fmt: skip


def test_as_git_has_it(history):
    for state in states(history):
        repository = opened(history)
        for name in NAMES:
            assert repository.commit_of(name) == history("rev-parse", f"{name}^{{commit}}"), (state, name)
        for name in (
            "none",
            "HEAD~100",
            "HEAD^3",
            "refs/heads",
            "../HEAD",
            "-x",
            "",
            "HEAD@{1}",
            "main..side",
            "HEAD:a.py",
        ):
            assert repository.commit_of(name) is None, name
        head = repository.head
        assert head is not None
        assert repository.branch == "refs/heads/main"
        assert {repository.commit_of(head[:digits]) for digits in (7, 8, 12, len(head))} == {head}
        for name in ("main", "side", "light"):
            commit = repository.commit_of(name)
            assert commit is not None
            listed = history("ls-tree", "-r", "-z", name).split("\0")
            expected = {line.split("\t")[1]: line.split()[2] for line in listed if line}
            found = dict(repository.walk(commit))
            assert found == expected
            for path, blob in found.items():
                content = repository.blob(blob)
                assert content.decode() == history("cat-file", "blob", f"{name}:{path}") + (
                    "\n" if content[-1:] == b"\n" else ""
                )
                assert object_id("blob", content, len(blob)) == blob
            assert dict(repository.walk(commit, "versions", deep=False)) == {
                path: blob
                for path, blob in expected.items()
                if path.startswith("versions/") and path.count("/") == 1
            }
        for one in ("main", "side", "later", "light"):
            for other in ("main", "side", "later", "light"):
                a, b = repository.commit_of(one), repository.commit_of(other)
                assert a is not None
                assert b is not None
                assert repository.merge_base(a, b) == history("merge-base", one, other)
        repository.close()


def test_as_dulwich_has_it(tmp_path):
    """Random histories: every object and the parents of every commit."""
    chance = random.Random(7)
    git = Git(tmp_path / "repo")
    branches = ["main"]
    for number in range(40):
        if chance.random() < 0.2:
            branches.append(f"b{number}")
            git("checkout", "-q", "-b", branches[-1])
        elif chance.random() < 0.3:
            git("checkout", "-q", chance.choice(branches) if number > 3 else "main", check=False)
        if number > 5 and chance.random() < 0.2:
            git("merge", "-q", "-X", "ours", "-m", "m", chance.choice(branches), check=False)
        git.commit(
            {
                f"d{chance.randrange(3)}/f{chance.randrange(9)}": f"{chance.random()}\n"
                * chance.randrange(1, 400)
            }
        )
        if number == 20:
            git("repack", "-adq")
    repository = opened(git)
    with Repo(str(git.root)) as oracle:
        names = list(oracle.object_store)
        assert len(names) > 100
        for name in names:
            theirs = oracle.object_store[name]
            kind = theirs.type_name.decode()
            assert repository._objects.read(name.decode(), kind) == theirs.as_raw_string()
            if isinstance(theirs, Commit):
                assert [parent.encode() for parent in repository.parents(name.decode())] == theirs.parents
    tips = git("for-each-ref", "--format=%(objectname)", "refs/heads").split()
    for one in tips:
        for other in tips:
            assert repository.merge_base(one, other) in git("merge-base", "--all", one, other).split()
    repository.close()


def test_work_trees_and_submodules(tmp_path):
    inner = Git(tmp_path / "inner")
    inner.commit({"m.py": "m\n"})
    git = Git(tmp_path / "repo")
    first = git.commit({"a": "a"})
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.root.as_uri(), "sub")
    second = git.commit()
    git("worktree", "add", "-q", str(tmp_path / "beside"), "-b", "beside", first)
    repository = find_repository(str(tmp_path / "beside"))
    assert repository is not None
    assert (repository.head, repository.branch, repository.commit_of("main")) == (
        first,
        "refs/heads/beside",
        second,
    )
    repository = find_repository(str(git.root / "sub"))
    assert repository is not None
    assert repository.root == str(git.root / "sub")
    assert repository.head == inner("rev-parse", "HEAD")
    assert dict(opened(git).walk(second)).keys() == {".gitmodules", "a"}


def test_shallow_and_partial_clones(tmp_path):
    git = Git(tmp_path / "repo")
    git("config", "uploadpack.allowFilter", "true")
    first = git.commit({"a": "a"})
    second = git.commit({"a": "b"})
    shallow = opened(git.clone(tmp_path / "shallow", "--depth=1"))
    assert (shallow.is_shallow, shallow.head, shallow.parents(second)) == (True, second, ())
    assert shallow.commit_of("HEAD~1") is None
    partial = opened(git.clone(tmp_path / "partial", "--filter=blob:none", "--no-checkout"))
    assert partial.merge_base(first, second) == first
    blob = dict(partial.walk(first))["a"]
    with pytest.raises(Trouble, match="is not in this clone, which is a partial one"):
        partial.blob(blob)


def test_what_leads_out_is_not_followed(tmp_path):
    git = Git(tmp_path / "elsewhere")
    head = git.commit({"a": "a"})
    place = tmp_path / "place"
    place.mkdir()
    (place / ".git").write_text(f"gitdir: {git.root}/.git\n")
    with pytest.raises(Trouble, match="does not lead back"):
        find_repository(str(place))
    (place / ".git").unlink()
    (place / ".git").symlink_to(git.root / ".git")
    with pytest.raises(Trouble, match="neither a folder nor a regular file"):
        find_repository(str(place))
    (place / ".git").unlink()
    # Objects borrowed from a repository outside.
    borrowing = Git(place)
    (place / ".git/objects/info/alternates").write_text(f"{git.root}/.git/objects\n")
    (place / ".git/refs/heads/main").write_text(f"{head}\n")
    repository = opened(borrowing)
    with pytest.raises(Trouble, match="borrows objects"):
        repository.commit(head)
    # A folder of objects, a pack, a ref that is a link.
    (place / ".git/objects/info/alternates").unlink()
    (place / ".git/objects").rename(place / ".git/objects.own")
    (place / ".git/objects").symlink_to(git.root / ".git/objects")
    with pytest.raises(Trouble, match="outside"):
        opened(borrowing).commit(head)
    (place / ".git/refs/heads/main").unlink()
    (place / ".git/refs/heads/main").symlink_to(tmp_path / "elsewhere/.git/refs/heads/main")
    with pytest.raises(Trouble, match="outside"):
        assert opened(borrowing).head


def test_environment_and_configuration_do_not_count(tmp_path, monkeypatch):
    git = Git(tmp_path / "repo")
    head = git.commit({"a": "a"})
    other = Git(tmp_path / "other")
    other.commit({"a": "b"})
    for name, value in {
        "GIT_DIR": str(other.root / ".git"),
        "GIT_WORK_TREE": str(other.root),
        "GIT_OBJECT_DIRECTORY": str(other.root / ".git/objects"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_TRACE": str(tmp_path / "trace"),
        "GIT_CEILING_DIRECTORIES": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    (git.root / ".git/config").unlink()
    os.mkfifo(git.root / ".git/config")
    assert opened(git).head == head
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    "place", ["HEAD", "packed-refs", "refs/heads/main", "shallow", "object", "pack", "idx", ".git"]
)
@pytest.mark.parametrize("kind", ["fifo", "zero", "folder"])
def test_pipes_devices_and_folders(tmp_path, place, kind):
    git = Git(tmp_path / "repo")
    head = git.commit({"a": "a"})
    if place in ("pack", "idx"):
        git("gc", "-q")
        (path,) = (git.root / ".git/objects/pack").glob(f"*.{place}")
    elif place == "object":
        path = git.root / f".git/objects/{head[:2]}/{head[2:]}"
    elif place == ".git":
        (git.root / ".git").rename(git.root / ".other")
        path = git.root / ".git"
    else:
        path = git.root / ".git" / place
    path.unlink(missing_ok=True)
    {"fifo": os.mkfifo, "zero": lambda at: at.symlink_to("/dev/zero"), "folder": os.mkdir}[kind](path)
    started = time.monotonic()
    try:
        repository = find_repository(str(git.root))
        if repository is not None:
            repository.commit_of("main")
            repository.commit_of("no-such-name")
            repository.merge_base(head, head)
            repository.parents(head)
            list(repository.walk(head))
    except Trouble as trouble:
        assert "\n" not in str(trouble)
    assert time.monotonic() - started < 2


def test_damage_is_said_and_costs_nothing(tmp_path):
    """Bytes of packs, indexes, refs and objects are changed at random: a Trouble or the right answer, never another one."""
    git = Git(tmp_path / "repo")
    head = ""
    for number in range(12):
        head = git.commit({f"f{number}": f"{number}\n" * 200, "same": "x\n" * 500 + str(number)})
    git("repack", "-adfq", "--depth=50")
    git("pack-refs", "--all")
    expected = dict(opened(git).walk(head))
    contents = {blob: opened(git).blob(blob) for blob in expected.values()}
    files = [path for path in (git.root / ".git/objects/pack").iterdir() if path.suffix in (".pack", ".idx")]
    files += [git.root / ".git/packed-refs", git.root / ".git/HEAD"]
    chance = random.Random(3)
    troubles = 0
    for _ in range(400):
        path = chance.choice(files)
        before = path.read_bytes()
        path.chmod(0o644)
        data = bytearray(before)
        for _ in range(chance.choice([1, 1, 4, 40])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.2:
            del data[chance.randrange(len(data)) :]
        path.write_bytes(data)
        try:
            repository = opened(git)
            if repository.commit_of("main") == head:
                assert dict(repository.walk(head)) == expected
                for blob, content in contents.items():
                    assert repository.blob(blob) == content
        except Trouble:
            troubles += 1
        path.write_bytes(before)
    assert troubles > 50


def pack_of(entries: list[bytes], names: list[bytes], tmp_path) -> Git:
    """A repository with one pack of raw entries, under the ids that it claims for them."""
    git = Git(tmp_path / "repo")
    body, offsets = b"PACK" + struct.pack(">II", 2, len(entries)), []
    for entry in entries:
        offsets.append(len(body))
        body += entry
    order = sorted(range(len(names)), key=lambda at: names[at])
    fanout, count = b"", 0
    for byte in range(256):
        count += sum(names[at][0] == byte for at in order)
        fanout += struct.pack(">I", count)
    index = b"\xfftOc" + struct.pack(">I", 2) + fanout + b"".join(names[at] for at in order)
    index += b"\0" * 4 * len(names) + b"".join(struct.pack(">I", offsets[at]) for at in order) + b"\0" * 40
    folder = git.root / ".git/objects/pack"
    (folder / "pack-x.pack").write_bytes(body + b"\0" * 20)
    (folder / "pack-x.idx").write_bytes(index)
    return git


def entry_of(kind: int, content: bytes, extra: bytes = b"", size: int | None = None) -> bytes:
    left = len(content) if size is None else size
    head = [kind << 4 | left & 15]
    left >>= 4
    while left:
        head[-1] |= 0x80
        head.append(left & 0x7F)
        left >>= 7
    return bytes(head) + extra + zlib.compress(content)


def number(value: int) -> bytes:
    made = b""
    while True:
        made += bytes([value & 0x7F | (0x80 if value > 0x7F else 0)])
        value >>= 7
        if not value:
            return made


def bounded(git: Git, name: bytes, match: str) -> None:
    import tracemalloc

    repository = opened(git)
    tracemalloc.start()
    started = time.monotonic()
    with pytest.raises(Trouble, match=match):
        repository.blob(name.hex())
    assert time.monotonic() - started < 5
    assert tracemalloc.get_traced_memory()[1] < 400 << 20
    tracemalloc.stop()


def test_a_chain_of_ten_thousand_deltas(tmp_path):
    content = b"x" * 100
    names = [sha1(b"%d" % at).digest() for at in range(10_001)]
    delta = number(100) + number(100) + bytes([0x80 | 0x10, 100])
    entries = [entry_of(3, content)] + [entry_of(7, delta, names[at]) for at in range(10_000)]
    bounded(pack_of(entries, names, tmp_path), names[-1], "stands on too many")


def test_a_circle_of_deltas(tmp_path):
    names = [sha1(b"%d" % at).digest() for at in range(2)]
    delta = number(100) + number(100) + bytes([0x80 | 0x10, 100])
    bounded(
        pack_of([entry_of(7, delta, names[1]), entry_of(7, delta, names[0])], names, tmp_path),
        names[0],
        "too many",
    )


def test_deltas_that_grow(tmp_path):
    """Each delta makes 30 MiB out of a few hundred bytes."""
    size = 30 << 20
    piece = bytes([0x80 | 0x10 | 0x20 | 0x40, 0, 0, 1])
    first = number(1 << 16) + number(size) + piece * (size >> 16)
    after = number(size) + number(size) + piece * (size >> 16)
    names = [sha1(b"%d" % at).digest() for at in range(102)]
    entries = [entry_of(3, b"x" * (1 << 16)), entry_of(7, first, names[0])]
    entries += [entry_of(7, after, names[at]) for at in range(1, 101)]
    bounded(pack_of(entries, names, tmp_path), names[-1], "too many")


def test_bombs_of_compression(tmp_path):
    names = [sha1(b"%d" % at).digest() for at in range(3)]
    bomb = b"\0" * (60 << 20)
    entries = [entry_of(3, bomb), entry_of(3, bomb, size=1_000), entry_of(3, b"few", size=1 << 20)]
    git = pack_of(entries, names, tmp_path)
    bounded(git, names[0], "larger than")
    bounded(git, names[1], "not as long")
    bounded(git, names[2], "not as long")
    for at, head in enumerate([b"blob 100\0", b"blob 999999999999\0", b"blob 5\0"]):
        name = sha1(b"loose %d" % at).hexdigest()
        path = git.root / f".git/objects/{name[:2]}/{name[2:]}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(zlib.compress(head + bomb))
        bounded(git, bytes.fromhex(name), "larger than|not as long")


def test_an_object_under_another_id(tmp_path):
    name = sha1(b"claimed").digest()
    bounded(pack_of([entry_of(3, b"content")], [name], tmp_path), name, "has another id")


def test_reftable(tmp_path):
    git = Git(tmp_path / "repo")
    git.commit({"a": "a"})
    (git.root / ".git/reftable").mkdir()
    with pytest.raises(Trouble, match="reftable"):
        find_repository(str(git.root))


def test_a_stamp_changes_with_what_moves(tmp_path):
    git = Git(tmp_path / "repo")
    git.commit({"a": "a"})
    git("branch", "base")
    repository = opened(git)
    stamps = [repository.stamp(("refs/heads/base",))]
    assert repository.stamp(("refs/heads/base",)) == stamps[0]
    for move in (
        ("commit", "--allow-empty", "-qm", "x"),
        ("branch", "-f", "base"),
        ("checkout", "-q", "base"),
        ("pack-refs", "--all"),
    ):
        git(*move)
        stamps.append(repository.stamp(("refs/heads/base",)))
        assert stamps[-1] != stamps[-2], move
