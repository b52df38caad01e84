"""The end of every conversion: the document is checked, then written, and what was lost is handed back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ..errors import Problem, SceneError
from ..scene.integrators import MAX_DEPTH
from .context import Context
from .write import check, write


class Converted(NamedTuple):
    """output: the scene file, None if none was written; meshes: names of the files beside it, meshes and images.

    approximated, refused: what isn't as in the source, and what isn't there, with the lines of the source."""

    output: Path | None
    meshes: list[str]
    approximated: list[Problem]
    refused: list[Problem]


def finish(context: Context, source: Path, output: Path, strict: bool, max_depth: int, spp: int) -> Converted:
    """Raises SceneError for what is wrong with the source, NrenderError if nothing can be written."""
    notes = context.notes
    if notes.wrong:
        raise SceneError(notes.wrong)
    sections = {key: section for key, section in context.document.items() if section}
    document: dict[str, Any] = {
        "nrender": 1, "cameras": sections.pop("cameras"),
        "integrator": {"type": "path", "max_depth": min(max_depth, MAX_DEPTH), "spp": spp},
        "materials": sections.pop("materials", {}), "shapes": sections.pop("shapes", {}), **sections}
    check(context, document, str(source))
    if strict and (notes.approximated or notes.refused):
        return Converted(None, [], notes.approximated, notes.refused)
    written = write(context, document, output, str(source))
    return Converted(output, written, notes.approximated, notes.refused)
