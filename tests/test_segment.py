"""geometry/segment.py: the geometry term and its logarithmic derivative, as functions of plain arrays."""

import naive
import numpy as np
import pytest
from derivatives import difference, taylor_slope, triple
from numpy.testing import assert_allclose

from nrender.geometry import segment, surface


class Case:
    """A point x, a triangle y, a place (u, v) on it, velocities of all, moved by h along them; and F, a quadratic
    function of direction: what a BSDF is when its parameters and its normal are at rest."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.x, self.y = rng.normal(size=3), rng.normal(size=(3, 3)) + [0, 0, 2]
        self.d_x, self.d_y = rng.normal(size=3), rng.normal(size=(3, 3))
        self.uv = rng.dirichlet([2, 2, 2])[:2]
        self.linear, root = rng.normal(size=3), rng.normal(size=(3, 3))
        self.quadratic = root @ root.T
        self.constant = 0.1 + np.linalg.norm(self.linear)  # F > 0

    def at(self, h, uv):
        """(x, y, N) after a step h."""
        triangle = self.y + h * self.d_y
        point = np.array([1 - uv[0] - uv[1], *uv]) @ triangle
        return self.x + h * self.d_x, point, naive.area_normal(triangle)

    def log_k(self, h, uv):
        x, y, normal = self.at(h, uv)
        w = y - x
        return np.log(abs(normal @ w) / np.linalg.norm(w) ** 3)

    def f(self, omega):
        return self.constant + self.linear @ omega + omega @ self.quadratic @ omega

    def log_fk(self, h, uv):
        """log(F(omega) K)."""
        x, y, _ = self.at(h, uv)
        return np.log(self.f((y - x) / np.linalg.norm(y - x))) + self.log_k(h, uv)

    def slide(self, uv):
        """tau: from the material point's velocity to that of the point in a fixed direction, by solving for
        x' + w a = v_y + tau, N_y . tau = 0; in rates of (u, v)."""
        x, y, normal = self.at(0.0, uv)
        w, v = y - x, np.array([1 - uv[0] - uv[1], *uv]) @ self.d_y
        a = normal @ (v - self.d_x) / (normal @ w)
        tau = self.d_x + w * a - v
        edges = np.stack([self.y[1] - self.y[0], self.y[2] - self.y[0]], axis=1)
        return np.linalg.lstsq(edges, tau, rcond=None)[0]

    def kernel(self, radius2):
        """(logarithmic derivative of K, that of F, chi) by log_gradient and turn."""
        x, y, normal = self.at(0.0, self.uv)
        d_normal = difference(lambda h: self.at(h, self.uv)[2], 1e-2)  # quadratic: exact
        q = np.array([1 - self.uv.sum(), *self.uv]) @ self.d_y - self.d_x
        g_q, g_normal, chi = segment.log_gradient(triple(y - x), triple(normal), radius2)
        omega, turned = (y - x) / np.linalg.norm(y - x), segment.turn(triple(y - x), chi, triple(q))
        d_f = (self.linear + 2 * self.quadratic @ omega) @ turned
        return np.dot(g_q, q) + np.dot(g_normal, d_normal), d_f / self.f(omega), chi

    def r2(self):
        x, y, _ = self.at(0.0, self.uv)
        return float((y - x) @ (y - x))


CASES = [Case(seed) for seed in range(12)]


@pytest.mark.parametrize("case", CASES)
def test_geometry_term_is_solid_angle_per_barycentric_coordinates(case):
    """Of a small piece of the triangle about y: exact to second order in its size."""
    x, y, normal = case.at(0.0, case.uv)
    k = segment.geometry_term(triple(y - x), triple(normal))
    assert_allclose(np.log(k), case.log_k(0.0, case.uv), rtol=1e-12)
    edge, center = 1e-3, np.mean([[0, 0], [1, 0], [0, 1]], axis=0)
    places = case.uv + edge * (np.array([[0, 0], [1, 0], [0, 1]]) - center)
    a, b, c = (case.at(0.0, uv)[1] - x for uv in places)
    lengths = [np.linalg.norm(v) for v in (a, b, c)]
    below = np.prod(lengths) + (a @ b) * lengths[2] + (b @ c) * lengths[0] + (c @ a) * lengths[1]
    solid_angle = 2 * np.arctan2(abs(a @ np.cross(b, c)), below)  # Van Oosterom and Strackee 1983
    assert_allclose(k, solid_angle / (0.5 * edge**2), rtol=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_far_segments_have_the_derivative_at_material_points(case):
    d_k, d_f, chi = case.kernel(0.5 * case.r2())
    assert chi == 0.0
    assert_allclose(d_k, difference(lambda h: case.log_k(h, case.uv), 1e-4), rtol=1e-8)
    assert_allclose(d_k + d_f, difference(lambda h: case.log_fk(h, case.uv), 1e-4), rtol=1e-8)
    slope = taylor_slope(lambda h: case.log_fk(h, case.uv), d_k + d_f, largest=1e-3)
    assert slope == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("case", CASES)
def test_touching_segments_have_none(case):
    """In solid angle, in a fixed direction, the triangle does not appear."""
    d_k, d_f, chi = case.kernel(1e30)
    assert chi == 1.0
    assert abs(d_k) < 1e-12
    assert d_f == 0.0


@pytest.mark.parametrize("share", [1.01, 1.5, 3.0, 30.0, 1e9])
@pytest.mark.parametrize("case", CASES)
def test_segments_have_the_derivative_of_the_flow_with_its_divergence(case, share):
    """y flows to material point + h chi tau, and takes its measure du dv along:
    d/dh log(F K |d(u', v')/d(u, v)|)."""
    radius2 = share * case.r2()

    def chi(uv):
        x, y, _ = case.at(0.0, uv)
        s = (y - x) @ (y - x) / radius2
        return 1.0 - s * s * (3.0 - 2.0 * s) if s < 1.0 else 0.0

    def flow(h, uv):
        return uv + h * chi(uv) * case.slide(uv)

    def log_integrand(h):
        columns = [difference(lambda e, k=k: flow(h, case.uv + e * np.eye(2)[k]), 1e-3) for k in range(2)]
        return case.log_fk(h, flow(h, case.uv)) + np.log(np.linalg.det(np.stack(columns, axis=1)))

    d_k, d_f, nearness = case.kernel(radius2)
    assert nearness == pytest.approx(chi(case.uv))
    assert 0.0 < nearness <= 1.0
    assert_allclose(d_k + d_f, difference(log_integrand, 1e-4), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("chi", [0.0, 0.3, 1.0])
def test_turn_is_the_velocity_of_the_direction_and_its_own_transpose(chi):
    for seed in range(5):
        w, q, g = np.random.default_rng(seed).normal(size=(3, 3))
        expected = (1 - chi) * difference(lambda h, w=w, q=q: (w + h * q) / np.linalg.norm(w + h * q), 1e-3)
        turned = segment.turn(triple(w), chi, triple(q))
        assert_allclose(turned, expected, rtol=1e-7, atol=1e-9)
        assert_allclose(turned @ g, q @ segment.turn(triple(w), chi, triple(g)), rtol=1e-12, atol=1e-15)


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
    w, normal = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
    assert segment.geometry_term(w, normal) == 0.0
    assert segment.log_gradient(w, normal, 4.0) == ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.0)


@pytest.mark.parametrize("w", [(0.0, 0.0, 0.0), (1e-20, 0.0, 0.0)])
def test_a_segment_without_length_moves_nothing(w):
    """Across a sharp edge both of its ends can be one point in float32. (Seen: a box's corner, gradients of NaN.)"""
    none, normal, g = (0.0, 0.0, 0.0), (0.3, -0.2, 0.5), (1.0, 2.0, 3.0)
    assert segment.geometry_term(w, normal) == 0.0
    assert segment.log_gradient(w, normal, 4.0) == (none, none, 0.0)
    assert segment.turn(w, 1.0, g) == none
    assert surface.slide_tan(none, normal, g, none) == g
    assert surface.slide_adj(none, normal, g) == (g, none)
