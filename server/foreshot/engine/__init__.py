"""The bridge to real SQLAlchemy and Alembic objects. Loaded when it is asked for; nothing of a project is imported or run."""
