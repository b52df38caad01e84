"""What a kernel sees of a scene: flat arrays.

Every differentiable number of a scene is in one vector, `theta`: its vertices in world space first, then the camera,
the materials' parameters, the radiance of emitters and of the background. A tangent and a gradient are vectors of the
same layout, so a kernel reads `theta[i]`, and its adjoint adds to `gradient[i]`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Tables(NamedTuple):
    """Reals are float32 or float64, integers int32; `offset` is an index into theta."""

    theta: np.ndarray  # Real (n,)
    faces: np.ndarray  # (3 F,) vertex numbers
    face_material: np.ndarray  # (F,) number of a material
    face_emission: np.ndarray  # (F,) offset of the radiance, -1 for none
    face_two_sided: np.ndarray  # (F,) 1: emits from both sides
    face_chance: np.ndarray  # Real (F,) probability that next-event estimation chooses this face
    materials: np.ndarray  # (M,) offset of each material's parameters
    material_kind: np.ndarray  # (M,) which model: its place in bsdf.MODELS
    material_transmits: np.ndarray  # (M,) 1: light passes through
    lights: np.ndarray  # (E,) emitters: an emitting face, or the offset of a light without size; alias table:
    light_kind: np.ndarray  # (E,) FACE, POINT, SPOT or DIRECTIONAL (light/__init__.py)
    light_chance: np.ndarray  # Real (E,) probability that next-event estimation chooses it
    light_threshold: np.ndarray  # Real (E,)
    light_alias: np.ndarray  # (E,)
    nodes: np.ndarray  # Real; the tree of geometry/build.py
    links: np.ndarray
    order: np.ndarray
    corners: np.ndarray  # Real (9 F,) the triangles in the tree's order
    camera: int  # offset of origin, right, up, forward
    background: int  # offset of the constant light's radiance, -1 for none
    light_count: int
    max_depth: int


def alias_table(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(probability, threshold, alias) for drawing an index in proportion to `weights` in constant time (Vose 1991)."""
    p = np.asarray(weights, np.float64)
    p = p / p.sum()
    n = len(p)
    threshold, alias = np.ones(n), np.arange(n)
    scaled = p * n
    small = [i for i in range(n) if scaled[i] < 1.0]
    large = [i for i in range(n) if scaled[i] >= 1.0]
    while small and large:
        s, g = small.pop(), large.pop()
        threshold[s], alias[s] = scaled[s], g
        scaled[g] -= 1.0 - scaled[s]
        (small if scaled[g] < 1.0 else large).append(g)
    return p, threshold, alias
