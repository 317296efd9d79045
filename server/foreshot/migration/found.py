"""What a search leaves behind: the name of the first row for which a condition holds, used behind the loop or the function that found it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import cast

from msgspec.structs import replace

from foreshot.migration.answers import marked
from foreshot.migration.frame import Found, Frame, Leaving
from foreshot.migration.operations import Operation
from foreshot.migration.specs import Test
from foreshot.syntax.values import Asked, Value


def keep_found(left: Leaving, number: int, frame: Frame, *, surely: bool) -> set[str]:
    """Behind a loop that ends with the row it looked for, its names are what they were when it was left: those that are."""
    kept: set[str] = set()
    for name, value in left.names.items():
        if not isinstance(value, Asked) or value.loop != number:
            continue
        before = frame.scope.lookup(name)
        if before is None or surely:
            frame.scope.bind(name, value)
            frame.found[number] = Found(left.loops, left.conditions, left.tests, surely)
            kept.add(name)
    return kept


def returned_found(returns: Sequence[Leaving], frame: Frame) -> Value:
    """What a function returns of the row that it looks for, and nothing where there is none; else None."""
    asked = [left for left in returns if left.value is not None]
    if len(asked) != 1 or not isinstance(asked[0].value, Asked):
        return None
    left, value = asked[0], asked[0].value
    if not left.loops or left.loops[-1].number != value.loop:
        return None
    frame.found[value.loop] = Found(left.loops, left.conditions, left.tests)
    return value


def of_found(operation: Operation, frame: Frame) -> Operation:
    """An operation that uses a row found by then: it runs once, for that row."""
    for number, found in frame.found.items():
        if any(each.number == number for each in frame.loops):
            continue
        if marked(cast("Value", operation), frozenset({number})) is operation:
            continue
        site = operation.site
        needed = not found.surely and not any(_asks_for(test, number) for test in site.tests.values())
        each = replace(found.loops[-1], stops=True, needed=needed)
        known = {item.number for item in site.loops}
        loops = (
            *site.loops,
            *[item for item in (*found.loops[:-1], each) if item.number not in known],
        )
        conditions = dict.fromkeys((*found.conditions, *site.conditions))
        operation = replace(
            operation,
            site=replace(
                site, loops=loops, conditions=tuple(conditions), tests={**found.tests, **site.tests}
            ),
        )
    return operation


def _asks_for(test: Test | None, number: int) -> bool:
    """Whether a condition asks if the row was found: ``if name:``, ``if name is not None:``."""
    if test is None:
        return False
    if test.parts:
        return any(_asks_for(part, number) for part in test.parts)
    if test.kind != "is" or test.table is None or not test.table.startswith("\0"):
        return False
    return test.name in _SET and json.loads(test.table[1:])[0] == number


_SET = (json.dumps(["set"]), json.dumps(["equals", None]))
