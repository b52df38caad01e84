"""optimize/priors: derivatives, what priors leave alone, what they refuse; over the table of priors."""

import naive
import numpy as np
import pytest
from derivatives import assert_transpose, difference, taylor_slope
from numpy.testing import assert_allclose
from prior_scene import ALBEDO, BALL, ROUGHNESS, SCENE, SHEET, SOUP, TRANSLATE, energy, made, of_mesh, sheet, torn

from nrender.optimize.priors import PRIORS, PriorError, evaluate
from nrender.scene.optimize_prior import PRIORS as SCHEMA

PATHS = [BALL, SHEET, SOUP, ALBEDO, ROUGHNESS, TRANSLATE]
OF_MESHES = [name for name, kind in PRIORS.items() if not kind.applies(BALL, SCENE) and name != "l2"]
ROUNDING = 1e-12  # of sums of a few hundred terms of float64


def variants(names):
    """(name, keys): each prior by its defaults, and with each other choice of a key."""
    found = []
    for name in names:
        keys = SCHEMA[name].items()
        others = [{key: word} for key, schema in keys for word in schema.options if word != schema.default]
        found += [(name, chosen) for chosen in ({}, *others)]
    return found


CASES = [
    pytest.param(name, keys, path, id="-".join([name, *keys.values(), path]))
    for name, keys in variants(PRIORS)
    for path in PATHS
    if not PRIORS[name].applies(path, SCENE)
]
ON_MESHES = pytest.mark.parametrize("name, keys", variants(OF_MESHES))


def near(path, seed, size=0.1):
    """A value some way from the start, and a direction."""
    start, rng = SCENE.parameters[path], np.random.default_rng(seed)
    return start + size * rng.normal(size=start.shape), rng.normal(size=start.shape)


# Derivatives


@pytest.mark.parametrize("name, keys, path", CASES)
def test_vjp_is_the_transpose_of_jvp(name, keys, path):
    prior, (value, d_value) = made(name, path, **keys), near(path, 1)
    jv = prior.jvp(value, d_value)
    w = np.random.default_rng(2).normal(size=jv.shape)
    back = prior.vjp(value, w)
    assert back.shape == value.shape
    assert_transpose(jv, w, d_value, back)


@pytest.mark.parametrize("name, keys, path", CASES)
def test_jvp_is_the_derivative_of_the_residual(name, keys, path):
    prior, (value, d_value) = made(name, path, **keys), near(path, 3)
    jv = prior.jvp(value, d_value)
    assert np.linalg.norm(jv) > 0

    def moved(h):
        return prior.residual(value + h * d_value)

    assert taylor_slope(moved, jv, largest=1e-3) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("name, keys, path", CASES)
def test_evaluate_is_the_weighted_sum_of_squares_and_its_gradient(name, keys, path):
    value, d_value = near(path, 4)
    prior = made(name, path, weight=3.0, **keys)
    assert (prior.path, prior.weight) == (path, 3.0)
    r = prior.residual(value)
    assert r.ndim == 1
    loss, gradient = evaluate(prior, value)
    assert loss == pytest.approx(3 * np.sum(r**2), rel=ROUNDING)
    slope = difference(lambda h: energy(prior, value + h * d_value), 1e-4)
    # Differences of fourth order: h^4 = 1e-16 and rounding 1e-16 / h, of about the size of the loss.
    assert_allclose(np.sum(gradient * d_value), slope, rtol=1e-8, atol=1e-10 * loss)


# What the priors of meshes don't see


@ON_MESHES
def test_a_translation_changes_nothing(name, keys):
    prior, (value, _) = made(name, BALL, **keys), near(BALL, 5)
    assert energy(prior, value + [3.0, -2.0, 1.0]) == pytest.approx(energy(prior, value), rel=1e-11)


@ON_MESHES
def test_the_size_of_the_mesh_changes_nothing(name, keys):
    value, _ = near(BALL, 6)
    start, faces = SCENE.parameters[BALL], SCENE.shapes["ball"].faces
    once, larger = (of_mesh(name, s * start, faces, **keys) for s in (1.0, 1000.0))
    assert energy(larger, 1000.0 * value) == pytest.approx(energy(once, value), rel=1e-11)


@pytest.mark.parametrize("name, keys", variants(["edge_length", "normal_consistency"]))
def test_a_rotation_changes_nothing(name, keys):
    prior, (value, _) = made(name, BALL, **keys), near(BALL, 7)
    turn, _ = np.linalg.qr(np.random.default_rng(8).normal(size=(3, 3)))
    assert energy(prior, value @ turn) == pytest.approx(energy(prior, value), rel=1e-11)


@pytest.mark.parametrize("name", ["l2", "laplacian", "bilaplacian", "edge_length"])
def test_the_start_costs_nothing(name):
    assert energy(made(name, BALL), SCENE.parameters[BALL]) == 0.0


@ON_MESHES
@pytest.mark.parametrize("mesh", [naive.icosphere(1), sheet(3)], ids=["closed", "open"])
def test_doubled_vertices_that_move_together_change_nothing(name, keys, mesh):
    vertices, faces = mesh
    value = vertices + 0.1 * np.random.default_rng(9).normal(size=vertices.shape)
    soup, own, old = torn(vertices, faces)
    whole, parts = of_mesh(name, vertices, faces, **keys), of_mesh(name, soup, own, **keys)
    (loss, gradient), (same, gradients) = evaluate(whole, value), evaluate(parts, value[old])
    assert same == pytest.approx(loss, rel=1e-11)
    summed = np.zeros_like(gradient)
    np.add.at(summed, old, gradients)
    assert_allclose(summed, gradient, atol=1e-11 * np.abs(gradient).max())


@pytest.mark.parametrize("name", ["laplacian", "bilaplacian"])
def test_doubled_vertices_are_held_together(name):
    prior = made(name, SOUP)
    value = SCENE.parameters[SOUP]
    value[0] += 0.1
    assert energy(prior, value) > 0.0


# The table


def test_a_prior_says_what_it_is_not_for():
    assert PRIORS["tv"].applies(TRANSLATE, SCENE) == "expected an image, got an array of shape (3,)"
    assert PRIORS["tv"].applies(ROUGHNESS, SCENE) == "expected an image, got a number"
    for name in OF_MESHES:
        reason = PRIORS[name].applies(ALBEDO, SCENE)
        assert reason == "expected the vertices of a mesh, got an array of shape (5, 4, 3)"
    assert {name for name in PRIORS if not PRIORS[name].applies(ALBEDO, SCENE)} == {"l2", "tv"}


@pytest.mark.parametrize(
    "name, path, keys, message",
    [
        ("tv", ALBEDO, {"epsilon": 0}, "prior tv: epsilon: expected a number > 0, got 0"),
        ("tv", ALBEDO, {"weight": -1}, "prior tv: weight: expected a number >= 0, got -1"),
        ("l2", ROUGHNESS, {"weight": True}, "prior l2: weight: expected a number >= 0, got True"),
        ("laplacian", BALL, {"of": "shap"}, "got 'shap'; did you mean 'shape'?"),
        ("edge_length", BALL, {"to": 1}, "prior edge_length: to: expected one of start, mean, got 1"),
        ("l2", TRANSLATE, {"to": [1, 2]}, "shape (3,), got an array of shape (2,)"),
        ("l2", TRANSLATE, {"to": [[1], [2, 3]]}, "shape (3,), got lists of different lengths"),
        ("l2", TRANSLATE, {"to": np.nan}, "numbers that broadcast to the parameter's shape (3,), got nan"),
    ],
)
def test_a_wrong_key_is_one_line(name, path, keys, message):
    with pytest.raises(PriorError) as caught:
        made(name, path, **keys)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
