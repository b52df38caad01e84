"""The converted scene as files: meshes first, then the scene file; or nothing."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from ..errors import Problem, SceneError
from ..image.atomic import as_write_error, replacing
from ..scene import Scene
from ..scene.dump import INLINE, Files, plain, to_yaml, write_ply
from ..scene.models import Mesh
from ..scene.place import one_line
from .context import Context
from .notes import Notes

IN_FILE = ("vertices", "faces", "uvs", "corner_normals", "colors")


def check(context: Context, document: dict[str, Any], source: str) -> None:
    """Raises SceneError, with the lines of the source, if nrender wouldn't take the document."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # said again whenever the scene is read
            Scene.from_dict(document, context.out)
    except SceneError as error:
        raise SceneError([_in_source(context, problem, source) for problem in error.problems]) from None


def _in_source(context: Context, problem: Problem, source: str) -> Problem:
    section, _, name = problem.object.partition(" ")
    place = context.places.get((section, name.strip("'")))
    file, line = (place.file, place.line) if place and place.file else (source, 0)
    return problem._replace(file=file, line=line)


def write(context: Context, document: dict[str, Any], output: Path, source: str) -> list[str]:
    """The names of the meshes and images that were written beside the scene file.  Raises WriteError."""
    files = Files(output, context.sources)
    meshes: list[tuple[Path, Mesh]] = []
    for name, entry in document["shapes"].items():
        vertices = entry.get("vertices")
        if vertices is None or len(vertices) <= INLINE:
            continue
        path = files.free(name, ".ply")
        meshes.append((path, Mesh(*(entry.pop(key, None) for key in IN_FILE))))
        del entry["type"]
        document["shapes"][name] = {"type": "mesh", "file": path.name, **entry}
    with as_write_error(output):
        context.embedded.write(files)
        for path, mesh in meshes:
            with replacing(path) as temporary, open(temporary, "wb") as out:
                write_ply(out, mesh.vertices, mesh.faces, "nrender", mesh.uvs, mesh.normals, mesh.colors)
        text = files.header() + _comments(context.notes, source) + to_yaml(plain(document))
        with replacing(output) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return list(files.written)


def _comments(notes: Notes, source: str) -> str:
    lines = [f"Converted from {one_line(source)}"]
    for title, problems in (("Approximated", notes.approximated), ("Refused", notes.refused)):
        lines += [f"{title}:"] * bool(problems) + [f"  {problem}" for problem in problems]
    return "".join(f"# {line}\n" for line in lines)
