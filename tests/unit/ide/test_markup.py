"""What comes from a file shows as it is and does nothing."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from foreshot.ide.markup import MAX_CARD, bullets, file_link, limited, link, plain_text, prose, said
from foreshot.lint.words import code

RENDER = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render
PIECES = [*"\\`*_[]()<>#+-.!|~&:/@$='\" \n\tab1", "http://", "www.", "<b>", "![", "]("]
MARKS = st.lists(st.sampled_from(PIECES) | st.characters(), max_size=60).map("".join)


@given(MARKS)
def test_prose_renders_as_the_same_words(text: str) -> None:
    shown = prose(text)
    assert "\n" not in shown and shown.isprintable()
    words = plain_text(shown)
    assert RENDER(shown).strip() == (
        f"<p>{html.escape(words, quote=False)}</p>".replace('"', "&quot;") if words else ""
    )


@given(MARKS)
def test_a_message_keeps_its_code_and_nothing_else(text: str) -> None:
    shown = RENDER(said(f"The table {code(text)} is {text}."))
    assert set(re.findall(r"</?(\w+)", shown)) <= {"p", "code"}


@pytest.mark.parametrize(
    "text",
    [
        "see https://evil.example/x",
        "see www.evil.example",
        "mail me@evil.example",
        "mailto:me@evil.example",
        "<https://evil.example>",
        "![x](https://evil.example/x.png)",
        "<img src=x>",
        "[x](command:evil)",
        "[x]: https://evil.example",
    ],
)
def test_no_address_of_a_file_becomes_a_link(text: str) -> None:
    shown = prose(text)
    # As GitHub's Markdown finds addresses in plain text, which CommonMark does not.
    assert not re.search(r"https?://|www\.|[\w.]@\w", shown.replace("\\\\", ""))
    assert "<a" not in RENDER(shown) and "<img" not in RENDER(shown)


def test_long_texts_are_cut() -> None:
    assert len(prose("x" * 10_000)) < 400
    assert len(limited("line\n" * 10_000)) < MAX_CARD + 10
    assert limited("short") == "short"


def test_links_lead_to_places_of_files() -> None:
    assert (
        file_link("a_b", "/srv/my (app)/[x]/a b.py", 3)
        == "[a\\_b](file:///srv/my%20%28app%29/%5Bx%5D/a%20b.py#L4)"
    )
    assert file_link("a", "C:\\app\\a.py").endswith("(file:///C%3A/app/a.py)")


def test_plain_text_has_no_marks() -> None:
    card = f"**{link('a_b', 'https://x/y')}** says {code('c*d')} \\* not\n\n{bullets(['one', 'two'])}"
    assert plain_text(card) == "a_b (https://x/y) says c*d * not\n\n- one\n- two"
