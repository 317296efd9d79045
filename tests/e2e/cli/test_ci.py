"""The GitHub Action, the hook and the page on CI: the files parse, and their command lines run on repositories that git made."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from e2e.cli.project import INDEX, environment, make

HOME = Path(__file__).parents[3]
ACTION: dict[str, Any] = yaml.safe_load((HOME / "action.yml").read_text("utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "name" in step}


def git(folder: Path, *arguments: str) -> None:
    named = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *named, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A shallow checkout of a pull request, as a service makes it: one commit, and the base is not there."""
    origin = tmp_path / "origin"
    versions = make(origin)
    new = versions / "2b_index.py"
    new.unlink()
    git(origin, "init", "--quiet")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "-m", "base")
    git(origin, "checkout", "--quiet", "-b", "topic")
    new.write_text(INDEX, encoding="utf-8")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "-m", "topic")
    git(origin, "checkout", "--quiet", "main")
    git(tmp_path, "clone", "--quiet", "--depth", "1", "--branch", "topic", origin.as_uri(), "checkout")
    git(tmp_path / "checkout", "checkout", "--quiet", "--detach")
    return tmp_path / "checkout"


class Runner:
    """As much of GitHub's runner as the steps see."""

    def __init__(self, folder: Path, temporary: Path) -> None:
        self.folder = folder
        self.temporary = temporary
        self.output = temporary / "output"
        tools = temporary / "foreshot/bin"
        tools.mkdir(parents=True)
        (tools / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
        (tools / "gh").write_text(
            '#!/bin/sh\necho "$@" >> "$RUNNER_TEMP/calls"\ncase "$*" in *paginate*) cat "$RUNNER_TEMP/known" ;; esac\n',
            encoding="utf-8",
        )
        (temporary / "known").write_text("", encoding="utf-8")
        for tool in tools.iterdir():
            tool.chmod(0o755)

    def step(self, name: str, **given: str) -> subprocess.CompletedProcess[str]:
        """Run a step with the variables that it declares."""
        step = STEPS[name]
        assert step["shell"] == "bash"
        assert set(given) <= set(step["env"])
        assert "${{" not in step["run"], "what comes from outside must not be part of a script"
        missing = dict.fromkeys(set(step["env"]) - set(given), "")
        known = {
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.temporary / "summary.md"),
            "GITHUB_REPOSITORY": "shop/shop",
        }
        path = f"{self.temporary / 'foreshot/bin'}{os.pathsep}{os.environ['PATH']}"
        # As the runner calls it.
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        variables = environment(**known, **missing, **given) | {"PATH": path}
        return subprocess.run(
            command,
            cwd=self.folder,
            env=variables,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )

    @property
    def outputs(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.output.read_text("utf-8").splitlines())


@pytest.fixture
def runner(checkout: Path, tmp_path: Path) -> Runner:
    (tmp_path / "runner").mkdir()
    return Runner(checkout, tmp_path / "runner")


def test_the_action_reviews_what_a_pull_request_brings(runner: Runner) -> None:
    fetched = runner.step("Fetch the base", BASE="main")
    assert fetched.returncode == 0, fetched.stderr
    assert runner.outputs["ref"] == "origin/main"
    ran = runner.step(
        "Review", PROJECT=".", AGAINST="origin/main", ARGUMENTS="", REPORTS=str(runner.temporary)
    )
    assert ran.returncode == 0, ran.stderr
    assert "file=migrations/versions/2b_index.py" in ran.stdout
    assert "1a_users.py" not in ran.stdout
    assert runner.outputs["status"] == "1"
    log = json.loads((runner.temporary / "foreshot.sarif").read_text("utf-8"))
    places = {
        place["physicalLocation"]["artifactLocation"]["uri"]
        for result in log["runs"][0]["results"]
        for place in result["locations"]
    }
    assert "migrations/versions/2b_index.py" in places
    comment = (runner.temporary / "foreshot.md").read_text("utf-8")
    assert comment.startswith("<!-- foreshot:")
    assert "| `2b3c4d5e6f70` | `1a2b3c4d5e6f` | add an index |" in comment
    assert "nothing: it is the first" not in comment
    assert (runner.temporary / "summary.md").read_text("utf-8") == comment
    assert runner.step("Say how it went", STATUS="1").returncode == 1


def test_a_base_that_is_not_there_is_no_green_check(runner: Runner) -> None:
    assert runner.step("Fetch the base", BASE="no-such-branch").returncode != 0
    ran = runner.step(
        "Review", PROJECT=".", AGAINST="origin/no-such-branch", ARGUMENTS="", REPORTS=str(runner.temporary)
    )
    assert runner.outputs["status"] == "2", ran.stderr
    assert runner.step("Say how it went", STATUS="").returncode == 2


def test_arguments_are_words_and_nothing_else(runner: Runner) -> None:
    hostile = "--exit-zero --ignore $(touch${IFS}pwned) *"
    runner.step("Review", PROJECT=".", AGAINST="", ARGUMENTS=hostile, REPORTS=str(runner.temporary))
    assert runner.outputs["status"] == "2"
    assert not (runner.folder / "pwned").exists()


@pytest.mark.parametrize("known, method", [("", "POST"), ("77\n", "PATCH")])
def test_there_is_one_comment(runner: Runner, known: str, method: str) -> None:
    (runner.temporary / "known").write_text(known, encoding="utf-8")
    ran = runner.step("Comment on the pull request", NUMBER="5", REPORTS=str(runner.temporary), GH_TOKEN="t")
    assert ran.returncode == 0, ran.stderr
    last = (runner.temporary / "calls").read_text("utf-8").splitlines()[-1]
    place = "comments/77" if known else "issues/5/comments"
    assert f"--method {method} repos/shop/shop/issues/" in last
    assert f"{place} --field body=@" in last


def test_the_action_uses_no_input_that_it_does_not_have() -> None:
    text = (HOME / "action.yml").read_text("utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])
    assert all("description" in item for item in ACTION["inputs"].values())


def test_the_hook_reviews_what_is_new(checkout: Path) -> None:
    [hook] = yaml.safe_load((HOME / ".pre-commit-hooks.yaml").read_text("utf-8"))
    git(checkout, "fetch", "--quiet", "--unshallow", "origin", "+refs/heads/main:refs/remotes/origin/main")
    words = [sys.executable, *hook["entry"].split()[1:]]
    (checkout / "foreshot").mkdir()
    (checkout / "foreshot/__init__.py").write_text("raise SystemExit('ran')", encoding="utf-8")
    ran = subprocess.run(
        [*words, "--output-format", "concise", "--dialect", "postgresql"],
        cwd=checkout,
        env=environment(PYTHONPATH="."),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert ran.returncode == 1, ran.stderr
    assert "2b_index.py" in ran.stdout
    assert "1a_users.py" not in ran.stdout


def commands() -> list[str]:
    """Every command line of the page, with the base that a service would name."""
    text = (HOME / "docs/ci.md").read_text("utf-8")
    found = re.findall(r"(foreshot check --[^`\n|]*)", text)
    return sorted({re.sub(r'"?origin/[\w$"]+', "origin/main", line).split(" >")[0].strip() for line in found})


@pytest.mark.parametrize("line", commands())
def test_the_commands_of_the_page_run(line: str, checkout: Path) -> None:
    git(checkout, "fetch", "--quiet", "--unshallow", "origin", "+refs/heads/main:refs/remotes/origin/main")
    ran = subprocess.run(
        [sys.executable, "-I", "-m", *line.split()],
        cwd=checkout,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert ran.returncode in (0, 1), ran.stderr
    if "junit" in line:
        assert "2b_index.py" in ElementTree.tostring(ElementTree.fromstring(ran.stdout), "unicode")


def test_the_configurations_of_the_page_parse() -> None:
    text = (HOME / "docs/ci.md").read_text("utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 4
    inputs = {key for block in blocks for key in _with(yaml.safe_load(block)) if key != "fetch-depth"}
    assert inputs - {"persist-credentials"} <= set(ACTION["inputs"])


def _with(value: object) -> list[str]:
    """The keys of every `with` in a configuration."""
    if isinstance(value, list):
        return [key for item in value for key in _with(item)]
    if not isinstance(value, dict):
        return []
    own = list(value["with"]) if isinstance(value.get("with"), dict) else []
    return own + [key for item in value.values() for key in _with(item)]
