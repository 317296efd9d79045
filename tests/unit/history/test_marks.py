"""Marks for what loops are told, and texts of hostile files that look like marks."""

from __future__ import annotations

import pytest

from foreshot.schema.looped import MISSING, asked

ROWS = {1: {"name": "ix_a", "options": {"ondelete": "CASCADE"}}}


@pytest.mark.parametrize(
    ("mark", "answer"),
    [
        ('\0[1, ["name"]]', "ix_a"),
        ('\0[1, ["options", "ondelete"]]', "CASCADE"),
        ('\0[1, ["options", "onupdate"]]', None),
        ('\0[1, ["name", ["replace", "ix", "ux"]]]', "ux_a"),
    ],
)
def test_a_mark_stands_for_a_part_of_its_row(mark: str, answer: str | None) -> None:
    assert asked(mark, ROWS) == answer


@pytest.mark.parametrize(
    "text",
    [
        "ix_a",
        "\0",
        "\0[1, 5]",
        '\0[1, "name"]',
        "\0[[1], []]",
        '\0[1, ["name", ["replace", 1, 2]]]',
        "\0" + "[" * 100_000,
        "\0" + '{"a":' * 100_000,
    ],
)
def test_a_text_that_looks_like_a_mark_is_none(text: str) -> None:
    assert asked(text, ROWS) is MISSING
