"""pixel_filter.py and film.py: samples follow their filter, and what counts for several pixels does so both ways."""

from types import SimpleNamespace

import numpy as np
import pytest
from chi2 import chi_squared_test
from derivatives import assert_transpose

from nrender import pixel_filter
from nrender.camera.screen import middle_ray
from nrender.film import add_at_place, any_pixel, at_place, counted, filtered_point, pixel_of
from nrender.pixel_filter import BOX, CUT, FILTERS, GAUSSIAN, POINT, SIGMA, TENT
from nrender.scene.cameras import CAMERAS

N = 40000
U = np.random.default_rng(0).random((N, 2)).tolist()
WIDE = [TENT, GAUSSIAN]
WIDTH, HEIGHT = 7, 5
BOTH = pytest.mark.parametrize("kind", WIDE)


def film(kind, width=WIDTH, height=HEIGHT):
    return SimpleNamespace(filter=kind, film_width=width, film_height=height)


def over(kind, cells=24, fine=20):
    """(edges, (cells, cells) integrals of f over squares) of the square that holds f's support."""
    edges = np.linspace(-2, 2, cells + 1)
    at = -2 + 4 * (np.arange(cells * fine) + 0.5) / (cells * fine)
    f = np.array([[pixel_filter.value(kind, x, y) for y in at.tolist()] for x in at.tolist()])
    return edges, f.reshape(cells, fine, cells, fine).sum((1, 3)) * (4 / (cells * fine)) ** 2


def test_a_scene_file_has_the_names_of_all_filters():
    for model in CAMERAS.types.values():
        assert set(model.keys["filter"].options) == set(FILTERS)


@BOTH
def test_samples_follow_the_filter(kind):
    edges, integrals = over(kind)
    assert integrals.sum() == pytest.approx(1.0, abs=2e-4)  # of steps at the rim, where a gaussian jumps by 2e-4
    places = np.array([pixel_filter.sample(kind, *u) for u in U])
    chi_squared_test(np.histogram2d(*places.T, [edges, edges])[0], N * integrals)


@BOTH
@pytest.mark.parametrize("u", [(0.0, 0.0), (1 - 2.0**-24, 1 - 2.0**-24), (0.5, 0.5), (1 - 2.0**-24, 0.25)])
def test_samples_at_the_ends_of_the_interval_are_in_the_support(kind, u):
    x, y = pixel_filter.sample(kind, *u)
    if kind == TENT:
        assert max(abs(x), abs(y)) <= 1.0
    else:
        assert np.hypot(x, y) <= CUT


def test_a_point_is_the_centre():
    assert pixel_filter.sample(POINT, 0.3, 0.9) == (0.0, 0.0)


def test_the_gaussian_is_mitsubas_but_for_a_thousandth():
    """A product of two gaussians, each lowered by its value at the cut."""
    x = np.linspace(-2, 2, 401)
    of_one = np.maximum(np.exp(-(x**2) / (2 * SIGMA**2)) - np.exp(-(CUT**2) / (2 * SIGMA**2)), 0.0)
    of_one /= np.trapezoid(of_one, x)
    own = np.array([[pixel_filter.value(GAUSSIAN, a, b) for b in x.tolist()] for a in x.tolist()])
    assert np.abs(own - np.outer(of_one, of_one)).max() < 1e-3


@pytest.mark.parametrize("kind", FILTERS.values())
def test_samples_of_any_pixel_are_around_it(kind):
    scene = film(kind)
    seen = np.zeros(WIDTH * HEIGHT)
    for u in U[:4000]:
        pixel, sx, sy = any_pixel(scene, *u)
        seen[pixel] += 1
        x, y = 0.5 * (1 + sx) * WIDTH - pixel % WIDTH - 0.5, 0.5 * (1 - sy) * HEIGHT - pixel // WIDTH - 0.5
        assert max(abs(x), abs(y)) <= {BOX: 0.5, POINT: 0.0, TENT: 1.0, GAUSSIAN: 2.0}[kind] + 1e-12
    chi_squared_test(seen, np.full(WIDTH * HEIGHT, 4000 / (WIDTH * HEIGHT)))


def test_a_sample_of_any_pixel_takes_its_place_as_one_of_that_pixel_does():
    scene = film(TENT)
    u1, u2 = 0.41, 0.77
    pixel, sx, sy = any_pixel(scene, (2 + u1) / WIDTH, (3 + u2) / HEIGHT)
    assert pixel == 1 * WIDTH + 2  # the second number grows upwards, rows downwards
    assert (sx, sy) == pytest.approx(filtered_point(scene, 2, 1, u1, 1 - u2, WIDTH, HEIGHT), abs=1e-12)


def places(kind, count=60):
    """Of the screen, some of them beyond the picture but near it."""
    most = pixel_filter.limits(film(kind))
    return (np.random.default_rng(1).uniform(-1, 1, (count, 2)) * most).tolist()


@BOTH
def test_a_place_counts_for_all_pixels_that_hold_it_in_their_filter(kind):
    scene = film(kind)
    beyond = 0
    for sx, sy in places(kind):
        px, py = 0.5 * (1 + sx) * WIDTH, 0.5 * (1 - sy) * HEIGHT
        centres = [(column + 0.5, row + 0.5) for row in range(HEIGHT) for column in range(WIDTH)]
        expected = np.array([pixel_filter.value(kind, px - x, py - y) for x, y in centres])
        found = np.zeros(WIDTH * HEIGHT)
        for k in range(4 * pixel_filter.radius(kind) ** 2):
            number, f = counted(scene, middle_ray(sx, sy), k)
            found[number] += f
        np.testing.assert_allclose(found, expected, atol=1e-15)
        beyond += max(abs(sx), abs(sy)) > 1
    assert beyond > 5


@BOTH
def test_nothing_beyond_the_limits_counts(kind):
    x, y = pixel_filter.limits(film(kind))
    for sx, sy in ((1.001 * x, 0.1), (-1.001 * x, 0.1), (0.1, 1.001 * y), (0.1, -1.001 * y)):
        for k in range(4 * pixel_filter.radius(kind) ** 2):
            assert counted(film(kind), middle_ray(sx, sy), k)[1] == 0.0


@pytest.mark.parametrize("kind", [BOX, *WIDE])
def test_to_add_at_a_place_is_the_transpose_of_what_it_gets(kind):
    scene, rng = film(kind), np.random.default_rng(2)
    for sx, sy in places(kind, 20):
        pixel = pixel_of(scene, sx, sy)
        change, weights = tuple(rng.normal(size=3).tolist()), rng.normal(size=3 * WIDTH * HEIGHT)
        image = np.zeros(3 * WIDTH * HEIGHT)
        square = add_at_place(scene, image, middle_ray(sx, sy), pixel, change, True)
        assert square == pytest.approx(np.sum(image**2), abs=1e-14)
        if np.abs(image).max() > 0:
            assert_transpose(image, weights, change, at_place(scene, weights, middle_ray(sx, sy), pixel))
        untouched = np.zeros(3 * WIDTH * HEIGHT)
        add_at_place(scene, untouched, middle_ray(sx, sy), pixel, change, False)
        assert not untouched.any()
