"""Rules on env.py, script.py.mako and alembic.ini."""
