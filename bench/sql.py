"""Hold the SQL of revisions against what Alembic prints of them with ``--sql``.

python bench/sql.py [--dialect postgresql] FOLDER...     folders with Alembic projects, such as checkouts

Alembic runs each revision's ``upgrade()`` here, so this is for code that you would run. A revision that cannot be imported or that stops without
a database is left out, and counted. Compared are the statements of each revision; those that Foreshot says it cannot tell are counted apart.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import signal
import sys
import types
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from foreshot.engine.reflection import compiling_dialect
from foreshot.project.discover import find_environments
from foreshot.project.disk import DiskFiles
from foreshot.project.files import Files
from foreshot.text import SourceText
from foreshot.workspace.histories import target_of
from foreshot.workspace.reading import read_history
from foreshot.workspace.sql_of import sql_of


def main() -> None:
    """Print a line a project, and the sum."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--dialect", default="postgresql")
    parser.add_argument("--show", type=int, default=0, help="so many differences of each project")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    whole: Counter[str] = Counter()
    for folder in options.folders:
        root = str(Path(folder).resolve())
        files = Files(disk=DiskFiles([root]))
        for environment in find_environments(files, root):
            counts = of_environment(files, environment, options.dialect, options.show)
            whole.update(counts)
            print(Path(environment.script_location).relative_to(Path(root).parent), told(counts), flush=True)
    print("all", told(whole))


def told(counts: Counter[str]) -> str:
    """The counts in a line."""
    known = counts["equal"] + counts["other"]
    share = f"{counts['equal'] / known:.2%}" if known else "-"
    return (
        f"{counts['revisions']} revisions, {counts['left out']} left out; statements equal {counts['equal']} of {known} ({share}),"
        f" not told {counts['not told']}"
    )


def of_environment(files: Files, environment: Any, dialect: str, show: int) -> Counter[str]:
    """What comes of the revisions of one environment."""
    counts: Counter[str] = Counter()
    surroundings, told_ = read_history(files, environment, dialect)
    conventions = dict(target_of(surroundings, dialect).conventions)
    for path in sorted(told_):
        source = files.read(path)
        if not isinstance(source, SourceText):
            continue
        counts["revisions"] += 1
        theirs = printed(path, dialect, conventions)
        ours = sql_of(source, surroundings, dialect)
        if theirs is None or ours is None:
            counts["left out"] += 1
            continue
        mine = [part for statement in ours.statements if not statement.why for part in parts(statement.sql)]
        unknown = sum(bool(statement.why) for statement in ours.statements)
        expected = Counter(parts(theirs))
        equal = sum((Counter(mine) & expected).values())
        counts["equal"] += equal
        counts["not told"] += unknown
        # What is said to be unknown excuses as many statements of theirs, or all where one call may be many.
        counts["other"] += len(mine) - equal
        if not unknown:
            counts["other"] += sum((expected - Counter(mine)).values())
        if show and Counter(mine) != expected and (not unknown or len(mine) > equal):
            show -= 1
            print("   ", path)
            for part in (Counter(mine) - expected).elements():
                print("      ours  ", " ".join(part.split())[:200])
            for part in (expected - Counter(mine)).elements():
                print("      theirs", " ".join(part.split())[:200])
    return counts


def parts(text: str) -> list[str]:
    """The statements of a text, without what belongs to the transaction."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    found = [part.strip() for part in lines.split("\n\n")]
    return [
        part for part in found if part and part not in ("BEGIN;", "COMMIT;") and not part.startswith("--")
    ]


def printed(path: str, dialect: str, conventions: dict[str, str]) -> str | None:
    """What ``upgrade()`` prints without a database; None where it does not run here."""
    out = io.StringIO()
    metadata = sa.MetaData(naming_convention=conventions or None)
    opts = {"as_sql": True, "output_buffer": out, "target_metadata": metadata, "literal_binds": True}
    context = MigrationContext(compiling_dialect(dialect), None, opts)
    try:
        signal.alarm(20)
        spec = importlib.util.spec_from_file_location("a_revision", path)
        assert spec is not None and spec.loader is not None
        module = types.ModuleType("a_revision")
        module.__file__ = path
        with Operations.context(context):
            spec.loader.exec_module(module)
            module.upgrade()
    except BaseException:
        return None
    finally:
        signal.alarm(0)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
