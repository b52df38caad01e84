"""For tests of geometry/edge_tree.py: meshes, points about them, which edges are silhouettes; loops as machine code."""

import functools
from typing import NamedTuple

import naive
import numpy as np
import pytest
from numba import njit

from nrender.geometry import edge_tree
from nrender.geometry.wedges import wedges
from nrender.real import FLOAT32, FLOAT64

widths = pytest.mark.parametrize("width", [FLOAT32, FLOAT64], ids=["float32", "float64"])


class Mesh(NamedTuple):
    vertices: np.ndarray
    faces: np.ndarray

    def built(self, width=FLOAT64):
        return edge_tree.build(self.vertices, wedges(*self), width.literal)

    def theta(self, width=FLOAT64):
        return self.vertices.astype(width.literal).reshape(-1)


def rounded(mesh, at=0.0):
    """With vertices that float32 has: the two widths see the same mesh."""
    return Mesh((mesh[0] + at).astype(np.float32).astype(float), mesh[1])


def boxes(n, seed=0):
    rng = np.random.default_rng(seed)
    v, f = naive.cube()
    size, middle = rng.uniform(0.02, 0.4, (n, 1, 3)), rng.uniform(-4, 4, (n, 1, 3))
    return (v * size + middle).reshape(-1, 3), (f + 8 * np.arange(n)[:, None, None]).reshape(-1, 3)


def terrain(n):
    """Hills, over a square of n x n places."""
    x, y = (c.reshape(-1) for c in np.meshgrid(np.linspace(-1, 1, n), np.linspace(-1, 1, n), indexing="ij"))
    i = np.arange(n * n).reshape(n, n)
    a, b, c, d = (k.reshape(-1) for k in (i[:-1, :-1], i[1:, :-1], i[1:, 1:], i[:-1, 1:]))
    height = 0.2 * np.sin(5 * x + 1) * np.cos(4 * y) + 0.05 * np.sin(20 * x - 13 * y)
    return np.column_stack([x, y, height]), np.concatenate([np.column_stack([a, b, c]), np.column_stack([a, c, d])])


CUBE = naive.cube()
SETS = {
    "triangle": rounded((np.array([[0, 0, 0], [1, 0, 0], [0.3, 2, 0.5]]), np.array([[0, 1, 2]]))),
    "cube": rounded(CUBE),
    "sphere": rounded(naive.icosphere(3)),
    "boxes": rounded(boxes(30)),
    "terrain": rounded(terrain(16)),
    "doubled": rounded((CUBE[0][CUBE[1].reshape(-1)], np.arange(36).reshape(-1, 3))),
    "all in one place": rounded((np.tile(CUBE[0], (9, 1)), np.concatenate([CUBE[1] + 8 * k for k in range(9)]))),
    "far from the origin": rounded(boxes(20), at=500.0),
}
sets = pytest.mark.parametrize("mesh", [pytest.param(x, id=name) for name, x in SETS.items()])


def lights(mesh, n, seed=1):
    """(y, far): points about the mesh, near it, on it and far away, and directions."""
    rng = np.random.default_rng(seed)
    v = mesh.vertices
    size = np.ptp(v, axis=0).max()
    y = v.mean(0) + rng.uniform(-1.0, 1.0, (n, 3)) * size
    y[::4] = v[rng.integers(0, len(v), len(y[::4]))]
    y[::4] += rng.normal(size=y[::4].shape) * size * 10.0 ** rng.uniform(-5, 0, (len(y[::4]), 1))
    y[1::8] = v.mean(0) + rng.normal(size=y[1::8].shape) * 30.0 * size
    far = np.arange(n) % 4 == 3
    y[far] = rng.normal(size=y[far].shape)
    y[far] /= np.linalg.norm(y[far], axis=1, keepdims=True)
    return list(zip(y.astype(np.float32).astype(float), far.tolist(), strict=True))


def lamps(mesh, n, seed=1):
    """(y, unit normal) of surfaces that send light to one side: anywhere near the mesh, and every third on it."""
    rng = np.random.default_rng([seed, 2])
    v, f = mesh.vertices, mesh.faces
    y = v.mean(0) + rng.uniform(-1.0, 1.0, (n, 3)) * np.ptp(v, axis=0).max()
    toward = rng.normal(size=(n, 3))
    corners = v[f[rng.integers(0, len(f), len(y[::3]))]]
    y[::3] = np.einsum("ij,ijk->ik", rng.dirichlet([1, 1, 1], len(corners)), corners)
    toward[::3] = [naive.area_normal(c) for c in corners]
    toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    return list(zip(y, toward, strict=True))


def in_front(mesh, tree, y, toward):
    """The greater cosine of each edge's two ends at y."""
    d = mesh.vertices[tree.ends.reshape(-1, 2)] - y
    return (d @ toward / np.maximum(np.linalg.norm(d, axis=2), 1e-300)).max(1)


def silhouettes(mesh, tree, y, far, slack=0.0):
    """(edges that surely are, edges that may be) by the sides of the two faces next to the gap, to the relative error
    `slack`: the light's ray through the edge has one face on either side, as one has its front and one its back."""
    v, f = mesh.vertices, mesh.faces
    a, b = (v[tree.ends.reshape(-1, 2)[:, k]] for k in (0, 1))
    d = np.tile(y, (len(a), 1)) if far else 0.5 * (a + b) - y
    normal = np.cross(b - a, d)
    size = np.linalg.norm(normal, axis=1, keepdims=True) + 1e-300
    side = []
    for faces in tree.faces.reshape(-1, 2).T:
        corner = v[f[faces]] - a[:, None]
        into = corner.mean(1)
        t = (b - a) / np.linalg.norm(b - a, axis=1, keepdims=True)
        into -= np.sum(into * t, 1, keepdims=True) * t
        side.append(np.sum(into / np.linalg.norm(into, axis=1, keepdims=True) * normal / size, 1))
    error = slack * (1.0 + np.linalg.norm(b - a, axis=1) * (np.abs(y).max() + np.abs(v).max()) / size[:, 0])
    low, high = np.minimum(*side), np.maximum(*side)
    return (low > error) | (high < -error), (low > -error) | (high < error)


@functools.cache
def machine_code(width):
    """(chances, picks): loops over edges, over random numbers."""
    pick, chance = edge_tree.pick.instantiate(width), edge_tree.chance.instantiate(width)

    @njit
    def chances(tree, theta, y, n, far, out):
        for e in range(len(out)):
            out[e] = chance(tree, theta, (y[0], y[1], y[2]), (n[0], n[1], n[2]), far, e)

    @njit
    def picks(tree, theta, y, n, far, u, edge, out, rest):
        for i in range(len(u)):
            edge[i], out[i], rest[i] = pick(tree, theta, (y[0], y[1], y[2]), (n[0], n[1], n[2]), far, u[i])

    return chances, picks


ANYWHERE = (0.0, 0.0, 0.0)  # `toward` of a point that sends light to all sides


def chances_at(tree, mesh, y, far, width=FLOAT64, toward=ANYWHERE):
    out = np.empty(len(tree.span), width.literal)
    y, toward = np.asarray(y, width.literal), np.asarray(toward, width.literal)
    machine_code(width)[0](tree, mesh.theta(width), y, toward, far, out)
    return out


def picks_at(tree, mesh, y, far, u, width=FLOAT64, toward=ANYWHERE):
    edge, out, rest = np.empty(len(u), np.int64), np.empty(len(u), width.literal), np.empty(len(u), width.literal)
    y, toward, u = (np.asarray(x, width.literal) for x in (y, toward, u))
    machine_code(width)[1](tree, mesh.theta(width), y, toward, far, u, edge, out, rest)
    return edge, out, rest
