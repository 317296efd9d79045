"""Manners that no other tool checks: modules fit a head, say what they are, and leave nothing unsaid or private."""

import ast
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pathspec

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "server"
MODULES = sorted(SERVER.rglob("*.py"))
MOST_LINES = 400

# Spelled in halves, so that this file does not find itself.
REGISTRY_HOSTS = [
    "pypi." + "org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "yarn" + "pkg.com",
    "deb.debian." + "org",
]
MACHINE_PATHS = [
    "/work" + "/",
    "../" + "shared",
    "/opt/" + "pypi",
    "/opt/" + "wheels",
    "/root" + "/",
    ".py" + "env/",
]
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")


def test_modules_fit_a_head():
    sizes = {path: len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert not listed(f"{name(path)}: {size} lines" for path, size in sizes.items() if size > MOST_LINES)


def test_nothing_is_left_for_later():
    assert not listed(
        f"{name(path)}:{number}: {line.strip()}"
        for path in [*MODULES, ROOT / "dev.py"]
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    )


def test_public_modules_say_what_they_are():
    public = [path for path in MODULES if path.name == "__init__.py" or not path.name.startswith("_")]
    assert not listed(name(path) for path in public if not ast.get_docstring(ast.parse(path.read_bytes())))


def test_no_file_names_a_registry_or_a_machine():
    """Locks and pins serve behind any mirror, and nobody's folders are anybody else's."""
    places = re.compile("|".join(rf"(?<![\w-]){re.escape(host)}" for host in REGISTRY_HOSTS))
    # A path counts where one could begin, so that `docs/work/` in somebody's sample is no machine's path.
    paths = re.compile("|".join(rf"(?<![\w.)}}*-]){re.escape(path)}" for path in MACHINE_PATHS))
    assert not listed(
        f"{name(path)}:{number}: {found[0]}"
        for path in own_files()
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1)
        if (found := places.search(line) or paths.search(line))
    )


def test_imported_packages_are_declared():
    """What comes along with a dependency may leave with it: whatever is imported is named in pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {re.split(r"[^\w.-]", requirement)[0] for requirement in project["dependencies"]}
    known = {*declared, *sys.stdlib_module_names, "foreshot"}
    assert not listed(
        f"{name(path)}: {package}"
        for path in MODULES
        for package in imported_packages(path)
        if package not in known
    )


def imported_packages(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def own_files() -> Iterator[Path]:
    """Every file that is the project's own: all but what .gitignore names. Works in a copy that is no checkout."""
    ignored = pathspec.GitIgnoreSpec.from_lines(
        [".git", *(ROOT / ".gitignore").read_text("utf-8").splitlines()]
    )
    for folder, folders, files in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        folders[:] = [entry for entry in folders if not ignored.match_file(f"{(here / entry).as_posix()}/")]
        for entry in files:
            path = ROOT / here / entry
            if path.is_file() and not ignored.match_file((here / entry).as_posix()):
                yield path


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def listed(findings: Iterator[str]) -> str:
    """One finding a line; empty when there is none, so that `assert not listed(...)` shows them all."""
    return "\n".join(findings)


# `{name}` in an f-string: a name from a file that would be shown as it is, backticks and control characters included.
_BARE = re.compile(r"`\{[a-z_][\w.]*\}`")
# Words of ours: the names of options and of kinds.
_OURS = {"`{option}`", "`{kind}`", "`{problem.field}`"}


def test_messages_of_rules_show_names_through_code():
    def bare(path: Path) -> Iterator[str]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield from (found for found in _BARE.findall(ast.unparse(node)) if found not in _OURS)

    rooms = sorted((SERVER / "foreshot/rules").rglob("*.py"))
    found = [f"{path.name}: {text}" for path in rooms if path.name != "_filling.py" for text in bare(path)]
    assert not listed(iter(found))
