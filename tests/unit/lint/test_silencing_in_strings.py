"""A finding inside a string can be silenced, and never by writing into the string."""

import pytest

from foreshot.ide.actions import Unavailable, resolve_action
from foreshot.text import apply_edits
from proofs.fixes import edited, rechecked
from rules.harness import REVISION, ROOT, as_revision, project_of, reports_of

PATH = f"{ROOT}/{REVISION}"
BODY = '''def upgrade():
    first = 1
    sql = f"""INSERT INTO t (a)
        VALUES ('{name}')
    """
    op.execute(sql)


def downgrade():
    pass
'''


def silenced(text, rule):
    project = project_of({REVISION: text}, {})
    (report,) = reports_of(project, rule)
    edits = resolve_action(project, report, "ignore", 0).edits
    return apply_edits(text, edits[PATH]), rechecked(project, edited(project, edits))


def test_the_comment_goes_before_the_string():
    text = as_revision("import sys\n\nname = sys.argv[0]\n\n\n" + BODY, "0002", "0001")
    after, project = silenced(text, "interpolated-sql")
    lines = after.split("\n")
    at = lines.index("    # foreshot: ignore[interpolated-sql] ")
    assert lines[at + 1] == '    sql = f"""INSERT INTO t (a)'
    assert not reports_of(project, "interpolated-sql")
    assert not reports_of(project, "unused-suppression")


def test_a_line_that_goes_on_from_the_one_above_gets_no_comment():
    text = as_revision(BODY.replace("first = 1\n    sql", "first = 1; \\\n    sql"), "0002", "0001")
    text = text.replace("revision =", "import sys\n\nname = sys.argv[0]\nrevision =", 1)
    project = project_of({REVISION: text}, {})
    (report,) = reports_of(project, "interpolated-sql")
    with pytest.raises(Unavailable):
        resolve_action(project, report, "ignore", 0)
