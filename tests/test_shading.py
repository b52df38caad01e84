"""shading.py: the shading normal, plain, smooth, mapped and both, and the horizon."""

import numpy as np
import pytest
from derivatives import assert_transpose, flat, taylor_slope, triple
from drivers import tables_of
from numpy.testing import assert_allclose
from textured_tables import image, set_material, with_normals, with_pictures

from nrender import shading, texture
from nrender.geometry.surface import surface
from nrender.real import FLOAT64
from nrender.shading import GRAZE
from nrender.tables import MATERIAL_NORMAL_MAP

KINDS = ("plain", "smooth", "mapped", "both", "both, mirrored uvs")
kinds = pytest.mark.parametrize("kind", KINDS)
SIDES = [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0)]  # (side, toward): front; back of equal sides; back of others
sides = pytest.mark.parametrize("side, toward", SIDES)
SEEDS = range(8)


def unit(v):
    return np.asarray(v) / np.linalg.norm(v)


class Case:
    """A random triangle, between two others, and a point on it away from the lines between texels."""

    def __init__(self, kind, seed, normals=None, uvs=None, texels=None, lean=0.5):
        rng = np.random.default_rng(seed)
        vertices, faces = rng.normal(size=(9, 3)), np.arange(9).reshape(3, 3)
        scene = tables_of(vertices, faces, FLOAT64)
        self.vertices = vertices[3:6]
        self.up = unit(np.cross(self.vertices[1] - self.vertices[0], self.vertices[2] - self.vertices[0]))
        all_uvs = rng.uniform(0, 1, (3, 3, 2))
        all_uvs[1] = [[0.1, 0.2], [0.9, 0.3], [0.2, 0.8]] if uvs is None else uvs
        if kind == "both, mirrored uvs":
            all_uvs[1, :, 0] *= -1.0
        self.uvs = all_uvs[1]
        if kind in ("mapped", "both", "both, mirrored uvs"):
            texels = rng.uniform([0.3, 0.3, 0.6], [0.7, 0.7, 0.9], (3, 2, 3)) if texels is None else np.asarray(texels)
            scene, _ = with_pictures(scene, [image(texels)], all_uvs)
            scene = set_material(scene, 0, {MATERIAL_NORMAL_MAP: 0})
        if kind in ("smooth", "both", "both, mirrored uvs"):
            normals = self.up + lean * rng.normal(size=(3, 3)) if normals is None else np.asarray(normals)
            scene, self.normals = with_normals(scene, 1, normals)
        self.kind, self.scene, self.rng = kind, scene, rng
        self.u, self.v = 0.3, 0.25
        while True:
            s, t = np.array([1 - self.u - self.v, self.u, self.v]) @ self.uvs
            part = np.array([2 * s, 3 * t]) - 0.5
            part -= np.floor(part)
            if part.min() > 0.1 and part.max() < 0.9:
                break
            self.u, self.v = rng.dirichlet([1, 1, 1])[1:].tolist()
        self.wi = triple(self.around())

    def around(self, front=True):
        """A direction on a side of the triangle."""
        w = unit(self.rng.normal(size=3))
        return w if (w @ self.up > 0) == front else w - 2 * (w @ self.up) * self.up

    def surface(self, scene=None, u=None, v=None):
        u, v = self.u if u is None else u, self.v if v is None else v
        return surface(scene or self.scene, 1, u, v, triple(-flat(self.wi)))

    def normal(self, side=1.0, toward=1.0, wi=None):
        return flat(shading.normal(self.scene, self.surface(), 0, side, toward, wi or self.wi))

    def unbent(self, side=1.0):
        """The normal by its definition, before it is bent."""
        weights = np.array([1 - self.u - self.v, self.u, self.v])
        base = self.up
        if self.kind not in ("plain", "mapped"):
            base = unit(weights @ self.scene.theta[self.normals :][:9].reshape(3, 3))
        if self.kind in ("plain", "smooth"):
            return side * base
        edges, grow = self.vertices[1:] - self.vertices[0], self.uvs[1:] - self.uvs[0]
        along_u, along_v = np.linalg.solve(grow, edges)  # dP/du, dP/dv
        t = unit(along_u - base * (base @ along_u))
        b = np.cross(base, t)
        b *= np.sign(b @ along_v) or 1.0
        value = flat(texture.lookup(self.scene, 0, 1, self.u, self.v))
        m = 2 * value - 1
        return side * unit(m[0] * t + m[1] * b + m[2] * base)

    def grazing(self, side, toward, low):
        """A wi from which the normal is (or is not) seen from behind, by some margin, on its right side of the
        triangle; or None."""
        n = self.unbent(side)
        for _ in range(3000):
            wi = self.around(side * toward > 0)
            c = toward * (wi @ n)
            if (-0.6 < c < -0.05) if low else (c > 0.05):
                return triple(wi)
        return None


def cases(kind, side, toward, low):
    found = []
    for seed in range(40):
        case = Case(kind, seed, lean=1.0)
        wi = case.grazing(side, toward, low)
        if wi is not None:
            case.wi = wi
            found.append(case)
    assert len(found) >= len(SEEDS) or (low and kind == "plain")
    return found[: len(SEEDS)]


@kinds
@sides
def test_it_is_what_it_is_defined_to_be(kind, side, toward):
    for case in cases(kind, side, toward, False):
        assert_allclose(case.normal(side, toward), case.unbent(side), atol=1e-12)
        assert shading.is_plain(case.scene, case.surface(), 0) == (kind == "plain")


def seen(n, wi, toward):
    return toward * (n @ flat(wi)) >= GRAZE * (1 - 1e-6)


@kinds
@sides
def test_it_is_of_unit_length_and_seen_from_its_side(kind, side, toward):
    for seed in range(20):
        case = Case(kind, seed, lean=1.0)
        for _ in range(50):
            wi = triple(case.around(side * toward > 0))
            n = case.normal(side, toward, wi)
            assert np.linalg.norm(n) == pytest.approx(1.0, abs=1e-12)
            assert kind == "plain" or seen(n, wi, toward)


@pytest.mark.parametrize("kind", KINDS[1:])
@sides
def test_a_normal_seen_from_behind_is_bent_towards_wi_as_little_as_possible(kind, side, toward):
    for case in cases(kind, side, toward, True):
        n, turned, wi = case.normal(side, toward), case.unbent(side), flat(case.wi)
        assert toward * (n @ wi) < 2 * GRAZE
        assert seen(n, case.wi, toward)
        assert abs(np.cross(turned, wi) @ n) < 1e-12  # in the plane of both


@pytest.mark.parametrize("kind", KINDS[1:])
@sides
def test_it_is_continuous_at_the_bend(kind, side, toward):
    for seed in SEEDS:
        case = Case(kind, seed, lean=1.0)
        n = case.unbent(side)
        across = unit(np.cross(n, case.rng.normal(size=3)))
        ends = []
        for off in (-1e-9, 1e-9):
            c = toward * (GRAZE + off)
            ends.append(case.normal(side, toward, triple(c * n + np.sqrt(1 - c * c) * across)))
        assert np.abs(ends[0] - ends[1]).max() < 1e-8
        assert_allclose(ends[1], n, atol=1e-12)


FALLBACKS = {
    "no uvs": ("mapped", {"uvs": [[0.3, 0.3]] * 3}),
    "uvs on a line": ("both", {"uvs": [[0.0, 0.0], [0.5, 0.25], [1.0, 0.5]]}),
    "v alone": ("mapped", {"uvs": [[0.25, 0.0], [0.25, 0.5], [0.25, 0.75]]}),
    "no vector in the map": ("both", {"texels": np.full((3, 2, 3), 0.5)}),
    "no vector in the map, mirrored": ("both, mirrored uvs", {"texels": np.full((3, 2, 3), 0.5)}),
}


def make_anywhere(kind, seed, **options):
    """A Case whose uvs are not looked at when its point is chosen."""
    uvs = options.pop("uvs", None)
    case = Case(kind, seed, **options)
    if uvs is not None:
        table = case.scene.uvs.reshape(3, 3, 2).copy()
        table[1] = uvs
        case.scene, case.uvs = case.scene._replace(uvs=table.reshape(-1)), table[1]
    return case


@pytest.mark.parametrize("name", FALLBACKS)
@sides
def test_where_a_map_says_nothing_the_normal_is_as_without_one(name, side, toward):
    kind, options = FALLBACKS[name]
    for seed in SEEDS:
        case = make_anywhere(kind, seed, **options)
        plain = case.up
        if kind != "mapped":
            weights = np.array([1 - case.u - case.v, case.u, case.v])
            plain = unit(weights @ case.scene.theta[case.normals :][:9].reshape(3, 3))
        case.wi = triple(toward * side * unit(plain + 0.3 * case.rng.normal(size=3)))
        assert_allclose(case.normal(side, toward), side * plain, atol=1e-12)
        check_derivatives(case, side, toward, taylor="no vector" not in name)  # it jumps there


@sides
@pytest.mark.parametrize("kind", ["smooth", "both"])
def test_where_corner_normals_cancel_the_triangle_has_its_own(kind, side, toward):
    for seed in SEEDS:
        n = unit(np.random.default_rng(seed).normal(size=3))
        case = Case(kind, seed, normals=[n, -n, n], texels=np.full((3, 2, 3), [0.5, 0.5, 1.0]))
        case.u, case.v = 0.5, 0.25
        case.wi = triple(toward * side * unit(case.up + 0.3 * case.rng.normal(size=3)))
        assert_allclose(case.normal(side, toward), side * case.up, atol=1e-12)
        check_derivatives(case, side, toward, taylor=False)  # it jumps there


@sides
def test_a_normal_along_the_map_falls_back_to_it(side, toward):
    """T is parallel to the corner normals: there is no tangent."""
    for seed in SEEDS:
        case = Case("both", seed)
        grow = case.uvs[1:] - case.uvs[0]
        along = np.linalg.solve(grow, case.vertices[1:] - case.vertices[0])[0]
        case.scene.theta[case.normals :][:9] = np.tile(unit(along), 3)
        n = case.normal(side, toward, triple(toward * side * unit(along)))
        assert_allclose(n, side * unit(along), atol=1e-12)


# --- derivatives


def moves_of(case):
    rng = case.rng
    d_theta = rng.uniform(-1, 1, case.scene.theta.shape)
    return d_theta, triple(rng.normal(size=3)), *rng.uniform(-1, 1, 2).tolist(), triple(rng.normal(size=3))


def tangent(case, side, toward, d_theta, d_area, d_u, d_v, d_wi):
    return shading.normal_tan(
        case.scene, d_theta, case.surface(), 0, side, toward, case.wi, d_area, d_u, d_v, d_wi
    )


def check_derivatives(case, side, toward, taylor=True):
    """In theta (vertices, corner normals, texels), the area normal, the place and wi; alone and together."""
    x, moves = case.surface(), moves_of(case)
    g = triple(case.rng.normal(size=3))
    gradient = np.zeros_like(case.scene.theta)
    g_area, g_wi, g_u, g_v = shading.normal_adj(case.scene, gradient, x, 0, side, toward, case.wi, g, True)
    adjoint = (gradient, g_area, g_u, g_v, g_wi)
    assert np.isfinite(np.concatenate([flat(a) for a in adjoint])).all()
    still = (np.zeros_like(gradient), (0.0, 0.0, 0.0), 0.0, 0.0, (0.0, 0.0, 0.0))
    assert_transpose(tangent(case, side, toward, *moves), g, moves, adjoint)
    size = np.abs(np.concatenate([flat(m) for m in moves])) @ np.abs(np.concatenate([flat(a) for a in adjoint]))
    for k in range(5):
        alone = tangent(case, side, toward, *(moves[j] if j == k else still[j] for j in range(5)))
        assert abs(np.dot(alone, g) - flat(moves[k]) @ flat(adjoint[k])) <= 1e-12 * size
    d_theta, d_area, d_u, d_v, d_wi = moves

    def value(h):
        scene = case.scene._replace(theta=case.scene.theta + h * d_theta)
        here = case.surface(scene, case.u + h * d_u, case.v + h * d_v)
        here = here._replace(area_normal=triple(flat(x.area_normal) + h * flat(d_area)))
        return shading.normal(scene, here, 0, side, toward, triple(flat(case.wi) + h * flat(d_wi)))

    if taylor:
        assert taylor_slope(value, tangent(case, side, toward, *moves), 1e-4) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("low", [False, True], ids=["seen", "bent"])
@kinds
@sides
def test_derivatives(kind, side, toward, low):
    for case in cases(kind, side, toward, low):
        check_derivatives(case, side, toward)


@kinds
def test_what_each_kind_depends_on(kind):
    case = Case(kind, 4)
    d_theta, _, _, _, d_wi = moves_of(case)
    g = triple(case.rng.normal(size=3))
    case.wi = triple(case.unbent())
    gradient = np.zeros_like(d_theta)
    g_area, g_wi, g_u, g_v = shading.normal_adj(case.scene, gradient, case.surface(), 0, 1.0, 1.0, case.wi, g, True)
    mapped, smooth = kind not in ("plain", "smooth"), kind not in ("plain", "mapped")
    own = gradient[9:18]
    assert own.any() == mapped  # the edges that the map is laid along
    assert flat(own.reshape(3, 3).sum(axis=0)) == pytest.approx(0.0, abs=1e-12)  # moving it whole changes nothing
    assert not gradient[:9].any()
    assert not gradient[18:27].any()
    assert flat(g_area).any() == (not smooth)
    assert (g_u != 0.0) == (g_v != 0.0) == (mapped or smooth)
    assert not flat(g_wi).any()  # it isn't bent
    if smooth:
        assert gradient[case.normals :][:9].all()
    untouched = np.zeros_like(d_theta)
    assert not flat(shading.normal_adj(case.scene, untouched, case.surface(), 0, 1.0, 1.0, case.wi, g, False)[1:]).any()
    assert not untouched.any()


# --- the horizon


def geometry(g, seed=0):
    """(n, area normal, wo) with this G."""
    rng = np.random.default_rng(seed)
    while True:
        area = rng.normal(size=3)
        n = unit(unit(area) + 0.5 * rng.normal(size=3))
        towards = np.cross(np.cross(n, area), n)
        # wo = cos(a) n + sin(a) t: N . wo / (n . wo N . n) = 1 + tan(a) (N . t)/(N . n)
        t = unit(towards)
        tangent = (g - 1.0) * (area @ n) / (area @ t)
        wo = unit(n + tangent * t)
        if area @ n > 0.2 and np.linalg.norm(np.cross(n, unit(area))) > 0.1:
            return triple(n), triple(area), triple(wo)


def test_the_horizon_changes_nothing_where_both_normals_agree():
    rng = np.random.default_rng(0)
    for _ in range(100):
        area, wo = rng.normal(size=(2, 3))
        for sign in (1.0, -1.0):
            factor, slope = shading.horizon(triple(sign * unit(area)), triple(area), triple(unit(wo)))
            assert factor == pytest.approx(1.0, abs=1e-12)
            assert abs(slope) < 1e-9


@pytest.mark.parametrize("g", [0.0, 1e-3, 0.2, 0.5, 0.9, 1.0 - 1e-9, 1.0, 1.5, -0.3])
def test_the_horizons_factor(g):
    for seed in SEEDS:
        factor, slope = shading.horizon(*geometry(g, seed))
        cut = min(max(g, 0.0), 1.0)
        assert factor == pytest.approx(cut + cut**2 - cut**3, abs=1e-12)
        inside = 0.0 < cut < 1.0
        assert slope == pytest.approx(inside * (cut + 2 * cut**2 - 3 * cut**3), abs=1e-8)


def test_it_is_black_below_the_triangle_and_at_its_horizon():
    for seed in SEEDS:
        n, area, wo = geometry(0.5, seed)
        level = flat(wo) - flat(area) * (np.dot(wo, area) / np.dot(area, area))
        if np.dot(level, n) <= 0:
            continue
        assert shading.horizon(n, area, triple(unit(level - 1e-9 * flat(area))))[0] == 0.0
        assert shading.horizon(n, area, triple(unit(level)))[0] < 1e-12
    assert shading.horizon((0.0, 0.0, 1.0), (0.0, 0.0, 2.0), (1.0, 0.0, 0.0))[0] == 0.0  # no 0/0
    assert shading.horizon((0.0, 1.0, 0.0), (0.0, 0.0, 2.0), (0.0, 0.6, 0.8))[0] == 0.0


def test_it_is_smooth_where_it_begins():
    """At G = 1 value and derivative go on."""
    below, above = (shading.horizon(*geometry(g)) for g in (1.0 - 1e-6, 1.0 + 1e-6))
    assert abs(below[0] - above[0]) < 1e-11
    assert abs(below[1] - above[1]) < 1e-5


@pytest.mark.parametrize("g", [0.02, 0.3, 0.8, 1.3, -0.2])
def test_derivatives_of_the_horizon(g):
    for seed in SEEDS:
        n, area, wo = geometry(g, seed)
        rng = np.random.default_rng(seed + 50)
        d_n, d_area, d_wo = (triple(row) for row in rng.normal(size=(3, 3)))
        _, slope = shading.horizon(n, area, wo)
        change = shading.horizon_tan(n, area, wo, slope, d_n, d_area, d_wo)
        gradient = shading.horizon_adj(n, area, wo, slope, 0.7)
        if not 0.0 < g < 1.0:
            assert change == 0.0
            assert not flat(gradient).any()
            continue
        assert_transpose(change, 0.7, (d_n, d_area, d_wo), gradient)

        def value(h, moved=((n, d_n), (area, d_area), (wo, d_wo))):
            return shading.horizon(*(triple(flat(a) + h * flat(d)) for a, d in moved))[0]

        assert taylor_slope(value, change, 1e-4) == pytest.approx(2, abs=0.1)
