"""Shapes: their form, what they are made of, what they emit, and where they are.

Which side is the front: Mitsuba takes the side of the shading normal, nrender that from which corners run
counter-clockwise. A map to the world that mirrors makes a difference wherever Mitsuba's normals are given rather than
computed from the corners; where the two differ, the mesh is written with its triangles turned over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..scene.models import Mesh
from ..scene.place import Place, stop
from . import meshes
from .bsdfs import Surface, grey
from .context import Context
from .emitters import area
from .layers import surface
from .pictures import Entry
from .plugins import Plugin
from .textures import has_texture
from .transforms import mirrors, place, scaling, translation

SUBDIVISIONS = 5
"""Of spheres: 20480 triangles, whose normals differ by 2 degrees from one to the next."""
SPHERE = np.array([[0, 0, -1, 0], [-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]], dtype=np.float64)
"""From nrender's sphere, with its poles on y, to Mitsuba's."""
MOST = 20_000
"""Shapes, with those of instances."""
DEEPEST = 32
"""Groups within groups."""


class Form(NamedTuple):
    """entry: of the scene file; mesh: what it stands for, if it must be written; flip: with the front at its back;
    normals: `smooth`, `flat` or what it has."""

    entry: Entry | None
    mesh: Mesh | None
    matrix: np.ndarray
    flip: bool = False
    normals: str | None = None


def _sphere(context: Context, plugin: Plugin, matrix: np.ndarray, textured: bool) -> Form:
    centre, radius = plugin.vector("center", (0.0, 0.0, 0.0)), plugin.number("radius", 1.0)
    matrix = matrix @ translation(centre) @ scaling(radius)
    context.approximate(plugin, f"{20 * 4**SUBDIVISIONS} triangles with smooth normals")
    entry = {"type": "sphere", "subdivisions": SUBDIVISIONS}
    # A mirrored sphere is inside out there, too.
    return Form(entry, None, matrix @ SPHERE if textured else matrix, normals="smooth")


def _rectangle(context: Context, plugin: Plugin, matrix: np.ndarray, textured: bool) -> Form:
    return Form({"type": "rectangle"}, None, matrix, mirrors(matrix))


def _cube(context: Context, plugin: Plugin, matrix: np.ndarray, textured: bool) -> Form:
    if textured:
        return Form(None, meshes.cube(), matrix, mirrors(matrix))
    return Form({"type": "cube"}, None, matrix, mirrors(matrix))


def _disk(context: Context, plugin: Plugin, matrix: np.ndarray, textured: bool) -> Form:
    context.approximate(plugin, f"a polygon of {meshes.RIM} sides")
    if textured:
        return Form(None, meshes.disk(), matrix, mirrors(matrix))
    return Form({"type": "disk", "segments": meshes.RIM}, None, matrix, mirrors(matrix))


def _cylinder(context: Context, plugin: Plugin, matrix: np.ndarray, textured: bool) -> Form:
    context.approximate(plugin, f"{2 * meshes.RIM} triangles with smooth normals")
    return Form(None, meshes.cylinder(plugin), matrix, mirrors(matrix), "smooth")


def _file(context: Context, plugin: Plugin, matrix: np.ndarray, textured: bool) -> Form | None:
    found = meshes.from_file(context, plugin)
    plugin.skip("shape_index", "flip_tex_coords", "max_smooth_angle")
    if found is None:
        return None
    path, mesh, as_it_is = found
    form = _shaded(plugin, mesh, matrix, textured)
    if form.mesh is mesh and as_it_is:
        return form._replace(entry={"type": "mesh", "file": context.relative(path)})
    return form


def _serialized(context: Context, plugin: Plugin, matrix: np.ndarray, textured: bool) -> Form | None:
    mesh = meshes.from_serialized(context, plugin)
    plugin.skip("flip_tex_coords")
    return None if mesh is None else _shaded(plugin, mesh, matrix, textured)


def _shaded(plugin: Plugin, mesh: Mesh, matrix: np.ndarray, textured: bool) -> Form:
    """Normals: those of the file, else smooth ones that follow from the corners, unless flat ones are wanted."""
    if textured and mesh.uvs is None:
        mesh = meshes.barycentric(mesh)
    flat = plugin.flag("face_normals")
    if flat or mesh.normals is None:
        return Form(None, mesh, matrix, False, "flat" if flat else "smooth")
    return Form(None, mesh, matrix, mirrors(matrix))


FORMS: dict[str, Callable[[Context, Plugin, np.ndarray, bool], Form | None]] = {
    "sphere": _sphere,
    "rectangle": _rectangle,
    "cube": _cube,
    "disk": _disk,
    "cylinder": _cylinder,
    "obj": _file,
    "ply": _file,
    "serialized": _serialized,
}


def _upside_down(plugin: Plugin) -> bool:
    """Whether v of nrender's shape is 1 - v of Mitsuba's.  An OBJ is turned over there when it's read."""
    if plugin.type in ("obj", "ply"):
        return plugin.flag("flip_tex_coords", plugin.type == "obj")
    return plugin.type == "sphere"


def shape(context: Context, plugin: Plugin, outer: np.ndarray | None = None, depth: int = 0) -> None:
    """Put a shape, or all that is in a group, into the document.  outer: where an instance puts it."""
    outer = np.eye(4) if outer is None else outer
    context.visits += 1
    if context.visits > MOST or depth > DEEPEST:
        raise stop(plugin.place, str(plugin), f"expected at most {MOST} shapes with those of groups and instances, and "
                                              f"{DEEPEST} groups within each other")
    if plugin.type in ("shapegroup", "merge", "instance"):
        _group(context, plugin, outer, depth)
    elif plugin.type not in FORMS:
        context.refuse(plugin, f"left out: nrender has no shape like '{plugin.type}'")
    else:
        _single(context, plugin, outer)


def _group(context: Context, plugin: Plugin, outer: np.ndarray, depth: int) -> None:
    if plugin.type == "instance":
        outer = outer @ plugin.transform()
    for inner in plugin.inner("shape"):
        shape(context, inner, outer, depth + 1)


def _single(context: Context, plugin: Plugin, outer: np.ndarray) -> None:
    flipped = _upside_down(plugin)
    bsdf, shines = (next(plugin.inner(kind), None) for kind in ("bsdf", "emitter"))
    for medium in plugin.inner("medium"):
        context.refuse(medium, "left out: nrender has no media")
    made = Surface(None)
    if bsdf is not None:
        made = surface(context, bsdf, flipped)
    elif shines is None:
        made = grey()
    emission = None if shines is None else area(context, shines, flipped)
    if made.entry is None and emission is None:
        plugin.skip(*plugin.values)
        return
    textured = has_texture({"material": made.entry, "emission": emission}, "file", "checkerboard")
    form = FORMS[plugin.type](context, plugin, outer @ plugin.transform(), textured)
    if form is None:
        return
    entry = _entry(form, form.flip ^ plugin.flag("flip_normals") ^ made.flip)
    if made.entry is not None:
        entry["material"] = _material(context, bsdf, made.entry)
    if emission is not None:
        entry["emission"] = emission
    if form.normals is not None:
        entry["normals"] = form.normals
    where = place(form.matrix)
    if where:
        entry["transform"] = where
    plugin.skip("silhouette_sampling_weight", "face_normals")
    context.check_untaken(plugin)
    context.add("shapes", plugin.id or plugin.name or plugin.type, entry, plugin.place)


def _entry(form: Form, flip: bool) -> Entry:
    if form.entry is not None and not flip:
        return dict(form.entry)
    mesh = form.mesh
    if mesh is None:
        assert form.entry is not None
        mesh = meshes.native(form.entry["type"], form.entry)
    return meshes.entry_of(meshes.reversed_mesh(mesh) if flip else mesh)


def _material(context: Context, bsdf: Plugin | None, entry: Entry) -> str:
    """Its name; each plugin's is written once, or twice if shapes turn its textures over."""
    known = context.materials.setdefault(bsdf, [])
    for name in known:
        if context.document["materials"][name] == entry:
            return name
    wanted, where = ((bsdf.id or bsdf.type), bsdf.place) if bsdf else ("default", Place("", 0))
    known.append(context.add("materials", wanted, entry, where))
    return known[-1]
