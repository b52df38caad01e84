"""For tests in the simulator: small pictures on it and, one path at a time in float64, on the CPU."""

import importlib
import warnings

import numpy as np
import pytest
import test_lanes

import nrender as nr
from nrender.job import job_of
from nrender.warm_kernels import SCENE

rendering = importlib.import_module("nrender.render")
compile_scene = importlib.import_module("nrender.compile_scene")
SIZE, SEED = 4, 3
ONES = np.ones((SIZE, SIZE, 3))


def small(scene):
    """The same with a picture of 4 x 4 pixels."""
    document = scene.document
    document["cameras"]["main"]["resolution"] = [SIZE, SIZE]
    document["cameras"]["main"].pop("crop", None)
    return nr.Scene.from_dict(document)


def close(found, expected, off=1):
    """Images that agree but for so many pixels."""
    assert expected.any()
    far = np.abs(found - expected).max(-1) > 1e-4 * np.abs(expected).max()
    assert far.sum() <= off


def still(scene):
    """All parameters that move nothing, and a direction of each."""
    paths = [path for path in scene.parameters if not rendering.moves_geometry(path)]
    rng = np.random.default_rng(1)
    return {path: rng.normal(size=scene.parameters[path].shape) for path in paths}


@pytest.fixture(scope="module", params=test_lanes.SCENES)
def scene(request):
    return small(test_lanes.SCENES[request.param]())


ON_CUDA = {"device": "cuda", "spp": 2, "seed": SEED}
ON_CPU = {"device": "cpu", "precision": "float64", "spp": 2, "seed": SEED}
LENS = {"type": "thinlens", "aperture_radius": 0.1, "focus_distance": 3.0, "filter": "gaussian"}


@pytest.fixture(
    scope="module", params=[{}, {"type": "fisheye", "fov": 45}, LENS], ids=["straight", "bent", "out of focus"]
)
def work(request):
    """Of float32 and float64, few samples of each kind of boundary: outlines, shadows, indirect light, what a smooth
    surface shows."""
    scene = small(nr.Scene.from_dict(SCENE | {"cameras": {"main": SCENE["cameras"]["main"] | request.param}}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        jobs = [job_of(scene, 1, SEED, *how) for how in (("cuda", None, "float32"), ("cpu", None, "float64"))]
        works = [rendering._boundary(job, ["shapes.thing.transform.translate"]) for job in jobs]
    shares = [share._replace(samples=100) for share in works[0].shares]
    return [work._replace(shares=shares) for work in works]
