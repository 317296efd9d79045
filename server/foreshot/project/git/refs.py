"""Names of commits: HEAD, branches, tags and remote branches, in files of their own or in ``packed-refs``."""

from __future__ import annotations

import re
from typing import Final

from foreshot.project.git.store import MAX_PACKED_REFS, Store, Trouble
from foreshot.project.git.trees import is_id

MAX_HOPS: Final = 5
"""Symbolic refs that are followed from one to the next, as in git."""
_PLACES: Final = ("refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD")
"""Where git looks for a short name, in its order (``gitrevisions``)."""
_TOP: Final = re.compile(r"(?:[A-Z][A-Z_]*_)?HEAD")
_BAD: Final = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|//|@\{|(?:^|/)\.|\.lock(?:/|$)|^/|[/.]$|^$")


class Refs:
    """The refs of one work tree: ``folder`` is its own, ``common`` that of the repository."""

    def __init__(self, store: Store, folder: str, common: str) -> None:
        self._store = store
        self._folder = folder
        self._common = common
        self._packed: bytes | None = None

    def find(self, name: str) -> str | None:
        """The id that a name stands for, whole or short; None when there is no such ref."""
        if _TOP.fullmatch(name) or name.startswith("refs/"):
            return self.target(name)[1]
        if is_ref_name(name):
            for place in _PLACES:
                found = self.target(place.format(name))[1]
                if found is not None:
                    return found
        return None

    def target(self, name: str) -> tuple[str, str | None]:
        """The ref that a whole name leads to in the end, and its id; None when nothing is there yet."""
        for _ in range(MAX_HOPS):
            said = self._said(name)
            if said is None or not said.startswith("ref:"):
                return name, said
            name = said[4:].strip()
            if not name.startswith("refs/") or not is_ref_name(name):
                raise Trouble("a symbolic ref leads to what is no ref")
        raise Trouble("symbolic refs lead from one to the next without an end")

    def remotes(self) -> list[str]:
        """The names of remotes of which branches are known, ``origin`` first."""
        found = set(self._store.folders(f"{self._common}/refs/remotes"))
        packed = re.findall(rb" refs/remotes/([^/\n]{1,200})/", self._all_packed())
        found.update(name.decode("utf-8", "replace") for name in set(packed))
        return sorted(
            (name for name in found if is_ref_name(name)), key=lambda name: (name != "origin", name)
        )

    def _said(self, name: str) -> str | None:
        if not is_ref_name(name):
            return None
        own = not name.startswith("refs/") or name.startswith(("refs/bisect/", "refs/worktree/"))
        line = self._store.line(f"{self._folder if own else self._common}/{name}")
        if line is not None:
            word = line.strip()
            if word.startswith("ref:"):
                return word
            word = re.split(r"\s", word, maxsplit=1)[0]
            if not is_id(word):
                raise Trouble(f"the ref {name} is damaged")
            return word
        return self._in_packed(name)

    def _in_packed(self, name: str) -> str | None:
        data = self._all_packed()
        at = data.find(b" " + name.encode("utf-8", "surrogateescape") + b"\n")
        if at < 0:
            return None
        word = data[data.rfind(b"\n", 0, at) + 1 : at].decode("ascii", "replace")
        if not is_id(word):
            raise Trouble("packed-refs is damaged")
        return word

    def _all_packed(self) -> bytes:
        if self._packed is None:
            data = self._store.read(f"{self._common}/packed-refs", MAX_PACKED_REFS) or b""
            self._packed = data.replace(b"\r\n", b"\n") if b"\r" in data else data
        return self._packed


def is_ref_name(name: str) -> bool:
    """Whether git lets a ref have this name (``git check-ref-format``); such a name stays inside its folder."""
    return len(name) < 1_000 and not name.startswith("-") and _BAD.search(name) is None
