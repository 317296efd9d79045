"""A text, its lines, its positions and edits to it. Knows nothing of Python, files or editors."""

from foreshot.text.edits import Edit, EditConflict, apply_edits, invert_edits, line_edits, minimal_edit
from foreshot.text.lines import LineIndex, Span
from foreshot.text.source import MAX_BYTES, SourceText, Unreadable, decode

__all__ = [
    "MAX_BYTES",
    "Edit",
    "EditConflict",
    "LineIndex",
    "SourceText",
    "Span",
    "Unreadable",
    "apply_edits",
    "decode",
    "invert_edits",
    "line_edits",
    "minimal_edit",
]
