"""Names that nobody wrote: those that a naming convention makes, and those that a server gives."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from typing import Final

from foreshot.schema.state import Target

MOST: Final = {"postgresql": 63, "mysql": 64, "mariadb": 64}
"""Bytes that a name may have; SQLite takes any."""
_TOKEN: Final = re.compile(r"%\((\w+)\)s")


def clip(text: str, size: int) -> str:
    """At most ``size`` bytes of ``text``, never half a character; a lone surrogate, which a source can spell, counts three."""
    return text.encode("utf-8", "surrogatepass")[: max(size, 0)].decode("utf-8", "ignore")


def shortened(name: str, dialect: str) -> str:
    """A name that SQLAlchemy made, as it is sent: too long ones end in four digits of their MD5."""
    most = MOST.get(dialect, 9_999)
    if len(name) <= most:
        return name
    digest = hashlib.md5(name.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return f"{name[: most - 8]}_{digest[-4:]}"


def cut(name: str, dialect: str) -> str:
    """A name that was written, as the server keeps it: PostgreSQL cuts it, the others refuse it."""
    return clip(name, MOST["postgresql"]) if dialect == "postgresql" else name


def kept_as(name: str, dialect: str) -> frozenset[str]:
    """What the server may keep of a name: as it is, as SQLAlchemy shortens what ``op.f`` hands on, as the server cuts what stands in SQL."""
    return frozenset((name, shortened(name, dialect), cut(name, dialect)))


def by_convention(
    target: Target,
    kind: str,
    table: str,
    columns: Sequence[str],
    ref_table: str = "",
    ref_columns: Sequence[str] = (),
    name: str = "",
) -> str | None:
    """The name that the convention makes for ``ix``, ``uq``, ``ck``, ``fk`` or ``pk``; None when it makes none.

    Args:
        name: the name that was written: what ``%(constraint_name)s`` stands for.
    """
    template = dict(target.conventions).get(kind)
    if template is None or (name and "constraint_name" not in template):
        return None
    if "constraint_name" in template and not name:
        return None
    bare, referred = table.rpartition(".")[2], ref_table.rpartition(".")[2]
    values = {"table_name": bare, "constraint_name": name, "referred_table_name": referred}

    def token(match: re.Match[str]) -> str:
        word = match.group(1)
        if word in values:
            return values[word]
        numbered = re.fullmatch(r"(referred_)?column_(\d+)(N|_N)?_?(name|label|key)", word)
        if numbered is None:
            return match.group()
        of = ref_columns if numbered.group(1) else columns
        # A label has the schema in front, as `op.f()` gets it of autogenerate.
        owner = (ref_table if numbered.group(1) else table).replace(".", "_")
        label = f"{owner}_" if numbered.group(4) == "label" else ""
        if numbered.group(3):
            return ("_" if numbered.group(3) == "_N" else "").join(label + item for item in of)
        place = int(numbered.group(2))
        return label + of[place] if place < len(of) else ""

    return shortened(_TOKEN.sub(token, template), target.dialect)


def postgresql_name(table: str, columns: Sequence[str], label: str, taken: Collection[str]) -> str:
    """As ``ChooseRelationName``: a number is put behind a name that is taken."""
    first, second = table.rpartition(".")[2], clip("_".join(columns), 63)
    tries = 0
    while True:
        name = object_name(first, second, f"{label}{tries or ''}")
        if name not in taken:
            return name
        tries += 1


def object_name(table: str, middle: str, label: str) -> str:
    """``table_middle_label`` in at most 63 bytes, as PostgreSQL's ``makeObjectName``: the longer of the two is cut."""
    room = 63 - len(label) - 1 - (1 if middle else 0)
    first, second = (len(part.encode("utf-8", "surrogatepass")) for part in (table, middle))
    while first + second > room:
        if first > second:
            first -= 1
        else:
            second -= 1
    return "_".join(part for part in (clip(table, first), clip(middle, second), label) if part)


def mysql_key_name(table: str, taken: Collection[str], infix: str = "_ibfk_") -> str:
    """``t_ibfk_N`` with the N behind the highest that is there."""
    bare = table.rpartition(".")[2]
    numbers = [
        int(name[len(bare) + len(infix) :])
        for name in taken
        if name.startswith(bare + infix) and name[len(bare) + len(infix) :].isdigit()
    ]
    return f"{bare}{infix}{max(numbers, default=0) + 1}"


def mysql_index_name(column: str, taken: Collection[str]) -> str:
    """An unnamed index or unique key is called like its first column, then ``column_2``, ``column_3``."""
    lowered = {name.lower() for name in taken}
    if column.lower() not in lowered and column.lower() != "primary":
        return column
    number = 2
    while f"{column}_{number}".lower() in lowered:
        number += 1
    return f"{column}_{number}"
