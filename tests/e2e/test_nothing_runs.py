"""No code of a workspace runs: not by reading it, not by standing in it, not by asking for everything there is.

A hostile project, whose every file would leave a mark and end the process, is checked and edited under an audit hook.
The hook sees what the interpreter does before anything can hide it: imports, code that is executed, processes, sockets,
files opened for writing. Parsing with ``ast`` raises ``compile`` too, but for no file, and what it makes is never executed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from e2e.server.editor import Editor, path_of

LAUNCHER = r"""
import os, sys

workspace, log, cache = sys.argv[1:4]
log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork",
             "os.startfile", "ctypes.dlopen", "webbrowser.", "urllib.Request", "pty.spawn", "shutil.", "os.putenv")
CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
           "os.utime", "os.chown")

def inside(path, folder):
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    return isinstance(path, str) and (path + "/").startswith(folder + "/")

def writes(mode, flags):
    if isinstance(mode, str) and set(mode) & set("wax+"):
        return True
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))

def bad(event, args):
    if event == "exec":
        name = getattr(args[0], "co_filename", "")
        # `<unknown>` is what `ast.parse` calls a text: a tree of it that was compiled and run would show here.
        return inside(name, workspace) or name == "<unknown>"
    if event == "compile":
        return inside(args[1], workspace)
    if event == "import":
        return inside(args[1], workspace)
    if event == "open":
        path, mode, flags = args
        return isinstance(path, (str, bytes)) and writes(mode, flags) and not inside(path, cache) and path != os.devnull
    if event in CHANGES:
        return not any(inside(arg, cache) or inside(cache, str(arg)) for arg in args)
    return event.startswith(FORBIDDEN)

def hook(event, args):
    if bad(event, args):
        os.write(log, f"{event} {args!r}\n"[:500].encode("utf-8", "replace"))

sys.argv[:] = ["foreshot", *sys.argv[4:]]
sys.addaudithook(hook)
from foreshot.__main__ import main
status = main()
for name, module in list(sys.modules.items()):
    if inside(getattr(module, "__file__", None) or "", workspace):
        os.write(log, f"module {name}\n".encode())
sys.exit(status)
"""
SHADOWS = (
    "alembic/__init__.py",
    "click/__init__.py",
    "json.py",
    "libcst/__init__.py",
    "lsprotocol/__init__.py",
    "msgspec/__init__.py",
    "pygls/__init__.py",
    "rapidfuzz/__init__.py",
    "rich/__init__.py",
    "sqlalchemy/__init__.py",
    "sqlglot/__init__.py",
    "typing.py",
    "conftest.py",
    "setup.py",
    "sitecustomize.py",
    "usercustomize.py",
    "migrations/__init__.py",
    "migrations/versions/__init__.py",
)
REVISION = '''\
"""a revision"""

import sqlalchemy as sa
from alembic import op
from app.types import Money

revision = "{revision}"
down_revision = {parent!r}


class Meta(type):
    def __init_subclass__(cls, mark={mark}):
        pass


@sa.event.listens_for({mark}, "x")
def upgrade(default={mark}):
    op.create_table("t{revision}", sa.Column("id", sa.Integer()), sa.Column("m", Money({mark})))
    op.create_index("ix_a", "users", ["email"])
    op.add_column("users", sa.Column("b", sa.Integer(), nullable=False, server_default=str({mark})))
    op.execute(f"UPDATE users SET a = {{{mark}}}")
    op.execute("CREATE INDEX ix_b ON users (b)")
    for name in [{mark}, "c"]:
        op.drop_column("users", name)
    with op.batch_alter_table("users") as batch:
        batch.alter_column("b", type_=sa.String({mark}))


def downgrade():
    pass
'''
MODELS = """
import sqlalchemy as sa
from sqlalchemy.orm import declarative_base
Base = declarative_base()
class Person(Base):
    __tablename__ = "people"
    id = sa.Column(sa.Integer, primary_key=True)
    money = sa.Column(Money("EUR"), server_default=sa.text("0"))
"""
TEMPLATE = '"""${{message}}"""\n<%! {mark} %>\n% if {mark}:\n% endif\nrevision = ${{repr({mark})}}\n'


def write(folder: Path, canary: Path) -> Path:
    """The hostile project: every file of it leaves a mark, tries the network, and ends the process when it runs."""
    trap = (
        f"import os, socket\nopen({str(canary)!r}, 'a').write(__name__ + '\\n')\n"
        "try:\n    socket.socket().connect(('127.0.0.1', 9))\nexcept OSError:\n    pass\nos._exit(66)\n"
    )
    mark = f"open({str(canary)!r}, 'w')"

    def put(name: str, text: str) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    for name in SHADOWS:
        put(name, trap)
    put("app/__init__.py", "")
    put(
        "app/types.py",
        f"import sqlalchemy as sa\n{trap}\n\nclass Money(sa.TypeDecorator):\n    impl = {mark}\n",
    )
    put("app/models.py", f"from app.types import Money\n{trap}\n{MODELS}\nmetadata = Base.metadata\n")
    # An installed plugin of Alembic's, and one of SQLAlchemy's dialects: importing either library must load neither.
    put("evil.py", trap)
    put("evil-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    put(
        "evil-1.0.dist-info/entry_points.txt",
        "[alembic.plugins]\nevil = evil\n[sqlalchemy.dialects]\npostgresql = evil:dialect\nsqlite = evil:dialect\n",
    )
    put(
        "alembic.ini",
        "[alembic]\nscript_location = migrations\nprepend_sys_path = .\nsqlalchemy.url = sqlite://\n",
    )
    put("pyproject.toml", '[tool.foreshot]\ndialect = ["postgresql", "sqlite"]\n')
    put(
        "migrations/env.py",
        f"{trap}\nfrom alembic import context\nfrom app import models\ntarget_metadata = models.metadata\n"
        f"context.configure(target_metadata=target_metadata, compare_type={mark})\n",
    )
    put("migrations/script.py.mako", TEMPLATE.format(mark=mark))
    put(
        ".git/config",
        f"[core]\n\tfsmonitor = touch {canary}\n\thooksPath = hooks\n\tpager = touch {canary}\n",
    )
    put("migrations/versions/0001.py", trap + REVISION.format(revision="0001", parent=None, mark=mark))
    put("migrations/versions/0002.py", trap + REVISION.format(revision="0002", parent="0001", mark=mark))
    put("migrations/versions/0003.py", trap + REVISION.format(revision="0003", parent="0001", mark=mark))
    put("migrations/versions/0004.py", f"{trap}\nrevision = '0004'\ndown_revision = ({mark}\n")
    return folder


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def workspace(tmp_path: Path, canary: Path) -> Path:
    return write(tmp_path.resolve() / "workspace", canary)


def launched(workspace: Path, *arguments: str) -> list[str]:
    """Foreshot under the hook, isolated as an editor starts it."""
    beside = workspace.parent
    paths = (str(workspace), str(beside / "log"), str(beside / "cache"))
    return [sys.executable, "-I", "-B", "-c", LAUNCHER, *paths, *arguments]


def logged(workspace: Path) -> str:
    return (workspace.parent / "log").read_text()


def contents(workspace: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(workspace.rglob("*")) if path.is_file()}


def test_the_traps_work(workspace: Path, canary: Path) -> None:
    """Else the tests below would prove nothing."""
    ran = subprocess.run([sys.executable, "-c", "import pygls"], cwd=workspace, check=False)
    assert ran.returncode == 66 and canary.exists()
    hooked = LAUNCHER.replace(
        "from foreshot.__main__ import main", "sys.path.insert(0, workspace)\nos._exit = print\nimport json"
    ).replace("status = main()", "import socket\nsocket.socket().close()\nstatus = 0")
    subprocess.run(
        [*launched(workspace)[:4], hooked, *launched(workspace)[5:]], check=False, capture_output=True
    )
    assert {"import", "compile", "exec", "open", "socket.__new__", "module"} - {
        line.split()[0] for line in logged(workspace).splitlines()
    } <= {"import"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--output-format", "json"),
        ("check", "--diff", "--unsafe-fixes"),
        ("graph",),
        ("diff", "--output-format", "json"),
        ("schema",),
        ("explain", "blocking-index"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_the_command_line_runs_nothing(workspace: Path, canary: Path, arguments: tuple[str, ...]) -> None:
    before = contents(workspace)
    ran = subprocess.run(
        launched(workspace, *arguments),
        cwd=workspace,
        env={"FORESHOT_CACHE_DIR": str(workspace.parent / "cache"), "PATH": "/nonexistent"},
        capture_output=True,
        check=False,
        timeout=180,
    )
    assert ran.returncode in (0, 1), ran.stderr
    assert b"Traceback" not in ran.stderr
    assert logged(workspace) == ""
    assert not canary.exists()
    assert contents(workspace) == before


def test_the_language_server_runs_nothing(workspace: Path, canary: Path) -> None:
    versions = workspace / "migrations/versions"
    before = contents(workspace)
    with Editor(workspace, command=launched(workspace, "server"), cwd=workspace) as editor:
        for path in (*sorted(versions.glob("000*.py")), workspace / "migrations/env.py"):
            editor.open(path)
            editor.pull(path)
            lines = editor.text(path).split("\n")
            for row, line in enumerate(lines):
                for column in range(0, len(line), 4):
                    position = {"line": row, "character": column}
                    editor.about("textDocument/hover", path, position=position)
                    editor.about("textDocument/definition", path, position=position)
            for method in ("documentSymbol", "codeLens", "documentLink"):
                editor.about(f"textDocument/{method}", path)
            whole = {"start": {"line": 0, "character": 0}, "end": {"line": len(lines), "character": 0}}
            actions = editor.about("textDocument/codeAction", path, range=whole, context={"diagnostics": []})
            for action in actions:
                editor.client.call("codeAction/resolve", action)
        # It was read, all of it.
        assert "Creates the index `ix_a`" in editor.hover(versions / "0002.py", 'op.create_|index("ix_a"')
        assert "0001" in editor.hover(versions / "0002.py", "down_revision = '00|01'")
        assert "blocking-index" in editor.rules(versions / "0002.py")
        editor.call("workspace/diagnostic", previousResultIds=[])
        editor.command("showGraph")
        editor.command("explainRule", rule="blocking-index")
        created = path_of(editor.command("newRevision", message="x", parent="0002")["uri"])
        merged = path_of(editor.command("mergeHeads")["uri"])
        # A template with code in it is not rendered: the file has Alembic's usual form.
        assert "revision: str = " in created.read_text()
    for path in (created, merged):
        path.unlink()
    assert logged(workspace) == ""
    assert not canary.exists()
    assert contents(workspace) == before


def test_plugins_of_alembic_are_not_loaded(workspace: Path, canary: Path) -> None:
    """A project installed in place, or anything beside Foreshot, may register code that ``import alembic`` runs."""
    hooked = LAUNCHER.replace(
        "from foreshot.__main__ import main", "sys.path.append(workspace)\nfrom foreshot.__main__ import main"
    )
    plain = "import sys; sys.path.append(sys.argv[1]); import alembic"
    subprocess.run(
        [sys.executable, "-I", "-B", "-c", plain, str(workspace)], check=False, capture_output=True
    )
    assert canary.exists(), "the plugin would be loaded"
    canary.unlink()
    # The plugin can be found, and is not loaded.
    (workspace / "typing.py").unlink()
    ran = subprocess.run(
        [*launched(workspace)[:4], hooked, *launched(workspace, "diff", "--output-format", "json")[5:]],
        cwd=workspace,
        env={"FORESHOT_CACHE_DIR": str(workspace.parent / "cache"), "PATH": "/nonexistent"},
        capture_output=True,
        check=False,
        timeout=180,
    )
    assert b'"add_table"' in ran.stdout, ran.stderr
    assert not canary.exists()


@pytest.mark.parametrize("command", ["check", "server"])
def test_standing_in_the_workspace_runs_nothing(workspace: Path, canary: Path, command: str) -> None:
    """``python -m`` looks for modules in the current folder first; what it finds there is not run."""
    (
        workspace / "typing.py"
    ).unlink()  # `runpy` itself may need the standard library's, before any of our code runs
    ran = subprocess.run(
        [sys.executable, "-m", "foreshot", command],
        cwd=workspace,
        env={"FORESHOT_CACHE_DIR": str(workspace.parent / "cache")},
        input=b"",
        capture_output=True,
        check=False,
        timeout=180,
    )
    assert ran.returncode == 1, ran.stderr
    assert b"Traceback" not in ran.stderr
    assert not canary.exists()
