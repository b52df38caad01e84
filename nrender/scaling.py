"""Typical steps: how far a parameter goes until the image changes about as much as for any other.

A method works in *scaled* units, x = (value - start) / step, so that 10 degrees, a tenth of the
scene and 0.1 of reflectance are one unit each.  The step of a path by its last key:

    rotate                          10 degrees
    fov cutoff beam_width           5 degrees
    origin target translate
    pivot vertices position         0.1 of the scene's extent (diagonal of the box around it)
    reflectance and other colours   0.1
    roughness and other fractions   0.1
    ior                             0.1
    emission radiance intensity
    irradiance, image of a light    0.2 of the largest component of the start (0.2 if that is zero)
    scale direction height fx fy
    cx cy                           0.1 of the value's largest component (0.1 if that is zero)
    principal_point                 0.05
    p1 p2                           0.01
    up                              0.1
    matrix                          0.1, and 0.1 of the extent for its last column
    anything else                   0.1

and never more than a tenth of the width of the bounds.  What a texture holds (`image`, `a`, `b`)
is of the kind of the key that bears it: `reflectance.image` of reflectance, `emission.a` of emission.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nrender.scene.transform import world_vertices

LENGTHS = frozenset({"origin", "target", "translate", "pivot", "vertices", "position"})
POWERS = frozenset({"emission", "radiance", "intensity", "irradiance", "image"})
RELATIVE = frozenset({"scale", "direction", "height", "fx", "fy", "cx", "cy"})
FIXED = {
    "rotate": 10.0, "fov": 5.0, "cutoff": 5.0, "beam_width": 5.0, "ior": 0.1, "principal_point": 0.05, "p1": 0.01,
    "p2": 0.01,
}  # fmt: skip
TEXELS = frozenset({"image", "a", "b"})
DEFAULT_STEP = 0.1
POWER_STEP = 0.2
BOUNDS_FRACTION = 0.1


def scene_extent(scene: Any) -> float:
    """Diagonal of the box around all shapes in world space; 1 for a scene without any."""
    clouds = [world_vertices(s.vertices, s.transform) for s in scene.shapes.values()]
    points = np.concatenate([c for c in clouds if len(c)] or [np.zeros((1, 3))])
    diagonal = float(np.linalg.norm(np.ptp(points, axis=0)))
    return diagonal if diagonal > 0 else 1.0


def kind_of(path: str) -> str:
    """The key that a path's step goes by: `image` is that of an environment map, if it is of no key."""
    _, _, *keys = path.split(".")
    return keys[-2] if len(keys) > 1 and keys[-1] in TEXELS else keys[-1]


def typical_step(
    path: str, value: np.ndarray, extent: float, lower: np.ndarray, upper: np.ndarray
) -> np.ndarray:
    """The step of every component of the parameter `path`, in its own unit and shape.

    `lower` and `upper` have the shape of `value`; infinite where there is no bound.
    """
    kind = kind_of(path)
    step = np.full(value.shape, FIXED.get(kind, DEFAULT_STEP))
    largest = float(np.max(np.abs(value), initial=0.0))
    if kind in LENGTHS:
        step *= extent
    elif kind in POWERS:
        step = np.full(value.shape, POWER_STEP * (largest or 1.0))
    elif kind in RELATIVE:
        step *= largest or 1.0
    elif kind == "matrix":
        step[..., 3] *= extent
    width = upper - lower
    bounded = np.isfinite(width) & (width > 0)
    return np.where(bounded, np.minimum(step, BOUNDS_FRACTION * width), step)
