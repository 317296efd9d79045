"""The files of a workspace at one moment: read once, and every look recorded.

A :class:`Files` is a snapshot. What it has said of a file, a folder or an absence it says again, whatever the disk does
meanwhile; news of changes make the next one (:meth:`Files.after`), which keeps all that they do not concern. Everything
that is read, listed or asked for goes through here and is noted (:mod:`foreshot.project.looks`), so that a result knows
what it was made of, and :meth:`Files.remember` can tell whether it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from hashlib import blake2b
from typing import Any, Final, NamedTuple, TypeVar

from foreshot.project import paths
from foreshot.project.disk import Disk, Listing
from foreshot.project.looks import Look, Record, is_recording, note, note_all, recording
from foreshot.text import SourceText, Unreadable, decode
from foreshot.text.source import digest

Answer = Callable[[str], bytes]
ABSENT: Final = b""
"""The answer to every question about what is not there."""
T = TypeVar("T")

_DECODED: Final = 8
"""Texts that are kept decoded: what is asked of one file, such as its repairs, is asked in a row."""
_UNREADABLE: Final = b"!"


class _Result(NamedTuple):
    """Something that was worked out, and what it was made of."""

    value: Any
    record: Record
    given: object


class Files:
    """Texts (an editor's buffers) laid over a disk, or over nothing.

    Paths are absolute and normalised. Nothing here raises for what a disk may hold.

    Args:
        texts: by path, what lies over the disk.
        disk: what lies below; None: there are only the texts.
    """

    def __init__(
        self, texts: Mapping[str, SourceText | Unreadable] | None = None, disk: Disk | None = None
    ) -> None:
        self.texts: Mapping[str, SourceText | Unreadable] = texts or {}
        self.disk = disk
        self._bytes: dict[str, bytes | Unreadable | None] = {}
        self._digests: dict[str, bytes] = {}
        self._listings: dict[str, Listing | None] = {}
        self._stems: dict[str, dict[str, tuple[str, ...]]] = {}
        self._inside: dict[str, bool] = {}
        self._decoded: dict[str, SourceText | Unreadable] = {}
        self._memory: dict[Hashable, _Result] = {}
        self._holding: dict[Hashable, _Result] = {}
        self._over: dict[str, tuple[set[str], set[str]]] = {}
        for path in self.texts:
            self._lay(path)

    def _lay(self, path: str) -> None:
        folder = paths.parent(path)
        self._over.setdefault(folder, (set(), set()))[1].add(paths.name(path))
        above = paths.parent(folder)
        while above != folder:
            folders = self._over.setdefault(above, (set(), set()))[0]
            if paths.name(folder) in folders:
                break
            folders.add(paths.name(folder))
            folder, above = above, paths.parent(above)

    # -- Files and folders

    def read(self, path: str) -> SourceText | Unreadable | None:
        """The text of a file, why it has none, or None when there is no such file.

        A coding cookie counts in ``.py`` files only.
        """
        self._note("text", path)
        laid = self.texts.get(path)
        if laid is not None:
            return laid
        known = self._decoded.get(path)
        if known is not None:
            return known
        data = self._read(path)
        if not isinstance(data, bytes):
            return data
        text = decode(data, python=path.endswith(".py"))
        for oldest in list(self._decoded)[: len(self._decoded) - _DECODED + 1]:
            self._decoded.pop(oldest, None)
        self._decoded[path] = text
        return text

    def read_bytes(self, path: str) -> bytes | Unreadable | None:
        """The bytes of a file, why it has none, or None when there is no such file."""
        self._note("text", path)
        laid = self.texts.get(path)
        if laid is not None:
            return _encoded(laid) if isinstance(laid, SourceText) else laid
        return self._read(path)

    def listing(self, path: str) -> Listing | None:
        """The entries of a folder; None when there is no such folder inside the workspace."""
        self._note("listing", path)
        return self._list(path)

    def contains(self, path: str) -> bool:
        """Whether a path, links followed, lies inside the workspace; it need not exist."""
        self._note("inside", path)
        return self._contains(path)

    def named(self, folder: str, stem: str) -> tuple[str, ...]:
        """The entries of a folder whose name, up to its first dot, is ``stem``; those that are folders end in ``/``."""
        self._note("named", paths.child(folder, stem))
        return self._named(folder, stem)

    def is_file(self, path: str) -> bool:
        """Whether a folder of the workspace has a file of this name."""
        name = paths.name(path)
        return name in self.named(paths.parent(path), name.partition(".")[0])

    def holds_python(self, folder: str) -> bool:
        """Whether a Python file lies directly in a folder."""
        self._note("python", folder)
        return self._holds_python(folder)

    # -- Answers and results

    def answer(self, kind: str, about: str) -> bytes:
        """The answer to a question about files, as it is noted when somebody asks.

        ``text``: the digest of a file; ``listing``: that of a folder's entries; ``inside``: whether a path is inside the
        workspace; ``named``: :meth:`named`; ``python``: :meth:`holds_python`.

        Raises:
            KeyError: for another kind.
        """
        match kind:
            case "text":
                return self._text_answer(about)
            case "listing":
                return _listing_answer(self._list(about))
            case "inside":
                return b"1" if self._contains(about) else b""
            case "named":
                return "\0".join(self._named(paths.parent(about), paths.name(about))).encode()
            case "python":
                return b"1" if self._holds_python(about) else b""
            case _:
                raise KeyError(kind)

    def has(self, look: Look, others: Mapping[str, Answer] | None = None) -> bool:
        """Whether a question still has its answer; ``others`` answer the kinds that are not about files.

        A question that nobody can answer has none.
        """
        if others is not None and look.kind in others:
            return others[look.kind](look.about) == look.answer
        try:
            return self.answer(look.kind, look.about) == look.answer
        except KeyError:
            return False

    def holds(self, record: Iterable[Look], others: Mapping[str, Answer] | None = None) -> bool:
        """Whether what was made of a record would be made again."""
        return all(self.has(look, others) for look in record)

    def remember(self, key: Hashable, make: Callable[[], T], given: object = ()) -> T:
        """What ``make`` comes to, made when nothing is known that holds.

        A result made for an earlier snapshot holds while all that was looked at is as it was and ``given``, whatever else
        it was made of, is equal. Several threads may make the same at once; one of them is kept.

        Args:
            key: names the result, for every snapshot of one workspace.
            make: makes it from this snapshot and ``given`` alone.
            given: what it is made of besides files.
        """
        known = self._holding.get(key)
        if known is None or known.given != given:
            known = self._memory.get(key)
            if known is None or known.given != given or not self.holds(known.record):
                with recording() as looked:
                    value = make()
                known = _Result(value, frozenset(looked), given)
            self._keep(key, known, given)
        elif known.given is not given:
            self._keep(key, known, given)
        note_all(known.record)
        return known.value

    def latest(self, key: Hashable) -> Any:
        """What was remembered last under a key, whether or not it holds: to make the next from. None: nothing."""
        known = self._memory.get(key)
        return known.value if known is not None else None

    def _keep(self, key: Hashable, known: _Result, given: object) -> None:
        """Keep a result with what it was asked for last: what is equal and not the same is compared in full, every time."""
        self._holding[key] = self._memory[key] = _Result(known.value, known.record, given)

    def moved(self, among: Iterable[str]) -> list[str]:
        """The paths whose file on disk is not what this snapshot has; asks the disk."""
        disk = self.disk
        return [
            path
            for path in among
            if disk is not None
            and path not in self.texts
            and _answer_for(disk.read_bytes(path)) != self._text_answer(path)
        ]

    # -- The next snapshot

    def after(self, texts: Mapping[str, SourceText | Unreadable], changed: Collection[str]) -> Files:
        """The files after a change, with all that is known and not concerned by it. Reads nothing.

        Args:
            texts: what lies over the disk from now on.
            changed: paths of files whose text in ``texts`` is another, and of files and folders that may have come, gone or
                changed on disk.
        """
        new = Files(texts, self.disk)
        new._memory = self._memory
        # Other threads may be asking this snapshot, and so adding to what it knows.
        new._bytes, new._digests = self._bytes.copy(), self._digests.copy()
        new._listings, new._stems = self._listings.copy(), self._stems.copy()
        new._decoded = self._decoded.copy()
        moved = {path for path in changed if not (path in texts and path in self.texts)}
        for path in changed:
            new._digests.pop(path, None)
            new._decoded.pop(path, None)
        if moved:
            new._forget(moved)
        return new

    def laid(self, texts: Mapping[str, SourceText | Unreadable]) -> Files:
        """The files with further texts over them."""
        return self.after({**self.texts, **texts}, texts.keys())

    def _forget(self, moved: Collection[str]) -> None:
        self._inside.clear()
        folders: list[str] = []
        for path in moved:
            self._bytes.pop(path, None)
            if self._listings.get(path) is not None:
                folders.append(path + paths.SEP)
            self._forget_folder(path)
            above, below = paths.parent(path), path
            while above != below:
                self._forget_folder(above)
                above, below = paths.parent(above), above
        if folders:
            inside = tuple(folders)
            for known in (self._bytes, self._digests, self._decoded):
                for path in [path for path in known if path.startswith(inside)]:
                    del known[path]
            for path in [path for path in self._listings if path.startswith(inside)]:
                self._forget_folder(path)

    def _forget_folder(self, folder: str) -> None:
        self._listings.pop(folder, None)
        self._stems.pop(folder, None)

    # -- Without a record

    def _note(self, kind: str, about: str) -> None:
        if is_recording():
            note(kind, about, self.answer(kind, about))

    def _read(self, path: str) -> bytes | Unreadable | None:
        try:
            return self._bytes[path]
        except KeyError:
            data = self.disk.read_bytes(path) if self.disk is not None else None
            return self._bytes.setdefault(path, data)

    def _text_answer(self, path: str) -> bytes:
        known = self._digests.get(path)
        if known is None:
            laid = self.texts.get(path)
            known = self._digests[path] = _answer_for(self._read(path) if laid is None else laid)
        return known

    def _list(self, path: str) -> Listing | None:
        try:
            return self._listings[path]
        except KeyError:
            found = self.disk.listing(path) if self.disk is not None else None
            over = self._over.get(path)
            if over is not None:
                base = found or Listing((), ())
                folders, files = over
                found = Listing(
                    tuple(sorted(folders.union(base.folders))),
                    tuple(sorted(files.union(base.files))),
                    base.identity,
                    base.complete,
                    base.problem,
                )
            return self._listings.setdefault(path, found)

    def _named(self, folder: str, stem: str) -> tuple[str, ...]:
        known = self._stems.get(folder)
        if known is None:
            listing = self._list(folder)
            stems: dict[str, list[str]] = {}
            if listing is not None:
                for name in listing.folders:
                    stems.setdefault(name, []).append(f"{name}/")
                for name in listing.files:
                    stems.setdefault(name.partition(".")[0], []).append(name)
            known = self._stems[folder] = {name: tuple(found) for name, found in stems.items()}
        return known.get(stem, ())

    def _holds_python(self, folder: str) -> bool:
        listing = self._list(folder)
        return listing is not None and any(name.endswith(".py") for name in listing.files)

    def _contains(self, path: str) -> bool:
        known = self._inside.get(path)
        if known is None:
            laid = path in self.texts or path in self._over
            known = laid or (self.disk is not None and self.disk.contains(path))
            self._inside[path] = known
        return known


def _answer_for(data: bytes | SourceText | Unreadable | None) -> bytes:
    if data is None:
        return ABSENT
    if isinstance(data, Unreadable):
        return _UNREADABLE + data.reason.encode("utf-8", "replace")
    return digest(data if isinstance(data, bytes) else _encoded(data))


def _encoded(text: SourceText) -> bytes:
    try:
        return text.encode()
    except UnicodeError:
        return text.content.encode("utf-8", "surrogatepass")


def _listing_answer(listing: Listing | None) -> bytes:
    if listing is None:
        return ABSENT
    made = blake2b(digest_size=16)
    for names in (listing.folders, listing.files):
        made.update("\0".join(names).encode("utf-8", "surrogatepass"))
        made.update(b"\0\0")
    made.update(b"1" if listing.complete else b"0")
    return made.digest()
