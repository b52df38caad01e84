"""The tree as plugins: a kind and a type, values by name, plugins within.  References are resolved."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..errors import did_you_mean
from ..scene.place import Place, stop
from .elements import Element
from .expand import attribute
from .parse import flag, integer, number, numbers, triple
from .spectra import parse_spectrum
from .transforms import Placement, parse_transform

PLUGINS = {"bsdf", "emitter", "film", "integrator", "medium", "phase", "rfilter", "sampler", "scene", "sensor", "shape",
           "texture", "volume"}
SNAKE = re.compile(r"(?<=[a-z0-9])([A-Z])")


class Value(NamedTuple):
    """kind: the tag; data: float, int, bool, str, (3,), Spectrum or Placement."""

    kind: str
    data: Any
    place: Place


@dataclass(eq=False)
class Plugin:
    """id: what references say; name: what its parent calls it; both may be empty.

    values: by name; nested: (name or "", plugin), also if referred to; taken: names that were asked for."""

    kind: str
    type: str
    id: str
    name: str
    place: Place
    values: dict[str, Value] = field(default_factory=dict)
    nested: list[tuple[str, Plugin]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        return f"{self.kind} '{self.id or self.type}'"

    def get(self, key: str) -> Value | Plugin | None:
        self.taken.add(key)
        if key in self.values:
            return self.values[key]
        return next((plugin for name, plugin in self.nested if name == key), None)

    def constant(self, key: str, kinds: tuple[str, ...], default: Any) -> Any:
        """The data of a value of one of the kinds.  Raises SceneError for another one."""
        found = self.get(key)
        if found is None:
            return default
        if isinstance(found, Plugin) or found.kind not in kinds:
            raise stop(found.place, str(self), f"expected <{kinds[0]}>, got <{found.kind}>", key)
        return found.data

    def number(self, key: str, default: float) -> float:
        return float(self.constant(key, ("float", "integer"), default))

    def integer(self, key: str, default: int) -> int:
        return int(self.constant(key, ("integer",), default))

    def flag(self, key: str, default: bool = False) -> bool:
        return bool(self.constant(key, ("boolean",), default))

    def text(self, key: str, default: str = "") -> str:
        return str(self.constant(key, ("string",), default))

    def vector(self, key: str, default: Any = None) -> Any:
        return self.constant(key, ("point", "vector"), default)

    def transform(self, key: str = "to_world") -> np.ndarray:
        return self.placement(key).matrix

    def placement(self, key: str = "to_world") -> Placement:
        found: Placement = self.constant(key, ("transform",), Placement(np.eye(4)))
        return found

    def inner(self, kind: str) -> Iterator[Plugin]:
        return (plugin for _, plugin in self.nested if plugin.kind == kind)

    def skip(self, *keys: str) -> None:
        """These have no meaning here."""
        self.taken.update(keys)

    def untaken(self) -> list[tuple[str, Place]]:
        """Values that nobody asked for."""
        return [(key, value.place) for key, value in self.values.items() if key not in self.taken]


PARSERS: dict[str, Callable[[Element], Any]] = {
    "float": number,
    "integer": integer,
    "boolean": flag,
    "string": lambda element: attribute(element, "value"),
    "point": triple,
    "vector": triple,
    "rgb": lambda element: numbers(element, "value", (1, 3)) * np.ones(3),
    "spectrum": parse_spectrum,
    "transform": parse_transform,
}


def read_plugins(root: Element) -> Plugin:
    """The scene as a plugin.  Raises SceneError."""
    old = _is_old(root)
    ids: dict[str, Plugin] = {}
    later: list[tuple[Plugin, int, Element]] = []
    scene = _plugin(root, old, ids, later)
    for plugin, index, element in later:
        name = attribute(element, "id")
        if name not in ids:
            raise stop(element.place, "ref", f"there is no '{name}'{did_you_mean(name, ids)}", "id")
        plugin.nested[index] = (plugin.nested[index][0], ids[name])
    _refuse_circles(scene)
    return scene


def _is_old(root: Element) -> bool:
    """Before version 2, names were written in another way."""
    version = root.attributes.get("version", "3")
    if not re.fullmatch(r"\d{1,4}(\.\d{1,4}){0,2}", version):
        raise stop(root.place, "scene", f"expected a version such as 3.0.0, got '{version}'", "version")
    return int(version.split(".")[0]) < 2


def _plugin(element: Element, old: bool, ids: dict[str, Plugin], later: list[tuple[Plugin, int, Element]]) -> Plugin:
    given = element.attributes
    kind = given.get("type", element.tag)
    made = Plugin(element.tag, kind, given.get("id", ""), given.get("name", ""), element.place)
    if made.id:
        if made.id in ids:
            raise stop(element.place, str(made), f"this id is given twice, first in line {ids[made.id].place.line}")
        ids[made.id] = made
    for child in element.children:
        key = child.attributes.get("name", "")
        key = SNAKE.sub(lambda match: f"_{match[1].lower()}", key) if old else key
        if child.tag == "ref":
            later.append((made, len(made.nested), child))
            made.nested.append((key, made))
        elif child.tag in PLUGINS or (child.tag == "spectrum" and "type" in child.attributes):
            made.nested.append((key, _plugin(child, old, ids, later)))
        elif child.tag in PARSERS:
            if key in made.values:
                raise stop(child.place, str(made), "this name is given twice", key)
            made.values[key] = Value(child.tag, PARSERS[child.tag](child), child.place)
        else:
            hint = did_you_mean(child.tag, [*PLUGINS, *PARSERS, "ref", "include", "default"])
            raise stop(child.place, str(made), f"unknown tag <{child.tag}>{hint}")
    return made


def _refuse_circles(scene: Plugin) -> None:
    """Depth first, without recursion: references can make a chain as long as the file."""
    inside: set[Plugin] = {scene}
    done: set[Plugin] = set()
    stack = [(scene, iter(scene.nested))]
    while stack:
        plugin, rest = stack[-1]
        for _, inner in rest:
            if inner in inside:
                raise stop(inner.place, str(inner), "it is within itself")
            if inner not in done:
                inside.add(inner)
                stack.append((inner, iter(inner.nested)))
                break
        else:
            stack.pop()
            inside.discard(plugin)
            done.add(plugin)
