"""From parameters to one vector in scaled units, and back."""

import numpy as np
import pytest
from fake_renderer import REFLECTANCE, TRANSLATE, blob_scene

from nrender.errors import SceneError
from nrender.optimize.variables import free_variables
from nrender.scaling import scene_extent, typical_step

INFINITE = (-np.inf, np.inf)


def step_of(path, value, bounds=INFINITE, extent=3.0):
    value = np.asarray(value, np.float64)
    low, high = (np.full(value.shape, b) for b in bounds)
    return typical_step(path, value, extent, low, high)


@pytest.mark.parametrize(
    "path, value, step",
    [
        ("shapes.a.transform.rotate", [0, 0, 30], 10),
        ("cameras.a.fov", 45, 5),
        ("cameras.a.origin", [0, 0, 5], 0.3),
        ("cameras.a.up", [0, 1, 0], 0.1),
        ("shapes.a.vertices", np.zeros((4, 3)), 0.3),
        ("shapes.a.transform.scale", 2.0, 0.2),
        ("shapes.a.transform.scale", 0.0, 0.1),
        ("materials.a.reflectance", [0.7, 0.7, 0.7], 0.1),
        ("shapes.a.emission", [10, 20, 5], 4),
        ("lights.a.radiance", [0, 0, 0], 0.2),
        ("lights.a.intensity", [1, 30, 2], 6),
        ("lights.a.irradiance", [1, 3, 2], 0.6),
        ("lights.a.position", [0, 1, 0], 0.3),
        ("lights.a.target", [0, 1, 0], 0.3),
        ("lights.a.cutoff", 30, 5),
        ("lights.a.beam_width", 0, 5),
        ("lights.a.direction", [0, -20, 10], 2),
        ("lights.sky.image", np.full((2, 4, 3), 50.0), 10),
        ("lights.sky.scale", 3.0, 0.3),
        ("lights.sky.rotate", [0, 90, 0], 10),
        ("materials.a.ior", 1.5, 0.1),
        ("materials.a.roughness", 0.5, 0.1),
        ("materials.a.opacity", 1, 0.1),
        ("materials.a.reflectance.image", np.ones((2, 3, 3)), 0.1),
        ("materials.a.normal_map.image", np.ones((2, 3, 3)), 0.1),
        ("materials.a.ior.image", np.full((2, 3, 1), 1.5), 0.1),
        ("materials.a.reflectance.a", [1, 1, 1], 0.1),
        ("materials.a.roughness.b", 0.3, 0.1),
        ("materials.image.reflectance", [1, 1, 1], 0.1),
        ("shapes.s.emission.image", np.full((2, 3, 3), 10.0), 2),
        ("shapes.s.emission.a", [10, 5, 0], 2),
        ("shapes.s.emission.b", [0, 0, 0], 0.2),
        ("shapes.s.colors", np.ones((3, 3)), 0.1),
    ],
)
def test_typical_steps(path, value, step):
    found = step_of(path, value)
    np.testing.assert_allclose(found, np.full(np.shape(value), step), rtol=1e-15)


def test_the_last_column_of_a_matrix_is_a_length():
    found = step_of("shapes.a.transform.matrix", np.eye(3, 4))
    np.testing.assert_allclose(found[:, :3], 0.1)
    np.testing.assert_allclose(found[:, 3], 0.3)


def test_a_step_is_at_most_a_tenth_of_the_bounds():
    np.testing.assert_allclose(step_of("shapes.a.transform.rotate", [0.0], (-5, 5)), 1.0)
    np.testing.assert_allclose(step_of("shapes.a.transform.rotate", [0.0], (-90, 90)), 10.0)


def test_extent_is_in_world_space():
    scene = blob_scene().replace({"shapes.square.transform.scale": 3.0})
    assert scene_extent(scene) == pytest.approx(6 * np.sqrt(2))


def test_the_start_is_exact_and_has_the_inits():
    scene = blob_scene()
    variables = free_variables(scene)
    values = variables.values(variables.x0)
    np.testing.assert_array_equal(values[TRANSLATE], [0.5, -0.3, 0])
    np.testing.assert_array_equal(values[REFLECTANCE], [0.3, 0.3, 0.3])
    np.testing.assert_array_equal(variables.x0, 0)


def test_names_leave_out_what_is_masked():
    names = free_variables(blob_scene()).names
    assert names == [f"{TRANSLATE}[0]", f"{TRANSLATE}[1]", *(f"{REFLECTANCE}[{c}]" for c in "012")]


def test_a_number_has_no_index():
    scene = blob_scene(parameters={"cameras.main.fov": {}})
    assert free_variables(scene).names == ["cameras.main.fov"]


def test_masked_components_never_move():
    variables = free_variables(blob_scene())
    values = variables.values(np.full(variables.size, 1.5))
    assert values[TRANSLATE][2] == 0.0
    assert np.all(values[TRANSLATE][:2] != [0.5, -0.3])


def test_one_unit_is_one_step():
    variables = free_variables(blob_scene())
    x = np.zeros(variables.size)
    x[2] = 1
    moved = variables.scalars(x) - variables.scalars(variables.x0)
    np.testing.assert_allclose(moved, [0, 0, 0.1, 0, 0], atol=1e-15)


@pytest.mark.parametrize("end", ["lower", "upper"])
def test_the_ends_of_the_bounds_are_inside_them(end):
    """Rounding must not carry a value over its bound: `replace` would refuse it."""
    variables = free_variables(blob_scene(parameters={REFLECTANCE: {"init": 0.3}}))
    x = getattr(variables, end)
    assert np.all(variables.scalars(x) == (0 if end == "lower" else 1))
    variables.apply(x)


def test_gradient_follows_the_chain_rule():
    variables = free_variables(blob_scene())
    rng = np.random.default_rng(0)
    slopes = {TRANSLATE: rng.normal(size=3), REFLECTANCE: rng.normal(size=3)}

    def value(x):
        values = variables.values(x)
        return sum(np.sum(slopes[path] * values[path]) for path in slopes)

    x, dx = rng.normal(size=(2, variables.size)) * 0.1
    expected = (value(x + dx) - value(x - dx)) / 2
    assert variables.gradient(x, slopes) @ dx == pytest.approx(expected, rel=1e-12)


def test_equal_bounds_fix_a_component():
    bounds = [[-2, 0.1, -2], [2, 0.1, 2]]
    scene = blob_scene(parameters={TRANSLATE: {"init": [0, 0.1, 0], "bounds": bounds}})
    assert free_variables(scene).names == [f"{TRANSLATE}[0]", f"{TRANSLATE}[2]"]


def test_nothing_to_fit_is_one_line():
    scene = blob_scene(parameters={TRANSLATE: {"init": 0, "bounds": [0, 0]}})
    with pytest.raises(SceneError) as caught:
        free_variables(scene)
    assert str(caught.value) == (
        "<dict>: optimize: parameters: expected a free component, got none: bounds coincide"
    )


def test_a_start_moved_out_of_its_bounds_is_refused():
    scene = blob_scene(parameters={TRANSLATE: {"bounds": [-2, 2]}}).replace({TRANSLATE: [3, 0, 0]})
    with pytest.raises(SceneError, match="expected a start within the bounds"):
        free_variables(scene)
