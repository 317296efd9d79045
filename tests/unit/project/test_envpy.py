"""What env.py files say, in the ways that people write them; what cannot be told stays Unknown."""

from typing import Any

import pytest

from foreshot.project.envpy import read_env, read_flask_migrate
from foreshot.syntax.module import Module, parse
from foreshot.syntax.values import Ref, Unknown
from foreshot.text import SourceText

HEAD = "from alembic import context\nfrom app.models import Base\n"


def module(text):
    found = parse(SourceText(text))
    assert isinstance(found, Module)
    return found


def facts(text) -> Any:
    return read_env(module(HEAD + text))


def value(found, name):
    argument = found.argument(name)
    return getattr(argument, "value", argument)


def test_values_and_places():
    text = "target_metadata = Base.metadata\ndef run():\n    context.configure(connection=c, target_metadata=target_metadata, compare_type=False)\n"
    found = facts(text)
    (call,) = found.configures
    assert (call.function, call.offline, call.open_ended) == ("run", False, False)
    argument = found.argument("compare_type")
    assert argument.value is False
    source = HEAD + text
    assert source[argument.keyword.start : argument.keyword.end] == "compare_type=False"
    assert source[argument.span.start : argument.span.end] == "False"
    assert source[call.name.start : call.name.end] == "context.configure"
    assert isinstance(found.target_metadata.value, Ref)
    assert (
        found.target_metadata.value.path == value(found, "target_metadata").path == "app.models.Base.metadata"
    )
    assert found.argument("include_schemas") is None


@pytest.mark.parametrize(
    "text",
    [
        "options = dict(compare_type=True)\ndef run():\n    context.configure(connection=c, **options)",
        "def run():\n    options = {'compare_type': True}\n    context.configure(connection=c, **options)",
        "common = {'compare_type': True}\ndef run():\n    o = {}\n    o.update(common)\n    context.configure(connection=c, **o)",
        "context.configure(connection=c, **{**{'compare_type': True}})",
        "from functools import partial\nset_up = partial(context.configure, compare_type=True)\ndef run():\n    set_up(connection=c)",
        "import alembic\nalembic.context.configure(c, compare_type=True)",
        "async def main():\n    def go(connection):\n        context.configure(connection=connection, compare_type=True)\n",
    ],
)
def test_ways_to_pass_an_argument(text):
    found = facts(text)
    assert value(found, "compare_type") is True
    assert found.argument("render_as_batch") is None


@pytest.mark.parametrize(
    "text",
    [
        "context.configure(connection=c, **anything())",
        "from flask import current_app\ncontext.configure(connection=c, **current_app.extensions['migrate'].configure_args)",
        "def run(options):\n    context.configure(connection=c, **options)",
        "from app.db import migrate\nmigrate(context)",
        "context.configure(connection=c, compare_type=True)\ncontext.configure(connection=d)",
        "def run():\n    o = {}\n    if x:\n        o['compare_type'] = True\n    context.configure(connection=c, **o)",
    ],
)
def test_unknown_stays_unknown(text):
    assert isinstance(value(facts(text), "compare_type"), Unknown)


def test_offline_calls_do_not_count_when_there_are_others():
    found = facts(
        "def run_migrations_offline():\n    context.configure(url=u, literal_binds=True)\n"
        "def run_migrations_online():\n    context.configure(connection=c, compare_type=True)\n"
    )
    assert value(found, "compare_type") is True
    assert found.argument("literal_binds") is None


def test_what_is_called_for_sql_scripts_alone_is_not_mentioned():
    found = facts(
        "def run_migrations_offline():\n    with context.begin_transaction():\n        context.run_migrations()\n"
        "def run_migrations_online():\n    context.run_migrations()\n"
    )
    assert "run_migrations" in found.mentions
    assert "begin_transaction" not in found.mentions


def test_flask_arguments_come_from_the_application():
    found = facts(
        "from flask import current_app\nconf = current_app.extensions['migrate'].configure_args\ncontext.configure(connection=c, **conf)"
    )
    assert found.configures[0].flask
    text = "from flask_migrate import Migrate\nmigrate = Migrate(app, db, compare_type=False)\n"
    given = read_flask_migrate(module(text + "migrate.init_app(app, render_as_batch=True)\n"))
    assert given is not None
    assert {name: argument.value for name, argument in given.items()} == {
        "compare_type": False,
        "render_as_batch": True,
    }
    assert read_flask_migrate(module("x = 1\n")) is None


def test_signs_around_the_configuration():
    found = facts(
        '"""About lock_timeout and create_async_engine."""\n'
        "from sqlalchemy.ext.asyncio import async_engine_from_config as make\nfrom sqlalchemy.dialects import postgresql\nimport app.more\n"
        "async def main():\n    engine = make({})\n    await connection.run_sync(go)\n"
        "    if connection.dialect.name == 'sqlite':\n        pass\n"
        "    url = f'mysql+pymysql://{user}:{password}@host'\n"
        "    metadata = MetaData(naming_convention={'pk': 'pk_%(table_name)s'})\n"
    )
    assert found.async_engine is not None and found.run_sync and found.lock_timeout is None
    assert [(hint.dialect, hint.kind) for hint in found.hints] == [
        ("postgresql", "import"),
        ("sqlite", "guard"),
        ("mysql", "url"),
    ]
    assert found.naming_conventions[0].value == {"pk": "pk_%(table_name)s"}
    assert [item.module for item in found.imports][-1] == "app.more"
    assert facts("connection.execute(text('SET lock_timeout = 5'))").lock_timeout is not None


def test_target_metadata_none_and_unknown():
    assert facts("target_metadata = None\n").target_metadata.value is None
    found = facts(
        "from flask import current_app\ntarget_metadata = current_app.extensions['migrate'].db.metadata\n"
    )
    assert isinstance(found.target_metadata.value, Unknown)
    assert facts("").target_metadata is None


def test_hostile_nesting_ends():
    loop = "a = {**b}\nb = {**a}\ncontext.configure(**a)\n"
    assert facts(loop).configures[0].open_ended
    assert facts("context.configure(x=" + "(" * 80 + ")" * 80 + ")").configures
    assert facts("x = " + "+".join(["y"] * 150)).configures == ()
