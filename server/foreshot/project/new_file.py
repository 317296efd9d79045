"""Where a new revision file goes and what stands in it, as Alembic itself would have it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from foreshot.project.environment import Environment
from foreshot.project.template import NewRevision, Refused, render, render_generic
from foreshot.text import SourceText

_WORD = re.compile(r"\w+")
# One conversion of Python's `%`: name, flags, width, precision, a length that Python ignores, type.
_CONVERSION = re.compile(
    r"%(?:\((?P<name>[^()%]{1,40})\)(?P<flags>[-#0 +]{0,5})(?P<width>\d{0,2})(?P<precision>(?:\.\d{0,2})?)[hlL]?"
    r"(?P<type>[diouxXeEfFgGcrsa])|%|)"
)
_DEFAULT_TEMPLATE: Final = "%(rev)s_%(slug)s"
_SLUG_LENGTH: Final = 40
_LONGEST_NAME: Final = 200
"""Characters of one part of a path; file systems take 255 bytes."""
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f\ud800-\udfff<>:"|?*\\]')
"""What some platform reads in a name as something else, or not at all."""
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
"""Names that are devices on Windows, whatever their ending."""


def revision_id(*origins: str) -> str:
    """A revision id that follows from what the revision is made of: the same question, the same id."""
    return blake2b("\n".join(origins).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def creation_date(environment: Environment | None = None) -> datetime:
    """Now, or the moment that ``SOURCE_DATE_EPOCH`` names, as tools that make files agree on.

    In the time zone that the environment's ``timezone`` names; without one it is local time that knows no zone,
    as in Alembic.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    given = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else None
    zone = _zone(environment)
    if zone is not None:
        return (given or datetime.now(UTC)).astimezone(zone)
    return given.replace(tzinfo=None) if given is not None else datetime.now()  # noqa: DTZ005  as Alembic does


def _zone(environment: Environment | None) -> ZoneInfo | None:
    option = environment.option("timezone") if environment is not None else None
    if option is None or not isinstance(option.value, str) or not option.value:
        return None
    # Alembic tries the name as it stands, then in capitals ("utc").
    for name in (option.value, option.value.upper()):
        with suppress(ZoneInfoNotFoundError, ValueError, OSError):
            return ZoneInfo(name)
    return None


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
    # Half a character, which some editors send, is in no encoding of a file.
    message = message.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    date = creation_date(environment)
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
    """The file's name without ``.py``, with folders where the template has some (``%(year)d/%(rev)s``)."""
    slug = "_".join(_WORD.findall(message)).lower()
    longest = _slug_length(environment)
    if len(slug) > longest:
        slug = slug[:longest].rsplit("_", 1)[0] + "_"
    option = environment.option("file_template")
    template = option.value if option is not None and isinstance(option.value, str) else _DEFAULT_TEMPLATE
    values: dict[str, str | int] = {
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
    name = _formatted(template, values)
    if name is None or not all(map(is_portable_name, f"{name}.py".split("/"))):
        return f"{revision}_{slug}"
    return name


def _slug_length(environment: Environment) -> int:
    option = environment.option("truncate_slug_length")
    value = option.value if option is not None else None
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,3}", value) else _SLUG_LENGTH


def _formatted(template: str, values: Mapping[str, str | int]) -> str | None:
    """``template % values``; None where Python would raise, or where a width has more than two digits."""
    pieces: list[str] = []
    position = 0
    for match in _CONVERSION.finditer(template[:_LONGEST_NAME]):
        pieces.append(template[position : match.start()])
        position = match.end()
        if match.group() == "%%":
            pieces.append("%")
            continue
        value = values.get(match["name"] or "")
        if value is None:
            return None
        try:
            pieces.append(f"%{match['flags']}{match['width']}{match['precision']}{match['type']}" % value)
        except (TypeError, ValueError, OverflowError):
            return None
    pieces.append(template[position:])
    return "".join(pieces)


def is_portable_name(name: str) -> bool:
    """Whether a file or folder may have this name on every platform and stays where it is put.

    Refused are separators of any platform, drives and streams (``:``), ``.`` and ``..``, control characters, lone
    surrogates, what Windows takes for a device or cuts off (a last dot or blank), and over 200 characters.
    """
    if not name or len(name) > _LONGEST_NAME or name.strip(" .") == "" or name[-1] in " .":
        return False
    return not _UNSAFE.search(name) and "/" not in name and not _DEVICES.fullmatch(name)
