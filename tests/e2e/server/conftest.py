"""A project that each test may change."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

USERS = '''\
"""create users

Revision ID: 1a2b3c4d5e6f
Revises:
Create Date: 2024-01-01 10:00:00

"""

import sqlalchemy as sa
from alembic import op

from app.types import Money

revision = "1a2b3c4d5e6f"
down_revision = None


def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.String(80)))
    op.create_index("ix_users_id", "users", ["id"])
    op.add_column("users", sa.Column("balance", Money()))


def downgrade():
    op.drop_table("users")
'''
INDEX = '''\
"""add an index 😀

Revision ID: 2b3c4d5e6f70
Revises: 1a2b3c4d5e6f
Create Date: 2024-01-02 10:00:00

"""

from alembic import op

revision = "2b3c4d5e6f70"
down_revision = "1a2b3c4d5e6f"


def upgrade():
    "😀"; op.create_index("ix_users_email", "users", ["email"])


def downgrade():
    op.drop_index("ix_users_email", table_name="users")
'''
ENV = """\
from alembic import context

from app.models import metadata

target_metadata = metadata

context.configure(dialect_name="postgresql", target_metadata=target_metadata, compare_type=True)
"""
TEMPLATE = '''\
"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

"""
from alembic import op
import sqlalchemy as sa

# our own template
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
'''


def make(folder: Path) -> SimpleNamespace:
    """Write a project with one safe, one risky and no broken revision."""
    versions = folder / "migrations/versions"
    versions.mkdir(parents=True)
    app = folder / "app"
    app.mkdir()
    (app / "__init__.py").write_text("")
    (app / "models.py").write_text("metadata = None\n")
    (app / "types.py").write_text(
        "import sqlalchemy as sa\n\n\nclass Money(sa.TypeDecorator):\n    impl = sa.Integer\n"
    )
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    (folder / "pyproject.toml").write_text('[tool.foreshot]\ndialect = "postgresql"\nserver-version = "15"\n')
    (folder / "migrations/env.py").write_text(ENV)
    (folder / "migrations/script.py.mako").write_text(TEMPLATE)
    users, index = versions / "1a2b3c4d5e6f_users.py", versions / "2b3c4d5e6f70_index.py"
    users.write_text(USERS, encoding="utf-8")
    index.write_text(INDEX, encoding="utf-8")
    return SimpleNamespace(
        folder=folder,
        versions=versions,
        users=users,
        index=index,
        env=folder / "migrations/env.py",
        models=app / "models.py",
        types=app / "types.py",
        settings=folder / "pyproject.toml",
    )


@pytest.fixture
def project(tmp_path: Path) -> SimpleNamespace:
    return make(tmp_path.resolve() / "project")
