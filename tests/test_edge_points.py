"""geometry/edge_tree.py: the point on an edge that is chosen, at equal angles, and its density."""

import numpy as np
import pytest
from derivatives import triple
from numba import njit
from numpy.testing import assert_allclose
from scipy.integrate import quad

from nrender.geometry import edge_samples
from nrender.real import FLOAT32, FLOAT64

widths = pytest.mark.parametrize("width", [FLOAT32, FLOAT64], ids=["float32", "float64"])
ENDS = (0.3, -0.2, 1.0), (1.5, 0.4, 0.1)


def beside(along, off):
    """The point at a + along (b - a), moved across the edge by `off` of its length."""
    a, b = (np.array(x) for x in ENDS)
    across = np.cross(b - a, [0.0, 0.0, 1.0])
    return triple(a + along * (b - a) + across * (off * np.linalg.norm(b - a) / np.linalg.norm(across)))


@pytest.mark.parametrize("along", [-3.0, -0.1, 0.0, 0.3, 0.5, 1.0, 1.2, 40.0])
@pytest.mark.parametrize("off", [1e-2, 0.2, 1.0, 30.0])
def test_points_are_at_equal_angles(along, off):
    """Kulla & Fajardo 2012: the angle at y between a and the point is in proportion to u; the density is that of
    ds/r^2."""
    y = beside(along, off)
    a, b = (np.array(x) - y for x in ENDS)
    length = np.linalg.norm(b - a)

    def angle(s):
        p = a + s * (b - a)
        return np.arctan2(np.linalg.norm(np.cross(a, p)), a @ p)

    scale = quad(lambda s: length / np.sum((a + s * (b - a)) ** 2), 0, 1, points=[min(max(along, 0.0), 1.0)])[0]
    for u in (0.0, 0.01, 0.3, 0.5, 0.9, 1.0 - 2.0**-24):
        s, pdf = edge_samples.point_on_edge(*ENDS, y, False, u)
        assert 0.0 <= s <= 1.0
        assert angle(s) == pytest.approx(u * angle(1.0), rel=1e-6, abs=1e-12)
        assert pdf == pytest.approx(1.0 / (np.sum((a + s * (b - a)) ** 2) * scale), rel=1e-6)
        assert pdf == edge_samples.point_pdf(*ENDS, y, False, s)


@pytest.mark.parametrize("along", [-2.0, 0.0, 1e-6, 0.3, 1.0, 1.5])
@pytest.mark.parametrize("off", [0.0, 1e-9, 1e-5, 1e-4, 1e-2])
def test_points_near_the_edge_and_on_its_line(along, off):
    """The density is that of the samples: the derivative of u, which goes from 0 to 1 as s does."""
    y = beside(along, off)
    length = np.linalg.norm(np.subtract(*ENDS))
    for u in (0.05, 0.3, 0.6, 0.95):
        (s0, _), (s1, _) = (edge_samples.point_on_edge(*ENDS, y, False, x) for x in (u - 1e-6, u + 1e-6))
        pdf = edge_samples.point_pdf(*ENDS, y, False, 0.5 * (s0 + s1))
        if s1 - s0 > 1e-12:
            assert 2e-6 / ((s1 - s0) * length) == pytest.approx(pdf, rel=1e-3)
    assert edge_samples.point_on_edge(*ENDS, y, False, 0.0)[0] == pytest.approx(0.0, abs=1e-12)
    assert edge_samples.point_on_edge(*ENDS, y, False, 1.0)[0] == pytest.approx(1.0)


def test_far_away_points_are_uniform():
    length = np.linalg.norm(np.subtract(*ENDS))
    for u in (0.0, 0.2, 0.99):
        assert edge_samples.point_on_edge(*ENDS, (0.0, 0.6, 0.8), True, u) == (u, pytest.approx(1.0 / length))
    for u in (0.1, 0.5, 0.9):
        assert edge_samples.point_on_edge(*ENDS, beside(0.5, 1e6), False, u)[0] == pytest.approx(u, abs=1e-6)


@widths
def test_points_are_finite_in_machine_code(width):
    """Wherever y is; and the density agrees with that of the slow reading."""
    point = edge_samples.point_on_edge.instantiate(width)

    @njit
    def run(ends, y, u, out):
        for i in range(len(u)):
            a, b = (ends[0, 0], ends[0, 1], ends[0, 2]), (ends[1, 0], ends[1, 1], ends[1, 2])
            out[i] = point(a, b, (y[0], y[1], y[2]), False, u[i])

    u = np.minimum(np.linspace(0, 1, 101), 1.0 - 2.0**-24).astype(width.literal)
    out = np.empty((len(u), 2), width.literal)
    ends = np.array(ENDS, width.literal)
    for along in (-1e4, -1.0, -1e-5, 0.0, 1e-6, 0.1, 0.5, 1.0 - 1e-6, 1.0, 1.1, 1e3):
        for off in (0.0, 1e-8, 1e-6, 1e-4, 1e-2, 1.0, 1e4):
            y = np.array(beside(along, off), width.literal)
            run(ends, y, u, out)
            assert np.isfinite(out).all()
            assert (out[:, 1] > 0.0).all()
            assert (np.diff(out[:, 0]) >= -4.0 * np.finfo(width.literal).eps).all()
            assert out[0, 0] >= 0.0
            assert out[-1, 0] <= 1.0
            if off >= 1e-2:
                slow = [edge_samples.point_on_edge(*ENDS, triple(y), False, float(x)) for x in u]
                assert_allclose(out[:, 0], np.array(slow)[:, 0], atol=1e-3 if width is FLOAT32 else 1e-9)
