"""Our renderer against Mako itself, and what it refuses."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import alembic
import pytest
from alembic.util import format_as_comma
from hypothesis import given
from hypothesis import strategies as st
from mako.template import Template

from foreshot.project import template
from foreshot.project.mako import Refused, read_nodes, render_nodes
from foreshot.project.template import NewRevision, read_template, render_generic
from foreshot.text import SourceText

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PLAIN = NewRevision("b2", "a1", "add users", NOW)
FULL = NewRevision(
    "b2", ("a1", "a0"), "add users", NOW, ("label",), "x9", ["import app"], "op.f()\nop.g()", "pass"
)
GENERIC = (Path(alembic.__file__).parent / "templates/generic/script.py.mako").read_text("utf-8")

MULTI = '''"""${message}"""
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
<%
    from flask import current_app
    db_names = [''] + list(current_app.config["BINDS"].keys())
%>
## for each database
% for db_name in db_names:
def upgrade_${db_name}():
    ${context.get("%s_upgrades" % db_name, "pass")}
% endfor
'''


def render(source, revision, databases=()) -> Any:
    return template.render(source, revision, databases)


class Config:
    def get_main_option(self, name):
        return "one, two" if name == "databases" else None


def mako(text, revision):
    body = {
        name: "\n".join(
            line if not n else "    " + line for n, line in enumerate(getattr(revision, name).split("\n"))
        )
        for name in ("upgrades", "downgrades")
    }
    names = ("up_revision", "down_revision", "branch_labels", "depends_on", "create_date", "message")
    values = {name: getattr(revision, name) for name in names} | body
    several = {f"one_{name}": code or "pass" for name, code in body.items()} | {
        f"two_{name}": "pass" for name in body
    }
    return Template(text).render_unicode(
        comma=format_as_comma, imports="\n".join(revision.imports), config=Config(), **values, **several
    )


@pytest.mark.parametrize(
    "path",
    sorted((Path(alembic.__file__).parent / "templates").glob("*/script.py.mako")),
    ids=lambda path: path.parent.name,
)
@pytest.mark.parametrize("revision", [PLAIN, FULL])
def test_alembics_own_templates(path, revision):
    text = path.read_text("utf-8")
    facts = read_template(SourceText(text))
    assert render(SourceText(text), revision, ("one", "two") if facts.several_databases else ()) == mako(
        text, revision
    )


@pytest.mark.parametrize(
    "text",
    [
        "% if isinstance(down_revision, str):\na = ${'\"' + down_revision + '\"'}\n% elif not down_revision:\na = 1\n% else:\na = ${repr(down_revision)}\n% endif\n",
        "# ${create_date.year} \\\n# ${create_date.strftime('%Y-%m')}\n%% = 1\n## gone\n".replace(
            "%% = 1", "x = 1 %\\\n 2"
        ),
        "${imports + '\\n' if imports else ''}x = ${repr(branch_labels)}\n",
        "<%doc>\n not here\n</%doc>x = '${message | trim,n}'\n",
        "<%\n    kind = 'a' if depends_on else 'b'\n%>x = '${kind}'\n",
        "% for part in ['a', 'b']:\n${part} = 1\n    % if part == 'a':\nz = 2\n    % endif\n% endfor\n",
        "${'' if toplevel_code else 'y = 1'}\n",
    ],
)
@pytest.mark.parametrize("revision", [PLAIN, FULL])
def test_the_same_as_mako(text, revision):
    assert render(SourceText(text), revision) == mako(text, revision)


def test_line_ends_and_messages():
    crlf = GENERIC.replace("\n", "\r\n")
    assert render(SourceText(crlf), FULL) == render(SourceText(GENERIC), FULL).replace("\n", "\r\n")
    for message in ('say """hi"""', "back\\nslash", 'ends "', "two\nlines"):
        revision = NewRevision("b2", None, message, NOW)
        for text in (
            render(SourceText(GENERIC), revision),
            render(SourceText('"""${message}"""\n'), revision),
            render_generic(revision),
        ):
            compile(text, "x", "exec")


def test_several_databases_whose_names_only_the_application_knows():
    assert isinstance(render(SourceText(MULTI), FULL), Refused)
    text = render(SourceText(MULTI), FULL, ("", "meta"))
    assert "def upgrade_():\n    op.f()\n    op.g()\n" in text
    assert "def upgrade_meta():\n    pass\n" in text
    compile(render_generic(FULL, ("", "meta")), "x", "exec")


@pytest.mark.parametrize(
    "text",
    [
        "${__import__('os').system('true')}",
        "${message.__class__.__mro__}",
        "${open('/etc/passwd').read()}",
        "<% import os %>${os.getcwd()}",
        "% if os.environ:\n% endif\n",
        "% while True:\n% endwhile\n",
        "<%include file='x'/>",
        "${unclosed",
        "% if message:\nno end",
        "% endif\n",
        "${'%s' * 1000000}",
        "${'%999999999d' % 1}",
        "x = (",
    ],
)
def test_refuses_what_it_does_not_know(text):
    assert isinstance(render(SourceText(text), PLAIN), Refused)


@given(st.text(alphabet="${}%<># \nifor:axt'\"|,[]()=+.", max_size=80))
def test_never_raises(text):
    nodes = read_nodes(text)
    if not isinstance(nodes, Refused):
        render_nodes(nodes, {"x": "1", "a": ["b"]})
    read_template(SourceText(text))


def test_facts():
    text = GENERIC.replace(
        "import sqlalchemy as sa\n", "import sqlalchemy as sql\nfrom app import (\n    types,\n)\n"
    )
    facts: Any = read_template(SourceText(text))
    assert (facts.op, facts.sa) == ("op", "sql")
    assert text[facts.imports_field.start : facts.imports_field.end] == '${imports if imports else ""}'
    assert text[: facts.insert_import].endswith(")\n")
    assert {"app.types", "alembic.op"} <= {item.path for item in facts.imports}
    assert facts.functions == ("upgrade", "downgrade") and not facts.several_databases
    assert "branch_labels" in facts.fields
    bare = read_template(SourceText('"""${message}"""\nrevision = ${repr(up_revision)}\n'))
    assert (bare.op, bare.imports_field, bare.insert_import) == (None, None, 17)
    assert read_template(SourceText("${broken")).problem is not None
