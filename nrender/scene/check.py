"""From a document to the objects of a scene: every check, every problem, then the objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..aov_table import table_of
from ..errors import did_you_mean
from . import cameras, integrators, lights, materials, shapes
from .geometry import tidy_mesh
from .models import (
    Camera,
    Checkerboard,
    Frozen,
    Integrator,
    Light,
    Material,
    Shape,
    Texture,
    Transform,
    VertexColors,
)
from .optimize_models import OptimizeSpec
from .read import read_object
from .report import Report
from .schema import NAME, Family
from .values import Bad, show

VERSION = 1
TOP = ("nrender", "cameras", "integrator", "materials", "shapes", "lights", "optimize")
MOST_MADE = 2**24
"""Triangles that a scene may have of spheres, disks and teapots, and of mesh files that it names again: a few lines ask
for as many as they like."""
FIELDS = ("vertices", "faces", "uvs", "corner_normals", "colors", "channels")
"""Keys of a mesh that are fields of a Shape."""


@dataclass(frozen=True, eq=False)
class Parts:
    """All that a scene consists of."""

    cameras: Frozen[Camera]
    integrator: Integrator
    materials: Frozen[Material]
    shapes: Frozen[Shape]
    lights: Frozen[Light]
    optimize: OptimizeSpec | None = None


def check_document(report: Report) -> Parts:
    """The parts without `optimize`.  SceneError with all problems; warnings stay in the report."""
    data = report.document.data
    if not isinstance(data, Mapping):
        report.add((), f"expected a map with the key 'nrender', got {show(data)}")
        report.stop_if_wrong()
    for key in data:
        if key not in TOP:
            report.unknown_key((key,), TOP)
    _check_version(report, data)
    base = Path(report.document.base)
    made_cameras = _section(report, data, cameras.CAMERAS,
                            lambda path, kind, values: cameras.make_camera(kind, values))
    if not data.get("cameras"):
        report.add(("cameras",), "expected at least one camera, got none")
    integrator = _integrator(report, data)
    made_materials = _section(report, data, materials.MATERIALS,
                              lambda path, kind, values: materials.make_material(kind, values))
    budget = Budget()
    made_shapes = _section(report, data, shapes.SHAPES,
                           lambda path, kind, values: _make_shape(report, path, kind, values, budget))
    made_lights = _section(report, data, lights.LIGHTS,
                           lambda path, kind, values: lights.make_light(kind, values, base))
    _check_attributes(report, made_materials, made_shapes)
    _check_channels(report, made_shapes)
    _check_aovs(report, integrator, made_shapes)
    _check_envmaps(report, made_lights)
    _check_unused(report, data)
    report.stop_if_wrong()
    return Parts(made_cameras, integrator, made_materials, made_shapes, made_lights)


def _check_version(report: Report, data: Mapping[str, Any]) -> None:
    if "nrender" not in data:
        report.add(("nrender",), f"expected the version of the format, {VERSION}, got nothing")
    elif data["nrender"] != VERSION or isinstance(data["nrender"], bool):
        report.add(("nrender",), f"expected {VERSION}, got {show(data['nrender'])}")


def _section(report: Report, data: Mapping[str, Any], family: Family,
             make: Callable[..., Any]) -> Frozen[Any]:
    """All objects of a section that are right, by name; make(path, type, values) may raise Bad."""
    section = family.section
    entries = data.get(section)
    made = {}
    if section in data and not isinstance(entries, Mapping):
        report.add((section,), f"expected a map of names, got {show(entries)}")
    elif entries:
        for name, entry in entries.items():
            path = (section, name)
            if not NAME.match(name):
                report.add(path, "expected a name of letters, digits, _ and -, at most 100")
            read = read_object(report, path, family, entry)
            if read is not None:
                try:
                    made[name] = make(path, *read)
                except Bad as bad:
                    report.add((*path, *bad.index), str(bad))
    made = {name: thing for name, thing in made.items() if thing is not None}
    return Frozen(made)


def _integrator(report: Report, data: Mapping[str, Any]) -> Integrator:
    read = read_object(report, ("integrator",), integrators.INTEGRATORS, data.get("integrator", {}))
    if read is None:
        read = read_object(Report(report.document), ("integrator",), integrators.INTEGRATORS, {})
        assert read is not None
    return integrators.make_integrator(*read)


class Budget:
    """Counts triangles that have no data of their own, while shapes are made."""

    def __init__(self) -> None:
        self.made = 0
        self.files: set[str] = set()

    def take(self, count: int) -> None:
        self.made += count
        if self.made > MOST_MADE:
            raise Bad(f"expected at most {MOST_MADE} triangles of all spheres, disks and teapots of a scene, and of "
                      "mesh files that are named again, got more")

    def take_file(self, file: str | None, count: int) -> None:
        if file in self.files:
            self.take(count)
        if file is not None:
            self.files.add(file)


def _make_shape(report: Report, path: tuple[str, ...], type_name: str,
                values: dict[str, Any], budget: Budget) -> Shape | None:
    """A shape of checked values; None where it can't be made, and then the report says why."""
    before = report.found
    material, emission = values["material"], values["emission"]
    if material is None and emission is None:
        report.add(path, "expected material or emission, got neither")
    names = report.document.data.get("materials")
    known = list(names) if isinstance(names, Mapping) else []
    if material is not None and material not in known:
        report.add((*path, "material"), f"no material is named '{material}'"
                   + did_you_mean(material, known))
    for key, message in shapes.check_transform(values["transform"] or {}):
        report.add((*path, "transform", key), message)
    model = shapes.SHAPES.types[type_name]
    assert model.build is not None
    budget.take(model.triangles(values))
    built = model.build(values, Path(report.document.base))
    budget.take_file(values.get("file"), len(built.faces))
    if values["normals"] == "file" and built.normals is None:
        report.add((*path, "normals"), "expected a mesh with normals of its own, got one without")
    if report.found > before:
        return None
    transform = (shapes.make_transform(values["transform"]) if values["transform"]
                 else Transform())
    normals = values["normals"] or ("flat" if built.normals is None else "file")
    if normals != "file":
        built = built._replace(normals=None)
    mesh = tidy_mesh(report, path, built, transform, emission is not None)
    if mesh is None:
        return None
    options = {key: value for key, value in values.items()
               if key not in shapes.COMMON and key not in FIELDS}
    return Shape(type_name, mesh.vertices, mesh.faces, material, emission, values["two_sided"],
                 transform, Frozen(options), mesh.uvs, normals, mesh.normals, mesh.colors,
                 values.get("channels") or Frozen())


def _check_attributes(report: Report, made: Frozen[Material], made_shapes: Frozen[Shape]) -> None:
    """Textures need the uvs, or the colors, of every shape that bears them."""
    for name, shape in made_shapes.items():
        material = made.get(shape.material) if shape.material is not None else None
        borne = [("material", f"'{shape.material}' has a texture for {key}", value)
                 for key, value in (material.values.items() if material else ())]
        borne.append(("emission", "it is a texture", shape.emission))
        for key, what, value in borne:
            if isinstance(value, (Texture, Checkerboard)) and shape.uvs is None:
                report.add(("shapes", name, key), f"expected a shape with uvs, since {what}, got one without")
                break
            if isinstance(value, VertexColors) and shape.colors is None:
                report.add(("shapes", name, key),
                           f"expected a shape with colors, since {what} from vertices, got one without")
                break


def _check_channels(report: Report, made: Frozen[Shape]) -> None:
    """Channels of one name have as many numbers a vertex on every shape."""
    first: dict[str, tuple[str, tuple[int, ...]]] = {}
    for name, shape in made.items():
        for key, values in shape.channels.items():
            other, of = first.setdefault(key, (name, values.shape[1:]))
            if (of or (1,)) != (values.shape[1:] or (1,)):
                one, two = ((of or (1,))[0], (values.shape[1:] or (1,))[0])
                report.add(("shapes", name, "channels", key),
                           f"expected {one} numbers of each vertex, as shape '{other}' has, got {two}")


def _check_aovs(report: Report, integrator: Integrator, made: Frozen[Shape]) -> None:
    """What the integrator's pictures show is there. Of shapes that are wrong the channels are not known."""
    if report.problems:
        return
    table = table_of(made)
    for number, name in enumerate(integrator.aovs):
        if name not in table:
            hint = did_you_mean(name, table) or f"; there are {', '.join(table)}"
            report.add(("integrator", "aovs", number), f"no AOV is named {show(name)}{hint}")
        elif name in integrator.aovs[:number]:
            report.add(("integrator", "aovs", number), f"{show(name)} is there already")


def _check_envmaps(report: Report, made: Frozen[Light]) -> None:
    first, *others = [name for name, light in made.items() if light.type == "envmap"] or [""]
    for name in others:
        report.add(("lights", name), f"expected at most one envmap, got a second; '{first}' is one")


def _check_unused(report: Report, data: Mapping[str, Any]) -> None:
    if not isinstance(data.get("materials"), Mapping):
        return
    entries = data.get("shapes")
    named = [shape.get("material") for shape in entries.values() if isinstance(shape, Mapping)
             ] if isinstance(entries, Mapping) else []
    used = {name for name in named if isinstance(name, str)}  # an array, say, can't be compared
    for name in data["materials"]:
        if name not in used:
            report.add(("materials", name), "no shape uses it")
