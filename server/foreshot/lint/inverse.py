"""The operations that undo others, as code; what they took away is told by the schema before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from foreshot.history.revision_story import RevisionStory
from foreshot.knowledge.key_types import converts_by_itself
from foreshot.lint.context import Context
from foreshot.lint.spelling import CannotSpell, Speller
from foreshot.lint.writing import call, literal
from foreshot.migration import operations as ops
from foreshot.migration.operations import Operation, TableOperation
from foreshot.schema.plain import Plain
from foreshot.schema.state import Check, ForeignKey, Index, Key, Schema, Table
from foreshot.syntax.changes import Change

CONSTRAINT_TYPES: Final = {
    "primary key": "primary",
    "unique": "unique",
    "check": "check",
    "foreign key": "foreignkey",
}
"""What Alembic calls each kind of constraint in ``type_``."""


class Inverse(Struct, frozen=True):
    """Code that undoes something, and the imports that it needs."""

    code: str
    imports: tuple[Change, ...]


class _Call(Struct, frozen=True):
    """A method of ``op`` and its arguments; the table stands at ``at``, or is passed as ``table_name``, and a batch block has its own."""

    method: str
    arguments: tuple[str, ...]
    at: int | None = 0


def inverse(operations: Sequence[Operation], context: Context) -> Inverse | None:
    """What undoes the operations, in reverse order; None when one of them cannot be undone from what is known.

    Args:
        operations: some of one direction, in their order.
        context: the revision that they are of.
    """
    target = context.targets()[0] if context.targets() else None
    story = context.story(target) if target is not None else None
    undoing = _Undoing(context, story, operations)
    try:
        lines = list(undoing.lines())
    except CannotSpell:
        return None
    return Inverse("\n".join(lines), tuple(undoing.spell.imports)) if lines else None


class _Undoing:
    def __init__(
        self, context: Context, story: RevisionStory | None, operations: Sequence[Operation]
    ) -> None:
        self.context = context
        self.story = story
        self.operations = operations
        self.spell = Speller(context)
        self.created = {one.table_name for one in operations if isinstance(one, ops.CreateTable)}
        self.is_mysql = any(target.database in ("mysql", "mariadb") for target in context.targets())

    def lines(self) -> Iterator[str]:
        """The statements, those of one batch block in one block."""
        block: ops.Operation | None = None
        held: list[str] = []
        for operation in reversed(self.operations):
            site = operation.site
            if site.repeated or site.conditional or site.dialects is not None or site.excluded:
                raise CannotSpell
            if block is not None and (site.batch is None or site.batch != block.site.batch):
                yield self._block(block, held)
                block, held = None, []
            for made in self._undo(operation):
                if site.batch is None or not isinstance(operation, TableOperation):
                    yield self._written(made, operation)
                else:
                    block = operation
                    held.append(call(f"{site.batch.alias}.{made.method}", made.arguments))
        if block is not None:
            yield self._block(block, held)

    def _written(self, made: _Call, operation: Operation) -> str:
        arguments = list(made.arguments)
        if isinstance(operation, TableOperation):
            if made.at is None:
                arguments.append(f"table_name={self._table(operation)}")
            elif made.at >= 0:
                arguments.insert(made.at, self._table(operation))
            if isinstance(operation.schema, str) and operation.schema:
                key = "source_schema" if made.method == "create_foreign_key" else "schema"
                arguments.append(f"{key}={literal(operation.schema)}")
        return call(f"{self.context.op}.{made.method}", arguments)

    def _block(self, operation: Operation, lines: Sequence[str]) -> str:
        batch = operation.site.batch
        if batch is None or not isinstance(operation, TableOperation):
            raise CannotSpell
        schema = (
            f", schema={literal(operation.schema)}"
            if isinstance(operation.schema, str) and operation.schema
            else ""
        )
        header = (
            f"with {self.context.op}.batch_alter_table({self._table(operation)}{schema}) as {batch.alias}:"
        )
        return "\n".join([header, *("    " + line.replace("\n", "\n    ") for line in lines)])

    def _table(self, operation: TableOperation) -> str:
        table = operation.table
        if not isinstance(table, str) or not (operation.schema is None or isinstance(operation.schema, str)):
            raise CannotSpell
        if isinstance(operation, ops.RenameTable):
            return literal(_known(operation.new_name))
        return literal(table)

    def _undo(self, operation: Operation) -> Iterator[_Call]:
        if isinstance(operation, ops.SetOption | ops.ValidateConstraint | ops.Maintenance):
            return
        if operation.site.sql is not None or not isinstance(operation, TableOperation):
            raise CannotSpell
        if operation.table_name in self.created and not isinstance(operation, ops.CreateTable):
            # It goes with the table.
            return
        match operation:
            case ops.CreateTable():
                yield _Call("drop_table", ())
            case ops.DropTable():
                yield from self._dropped_table(operation)
            case ops.RenameTable():
                yield _Call("rename_table", (literal(_known(operation.table)),))
            case ops.AddColumn():
                yield _Call("drop_column", (literal(_known(operation.column.name)),))
            case ops.DropColumn():
                yield from self._dropped_column(operation)
            case ops.AlterColumn():
                yield self._altered(operation)
            case ops.CreateIndex():
                yield _Call("drop_index", (literal(_known(operation.index.name)),), None)
            case ops.DropIndex():
                yield self._index(_named(self._before(operation).indexes, operation.name))
            case ops.AddConstraint():
                constraint = operation.constraint
                if constraint.kind not in CONSTRAINT_TYPES:
                    raise CannotSpell
                yield _Call(
                    "drop_constraint",
                    (literal(_known(constraint.name)), f'type_="{CONSTRAINT_TYPES[constraint.kind]}"'),
                    1,
                )
            case ops.DropConstraint():
                yield self._dropped_constraint(operation)
            case _:
                raise CannotSpell

    # What was there before.

    def _schema(self, operation: Operation) -> Schema:
        if self.story is None:
            raise CannotSpell
        return self.story.before_operation(operation.site)

    def _before(self, operation: TableOperation) -> Table:
        schema = self._schema(operation)
        table = schema.table(operation.table_name)
        if table is None or schema.doubts(table) or table.exclusions or table.partitioned:
            raise CannotSpell
        return table

    def _dropped_table(self, operation: ops.DropTable) -> Iterator[_Call]:
        table = self._before(operation)
        if operation.cascade or table.temporary or table.without_rowid:
            raise CannotSpell
        if any(column.type.enum is not None for column in table.columns.values()):
            # Whether its type is still there, and has to be made again, depends on the database.
            raise CannotSpell
        parts = [self.spell.column(column) for column in table.columns.values()]
        sa = self.spell.sa
        if table.primary_key is not None:
            parts.append(self._key(f"{sa}.PrimaryKeyConstraint", table.primary_key))
        parts += [self._key(f"{sa}.UniqueConstraint", key) for key in table.uniques]
        parts += [self._foreign_key_in_table(key) for key in table.foreign_keys]
        parts += [
            call(f"{sa}.CheckConstraint", [self._condition(check), *self._name_of(check)])
            for check in table.checks
            if check.implied_by is None
        ]
        if table.comment is not None:
            parts.append(f"comment={literal(table.comment)}")
        # In reverse order, as all is written: an index comes behind its table.
        yield _Call("create_table", tuple(parts))
        for index in table.indexes:
            if index.implied_by is None:
                yield self._index(index)

    def _dropped_column(self, operation: ops.DropColumn) -> Iterator[_Call]:
        table = self._before(operation)
        name = _known(operation.column)
        column = table.column(name)
        if column is None or operation.cascade:
            raise CannotSpell
        if column.nullable is False and column.default is None:
            # It could not be added to a table with rows, and what it held is gone.
            raise CannotSpell
        around = (*table.uniques, *table.foreign_keys, *table.indexes, table.primary_key)
        if any(item is not None and (name in item.columns or _mentions(item, name)) for item in around):
            raise CannotSpell
        if any(name in str(check.condition) for check in table.checks):
            raise CannotSpell
        yield _Call("add_column", (self.spell.column(column),))

    def _altered(self, operation: ops.AlterColumn) -> _Call:
        name = _known(operation.column)
        column = self._before(operation).column(name)
        after = self.story.after_operation(operation.site) if self.story is not None else None
        table = after.table(operation.table_name) if after is not None else None
        new = _known(operation.new_name) if operation.new_name is not None else name
        made = table.column(new) if table is not None else None
        if column is None or made is None or column.perhaps or made.perhaps:
            raise CannotSpell
        if operation.using is not None or operation.autoincrement is not None:
            raise CannotSpell
        if column.identity != made.identity or column.computed != made.computed:
            raise CannotSpell
        arguments = [literal(new)]
        if new != name:
            arguments.append(f"new_column_name={literal(name)}")
        if column.type != made.type:
            if not converts_by_itself(made.type.stored or "", column.type.stored or ""):
                raise CannotSpell
            arguments.append(f"type_={self.spell.type(column.type)}")
            arguments.append(f"existing_type={self.spell.type(made.type)}")
        elif made.type.written is not None:
            arguments.append(f"existing_type={self.spell.type(made.type)}")
        elif self.is_mysql:
            raise CannotSpell
        if column.nullable != made.nullable:
            arguments.append(f"nullable={column.nullable}")
        elif self.is_mysql:
            arguments.append(f"existing_nullable={column.nullable}")
        if column.default != made.default:
            arguments.append(f"server_default={self.spell.value(column.default)}")
        elif self.is_mysql and column.default is not None:
            arguments.append(f"existing_server_default={self.spell.value(column.default)}")
        if column.comment != made.comment:
            arguments.append(f"comment={self.spell.value(column.comment)}")
        elif self.is_mysql and column.comment is not None:
            arguments.append(f"existing_comment={literal(column.comment)}")
        return _Call("alter_column", tuple(arguments))

    def _dropped_constraint(self, operation: ops.DropConstraint) -> _Call:
        table = self._before(operation)
        if operation.cascade:
            raise CannotSpell
        name = _known(operation.name)
        for method, keys in (
            ("create_unique_constraint", table.uniques),
            ("create_primary_key", (table.primary_key,) if table.primary_key is not None else ()),
        ):
            for key in keys:
                if key.name == name:
                    _plain(key)
                    return _Call(method, (literal(name), _columns(key.columns)), 1)
        for key in table.foreign_keys:
            if key.name == name:
                _plain(key)
                schema, _, other = key.ref_table.rpartition(".")
                arguments = [literal(name), literal(other), _columns(key.columns), _columns(key.ref_columns)]
                arguments += _rules(key)
                if schema:
                    arguments.append(f"referent_schema={literal(schema)}")
                return _Call("create_foreign_key", tuple(arguments), 1)
        for check in table.checks:
            if check.name == name and check.implied_by is None and check.validated:
                return _Call("create_check_constraint", (literal(name), self._condition(check)), 1)
        raise CannotSpell

    # Pieces of code.

    def _index(self, index: Index) -> _Call:
        if index.name is None or None in index.columns or index.valid is not True:
            raise CannotSpell
        columns = [
            f"{self.spell.sa}.text({literal(str(column))})"
            if place in index.expressions
            else literal(str(column))
            for place, column in enumerate(index.columns)
        ]
        arguments = [literal(index.name), f"[{', '.join(columns)}]"]
        if index.unique:
            arguments.append("unique=True")
        if index.using is not None:
            arguments.append(f"postgresql_using={literal(index.using)}")
        if index.include:
            arguments.append(f"postgresql_include={_columns(index.include)}")
        if index.where is not None:
            arguments.append(f"postgresql_where={self._sql(index.where)}")
        return _Call("create_index", tuple(arguments), 1)

    def _key(self, callee: str, key: Key) -> str:
        _plain(key)
        return call(callee, [*map(literal, key.columns), *self._name_of(key)])

    def _foreign_key_in_table(self, key: ForeignKey) -> str:
        _plain(key)
        referred = [f"{key.ref_table}.{column}" for column in key.ref_columns]
        return call(
            f"{self.spell.sa}.ForeignKeyConstraint",
            [_columns(key.columns), _columns(referred), *self._name_of(key), *_rules(key)],
        )

    def _name_of(self, item: Key | ForeignKey | Check) -> list[str]:
        if item.name is None or item.named == "server":
            return []
        name = literal(item.name)
        return [f"name={name}" if item.named == "written" else f"name={self.context.op}.f({name})"]

    def _condition(self, check: Check) -> str:
        if not check.validated:
            raise CannotSpell
        return literal(check.condition) if isinstance(check.condition, str) else self._sql(check.condition)

    def _sql(self, value: Plain) -> str:
        return (
            f"{self.spell.sa}.text({literal(value)})" if isinstance(value, str) else self.spell.value(value)
        )


def _known(name: object) -> str:
    if not isinstance(name, str):
        raise CannotSpell
    return name


def _named(items: Sequence[Index], name: object) -> Index:
    for item in items:
        if item.name == name and item.implied_by is None:
            return item
    raise CannotSpell


def _plain(key: Key | ForeignKey) -> None:
    if key.deferrable or (isinstance(key, ForeignKey) and not (key.validated and key.ref_columns)):
        raise CannotSpell


def _mentions(item: Key | ForeignKey | Index, name: str) -> bool:
    """Whether an expression of an index may be about a column."""
    return isinstance(item, Index) and (
        None in item.columns or name in str(item.where) or any(name in str(column) for column in item.columns)
    )


def _columns(names: Sequence[str]) -> str:
    return f"[{', '.join(map(literal, names))}]"


def _rules(key: ForeignKey) -> list[str]:
    given = (("ondelete", key.ondelete), ("onupdate", key.onupdate))
    return [f"{rule}={literal(action)}" for rule, action in given if action]
