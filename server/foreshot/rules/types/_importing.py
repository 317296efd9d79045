"""Which import gives a name its meaning: from the template, Alembic's habits, the workspace, or the dotted path itself."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence

from msgspec import Struct

from foreshot.lint import words
from foreshot.lint.context import Context, Surroundings
from foreshot.lint.finding import Safety
from foreshot.project.template import TemplateFacts
from foreshot.syntax.changes import AddImport, Change, ReplaceText
from foreshot.syntax.evaluate import Scope
from foreshot.syntax.values import Ref
from foreshot.text import SourceText, Span


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_USUAL = {
    "sa": "import sqlalchemy as sa",
    "op": "from alembic import op",
    "context": "from alembic import context",
    **{
        name: f"from sqlalchemy.dialects import {name}"
        for name in ("postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle")
    },
}
_PACKAGES = _names("""
    advanced_alchemy citext coaster fastapi_users_db_sqlalchemy geoalchemy2
    neutron_lib oslo_db pgvector sqlalchemy sqlalchemy_continuum sqlalchemy_file
    sqlalchemy_json sqlalchemy_searchable sqlalchemy_utc sqlalchemy_utils sqlalchemy_bigquery sqlmodel
""")
_STANDARD = {
    "datetime": "from datetime import datetime",
    "date": "from datetime import date",
    "timedelta": "from datetime import timedelta",
    "timezone": "from datetime import timezone",
    "uuid4": "from uuid import uuid4",
    "Decimal": "from decimal import Decimal",
}
_PYTHON_2 = {
    "unicode": "str",
    "basestring": "str",
    "xrange": "range",
    "long": "int",
    "unichr": "chr",
    "raw_input": "input",
}
_DATETIME_CLASS = frozenset(
    {"now", "utcnow", "today", "fromtimestamp", "strptime", "fromisoformat", "combine"}
)
_SQLALCHEMY = _names("""
    ARRAY BIGINT BINARY BLOB BOOLEAN BigInteger Boolean CHAR CLOB CheckConstraint Column Computed DATE DATETIME DECIMAL Date
    DateTime Enum FLOAT Float ForeignKey ForeignKeyConstraint INT INTEGER Identity Index Integer Interval JSON LargeBinary
    MetaData NCHAR NUMERIC NVARCHAR Numeric PickleType PrimaryKeyConstraint REAL SMALLINT Sequence SmallInteger String
    TEXT TIME TIMESTAMP Table Text Time TypeDecorator Unicode UnicodeText UniqueConstraint VARBINARY VARCHAR and_ bindparam
    case cast column delete exists false func insert inspect literal literal_column not_ or_ select table text true union
    union_all update
""")
_POSTGRESQL = _names("""
    BYTEA CIDR CITEXT DATERANGE ExcludeConstraint HSTORE INET INT4RANGE INT8RANGE JSONB MACADDR MACADDR8 NUMRANGE OID REGCLASS
    REGCONFIG TSQUERY TSRANGE TSTZRANGE TSVECTOR
""")


class Chain(Struct, frozen=True):
    """A missing name with the attributes that are asked of it: ``geoalchemy2.types.Geometry``."""

    parts: tuple[str, ...]
    span: Span
    """Of the name itself."""
    called: bool = False

    @property
    def module(self) -> str:
        """The part of the path that is a module, by the way names are written: what stands before the class."""
        for index, part in enumerate(self.parts[1:], 1):
            if part.lstrip("_")[:1].isupper():
                return ".".join(self.parts[:index])
        return ".".join(self.parts[:-1] or self.parts)

    @property
    def has_class(self) -> bool:
        """Whether a class is named in it, by the way names are written."""
        return any(part.lstrip("_")[:1].isupper() for part in self.parts[1:])


class Remedy(Struct, frozen=True):
    """What makes the names known: import statements, or other ways to write them."""

    title: str
    imports: tuple[str, ...]
    changes: tuple[Change, ...]
    rendered: bool
    """Autogenerate writes such names, so the template should import them."""
    safety: Safety = "safe"


def remedy(chains: Sequence[Chain], context: Context) -> Remedy | None:
    """How a name that all chains begin with becomes known in the revision; None when there is no telling."""
    name = chains[0].parts[0]
    codes = _from_template(name, context) or _from_workspace(name, chains, context)
    if codes:
        return _imports(codes)
    if name in _USUAL:
        return _imports([_USUAL[name]], rendered=name == "sa")
    if name in _PYTHON_2:
        return _renamed(chains, _PYTHON_2[name], safety="unsafe")
    written = _written_otherwise(name, chains, context)
    if written is not None:
        return written
    if code := _standard(name, chains):
        return _imports([code], rendered=False)
    if code := _from_env(name, context.surroundings):
        return _imports([code])
    if len({len(chain.parts) > 1 for chain in chains}) == 1 and len(chains[0].parts) > 1:
        modules = _paths(chains)
        if name in _PACKAGES:
            return _imports([f"import {module}" for module in modules])
        if _is_standard(name):
            # `types.Money()` is not the standard library's, which is what would be imported.
            return None
        if all(chain.has_class for chain in chains) and not context.surroundings.modules.is_ours(name):
            return _imports([f"import {module}" for module in modules], safety="unsafe")
    return None


def import_of(dotted: str, surroundings: Surroundings) -> str | None:
    """The import that a template needs for code that begins with a dotted path; None when there is no telling."""
    chain = Chain(tuple(dotted.split(".")), Span(0, 0))
    name = chain.parts[0]
    if name in _USUAL:
        return _USUAL[name]
    if len(chain.parts) > 1 and surroundings.modules.is_ours(name):
        for end in range(len(chain.parts), 0, -1):
            module = ".".join(chain.parts[:end])
            if surroundings.modules.locate(module) is not None:
                return f"import {module}"
    if found := _from_env(name, surroundings):
        return found
    return f"import {chain.module}" if name in _PACKAGES else None


def missing_in_template(imports: Sequence[str], template: TemplateFacts, source: SourceText) -> list[str]:
    """The imports that a template does not have."""
    return [code for code in imports if not _has(template, source, code)]


def into_template(imports: Sequence[str], template: TemplateFacts, source: SourceText) -> Change:
    """New import lines in a template."""
    at = template.insert_import
    before = at > 0 and source.content[at - 1] not in "\r\n"
    lines = "".join(code + source.newline for code in imports)
    return ReplaceText(Span(at, at), (source.newline if before else "") + lines)


def _has(template: TemplateFacts, source: SourceText, code: str) -> bool:
    statement = ast.parse(code).body[0]
    if isinstance(statement, ast.Import) and statement.names[0].asname is None:
        return any(
            f"import {statement.names[0].name}" in _line(source, item.span) for item in template.imports
        )
    alias = statement.names[0] if isinstance(statement, ast.Import | ast.ImportFrom) else None
    return alias is not None and any(item.bound == (alias.asname or alias.name) for item in template.imports)


def _line(source: SourceText, span: Span) -> str:
    return source.content[span.start : span.end].split("#")[0].rstrip() + " "


def _imports(codes: Sequence[str], *, rendered: bool = True, safety: Safety = "safe") -> Remedy:
    codes = tuple(dict.fromkeys(codes))
    title = f"Add {words.codes(codes)}"
    return Remedy(title, codes, tuple(AddImport(code) for code in codes), rendered, safety)


def _renamed(
    chains: Sequence[Chain], name: str, needed: Sequence[Change] = (), safety: Safety = "safe"
) -> Remedy:
    changes = (*needed, *(ReplaceText(chain.span, name) for chain in chains))
    return Remedy(f"Write {words.code(name)}", (), changes, rendered=False, safety=safety)


def _paths(chains: Sequence[Chain]) -> list[str]:
    return sorted({chain.module for chain in chains})


def _from_template(name: str, context: Context) -> list[str]:
    template, source = context.surroundings.template, context.surroundings.template_source
    if template is None or source is None:
        return []
    for item in template.imports:
        if item.bound != name:
            continue
        text = source.content[item.span.start : item.span.end]
        if text.startswith("from"):
            module, _, imported = item.path.rpartition(".")
            return [f"from {module} import {imported}" + (f" as {name}" if imported != name else "")]
        if item.path != name or f" as {name}" in text:
            return [f"import {item.path} as {name}" if item.path != name else f"import {name}"]
        # `import package.module` says less than the paths that are asked for.
        return [f"import {name}"] if name in text.split() else []
    return []


def _from_workspace(name: str, chains: Sequence[Chain], context: Context) -> list[str]:
    modules = context.surroundings.modules
    if not modules.is_ours(name) or _is_standard(name):
        return []
    found: list[str] = []
    for chain in chains:
        located = [
            path
            for cut in range(1, len(chain.parts) + 1)
            if modules.locate(path := ".".join(chain.parts[:cut])) is not None
        ]
        if len(chain.parts) == 1 or not located or modules.resolve(".".join(chain.parts)) == "missing":
            return []
        found.append(f"import {located[-1]}")
    return found


def _is_standard(name: str) -> bool:
    """Whether Python itself has a module of that name, which an import finds before the project's."""
    return name in sys.stdlib_module_names


def _from_env(name: str, surroundings: Surroundings) -> str | None:
    """The import by which env.py knows the name."""
    module = surroundings.env_module
    value = Scope(module).values.get(name) if module is not None else None
    if not isinstance(value, Ref) or "." not in value.path or value.path.startswith("."):
        return None
    place, _, imported = value.path.rpartition(".")
    return f"from {place} import {imported}" + (f" as {name}" if imported != name else "")


def _written_otherwise(name: str, chains: Sequence[Chain], context: Context) -> Remedy | None:
    """``Text()`` as ``sa.Text()``, ``JSONB()`` as ``postgresql.JSONB()``."""
    # `table`, `select`, `Enum` may be something else that the file forgot; called as such they are not.
    certain = (name[:1].isupper() and name != "Enum") or name == "func"
    if name in _SQLALCHEMY and (certain or all(chain.called for chain in chains)):
        prefix, needed = context.sa()
    elif name in _POSTGRESQL:
        prefix, needed = _alias(context, "sqlalchemy.dialects.postgresql", "postgresql")
    else:
        return None
    return _renamed(chains, f"{prefix}.{name}", needed)


def _alias(context: Context, path: str, name: str) -> tuple[str, tuple[Change, ...]]:
    for bound, value in context.revision.scope.values.items():
        if isinstance(value, Ref) and value.path == path:
            return bound, ()
    return name, (AddImport(_USUAL[name]),)


def _standard(name: str, chains: Sequence[Chain]) -> str | None:
    if name == "datetime":
        is_class = {len(chain.parts) == 1 or chain.parts[1] in _DATETIME_CLASS for chain in chains}
        return None if len(is_class) > 1 else _STANDARD[name] if True in is_class else "import datetime"
    if name in _STANDARD:
        return _STANDARD[name]
    is_module = name in sys.stdlib_module_names and all(len(chain.parts) > 1 for chain in chains)
    return f"import {name}" if is_module else None
