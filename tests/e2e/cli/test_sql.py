"""``foreshot sql``: a script, or its statements as data; and what cannot be told is said."""

from __future__ import annotations

import json
from pathlib import Path

from e2e.cli.project import make, run


def test_a_script_of_one_revision(tmp_path: Path) -> None:
    make(tmp_path)
    ran = run(tmp_path, "sql")
    assert ran.returncode == 0, ran.stderr
    assert "-- Running upgrade 1a2b3c4d5e6f -> 2b3c4d5e6f70" in ran.stdout
    assert ran.stdout.count("COMMIT;") == 1
    first = next(
        path
        for path in (tmp_path / "migrations/versions").glob("*.py")
        if "down_revision = None" in path.read_text()
    )
    for name in ("1a2b", str(first.relative_to(tmp_path))):
        assert "INSERT INTO alembic_version" in run(tmp_path, "sql", name).stdout
    assert (
        "-- Running downgrade 1a2b3c4d5e6f -> the base" in run(tmp_path, "sql", "1a2b", "--downgrade").stdout
    )


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    make(tmp_path)
    [revision] = (
        path
        for path in (tmp_path / "migrations/versions").glob("*.py")
        if 'revision = "2b3c' in path.read_text()
    )
    text = revision.read_text(encoding="utf-8")
    revision.write_text(
        text.replace("def upgrade():\n", "def upgrade():\n    op.execute(made_elsewhere())\n"),
        encoding="utf-8",
    )
    assert "is not known" in run(tmp_path, "sql", "2b3c").stdout
    [made] = json.loads(run(tmp_path, "sql", "2b3c", "--output-format", "json").stdout)["revisions"]
    assert not made["complete"]
    assert made["statements"][0]["unknown"]


def test_what_is_no_revision_is_an_error(tmp_path: Path) -> None:
    make(tmp_path)
    for name in ("ffff", "migrations/env.py"):
        ran = run(tmp_path, "sql", name)
        assert ran.returncode == 2
        assert "Foreshot itself" not in ran.stderr


def test_what_alembic_refuses_and_what_has_no_end_is_survived(tmp_path: Path) -> None:
    make(tmp_path)
    shared = "".join(f"v{at + 1} = [v{at}, v{at}]\n" for at in range(60))
    body = (
        "def upgrade():\n"
        "    op.execute('UPDATE users SET email = :who')\n"
        "    with op.batch_alter_table('users') as batch_op:\n"
        "        batch_op.execute('UPDATE users SET email = :who')\n"
        "        batch_op.drop_column('a')\n"
        "    op.bulk_insert(v60, v60)\n"
    )
    head = "from alembic import op\nrevision = '3c3c'\ndown_revision = '2b3c4d5e6f70'\nv0 = 'x'\n"
    (tmp_path / "migrations/versions/3c.py").write_text(head + shared + body, encoding="utf-8")
    ran = run(tmp_path, "sql", "3c3c")
    assert ran.returncode == 0, ran.stderr
    assert "too many parts" in ran.stdout
