"""The table of Foreshot's settings: each key, what it is for, what it takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from msgspec import Struct

from foreshot.project.dialect_names import DIALECTS, dialect_of

SEVERITIES = ("error", "warning", "information", "hint")
MAX_ITEMS = 10_000
"""Items that one setting may list."""

_VERSION = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,3}")


class Wrong(Struct, frozen=True):
    """A wrong value: what is wrong, as a sentence that begins with the key's name, and where below the key."""

    message: str
    path: tuple[str | int, ...] = ()


class Key(Struct, frozen=True):
    """One setting. ``read`` gives the value as :class:`Settings` has it, or None, and adds what is wrong with it."""

    name: str
    description: str
    schema: dict[str, Any]
    read: Callable[[object, list[Wrong]], Any]

    @property
    def field(self) -> str:
        """The name of the field in ``Settings``."""
        return self.name.replace("-", "_")


def camel_case(name: str) -> str:
    """A key as an editor's options spell it."""
    first, *rest = name.split("-")
    return first + "".join(part.capitalize() for part in rest)


def _texts(value: object, wrong: list[Wrong], *, at: tuple[str | int, ...] = ()) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        wrong.append(Wrong("is a list of strings", at))
        return None
    found: list[str] = []
    for index, item in enumerate(cast("list[object]", value)[:MAX_ITEMS]):
        if isinstance(item, str) and item.strip():
            found.append(item.strip())
        else:
            wrong.append(Wrong("is a list of strings: this item is none, or is empty", (*at, index)))
    return tuple(found)


def _text(value: object, wrong: list[Wrong]) -> str | None:
    if isinstance(value, str) and value.strip():
        return value.strip()
    wrong.append(Wrong("is a string"))
    return None


def _switch(value: object, wrong: list[Wrong]) -> bool | None:
    if isinstance(value, bool):
        return value
    wrong.append(Wrong("is `true` or `false`"))
    return None


def _review(value: object, wrong: list[Wrong]) -> str | None:
    if isinstance(value, str) and value in ("new", "all"):
        return value
    wrong.append(Wrong("is `new` or `all`"))
    return None


def _severity(value: object, wrong: list[Wrong]) -> str | None:
    if isinstance(value, str) and value in SEVERITIES:
        return value
    wrong.append(Wrong(f"is one of {_listed(SEVERITIES)}"))
    return None


def _severities(value: object, wrong: list[Wrong]) -> dict[str, str] | None:
    if not isinstance(value, dict):
        wrong.append(Wrong('is a table of rules and severities, such as { blocking-index = "error" }'))
        return None
    found: dict[str, str] = {}
    for name, level in cast("dict[str, object]", value).items():
        if isinstance(level, str) and level in SEVERITIES:
            found[name] = level
        else:
            wrong.append(Wrong(f"takes {_listed(SEVERITIES)} for a rule", (name,)))
    return found


def _ignores(value: object, wrong: list[Wrong]) -> dict[str, tuple[str, ...]] | None:
    if not isinstance(value, dict):
        wrong.append(Wrong('is a table of globs and rules, such as { "versions/0*" = ["drop-table"] }'))
        return None
    found: dict[str, tuple[str, ...]] = {}
    for glob, rules in cast("dict[str, object]", value).items():
        names = _texts(rules, wrong, at=(glob,))
        if names is not None:
            found[glob] = names
    return found


def _dialects(value: object, wrong: list[Wrong]) -> tuple[str, ...] | None:
    if isinstance(value, str):
        name = _dialect(value, (), wrong)
        return None if name is None else (name,)
    if not isinstance(value, list):
        wrong.append(Wrong(f"is one of {_listed(DIALECTS)}, or a list of them"))
        return None
    names = [
        _dialect(item, (index,), wrong) for index, item in enumerate(cast("list[object]", value)[:MAX_ITEMS])
    ]
    return tuple(dict.fromkeys(name for name in names if name is not None))


def _dialect(value: object, at: tuple[str | int, ...], wrong: list[Wrong]) -> str | None:
    if isinstance(value, str):
        if value in DIALECTS:
            return value
        meant = dialect_of(value.strip())
        if meant is not None:
            wrong.append(Wrong(f"spells it `{meant}`", at))
            return None
    wrong.append(Wrong(f"knows {_listed(DIALECTS)}", at))
    return None


def _versions(value: object, wrong: list[Wrong]) -> str | dict[str, str] | None:
    if not isinstance(value, dict):
        return _version(value, (), wrong)
    found: dict[str, str] = {}
    for name, version in cast("dict[str, object]", value).items():
        dialect = _dialect(name, (name,), wrong)
        read = _version(version, (name,), wrong)
        if dialect is not None and read is not None:
            found[dialect] = read
    return found


def _version(value: object, at: tuple[str | int, ...], wrong: list[Wrong]) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1_000_000:
        return str(value)
    if isinstance(value, float):
        # 10.10 as a number is 10.1.
        wrong.append(Wrong('is written in quotes when it has a point, such as "10.6"', at))
        return None
    if isinstance(value, str) and _VERSION.fullmatch(value.strip()):
        return value.strip()
    wrong.append(Wrong('is a version number, such as "16" or "10.6"', at))
    return None


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names[:-1]) + f" and `{names[-1]}`"


_STRINGS: dict[str, Any] = {"type": "array", "items": {"type": "string", "minLength": 1}}
_LEVEL: dict[str, Any] = {"type": "string", "enum": list(SEVERITIES)}
_DIALECT: dict[str, Any] = {"enum": list(DIALECTS)}
_NUMBER: dict[str, Any] = {
    "anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": r"^\d+(\.\d+){0,3}$"}]
}

KEYS: tuple[Key, ...] = (
    Key("select", "The only rules to run, by name. All rules run when it is left out.", _STRINGS, _texts),
    Key("ignore", "Rules that do not run, by name.", _STRINGS, _texts),
    Key(
        "severity",
        "The severity of single rules, instead of their own.",
        {"type": "object", "additionalProperties": _LEVEL},
        _severities,
    ),
    Key(
        "dialect",
        "The database, or databases, that the migrations run on. Left out, it is read from the project.",
        {"anyOf": [_DIALECT, {"type": "array", "items": _DIALECT, "uniqueItems": True}]},
        _dialects,
    ),
    Key(
        "server-version",
        "The version of the database server: of the one dialect, or a table by dialect.",
        {
            "anyOf": [
                *_NUMBER["anyOf"],
                {
                    "type": "object",
                    "properties": dict.fromkeys(DIALECTS, _NUMBER),
                    "additionalProperties": False,
                },
            ]
        },
        _versions,
    ),
    Key(
        "since",
        "A baseline revision: it and its ancestors have shipped. They are read, and not reviewed.",
        {"type": "string", "minLength": 1},
        _text,
    ),
    Key(
        "base",
        "The git ref that branches are merged into, such as `origin/main`: its revisions have shipped. Left out, it is found.",
        {"type": "string", "minLength": 1},
        _text,
    ),
    Key(
        "review",
        "Which revisions are reviewed: `new` ones, which have not shipped, or `all`.",
        {"type": "string", "enum": ["new", "all"]},
        _review,
    ),
    Key(
        "per-file-ignores",
        "Rules that do not run in some files: globs as in .gitignore, and rules by name.",
        {"type": "object", "additionalProperties": _STRINGS},
        _ignores,
    ),
    Key("exclude", "Files and folders that are not looked at: globs as in .gitignore.", _STRINGS, _texts),
    Key(
        "models",
        "The files that define models: globs as in .gitignore. Left out, they are found through env.py.",
        _STRINGS,
        _texts,
    ),
    Key(
        "large-tables",
        "Tables, by name or glob, that are known to be large: rules about long locks weigh more.",
        _STRINGS,
        _texts,
    ),
    Key(
        "small-tables",
        "Tables, by name or glob, that are known to stay small: rules about long locks say nothing.",
        _STRINGS,
        _texts,
    ),
    Key(
        "lock-rules-in-downgrade",
        "Whether rules about locks look at `downgrade()` too. What fails or loses data there is reported anyway.",
        {"type": "boolean"},
        _switch,
    ),
    Key(
        "fail-level", "The lowest severity at which `foreshot check` exits with status 1.", _LEVEL, _severity
    ),
)
"""Every setting, in the order of the documentation."""
