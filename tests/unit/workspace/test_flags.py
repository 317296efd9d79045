"""Settings of a project that tell its database, as env.py uses them."""

from __future__ import annotations

import pytest

from foreshot.models.scopes import Linker
from foreshot.project.files import Files
from foreshot.project.modules import Modules
from foreshot.syntax.module import Module, parse
from foreshot.text import SourceText
from foreshot.workspace.flags import flags_of

SETTINGS = """
class Settings(BaseSettings):
    uri: str | None = None

    @property
    def engine(self):
        return Kind.PG if self.uri else Kind.LITE

    @property
    def made(self):
        kind = find()
        return Kind.PG if self.uri else kind


settings = Settings()
"""
IMPORTS = "from app.settings import settings, Kind\n"


@pytest.mark.parametrize(
    ("env", "flags"),
    [
        ("if settings.uri:\n    set(settings.uri)\nelse:\n    set('sqlite:///x.db')\n", {"uri": True}),
        ("if not settings.lite:\n    set(u)\nelse:\n    set('sqlite:///x.db')\n", {"lite": False}),
        ("if settings.lite:\n    set('sqlite:///' + path)\nelse:\n    set(u)\n", {"lite": False}),
        ("if settings.engine is Kind.PG:\n    set(u)\nelse:\n    set('sqlite:///')\n", {"uri": True}),
        ("if settings.engine == Kind.LITE:\n    set('sqlite:///')\nelse:\n    set(u)\n", {"uri": True}),
        ("if settings.engine != Kind.LITE:\n    set(u)\nelse:\n    set('sqlite:///')\n", {"uri": True}),
        ("if settings.made is Kind.PG:\n    set(u)\nelse:\n    set('sqlite:///')\n", {}),
        ("if settings.find():\n    set(u)\nelse:\n    set('sqlite:///')\n", {}),
        ("if settings.uri:\n    set('sqlite:///a')\nelse:\n    set('sqlite:///b')\n", {}),
        ("if settings.uri:\n    set('sqlite:///a')\n", {"uri": False}),
    ],
)
def test_what_a_setting_is_on_other_databases_than_sqlite(env: str, flags: dict[str, bool]) -> None:
    kinds = 'from enum import Enum\n\n\nclass Kind(Enum):\n    PG = "pg"\n    LITE = "lite"\n\n'
    texts = {"app/__init__.py": "", "app/settings.py": kinds + SETTINGS}
    modules = Modules(Files({f"/p/{path}": SourceText(text) for path, text in texts.items()}), ("/p",), "/p")
    module = parse(SourceText(IMPORTS + env))
    assert isinstance(module, Module)
    found = flags_of(module, "/p/env.py", Linker(modules))
    assert dict(found) == {f"app.settings.settings.{name}": value for name, value in flags.items()}
