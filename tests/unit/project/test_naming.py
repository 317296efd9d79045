"""The naming convention that env.py's metadata has, through the modules that it comes from."""

from __future__ import annotations

import pytest

from foreshot.project.envpy import read_env
from foreshot.project.files import Files
from foreshot.project.modules import Modules
from foreshot.project.naming import naming_convention
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText

ENV = "from alembic import context\nfrom app.models import Base\ncontext.configure(connection=c, target_metadata=Base.metadata)\n"
TEMPLATES = 'naming_convention = (("pk", "%(table_name)s_pk"),)\n'


def convention(models: str, base: str = "") -> dict[str, str] | None:
    texts = {"app/__init__.py": "", "app/models.py": models, "app/base.py": base}
    files = Files({f"/p/{path}": SourceText(text) for path, text in texts.items()})
    module = parse(SourceText(ENV))
    assert isinstance(module, Module)
    return naming_convention(read_env(module), module, Modules(files, ("/p",), "/p"))


@pytest.mark.parametrize(
    "models",
    [
        "from app import base\nBase = sa.orm.declarative_base(metadata=sa.MetaData(naming_convention=dict(base.naming_convention)))\n",
        "from app.base import naming_convention as n\nBase = declarative_base(metadata=MetaData(naming_convention=dict(n)))\n",
        (
            "from .base import naming_convention\nmetadata = MetaData(naming_convention=naming_convention)\nmaker = registry(metadata=metadata)\n"
            "if TYPE_CHECKING:\n    Base = Any\nelse:\n    Base = maker.generate_base()\n"
        ),
        "from .base import naming_convention\nclass Base(DeclarativeBase):\n    metadata = MetaData(naming_convention=dict(naming_convention))\n",
    ],
)
def test_templates_of_another_module_are_followed(models: str) -> None:
    assert convention(models, TEMPLATES) == {"pk": "%(table_name)s_pk"}


def test_one_that_is_made_when_it_runs_cannot_be_told() -> None:
    models = (
        "from app import base\nBase = declarative_base(metadata=MetaData(naming_convention=base.made()))\n"
    )
    assert convention(models, "def made():\n    return {}\n") is None
    assert convention("class Base(DeclarativeBase):\n    pass\n") == {}


def test_names_that_lead_to_each_other_end() -> None:
    models = "from app.base import n\nBase = declarative_base(metadata=MetaData(naming_convention=n))\n"
    assert convention(models, "from app.models import n\n") is None


def test_a_base_that_the_ini_file_names() -> None:
    env = (
        "from alembic import context\nfrom app import models\nconfig = context.config\n"
        'target_metadata = getattr(models, config.get_main_option("base")).metadata\n'
        "context.configure(connection=c, target_metadata=target_metadata)\n"
    )
    models = f"{TEMPLATES}class Base(DeclarativeBase):\n    metadata = MetaData(naming_convention=dict(naming_convention))\n"
    files = Files({"/p/app/__init__.py": SourceText(""), "/p/app/models.py": SourceText(models)})
    module = parse(SourceText(env))
    assert isinstance(module, Module)
    modules = Modules(files, ("/p",), "/p")
    assert naming_convention(read_env(module), module, modules, {"base": "Base"}.get) == {
        "pk": "%(table_name)s_pk"
    }
    assert naming_convention(read_env(module), module, modules) == {}


FLASK_ENV = (
    "from alembic import context\nfrom flask import current_app\n"
    'target_metadata = current_app.extensions["migrate"].db.metadata\n'
    "context.configure(connection=c, target_metadata=target_metadata)\n"
)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        # The extension is made by a function, and its convention stands in another module.
        (
            {
                "app/config.py": "from flask_sqlalchemy import SQLAlchemy\nfrom sqlalchemy import MetaData\nfrom app.base import templates\n"
                "def init():\n    global db\n    db = SQLAlchemy(metadata=MetaData(naming_convention=templates))\n",
                "app/base.py": 'templates = {"fk": "%(table_name)s_fk"}\n',
            },
            {"fk": "%(table_name)s_fk"},
        ),
        ({"app/config.py": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n"}, {}),
        # Which of two is the application's only running it tells.
        (
            {
                "app/config.py": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n",
                "app/other.py": "from flask_sqlalchemy import SQLAlchemy\nfrom sqlalchemy import MetaData\n"
                'db = SQLAlchemy(metadata=MetaData(naming_convention={"fk": "%(table_name)s_fk"}))\n',
            },
            None,
        ),
        (
            {
                "app/config.py": "from flask_sqlalchemy import SQLAlchemy\nfrom sqlalchemy import MetaData\n"
                "db = SQLAlchemy(metadata=MetaData(naming_convention=made()))\n"
            },
            None,
        ),
    ],
)
def test_the_convention_of_a_flask_application(
    texts: dict[str, str], expected: dict[str, str] | None
) -> None:
    files = Files({f"/p/{path}": SourceText(text) for path, text in {"app/__init__.py": "", **texts}.items()})
    module = parse(SourceText(FLASK_ENV))
    assert isinstance(module, Module)
    assert naming_convention(read_env(module), module, Modules(files, ("/p",), "/p")) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "target_metadata = Base.metadata\ntarget_metadata.naming_convention = NAMES\n",
            {"pk": "pk_%(table_name)s"},
        ),
        (
            "target_metadata = Base.metadata\nBase.metadata.naming_convention = NAMES\n",
            {"pk": "pk_%(table_name)s"},
        ),
        ("target_metadata = Base.metadata\ntarget_metadata.naming_convention = made()\n", None),
        ("target_metadata = Base.metadata\nOther.metadata.naming_convention = made()\n", None),
    ],
)
def test_one_that_env_py_sets_itself(said: str, expected: dict[str, str] | None) -> None:
    env = (
        "from alembic import context\nfrom elsewhere import Base, Other, made\n"
        f'NAMES = {{"pk": "pk_%(table_name)s"}}\n{said}'
        "context.configure(connection=c, target_metadata=target_metadata)\n"
    )
    files = Files({"/p/app/__init__.py": SourceText("")})
    module = parse(SourceText(env))
    assert isinstance(module, Module)
    assert naming_convention(read_env(module), module, Modules(files, ("/p",), "/p")) == expected


def test_one_of_the_registry_that_a_base_has() -> None:
    base = (
        "import sqlalchemy as sa\nfrom sqlalchemy.orm import DeclarativeBase, registry\n"
        "class Base(DeclarativeBase):\n"
        '    registry = registry(metadata=sa.MetaData(naming_convention={"ck": "ck_%(constraint_name)s"}))\n'
    )
    files = Files({"/p/app/__init__.py": SourceText(""), "/p/app/base.py": SourceText(base)})
    module = parse(
        SourceText(
            "from alembic import context\nfrom app.base import Base\ncontext.configure(target_metadata=Base.metadata)\n"
        )
    )
    assert isinstance(module, Module)
    found = naming_convention(read_env(module), module, Modules(files, ("/p",), "/p"))
    assert found == {"ck": "ck_%(constraint_name)s"}
