"""A percent sign in the database's URL stops `alembic upgrade`: configparser takes it for a reference.

`config.set_main_option()` and alembic.ini go through Python's configparser, in which `%` begins a reference such as `%(here)s`. A password with a special character is percent-encoded in a
URL (`p%40ss`), and Alembic then stops with "invalid interpolation syntax": `upgrade`, `downgrade`, `current` and
whatever else runs env.py; `heads` and `history` do not, and go on. In the ini file, and in what is set, a percent sign is
written twice. Measured with Alembic 1.16 to 1.20.

`set_main_option("sqlalchemy.url", …)` is reported for a value that is only known when it runs: it works until somebody's password has such a
character. Not reported where the percent signs are doubled, there or where the value comes from, for values that are known and have none, and for the path of an SQLite file.

```python env.py bad
import os

from alembic import context
from app.models import Base

config = context.config
config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"])
#                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^ stops `alembic upgrade`
target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python fixed env.py
import os

from alembic import context
from app.models import Base

config = context.config
config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"].replace("%", "%%"))
target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py good
import os

from alembic import context
from app.models import Base

config = context.config
config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"].replace("%", "%%"))
target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
Set where only `--sql` comes by, it stops nothing else:

```python env.py bad
import os

from alembic import context
from app.models import Base

config = context.config
target_metadata = Base.metadata


def run_migrations_offline():
    config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"])
    #                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^ stops every `--sql` run
    context.configure(url=os.environ["DATABASE_URL"], target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```python env.py good
from pathlib import Path

from alembic import context
from app.models import Base

config = context.config
config.set_main_option("sqlalchemy.url", f"sqlite:///{Path.home()}/shop.db")
target_metadata = Base.metadata


def run_migrations_online():
    context.configure(connection=None, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


run_migrations_online()
```
```ini alembic.ini bad
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://shop:%(PASSWORD)s@db.example.com/shop?application_name=a%20b
;                                                                                     ^ stops `alembic upgrade`
```
```ini fixed alembic.ini
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://shop:%(PASSWORD)s@db.example.com/shop?application_name=a%%20b
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.project.environment import DatabaseUrl
from foreshot.project.envpy import is_offline
from foreshot.syntax.changes import ReplaceText
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.module import Module
from foreshot.syntax.values import Ref
from foreshot.text import Span

_LONE = re.compile(r"(?<!%)(?:%%)*(%)(?![%(])")
_MAX_FOLLOWED = 8


class PercentInUrl(ProjectRule):
    """A URL whose percent signs configparser would read."""

    severity = "error"
    safety = "safe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each URL that env.py sets, and each that stands in an ini file."""
        for url in project.environment.urls:
            yield from self._written(url, project)
        path, module = project.environment.env_py, project.surroundings.env_module
        if path is None or module is None or "set_" not in module.content:
            return
        scope = Scope(module)
        for call in module.nodes(ast.Call):
            value = _set(call)
            if value is None or _is_safe(value, scope, project, _MAX_FOLLOWED):
                continue
            offline = _is_offline(call, module)
            commands = "every `--sql` run" if offline else "`alembic upgrade`"
            yield self.finding(
                module.span(value),
                f"A percent sign in this URL, as in an encoded password, stops {commands} with"
                " “invalid interpolation syntax”. Double it before it is set.",
                path=path,
                object="sqlalchemy.url",
                severity="warning" if offline else None,
                certainty="possible",
                state=None if isinstance(value, ast.Constant) else module.span(value),
            )

    def _written(self, url: DatabaseUrl, project: ProjectContext) -> Iterator[Finding]:
        source = project.source(url.path)
        if source is None or not url.path.endswith((".ini", ".cfg")):
            return
        text = source.content[url.value_span.start : url.value_span.end]
        match = _LONE.search(text)
        if match is None:
            return
        at = url.value_span.start + match.start(1)
        inside = url.password is not None and url.password.start <= at < url.password.end
        yield self.finding(
            url.password if inside and url.password is not None else Span(at, at + 1),
            "This percent sign stops `alembic upgrade` with “invalid interpolation syntax”. Write it twice.",
            path=url.path,
            object=f"{url.section}.{url.key}",
            secret=inside,
            state=url,
        )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The percent signs doubled."""
        state = finding.state
        if isinstance(state, DatabaseUrl):
            source, start = project.source(state.path), state.value_span.start
            if source is not None:
                text = source.content[start : state.value_span.end]
                places = [start + match.start(1) for match in _LONE.finditer(text)]
                yield Fix(
                    "Double the percent sign", "safe", tuple(ReplaceText(Span(at, at), "%") for at in places)
                )
            return
        module = project.surroundings.env_module
        if module is None or not isinstance(state, Span):
            return
        node = next(
            item
            for item in map(_set, module.nodes(ast.Call))
            if item is not None and module.span(item) == state
        )
        code = '.replace("%", "%%")'
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) or (
            isinstance(node, ast.Call) and not _may_be_none(node)
        ):
            yield Fix("Double the percent signs", "safe", (ReplaceText(Span(state.end, state.end), code),))
        elif isinstance(node, ast.BoolOp | ast.IfExp | ast.BinOp | ast.JoinedStr):
            text = f"({module.text(state)}){code}"
            yield Fix("Double the percent signs", "safe", (ReplaceText(state, text),))


def _set(call: ast.Call) -> ast.expr | None:
    """The value that a call sets the URL to."""
    match call:
        case (
            ast.Call(
                func=ast.Attribute(attr="set_main_option"), args=[ast.Constant(value="sqlalchemy.url"), value]
            )
            | ast.Call(
                func=ast.Attribute(attr="set_section_option"),
                args=[_, ast.Constant(value="sqlalchemy.url"), value],
            )
        ):
            return value
        case _:
            return None


def _is_offline(call: ast.Call, module: Module) -> bool:
    """Whether a call is come to for ``--sql`` alone."""
    return any(
        is_offline(function.name)
        and function.lineno <= call.lineno <= (function.end_lineno or function.lineno)
        for function in module.nodes(ast.FunctionDef)
    )


def _begins_with(node: ast.expr, scheme: str) -> bool:
    """Whether text that is put together begins with a scheme."""
    while True:
        match node:
            case ast.BinOp(left=left, op=ast.Add() | ast.Mod()):
                node = left
            case ast.JoinedStr(values=[first, *_]):
                node = first
            case ast.Call(func=ast.Attribute(value=value, attr="format")):
                node = value
            case ast.Constant(value=str() as text):
                return text.startswith(scheme)
            case _:
                return False


def _is_safe(node: ast.expr, scope: Scope, project: ProjectContext, left: int) -> bool:
    """Whether a value has no lone percent sign for all that is known, or has them doubled where it comes from."""
    known = scope.evaluate(node)
    if isinstance(known, str):
        return _LONE.search(known) is None
    if _begins_with(node, "sqlite"):
        # The path of a file: no password, and nothing that anybody encodes.
        return True
    if left == 0 or _doubles(node):
        return True
    module = scope.module
    match node:
        case ast.Name(id=name):
            made = [*_given(name, module)]
            if made:
                return all(_is_safe(value, scope, project, left - 1) for value in made)
            return _is_doubled_elsewhere(known, project)
        case ast.Call(func=ast.Name(id=name)) if name in module.functions:
            # Whatever it returns: that it doubles them anywhere shows that they were thought of.
            return any(
                _doubles(inner) for inner in ast.walk(module.functions[name]) if isinstance(inner, ast.Call)
            )
        case ast.Call(func=ast.Name(id="str"), args=[argument]):
            return _is_safe(argument, scope, project, left - 1)
        case ast.Call(func=func):
            return _is_doubled_elsewhere(scope.evaluate(func), project)
        case _:
            return _is_doubled_elsewhere(known, project)


def _given(name: str, module: Module) -> Iterator[ast.expr]:
    """What a name is assigned anywhere in the file."""
    for node in module.nodes(ast.Assign):
        if any(isinstance(target, ast.Name) and target.id == name for target in node.targets):
            yield node.value
    for node in module.nodes(ast.AnnAssign):
        if isinstance(node.target, ast.Name) and node.target.id == name and node.value is not None:
            yield node.value
    for node in module.nodes(ast.NamedExpr):
        if node.target.id == name:
            yield node.value


def _doubles(node: ast.expr) -> bool:
    """Whether ``%`` is replaced by ``%%`` anywhere in an expression."""
    return any(isinstance(inner, ast.Constant) and inner.value in ("%%", r"%%") for inner in ast.walk(node))


def _is_doubled_elsewhere(value: object, project: ProjectContext) -> bool:
    """Whether the module of the workspace that a name comes from doubles percent signs."""
    if not isinstance(value, Ref):
        return False
    parts = value.path.replace("()", "").split(".")
    for cut in range(len(parts), 0, -1):
        path = project.surroundings.modules.locate(".".join(parts[:cut]))
        if path is not None:
            source = project.source(path)
            return source is not None and "%%" in source.content
    return False


def _may_be_none(call: ast.Call) -> bool:
    """``os.environ.get("X")`` and ``os.getenv("X")`` without a default: None has no ``replace``."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in ("get", "getenv") and len(call.args) == 1
