"""Who has to wait: what messages say of reads and writes, asked of a real server while the revision's transaction is open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from foreshot.rules import all_rules
from oracle.postgresql import Server, migrate, project_in, running
from oracle.test_fixes_on_postgresql import BEFORE, TABLES
from rules.harness import Example, as_revision, examples_of, reports_of

NOT_ASKED = {"totals"}
"""LOCK TABLE takes no materialized view."""
LOCKING = [rule for rule in all_rules().by_name.values() if rule.family == "locking"]
EXAMPLES = [
    pytest.param(rule.name, example, id=f"{rule.name}-{index}")
    for rule in LOCKING
    for index, example in enumerate(examples_of(rule), 1)
    if example.bad
    and example.options.get("dialect", "postgresql").startswith("postgresql")
    and "version" not in example.options
]
SAID = re.compile(r"every (read and write of|read of|write to) (`[^`]+`(?: and `[^`]+`)*)")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_who_waits(server: Server, tmp_path: Path, rule: str, example: Example) -> None:
    said: dict[str, tuple[bool, bool]] = {}
    reports = [report for report in reports_of(example.project(), rule) if report.function == "upgrade"]
    assert reports
    for report in reports:
        for match in SAID.finditer(report.message):
            for name in set(re.findall("`([^`]+)`", match[2])) - NOT_ASKED:
                reads, writes = said.get(name, (False, False))
                said[name] = reads or "read" in match[1], writes or "write" in match[1]
    more = (
        "ALTER TABLE visits ADD CONSTRAINT pk_visits PRIMARY KEY (user_id, day);"
        if "drop_constraint" in example.text
        else ""
    )
    engine = server.database(TABLES + BEFORE.get(rule, "") + more)
    found: dict[str, tuple[bool, bool]] = {}

    def look() -> None:
        for name in said:
            found[name] = (_waits(engine, name, "ACCESS SHARE"), _waits(engine, name, "ROW EXCLUSIVE"))

    nothing = as_revision("def upgrade():\n    pass\n", "0001", None)
    config = project_in(tmp_path / "project", {"0001_setup.py": nothing, "0002_example.py": example.text})
    config.attributes["while_open"] = look
    migrate(engine, config, "head")
    assert found == said


def _waits(engine: sa.Engine, table: str, mode: str) -> bool:
    """Whether another session would have to wait for a lock of this mode."""
    name = ".".join(f'"{part}"' for part in table.split("."))
    with engine.connect() as connection:
        try:
            connection.exec_driver_sql(f"LOCK TABLE {name} IN {mode} MODE NOWAIT")
        except OperationalError as error:
            assert getattr(error.orig, "sqlstate", None) == "55P03"  # lock_not_available
            return True
    return False
