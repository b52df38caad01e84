"""Losses of two noisy renders: the jackknife, its bias, its error bar."""

import numpy as np
import pytest
from derivatives import taylor_slope

from nrender.loss import LOSSES, Two, half_weight, pyramid, two

SHAPE = (8, 9, 3)
ONES = np.ones((8, 9, 1))
L2 = LOSSES["l2"]()
CASES = {name: factory() for name, factory in LOSSES.items()}
CASES["pyramid"] = pyramid(CASES["log"], 3)
SMOOTH = {name: loss for name, loss in CASES.items() if name != "l1"}
every_loss = pytest.mark.parametrize("name", CASES)
smooth_loss = pytest.mark.parametrize("name", SMOOTH)


def images(seed):
    """Target, the mean of an image at some distance, a, b, and weights, of which some are 0."""
    rng = np.random.default_rng(seed)
    target = rng.uniform(0.2, 1, SHAPE)
    mean = target + rng.uniform(-0.3, 0.3, SHAPE)
    a, b = mean + 0.05 * rng.normal(size=(2, *SHAPE))
    return target, mean, a, b, rng.uniform(0.5, 2, ONES.shape) * (rng.random(ONES.shape) < 0.8)


def mean_and_error(values):
    return np.mean(values), np.std(values) / np.sqrt(len(values))


# Exact


def test_l2_is_the_product_of_the_residuals():
    target, _, a, b, weight = images(1)
    found = two(L2, a, b, target, weight)
    share = weight / np.sum(weight) / 3
    assert found.value == pytest.approx(np.sum(share * (a - target) * (b - target)), rel=1e-12)
    np.testing.assert_allclose(found.weight_a, share * (b - target), rtol=0, atol=1e-15)
    np.testing.assert_allclose(found.weight_b, share * (a - target), rtol=0, atol=1e-15)
    half = half_weight(L2, a, target, weight)
    np.testing.assert_allclose(half, 2 * share * (a - target), rtol=1e-13)


def test_relative_l2_is_that_product_over_the_targets_square():
    target, _, a, b, _ = images(2)
    expected = np.mean((a - target) * (b - target) / (target**2 + 0.01))
    assert two(CASES["relative_l2"], a, b, target, ONES).value == pytest.approx(expected, rel=1e-12)


@smooth_loss
def test_weights_are_the_derivatives_of_the_value(name):
    target, _, a, b, weight = images(3)
    rng = np.random.default_rng(4)
    da = rng.uniform(-1, 1, SHAPE)
    db = da * rng.uniform(0.5, 1, SHAPE)  # alike: else the second order almost cancels
    found = two(SMOOTH[name], a, b, target, weight)
    slope = np.sum(found.weight_a * da) + np.sum(found.weight_b * db)

    def value(h):
        return two(SMOOTH[name], a + h * da, b + h * db, target, weight).value

    if name == "huber":
        # Its derivative has a kink that no pixel may cross on the way: a step so short that it is
        # rounding that limits the difference, to 1e-16 value / step.
        difference = (value(1e-6) - value(-1e-6)) / 2e-6
        assert difference == pytest.approx(slope, abs=1e-10 * value(0))
    else:
        assert taylor_slope(value, slope) == pytest.approx(2, abs=0.1)


@every_loss
def test_swapping_the_images_swaps_the_weights(name):
    target, _, a, b, weight = images(5)
    found, swapped = (two(CASES[name], *pair, target, weight) for pair in ((a, b), (b, a)))
    assert (swapped.value, swapped.noise) == (found.value, found.noise)
    np.testing.assert_array_equal(swapped.weight_a, found.weight_b)
    np.testing.assert_array_equal(swapped.weight_b, found.weight_a)


@every_loss
def test_the_half_weight_is_the_gradient_at_a(name):
    target, _, a, _, weight = images(6)
    np.testing.assert_array_equal(
        half_weight(CASES[name], a, target, weight), CASES[name].of(a, target, weight)[1]
    )


@smooth_loss
def test_the_weight_of_b_depends_on_its_noise_in_second_order(name):
    """Where a and b agree, weight_b doesn't change with b to first order."""
    target, mean, *_ = images(7)
    # Huber's weight is even exact unless the noise crosses delta: mean is put in the middle of it.
    mean = target + 0.05 * np.sign(mean - target) if name == "huber" else mean
    d = np.random.default_rng(8).uniform(-1, 1, SHAPE)

    def weight_b(h):
        return two(SMOOTH[name], mean, mean + h * d, target, ONES).weight_b

    assert taylor_slope(weight_b, np.zeros(SHAPE)) >= 1.9


@every_loss
@pytest.mark.parametrize("what", [1e6, np.nan])
def test_masked_pixels_do_not_exist(name, what):
    target, _, a, b, weight = images(9)
    masked = weight[..., 0] == 0
    found = two(CASES[name], a, b, target, weight)
    a[masked], b[masked], target[masked] = what, -what, what
    again = two(CASES[name], a, b, target, weight)
    assert (again.value, again.noise) == (found.value, found.noise)
    np.testing.assert_array_equal(again.weight_b, found.weight_b)
    assert np.all(again.weight_b[masked] == 0)


def test_images_without_noise_have_none():
    target, mean, *_ = images(10)
    for loss in CASES.values():
        value, noise, *_ = two(loss, mean, mean, target, ONES)
        assert noise == 0
        assert value == pytest.approx(loss.of(mean, target, ONES)[0], rel=1e-12)


@every_loss
def test_a_scene_that_ran_away_gives_no_finite_loss_and_no_warning(name):
    found = two(CASES[name], np.full(SHAPE, np.inf), np.full(SHAPE, 1e300), np.ones(SHAPE), ONES)
    assert isinstance(found, Two)
    assert not np.isfinite(found.value)


# On average


def biases(loss, mean, target, draw, count):
    """(mean, error) of the bias of two, and of f((a + b) / 2).

    f'(E[I]) times the noise, which is 0 on average, is taken off: the error bars shrink.
    """
    truth, slope = loss.of(mean, target, ONES)
    by_two, by_mean = [], []
    for _ in range(count):
        a, b = draw(), draw()
        linear = truth + np.sum(slope * ((a + b) / 2 - mean))
        by_two.append(two(loss, a, b, target, ONES).value - linear)
        by_mean.append(loss.of((a + b) / 2, target, ONES)[0] - linear)
    return mean_and_error(by_two), mean_and_error(by_mean)


@smooth_loss
def test_two_renders_are_nearer_to_the_loss_of_the_mean_than_their_mean(name):
    target, mean, *_ = images(11)
    rng = np.random.default_rng(12)
    (bias, error), (naive, naive_error) = biases(
        SMOOTH[name], mean, target, lambda: mean + 0.1 * rng.normal(size=SHAPE), 600
    )
    assert abs(naive) > 10 * naive_error  # there is a bias to take off
    assert abs(bias) + 4 * error < abs(naive) - 4 * naive_error
    if name in ("l2", "relative_l2"):
        assert abs(bias) < 4 * error


def test_l1_at_a_match_keeps_what_the_kink_makes():
    """sqrt(2 / pi) s of one render, its sqrt(1/2) of the mean of two, sqrt(2) - 1 of it by two."""
    target, rng, s = images(13)[0], np.random.default_rng(14), 0.1
    (bias, error), (naive, naive_error) = biases(
        CASES["l1"], target, target, lambda: target + s * rng.normal(size=SHAPE), 600
    )
    assert abs(bias - (np.sqrt(2) - 1) * np.sqrt(2 / np.pi) * s) < 4 * error
    assert abs(naive - np.sqrt(1 / np.pi) * s) < 4 * naive_error


def test_l1_of_differences_spread_evenly_is_unbiased():
    target, rng, s = np.zeros(SHAPE), np.random.default_rng(15), 0.1
    mean = np.linspace(-1, 1, target.size).reshape(SHAPE)
    (bias, error), (naive, naive_error) = biases(
        CASES["l1"], mean, target, lambda: mean + s * rng.normal(size=SHAPE), 600
    )
    assert abs(bias) < 4 * error
    assert abs(naive) > 10 * naive_error


def test_the_gradient_by_halves_has_no_drift_at_a_match_for_l2():
    target, rng = images(16)[0], np.random.default_rng(17)
    weights = [half_weight(L2, target + rng.normal(size=SHAPE), target, ONES) for _ in range(400)]
    z = np.mean(weights, axis=0) / (np.std(weights, axis=0) / np.sqrt(len(weights)))
    assert np.abs(z).max() < 5  # the largest of 216


# The error bar


def spread_over_noise(loss, mean, target, draw, count):
    """Standard deviation of the value, over the root mean square of what `noise` says."""
    found = [two(loss, mean + draw(), mean + draw(), target, ONES) for _ in range(count)]
    said = np.sqrt(np.mean([f.noise**2 for f in found]))
    return np.std([f.value for f in found]) / said


COUNT = 1500
TOLERANCE = 4 / np.sqrt(2 * COUNT)  # of a standard deviation from COUNT values


@pytest.mark.parametrize("distance", [0, 0.1, 3], ids=["match", "near", "far"])
@pytest.mark.parametrize("correlated", [False, True])
def test_noise_of_l2_is_the_standard_deviation(distance, correlated):
    """A factor of 1 for normal noise, at the match and far from it, whatever the channels share."""
    target, rng = images(18)[0], np.random.default_rng(19)
    shape = (*SHAPE[:2], 1) if correlated else SHAPE
    mean = target + distance * rng.uniform(-1, 1, SHAPE)

    def draw():
        return np.broadcast_to(rng.normal(size=shape), SHAPE)

    assert spread_over_noise(L2, mean, target, draw, COUNT) == pytest.approx(1, abs=TOLERANCE)


@pytest.mark.parametrize("kurtosis", [1.8, 6])
def test_noise_of_l2_at_the_match_by_the_kurtosis(kurtosis):
    """sqrt((kurtosis - 1) / 2): too large for noise with long tails, too small for flat noise."""
    target, rng = images(20)[0], np.random.default_rng(21)
    draw = {1.8: lambda: rng.uniform(-1, 1, SHAPE), 6: lambda: rng.laplace(size=SHAPE)}[kurtosis]
    factor = 1 / spread_over_noise(L2, target, target, draw, COUNT)
    # The root mean square of `noise` has an error of its own, smaller than that of the spread.
    assert factor == pytest.approx(np.sqrt((kurtosis - 1) / 2), rel=1.5 * TOLERANCE)


@smooth_loss
def test_noise_says_how_far_a_perfect_match_is_from_zero(name):
    """Its own noise: the pixels needn't be alike, nor the loss a sum over pixels."""
    target, rng = images(22)[0], np.random.default_rng(23)
    found = [two(SMOOTH[name], *(target + 0.01 * rng.normal(size=(2, *SHAPE))), target, ONES) for _ in range(COUNT)]
    z = np.array([f.value / f.noise for f in found])
    # Beside the error of a standard deviation, that of `noise` by few pixels: some percent.
    assert np.std(z) == pytest.approx(1, abs=TOLERANCE + 0.05)
    assert abs(np.mean(z)) < 0.2
