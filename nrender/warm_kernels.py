"""Each kernel called once, on either device, with a small scene: its types are the same for every scene, so this is how
it is compiled before it is needed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from .aov import AOVS, channels_of
from .backend.aovs import Outlines, View
from .backend.devices import Backend
from .backend.strata import Work, crossing_shapes
from .boundary.plan import EDGES, MIRRORED, PRIMARY, Boundary, Share, strata_of
from .compile_scene import boundary_of, compile_scene
from .device import Width
from .scene import Scene
from .tables import Tables

SIZE = (8, 8)
SCENE: dict[str, Any] = {  # a glossy floor too: edges that are seen in it have a kernel of their own
    "nrender": 1,
    "cameras": {"main": {"type": "perspective", "origin": [0, 2, 3], "target": [0, 0, 0], "resolution": list(SIZE)}},
    "integrator": {"type": "path", "max_depth": 3, "spp": 1},
    "materials": {
        "matt": {"type": "diffuse", "reflectance": [0.5] * 3},
        "glossy": {"type": "conductor", "roughness": 0.1},
    },
    "shapes": {
        "floor": {"type": "rectangle", "material": "glossy", "transform": {"rotate": [-90, 0, 0], "scale": 2}},
        "thing": {"type": "cube", "material": "matt", "transform": {"translate": [0, 0.6, 0], "scale": 0.3}},
        "lamp": {"type": "rectangle", "emission": [1] * 3, "transform": {"rotate": [90, 0, 0], "translate": [0, 2, 0]}},
    },
}


class _Sample(NamedTuple):
    tables: Tables
    boundary: Boundary
    d_theta: np.ndarray


@functools.cache
def _sample(width: Width) -> _Sample:
    scene = Scene.from_dict(SCENE)
    compiled = compile_scene(scene, "main", width)
    boundary = boundary_of(scene, compiled, SIZE, width)
    return _Sample(compiled.tables, boundary, np.zeros(len(compiled.tables.theta), width.literal))


def _render(on: Backend) -> None:
    on.render(on.width, _sample(on.width).tables, SIZE, 1, 0, on.name == "cuda")


def _render_tan(on: Backend) -> None:
    tables, _, d_theta = _sample(on.width)
    on.render_tan(on.width, tables, d_theta, SIZE, 1, 0)


def _weights(on: Backend) -> Any:
    shape = (SIZE[1], SIZE[0], 3)
    return on.weights(np.ones(shape), shape)


def _render_adj(on: Backend, deterministic: bool = False) -> None:
    on.render_adj(on.width, _sample(on.width).tables, _weights(on), SIZE, 1, 0, True, deterministic)


def _work(strategy: str, on: Backend) -> Work:
    """A few samples of each stratum of this strategy."""
    tables, boundary, _ = _sample(on.width)
    even = np.ones(1 + int(boundary.cluster.max()))
    shares = [Share(s, 16, even) for s in strata_of(boundary, tables) if s.strategy == strategy]
    return Work(on.width, tables, boundary, SIZE, 0, shares)


def _boundary(strategy: str, on: Backend) -> None:
    on.boundary_tan(_work(strategy, on), _sample(on.width).d_theta)


def _boundary_adj(strategy: str, on: Backend) -> None:
    on.boundary_adj(_work(strategy, on), _weights(on), True)


def _crossings(on: Backend) -> None:
    tables, boundary, _ = _sample(on.width)
    shapes: np.ndarray = np.zeros(len(tables.theta), np.int64)
    crossing_shapes(on.width, tables, boundary.edges.ends, shapes, shapes)


def _aov_view(on: Backend) -> View:
    """A picture of all that has a derivative."""
    wanted = channels_of([name for name, aov in AOVS.items() if aov.differentiable], -1)
    return View(on.width, _sample(on.width).tables, wanted, SIZE, 1, 0)


def _aovs(on: Backend) -> None:
    on.aovs.aovs(_aov_view(on))


def _aovs_tan(on: Backend) -> None:
    on.aovs.aovs_tan(_aov_view(on), _sample(on.width).d_theta)


def _aov_weights(view: View) -> np.ndarray:
    return np.ones((SIZE[1], SIZE[0], view.channels.number))


def _aovs_adj(on: Backend, deterministic: bool = False) -> None:
    view = _aov_view(on)
    on.aovs.aovs_adj(view, _aov_weights(view), True, deterministic)


def _outlines(on: Backend) -> Outlines:
    visible = _sample(on.width).boundary.visible
    assert visible is not None
    return Outlines(visible, 16)


def _aov_outlines(on: Backend) -> None:
    on.aovs.outlines_tan(_aov_view(on), _outlines(on), _sample(on.width).d_theta)


def _aov_outlines_adj(on: Backend) -> None:
    view = _aov_view(on)
    on.aovs.outlines_adj(view, _outlines(on), _aov_weights(view), True)


def _centres(on: Backend) -> None:
    on.aovs.centres(on.width, _sample(on.width).tables, SIZE)


FIXED = ", deterministic"
"""Ends the names of kernels that a GPU has for sums whose bits are the same every time."""

KERNELS: dict[str, Callable[[Backend], None]] = {  # the slowest first
    "render_adj, deterministic": functools.partial(_render_adj, deterministic=True),
    "grazing, deterministic": functools.partial(_boundary_adj, EDGES),
    "mirrored, deterministic": functools.partial(_boundary_adj, MIRRORED),
    "outlines, deterministic": functools.partial(_boundary_adj, PRIMARY),
    "render": _render,
    "render_adj": _render_adj,
    "grazing": functools.partial(_boundary, EDGES),
    "mirrored": functools.partial(_boundary, MIRRORED),
    "outlines": functools.partial(_boundary, PRIMARY),
    "render_tan": _render_tan,
    "crossings": _crossings,
    "aovs_adj, deterministic": functools.partial(_aovs_adj, deterministic=True),
    "aov_outlines, deterministic": _aov_outlines_adj,
    "aovs_adj": _aovs_adj,
    "aovs_tan": _aovs_tan,
    "aov_outlines": _aov_outlines,
    "aovs": _aovs,
    "centres": _centres,
}
OF_MOTION = ("grazing", "outlines", "crossings")


def device_of(name: str, device: str) -> str:
    """Where this kernel runs for those who render on `device`; empty if it has no use there."""
    if name == "crossings":
        return "cpu"
    return "" if name.endswith(FIXED) and device == "cpu" else device


def in_fixed_point(names: Iterable[str]) -> list[str]:
    """What deterministic gradients take beside these kernels."""
    return [name + FIXED for name in names if name + FIXED in KERNELS]
