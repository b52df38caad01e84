"""The scene that users hold: immutable, checked, with its parameters by path."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from ..errors import FROM_DICT, Problem, SceneError, SceneWarning, warn
from . import dump
from .cameras import make_camera, pixel_scales, resized
from .check import Parts, check_document
from .document import Document, from_plain, read_document
from .models import Camera, Frozen, Integrator, Light, Material, Shape, read_only
from .optimize import check_optimize
from .optimize_models import OptimizeSpec
from .optimize_parameter import scaled
from .parameters import Parameters, Slot, find_slots, known_path, read_value, replaced
from .paths import describe
from .report import Report
from .values import Bad


class Scene:
    """A checked scene.  Make one with `load_scene` or `Scene.from_dict`; it never changes.

    `cameras`, `materials`, `shapes`, `lights` are immutable maps by name; `integrator`; `optimize`: how to fit it, or
    None; `parameters`: a map from path to float64 array (a copy); `file`: the Path it was read from, or None.
    """

    __slots__ = ("_parts", "_slots", "_source", "_changes")
    _repr_html_: ClassVar[Callable[[Scene], str]]  # for notebooks; the package sets it
    _parts: Parts
    _slots: dict[str, Slot]
    _source: Document
    _changes: dict[str, Any]

    def __init__(self) -> None:
        raise TypeError("make a scene with load_scene(path) or Scene.from_dict(dict)")

    @classmethod
    def _make(cls, parts: Parts, slots: dict[str, Slot], source: Document,
              changes: dict[str, Any]) -> Scene:
        scene = object.__new__(cls)
        for name, value in zip(cls.__slots__, (parts, slots, source, changes), strict=True):
            object.__setattr__(scene, name, value)
        return scene

    @classmethod
    def _check(cls, document: Document) -> Scene:
        report = Report(document)
        parts = check_document(report)
        slots = find_slots(parts)
        parts = dataclasses.replace(parts, optimize=check_optimize(report, parts, slots))
        report.stop_if_wrong()
        for warning in report.warnings:
            warn(str(warning), SceneWarning)
        return cls._make(parts, slots, document, {})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], base: str | Path | None = None) -> Scene:
        """A scene from the nested dict that a file would hold; arrays are allowed for lists.

        base: the folder that relative paths start from (default: the current one).
        Raises SceneError with everything that is wrong.
        """
        return cls._check(from_plain(data, base))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a scene is immutable; use scene.replace({path: value})")

    def __reduce__(self) -> Any:
        return Scene._make, (self._parts, self._slots, self._source, self._changes)

    @property
    def cameras(self) -> Frozen[Camera]:
        return self._parts.cameras

    @property
    def integrator(self) -> Integrator:
        return self._parts.integrator

    @property
    def materials(self) -> Frozen[Material]:
        return self._parts.materials

    @property
    def shapes(self) -> Frozen[Shape]:
        return self._parts.shapes

    @property
    def lights(self) -> Frozen[Light]:
        return self._parts.lights

    @property
    def optimize(self) -> OptimizeSpec | None:
        return self._parts.optimize

    @property
    def file(self) -> Path | None:
        return None if self._source.file == FROM_DICT else Path(self._source.file)

    @property
    def parameters(self) -> Parameters:
        return Parameters(self._parts, self._slots)

    @property
    def document(self) -> dict[str, Any]:
        """The nested dict with the present values: plain Python, a scene again as it is."""
        return dump.document(self)

    def dump(self, path: str | Path) -> None:
        """Write the scene to a YAML file, atomically, in full precision.

        Files are referred to relative to it; many changed vertices are written beside it as NAME.ply,
        images that are in no file, or changed, as NAME-KEY.exr in single precision.
        """
        dump.dump(self, Path(path))

    def limits(self, path: str) -> tuple[float, float]:
        """(low, high): between what the numbers of a parameter may be; infinite where there is no bound.

        KeyError for an unknown path.
        """
        key = self._slots[path].key
        return key.low, key.high

    def replace(self, values: Mapping[str, Any]) -> Scene:
        """A scene with other values of some parameters; everything else is shared.

        Raises SceneError for an unknown path, a wrong shape, NaN, or a value out of range.
        """
        problems: list[Problem] = []
        arrays = {}

        def report(path: str, message: str) -> None:
            file, line = self.where(path)
            problems.append(Problem(file, line, *describe(tuple(path.split("."))), message))

        for path, value in values.items():
            wrong = known_path(path, self._slots)
            if wrong:
                report(str(path), wrong)
                continue
            try:
                arrays[path] = read_value(self._slots[path], value)
            except Bad as bad:
                report(path, str(bad))
        parts = replaced(self._parts, self._slots, arrays, report)
        if problems:
            raise SceneError(problems)
        return Scene._make(parts, self._slots, self._source, {**self._changes, **arrays})

    def with_optimize(self, section: Mapping[str, Any]) -> Scene:
        """The scene with another `optimize` section, checked as in a file; SceneError for what is wrong with it."""
        source = self._source
        extra = from_plain({"optimize": section}, source.base)
        report = Report(extra)
        spec = check_optimize(report, self._parts, self._slots)
        report.stop_if_wrong()
        lines = {path: line for path, line in source.lines.items() if path[:1] != ("optimize",)}
        document = Document({**source.data, **extra.data}, source.base, source.file, lines)
        return Scene._make(dataclasses.replace(self._parts, optimize=spec), self._slots, document,
                           self._changes)

    def with_resolution(self, camera: str, width: int, height: int) -> Scene:
        """The scene with another size, in pixels, of one camera's picture; the view stays, and all that is in pixels is
        scaled, in the `optimize` section too."""
        view = self.cameras[camera]
        keys = resized(view, width, height)
        values = {**view.values, **{key: read_only(value) for key, value in keys.items()}}
        made = Frozen({**self.cameras, camera: make_camera(view.type, values)})
        parts = dataclasses.replace(self._parts, cameras=made)
        cameras = self._source.data["cameras"]
        changed = {**cameras, camera: {**cameras[camera], **keys}}
        source = dataclasses.replace(self._source, data={**self._source.data, "cameras": changed})
        paths = {f"cameras.{camera}.{key}": values[key] for key in keys}
        changes = {**self._changes, **{path: value for path, value in paths.items() if path in self._slots}}
        resized_scene = Scene._make(parts, self._slots, source, changes)
        scales = {f"cameras.{camera}.{key}": by for key, by in pixel_scales(view, keys["resolution"]).items()}
        if self.optimize is None or scales.keys().isdisjoint(self.optimize.parameters):
            return resized_scene
        fits = source.data["optimize"]["parameters"]
        fits = {path: scaled(given, *scales[path]) if path in scales else given for path, given in fits.items()}
        return resized_scene.with_optimize({**source.data["optimize"], "parameters": fits})

    def where(self, path: str) -> tuple[str, int]:
        """File and line (0: unknown) of a parameter or anything else, for messages."""
        return self._source.file, self._source.line(tuple(dump.place(path)))

    def __repr__(self) -> str:
        parts = self._parts
        lines = [f"Scene({self._source.file}, {self.integrator!r},"]
        for section in ("cameras", "materials", "shapes", "lights"):
            things = list(getattr(parts, section).items())
            lines += [f"  {section}.{name}: {thing!r}" for name, thing in things[:8]]
            if len(things) > 8:
                lines.append(f"  … {len(things) - 8} more {section}")
        return "\n".join(lines) + ")"


def load_scene(path: str | Path) -> Scene:
    """Read a scene file, YAML, and the meshes and images that it names, whose paths are relative to it.

    Raises SceneError, which lists everything that is wrong with it, a line each.
    """
    return Scene._check(read_document(path))
