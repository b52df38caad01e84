"""Compile ahead: every kernel that pictures, gradients and tangents in float32 launch, into the cache on disk; on a
machine with a GPU, its kernels too."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np

from .backend.devices import resolve
from .render import RenderWarning, render, render_jvp, render_vjp
from .scene import Scene

SCENE: dict[str, Any] = {  # a glossy floor too: edges that are seen in it have a kernel of their own
    "nrender": 1,
    "cameras": {"main": {"type": "perspective", "origin": [0, 2, 3], "target": [0, 0, 0], "resolution": [8, 8]}},
    "integrator": {"type": "path", "max_depth": 3, "spp": 1},
    "materials": {
        "matt": {"type": "diffuse", "reflectance": [0.5] * 3},
        "glossy": {"type": "conductor", "roughness": 0.3},
    },
    "shapes": {
        "floor": {"type": "rectangle", "material": "glossy", "transform": {"rotate": [-90, 0, 0], "scale": 2}},
        "thing": {"type": "cube", "material": "matt", "transform": {"translate": [0, 0.6, 0], "scale": 0.3}},
        "lamp": {"type": "rectangle", "emission": [1] * 3, "transform": {"rotate": [90, 0, 0], "translate": [0, 2, 0]}},
    },
}


def warm() -> float:
    """Seconds that it took; no time at all if they are there."""
    start = time.perf_counter()
    scene, path = Scene.from_dict(SCENE), "shapes.thing.transform.translate"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RenderWarning)
        for device in dict.fromkeys(("cpu", resolve("auto"))):
            render(scene, device=device)
            _, pullback = render_vjp(scene, [path], device=device)
            pullback(np.ones((8, 8, 3)))
            render_jvp(scene, {path: [1.0, 0.0, 0.0]}, device=device)
    return time.perf_counter() - start
