"""The ini reader agrees with configparser and knows where everything stands."""

import configparser

import pytest

from foreshot.project.ini import read_ini
from foreshot.text import SourceText

TEXT = """\
# a comment
[DEFAULT]
base = /srv
[alembic]
script_location = %(here)s/db
; another
Version_Locations: %(base)s/one
    # not a value

    %(base)s/two
file_template = %%(rev)s
empty =
[alembic:other]
script_location=x
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_agrees_with_configparser(newline):
    text = TEXT.replace("\n", newline)
    parser = configparser.ConfigParser({"here": "/home"})
    parser.read_string(TEXT)
    ini = read_ini(SourceText(text))
    for section in parser.sections():
        for key in parser[section]:
            if key != "here":
                assert ini.value(section, key, {"here": "/home"}) == parser[section][key], key
    assert not ini.problems


def test_spans_are_exact():
    ini = read_ini(SourceText(TEXT))
    option = ini.sections["alembic"].options["version_locations"]
    assert TEXT[option.key_span.start : option.key_span.end] == "Version_Locations"
    assert TEXT[option.value_span.start : option.value_span.end].startswith("%(base)s/one\n")
    at = option.value.index("%(base)s/two")
    place = option.locate(at, at + len("%(base)s/two"))
    assert TEXT[place.start : place.end] == "%(base)s/two"
    section = ini.sections["alembic:other"].span
    assert TEXT[section.start : section.end] == "alembic:other"


def test_a_name_that_leads_nowhere_is_no_value():
    ini = read_ini(SourceText("[a]\nx = %(missing)s\ny = %(y)s\nz = 100%\nbig = %(b1)s\n"))
    assert [ini.value("a", key, {}) for key in ("x", "y", "z", "w")] == [None] * 4


def test_what_fits_nowhere_is_a_problem():
    ini = read_ini(SourceText("stray = 1\n[a]\nno value here\nx = 1\nx = 2\n[a]\n"))
    assert [problem.span.start for problem in ini.problems] == [0, 14, 34, 40]
