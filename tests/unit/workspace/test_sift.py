"""One thing that is said of many names at one place is said once; two things stay two."""

from __future__ import annotations

from foreshot.lint.report import Report
from foreshot.text import Span
from foreshot.workspace.sift import said_once


def report(message: str, at: int = 10, **more: str) -> Report:
    place = {"path": "a.py", "span": Span(at, at + 5), "start": (at, 0), "end": (at, 5), "rows": (at, at)}
    key = f"rule|{more.get('table')}|{more.get('object')}"
    return Report("rule", "warning", message, key=key, **place, **more)  # pyright: ignore[reportArgumentType]


def test_the_tables_of_a_loop_are_named_and_counted() -> None:
    tables = ["users", "orders", "items", "carts", "notes", "tags"]
    made = said_once(
        [
            report(
                f"Adding `fk_{name}` blocks `{name}` while `{name}` is read.", table=name, object=f"fk_{name}"
            )
            for name in tables
        ]
    )
    assert [one.message for one in made] == [
        "Adding `fk_users` blocks `users` while `users` is read. The same for `orders`, `items`, `carts` and 2 more."
    ]
    assert len(made[0].same) == 5


def test_few_are_all_named_by_what_differs() -> None:
    columns = [report(f"Deletes the column `users.{name}`.", table="users", object=name) for name in "abcde"]
    assert said_once(columns)[0].message == (
        "Deletes the column `users.a`. The same for `users.b`, `users.c`, `users.d` and `users.e`."
    )
    copied = [report(f"Deletes `{name}`: `{name}_new` is empty.", table=name) for name in ("a", "b")]
    assert said_once(copied)[0].message == "Deletes `a`: `a_new` is empty. The same for `b`."
    of_project = [report(f"No model maps `{name}`.", object=name) for name in ("a", "b")]
    assert said_once(of_project)[0].message == "No model maps `a`. The same for `b`."


def test_two_things_stay_two() -> None:
    kept = [
        report("`users.name` is `VARCHAR(20)` in the history and `TEXT` in the model.", object="name"),
        report("`users.name` is `NOT NULL` in the history and `NULL` in the model.", object="name"),
        report("Locks `users`.", table="users"),
        report("Locks `orders`.", 20, table="orders"),
        report("Drops `orders`.", 20, table="orders"),
        report("Makes `a` a `TEXT`.", 30, table="a"),
        report("Makes `b` an `INTEGER`.", 30, table="b"),
    ]
    assert said_once(kept) == kept


def test_what_is_said_at_two_places_of_the_same_names_is_one_cause() -> None:
    made = said_once(
        [
            report(f"Locks `{name}`.", at, table=name, cause=f"rule|{name}")
            for at in (10, 20)
            for name in ("a", "b")
        ]
    )
    assert [one.message for one in made] == ["Locks `a`. The same for `b`. One more place."]
    assert len(made[0].same) == 3
