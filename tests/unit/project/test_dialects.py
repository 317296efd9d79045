"""Which databases a project says it runs on."""

from pathlib import Path

import pytest

from foreshot.project import paths
from foreshot.project.declared import declared_dialects
from foreshot.project.dialects import NO_HINTS, Target, dependency_drivers, hints_in, infer_targets
from foreshot.project.discover import find_environments
from foreshot.project.envpy import read_env
from foreshot.project.files import Files
from foreshot.project.modules import Modules
from foreshot.project.settings import Settings
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText
from foreshot.workspace.load import all_hints, hints_in_bytes

ROOT = str(Path("/work").absolute())
ENV = "from alembic import context\ncontext.configure(connection=c)\n"
PG = "from sqlalchemy.dialects import postgresql\n"


def targets(url="", env="", revision="", settings=None, **tree):
    files = {
        "alembic.ini": f"[alembic]\nscript_location = db\nsqlalchemy.url = {url}\n",
        "db/env.py": ENV + env,
    }
    files |= {
        name.replace("__py", ".py").replace("__init_", "__init__")
        if name.endswith("__py")
        else name.replace("__", "."): text
        for name, text in tree.items()
    }
    overlay = Files({paths.join(ROOT, path): SourceText(text) for path, text in files.items()})
    (environment,) = find_environments(overlay, ROOT)
    module = parse(SourceText(ENV + env))
    assert isinstance(module, Module)
    facts = read_env(module)
    drivers = dependency_drivers(overlay, environment)
    modules = Modules(overlay, [ROOT], ROOT)
    declared = declared_dialects(overlay, environment, facts, modules)
    found = infer_targets(
        environment, facts, hints_in(revision), settings or Settings(), drivers, declared
    ).targets
    return " ".join(target.dialect for target in found)


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("", {}),
        ("", {"url": "driver://user:pass@localhost/dbname"}),
        ("postgresql", {"url": "postgres://localhost/x"}),
        ("mysql", {"url": "mysql+pymysql://x"}),
        ("sqlite", {"url": "sqlite:///x.db"}),
        ("postgresql", {"url": "sqlite:///x.db", "revision": PG}),
        ("postgresql", {"env": "url = f'postgresql+asyncpg://{x}'\n"}),
        ("postgresql sqlite", {"env": "if c.dialect.name == 'sqlite': pass\n", "revision": PG}),
        # Only SQLite takes the argument, wherever it is written.
        (
            "postgresql sqlite",
            {
                "requirements__txt": "psycopg\n",
                "revision": "x = {'sqlite_autoincrement': True}\nif bind.dialect.name == 'sqlite':\n",
            },
        ),
        ("mysql sqlite", {"revision": "if op.get_bind().dialect.name in ('mysql', 'sqlite'):\n"}),
        ("postgresql", {"url": "postgresql://x", "revision": "if op.get_bind().dialect.name == 'sqlite':\n"}),
        (
            "postgresql",
            {"requirements__txt": "asyncpg\n", "revision": "if b.dialect.name in ('mysql', 'sqlite'):\n"},
        ),
        (
            "postgresql mysql",
            {"requirements__txt": "asyncpg\naiomysql\n", "revision": "if b.dialect.name == 'mysql':\n"},
        ),
        ("", {"revision": "if op.get_bind().dialect.name == 'mysql':\n"}),
        ("postgresql sqlite", {"env": "c.engine.name == 'sqlite' or c.engine.name == 'postgresql'\n"}),
        ("", {"env": "c.engine_name == 'sqlite' or engine.name.x == 'postgresql'\n"}),
        ("postgresql", {"revision": "op.create_index('i', 't', ['c'], postgresql_where=x)\n"}),
        ("", {"revision": "# if dialect == 'mysql', 'sqlite'\nname = 'sqlite'\n"}),
        ("mysql", {"requirements__txt": "oslo.config\noslo.db[mysql]>=8.4.0 # Apache-2.0\n"}),
        ("postgresql", {"requirements__txt": "SQLAlchemy[asyncio, postgresql]>=2\nsentry-sdk[flask]\n"}),
        ("mysql", {"requirements__txt": "flask\nPyMySQL[rsa]>=1 ; python_version > '3'\n"}),
        ("postgresql", {"pyproject__toml": '[project]\ndependencies = [\n  "psycopg[binary]>=3",\n]\n'}),
        ("postgresql", {"Pipfile": '[packages]\npsycopg2-binary = "*"\n'}),
        ("postgresql", {"poetry__lock": '[[package]]\nname = "asyncpg"\n'}),
        ("mysql", {"poetry__lock": '[[package]]\nname = "asyncpg"\n', "requirements__txt": "mysqlclient\n"}),
        ("mysql", {"docker-compose__yml": "services:\n  db:\n    image: mysql:8.4\n"}),
        ("postgresql", {"compose__yaml": "services:\n  db:\n    image: 'docker.io/postgis/postgis:16'\n"}),
        ("", {"compose__yaml": "services:\n  web:\n    image: app/mysql-admin:1\n"}),
        ("postgresql", {"__env__example": "DATABASE_URL=postgresql+asyncpg://app@db/app\n"}),
        (
            "mysql",
            {
                "env": "from app.config import settings\n",
                "app/config__py": "class Settings:\n    url: str = 'mysql+pymysql://app@db/app'\n",
                "compose__yaml": "services:\n  db:\n    image: postgres\n",
            },
        ),
        (
            "postgresql",
            {
                "env": "from app import config\n",
                "app/__init____py": "",
                "app/config__py": "url = PostgresDsn.build(scheme='postgresql+asyncpg', host=host)\n",
            },
        ),
        (
            "sqlite",
            {
                "env": "from flask import current_app\n",
                "shop/__init____py": "app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:///' + path\n",
                "shop/other__py": "url = 'mysql://x'\n",
            },
        ),
        (
            "postgresql",
            {
                "env": "from flask import current_app\n",
                "config__py": "class C:\n    SQLALCHEMY_DATABASE_URI = os.getenv('URL') or 'sqlite:///app.db'\n",
                "requirements__txt": "flask\npsycopg2-binary\n",
            },
        ),
        ("", {"config__py": "SQLALCHEMY_DATABASE_URI = 'sqlite:///app.db'\n"}),
        ("postgresql", {"revision": "op.drop_constraint('users_team_id_fkey', 'users')\n"}),
        ("mysql", {"revision": "op.drop_constraint('users_ibfk_1', 'users', type_='foreignkey')\n"}),
        ("oracle", {"url": "postgresql://x", "settings": Settings(dialect=("oracle",))}),
    ],
)
def test_targets(expected, given):
    assert targets(**given) == expected


def test_versions_come_with_the_settings():
    settings = Settings(dialect=("postgresql", "sqlite"), server_version={"postgresql": "16"})
    overlay = Files({paths.join(ROOT, "db", "env.py"): SourceText(ENV)})
    (environment,) = find_environments(overlay, ROOT)
    assert infer_targets(environment, None, NO_HINTS, settings).targets == (
        Target("postgresql", "16"),
        Target("sqlite"),
    )


STRAIGHT = "\ndef upgrade():\n    op.add_column('t', x)\n    op.create_foreign_key('k', 't', 'u', ['a'], ['id'])\n\ndef downgrade():\n"


def test_what_sqlite_refuses_again_and_again_is_not_run_there():
    overlay = Files({paths.join(ROOT, "db", "env.py"): SourceText(ENV)})
    (environment,) = find_environments(overlay, ROOT)
    both = hints_in("from sqlalchemy.dialects import postgresql, sqlite\n")

    def names(*revisions: str) -> list[str]:
        hints = all_hints([both, *map(hints_in, revisions)])
        return [found.dialect for found in infer_targets(environment, None, hints, Settings()).targets]

    assert names(*[STRAIGHT] * 3) == ["postgresql"]
    guarded = STRAIGHT.replace("    op.create", "    if is_server:\n        return\n    op.create")
    batch = STRAIGHT.replace("    op.create", "    with op.batch_alter_table('t') as b:\n        b.create")
    back = STRAIGHT.replace("upgrade", "x").replace("downgrade", "upgrade").replace("def x", "def downgrade")
    for other in (guarded, batch, back, STRAIGHT + "# sqlite\n"):
        assert names(*[STRAIGHT] * 2, *[other] * 3) == ["postgresql", "sqlite"]
    absent = STRAIGHT.replace("    op.create", "    if not constraint_exists('k'):\n        op.create")
    assert names(*[absent] * 3) == ["postgresql"]
    passed = STRAIGHT.replace("    op.create", "    with suppress(Exception):\n        op.create")
    assert names(*[passed] * 3) == ["postgresql", "sqlite"]


NUMBER = "\ndef upgrade():\n    op.add_column('t', sa.Column('a', sa.Boolean(), nullable=False, server_default=sa.text('0')))\n"


@pytest.mark.parametrize(
    ("expected", "revision", "url"),
    [
        ("mysql", NUMBER, ""),
        ("postgresql mysql", NUMBER, "postgresql://h/d"),
        ("postgresql mysql", NUMBER.replace("sa.text('0')", "'0'"), ""),
        ("postgresql mysql", NUMBER + "# not on postgresql\n", ""),
    ],
)
def test_what_postgresql_refuses_again_and_again_is_not_run_there(expected, revision, url):
    ini = f"[alembic]\nscript_location = db\nsqlalchemy.url = {url}\n"
    files = {"db/env.py": ENV, "alembic.ini": ini}
    overlay = Files({paths.join(ROOT, *name.split("/")): SourceText(text) for name, text in files.items()})
    (environment,) = find_environments(overlay, ROOT)
    asked = "if bind.dialect.name in ('postgresql', 'mysql'):\n"
    hints = all_hints(map(hints_in, ["from sqlalchemy.dialects import mysql\n", asked, *[revision] * 3]))
    found = infer_targets(environment, None, hints, Settings(), ["mysql", "postgresql"])
    assert [target.dialect for target in found.targets] == expected.split()


def test_hints_take_linear_time():
    hints_in("from sqlalchemy.dialects import (" * 5_000 + "'mysql' " * 50_000 + "=" * 100_000)


def test_a_revision_that_asks_for_the_engine_is_read():
    asks = b"if bind.engine.name == 'postgresql' or bind.engine.name == 'sqlite':\n"
    assert hints_in_bytes(asks).guards == {"postgresql", "sqlite"}


def test_what_only_a_comparison_names_is_possible():
    overlay = Files({paths.join(ROOT, "db", "env.py"): SourceText(ENV)})
    (environment,) = find_environments(overlay, ROOT)
    asked = hints_in("if b.dialect.name in ('mysql', 'sqlite'):\n")
    alone = infer_targets(environment, None, asked, Settings())
    assert alone.guessed == {"mysql", "sqlite"}
    beside = infer_targets(environment, None, asked, Settings(), ["postgresql"])
    assert [target.dialect for target in beside.targets] == ["postgresql"]
    assert [target.dialect for target in beside.possible] == ["mysql", "sqlite"]
