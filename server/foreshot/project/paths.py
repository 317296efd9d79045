"""Paths as plain strings.

Ten thousand revision files are listed and read in one go; a ``Path`` object for each would cost more than
reading it. So a path is an absolute, normalised ``str`` everywhere, and these few functions are all that is
done with one. None of them touches the disk but :func:`real`.
"""

from __future__ import annotations

import os

SEP = os.sep
PATH_SEP = os.pathsep
_IGNORES_CASE = os.name == "nt"


def join(folder: str, *parts: str) -> str:
    """``folder`` and ``parts`` as one normalised path; an absolute part starts over."""
    return os.path.normpath(os.path.join(folder, *parts))  # noqa: PTH118


def child(folder: str, name: str) -> str:
    """The path of an entry that a folder's listing named: no normalising needed."""
    return folder + name if folder.endswith(SEP) else folder + SEP + name


def parent(path: str) -> str:
    """The folder that a path is in; the top of a file system is its own parent."""
    return os.path.dirname(path) or path  # noqa: PTH120


def name(path: str) -> str:
    """The last part of a path."""
    return os.path.basename(path)  # noqa: PTH119


def is_absolute(path: str) -> bool:
    """Whether a path names its place without a current folder; ``/srv/app`` counts on every system."""
    return os.path.isabs(path) or path.startswith("/")  # noqa: PTH117


def real(path: str) -> str:
    """The path with every link followed; asks the disk."""
    return os.path.realpath(path)


def is_inside(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or lies below it, by name alone."""
    if _IGNORES_CASE:
        path, folder = path.lower(), folder.lower()
    return path == folder or path.startswith(folder if folder.endswith(SEP) else folder + SEP)


def relative(path: str, folder: str) -> str:
    """``path`` as seen from ``folder``, parts joined by ``/``; ``path`` itself when it is not below it."""
    if not is_inside(path, folder):
        return path.replace(SEP, "/")
    return path[len(folder) :].lstrip(SEP).replace(SEP, "/")


def ancestors(path: str, top: str) -> list[str]:
    """``path`` and the folders above it up to ``top``, nearest first; only ``path`` when it is not below ``top``."""
    found = [path]
    while path != top and is_inside(path, top):
        above = parent(path)
        if above == path:
            break
        found.append(above)
        path = above
    return found


def top(path: str) -> str:
    """The top of the file system that a path is in."""
    above = parent(path)
    while above != path:
        path, above = above, parent(above)
    return path


def common(path: str, other: str) -> str:
    """The deepest folder that both paths are in or are."""
    try:
        return os.path.commonpath((path, other))
    except ValueError:  # two drives
        return ""
