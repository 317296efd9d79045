"""What revisions know of the options that env.py hands to Alembic's context."""

from __future__ import annotations

import pytest

from foreshot.models.scopes import Linker
from foreshot.project.envpy import read_env
from foreshot.project.files import Files
from foreshot.project.modules import Modules
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText
from foreshot.workspace.options import Options

ENV = "from alembic import context\nfrom app.base import PREFIX\ncontext.configure(connection=c, table_prefix=PREFIX)\n"
SETTINGS = """
class Settings(BaseSettings):
    prefix: str = Field("app_", description="of tables")
    secret: str


def load() -> "Settings":
    return find()()


settings = load()
other = Settings()
"""


def options(base: str) -> Options:
    texts = {"app/__init__.py": "", "app/base.py": base, "app/settings.py": SETTINGS}
    modules = Modules(Files({f"/p/{path}": SourceText(text) for path, text in texts.items()}), ("/p",), "/p")
    module = parse(SourceText(ENV))
    assert isinstance(module, Module)
    return Options(read_env(module), Linker(modules))


@pytest.mark.parametrize(
    ("base", "value", "doubted"),
    [
        ('PREFIX = "app_"\n', "app_", False),
        ("from app.settings import settings\nPREFIX = settings.prefix\n", "app_", True),
        ("from app.settings import other as s\nPREFIX = s.prefix\n", "app_", True),
        ('import os\nPREFIX = os.environ.get("PREFIX", "x_")\n', "x_", True),
        ('import os\nMADE = os.getenv("MADE") == "1"\nPREFIX = "y_" if MADE else "x_"\n', "x_", True),
    ],
)
def test_a_constant_is_known_and_a_default_is_doubted(base: str, value: str, doubted: bool) -> None:
    found = options(base)
    assert found.value("table_prefix") == value
    assert bool(found.doubt("table_prefix")) is doubted


@pytest.mark.parametrize(
    "base",
    [
        "PREFIX = make()\n",
        "from app.settings import settings\nPREFIX = settings.secret\n",
        "PREFIX = OTHER\nOTHER = PREFIX\n",
        "PREFIX = " + " or ".join(["None"] * 2000) + " or PREFIX\n",
        "from app.base import PREFIX\n",
    ],
)
def test_what_cannot_be_told_is_not_told(base: str) -> None:
    found = options(base)
    assert not isinstance(found.value("table_prefix"), str)
    assert found.doubt("table_prefix") == ""
    assert not isinstance(found.value("other"), str)
