"""rng.py: uniform, independent, and the same numbers in each width."""

import numpy as np
import pytest
from chi2 import chi_squared_test
from scipy.stats import pearsonr

from nrender import rng
from nrender.cache import compiled
from nrender.device import device
from nrender.real import FLOAT32, FLOAT64

SEEDS = (0, 1, 12345, 2**32 - 1)


@device
def draw(seed, pixel, sample, out):
    s = rng.stream(seed, pixel, sample)
    for i in range(len(out)):
        s, out[i] = rng.uniform(s)


@device
def draw_pixels(seed, first_sample, out):
    """out[pixel, sample, draw]"""
    for pixel in range(out.shape[0]):
        for sample in range(out.shape[1]):
            s = rng.stream(seed, pixel, first_sample + sample)
            for i in range(out.shape[2]):
                s, out[pixel, sample, i] = rng.uniform(s)


@device
def draw_lattice(seed, pixel, out):
    for sample in range(len(out)):
        out[sample, 0], out[sample, 1] = rng.lattice(seed, pixel, sample)


@device
def draw_lattice5(seed, launch, out):
    for sample in range(len(out)):
        point = rng.lattice5(seed, launch, sample)
        for k in range(5):
            out[sample, k] = point[k]


def pixels(seed, shape, first=0):
    out = np.zeros(shape)
    compiled(draw_pixels, FLOAT64)(seed, first, out)
    return out


def lattice(seed, pixel, n):
    out = np.zeros((n, 2))
    compiled(draw_lattice, FLOAT64)(seed, pixel, out)
    return out


def lattice5(seed, launch, n, width=FLOAT64):
    out = np.zeros((n, 5), width.literal)
    compiled(draw_lattice5, width)(seed, launch, out)
    return out


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("pixel, sample", [(0, 0), (1, 0), (0, 1), (10**6, 4095), (2**31 - 1, 2**31 - 1)])
def test_every_width_draws_the_same_numbers(seed, pixel, sample):
    given, single, double = np.zeros(20), np.zeros(20, np.float32), np.zeros(20)
    draw(seed, pixel, sample, given)
    compiled(draw, FLOAT32)(seed, pixel, sample, single)
    compiled(draw, FLOAT64)(seed, pixel, sample, double)
    assert given.tolist() == single.tolist() == double.tolist()
    assert len(set(given.tolist())) > 18


def test_numbers_are_multiples_of_2_to_the_minus_24_below_1():
    u = pixels(0, (100, 100, 10))
    assert u.min() >= 0.0
    assert u.max() < 1.0
    assert (u * 2.0**24 == np.floor(u * 2.0**24)).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_uniform_in_one_two_and_three_dimensions(seed):
    u = pixels(seed, (100, 500, 6))
    edges = np.linspace(0, 1, 11)
    for columns in ([0], [5], [0, 1], [2, 5], [1, 2, 3]):
        points = u[:, :, columns].reshape(-1, len(columns))
        counts = np.histogramdd(points, [edges] * len(columns))[0]
        chi_squared_test(counts, np.full(counts.shape, len(points) / counts.size), tests=5 * len(SEEDS))


@pytest.mark.parametrize("axis", ["pixel", "sample", "draw"])
@pytest.mark.parametrize("lag", [1, 2, 16, 256])
def test_neighbouring_streams_are_not_correlated(axis, lag):
    u = pixels(7, (600, 600, 1))[:, :, 0] if axis != "draw" else pixels(7, (30, 30, 600)).reshape(900, 600)
    u = u.T if axis in ("sample", "draw") else u
    a, b = u[:-lag].reshape(-1), u[lag:].reshape(-1)
    assert pearsonr(a, b).pvalue > 1e-3 / 12
    counts = np.histogram2d(a, b, np.linspace(0, 1, 17))[0]
    chi_squared_test(counts, np.full(counts.shape, len(a) / counts.size), tests=12)


def test_neighbouring_seeds_are_not_correlated():
    a, b = pixels(1, (300, 300, 2)).reshape(-1), pixels(2, (300, 300, 2)).reshape(-1)
    counts = np.histogram2d(a, b, np.linspace(0, 1, 17))[0]
    chi_squared_test(counts, np.full(counts.shape, len(a) / counts.size))


def test_streams_do_not_overlap():
    """Of 32000 runs of four numbers, each 24 bits, none comes twice: streams are no windows of one sequence."""
    u = pixels(3, (40, 20, 44))
    runs = np.lib.stride_tricks.sliding_window_view(u, 4, axis=2).reshape(-1, 4)
    assert len(np.unique(runs, axis=0)) == len(runs)


@pytest.mark.parametrize("pixel", [0, 1, 2, 77, 65535])
def test_a_lattice_fills_the_square_evenly(pixel):
    """Each of 16 strips a side gets n/16 of n = 1024 points, to 3; each of 8 x 8 squares 16, to 6."""
    points = lattice(5, pixel, 1024)
    for axis in range(2):
        strips = np.histogram(points[:, axis], np.linspace(0, 1, 17))[0]
        assert abs(strips - 64).max() <= 3
    squares = np.histogram2d(*points.T, np.linspace(0, 1, 9))[0]
    assert abs(squares - 16).max() <= 6


@pytest.mark.parametrize("sample", [0, 1, 1000])
def test_each_lattice_point_is_uniform_over_the_pixels_of_an_image(sample):
    n = 20000
    out = np.zeros((n, 2))
    for k in range(n):
        out[k] = rng.lattice(3, k, sample)
    counts = np.histogram2d(*out.T, np.linspace(0, 1, 9))[0]
    chi_squared_test(counts, np.full(counts.shape, n / 64), tests=3)


def test_a_lattice_is_independent_of_the_path_of_its_sample():
    n = 20000
    pairs = np.array([(rng.lattice(0, k, 0)[0], rng.uniform(rng.stream(0, k, 0))[1]) for k in range(n)])
    counts = np.histogram2d(*pairs.T, np.linspace(0, 1, 11))[0]
    chi_squared_test(counts, np.full(counts.shape, n / 100))


# In five dimensions


@pytest.mark.parametrize("seed", SEEDS)
def test_every_width_has_the_same_points_of_five_numbers(seed):
    given = [rng.lattice5(seed, 77, sample) for sample in range(50)]
    for width in (FLOAT32, FLOAT64):
        assert lattice5(seed, 77, 50, width).tolist() == np.array(given).tolist()
    assert np.min(given) >= 0.0
    assert np.max(given) < 1.0


@pytest.mark.parametrize("launch", [0, 1, 0x2545F491, 2**32 - 1])
def test_each_number_of_a_lattice_of_five_fills_its_interval_evenly(launch):
    """Each of 64 parts gets n/64 of n = 4096 points, to 8: one standard deviation of random points, of which the worst
    part would be off by 20."""
    points = lattice5(5, launch, 4096)
    for axis in range(5):
        assert abs(np.histogram(points[:, axis], np.linspace(0, 1, 65))[0] - 64).max() <= 8


@pytest.mark.parametrize("sample", [0, 1, 100_000])
def test_each_point_of_five_numbers_is_uniform_over_launches_and_its_numbers_are_independent(sample):
    """By itself a point is anywhere in the cube of five dimensions, since each number has a random shift of its own."""
    n = 20000
    out = np.array([rng.lattice5(3, launch, sample) for launch in range(n)])
    tests = 3 * (5 + 10 + 1)
    for a in range(5):
        counts = np.histogram(out[:, a], np.linspace(0, 1, 33))[0]
        chi_squared_test(counts, np.full(32, n / 32), tests=tests)
        for b in range(a):
            counts = np.histogram2d(out[:, a], out[:, b], np.linspace(0, 1, 11))[0]
            chi_squared_test(counts, np.full(counts.shape, n / 100), tests=tests)
    counts = np.histogramdd(out, [np.linspace(0, 1, 5)] * 5)[0]
    chi_squared_test(counts, np.full(counts.shape, n / 4**5), tests=tests)


def test_shifts_of_neighbouring_launches_are_independent():
    out = np.array([rng.lattice5(0, launch, 0) for launch in range(20001)])
    for a in range(5):
        counts = np.histogram2d(out[:-1, a], out[1:, a], np.linspace(0, 1, 11))[0]
        chi_squared_test(counts, np.full(counts.shape, 200.0), tests=5)


def smooth_integrand(x):
    """Of integral 1 over the cube of five dimensions."""
    return np.prod(1.0 + 0.8 * np.sin(2.0 * np.pi * x + np.arange(x.shape[1])), axis=1)


def test_the_error_of_a_smooth_integral_falls_faster_than_that_of_random_points():
    """Root mean squares over launches. With independent points the slope is -1/2; here it is nearly -1, as for all
    lattices of badly approximable numbers and periodic integrands."""
    sizes = 2 ** np.arange(6, 15, 2)
    values = np.array([smooth_integrand(lattice5(11, launch, sizes[-1])) for launch in range(64)])
    error = [np.sqrt(np.mean((values[:, :n].mean(1) - 1.0) ** 2)) for n in sizes]
    slope = np.polyfit(np.log(sizes), np.log(error), 1)[0]
    print(slope, error)
    assert slope < -0.75
    assert error[-1] < 0.2 * values.std() / np.sqrt(sizes[-1])
