"""Whether a revision has shipped, as far as anything tells."""

from __future__ import annotations

from typing import Literal

from foreshot.workspace.project import Project

Standing = Literal["shipped", "new"]


def standing(project: Project, path: str) -> Standing | None:
    """What a revision file is to those who have the base already; None where nothing tells, and for any other file."""
    analysis = project.analyses.get(path)
    if analysis is None or not project.review.tells:
        return None
    return "shipped" if analysis.shipped else "new"
