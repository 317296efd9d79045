"""What plugins' operations do to the schema: alembic-postgresql-enum's, alembic-autogenerate-enums', alembic_utils', GeoAlchemy2's."""

from __future__ import annotations

from pathlib import Path

import pytest

from foreshot.knowledge.databases import Target
from unit.ide.world import project, revision


def at_head(folder: Path, *bodies: str):
    files = {
        f"m/versions/{number}.py": revision(f"r{number}", body, f"r{number - 1}" if number else None)
        for number, body in enumerate(bodies)
    }
    found = project(folder, files)
    stories = found.context.stories
    assert stories is not None
    return stories(Target("postgresql")).at_heads()


def test_an_enum_has_the_values_that_it_is_synchronised_with(tmp_path: Path) -> None:
    schema = at_head(
        tmp_path,
        'op.create_table("l", sa.Column("kind", sa.Enum("a", "b", name="kind")))',
        'op.sync_enum_values("public", "kind", ["a", "c"], [("l", "kind")])',
    )
    assert schema.enums["kind"].values == ("a", "c")
    assert schema.tables["l"].columns["kind"].type.enum == "kind" and not schema.perhaps


@pytest.mark.parametrize(
    "given",
    [
        '"public", "kind", ["a", "b"], ["a", "c"]',
        '"public", "kind", ["a", "b"], ["a", "c"], [("l", "kind")], True',
        'schema="public", name="kind", old_values=["a", "b"], new_values=["a", "c"]',
    ],
)
def test_old_values_are_not_taken_for_the_new_ones(tmp_path: Path, given: str) -> None:
    schema = at_head(
        tmp_path,
        'op.create_table("l", sa.Column("kind", sa.Enum("a", "b", name="kind")))',
        f"op.sync_enum_values({given})",
    )
    assert schema.enums["kind"].values == ("a", "c") and not schema.perhaps


def test_the_default_schema_may_be_written_out(tmp_path: Path) -> None:
    schema = at_head(
        tmp_path,
        'op.execute("CREATE VIEW public.v AS SELECT 1")\n'
        'op.execute("CREATE FUNCTION f() RETURNS int AS $$ SELECT 1 $$ LANGUAGE sql")\n'
        'op.execute("CREATE SEQUENCE public.s")',
        'op.execute("DROP VIEW v")\nop.execute("DROP FUNCTION public.f()")\nop.execute("DROP SEQUENCE s")',
    )
    assert not schema.views and not schema.things and not schema.sequences


def test_what_alembic_utils_makes_and_drops_is_there_and_gone(tmp_path: Path) -> None:
    made = (
        "from alembic_utils.pg_function import PGFunction\n"
        "from alembic_utils.pg_trigger import PGTrigger\n"
        "from alembic_utils.pg_materialized_view import PGMaterializedView\n"
        'op.create_table("l", sa.Column("id", sa.Integer()))\n'
        'view = PGMaterializedView("public", "ids", "SELECT id FROM l")\n'
        "op.create_entity(view)\n"
        'op.create_entity(PGFunction("public", "f(a int)", "RETURNS int AS $$ SELECT 1 $$ LANGUAGE sql"))\n'
        'op.create_entity(PGTrigger(schema="public", signature="t", on_entity="l", definition="AFTER INSERT ON l EXECUTE FUNCTION f()"))'
    )
    schema = at_head(tmp_path / "a", made)
    assert schema.views["ids"].materialized
    assert {kind for kind, _ in schema.things} == {"function", "trigger"} and not schema.perhaps
    gone = at_head(tmp_path / "b", f"{made}\nop.drop_entity(view)")
    assert "ids" not in gone.views and not gone.perhaps


def test_geospatial_operations_are_alembics_own(tmp_path: Path) -> None:
    schema = at_head(
        tmp_path,
        'op.create_geospatial_table("p", sa.Column("id", sa.Integer()))\n'
        'op.add_geospatial_column("p", sa.Column("n", sa.Integer()))\n'
        'op.create_geospatial_index("ix", "p", ["n"], unique=False)',
    )
    assert list(schema.tables["p"].columns) == ["id", "n"] and schema.tables["p"].indexes
