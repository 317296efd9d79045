"""What a walk makes of code that runs a statement again, and of constructs that SQLAlchemy renders."""

from __future__ import annotations

import pytest

from rules.harness import REVISION, as_revision, project_of, reports_of

LOOP = """    for attempt in range(10):
{body}
"""
ONCE = [
    """        try:
            op.drop_table("orders")
            break
        except Exception as error:
            if attempt == 9:
                raise
""",
    """        try:
            op.drop_table("orders")
        except Exception:
            continue
        else:
            break
""",
    """        op.drop_table("orders")
        break
""",
]


def said(rule: str, up: str) -> list[str]:
    body = f"def upgrade():\n{up}\n\ndef downgrade():\n    pass\n"
    setup = as_revision(
        'def upgrade():\n    op.create_table("orders", sa.Column("id", sa.Integer()))\n', "0001", None
    )
    files = {"migrations/versions/0001_setup.py": setup, REVISION: as_revision(body, "0002", "0001")}
    return [report.message for report in reports_of(project_of(files, {"dialect": "postgresql"}), rule)]


@pytest.mark.parametrize("body", ONCE)
def test_what_is_tried_again_is_done_once(body: str) -> None:
    assert said("unknown-table", LOOP.format(body=body)) == []


def test_what_is_done_again_is_not() -> None:
    assert said("unknown-table", LOOP.format(body='        op.drop_table("orders")\n'))


def test_a_sequence_that_sqlalchemy_creates_is_there() -> None:
    use = "    op.execute(\"UPDATE orders SET id = nextval('numbers')\")\n"
    made = '    op.execute(sa.schema.CreateSequence(sa.Sequence("numbers")))\n'
    assert said("extension-not-created", use)
    assert said("extension-not-created", made + use) == []
