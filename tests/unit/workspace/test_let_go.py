"""What is known of a revision while rules look at it goes as soon as they have: the command line collects no garbage on the way."""

from __future__ import annotations

import gc
from pathlib import Path

from foreshot.lint.context import Context
from foreshot.migration.revision import Revision
from foreshot.syntax.module import Module
from foreshot.workspace import check

REVISION = """from alembic import op
import sqlalchemy as sa

revision = "{number}"
down_revision = {before!r}


def upgrade():
    op.add_column("users", sa.Column("c{number}", sa.String(20), nullable=False))
    op.drop_column("users", "d{number}")
    op.create_index("ix_{number}", "users", ["c{number}"])


def downgrade():
    op.drop_index("ix_{number}", table_name="users")
    op.drop_column("users", "c{number}")
"""


def test_nothing_of_a_reviewed_revision_waits_for_a_collection(tmp_path: Path) -> None:
    versions = tmp_path / "m" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "alembic.ini").write_text(
        "[alembic]\nscript_location = m\nsqlalchemy.url = postgresql://h/d\n"
    )
    (tmp_path / "m" / "env.py").write_text("from alembic import context\ncontext.configure()\n")
    for number in range(4):
        before = str(number - 1) if number else None
        (versions / f"{number}.py").write_text(REVISION.format(number=number, before=before))
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        results = check.check(check.Options((str(tmp_path),), cache=False, jobs=1))
        gc.collect()
        left = [type(item).__name__ for item in gc.garbage if isinstance(item, Context | Revision | Module)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert len(results[0].reports) > 4
    assert left == []
