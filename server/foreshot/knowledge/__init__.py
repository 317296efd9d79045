"""What a database does for an operation: locks, scans, rewrites, failures. Data and pure functions, measured.

``effects_of(operation, target, facts=…)`` is the question; ``compare_types``, ``default_name`` and ``volatility``
answer smaller ones. Rules, hover and documentation ask here and nowhere else, so that they cannot disagree.
"""

from __future__ import annotations

from foreshot.knowledge.added_columns import makes_keys
from foreshot.knowledge.databases import (
    DATABASES,
    DISPLAY_NAMES,
    SUPPORTED,
    Database,
    Target,
    Version,
    default_name,
    excess_length,
    identifier_limit,
    shortened,
    sqlalchemy_index_name,
    target,
    transactional_ddl,
)
from foreshot.knowledge.defaults import Volatility, volatility, volatility_of_sql
from foreshot.knowledge.effects import NO_EFFECT, NOTHING_KNOWN, Effect, effects_of
from foreshot.knowledge.facts import Facts
from foreshot.knowledge.locks import Lock
from foreshot.knowledge.risk import Risk, risk
from foreshot.knowledge.sql_types import parse_sql_type
from foreshot.knowledge.sqltype import CUSTOM, SqlType
from foreshot.knowledge.type_changes import TypeChange, compare_types
from foreshot.knowledge.types import classify, classify_value
from foreshot.knowledge.words import describe

__all__ = [
    "CUSTOM",
    "DATABASES",
    "DISPLAY_NAMES",
    "NOTHING_KNOWN",
    "NO_EFFECT",
    "SUPPORTED",
    "Database",
    "Effect",
    "Facts",
    "Lock",
    "Risk",
    "SqlType",
    "Target",
    "TypeChange",
    "Version",
    "Volatility",
    "classify",
    "classify_value",
    "compare_types",
    "default_name",
    "describe",
    "effects_of",
    "excess_length",
    "identifier_limit",
    "makes_keys",
    "parse_sql_type",
    "risk",
    "shortened",
    "sqlalchemy_index_name",
    "target",
    "transactional_ddl",
    "volatility",
    "volatility_of_sql",
]
