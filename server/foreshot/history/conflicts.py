"""Two sides of a merge that do something to one object."""

from __future__ import annotations

from collections.abc import Sequence

from foreshot.history.delta import Delta, with_origins
from foreshot.schema import changes as to
from foreshot.schema.state import Conflict, Origin, Target

_Side = Sequence[tuple[str, Delta]]


def conflicts_of(mine: _Side, others: _Side, target: Target) -> tuple[Conflict, ...]:
    """What both sides do to the same table, column, index or type so that one of them fails or is lost."""
    made, other = _deeds(mine, target), _deeds(others, target)
    found: list[Conflict] = []
    for key in made.keys() & other.keys():
        one, two = made[key][0], other[key][0]
        why = _WHY.get((one, two)) or _WHY.get((two, one))
        if why is not None:
            found.append(Conflict(key[1], why, made[key][1], other[key][1]))
    for mine_, theirs in ((made, other), (other, made)):
        for key, (verb, origin) in mine_.items():
            if key[0] == "table" and verb == "drop":
                for inner, (deed, where) in theirs.items():
                    if inner[0] == "column" and inner[1].rpartition(".")[0] == key[1] and deed != "drop":
                        found.append(
                            Conflict(
                                inner[1], "one side drops the table that the other changes", origin, where
                            )
                        )
    return tuple(sorted(found, key=lambda item: (item.about, item.why)))


_WHY = {
    ("make", "make"): "both sides create it",
    ("drop", "drop"): "both sides drop it",
    ("drop", "alter"): "one side drops what the other alters",
    ("drop", "rename"): "one side drops what the other renames",
    ("rename", "rename"): "both sides rename it",
    ("rename", "alter"): "one side renames what the other alters",
}


def _deeds(side: _Side, target: Target) -> dict[tuple[str, str], tuple[str, Origin]]:
    """What a side did last to each object that it did not make and drop again itself."""
    found: dict[tuple[str, str], tuple[str, Origin]] = {}
    for revision, delta in side:
        for change, origin in with_origins(revision, "upgrade", delta.upgrade):
            if not change.at.runs_on(target.dialect) or change.at.guards:
                continue
            deed = _deed(change)
            if deed is None:
                continue
            key, verb = deed
            before = found.get(key)
            if before is not None and before[0] == "make":
                if verb == "drop":
                    found.pop(key)
                continue
            found[key] = (verb, origin)
    return found


def _deed(change: to.Change) -> tuple[tuple[str, str], str] | None:
    match change:
        case to.MadeTable(table=str() as table, if_not_exists=False):
            return ("table", table), "make"
        case to.LostTable(table=str() as table, if_exists=False):
            return ("table", table), "drop"
        case to.MovedTable(table=str() as table):
            return ("table", table), "rename"
        case to.MadeColumn(table=str() as table, column=column, if_not_exists=False) if column.name:
            return ("column", f"{table}.{column.name}"), "make"
        case to.LostColumn(table=str() as table, column=str() as name, if_exists=False):
            return ("column", f"{table}.{name}"), "drop"
        case to.SetColumn(table=str() as table, column=str() as name):
            return ("column", f"{table}.{name}"), "rename" if change.name else "alter"
        case to.MadeIndex(index=index, if_not_exists=False) if index.name:
            return ("index", index.name), "make"
        case to.LostIndex(name=str() as name, if_exists=False):
            return ("index", name), "drop"
        case to.MadeEnum(name=str() as name, checkfirst=False):
            return ("type", name), "make"
        case to.LostType(name=str() as name, if_exists=False):
            return ("type", name), "drop"
        case _:
            return None
