"""rng.py: the same numbers in each width, uniform and independent draws, and samples that fill the square evenly."""

import numpy as np
import pytest
from chi2 import chi_squared_test
from numba import njit
from scipy.stats import norm

from nrender import rng
from nrender.cache import compiled
from nrender.device import device
from nrender.real import FLOAT32, FLOAT64, reverse_bits

SEEDS = (0, 1, 12345, 2**32 - 1)


@device
def draw(seed, pixel, sample, out):
    """By eights: pairs are 1, 2 and 4, 5."""
    s = rng.stream(seed, pixel, sample)
    for i in range(0, len(out), 8):
        s, out[i] = rng.uniform(s)
        s, out[i + 1], out[i + 2] = rng.uniform2(s)
        s, out[i + 3] = rng.uniform(s)
        s, out[i + 4], out[i + 5] = rng.uniform2(s)
        s, out[i + 6] = rng.uniform(s)
        s, out[i + 7] = rng.uniform(s)


@device
def draw_pixels(seed, first, out):
    """out[pixel, sample, draw]; first: number of the first sample."""
    for pixel in range(out.shape[0]):
        for sample in range(out.shape[1]):
            draw(seed, pixel, first + sample, out[pixel, sample])


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


def points(seed, shape, first=0):
    """(pixel, sample, 2): the first pair of each."""
    return pixels(seed, (*shape, 8), first)[:, :, 1:3]


def lattice5(seed, launch, n, width=FLOAT64):
    out = np.zeros((n, 5), width.literal)
    compiled(draw_lattice5, width)(seed, launch, out)
    return out


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("pixel, sample", [(0, 0), (1, 0), (0, 1), (10**6, 4095), (2**31 - 1, 2**31 - 1)])
def test_every_width_draws_the_same_numbers(seed, pixel, sample):
    given, single, double = np.zeros(24), np.zeros(24, np.float32), np.zeros(24)
    draw(seed, pixel, sample, given)
    compiled(draw, FLOAT32)(seed, pixel, sample, single)
    compiled(draw, FLOAT64)(seed, pixel, sample, double)
    assert given.tolist() == single.tolist() == double.tolist()
    assert len(set(given.tolist())) > 22


def test_numbers_are_multiples_of_2_to_the_minus_24_below_1():
    u = pixels(0, (100, 100, 8))
    assert u.min() >= 0.0
    assert u.max() < 1.0
    assert (u * 2.0**24 == np.floor(u * 2.0**24)).all()


@pytest.mark.parametrize("sample", [0, 1, 5, 1000, 2**20 + 3])
def test_each_draw_of_a_sample_is_uniform_over_pixels_and_independent_of_the_others(sample):
    u = pixels(sample % 7, (1 << 17, 1, 8), sample)[:, 0]
    tests = 5 * (8 + 28 + 2)
    for a in range(8):
        counts = np.histogram(u[:, a], np.linspace(0, 1, 1025))[0]
        chi_squared_test(counts, np.full(1024, len(u) / 1024), tests=tests)
        for b in range(a):
            counts = np.histogram2d(u[:, a], u[:, b], np.linspace(0, 1, 33))[0]
            chi_squared_test(counts, np.full(counts.shape, len(u) / 1024), tests=tests)
    for three in ([1, 2, 4], [0, 3, 6]):
        counts = np.histogramdd(u[:, three], [np.linspace(0, 1, 11)] * 3)[0]
        chi_squared_test(counts, np.full(counts.shape, len(u) / 1000), tests=tests)


@pytest.mark.parametrize("sample", [0, 77])
def test_each_draw_is_uniform_over_seeds(sample):
    u = np.array([pixels(seed, (1, 1, 8), sample)[0, 0] for seed in range(1 << 15)])
    for a in range(8):
        counts = np.histogram(u[:, a], np.linspace(0, 1, 257))[0]
        chi_squared_test(counts, np.full(256, len(u) / 256), tests=32)
    for a, b in ((0, 1), (1, 2), (2, 4), (3, 7)):
        for shift in (0, 1):  # the next seed's number may have nothing to do with this one's either
            counts = np.histogram2d(u[: len(u) - shift, a], u[shift:, b], np.linspace(0, 1, 17))[0]
            chi_squared_test(counts, np.full(counts.shape, counts.sum() / 256), tests=32)


@pytest.mark.parametrize("lag", [1, 2, 16, 256])
def test_neighbouring_pixels_are_independent(lag):
    u = pixels(7, (1 << 16, 1, 8), 3)[:, 0]
    for a in range(8):
        counts = np.histogram2d(u[:-lag, a], u[lag:, a], np.linspace(0, 1, 17))[0]
        chi_squared_test(counts, np.full(counts.shape, counts.sum() / 256), tests=32)


def test_means_over_the_samples_of_neighbouring_pixels_are_not_correlated():
    """The errors of two pixels, and of the same pixel with two seeds: with 16 samples each."""
    f = np.prod(2.0 * pixels(1, (1 << 14, 16, 8))[:, :, [1, 4, 6]], axis=2).mean(1)
    g = np.prod(2.0 * pixels(2, (1 << 14, 16, 8))[:, :, [1, 4, 6]], axis=2).mean(1)
    for a, b in ((f[1:], f[:-1]), (f[256:], f[:-256]), (f, g)):
        assert abs(np.corrcoef(a, b)[0, 1]) < norm.isf(5e-4 / 3) / np.sqrt(len(a))


def test_streams_do_not_overlap():
    """Of 34000 runs of four numbers, each 24 bits, none comes twice: streams are no windows of one sequence."""
    u = pixels(3, (800, 1, 48))[:, 0].reshape(800, 6, 8)[:, :, [0, 3, 6, 7]].reshape(800, 24)
    runs = np.lib.stride_tricks.sliding_window_view(u, 4, axis=1).reshape(-1, 4)
    assert len(np.unique(runs, axis=0)) == len(runs)


# How evenly


def boxes(u, n):
    """For each shape of rectangles of area 1/n with sides that are powers of two, the number of points in each."""
    k = int(np.log2(n))
    for across in range(k + 1):
        grid = 2.0 ** np.array([across, k - across])
        x, y = np.floor(u * grid).astype(int).T
        yield np.bincount((x * grid[1] + y).astype(int), minlength=n)


@pytest.mark.parametrize("first", [0, 1 << 12, 7 << 20])
def test_each_rectangle_has_one_point(first):
    u = pixels(9, (20, 1 << 12, 8), first)
    for pixel in u:
        for pair in (pixel[:, 1:3], pixel[:, 4:6]):
            for n in 2 ** np.arange(13):
                assert all((count == 1).all() for count in boxes(pair[:n], n))
                assert all((count == 1).all() for count in boxes(pair[-n:], n))


@pytest.mark.parametrize("first", [0, 1 << 12, 7 << 20])
def test_each_part_of_the_interval_has_one_of_the_single_draws(first):
    for pixel in pixels(9, (20, 1 << 12, 8), first):
        for u in pixel[:, [0, 3, 6, 7]].T:
            for n in 2 ** np.arange(13):
                assert len(np.unique(np.floor(u[:n] * n))) == n


def test_the_index_is_shuffled_differently_in_each_draw():
    """So two draws together are hardly worse than random points: a product of what tells the halves apart in each has
    twice their variance, since samples 2k and 2k + 1 lie in different halves in both; others have less."""
    n, u = 64, pixels(4, (4000, 64, 8))
    for function in (lambda v: np.where(v < 0.5, -1.0, 1.0), lambda v: np.sqrt(12) * (v - 0.5)):
        for a, b in ((0, 3), (1, 4), (2, 4), (0, 1), (3, 5), (6, 7)):
            mean = (function(u[:, :, a]) * function(u[:, :, b])).mean(1)
            assert n * np.mean(mean**2) < 2.0 * (1.0 + 5.0 * np.sqrt(2 / 4000))
            assert abs(mean.mean()) < 4.5 * mean.std() / np.sqrt(len(mean))


def slope_of_error(means, truth, sizes):
    return np.polyfit(np.log(sizes), np.log([np.sqrt(np.mean((m - truth) ** 2)) for m in means]), 1)[0]


def test_the_error_of_a_smooth_integral_falls_like_the_power_3_2():
    """Of any n like 1/n, since what is over after the largest power of two is not as even."""
    u = points(11, (400, 4096))
    values = np.exp(u[:, :, 0]) * np.cos(u[:, :, 1]) + u[:, :, 0] * u[:, :, 1] ** 2
    truth = (np.e - 1) * np.sin(1) + 1 / 6
    sizes = 2 ** np.arange(4, 13)
    means = [values[:, :n].mean(1) for n in sizes]
    assert slope_of_error(means, truth, sizes) == pytest.approx(-1.5, abs=0.06)
    assert all(abs(m.mean() - truth) < 4 * m.std() / np.sqrt(len(m)) for m in means)  # unbiased
    sizes = np.array([13, 29, 77, 155, 301, 777, 1501, 3001])
    means = [values[:, :n].mean(1) for n in sizes]
    assert slope_of_error(means, truth, sizes) < -0.85
    assert all(abs(m.mean() - truth) < 4 * m.std() / np.sqrt(len(m)) for m in means)


def test_the_error_across_an_edge_falls_faster_than_that_of_random_points():
    """Of the indicator of a disc: -3/4 for points as even as these, -1/2 for random ones."""
    values = (np.sum((points(12, (400, 4096)) - [0.45, 0.4]) ** 2, axis=2) < 0.09).astype(float)
    sizes = 2 ** np.arange(4, 13)
    means = [values[:, :n].mean(1) for n in sizes]
    assert slope_of_error(means, 0.09 * np.pi, sizes) == pytest.approx(-0.75, abs=0.06)


def test_digits_are_scrambled_at_random():
    """Where a point is within its rectangle is uniform: of 256 points, each is alone in its cell of 1/256."""
    u = points(13, (400, 256))
    within = np.modf(u * 256.0)[0].reshape(-1, 2)
    for axis in range(2):
        counts = np.histogram(within[:, axis], np.linspace(0, 1, 65))[0]
        chi_squared_test(counts, np.full(64, len(within) / 64), tests=3)
    counts = np.histogram2d(*within.T, np.linspace(0, 1, 17))[0]
    chi_squared_test(counts, np.full(counts.shape, len(within) / 256), tests=3)


@pytest.mark.parametrize("width", [FLOAT32, FLOAT64])
def test_bits_are_reversed(width):
    reverse = reverse_bits.instantiate(width)

    @njit
    def run(x):
        return reverse(np.uint32(x))

    for x in (0, 1, 2**31, 0x12345678, 2**32 - 1):
        assert run(x) == reverse_bits(x)
        assert f"{reverse_bits(x):032b}" == f"{x:032b}"[::-1]


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
