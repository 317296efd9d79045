"""What templates are filled in, and which are left alone for what they could grow to."""

from __future__ import annotations

import pytest

from foreshot.syntax.folding import is_wide, method_of_constant


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
