"""Keys and values of configurations: Foreshot's own settings, and Alembic's options in an ini file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from foreshot.ide.completion.item import Item
from foreshot.ide.config_words import INI_KEYS
from foreshot.project.settings_keys import KEYS, SEVERITIES, Key
from foreshot.rules import NAMES, family_of
from foreshot.text import Span
from foreshot.workspace.project import Project

_TABLE = re.compile(r"^[ \t]*\[([^\[\]\r\n]+)\][ \t]*(?:#[^\r\n]*)?$", re.MULTILINE)
_WORD = re.compile(r"[\w.-]*$")
_KEY = re.compile(r"^[ \t]*([\w-]+)[ \t]*=")


def complete(project: Project, path: str, text: str, offset: int) -> list[Item]:
    """Keys and values at a place of a TOML or ini file; empty in what is neither."""
    begin = text.rfind("\n", 0, offset) + 1
    line = text[begin:offset][-4_000:]
    tables = [match.group(1).strip() for match in _TABLE.finditer(text, max(0, begin - 100_000), begin)]
    table = tables[-1] if tables else ""
    word = _WORD.search(line)
    span = Span(offset - len(word.group() if word is not None else ""), offset)
    if path.endswith(".ini"):
        return list(_ini(project, table, line, span))
    name = path.rpartition("/")[2]
    prefix = "" if name == "foreshot.toml" else "tool.foreshot"
    if name not in ("foreshot.toml", "pyproject.toml") or not (table == prefix or _below(table, prefix)):
        return []
    inside = table[len(prefix) :].lstrip(".")
    return list(_toml(inside, line, text[max(0, begin - 2_000) : begin], span))


def _below(table: str, prefix: str) -> bool:
    return table.startswith(f"{prefix}.") if prefix else True


def _ini(project: Project, table: str, line: str, span: Span) -> Iterator[Item]:
    environment = project.surroundings.environment
    if "=" in line or line[:1] in " \t#;[" or table not in (environment.section, "alembic"):
        return
    for key, about in INI_KEYS.items():
        yield Item(key, "key", span, f"{key} = ", about)


def _toml(inside: str, line: str, above: str, span: Span) -> Iterator[Item]:
    value = _KEY.match(line)
    # A list of several lines: the key stands further up.
    opened = (
        re.search(r"^[ \t]*([\w-]+)[ \t]*=[ \t]*\[[^\]]*\Z", above, re.MULTILINE) if value is None else None
    )
    if inside == "severity":
        if value is None:
            yield from _rules(span, ' = "warning"')
        else:
            yield from _quoted(SEVERITIES, line, span)
        return
    if inside:
        return
    key = (value or opened).group(1) if value or opened else None  # type: ignore[union-attr]
    if key is None:
        for known in KEYS:
            yield Item(known.name, "key", span, f"{known.name} = ", known.description)
    elif key in ("select", "ignore"):
        for name in sorted(NAMES):
            yield Item(name, "rule", span, name if _in_quotes(line) else f'"{name}"', family_of(name))
    else:
        found = next((known for known in KEYS if known.name == key), None)
        if found is not None:
            yield from _quoted(_choices(found), line, span)


def _rules(span: Span, after: str) -> Iterator[Item]:
    for name in sorted(NAMES):
        yield Item(name, "rule", span, f"{name}{after}", family_of(name))


def _choices(key: Key) -> tuple[str, ...]:
    """The values that a key's schema lists, anywhere in it."""
    found: list[str] = []
    left: list[object] = [key.schema]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            schema = cast("dict[str, Any]", item)
            values = schema.get("enum")
            if isinstance(values, list):
                found.extend(value for value in cast("list[object]", values) if isinstance(value, str))
            left.extend(schema.values())
        elif isinstance(item, list):
            left.extend(cast("list[object]", item))
    return tuple(dict.fromkeys(found))


def _quoted(values: tuple[str, ...], line: str, span: Span) -> Iterator[Item]:
    for value in values:
        yield Item(value, "value", span, value if _in_quotes(line) else f'"{value}"')


def _in_quotes(line: str) -> bool:
    return line.count('"') % 2 == 1
