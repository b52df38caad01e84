"""boundary/edge_point.py: which lines are drawn through edges, and how often; boundary/grazing.py: how fast an edge
moves against a segment, and the transpose."""

import functools

import naive
import numpy as np
import pytest
from chains import CHAINS, SPARE, TABLES, Chain, surface_at
from chi2 import chi_squared_test
from derivatives import assert_transpose, flat, triple
from drivers import tables_of
from numpy.testing import assert_allclose

from nrender.boundary.edge_point import ASIDE, BACK, line_point, open_side, passing
from nrender.boundary.grazing import Grazing, grazing_adj, grazing_tan
from nrender.boundary.segment import share_of
from nrender.cache import compiled
from nrender.device import device
from nrender.geometry.edge_tree import build
from nrender.geometry.edges import allot
from nrender.geometry.segment import NEAR, nearness
from nrender.geometry.surface import surface_tan
from nrender.geometry.wedges import wedges
from nrender.light import DIRECTIONAL, ENVMAP, FACE, POINT, SPOT
from nrender.motion import near2, vertex_tan
from nrender.real import FLOAT32, FLOAT64

# Lines through edges

FOLD = np.array([[0, 0, 0], [1, 0.2, 0], [0.2, 0.9, 0.5], [0.3, -0.8, 0.6]]), np.array([[0, 1, 2], [1, 0, 3]])
CORNERS = np.array([[0.0, 0, 0], [0, 0, 1], [1, 0, 0.3], [0.9, 0.4, 0], [0.5, 0.8, 0.2]])
FAN = CORNERS, np.array([[0, 1, 2], [0, 1, 3], [0, 1, 4]])
MESHES = {
    "triangle": (np.array([[0, 0, 0], [1, 0, 0], [0.3, 2, 0.5]]), np.array([[0, 1, 2]])),
    "fold": FOLD,
    "three faces at an edge": FAN,
    "cube": naive.cube(),
    "ball": naive.icosphere(1),
}
meshes = pytest.mark.parametrize("name", MESHES)


@device
def draw_lines(scene, edges, first, u, out):
    for i in range(len(u)):
        e, d = line_point(scene, edges, first, (u[i, 0], u[i, 1], u[i, 2], u[i, 3], u[i, 4]), i)
        n, sine = open_side(e, d)
        o = passing(e, n, d)
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = e.edge, e.s, sine, e.aside
        for k in range(3):
            out[i, 4 + k], out[i, 7 + k], out[i, 10 + k], out[i, 13 + k] = d[k], n[k], e.point[k], o[k]


class Lines:
    """`samples` lines of a mesh, in the proportions in which edges can be grazed."""

    def __init__(self, name, samples, width=FLOAT64):
        self.vertices, self.faces = MESHES[name]
        self.tree = build(self.vertices, wedges(self.vertices, self.faces), width.literal)
        ends = self.vertices[self.tree.ends.reshape(-1, 2)]
        self.along = (ends[:, 1] - ends[:, 0]).astype(float)
        self.length = np.linalg.norm(self.along, axis=1)
        self.measure = self.length * self.tree.span * self.tree.share
        self.first, self.spacing = allot(self.measure, samples, 0.37)
        out = np.zeros((samples, 16), width.literal)
        u = np.random.default_rng(1).random((samples, 5)).astype(width.literal)
        scene = tables_of(self.vertices, self.faces, width)
        compiled(draw_lines, width)(scene, self.tree, self.first, np.minimum(u, width.literal(1 - 2.0**-24)), out)
        out = out.astype(float)
        self.edge, self.s, self.sine, self.aside = out[:, 0].astype(int), *out[:, 1:4].T
        self.d, self.n, self.point, self.start = (out[:, k : k + 3] for k in (4, 7, 10, 13))
        self.t = (self.along / self.length[:, None])[self.edge]
        self.o = self.tree.outward.reshape(-1, 3)[self.edge].astype(float)
        self.q = np.cross(self.t, self.o)
        self.span = self.tree.span[self.edge].astype(float)


def dots(a, b):
    return np.sum(a * b, axis=1)


@meshes
@pytest.mark.parametrize("width", [FLOAT32, FLOAT64], ids=["float32", "float64"])
def test_lines_graze_the_edge(name, width):
    """By the tree's own inequality, and by the faces at the edge: all are on one side of the plane of edge and line,
    and `open_side` is the other."""
    lines = Lines(name, 3000, width)
    eps = 8.0 * np.finfo(width.literal).eps
    assert_allclose(np.linalg.norm(lines.d, axis=1), 1.0, rtol=eps)
    high, wide = np.abs(dots(lines.d, lines.o)), np.abs(dots(lines.d, lines.q))
    assert (high * np.cos(lines.span) <= wide * np.sin(lines.span) + eps).all()
    first = lines.vertices[lines.tree.ends[::2]]
    assert_allclose(lines.point, first[lines.edge] + lines.s[:, None] * lines.along[lines.edge], atol=eps)
    assert_allclose(lines.sine, np.linalg.norm(np.cross(lines.t, lines.d), axis=1), atol=eps)
    clear = lines.sine > 1e-3
    assert_allclose(np.linalg.norm(lines.n[clear], axis=1), 1.0, rtol=1e3 * eps)
    assert np.abs(dots(lines.n, lines.d)[clear]).max() <= 1e3 * eps
    assert np.abs(dots(lines.n, lines.t)[clear]).max() <= 1e3 * eps
    places = [np.unique(lines.vertices[pair].round(9), axis=0).tolist() for pair in lines.tree.ends.reshape(-1, 2)]
    for face in lines.faces:
        corners = lines.vertices[face]
        own = [all(p in corners.round(9).tolist() for p in place) for place in places]
        here = np.array(own)[lines.edge] & clear
        into = corners.mean(0) - lines.point[here]
        assert (dots(into, lines.n[here]) <= 1e3 * eps).all()


@meshes
def test_lines_are_drawn_in_proportion_to_what_can_graze(name):
    """To ds sin(theta) d(omega): uniform in s, in the angle about the edge within the wedge on both sides, and in the
    integral of sin(theta)^2 d(theta); edges in proportion to length * share * span."""
    samples = 60_000
    lines = Lines(name, samples)
    number = np.bincount(lines.edge, minlength=len(lines.measure))
    assert np.abs(number - lines.measure / lines.measure.sum() * samples).max() <= 1.0
    assert lines.spacing * samples == pytest.approx(lines.measure.sum())
    z = np.clip(dots(lines.d, lines.t), -1.0, 1.0)
    along = 0.5 + (z * np.sqrt(1.0 - z * z) + np.arcsin(z)) / np.pi
    about = np.arctan2(dots(lines.d, lines.o), np.abs(dots(lines.d, lines.q))) / lines.span
    side = dots(lines.d, lines.q) > 0.0
    many = [edge for edge in np.argsort(-number)[:3] if number[edge] > 2000]
    for own in [lines.edge == edge for edge in many] + [lines.edge >= 0]:
        bins = [np.linspace(0, 1, 7), np.linspace(-1, 1, 8), np.linspace(0, 1, 5), [-0.5, 0.5, 1.5]]
        counts = np.histogramdd(np.stack([along, about, lines.s, side], axis=1)[own], bins)[0]
        chi_squared_test(counts, np.full(counts.shape, own.sum() / counts.size), tests=4 * len(MESHES))


@meshes
def test_a_segments_ray_starts_beside_the_edge(name):
    lines = Lines(name, 500)
    off = lines.start - lines.point
    clear = lines.sine > 1e-2
    assert_allclose(dots(off, lines.n)[clear], lines.aside[clear], rtol=1e-6)
    assert_allclose(dots(off, lines.d)[clear], -BACK * lines.aside[clear], rtol=1e-6)
    ends = np.abs(lines.vertices[lines.tree.ends.reshape(-1, 2)]).max(2).sum(1)
    assert_allclose(lines.aside, ASIDE * (ends[lines.edge] + np.abs(lines.point).max(1)), rtol=1e-9)


# The motion of an edge against a segment

LIGHT = TABLES.camera + 12  # in the place of a light's numbers: three that nothing else reads
KINDS = {"a face": FACE, "a point light": POINT, "a spot": SPOT, "a sun": DIRECTIONAL, "a sky": ENVMAP}


class Segment:
    """A segment from the last vertex of a chain to y past an edge of the two spare vertices, all at random. near: y is
    so near to x that it follows it by this share. theta has the edge."""

    def __init__(self, chis, kind, near, seed):
        rng = np.random.default_rng([seed, 7])
        self.chain, self.kind = Chain(chis, seed), kind
        self.x = np.array(self.chain.surfaces[-1].point)
        self.surface = surface_at(rng)
        w = np.array(self.surface.point) - self.x
        if near:
            w = rng.normal(size=3)
            w *= near * NEAR * self.chain.t * np.linalg.norm(self.chain.view.axis) / np.linalg.norm(w)
        if kind in (DIRECTIONAL, ENVMAP):
            w = rng.normal(size=3)
            w /= np.linalg.norm(w)  # to the light
        self.w = w
        far = kind in (DIRECTIONAL, ENVMAP)
        self.share = 0.0 if far else float(rng.uniform(0.2, 0.8))
        self.reach = float(rng.uniform(0.5, 2.0) if far else self.share * np.linalg.norm(w))
        self.e = self.x + w * (self.reach if far else self.share)
        self.s = float(rng.uniform(0.1, 0.9))
        along = rng.normal(size=3)
        self.ends = self.e - self.s * along, self.e + (1.0 - self.s) * along
        self.theta = TABLES.theta.copy()
        self.theta[3 * SPARE : 3 * SPARE + 6] = np.concatenate(self.ends)
        self.scene = TABLES._replace(theta=self.theta)
        n = np.cross(along, w)
        self.n = n / np.linalg.norm(n)
        base = LIGHT if kind in (POINT, SPOT, DIRECTIONAL) else 0
        self.jump = triple(rng.normal(size=3))
        numbers = (self.share, self.reach, kind, base, self.surface, triple(w), self.chain.view, self.chain.depth, 0)
        self.g = Grazing(SPARE, SPARE + 1, self.s, triple(self.n), *numbers, self.jump, 0, True, True)

    def tangent(self, d_theta):
        return grazing_tan(self.scene, d_theta, self.chain.trail(), self.g)

    def gradient(self, weight, **changes):
        out = np.zeros_like(self.theta)
        g = self.g._replace(**changes)
        grazing_adj(self.scene, out, self.chain.trail(), g, triple(weight), g.seen)
        return out

    def gap(self, d_theta, h):
        """The distance of the moved edge's line from the moved segment's, along n."""
        light = d_theta[LIGHT : LIGHT + 3]
        d_x = np.array(self.chain.velocity(d_theta))
        d_w = -d_x
        if self.kind == FACE:
            chi, _ = nearness(self.w @ self.w, near2(self.chain.view, self.chain.depth + 1))
            material = surface_tan(TABLES, d_theta, self.surface)[0]
            d_w = d_w + vertex_tan(triple(self.w), self.surface.area_normal, chi, triple(d_x), material)
        elif self.kind in (POINT, SPOT):
            d_w = d_w + light
        else:
            d_w = -light if self.kind == DIRECTIONAL else 0.0  # light travels against w
        d_a, d_b = d_theta[3 * SPARE : 3 * SPARE + 6].reshape(2, 3)
        a, b = self.ends[0] + h * d_a, self.ends[1] + h * d_b
        n = np.cross(b - a, self.w + h * d_w)
        return (a - self.x - h * d_x) @ n / np.linalg.norm(n)


def segments():
    for kind in KINDS:
        for chain in ("camera alone", "one far", "all near", "a far one between", "more than remembered"):
            yield kind, chain, 0.0
    yield from (("a face", "all near", 0.5), ("a face", "one far", 0.3), ("a face", "camera alone", 0.9))


each = pytest.mark.parametrize("kind, chain, near", list(segments()))


@each
def test_the_adjoint_is_the_transpose_of_the_tangent(kind, chain, near):
    for seed in range(3):
        segment = Segment(CHAINS[chain], KINDS[kind], near, seed)
        rng = np.random.default_rng(seed + 300)
        d_theta, weight = rng.normal(size=segment.theta.shape), rng.normal(size=3)
        gradient = segment.gradient(weight)
        assert_transpose(segment.tangent(d_theta), weight, d_theta, gradient)
        assert gradient[LIGHT : LIGHT + 3].any() == (kind in ("a point light", "a spot", "a sun"))
        assert not segment.gradient(weight, seen=False).any()


@each
def test_the_tangent_is_the_speed_with_which_edge_and_segment_come_apart(kind, chain, near):
    """By differences of the distance of two lines."""
    for seed in range(3):
        segment = Segment(CHAINS[chain], KINDS[kind], near, seed)
        d_theta = np.random.default_rng(seed + 400).normal(size=segment.theta.shape)
        h = 1e-4 * min(segment.reach, np.linalg.norm(segment.w)) / (1.0 + np.abs(segment.chain.velocity(d_theta)).max())
        gap = functools.partial(segment.gap, d_theta)
        speed = (8.0 * (gap(h) - gap(-h)) - (gap(2 * h) - gap(-2 * h))) / (12.0 * h)
        assert_allclose(segment.tangent(d_theta), speed * flat(segment.jump), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_comes_apart_when_all_moves_alike(kind):
    """Translated, scaled about the origin, turned about it: exactly 0, to rounding. (A sun's direction turns with all,
    a sky can't.) The trail's last vertex is at its material point, and so is y."""
    rng = np.random.default_rng(5)
    for seed in range(5):
        segment = Segment([0.0], KINDS[kind], 0.0, seed)
        matrices = {"translate": np.zeros((3, 3)), "scale": np.eye(3), "turn": np.cross(np.eye(3), rng.normal(size=3))}
        for name, matrix in matrices.items():
            if kind == "a sky" and name == "turn":
                continue
            translate = rng.normal(size=3) * (name == "translate")
            points = segment.theta[: 3 * SPARE + 6].reshape(-1, 3)
            d_theta = np.zeros_like(segment.theta)
            d_theta[: 3 * SPARE + 6] = (points @ matrix.T + translate).reshape(-1)
            if kind in ("a point light", "a spot"):
                y = segment.x + segment.w
                d_theta[LIGHT : LIGHT + 3] = matrix @ y + translate
            elif kind == "a sun":
                d_theta[LIGHT : LIGHT + 3] = matrix @ -segment.w if name == "turn" else 0.0
            assert_allclose(segment.tangent(d_theta), 0.0, atol=1e-14)
            alone = d_theta * (np.arange(len(d_theta)) >= 3 * SPARE)
            assert np.abs(segment.tangent(alone)).max() > 1e-4 or name == "scale"


def test_the_place_of_an_edge_on_its_segment():
    assert share_of(FACE, 1.0, 3.0) == 0.25
    assert share_of(POINT, 3.0, 1.0) == 0.75
    assert share_of(DIRECTIONAL, 3.0, 1.0) == share_of(ENVMAP, 3.0, 1.0) == 0.0
    assert share_of(FACE, 0.0, 0.0) == 0.0
    assert share_of(FACE, 2.0, -1.0) == 1.0  # y no farther than the edge: at it
