// The project that the flows and the suites open: small, with one fault of each kind that they need.
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Write the project into a folder; `dialect` for a second one beside it. */
export async function writeProject(folder, { dialect = 'postgresql' } = {}) {
  const versions = path.join(folder, 'migrations/versions');
  await mkdir(versions, { recursive: true });
  await mkdir(path.join(folder, 'app'), { recursive: true });
  for (const [name, text] of Object.entries(files(dialect))) await writeFile(path.join(folder, name), text);
  return folder;
}

/** A copy of a folder, without what other tools have left in it. */
export async function copyProject(from, to) {
  await cp(from, to, { recursive: true, filter: (name) => !/__pycache__|\.foreshot_cache|\.git$/.test(name) });
  return to;
}

/** The path of a revision's file. */
export const revision = (folder, name) => path.join(folder, 'migrations/versions', `${name}.py`);

const HEAD = (id, parent, message, imports = '') => `"""${message}

Revision ID: ${id}
Revises: ${parent ?? ''}
Create Date: 2025-01-01 10:00:00.000000

"""
from alembic import op
import sqlalchemy as sa
${imports}
revision = "${id}"
down_revision = ${parent === null ? 'None' : `"${parent}"`}
branch_labels = None
depends_on = None


`;

function files(dialect) {
  return {
    'alembic.ini': `[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = ${dialect}://localhost/shop\n`,
    'pyproject.toml': `[tool.foreshot]\ndialect = "${dialect}"\nignore = ["missing-lock-timeout"]\n`,
    'app/__init__.py': '',
    'app/types.py': 'import sqlalchemy as sa\n\n\nclass Money(sa.types.TypeDecorator):\n    impl = sa.Numeric\n    cache_ok = True\n',
    'app/models.py': `import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from app.types import Money


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id = sa.Column(sa.Integer, primary_key=True)
    email = sa.Column(sa.String(200))
    balance = sa.Column(Money())
`,
    'migrations/env.py': `from alembic import context
from sqlalchemy import engine_from_config, pool

from app.models import Base

config = context.config
target_metadata = Base.metadata


def run_migrations_online():
    connectable = engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.", poolclass=pool.NullPool)
    with connectable.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            user_module_prefix="app.types.",
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
`,
    'migrations/script.py.mako': `"""\${message}

Revision ID: \${up_revision}
Revises: \${down_revision | comma,n}
Create Date: \${create_date}

"""
from alembic import op
import sqlalchemy as sa
\${imports if imports else ""}

revision = \${repr(up_revision)}
down_revision = \${repr(down_revision)}
branch_labels = \${repr(branch_labels)}
depends_on = \${repr(depends_on)}


def upgrade():
    \${upgrades if upgrades else "pass"}


def downgrade():
    \${downgrades if downgrades else "pass"}
`,
    'migrations/versions/0001_users.py': `${HEAD('0001aaaa0001', null, 'users')}def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(200)),
        sa.Column("fullname", sa.String(80)),
    )


def downgrade():
    op.drop_table("users")
`,
    'migrations/versions/0002_index.py': `${HEAD('0002aaaa0002', '0001aaaa0001', 'find users by e-mail')}def upgrade():
    op.create_index("ix_users_email", "users", ["email"])


def downgrade():
    op.drop_index("ix_users_email", table_name="users")
`,
    'migrations/versions/0003_rename.py': `${HEAD('0003aaaa0003', '0002aaaa0002', 'full name in two words')}def upgrade():
    op.add_column("users", sa.Column("full_name", sa.String(80)))
    op.drop_column("users", "fullname")


def downgrade():
    op.add_column("users", sa.Column("fullname", sa.String(80)))
    op.drop_column("users", "full_name")
`,
    'migrations/versions/0004_import.py': `${HEAD('0004aaaa0004', '0003aaaa0003', 'balances')}def upgrade():
    op.add_column("users", sa.Column("balance", app.types.Money()))


def downgrade():
    op.drop_column("users", "balance")
`,
    'migrations/versions/0005_unnamed.py': `${HEAD('0005aaaa0005', '0004aaaa0004', 'orders')}def upgrade():
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer()),
    )
    op.create_unique_constraint(None, "users", ["email"])


def downgrade():
    op.drop_table("orders")
`,
    'migrations/versions/0006_string.py': `${HEAD('0006aaaa0006', '0005aaaa0005', 'clean up')}def upgrade():
    connection = op.get_bind()
    connection.execute("DELETE FROM orders WHERE user_id IS NULL")


def downgrade():
    pass
`,
    'migrations/versions/0007_fork.py': `${HEAD('0007aaaa0007', '0005aaaa0005', 'newsletter')}def upgrade():
    op.add_column("users", sa.Column("newsletter", sa.Boolean()))


def downgrade():
    op.drop_column("users", "newsletter")
`,
  };
}
