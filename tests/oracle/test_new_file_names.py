"""The name of a new revision file is the one that Alembic would have written."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from foreshot.project.discover import environments_at
from foreshot.project.disk import DiskFiles
from foreshot.project.files import Files
from foreshot.project.new_file import creation_date, is_portable_name, new_revision

EPOCH = 1_767_600_243  # 2026-01-05 08:04:03 UTC: months, days, hours, minutes and seconds of one digit
REVISION = "0a1b2c3d4e5f"
MESSAGE = "Add the customers' e-mail address, and an index for looking it up quickly"

TEMPLATES = [
    "",
    "%%(rev)s",
    "%%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d-%%(rev)s_%%(slug)s",
    "%%(epoch)s_%%(rev)s_%%(slug)s",
    "%%(year)d%%(month)02d%%(day)02d_%%(slug)s",
    "%%(year)d/%%(month).2d/%%(rev)s_%%(slug)s",
    "%%(year)s-%%(month)5d-%%(day)-5d%%(rev)s",
    "%%(minute)x%%(second)+d_%%(rev).4s",
    "100%%%%_%%(rev)s",
    "%%(rev)r",
    "%%(hour)04.2f_%%(rev)s",
]


def _project(folder: Path, template: str, *options: str) -> Path:
    lines = ["[alembic]", "script_location = %(here)s/migrations", *options]
    lines += [f"file_template = {template}"] if template else []
    (folder / "alembic.ini").write_text("\n".join([*lines, ""]), "utf-8")
    (folder / "migrations/versions").mkdir(parents=True)
    (folder / "migrations/env.py").write_text("", "utf-8")
    return folder / "alembic.ini"


def _ours(folder: Path) -> str:
    files = Files(disk=DiskFiles((str(folder),)))
    (environment,) = environments_at(files, str(folder), str(folder))
    path, _ = new_revision(environment, None, REVISION, None, MESSAGE)
    return Path(path).relative_to(folder / "migrations/versions").as_posix()


def _alembics(ini: Path, date: datetime) -> str:
    scripts = ScriptDirectory.from_config(Config(str(ini)))
    versions = ini.parent / "migrations/versions"
    return Path(scripts._rev_path(versions, REVISION, MESSAGE, date)).relative_to(versions).as_posix()  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(
    "options", [(), ("truncate_slug_length = 11",), ("timezone = utc",), ("timezone = Asia/Tokyo",)], ids=str
)
def test_as_alembic(
    template: str, options: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(EPOCH))
    ini = _project(tmp_path, template, *options)
    (environment,) = environments_at(Files(disk=DiskFiles((str(tmp_path),))), str(tmp_path), str(tmp_path))
    assert _ours(tmp_path) == _alembics(ini, creation_date(environment))


@pytest.mark.parametrize(
    "template",
    [
        "../../%%(rev)s",
        "/etc/%%(rev)s",
        "a\\..\\%%(rev)s",
        "C:%%(rev)s",
        "nul/%%(rev)s",
        "con",
        "./%%(rev)s",
        "a//%%(rev)s",
        "%%(nothing)s",
        "%%(slug)d",
        "%%(rev)999999999s",
        "%%(rev",
        "a\x07%%(rev)s",
        "x" * 5_000,
    ],
)
def test_what_leads_elsewhere_is_not_followed(template: str, tmp_path: Path) -> None:
    _project(tmp_path, template)
    assert _ours(tmp_path).startswith(f"{REVISION}_add_the_customers_e_mail")


@pytest.mark.parametrize(
    ("name", "portable"),
    [
        ("0a1b_add.py", True),
        ("größe.py", True),
        ("a b.py", True),
        ("..", False),
        ("a.", False),
        ("COM1.py", False),
        ("a\ud800", False),
        ("a\\b", False),
        ("", False),
    ],
)
def test_names_for_every_platform(name: str, portable: bool) -> None:
    assert is_portable_name(name) is portable
