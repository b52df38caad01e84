"""scattering.py: every model of MODELS by its kind in the tables, in world space, on triangles of any attitude."""

import numpy as np
import pytest
from derivatives import assert_transpose, flat, taylor_slope, triple
from drivers import tables_of
from numpy.testing import assert_allclose

from nrender import scattering
from nrender.bsdf import MODELS, size, transmits
from nrender.geometry.surface import surface, surface_tan
from nrender.local import SIZE
from nrender.material import read, read_adj, read_tan
from nrender.mipmap import NEAR
from nrender.real import FLOAT64
from nrender.tables import FACE, FACE_MATERIAL, MATERIAL, MATERIAL_BASE
from nrender.vec import add

NAMES = list(MODELS)
models = pytest.mark.parametrize("name", NAMES)
TRANSMISSIVE = [name for name in NAMES if transmits(MODELS[name])]
SEEDS = range(6)


def scene_of(seed):
    """A random triangle of each model, with random parameters."""
    rng = np.random.default_rng(seed)
    materials = []
    for name, model in MODELS.items():
        ranges = [r for count, r in model.PARAMS.values() for _ in range(count)]
        materials.append((name, [float(rng.uniform(a + 0.3 * (b - a), b - 0.2 * (b - a))) for a, b in ranges]))
    vertices, faces = rng.normal(size=(3 * len(NAMES), 3)), np.arange(3 * len(NAMES)).reshape(-1, 3)
    return tables_of(vertices, faces, FLOAT64, materials=materials, face_material=np.arange(len(NAMES)))


def base_of(scene, name):
    return scene.materials.reshape(-1, MATERIAL)[NAMES.index(name), MATERIAL_BASE]


def parameters(scene, name):
    start = base_of(scene, name)
    return floats(scene.theta[start : start + size(MODELS[name])])


def floats(x):
    return tuple(map(float, x))


def unit(v):
    return triple(np.asarray(v) / np.linalg.norm(v))


class Case:
    """Light that goes from wo to wi over the triangle of a model; `inside`: wi is behind the triangle, `across`: wo is
    on the other side."""

    def __init__(self, name, seed, inside=False, across=False):
        self.name, self.scene = name, scene_of(seed)
        rng = np.random.default_rng(seed + 1000)
        self.face = NAMES.index(name)
        ids = self.scene.faces.reshape(-1, FACE)[self.face, :3]
        a, b, c = self.scene.theta.reshape(-1)[: self.scene.camera].reshape(-1, 3)[ids]
        self.up = np.cross(b - a, c - a)
        self.up /= np.linalg.norm(self.up)
        side = -1.0 if inside else 1.0
        side_o = -side if across else side
        self.wi = unit(self._around(rng, side))
        for _ in range(1000):
            self.wo = unit(self._around(rng, side_o))
            if min(self.value(self.scene, self.wi, self.wo)[0]) > 1e-3:
                break
        else:
            raise AssertionError("the model is 0 everywhere")
        self.rng = rng

    def _around(self, rng, side):
        v = rng.normal(size=3)
        v -= self.up * (v @ self.up)
        z = rng.uniform(0.3, 0.95)
        return side * z * self.up + np.sqrt(1 - z * z) * v / np.linalg.norm(v)

    def surface(self, scene, wi):
        return surface(scene, self.face, 0.2, 0.3, triple(-flat(wi)))

    def vertex(self, scene=None, wi=None):
        """(surface, frame, the material's numbers) as seen from wi."""
        scene, wi = scene or self.scene, wi or self.wi
        x = self.surface(scene, wi)
        a = scattering.shading_frame(scene, x, wi)
        p = [0.0] * SIZE
        read(scene, a.material, x, NEAR, p, True)
        return x, a, p

    def value(self, scene, wi, wo, active=True):
        return scattering.value(scene, *self.vertex(scene, wi), wi, wo, active)

    def tangential(self, w):
        v = self.rng.normal(size=3)
        return v - np.dot(v, w) * np.asarray(w)


def sides(name):
    """(inside, across) that a model has."""
    return [(i, a) for i in (False, True) for a in (False, True) if not a or name in TRANSMISSIVE]


ALL = [(name, *place) for name in NAMES for place in sides(name)]
places = pytest.mark.parametrize("name, inside, across", ALL)


def chart(n, turn):
    """A frame about n of another make than vec.frame, turned by an angle."""
    q = np.linalg.qr(np.column_stack([n, [0.3, 1.0, 0.2], [1.0, 0.1, 0.5]]))[0]
    s, t = q[:, 1], np.cross(n, q[:, 1])
    return np.stack([np.cos(turn) * s + np.sin(turn) * t, np.cos(turn) * t - np.sin(turn) * s, n])


@places
def test_value_is_the_models_in_any_frame_about_the_normal(name, inside, across):
    """On the side of wi; of a model that transmits, on the front of the triangle."""
    for seed in SEEDS:
        case = Case(name, seed, inside, across)
        n = -case.up if inside and name not in TRANSMISSIVE else case.up
        axes = chart(n, case.rng.uniform(0, 6))
        i, o = (triple(axes @ w) for w in (case.wi, case.wo))
        p = parameters(case.scene, name)
        f, pdf = case.value(case.scene, case.wi, case.wo)
        assert_allclose(f, MODELS[name].eval(p, i, o), rtol=1e-9)
        assert_allclose(pdf, MODELS[name].pdf(p, i, o), rtol=1e-9)


def turned_over(scene):
    """The scene with the faces' corners in the other order."""
    faces = scene.faces.reshape(-1, FACE).copy()
    faces[:, :3] = faces[:, 2::-1]
    return scene._replace(faces=faces.reshape(-1))


@places
def test_only_what_transmits_knows_the_front_from_the_back(name, inside, across):
    for seed in SEEDS:
        case = Case(name, seed, inside, across)
        there, over = (flat(case.value(s, case.wi, case.wo)) for s in (case.scene, turned_over(case.scene)))
        if name in TRANSMISSIVE:
            assert np.abs(there - over).max() > 1e-4 * there.max()
        else:
            assert_allclose(there, over, rtol=1e-9)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in TRANSMISSIVE])
@pytest.mark.parametrize("inside", [False, True])
def test_nothing_goes_through_what_does_not_transmit(name, inside):
    for seed in SEEDS:
        case = Case(name, seed, inside)
        wo = unit(case.wo - 2 * np.dot(case.wo, case.up) * case.up)
        assert case.value(case.scene, case.wi, wo) == ((0.0, 0.0, 0.0), 0.0)
        x, a, _ = case.vertex()
        assert scattering.agrees(case.scene, x, a, case.wi, case.wo)
        assert not scattering.agrees(case.scene, x, a, case.wi, wo)


@pytest.mark.parametrize("name", TRANSMISSIVE)
def test_what_transmits_has_its_frame_on_the_front(name):
    for seed in SEEDS:
        for inside in (False, True):
            case = Case(name, seed, inside, True)
            x, a, _ = case.vertex()
            assert_allclose(a.n, case.up, rtol=1e-12)
            assert scattering.agrees(case.scene, x, a, case.wi, case.wo)
            assert (scattering.to_local(a, case.wi)[2] < 0.0) == inside


@places
def test_a_frame_is_orthonormal_and_its_side_is_the_area_normals(name, inside, across):
    case = Case(name, 0, inside, across)
    x, a, _ = case.vertex()
    assert_allclose(np.array(a[:3]) @ np.transpose(a[:3]), np.eye(3), atol=1e-12)
    assert_allclose(a.n, a.side * flat(x.area_normal) / np.linalg.norm(x.area_normal), rtol=1e-12)
    assert a.material == case.face
    v = triple(case.rng.normal(size=3))
    assert_allclose(scattering.to_world(a, scattering.to_local(a, v)), v, rtol=1e-12)


def tangent(case, d_theta, d_area, d_wi, d_wo, active=True):
    """d_area: the velocity of the area normal."""
    x, a, p = case.vertex()
    d_p = [0.0] * SIZE
    d_area, d_wi, d_wo = (triple(d) for d in (d_area, d_wi, d_wo))
    read_tan(case.scene, d_theta, a.material, x, NEAR, 0.0, 0.0, 0.0, d_p, True)
    d_n = scattering.frame_tan(case.scene, d_theta, x, a, case.wi, d_area, 0.0, 0.0, d_wi)
    return scattering.value_tan(case.scene, x, a, p, d_p, case.wi, case.wo, d_n, d_area, d_wi, d_wo, active)


def gradients(case, gradient, g, active=True):
    """Add to that of theta; return that of (area normal, wi, wo)."""
    x, a, p = case.vertex()
    g_p = [0.0] * SIZE
    g_n, g_area, g_wi, g_wo = scattering.value_adj(case.scene, x, a, p, g_p, case.wi, case.wo, g, active)
    own_area, own_wi, _, _ = scattering.frame_adj(case.scene, gradient, x, a, case.wi, g_n, active)
    read_adj(case.scene, gradient, a.material, x, NEAR, g_p, active)
    return add(g_area, own_area), add(g_wi, own_wi), g_wo


@places
def test_adjoint_is_the_transpose_of_the_tangent(name, inside, across):
    """In the parameters, the area normal, wi, wo; alone and together."""
    for seed in SEEDS:
        case = Case(name, seed, inside, across)
        d_theta, g = case.rng.normal(size=case.scene.theta.shape), triple(case.rng.normal(size=3))
        moves = case.rng.normal(size=(3, 3))
        gradient = np.zeros_like(d_theta)
        g_moves = gradients(case, gradient, g)
        own = np.zeros(len(gradient), bool)
        own[base_of(case.scene, name) :][: size(MODELS[name])] = True
        assert not gradient[~own].any()
        assert_transpose(tangent(case, d_theta, *moves), g, (d_theta, moves), (gradient, *g_moves))
        for k in range(3):
            one = np.zeros((3, 3))
            one[k] = moves[k]
            alone = tangent(case, 0.0 * d_theta, *one)
            if name == "diffuse" and k == 1:
                assert not flat((alone, g_moves[k])).any()  # wi does not matter
            else:
                assert_transpose(alone, g, one[k], g_moves[k])
        assert_transpose(tangent(case, d_theta, *np.zeros((3, 3))), g, d_theta, gradient)


@places
def test_tangent_is_the_derivative_of_the_value(name, inside, across):
    """While the triangle turns, wi and wo turn, and the parameters change: alone and together."""
    for seed in SEEDS:
        case = Case(name, seed, inside, across)
        vertices, material = np.zeros((2, *case.scene.theta.shape))
        vertices[9 * case.face :][:9] = 0.3 * case.rng.normal(size=9)
        material[base_of(case.scene, name) :][: size(MODELS[name])] = 0.3
        v_i, v_o = case.tangential(case.wi), case.tangential(case.wo)
        for keep in np.vstack([np.eye(4), np.ones(4)]):
            d_theta, d_wi, d_wo = keep[0] * vertices + keep[1] * material, keep[2] * v_i, keep[3] * v_o

            def value(h, case=case, d_theta=d_theta, d_wi=d_wi, d_wo=d_wo):
                scene = case.scene._replace(theta=case.scene.theta + h * d_theta)
                wi, wo = unit(case.wi + h * d_wi), unit(case.wo + h * d_wo)
                return case.value(scene, wi, wo)[0]

            d_normal = surface_tan(case.scene, d_theta, case.surface(case.scene, case.wi))[1]
            d_value = tangent(case, d_theta, d_normal, d_wi, d_wo)
            assert taylor_slope(value, d_value, 2e-3) == pytest.approx(2, abs=0.1), (seed, keep)


@models
def test_turning_all_together_changes_nothing(name):
    """And the length of the area normal doesn't matter."""
    largest = 0.0
    for seed in SEEDS:
        case = Case(name, seed)
        axis = case.rng.normal(size=3)
        x = case.surface(case.scene, case.wi)
        moves = np.array([np.cross(axis, v) for v in (x.area_normal, case.wi, case.wo)])
        d_theta, still = np.zeros_like(case.scene.theta), np.zeros(3)
        alone = [flat(tangent(case, d_theta, *(moves * row[:, None]))) for row in np.eye(3)]
        size = np.abs(alone).sum()
        largest = max(largest, size)
        assert_allclose(flat(tangent(case, d_theta, *moves)), 0.0, atol=1e-12 * size)
        assert_allclose(flat(tangent(case, d_theta, x.area_normal, still, still)), 0.0, atol=1e-12 * size)
    assert largest > 1e-3


@places
def test_samples_have_the_density_that_value_gives(name, inside, across):
    """A sample is the model's in the frame's axes; it goes to a side where it may."""
    case = Case(name, 1, inside, across)
    scene, p = case.scene, parameters(case.scene, name)
    _, a, numbers = case.vertex()
    axes = np.array(a[:3])
    through = 0
    for u in case.rng.random((50, 3)).tolist():
        wo = scattering.sample(scene, a, numbers, case.wi, *u, True)
        local = MODELS[name].sample(p, triple(axes @ case.wi), *u)
        assert_allclose(wo, local @ axes, atol=1e-12)
        pdf = case.value(scene, case.wi, wo)[1]
        assert pdf == pytest.approx(MODELS[name].pdf(p, triple(axes @ case.wi), local), rel=1e-6, abs=1e-12)
        through += pdf > 0.0 and np.dot(wo, case.up) * np.dot(case.wi, case.up) < 0.0
    assert (through > 0) == (name in TRANSMISSIVE)


@models
def test_a_masked_lane_has_no_value_and_leaves_no_gradient(name):
    case = Case(name, 2)
    gradient, ones = np.zeros_like(case.scene.theta), np.ones_like(case.scene.theta)
    assert case.value(case.scene, case.wi, case.wo, False) == ((0.0, 0.0, 0.0), 0.0)
    assert not flat(tangent(case, ones, *np.ones((3, 3)), False)).any()
    g = gradients(case, gradient, (1.0, 1.0, 1.0), False)
    assert not flat(g).any()
    assert not gradient.any()


def test_each_kind_is_another_model():
    """The same triangle and directions, by the number of its material alone."""
    case = Case(NAMES[0], 3)
    values = set()
    for k, name in enumerate(NAMES):
        faces = case.scene.faces.reshape(-1, FACE).copy()
        faces[:, FACE_MATERIAL] = k
        scene = case.scene._replace(faces=faces.reshape(-1))
        f, _ = case.value(scene, case.wi, case.wo)
        _, a, _ = case.vertex(scene)
        i, o = (scattering.to_local(a, w) for w in (case.wi, case.wo))
        assert f == MODELS[name].eval(parameters(scene, name), i, o)
        values.add(f)
    assert len(values) == len(NAMES)
