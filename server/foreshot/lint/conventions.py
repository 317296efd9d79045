"""Whether constraints without a name get one from the metadata."""

from __future__ import annotations

from foreshot.lint.context import Surroundings
from foreshot.syntax.values import Ref


def has_naming_convention(surroundings: Surroundings) -> bool | None:
    """Whether the metadata that env.py hands to Alembic has a naming convention; None when it cannot be told."""
    env = surroundings.env
    if env is None:
        return None
    if env.naming_conventions:
        return True
    metadata = env.target_metadata
    if metadata is None or not isinstance(metadata.value, Ref):
        return None
    path = metadata.value.path.removesuffix(".metadata")
    definition = surroundings.modules.definition(path)
    place = definition.dotted if definition is not None else path
    module = surroundings.modules.module(place.rpartition(".")[0])
    if module is None:
        return None
    if "naming_convention" in module.content:
        return True
    # A metadata that is made here without one has none; one that comes from elsewhere may.
    made_here = ("MetaData(", "DeclarativeBase", "declarative_base(")
    return False if any(word in module.content for word in made_here) else None
