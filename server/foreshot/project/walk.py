"""Walking through the folders of a workspace, as far as a budget goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from foreshot.project import paths
from foreshot.project.disk import Listing

MAX_FOLDERS = 20_000
"""Folders that one walk looks into."""
MAX_ENTRIES = 1_000_000
"""Entries that one walk sees, over all folders."""
MAX_DEPTH = 40
"""Folders below the start that a walk goes down."""


class Listed(Protocol):
    """What can be walked through."""

    def listing(self, path: str) -> Listing | None:
        """The entries of a folder; None when there is no such folder."""
        ...


def walk(
    files: Listed, root: str, enter: Callable[[str, Listing], bool] = lambda _folder, _listing: True
) -> Iterator[tuple[str, Listing]]:
    """Every folder at or below ``root`` with its listing, nearest first, each once, as far as the budget goes.

    ``enter`` is asked about each folder below the root, with its listing; where it says no, neither the folder
    nor what is in it is seen.
    """
    level = [root]
    identities: set[tuple[int, int]] = set()
    folders = entries = 0
    for _ in range(MAX_DEPTH):
        below: list[str] = []
        for folder in level:
            listing = files.listing(folder)
            if listing is None or (listing.identity is not None and listing.identity in identities):
                continue
            if listing.identity is not None:
                identities.add(listing.identity)
            folders += 1
            entries += len(listing.files) + len(listing.folders)
            if folder is not root and not enter(folder, listing):
                continue
            yield folder, listing
            if folders >= MAX_FOLDERS or entries >= MAX_ENTRIES:
                return
            below.extend(
                paths.child(folder, name) for name in listing.folders if name not in PRUNED and name[0] != "."
            )
        level = below
        if not level:
            return


PRUNED = frozenset(
    {"__pycache__", "__pypackages__", "build", "dist", "node_modules", "site-packages", "dist-packages"}
)
"""Folder names that no walk enters, besides all that begin with a dot."""
