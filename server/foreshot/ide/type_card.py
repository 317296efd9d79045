"""The card of a column type of the project's own: where it is defined, and how autogenerate would write it."""

from __future__ import annotations

from foreshot.ide.ids import Place, short
from foreshot.ide.markup import file_link, said
from foreshot.lint.words import code, codes
from foreshot.migration.operations import TypeSpec
from foreshot.project.env_facts import Argument
from foreshot.project.modules import Definition
from foreshot.syntax.values import Unknown
from foreshot.workspace.project import Project

_MANY = 4


def type_place(project: Project, spec: TypeSpec) -> Place | None:
    """Where the class of a type is defined in the workspace; None when it is not there."""
    definition = _definition(project, spec)
    return Place(definition.path, definition.name) if definition is not None else None


def type_card(project: Project, spec: TypeSpec) -> str | None:
    """The type as Markdown; None for one that is not defined in the workspace."""
    definition = _definition(project, spec)
    if definition is None:
        return None
    source = project.source(definition.path)
    row = source.lines.position(definition.name.start)[0] if source is not None else None
    bases = f", a {codes(definition.node_bases[:_MANY])}" if definition.node_bases else ""
    where = file_link(short(project, definition.path), definition.path, row)
    return (
        f"{code(definition.dotted)}{bases}\n\nDefined in {where}\n\n{said(_rendering(project, definition))}"
    )


def _definition(project: Project, spec: TypeSpec) -> Definition | None:
    return project.surroundings.modules.definition(spec.path)


def _rendering(project: Project, definition: Definition) -> str:
    """What ``alembic revision --autogenerate`` writes for it (``alembic/autogenerate/render.py``, ``_repr_type``)."""
    env = project.surroundings.env
    if env is None:
        return ""
    module, _, name = definition.dotted.rpartition(".")
    prefix = env.argument("user_module_prefix")
    custom = env.argument("render_item")
    unless = ""
    if isinstance(custom, Argument) and custom.value is not None:
        unless = ", unless `render_item` in env.py says otherwise"
    match prefix:
        case Argument(value=str() as text):
            return f"Autogenerate writes {code(f'{text}{name}(…)')}, after `user_module_prefix` in env.py{unless}."
        case Unknown() | Argument(value=Unknown()):
            return "Autogenerate writes it after `user_module_prefix` in env.py, whose value is not known."
        case _:
            return (
                f"Autogenerate writes {code(f'{definition.dotted}(…)')}{unless}; the new file still needs"
                f" {code(f'import {module}')}."
            )
