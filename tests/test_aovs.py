"""AOVs: closed forms, bad use, lanes next to single paths, the same bits for any number of threads."""

import importlib

import numpy as np
import pytest
import test_lanes
from scene_library import camera, corner, mesh, quad
from textured_scenes import make
from textured_scenes import smooth_image as waves

import nrender as nr
from nrender.aov import AOVS, channels_of
from nrender.backend import aovs
from nrender.bsdf import MODELS
from nrender.compile_scene import compile_scene, visible_of
from nrender.errors import NrenderError
from nrender.real import FLOAT32, FLOAT64
from nrender.simd import FLOAT32XN

SMOOTH = [name for name, aov in AOVS.items() if aov.differentiable]
EXACT = {"precision": "float64"}
SKY = {"sky": {"type": "constant", "radiance": [1, 1, 1]}}
GREY = {"type": "diffuse", "reflectance": [0.5, 0.5, 0.5]}
VIEW = camera([0.3, -0.2, 4.0], [0.1, 0.2, 0.0], 20, 12)


def of(shapes, materials=None, view=VIEW):
    return make(view, shapes, materials or {"grey": GREY}, SKY)()


def wall(z=0.0, material="grey", **keys):
    """It fills the view."""
    return {"type": "rectangle", "material": material, "transform": {"translate": [0, 0, z], "scale": 5}, **keys}


def one_sample(scene, *names):
    """Of each pixel, in float64: no mean, so pictures are functions of each other."""
    return nr.render_aovs(scene, names, spp=1, seed=3, **EXACT)


# Closed forms


def test_depth_distance_and_position_of_a_wall():
    found = one_sample(of({"wall": wall()}), "depth", "distance", "position", "alpha")
    eye, target = np.array(VIEW["origin"]), np.array(VIEW["target"])
    ray = found["position"] - eye
    axis = (target - eye) / np.linalg.norm(target - eye)
    np.testing.assert_allclose(found["position"][..., 2], 0.0, atol=1e-14)
    np.testing.assert_allclose(found["distance"], np.linalg.norm(ray, axis=-1), rtol=1e-13)
    np.testing.assert_allclose(found["depth"], ray @ axis, rtol=1e-13)
    assert (found["alpha"] == 1.0).all()


def test_depth_of_a_wall_across_the_axis_is_one_number():
    view = camera([0.3, -0.2, 4.0], [0.3, -0.2, 0.0], 20, 12)
    depth = nr.render_aovs(of({"wall": wall()}, view=view), ["depth"], spp=4)["depth"]
    assert (depth.dtype, depth.shape) == (np.float32, (12, 12))
    np.testing.assert_allclose(depth, 4.0, rtol=1e-6)


def test_a_ball_is_where_a_sphere_would_be():
    """Up to the sagitta of its triangles: with edges of up to e a face is e^2 / 6 inside at most."""
    ball = {"type": "sphere", "subdivisions": 5, "material": "grey", "normals": "smooth"}
    view = camera([0.3, -0.2, 4.0], [0.1, 0.2, 0.0], 12, 12)
    scene = of({"ball": ball}, view=view)
    found = one_sample(scene, "position", "normal", "geometric_normal")
    corners = scene.shapes["ball"].vertices[scene.shapes["ball"].faces]
    edge = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=-1).max()
    radius = np.linalg.norm(found["position"], axis=-1)
    assert (radius <= 1.0 + 1e-12).all()
    assert (radius >= 1.0 - edge**2 / 6).all()
    outward = found["position"] / radius[..., None]
    np.testing.assert_allclose(found["normal"], outward, atol=edge**2)
    np.testing.assert_allclose(found["geometric_normal"], outward, atol=edge)
    assert np.abs(found["geometric_normal"] - outward).max() > 10 * edge**2


def test_uv_of_a_rectangle():
    found = one_sample(of({"wall": wall()}), "uv", "position")
    np.testing.assert_allclose(found["uv"], found["position"][..., :2] / 10 + 0.5, rtol=1e-12)


def test_barycentric_weights_give_the_point_and_the_colour():
    corners = np.array([[-4.0, -4, 0.3], [5, -3, -0.2], [0, 6, 0.4]])
    colors = np.array([[0.9, 0.1, 0.2], [0.3, 0.8, 0.1], [0.2, 0.4, 0.7]])
    shape = mesh(corners.tolist(), [[0, 1, 2]], colors=colors.tolist(), material="grey")
    for scene in (of({"thing": shape}), of({"thing": shape}, {"grey": {**GREY, "reflectance": {"vertex": "colors"}}})):
        found = one_sample(scene, "barycentric", "position", "color", "albedo")
        np.testing.assert_allclose(found["barycentric"].sum(-1), 1.0, rtol=1e-13)
        np.testing.assert_allclose(found["barycentric"] @ corners, found["position"], atol=1e-12)
        np.testing.assert_allclose(found["barycentric"] @ colors, found["color"], rtol=1e-12)
    np.testing.assert_allclose(found["albedo"], found["color"], rtol=1e-12)


def test_what_a_shape_has_not_is_zero():
    found = one_sample(of({"wall": mesh([[-9, -9, 0], [9, -9, 0], [0, 9, 0]], [[0, 1, 2]], material="grey")}), *SMOOTH)
    assert not any(found[name].any() for name in ("uv", "color", "roughness"))


COLOURS = {"diffuse": "reflectance", "conductor": "f0", "plastic": "reflectance", "principled": "base_color"}


@pytest.mark.parametrize("model", MODELS)
def test_albedo_and_roughness_of_every_model(model):
    """A new model needs its colour here."""
    given = {"type": model}
    key = COLOURS.get(model)
    colour = [0.2, 0.5, 0.7] if key else [1.0, 1.0, 1.0]
    given |= {key: colour} if key else {}
    rough = "roughness" in MODELS[model].PARAMS
    given |= {"roughness": 0.4} if rough else {}
    found = one_sample(of({"wall": wall()}, {"grey": given}), "albedo", "roughness")
    np.testing.assert_array_equal(found["albedo"], np.broadcast_to(colour, (12, 12, 3)))
    assert (found["roughness"] == (0.4 if rough else 0.0)).all()


def test_textures_are_looked_up():
    image = waves(6, 5)
    scene = of({"wall": wall()}, {"grey": {**GREY, "reflectance": {"image": image.tolist(), "wrap": "clamp"}}})
    found = one_sample(scene, "albedo", "uv")
    s, t = found["uv"][..., 0] * 6 - 0.5, (1 - found["uv"][..., 1]) * 5 - 0.5
    i, j = np.floor(s).astype(int), np.floor(t).astype(int)
    a, b = (s - i)[..., None], (t - j)[..., None]
    above = image[j, i] * (1 - a) + image[j, i + 1] * a
    below = image[j + 1, i] * (1 - a) + image[j + 1, i + 1] * a
    np.testing.assert_allclose(found["albedo"], above * (1 - b) + below * b, rtol=1e-12)


@pytest.mark.parametrize("turn, sign", [(0, 1), (180, 1)])
def test_normals_are_on_the_side_that_is_shaded(turn, sign):
    """That of the viewer; of a surface that lets light through, the front."""
    shape = wall()
    shape["transform"]["rotate"] = [0, turn, 0]
    for material, side in ((GREY, 1), ({"type": "dielectric", "roughness": 0.3}, 1 if turn == 0 else -1)):
        found = one_sample(of({"wall": shape}, {"grey": material}), "normal", "geometric_normal")
        for name in found:
            np.testing.assert_allclose(found[name], np.broadcast_to([0, 0, sign * side], (12, 12, 3)), atol=1e-14)


def test_a_normal_map_bends_the_shading_normal_alone():
    n = np.array([0.3, -0.2, np.sqrt(1 - 0.13)])
    bent = {**GREY, "normal_map": {"image": [[(n / 2 + 0.5).tolist()]]}}
    found = one_sample(of({"wall": wall()}, {"grey": bent}), "normal", "geometric_normal")
    np.testing.assert_allclose(found["normal"], np.broadcast_to(n, (12, 12, 3)), rtol=1e-12)
    np.testing.assert_allclose(found["geometric_normal"], np.broadcast_to([0, 0, 1.0], (12, 12, 3)), atol=1e-14)


def test_alpha_is_the_covered_part_and_the_rest_goes_with_it():
    """A square of half the picture's height, seen straight: pixels at its rim are covered by half. Of n samples, a
    power of two, a rectangle's share is off by less than two."""
    square = {"square": {"type": "rectangle", "material": "grey", "transform": {"scale": 1.25}}}
    scene = of(square, view=camera([0, 0, 1.5], [0, 0, 0], np.degrees(2 * np.arctan(10 / 6)), 10))
    found = nr.render_aovs(scene, ["alpha", "depth", "albedo"], spp=256, **EXACT)
    across = np.array([0, 0, 0.5, 1, 1, 1, 1, 0.5, 0, 0])
    np.testing.assert_allclose(found["alpha"], np.outer(across, across), atol=2 / 256 + 1e-12)
    np.testing.assert_allclose(found["depth"], 1.5 * found["alpha"], rtol=1e-12)
    np.testing.assert_allclose(found["albedo"], 0.5 * found["alpha"][..., None] * np.ones(3), rtol=1e-12)


def veils(opacity):
    view = camera([0, 0, 4], [0, 0, 0], 20, 8)
    materials = {"grey": GREY, "veil": {**GREY, "reflectance": [1, 0, 0], "opacity": opacity}}
    return of({"back": wall(-1.0), "front": wall(1.0, "veil")}, materials, view)


def test_behind_a_veil_is_what_it_lets_through():
    """By chance, but without bias: 0.3 in front at depth 3, 0.7 behind it at depth 5."""
    found = nr.render_aovs(veils(0.3), ["depth", "alpha"], spp=4096, **EXACT)
    assert (found["alpha"] == 1).all()
    error = 2 * np.sqrt(0.3 * 0.7 / 4096 / 64)
    assert abs(found["depth"].mean() - 4.4) < 4 * error


@pytest.mark.parametrize("opacity, shape", [(0.49, 1), (0.5, 2), (1.0, 2), (0.0, 1)])
def test_half_an_opacity_has_a_name(opacity, shape):
    found = nr.render_aovs(veils(opacity), ["shape_id", "material_id"])
    assert (found["shape_id"] == shape).all()
    assert (found["material_id"] == shape).all()


def test_names_of_shapes_and_materials_are_their_places_in_the_file():
    shapes = {
        "left": quad([-9, -9, 0], [0, -9, 0], [0, 9, 0], [-9, 9, 0], material="second"),
        "lamp": quad([0, -9, 0], [1, -9, 0], [1, 9, 0], [0, 9, 0], emission=[1, 1, 1]),
        "right": quad([1, -9, 0], [1.8, -9, 0], [1.8, 9, 0], [1, 9, 0], material="first"),
    }
    scene = of(shapes, {"first": GREY, "second": GREY}, camera([0.5, 0, 9], [0.5, 0, 0], 20, 12))
    found = nr.render_aovs(scene, ["material_id", "shape_id"])
    pairs = {(int(a), int(b)) for a, b in zip(found["shape_id"].flat, found["material_id"].flat, strict=True)}
    assert pairs == {(0, 0), (1, 2), (2, 0), (3, 1)}
    assert found["shape_id"].dtype == np.float32
    assert list(found) == ["material_id", "shape_id"]
    columns = 2 * 9 * np.tan(np.radians(10)) / 12
    x = 0.5 + (np.arange(12) - 5.5) * columns
    np.testing.assert_array_equal(found["shape_id"][0], np.select([x < 0, x < 1, x < 1.8], [1, 2, 3], 0))


# The functions


def test_pictures_do_not_depend_on_what_else_is_asked_for():
    scene = corner(size=12)
    everything = nr.render_aovs(scene, AOVS, spp=2, seed=5)
    assert list(everything) == list(AOVS)
    for name in AOVS:
        alone = nr.render_aovs(scene, name, spp=2, seed=5)[name]
        assert alone.dtype == np.float32
        assert alone.shape == ((12, 12) if AOVS[name].channels == 1 else (12, 12, AOVS[name].channels))
        np.testing.assert_array_equal(alone, everything[name])


def test_derivatives_give_the_same_pictures():
    scene, path = corner(size=12), "shapes.thing.transform.translate"
    plain = nr.render_aovs(scene, AOVS, spp=2, seed=5)
    pictures, pullback = nr.render_aovs_vjp(scene, AOVS, [path], spp=2, seed=5)
    moved, tangents = nr.render_aovs_jvp(scene, AOVS, {path: [1, 0, 0]}, spp=2, seed=5)
    assert list(pictures) == list(moved) == list(AOVS)
    assert list(tangents) == SMOOTH
    for name in AOVS:
        np.testing.assert_array_equal(pictures[name], plain[name])
        np.testing.assert_allclose(moved[name], plain[name], rtol=1e-5, atol=1e-6)
    gradient = pullback({"depth": np.ones((12, 12)), "normal": np.ones((12, 12, 3))})
    assert gradient[path].shape == (3,)
    assert gradient[path].dtype == np.float64
    assert not pullback({})[path].any()


def test_what_does_not_change_the_pictures_has_no_derivative():
    scene = corner(size=8)
    pullback = nr.render_aovs_vjp(scene, ["depth", "albedo"], ["shapes.lamp.emission"], spp=1)[1]
    weights = {"depth": np.ones((8, 8)), "albedo": np.ones((8, 8, 3))}
    assert not pullback(weights)["shapes.lamp.emission"].any()


def test_bad_use_is_one_line():
    scene = corner(size=8)
    for call, message in (
        (lambda: nr.render_aovs(scene, ["dept"]), r"aov: no AOV is named 'dept'.* 'depth'"),
        (lambda: nr.render_aovs(scene, ["xyzzy"]), r"aov: no AOV is named 'xyzzy'; there are depth, distance"),
        (lambda: nr.render_aovs(scene, []), r"aov: expected names of AOVs, got none"),
        (lambda: nr.render_aovs_vjp(scene, ["depth"], ["shapes.thin.vertices"]), r"no such parameter"),
        (lambda: nr.render_aovs_jvp(scene, ["depth"], {"cameras.main.origin": [1, 2]}), r"expected a direction"),
    ):
        with pytest.raises(NrenderError, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)
    pullback = nr.render_aovs_vjp(scene, ["depth", "shape_id"], ["cameras.main.origin"], spp=1)[1]
    for weights, message in (
        ({"dept": np.ones((8, 8))}, r"weights: no picture is named 'dept'"),
        ({"shape_id": np.ones((8, 8))}, r"weights: 'shape_id' has no derivative"),
        ({"depth": np.ones((8, 8, 1))}, r"weights: depth: expected shape \(8, 8\), got \(8, 8, 1\)"),
        ({"depth": np.full((8, 8), np.nan)}, r"weights: depth: expected finite numbers"),
    ):
        with pytest.raises(NrenderError, match=message):
            pullback(weights)


# Lanes and threads


@pytest.fixture(scope="module", params=test_lanes.SCENES)
def views(request):
    """A picture of each scene in float32 and in float64, and the edges in it."""
    scene = test_lanes.SCENES[request.param]()
    size = (scene.cameras["main"].width, scene.cameras["main"].height)
    out = []
    for width in (FLOAT32, FLOAT64):
        compiled = compile_scene(scene, "main", width, True)
        place, tables = compiled.place, compiled.tables
        channels = channels_of(SMOOTH, place.colors.start if place.colors.size else -1)
        visible = visible_of(scene, compiled, size, width, True)
        out.append((aovs.View(width, tables, channels, size, 4, 4), visible and aovs.Outlines(visible, 5000)))
    return out


def close(lanes, single):
    """By channel; of a gradient, all at once."""
    for a, b in zip(np.moveaxis(lanes, -1, 0), np.moveaxis(single, -1, 0), strict=True):
        if b.any():
            test_lanes.close(a, b, near=1e-3)


def test_lanes_have_the_same_pictures_and_tangents(views):
    (lanes, _), (single, _) = views
    assert aovs.fast(FLOAT32) is FLOAT32XN
    close(aovs.aovs(lanes)[0], aovs.aovs(single)[0])
    d_theta = np.random.default_rng(1).normal(size=len(single.scene.theta))
    image, tangent, bad = aovs.aovs_tan(lanes, d_theta.astype(np.float32))
    expected, d_expected, _ = aovs.aovs_tan(single, d_theta)
    assert bad.first() is None
    close(image, expected)
    close(tangent, d_expected)


def test_lanes_have_the_same_gradient(views):
    (lanes, _), (single, _) = views
    w, h = single.size
    weights = np.random.default_rng(2).normal(size=(h, w, single.channels.number)) + 1.0
    for moving in (False, True):
        expected, _ = aovs.aovs_adj(single, weights, moving)
        found, bad = aovs.aovs_adj(lanes, weights, moving)
        assert bad.first() is None
        if expected.any():
            test_lanes.close(found, expected, near=1e-3)


def test_lanes_have_the_same_outlines(views):
    (lanes, outlines), (single, wide) = views
    if outlines is None:
        return
    d_theta = np.random.default_rng(1).normal(size=len(single.scene.theta))
    found, bad = aovs.outlines_tan(lanes, outlines, d_theta.astype(np.float32))
    expected, _ = aovs.outlines_tan(single, wide, d_theta)
    assert bad.first() is None
    size, off = np.abs(expected).sum((0, 1)), np.abs(found - expected).sum((0, 1))
    assert (off <= 0.02 * size + 1e-6 * size.max()).all()  # what doesn't jump, the weights at an edge, is rounding


def test_bits_do_not_depend_on_the_number_of_threads(monkeypatch):
    scene = corner(size=40)

    def everything():
        pictures, pullback = nr.render_aovs_vjp(scene, AOVS, list(scene.parameters), spp=3, seed=7)
        gradient = pullback({name: np.ones(pictures[name].shape) for name in SMOOTH})
        tangents = nr.render_aovs_jvp(scene, AOVS, {"cameras.main.origin": [1, 0.5, -0.5]}, spp=3, seed=7)[1]
        return [x.tobytes() for group in (pictures, gradient, tangents) for x in group.values()]

    found = []
    for threads in ("1", "2", "7"):
        monkeypatch.setenv("NRENDER_THREADS", threads)
        found.append(everything())
    assert found[0] == found[1] == found[2]


def test_samples_that_are_not_finite_are_counted_and_left_out():
    """A vertex's colour that is NaN."""
    rendering = importlib.import_module("nrender.render_aovs")
    shape = mesh([[-9, -9, 0], [9, -9, 0], [0, 9, 0]], [[0, 1, 2]], colors=np.ones((3, 3)).tolist(), material="grey")
    for precision in ("float32", "float64"):
        made = rendering._made(of({"thing": shape}), ["color", "depth"], 2, 0, "auto", None, precision)
        theta = made.view.scene.theta.copy()
        theta[made.view.channels.colors] = np.nan
        view = made.view._replace(scene=made.view.scene._replace(theta=theta))
        image, bad = aovs.aovs(view)
        assert np.isfinite(image).all()
        assert bad.first() == (2 * 144, 0, 0) or bad.first()[0] == 2 * 144
