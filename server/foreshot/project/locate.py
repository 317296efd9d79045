"""From what a configuration file says to the folder that it means.

Alembic resolves a relative path against the folder that it is started in and a ``package:folder`` by importing the
package. Neither is known here, so the folder is looked for where people start Alembic: next to the configuration
file, then above it; packages there or below ``src``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain

from msgspec import Struct

from foreshot.project import paths
from foreshot.project.disk import Listing
from foreshot.project.files import Files

_PACKAGE = re.compile(r"[A-Za-z_][\w.]*:[^:\\]+(?::[^:\\]+)*")
_SEPARATORS = {"space": " ", "newline": "\n", "os": paths.PATH_SEP, ":": ":", ";": ";"}
_LEGACY = re.compile(r", *| +")


class Outside(Struct, frozen=True):
    """The folder is outside the workspace: it is not read."""

    path: str


class Workspace:
    """The folders of a workspace as a scan found them."""

    def __init__(self, files: Files, root: str, listings: Mapping[str, Listing]) -> None:
        self.files = files
        self.root = root
        self.listings = listings
        self._by_name: dict[str, list[str]] | None = None

    def listing(self, path: str) -> Listing | None:
        """The entries of a folder, also of one that the scan passed over."""
        found = self.listings.get(path)
        return found if found is not None else self.files.listing(path)

    def folder(self, value: str, here: str) -> str | Outside | None:
        """The folder that a configuration file in ``here`` means by ``value``; None when there is none."""
        value = value.strip()
        if not value or "\0" in value:
            return None
        if paths.is_absolute(value):
            return self._absolute(paths.join(value))
        if _PACKAGE.fullmatch(value):
            return self._package(value, here)
        candidates = [paths.join(above, value) for above in paths.ancestors(here, self.root)]
        found = self._best(candidates)
        if found is not None:
            return found
        first = candidates[0]
        if not paths.is_inside(first, self.root) and not self.files.contains(first):
            return Outside(first)
        return self._ending(value.replace("\\", "/").strip("/").split("/"))

    def _absolute(self, path: str) -> str | Outside | None:
        if self.files.contains(path) and self.listing(path) is not None:
            return path
        # The path of a container or an installed package: its end tells which folder of the workspace it is.
        parts = [part for part in path.replace("\\", "/").split("/") if part]
        for start in range(1, len(parts)):
            found = self._ending(parts[start:])
            if found is not None:
                return found
        return None if self.files.contains(path) else Outside(path)

    def _package(self, value: str, here: str) -> str | Outside | None:
        package, *rest = value.split(":")
        parts = package.split(".")
        for above in paths.ancestors(here, self.root):
            found = self._best([paths.join(above, *parts, *rest), paths.join(above, "src", *parts, *rest)])
            if found is not None:
                return found
        tail = [part for piece in rest for part in piece.split("/") if part not in ("", ".")]
        return self._ending([*parts, *tail]) if ".." not in tail else None

    def _best(self, candidates: list[str]) -> str | None:
        """The first folder with an env.py, else the first with something of Alembic's, else the first that is there."""
        best: tuple[int, str] | None = None
        for candidate in candidates:
            listing = self.listing(candidate)
            if listing is None:
                continue
            if "env.py" in listing.files:
                return candidate
            rank = 1 if "versions" in listing.folders or "script.py.mako" in listing.files else 2
            if best is None or rank < best[0]:
                best = (rank, candidate)
        return best[1] if best is not None else None

    def _ending(self, parts: list[str]) -> str | None:
        """The one folder of scripts or revisions whose path ends in ``parts``; None when there are several."""
        if not parts or ".." in parts:
            return None
        if self._by_name is None:
            self._by_name = {}
            for folder in self.listings:
                self._by_name.setdefault(paths.name(folder), []).append(folder)
        end = paths.SEP + paths.SEP.join(parts)
        found = [
            folder
            for folder in self._by_name.get(parts[-1], ())
            if folder.endswith(end) and _is_alembic(self.listings[folder], folder)
        ]
        return found[0] if len(found) == 1 else None


def split_locations(value: str, separator: str | None, most: int) -> list[tuple[str, int]] | None:
    """The first items of ``version_locations`` with their offsets; None for a separator that Alembic does not know.

    Without a separator, Alembic splits at commas and spaces.
    """
    if separator is None:
        pattern = _LEGACY
    else:
        # Alembic's own template once had a comment behind the value.
        known = _SEPARATORS.get(re.split(r"\s+#", separator.strip(), maxsplit=1)[0].strip())
        if known is None:
            return None
        pattern = re.compile(re.escape(known))
    items: list[tuple[str, int]] = []
    position = 0
    for match in chain(pattern.finditer(value), (None,)):
        end = match.start() if match is not None else len(value)
        piece = value[position:end]
        if piece.strip():
            items.append((piece.strip(), position + len(piece) - len(piece.lstrip())))
        position = match.end() if match is not None else end
        if len(items) == most:
            break
    return items


def _is_alembic(listing: Listing, folder: str) -> bool:
    return (
        "env.py" in listing.files
        or "script.py.mako" in listing.files
        or "versions" in listing.folders
        or paths.name(folder) == "versions"
    )
