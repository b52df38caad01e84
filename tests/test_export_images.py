"""A scene, and what comes back of it by way of glTF, look the same."""

import numpy as np
import pytest

import nrender as nr
from nrender.convert import convert

IMAGE = np.random.default_rng(2).integers(50, 256, (4, 5, 3)) / 255


@pytest.mark.slow
def test_pictures_are_alike(tmp_path):
    """All of it can be said in glTF: with the same seed only rounding to float32 is between the two."""
    before = nr.Scene.from_dict({
        "nrender": 1,
        "cameras": {"main": {"type": "perspective", "origin": [0, 2, 5], "target": [0, 0, 0], "fov": 45,
                             "resolution": [48, 32]}},
        "integrator": {"type": "path", "max_depth": 6, "spp": 64},
        "materials": {
            "tiles": {"type": "diffuse", "reflectance": {"image": nr.image.srgb_decode(IMAGE), "scale": 2}},
            "gold": {"type": "principled", "base_color": [0.9, 0.7, 0.2], "metallic": 1, "roughness": 0.4},
            "red": {"type": "principled", "base_color": [0.8, 0.1, 0.1], "roughness": 0.3, "specular": 0.8}},
        "shapes": {
            "floor": {"type": "rectangle", "material": "tiles",
                      "transform": {"scale": 3, "rotate": [-90, 0, 0], "translate": [0, -1, 0]}},
            "ball": {"type": "sphere", "subdivisions": 3, "normals": "smooth", "material": "gold",
                     "transform": {"scale": [1, 0.8, 1], "translate": [-1.2, 0, 0]}},
            "cube": {"type": "cube", "material": "red", "transform": {
                "matrix": [[-0.6, 0, 0.2, 1.2], [0, 0.7, 0, -0.3], [0.2, 0, 0.6, 0]]}},
            "lamp": {"type": "rectangle", "emission": [12, 11, 9],
                     "transform": {"rotate": [90, 0, 0], "translate": [0, 4, 0]}}},
        "lights": {"sun": {"type": "directional", "direction": [1, -2, -1], "irradiance": [0.5, 0.5, 0.8]}}})
    assert nr.export(before, tmp_path / "a.glb") == []
    convert(tmp_path / "a.glb", tmp_path / "b.yaml")
    a, b = (nr.render(scene, spp=64, seed=3) for scene in (before, nr.load_scene(tmp_path / "b.yaml")))
    assert a.mean() > 0.05
    np.testing.assert_allclose(b.mean(axis=(0, 1)), a.mean(axis=(0, 1)), rtol=0.01)
    # Pixel by pixel, too, but where an edge moves a path to another surface.
    assert np.quantile(np.abs(a - b), 0.9) < 0.01
