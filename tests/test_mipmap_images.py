"""mipmap.py in whole scenes: the way from and to an image's texels, and pictures of a fine texture far away."""

import numpy as np
import pytest
from derivatives import assert_transpose, flat, triple
from estimates import replicate, z_between
from numpy.testing import assert_allclose, assert_array_equal
from scene_library import camera
from textured_scenes import smooth_image

import nrender as nr
from nrender import mipmap, pyramid, texture
from nrender.camera.perspective import ray
from nrender.camera.screen import middle_ray
from nrender.compile_scene import compile_scene
from nrender.motion import View
from nrender.params import pull, push, theta
from nrender.real import FLOAT64
from nrender.tables import TEXTURE_HEIGHT, TEXTURE_WIDTH


def far_plane(filter="mipmap", pixels=None, scale=1.0, distance=40.0, lights=None):
    """A plane that fills the view of 24 x 24 pixels."""
    if pixels is None:
        pixels = np.random.default_rng(7).uniform(size=(64, 64, 3))
    place = {"scale": 20.0, "rotate": [-30, 10, 0]}
    return nr.Scene.from_dict(
        {
            "nrender": 1,
            "cameras": {"main": camera([0, 0, distance], [0, 0, 0], 30, 24)},
            "integrator": {"max_depth": 2, "spp": 4},
            "materials": {
                "m": {"type": "diffuse", "reflectance": {"image": pixels.tolist(), "scale": scale, "filter": filter}}
            },
            "shapes": {"s": {"type": "rectangle", "material": "m", "transform": place}},
            "lights": lights or {"sky": {"type": "constant", "radiance": [1, 1, 1]}},
        }
    )


IMAGE = "materials.m.reflectance.image"


def test_theta_has_all_levels_and_the_gradient_arrives_at_the_image():
    rng = np.random.default_rng(8)
    scene = far_plane(pixels=rng.uniform(0.2, 0.8, (5, 6, 3)))
    place, values, _, tables, _ = compile_scene(scene, "main", FLOAT64)
    assert tables.minify == 1
    d = rng.normal(size=(5, 6, 3))
    velocity = push(place, {IMAGE: d})
    moved = theta(compile_scene(scene.replace({IMAGE: scene.parameters[IMAGE] + 0.1 * d}), "main", FLOAT64).place)
    assert_allclose(moved - values, 0.1 * velocity, atol=1e-14)
    assert np.count_nonzero(velocity) == 3 * sum(w * h for w, h in pyramid.levels(6, 5))
    for u, v in ((0.2, 0.3), (0.6, 0.1)):
        for foot in (-3.0, -1.7, 0.4, 5.0):
            g, gradient = rng.normal(size=3), np.zeros_like(values)
            tangent = mipmap.minified_tan(tables, velocity, 0, 0, u, v, foot, 0.0, 0.0, 0.0)
            mipmap.minified_adj(tables, gradient, 0, 0, u, v, foot, triple(g), True)
            found = pull(scene, place, gradient, [IMAGE])[IMAGE]
            assert found.shape == d.shape
            assert_transpose(tangent, g, d, found)
            assert_allclose(found.sum((0, 1)), g, rtol=1e-12)


def level_at(tables, sx, sy):
    """Of what is seen of texture 0, on face 0 or beside it in its plane."""
    _, axis = ray(tables.theta, tables.camera, sx, sy)
    o = np.array(ray(tables.theta, tables.camera, sx, sy)[0])
    a, b, c = tables.theta.reshape(-1)[: 3 * 4].reshape(4, 3)[tables.faces[:3]]
    n = np.cross(b - a, c - a)
    foot = mipmap.footprint(tables, View(middle_ray(sx, sy), axis, float((a - o) @ n / (n @ axis))), triple(n))
    p = texture.place(tables, 0, 0, 0.0, 0.0)
    texels = tables.textures[TEXTURE_WIDTH] * tables.textures[TEXTURE_HEIGHT]
    return foot + 0.5 * np.log2(abs(p.s_u * p.t_v - p.s_v * p.t_u) * texels)


def test_an_images_tangent_is_its_derivative_also_by_the_level():
    """One sample a pixel, always at the same places: the plane stays under its lights, while camera and plane move and
    with them the levels, between 0 and the last everywhere."""
    lights = {"sun": {"type": "directional", "direction": [0.2, 0.3, -1], "irradiance": [3, 3, 3]}}
    scene = far_plane(pixels=smooth_image(8, 4, seed=3), scale=18.0, lights=lights)
    paths = ["cameras.main.origin", "cameras.main.fov", "shapes.s.transform.translate", IMAGE]
    tables, rng = compile_scene(scene, "main", FLOAT64).tables, np.random.default_rng(9)
    for sx, sy in ((0.0, 0.0), (-0.9, 0.9), (0.8, -0.7)):
        assert 0.1 < level_at(tables, sx, sy) < 2.9
    for path in paths:
        d = rng.uniform(-1, 1, np.shape(scene.parameters[path]))
        _, tangent = nr.render_jvp(scene, {path: d}, spp=1, precision="float64")

        def moved(h, path=path, d=d):
            return nr.render(scene.replace({path: scene.parameters[path] + h * d}), spp=1, precision="float64")

        h = 1e-5
        slopes = (moved(h) - moved(-h)) / (2 * h)
        close = np.abs(slopes - tangent) <= 1e-5 * np.abs(tangent).max()  # a pixel may cross a cell's border
        assert close.mean() > 0.99, path


def test_far_away_a_fine_texture_has_far_less_noise_and_the_same_mean():
    found = {}
    for filter in ("mipmap", "bilinear"):
        scene = far_plane(filter, scale=6.0)
        found[filter] = replicate(lambda seed, scene=scene: nr.render(scene, spp=4, seed=seed), range(8))
        whole = replicate(lambda seed, scene=scene: nr.render(scene, spp=4, seed=seed).mean((0, 1)), range(8))
        found[filter + ", mean"] = whole
    noise = {filter: np.sqrt((found[filter].sigma**2).mean()) for filter in ("mipmap", "bilinear")}
    print(f"noise: bilinear {noise['bilinear']:.4f}, mipmap {noise['mipmap']:.4f}")
    assert noise["mipmap"] < 0.1 * noise["bilinear"]
    ratio = found["mipmap, mean"].mean / found["bilinear, mean"].mean
    assert np.abs(ratio - 1).max() < 0.01
    assert np.abs(z_between(found["mipmap, mean"], found["bilinear, mean"])).max() < 4


def test_at_close_range_the_filter_changes_no_bit():
    pixels = np.random.default_rng(10).uniform(size=(4, 4, 3))
    images = [nr.render(far_plane(filter, pixels, distance=5.0), spp=4) for filter in ("mipmap", "bilinear")]
    assert_array_equal(*images)


def test_the_film_counts_not_the_texture_alone():
    """With half the pixels each way, the level is one more: the picture is that of the next coarser image."""
    scene = far_plane(pixels=np.random.default_rng(11).uniform(size=(64, 64, 3)), scale=3.0)
    document = scene.document
    document["cameras"]["main"]["resolution"] = [12, 12]
    spread = [nr.render(s, spp=16).std() for s in (scene, nr.Scene.from_dict(document))]
    assert spread[1] < 0.7 * spread[0]


def test_dumping_keeps_the_filter(tmp_path):
    scene = far_plane(pixels=np.random.default_rng(12).uniform(size=(2, 3, 3)))
    for made in (scene, scene.replace({IMAGE: np.full((2, 3, 3), 0.5)})):
        again = nr.Scene.from_dict(made.document)
        assert again.materials["m"].values["reflectance"].filter == "mipmap"
    assert far_plane("bilinear").materials["m"].values["reflectance"].filter == "bilinear"
    scene.replace({IMAGE: np.full((2, 3, 3), 0.25)}).dump(tmp_path / "s.yaml")
    again = nr.load_scene(tmp_path / "s.yaml")
    assert again.materials["m"].values["reflectance"].filter == "mipmap"
    assert_array_equal(again.parameters[IMAGE], 0.25)


def test_another_filter_is_refused():
    with pytest.raises(nr.SceneError) as caught:
        far_plane("trilinear", np.ones((1, 1, 3)))
    assert str(caught.value) == (
        "<dict>: materials 'm': reflectance.filter: expected one of bilinear, mipmap, got 'trilinear'; "
        "did you mean 'bilinear'?"
    )
    assert flat(far_plane("mipmap", np.ones((1, 1, 3))).parameters[IMAGE]).tolist() == [1, 1, 1]
