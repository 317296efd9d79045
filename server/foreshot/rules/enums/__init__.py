"""Enum types of PostgreSQL: made, made twice, left behind."""
