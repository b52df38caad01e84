"""Channels: numbers that users give the vertices of meshes, as AOVs."""

import functools

import numpy as np
import pytest
from derivatives import taylor_slope
from estimates import replicate
from scene_library import camera, mesh, quad
from textured_scenes import make

import nrender as nr
from nrender.aov import channels_of
from nrender.aov_table import MOST, file_channels, table_of
from nrender.backend import aovs
from nrender.compile_scene import compile_scene, visible_of
from nrender.errors import NrenderError, SceneError
from nrender.real import FLOAT32, FLOAT64

EXACT = {"precision": "float64"}
GREY = {"grey": {"type": "diffuse", "reflectance": [0.5, 0.5, 0.5]}}
CORNERS = [[-4.0, -4, 0.3], [5, -3, -0.2], [0, 6, 0.4]]
HEAT, FLOW = np.array([1.0, -2.0, 5.0]), np.array([[1.0, 2, 3, 4], [0.5, -1, 7, 2], [3, 3, -3, 0.25]])
VIEW = camera([0.3, -0.2, 4.0], [0.1, 0.2, 0.0], 20, 12)


def of(shapes, view=VIEW, materials=GREY):
    return make(view, shapes, materials, {})()


def triangle(**channels):
    return of({"thing": mesh(CORNERS, [[0, 1, 2]], material="grey", channels=channels)})


def two(size=16, opacity=None):
    """A tetrahedron with heat and flow before a square with heat alone, before one without, on a torn mesh: some of
    its vertices are there twice, with other numbers."""
    rng = np.random.default_rng(5)
    solid = mesh(
        [[-1, -0.6, 0.2], [0.9, -0.8, -0.1], [0.1, 0.9, 0.0], [0.0, 0.0, 0.9]],
        [[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]],
        material="front",
        channels={"heat": [1.0, 2.0, 1.5, 3.0], "flow": (1.0 + rng.random((4, 4))).tolist()},
        transform={"translate": [0.3, 0.1, 1.1], "rotate": [10, 25, -15], "scale": 0.6},
    )
    back = mesh(
        [[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, -1, 0], [1, 1, 0], [-1, 1, 0]],
        [[0, 1, 2], [3, 4, 5]],
        material="grey",
        channels={"heat": [0.5, 1.0, 0.7, 1.5, 2.0, 1.2]},
        transform={"translate": [-0.2, -0.1, -0.3], "rotate": [-20, -15, 5], "scale": 0.9},
    )
    plain = {"type": "rectangle", "material": "grey", "transform": {"translate": [0.4, 0.6, -0.9], "scale": 0.8}}
    front = GREY["grey"] | ({} if opacity is None else {"opacity": opacity})
    view = camera([0.3, 0.5, 4], [0, 0, 0], 38, size, [0.05, 1, 0])
    return of({"plain": plain, "solid": solid, "back": back}, view, GREY | {"front": front})


NAMES = ["channels.heat", "depth", "channels.flow"]


def test_numbers_are_linear_over_a_triangle():
    scene = triangle(heat=HEAT.tolist(), flow=FLOW.tolist())
    found = nr.render_aovs(scene, ["channels.flow", "barycentric", "channels.heat"], spp=1, seed=3, **EXACT)
    assert list(found) == ["channels.flow", "barycentric", "channels.heat"]
    np.testing.assert_allclose(found["channels.heat"], found["barycentric"] @ HEAT, rtol=1e-12)
    np.testing.assert_allclose(found["channels.flow"], found["barycentric"] @ FLOW, rtol=1e-12)


def test_one_number_in_rows_is_a_picture_of_one_channel():
    found = nr.render_aovs(triangle(heat=HEAT.reshape(-1, 1).tolist()), "channels.heat", spp=1, seed=3)
    assert (found["channels.heat"].shape, found["channels.heat"].dtype) == ((12, 12), np.float32)


def test_most_numbers():
    values = np.random.default_rng(1).random((3, MOST))
    found = nr.render_aovs(triangle(many=values.tolist()), ["channels.many", "barycentric"], spp=1, seed=3, **EXACT)
    np.testing.assert_allclose(found["channels.many"], found["barycentric"] @ values, rtol=1e-12)


def test_what_a_shape_has_not_is_zero():
    """Left a shape with heat, right one with flow, and then one with neither."""
    shapes = {
        "a": quad([-9, -9, 0], [0, -9, 0], [0, 9, 0], [-9, 9, 0], material="grey", channels={"heat": [2.0] * 4}),
        "b": quad([0, -9, 0], [1, -9, 0], [1, 9, 0], [0, 9, 0], material="grey", channels={"flow": [[3.0, 4.0]] * 4}),
        "c": {"type": "cube", "material": "grey", "transform": {"translate": [2, 0, -1]}},
    }
    found = nr.render_aovs(of(shapes), [*NAMES, "position"], spp=1, seed=1, **EXACT)
    x = found["position"][..., 0]
    np.testing.assert_allclose(found["channels.heat"], np.where(x < 0, 2.0, 0.0), rtol=1e-12)
    within = ((x > 0) & (x < 1))[..., None]
    assert within.any()
    np.testing.assert_allclose(found["channels.flow"], np.where(within, [3.0, 4.0], 0.0), rtol=1e-12)


def test_pictures_do_not_depend_on_what_else_is_asked_for():
    scene = two()
    together = nr.render_aovs(scene, NAMES, spp=2, seed=5)
    for name in NAMES:
        np.testing.assert_array_equal(nr.render_aovs(scene, name, spp=2, seed=5)[name], together[name])


def random_directions(scene, seed=3):
    rng = np.random.default_rng(seed)
    return {path: rng.normal(size=value.shape) for path, value in scene.parameters.items()}


@pytest.mark.parametrize("opacity", [None, 0.6])
def test_the_adjoint_is_the_transpose_of_the_tangent(opacity):
    scene = two(10, opacity)
    directions, rng = random_directions(scene), np.random.default_rng(4)
    keys = {"spp": 2, "seed": 5, **EXACT}
    _, tangents = nr.render_aovs_jvp(scene, NAMES, directions, **keys)
    pullback = nr.render_aovs_vjp(scene, NAMES, list(directions), **keys)[1]
    for wanted in ([name] for name in NAMES):
        weights = {name: rng.normal(size=tangents[name].shape) for name in wanted}
        gradient = pullback(weights)
        expected = sum(np.sum(gradient[path] * d) for path, d in directions.items())
        size = sum(np.sum(np.abs(gradient[path] * d)) for path, d in directions.items())
        assert abs(sum(np.sum(weights[n] * tangents[n]) for n in wanted) - expected) <= 1e-12 * size
    assert gradient["shapes.solid.channels.flow"].shape == (4, 4)
    assert gradient["shapes.solid.channels.flow"].all()
    assert not gradient["shapes.solid.channels.heat"].any()  # of the last alone


@pytest.mark.parametrize("group", ["shapes.thing.channels", "shapes.thing.vertices", "cameras.", ""])
def test_taylor_slope_of_two(group):
    scene = triangle(heat=HEAT.tolist(), flow=FLOW.tolist())
    directions = {path: d for path, d in random_directions(scene, 1).items() if path.startswith(group)}
    directions = {path: 20 * d if path.endswith(("rotate", "fov")) else 0.3 * d for path, d in directions.items()}
    tangents = nr.render_aovs_jvp(scene, NAMES, directions, spp=4, **EXACT)[1]

    def moved(name, h):
        values = {path: scene.parameters[path] + h * d for path, d in directions.items()}
        return nr.render_aovs(scene.replace(values), [name], spp=4, **EXACT)[name]

    for name in ("channels.heat", "channels.flow"):
        slope = taylor_slope(functools.partial(moved, name), tangents[name], largest=1e-3)
        assert slope == pytest.approx(2.0, abs=0.15), name


OUTWARD = [[-1, -0.5, 0.3], [0.8, -1, -0.2], [1, 0.7, 0.4], [-0.5, 1, 0.2]]
MOTIONS = {
    "shapes.solid.transform.translate": ([1.0, 0.4, -0.7], 0.02),
    "shapes.back.transform.rotate": ([1.0, 0.3, 0.8], 1.0),
    "shapes.back.vertices": (np.array(OUTWARD)[[0, 1, 2, 0, 2, 3]], 0.02),  # the torn ones stay together
    "cameras.main.origin": ([0.7, -0.5, 0.6], 0.02),
    "shapes.back.channels.heat": (np.random.default_rng(3).uniform(-1, 1, 6), 0.1),
    "materials.front.opacity": (1.0, 0.02),
}


@pytest.mark.parametrize("path", MOTIONS)
def test_tangents_agree_with_finite_differences(path):
    """Outlines included, and where the back's two triangles meet with different numbers."""
    scene = two(opacity=0.6 if path.endswith("opacity") else None)
    direction, step = np.array(MOTIONS[path][0], float), MOTIONS[path][1]
    y, x = np.meshgrid(np.linspace(0, 1, 16), np.linspace(0, 1, 16), indexing="ij")
    weights = 1 + 0.5 * np.sin(3 * x + 2 * y)
    flow = weights[..., None] * [1.0, 0.5, -0.3, 0.8]

    def value(pictures):
        return np.array([np.sum(weights * pictures["channels.heat"]), np.sum(flow * pictures["channels.flow"])])

    moved = {k: scene.replace({path: scene.parameters[path] + k * step * direction}) for k in (-2, -1, 1, 2)}
    keys = {"spp": 64, **EXACT}

    def by_tangent(seed):
        return value(nr.render_aovs_jvp(scene, NAMES, {path: direction}, seed=seed, **keys)[1])

    def by_difference(seed):
        found = {k: value(nr.render_aovs(m, NAMES, seed=seed, **keys)) for k, m in moved.items()}
        near, far = ((found[k] - found[-k]) / (2 * k * step) for k in (1, 2))
        return (4 * near - far) / 3

    ours, other = replicate(by_tangent, range(12)), replicate(by_difference, range(100, 112))
    off = ours.mean - other.mean
    sigma = np.sqrt(ours.sigma**2 + other.sigma**2 + (1e-3 * other.mean) ** 2)  # primary.OFFSET
    assert (np.abs(off) <= 4.5 * sigma + 1e-12).all()  # Student's t with 11 degrees of freedom, as 3.5 of a normal
    assert sigma[0] < 0.1 * abs(other.mean[0])


def test_lanes_are_single_paths():
    scene, size = two(20), (20, 20)
    views = []
    for width in (FLOAT32, FLOAT64):
        compiled = compile_scene(scene, "main", width, False, ["heat", "flow"])
        place, tables = compiled.place, compiled.tables
        channels = channels_of(["depth"], -1, {"heat": 1, "flow": 4}, place.channels.start)
        visible = visible_of(scene, compiled, size, width, True)
        views.append((aovs.View(width, tables, channels, size, 4, 3), aovs.Outlines(visible, 5000)))
    (lanes, outlines), (single, wide) = views
    d_theta = np.random.default_rng(1).normal(size=len(single.scene.theta))
    weights = np.random.default_rng(2).normal(size=(20, 20, 6)) + 1.0

    def close(a, b):
        far = np.abs(a - b) > 1e-3 * np.abs(b).max()
        assert b.any()
        assert far.mean() < 0.03

    for a, b in zip(
        aovs.aovs_tan(lanes, d_theta.astype(np.float32))[:2], aovs.aovs_tan(single, d_theta)[:2], strict=True
    ):
        for c in range(6):
            close(a[..., c], b[..., c])
    close(aovs.aovs_adj(lanes, weights, True)[0], aovs.aovs_adj(single, weights, True)[0])
    close(
        aovs.outlines_tan(lanes, outlines, d_theta.astype(np.float32))[0], aovs.outlines_tan(single, wide, d_theta)[0]
    )
    close(aovs.outlines_adj(lanes, outlines, weights)[0], aovs.outlines_adj(single, wide, weights)[0])


def test_a_fit_to_a_channel_finds_its_numbers():
    """Least squares in what the picture is linear in: conjugate gradients by vjp and jvp."""
    scene = two(16)
    path = "shapes.back.channels.heat"
    goal = scene.parameters[path]
    target = nr.render_aovs(scene, ["channels.heat"], spp=16, seed=1, **EXACT)["channels.heat"]
    start = scene.replace({path: np.zeros(6)})
    pictures, pullback = nr.render_aovs_vjp(start, ["channels.heat"], [path], spp=16, seed=1, **EXACT)
    columns = [
        nr.render_aovs_jvp(start, ["channels.heat"], {path: unit}, spp=16, seed=1, **EXACT)[1]["channels.heat"].ravel()
        for unit in np.eye(6)
    ]
    residual = target - pictures["channels.heat"]
    right = pullback({"channels.heat": residual})[path]
    matrix = np.stack(columns)
    np.testing.assert_allclose(np.linalg.solve(matrix @ matrix.T, right), goal, rtol=1e-8)


# Names


def test_names_in_files_keep_their_order():
    table = table_of(two().shapes)
    assert file_channels(["channels.heat", "depth"], table) == ["channels.heat.X", "depth.Z"]
    assert file_channels(["channels.flow"], table) == [f"channels.flow.0{k}" for k in range(4)]
    many = file_channels(["channels.many"], table_of(triangle(many=np.zeros((3, 16)).tolist()).shapes))
    assert many == sorted(many)


def test_channels_are_parameters_and_stay_when_a_scene_is_written(tmp_path):
    scene = two().replace({"shapes.solid.channels.heat": [4, 3, 2, 1]})
    scene = scene.replace({"shapes.solid.vertices": scene.parameters["shapes.solid.vertices"] + 0.1})
    scene.dump(tmp_path / "s.yaml")
    again = nr.load_scene(tmp_path / "s.yaml")
    assert list(again.parameters) == list(scene.parameters)
    for path in ("shapes.solid.channels.heat", "shapes.solid.channels.flow", "shapes.back.channels.heat"):
        np.testing.assert_array_equal(again.parameters[path], scene.parameters[path])


def test_channels_of_a_file(tmp_path):
    (tmp_path / "m.obj").write_text("v -9 -9 0\nv 9 -9 0\nv 0 9 0\nf 1 2 3\n")
    text = f"""\
nrender: 1
cameras:
  main: {{type: perspective, origin: [0, 0, 4], target: [0, 0, 0], resolution: [4, 4]}}
materials:
  grey: {{type: diffuse, reflectance: [0.5, 0.5, 0.5]}}
shapes:
  thing: {{type: mesh, file: {tmp_path}/m.obj, material: grey, normals: flat, channels: {{heat: [2, 2, 2]}}}}
"""
    (tmp_path / "s.yaml").write_text(text)
    scene = nr.load_scene(tmp_path / "s.yaml")
    np.testing.assert_allclose(nr.render_aovs(scene, "channels.heat", spp=1)["channels.heat"], 2.0, rtol=1e-6)


@pytest.mark.parametrize(
    "channels, message",
    [
        ({"heat": [1, 2]}, r"channels\.heat: expected one row for each of the 3 vertices, got 2 rows"),
        ({"heat": np.zeros((3, 17)).tolist()}, r"channels\.heat: expected 1 to 16 numbers of each vertex, got 17"),
        ({"a b": [1, 2, 3]}, r"channels: expected names of letters, digits, _ and -, got 'a b'"),
        ([1, 2, 3], r"channels: expected a map from names to .*, got a list of 3"),
        ({"heat": [1, "x", 3]}, r"channels\.heat: .*got 'x' at index 1"),
    ],
)
def test_bad_channels_are_one_line(channels, message):
    with pytest.raises(SceneError, match=message) as caught:
        of({"thing": mesh(CORNERS, [[0, 1, 2]], material="grey", channels=channels)})
    assert "\n" not in str(caught.value)


def test_shapes_agree_in_how_many_numbers():
    one = mesh(CORNERS, [[0, 1, 2]], material="grey", channels={"heat": [1, 2, 3]})
    with pytest.raises(SceneError, match=r"shapes 'b': channels\.heat: expected 1 numbers .*'a' has, got 2"):
        of({"a": one, "b": one | {"channels": {"heat": [[1, 2]] * 3}}})
    of({"a": one, "b": one | {"channels": {"heat": [[1]] * 3}}})


def test_unknown_and_too_many():
    with pytest.raises(NrenderError, match=r"no AOV is named 'channels.hea'; did you mean 'channels.heat'"):
        nr.render_aovs(triangle(heat=HEAT.tolist()), "channels.hea")
    many = triangle(**{f"c{k}": np.zeros((3, 16)).tolist() for k in range(7)})
    with pytest.raises(NrenderError, match="at most 96 numbers a pixel at once, got 112"):
        nr.render_aovs(many, [f"channels.c{k}" for k in range(7)])
