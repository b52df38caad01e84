"""Lanes against single paths, those in float64, whose kernels other tests need too: the same images, tangents and
gradients but for rounding, whatever is in the scene.

A path whose decision hangs on the last bits may go elsewhere, so some pixels may differ, but few, and no more than
by noise.
"""

import boundary_scenes
import mitsuba_scenes
import numpy as np
import pytest
import scene_library
import textured_scenes

import nrender as nr
from nrender.backend import cpu
from nrender.compile_scene import compile_scene
from nrender.real import FLOAT32, FLOAT64
from nrender.simd import FLOAT32XN
from nrender.tables import FACE, FACE_EMISSION

SCENES = {
    "cornell": lambda: mitsuba_scenes.cornell((20, 18)),
    "lamp under sky": lambda: mitsuba_scenes.lamp_under_sky((20, 18)),
    "metal and plastic": lambda: mitsuba_scenes.metal_and_plastic(subdivisions=2),
    "glass": lambda: mitsuba_scenes.glass(subdivisions=2),
    "principled": lambda: mitsuba_scenes.principled(subdivisions=2),
    "textured floor": lambda: mitsuba_scenes.textured_floor((20, 18)),
    "cutout": lambda: mitsuba_scenes.cutout((20, 18)),
    "normal map": lambda: mitsuba_scenes.normal_map((20, 18)),
    "vertex colours": lambda: mitsuba_scenes.vertex_colours((20, 18)),
    "minified": textured_scenes.minified_quad(),
    "spot": boundary_scenes.spot_shadow(),
    "sun": boundary_scenes.sun_shadow(),
    "textured lamp": boundary_scenes.textured_lamp_shadow(),
    "many lamps": lambda: lamps(60),
    "furnace": lambda: scene_library.furnace("cube", 30, [0.9, 0.8, 0.7], [0.1, 0.2, 0.3]),
    "deferred": lambda: deferred(mitsuba_scenes.lamp_under_sky((20, 18))),
    "deferred cutout": lambda: deferred(mitsuba_scenes.cutout((20, 18))),
}
CORNELL = {"fov": None, "fov_axis": None}
SCENES |= {
    name: lambda name=name, keys=keys: mitsuba_scenes.with_camera(
        mitsuba_scenes.cornell((20, 18)), type=name, **CORNELL | keys
    )
    for name, keys in {
        "orthographic": {"height": 1.8},
        "thinlens": {"aperture_radius": 0.1, "focus_distance": 3.0, "filter": "gaussian"},
        "fisheye": {"fov": 80, "crop": [1, 2, 18, 15]},
        "panorama": {"origin": [0.1, 0.1, 0.5]},
        "opencv": {"fx": 24, "k1": -0.1, "k2": 0.02, "k4": 0.03, "p1": 0.01, "p2": -0.02},
    }.items()
}
SPP = 8


def lamps(count):
    """Over a floor, so many that they are in a tree."""
    shapes = {"floor": boundary_scenes.ground()}
    for k in range(count):
        x, z = -1.0 + 2.0 * (k % 8) / 7, -1.0 + 2.0 * (k // 8) / 7
        corners = ([x, 1, z], [x + 0.1, 1, z], [x + 0.1, 1, z + 0.1], [x, 1, z + 0.1])
        shapes[f"lamp-{k}"] = scene_library.quad(*corners, emission=[1.0 + k, 40.0, 20.0])
    view = scene_library.camera([0.5, 2.0, 4.0], [0, 0, 0], 45, 20)
    return scene_library.scene(view, shapes, 3, {"floor": [0.7, 0.6, 0.5]})


def deferred(scene):
    document = scene.document
    document["integrator"] = {"type": "deferred"}
    return nr.Scene.from_dict(document)


@pytest.fixture(scope="module", params=SCENES)
def job(request):
    """(tables, tables in float64, size of the picture)."""
    scene = SCENES[request.param]()
    view = scene.cameras["main"]
    return *(compile_scene(scene, "main", width).tables for width in (FLOAT32, FLOAT64)), (view.width, view.height)


def close(lanes, single, near=1e-4):
    """All but a few in a hundred numbers, and the sum. (Of a gradient many numbers come from few paths each: single
    paths in float32 are as far from those in float64, 7 in a hundred numbers by more than 1e-4 under a sky.)"""
    assert np.isfinite(lanes).all()
    assert np.abs(single).max() > 0
    far = np.abs(lanes - single) > near * np.abs(single).max()
    assert far.mean() < 0.03
    assert abs(lanes.sum() - single.sum()) < 0.01 * np.abs(single).sum()


def test_lanes_render_the_same_image(job):
    tables, wide, size = job
    single, _ = cpu.render(FLOAT64, wide, size, SPP, 3)
    lanes, bad = cpu.render(FLOAT32XN, tables, size, SPP, 3)
    assert bad.first() is None
    close(lanes, single)


def test_lanes_have_the_same_tangent(job):
    tables, wide, size = job
    d_theta = np.random.default_rng(1).normal(size=len(tables.theta))
    _, single, _ = cpu.render_tan(FLOAT64, wide, d_theta, size, SPP, 3)
    _, lanes, bad = cpu.render_tan(FLOAT32XN, tables, d_theta.astype(np.float32), size, SPP, 3)
    assert bad.first() is None
    close(lanes, single)


@pytest.mark.parametrize("moving", [False, True])
def test_lanes_have_the_same_gradient(job, moving):
    tables, wide, size = job
    weights = np.random.default_rng(2).normal(size=(size[1], size[0], 3)) + 1.0
    single, _ = cpu.render_adj(FLOAT64, wide, weights, size, SPP, 3, moving)
    lanes, bad = cpu.render_adj(FLOAT32XN, tables, weights, size, SPP, 3, moving)
    assert bad.first() is None
    close(lanes, single, near=1e-3)


@pytest.mark.parametrize("colour", range(3))
@pytest.mark.parametrize("width", [FLOAT32XN, FLOAT64])
def test_one_colour_that_is_not_a_number_is_enough(width, colour):
    """Such samples are left out and counted, whichever component is NaN: a maximum would leave it out."""
    scene = scene_library.corner(size=6, background=[1, 1, 1])
    tables = compile_scene(scene, "main", FLOAT64 if width is FLOAT64 else FLOAT32).tables
    theta = tables.theta.copy()
    theta[tables.faces[FACE_EMISSION - FACE] + colour] = np.nan  # of the last face, the lamp's
    image, bad = cpu.render(width, tables._replace(theta=theta), (6, 6), 1, 3)
    assert np.isfinite(image).all()
    assert bad.first()[0] == (~image.any(-1)).sum() > 0
