"""PostGIS keeps a table in the schema that autogenerate compares, and env.py does not leave it out: the next revision drops it.

`CREATE EXTENSION postgis` makes `spatial_ref_sys`. No model has it, so `alembic revision --autogenerate` writes `op.drop_table("spatial_ref_sys")`, for
which PostgreSQL answers that the extension needs it, or, once it belongs to nobody, takes the definitions of all coordinate systems away. With
`include_schemas` it does the same to the tables of `postgis_topology` and `postgis_tiger_geocoder`, and to `pg_cron`'s.

Give `context.configure` an `include_object`: geoalchemy2 has one, `geoalchemy2.alembic_helpers.include_object`. Or an `include_name` that lets your own tables through only.

```python setup
def upgrade():
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.create_table("places", sa.Column("id", sa.Integer(), primary_key=True))
```
```python app/models.py
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass
```
```python env.py bad dialect=postgresql
from alembic import context
from app.models import Base

context.configure(connection=None, target_metadata=Base.metadata)
#|  `spatial_ref_sys`
```
```python env.py good dialect=postgresql
from alembic import context
from geoalchemy2 import alembic_helpers
from app.models import Base

context.configure(
    connection=None,
    target_metadata=Base.metadata,
    include_object=alembic_helpers.include_object,
)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.knowledge.foreign_tables import OF_EXTENSIONS, OF_EXTENSIONS_ELSEWHERE
from foreshot.lint.context import ProjectContext
from foreshot.lint.finding import Finding
from foreshot.lint.rule import ProjectRule
from foreshot.lint.words import code, listed
from foreshot.schema.state import Schema


class UnfilteredForeignTables(ProjectRule):
    """Tables of an extension that autogenerate takes for tables to be dropped."""

    severity = "information"
    databases = ("postgresql",)

    def check(self, project: ProjectContext) -> Iterator[Finding]:
        """Once, at the call that leaves nothing out."""
        env, path = project.env, project.environment.env_py
        target = next((target for target in project.targets if target.database == "postgresql"), None)
        if env is None or path is None or not env.online or target is None or project.stories is None:
            return
        if env.has_metadata is not True:
            return
        if any(env.argument(hook) is not None for hook in ("include_object", "include_name")):
            return
        schemas = getattr(env.argument("include_schemas"), "value", None) is True
        tables = list(_tables(project.stories(target).at_heads(), schemas=schemas))
        if tables:
            yield self.finding(
                env.online[0].name,
                f"Autogenerate drops {listed([code(table) for table in tables])}, which an extension created and no model maps."
                " Exclude it with `include_object`.",
                path=path,
                object=tables[0],
                targets=[target],
            )


def _tables(schema: Schema, *, schemas: bool) -> Iterator[str]:
    for kind, name in schema.things:
        if kind != "extension":
            continue
        thing = schema.things[kind, name]
        # One that is created in a schema of its own is not compared.
        if thing.there is None and (schemas or "schema" not in thing.words):
            yield from (table for table in OF_EXTENSIONS.get(name, ()) if table not in schema.tables)
        if schemas:
            yield from OF_EXTENSIONS_ELSEWHERE.get(name, ())
