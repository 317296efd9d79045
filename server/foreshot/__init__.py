"""Foreshot: a language server and linter for Alembic migrations."""

__version__ = "0.1.0"
