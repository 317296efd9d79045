"""Every repair is run: whole, under every env.py, with a crash before every statement, and over rows that break it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from foreshot.rules import revision_rules
from lab import machine
from lab.machine import Database, Postgres, Sqlite, Trace, difference, files_of, migrate, offline, repaired
from lab.scenarios import CRASHES, GAPS, SCENARIOS, Scenario
from oracle.postgresql import running_uri
from rules.harness import REVISION

FAMILIES = (
    "locking",
    "transaction",
    "data",
    "rename",
    "destructive",
    "sqlite",
    "constraints",
    "downgrade",
    "sql",
    "mysql",
)
OTHERS = [name for name in machine.ENVS if name != "connect"]
ALL = bool(os.environ.get("FORESHOT_LAB_ALL"))
RUN = [scenario for scenario in SCENARIOS if not scenario.refused]


def named(scenarios: list[Scenario]) -> list[object]:
    return [pytest.param(scenario, id=scenario.id) for scenario in scenarios]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_uri() as uri:
        yield Postgres(uri)


@pytest.fixture
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    scenario: Scenario = request.node.callspec.params["scenario"]
    database = Sqlite(tmp_path) if scenario.database == "sqlite" else request.getfixturevalue("postgres")
    bench = Bench(scenario, database, tmp_path / "project")
    yield bench
    bench.clean()


class Bench:
    """One scenario on one database: its template, and runs from it."""

    def __init__(self, scenario: Scenario, database: Database, folder: Path) -> None:
        self.scenario = scenario
        self.database = database
        self.folder = folder
        self.made: list[str] = []
        self.template = self._kept(database.empty())
        assert migrate(self.files("connect"), folder, self.template, "0001") is None
        self.base = database.snapshot(self.template)

    def files(self, env: str, *, meant: bool = False) -> dict[str, str]:
        scenario = self.scenario
        up = scenario.meant if meant and scenario.meant is not None else scenario.up
        return files_of(scenario.setup, up, scenario.down, env)

    def repaired(self, env: str) -> dict[str, str] | str:
        return repaired(self.files(env), self.scenario.rule, self.scenario.title, self.database.name)

    def fresh(self) -> str:
        return self._kept(self.database.copy(self.template))

    def copy(self, url: str) -> str:
        return self._kept(self.database.copy(url))

    def _kept(self, url: str) -> str:
        self.made.append(url)
        return url

    def up(self, files: dict[str, str], url: str, trace: Trace | None = None) -> str | None:
        return migrate(files, self.folder, url, "head", trace)

    def down(self, files: dict[str, str], url: str, trace: Trace | None = None) -> str | None:
        return migrate(files, self.folder, url, "-0001", trace)

    def clean(self) -> None:
        for url in self.made:
            self.database.drop(url)


def test_every_rule_with_a_repair_has_a_scenario_or_a_reason() -> None:
    rules = {
        rule.name for rule in revision_rules().by_name.values() if rule.safety and rule.family in FAMILIES
    }
    here = {scenario.rule for scenario in SCENARIOS}
    assert not GAPS.keys() & {scenario.rule for scenario in RUN}, "a gap that is none"
    assert all(GAPS.values())
    assert not sorted(rules - here - GAPS.keys()), "no scenario, and no reason"
    assert not GAPS.keys() - rules, "a gap of a rule without a repair"


@pytest.mark.parametrize("scenario", named([scenario for scenario in SCENARIOS if scenario.refused]))
def test_it_is_refused(bench: Bench, scenario: Scenario) -> None:
    del scenario
    assert isinstance(bench.repaired("connect"), str)


@pytest.mark.parametrize("scenario", named(RUN))
def test_there_and_back_and_there(bench: Bench, scenario: Scenario) -> None:
    files = bench.repaired("connect")
    assert isinstance(files, dict), files
    url, database = bench.fresh(), bench.database
    assert bench.up(files, url) is None
    after = database.snapshot(url)
    assert not [
        row
        for row in after.get("indexes", [])
        if row.endswith(("False, True)", "True, False)", "False, False)"))
    ]
    assert not [row for row in after.get("constraints", []) if row.endswith("False)")]
    if not scenario.step:
        wanted = bench.fresh()
        assert bench.up(bench.files("connect", meant=True), wanted) is None
        assert not difference(database.snapshot(wanted), after)
    if scenario.after:
        copied = bench.fresh()
        assert bench.up(files, copied) is None
        database.run(copied, scenario.after)
        assert len(database.snapshot(copied)["rows of users"]) == len(bench.base["rows of users"])
    assert bench.down(files, url) is None
    assert bench.up(files, url) is None
    again = database.snapshot(url)
    assert not difference(
        {k: v for k, v in after.items() if "rows" not in k},
        {k: v for k, v in again.items() if "rows" not in k},
    )
    for what, rows in bench.base.items():
        if what.startswith("rows") and scenario.rule != "drop-table":
            assert len(again[what]) == len(rows), "rows are lost"


UNDER = [
    pytest.param(scenario, env, id=f"{scenario.id}, {env}")
    for scenario in RUN
    for env in scenario.envs or OTHERS
]


@pytest.mark.parametrize(("scenario", "env"), UNDER)
def test_every_env_py(bench: Bench, scenario: Scenario, env: str) -> None:
    files = bench.repaired(env)
    if isinstance(files, str):
        # Refused, and with the reason: only where env.py holds the transaction.
        assert env in ("begin", "early"), files
        assert "env.py" in files
        return
    url = bench.fresh()
    assert bench.up(files, url) is None
    assert bench.down(files, url) is None
    assert bench.up(files, url) is None
    if env == "per migration" and scenario.offline:
        assert offline(files, bench.folder, url) is None


@pytest.mark.parametrize("env", list(machine.ENVS) if ALL else ["connect"])
@pytest.mark.parametrize("scenario", named(RUN))
def test_a_crash_before_every_statement(bench: Bench, scenario: Scenario, env: str) -> None:
    if env != "connect" and scenario.envs is not None and env not in scenario.envs:
        return
    files = bench.repaired(env)
    if env != "connect" and isinstance(files, str):
        return
    assert isinstance(files, dict), files
    lost = crashed(bench, files)
    if scenario.id in CRASHES:
        assert lost, "a gap that is none"
    else:
        assert not lost, "\n".join(lost)


def crashed(bench: Bench, files: dict[str, str]) -> list[str]:
    """What a crash before each statement leaves that a second run does not mend, in both directions."""
    database, trace = bench.database, Trace()
    url = bench.fresh()
    assert bench.up(files, url, trace) is None
    there = database.snapshot(url)
    lost: list[str] = []
    for number in crashes(trace):
        broken = bench.fresh()
        assert bench.up(files, broken, Trace(crash=number)) is not None
        wrong = bench.up(files, broken) or difference(there, database.snapshot(broken))
        if wrong:
            lost.append(f"up, before {trace.statements[number][:60]!r}: {wrong}")
        database.drop(broken)
    upgraded = bench.copy(url)
    trace = Trace()
    assert bench.down(files, url, trace) is None
    back = database.snapshot(url)
    for number in crashes(trace):
        broken = bench.copy(upgraded)
        bench.down(files, broken, Trace(crash=number))
        wrong = bench.down(files, broken) or difference(back, database.snapshot(broken))
        if wrong:
            lost.append(f"down, before {trace.statements[number][:60]!r}: {wrong}")
        database.drop(broken)
    return lost


def crashes(trace: Trace) -> list[int]:
    """Before which statements a crash tells anything: not Alembic's own looking around."""
    return [
        number
        for number, statement in enumerate(trace.statements)
        if not statement.lstrip().lower().startswith(("select", "pragma", "show"))
    ]


@pytest.mark.parametrize("scenario", named([scenario for scenario in RUN if scenario.spoil]))
def test_rows_that_break_it_and_are_mended(bench: Bench, scenario: Scenario) -> None:
    files = bench.repaired("connect")
    assert isinstance(files, dict), files
    assert not mended(bench, files)


def mended(bench: Bench, files: dict[str, str]) -> str | list[str] | None:
    """What is wrong once rows have stopped the upgrade, are mended, and it runs again."""
    scenario, database = bench.scenario, bench.database
    url = bench.fresh()
    assert bench.up(files, url) is None
    wanted = database.snapshot(url)
    spoiled = bench.fresh()
    database.run(spoiled, scenario.spoil)
    assert bench.up(files, spoiled) is not None, "the rows were to stop it"
    database.run(spoiled, scenario.heal)
    return bench.up(files, spoiled) or difference(wanted, database.snapshot(spoiled))


SAFEGUARDS = [
    ("blocking-index: unique, over duplicates", r" *op\.drop_index\([^\n]*\n(?= *op\.create_index)"),
    ("blocking-unique: alone", r" *op\.drop_index\([^\n]*\n(?= *op\.create_index)"),
    ("blocking-check: alone", r" *op\.execute\(\"ALTER TABLE users DROP CONSTRAINT IF EXISTS[^\n]*\n"),
    ("blocking-not-null: alone", r"DROP CONSTRAINT IF EXISTS \w+, "),
    ("enum-value-used-in-same-transaction: at once", r" IF NOT EXISTS"),
    ("blocking-drop-index: SQL", r" IF EXISTS"),
]
"""What a repair writes so that it can be run again; without it the lab has to turn red."""


@pytest.mark.parametrize(
    ("scenario", "pattern"),
    [
        pytest.param(scenario, pattern, id=name)
        for name, pattern in SAFEGUARDS
        for scenario in RUN
        if scenario.id == name
    ],
)
def test_a_safeguard_that_is_taken_away_is_missed(bench: Bench, scenario: Scenario, pattern: str) -> None:
    files = bench.repaired("connect")
    assert isinstance(files, dict), files
    bare = {name: re.sub(pattern, "", text) if name == REVISION else text for name, text in files.items()}
    assert bare != files
    assert mended(bench, bare) if scenario.spoil else crashed(bench, bare)


LOCKING = [scenario for scenario in RUN if scenario.rule.startswith("blocking-")]


@pytest.mark.parametrize("scenario", named(LOCKING))
def test_locks_are_no_stronger(bench: Bench, scenario: Scenario) -> None:
    del scenario
    files = bench.repaired("connect")
    assert isinstance(files, dict), files
    held: list[dict[str, int]] = []
    for texts in (bench.files("connect"), files):
        url = bench.fresh()
        with bench.database.observer(url) as observer:
            trace = Trace(observer=observer)
            assert bench.up(texts, url, trace) is None
            held.append(trace.locks)
    before, after = held
    for table, mode in after.items():
        assert mode <= before.get(table, -1) or mode <= machine.MODES.index("ShareUpdateExclusiveLock"), (
            f"{table}: {machine.MODES[mode]}"
        )
