"""Reports and projects made up for the output of them."""

from __future__ import annotations

from collections.abc import Sequence

from foreshot.lint.finding import NewFile
from foreshot.lint.report import Offer, RelatedPlace, Report
from foreshot.migration.revision_parts import RevisionHeader
from foreshot.text import Edit, SourceText, Span
from foreshot.workspace.resolve import ResolvedFix

FOLDER = "/srv/shop"
VERSIONS = f"{FOLDER}/migrations/versions"

PLAIN = SourceText(
    '''"""add an index"""

revision = "1a2b3c"
down_revision = None


def upgrade():
    op.create_index(
        "ix_users_email", "users", ["email"]
    )
'''
)
# Windows line ends, a tab, wide characters, an accent of its own, an escape sequence, an override of direction.
ODD = SourceText(
    "def upgrade():\r\n"
    "\top.drop_column('用户', 'naïve')\r\n"
    "    op.execute('DROP TABLE e\u0301tat /* \x1b[2J\u202egnihton */')\r\n"
    "    op.alter_column(\r\n"
    "        'users', 'name', nullable=False,\r\n"
    "    )\r\n"
)
LONG = SourceText(
    "def upgrade():\n    op.execute(" + "'padding ' " * 20 + "'DROP TABLE users'" + " 'more' " * 20 + ")\n"
)


class FakeProject:
    """A project that was checked, with texts and repairs at hand."""

    def __init__(
        self,
        reports: Sequence[Report],
        sources: dict[str, SourceText],
        fixes: dict[str, list[ResolvedFix]] | None = None,
        files: int = 3,
    ) -> None:
        self.reports = tuple(reports)
        self.paths = list(dict.fromkeys(found.path for found in reports))
        self.files = files
        self.shipped = 0
        self._sources = sources
        self._fixes = fixes or {}

    def reports_for(self, path: str) -> Sequence[Report]:
        return [found for found in self.reports if found.path == path]

    @property
    def new_revisions(self) -> Sequence[RevisionHeader]:
        message = "add an index | <b>now</b> @everyone ![x](http://x)"
        return [RevisionHeader("1a2b3c", ("0f`0",), message=message), RevisionHeader("0f`0", ())]

    def age(self, path: str) -> int:
        return len(self.paths) - self.paths.index(path)

    def is_grave(self, report: Report) -> bool:
        return report.severity == "error"

    def source(self, path: str) -> SourceText | None:
        return self._sources.get(path)

    def resolve(self, report: Report) -> list[ResolvedFix]:
        return self._fixes.get(report.key, [])


def report(source: SourceText, path: str, text: str, **fields: object) -> Report:
    """A report whose range is where ``text`` stands in the source."""
    at = source.content.index(text)
    span = Span(at, at + len(text))
    start, end = source.lines.position(span.start), source.lines.position(span.end)
    values: dict[str, object] = {
        "rule": "blocking-index",
        "severity": "warning",
        "message": "Creating the index `ix` blocks every write to `users` until it is built.",
        "path": path,
        "span": span,
        "start": start,
        "end": end,
        "rows": (start[0], end[0]),
        "key": f"key of {text}",
    }
    return Report(**(values | fields))  # type: ignore[arg-type]


def sample() -> list[FakeProject]:
    """Two projects with something of everything."""
    plain, odd, long = f"{VERSIONS}/1a2b3c_add_index.py", f"{VERSIONS}/2b_odd.py", f"{VERSIONS}/3c_long.py"
    env = f"{FOLDER}/migrations/env.py"
    sources = {plain: PLAIN, odd: ODD, long: LONG, env: SourceText("context.configure()\n")}
    at = PLAIN.content.index("op.create_index")
    index = report(
        PLAIN,
        plain,
        "op.create_index",
        rows=(7, 9),
        revision="1a2b3c",
        function="upgrade",
        operation="create_index",
        table="users",
        object="ix_users_email",
        databases=("postgresql",),
        related=(RelatedPlace(odd, (0, 0), (0, 3), "`users` was created here"),),
        offers=(Offer("Create the index concurrently", "unsafe"), Offer("Never mind, 100%", "safe")),
    )
    fixes = {
        index.key: [
            ResolvedFix(
                "Create the index concurrently",
                "unsafe",
                {plain: (Edit(Span(at, at), "with x:\n        "),)},
                (NewFile(f"{VERSIONS}/4d_new.py", "# new\n"),),
            ),
            ResolvedFix("Never mind, 100%", "safe", {plain: (Edit(Span(at, at + 2), "xx"),)}),
        ]
    }
    first = [
        index,
        report(
            ODD,
            odd,
            "'用户'",
            severity="error",
            rule="drop-column",
            revision="2b",
            message="Wide: 用户, 100%::error",
        ),
        report(
            ODD,
            odd,
            "e\u0301tat /* \x1b[2J\u202egnihton",
            rule="drop-table",
            severity="error",
            revision="2b",
            message="Escapes \x1b[31m and\nline ends \u202e are said, not done.",
            table="e\x1b[31mtat",
        ),
        report(ODD, odd, "nullable=False,\r\n    )", rule="blocking-not-null", revision="2b", rows=(3, 5)),
        report(
            LONG,
            long,
            "DROP TABLE users",
            rule="drop-table",
            severity="hint",
            revision="3c",
            certainty="possible",
        ),
        report(
            sources[env],
            env,
            "context",
            rule="no-such-rule",
            severity="information",
            message="A message that goes on for so long that no terminal of a usual width could show it on one single line.",
        ),
    ]
    # A second environment that shares a file with the first.
    return [FakeProject(first, sources, fixes), FakeProject([index], sources, fixes, files=1)]
