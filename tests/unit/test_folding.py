"""What templates are filled in, and which are left alone for what they could grow to."""

from __future__ import annotations

import pytest

from foreshot.syntax.folding import is_wide, method_of_constant, substituted


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("SET kind = '{}' WHERE users.level > 1", "SET kind = 'a' WHERE users.level > 1"),
        ("SET tags[1] = {0}, {{}}", "SET tags[1] = a, {}"),
        ("{!s} {:s}", None),
        ("{:>100000}", None),
        ("{:{}}", None),
        ("{0.real}", None),
        ("{0[0]}", None),
    ],
)
def test_a_template_is_filled_in_where_its_fields_are_plain(template: str, filled: str | None) -> None:
    assert method_of_constant(template, "format", ["a"], {}, open_ended=False) == filled


@pytest.mark.parametrize("template", ["%5s", "%-10d", "%(name)100s", "%*d", "%.99f", "%% %05d"])
def test_widths_are_seen(template: str) -> None:
    assert is_wide(template)


@pytest.mark.parametrize("template", ["SET kind = '%s' WHERE level = 1", "%(name)s = 10", "a > 1"])
def test_numbers_beside_a_field_are_no_widths(template: str) -> None:
    assert not is_wide(template)


@pytest.mark.parametrize(
    ("template", "method", "filled"),
    [
        ("DROP TABLE $name; SELECT $$1$$", "substitute", "DROP TABLE a; SELECT $1$"),
        ("DROP TABLE ${name}s", "substitute", "DROP TABLE as"),
        ("DROP TABLE $other", "substitute", None),
        ("DROP TABLE $other", "safe_substitute", "DROP TABLE $other"),
        ("DROP TABLE $name", "get_identifiers", None),
        ("$name," * 20_000, "substitute", "a," * 20_000),
        ("$name" * (1 << 18), "substitute", None),
    ],
)
def test_a_string_template_is_filled_in(template: str, method: str, filled: str | None) -> None:
    assert substituted(template, method, [], {"name": "a"}, open_ended=False) == filled
    assert substituted(template, method, [{"name": "a"}], {}, open_ended=False) == filled


def test_a_string_template_with_an_unknown_value_is_left_alone() -> None:
    assert substituted("$a", "substitute", [], {"a": None}, open_ended=False) is None
    assert substituted("$a", "substitute", [], {"a": "b"}, open_ended=True) is None
