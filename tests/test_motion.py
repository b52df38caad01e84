"""motion.py and geometry/surface.py: how the vertices of a path move, and the transposes."""

import naive
import numpy as np
import pytest
from chains import CHAINS, FACES, TABLES, Chain, surface_at
from derivatives import assert_transpose, difference, flat, triple, triples
from numpy.testing import assert_allclose

from nrender.camera import perspective, rays
from nrender.camera.screen import middle_ray
from nrender.geometry import surface
from nrender.local import SIZE
from nrender.motion import TRAIL, WORDS, Trail, View, near2, remember, trail_tan, vertex_adj, vertex_tan
from nrender.tables import FACE


@pytest.mark.parametrize("name", CHAINS)
def test_adjoint_of_a_chain_is_the_transpose_of_its_tangent(name):
    for seed in range(3):
        chain = Chain(CHAINS[name], seed)
        rng = np.random.default_rng(seed + 100)
        d_theta, g = rng.normal(size=TABLES.theta.shape), rng.normal(size=3)
        gradient = chain.gradient(triple(g))
        velocity = trail_tan(TABLES, d_theta, chain.trail(), chain.view, chain.depth)
        assert_transpose(velocity, g, d_theta, gradient)
        at_camera = gradient[TABLES.camera : TABLES.camera + 12]
        assert at_camera.any() == all(CHAINS[name])  # only a chain of near ones leads to the camera
        assert not gradient[TABLES.camera + 12 :].any()


@pytest.mark.parametrize("name", CHAINS)
def test_the_tangent_of_a_chain_is_that_of_one_vertex_after_the_other(name):
    """And each follows the one before it by the share that it was made for."""
    for seed in range(3):
        chain = Chain(CHAINS[name], seed)
        d_theta = np.random.default_rng(seed + 200).normal(size=TABLES.theta.shape)
        assert_allclose([chain.chi(depth + 2) for depth in range(len(CHAINS[name]))], CHAINS[name], atol=1e-12)
        expected = chain.velocity(d_theta)
        velocity = trail_tan(TABLES, d_theta, chain.trail(), chain.view, chain.depth)
        assert_allclose(velocity, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


def test_a_masked_lane_leaves_no_gradient():
    chain = Chain([0.5], 0)
    trail = Trail([0] * SIZE, [0.0] * SIZE)
    remember(trail, 1, chain.surfaces[0], chain.ws[0], False)
    assert not any(trail.reals)
    out = np.zeros_like(TABLES.theta)
    vertex_adj(TABLES, out, trail, chain.view, 1, (1.0, 2.0, 3.0), False)
    assert not out.any()


def test_the_trail_fits_its_memory():
    assert TRAIL * WORDS <= SIZE


def test_the_radius_of_nearness_is_a_share_of_the_first_distance():
    view = View(middle_ray(0.0, 0.0), (0.0, 3.0, 4.0), 2.0)
    assert near2(view, 2) == pytest.approx((0.02 * 10.0) ** 2)
    assert near2(view, TRAIL - 1) == near2(view, 2)
    assert near2(view, TRAIL) == 0.0


def meet(o, d, plane_point, normal):
    return o + d * (normal @ (plane_point - o) / (normal @ d))


def test_the_first_vertex_stays_on_its_camera_ray():
    """Against the intersection of the moved ray and the moved plane."""
    for seed in range(10):
        chain, rng = Chain([], seed), np.random.default_rng(seed)
        s = chain.surfaces[0]
        d_theta = rng.normal(size=TABLES.theta.shape)
        ids = TABLES.faces.reshape(-1, FACE)[:, :3][s.face]

        def hit(h, d_theta=d_theta, ids=ids, chain=chain):
            theta = TABLES.theta + h * d_theta
            v = theta[: TABLES.camera].reshape(-1, 3)[ids]
            o, d = (np.array(x) for x in perspective.ray(theta, TABLES.camera, chain.sx, chain.sy))
            return meet(o, d, v[0], naive.area_normal(v))

        x, eye = hit(0.0), TABLES.theta[TABLES.camera :][:3]
        t = (x - eye) @ chain.view.axis / np.dot(chain.view.axis, chain.view.axis)
        b = np.linalg.lstsq((VERTICES_NOW[ids][1:] - VERTICES_NOW[ids][0]).T, x - VERTICES_NOW[ids][0], rcond=None)[0]
        s = surface.surface(TABLES, s.face, *map(float, b), chain.view.axis)
        d_ray = rays.ray_point_tan(TABLES, d_theta, middle_ray(chain.sx, chain.sy), t)
        d_material = surface.surface_tan(TABLES, d_theta, s)[0]
        velocity = vertex_tan(chain.view.axis, s.area_normal, 1.0, d_ray, d_material)
        assert_allclose(velocity, difference(hit, 1e-5), rtol=1e-5, atol=1e-6 * np.abs(velocity).max())


VERTICES_NOW = TABLES.theta[: TABLES.camera].reshape(-1, 3)


@pytest.mark.parametrize("chi", [0.0, 0.3, 1.0])
def test_a_near_vertex_keeps_its_direction_by_the_share_chi(chi):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        s = surface_at(rng)
        w, d_before = rng.normal(size=(2, 3))
        d_theta = rng.normal(size=TABLES.theta.shape)
        ids = TABLES.faces.reshape(-1, FACE)[:, :3][s.face]
        x = np.array(s.point) - w

        def fixed_direction(h, d_theta=d_theta, ids=ids, x=x, w=w, d_before=d_before):
            v = (TABLES.theta + h * d_theta)[: TABLES.camera].reshape(-1, 3)[ids]
            return meet(x + h * d_before, w, v[0], naive.area_normal(v))

        d_material = surface.surface_tan(TABLES, d_theta, s)[0]
        expected = (1 - chi) * np.array(d_material) + chi * difference(fixed_direction, 1e-4)
        velocity = vertex_tan(triple(w), s.area_normal, chi, triple(d_before), d_material)
        assert_allclose(velocity, expected, rtol=1e-6, atol=1e-7 * np.abs(expected).max())


def test_adjoint_of_a_slide_is_the_transpose_of_its_tangent():
    d, n, d_ray, d_material, g = triples(np.random.default_rng(1).normal(size=(5, 3)))
    assert_transpose(
        surface.slide_tan(d, n, d_ray, d_material), g, (d_ray, d_material), surface.slide_adj(d, n, g)
    )


def test_adjoint_of_a_surface_is_the_transpose_of_its_tangent():
    rng = np.random.default_rng(2)
    s = surface_at(rng)
    d_theta, g_point, g_normal = rng.normal(size=TABLES.theta.shape), rng.normal(size=3), rng.normal(size=3)
    both, point = np.zeros((2, *TABLES.theta.shape))
    surface.surface_adj(TABLES, both, s, triple(g_point), triple(g_normal), True)
    surface.point_only_adj(TABLES, point, s, triple(g_point), True)
    d_point, d_normal = surface.surface_tan(TABLES, d_theta, s)
    assert_transpose((d_point, d_normal), (g_point, g_normal), d_theta, both)
    assert_transpose(d_point, g_point, d_theta, point)


def test_a_surface_has_its_normal_on_the_side_of_the_ray():
    rng = np.random.default_rng(3)
    for _ in range(50):
        direction = triple(rng.normal(size=3))
        s = surface_at(rng, direction=direction)
        assert np.dot(s.normal, direction) < 0.0
        assert np.linalg.norm(s.normal) == pytest.approx(1.0)
        corners = VERTICES_NOW[TABLES.faces.reshape(-1, FACE)[:, :3][s.face]]
        assert_allclose(s.area_normal, naive.area_normal(corners))
        assert_allclose(s.point, np.array([1 - s.u - s.v, s.u, s.v]) @ corners)
        assert 0.0 < s.margin < 1e-4


@pytest.mark.parametrize("least, aside", [(0.0, 1.0), (1e-6, 0.99), (0.5e-4, 0.5), (1.1e-4, 0.0), (0.2, 0.0)])
def test_a_ray_starts_off_the_surface_and_near_an_edge_off_that_too(least, aside):
    """aside: how far into the triangle, in margins, where the least weight is `least`; elsewhere it would lead into
    what stands on the surface."""
    rng = np.random.default_rng(4)
    for k in range(30):
        weights = np.insert(rng.dirichlet([1, 1]) * (1.0 - least), k % 3, least)
        if np.sort(weights)[1] < max(1e-3, least):
            continue
        face = int(rng.integers(len(FACES)))
        s = surface.surface(TABLES, face, *map(float, weights[1:]), triple(rng.normal(size=3)))
        middle = VERTICES_NOW[TABLES.faces.reshape(-1, FACE)[:, :3][face]].mean(0)
        for toward in (s.normal, tuple(-flat(s.normal))):
            off = np.array(surface.step_off(s, toward)) - s.point
            assert off @ toward == pytest.approx(s.margin)
            inward = off - (off @ flat(toward)) * flat(toward)
            expected = aside * s.margin * (middle - s.point) / np.linalg.norm(middle - s.point)
            assert_allclose(inward, expected, atol=1e-3 * s.margin)
