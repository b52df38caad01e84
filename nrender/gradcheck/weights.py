"""The weights of the pixels in the loss that is differentiated."""

from __future__ import annotations

import numpy as np

from ..aov_table import table_of
from ..scene import Scene
from ..scene.cameras import default_camera


def smooth_weights(scene: Scene, seed: int = 0, camera: str | None = None) -> np.ndarray:
    """Weights of every pixel and colour, or number of an AOV, around 1, that vary over the picture: (height, width,
    channels). Those of what has no derivative are 0.

    They vary, so that a gradient that goes to the wrong pixel or colour is seen; and smoothly, so that their sum over
    an image is a smooth function of what moves. camera: default "main", or the first.
    """
    view = scene.cameras[camera or default_camera(scene.cameras)]
    y, x = np.meshgrid(np.linspace(0, 1, view.height), np.linspace(0, 1, view.width), indexing="ij")
    rng = np.random.default_rng(seed)
    table = table_of(scene.shapes)
    smooth = [table[n].differentiable for n in scene.integrator.aovs for _ in table[n].suffixes] or [True] * 3
    waves = [np.cos(2 * np.pi * (rng.uniform(-1, 1) * x + rng.uniform(-1, 1) * y + rng.random())) for _ in smooth]
    return np.where(smooth, 1 + 0.8 * np.stack(waves, axis=-1), 0.0)
