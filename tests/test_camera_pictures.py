"""What cameras see of scenes whose pictures are known."""

import numpy as np
import pytest
from estimates import replicate
from numpy.testing import assert_allclose
from test_camera_images import CAMERAS, glowing

import nrender as nr
from nrender import Scene

SKY = {"sky": {"type": "constant", "radiance": [1, 1, 1]}}
SPECK = {"speck": {"type": "rectangle", "emission": [0, 0, 0], "transform": {"scale": 1e-5, "translate": [0, -99, 0]}}}
CARD = {"card": {"type": "rectangle", "emission": [1, 1, 1], "transform": {"scale": [0.3, 0.2, 1]}}}


def scene(camera, shapes=None, lights=None):
    return Scene.from_dict({
        "nrender": 1, "cameras": {"main": camera}, "integrator": {"max_depth": 1, "spp": 64}, "shapes": shapes or SPECK,
        "lights": lights or {},
    })  # fmt: skip


@pytest.mark.parametrize("kind", CAMERAS)
def test_a_crop_has_the_pixels_of_the_whole(kind):
    """With its samples: but for some that rounding takes across an edge."""
    part = glowing(kind, crop=[5, 3, 12, 9])
    whole = glowing(kind, crop=[0, 0, 24, 16])
    found, expected = nr.render(part, spp=16, seed=3), nr.render(whole, spp=16, seed=3)[3:12, 5:17]
    assert found.shape == (9, 12, 3)
    assert (np.abs(found - expected).max(2) > 1e-4).mean() < 0.03
    assert expected.std() > 0.1


def test_a_panorama_of_an_environment_map_is_its_file():
    """The mean of what is bilinear over a texel's square: 1/8, 3/4, 1/8 in both directions."""
    sky = np.random.default_rng(1).uniform(0.1, 1.0, (8, 16, 3))
    camera = {"type": "panorama", "origin": [3, 2, 1], "target": [3, 2, 4], "resolution": [16, 8]}
    of = scene(camera, lights={"sky": {"type": "envmap", "image": sky}})
    found = replicate(lambda seed: nr.render(of, spp=256, seed=seed), range(8))
    across = 0.75 * sky + 0.125 * (np.roll(sky, 1, 1) + np.roll(sky, -1, 1))
    padded = np.concatenate([across[:1], across, across[-1:]])
    expected = 0.75 * across + 0.125 * (padded[2:] + padded[:-2])
    assert np.abs((found.mean - expected) / found.sigma).max() < 8  # few replicates say little of their spread
    assert_allclose(found.mean, expected, rtol=5e-3)


def test_a_fisheye_is_black_around_its_circle():
    camera = {"type": "fisheye", "origin": [0, 0, 0], "target": [0, 0, 1], "fov": 200, "resolution": [30, 20]}
    image = nr.render(scene(camera, lights=SKY), spp=64)[..., 0]
    x, y = np.meshgrid(np.arange(30) - 14.5, np.arange(20) - 9.5)
    r = np.hypot(x, y)
    assert (image[r < 9.2] == 1).all()
    assert (image[r > 10.8] == 0).all()
    assert image.sum() == pytest.approx(np.pi * 100, rel=2e-3)


@pytest.mark.parametrize("away", [1.0, 50.0])
def test_parallel_rays_see_a_size_whatever_its_distance(away):
    pose = {"origin": [0.05, 0, away], "target": [0.05, 0, 0]}
    camera = {"type": "orthographic", **pose, "height": 1.0, "resolution": [20, 16]}
    image = nr.render(scene(camera, CARD), spp=64)
    assert image[..., 0].sum() == pytest.approx(0.6 * 0.4 * 16 * 16, rel=2e-3)
    assert nr.render(scene({**camera, "target": [0.05, 0, 2 * away]}, CARD), spp=4).max() == 0  # it is behind


@pytest.mark.parametrize("kind, keys", [("opencv", {"fx": 20.0}), ("fisheye", {"fov": 1.0})])
def test_without_distortion_it_is_a_pinhole(kind, keys):
    """A fisheye of a small angle too: it bends by fov^2."""
    pose = {"origin": [0.1, 0.2, 1.5 if kind == "opencv" else 60.0], "target": [0.1, 0, 0], "resolution": [24, 16]}
    fov = 2 * np.degrees(np.arctan(8 / 20)) if kind == "opencv" else 1.0
    image = nr.render(scene({"type": kind, **pose, **keys}, CARD), spp=64)
    pinhole = nr.render(scene({"type": "perspective", **pose, "fov": fov}, CARD), spp=64)
    inside = np.hypot(*np.meshgrid(np.arange(24) - 11.5, np.arange(16) - 7.5)) < (99 if kind == "opencv" else 7)
    assert np.abs(image - pinhole)[inside].max() <= 2 / 64 + 1e-6
    assert np.abs(image - pinhole)[inside].mean() < 1e-3
    assert 0.1 < pinhole.mean() < 0.9
