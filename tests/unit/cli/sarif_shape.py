"""As much of the schema of SARIF 2.1.0 as our output uses: what each object may have, and what it must have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# Object -> (required, optional); a value names the object that stands there, `*` before it a list, None anything.
SHAPES: dict[str, tuple[dict[str, str | None], dict[str, str | None]]] = {
    "log": ({"version": None, "runs": "*run"}, {"$schema": None}),
    "run": ({"tool": "tool"}, {"results": "*result", "columnKind": None, "originalUriBaseIds": None}),
    "tool": ({"driver": "driver"}, {}),
    "driver": (
        {"name": None},
        {"version": None, "semanticVersion": None, "informationUri": None, "rules": "*rule"},
    ),
    "rule": (
        {"id": None},
        {
            "name": None,
            "shortDescription": "text",
            "fullDescription": "text",
            "help": "text",
            "helpUri": None,
            "defaultConfiguration": "configuration",
            "properties": None,
        },
    ),
    "configuration": ({}, {"level": None, "enabled": None, "rank": None}),
    "text": ({"text": None}, {"markdown": None}),
    "result": (
        {"message": "text", "ruleId": None, "locations": "*location"},
        {
            "ruleIndex": None,
            "level": None,
            "relatedLocations": "*location",
            "partialFingerprints": None,
            "fixes": "*fix",
            "properties": None,
        },
    ),
    "location": ({"physicalLocation": "place"}, {"id": None, "message": "text"}),
    "place": ({"artifactLocation": "artifact"}, {"region": "region"}),
    "artifact": ({"uri": None}, {"uriBaseId": None}),
    "region": ({"startLine": None}, {"startColumn": None, "endLine": None, "endColumn": None}),
    "fix": ({"artifactChanges": "*change"}, {"description": "text"}),
    "change": ({"artifactLocation": "artifact", "replacements": "*replacement"}, {}),
    "replacement": ({"deletedRegion": "region"}, {"insertedContent": "text"}),
}
LEVELS = {"none", "note", "warning", "error"}


def problems_of(log: object) -> list[str]:
    """What is wrong with a log."""
    return list(_problems(log, "log", "log"))


def _problems(value: Any, kind: str, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is no object"
        return
    required, optional = SHAPES[kind]
    yield from (f"{where} lacks {key}" for key in required if key not in value)
    for key, inner in value.items():
        if key not in required and key not in optional:
            yield f"{where} may not have {key}"
            continue
        if kind == "region" and not (isinstance(inner, int) and inner >= 1):
            yield f"{where}.{key} counts from 1"
        if key == "level" and inner not in LEVELS:
            yield f"{where}.level is {inner}"
        if (
            key == "uri"
            and isinstance(inner, str)
            and (inner.startswith("/") or " " in inner or not inner.isascii())
        ):
            yield f"{where}.uri is no relative reference"
        shape = {**required, **optional}[key]
        if shape is None:
            continue
        if shape.startswith("*"):
            if not isinstance(inner, list) or (
                key in ("artifactChanges", "replacements", "locations") and not inner
            ):
                yield f"{where}.{key} is no list, or empty"
                continue
            for number, item in enumerate(inner):
                yield from _problems(item, shape[1:], f"{where}.{key}[{number}]")
        else:
            yield from _problems(inner, shape, f"{where}.{key}")
