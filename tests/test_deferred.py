"""The integrator `deferred`: direct light at the first surface, as if nothing hid the lights.

Where nothing hides anything it is path tracing of depth 2 by other samples, so images of convex things agree with
those of `path` in the mean, and what a lamp without size lights is known in closed form. Its outlines are the only
ones: a moving square over a textured background is compared with finite differences of images.
"""

import numpy as np
import pytest
from derivatives import taylor_slope
from estimates import replicate, z_between
from gradcheck import assert_images_adjoint, check
from mitsuba_scenes import cornell, cutout
from scene_library import camera, quad
from textured_scenes import smooth_image

import nrender as nr
from nrender.backend import cpu
from nrender.boundary.plan import PRIMARY, strata_of
from nrender.compile_scene import boundary_of, compile_scene
from nrender.job import job_of
from nrender.params import push
from nrender.real import FLOAT32, FLOAT64

DIFFUSE = {"type": "diffuse", "reflectance": [0.7, 0.5, 0.3]}
PLASTIC = {"type": "plastic", "reflectance": [0.2, 0.4, 0.6], "specular": 0.6, "roughness": 0.4}
BALL = {"type": "sphere", "subdivisions": 2, "material": "paint", "transform": {"scale": [1, 0.8, 1.1]}}
PICTURE = (0.2 + np.random.default_rng(4).random((8, 16, 3))).tolist()
LAMP = quad([-3, 2, 1], [-3, 2, 3], [-1, 2, 3], [-1, 2, 1], emission=[9, 8, 7], two_sided=True)
LIGHTS = {
    "point": {"type": "point", "position": [2, 3, 4], "intensity": [20, 15, 10]},
    "spot": {"type": "spot", "position": [2, 3, 4], "target": [0, 0, 0], "intensity": [20, 15, 10], "cutoff": 20},
    "directional": {"type": "directional", "direction": [-1, -2, -1.5], "irradiance": [2, 1, 3]},
    "constant": {"type": "constant", "radiance": [0.4, 0.5, 0.6]},
    "envmap": {"type": "envmap", "image": PICTURE, "rotate": [10, 20, 30]},
}


def of(integrator, shapes, lights, material=DIFFUSE, size=16, view=None, more=None):
    """A scene of a material, `paint`, and perhaps `more`."""
    return nr.Scene.from_dict(
        {
            "nrender": 1,
            "cameras": {"main": view or camera([0.4, 0.8, 5], [0, 0, 0], 32, size)},
            "integrator": {"type": integrator, "spp": 16} | ({"max_depth": 2} if integrator == "path" else {}),
            "materials": {"paint": material} | (more or {}),
            "shapes": shapes,
            "lights": lights,
        }
    )


def both(*args, **keys):
    """The scene with `deferred` and with `path` of depth 2."""
    return of("deferred", *args, **keys), of("path", *args, **keys)


def images(scene, spp=64, count=12, first=0):
    return replicate(lambda seed: nr.render(scene, spp=spp, seed=seed), range(first, first + count))


def with_integrator(scene, **keys):
    document = scene.document
    document["integrator"] = keys
    return nr.Scene.from_dict(document)


@pytest.mark.parametrize("material", [DIFFUSE, PLASTIC], ids=["diffuse", "plastic"])
@pytest.mark.parametrize("light", [*LIGHTS, "area", "all"])
def test_a_convex_thing_looks_as_in_path_tracing(light, material):
    """The lamp is out of view, and between the ball and no other light."""
    shapes = {"ball": BALL} | ({"lamp": LAMP} if light in ("area", "all") else {})
    lights = LIGHTS if light == "all" else {light: LIGHTS[light]} if light in LIGHTS else {}
    lights = {k: v for k, v in lights.items() if light != "all" or k not in ("constant", "envmap")}
    ours, paths = both(shapes, lights, material)
    z = z_between(images(ours), images(paths, first=100))
    assert np.mean(z**2) < 1.5  # of a Student's t with some 20 degrees of freedom: 1.1
    assert abs(z.mean()) < 5 / np.sqrt(z.size / 3)  # the colours of a pixel go together
    assert images(ours).mean.max() > 0.05


def test_a_lit_floor_is_known_in_closed_form():
    """Below a lamp behind a screen: f I cos / r^2, as if there were no screen."""
    floor = {"type": "rectangle", "material": "paint", "transform": {"rotate": [-90, 0, 0], "scale": 5}}
    screen = {"type": "rectangle", "material": "paint", "transform": {"rotate": [-90, 0, 0], "translate": [1, 1.5, 0]}}
    lamp = {"type": "point", "position": [1, 2, 0], "intensity": [3, 2, 1]}
    view = camera([0, 1, 0], [0.5, 0, 0], 0.02, 1)
    ours = nr.render(of("deferred", {"floor": floor, "screen": screen}, {"lamp": lamp}, view=view), spp=4)
    paths = nr.render(of("path", {"floor": floor, "screen": screen}, {"lamp": lamp}, view=view), spp=4)
    r2 = 0.5**2 + 2.0**2
    truth = np.array(DIFFUSE["reflectance"]) / np.pi * np.array([3, 2, 1]) * 2.0 / r2**1.5
    np.testing.assert_allclose(ours[0, 0], truth, rtol=1e-3)  # a pixel of 0.02 degrees
    assert not paths.any()


def test_what_is_seen_emits_and_the_background_is_behind_it():
    lamp = {"type": "rectangle", "emission": [3, 2, 1], "transform": {"scale": 0.5}}
    image = nr.render(of("deferred", {"ball": BALL | {"transform": {"translate": [50, 0, 0]}}, "lamp": lamp},
                         {"sky": LIGHTS["constant"]}, size=15), spp=1)
    np.testing.assert_allclose(image[7, 7], [3, 2, 1], rtol=1e-6)
    np.testing.assert_allclose(image[0, 0], LIGHTS["constant"]["radiance"], rtol=1e-6)


def test_an_opacity_shows_what_is_behind():
    """A veil in front of a lamp: its own light by its opacity, the lamp's by the rest."""
    veil = {"type": "rectangle", "material": "paint", "emission": [1, 1, 1], "transform": {"translate": [0, 0, 1]}}
    lamp = {"type": "rectangle", "emission": [5, 4, 3], "transform": {"scale": 3}}
    paint = DIFFUSE | {"reflectance": [0, 0, 0], "opacity": 0.25}
    scene = of("deferred", {"veil": veil, "lamp": lamp}, {}, paint, view=camera([0, 0, 5], [0, 0, 0], 10, 4))
    found = replicate(lambda seed: nr.render(scene, spp=64, seed=seed).mean((0, 1)), range(16))
    assert np.abs(found.z(0.25 * np.ones(3) + 0.75 * np.array([5, 4, 3]))).max() < 3.5


def everything(size=8):
    """All kinds of light, a hidden lamp, opacity, a texture that moves under the ray, smooth normals."""
    shapes = {
        "ball": BALL | {"normals": "smooth"},
        "lamp": LAMP,
        "back": {"type": "rectangle", "material": "back", "transform": {"translate": [0.2, 0, -1.5], "scale": 2}},
    }
    lights = {k: v for k, v in LIGHTS.items() if k != "constant"}
    back = {"type": "diffuse", "reflectance": {"image": smooth_image(5, 4).tolist()}}
    return of("deferred", shapes, lights, PLASTIC | {"opacity": 0.6}, size, more={"back": back})


def test_adjoint_is_the_transpose_of_the_tangent():
    assert_images_adjoint(everything())
    assert_images_adjoint(with_integrator(cornell((8, 8)), type="deferred"))
    assert_images_adjoint(with_integrator(cutout((8, 8)), type="deferred"))


@pytest.mark.parametrize(
    "path", ["lights.point.intensity", "lights.point.position", "lights.spot.position", "lights.directional.direction",
             "shapes.lamp.emission", "lights.envmap.image", "materials.back.reflectance.image"],
)
def test_tangent_has_a_taylor_slope_of_two(path):
    """With the same samples: what their densities are made from stays as it was. Without shadows the light of a lamp
    without size has a derivative by its place sample by sample."""
    scene = everything(6)
    place, values, _, tables, _ = compile_scene(scene, "main", FLOAT64)
    v = push(place, {path: np.random.default_rng(2).normal(size=scene.parameters[path].shape)})

    def image(h):
        return cpu.render(FLOAT64, tables._replace(theta=values + h * v), (6, 6), 4, 3)[0].astype(float)

    tangent = cpu.render_tan(FLOAT64, tables, v, (6, 6), 4, 3)[1]
    assert np.abs(tangent).max() > 1e-3
    assert taylor_slope(image, tangent, 1e-3) == pytest.approx(2, abs=0.1)


def square(size=24):
    """A square over a textured wall, both lit by a lamp that the square hides from the wall, and by the sun."""
    shapes = {
        "square": {"type": "rectangle", "material": "paint",
                   "transform": {"translate": [0.1, -0.1, 0.3], "rotate": [5, 10, 20], "scale": 0.7}},
        "wall": {"type": "rectangle", "material": "wall", "transform": {"translate": [0, 0, -1], "scale": 3}},
        "lamp": quad([-0.4, 1, 4], [-0.4, 2, 4], [0.6, 2, 4], [0.6, 1, 4], emission=[30, 30, 20], two_sided=True),
    }
    wall = {"type": "diffuse", "reflectance": {"image": smooth_image(6, 6).tolist()}}
    return of("deferred", shapes, {"sun": LIGHTS["directional"]}, PLASTIC, size, more={"wall": wall})


@pytest.mark.parametrize(
    "path",
    ["shapes.square.transform.translate", "shapes.square.transform.rotate", "cameras.main.origin",
     "shapes.lamp.transform.translate", "materials.paint.roughness", "shapes.lamp.vertices"],
)
def test_derivatives_agree_with_finite_differences(path):
    found = check(square, path, 128, 128)
    assert abs(found.z) <= 3.5
    assert found.relative_sigma <= 0.05


def test_only_outlines_in_view_are_sampled():
    def strata(scene):
        compiled = compile_scene(scene, "main", FLOAT32)
        return strata_of(boundary_of(scene, compiled, (24, 24), FLOAT32), compiled.tables)

    scene = square()
    assert [s.strategy for s in strata(scene)] == [PRIMARY]
    assert len(strata(with_integrator(scene, type="path", max_depth=2))) > 1


def test_a_scene_of_it_is_written_and_read_again(tmp_path):
    scene = with_integrator(square(), type="deferred", spp=5)
    assert (scene.integrator.type, scene.integrator.spp, scene.integrator.shadows) == ("deferred", 5, False)
    scene.dump(tmp_path / "s.yaml")
    assert nr.load_scene(tmp_path / "s.yaml").integrator == scene.integrator
    assert job_of(scene, None, 0, "cpu", None, "float32").spp == 5


def test_it_has_no_depth():
    with pytest.raises(nr.SceneError, match="max_depth"):
        with_integrator(square(), type="deferred", max_depth=3)
