"""What holds of any scene, in scenes drawn at random: linear in the light, bounded, and the same wherever the world is.

NRENDER_SCENES=N draws N of each; warnings, that of a path that isn't finite among them, are errors.
"""

import os

import numpy as np
import pytest
import trimesh
from estimates import replicate, z_between
from random_scenes import moved, random_document, velocity
from scene_library import mesh

import nrender as nr

COUNT = int(os.environ.get("NRENDER_SCENES", "4"))
SEEDS = pytest.mark.parametrize("seed", range(COUNT))


def image(document, seed=0, **keys):
    return nr.render(nr.Scene.from_dict(document), seed=seed, device="cpu", **keys)


def whole_turn(seed):
    return trimesh.transformations.random_rotation_matrix(np.random.default_rng(seed + 1000).random(3))[:3, :3]


def brighter(document, factor):
    for shape in document["shapes"].values():
        if "emission" in shape:
            shape["emission"] = [factor * value for value in shape["emission"]]
    for light in document["lights"].values():
        key = "radiance" if "radiance" in light else "intensity"
        light[key] = [factor * value for value in light[key]]
    return document


@SEEDS
def test_twice_the_light_is_twice_the_image_to_the_bit(seed):
    document = random_document(seed)
    np.testing.assert_array_equal(2 * image(document), image(brighter(document, 2.0)))


@SEEDS
def test_lights_add_up(seed):
    """Each alone is sampled in another way, so by their noise."""
    document = random_document(seed)
    document["lights"]["sky"] = {"type": "constant", "radiance": [0.5, 0.6, 0.7]}
    lamp, sky = random_document(seed), random_document(seed)
    lamp["lights"] = {k: v for k, v in document["lights"].items() if k != "sky"}
    sky["lights"] = {"sky": document["lights"]["sky"]}
    sky["shapes"]["lamp"]["emission"] = [0.0, 0.0, 0.0]
    both = replicate(lambda s: image(document, s).mean(axis=(0, 1)), range(24))
    parts = replicate(lambda s: (image(lamp, s) + image(sky, s)).mean(axis=(0, 1)), range(100, 124))
    assert np.abs(z_between(both, parts)).max() < 4  # 3 colours of a few scenes; 1 in 5000 by chance


@SEEDS
def test_nothing_reflects_more_than_it_gets(seed):
    """In a uniform sky of radiance 1, no pixel is brighter, but for the noise of its mean."""
    document = random_document(seed, least=0.2, depth=12)
    document["shapes"].pop("lamp")
    document["lights"] = {"sky": {"type": "constant", "radiance": [1.0, 1.0, 1.0]}}
    for value in document["materials"].values():
        value.pop("sheen", None)  # Burley's sheen adds light: it isn't a model that conserves energy
        value.pop("clearcoat", None)
    images = np.array([image(document, s, spp=64) for s in range(8)], np.float64)
    mean, error = images.mean(axis=0), images.std(axis=0, ddof=1) / np.sqrt(8)
    assert mean.mean(axis=(0, 1)).max() <= 1
    assert np.mean(mean > 1 + 4 * error + 1e-4) < 0.01


@SEEDS
def test_the_order_of_triangles_does_not_matter(seed):
    document, rng = random_document(seed), np.random.default_rng(seed)
    before = image(document)
    for name, shape in document["shapes"].items():
        if name != "lamp":  # its triangles are drawn by their number
            shape["faces"] = rng.permutation(shape["faces"])
    after = image(document)
    # Rays through an edge may meet the triangle on its other side.
    assert np.mean(np.any(np.abs(after - before) > 1e-4 * (1 + before), axis=-1)) < 0.03


@SEEDS
def test_the_image_stays_when_the_world_moves(seed):
    document = random_document(seed)
    away = moved(document, whole_turn(seed), np.array([3.0, -2.0, 5.0]))
    here = replicate(lambda s: image(document, s).mean(axis=(0, 1)), range(24))
    there = replicate(lambda s: image(away, s).mean(axis=(0, 1)), range(100, 124))
    assert np.abs(z_between(here, there)).max() < 4


@SEEDS
@pytest.mark.parametrize("power", [-13, 20])
def test_the_image_stays_when_the_world_is_larger(seed, power):
    """From 1e-4 to 1e6 of the size."""
    document = random_document(seed)
    scaled = moved(document, np.eye(3), np.zeros(3), 2.0**power)
    before, after = image(document), image(scaled)
    assert np.mean(np.any(np.abs(after - before) > 1e-3 * (1 + before), axis=-1)) < 0.03


@SEEDS
def test_a_motion_of_the_whole_world_has_no_derivative(seed):
    """Silhouettes, shadows and all: rough materials, whose missing terms (docs/theory.md, 10) are none."""
    document = random_document(seed, least=0.4, glass=False, depth=3)
    document["lights"].pop("bulb", None)
    scene, rng = nr.Scene.from_dict(document), np.random.default_rng(seed)
    direction = velocity(document, rng.normal(size=3), rng.normal(size=3))
    each = [nr.render_jvp(scene, {path: v}, spp=64, device="cpu")[1] for path, v in direction.items()]
    parts = np.mean(each, axis=(1, 2))
    for spp in (64, 256, 1024):  # as many as it takes to see that what cancels is large
        keys = {"spp": spp, "device": "cpu"}
        tangents = replicate(
            lambda s, k=keys: nr.render_jvp(scene, direction, seed=s, **k)[1].mean(axis=(0, 1)), range(12)
        )
        if np.abs(parts).max() > 20 * tangents.sigma.max():
            break
    rounding = 1e-6 * np.abs(parts).sum(axis=0)
    assert np.all(np.abs(tangents.mean) < 4.5 * np.hypot(tangents.sigma, rounding))  # 1 in 1000 by chance
    assert np.abs(parts).max() > 20 * tangents.sigma.max()


@SEEDS
def test_float32_sees_what_float64_sees(seed):
    document = random_document(seed)
    single, double = image(document), image(document, precision="float64")
    off = np.any(np.abs(single - double) > 1e-2 * (1 + double), axis=-1)
    assert np.mean(off) < 0.05  # paths that part at an edge
    assert np.abs(single - double)[~off].mean() < 1e-3


def hostile(seed):
    """With needles, coincident triangles, a wall that the camera sees edge-on, and solids that pass through others."""
    document, rng = random_document(seed), np.random.default_rng(seed)
    thin = rng.uniform(-1, 1, (20, 3, 3))
    thin[:, 2] = thin[:, 1] + 1e-7 * rng.normal(size=(20, 3))
    document["shapes"]["needles"] = mesh(thin.reshape(-1, 3), np.arange(60).reshape(-1, 3), material="floor")
    document["shapes"]["again"] = dict(document["shapes"]["s0"])
    eye = np.array(document["cameras"]["main"]["origin"])
    wall = np.array([0.5 * eye, 0.3 * eye, 0.3 * eye + [0, 1, 0]])
    document["shapes"]["grazing"] = mesh(wall, [[0, 1, 2]], material="floor")
    return document


@SEEDS
@pytest.mark.filterwarnings("ignore:without the derivative of")
def test_needles_and_coincident_and_grazing_triangles_are_finite(seed):
    document = hostile(seed)
    scene = nr.Scene.from_dict(document)
    names = [path for path in scene.parameters if not path.startswith("lights.bulb")]
    picture, pullback = nr.render_vjp(scene, names, spp=16, device="cpu")
    assert np.all(np.isfinite(picture))
    for path, gradient in pullback(np.ones_like(picture)).items():
        assert np.all(np.isfinite(gradient)), path
