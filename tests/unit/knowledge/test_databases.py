"""Names, versions, limits, and the names that databases make up (PostgreSQL's were read off a server)."""

import pytest

from foreshot.knowledge import (
    Version,
    default_name,
    excess_length,
    identifier_limit,
    shortened,
    target,
    transactional_ddl,
)

from .reading import on


def version(text: str) -> Version:
    found = Version.parse(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("scheme", "version", "display"),
    [
        ("postgresql", None, "PostgreSQL"),
        ("postgresql+psycopg2", "15", "PostgreSQL 15"),
        ("postgres", "15.3 (Debian 15.3-1)", "PostgreSQL 15.3"),
        ("mysql+pymysql", "8.0.46-0ubuntu1", "MySQL 8.0.46"),
        ("mariadb", "10.11.6-MariaDB", "MariaDB 10.11.6"),
        ("mssql+pyodbc", None, "SQL Server"),
    ],
)
def test_targets(scheme, version, display):
    assert on(scheme, version).display == display


def test_what_is_no_database():
    assert target("bigquery") is None
    assert Version.parse("newest") is None


def test_a_version_stands_for_all_that_it_leaves_open():
    fifteen, exact = version("15"), version("14.9")
    assert fifteen.at_least(15, 3)
    assert fifteen.at_most(15)
    assert not fifteen.at_least(16)
    assert not exact.at_least(15)
    assert exact.at_most(14)
    assert version("10.11") > version("10.2")
    assert version("8.0").at_least(8, 0, 29)
    assert not version("8.0.28").at_least(8, 0, 29)


def test_supported_versions_stand_for_an_unknown_one():
    assert [str(found) for found in on("postgresql").versions] == [
        "12",
        "13",
        "14",
        "15",
        "16",
        "17",
        "18",
    ]
    assert on("oracle").versions == ()


def test_limits():
    assert identifier_limit("sqlite") is None
    assert excess_length("é" * 40, "postgresql") == 17
    assert excess_length("é" * 40, "mysql") == 0
    assert excess_length("x" * 70, "mysql") == 6
    assert shortened("short", "postgresql") == "short"
    long = shortened("x" * 70, "postgresql")
    assert len(long) <= 63
    assert long != shortened("x" * 71, "postgresql")


LONG = "longname_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
LONG_COLUMN = "b" * 45


@pytest.mark.parametrize(
    ("kind", "table", "columns", "expected"),
    [
        ("primary key", "t", ("a",), "t_pkey"),
        ("unique", "t", ("a", "b"), "t_a_b_key"),
        ("foreign key", "t", ("a",), "t_a_fkey"),
        ("check", "t", ("a",), "t_a_check"),
        ("check", "t", ("a", "b"), "t_check"),
        ("exclude", "t", ("a",), "t_a_excl"),
        ("index", "t", ("a",), "t_a_idx"),
        ("not null", "t", ("a",), "t_a_not_null"),
        ("check", LONG, (LONG_COLUMN,), "longname_aaaaaaaaaaaaaaaaaaa_bbbbbbbbbbbbbbbbbbbbbbbbbbbb_check"),
        ("unique", LONG, (LONG_COLUMN,), "longname_aaaaaaaaaaaaaaaaaaaa_bbbbbbbbbbbbbbbbbbbbbbbbbbbbb_key"),
        (
            "unique",
            LONG,
            ("c", "d", LONG_COLUMN),
            "longname_aaaaaaaaaaaaaaaaaaaa_c_d_bbbbbbbbbbbbbbbbbbbbbbbbb_key",
        ),
        ("foreign key", LONG, ("c",), "longname_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_c_fkey"),
        ("unique", "ü" * 30, ("ä" * 30,), "üüüüüüüüüüüüüü_ääääääääääääää_key"),
    ],
)
def test_names_that_postgresql_gives(kind, table, columns, expected):
    assert default_name("postgresql", kind, table, columns) == expected


def test_a_taken_name_is_counted_on():
    assert default_name("postgresql", "check", "t", (), taken=["t_check"]) == "t_check1"
    assert default_name("mysql", "unique", "t", ("a", "b"), taken=["a"]) == "a_2"


def test_names_elsewhere():
    assert default_name("mysql", "foreign key", "t", ("a",), ordinal=2) == "t_ibfk_2"
    assert default_name("mysql", "check", "t") == "t_chk_1"
    assert default_name("mariadb", "check", "t") == "CONSTRAINT_1"
    assert default_name("mysql", "primary key", "t") == "PRIMARY"
    assert default_name("sqlite", "unique", "t", ("a",)) is None
    assert default_name("mssql", "unique", "t", ("a",)) is None


def test_who_rolls_ddl_back():
    assert transactional_ddl("postgresql")
    assert not transactional_ddl("mysql")
