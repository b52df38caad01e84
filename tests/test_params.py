"""params/: theta of a scene that has everything, its velocity and the transpose of that; what moves geometry."""

import functools
import warnings

import numpy as np
import pytest
from derivatives import assert_transpose, flat, taylor_slope
from numpy.testing import assert_allclose
from scene_library import camera, mesh
from textured_scenes import normal_image

import nrender as nr
from nrender import Scene
from nrender.params import layout, moves_geometry, pull, push, theta

TETRAHEDRON = [[0.0, 0, 0], [1, 0.1, 0], [0.1, 1, 0], [0, 0.2, 1.1]], [[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]]
PLACE = {"translate": [0.2, -0.1, 0.3], "rotate": [20, 30, -10], "scale": [1.2, 0.8, 1.1], "pivot": [0.3, 0.1, 0.2]}
MATRIX = [[1.1, 0.2, 0, 0.3], [-0.1, 0.9, 0.3, 0], [0.2, 0, 1.2, -0.4], [0, 0, 0, 1]]


@functools.cache
def everything():
    rng = np.random.default_rng(0)

    def image(*shape, low=0.1, high=0.9):
        return {"image": rng.uniform(low, high, shape).tolist()}

    def solid(**keys):
        return mesh(*TETRAHEDRON, uvs=rng.uniform(0, 1, (4, 3, 2)).tolist(), **keys)

    board = {"a": [0.9, 0.8, 0.1], "b": [0.1, 0.2, 0.3], "scale": [3, 2], "offset": [0.1, 0.3]}
    inner = ("specular", "specular_tint", "sheen", "sheen_tint", "clearcoat", "clearcoat_gloss", "transmission")
    materials = {
        "image": {"type": "plastic", "reflectance": image(3, 2, 3), "roughness": image(2, 2), "specular": 0.7,
                  "normal_map": {"image": normal_image(3, 2).tolist()}, "opacity": image(4, 1)},
        "board": {"type": "diffuse", "reflectance": {"checkerboard": board}, "opacity": 0.5},
        "vertex": {"type": "principled", "base_color": {"vertex": "colors"}, "metallic": {"vertex": "colors"},
                   "roughness": {"checkerboard": {"a": 0.2, "b": 0.8}}, **dict.fromkeys(inner, 0.5)},
        "metal": {"type": "conductor", "f0": [0.9, 0.7, 0.4], "roughness": 0.3},
        "glass": {"type": "dielectric", "ior": 1.5, "roughness": 0.2},
    }
    colors = rng.uniform(0.1, 0.9, (4, 3)).tolist()
    normals = rng.normal(size=(4, 3, 3)).tolist()
    shapes = {
        "smooth": solid(material="image", normals="smooth", transform=PLACE),
        "checkered": solid(material="board", transform=PLACE | {"scale": 0.7}),
        "coloured": solid(material="vertex", colors=colors, corner_normals=normals, transform={"matrix": MATRIX}),
        "other": solid(material="vertex", colors=colors[::-1], corner_normals=normals, transform=PLACE),
        "plain": solid(material="metal", transform=PLACE),
        "clear": solid(material="glass", normals="smooth", transform={"matrix": MATRIX}),
        "lamp": {"type": "rectangle", "emission": [3, 2, 1], "two_sided": True, "transform": PLACE},
        "screen": {"type": "rectangle", "emission": image(2, 2, 3), "transform": PLACE},
        "tiles": {"type": "rectangle", "emission": {"checkerboard": {**board, "scale": 2}}, "material": "metal",
                  "transform": PLACE},
        "unread": solid(material="metal", colors=colors, transform=PLACE),
    }
    lights = {
        "sky": {"type": "envmap", **image(2, 4, 3), "scale": [1, 0.9, 1.1], "rotate": [10, 20, -30]},
        "grey": {"type": "constant", "radiance": [0.1, 0.2, 0.3]},
        "lamp": {"type": "point", "position": [1, 2, 3], "intensity": [4, 5, 6]},
        "cone": {"type": "spot", "position": [1, 2, 3], "target": [0.1, 0, 0.2], "intensity": [3, 2, 1], "cutoff": 40},
        "blue": {"type": "constant", "radiance": [0.05, 0.1, 0.5]},
        "sun": {"type": "directional", "direction": [-1, -2, -0.5], "irradiance": [1, 1.1, 0.9]},
    }
    cameras = {"main": camera([1, 2, 5], [0.1, 0, 0], 35.0, 8, [0.1, 1, 0]), "other": camera([3, 0, 1], [0, 0, 0])}
    document = {"nrender": 1, "cameras": cameras, "materials": materials, "shapes": shapes, "lights": lights}
    return Scene.from_dict(document)


SCENE = everything()
PATHS = list(SCENE.parameters)
LAYOUT = layout(SCENE, "main")


def directions(seed=1):
    rng = np.random.default_rng(seed)
    return {path: rng.uniform(-1, 1, value.shape) for path, value in SCENE.parameters.items()}


def test_the_scene_has_everything():
    assert {path.split(".", 2)[2] for path in PATHS} >= {
        "reflectance.image", "roughness.image", "normal_map.image", "opacity.image", "opacity", "reflectance.a",
        "reflectance.b", "roughness.a", "emission", "emission.image", "emission.b", "colors", "vertices",
        "transform.matrix", "transform.rotate", "image", "scale", "rotate", "cutoff", "beam_width", "radiance",
    }
    assert {shape.normals for shape in SCENE.shapes.values()} == {"flat", "smooth", "file"}


def test_the_blocks_fill_theta_without_gaps():
    end = 0
    for block in LAYOUT.blocks:
        assert block.start == end
        end += block.size
    assert end == LAYOUT.size == len(theta(LAYOUT))


def test_pull_is_the_transpose_of_push():
    """Of all parameters together."""
    for seed in range(5):
        moves, w = directions(seed), np.random.default_rng(seed + 100).normal(size=LAYOUT.size)
        gradient = pull(SCENE, LAYOUT, w, PATHS)
        assert set(gradient) == set(PATHS)
        for path in PATHS:
            assert gradient[path].shape == SCENE.parameters[path].shape
        pairs = ([moves[path] for path in PATHS], [gradient[path] for path in PATHS])
        assert_transpose(push(LAYOUT, moves), w, *pairs)


@pytest.mark.parametrize("path", PATHS)
def test_each_parameter_alone(path):
    """The transpose, and alone as with all others."""
    moves, w = directions(), np.random.default_rng(2).normal(size=LAYOUT.size)
    gradient, all_gradients = pull(SCENE, LAYOUT, w, [path]), pull(SCENE, LAYOUT, w, PATHS)
    assert list(gradient) == [path]
    assert_allclose(gradient[path], all_gradients[path], rtol=1e-14)
    velocity = push(LAYOUT, {path: moves[path]})
    if path.startswith("cameras.other."):
        assert not velocity.any()
        assert not gradient[path].any()
    else:
        assert_transpose(velocity, w, moves[path], gradient[path])


@pytest.mark.parametrize("path", PATHS)
def test_push_is_the_derivative_of_theta(path):
    moves = directions()
    direction = moves[path]
    if path.endswith("opacity"):
        direction = np.abs(direction)
    base = SCENE.parameters[path]

    def value(h):
        return theta(layout(SCENE.replace({path: base + h * direction}), "main"))

    velocity = push(LAYOUT, {path: direction})
    assert taylor_slope(value, velocity, 1e-3) == pytest.approx(2, abs=0.1)


def test_together_they_are_the_sum():
    moves = directions()
    total = sum(push(LAYOUT, {path: move}) for path, move in moves.items())
    assert_allclose(push(LAYOUT, moves), total, atol=1e-12)
    assert not push(LAYOUT, {}).any()
    assert pull(SCENE, LAYOUT, np.ones(LAYOUT.size), []) == {}


def test_theta_holds_the_scenes_numbers():
    """Vertices in the world first, and each texel, colour and constant somewhere."""
    values = theta(LAYOUT)
    assert_allclose(values[: 3 * 4].reshape(4, 3), _world("smooth"), rtol=1e-12)
    for path in PATHS:
        if not moves_geometry(path) and path.split(".")[0] in ("materials", "shapes"):
            found = np.isin(flat(SCENE.parameters[path]), values)
            assert found.all(), path


def _world(name):
    from nrender.scene.transform import world_vertices

    shape = SCENE.shapes[name]
    return world_vertices(shape.vertices, shape.transform)


@pytest.mark.parametrize(
    "path, moves",
    [
        ("cameras.main.fov", True),
        ("shapes.lamp.vertices", True),
        ("shapes.lamp.transform.rotate", True),
        ("shapes.lamp.emission", False),
        ("shapes.lamp.emission.image", False),
        ("shapes.unread.colors", False),
        ("materials.image.normal_map.image", False),
        ("materials.image.opacity", False),
        ("lights.cone.position", True),
        ("lights.cone.target", False),
        ("lights.sun.direction", True),
        ("lights.sky.rotate", False),
    ],
)
def test_what_moves_geometry(path, moves):
    assert moves_geometry(path) is moves


def test_a_renders_gradient_is_the_transpose_of_its_tangent():
    """Of all parameters of a scene that has everything."""
    moves, weights = directions(7), np.random.default_rng(8).normal(size=(8, 8, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nr.RenderWarning)
        image, tangent = nr.render_jvp(SCENE, moves, spp=4, seed=5, precision="float64")
        gradient = nr.render_vjp(SCENE, list(moves), spp=4, seed=5, precision="float64")[1](weights)
    assert (image > 0.0).all()
    assert np.isfinite(tangent).all()
    assert_transpose(tangent, weights, [moves[path] for path in PATHS], [gradient[path] for path in PATHS])
