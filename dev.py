#!/usr/bin/env python3
"""The tasks of a developer of Foreshot. Needs Python 3.11 or newer and nothing else; it installs the rest into `.venv`.

python3 dev.py demo    check a sample project, to see what Foreshot does
python3 dev.py test    everything that must pass before a commit; with arguments for pytest, what they name and nothing else
python3 dev.py rule NAME       one rule: its page, its repairs, its types; a few seconds
python3 dev.py new-rule FAMILY/NAME   the skeleton of a rule, and its line in the list
python3 dev.py lab     every repair on real databases (--all: with crashes under every env.py)
python3 dev.py look    the sample project in the real VS Code, in a browser; ends with Ctrl-C
python3 dev.py workbench   the extension in the real VS Code, oldest and newest; arguments go to tests/vscode/run.mjs
python3 dev.py lint    format, lint, import contracts and types, without the tests
python3 dev.py fix     format, and repair what the linter can
python3 dev.py docs    write the generated files (rule pages, settings, pictures)
python3 dev.py pins    resolve requirements/*.txt anew from pyproject.toml (--upgrade for newer versions)
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
PINS = {"runtime": ROOT / "requirements/runtime.txt", "dev": ROOT / "requirements/dev.txt"}
SAMPLE = "tests/projects/distillery"

# Programs that the tests drive and pip and npm cannot bring: the command, and the Debian packages that have it.
SYSTEM_PROGRAMS = {"nvim": ["neovim"], "emacs": ["emacs-nox", "elpa-eglot"]}


class Stop(Exception):
    """A task cannot go on: `code` is the exit status, the message (if any) says what a person can do."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.code = code


def main(arguments: Sequence[str]) -> int:
    """Run the task named by the first argument and return its exit status."""
    tasks: dict[str, Callable[[list[str]], None]] = {
        "demo": demo,
        "test": test,
        "rule": rule,
        "new-rule": new_rule,
        "lab": lab,
        "look": look,
        "workbench": workbench,
        "lint": lint,
        "fix": fix,
        "docs": docs,
        "pins": pins,
    }
    if sys.version_info < (3, 11):  # noqa: UP036  this file is what an older Python is pointed at
        print(f"Foreshot needs Python 3.11 or newer; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    if not arguments or arguments[0] not in tasks:
        print((__doc__ or "").strip(), file=sys.stderr)
        return 0 if arguments and arguments[0] in {"-h", "--help"} else 2
    os.chdir(ROOT)
    os.environ["PYTHONUTF8"] = "1"
    try:
        tasks[arguments[0]](list(arguments[1:]))
    except Stop as stop:
        if str(stop):
            print(stop, file=sys.stderr)
        return stop.code
    except KeyboardInterrupt:
        return 130
    return 0


def demo(extra: list[str]) -> None:
    """Check the sample project. Its findings are the point, so exit status 1 of `foreshot check` is success here."""
    install("runtime")
    if not (ROOT / SAMPLE).is_dir():
        raise Stop(2, f"The sample project {SAMPLE} is missing from this copy.")
    command = [BIN / "foreshot", "check", "--all", SAMPLE, *extra]
    heading(command)
    code = subprocess.run(command, check=False).returncode
    # A program that does not even start leaves with 1 too.
    if code not in (0, 1) or (code == 1 and not succeeds(BIN / "foreshot", "--help")):
        raise Stop(code)
    print("\n── that was the point: these slips are there to be found. What next:", flush=True)
    shown = BIN.relative_to(ROOT) / "foreshot"
    for line in ("explain blocking-index", f"check --all --diff {SAMPLE}", "check path/to/your/project"):
        print(f"   {shown} {line}", flush=True)


def test(extra: list[str]) -> None:
    """Run every check, cheapest first; pytest comes last, so its closing line is the last line."""
    if extra:
        install("dev")
        step(PYTHON, "-m", "pytest", "-n", "0", *extra, last=True)
        return
    need_system_programs()
    lint([])
    step(str(shutil.which("npm")), "test", "--silent", "--workspace", "vscode-client")
    step(PYTHON, "-m", "pytest", "-n", "2", last=True)


def rule(names: list[str]) -> None:
    """Check single rules: formatting, types, and everything that `tests/rules` does to a page."""
    install("dev")
    rooms = [room_of(name) for name in names]
    if not rooms:
        raise Stop(2, "Which rule? python3 dev.py rule NAME")
    step(BIN / "ruff", "format", "--check", *rooms)
    step(BIN / "ruff", "check", *rooms)
    if (ROOT / "node_modules/pyright").is_dir():
        step("node", "node_modules/pyright/index.js", *rooms)
    chosen = " or ".join(f"{room.stem} or {room.stem.replace('_', '-')}" for room in rooms)
    step(PYTHON, "-m", "pytest", "-q", "-n", "0", "tests/rules/test_rooms.py", "-k", chosen, last=True)


def room_of(name: str) -> Path:
    """The module of a rule, by the rule's name."""
    stem = name.rpartition("/")[2].replace("-", "_").removesuffix(".py")
    for room in sorted((ROOT / "server/foreshot/rules").glob(f"*/{stem}.py")):
        return room.relative_to(ROOT)
    raise Stop(2, f"There is no rule {name}. `python3 dev.py new-rule FAMILY/{name}` begins one.")


SKELETON = """\
\"\"\"What happens to the database, in one sentence.

Why; when it does not matter; what to do instead; for which databases and versions.

```python bad
def upgrade():
    op.drop_table("users")
#   ^^^^^^^^^^^^^ A part of the message
```
```python good
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))
```
\"\"\"

from __future__ import annotations

from collections.abc import Iterator

from foreshot.lint.context import Context
from foreshot.lint.finding import Finding
from foreshot.lint.rule import OperationRule
from foreshot.lint.words import code
from foreshot.migration.operations import DropTable


class {class_name}(OperationRule[DropTable]):
    \"\"\"What it looks for.\"\"\"

    looks_at = (DropTable,)
    severity = "warning"

    def check(self, operation: DropTable, context: Context) -> Iterator[Finding]:
        \"\"\"Whether it is so.\"\"\"
        if operation.table_name is not None:
            message = f"A part of the message: {{code(operation.table_name)}}. What to do."
            yield self.finding(operation.site.name, message, operation=operation)
"""


def new_rule(given: list[str]) -> None:
    """Write a room that can be run at once, and its line in the list; the rest of the work is the rule."""
    rules = ROOT / "server/foreshot/rules"
    families = sorted(path.parent.name for path in rules.glob("*/__init__.py"))
    family, _, name = given[0].partition("/") if len(given) == 1 else ("", "", "")
    if family not in families or not name or not name.replace("-", "").isalnum() or name != name.lower():
        raise Stop(2, f"python3 dev.py new-rule FAMILY/NAME, where FAMILY is one of {', '.join(families)}.")
    room = rules / family / f"{name.replace('-', '_')}.py"
    if list(rules.glob(f"*/{room.name}")):
        raise Stop(2, f"There is a rule {name} already.")
    room.write_text(SKELETON.format(class_name="".join(map(str.capitalize, name.split("-")))), "utf-8")
    listing = rules / "__init__.py"
    before, opening, rest = listing.read_text("utf-8").partition("IN_A_REVISION")
    at = rest.index("(\n") + 2
    listing.write_text(f'{before}{opening}{rest[:at]}    "{family}/{name}",\n{rest[at:]}', "utf-8")
    print(f"{room.relative_to(ROOT)} is there, and its line in {listing.relative_to(ROOT)}.")
    print(f"python3 dev.py rule {name} checks it; python3 dev.py docs writes its page.")


def lab(extra: list[str]) -> None:
    """Run every repair on real databases; with --all, crashes under every way of writing env.py too."""
    install("dev")
    if "--all" in extra:
        os.environ["FORESHOT_LAB_ALL"] = "1"
    rest = [argument for argument in extra if argument != "--all"]
    step(PYTHON, "-m", "pytest", "tests/lab", "-n", "2", *rest, last=True)


def look(extra: list[str]) -> None:
    """Serve the sample in the real VS Code until somebody ends it. Needs a browser, and no particular one."""
    install("runtime")
    install_npm()
    command = ["node", "tests/vscode/look.mjs", *extra]
    heading(command)
    # In the place of this process, so that Ctrl-C and its like end it at its own pace: it has things to take away.
    os.execvp(command[0], command)


def workbench(extra: list[str]) -> None:
    """Package the extension and use it in the real VS Code; brings what that needs, Chromium too, the first time."""
    install("dev")
    install_npm()
    if not os.environ.get("CHROMIUM") and not any(
        map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    ):
        apt_install(["chromium"], why="VS Code is shown in a browser here")
    step("node", "tests/vscode/run.mjs", *extra, last=True)


def lint(_: list[str]) -> None:
    install("dev")
    install_npm()
    step(BIN / "ruff", "format", "--check")
    step(BIN / "ruff", "check")
    step(BIN / "lint-imports", "--no-logo")
    step("node", "node_modules/pyright/index.js")


def fix(_: list[str]) -> None:
    install("dev")
    step(BIN / "ruff", "check", "--fix", "--exit-zero")
    step(BIN / "ruff", "format")


def docs(extra: list[str]) -> None:
    install("dev")
    step(PYTHON, "tests/architecture/generate.py", "--write", *extra)
    step(PYTHON, "docs/make_pictures.py", "--write", *extra)


def pins(extra: list[str]) -> None:
    """Resolve for every platform and every Python that Foreshot supports, with hashes and no index's address."""
    install("dev")
    resolve = [BIN / "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    resolve += ["--generate-hashes", "--no-emit-index-url", "--no-annotate"]
    resolve += ["--custom-compile-command", "python3 dev.py pins", *extra, "pyproject.toml"]
    step(*resolve, "-o", PINS["runtime"].relative_to(ROOT))
    step(*resolve, "--group", "dev", "-c", "requirements/runtime.txt", "-o", PINS["dev"].relative_to(ROOT))


def install(kind: str) -> None:
    """Bring `.venv` to the pins of `kind` and the package to its sources; does nothing when both are current."""
    make_venv()
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check"]
    # The developers' pins hold the runtime's pins too, so that a demo after a test installs nothing.
    if not (kind == "runtime" and current("dev", [PINS["dev"]])):
        pinned = [*pip, "--require-hashes", "-r", PINS[kind].relative_to(ROOT)]
        once(kind, [PINS[kind]], lambda: step(*pinned, quiet=True))
    once("package", [ROOT / "pyproject.toml"], lambda: step(*pip, "--no-deps", "-e", ".", quiet=True))


def make_venv() -> None:
    """Make `.venv` with this interpreter, unless there is one that was made here and runs.

    One that came along in a copied folder would run the programs, and the sources, of the folder it came from.
    """
    home = stamp("home", VENV)
    if home.exists() and home.read_text("utf-8") == str(ROOT) and succeeds(PYTHON, "-c", "import pip"):
        return
    try:
        import ensurepip  # noqa: F401  Debian ships it apart from Python
    except ImportError:
        apt_install(["python3-venv"], why="This Python cannot make virtual environments")
    step(sys.executable, "-m", "venv", "--clear", VENV.relative_to(ROOT))
    home.write_text(str(ROOT), "utf-8")


def install_npm() -> None:
    """Install what package-lock.json pins; does nothing when that is current."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise Stop(1, "The extension is built and checked with Node.js 20 or newer: install it, with npm.")
    manifests = [ROOT / "package-lock.json", ROOT / "package.json", ROOT / "vscode-client/package.json"]
    once("npm", manifests, lambda: step(npm, "ci"), keep=ROOT / "node_modules")


def need_system_programs() -> None:
    wanted = [packages for program, packages in SYSTEM_PROGRAMS.items() if shutil.which(program) is None]
    missing = [package for packages in wanted for package in packages]
    if missing:
        apt_install(missing, why="The tests drive programs that are missing here")


def apt_install(packages: list[str], why: str) -> None:
    """Install Debian packages where this user may; elsewhere say what to install."""
    names = " ".join(packages)
    sudo = [] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["sudo", "-n"]
    allowed = not sudo or (shutil.which("sudo") and succeeds(*sudo, "true"))
    if not allowed or shutil.which("apt-get") is None:
        raise Stop(1, f"{why}: install {names} (on Debian: apt install {names}) and try again.")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    step(*sudo, "apt-get", "update", quiet=True)
    step(*sudo, "apt-get", "install", "--yes", "--no-install-recommends", *packages, quiet=True)


def once(name: str, sources: Sequence[Path], action: Callable[[], None], keep: Path = VENV) -> None:
    """Run `action` unless it last succeeded on these very sources; `keep` is the folder that it fills."""
    if not current(name, sources, keep):
        action()
        stamp(name, keep).write_text(digest(sources), encoding="ascii")


def current(name: str, sources: Sequence[Path], keep: Path = VENV) -> bool:
    mark = stamp(name, keep)
    return mark.exists() and mark.read_text(encoding="ascii") == digest(sources)


def stamp(name: str, keep: Path) -> Path:
    return keep / f".foreshot-{name}"


def digest(sources: Sequence[Path]) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


def step(*command: str | Path, quiet: bool = False, last: bool = False) -> None:
    """Run one command under a heading with its time after it; a failing one stops the task with its exit status.

    `quiet` shows what the command says only when it fails; `last` leaves its last line to be the last line.
    """
    heading(command)
    started = time.monotonic()
    try:
        ran = subprocess.run(command, capture_output=quiet, check=False, encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise Stop(127, f"{command[0]} is not there.") from None
    code = ran.returncode
    if quiet and code:
        print(ran.stdout + ran.stderr, flush=True)
    took = f"{time.monotonic() - started:.1f} s"
    if code:
        message = "" if last else f"── failed with exit status {code} after {took}"
        raise Stop(code if code > 0 else 128 - code, message)
    if not last:
        print(f"── ok in {took}", flush=True)


def succeeds(*command: str | Path) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def heading(command: Sequence[str | Path]) -> None:
    words = [Path(command[0]).name, *map(str, command[1:])]
    print(f"\n── {shlex.join(words)}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
