"""Importing lsprotocol's types in two thirds of the time, which is most of what a start takes.

The 550 attrs classes of `lsprotocol.types` write their methods as source and compile it, and half of these sources
are the same text: notifications, requests and responses differ in little. During this one import, equal
sources are compiled once, and the garbage collector does not look at classes that stay for good.
"""

from __future__ import annotations

import builtins
import gc
import sys
from typing import Any

import attrs


def import_types() -> None:
    """Import :mod:`lsprotocol.types`; the same module comes out as without this."""
    if "lsprotocol.types" in sys.modules:
        return
    code: dict[str, Any] = {}
    really_compile: Any = builtins.compile

    def compile_once(source: Any, *more: Any, **options: Any) -> Any:
        # Attrs asks for whole modules ("exec") and nothing else; anything else is not ours to remember.
        if not isinstance(source, str) or more[1:] != ("exec",) or options:
            return really_compile(source, *more, **options)
        if source not in code:
            code[source] = really_compile(source, *more)
        return code[source]

    # A module of attrs that looks up `compile` finds this one first. Where there is no such module any more,
    # the import takes its usual time.
    maker = sys.modules.get(attrs.Attribute.__module__)
    collecting = gc.isenabled()
    gc.disable()
    if maker is not None:
        setattr(maker, "compile", compile_once)  # noqa: B010
    try:
        import lsprotocol.types  # noqa: F401  # pyright: ignore[reportUnusedImport]
    finally:
        if maker is not None:
            delattr(maker, "compile")
        if collecting:
            gc.enable()
