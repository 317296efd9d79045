"""The import contracts of pyproject.toml hold, and rules do not know each other."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "server"
RULES = SERVER / "foreshot/rules"


def test_import_contracts_hold():
    """A failure shows import-linter's own report: each import that climbs the flow, with its line."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    report = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", command, "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert report.returncode == 0, report.stdout + report.stderr


def test_no_rule_imports_another_rule():
    """What two rules share lives in a module whose name starts with an underscore, or a level earlier."""
    rooms = [
        path for path in RULES.rglob("*.py") if path.name != "__init__.py" and is_room(module_name(path))
    ]
    crossings = [
        f"{module_name(room)} imports {target}"
        for room in rooms
        for target in imported_modules(room)
        if is_room(target)
    ]
    assert not crossings, "\n".join(crossings)


def is_room(module: str) -> bool:
    """Whether a module belongs to the rules and is no private helper of theirs. Their packages count: a package
    lists its rules, so a rule that imports its package imports its neighbours."""
    inside = module == "foreshot.rules" or module.startswith("foreshot.rules.")
    return inside and not any(part.startswith("_") for part in module.split("."))


def module_name(path: Path) -> str:
    parts = path.relative_to(SERVER).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(path: Path) -> Iterator[str]:
    """Every module of `foreshot` that an import statement in `path` loads, wherever in the file it stands."""
    package = path.relative_to(SERVER).parts[:-1]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}" if is_module(f"{base}.{alias.name}") else base


def is_module(name: str) -> bool:
    path = SERVER.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()
