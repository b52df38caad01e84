"""vec.py: tangents, adjoints, frames."""

import numpy as np
import pytest
from derivatives import assert_transpose, flat, taylor_slope, triple
from numpy.testing import assert_allclose

from nrender import vec

CASES = np.random.default_rng(0).normal(size=(8, 2, 3)) * 10.0 ** np.arange(-3, 5)[:, None, None]

NORMALS = [
    (0.0, 0.0, 1.0),
    (0.0, 0.0, -1.0),
    (0.0, -0.0, 1.0),
    (1.0, 0.0, 0.0),
    (-1.0, 0.0, -0.0),
    (0.0, 1.0, 0.0),
    (0.0, -1.0, 0.0),
    (1e-9, -1e-9, -1.0),
    (1e-9, 1e-9, 1.0),
    (0.6, -0.8, 1e-12),
    (0.6, 0.8, -1e-12),
    *(tuple(map(float, n / np.linalg.norm(n))) for n in np.random.default_rng(1).normal(size=(100, 3))),
]


@pytest.mark.parametrize("a, b", CASES)
def test_products_are_those_of_numpy(a, b):
    a3, b3 = triple(a), triple(b)
    assert_allclose(vec.dot(a3, b3), a @ b, rtol=1e-13)
    assert_allclose(vec.cross(a3, b3), np.cross(a, b), rtol=1e-12)
    assert_allclose(vec.mul(a3, b3), a * b)
    assert_allclose(vec.madd(a3, b3, -0.3), a - 0.3 * b, rtol=1e-13)
    assert_allclose(vec.length(a3), np.linalg.norm(a))
    assert_allclose(vec.normalize(a3), a / np.linalg.norm(a))
    assert vec.largest(a3) == a.max()
    assert vec.largest_magnitude(a3) == np.abs(a).max()


@pytest.mark.parametrize("a, b", CASES)
def test_adjoint_of_cross_is_the_transpose_of_the_tangent(a, b):
    rng = np.random.default_rng(2)
    d_a, d_b, g = rng.normal(size=(3, 3))
    a, b = triple(a), triple(b)
    assert_transpose(vec.cross_tan(a, b, triple(d_a), triple(d_b)), g, (d_a, d_b), vec.cross_adj(a, b, triple(g)))


@pytest.mark.parametrize("a, b", CASES)
def test_adjoint_of_normalize_is_the_transpose_of_the_tangent(a, b):
    d, g = np.random.default_rng(3).normal(size=(2, 3))
    a = triple(a)
    assert_transpose(vec.normalize_tan(a, triple(d)), g, d, vec.normalize_adj(a, triple(g)))


@pytest.mark.parametrize("a, b", CASES)
def test_tangents_are_the_derivatives(a, b):
    d_a, d_b = np.random.default_rng(4).normal(size=(2, 3)) * np.linalg.norm(a)
    slope = taylor_slope(
        lambda h: vec.cross(triple(a + h * d_a), triple(b + h * d_b)),
        vec.cross_tan(triple(a), triple(b), triple(d_a), triple(d_b)),
    )
    assert slope == pytest.approx(2, abs=0.1)
    slope = taylor_slope(lambda h: vec.normalize(triple(a + h * d_a)), vec.normalize_tan(triple(a), triple(d_a)))
    assert slope == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("n", NORMALS)
def test_a_frame_is_right_handed_and_orthonormal(n):
    s, t = vec.frame(n)
    basis = np.array([s, t, n])
    assert_allclose(basis @ basis.T, np.eye(3), atol=1e-15 + 4e-16)
    assert np.linalg.det(basis) == pytest.approx(1.0, abs=1e-14)
    v = (0.3, -0.5, 0.7)
    assert_allclose(vec.to_world(v, n), np.array(v) @ basis, atol=1e-15)


def test_choose_takes_all_components_of_one():
    a, b = (1.0, 2.0, 3.0), (4.0, 5.0, 6.0)
    assert vec.choose(True, a, b) == a
    assert vec.choose(False, a, b) == b
    assert flat(vec.add(a, b)).tolist() == [5, 7, 9]
    assert flat(vec.sub(a, b)).tolist() == [-3, -3, -3]
