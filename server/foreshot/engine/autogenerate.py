"""Alembic's own comparison of models with a replayed schema, and its renderer. No database, and no code of the project."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Callable, Collection, Generator, Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from typing import Any, Final, cast

import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy import types as sqltypes

from foreshot.engine.custom import Perhaps, is_perhaps
from foreshot.engine.defaults import GIVEN, UNKNOWN, is_enclosed, is_plain
from foreshot.engine.described import Comparison, Difference, Options
from foreshot.engine.equality import same_default
from foreshot.engine.libraries import alembic
from foreshot.engine.reflection import Answering
from foreshot.engine.stored import may_be_stored_as
from foreshot.engine.target import UNKNOWN_DEFAULT, Target
from foreshot.engine.unseen import missing_checks, take_defaults
from foreshot.schema.state import Schema


def compare(
    target: Target,
    schema: Schema,
    options: Options,
    include: Callable[[Any, str | None, str, bool, Any], bool] | None = None,
    only: Collection[str] | None = None,
) -> Comparison:
    """The operations that lead from a schema to what models want.

    ``include`` is asked as Alembic asks ``include_object``; ``only`` are the tables of the schema that are compared.
    """
    connection = Answering(schema, options.dialect, options.version, only)
    again: list[Difference] = []
    context = _context(connection, target, options, include, again)
    api, ops = alembic("autogenerate.api"), alembic("operations.ops")
    script = ops.MigrationScript(
        rev_id=None,
        upgrade_ops=ops.UpgradeOps([]),
        downgrade_ops=ops.DowngradeOps([]),
        message=None,
        imports=set(),
        head=None,
        splice=None,
        branch_label=None,
        version_path=None,
        depends_on=None,
    )
    autogen = api.AutogenContext(context, metadata=list(target.metadatas))
    autogen.__dict__["inspector"] = connection.inspector
    with _quiet():
        alembic("autogenerate.compare")._populate_migration_script(autogen, script)
    upgrade, downgrade = script.upgrade_ops_list[0], script.downgrade_ops_list[0]
    missed: list[Any] = []
    if options.unseen:
        missed += missing_checks(target, schema)
    if not options.compare_server_default:
        missed[:0] = take_defaults(upgrade)
        connection.undecided.clear()
        connection.undecided_tables.clear()
        again.clear()
    _put_in_order(upgrade.ops, schema)
    upgrade.reverse_into(downgrade)
    render = alembic("autogenerate.render")
    with _quiet():
        differences = tuple(_differences(upgrade, autogen, render))
        unseen = tuple(_differences(ops.UpgradeOps(missed), autogen, render))
        text, back = (_body(part, autogen, render) for part in (upgrade, downgrade))
    return Comparison(
        differences,
        text,
        back,
        tuple(sorted(autogen.imports)),
        tuple(connection.undecided),
        tuple(again),
        frozenset(connection.undecided_tables),
        unseen,
    )


def _put_in_order(found: list[Any], schema: Schema) -> None:
    """Sort what Alembic brings in the order of a set, so that the same models give the same text.

    A table goes behind those that refer to it, others come by name.
    """
    ops = alembic("operations.ops")
    gone = sorted(_table_of(op) for op in found if isinstance(op, ops.DropTableOp))
    referring: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(gone, ()))
    together = set(gone)
    for name in gone:
        table = schema.tables.get(name)
        for key in table.foreign_keys if table is not None else ():
            if key.ref_table in together and key.ref_table != name:
                referring.add(key.ref_table, name)
    with contextlib.suppress(CycleError):
        gone = list(referring.static_order())
    ranks = {name: rank for rank, name in enumerate(gone)}
    made = {_table_of(op) for op in found if isinstance(op, ops.CreateTableOp)}

    def place(op: Any) -> tuple[int, int, str]:
        name = _table_of(op)
        if name in made:
            return 0, 0, ""
        return (1, ranks[name], "") if name in ranks else (2, 0, name)

    found.sort(key=place)
    for op in found:
        if isinstance(op, ops.ModifyTableOps):
            # Within one table it is keys that come in the order of a set; every other kind keeps its place.
            op.ops = [one for _, run in groupby(op.ops, _kind_of) for one in sorted(run, key=_place_in_table)]


def _kind_of(op: Any) -> str:
    ops = alembic("operations.ops")
    if isinstance(op, ops.CreateForeignKeyOp) or getattr(op, "constraint_type", None) == "foreignkey":
        return "foreign key"
    return "unique" if isinstance(op, ops.CreateUniqueConstraintOp) else ""


def _place_in_table(op: Any) -> tuple[bool, bool, str, list[str]]:
    """Keys that go before those that come, and those that have a name in its order."""
    kind = _kind_of(op)
    if not kind:
        return False, False, "", []
    comes = not isinstance(op, alembic("operations.ops").DropConstraintOp)
    name = op.constraint_name
    columns = (
        [str(column) for column in (op.local_cols if kind == "foreign key" else op.columns)] if comes else []
    )
    return comes, name is None, str(name or ""), columns


def _table_of(op: Any) -> str:
    return f"{op.schema}.{op.table_name}" if op.schema else str(op.table_name)


def _context(
    connection: Answering, target: Target, options: Options, include: Any, again: list[Difference]
) -> Any:
    dialect = connection.dialect

    def compare_type(_context: Any, _column: Any, _model: Any, inspected: Any, wanted: Any) -> bool | None:
        if is_perhaps(inspected, dialect) or is_perhaps(wanted, dialect):
            return False
        return _same_type(inspected, wanted, dialect)

    opts: dict[str, Any] = {
        "target_metadata": list(target.metadatas),
        "compare_type": compare_type if options.compare_type else False,
        "compare_server_default": options.compare_server_default or options.unseen,
        "include_schemas": options.include_schemas,
        "version_table": options.version_table,
        "version_table_schema": options.version_table_schema,
        "alembic_module_prefix": options.alembic_module_prefix,
        "sqlalchemy_module_prefix": options.sqlalchemy_module_prefix,
        "user_module_prefix": options.user_module_prefix,
        "render_as_batch": options.render_as_batch,
        "render_item": None,
        "upgrade_token": "upgrades",
        "downgrade_token": "downgrades",
    }
    if include is not None:
        opts["include_object"] = include
    made = alembic("runtime.migration").MigrationContext(dialect, cast("Any", connection), opts, None)
    made.impl.compare_server_default = _defaults(made.impl.compare_server_default, connection, again)
    return made


def _defaults(
    asked: Callable[..., bool], connection: Answering, again: list[Difference]
) -> Callable[..., bool]:
    """Alembic's comparison of defaults, where both are known, or one that is there meets none."""

    def compare_default(column: Any, model: Any, rendered: str | None, inspected: str | None) -> bool:
        known = len(connection.undecided)
        differs = compared(column, model, rendered, inspected)
        if len(connection.undecided) > known:
            connection.undecided_tables.add(model.table.fullname)
        return differs

    def compared(column: Any, model: Any, rendered: str | None, inspected: str | None) -> bool:
        unknown = bool(model.info.get(UNKNOWN_DEFAULT))
        if inspected == GIVEN and rendered is None and not unknown and model.server_default is None:
            return True
        if not rendered and _is_empty(inspected, model):
            if connection.dialect.name != "postgresql":
                # Alembic takes an empty text for none, and would write the same default again and again. PostgreSQL itself is asked, and finds them equal.
                again.append(
                    Difference(
                        "modify_default", model.table.schema, model.table.name, model.name, None, (), ""
                    )
                )
            return False
        if unknown or inspected in (UNKNOWN, GIVEN):
            connection.undecided.append(f"{model.table.name}.{model.name}")
            return False
        if rendered is None or inspected is None or connection.dialect.name in ("postgresql", "sqlite"):
            return asked(column, model, rendered, inspected)
        if connection.dialect.name == "mysql" and is_plain(inspected):
            return asked(column, model, rendered, inspected)
        same = same_default(inspected, rendered)
        if same is None:
            connection.undecided.append(f"{model.table.name}.{model.name}")
        return same is False

    return compare_default


def _is_empty(inspected: str | None, model: Any) -> bool:
    """Whether a default is the empty text on both sides."""
    given = getattr(model.server_default, "arg", None)
    text = (inspected or "").partition("::")[0]
    return isinstance(given, str) and not given and (text[1:-1] if is_enclosed(text) else text) == "''"


def _same_type(inspected: Any, wanted: Any, dialect: Any) -> bool | None:
    """None: Alembic's own comparison; False: no difference, where Alembic could not compile one of them or no migration could make one."""
    written: list[str] = []
    for type_ in (inspected, wanted):
        if isinstance(type_, sqltypes.NullType):
            return False
        try:
            written.append(dialect.type_compiler_instance.process(type_))
        except Exception:
            return False
    stored, asked = written
    return False if dialect.name == "mysql" and may_be_stored_as(asked, stored) else None


@contextlib.contextmanager
def _quiet() -> Generator[None]:
    logger = logging.getLogger("alembic")
    before, logger.disabled = logger.disabled, True
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before
        logger.setLevel(level)


def _differences(container: Any, autogen: Any, render: Any) -> Iterator[Difference]:
    ops = alembic("operations.ops")
    pending: list[Any] = list(reversed(container.ops))
    while pending:
        op = pending.pop()
        if isinstance(op, ops.OpContainer):
            pending.extend(reversed(op.ops))
            continue
        altered = isinstance(op, ops.AlterColumnOp) and autogen.dialect.name == "postgresql"
        if altered and isinstance(op.existing_type, Perhaps):
            # Nothing that PostgreSQL is told to change restates the type.
            op.existing_type = None
        text = "\n".join(_lines(op, autogen, render))
        try:
            reverse = "\n".join(_lines(op.reverse(), autogen, render))
        except (NotImplementedError, ValueError, AttributeError):
            reverse = ""
        if GIVEN in reverse:
            # What it was is not known, so that nobody can write it down.
            reverse = ""
        diffs = op.to_diff_tuple()
        for diff in diffs if isinstance(diffs, list) else [diffs]:  # pyright: ignore[reportUnknownVariableType]
            was, wanted = _sides(diff, autogen.dialect)
            yield replace(_difference(diff, op, text, reverse), was=was, wanted=wanted)


def _sides(diff: Any, dialect: Any) -> tuple[str, str]:
    """What differs, as the history and as the models have it."""
    match str(diff[0]):
        case "modify_type":
            was, wanted = (dialect.type_compiler_instance.process(side) for side in diff[-2:])
            return was, wanted
        case "modify_nullable":
            was, wanted = ("NULL" if side else "NOT NULL" for side in diff[-2:])
            return was, wanted
        case "remove_fk":
            return _rules(diff[1]), ""
        case "add_fk":
            return "", _rules(diff[1])
        case "remove_index":
            return _uniqueness(diff[1]), ""
        case "add_index":
            return "", _uniqueness(diff[1])
        case _:
            return "", ""


def _uniqueness(index: Any) -> str:
    return "unique" if index.unique else "not unique"


def _rules(key: Any) -> str:
    given = (("ON DELETE", key.ondelete), ("ON UPDATE", key.onupdate))
    late = "INITIALLY DEFERRED" if (key.initially or "").upper() == "DEFERRED" else "DEFERRABLE"
    actions = [f"{rule} {action}" for rule, action in given if action]
    return " ".join([*actions, late] if key.deferrable or key.initially else actions)


def _difference(diff: Any, op: Any, text: str, reverse: str) -> Difference:
    kind = str(diff[0])
    schema, table, column, name = getattr(op, "schema", None), getattr(op, "table_name", ""), None, None
    columns: tuple[str, ...] = ()
    # Behind a table whose comment is set stands what its comment was.
    item = diff[1] if kind == "add_table_comment" else diff[-1]
    if kind.startswith("modify_"):
        column = str(diff[3])
    elif kind in ("add_column", "remove_column"):
        column = str(item.name)
    elif isinstance(item, sa.CheckConstraint):
        # In a table of its own, which has no columns.
        kind, name = "add_check", str(item.name)
    elif isinstance(item, sa.Table):
        table, schema = item.name, item.schema
    else:
        name = str(item.name) if item.name is not None else None
        owner = item.table
        table, schema = owner.name, owner.schema
        if isinstance(item, sa.Constraint | sa.Index):
            columns = tuple(str(each.name) for each in cast("Any", item).columns)
    return Difference(kind, schema, str(table), column, name, columns, text, reverse)


def _lines(op: Any, autogen: Any, render: Any) -> list[str]:
    return list(render.render_op(autogen, op))


def _body(container: Any, autogen: Any, render: Any) -> str:
    text = str(render._render_cmd_body(container, autogen))
    marks: Final = "# ### "
    kept = [line for line in text.splitlines() if not line.startswith(marks)]
    return "\n".join(kept).strip()
