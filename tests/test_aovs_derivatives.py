"""Derivatives of AOVs: the transpose, Taylor's slope, finite differences of whole pictures with silhouettes, closed
forms, and a fit to a depth picture."""

import functools

import numpy as np
import pytest
import test_lanes
from aov_checks import SMOOTH, check
from derivatives import taylor_slope
from scene_library import camera, emitters, quad
from test_gradients import pixels_covered
from textured_scenes import checkered_quad, make, minified_quad, normal_image, smooth_image

import nrender as nr

EXACT = {"precision": "float64"}


def whole_triangle(filter_="bilinear"):
    """One triangle that fills the view, with all that can vary on it: no edge is in view."""
    where = {"filter": filter_, "scale": [9.0, 7.0], "offset": [0.3, 0.2]}
    corners = [[[0.1, 0.2, 1.0], [-0.3, 0.1, 0.9], [0.2, -0.3, 0.8]]]
    shape = {
        "type": "mesh",
        "vertices": [[-9, -8, 0.3], [10, -7, -0.2], [0, 12, 0.4]],
        "faces": [[0, 1, 2]],
        "uvs": [[0.1, 0.0], [0.9, 0.1], [0.5, 1.0]],
        "colors": [[0.9, 0.1, 0.2], [0.3, 0.8, 0.1], [0.2, 0.4, 0.7]],
        "corner_normals": corners,
        "normals": "file",
        "material": "paint",
        "transform": {"translate": [0.1, 0, 0], "rotate": [10, 20, 5], "scale": 1.1},
    }
    material = {
        "type": "conductor",
        "f0": {"image": smooth_image(16, 12).tolist(), **where},
        "roughness": {"image": smooth_image(5, 6, 1, 0.2, 0.7, seed=2).tolist(), **where},
        "normal_map": {"image": normal_image(6, 5).tolist()},
    }
    view = camera([0.3, -0.2, 4.0], [0.1, 0.2, 0.0], 30, 8, [0.05, 1, 0])
    return make(view, {"thing": shape}, {"paint": material}, {})()


def squares(size=16, opacity=None):
    """A square before a textured one, before nothing."""
    view = camera([0.3, 0.5, 4], [0, 0, 0], 38, size, [0.05, 1, 0])
    front = {"translate": [0.3, 0.1, 0.6], "rotate": [10, 25, 15], "scale": 0.6}
    back = {"translate": [-0.2, -0.1, -0.3], "rotate": [-20, -15, 5], "scale": 0.9}
    shapes = {
        "front": {"type": "rectangle", "material": "red", "transform": front},
        "back": {"type": "rectangle", "material": "picture", "transform": back},
    }
    red = {"type": "diffuse", "reflectance": [0.7, 0.2, 0.1]}
    if opacity is not None:
        red["opacity"] = opacity
    picture = {"type": "plastic", "roughness": 0.4, "reflectance": {"image": smooth_image(6, 5).tolist()}}
    return make(view, shapes, {"red": red, "picture": picture}, {})()


VEIL = {"image": smooth_image(4, 5, 1, 0.3, 0.8, seed=3).tolist()}


def random_directions(scene, seed=3):
    rng = np.random.default_rng(seed)
    return {path: rng.normal(size=value.shape) for path, value in scene.parameters.items()}


# Tangent and adjoint

TRANSPOSED = {
    **test_lanes.SCENES,
    "one triangle": whole_triangle,
    "one triangle, minified": functools.partial(whole_triangle, "mipmap"),
    "squares": squares,
    "behind a veil": functools.partial(squares, opacity=VEIL),
}


@pytest.mark.filterwarnings("ignore:without the derivative of how the line moves")
@pytest.mark.parametrize("name", TRANSPOSED)
def test_the_adjoint_is_the_transpose_of_the_tangent(name):
    """Of whole pictures, each AOV alone, for directions of all parameters at once."""
    scene = TRANSPOSED[name]()
    directions, rng = random_directions(scene), np.random.default_rng(4)
    keys = {"spp": 2, "seed": 5, **EXACT}
    _, tangents = nr.render_aovs_jvp(scene, SMOOTH, directions, **keys)
    pullback = nr.render_aovs_vjp(scene, SMOOTH, list(directions), **keys)[1]
    for aov in SMOOTH:
        weights = rng.normal(size=tangents[aov].shape)
        gradient = pullback({aov: weights})
        expected = sum(np.sum(gradient[path] * d) for path, d in directions.items())
        size = sum(np.sum(np.abs(gradient[path] * d)) for path, d in directions.items())
        assert abs(np.sum(weights * tangents[aov]) - expected) <= 1e-12 * size + 1e-16, aov


@pytest.mark.parametrize("filter_", ["bilinear", "mipmap"])
@pytest.mark.parametrize("group", ["shapes.thing.vertices", "shapes.", "cameras.", "materials.", ""])
def test_taylor_slope_of_two(group, filter_):
    """Samples stay on the triangle, so the pictures of one seed are a function of the parameters. The steps
    are small, so that no sample meets a texel's border, where a texture bends."""
    scene = whole_triangle(filter_)
    rng = np.random.default_rng(1)
    directions = {path: rng.normal(size=v.shape) for path, v in scene.parameters.items() if path.startswith(group)}
    directions = {path: 20 * d if path.endswith(("rotate", "fov")) else 0.3 * d for path, d in directions.items()}
    tangents = nr.render_aovs_jvp(scene, SMOOTH, directions, spp=4, **EXACT)[1]

    def moved(name, h):
        values = {path: scene.parameters[path] + h * d for path, d in directions.items()}
        return nr.render_aovs(scene.replace(values), [name], spp=4, **EXACT)[name]

    for name in SMOOTH:
        if not tangents[name].any():
            continue
        slope = taylor_slope(functools.partial(moved, name), tangents[name], largest=2e-5)
        assert slope == pytest.approx(2.0, abs=0.15), name


# Finite differences, silhouettes included

CAMERA = {"cameras.main.origin": [0.7, -0.5, 0.6]}
CASES = {
    "front moves": (squares, {"shapes.front.transform.translate": [1.0, 0.4, -0.7]}, 0.02),
    "front turns": (squares, {"shapes.front.transform.rotate": [0.6, 1.0, -0.5]}, 1.0),
    "back moves": (squares, {"shapes.back.transform.translate": [0.7, -0.6, 1.0]}, 0.02),
    "back turns": (squares, {"shapes.back.transform.rotate": [1.0, 0.3, 0.8]}, 1.0),
    "camera": (squares, CAMERA, 0.02),
    "target": (squares, {"cameras.main.target": [0.5, 1.0, 0.2]}, 0.02),
    "fov": (squares, {"cameras.main.fov": 1.0}, 0.3),
    "everything": (squares, CAMERA | {"shapes.front.transform.scale": 1.0, "cameras.main.fov": -3.0}, 0.01),
    "vertices": (emitters, {"shapes.thing.vertices": smooth_image(4, 1, 3, -1, 1)[0]}, 0.02),
    "colours": (squares, {"materials.picture.reflectance.image": smooth_image(6, 5, 3, -1, 1, seed=5)}, 0.02),
    "minified": (minified_quad(), {"shapes.thing.transform.rotate": [0.5, -0.4, 1.0]}, 1.0),
    "checkerboard": (checkered_quad(), {"shapes.thing.transform.translate": [0.4, 1.0, 0.3]}, 0.02),
    "veil": (functools.partial(squares, opacity=VEIL), {"shapes.front.transform.translate": [1.0, 0.4, -0.7]}, 0.02),
    "opacity": (
        functools.partial(squares, opacity=VEIL),
        {"materials.red.opacity.image": smooth_image(4, 5, 1, -1, 1, seed=6)},
        0.02,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_tangents_agree_with_finite_differences(name):
    scene, directions, step = CASES[name]
    found = check(scene, {path: np.array(d, float) for path, d in directions.items()}, step, 32)
    assert np.abs(found.z).max() < 3.5, dict(zip(SMOOTH, found.z.round(1), strict=True))
    known = found.sigma < 0.1 * np.abs(found.difference.mean)
    assert known.any()


# Closed forms


def test_the_derivative_of_alpha_is_that_of_the_outline():
    """The covered area of a convex solid is its hull's."""
    place = {"translate": [0.2, -0.1, 0.3], "rotate": [15, -20, 35], "scale": 1.2}
    ball = {"type": "sphere", "subdivisions": 1, "material": "grey", "transform": place}
    view = camera([0.5, 0.7, 6], [0.1, 0, 0], 32, 24)
    scene = make(view, {"thing": ball}, {"grey": {"type": "diffuse", "reflectance": [0.5] * 3}}, {})()
    path, h = "shapes.thing.transform.scale", 1e-4
    exact = (pixels_covered(scene.replace({path: 1.2 + h})) - pixels_covered(scene.replace({path: 1.2 - h}))) / (2 * h)
    pullback = nr.render_aovs_vjp(scene, ["alpha"], [path], spp=256)[1]
    assert pullback({"alpha": np.ones((24, 24))})[path] == pytest.approx(exact, rel=5e-3)


def test_the_derivative_of_depth_inside_a_wall():
    """A wall across the axis moves towards the eye by 1: depth falls by 1, and the point moves along its ray."""
    grey = {"grey": {"type": "diffuse", "reflectance": [0.5] * 3}}
    wall = {"wall": quad([-9, -9, 0], [9, -9, 0], [9, 9, 0], [-9, 9, 0], material="grey")}
    wall["wall"]["transform"] = {"translate": [0, 0, 0]}
    scene = make(camera([0, 0, 4], [0, 0, 0], 30, 8), wall, grey, {})()
    names, up = ["depth", "distance", "position", "normal"], {"shapes.wall.transform.translate": [0, 0, 1]}
    pictures, tangents = nr.render_aovs_jvp(scene, names, up, spp=1, **EXACT)
    np.testing.assert_allclose(tangents["depth"], -1.0, rtol=1e-12)
    np.testing.assert_allclose(tangents["distance"], -pictures["distance"] / 4, rtol=1e-12)
    along = np.array([0, 0, 4]) - pictures["position"]
    np.testing.assert_allclose(tangents["position"], along / 4, atol=1e-12)
    assert np.abs(tangents["normal"]).max() < 1e-13


# A fit


def test_plain_gradient_descent_on_depth_finds_a_square():
    """L2 on the depth picture, which has the square's outline and how far it is. The target and the two pictures of a
    step are of different samples."""
    grey = {"grey": {"type": "diffuse", "reflectance": [0.5] * 3}}
    shapes = {
        "square": {"type": "rectangle", "material": "grey", "transform": {"translate": [0.1, -0.1, 0.5], "scale": 0.6}},
        "wall": {"type": "rectangle", "material": "grey", "transform": {"translate": [0, 0, -0.5], "scale": 5}},
    }
    scene = make(camera([0.2, 0.3, 4], [0, 0, 0], 38, 16), shapes, grey, {})()
    path = "shapes.square.transform.translate"
    goal = scene.parameters[path]
    target = nr.render_aovs(scene, ["depth"], spp=256, seed=99, **EXACT)["depth"]
    at = goal + [0.2, -0.15, -0.3]
    for step in range(50):
        here = scene.replace({path: at})
        _, pullback = nr.render_aovs_vjp(here, ["depth"], [path], spp=32, seed=2 * step, **EXACT)
        other = nr.render_aovs(here, ["depth"], spp=32, seed=2 * step + 1, **EXACT)["depth"]
        at = at - 0.2 * pullback({"depth": 2 * (other - target) / target.size})[path]
    assert np.abs(at - goal).max() < 0.005
