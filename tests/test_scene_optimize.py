"""The `optimize` section."""

import numpy as np
import pytest

from nrender.errors import SceneError
from nrender.scene import Scene
from nrender.scene.optimize_models import LossSpec

BASE = {
    "nrender": 1,
    "cameras": {"main": {"type": "perspective", "origin": [0, 0, 5], "target": [0, 0, 0],
                         "resolution": [4, 4]}},
    "materials": {"white": {"type": "diffuse", "reflectance": [0.7, 0.7, 0.7]}},
    "shapes": {"tri": {"type": "mesh", "vertices": [[0, 0, 0], [1, 0, 0], [0, 1, 0]],
                       "faces": [[0, 1, 2]], "material": "white"}},
}
ROTATE, WHITE = "shapes.tri.transform.rotate", "materials.white.reflectance"
VERTICES, FOV = "shapes.tri.vertices", "cameras.main.fov"


def optimize(path=None, spec=None, **section):
    section.setdefault("parameters", {path: spec})
    return Scene.from_dict({**BASE, "optimize": section}).optimize


def spec(path, **given):
    return optimize(path, given).parameters[path]


def test_defaults():
    result = optimize(ROTATE, None)
    assert (result.loss, result.method, result.iterations, result.step) == (
        LossSpec(), "l-bfgs-b", 100, None)
    one = result.parameters[ROTATE]
    assert one.init is None
    assert one.mask.all()
    assert one.mask.dtype == bool
    np.testing.assert_array_equal(one.bounds, [[-np.inf] * 3, [np.inf] * 3])


def test_everything_given():
    result = optimize(ROTATE, {"init": [0, 0, 30], "bounds": [-90, 90], "mask": [0, 0, 1]},
                      loss="l2", method="adam", iterations=7, step=0.5)
    assert (result.loss, result.method, result.iterations, result.step) == (LossSpec(), "adam", 7, 0.5)
    one = result.parameters[ROTATE]
    np.testing.assert_array_equal(one.init, [0, 0, 30])
    np.testing.assert_array_equal(one.bounds, [[-90] * 3, [90] * 3])
    np.testing.assert_array_equal(one.mask, [False, False, True])
    assert not one.init.flags.writeable


def test_bounds_stay_in_the_range_of_the_key():
    np.testing.assert_array_equal(spec(WHITE).bounds, [[0] * 3, [1] * 3])
    np.testing.assert_array_equal(spec(FOV).bounds, [0.001, 179.999])
    np.testing.assert_array_equal(spec(FOV, bounds=[0, 90]).bounds, [0.001, 90])
    np.testing.assert_array_equal(spec(WHITE, bounds=[None, 0.9]).bounds, [[0] * 3, [0.9] * 3])


def test_lists_broadcast():
    one = spec(VERTICES, init=[0.5, 0, 0], bounds=[[-1, -2, -3], 4], mask=[[1], [0], [1]])
    np.testing.assert_array_equal(one.init, [[0.5, 0, 0]] * 3)
    np.testing.assert_array_equal(one.bounds[0], [[-1, -2, -3]] * 3)
    np.testing.assert_array_equal(one.bounds[1], np.full((3, 3), 4))
    np.testing.assert_array_equal(one.mask, [[True] * 3, [False] * 3, [True] * 3])
    assert spec(WHITE, init=0.5).init.tolist() == [0.5] * 3
    assert spec(WHITE, bounds=np.array([0, 1])).bounds[1].tolist() == [1] * 3
    for mask in ([True, False, True], np.array([True, False, True]), [1, 0, 1.0]):
        assert spec(WHITE, mask=mask).mask.tolist() == [True, False, True]


def test_only_fitted_entries_must_lie_within_the_bounds():
    assert spec(ROTATE, init=[500, 0, 0], bounds=[-90, 90], mask=[0, 1, 1]).init[0] == 500


@pytest.mark.parametrize("path, given, message", [
    ("shapes.tri.transform.rotat", {}, f"no such parameter; did you mean '{ROTATE}'?"),
    ("xyz", {}, "no such parameter"),
    (ROTATE, 3, "expected a map with init, bounds, mask, transform, smoothness, step, tie, basis, prior, got 3"),
    (ROTATE, {"inti": 3}, "inti: unknown key; did you mean 'init'?"),
    (ROTATE, {"init": [1, 2]}, "init: expected numbers that broadcast to the parameter's shape "
     "(3), got a list of 2"),
    (ROTATE, {"init": "a"}, "init: expected numbers that broadcast to the parameter's shape (3), "
     "got 'a'"),
    (ROTATE, {"init": float("nan")}, "init: expected a finite number, got nan"),
    (WHITE, {"init": 2}, "init: expected numbers in [0, 1], got 2.0 at index 0"),
    (WHITE, {"init": 0.5, "bounds": [0.6, 0.9]},
     "init: expected init within the bounds [0.6, 0.9], got 0.5 at index 0"),
    (WHITE, {"bounds": [0.1, 0.5]},
     "init: expected the scene's value within the bounds [0.1, 0.5], got 0.7 at index 0"),
    (WHITE, {"bounds": [0, 1, 2]}, "bounds: expected [lower, upper], got a list of 3"),
    (WHITE, {"bounds": 1}, "bounds: expected [lower, upper], got 1"),
    (WHITE, {"bounds": [1, 0]}, "bounds: expected lower <= upper, got the opposite"),
    (FOV, {"bounds": [9, 8]}, "bounds: expected lower <= upper, got [9, 8]"),
    (WHITE, {"bounds": [0, 2]}, "bounds: expected numbers in [0, 1], got 2.0 at index 0"),
    (WHITE, {"mask": [0, 0, 0]}, "mask: expected at least one 1, got none"),
    (WHITE, {"mask": [0, 0.5, 0]}, "mask: expected 0 or 1, got 0.5"),
    (WHITE, {"mask": [0, 1]}, "mask: expected numbers that broadcast to the parameter's shape (3), "
     "got a list of 2"),
])
def test_bad_parameters(path, given, message):
    with pytest.raises(SceneError) as info:
        optimize(path, given)
    assert str(info.value) == f"<dict>: optimize '{path}': {message}"


@pytest.mark.parametrize("section, message", [
    (3, "optimize: expected a map, got 3"),
    ({}, "optimize: parameters: expected a map of parameters to fit, got nothing"),
    ({"parameters": {}}, "optimize: parameters: expected a map of parameters to fit, got an empty "
     "one"),
    ({"parameters": {FOV: {}}, "iterations": 0},
     "optimize: iterations: expected an integer in [1, 1000000000], got 0"),
    ({"parameters": {FOV: {}}, "method": "lbfgs"},
     "optimize: method: expected one of l-bfgs-b, trust-constr, least-squares, adam, sgd, got 'lbfgs'; did you mean "
     "'l-bfgs-b'?"),
    ({"parameters": {FOV: {}}, "loss": "l3"},
     "optimize: loss: expected a map, or one of l2, l1, huber, relative_l2, log, ssim, got 'l3'"),
    ({"parameters": {FOV: {}}, "step": 0, "method": "adam"},
     "optimize: step: expected a number > 0, got 0.0"),
    ({"parameters": {FOV: {}}, "step": 1},
     "optimize: step: expected method adam or sgd for a step, got l-bfgs-b"),
    ({"parameters": {FOV: {}}, "metod": "adam"},
     "optimize: metod: unknown key; did you mean 'method'?"),
])
def test_bad_sections(section, message):
    with pytest.raises(SceneError) as info:
        Scene.from_dict({**BASE, "optimize": section})
    assert str(info.value) == f"<dict>: {message}"


def test_with_optimize_replaces_the_section():
    scene = Scene.from_dict(BASE)
    other = scene.with_optimize({"parameters": {FOV: {"bounds": [10, 90]}}, "iterations": 3})
    assert scene.optimize is None
    assert other.optimize.iterations == 3
    assert other.document["optimize"] == {"parameters": {FOV: {"bounds": [10, 90]}},
                                          "iterations": 3}
    assert other.shapes is scene.shapes
    moved = other.replace({FOV: 20})
    assert moved.optimize is other.optimize
    with pytest.raises(SceneError, match="no such parameter"):
        scene.with_optimize({"parameters": {"x": {}}})
