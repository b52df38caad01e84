"""Coordinates of parameters: the start is exact, J and J^T are those of `value`, bounds hold."""

import numpy as np
import pytest
from derivatives import taylor_slope
from fake_renderer import REFLECTANCE, TRANSLATE, blob_scene

from nrender.errors import SceneError
from nrender.optimize.coordinates import Coefficients, Linear, Log, Rotation, Sigmoid, Smooth
from nrender.optimize.coordinates.basis import nearest_coefficients
from nrender.optimize.coordinates.rotation import _exp
from nrender.optimize.mesh import LargeSteps
from nrender.optimize.variables import free_variables
from nrender.scene.optimize_models import Basis

RNG = np.random.default_rng(7)
START = np.array([[0.2, 0.5, 0.7], [0.4, 0.9, 0.1]])
BOUNDS = (np.full((2, 3), 0.05), np.full((2, 3), 0.95))
FREE = np.array([0, 1, 3, 5])
STEP = np.full((2, 3), 0.1)
BASIS = Basis(RNG.normal(size=(4, 5, 3)), RNG.normal(size=(5, 3)), np.array([1.0, 0.5, 2.0, 1.0]))
SHEET = np.array([[x, y, 0.1 * x * y] for y in range(4) for x in range(4)], float)
FACES = np.array([[a, a + 1, a + 4] for y in range(3) for a in range(4 * y, 4 * y + 3)]
                 + [[a + 1, a + 5, a + 4] for y in range(3) for a in range(4 * y, 4 * y + 3)])  # fmt: skip


def coefficients():
    wide = (np.full(4, -3.0), np.full(4, 3.0))
    return Coefficients("p", BASIS, np.array([0.1, 0, -0.3, 1]), wide, BASIS.scale, np.array([0, 1, 3]))


CASES = {
    "linear": lambda: Linear("p", START, BOUNDS, STEP, FREE),
    "linear, columns in memory": lambda: Linear("p", np.asfortranarray(START), BOUNDS, STEP, FREE),
    "log": lambda: Log("p", START, BOUNDS, STEP, FREE),
    "sigmoid": lambda: Sigmoid("p", START, BOUNDS, STEP, FREE),
    "rotation": lambda: Rotation("p", np.array([20.0, -30, 50]), 10.0, np.arange(3)),
    "rotation from nothing": lambda: Rotation("p", np.zeros(3), 10.0, np.arange(3)),
    "rotation about y": lambda: Rotation("p", np.array([20.0, -30, 50]), 10.0, np.array([1])),
    "rotation of more than half a turn": lambda: Rotation("p", np.array([0.0, 0, 270]), 10.0, np.arange(3)),
    "rotation of more than a turn": lambda: Rotation("p", np.array([0.0, 390, 20]), 10.0, np.arange(3)),
    "basis": coefficients,
    "smooth": lambda: Smooth("p", SHEET, LargeSteps(FACES, SHEET, 5.0), 0.3),
}
EVERY = pytest.mark.parametrize("name", CASES)


def made(name):
    coordinates = CASES[name]()
    return coordinates, len(coordinates.names)


@EVERY
def test_the_start_is_exact(name):
    coordinates, n = made(name)
    start = BASIS.mean + np.tensordot([0.1, 0, -0.3, 1], BASIS.directions, 1) if name == "basis" else coordinates.start
    np.testing.assert_array_equal(coordinates.value(np.zeros(n)), start)


@EVERY
def test_pull_is_the_transpose_of_push(name):
    coordinates, n = made(name)
    x, dx = RNG.normal(size=(2, n))
    g = RNG.normal(size=coordinates.value(x).shape)
    left, right = np.sum(coordinates.push(x, dx) * g), coordinates.pull(x, g) @ dx
    np.testing.assert_allclose(left, right, rtol=1e-12)


@EVERY
def test_push_is_the_derivative_of_value(name):
    coordinates, n = made(name)
    x, dx = RNG.normal(size=(2, n)) * 0.5

    found = taylor_slope(lambda h: coordinates.value(x + h * dx), coordinates.push(x, dx), 0.1)
    assert found == pytest.approx(2, abs=0.1)


@EVERY
def test_slope_along_is_the_derivative_of_scalars(name):
    coordinates, n = made(name)
    x, dx = RNG.normal(size=(2, n)) * 0.1
    found = taylor_slope(lambda h: coordinates.scalars(x + h * dx), coordinates.slope_along(x, dx), 0.1)
    assert found == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("name", ["linear", "log", "sigmoid"])
def test_bounds_hold_and_what_is_masked_stays(name):
    coordinates, n = made(name)
    for x in (np.full(n, -1e3), np.full(n, 1e3), RNG.normal(size=n) * 5):
        value = coordinates.value(np.clip(x, coordinates.lower, coordinates.upper))
        assert np.all((value >= 0.05) & (value <= 0.95))
        masked = np.setdiff1d(np.arange(6), FREE)
        np.testing.assert_array_equal(value.reshape(-1)[masked], START.reshape(-1)[masked])


def test_a_sigmoid_stays_off_its_bounds_however_far_out():
    coordinates, n = made("sigmoid")
    for x in (np.full(n, -1e9), np.full(n, 1e9)):
        value = coordinates.scalars(x)
        assert np.all((value > 0.05) & (value < 0.95))


@pytest.mark.parametrize("name", ["linear", "log", "sigmoid"])
def test_inverse(name):
    coordinates, n = made(name)
    x = np.clip(RNG.normal(size=n), coordinates.lower, coordinates.upper)
    np.testing.assert_allclose(coordinates.inverse(coordinates.scalars(x)), x, atol=1e-9)


def test_a_turn_is_about_the_axes_of_the_world():
    rotation = Rotation("p", np.array([20.0, -30, 50]), 10.0, np.array([1]))
    turned = _exp(np.radians(rotation.value(np.array([3.0]))))
    about_y = _exp(np.radians([0, 30, 0]))
    np.testing.assert_allclose(turned, about_y @ _exp(np.radians([20, -30, 50])), atol=1e-14)


@pytest.mark.parametrize("start", [[0, 0, 179.9], [0, 0, 180], [0, 0, 270], [10, 350, 10], [0, 720, 0], [0, 0, 0]])
def test_a_small_turn_changes_the_vector_a_little(start):
    """Though vectors a whole turn apart are the same rotation, and near half a turn the logarithm jumps."""
    rotation = Rotation("p", np.array(start, float), 10.0, np.arange(3))
    moved = rotation.value(np.array([0.0, 0.0, 1e-3]))
    if start != [0, 720, 0]:  # there any axis will do
        assert np.linalg.norm(moved - start) < 0.5
    turned = _exp(np.radians(moved))
    np.testing.assert_allclose(turned, _exp(np.radians([0, 0, 1e-2])) @ _exp(np.radians(start)), atol=1e-12)


def test_coefficients_nearest_to_a_value():
    c = np.array([0.3, -1, 2, 0.5])
    value = BASIS.mean + np.tensordot(c, BASIS.directions, 1)
    np.testing.assert_allclose(nearest_coefficients(BASIS, value), c, rtol=1e-10)
    assert not nearest_coefficients(BASIS, BASIS.mean).any()


def test_a_basis_in_a_scene(tmp_path):
    np.savez(tmp_path / "basis.npz", basis=[[1, 0, 0], [0, 1, 0]], scale=[0.5, 2])
    section = {TRANSLATE: {"basis": str(tmp_path / "basis.npz"), "init": [0.5, -0.3], "bounds": [-2, 2]}}
    variables = free_variables(blob_scene(parameters=section))
    assert variables.names == [f"{TRANSLATE}.basis[0]", f"{TRANSLATE}.basis[1]"]
    np.testing.assert_array_equal(variables.values(variables.x0)[TRANSLATE], [0.5, -0.3, 0])
    np.testing.assert_allclose(variables.scalars(np.array([1.0, 0.5])), [1, 0.7])
    np.testing.assert_allclose(variables.coefficients(np.array([1.0, 0.5]))[TRANSLATE], [1, 0.7])


def two_materials(**of_b):
    document = blob_scene().document
    document["materials"]["black"] = {"type": "diffuse", "reflectance": [0.1, 0.1, 0.1]}
    document["shapes"]["second"] = {"type": "rectangle", "material": "black"}
    document["optimize"] = {"parameters": {REFLECTANCE: {"init": 0.4, "bounds": [0, 0.8]},
                                           "materials.black.reflectance": of_b}}  # fmt: skip
    return type(blob_scene()).from_dict(document)


def test_a_tied_parameter_has_the_other_ones_value_and_gradient():
    variables = free_variables(two_materials(tie=REFLECTANCE))
    other = "materials.black.reflectance"
    assert variables.names == [f"{REFLECTANCE}[{c}]" for c in range(3)]
    assert variables.paths == [REFLECTANCE, other]
    x = np.array([1.0, -1, 0.5])
    values = variables.values(x)
    np.testing.assert_array_equal(values[other], values[REFLECTANCE])
    np.testing.assert_array_equal(variables.scene.parameters[other], [0.4] * 3)
    g, h = RNG.normal(size=(2, 3))
    np.testing.assert_allclose(variables.gradient(x, {REFLECTANCE: g, other: h}),
                               0.08 * (g + h), rtol=1e-12)  # fmt: skip
    assert set(variables.directions(x, np.ones(3))) == {REFLECTANCE, other}


@pytest.mark.parametrize(
    "given, message",
    [
        ({"tie": "materials.grey.reflectance"}, "no such parameter"),
        ({"tie": TRANSLATE}, "expected another fitted parameter that isn't tied itself"),
        ({"tie": REFLECTANCE, "init": 0.5}, "expected nothing beside `tie`"),
        ({"transform": "rotation"}, "expected rotation for a rotate only"),
        ({"transform": "large_steps"}, "expected large_steps for vertices only"),
        ({"transform": "lg"}, "expected one of none, log, sigmoid"),
        ({"transform": "log", "init": 0}, "expected init above 0 and within the bounds"),
        ({"transform": "sigmoid", "init": 1}, "between the bounds, not at one of them"),
        ({"smoothness": 3}, "expected transform large_steps for a smoothness"),
        ({"step": 0}, "expected a number > 0"),
        ({"basis": "nothing.npz"}, "no such file"),
        ({"basis": {"basis": [[1, 2]]}}, "expected directions of shape (3,), so (K, 3), got (1, 2)"),
        ({"basis": {"bsis": [[1, 2, 3]]}}, "expected arrays named basis, mean, scale, got 'bsis'"),
        ({"basis": {"basis": [[1, 2, 3]], "scale": [0]}}, "scale: expected 1 numbers > 0"),
        ({"basis": {"basis": [[1, 2, 3]]}, "transform": "log"}, "expected none with a basis"),
    ],
)
def test_what_does_not_go_together_is_one_line(given, message):
    with pytest.raises(SceneError) as caught:
        two_materials(**given)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
