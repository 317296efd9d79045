"""A schema as SQL: what would make it on an empty database."""

from __future__ import annotations

from collections.abc import Iterator

from foreshot.schema.plain import Called, sql_text
from foreshot.schema.show import shown, written
from foreshot.schema.state import Column, Index, Schema, Table

_PLAIN_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


def as_sql(schema: Schema, dialect: str) -> Iterator[str]:
    """Statements, one a line or a block, in an order in which a server takes them."""
    writer = _Writer(dialect)
    for enum in schema.enums.values():
        labels = ", ".join(sql_text(value or "?") for value in enum.values)
        yield f"CREATE TYPE {writer.name(enum.name)} AS ENUM ({labels});"
    for table in shown(schema):
        yield writer.table(table)
    for table in shown(schema):
        yield from writer.indexes(table)
    if dialect != "sqlite":
        for table in shown(schema):
            for item in writer.keys(table):
                yield f"ALTER TABLE {writer.name(table.name)} ADD {item};"
    for view in schema.views.values():
        if view.definition:
            yield view.definition.rstrip().rstrip(";") + ";"


class _Writer:
    def __init__(self, dialect: str) -> None:
        self._dialect = dialect
        self._quote = "`" if dialect in ("mysql", "mariadb") else '"'

    def name(self, name: str) -> str:
        return ".".join(
            part if set(part) <= _PLAIN_WORD else f"{self._quote}{part}{self._quote}"
            for part in name.split(".")
        )

    def _names(self, names: tuple[str | None, ...]) -> str:
        return ", ".join(self.name(name) if name is not None else "?" for name in names)

    def _constraint(self, name: str | None) -> str:
        return f"CONSTRAINT {self.name(name)} " if name else ""

    def table(self, table: Table) -> str:
        lines = [self._column(column) for column in table.columns.values()]
        if table.primary_key is not None:
            key = table.primary_key
            lines.append(f"{self._constraint(key.name)}PRIMARY KEY ({self._names(key.columns)})")
        lines += [
            f"{self._constraint(item.name)}UNIQUE ({self._names(item.columns)})" for item in table.uniques
        ]
        for check in table.checks:
            condition = written(check.condition, quoted=False)
            if condition:
                lines.append(f"{self._constraint(check.name)}CHECK ({condition})")
        if self._dialect == "sqlite":
            lines += self.keys(table)
        body = ",\n".join(f"    {line}" for line in lines)
        return f"CREATE TABLE {self.name(table.name)} (\n{body}\n);"

    def _column(self, column: Column) -> str:
        parts = [self.name(column.name), column.type.stored or "?"]
        if column.sequence is not None:
            parts[1] = {"INTEGER": "SERIAL", "BIGINT": "BIGSERIAL", "SMALLINT": "SMALLSERIAL"}.get(
                parts[1], parts[1]
            )
        if column.computed is not None:
            parts.append(
                f"GENERATED ALWAYS AS ({written(column.computed.argument('sqltext', 0), quoted=False)}) STORED"
            )
        elif column.identity is not None:
            always = "ALWAYS" if column.identity.argument("always") is True else "BY DEFAULT"
            parts.append(f"GENERATED {always} AS IDENTITY")
        elif column.default is not None:
            parts.append(f"DEFAULT {written(column.default)}")
        if column.nullable is False:
            parts.append("NOT NULL")
        if column.autoincrement and self._dialect in ("mysql", "mariadb"):
            parts.append("AUTO_INCREMENT")
        return " ".join(parts)

    def keys(self, table: Table) -> list[str]:
        found: list[str] = []
        for item in table.foreign_keys:
            end = f" ON DELETE {item.ondelete}" if item.ondelete else ""
            end += f" ON UPDATE {item.onupdate}" if item.onupdate else ""
            end += " DEFERRABLE" if item.deferrable else ""
            end += " INITIALLY DEFERRED" if item.deferred else ""
            end += "" if item.validated else " NOT VALID"
            found.append(
                f"{self._constraint(item.name)}FOREIGN KEY ({self._names(item.columns)}) "
                f"REFERENCES {self.name(item.ref_table)} ({self._names(item.ref_columns)}){end}"
            )
        return found

    def indexes(self, table: Table) -> Iterator[str]:
        for item in table.indexes:
            if item.implied_by is not None:
                continue
            unique = "UNIQUE " if item.unique else ""
            using = f" USING {item.using}" if item.using and self._dialect == "postgresql" else ""
            where = (
                f" WHERE {written(item.where, quoted=False)}" if isinstance(item.where, str | Called) else ""
            )
            yield (
                f"CREATE {unique}INDEX {self.name(item.name or '')} ON {self.name(table.name)}{using} "
                f"({', '.join(self._element(item, place) for place in range(len(item.columns)))}){where};"
            )

    def _element(self, index: Index, place: int) -> str:
        name, order = self._names(index.columns[place : place + 1]), index.order(place)
        return f"{name} {order.upper()}" if order else name
