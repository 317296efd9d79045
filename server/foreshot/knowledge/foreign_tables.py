"""Tables that are no project's own: those of the database, of its extensions, and of tools that keep a table for themselves.

From the tools' own documentation, and from the SQL scripts of PostGIS and pg_cron.
"""

from __future__ import annotations

from typing import Final

OWNERS: Final = {
    "alembic_version": "Alembic",
    "spatial_ref_sys": "PostGIS",
    "geometry_columns": "PostGIS",
    "geography_columns": "PostGIS",
    "raster_columns": "PostGIS",
    "topology": "PostGIS",
    "celery_taskmeta": "Celery",
    "celery_tasksetmeta": "Celery",
    "kombu_message": "Celery",
    "kombu_queue": "Celery",
    "apscheduler_jobs": "APScheduler",
    "django_migrations": "Django",
    "flyway_schema_history": "Flyway",
    "sqlite_sequence": "SQLite",
    "pg_stat_statements": "PostgreSQL",
}
"""Whose a table of this name is, without its schema."""
OF_SCHEMAS: Final = {"tiger": "PostGIS", "tiger_data": "PostGIS", "topology": "PostGIS", "cron": "pg_cron"}
"""Whose the tables of a schema are."""
SCHEMAS: Final = frozenset(
    {"mysql", "sys", "information_schema", "performance_schema", "pg_catalog", *OF_SCHEMAS}
)
"""Schemas in which nothing is a project's own."""
ALWAYS_THERE: Final = frozenset({"public", "pg_catalog", "information_schema", "pg_temp"})
"""Schemas that PostgreSQL has without being asked for them."""
OF_EXTENSIONS: Final = {"postgis": ("spatial_ref_sys",)}
"""What extensions make in the schema that they are created in."""
OF_EXTENSIONS_ELSEWHERE: Final = {
    "postgis_topology": ("topology.topology", "topology.layer"),
    "postgis_tiger_geocoder": ("tiger.geocode_settings", "tiger.pagc_rules"),
    "pg_cron": ("cron.job", "cron.job_run_details"),
}
"""What they make in schemas of their own."""
