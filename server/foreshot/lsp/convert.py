"""Between Foreshot's plain values and the protocol's: the only place that knows both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from foreshot.ide.pages import url_of
from foreshot.lint.report import Report
from foreshot.lint.severity import Severity
from foreshot.lsp.documents import Document
from foreshot.text import Edit, LineIndex, SourceText, Span
from foreshot.text.lines import Encoding

SOURCE = "Foreshot"
_SEVERITIES: dict[Severity, types.DiagnosticSeverity] = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "information": types.DiagnosticSeverity.Information,
    "hint": types.DiagnosticSeverity.Hint,
}
_UNNECESSARY = frozenset({"unused-suppression"})


@lru_cache(maxsize=256)
def path_of(uri: str) -> str | None:
    """The path of a ``file:`` URI; None for any other, whose text is nowhere but in its buffer."""
    if not uri.startswith("file:"):
        return None
    path = to_fs_path(uri)
    return path.rstrip("/") or "/" if path else None


@lru_cache(maxsize=1 << 15)
def uri_of(path: str) -> str:
    """The URI of a path."""
    return from_fs_path(path) or ""


def range_of(lines: LineIndex, span: Span, encoding: Encoding) -> types.Range:
    """A span as a range."""
    return types.Range(
        types.Position(*lines.position_in(span.start, encoding)),
        types.Position(*lines.position_in(span.end, encoding)),
    )


def span_of(lines: LineIndex, value: types.Range, encoding: Encoding) -> Span:
    """A range as a span, clamped to the text."""
    start = lines.offset_from(value.start.line, value.start.character, encoding)
    end = lines.offset_from(value.end.line, value.end.character, encoding)
    return Span(min(start, end), max(start, end))


def diagnostic(
    report: Report, source: SourceText, encoding: Encoding, source_of: Callable[[str], SourceText | None]
) -> types.Diagnostic:
    """A report as a diagnostic; ``data`` names it so that a code action can find it anew."""
    related: list[types.DiagnosticRelatedInformation] = []
    for place in report.related:
        other = source if place.path == report.path else source_of(place.path)
        if other is None:
            continue
        span = Span(other.lines.offset(*place.start), other.lines.offset(*place.end))
        location = types.Location(uri_of(place.path), range_of(other.lines, span, encoding))
        related.append(types.DiagnosticRelatedInformation(location, place.message))
    return types.Diagnostic(
        range=range_of(source.lines, report.span, encoding),
        message=report.message,
        severity=_SEVERITIES[report.severity],
        code=report.rule,
        code_description=types.CodeDescription(url_of(report.rule)),
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if report.rule in _UNNECESSARY else None,
        related_information=related or None,
        data={"rule": report.rule, "key": report.key},
    )


def text_edits(edits: Sequence[Edit], source: SourceText, encoding: Encoding) -> list[types.TextEdit]:
    """Edits of one text."""
    return [types.TextEdit(range_of(source.lines, edit.span, encoding), edit.text) for edit in sorted(edits)]


def workspace_edit(
    edits: Mapping[str, Sequence[Edit]],
    creates: Sequence[tuple[str, str]],
    encoding: Encoding,
    source_of: Callable[[str], SourceText | None],
    document_of: Callable[[str], Document | None],
    *,
    versioned: bool,
) -> types.WorkspaceEdit:
    """Edits to several files as one change.

    Args:
        edits: by path.
        creates: paths and texts of new files.
        encoding: what a column counts.
        source_of: the text that the edits of a file speak of.
        document_of: the open document of a path, whose own URI and version count; None for a file that is not open.
        versioned: whether the client takes ``documentChanges``.
    """
    if not versioned:
        changes: dict[str, Sequence[types.TextEdit]] = {}
        for path, parts in edits.items():
            source = source_of(path)
            if source is not None:
                document = document_of(path)
                uri = document.uri if document is not None else uri_of(path)
                changes[uri] = text_edits(parts, source, encoding)
        return types.WorkspaceEdit(changes=changes)
    documents: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    for path, text in creates:
        uri = uri_of(path)
        documents.append(
            types.CreateFile(uri, options=types.CreateFileOptions(overwrite=False, ignore_if_exists=False))
        )
        start = types.Range(types.Position(0, 0), types.Position(0, 0))
        documents.append(
            types.TextDocumentEdit(
                types.OptionalVersionedTextDocumentIdentifier(uri), [types.TextEdit(start, text)]
            )
        )
    for path, parts in edits.items():
        source = source_of(path)
        if source is not None:
            document = document_of(path)
            identifier = (
                types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
                if document is not None
                else types.OptionalVersionedTextDocumentIdentifier(uri_of(path))
            )
            documents.append(types.TextDocumentEdit(identifier, text_edits(parts, source, encoding)))
    return types.WorkspaceEdit(document_changes=documents)
