"""From a document to the objects of a scene: every check, every problem, then the objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import did_you_mean
from . import cameras, integrators, lights, materials, shapes
from .geometry import tidy_mesh
from .models import Camera, Frozen, Integrator, Light, Material, OptimizeSpec, Shape, Transform
from .report import Report
from .schema import REQUIRED, Family, Key
from .values import Bad, show

VERSION = 1
TOP = ("nrender", "cameras", "integrator", "materials", "shapes", "lights", "optimize")
NAME = re.compile(r"[\w-]{1,100}\Z")
TEXTURE = ("file", "image", "checkerboard")


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
    made_cameras = _section(report, data, cameras.CAMERAS, cameras.make_camera)
    if not data.get("cameras"):
        report.add(("cameras",), "expected at least one camera, got none")
    integrator = _integrator(report, data)
    made_materials = _section(report, data, materials.MATERIALS, materials.make_material)
    made_shapes = _section(report, data, shapes.SHAPES, _shape_maker(report, data))
    made_lights = _section(report, data, lights.LIGHTS, lights.make_light)
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
    """All objects of a section that are right, by name."""
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
                thing = make(read[0], read[1], path) if section == "shapes" else make(*read)
                if thing is not None:
                    made[name] = thing
    return Frozen(made)


def _integrator(report: Report, data: Mapping[str, Any]) -> Integrator:
    read = read_object(report, ("integrator",), integrators.INTEGRATORS, data.get("integrator", {}))
    if read is None:
        read = read_object(Report(report.document), ("integrator",), integrators.INTEGRATORS, {})
        assert read is not None
    return integrators.make_integrator(*read)


def read_object(report: Report, path: tuple[str, ...], family: Family,
                entry: Any) -> tuple[str, dict[str, Any]] | None:
    """The type and the values of an object, defaults filled in; None if anything is wrong."""
    if not isinstance(entry, Mapping):
        report.add(path, f"expected a map, got {show(entry)}")
        return None
    type_name = _read_type(report, path, family, entry)
    if type_name is None:
        return None
    model = family.types[type_name]
    planned = (*model.planned, *family.planned_keys)
    before = len(report.problems)
    rest = {key: value for key, value in entry.items() if key != "type"}
    values = read_keys(report, path, family.keys(type_name), rest, planned, ("type",))
    if len(report.problems) == before:
        for key, message in model.check(values):
            report.add((*path, key) if key else path, message)
    return (type_name, values) if len(report.problems) == before else None


def _read_type(report: Report, path: tuple[str, ...], family: Family,
               entry: Mapping[str, Any]) -> str | None:
    supported = ", ".join(family.types)
    name = entry.get("type", family.default_type)
    if isinstance(name, str) and name in family.types:
        return name
    if "type" not in entry:
        report.add((*path, "type"), f"missing; expected one of {supported}")
    elif name in family.planned:
        report.add((*path, "type"), f"'{name}' is not supported yet; expected one of {supported}")
    else:
        nearest = did_you_mean(name, family.types) if isinstance(name, str) else ""
        report.add((*path, "type"), f"expected one of {supported}, got {show(name)}{nearest}")
    return None


def read_keys(report: Report, path: tuple[str, ...], keys: Mapping[str, Key],
              entry: Mapping[str, Any], planned: tuple[str, ...] = (),
              also_valid: tuple[str, ...] = (), defaults: bool = True) -> dict[str, Any]:
    """The values of the keys that are right, with the default of those that aren't given."""
    for given_key in entry:
        if given_key in planned:
            report.add((*path, given_key), "not supported yet")
        elif given_key not in keys:
            report.unknown_key((*path, given_key), (*also_valid, *keys))
    values: dict[str, Any] = {}
    for name, key in keys.items():
        if name not in entry:
            if key.default is REQUIRED:
                report.add((*path, name), f"missing; expected {key.expected()}")
            elif defaults:
                values[name] = key.default_value()
            continue
        given = entry[name]
        if key.kind == "map":
            values[name] = _read_map(report, (*path, name), key, given)
        elif key.differentiable and isinstance(given, Mapping) and set(given) & set(TEXTURE):
            report.add((*path, name), f"textures are not supported yet; expected {key.expected()}")
        else:
            try:
                values[name] = key.read(given)
            except Bad as bad:
                report.add((*path, name, *bad.index), str(bad))
    return values


def _read_map(report: Report, path: tuple[str, ...], key: Key, given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        report.add(path, f"expected a map, got {show(given)}")
        return {}
    return read_keys(report, path, key.keys, given, defaults=False)


def _shape_maker(report: Report, data: Mapping[str, Any]) -> Callable[..., Shape | None]:
    """A function that makes a shape of checked values, or reports why it can't be made."""
    names = data.get("materials")
    known = list(names) if isinstance(names, Mapping) else []

    def make(type_name: str, values: dict[str, Any], path: tuple[str, ...]) -> Shape | None:
        before = len(report.problems)
        material, emission = values["material"], values["emission"]
        if material is None and emission is None:
            report.add(path, "expected material or emission, got neither")
        if material is not None and material not in known:
            report.add((*path, "material"), f"no material is named '{material}'"
                       + did_you_mean(material, known))
        for key, message in shapes.check_transform(values["transform"] or {}):
            report.add((*path, "transform", key), message)
        built = _build(report, path, type_name, values)
        if built is None or len(report.problems) > before:
            return None
        transform = (shapes.make_transform(values["transform"]) if values["transform"]
                     else Transform())
        vertices, faces = built
        mesh = tidy_mesh(report, path, vertices, faces, transform, emission is not None)
        if mesh is None:
            return None
        options = {key: value for key, value in values.items()
                   if key not in shapes.COMMON and key not in ("vertices", "faces")}
        return Shape(type_name, *mesh, material, emission, values["two_sided"], transform,
                     Frozen(options))

    return make


def _build(report: Report, path: tuple[str, ...], type_name: str,
           values: dict[str, Any]) -> Any:
    build = shapes.SHAPES.types[type_name].build
    assert build is not None
    try:
        return build(values, Path(report.document.base))
    except Bad as bad:
        report.add((*path, "file"), str(bad))
        return None


def _check_unused(report: Report, data: Mapping[str, Any]) -> None:
    if not isinstance(data.get("materials"), Mapping):
        return
    entries = data.get("shapes")
    used = [shape.get("material") for shape in entries.values() if isinstance(shape, Mapping)
            ] if isinstance(entries, Mapping) else []
    for name in data["materials"]:
        if name not in used:
            report.add(("materials", name), "no shape uses it")
