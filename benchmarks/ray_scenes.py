"""Meshes of 36 triangles, about 100 000 and 1 000 000, and rays in them, for rays.py."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Mesh = tuple[np.ndarray, np.ndarray]  # vertices (n, 3) float64, faces (m, 3) int32


def _quads(corners: list[np.ndarray]) -> Mesh:
    """Two triangles of each four corners."""
    first = 4 * np.arange(len(corners))[:, None, None]
    return np.concatenate(corners), (first + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3).astype(np.int32)


def _box(low: np.ndarray, high: np.ndarray, sides: int = 6) -> list[np.ndarray]:
    """The sides of a box, four corners each; the one at high z is the last."""
    found = []
    for axis, end in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)):
        a, b = (k for k in range(3) if k != axis)
        corners = np.empty((4, 3))
        corners[:, axis] = (low, high)[end][axis]
        corners[:, a] = np.array([low, high, high, low])[:, a]
        corners[:, b] = np.array([low, low, high, high])[:, b]
        found.append(corners)
    return found[:sides]


def room() -> Mesh:
    """36 triangles: five walls, two boxes, a lamp."""
    lamp = np.array([[-0.3, 0.99, -0.3], [0.3, 0.99, -0.3], [0.3, 0.99, 0.3], [-0.3, 0.99, 0.3]])
    walls = _box(np.full(3, -1.0), np.full(3, 1.0), 5)
    boxes = [
        *_box(np.array([-0.7, -1.0, -0.6]), np.array([-0.1, 0.3, 0.0])),
        *_box(np.array([0.1, -1.0, 0.0]), np.array([0.7, -0.4, 0.6])),
    ]
    return _quads([*walls, *boxes, lamp])


def _waves(p: np.ndarray, count: int, octaves: int, seed: int) -> np.ndarray:
    """A sum of sines of p (n, 3), each octave of half the height."""
    rng = np.random.default_rng(seed)
    height = np.zeros(len(p))
    for octave in range(octaves):
        for _ in range(count):
            height += np.sin(p @ (rng.normal(size=3) * 2.0**octave) + rng.uniform(0, 2 * np.pi)) / 2.0**octave
    return height / count


def _grid(rows: int, columns: int) -> np.ndarray:
    """Faces between (rows + 1) x (columns + 1) vertices."""
    i, j = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    a = (i * (columns + 1) + j).reshape(-1)
    b, c, d = a + 1, a + columns + 1, a + columns + 2
    return np.stack([np.stack([a, b, d], 1), np.stack([a, d, c], 1)], 1).reshape(-1, 3).astype(np.int32)


def ball(rows: int = 158) -> Mesh:
    """A bumpy ball in a box that is open to the front."""
    polar, around = np.meshgrid(np.linspace(0.001, np.pi - 0.001, rows + 1), np.linspace(0, 2 * np.pi, 2 * rows + 1))
    polar, around = polar.T.reshape(-1), around.T.reshape(-1)
    p = np.stack([np.sin(polar) * np.cos(around), np.cos(polar), np.sin(polar) * np.sin(around)], 1)
    p *= 1.0 + 0.25 * _waves(2 * p, 6, 4, seed=1)[:, None]
    walls, faces = _quads(_box(np.full(3, -2.2), np.full(3, 2.2), 5))
    return np.concatenate([p, walls]), np.concatenate([_grid(rows, 2 * rows), faces + np.int32(len(p))])


def terrain(rows: int = 708) -> Mesh:
    x, z = (k.reshape(-1) for k in np.meshgrid(*[np.linspace(-10, 10, rows + 1)] * 2, indexing="ij"))
    p = np.stack([x, np.zeros_like(x), z], 1)
    p[:, 1] = 2.5 * _waves(0.5 * p, 6, 7, seed=3)
    return p, _grid(rows, rows)


# Mesh, eye, target, vertical field of view in degrees
SCENES: dict[str, tuple[Callable[[], Mesh], tuple[float, ...], tuple[float, ...], float]] = {
    "room": (room, (0, 0, 3.5), (0, 0, 0), 45),
    "ball": (ball, (0.4, 0.5, 6.0), (0, 0, 0), 38),
    "terrain": (terrain, (-9, 4.5, -9), (0, 0, 0), 60),
}


def camera_rays(eye: tuple, target: tuple, fov: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(origins, directions) (size^2, 3) float32, in blocks of 4 x 4 pixels."""
    forward = np.subtract(target, eye) / np.linalg.norm(np.subtract(target, eye))
    right = np.cross(forward, [0, 1, 0])
    right /= np.linalg.norm(right)
    k = np.arange(size * size)
    block, pixel = k // 16, k % 16
    x, y = 4 * (block % (size // 4)) + pixel % 4, 4 * (block // (size // 4)) + pixel // 4
    sx, sy = ((2 * (v + 0.5) / size - 1) * np.tan(np.radians(fov) / 2) for v in (x, y))
    d = forward + sx[:, None] * right - sy[:, None] * np.cross(right, forward)
    o = np.broadcast_to(np.asarray(eye, float), d.shape)
    return np.ascontiguousarray(o, np.float32), np.ascontiguousarray(d, np.float32)


def bounced(mesh: Mesh, o: np.ndarray, d: np.ndarray, t: np.ndarray, face: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rays from where those hit, cosine-distributed, in the same order."""
    vertices, faces = mesh
    rng, hit = np.random.default_rng(0), face >= 0
    v = vertices[faces[face[hit]]]
    n = np.cross(v[:, 1] - v[:, 0], v[:, 2] - v[:, 0])
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    n *= -np.sign((n * d[hit]).sum(1, keepdims=True))
    w = rng.normal(size=n.shape)
    w = n + 0.999 * w / np.linalg.norm(w, axis=1, keepdims=True)
    p = o[hit] + t[hit, None] * d[hit] + 1e-4 * n
    w /= np.linalg.norm(w, axis=1, keepdims=True)
    return np.ascontiguousarray(p, np.float32), np.ascontiguousarray(w, np.float32)
