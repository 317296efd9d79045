"""Where a new revision file goes and what stands in it, as Alembic itself would have it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

from foreshot.project.environment import Environment
from foreshot.project.template import NewRevision, Refused, render, render_generic
from foreshot.text import SourceText

_WORD = re.compile(r"\w+")
_FIELD = re.compile(r"%\((?P<name>\w+)\)(?P<format>\d{0,9}[sd])|%%")
_DEFAULT_TEMPLATE: Final = "%(rev)s_%(slug)s"
_SLUG_LENGTH: Final = 40


def revision_id(*origins: str) -> str:
    """A revision id that follows from what the revision is made of: the same question, the same id."""
    return blake2b("\n".join(origins).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def creation_date() -> datetime:
    """Now, or the moment that ``SOURCE_DATE_EPOCH`` names, as tools that make files agree on."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC).replace(tzinfo=None) if epoch.isdigit() else datetime.now()  # noqa: DTZ005


def new_revision(
    environment: Environment,
    template: SourceText | None,
    revision: str,
    down_revision: str | tuple[str, ...] | None,
    message: str,
    *,
    folder: str | None = None,
    imports: Sequence[str] = (),
    upgrades: str = "",
    downgrades: str = "",
) -> tuple[str, str]:
    """Path and text of a new revision file, from the project's own template where it can be rendered safely.

    Args:
        environment: the environment that it belongs to.
        template: the text of its ``script.py.mako``.
        revision: the new id.
        down_revision: what it follows.
        message: what it is about, in one line.
        folder: where it goes; by default the environment's first version folder.
        imports: import statements that its code needs.
        upgrades: code of ``upgrade()``, without indentation; empty for none.
        downgrades: code of ``downgrade()``.
    """
    date = creation_date()
    values = NewRevision(
        up_revision=revision,
        down_revision=down_revision,
        message=message,
        create_date=date,
        imports=imports,
        upgrades=upgrades,
        downgrades=downgrades,
    )
    rendered = render(template, values, environment.databases) if template is not None else None
    if rendered is None or isinstance(rendered, Refused):
        rendered = render_generic(values, environment.databases)
    place = folder or environment.version_dirs[0]
    return f"{place}/{_file_name(environment, revision, message, date)}.py", rendered


def _file_name(environment: Environment, revision: str, message: str, date: datetime) -> str:
    option = environment.option("file_template")
    template = option.value if option is not None and isinstance(option.value, str) else _DEFAULT_TEMPLATE
    slug = "_".join(_WORD.findall(message)).lower()
    if len(slug) > _SLUG_LENGTH:
        slug = slug[:_SLUG_LENGTH].rsplit("_", 1)[0] + "_"
    values: dict[str, object] = {
        "rev": revision,
        "slug": slug,
        "epoch": int(date.timestamp()),
        "year": date.year,
        "month": date.month,
        "day": date.day,
        "hour": date.hour,
        "minute": date.minute,
        "second": date.second,
    }

    def field(match: re.Match[str]) -> str:
        if match["name"] is None:
            return "%"
        value = values.get(match["name"])
        if value is None:
            return ""
        size = match["format"][:-1].lstrip("0")
        return str(value).rjust(min(int(size or 0), 10), "0" if match["format"].endswith("d") else " ")

    # Doubled percent signs are how an ini file writes one.
    name = _FIELD.sub(field, template.replace("%%(", "%("))
    return name if "/" not in name and name else f"{revision}_{slug}"
