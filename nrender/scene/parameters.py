"""The parameters of a scene: their paths, values and ranges, and how they are replaced.

The path of a parameter is its path in the file.  Which keys are parameters, and their ranges, is
in the tables of the models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace as changed
from typing import Any, NamedTuple

import numpy as np

from ..errors import did_you_mean, no_such_parameter
from .cameras import CAMERAS
from .check import Parts
from .geometry import light_problem
from .lights import LIGHTS
from .materials import MATERIALS
from .models import Frozen, Shape, Textured
from .schema import Key
from .shapes import COMMON, SHAPES, TRANSFORM
from .values import check_range, read_array

VALUED = {"cameras": CAMERAS, "materials": MATERIALS, "lights": LIGHTS}
"""Sections whose objects have `values`."""


class Slot(NamedTuple):
    """Where a parameter lives: section, object, key in it (`reflectance.image` for the field of a
    texture); the key's rules; its shape."""

    section: str
    name: str
    leaf: str
    key: Key
    shape: tuple[int, ...]


class Parameters(Mapping[str, np.ndarray]):
    """Path -> value, float64 (0-d for a number): a copy at each access, in a fixed order."""

    def __init__(self, parts: Parts, slots: Mapping[str, Slot]) -> None:
        self._parts, self._slots = parts, slots

    def __getitem__(self, path: str) -> np.ndarray:
        if path not in self._slots:
            raise KeyError(f"{path}{did_you_mean(path, self._slots)}")
        slot = self._slots[path]
        return np.array(read_slot(self._parts, slot), dtype=np.float64)

    def __iter__(self) -> Iterator[str]:
        return iter(self._slots)

    def __len__(self) -> int:
        return len(self._slots)

    def __repr__(self) -> str:
        inside = ", ".join(f"{path} {slot.shape}" for path, slot in self._slots.items())
        return f"Parameters({inside})"


def find_slots(parts: Parts) -> dict[str, Slot]:
    """All parameters: of cameras, materials, lights, shapes, each in the order of the scene."""
    slots: dict[str, Slot] = {}

    def add(section: str, name: str, leaf: str, key: Key, value: Any) -> None:
        if isinstance(value, Textured):
            for part in value.parameters:
                add(section, name, f"{leaf}.{part}", key, getattr(value, part))
        elif isinstance(value, Mapping):
            for part, array in value.items():
                add(section, name, f"{leaf}.{part}", key, array)
        elif value is not None:
            slots[f"{section}.{name}.{leaf}"] = Slot(section, name, leaf, key, np.shape(value))

    for section, family in VALUED.items():
        for name, thing in getattr(parts, section).items():
            for leaf, key in _differentiable(family.keys(thing.type)):
                add(section, name, leaf, key, thing.values.get(leaf))
    for name, shape in parts.shapes.items():
        add("shapes", name, "emission", COMMON["emission"], shape.emission)
        for leaf, key in TRANSFORM.items():
            if (leaf == "matrix") == (shape.transform.matrix is not None):
                add("shapes", name, f"transform.{leaf}", key, getattr(shape.transform, leaf))
        for leaf, key in _differentiable(SHAPES.types[shape.type].keys):
            add("shapes", name, leaf, key, getattr(shape, leaf))
    return slots


def _differentiable(keys: Mapping[str, Key]) -> Iterable[tuple[str, Key]]:
    return ((leaf, key) for leaf, key in keys.items() if key.differentiable)


def read_slot(parts: Parts, slot: Slot) -> Any:
    """The present value, not copied."""
    thing = getattr(parts, slot.section)[slot.name]
    key, _, part = slot.leaf.partition(".")
    value = thing.values[key] if slot.section in VALUED else getattr(thing, key)
    if isinstance(value, Mapping):
        return value[part]
    return getattr(value, part) if part else value


def read_value(slot: Slot, value: Any) -> np.ndarray:
    """`value` as a read-only array of the parameter's shape and range.  Raises Bad."""
    if hasattr(value, "__array__"):
        value = np.asarray(value)
        value = value if value.ndim else value.item()
    array = read_array(value, (slot.shape,))
    check_range(array, slot.key.low, slot.key.high, slot.key.open_ends, "number")
    return array


def replaced(parts: Parts, slots: Mapping[str, Slot], values: Mapping[str, np.ndarray],
             report: Callable[[str, str], None]) -> Parts:
    """The parts with checked `values`; objects that don't change are shared.

    report(path, message) is called for what doesn't go together any more.
    """
    by_object: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    for path, value in values.items():
        slot = slots[path]
        by_object.setdefault((slot.section, slot.name), {})[slot.leaf] = value
    sections: dict[str, dict[str, Any]] = {}
    for (section, name), fields in by_object.items():
        things = sections.setdefault(section, dict(getattr(parts, section)))
        things[name] = thing = _with(section, things[name], fields)
        for leaf, message in _problems(section, thing, fields):
            report(f"{section}.{name}" + (f".{leaf}" if leaf else ""), message)
    new: dict[str, Any] = {key: Frozen(things) for key, things in sections.items()}
    return changed(parts, **new)


def _with(section: str, thing: Any, fields: Mapping[str, Any]) -> Any:
    plain = {key: value for key, value in fields.items() if "." not in key}
    inner: dict[str, dict[str, Any]] = {}      # of transforms and textures
    for leaf, value in fields.items():
        key, _, part = leaf.partition(".")
        if part:
            inner.setdefault(key, {})[part] = value
    valued = section in VALUED
    for key, parts in inner.items():
        before = thing.values[key] if valued else getattr(thing, key)
        plain[key] = Frozen({**before, **parts}) if isinstance(before, Mapping) else changed(before, **parts)
    return changed(thing, values=Frozen({**thing.values, **plain})) if valued else changed(thing, **plain)


def _problems(section: str, thing: Any, fields: Iterable[str]) -> Iterable[tuple[str, str]]:
    """What must hold between the values of an object."""
    if section in VALUED:
        yield from VALUED[section].problems(thing.type, thing.values)
    elif not all(leaf.split(".")[0] in ("emission", "colors", "channels") for leaf in fields):
        shape: Shape = thing
        message = light_problem(shape)
        if message:
            yield "", message


def known_path(path: object, slots: Mapping[str, Slot]) -> str | None:
    """None for the path of a parameter, else the message."""
    if isinstance(path, str) and path in slots:
        return None
    return no_such_parameter(str(path), slots)
