"""The pending migration, as a person or a job asks for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.e2e.cli.project import ENV, environment

MODELS = """\
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass


class Cask(Base):
    __tablename__ = "casks"
    id = sa.Column(sa.Integer, primary_key=True)
{columns}
    __table_args__ = (sa.UniqueConstraint("a", "b"), sa.UniqueConstraint("b", "c"), sa.UniqueConstraint("c", "d"))
"""
COLUMN = '    {0} = sa.Column(sa.Integer, sa.ForeignKey("casks.id", ondelete="CASCADE"))'
CREATE = '''\
"""casks"""

import sqlalchemy as sa
from alembic import op

revision = "1a"
down_revision = None


def upgrade():
    op.create_table(
        "casks",
        sa.Column("id", sa.Integer(), primary_key=True),
{columns}
    )


def downgrade():
    op.drop_table("casks")
'''


def test_the_same_models_give_the_same_text(tmp_path: Path) -> None:
    """Alembic compares keys as sets, whose order is another one in each process."""
    versions = tmp_path / "migrations/versions"
    versions.mkdir(parents=True)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = migrations\nprepend_sys_path = .\n")
    env = ENV.replace("context\n", "context\nfrom models import Base\n", 1)
    env = env.replace("configure(", "configure(target_metadata=Base.metadata, ")
    (tmp_path / "migrations/env.py").write_text(env)
    (tmp_path / "models.py").write_text(MODELS.format(columns="\n".join(map(COLUMN.format, "abcd"))))
    keys = [
        f'        sa.Column("{name}", sa.Integer(), sa.ForeignKey("casks.id", name="fk_{name}")),'
        for name in "abcd"
    ]
    (versions / "1a.py").write_text(CREATE.format(columns="\n".join(keys)))

    def text(seed: str) -> str:
        command = [sys.executable, "-m", "foreshot", "diff"]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env=environment(PYTHONHASHSEED=seed),
            capture_output=True,
            text=True,
            check=False,
        ).stdout

    texts = [text(seed) for seed in ("1", "2", "3")]
    assert texts[0].count("op.create_foreign_key") >= 4
    assert texts[0].count("op.create_unique_constraint") >= 3
    assert texts[0].index("op.drop_constraint") < texts[0].index("op.create_foreign_key")
    assert texts[1:] == texts[:1] * 2
