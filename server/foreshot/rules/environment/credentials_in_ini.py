"""A password stands in the configuration file, and with it in the repository.

Whoever can read the repository, a copy of it or an image built from it can log in to the database; and removing the password later
leaves it in the history. It belongs in the environment or a secret store, from where env.py reads it.

Not reported are `driver://user:pass@localhost/dbname`, the example that `alembic init` writes, and values that are filled in
from elsewhere, such as `%(PASSWORD)s` or `${PASSWORD}`. A password that everybody would guess (`postgres`, or the name of the
user) for a database on the same machine, or in a container next to it, protects nothing: it is an information. If a database that matters has it, change it.

The message and the repair never show the password. The repair takes it out of the URL and lets env.py read
the whole URL from the environment variable `DATABASE_URL` where that is set.

```ini alembic.ini bad
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://shop:dk47-xk2@db.example.com/shop
;                                  ^^^^^^^^ can log in to the database
```
```python env.py
from alembic import context
from app.models import Base

config = context.config
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
sqlalchemy.url = postgresql://shop:dk47-xk2@db.example.com/shop
;                                  ^^^^^^^^ can log in to the database
```
```ini fixed alembic.ini
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://shop@db.example.com/shop
```
```python fixed env.py
import os

from alembic import context
from app.models import Base

config = context.config
if url := os.environ.get("DATABASE_URL"):
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
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
sqlalchemy.url = postgresql://shop@db.example.com/shop?sslmode=require&password=dk47-xk2
;                                                                               ^^^^^^^^ can log in to the database
```
```ini alembic.ini bad
[alembic]
script_location = migrations

[production]
sqlalchemy.url = postgresql://shop:dk47-xk2@db.example.com/shop
;                                  ^^^^^^^^ can log in to the database
```
Where env.py sets another URL each time, nobody needs the one in the file:

```python env.py
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
```ini alembic.ini bad
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://shop:dk47-xk2@db.example.com/shop
;                                  ^^^^^^^^ is of no use: env.py replaces the URL
```
```ini alembic.ini good
[alembic]
script_location = migrations
sqlalchemy.url = driver://user:pass@localhost/dbname
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import FileChanges, Finding, Fix
from foreshot.lint.rule import ProjectRule
from foreshot.project.config import find_url
from foreshot.project.environment import DatabaseUrl
from foreshot.project.ini import read_ini
from foreshot.syntax.changes import AddImport, Change, InsertAfter, ReplaceText
from foreshot.text import Span

_EXAMPLE = "driver"
_MOST = 100
_GUESSED = frozenset(
    {
        "",
        "admin",
        "changeme",
        "example",
        "pass",
        "password",
        "postgres",
        "postgresql",
        "root",
        "secret",
        "test",
    }
)
# A name without a dot is this machine, or another container of the same composition.
_LOCAL = re.compile(r"(?:[\w-]+|127\.0\.0\.1|\[::1\])?(?::\d+)?(?:[/?].*)?$")
_USER = re.compile(r"[^:/?#]*://(?P<user>[^:@/]*):")


class CredentialsInIni(ProjectRule):
    """A literal password in a database URL of a configuration file."""

    severity = "warning"
    safety = "unsafe"

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Each password, by its place alone."""
        for url in (*project.environment.urls, *_of_other_sections(project)):
            if url.password is None or url.scheme.partition("+")[0] == _EXAMPLE:
                continue
            guessed, unused = _is_guessed(url, project), _is_replaced(url, project)
            if guessed:
                message = "Anybody would guess this password. Use it for development databases only."
            elif unused:
                message = "This password lies open, and is of no use: env.py replaces the URL. Remove it."
            else:
                message = "Whoever reads this file can log in to the database: it contains a password. Read it from the environment."
            yield self.finding(
                url.password,
                message,
                path=url.path,
                object=f"{url.section}.{url.key}",
                severity="information" if guessed or unused else None,
                state=url,
                secret=True,
            )

    def fixes(self, finding: Finding, project: ProjectContext) -> Iterator[Fix]:
        """The URL without the password; env.py reads another one from the environment."""
        url, source = finding.state, project.source(finding.path or "")
        env_py = project.environment.env_py
        if not isinstance(url, DatabaseUrl) or url.password is None or source is None or env_py is None:
            return
        start, end = url.password.start, url.password.end
        if source.content[start - 1 : start] != ":" or source.content[end : end + 1] != "@":
            return
        environment = project.environment
        if url.path != environment.ini or url.section != environment.section or url.key != "sqlalchemy.url":
            return
        changes = _reading(project)
        if changes is not None:
            yield Fix(
                "Remove the password, and read the URL from `DATABASE_URL` in env.py",
                "unsafe",
                (ReplaceText(Span(start - 1, end), ""),),
                (FileChanges(env_py, changes),),
            )


def _of_other_sections(project: ProjectContext) -> Iterator[DatabaseUrl]:
    """The URLs in sections of the ini file that no environment is configured by: another database of ``alembic -n``."""
    path = project.environment.ini
    source = project.source(path) if path is not None else None
    if path is None or source is None or source.content.count("://") > _MOST:
        return
    known = {url.section for url in project.environment.urls}
    for name, section in read_ini(source).sections.items():
        for option in section.options.values() if name not in known else ():
            if option.key == "sqlalchemy.url":
                url = find_url(option.value, option.value_span, path, name, option.key)
                if url is not None:
                    yield url


def _is_guessed(url: DatabaseUrl, project: ProjectContext) -> bool:
    source = project.source(url.path)
    if source is None or url.password is None:
        return False
    password = source.content[url.password.start : url.password.end]
    before = source.content[url.value_span.start : url.password.start]
    after = source.content[url.password.end : url.value_span.end].removeprefix("@")
    if before.endswith("="):
        # Of a parameter, the host stands before it.
        after = before.partition("://")[2].rpartition("@")[2]
    user = _USER.search(before)
    is_user = user is not None and password == user["user"]
    return (is_user or password.lower() in _GUESSED) and _LOCAL.match(after) is not None


def _is_replaced(url: DatabaseUrl, project: ProjectContext) -> bool:
    """Whether env.py sets another URL each time that it runs, and never reads this one."""
    module, environment = project.surroundings.env_module, project.environment
    if module is None or url.section != environment.section or url.key != "sqlalchemy.url":
        return False
    if re.search(r"\bget_(?:main_option|alembic_option)\(\s*[\"']sqlalchemy\.url", module.content):
        return False
    for statement in module.tree.body:
        match statement:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(attr="set_main_option"),
                    args=[ast.Constant(value="sqlalchemy.url"), *_],
                )
            ):
                return True
            case _:
                pass
    return False


def _reading(project: ProjectContext) -> tuple[Change, ...] | None:
    """What makes env.py read the URL from the environment; None when there is no place for it or it does so already."""
    module = project.surroundings.env_module
    if module is None or "set_main_option" in module.content:
        return None
    for statement in module.tree.body:
        match statement:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Attribute(value=ast.Name(id="context"), attr="config"),
            ):
                code = (
                    'if url := os.environ.get("DATABASE_URL"):\n'
                    f'    {name}.set_main_option("sqlalchemy.url", url.replace("%", "%%"))'
                )
                return (AddImport("import os"), InsertAfter(module.span(statement), code))
            case _:
                pass
    return None
