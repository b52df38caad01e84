"""bsdf/diffuse.py."""

import numpy as np
import pytest
from chi2 import chi_squared_test
from derivatives import assert_transpose, taylor_slope, triple
from numpy.testing import assert_allclose

from nrender.bsdf import diffuse

RNG = np.random.default_rng(0)


def direction(rng=RNG):
    w = rng.normal(size=3)
    w[2] = abs(w[2])
    return triple(w / np.linalg.norm(w))


CASES = [(triple(RNG.random(3)), direction(), direction()) for _ in range(6)] + [((0.0, 0.0, 1.0),) * 3]


@pytest.mark.parametrize("rho, wi, wo", CASES)
def test_adjoint_is_the_transpose_of_the_tangent(rho, wi, wo):
    v, w = np.random.default_rng(1).normal(size=(2, 3))
    tangent = diffuse.eval_tan(rho, wi, wo, triple(v))
    assert_transpose(tangent, w, v, diffuse.eval_adj(rho, wi, wo, triple(w)))
    slope = taylor_slope(lambda h: diffuse.eval(triple(np.array(rho) + h * v), wi, wo), tangent)
    assert slope == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("rho, wi, wo", CASES)
def test_reciprocity(rho, wi, wo):
    assert diffuse.eval(rho, wi, wo) == diffuse.eval(rho, wo, wi)


@pytest.mark.parametrize("rho, wi, wo", CASES)
def test_the_energy_reflected_is_the_reflectance(rho, wi, wo):
    """The integral of f cos over the hemisphere by midpoints in z, exact for a function linear in z; and by samples,
    each of which weighs f cos / pdf."""
    z = (np.arange(50) + 0.5) / 50
    total = np.zeros(3)
    for c in z:
        w = (float(np.sqrt(1 - c * c)), 0.0, float(c))
        total += np.array(diffuse.eval(rho, wi, w)) * c * 2 * np.pi / len(z)
    assert_allclose(total, rho, rtol=1e-12)
    for u in RNG.random((20, 2)).tolist():
        w = diffuse.sample(wi, *u)
        weight = np.array(diffuse.eval(rho, wi, w)) * w[2] / diffuse.pdf(wi, w)
        assert_allclose(weight, rho, rtol=1e-12)


def test_samples_follow_the_pdf():
    """Over squares of the disk that the hemisphere projects on; the cells at its rim by 32 x 32 points each."""
    n, cells, fine = 40000, 12, 32
    wi = (0.0, 0.6, 0.8)
    w = np.array([diffuse.sample(wi, *u) for u in np.random.default_rng(2).random((n, 2)).tolist()])
    edges = np.linspace(-1, 1, cells + 1)
    counts = np.histogram2d(w[:, 0], w[:, 1], [edges, edges])[0]
    p = (np.arange(cells * fine) + 0.5) / (cells * fine) * 2 - 1
    density = np.zeros((cells * fine, cells * fine))
    for i, x in enumerate(p):
        for j, y in enumerate(p):
            if x * x + y * y < 1.0:
                z = float(np.sqrt(1.0 - x * x - y * y))
                density[i, j] = diffuse.pdf(wi, (x, y, z)) / z  # d omega = dx dy / z
    expected = density.reshape(cells, fine, cells, fine).sum((1, 3)) * (2 / (cells * fine)) ** 2
    assert expected.sum() == pytest.approx(1.0, abs=1e-3)
    keep = expected > 1e-6
    chi_squared_test(counts[keep], n * expected[keep])


def test_nothing_is_sampled_below_the_surface():
    assert diffuse.pdf((0.0, 0.0, 1.0), (0.0, 0.6, -0.8)) == 0.0
