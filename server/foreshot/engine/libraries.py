"""Where Alembic is imported, and how: without the code that other distributions would have it run.

From 1.18 on, ``import alembic`` loads every entry point of the group ``alembic.plugins``: of anything that is installed
beside Foreshot, and of a project installed in place. While it is imported here, there are none.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import threading
from types import ModuleType
from typing import Any, Final

_LOCK: Final = threading.Lock()
_ALEMBIC: dict[str, ModuleType] = {}
_MODULES: Final = (
    "alembic.autogenerate.api",
    "alembic.autogenerate.compare",
    "alembic.autogenerate.render",
    "alembic.operations.ops",
    "alembic.operations",
    "alembic.runtime.migration",
    "alembic.ddl",
    "alembic.script",
)


def alembic(name: str) -> Any:
    """A module of Alembic's: ``alembic("operations.ops")``."""
    with _LOCK:
        if not _ALEMBIC:
            _load()
    return _ALEMBIC[f"alembic.{name}"]


def _load() -> None:
    asked = importlib.metadata.entry_points

    def none(**_: object) -> importlib.metadata.EntryPoints:
        return importlib.metadata.EntryPoints(())

    # It would log every plugin of its own.
    logging.getLogger("alembic").setLevel(logging.CRITICAL)
    importlib.metadata.entry_points = none  # pyright: ignore[reportAttributeAccessIssue]
    try:
        found = {name: importlib.import_module(name) for name in _MODULES}
    finally:
        importlib.metadata.entry_points = asked
    _ALEMBIC.update(found)
