"""What the workspace's modules have, told without importing them; only what is certain is called missing."""

from __future__ import annotations

import pytest

from foreshot.project.files import Files
from foreshot.project.modules import Modules
from foreshot.text import SourceText

FILES = {
    "app/__init__.py": "",
    "app/types.py": "class Money:\n    pass\n\nfor name in ('a', 'b'):\n    pass\n",
    "app/made.py": "globals()['Money'] = 1\n",
    "app/patched.py": "A = 1\nlocals().update({'Money': 1})\n",
    "app/shown.py": "def f():\n    print(locals())\n",
    "app/lazy.py": "def __getattr__(name):\n    return 1\n",
    "app/star.py": "from elsewhere import *\n",
    "app/listed.py": "__all__ = ['Money']\n",
    "app/spread/more.py": "",
    "app/fast.pyx": "",
    "app/models/__init__.py": "from .db import db\nfrom .kinds import *\nfrom . import plain\n",
    "app/models/db.py": "db = object()\n",
    "app/models/kinds.py": "kinds = object()\n",
    "app/models/plain.py": "a = 1\n",
    "alembic/__init__.py": "",
    "types/__init__.py": "",
}


def modules(roots: tuple[str, ...] = ("/p",), extra: tuple[str, ...] = ()) -> Modules:
    texts = {**FILES, **dict.fromkeys(extra, "")}
    return Modules(Files({f"/p/{path}": SourceText(text) for path, text in texts.items()}), roots, "/p")


@pytest.mark.parametrize(
    ("dotted", "outcome"),
    [
        ("app.types.Money", "found"),
        ("app.types.name", "found"),
        ("app.types", "found"),
        ("app.types.Colour", "missing"),
        ("app.gone.Money", "missing"),
        ("app.made.Money", "unknown"),
        ("app.patched.Money", "unknown"),
        ("app.shown.Money", "missing"),
        ("app.lazy.Money", "unknown"),
        ("app.star.Money", "unknown"),
        ("app.listed.Money", "unknown"),
        ("app.spread.Money", "unknown"),
        ("app.fast.Money", "unknown"),
        # A package's own name goes before the module that is called like it.
        ("app.models.db.metadata", "unknown"),
        ("app.models.db.metadata.sorted_tables", "unknown"),
        ("app.models.kinds.metadata", "unknown"),
        ("app.models.db.db", "found"),
        ("app.models.plain.metadata", "missing"),
        ("sqlmodel.sql.sqltypes.AutoString", "elsewhere"),
        # Folders that are called like installed packages hide nothing.
        ("alembic.op", "elsewhere"),
        ("types.Money", "elsewhere"),
    ],
)
def test_where_a_path_leads(dotted: str, outcome: str) -> None:
    assert modules().resolve(dotted) == outcome


def test_two_packages_of_one_name_cannot_be_told_apart() -> None:
    both = modules(("/p", "/p/src"), ("src/app/__init__.py",))
    assert both.resolve("app.types.Colour") == "unknown"


def test_a_class_on_the_first_line_is_found() -> None:
    assert [found.dotted for found in modules().classes_named("Money")] == ["app.types.Money"]


def test_modules_that_import_everything_of_each_other_are_looked_into_once() -> None:
    texts = {
        f"/p/a{one}.py": "".join(f"from a{other} import *\n" for other in range(30)) for one in range(30)
    }
    texts["/p/a29.py"] += "from elsewhere import Money\n"
    everything = Modules(Files({path: SourceText(text) for path, text in texts.items()}), ("/p",), "/p")
    assert everything.definition("a0.Colour") is None
    assert everything.resolve("a0.Colour") == "missing"
    assert everything.resolve("a0.Money") == "found"


def test_a_class_is_found_through_two_re_exports() -> None:
    texts = {
        "/p/a/__init__.py": "from .b import *\nfrom .c import Money as Cash\n",
        "/p/a/b.py": "from a import *\nfrom a.c import *\n",
        "/p/a/c.py": "class Money:\n    pass\n",
    }
    everything = Modules(Files({path: SourceText(text) for path, text in texts.items()}), ("/p",), "/p")
    for name in ("Money", "Cash"):
        found = everything.definition(f"a.{name}")
        assert found is not None
        assert found.dotted == "a.c.Money"


def test_folders_that_several_packages_share_hold_what_is_below_them() -> None:
    found = modules(("/p/src",), ("src/org/providers/edge/__init__.py", "src/org/providers/edge/models.py"))
    assert found.could_hold("org")
    assert found.resolve("org.providers.edge.models") == "found"


def test_a_package_that_imports_a_name_its_module_lacks_is_followed_once() -> None:
    texts = {"/q/app/__init__.py": "from .db import db\n", "/q/app/db.py": "size = 1\n"}
    files = Files({path: SourceText(text) for path, text in texts.items()})
    assert Modules(files, ("/q",), "/q").resolve("app.db.Money") == "missing"
