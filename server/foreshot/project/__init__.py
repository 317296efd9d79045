"""Where things are in a workspace: Alembic environments, their configuration, env.py, templates and Foreshot's settings."""
