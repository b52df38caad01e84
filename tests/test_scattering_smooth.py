"""scattering.py on faces with corner normals, a normal map and textures: derivatives of all together, and no leaks."""

import functools

import numpy as np
import pytest
from derivatives import assert_transpose, flat, taylor_slope, triple
from drivers import tables_of
from numpy.testing import assert_allclose
from textured_tables import image, set_material, with_normals, with_pictures

from nrender import scattering, shading
from nrender.bsdf import MODELS, transmits
from nrender.geometry.surface import surface, surface_adj, surface_tan
from nrender.local import SIZE
from nrender.material import read, read_adj, read_tan
from nrender.mipmap import NEAR
from nrender.real import FLOAT64
from nrender.tables import MATERIAL_BASE, MATERIAL_NORMAL_MAP, MATERIAL_SIDES, ONE_SIDED, TRANSMITS, TWO_SIDED
from nrender.vec import add

NAMES = list(MODELS)
OPAQUE = [name for name in NAMES if not transmits(MODELS[name])]
KINDS = ("smooth", "mapped", "both")


def unit(v):
    return np.asarray(v) / np.linalg.norm(v)


class Case:
    """A random triangle of a model, whose first number (or colour) is textured."""

    def __init__(self, name, kind, seed, sides=None, lean=0.5):
        self.name, self.kind, self.rng = name, kind, np.random.default_rng(seed)
        rng, model = self.rng, MODELS[name]
        ranges = [r for count, r in model.PARAMS.values() for _ in range(count)]
        numbers = [float(rng.uniform(a + 0.3 * (b - a), b - 0.2 * (b - a))) for a, b in ranges]
        vertices = rng.normal(size=(3, 3))
        self.up = unit(np.cross(vertices[1] - vertices[0], vertices[2] - vertices[0]))
        scene = tables_of(vertices, [[0, 1, 2]], FLOAT64, materials=[(name, numbers)])
        channels = next(iter(model.PARAMS.values()))[0]
        low, high = ranges[0]
        colors = rng.uniform(low + 0.3 * (high - low), high - 0.2 * (high - low), (2, 2, channels))
        normals = rng.uniform([0.3, 0.3, 0.6], [0.7, 0.7, 0.9], (2, 2, 3))
        uvs = [[[0.3, 0.35], [0.7, 0.4], [0.35, 0.7]]]  # between the centres of texels
        scene, _ = with_pictures(scene, [image(colors), image(normals)], uvs, own=(0, 1))
        if kind != "smooth":
            scene = set_material(scene, 0, {MATERIAL_NORMAL_MAP: 1})
        if kind != "mapped":
            scene, self.normals = with_normals(scene, 0, self.up + lean * rng.normal(size=(3, 3)))
        if sides is not None:
            scene = set_material(scene, 0, {MATERIAL_SIDES: sides})
        self.scene = scene
        base = scene.materials[MATERIAL_BASE]
        self.read = np.ones(len(scene.theta))
        self.read[base : base + channels] = 0.0  # the texture is in their place
        self.u, self.v = 0.35, 0.25

    def direction(self, front=True):
        w = unit(self.rng.normal(size=3))
        return triple(w if (w @ self.up > 0) == front else w - 2 * (w @ self.up) * self.up)

    def vertex(self, wi, scene=None, u=None, v=None):
        """(surface, frame, the material's numbers)."""
        scene = scene or self.scene
        u, v = self.u if u is None else u, self.v if v is None else v
        x = surface(scene, 0, u, v, triple(-flat(wi)))
        a = scattering.shading_frame(scene, x, wi)
        p = [0.0] * SIZE
        read(scene, a.material, x, NEAR, p, True)
        return x, a, p

    def value(self, wi, wo, *place):
        vertex = self.vertex(wi, *place)
        return scattering.value(place[0] if place else self.scene, *vertex, wi, wo, True)

    def tangent(self, wi, wo, d_theta, d_u, d_v, d_wi, d_wo):
        x, a, p = self.vertex(wi)
        d_p, d_area = [0.0] * SIZE, surface_tan(self.scene, d_theta, x)[1]
        read_tan(self.scene, d_theta, 0, x, NEAR, d_u, d_v, 0.0, d_p, True)
        d_n = scattering.frame_tan(self.scene, d_theta, x, a, wi, d_area, d_u, d_v, d_wi)
        return scattering.value_tan(self.scene, x, a, p, d_p, wi, wo, d_n, d_area, d_wi, d_wo, True)

    def adjoint(self, wi, wo, g, active=True):
        """Gradients of (theta, u, v, wi, wo)."""
        x, a, p = self.vertex(wi)
        gradient, g_p = np.zeros_like(self.scene.theta), [0.0] * SIZE
        g_n, g_area, g_wi, g_wo = scattering.value_adj(self.scene, x, a, p, g_p, wi, wo, g, active)
        own_area, own_wi, g_u, g_v = scattering.frame_adj(self.scene, gradient, x, a, wi, g_n, active)
        more_u, more_v, _ = read_adj(self.scene, gradient, 0, x, NEAR, g_p, active)
        surface_adj(self.scene, gradient, x, (0.0, 0.0, 0.0), add(g_area, own_area), active)
        return gradient, g_u + more_u, g_v + more_v, add(g_wi, own_wi), g_wo


def situation(case, wi, wo):
    """Which branches a pair of directions takes: (behind, across, bent, cut off by the horizon); None near a border
    between them."""
    x, a, _ = case.vertex(wi)
    steps = shading._steps(case.scene, x, 0, a.side, a.toward, wi)
    c, area = a.toward * np.dot(steps.turned, wi), flat(x.area_normal)
    g = (area @ wo) / (np.dot(a.n, wo) * np.dot(area, a.n))
    if abs(c - shading.GRAZE) < 0.03 or min(abs(g), abs(g - 1)) < 0.05:
        return None
    behind, across = np.dot(wi, case.up) < 0, np.dot(wo, case.up) * np.dot(wi, case.up) < 0
    return bool(behind), bool(across), bool(c < shading.GRAZE), bool(0 < g < 1)


@functools.cache
def situations(name, kind):
    """{situation: (case, wi, wo)}, all that the model scatters in; two of each, of different triangles."""
    found = {}
    for seed in range(60):
        case, here = Case(name, kind, seed, lean=0.8), set()
        for _ in range(40):
            wi, wo = case.direction(case.rng.random() < 0.5), case.direction(case.rng.random() < 0.5)
            if min(case.value(wi, wo)[0]) > 1e-2:
                key = situation(case, wi, wo)
                if key is not None and key not in here:
                    here.add(key)
                    found.setdefault(key, []).append((case, wi, wo))
    return {key: several[:2] for key, several in found.items()}


each = pytest.mark.parametrize("name, kind", [(name, kind) for name in NAMES for kind in KINDS])


@each
def test_derivatives_of_all_together(name, kind):
    """In vertices, corner normals, texels, the material's numbers, the place on the triangle, wi and wo."""
    found = situations(name, kind)
    assert {key[3] for key in found} == {True, False}
    assert {key[2] for key in found} == {True, False}
    assert {key[0] for key in found} == {True, False}
    for case, wi, wo in (one for several in found.values() for one in several):
        rng = case.rng
        d_theta, (d_u, d_v) = rng.uniform(-0.3, 0.3, case.read.shape) * case.read, rng.uniform(-0.3, 0.3, 2).tolist()
        d_wi, d_wo = (triple(np.cross(rng.normal(size=3), w)) for w in (wi, wo))
        moves, g = (d_theta, d_u, d_v, d_wi, d_wo), triple(rng.normal(size=3))
        tangent = case.tangent(wi, wo, *moves)
        assert_transpose(tangent, g, moves, case.adjoint(wi, wo, g))

        def value(h, case=case, wi=wi, wo=wo, moves=moves):
            d_theta, d_u, d_v, d_wi, d_wo = moves
            scene = case.scene._replace(theta=case.scene.theta + h * d_theta)
            moved = [triple(unit(flat(w) + h * flat(d))) for w, d in ((wi, d_wi), (wo, d_wo))]
            return case.value(*moved, scene, case.u + h * d_u, case.v + h * d_v)[0]

        assert taylor_slope(value, tangent, 5e-5) == pytest.approx(2, abs=0.1)
        assert not np.concatenate([flat(a) for a in case.adjoint(wi, wo, g, False)]).any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sides", [TWO_SIDED, ONE_SIDED])
@pytest.mark.parametrize("name", [*OPAQUE, "principled"])
def test_nothing_that_is_opaque_scatters_through_the_triangle(name, sides, kind):
    """Whatever its shading normal is: neither what is evaluated nor what is sampled."""
    some = 0
    for seed in range(12):
        case = Case(name, kind, seed, sides, lean=1.5)
        for _ in range(30):
            front = bool(case.rng.random() < 0.5)
            wi = case.direction(front)
            vertex = case.vertex(wi)
            sampled = scattering.sample(case.scene, *vertex[1:], wi, *case.rng.random(3).tolist(), True)
            for wo in (case.direction(True), case.direction(False), sampled):
                f, pdf = scattering.value(case.scene, *vertex, wi, wo, True)
                can = scattering.agrees(case.scene, *vertex[:2], wi, wo)
                assert min(f) >= 0.0
                assert pdf >= 0.0
                if np.dot(wo, case.up) * np.dot(wi, case.up) < 0.0 or (sides == ONE_SIDED and not front):
                    assert (max(f), pdf, can) == (0.0, 0.0, False)
                some += pdf > 0.0
    assert some > 100


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [name for name in NAMES if transmits(MODELS[name])])
def test_what_transmits_does_so_as_the_triangle_says(name, kind):
    """Both normals agree on whether light passes."""
    through = 0
    for seed in range(12):
        case = Case(name, kind, seed, TRANSMITS, lean=1.0)
        for _ in range(30):
            wi, wo = case.direction(case.rng.random() < 0.5), case.direction(case.rng.random() < 0.5)
            x, a, p = case.vertex(wi)
            f, pdf = scattering.value(case.scene, x, a, p, wi, wo, True)
            by_triangle = np.dot(wi, case.up) * np.dot(wo, case.up) < 0.0
            by_shading = np.dot(wi, a.n) * np.dot(wo, a.n) < 0.0
            if by_triangle != by_shading:
                assert (max(f), pdf) == (0.0, 0.0)
            through += by_triangle and pdf > 0.0
    assert through > 20


@pytest.mark.parametrize("name", NAMES)
def test_corner_normals_that_are_the_triangles_change_nothing(name):
    for seed in range(5):
        case = Case(name, "smooth", seed, lean=0.0)
        flat_scene = Case(name, "mapped", seed).scene
        flat_scene = set_material(flat_scene, 0, {MATERIAL_NORMAL_MAP: -1})
        for _ in range(20):
            wi, wo = case.direction(case.rng.random() < 0.5), case.direction(case.rng.random() < 0.5)
            smooth, plain = case.value(wi, wo), case.value(wi, wo, flat_scene)
            assert_allclose(smooth[0], plain[0], rtol=1e-7, atol=1e-12)
            assert_allclose(smooth[1], plain[1], rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_light_fades_to_nothing_at_the_triangles_horizon(name):
    """Of reflection, from the side on which the shading normal leans over it."""
    for seed in range(8):
        case = Case(name, "smooth", seed)
        level = unit(np.cross(case.up, [1.0, 2.0, 3.0]))
        case.scene.theta[case.normals :][:9] = np.tile(unit(case.up + 0.5 * level), 3)
        wi = triple(unit(case.up + 0.2 * case.rng.normal(size=3)))
        near = [max(case.value(wi, triple(unit(level + h * case.up)))[0]) for h in (1e-1, 1e-3, 1e-5, 0.0, -1e-5)]
        assert near[1] < 0.05 * max(near[0], 1e-6)
        assert near[2] < 0.05 * max(near[1], 1e-8)
        if not transmits(MODELS[name]):
            assert near[4] == 0.0
