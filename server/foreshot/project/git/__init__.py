"""A reader of git repositories that starts no program and reads no configuration.

What git runs is chosen by the repository (filters, fsmonitor, hooks, includes, an embedded bare repository), by its
user's configuration and by the environment; none of that is looked at here. Read are HEAD, refs, ``packed-refs``,
commits, trees and blobs, loose or in packs of version 2 with indexes of version 2, by SHA-1 or SHA-256. Every file goes
through :class:`foreshot.project.files.DiskFiles`; everything is bounded; whatever cannot be read is a
:class:`~foreshot.project.git.store.Trouble` that says so in a clause.

Formats: git's own ``Documentation/gitformat-pack.txt``, ``gitrepository-layout.txt`` and ``gitrevisions.txt``.
"""

from foreshot.project.git.repository import Repository, find_repository
from foreshot.project.git.store import Trouble
from foreshot.project.git.trees import Entry

__all__ = ["Entry", "Repository", "Trouble", "find_repository"]
