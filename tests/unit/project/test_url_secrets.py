"""What is secret in a database URL."""

from __future__ import annotations

import pytest

from foreshot.project.config import find_url
from foreshot.project.environment import Environment
from foreshot.project.new_file import new_revision
from foreshot.text import Span
from foreshot.text.secrets import masked


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("postgresql://u:pw@db/x", "pw"),
        ("postgresql://u@db/x?password=pw", "pw"),
        ("postgresql://db/x?sslmode=require&sslpassword=p%40w&a=1", "p%40w"),
        ("mysql://u:pw@db/x?password=other", "pw"),
        ("snowflake://u@a/b?TOKEN=abc", "abc"),
        ("postgresql://u@db/x?password=%(PASSWORD)s", None),
        ("postgresql://u@db/x?passwords=a&no_token=b", None),
    ],
)
def test_found_and_masked(url: str, secret: str | None) -> None:
    found = find_url(url, Span(0, len(url)), "alembic.ini", "alembic", "sqlalchemy.url")
    assert found is not None
    at = found.password
    assert (None if at is None else url[at.start : at.end]) == secret
    shown = masked(f"sqlalchemy.url = {url}")
    assert len(shown) == len(url) + len("sqlalchemy.url = ")
    assert secret is None or secret not in shown


def test_half_a_character_reaches_no_file() -> None:
    environment = Environment("/p", "/p", "/p/m", "/p/m/env.py", None, ("/p/m/versions",), "alembic")
    path, text = new_revision(environment, None, "a1", None, "half \ud83d, whole \ud83d\ude00")
    text.encode()
    path.encode()
    assert "half \ufffd, whole \U0001f600" in text
