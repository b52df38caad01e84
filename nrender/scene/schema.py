"""The words in which models declare themselves: Key, Model, Family.

A model type (a camera, a material, a shape, …) declares its keys in one table beside its own code;
the checks, the parameters and the reference tables are all made from these tables.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import did_you_mean
from .values import Bad, Shape, check_range, count_of, range_text, read_array, show


class _Required:
    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()
"""The default of a key that must be given."""


@dataclass(frozen=True)
class Key:
    """One key.  Use the functions below to make one.

    shapes: shapes that are allowed, None = any length; low, high: bounds, both included unless
    `open_ends`; default: None = may be left out; differentiable: it is a parameter.
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

    def read(self, value: Any) -> Any:
        """The checked value: an array, int, str or bool.  Raises Bad."""
        if self.kind in ("number", "integer"):
            array = read_array(value, self.shapes, self.kind == "integer")
            check_range(array, self.low, self.high, self.open_ends, self.kind)
            return int(array) if self.kind == "integer" and array.ndim == 0 else array
        if self.kind == "flag":
            if not isinstance(value, bool):
                raise Bad(f"expected true or false, got {show(value)}")
            return value
        if not isinstance(value, str) or not value:
            raise Bad(f"expected {self.expected()}, got {show(value)}")
        if self.kind == "choice" and value not in self.options:
            nearest = did_you_mean(value, self.options)
            raise Bad(f"expected {self.expected()}, got {show(value)}{nearest}")
        return value

    def expected(self) -> str:
        """What may stand there, in words (also for the reference)."""
        if self.kind in ("number", "integer"):
            what = " or ".join(count_of(shape, self.kind) for shape in self.shapes)
            return f"{what} {range_text(self.low, self.high, self.open_ends)}".strip()
        if self.kind == "choice":
            return "one of " + ", ".join(self.options)
        return {"flag": "true or false", "map": "a map", "file": "a file name",
                "name": "a name"}[self.kind]

    def default_value(self) -> Any:
        """The default as `read` would give it; None where there is none."""
        if self.default is None or self.default is REQUIRED or self.kind == "map":
            return None
        return self.read(self.default)


def number(doc: str, *, default: Any = REQUIRED, low: float = -math.inf, high: float = math.inf,
           open_ends: bool = False, differentiable: bool = False) -> Key:
    return Key("number", doc, default, ((),), low, high, open_ends, (), differentiable)


def numbers(doc: str, *shapes: Shape, default: Any = REQUIRED, low: float = -math.inf,
            high: float = math.inf, differentiable: bool = False) -> Key:
    return Key("number", doc, default, shapes, low, high, False, (), differentiable)


def colour(doc: str, *, default: Any = REQUIRED, high: float = math.inf) -> Key:
    """Linear RGB, not negative; a parameter."""
    return numbers(doc, (3,), default=default, low=0.0, high=high, differentiable=True)


def integer(doc: str, *, low: float, high: float = math.inf, default: Any = REQUIRED) -> Key:
    return Key("integer", doc, default, ((),), low, high)


def integers(doc: str, *shapes: Shape, low: float = -math.inf, high: float = math.inf,
             default: Any = REQUIRED) -> Key:
    return Key("integer", doc, default, shapes, low, high)


def choice(doc: str, *options: str, default: Any = REQUIRED) -> Key:
    return Key("choice", doc, default, options=options)


def flag(doc: str, *, default: bool) -> Key:
    return Key("flag", doc, default)


def text(doc: str, kind: str, *, default: Any = REQUIRED) -> Key:
    """`kind`: "file" or "name"."""
    return Key(kind, doc, default)


def nested(doc: str, keys: Mapping[str, Key]) -> Key:
    """A map with keys of its own; it may be left out."""
    return Key("map", doc, None, keys=keys)


Values = Mapping[str, Any]


def nothing_to_check(values: Values) -> Iterable[tuple[str, str]]:
    return ()


@dataclass(frozen=True)
class Model:
    """One type: its keys, what must hold between them, and keys that are still to come.

    check(values) yields (key, message) for what is wrong though each key is right; it runs when a
    scene is loaded and when it is changed.  build(values, base) of a shape gives its local
    vertices (N, 3) float64 and faces (M, 3), and raises Bad.
    """

    doc: str
    keys: Mapping[str, Key]
    check: Callable[[Values], Iterable[tuple[str, str]]] = nothing_to_check
    build: Callable[..., tuple[np.ndarray, np.ndarray]] | None = None
    planned: tuple[str, ...] = ()


@dataclass(frozen=True)
class Family:
    """All types of one section, the keys they share, and the types that are still to come."""

    section: str
    types: Mapping[str, Model]
    planned: tuple[str, ...] = ()
    common: Mapping[str, Key] = field(default_factory=dict)
    planned_keys: tuple[str, ...] = ()
    default_type: str | None = None

    def keys(self, type_name: str) -> dict[str, Key]:
        """The keys of a type: its own, then those that all share."""
        return {**self.types[type_name].keys, **self.common}
