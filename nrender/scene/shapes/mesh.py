"""A triangle mesh: inline arrays, or a file.

The vertices keep the file's numbers, since they are parameters; texture coordinates and normals belong
to face corners, so that no vertex is torn apart along a seam.  The loose triangles of an STL are
joined where corners are equal.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ...aov_table import MOST
from ...errors import SceneError
from ...files import read_regular
from ..gltf import read_gltf
from ..models import Mesh
from ..schema import Model, Values, arrays, integers, numbers, text
from ..values import LARGEST, Bad
from .obj import read_obj
from .ply import with_attributes

GLTF = (".gltf", ".glb")
FORMATS = (".obj", ".ply", ".stl", *GLTF)
_NOWHERE = logging.NullHandler()
"""Without a handler, Python writes what a library logs of damaged files, tracebacks too, to stderr."""


def check(values: Values) -> Iterable[tuple[str, str]]:
    given = [key for key in ("vertices", "faces", "file") if values.get(key) is not None]
    if given not in (["vertices", "faces"], ["file"]):
        got = " and ".join(given) if given else "none of them"
        yield "", f"expected either vertices and faces, or file; got {got}"


def build(values: Values, base: Path) -> Mesh:
    """The mesh; what is given inline stands for what the file has.  Raises Bad."""
    if values.get("file") is None:
        mesh = Mesh(values["vertices"], values["faces"])
    else:
        mesh = read_mesh(base / values["file"], values["file"])
    uvs, colors, normals = values.get("uvs"), values.get("colors"), values.get("corner_normals")
    if colors is not None:
        _check_length("colors", colors, len(mesh.vertices), "vertices")
        mesh = mesh._replace(colors=colors)
    for name, channel in (values.get("channels") or {}).items():
        _check_length("channels", channel, len(mesh.vertices), "vertices", name)
        if channel.ndim == 2 and not 1 <= channel.shape[1] <= MOST:
            raise Bad(f"expected 1 to {MOST} numbers of each vertex, got {channel.shape[1]}", ("channels", name))
    if normals is not None:
        _check_length("corner_normals", normals, len(mesh.faces), "faces")
        mesh = mesh._replace(normals=normals)
    if uvs is not None and uvs.ndim == 3:
        _check_length("uvs", uvs, len(mesh.faces), "faces")
        mesh = mesh._replace(uvs=uvs)
    elif uvs is not None:
        _check_length("uvs", uvs, len(mesh.vertices), "vertices")
        # A face number out of range is reported later; here it must not stop anything.
        mesh = mesh._replace(uvs=uvs[np.clip(mesh.faces, 0, len(uvs) - 1)])
    return mesh


def _check_length(key: str, array: np.ndarray, count: int, of: str, *place: str) -> None:
    if len(array) != count:
        raise Bad(f"expected one row for each of the {count} {of}, got {len(array)} rows", (key, *place))


def read_mesh(path: Path, name: str) -> Mesh:
    """All triangles of a mesh file in its own order.

    `name` is the file for messages.  Raises Bad for a file that can't be used.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise Bad(f"expected a file in one of {', '.join(FORMATS)}, got '{name}'", ("file",))
    try:
        data = read_regular(path)
    except OSError as error:
        raise Bad(f"cannot read '{name}': {error.strerror or error}", ("file",)) from None
    try:
        with warnings.catch_warnings():
            # NumPy only warns when it stops reading in the middle of malformed numbers, or makes an index of NaN.
            warnings.simplefilter("error", DeprecationWarning)
            warnings.simplefilter("error", RuntimeWarning)
            if suffix in GLTF:
                mesh = read_gltf(path)
            else:
                mesh = read_obj(data) if suffix == ".obj" else _parse(data, suffix)
    except SceneError as error:
        raise Bad(f"cannot read '{name}': {_first_problem(error)}", ("file",)) from None
    except Bad as bad:
        raise Bad(f"cannot read '{name}': {bad}", ("file",)) from None
    except Exception as error:   # whatever a parser meets in a damaged file
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise Bad(f"cannot read '{name}': not a proper {suffix[1:].upper()} file "
                  f"({reason})", ("file",)) from None
    if mesh is None:
        raise Bad(f"'{name}' holds no triangles", ("file",))
    if suffix == ".stl":
        vertices, faces = join_equal(mesh.vertices, mesh.faces)
        mesh = Mesh(vertices, faces)
    for array, noun in ((mesh.vertices, "vertex"), (mesh.uvs, "uv of triangle"), (mesh.normals, "normal of triangle"),
                        (mesh.colors, "color of vertex")):
        _check_finite(array, noun, name)
    return mesh


def _first_problem(error: SceneError) -> str:
    first = error.problems[0]
    return ": ".join(filter(None, (first.object, first.key, first.message)))


def _check_finite(array: np.ndarray | None, noun: str, name: str) -> None:
    if array is None:
        return
    wrong = np.argwhere(~(np.abs(array) <= LARGEST))     # NaN, too
    if len(wrong):
        index: tuple[int, ...] = tuple(wrong[0].tolist())
        raise Bad(f"expected finite numbers up to {LARGEST:g}, got {float(array[index])} at "
                  f"{noun} {index[0]} of '{name}'", ("file",))


def _parse(data: bytes, suffix: str) -> Mesh | None:
    """PLY and STL, of which each file holds one mesh."""
    import trimesh

    logging.getLogger("trimesh").addHandler(_NOWHERE)
    loaded = trimesh.load_scene(
        io.BytesIO(data), file_type=suffix[1:], process=False, maintain_order=True,
        skip_materials=True, fix_texture=False)
    meshes: list[Any] = [part for part in loaded.geometry.values() if len(getattr(part, "faces", ()))]
    if not meshes:
        return None
    vertices = np.concatenate([np.array(part.vertices, dtype=np.float64) for part in meshes])
    starts = np.cumsum([0] + [len(part.vertices) for part in meshes])
    faces = np.concatenate([np.array(part.faces, dtype=np.int64) + start
                            for part, start in zip(meshes, starts, strict=False)])
    mesh = Mesh(vertices, faces)
    raw = meshes[0].metadata.get("_ply_raw") if suffix == ".ply" else None
    return mesh if raw is None else with_attributes(mesh, raw)


def join_equal(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One vertex for all with exactly the same position, in the order of their first use."""
    _, first, inverse = np.unique(vertices + 0.0, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    return vertices[first[order]], number[inverse.reshape(-1)][faces]


MODEL = Model(
    "Triangle mesh: `vertices` and `faces`, or `file`.",
    {
        "vertices": numbers("positions, local", (None, 3), default=None, differentiable=True),
        "faces": integers("vertex numbers from 0, counter-clockwise seen from the front",
                          (None, 3), default=None),
        "file": text("OBJ, PLY, STL or glTF; relative to the scene file", "file", default=None),
        "uvs": numbers("of vertices, or of the three corners of each face; instead of the file's",
                       (None, 2), (None, 3, 2), default=None),
        "corner_normals": numbers("of the three corners of each face, local; instead of the file's",
                                  (None, 3, 3), default=None),
        "colors": numbers("of vertices, linear RGB; instead of the file's", (None, 3), low=0, high=1,
                          default=None, differentiable=True),
        "channels": arrays("numbers of vertices under names of your own, up to 16 of each: `{heat: [...]}` is the AOV "
                           "`channels.heat`", (None,), (None, None)),
    },
    check,
    build,
)
