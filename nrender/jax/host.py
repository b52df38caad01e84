"""What JAX calls back: functions of arrays on the host. They compare by what they hold, since JAX keeps what it
compiles by the function that it calls back; a new one at each step would be compiled at each step."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any, NamedTuple

import jax
import numpy as np

from .. import bridge
from ..scene import Scene

KEPT = 4  # scenes with values: the picture's is the pullback's, which is another call
_kept: OrderedDict[tuple[Any, ...], Scene] = OrderedDict()
_lock = Lock()


def scene_of(call: bridge.Call, values: Sequence[Any]) -> Scene:
    """The scene with these values; the same object for the same values."""
    arrays = [np.asarray(value) for value in values]
    key = (call.scene, call.paths, *((array.dtype.str, array.tobytes()) for array in arrays))
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = bridge.replaced(call, arrays)
    with _lock:
        _kept[key] = made
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made


def picture_types(call: bridge.Call) -> list[jax.ShapeDtypeStruct]:
    return [jax.ShapeDtypeStruct(shape, np.dtype(call.precision)) for shape in bridge.shapes(call)]


class Pictures(NamedTuple):
    """(seeds, *values) -> pictures."""

    call: bridge.Call

    def __call__(self, seeds: Any, *values: Any) -> list[np.ndarray]:
        found = bridge.pictures(self.call, scene_of(self.call, values), int(np.asarray(seeds)[0]))
        return [np.asarray(picture, self.call.precision) for picture in found]


class Tangents(NamedTuple):
    """(seeds, *values, *directions) -> how the pictures change; directions: of the parameters `moved`."""

    call: bridge.Call
    moved: tuple[str, ...]

    def __call__(self, seeds: Any, *arrays: Any) -> list[np.ndarray]:
        values, rest = arrays[: len(self.call.paths)], arrays[len(self.call.paths) :]
        directions = dict(zip(self.moved, map(np.asarray, rest), strict=True))
        found = bridge.tangents(self.call, scene_of(self.call, values), directions, int(np.asarray(seeds)[1]))
        return [np.asarray(tangent, self.call.precision) for tangent in found]


class Gradients(NamedTuple):
    """(seeds, *values, *weights) -> gradients by the parameters `wrt`, in the type of each; weights: of the pictures
    that are `given`."""

    call: bridge.Call
    wrt: tuple[str, ...]
    given: tuple[str, ...]

    def __call__(self, seeds: Any, *arrays: Any) -> list[np.ndarray]:
        values, rest = arrays[: len(self.call.paths)], arrays[len(self.call.paths) :]
        weights = dict(zip(self.given, map(np.asarray, rest), strict=True))
        pull = bridge.back_alone(self.call, scene_of(self.call, values), self.wrt, int(np.asarray(seeds)[1]))
        found = pull([weights.get(name) for name in self.call.names])
        types = {path: np.asarray(value).dtype for path, value in zip(self.call.paths, values, strict=True)}
        return [np.asarray(found[path], types[path]) for path in self.wrt]
