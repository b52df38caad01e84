"""The words in which models declare themselves: Key, Model, Family.

A model type (a camera, a material, a shape, …) declares its keys in one table beside its own code;
the checks, the parameters and the reference tables are all made from these tables.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import did_you_mean
from .models import Frozen
from .values import Bad, Shape, check_range, count_of, range_text, read_array, show

Values = Mapping[str, Any]


NAME = re.compile(r"[\w-]{1,100}\Z")
"""Of objects, and of what users name in them."""


class _Required:
    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()
"""The default of a key that must be given."""


@dataclass(frozen=True)
class Derived:
    """A default that comes from the other keys of the object.  doc: how, in words."""

    doc: str
    of: Callable[[Values], Any]


@dataclass(frozen=True)
class Key:
    """One key.  Use the functions below to make one.

    shapes: shapes that are allowed, None = any length; low, high: bounds, both included unless
    `open_ends`; default: None = may be left out; differentiable: it is a parameter; textured: what may
    stand for a constant (kinds of textures.py); constant: False if only a texture may; fill: give the
    keys of a map their defaults; minified: a texture may have `filter: mipmap`.
    """

    kind: str
    doc: str
    default: Any = REQUIRED
    shapes: tuple[Shape, ...] = ((),)
    low: float = -math.inf
    high: float = math.inf
    open_ends: bool = False
    options: tuple[str, ...] = ()
    differentiable: bool = False
    keys: Mapping[str, Key] = field(default_factory=dict)
    textured: tuple[str, ...] = ()
    constant: bool = True
    fill: bool = False
    minified: bool = False

    @property
    def channels(self) -> int:
        """3 for a colour, 1 for a number."""
        return 1 if () in self.shapes else 3

    def read(self, value: Any) -> Any:
        """The checked value: an array, int, str or bool.  Raises Bad."""
        if not self.constant:
            raise Bad(f"expected {self.expected()}, got {show(value)}")
        if self.kind in ("number", "integer"):
            array = read_array(value, self.shapes, self.kind == "integer")
            check_range(array, self.low, self.high, self.open_ends, self.kind)
            return int(array) if self.kind == "integer" and array.ndim == 0 else array
        if self.kind == "arrays":
            return self._read_arrays(value)
        if self.kind == "names":
            return self._read_names(value)
        if self.kind == "flag":
            if not isinstance(value, bool):
                raise Bad(f"expected true or false, got {show(value)}")
            return value
        if not isinstance(value, str) or not value:
            raise Bad(f"expected {self.expected()}, got {show(value)}")
        if self.kind == "file" and "\0" in value:
            raise Bad(f"expected a file name, got one with a NUL, {show(value)}")
        if self.kind == "choice" and value not in self.options:
            nearest = did_you_mean(value, self.options)
            raise Bad(f"expected {self.expected()}, got {show(value)}{nearest}")
        return value

    def _read_arrays(self, value: Any) -> Frozen[Any]:
        if not isinstance(value, Mapping):
            raise Bad(f"expected {self.expected()}, got {show(value)}")
        found = {}
        for name, given in value.items():
            if not isinstance(name, str) or not NAME.match(name):
                raise Bad(f"expected names of letters, digits, _ and -, got {show(name)}")
            try:
                found[name] = read_array(given, self.shapes)
                check_range(found[name], self.low, self.high, self.open_ends, "number")
            except Bad as bad:
                raise Bad(str(bad), (name, *bad.index)) from None
        return Frozen(found)

    def _read_names(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not value or not all(isinstance(name, str) for name in value):
            raise Bad(f"expected {self.expected()}, got {show(value)}")
        return tuple(value)

    def expected(self) -> str:
        """What may stand there, in words (also for the reference)."""
        if self.kind in ("number", "integer"):
            what = " or ".join(count_of(shape, self.kind) for shape in self.shapes)
            constant = f"{what} {range_text(self.low, self.high, self.open_ends)}".strip()
            return " or ".join([constant] * self.constant + ["a texture"] * bool(self.textured))
        if self.kind == "arrays":
            return "a map from names to " + " or ".join(count_of(shape, "number") for shape in self.shapes)
        if self.kind == "choice":
            return "one of " + ", ".join(self.options)
        return {"flag": "true or false", "map": "a map", "file": "a file name",
                "name": "a name", "names": "a list of names"}[self.kind]

    def default_value(self) -> Any:
        """The default as `read` would give it; None where there is none, or it depends on other keys."""
        if self.default is None or self.default is REQUIRED or self.kind == "map":
            return None
        if isinstance(self.default, Derived):
            return None
        return self.read(self.default)


def number(doc: str, *, default: Any = REQUIRED, low: float = -math.inf, high: float = math.inf,
           open_ends: bool = False, differentiable: bool = False, textured: tuple[str, ...] = ()) -> Key:
    return Key("number", doc, default, ((),), low, high, open_ends, (), differentiable, textured=textured)


def numbers(doc: str, *shapes: Shape, default: Any = REQUIRED, low: float = -math.inf,
            high: float = math.inf, differentiable: bool = False) -> Key:
    return Key("number", doc, default, shapes, low, high, False, (), differentiable)


def colour(doc: str, *, default: Any = REQUIRED, high: float = math.inf, textured: tuple[str, ...] = (),
           constant: bool = True) -> Key:
    """Linear RGB, not negative; a parameter."""
    return Key("number", doc, default, ((3,),), 0.0, high, differentiable=True, textured=textured,
               constant=constant)


def integer(doc: str, *, low: float, high: float = math.inf, default: Any = REQUIRED) -> Key:
    return Key("integer", doc, default, ((),), low, high)


def integers(doc: str, *shapes: Shape, low: float = -math.inf, high: float = math.inf,
             default: Any = REQUIRED) -> Key:
    return Key("integer", doc, default, shapes, low, high)


def arrays(doc: str, *shapes: Shape) -> Key:
    """A map from names to arrays, each a parameter; it may be left out."""
    return Key("arrays", doc, None, shapes, differentiable=True)


def names(doc: str, *, default: Any = REQUIRED) -> Key:
    """A list of names."""
    return Key("names", doc, default)


def choice(doc: str, *options: str, default: Any = REQUIRED) -> Key:
    return Key("choice", doc, default, options=options)


def flag(doc: str, *, default: bool | None) -> Key:
    return Key("flag", doc, default)


def text(doc: str, kind: str, *, default: Any = REQUIRED) -> Key:
    """`kind`: "file" or "name"."""
    return Key(kind, doc, default)


def nested(doc: str, keys: Mapping[str, Key], *, fill: bool = False) -> Key:
    """A map with keys of its own; it may be left out."""
    return Key("map", doc, None, keys=keys, fill=fill)


def nothing_to_check(values: Values) -> Iterable[tuple[str, str]]:
    return ()


def no_triangles(values: Values) -> int:
    return 0


@dataclass(frozen=True)
class Model:
    """One type: its keys, and what must hold between them.

    check(values) yields (key, message) for what is wrong though each key is right; it runs when a
    scene is loaded and when it is changed.  build(values, base) gives what files add, base being the
    folder that their paths start from, and raises Bad: of a shape its Mesh, of a light its values.
    triangles(values): how many `build` makes out of nothing; 0 if it reads them.
    """

    doc: str
    keys: Mapping[str, Key]
    check: Callable[[Values], Iterable[tuple[str, str]]] = nothing_to_check
    build: Callable[[Values, Path], Any] | None = None
    triangles: Callable[[Values], int] = no_triangles


@dataclass(frozen=True)
class Family:
    """All types of one section, and the keys and checks that they share."""

    section: str
    types: Mapping[str, Model]
    common: Mapping[str, Key] = field(default_factory=dict)
    check: Callable[[Values], Iterable[tuple[str, str]]] = nothing_to_check
    default_type: str | None = None

    def keys(self, type_name: str) -> dict[str, Key]:
        """The keys of a type: its own, then those that all share."""
        return {**self.types[type_name].keys, **self.common}

    def problems(self, type_name: str, values: Values) -> Iterable[tuple[str, str]]:
        """(key, message) of what doesn't go together."""
        yield from self.types[type_name].check(values)
        yield from self.check(values)
