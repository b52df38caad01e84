"""camera/perspective.py, as rays.py calls it, with any four vectors; and film.py."""

from types import SimpleNamespace

import numpy as np
import pytest
from derivatives import assert_transpose, difference, taylor_slope, triple
from numpy.testing import assert_allclose

from nrender.camera import rays
from nrender.camera.kinds import PINHOLE
from nrender.camera.screen import middle_ray
from nrender.film import screen_point
from nrender.vec import normalize_tan

CAMERA = 5  # its offset in theta


def theta_of(seed):
    """Origin, and three axes neither orthogonal nor unit, after some other numbers."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0] * [[0.6], [0.8], [1.3]] + 0.1 * rng.normal(size=(3, 3))
    return np.concatenate([rng.normal(size=CAMERA), 10 * rng.normal(size=3), axes.reshape(-1), rng.normal(size=3)])


CASES = [(theta_of(seed), *map(float, np.random.default_rng(seed).uniform(-1, 1, 2)), 0.5 + seed) for seed in range(8)]


def view(theta):
    """What rays.py reads of tables."""
    return SimpleNamespace(theta=theta, camera=CAMERA, lens=PINHOLE, filter=0)


def world(theta, sx, sy, t):
    o, d = rays.ray(view(theta), middle_ray(sx, sy))
    return np.array(o) + t * np.array(d)


def test_the_ray_goes_through_the_screen_point():
    theta = np.concatenate([np.zeros(CAMERA), [1, 2, 3], [2, 0, 0], [0, 1, 0], [0, 0, -1]])
    o, d = rays.ray(view(theta), middle_ray(0.5, -0.25))
    assert o == (1, 2, 3)
    assert d == (1, -0.25, -1)


@pytest.mark.parametrize("theta, sx, sy, t", CASES)
def test_project_inverts_ray(theta, sx, sy, t):
    *seen, in_front = rays.project(view(theta), triple(world(theta, sx, sy, t)), 0.0, 0.0)
    assert in_front
    assert_allclose(seen, [sx, sy, t], rtol=1e-10, atol=1e-12)


def test_a_point_behind_the_camera_has_a_negative_distance():
    theta = theta_of(0)
    *_, t, in_front = rays.project(view(theta), triple(world(theta, 0.1, 0.2, -2.0)), 0.0, 0.0)
    assert t == pytest.approx(-2.0)
    assert not in_front


@pytest.mark.parametrize("theta, sx, sy, t", CASES)
def test_adjoint_of_a_ray_point_is_the_transpose_of_its_tangent(theta, sx, sy, t):
    rng = np.random.default_rng(1)
    d_theta, g = rng.normal(size=len(theta)), rng.normal(size=3)
    gradient = np.zeros(len(theta))
    rays.ray_point_adj(view(theta), gradient, middle_ray(sx, sy), t, triple(g), True)
    assert_transpose(rays.ray_point_tan(view(theta), d_theta, middle_ray(sx, sy), t), g, d_theta, gradient)
    assert not gradient[:CAMERA].any()
    assert not gradient[CAMERA + 12 :].any()
    untouched = np.zeros(len(theta))
    rays.ray_point_adj(view(theta), untouched, middle_ray(sx, sy), t, triple(g), False)
    assert not untouched.any()


@pytest.mark.parametrize("theta, sx, sy, t", CASES)
def test_adjoint_of_a_ray_direction_is_the_transpose_of_its_derivative(theta, sx, sy, t):
    rng = np.random.default_rng(4)
    d_theta, g = rng.normal(size=len(theta)), rng.normal(size=3)
    _, axis = rays.ray(view(theta), middle_ray(sx, sy))
    gradient, untouched = np.zeros((2, len(theta)))
    rays.ray_direction_adj(view(theta), gradient, middle_ray(sx, sy), axis, triple(g), True)
    rays.ray_direction_adj(view(theta), untouched, middle_ray(sx, sy), axis, triple(g), False)
    tangent = normalize_tan(axis, rays.ray_tan(view(theta), d_theta, middle_ray(sx, sy))[1])
    assert_transpose(tangent, g, d_theta, gradient)
    assert not gradient[: CAMERA + 3].any()  # the eye turns no ray
    assert not gradient[CAMERA + 12 :].any()
    assert not untouched.any()

    def direction(h):
        d = np.array(rays.ray(view(theta + h * d_theta), middle_ray(sx, sy))[1])
        return d / np.linalg.norm(d)

    assert taylor_slope(direction, tangent, 1e-3) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("theta, sx, sy, t", CASES)
def test_tangent_of_a_ray_point_is_its_derivative(theta, sx, sy, t):
    d_theta = np.random.default_rng(2).normal(size=len(theta))
    derivative = difference(lambda h: world(theta + h * d_theta, sx, sy, t), 1e-2)
    assert_allclose(rays.ray_point_tan(view(theta), d_theta, middle_ray(sx, sy), t), derivative, rtol=1e-10)


@pytest.mark.parametrize("theta, sx, sy, t", CASES)
def test_the_covector_is_the_derivative_of_the_projection(theta, sx, sy, t):
    """Of gx sx + gy sy, while the point and the camera move."""
    rng = np.random.default_rng(3)
    d_theta, d_x, (gx, gy) = 0.1 * rng.normal(size=len(theta)), 0.1 * rng.normal(size=3), rng.normal(size=2).tolist()
    x = world(theta, sx, sy, t)

    def seen(h):
        p = rays.project(view(theta + h * d_theta), triple(x + h * d_x), 0.0, 0.0)
        return gx * p[0] + gy * p[1]

    h = rays.screen_covector(view(theta), middle_ray(sx, sy), t, gx, gy)
    value = np.dot(h, d_x - np.array(rays.ray_point_tan(view(theta), d_theta, middle_ray(sx, sy), t)))
    assert_allclose(value, difference(seen, 1e-3), rtol=1e-6)
    assert taylor_slope(seen, value) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    "x, y, u, expected",
    [
        (0, 0, (0.0, 0.0), (-1.0, 1.0)),
        (7, 3, (1.0, 1.0), (1.0, -1.0)),
        (4, 2, (0.0, 0.0), (0.0, 0.0)),
        (1, 0, (0.5, 0.5), (-0.625, 0.75)),
    ],
)
def test_row_0_of_the_film_is_at_the_top(x, y, u, expected):
    assert screen_point(x, y, *u, 8, 4) == expected
