"""optimize/priors: what each comes to where that is known in closed form, and of degenerate meshes and images."""

import naive
import numpy as np
import pytest
from derivatives import assert_transpose
from numpy.testing import assert_array_equal
from prior_scene import ALBEDO, ROUGHNESS, SCENE, SHEET, TRANSLATE, energy, made, of_mesh, sheet

from nrender.optimize.priors import evaluate


def test_l2_is_the_mean_square():
    assert energy(made("l2", TRANSLATE), [3.0, 0.0, 4.0]) == pytest.approx(25 / 3)
    assert energy(made("l2", TRANSLATE, to=2), [3.0, 2.0, 2.0]) == pytest.approx(1 / 3)
    assert energy(made("l2", ROUGHNESS, to=0.5), np.array(0.1)) == pytest.approx(0.16)


def test_tv_of_a_step_and_of_a_ramp():
    prior = made("tv", ALBEDO, epsilon=0.1)
    step = np.zeros((2, 3, 1))
    step[:, 2:] = 0.4
    # One texel of three in a row has a difference; of three equal channels it has length sqrt(3) 0.4.
    assert energy(prior, step) == pytest.approx((np.hypot(0.4, 0.1) - 0.1) / 3)
    colours = np.repeat(step, 3, axis=2)
    assert energy(prior, colours) == pytest.approx((np.hypot(np.sqrt(0.48), 0.1) - 0.1) / 3)
    # Steps to the right and below at one texel: isotropic.
    corner = np.array([[0.0, 0.3], [0.4, 0.0]])[..., None]
    down, right, one = np.hypot(0.3, 0.1), np.hypot(0.4, 0.1), np.hypot(0.5, 0.1)
    assert energy(prior, corner) == pytest.approx((one + down + right - 0.3) / 4)


def test_tv_of_a_flat_image_is_zero_and_can_be_differentiated():
    prior = made("tv", ALBEDO)
    flat, d = np.full((4, 5, 3), 0.3), np.random.default_rng(10).normal(size=(4, 5, 3))
    loss, gradient = evaluate(prior, flat)
    assert loss == 0.0
    assert_array_equal(gradient, 0.0)
    # There it is |D v|^2 / (2 epsilon).
    squares = np.sum(np.diff(d, axis=0) ** 2) + np.sum(np.diff(d, axis=1) ** 2)
    assert np.sum(prior.jvp(flat, d) ** 2) == pytest.approx(squares / (2 * 1e-3) / 20)


TETRAHEDRON = (
    np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], float),
    np.array([[0, 1, 2], [0, 3, 1], [0, 2, 3], [1, 3, 2]]),
)


@pytest.mark.parametrize("name, expected", [("laplacian", 1 / 3), ("bilaplacian", 16 / 27)])
def test_laplacians_of_one_moved_vertex_of_a_tetrahedron(name, expected):
    """L = 4/3 (1 - mean): d, -d/3, -d/3, -d/3; L^2 = 4/3 L. The extent is the diagonal of a cube of side 2."""
    value = TETRAHEDRON[0].copy()
    value[2] += [0.3, 0.0, 0.4]
    assert energy(of_mesh(name, *TETRAHEDRON), value) == pytest.approx(expected * 0.25 / 12)


def test_the_border_of_an_even_sheet_is_not_pulled_inwards():
    """All rows are zero but at the four corners, where the mean of two neighbours is (1/2, 1/2) away."""
    vertices, faces = sheet(4)
    prior = of_mesh("laplacian", vertices, faces, of="shape")
    r = prior.residual(vertices).reshape(-1, 3)
    assert_array_equal(np.flatnonzero(np.abs(r).max(axis=1) > 1e-15), [0, 4, 20, 24])
    assert np.sum(r**2) == pytest.approx(4 * 0.5 / 25 / 32)


def test_edge_lengths():
    vertices, faces = sheet(1)
    assert energy(of_mesh("edge_length", vertices, faces), 2 * vertices) == pytest.approx(1.0)
    root = np.sqrt(2)
    mean = (4 + root) / 5
    expected = (4 * (1 / mean - 1) ** 2 + (root / mean - 1) ** 2) / 5
    even = of_mesh("edge_length", vertices, faces, to="mean")
    assert energy(even, vertices) == pytest.approx(expected)
    assert energy(even, 2 * vertices) == pytest.approx(expected)


def test_an_edge_too_short_to_measure_counts_for_nothing():
    """Two vertices 2e-10 apart that the grid of a millionth tells apart."""
    vertices, faces = sheet(1)
    vertices[0, 0] = 0.5001e-6
    vertices = np.concatenate([vertices, [[0.4999e-6, 0.0, 0.0]]])
    prior = of_mesh("edge_length", vertices, np.concatenate([faces, [[0, 2, 4]]]))
    assert len(prior.residual(vertices)) == 6
    vertices[4, 2] = 1e-3
    assert energy(prior, vertices) < 1e-12


def test_normals_of_a_cube_and_of_a_fold():
    vertices, faces = naive.cube()
    # 12 of 18 edges are at right angles, where |n1 - n2|^2 = 2; across the diagonals of the sides it is 0.
    assert energy(of_mesh("normal_consistency", vertices, faces), vertices) == pytest.approx(4 / 3)
    turned = faces.copy()
    turned[::3] = turned[::3, ::-1]
    assert energy(of_mesh("normal_consistency", vertices, turned), vertices) == pytest.approx(4 / 3)


@pytest.mark.parametrize(
    "name, keys", [("edge_length", {}), ("edge_length", {"to": "mean"}), ("normal_consistency", {})]
)
def test_a_collapsed_face_is_no_nan(name, keys):
    """Warnings are errors here, so nothing divides by zero on the way either."""
    prior = made(name, SHEET, **keys)
    value = SCENE.parameters[SHEET]
    value[6] = value[5]
    d_value = np.random.default_rng(11).normal(size=value.shape)
    loss, gradient = evaluate(prior, value)
    assert np.isfinite(loss)
    assert np.isfinite(gradient).all()
    jv = prior.jvp(value, d_value)
    assert_transpose(jv, jv, d_value, prior.vjp(value, jv))
    loss, gradient = evaluate(prior, np.zeros_like(value))
    assert np.isfinite(loss)
    assert_array_equal(gradient, 0.0)


def test_a_fold_next_to_a_collapsed_face_counts_as_none():
    vertices, faces = sheet(1)
    prior = of_mesh("normal_consistency", vertices, faces)
    value = vertices.copy()
    value[1] = value[0]
    assert_array_equal(prior.residual(value), 0.0)
