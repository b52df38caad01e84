"""What the public functions of rendering take, give and refuse."""

import importlib
import warnings

import numpy as np
import pytest
from scene_library import camera, corner, scene, solid

import nrender as nr
from nrender.job import checked_gradients


def line_of(error, function, *args, **kwargs):
    """The message, which must be one line."""
    with pytest.raises(error) as caught:
        function(*args, **kwargs)
    line = str(caught.value)
    assert line
    assert "\n" not in line
    return line


def two_cameras():
    document = solid(size=6).document
    document["cameras"] = {"side": camera([5, 0, 0], [0, 0, 0], size=(5, 4)), **document["cameras"]}
    return nr.Scene.from_dict(document)


def render(of, **keys):
    return nr.render(of, **keys)


def vjp(of, **keys):
    return nr.render_vjp(of, ["cameras.main.fov"], **keys)


def jvp(of, **keys):
    return nr.render_jvp(of, {"cameras.main.fov": 1.0}, **keys)


def jacobian(of, **keys):
    return nr.render_jacobian(of, ["cameras.main.fov"], **keys)


@pytest.mark.parametrize("function", [render, vjp, jvp, jacobian])
@pytest.mark.parametrize(
    "keys, error, message",
    [
        ({"camera": "mian"}, nr.NrenderError, "camera: no camera 'mian'; did you mean 'main'?"),
        ({"camera": ""}, nr.NrenderError, "camera: no camera ''"),
        ({"device": "cuda", "precision": "float64"}, nr.DeviceError, "device 'cuda': renders in float32 only"),
        ({"device": "gpu"}, nr.DeviceError, "device: expected 'auto', 'cpu' or 'cuda', got 'gpu'"),
        ({"spp": 0}, nr.NrenderError, "spp: expected a whole number from 1, got 0"),
        ({"spp": -1}, nr.NrenderError, "spp: expected a whole number from 1, got -1"),
        ({"spp": 2.5}, nr.NrenderError, "spp: expected a whole number from 1, got 2.5"),
        ({"seed": 0.5}, nr.NrenderError, "seed: expected a whole number, got 0.5"),
        ({"seed": None}, nr.NrenderError, "seed: expected a whole number, got None"),
        ({"precision": "half"}, nr.NrenderError, "precision: expected 'float32' or 'float64', got 'half'"),
    ],
)
def test_wrong_arguments_are_one_line(function, keys, error, message):
    assert message in line_of(error, function, two_cameras(), **keys)


@pytest.mark.parametrize(
    "path, hint",
    [
        ("cameras.main.orign", "cameras.main.orign: no such parameter; did you mean 'cameras.main.origin'?"),
        ("shapes.thing.emision", "did you mean 'shapes.thing.emission'?"),
        ("", "no such parameter"),
    ],
)
def test_an_unknown_parameter_has_its_nearest_name(path, hint):
    of = solid(size=6)
    assert hint in line_of(nr.NrenderError, nr.render_vjp, of, [path])
    assert hint in line_of(nr.NrenderError, nr.render_jvp, of, {path: np.zeros(3)})
    assert hint in line_of(nr.NrenderError, nr.render_jacobian, of, [path])


@pytest.mark.parametrize("shape", [(6, 6), (6, 6, 1), (3, 6, 6), (5, 6, 3), ()])
def test_weights_of_another_shape_are_refused(shape):
    _, pullback = nr.render_vjp(solid(size=6), ["lights.sky.radiance"], spp=1)
    line = line_of(nr.NrenderError, pullback, np.zeros(shape))
    assert line == f"weights: expected shape (6, 6, 3), got {shape}"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(value):
    _, pullback = nr.render_vjp(solid(size=6), ["lights.sky.radiance"], spp=1)
    weights = np.zeros((6, 6, 3))
    weights[2, 3, 1] = value
    assert "weights: expected finite numbers" in line_of(nr.NrenderError, pullback, weights)


def test_directions_are_checked():
    of = solid(size=6)
    path = "cameras.main.origin"
    assert line_of(nr.NrenderError, nr.render_jvp, of, {path: [1, 2]}) == (
        f"{path}: expected a direction of shape (3,), got (2,)"
    )
    assert "expected a direction of shape (), got (1,)" in line_of(
        nr.NrenderError, nr.render_jvp, of, {"cameras.main.fov": [1]}
    )
    assert "expected finite numbers" in line_of(nr.NrenderError, nr.render_jvp, of, {path: [1, np.nan, 0]})


def test_image_has_the_cameras_size_and_is_float32():
    of = two_cameras()
    assert nr.render(of, spp=1, camera="side").shape == (4, 5, 3)
    assert nr.render(of, spp=1).dtype == np.float32
    assert nr.render(of, spp=1, precision="float64").dtype == np.float64


def test_gradients_are_float64_of_the_parameters_shape():
    of = solid(size=6)
    image, pullback = nr.render_vjp(of, list(of.parameters), spp=1)
    assert image.dtype == np.float32
    gradient = pullback(np.ones(image.shape, np.float32))
    assert list(gradient) == list(of.parameters)
    for path, g in gradient.items():
        assert g.dtype == np.float64
        assert g.shape == of.parameters[path].shape
    _, tangent = nr.render_jvp(of, {"cameras.main.fov": 1}, spp=1)
    assert tangent.shape == image.shape


def test_the_default_camera_is_main_or_the_first():
    of = two_cameras()
    np.testing.assert_array_equal(nr.render(of, spp=1), nr.render(of, spp=1, camera="main"))
    document = of.document
    document["cameras"] = {"b": document["cameras"]["side"], "a": document["cameras"]["main"]}
    assert nr.render(nr.Scene.from_dict(document), spp=1).shape == (4, 5, 3)


def test_the_default_spp_is_the_scenes():
    of = corner(size=6)
    np.testing.assert_array_equal(nr.render(of), nr.render(of, spp=of.integrator.spp))


def test_another_cameras_parameters_have_no_gradient():
    of = two_cameras()
    image, pullback = nr.render_vjp(of, ["cameras.side.origin", "cameras.main.origin"], spp=1)
    gradient = pullback(np.ones(image.shape))
    assert (gradient["cameras.side.origin"] == 0).all()
    assert (gradient["cameras.main.origin"] != 0).any()


@pytest.mark.parametrize("seed", [-1, -(1 << 40), 1 << 31, (1 << 32) - 1, 1 << 70, np.int64(5), np.uint32(5)])
def test_any_integer_is_a_seed(seed):
    of = corner(size=6)
    image = nr.render(of, spp=2, seed=seed)
    np.testing.assert_array_equal(image, nr.render(of, spp=2, seed=int(seed)))
    assert (image != nr.render(of, spp=2, seed=int(seed) + 1)).any()


def test_precisions_agree():
    of = corner(size=24)
    single, double = nr.render(of, spp=16), nr.render(of, spp=16, precision="float64")
    assert np.median(np.abs(single - double)[double > 0] / double[double > 0]) < 1e-5


def test_one_path_as_text_is_one_parameter():
    _, pullback = nr.render_vjp(solid(size=6), "lights.sky.radiance", spp=1)
    assert list(pullback(np.ones((6, 6, 3)))) == ["lights.sky.radiance"]


def test_a_pullback_can_be_used_again_and_is_linear():
    _, pullback = nr.render_vjp(solid(size=6), ["lights.sky.radiance"], spp=2, precision="float64")
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 6, 6, 3))
    once, other = (pullback(w)["lights.sky.radiance"] for w in (a, b))
    np.testing.assert_allclose(pullback(2 * a - b)["lights.sky.radiance"], 2 * once - other, rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(pullback(a)["lights.sky.radiance"], once)


def test_no_parameters_give_no_gradient():
    image, pullback = nr.render_vjp(solid(size=6), [], spp=1)
    assert pullback(np.ones(image.shape)) == {}


def test_arguments_are_not_changed():
    of = solid(size=6)
    before = {path: value.copy() for path, value in of.parameters.items()}
    _, pullback = nr.render_vjp(of, ["lights.sky.radiance"], spp=1)
    weights = np.ones((6, 6, 3))
    pullback(weights)[("lights.sky.radiance")][:] = 99
    assert (weights == 1).all()
    for path, value in of.parameters.items():
        np.testing.assert_array_equal(value, before[path])


# Warnings


@pytest.fixture
def no_memory(monkeypatch):
    """As if no warning had been given yet."""
    monkeypatch.setattr(importlib.import_module("nrender.job"), "_warned", set())


def caught(function):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        function()
    return [w for w in found if issubclass(w.category, nr.RenderWarning)]


def veiled():
    """A sphere whose opacity is an image: of what moves, the derivative lacks where shadows meet it."""
    document = solid(size=6).document
    document["materials"]["paint"]["opacity"] = {"checkerboard": {"a": 0.3, "b": 0.8}}
    document["shapes"]["thing"]["uvs"] = [[0.1 * k, 0.05 * k] for k in range(12)]
    return nr.Scene.from_dict(document)


@pytest.mark.usefixtures("no_memory")
def test_missing_boundaries_are_warned_of_once_by_name():
    of = veiled()

    def gradient(*paths):
        return lambda: nr.render_vjp(of, paths, spp=1)[1](np.ones((6, 6, 3)))

    (first,) = caught(gradient("cameras.main.origin", "lights.sky.radiance", "shapes.thing.vertices"))
    message = str(first.message)
    assert "textured opacity" in message
    assert "cameras.main.origin, shapes.thing.vertices" in message
    assert "radiance" not in message
    assert caught(gradient("cameras.main.origin")) == []
    (second,) = caught(lambda: nr.render_jvp(of, {"cameras.main.origin": [1, 0, 0], "cameras.main.fov": 1}, spp=1))
    assert "cameras.main.fov" in str(second.message)
    assert "origin" not in str(second.message)


@pytest.mark.usefixtures("no_memory")
def test_what_moves_is_complete_without_it_and_gives_no_warning():
    of = solid(size=6)
    assert caught(lambda: nr.render_vjp(of, list(of.parameters), spp=1)[1](np.ones((6, 6, 3)))) == []


@pytest.mark.usefixtures("no_memory")
def test_colours_are_complete_and_give_no_warning():
    of = veiled()
    paths = ["lights.sky.radiance", "materials.paint.reflectance", "shapes.thing.emission"]
    assert caught(lambda: nr.render_vjp(of, paths, spp=1)[1](np.ones((6, 6, 3)))) == []


@pytest.mark.usefixtures("no_memory")
@pytest.mark.parametrize(
    "call",
    [
        'nr.render_jvp(of, {"cameras.main.fov": 1.0}, spp=1)',
        'nr.render_jacobian(of, ["cameras.main.fov"], spp=1)',
        'nr.render_vjp(of, ["cameras.main.fov"], spp=1)[1](np.ones((6, 6, 3)))',
    ],
)
def test_a_warning_points_at_the_line_that_called(call):
    code = compile(call, "users_script.py", "exec")
    (found,) = caught(lambda: exec(code, {"nr": nr, "np": np, "of": veiled()}))
    assert found.filename == "users_script.py"


def test_samples_that_are_not_finite_are_left_out_and_counted():
    """A sum of lights that a float32 doesn't hold."""
    lamps = {
        f"lamp{k}": {"type": "rectangle", "emission": [1e18] * 3, "transform": {"translate": [0, 0, k], "scale": 1e15}}
        for k in range(2)
    }
    of = scene(camera([0, 0, 1e3], [0, 0, 0], size=4), lamps, 1)
    assert np.isfinite(nr.render(of, spp=2)).all()


def test_gradients_that_are_not_finite_are_reported():
    found = {"a": np.array([1.0, np.nan]), "b": np.array(2.0), "c": np.array(np.inf)}
    with pytest.warns(nr.RenderWarning, match="the gradient isn't finite of a, c"):
        assert checked_gradients(found) is found
