"""Images next to those of Mitsuba 3, where it is installed: an independent renderer of the same scenes."""

import numpy as np
import pytest
from estimates import replicate, z_between
from mitsuba_twin import mitsuba_scene, use_mitsuba
from scene_library import camera, quad, scene

import nrender as nr

pytestmark = [
    pytest.mark.mitsuba,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def mi():
    pytest.importorskip("mitsuba")
    return use_mitsuba()


def cornell(size):
    """A small room with a lamp under its ceiling and a block."""
    place = {"translate": [0.3, -0.65, 0.1], "rotate": [0, 25, 0], "scale": [0.3, 0.35, 0.3]}
    shapes = {
        "floor": quad([-1, -1, 1], [1, -1, 1], [1, -1, -1], [-1, -1, -1], material="white"),
        "ceiling": quad([-1, 1, -1], [1, 1, -1], [1, 1, 1], [-1, 1, 1], material="white"),
        "back": quad([-1, -1, -1], [1, -1, -1], [1, 1, -1], [-1, 1, -1], material="white"),
        "left": quad([-1, -1, 1], [-1, -1, -1], [-1, 1, -1], [-1, 1, 1], material="red"),
        "right": quad([1, -1, -1], [1, -1, 1], [1, 1, 1], [1, 1, -1], material="green"),
        "lamp": quad([-0.3, 0.98, -0.3], [0.3, 0.98, -0.3], [0.3, 0.98, 0.3], [-0.3, 0.98, 0.3], emission=[12, 9, 5]),
        "block": {"type": "cube", "material": "white", "transform": place},
    }
    materials = {"white": [0.73, 0.73, 0.73], "red": [0.63, 0.06, 0.05], "green": [0.14, 0.45, 0.09]}
    return scene(camera([0, 0.1, 3.6], [0, 0, 0], 42, size), shapes, 6, materials)


def lamp_under_sky(size):
    """An open scene, not symmetric in any way, so that a mirrored or turned image would not pass."""
    shapes = {
        "floor": quad([-2, 0, 1], [1.5, 0, 1.5], [1, 0, -1], [-1, 0, -1.5], material="grey"),
        "lamp": quad([0.4, 0.8, -0.5], [0.9, 1.2, -0.5], [0.9, 1.2, 0.4], [0.4, 0.8, 0.4], emission=[8, 6, 4]),
        "ball": {
            "type": "sphere",
            "subdivisions": 2,
            "material": "blue",
            "transform": {"translate": [-0.6, 0.5, 0.3], "scale": 0.5},
        },
    }
    materials = {"grey": [0.6, 0.5, 0.4], "blue": [0.2, 0.3, 0.7]}
    return scene(camera([1.0, 1.5, 4.0], [0, 0.4, 0], 38, size, [0.1, 1, 0]), shapes, 4, materials, [0.2, 0.3, 0.5])


@pytest.mark.parametrize("make", [cornell, lamp_under_sky])
def test_images_agree_with_mitsuba(mi, make):
    of = make((28, 24))
    twin = mitsuba_scene(mi, of)
    ours = replicate(lambda seed: nr.render(of, spp=64, seed=seed), range(16))
    theirs = replicate(lambda seed: np.array(mi.render(twin, spp=64, seed=seed)), range(16))
    noisy = np.hypot(ours.sigma, theirs.sigma) > 1e-6
    z = z_between(ours, theirs)[noisy]
    assert noisy.mean() > 0.3
    assert np.sqrt((z**2).mean()) == pytest.approx(1, abs=0.15)
    assert np.abs(z).max() < 6.5
    np.testing.assert_allclose(ours.mean[~noisy], theirs.mean[~noisy], atol=1e-5)
    mean = ours.mean.mean((0, 1)) / theirs.mean.mean((0, 1))
    assert np.abs(mean - 1).max() < 0.01
