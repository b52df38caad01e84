"""Edges in the pictures of cameras that bend straight lines: cut into parts along which the picture's scale, pixels of
the picture for a unit of the edge's parameter, is about the same.

A sample takes its place on the edge in space, and its place, normal and scale in the picture there
(boundary/primary.py): so the parts need only be short, and what is in view of one is decided by the sample.
"""

from __future__ import annotations

import numpy as np

from ..camera import rays
from ..camera.arrays import ARRAYS, Lens
from ..camera.screen import middle_ray

ANGLE = 0.2  # radians of a part, at first
EVEN = 1.5  # largest over least scale within a part
LONGEST = 0.2  # of a part, as a share of the picture's larger side
CUTS = 7  # of a part in two

_project = rays.project.instantiate(ARRAYS)
_covectors = rays.screen_covectors.instantiate(ARRAYS)


def curved_edges(
    vertices: np.ndarray,
    ends: np.ndarray,
    share: np.ndarray,
    weight: np.ndarray,
    lens: Lens,
    size: tuple[int, int],
    limits: tuple[float, float] = (1.0, 1.0),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As geometry.edges.visible_edges, for a bent picture: see boundary.primary.Edges."""
    ends, share, weight = (x[weight > 0.0] for x in (ends, share, weight))
    a, b = vertices[ends[:, 0]], vertices[ends[:, 1]]
    origin = lens.theta[lens.camera : lens.camera + 3]
    count = np.ceil(_angle(a - origin, b - origin) / ANGLE).astype(int).clip(1)
    edge = np.repeat(np.arange(len(ends)), count)
    step = 1.0 / count[edge]
    s0 = step * (np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count))
    s1 = np.minimum(s0 + step, 1.0)
    done = []
    for cut in range(CUTS + 1):
        scale, near = _scales(a[edge], (b - a)[edge], s0, s1, lens, size, limits)
        least, most = scale.min(0), scale.max(0)
        length = (scale[0] + 4.0 * scale[1] + scale[2]) / 6.0 * (s1 - s0)
        uneven = (most > EVEN * least) & (most * (s1 - s0) > 0.01)
        again = near & (uneven | (length > LONGEST * max(size))) & (cut < CUTS)
        kept = near & ~again & (length > 1e-6)
        done.append([x[kept] for x in (edge, s0, s1, length)])
        middle = 0.5 * (s0 + s1)[again]
        edge = np.repeat(edge[again], 2)
        s0, s1 = (np.stack(x, axis=1).reshape(-1) for x in ((s0[again], middle), (middle, s1[again])))
    edge, s0, s1, length = (np.concatenate(x) for x in zip(*done, strict=True))
    table = np.zeros((len(edge), 9))
    table[:, 0], table[:, 4:6], table[:, 6], table[:, 7], table[:, 8] = length, 1.0, s0, s1, 1.0 / weight[edge]
    return ends[edge].reshape(-1), table.reshape(-1), length * share[edge] * weight[edge]


def _angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), np.einsum("ij,ij->i", a, b))


def _scales(
    a: np.ndarray,
    along: np.ndarray,
    s0: np.ndarray,
    s1: np.ndarray,
    lens: Lens,
    size: tuple[int, int],
    limits: tuple[float, float],
) -> tuple[np.ndarray, np.ndarray]:
    """((3, n) pixels for a unit of the parameter at start, middle and end of each part, 0 where nothing is seen; (n,)
    whether some of the part may be in view)."""
    half = 0.5 * np.array(size)
    scales, seen_at, nearest = [], [], []
    with np.errstate(all="ignore"):
        for s in (s0, 0.5 * (s0 + s1), s1):
            point = (a + along * s[:, None]).T
            sx, sy, t, seen = _project(lens, point, 0.0, 0.0)
            by = _covectors(lens, middle_ray(sx, sy), t)
            speed = np.hypot(*(half[k] * sum(by[k][i] * along[:, i] for i in range(3)) for k in (0, 1)))
            seen = seen & np.isfinite(speed)
            scales.append(np.where(seen, speed, 0.0))
            seen_at.append(seen)
            outside = np.maximum(half[0] * (np.abs(sx) - limits[0]), half[1] * (np.abs(sy) - limits[1]))
            nearest.append(np.where(seen, outside, np.inf))
    scale = np.array(scales)
    reach = scale.max(0) * (s1 - s0)
    return scale, np.any(seen_at, axis=0) & (np.min(nearest, axis=0) <= reach)
