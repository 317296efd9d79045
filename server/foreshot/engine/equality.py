"""Whether two server defaults are the same, told from their canonical forms: the question for which Alembic would ask the database."""

from __future__ import annotations

import re
from typing import Final

_CAST: Final = re.compile(
    r"::\s*(?:\"[^\"]+\"|[\w.]+)(?:\s+(?:varying|precision|with(?:out)? time zone))*(?:\(\d+(?:,\s*\d+)?\))?(?:\[\])*",
    re.I,
)
_NOW: Final = {
    "now()",
    "current_timestamp",
    "current_timestamp()",
    "transaction_timestamp()",
    "localtimestamp",
    "('now'::text)",
}
_TRUE, _FALSE = {"true", "t", "1", "b'1'", "yes", "on"}, {"false", "f", "0", "b'0'", "no", "off"}
_CALL: Final = re.compile(r"[\w.]+\(.*\)", re.S)


def canonical(text: str) -> tuple[str, str] | None:
    """A default in a form that can be compared, with its kind: a literal, ``now`` or an expression; None where there is none."""
    found = text.strip()
    for _ in range(5):
        before = found
        if found.startswith("(") and found.endswith(")") and _balanced(found[1:-1]):
            found = found[1:-1].strip()
        if not found.startswith("'") or _quoted_end(found) < len(found):
            found = _CAST.sub("", found).strip() if _quoted_end(found) or "'" not in found else found
        if found == before:
            break
    if found.lower() in _NOW:
        return "now", ""
    if len(found) >= 2 and found[0] == "'" and _quoted_end(found) == len(found):
        return "literal", found[1:-1].replace("''", "'")
    if re.fullmatch(r"-?\d+(?:\.\d+)?", found) or found.lower() in ("true", "false", "null"):
        return "literal", found.lower()
    folded = re.sub(r"\s+", "", found.replace('"', "")).lower()
    return ("expression", folded) if _CALL.fullmatch(found) or re.fullmatch(r"\w+", found) else None


def same_default(one: str, other: str) -> bool | None:
    """Whether two defaults are the same; None where that cannot be told."""
    if one.strip() == other.strip():
        return True
    if "foreshot_unknown()" in (one.strip(), other.strip()):
        return None
    left, right = canonical(one), canonical(other)
    if left is None or right is None:
        return None
    if left == right:
        return True
    if left[0] == right[0] == "literal":
        for words in (_TRUE, _FALSE):
            if left[1].lower() in words and right[1].lower() in words:
                return True
        if {left[1].lower(), right[1].lower()} <= _TRUE | _FALSE:
            return False
        return _same_number(left[1], right[1]) or _same_json(left[1], right[1])
    if left[0] == right[0] == "expression":
        return None if _bare(left[1]) == _bare(right[1]) else False
    return False


def _bare(text: str) -> str:
    return text.replace("::text", "").replace("(", "").replace(")", "")


def _same_number(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return False


def _same_json(one: str, other: str) -> bool:
    if not (one[:1] in "[{" and other[:1] in "[{" and one and other):
        return False
    return re.sub(r"\s+", "", one) == re.sub(r"\s+", "", other)


def _quoted_end(text: str) -> int:
    """Where the quoted literal that a text begins with ends; 0 where it begins with none."""
    if not text.startswith("'"):
        return 0
    at = 1
    while at < len(text):
        if text[at] == "'":
            if text[at : at + 2] != "''":
                return at + 1
            at += 1
        at += 1
    return 0


def _balanced(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0
