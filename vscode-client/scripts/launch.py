"""Starts the bundled Foreshot: `python -I -S -X pycache_prefix=FOLDER launch.py server`.

The libraries beside this file come first; nothing of the interpreter's own environment is looked at (`-S`), and nothing
of the folder or of `PYTHONPATH` (`-I`). What is compiled is there once for each version of Python.

Bytecode of the libraries is there for some versions of Python; for others it is kept in FOLDER. The option alone would have
the standard library compiled again as well, which its own folder has the bytecode of.
"""

import os
import sys
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)

LIBS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "libs")
VERSION = "cp%d%d" % sys.version_info[:2]
BYTECODE = f"{sys.implementation.cache_tag}.pyc"
KEPT, sys.pycache_prefix = sys.pycache_prefix, None


class LibraryLoader(SourceFileLoader):
    """A module of the libraries."""

    def get_code(self, fullname):
        folder, name = os.path.split(self.path)
        brought = os.path.join(folder, "__pycache__", name.removesuffix("py") + BYTECODE)
        sys.pycache_prefix = None if os.path.exists(brought) else KEPT
        try:
            return super().get_code(fullname)
        finally:
            sys.pycache_prefix = None


_finder_of = FileFinder.path_hook((ExtensionFileLoader, EXTENSION_SUFFIXES), (LibraryLoader, SOURCE_SUFFIXES))


def find_library(folder):
    """The finder of a folder of the libraries."""
    if not folder.startswith(LIBS):
        raise ImportError
    return _finder_of(folder)


sys.path_hooks.insert(0, find_library)
sys.path[:0] = [os.path.join(LIBS, part) for part in ("common", VERSION)]
from foreshot.__main__ import main  # noqa: E402

sys.exit(main())
