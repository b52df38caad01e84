"""Derivatives of whole images with each material and light: an open, shiny corner, lit by lights without size that
nothing hides, against finite differences."""

import functools

import pytest
from gradcheck import assert_images_adjoint, check
from scene_library import camera

import nrender as nr

MATERIALS = {
    "conductor": {"type": "conductor", "f0": [0.9, 0.7, 0.4], "roughness": 0.6},
    "plastic": {"type": "plastic", "reflectance": [0.2, 0.5, 0.6], "specular": 0.9, "roughness": 0.5},
    "dielectric": {"type": "dielectric", "ior": 1.5, "roughness": 0.6},
    "principled": {
        "type": "principled",
        "base_color": [0.2, 0.5, 0.6],
        "metallic": 0.3,
        "roughness": 0.6,
        "specular": 0.5,
        "specular_tint": 0.4,
        "sheen": 0.6,
        "sheen_tint": 0.3,
        "clearcoat": 0.7,
        "clearcoat_gloss": 0.2,
        "transmission": 0.4,
    },
}
LIGHTS = {
    "lamp": {"type": "point", "position": [0.6, 0.5, 0.7], "intensity": [1, 0.9, 0.8]},
    "cone": {"type": "spot", "position": [0.7, 0.9, 0.9], "target": [-0.6, -0.6, -0.5], "intensity": [3, 3, 2]},
    "sun": {"type": "directional", "direction": [-1, -1.1, -1.3], "irradiance": [0.5, 0.6, 0.7]},
}
MOVED = ["shapes.thing.transform.translate", "cameras.main.origin", "cameras.main.fov"]
ROUGHNESS = "materials.paint.roughness"
NOISY = {("conductor", ROUGHNESS): 6, ("conductor", "lights.cone.target"): 6, ("principled", ROUGHNESS): 3}
"""How many times the samples."""


@functools.cache
def maker(material):
    vertices = [[0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 2], [2, 2, 0], [0, 2, 2], [2, 0, 2]]
    faces = [[0, 1, 4], [0, 4, 2], [0, 2, 5], [0, 5, 3], [0, 3, 6], [0, 6, 1]]
    place = {"translate": [-0.9, -0.8, -0.7], "rotate": [4, 6, -5], "scale": 0.9}
    document = {
        "nrender": 1,
        "cameras": {"main": camera([3.2, 2.2, 4.0], [-0.2, -0.1, 0], 34, 24, [0.05, 1, 0])},
        "integrator": {"type": "path", "max_depth": 3, "spp": 16},
        "materials": {"paint": MATERIALS[material]},
        "shapes": {
            "thing": {"type": "mesh", "vertices": vertices, "faces": faces, "material": "paint", "transform": place}
        },
        "lights": LIGHTS,
    }
    return functools.partial(nr.Scene.from_dict, document)


def cases():
    for material in MATERIALS:
        paths = list(maker(material)().parameters)
        chosen = [path for path in paths if path.startswith("materials.")] + MOVED
        if material == "conductor":
            chosen += [path for path in paths if path.startswith("lights.")]
        yield from ((material, path) for path in chosen)


@pytest.mark.parametrize("material, path", list(cases()))
def test_adjoint_agrees_with_finite_differences(material, path):
    more = NOISY.get((material, path), 1)
    found = check(maker(material), path, 128 * more, 96 * more)
    assert abs(found.z) <= 3.5
    assert found.relative_sigma <= 0.05 or found.size < 2e-3


@pytest.mark.parametrize("material", MATERIALS)
def test_adjoint_is_the_transpose_of_the_tangent(material):
    assert_images_adjoint(maker(material)())
