"""What reflection says of a replayed schema: in SQLAlchemy's terms, as a database's own dialect would."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace
from sqlalchemy.sql import elements

from foreshot.engine.build import Builder, CannotBuild
from foreshot.engine.custom import Perhaps
from foreshot.engine.defaults import GIVEN, UNKNOWN, told_literal, told_sql
from foreshot.engine.stored import stored_type
from foreshot.schema.plain import Called, Listed, Named, Plain, Unclear, placed
from foreshot.schema.state import Column, ColumnType, ForeignKey, Index, Key, Table

if TYPE_CHECKING:
    from foreshot.engine.reflection import Answering


class Answers:
    """What a dialect's reflection methods say of the tables of a schema."""

    METHODS: Final = (
        "get_check_constraints",
        "get_columns",
        "get_foreign_keys",
        "get_indexes",
        "get_pk_constraint",
        "get_schema_names",
        "get_table_comment",
        "get_table_names",
        "get_table_options",
        "get_temp_table_names",
        "get_temp_view_names",
        "get_unique_constraints",
        "get_view_names",
        "has_table",
    )

    def __init__(self, connection: Answering, name: str) -> None:
        self.connection = connection
        self.name = name
        self.dialect: Any = None
        self.builder: Builder

    def table(self, name: str, schema: str | None) -> Table | None:
        """A table with what stands on its known columns: where its creation was not seen, an index may have others."""
        table = self.known(f"{schema}.{name}" if schema else name)
        if table is None:
            return None

        def stands(over: Key | Index | ForeignKey) -> bool:
            expressions = over.expressions if isinstance(over, Index) else ()
            return all(
                column is None or place in expressions or column in table.columns
                for place, column in enumerate(over.columns)
            )

        return replace(
            table,
            primary_key=table.primary_key
            if table.primary_key is not None and stands(table.primary_key)
            else None,
            uniques=tuple(filter(stands, table.uniques)),
            indexes=tuple(filter(stands, table.indexes)),
            foreign_keys=tuple(filter(stands, table.foreign_keys)),
        )

    @cached_property
    def referred(self) -> Mapping[str, Table]:
        """Tables that no revision made and that foreign keys lead to, with as much of them as these say."""
        tables = self.connection.schema.tables
        found: dict[str, Table] = {}
        for key in [key for table in tables.values() for key in table.foreign_keys]:
            known = found.get(key.ref_table) or tables.get(key.ref_table)
            if known is None or known.there is not None:
                known = known or Table(key.ref_table, {}, key.origin)
                said = {
                    name: Column(name, ColumnType(None, None), None, key.origin) for name in key.ref_columns
                }
                found[key.ref_table] = replace(known, columns={**said, **known.columns})
        return found

    def known(self, full: str) -> Table | None:
        """A table by ``schema.name``, or one of which only foreign keys speak."""
        return self.referred.get(full) or self.connection.schema.tables.get(full)

    def get_schema_names(self, **_: Any) -> list[str]:
        found = {name.rpartition(".")[0] for name in self.connection.schema.tables if "." in name}
        return sorted(found | ({self.dialect.default_schema_name} - {None}))

    def get_table_names(self, schema: str | None = None, **_: Any) -> list[str]:
        default_schema = self.dialect.default_schema_name
        wanted = "" if schema in (None, default_schema) else schema
        names = [name.rpartition(".") for name in self.connection.listed]
        return [name for owner, _, name in names if owner == wanted]

    def has_table(self, table_name: str, schema: str | None = None, **_: Any) -> bool:
        return self.table(table_name, schema) is not None

    def get_view_names(self, *_: Any, **__: Any) -> list[str]:
        return []

    get_temp_table_names = get_temp_view_names = get_view_names

    def get_table_options(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}

    def get_check_constraints(self, *_: Any, **__: Any) -> list[dict[str, Any]]:
        return []

    def get_columns(self, table_name: str, schema: str | None = None, **_: Any) -> list[dict[str, Any]]:
        table = self.table(table_name, schema)
        return [self.column(column) for column in table.columns.values()] if table is not None else []

    def column(self, column: Column) -> dict[str, Any]:
        found: dict[str, Any] = {
            "name": column.name,
            "type": self.type(column),
            "nullable": True if column.nullable is None else column.nullable,
            "default": self.default(column),
            "comment": column.comment,
            "autoincrement": column.autoincrement,
        }
        if column.sequence is not None:
            # Alembic itself leaves out what a serial's own sequence gives.
            found["default"] = None
        if column.computed is not None:
            text = self.text(column.computed.argument("sqltext", 0))
            if text is not None:
                found["computed"] = {
                    "sqltext": text,
                    "persisted": column.computed.argument("persisted") is True,
                }
        if column.identity is not None and self.name in ("postgresql", "mssql", "oracle"):
            found["identity"] = self.identity(column.identity)
            found["autoincrement"] = True
            found["default"] = None
        return found

    def identity(self, identity: Called) -> dict[str, Any]:
        given = {key: value for key, value in identity.keywords if isinstance(value, bool | int)}
        always = given.get("always", identity.args[0] if identity.args else False)
        found: dict[str, Any] = {
            "always": always is True,
            "start": 1,
            "increment": 1,
            "minvalue": 1,
            "maxvalue": 2**31 - 1,
            "cycle": False,
            "cache": 1,
        }
        found.update({key: value for key, value in given.items() if key in found})
        return found

    @cached_property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The known values of the schema's enum types, by their names in lower case."""
        return {
            name.lower(): tuple(value for value in enum.values if value is not None)
            for name, enum in self.connection.schema.enums.items()
        }

    def type(self, column: Column) -> Any:
        kind = column.type
        if kind.enum is not None:
            enum = self.connection.schema.enums.get(kind.enum)
            if enum is not None:
                values = [value for value in enum.values if value is not None]
                schema, _, name = kind.enum.rpartition(".")
                from sqlalchemy.dialects import postgresql

                return postgresql.ENUM(*values, name=name, schema=schema or None)
        if kind.stored is not None:
            return stored_type(kind.stored, self.dialect, self.labels)
        if kind.written is not None:
            return self.builder.type(placed(kind.written))
        return Perhaps("NULL")

    def default(self, column: Column) -> str | None:
        value, stored = column.default, column.type.stored
        match value:
            case None:
                return None
            case str():
                return told_literal(value, self.name, stored)
            case Unclear():
                return UNKNOWN
            case bool() | int() | float():
                return str(value)
            case _:
                text = self.text(value)
                return GIVEN if text is None else told_sql(text, self.name, stored)

    def text(self, value: Plain) -> str | None:
        if isinstance(value, str):
            return value
        if not isinstance(value, Called | Named | Listed):
            return None
        try:
            made = self.builder.value(placed(value))
        except CannotBuild:
            return None
        if isinstance(made, elements.TextClause):
            return made.text
        if isinstance(made, elements.ClauseElement):
            try:
                return str(made.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True}))
            except Exception:
                return None
        return made if isinstance(made, str) else None

    def get_pk_constraint(self, table_name: str, schema: str | None = None, **_: Any) -> dict[str, Any]:
        table = self.table(table_name, schema)
        key = table.primary_key if table is not None else None
        return {"name": key.name if key else None, "constrained_columns": list(key.columns) if key else []}

    def get_foreign_keys(self, table_name: str, schema: str | None = None, **_: Any) -> list[dict[str, Any]]:
        table = self.table(table_name, schema)
        found: list[dict[str, Any]] = []
        for key in table.foreign_keys if table is not None else ():
            owner, _dot, name = key.ref_table.rpartition(".")
            other_table = self.known(key.ref_table)
            if other_table is None:
                continue
            rules = {"ondelete": key.ondelete, "onupdate": key.onupdate}
            options = {rule: text for rule, text in rules.items() if text and text.upper() != "NO ACTION"}
            if self.name in ("mysql", "mariadb"):
                options = {rule: text for rule, text in options.items() if text.upper() != "RESTRICT"}
            elif key.deferrable:
                options |= {"deferrable": True, "initially": "DEFERRED" if key.deferred else None}
            columns = list(key.ref_columns)
            if not columns:
                other = other_table.primary_key
                columns = list(other.columns) if other is not None else []
            if len(columns) != len(key.columns) or not other_table.columns.keys() >= set(columns):
                continue
            found.append(
                {
                    "name": key.name,
                    "constrained_columns": list(key.columns),
                    "referred_schema": owner or None,
                    "referred_table": name,
                    "referred_columns": columns,
                    "options": options,
                }
            )
        return found

    def get_unique_constraints(
        self, table_name: str, schema: str | None = None, **_: Any
    ) -> list[dict[str, Any]]:
        table = self.table(table_name, schema)
        if table is None:
            return []
        found: list[dict[str, Any]] = [
            {"name": key.name, "column_names": list(key.columns), "dialect_options": _together(key)}
            for key in table.uniques
        ]
        if self.name in ("mysql", "mariadb"):
            for item in found:
                item["duplicates_index"] = item["name"]
            found += [
                {"name": index.name, "column_names": list(index.columns), "duplicates_index": index.name}
                for index in table.indexes
                if index.unique and not index.expressions
            ]
        return found

    def get_indexes(self, table_name: str, schema: str | None = None, **_: Any) -> list[dict[str, Any]]:
        table = self.table(table_name, schema)
        if table is None:
            return []
        mysql = self.name in ("mysql", "mariadb")
        found = [
            self.index(index)
            for index in table.indexes
            if index.name is not None and None not in index.columns and (mysql or index.implied_by is None)
        ]
        if mysql:
            found += [
                {"name": key.name, "column_names": list(key.columns), "unique": True} for key in table.uniques
            ]
        return found

    def index(self, index: Index) -> dict[str, Any]:
        found: dict[str, Any] = {
            "name": index.name,
            "unique": index.unique,
            "column_names": [
                None if place in index.expressions else column for place, column in enumerate(index.columns)
            ],
            "dialect_options": _together(index),
        }
        if index.expressions:
            found["expressions"] = list(index.columns)
        if self.name == "postgresql":
            found["column_sorting"] = {
                column: tuple(order.replace("nulls ", "nulls_").split())
                for column, order in zip(index.columns, index.orders, strict=False)
                if order
            }
            where = self.text(index.where)
            if where is not None:
                found["dialect_options"]["postgresql_where"] = where
            if index.using not in (None, "btree"):
                found["dialect_options"]["postgresql_using"] = index.using
            if index.include:
                found["include_columns"] = list(index.include)
                found["dialect_options"]["postgresql_include"] = list(index.include)
        return found

    def get_table_comment(self, table_name: str, schema: str | None = None, **_: Any) -> Mapping[str, Any]:
        table = self.table(table_name, schema)
        return {"text": table.comment if table is not None else None}


def _together(over: Key | Index) -> dict[str, Any]:
    """The option that reflection gives where two NULLs are the same, and only there."""
    return {"postgresql_nulls_not_distinct": True} if over.nulls_not_distinct else {}
