"""geometry/segment.py: the geometry term and its logarithmic derivative, as functions of plain arrays."""

import naive
import numpy as np
import pytest
from derivatives import difference, taylor_slope, triple
from numpy.testing import assert_allclose

from nrender.geometry import segment


class Case:
    """A point x with area normal, a triangle y, a place (u, v) on it, velocities of all; moved by h along them."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.x, self.normal_x, self.y = rng.normal(size=3), rng.normal(size=3), rng.normal(size=(3, 3)) + [0, 0, 2]
        self.d_x, self.d_normal_x, self.d_y = rng.normal(size=3), rng.normal(size=3), rng.normal(size=(3, 3))
        self.uv = rng.dirichlet([2, 2, 2])[:2]

    def at(self, h, uv):
        """(x, N_x, y, N_y) after a step h."""
        triangle = self.y + h * self.d_y
        point = np.array([1 - uv[0] - uv[1], *uv]) @ triangle
        return self.x + h * self.d_x, self.normal_x + h * self.d_normal_x, point, naive.area_normal(triangle)

    def log_k(self, h, uv):
        x, normal_x, y, normal_y = self.at(h, uv)
        w = y - x
        cosines = abs(normal_x @ w / np.linalg.norm(normal_x)) * abs(normal_y @ w)
        return np.log(cosines / np.linalg.norm(w) ** 4)

    def slide(self, uv):
        """tau: from the material point's velocity to that of the point in a fixed direction, by solving for
        x' + w a = v_y + tau, N_y . tau = 0; in rates of (u, v)."""
        x, _, y, normal_y = self.at(0.0, uv)
        w, v = y - x, np.array([1 - uv[0] - uv[1], *uv]) @ self.d_y
        a = normal_y @ (v - self.d_x) / (normal_y @ w)
        tau = self.d_x + w * a - v
        edges = np.stack([self.y[1] - self.y[0], self.y[2] - self.y[0]], axis=1)
        return np.linalg.lstsq(edges, tau, rcond=None)[0]

    def kernel(self, radius2):
        """(logarithmic derivative, chi) by log_gradient."""
        x, normal_x, y, normal_y = self.at(0.0, self.uv)
        d_normal_y = difference(lambda h: self.at(h, self.uv)[3], 1e-2)  # quadratic: exact
        q = np.array([1 - self.uv.sum(), *self.uv]) @ self.d_y - self.d_x
        g_q, g_x, g_y, chi = segment.log_gradient(triple(normal_x), triple(y - x), triple(normal_y), radius2)
        return np.dot(g_q, q) + np.dot(g_x, self.d_normal_x) + np.dot(g_y, d_normal_y), chi

    def r2(self):
        x, _, y, _ = self.at(0.0, self.uv)
        return float((y - x) @ (y - x))


CASES = [Case(seed) for seed in range(12)]


@pytest.mark.parametrize("case", CASES)
def test_geometry_term(case):
    x, normal_x, y, normal_y = case.at(0.0, case.uv)
    unit = normal_x / np.linalg.norm(normal_x)
    k = segment.geometry_term(triple(unit), triple(y - x), triple(normal_y))
    assert_allclose(np.log(k), case.log_k(0.0, case.uv), rtol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_far_segments_have_the_derivative_of_log_k(case):
    value, chi = case.kernel(0.5 * case.r2())
    assert chi == 0.0
    assert_allclose(value, difference(lambda h: case.log_k(h, case.uv), 1e-4), rtol=1e-8)
    slope = taylor_slope(lambda h: case.log_k(h, case.uv), value, largest=1e-3)
    assert slope == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("case", CASES)
def test_touching_segments_have_the_derivative_in_solid_angle(case):
    """d log |n_x . omega| with a fixed direction: the distance and y's triangle do not appear."""
    x, _, y, _ = case.at(0.0, case.uv)
    omega = (y - x) / np.linalg.norm(y - x)

    def log_cosine(h):
        n = case.normal_x + h * case.d_normal_x
        return np.log(abs(n @ omega) / np.linalg.norm(n))

    value, chi = case.kernel(1e30)
    assert chi == 1.0
    assert_allclose(value, difference(log_cosine, 1e-4), rtol=1e-8)


@pytest.mark.parametrize("share", [1.01, 1.5, 3.0, 30.0])
@pytest.mark.parametrize("case", CASES)
def test_near_segments_have_the_derivative_of_the_flow_with_its_divergence(case, share):
    """y flows to material point + h chi tau, and takes its measure du dv along: d/dh log(K |d(u', v')/d(u, v)|)."""
    radius2 = share * case.r2()

    def chi(uv):
        x, _, y, _ = case.at(0.0, uv)
        s = (y - x) @ (y - x) / radius2
        return 1.0 - s * s * (3.0 - 2.0 * s) if s < 1.0 else 0.0

    def flow(h, uv):
        return uv + h * chi(uv) * case.slide(uv)

    def log_integrand(h):
        columns = [difference(lambda e, k=k: flow(h, case.uv + e * np.eye(2)[k]), 1e-3) for k in range(2)]
        return case.log_k(h, flow(h, case.uv)) + np.log(np.linalg.det(np.stack(columns, axis=1)))

    value, nearness = case.kernel(radius2)
    assert nearness == pytest.approx(chi(case.uv))
    assert 0.0 < nearness < 1.0
    assert_allclose(value, difference(log_integrand, 1e-4), rtol=1e-5, atol=1e-6)


def test_nearness_is_1_at_0_and_ends_smoothly():
    assert segment.nearness(0.0, 4.0) == (1.0, 0.0)
    assert segment.nearness(4.0, 4.0) == (0.0, 0.0)
    assert segment.nearness(100.0, 4.0) == (0.0, 0.0)
    chi, slope = segment.nearness(4.0 - 1e-6, 4.0)
    assert 0.0 <= chi < 1e-12
    assert -1e-5 < slope < 0.0
    assert segment.nearness(1.0, 0.0) == (0.0, 0.0)  # no radius: never near


@pytest.mark.parametrize("r", [0.1, 0.5, 1.0, 1.5, 1.9, 1.99])
def test_nearness_has_the_slope_that_it_says(r):
    chi = [segment.nearness((r + h) ** 2, 4.0)[0] for h in (-1e-5, 0.0, 1e-5)]
    assert chi[0] > chi[1] > chi[2]
    assert segment.nearness(r * r, 4.0)[1] == pytest.approx((chi[2] - chi[0]) / 2e-5 / r, rel=1e-6)


def test_where_the_geometry_term_is_0_so_is_its_derivative():
    in_plane_of_x = segment.log_gradient((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (1.0, 0.0, 1.0), 0.0)
    in_plane_of_y = segment.log_gradient((1.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), 4.0)
    for g_q, g_x, g_y, chi in (in_plane_of_x, in_plane_of_y):
        assert chi == 0.0
        assert g_q == (0.0, 0.0, 0.0)
        assert g_y == (0.0, 0.0, 0.0)
        assert np.isfinite(g_x).all()


@pytest.mark.parametrize("case", CASES)
def test_gradient_of_the_cosine(case):
    w = np.array([0.3, -0.5, 0.8])

    def log_cosine(h):
        n = case.normal_x + h * case.d_normal_x
        return np.log(abs(n @ w) / np.linalg.norm(n))

    g = segment.cosine_log_gradient(triple(case.normal_x), triple(w))
    assert_allclose(np.dot(g, case.d_normal_x), difference(log_cosine, 1e-4), rtol=1e-7)
    assert segment.cosine_log_gradient((0.0, 0.0, 2.0), (1.0, 0.0, 0.0)) == (0.0, 0.0, 0.0)
