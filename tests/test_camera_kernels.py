"""Whole kernels with every camera type, run as Python in float64: adjoints are the transposes of tangents, and tangents
the derivatives of images where no edge is passed. Nothing is compiled."""

import numpy as np
import pytest
from derivatives import assert_transpose, taylor_slope
from test_camera_images import CAMERAS, lit, picture

from nrender import Scene
from nrender.aov import AOVS, channels_of
from nrender.backend import aov_kernels, cpu, kernels
from nrender.boundary.plan import LIGHTS, MIRRORED, Share, Stratum, plan_of
from nrender.boundary.primary import Edges
from nrender.boundary.segment import EVERY
from nrender.compile_scene import boundary_of, compile_scene, visible_of
from nrender.geometry.edges import allot
from nrender.params import layout, push, theta
from nrender.real import FLOAT64

WIDTH, HEIGHT, SPP, SEED = 4, 3, 1, 3
SAMPLES = 24  # of edges
CASES = {kind: {} for kind in CAMERAS} | {
    "perspective, tent": {"filter": "tent"},
    "orthographic, gaussian": {"filter": "gaussian"},
    "fisheye, gaussian": {"filter": "gaussian"},
    "perspective, point": {"filter": "point"},
}


def minified(kind, more):
    """A floor with an image, from afar."""
    document = lit(kind, **more).document
    floor = {"image": picture(3, 32, 32), "filter": "mipmap"}
    document["materials"]["textured"] = {"type": "diffuse", "reflectance": floor}
    document["shapes"]["floor"]["material"] = "textured"
    document["materials"]["textured"]["reflectance"]["image"] = np.clip(floor["image"] / 2, 0, 1)
    return document


class Job:
    def __init__(self, name):
        kind = name.split(",")[0]
        document = minified(kind, CASES[name])
        camera = document["cameras"]["main"]
        camera.update(resolution=[WIDTH, HEIGHT], crop=None)
        if kind == "opencv":
            camera.update(fx=4.0, fy=4.0)
        document["cameras"]["main"] = {key: value for key, value in camera.items() if value is not None}
        document["integrator"]["max_depth"] = 2
        self.scene = Scene.from_dict(document)
        self.compiled = compile_scene(self.scene, "main", FLOAT64)
        self.place, self.tables = self.compiled.place, self.compiled.tables
        rng = np.random.default_rng(5)
        parameters = self.scene.parameters
        self.d_theta = push(self.place, {path: rng.normal(size=value.shape) for path, value in parameters.items()})
        view = self.place.view
        self.d_theta[: view.start + view.size] = rng.normal(size=view.start + view.size)
        self.weights = rng.normal(size=3 * WIDTH * HEIGHT)
        self.bad = np.zeros(3, np.int64)

    def of(self, values):
        return self.tables._replace(theta=values)


@pytest.fixture(scope="module", params=CASES)
def job(request):
    return Job(request.param)


def test_the_gradient_of_an_image_is_the_transpose_of_its_tangent(job):
    image, d_image = np.zeros((2, 3 * WIDTH * HEIGHT))
    gradient = np.zeros(job.place.size)
    size = WIDTH, HEIGHT, SPP, SEED
    kernels.render_tan(job.tables, job.d_theta, *size, 0, 1, image, d_image, job.bad)
    kernels.render_adj(job.tables, job.weights, *size, True, 0, 1, cpu._batch(FLOAT64), gradient, job.bad)
    assert not job.bad.any()
    assert job.tables.minify
    start = job.place.view.start
    assert gradient[start : start + 12].any()
    assert_transpose(d_image, job.weights, job.d_theta, gradient)


def test_the_gradient_of_aovs_is_the_transpose_of_their_tangent(job):
    channels = channels_of([name for name, aov in AOVS.items() if aov.differentiable], -1)
    count = channels.number * WIDTH * HEIGHT
    image, d_image = np.zeros((2, count))
    weights, gradient = np.random.default_rng(7).normal(size=count), np.zeros(job.place.size)
    size = WIDTH, HEIGHT, SPP, SEED
    aov_kernels.aovs_tan(job.tables, job.d_theta, channels, *size, 0, 1, image, d_image, job.bad)
    aov_kernels.aovs_adj(job.tables, weights, channels, *size, True, 0, 1, gradient, job.bad)
    assert_transpose(d_image, weights, job.d_theta, gradient)


def test_depth_is_along_the_axis_or_along_the_ray(job):
    channels = channels_of(["depth", "distance", "position", "alpha"], -1)
    image = np.zeros(channels.number * WIDTH * HEIGHT)
    aov_kernels.aovs(job.tables, channels, WIDTH, HEIGHT, SPP, SEED, 0, 1, image, job.bad)
    image = image.reshape(-1, channels.number)
    found = image[image[:, channels.alpha] == 1.0]
    assert len(found)
    values = job.scene.cameras["main"].values
    forward = (values["target"] - values["origin"]) / np.linalg.norm(values["target"] - values["origin"])
    away = found[:, channels.position : channels.position + 3] - values["origin"]
    along, direct = away @ forward, np.linalg.norm(away, axis=1)
    kind = job.scene.cameras["main"].type
    np.testing.assert_allclose(found[:, channels.depth], direct if kind in ("fisheye", "panorama") else along)
    if kind == "thinlens":  # the distance is that from a point of the lens
        radius = float(values["aperture_radius"])
        assert 0.0 < np.abs(found[:, channels.distance] - direct).max() < radius
    else:
        np.testing.assert_allclose(found[:, channels.distance], along if kind == "orthographic" else direct)


def test_aovs_move_as_their_tangent_says(job):
    """Depth, position and footprint of a camera that moves a little: no sample passes an edge."""
    channels = channels_of(["depth", "distance", "position", "albedo"], -1)
    count = channels.number * WIDTH * HEIGHT
    rng = np.random.default_rng(8)
    paths = [path for path in job.scene.parameters if path.startswith("cameras.")]
    d = {path: rng.normal(size=job.scene.parameters[path].shape) * 0.3 for path in paths}

    def at(h):
        moved = job.scene.replace({path: job.scene.parameters[path] + h * x for path, x in d.items()})
        image = np.zeros(count)
        values = theta(layout(moved, "main"))
        aov_kernels.aovs(job.of(values), channels, WIDTH, HEIGHT, SPP, SEED, 0, 1, image, job.bad)
        return image

    image, d_image = np.zeros((2, count))
    d_theta = push(job.place, d)
    aov_kernels.aovs_tan(job.tables, d_theta, channels, WIDTH, HEIGHT, SPP, SEED, 0, 1, image, d_image, job.bad)
    np.testing.assert_allclose(image, at(0.0), rtol=1e-12)
    assert np.abs(d_image).max() > 0.1
    assert taylor_slope(at, d_image, 1e-4) == pytest.approx(2, abs=0.1)


def outlines_of(job):
    visible = visible_of(job.scene, job.compiled, (WIDTH, HEIGHT), FLOAT64)
    assert (visible is None) == (job.scene.cameras["main"].values["filter"] == "point")
    if visible is None:
        return None
    first, spacing = allot(visible.lengths, SAMPLES, 0.3)
    return Edges(visible.ends, visible.clip, first, spacing)


def test_the_gradient_of_outlines_is_the_transpose_of_their_tangent(job):
    edges = outlines_of(job)
    if edges is None:
        pytest.skip("pixels are points")
    gradient, unused, d_image = np.zeros(job.place.size), np.zeros(1), np.zeros(3 * WIDTH * HEIGHT)
    head = job.tables, edges, WIDTH, HEIGHT, SAMPLES, SEED, 0
    kernels.outlines(*head, False, 0, 1, job.d_theta, unused, unused, d_image, np.zeros(2), job.bad)
    kernels.outlines(*head, True, 0, 1, unused, job.weights, gradient, unused, np.zeros(2), job.bad)
    assert not job.bad.any()
    assert_transpose(d_image, job.weights, job.d_theta, gradient)


def test_the_gradient_of_outlines_of_aovs_is_the_transpose_of_their_tangent(job):
    edges = outlines_of(job)
    if edges is None:
        pytest.skip("pixels are points")
    channels = channels_of(["depth", "normal", "alpha"], -1)
    count = channels.number * WIDTH * HEIGHT
    weights, gradient = np.random.default_rng(7).normal(size=count), np.zeros(job.place.size)
    unused, d_image = np.zeros(1), np.zeros(count)
    head = job.tables, channels, edges, WIDTH, HEIGHT, SAMPLES, SEED
    aov_kernels.aov_outlines(*head, False, 0, 1, job.d_theta, unused, unused, d_image, job.bad)
    aov_kernels.aov_outlines(*head, True, 0, 1, unused, weights, gradient, unused, job.bad)
    assert not job.bad.any()
    assert_transpose(d_image, weights, job.d_theta, gradient)


def test_the_gradient_of_shadows_is_the_transpose_of_their_tangent(job):
    """Segments from the lamp, and where the eye can't be connected from pixels."""
    points = job.scene.cameras["main"].values["filter"] == "point"
    strategy, samples = (MIRRORED, 400) if points else (LIGHTS, 96)
    size = WIDTH, HEIGHT
    found = boundary_of(job.scene, job.compiled, size, FLOAT64)
    share = Share(Stratum(strategy, 1, 1.0, 0.0), samples, np.ones(1 + int(found.cluster.max())))
    plan = plan_of(found, share, WIDTH * HEIGHT, 0.3, float)
    rough = EVERY if points else 0.0
    gradient, unused, d_image = np.zeros(job.place.size), np.zeros(1), np.zeros(3 * WIDTH * HEIGHT)
    tail = plan, 1, rough, *size, samples, SEED, 0
    head = (job.tables, found.edges, *tail) if points else (job.tables, found.edges, found.emitters, *tail)
    kernel = kernels.mirrored if points else kernels.grazing
    assert points == (found.rough == EVERY)
    moments = np.zeros((2, 3 + int(found.cluster.max())))
    kernel(*head, False, 0, 1, job.d_theta, unused, unused, d_image, moments[0], job.bad)
    kernel(*head, True, 0, 1, unused, job.weights, gradient, unused, moments[1], job.bad)
    assert not job.bad.any()
    assert d_image.any()
    assert moments[0, 0] > 0.0
    assert_transpose(d_image, job.weights, job.d_theta, gradient)
