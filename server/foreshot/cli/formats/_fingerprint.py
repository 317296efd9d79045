from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from foreshot.cli.listing import Entry


def fingerprints(entries: Sequence[Entry]) -> list[str]:
    """For each entry of a file a name that it keeps while it moves within it; no two are the same."""
    seen: dict[str, int] = {}
    found: list[str] = []
    for entry in entries:
        base = f"{entry.path}\0{entry.report.key}"
        repeated = seen.get(base, 0)
        seen[base] = repeated + 1
        text = f"{base}\0{repeated}" if repeated else base
        found.append(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest())
    return found
