"""Pictures of every camera type, and their derivatives, outlines included."""

import numpy as np
import pytest

import nrender as nr
from nrender import Scene

POSE = {"origin": [0.2, 0.6, 3.0], "target": [0.1, 0.1, 0.0]}
SIZE = [24, 16]
CAMERAS = {
    "perspective": {"fov": 75, "principal_point": [0.45, 0.55], "fov_axis": "diagonal", "crop": [2, 1, 18, 13]},
    "thinlens": {"fov": 60, "aperture_radius": 0.15, "focus_distance": 2.4, "filter": "gaussian"},
    "orthographic": {"height": 3.0},
    "fisheye": {"fov": 100},
    "panorama": {},
    "opencv": {"fx": 22, "k1": -0.15, "k2": 0.03, "k4": 0.05, "p1": 0.01, "p2": -0.007},
}


def picture(seed, width=8, height=8):
    return np.random.default_rng(seed).uniform(0.2, 2.0, (height, width, 3))


def glowing(kind, depth=1, **more):
    """Boxes that shine: one in front, around it a room that a panorama sees wholly."""
    glow = {"emission": {"image": picture(1), "wrap": "clamp"}}
    camera = {"type": kind, "resolution": SIZE, **POSE, **CAMERAS[kind], **more}
    place = {"scale": 0.7, "rotate": [15, 30, 5], "translate": [0.2, 0, 0.1]}
    shapes = {
        "box": {"type": "cube", "emission": [0.3, 1.5, 0.8], "transform": place},
        "card": {"type": "rectangle", **glow, "two_sided": True,
                 "transform": {"translate": [-0.4, 0.2, -2], "scale": 1.8}},
        "behind": {"type": "rectangle", "emission": [1, 0.4, 0.2], "two_sided": True,
                   "transform": {"translate": [0.5, 0, 5], "rotate": [20, 10, 0]}},
    }
    integrator = {"max_depth": depth, "spp": 16}
    sky = {"sky": {"type": "constant", "radiance": [0.2, 0.1, 0.3]}}
    return Scene.from_dict({
        "nrender": 1, "cameras": {"main": camera}, "integrator": integrator, "shapes": shapes, "lights": sky,
    })  # fmt: skip


def lit(kind, **more):
    """A box over a floor under a lamp: shadows too."""
    camera = {"type": kind, "resolution": SIZE, **POSE, **CAMERAS[kind], **more}
    return Scene.from_dict({
        "nrender": 1, "cameras": {"main": camera}, "integrator": {"max_depth": 3, "spp": 16},
        "materials": {"white": {"type": "diffuse", "reflectance": [0.7, 0.6, 0.5]}},
        "shapes": {
            "box": {"type": "cube", "material": "white", "transform": {"scale": 0.5, "rotate": [10, 30, 5]}},
            "floor": {"type": "rectangle", "material": "white",
                      "transform": {"rotate": [-90, 0, 0], "scale": 3, "translate": [0, -1, 0]}},
            "lamp": {"type": "rectangle", "emission": [9, 9, 9],
                     "transform": {"rotate": [90, 0, 0], "translate": [0.5, 3, 0.5]}},
        },
    })  # fmt: skip


def by_day(kinds, *chosen):
    """The others by night."""
    return [pytest.param(kind, marks=[] if kind in chosen else [pytest.mark.nightly]) for kind in kinds]


@pytest.mark.slow
@pytest.mark.parametrize("kind", by_day(CAMERAS, "thinlens", "panorama", "opencv"))
def test_gradients_with_outlines_agree_with_finite_differences(kind):
    scene = glowing(kind)
    own = [path for path in scene.parameters if path.startswith("cameras.") or path == "shapes.box.transform.translate"]
    found = nr.gradcheck(scene, own, precision="float64", budget=1_000_000, samples=2, target=0.03)
    assert found.ok, str(found)


@pytest.mark.slow
@pytest.mark.parametrize("kind", by_day(["thinlens", "orthographic", "fisheye", "opencv"], "thinlens", "orthographic"))
def test_gradients_of_shadows_agree_with_finite_differences(kind):
    wrt = ["cameras.main.origin", ("shapes.box.transform.translate", (0,)), ("shapes.lamp.transform.translate", (2,))]
    found = nr.gradcheck(lit(kind), wrt, precision="float64", budget=1_000_000, samples=2, target=0.05)
    assert found.ok, str(found)
