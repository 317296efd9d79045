"""Text made harmless and measured."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreshot.cli.text import (
    REPLACEMENT,
    as_json,
    cells,
    clean,
    clipped,
    one_line,
    shown_path,
    width,
    wrapped,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain – ünïcode 用户 👩‍👩‍👧", "plain – ünïcode 用户 👩‍👩‍👧"),
        ("\x1b[31mred\x07\x9b", "\ufffd[31mred\ufffd\ufffd"),
        ("a\u202eb\u2066c\u2069", "a\ufffdb\ufffdc\ufffd"),
        ("a\u2028b\ud800", "a\ufffdb\ufffd"),
        ("##[error]x ##vso[task] # [x]", "#\ufffd[error]x #\ufffdvso[task] # [x]"),
    ],
)
def test_clean(text, expected):
    assert clean(text) == expected


def test_one_line():
    assert one_line("  a\r\n\tb\fc \x1b ") == "a b c \ufffd"


@given(st.text())
def test_clean_text_steers_nothing(text):
    assert len(clean(text)) == len(text)
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in clean(text))
    assert "\n" not in one_line(text)


@given(
    st.recursive(
        st.text() | st.none() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_says_the_same_in_printable_ascii(value):
    text = as_json(value)
    assert json.loads(text) == value
    assert all(character == "\n" or " " <= character <= "~" for character in text)


def test_json_holds_no_command():
    assert json.loads(as_json("##vso[a] ##[b]")) == "##vso[a] ##[b]"
    assert "##[" not in as_json("##vso[a] ##[b]")
    assert "##vso[" not in as_json("##vso[a] ##[b]")


@pytest.mark.parametrize(
    ("line", "shown", "columns"),
    [
        ("ab", "ab", [0, 1, 2]),
        ("a\tb", "a   b", [0, 1, 4, 5]),
        ("用x", "用x", [0, 2, 3]),
        ("e\u0301x", "e\u0301x", [0, 1, 1, 2]),
        ("\x1b\u202e", REPLACEMENT * 2, [0, 1, 2]),
    ],
)
def test_cells(line, shown, columns):
    laid = cells(line)
    assert "".join(laid.shown) == shown
    assert list(laid.columns) == columns
    assert laid.width == columns[-1]


def test_clipped():
    assert clipped("abc", 3) == "abc"
    assert clipped("abcd", 3) == "ab…"
    assert clipped("用户用户", 5) == "用户…"


@given(st.lists(st.text("ab用:", min_size=1, max_size=8)), st.integers(10, 40), st.integers(0, 9))
def test_wrapped_loses_nothing(words, limit, first):
    text = " ".join(words)
    lines = wrapped(text, limit, first)
    assert " ".join(lines) == text
    for number, line in enumerate(lines):
        if " " in line and " ::" not in line:
            assert width(line) <= limit - (0 if number else first)


def test_no_line_begins_like_a_workflow_command():
    assert not any(line.startswith("::") for line in wrapped("word " * 3 + "::error::x " * 9, 20))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/srv/shop/a/b.py", "a/b.py"),
        ("/srv/shop", "."),
        ("/srv/other/b.py", "../other/b.py"),
        ("/srv/shopping/b.py", "../shopping/b.py"),
        ("/srv/shop/::error::x/b.py", "./::error::x/b.py"),
    ],
)
def test_shown_path(path, expected):
    assert shown_path(path, "/srv/shop") == expected
