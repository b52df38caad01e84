"""compile_scene/curves.py: edges in bent pictures, cut into parts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from test_cameras import scene_of, view_of

from nrender.camera import rays
from nrender.camera.arrays import ARRAYS, Lens
from nrender.camera.screen import middle_ray
from nrender.compile_scene.curves import EVEN, curved_edges
from nrender.params import layout, theta

BENT = ["fisheye", "fisheye, all around", "panorama", "panorama, matrix", "opencv", "opencv, cropped"]
SPREAD = 5.0  # of the edges' ends around the camera


def edges_around(seed, n=40):
    rng = np.random.default_rng(seed)
    return SPREAD * rng.normal(size=(2 * n, 3)), np.arange(2 * n).reshape(n, 2)


def lens_of(name):
    place = layout(scene_of(name), "main")
    return Lens(theta(place), place.view.start, place.view.kind)


@pytest.mark.parametrize("name", BENT)
def test_arrays_are_projected_as_points_are(name):
    lens, view = lens_of(name), view_of(scene_of(name))
    points = SPREAD * np.random.default_rng(1).normal(size=(50, 3))
    found = rays.project.instantiate(ARRAYS)(lens, points.T, 0.0, 0.0)
    for k, point in enumerate(points):
        *at, seen = rays.project(view, tuple(point.tolist()), 0.0, 0.0)
        assert seen == found[3][k]
        if seen:
            assert_allclose([x[k] for x in found[:3]], at, rtol=1e-12)


@pytest.mark.parametrize("name", BENT)
def test_the_parts_hold_all_that_is_in_view_and_are_as_long_as_they_say(name):
    vertices, ends = edges_around(len(name))
    lens, camera = lens_of(name), scene_of(name).cameras["main"]
    size = camera.width, camera.height
    ones = np.ones(len(ends))
    of_part, clip, lengths = curved_edges(vertices, ends, ones, ones, lens, size)
    of_part, clip = of_part.reshape(-1, 2), clip.reshape(-1, 9)
    assert_allclose(lengths, clip[:, 0])
    s = (np.arange(4000) + 0.5) / 4000
    total = 0
    for k, (a, b) in enumerate(vertices[ends]):
        points = (a + (b - a) * s[:, None]).T
        with np.errstate(all="ignore"):
            sx, sy, t, seen = rays.project.instantiate(ARRAYS)(lens, points, 0.0, 0.0)
            by = rays.screen_covectors.instantiate(ARRAYS)(lens, middle_ray(sx, sy), t)
        mine = of_part[:, 0] == ends[k, 0]
        covered = np.zeros(len(s), int)
        for s0, s1, length in clip[mine][:, [6, 7, 0]]:
            inside = (s >= s0) & (s < s1)
            covered += inside
            speed = np.hypot(*(0.5 * size[j] * (np.array(by[j]).T @ (b - a)) for j in (0, 1)))[inside & seen]
            if (inside & seen).sum() == inside.sum() > 100:
                assert_allclose(speed.mean() * (s1 - s0), length, rtol=0.1)
                assert speed.max() < 4 * EVEN * speed.min()
        assert covered.max(initial=0) <= 1
        in_view = seen & (np.abs(sx) < 1) & (np.abs(sy) < 1)
        total += in_view.sum()
        assert (in_view & (covered == 0)).sum() <= 2
    assert total > 1000
