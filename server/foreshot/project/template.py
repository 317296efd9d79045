"""A project's ``script.py.mako``: what it says, and new revision files in its style without running it."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from foreshot.project.mako import Node, Refused, read_nodes, render_nodes
from foreshot.text import SourceText, Span

MAX_LENGTH = 1 << 15
"""Code points of a template that is read; Alembic's own have some hundreds."""

FIELDS = (
    "up_revision",
    "down_revision",
    "branch_labels",
    "depends_on",
    "message",
    "create_date",
    "imports",
    "upgrades",
    "downgrades",
)
"""The names that Alembic gives a template."""


class TemplateImport(Struct, frozen=True):
    """One imported name: the module (or the module and the name in it), the name that it gets, and its line."""

    path: str
    bound: str
    span: Span


class TemplateFacts(Struct, frozen=True):
    """What a template says; spans are into its text."""

    imports: tuple[TemplateImport, ...]
    op: str | None
    """The name under which it has ``alembic.op``; None when it does not import it."""
    sa: str | None
    """The name under which it has ``sqlalchemy``."""
    imports_field: Span | None
    """``${imports if imports else ""}`` or another expression with ``imports`` in it: where autogenerate's imports go."""
    insert_import: int
    """Where a new import line (with its line end) goes."""
    fields: frozenset[str]
    """Which of Alembic's names it uses."""
    functions: tuple[str, ...]
    """The functions that it defines, as written: ``upgrade``, ``downgrade``, ``upgrade_${db_name}``."""
    several_databases: bool
    """Whether it writes functions for each of several databases."""
    problem: Refused | None = None
    """Why it is no template that can be read, if it is none."""


class NewRevision(Struct, frozen=True):
    """The values of a revision file that is to be written. Code has no indentation and ``\\n`` line ends."""

    up_revision: str
    down_revision: str | tuple[str, ...] | None
    message: str
    create_date: datetime
    branch_labels: tuple[str, ...] | None = None
    depends_on: str | tuple[str, ...] | None = None
    imports: Sequence[str] = ()
    upgrades: str = ""
    downgrades: str = ""


def read_template(source: SourceText) -> TemplateFacts:
    """The facts of a template. Half-written ones give what can be told."""
    content = source.content[:MAX_LENGTH]
    nodes = _nodes(source)
    problem = None
    if isinstance(nodes, Refused):
        problem, nodes = nodes, []
    codes = [node for node in nodes if node.kind != "text"]
    used = {word for node in codes for word in _WORD.findall(node.content)}
    fields = frozenset(field for field in FIELDS if field in used)
    if any("_upgrades" in node.content for node in codes):
        fields |= {"upgrades", "downgrades"}
    field = next(
        (
            node.span
            for node in nodes
            if node.kind == "expression" and "imports" in _WORD.findall(node.content)
        ),
        None,
    )
    imports = tuple(_imports(content))
    functions = tuple(match.group(1) for match in _FUNCTION.finditer(content))
    return TemplateFacts(
        imports=imports,
        op=next((item.bound for item in imports if item.path == "alembic.op"), None),
        sa=next((item.bound for item in imports if item.path == "sqlalchemy"), None),
        imports_field=field,
        insert_import=_insertion(source, imports, field),
        fields=fields,
        functions=functions,
        several_databases=any("_upgrades" in node.content for node in codes),
        problem=problem,
    )


def render(source: SourceText, revision: NewRevision, databases: tuple[str, ...] = ()) -> str | Refused:
    """The revision file that Alembic would write from a template, line ends as in the template.

    A template whose outcome depends on code, or on what only Alembic has, is refused; :func:`render_generic` always works.
    """
    # Mako reads "\n"; the template's own line ends come back at the end.
    nodes = _nodes(SourceText(source.content.replace("\r\n", "\n")))
    if isinstance(nodes, Refused):
        return nodes
    # A message can end the docstring that it stands in; then it is written without what a string gives a meaning to.
    for message in (revision.message, _plain(revision.message)):
        text = _render(nodes, msgspec.structs.replace(revision, message=message), databases)
        if isinstance(text, Refused):
            return text
        if _is_python(text):
            return text if source.newline == "\n" else text.replace("\n", source.newline)
    return Refused("what the template makes is not valid Python", Span(0, 0))


def render_generic(revision: NewRevision, databases: tuple[str, ...] = ()) -> str:
    """A revision file in Alembic's usual form; with ``databases``, one pair of functions for each."""
    template = _GENERIC_HEAD + (_GENERIC_SEVERAL if databases else _GENERIC_ONE)
    nodes = read_nodes(template)
    plain = msgspec.structs.replace(revision, message=_plain(revision.message))
    text = nodes if isinstance(nodes, Refused) else _render(nodes, plain, databases)
    # The template is ours; only values of a megabyte could be refused.
    return text if isinstance(text, str) else ""


def _nodes(source: SourceText) -> list[Node] | Refused:
    if len(source.content) > MAX_LENGTH:
        return Refused(f"the template is longer than {MAX_LENGTH} characters", Span(0, 0))
    return read_nodes(source.content)


def _plain(message: str) -> str:
    return " ".join(message.replace("\\", "/").replace('"', "'").split())


def _is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _render(nodes: list[Node], revision: NewRevision, databases: tuple[str, ...]) -> str | Refused:
    upgrades, downgrades = _indented(revision.upgrades), _indented(revision.downgrades)
    values: dict[str, object] = {
        "up_revision": revision.up_revision,
        "down_revision": revision.down_revision,
        "branch_labels": revision.branch_labels,
        "depends_on": revision.depends_on,
        "message": revision.message or "empty message",
        "create_date": revision.create_date,
        "imports": "\n".join(sorted(revision.imports)),
        "upgrades": upgrades,
        "downgrades": downgrades,
        "databases": databases,
    }
    # With several databases, code goes to the first; `context.get` yields the template's own default for the others.
    for name in databases[:1]:
        values[f"{name}_upgrades"] = upgrades or "pass"
        values[f"{name}_downgrades"] = downgrades or "pass"
    return render_nodes(nodes, values, databases)


_WORD = re.compile(r"[A-Za-z_]\w*")
_FUNCTION = re.compile(r"^(?:async[ \t]+)?def[ \t]+([\w${}.]+)[ \t]*\(", re.MULTILINE)
_IMPORT = re.compile(r"^(?:import|from)[ \t][^\r\n(]*(?:\([^)]{0,2000}\)[^\r\n]*)?", re.MULTILINE)


def _imports(content: str) -> list[TemplateImport]:
    found: list[TemplateImport] = []
    in_code = _enclosed(content)
    for match in _IMPORT.finditer(content):
        if any(start <= match.start() < end for start, end in in_code):
            continue
        try:
            statements = ast.parse(match.group()).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        span = Span(*match.span())
        for statement in statements:
            if isinstance(statement, ast.Import):
                for alias in statement.names:
                    path = alias.name if alias.asname else alias.name.partition(".")[0]
                    found.append(TemplateImport(path, alias.asname or path, span))
            elif isinstance(statement, ast.ImportFrom):
                module = "." * statement.level + (statement.module or "")
                joint = "" if module.endswith(".") else "."
                found.extend(
                    TemplateImport(f"{module}{joint}{alias.name}", alias.asname or alias.name, span)
                    for alias in statement.names
                )
    return found


def _enclosed(content: str) -> list[tuple[int, int]]:
    """Where the template's code blocks and long strings are."""
    found: list[tuple[int, int]] = []
    position = 0
    while (match := _OPENER.search(content, position)) is not None:
        end = content.find("%>" if match.group() == "<%" else match.group(), match.end())
        if end == -1:
            break
        position = end + (2 if match.group() == "<%" else 3)
        found.append((match.start(), position))
    return found


_OPENER = re.compile(r"<%|\"\"\"|'''")


def _insertion(source: SourceText, imports: tuple[TemplateImport, ...], field: Span | None) -> int:
    """Behind the last import that stands before the ``imports`` field; else before that field; else behind the docstring."""
    content = source.content
    lines = source.lines
    before = [item.span.end for item in imports if field is None or item.span.start < field.start]
    if before:
        row, _ = lines.position(max(before))
        return lines.starts[row + 1] if row + 1 < len(lines.starts) else len(content)
    if field is not None:
        row, _ = lines.position(field.start)
        return lines.starts[row]
    docstring = next((end for start, end in _enclosed(content) if content.startswith('"""', start)), None)
    if docstring is None:
        return 0
    row, _ = lines.position(docstring)
    return lines.starts[row + 1] if row + 1 < len(lines.starts) else len(content)


def _indented(code: str) -> str:
    """Code as Alembic hands it to a template: every line but the first indented."""
    lines = code.strip("\n").split("\n")
    return "\n".join(
        line if index == 0 or not line.strip() else "    " + line for index, line in enumerate(lines)
    )


_GENERIC_HEAD = '''"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

# revision identifiers, used by Alembic.
revision: str = ${repr(up_revision)}
down_revision: Union[str, Sequence[str], None] = ${repr(down_revision)}
branch_labels: Union[str, Sequence[str], None] = ${repr(branch_labels)}
depends_on: Union[str, Sequence[str], None] = ${repr(depends_on)}
'''

_GENERIC_ONE = '''

def upgrade() -> None:
    """Upgrade schema."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Downgrade schema."""
    ${downgrades if downgrades else "pass"}
'''

_GENERIC_SEVERAL = '''

def upgrade(engine_name: str = "") -> None:
    """Upgrade the schema of one database."""
    globals()["upgrade_%s" % engine_name]()


def downgrade(engine_name: str = "") -> None:
    """Downgrade the schema of one database."""
    globals()["downgrade_%s" % engine_name]()
% for db_name in databases:


def upgrade_${db_name}() -> None:
    """Upgrade ${db_name or "the main database"}."""
    ${context.get("%s_upgrades" % db_name, "pass")}


def downgrade_${db_name}() -> None:
    """Downgrade ${db_name or "the main database"}."""
    ${context.get("%s_downgrades" % db_name, "pass")}
% endfor
'''
