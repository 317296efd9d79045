"""Texts, positions and edits against models that are too simple to be wrong."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreshot.text import (
    MAX_BYTES,
    Edit,
    EditConflict,
    LineIndex,
    SourceText,
    Span,
    Unreadable,
    apply_edits,
    decode,
    invert_edits,
    minimal_edit,
)
from foreshot.text.lines import code_units

# Everything that some library takes for a line end, or that counts differently in some encoding.
ODD = "ab \t\n\r\f\v\x1c\x85\u2028\u2029é中😀\ud83d\ude00\u0301\ufeff"
texts = st.lists(st.sampled_from([*ODD, "\r\n", "word"]), max_size=30).map("".join)
plain_texts = texts.map(lambda text: "".join(c for c in text if not "\ud800" <= c <= "\udfff"))
UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
encodings = st.sampled_from(sorted(UNITS))


def units(text, encoding):
    codec, width = UNITS[encoding]
    return len(text.encode(codec, "surrogatepass")) // width


def rows_of(text):
    """The lines of a text as (start, text without line end)."""
    rows, start, offset = [], 0, 0
    while offset < len(text):
        if text[offset] in "\r\n":
            rows.append((start, text[start:offset]))
            offset += 2 if text[offset : offset + 2] == "\r\n" else 1
            start = offset
        else:
            offset += 1
    return [*rows, (start, text[start:])]


@given(texts)
def test_lines_end_where_python_and_the_protocol_say(text):
    index = LineIndex(text)
    assert index.starts == [start for start, _ in rows_of(text)]
    assert [index.line(row) for row in range(len(index.starts))] == [line for _, line in rows_of(text)]
    assert index.line(-1) == index.line(len(index.starts)) == ""


@given(texts, encodings, st.data())
def test_positions_in_every_encoding(text, encoding, data):
    index = LineIndex(text)
    offset = data.draw(st.integers(0, len(text)))
    row, column = index.position_in(offset, encoding)
    start = max(start for start, _ in rows_of(text) if start <= offset)
    assert index.starts[row] == start
    assert column == units(text[start:offset], encoding)
    if offset <= start + len(index.line(row)):
        assert index.offset_from(row, column, encoding) == offset


@given(texts, encodings, st.integers(-1, 40), st.integers(-1, 60))
def test_offsets_are_clamped_to_the_line_and_to_whole_characters(text, encoding, row, column):
    rows = rows_of(text)
    found = LineIndex(text).offset_from(row, column, encoding)
    if row < 0:
        assert found == 0
    elif row >= len(rows):
        assert found == len(text)
    else:
        start, line = rows[row]
        fitting = [n for n in range(len(line) + 1) if units(line[:n], encoding) <= max(column, 0)]
        assert found == start + max(fitting)


@given(texts, st.data())
def test_offsets_of_utf8_columns(text, data):
    index = LineIndex(text)
    row = data.draw(st.integers(0, len(index.starts) - 1))
    line = index.line(row)
    column = data.draw(st.integers(0, units(line, "utf-8")))
    fitting = [n for n in range(len(line) + 1) if units(line[:n], "utf-8") <= column]
    assert index.offset_of_utf8(row, column) == index.starts[row] + max(fitting)


@given(texts, encodings)
def test_code_units(text, encoding):
    assert code_units(text, encoding) == units(text, encoding)


@given(texts)
def test_positions_outside_the_text_are_clamped(text):
    index = LineIndex(text)
    assert index.position(-1) == (0, 0)
    assert index.position(len(text) + 1) == index.position(len(text))


def test_spans():
    assert Span(1, 4).contains(Span(1, 4)) and not Span(1, 4).contains(Span(0, 2))
    assert Span(1, 4).touches(4) and not Span(1, 4).touches(5)
    assert Span(1, 4).overlaps(Span(3, 9)) and not Span(1, 4).overlaps(Span(4, 9))
    assert Span(1, 4).overlaps(Span(2, 2)) and not Span(1, 4).overlaps(Span(1, 1))


@st.composite
def edited(draw):
    """A text and edits to it that do not overlap, several insertions at one place among them."""
    text = draw(texts)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    spans = [Span(*pair) for pair in zip(cuts[::2], cuts[1::2], strict=False)]
    return text, [Edit(span, draw(texts)) for span in spans]


@given(edited())
def test_edits_apply_and_undo(case):
    text, edits = case
    expected = text
    for edit in reversed(edits):
        expected = expected[: edit.span.start] + edit.text + expected[edit.span.end :]
    assert apply_edits(text, edits) == expected
    assert apply_edits(expected, invert_edits(text, edits)) == text


@given(edited())
def test_the_order_of_edits_at_different_places_does_not_matter(case):
    text, edits = case
    if len({edit.span.start for edit in edits}) == len(edits):
        assert apply_edits(text, edits[::-1]) == apply_edits(text, edits)


@pytest.mark.parametrize(
    "spans", [[(0, 2), (1, 3)], [(0, 3), (1, 1)], [(-1, 0)], [(2, 1)], [(0, 9)], [(9, 9)], [(0, 2), (0, 2)]]
)
def test_impossible_edits_are_refused(spans):
    edits = [Edit(Span(*span), "x") for span in spans]
    with pytest.raises(EditConflict):
        apply_edits("abc", edits)
    with pytest.raises(EditConflict):
        invert_edits("abc", edits)


@given(texts, texts, texts, texts)
def test_a_minimal_edit_says_the_same_in_fewer_words(before, old, new, after):
    content = before + old + after
    span = Span(len(before), len(before) + len(old))
    edit = minimal_edit(content, span, new)
    if edit is None:
        assert old == new
        return
    assert apply_edits(content, [edit]) == before + new + after
    assert span.contains(edit.span)
    removed = content[edit.span.start : edit.span.end]
    if "\r" not in old + new:
        assert removed[:1] != edit.text[:1]
        assert removed[-1:] != edit.text[-1:]


@given(texts, texts)
def test_a_minimal_edit_cuts_no_line_end_in_half(old, new):
    edit = minimal_edit(old, Span(0, len(old)), new)
    if edit is not None:
        for text, span in ((old, edit.span), (new, Span(edit.span.start, edit.span.start + len(edit.text)))):
            assert text[span.start - 1 : span.start + 1] != "\r\n" or span.start == 0
            assert text[span.end - 1 : span.end + 1] != "\r\n" or span.end == 0


@given(plain_texts.filter(lambda text: not text.startswith("\ufeff")), st.booleans())
def test_decoding_and_encoding_lose_nothing(text, bom):
    data = (codecs.BOM_UTF8 if bom else b"") + text.encode()
    source = decode(data)
    assert isinstance(source, SourceText)
    assert (source.content, source.encoding, source.bom) == (text, "utf-8", bom)
    assert source.encode() == data
    assert source.encode("other 😀") == (codecs.BOM_UTF8 if bom else b"") + "other 😀".encode()


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_text_that_keeps_them_or_a_reason(data, python):
    source = decode(data, python=python)
    if isinstance(source, SourceText):
        assert source.encode() == data
    else:
        assert source.reason


@given(
    st.sampled_from(
        ["utf8", "UTF_8", "latin-1", "cp1252", "shift_jis", "iso2022_jp", "utf-7", "utf-16", "koi8-r"]
    ),
    st.sampled_from(["", "\n", "#!/bin/sh\n", "#!/bin/sh\r\n", "#" * 500 + "\r"]),
    st.text(max_size=20),
)
def test_cookies_name_the_encoding(encoding, before, text):
    try:
        data = f"{before}# -*- coding: {encoding} -*-\n{text}".encode(encoding)
    except UnicodeEncodeError:
        return
    source = decode(data)
    if isinstance(source, SourceText):
        assert source.encode() == data
        assert codecs.lookup(source.encoding).name == codecs.lookup(encoding).name


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"# coding: latin-1\n\xe9", "# coding: latin-1\n\xe9"),
        (b"\r# coding: latin-1\r\xe9", "\r# coding: latin-1\r\xe9"),
        (b"# " + b"long " * 200 + b"\n# coding: latin-1\n\xe9", None),
        (b"x = 1\n# coding: latin-1\nx = 'e'", "x = 1\n# coding: latin-1\nx = 'e'"),
        (codecs.BOM_UTF8 + b"# coding: utf-8\nx", "# coding: utf-8\nx"),
    ],
)
def test_where_a_cookie_counts(data, content):
    source = decode(data)
    assert isinstance(source, SourceText)
    assert source.encode() == data
    assert content is None or source.content == content


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\n\n# coding: latin-1\n'\xe9'", "not valid utf-8"),
        (b"'\xe9'", "not valid utf-8"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n", "encoding"),
        (b"# coding: klingon\n", "klingon"),
        (b"# coding: punycode\n", "punycode"),
        (b"# coding: rot13\n", "rot13"),
        (b"# coding: unicode_escape\n", "ASCII"),
        (b"# coding: hex\n", "hex"),
        (b"x\0", "NUL"),
        (b"\xff\xfex\0", "NUL"),
        ("\ud800".encode("utf-8", "surrogatepass"), "not valid utf-8"),
        (b"x" * (MAX_BYTES + 1), "1024 KiB"),
    ],
)
def test_unreadable_files_say_why(data, reason):
    source = decode(data)
    assert isinstance(source, Unreadable)
    assert reason in source.reason
    assert reason in repr(source)


def test_the_largest_file_is_read():
    source = decode(b"x" * MAX_BYTES)
    assert isinstance(source, SourceText) and len(source.content) == MAX_BYTES


def test_codecs_that_take_quadratic_time_are_not_asked():
    assert isinstance(decode(b"# coding: punycode\n" + b"a-" * 400_000), Unreadable)


def test_a_cookie_is_python_only():
    assert isinstance(decode(b"; coding: latin-1\n\xe9", python=False), Unreadable)
    assert isinstance(decode(b"# coding: klingon\n", python=False), SourceText)


def test_what_an_encoding_lacks_cannot_be_written():
    with pytest.raises(UnicodeEncodeError):
        SourceText("x", "latin-1").encode("→")


@pytest.mark.parametrize(
    ("content", "newline"),
    [("", "\n"), ("a\nb\r\n", "\n"), ("a\r\nb\n", "\r\n"), ("a\rb\n", "\r"), ("a\r", "\r"), ("a\x85b", "\n")],
)
def test_new_lines_end_like_the_first(content, newline):
    assert SourceText(content).newline == newline
