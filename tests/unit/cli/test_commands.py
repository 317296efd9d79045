"""The small commands, and what a command line may import."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from foreshot.cli.main import commands
from foreshot.rules import NAMES, all_rules


def run(*arguments, colour=False):
    env = {"FORCE_COLOR": "1" if colour else "", "NO_COLOR": "", "TERM": "xterm"}
    return CliRunner().invoke(commands, arguments, env=env, color=colour)


def test_rules_lists_every_rule():
    text = run("rules").stdout
    for name, rule in all_rules().by_name.items():
        line = next(line for line in text.splitlines() if f" {name} " in line)
        assert rule.severity in line
        assert ("safe fix" in line) == (rule.safety is not None)


def test_rules_as_json():
    rules = json.loads(run("rules", "--format", "json").stdout)
    assert {rule["rule"] for rule in rules} == NAMES
    for rule in rules:
        assert list(rule) == ["rule", "family", "severity", "safety", "databases", "summary", "url"]
        assert rule["url"].endswith(f"/{rule['rule']}/")


@pytest.mark.parametrize("name", sorted(NAMES))
def test_explain(name):
    plain = run("explain", name).stdout
    assert plain.startswith(f"# {name}\n")
    coloured = run("explain", name, colour=True).stdout
    assert "\x1b[" in coloured
    assert name in coloured


@pytest.mark.parametrize("spelling", ["blocking_index", "Blocking-Index", "locking/blocking-index"])
def test_explain_is_generous_with_spelling(spelling):
    assert run("explain", spelling).stdout.startswith("# blocking-index\n")


@pytest.mark.parametrize("arguments", [["--help"], ["rules"], ["check", "--no-cache"]])
def test_a_pipe_needs_neither_rich_nor_sqlglot(arguments, tmp_path):
    probe = f"""
import sys
sys.argv = ["foreshot", *{arguments!r}]
from foreshot.__main__ import main
main()
heavy = [name for name in ("rich", "sqlglot", "pygls", "libcst", "sqlalchemy", "alembic") if name in sys.modules]
print(heavy, file=sys.stderr)
"""
    ran = subprocess.run(
        [sys.executable, "-c", probe], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True
    )
    assert ran.stderr.splitlines()[-1] == "[]"
