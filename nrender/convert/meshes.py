"""Shapes that come as meshes: those of files, and those that nrender doesn't have or has with other uvs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..files import open_regular
from ..scene.models import Mesh
from ..scene.shapes import SHAPES
from ..scene.shapes.mesh import read_mesh
from ..scene.values import Bad
from .context import Context
from .pictures import Entry
from .plugins import Plugin
from .serialized import read_serialized

RIM = 256
"""Segments of a circle: its area is 1e-4 too small."""
CORNERS = np.array([
    [[1, -1, -1], [1, -1, 1], [-1, -1, 1], [-1, -1, -1]], [[1, 1, -1], [-1, 1, -1], [-1, 1, 1], [1, 1, 1]],
    [[1, -1, -1], [1, 1, -1], [1, 1, 1], [1, -1, 1]], [[1, -1, 1], [1, 1, 1], [-1, 1, 1], [-1, -1, 1]],
    [[-1, -1, 1], [-1, 1, 1], [-1, 1, -1], [-1, -1, -1]], [[1, 1, -1], [1, -1, -1], [-1, -1, -1], [-1, 1, -1]]],
    dtype=np.float64)
"""Of Mitsuba's cube, side by side; their uvs are (0, 1), (1, 1), (1, 0), (0, 0)."""


def cube() -> Mesh:
    """With Mitsuba's uvs."""
    corner = np.arange(24).reshape(6, 4)
    faces = corner[:, [0, 1, 2, 3, 0, 2]].reshape(12, 3)
    uvs = np.tile([[0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]], (6, 1))
    return Mesh(CORNERS.reshape(24, 3), faces, uvs[faces])


def disk() -> Mesh:
    """With u the radius and v the angle; at the centre the angle is that of the triangle's middle."""
    mesh = native("disk", {"segments": RIM})
    angle = np.arange(RIM) / RIM
    step = 1 / RIM
    v = np.stack([angle + step / 2, angle, angle + step], axis=1)
    u = np.broadcast_to([0.0, 1.0, 1.0], v.shape)
    return mesh._replace(uvs=np.stack([u, v], axis=2))


def cylinder(plugin: Plugin) -> Mesh:
    """From p0 to p1, open; u goes around, v along."""
    p0, p1 = (np.asarray(plugin.vector(key, default)) for key, default in (("p0", (0, 0, 0)), ("p1", (0, 0, 1))))
    radius = plugin.number("radius", 1.0)
    axis = p1 - p0
    z = axis / (np.linalg.norm(axis) or 1.0)
    x = np.cross(np.eye(3)[np.argmin(np.abs(z))], z)
    if abs(z[2]) > 1 - 1e-9:
        x = np.array([1.0, 0.0, 0.0])
    x /= np.linalg.norm(x)
    angle = 2 * np.pi * np.arange(RIM) / RIM
    circle = radius * (np.outer(np.cos(angle), x) + np.outer(np.sin(angle), np.cross(z, x)))
    here = np.arange(RIM)
    beyond = (here + 1) % RIM
    faces = np.stack([here, beyond, beyond + RIM, here, beyond + RIM, here + RIM], axis=1).reshape(-1, 3)
    u = np.stack([here, here + 1, here + 1, here, here + 1, here], axis=1).reshape(-1, 3) / RIM
    v = np.broadcast_to(np.array([[0, 0, 1], [0, 1, 1]]), (RIM, 2, 3)).reshape(-1, 3)
    return Mesh(np.concatenate([p0 + circle, p1 + circle]), faces, np.stack([u, v], axis=2))


def native(kind: str, keys: Entry) -> Mesh:
    """One of nrender's own shapes, local."""
    build = SHAPES.types[kind].build
    assert build is not None
    mesh: Mesh = build(keys, Path())
    return mesh


def from_file(context: Context, plugin: Plugin) -> tuple[Path, Mesh, bool] | None:
    """An OBJ or PLY, and whether nrender reads it as it is.  None, and a line, if there is none that can be used."""
    path = context.path(plugin)
    if path is None:
        return None
    if path.suffix.lower() != f".{plugin.type}":
        context.refuse(plugin, f"left out: expected a name that ends in .{plugin.type}", "filename")
        return None
    try:
        mesh = read_mesh(path, path.name)
        colors = _colors(path) if plugin.type == "ply" else None
        return path, mesh if colors is None else mesh._replace(colors=colors), colors is None
    except (Bad, OSError) as error:
        context.error(plugin, str(error), "filename")
        return None


def _colors(path: Path) -> np.ndarray | None:
    """(N, 3) of the properties r, g and b of vertices, which nrender wouldn't take."""
    with open_regular(path) as stream:
        header = stream.read(2**16).split(b"end_header")[0]
    if b"float r\n" not in header.replace(b"\r", b"").replace(b"float32", b"float"):
        return None
    import trimesh

    vertex = trimesh.load(path, process=False).metadata["_ply_raw"]["vertex"]["data"]
    columns = [np.asarray(vertex[key], dtype=np.float64).reshape(-1) for key in "rgb"]
    return np.clip(np.nan_to_num(np.stack(columns, axis=1)), 0.0, 1.0)


def from_serialized(context: Context, plugin: Plugin) -> Mesh | None:
    """None, and a line, if there is none that can be used."""
    path = context.path(plugin)
    if path is None:
        return None
    try:
        found = read_serialized(path, plugin.integer("shape_index", 0))
    except (ValueError, OSError) as error:
        context.error(plugin, f"cannot read '{path.name}': {error}", "filename")
        return None
    faces = found.faces
    normals = None if found.normals is None or found.flat else found.normals[faces]
    uvs = None if found.uvs is None else found.uvs[faces]
    colors = None if found.colors is None else np.clip(found.colors, 0.0, 1.0)
    return Mesh(found.vertices, faces, uvs, normals, colors)


def barycentric(mesh: Mesh) -> Mesh:
    """With the uvs that Mitsuba takes where a mesh has none: those of each triangle."""
    corner = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    return mesh._replace(uvs=np.broadcast_to(corner, (len(mesh.faces), 3, 2)))


def reversed_mesh(mesh: Mesh) -> Mesh:
    """With its front where its back was."""
    return mesh._replace(faces=mesh.faces[:, ::-1], uvs=None if mesh.uvs is None else mesh.uvs[:, ::-1],
                         normals=None if mesh.normals is None else -mesh.normals[:, ::-1])


def entry_of(mesh: Mesh) -> Entry:
    """Of the scene file, with arrays."""
    entry: Entry = {"type": "mesh", "vertices": mesh.vertices, "faces": mesh.faces}
    given = {"uvs": mesh.uvs, "corner_normals": mesh.normals, "colors": mesh.colors}
    return entry | {key: value for key, value in given.items() if value is not None}
