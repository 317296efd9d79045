"""Environments as people lay them out, each from a handful of files."""

import os
from pathlib import Path

import pytest

from foreshot.project import paths
from foreshot.project.beside import files_of_same_env
from foreshot.project.discover import environments_of, find_environments, revision_files, workspace_root
from foreshot.project.disk import DiskFiles
from foreshot.project.files import Files
from foreshot.text import SourceText

ROOT = str(Path("/work").absolute())
ENV = "from alembic import context\ncontext.configure(connection=c, target_metadata=None)\n"
FLASK = "from flask import current_app\n" + ENV
INI = "[alembic]\nscript_location = {}\n"


def revision(name, parent=None):
    return f"revision = {name!r}\ndown_revision = {parent!r}\n"


def workspace(tree):
    texts = {paths.join(ROOT, path): SourceText(text) for path, text in tree.items()}
    return Files(texts)


def find(tree):
    files = workspace(tree)
    return files, find_environments(files, ROOT)


def only(tree):
    _, found = find(tree)
    assert len(found) == 1, found
    return found[0]


def rel(path):
    return paths.relative(path, ROOT)


@pytest.mark.parametrize(
    ("ini", "value", "script"),
    [
        ("alembic.ini", "db", "db"),
        ("alembic.ini", "%(here)s/db", "db"),
        ("conf/alembic.ini", "db", "db"),
        ("conf/prod.ini", "%(here)s/../db", "db"),
        ("alembic.ini", "pkg:db", "pkg/db"),
        ("alembic.ini", "pkg.sub:a/db", "src/pkg/sub/a/db"),
        ("alembic.ini", "/usr/src/app/pkg/db", "pkg/db"),
        ("db/alembic.ini", "./", "db"),
        ("sub/alembic.ini", "{alembic_dir}", "sub/db"),
    ],
)
def test_script_location(ini, value, script):
    found = only(
        {ini: INI.format(value), f"{script}/env.py": ENV, f"{script}/versions/1_a.py": revision("a")}
    )
    assert (rel(found.script_location), rel(found.ini)) == (script, ini)
    assert [rel(place) for place in found.version_dirs] == [f"{script}/versions"]
    assert not found.problems


def test_sections_are_environments_of_their_own():
    tree = {
        "alembic.ini": "[alembic]\nfile_template = x\n[core]\nscript_location = core\n[tenant]\nscript_location = tenant\n"
    }
    for name in ("core", "tenant"):
        tree |= {f"{name}/env.py": ENV, f"{name}/versions/1_a.py": revision("a")}
    _, found = find(tree)
    assert [(environment.name, rel(environment.script_location)) for environment in found] == [
        ("core", "core"),
        ("tenant", "tenant"),
    ]


def test_sections_have_the_scripts_that_default_names():
    tree = {
        "alembic.ini": "[DEFAULT]\nscript_location = db\n[core]\nversion_locations = db/core\n"
        "[tenant]\nversion_locations = db/tenant\n[loggers]\nkeys = root\n",
        "db/env.py": ENV,
        "db/core/1_a.py": revision("a"),
        "db/tenant/1_a.py": revision("a"),
    }
    files, found = find(tree)
    assert [
        (environment.name, [rel(place) for place in environment.version_dirs]) for environment in found
    ] == [
        ("core", ["db/core"]),
        ("tenant", ["db/tenant"]),
    ]
    assert [rel(path) for path in files_of_same_env(files, found[0])] == ["db/tenant/1_a.py"]


def test_many_ini_files_for_one_folder_are_one_environment():
    tree = {
        "db/env.py": ENV,
        "etc/prod.ini": INI.format("db"),
        "etc/test.ini": INI.format("db"),
        "alembic.ini": INI.format("db"),
    }
    found = only(tree)
    assert rel(found.ini) == "alembic.ini"
    assert len(found.configs) == 3


@pytest.mark.parametrize(
    ("separator", "value"),
    [
        ("", "%(here)s/one, db/two"),
        ("path_separator = space\n", "%(here)s/one db/two"),
        ("version_path_separator = :\n", "one:db/two"),
        ("path_separator = newline\n", "\n  one\n  db/two"),
        ("version_path_separator = os  # as in the template\n", f"one{os.pathsep}db/two"),
    ],
)
def test_version_locations(separator, value):
    ini = INI.format("db") + separator + f"version_locations = {value}\n"
    found = only(
        {
            "alembic.ini": ini,
            "db/env.py": ENV,
            "one/1_a.py": revision("a"),
            "db/two/2_b.py": revision("b", "a"),
        }
    )
    assert [rel(place) for place in found.version_dirs] == ["one", "db/two"]


def test_places_outside_are_one_information_each_and_not_read():
    ini = INI.format("db") + "version_locations = /etc:db/versions:nowhere\npath_separator = :\n"
    found = only({"alembic.ini": ini, "db/env.py": ENV, "db/versions/1_a.py": revision("a")})
    assert [(p.kind, p.severity, ini[p.span.start : p.span.end]) for p in found.problems] == [
        ("outside-workspace", "information", "/etc"),
        ("missing-folder", "warning", "nowhere"),
    ]
    assert [rel(place) for place in found.version_dirs] == ["db/versions"]


def test_pyproject():
    toml = '[tool.alembic]\nscript_location = "%(here)s/db"\nversion_locations = ["one", "%(here)s/two"]\nrecursive_version_locations = true\n'
    files, (found,) = find(
        {"pyproject.toml": toml, "alembic.ini": "[alembic]\nsqlalchemy.url = sqlite://\n", "db/env.py": ENV}
        | {
            "one/1_a.py": revision("a"),
            "two/deep/2_b.py": revision("b", "a"),
            "two/deep/__pycache__/x.py": "",
        }
    )
    assert (rel(found.pyproject), rel(found.ini), found.recursive) == ("pyproject.toml", "alembic.ini", True)
    assert [rel(path) for path in revision_files(files, found)] == ["one/1_a.py", "two/deep/2_b.py"]


def test_flask_migrate_and_several_databases():
    found = only({"m/alembic.ini": "[alembic]\n", "m/env.py": FLASK, "m/versions/1_a.py": revision("a")})
    assert found.flavour == "flask-migrate"
    found = only({"m/alembic.ini": "[alembic]\ndatabases = a, b\n", "m/env.py": FLASK + "bind_names = []\n"})
    assert (found.flavour, found.databases) == ("flask-multidb", ("a", "b"))


def test_without_configuration():
    _, found = find(
        {"app/db/env.py": ENV, "app/db/versions/1_a.py": revision("a"), "app/settings/env.py": "import os\n"}
        | {"lib/alembic/0a1b2c3d4e5f_x.py": revision("x"), "lib/alembic/__init__.py": ""}
    )
    assert [(rel(e.script_location), e.flavour) for e in found] == [
        ("app/db", "programmatic"),
        ("lib/alembic", "revisions-only"),
    ]


def test_folders_that_code_adds_hang_on_by_their_ids():
    _, (found,) = find(
        {"alembic.ini": INI.format("db"), "db/env.py": ENV, "db/versions/1_a.py": revision("a")}
        | {"db/versions/2024/2_b.py": revision("b", "a"), "plugin/migrations/3_c.py": revision("c", "b")}
        | {"db/versions/old/1_a.py": revision("a"), "archive/versions/9_z.py": revision("z")}
    )
    assert [rel(place) for place in found.version_dirs] == [
        "db/versions",
        "db/versions/2024",
        "plugin/migrations",
    ]


def test_only_folders_below_are_read_recursively_or_by_database():
    tree = {
        "db/env.py": ENV,
        "db/versions/2023/1_a.py": revision("a"),
        "db/versions/2024/2_b.py": revision("b", "a"),
    }
    assert only(tree).recursive
    _, found = find(
        {
            "db/env.py": ENV,
            "db/versions/mysql/1_a.py": revision("a"),
            "db/versions/sqlite/1_b.py": revision("b"),
        }
    )
    assert [environment.name for environment in found] == ["mysql", "sqlite"]


def test_what_is_nobodys_project():
    tree = {"venv/pyvenv.cfg": "", "venv/db/env.py": ENV, "{{cookiecutter.name}}/db/env.py": ENV}
    for place in (
        "lib/alembic/templates/generic",
        "node_modules/db",
        ".git/db",
        "site-packages/db",
        "build/db",
    ):
        tree[f"{place}/env.py"] = ENV
    tree["lib/alembic/templates/generic/alembic.ini.mako"] = ""
    assert find(tree)[1] == []


def test_a_url_is_never_kept():
    url = "postgresql+psycopg://me:hunter2@db/app?options=-c%%20lock_timeout%%3D5s"
    ini = INI.format("db") + f"sqlalchemy.url = {url}\n[DEFAULT]\nother = {url}\n"
    found = only({"alembic.ini": ini, "db/env.py": ENV})
    assert "hunter2" not in repr(found) and "me:" not in repr(found)
    (first, second) = found.urls
    assert (first.scheme, first.key, second.key, first.lock_timeout) == (
        "postgresql+psycopg",
        "sqlalchemy.url",
        "other",
        True,
    )
    assert first.password is not None
    assert ini[first.password.start : first.password.end] == "hunter2"


@pytest.mark.parametrize("password", ["%(PASS)s", "${PASS}", "", "<password>"])
def test_a_reference_is_no_password(password):
    ini = INI.format("db") + f"sqlalchemy.url = mysql://me:{password}@db/app\n"
    assert only({"alembic.ini": ini, "db/env.py": ENV}).urls[0].password is None


def test_a_script_location_that_names_nothing_is_a_problem():
    found = only({"alembic.ini": INI.format("nowhere")})
    assert (found.env_py, found.version_dirs, [problem.kind for problem in found.problems]) == (
        None,
        (),
        ["missing-folder"],
    )


def test_what_a_path_belongs_to():
    tree = {
        "alembic.ini": INI.format("db"),
        "db/env.py": ENV,
        "sub/alembic.ini": INI.format("%(here)s/db"),
        "sub/db/env.py": ENV,
    }
    _, found = find(tree)
    for path, expected in (
        ("", ["db", "sub/db"]),
        ("sub", ["sub/db"]),
        ("sub/db/versions/x.py", ["sub/db"]),
        ("app/models.py", ["db"]),
    ):
        assert [rel(e.script_location) for e in environments_of(found, paths.join(ROOT, path))] == expected


def test_workspace_root_is_the_repository():
    known = {paths.join(ROOT, ".git"), paths.join(ROOT, "sub", "pyproject.toml")}
    assert workspace_root(paths.join(ROOT, "sub", "db", "x.py"), known.__contains__) == ROOT
    known.discard(paths.join(ROOT, ".git"))
    assert workspace_root(paths.join(ROOT, "sub", "db", "x.py"), known.__contains__) == paths.join(
        ROOT, "sub"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[alembic]\nscript_location",
        "[alembic]\nscript_location = \0",
        "[alembic]\nscript_location = %(x)s:%",
    ],
)
def test_half_written_configuration_is_survived(text):
    files = workspace({"alembic.ini": text, "pyproject.toml": "[tool.alembic", "db/env.py": ENV})
    assert find_environments(files, ROOT)


def test_links_out_are_not_followed(tmp_path):
    outside, root = tmp_path / "outside", tmp_path / "work"
    (outside / "db").mkdir(parents=True)
    (outside / "db" / "env.py").write_text(ENV)
    root.mkdir()
    (root / "alembic.ini").write_text(INI.format("link/db"))
    (root / "link").symlink_to(outside)
    (found,) = find_environments(Files(disk=DiskFiles([str(root)])), str(root))
    assert found.env_py is None
