"""Paths for tests of how vertices move: chains of vertices on the triangles of a rough ball."""

import naive
import numpy as np
from derivatives import triple
from drivers import tables_of
from scipy.optimize import brentq

from nrender.camera import perspective, rays
from nrender.camera.screen import middle_ray
from nrender.geometry import surface
from nrender.geometry.segment import NEAR, nearness
from nrender.local import SIZE
from nrender.motion import TRAIL, Trail, View, near2, remember, vertex_adj, vertex_tan
from nrender.real import FLOAT64

VERTICES, FACES = naive.icosphere(1)
ROUGH = VERTICES + 0.1 * np.random.default_rng(0).normal(size=VERTICES.shape)
SPARE = len(VERTICES)  # the first of two vertices that are of no face
TABLES = tables_of(np.concatenate([ROUGH, [[0, 0, 0], [1, 0, 0]]]), FACES, FLOAT64)


def surface_at(rng, face=None, direction=(0.1, 0.2, -1.0)):
    face = int(rng.integers(len(FACES))) if face is None else face
    _, u, v = map(float, rng.dirichlet([1, 1, 1]))
    return surface.surface(TABLES, face, u, v, direction)


class Chain:
    """A path's vertices on random triangles, each led to by a random w so short that it follows the one before it by
    the share `chis`, or so long that it doesn't."""

    def __init__(self, chis, seed):
        rng = np.random.default_rng(seed)
        self.sx, self.sy, self.t = rng.uniform(-1, 1, size=3) + [0, 0, 3]
        _, axis = perspective.ray(TABLES.theta, TABLES.camera, self.sx, self.sy)
        self.view = View(middle_ray(self.sx, self.sy), axis, self.t)
        self.surfaces = [surface_at(rng) for _ in range(len(chis) + 1)]
        self.ws = [axis, *(self.step(rng, chi) for chi in chis)]
        self.depth = len(self.ws)

    def step(self, rng, chi):
        near = NEAR * self.t * np.linalg.norm(self.view.axis)
        s = brentq(lambda s: 1.0 - s * s * (3.0 - 2.0 * s) - chi, 0.0, 1.0) if chi > 0.0 else rng.uniform(1.0, 9.0)
        w = rng.normal(size=3)
        return triple(w / np.linalg.norm(w) * near * np.sqrt(s))

    def chi(self, depth):
        """Of the vertex at this depth, from the length of w."""
        w = self.ws[depth - 1]
        return 1.0 if depth == 1 else nearness(np.dot(w, w), near2(self.view, depth))[0]

    def velocity(self, d_theta):
        d = rays.ray_point_tan(TABLES, d_theta, middle_ray(self.sx, self.sy), self.t)
        for depth, (s, w) in enumerate(zip(self.surfaces, self.ws, strict=True), 1):
            d = vertex_tan(w, s.area_normal, self.chi(depth), d, surface.surface_tan(TABLES, d_theta, s)[0])
        return d

    def trail(self):
        trail = Trail([0] * SIZE, [0.0] * SIZE)
        for depth, (s, w) in enumerate(zip(self.surfaces, self.ws, strict=True), 1):
            remember(trail, depth, s, w, True)
        return trail

    def gradient(self, g):
        out = np.zeros_like(TABLES.theta)
        vertex_adj(TABLES, out, self.trail(), self.view, self.depth, g, True)
        return out


CHAINS = {
    "camera alone": [],
    "one far": [0.0],
    "one near": [0.4],
    "all near": [0.3, 0.9, 0.999, 0.5, 0.7],
    "touching": [1.0 - 1e-9] * 5,
    "a far one between": [0.5, 0.0, 0.8, 0.6],
    "as many as remembered": [0.9] * (TRAIL - 2) + [0.0],
    "more than remembered": [0.9] * (TRAIL - 2) + [0.0] * 6,
}
