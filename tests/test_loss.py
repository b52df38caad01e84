"""Losses: unbiased, exact gradients, no drift at a perfect match."""

import numpy as np
import pytest

from nrender.loss import LOSSES, estimate

SHAPE = (4, 5, 3)
NAMES = sorted(LOSSES)


def images(seed):
    return np.random.default_rng(seed).normal(size=(3, *SHAPE))


@pytest.mark.parametrize("name", NAMES)
def test_gradient_is_the_derivative_of_the_mean_of_the_terms(name):
    loss, (a, b, target) = LOSSES[name], images(1)
    da, db, _ = images(2)
    weight_a, weight_b = loss.gradient(a, b, target)
    slope = np.sum(weight_a * da) + np.sum(weight_b * db)

    def value(h):
        return estimate(loss, a + h * da, b + h * db, target).value

    steps = 1e-2 * 0.5 ** np.arange(6)
    remainders = [abs(value(h) - value(0) - h * slope) for h in steps]
    assert np.polyfit(np.log(steps), np.log(remainders), 1)[0] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_swapping_the_images_swaps_the_weights(name):
    loss, (a, b, target) = LOSSES[name], images(3)
    weight_a, weight_b = loss.gradient(a, b, target)
    swapped_b, swapped_a = loss.gradient(b, a, target)
    np.testing.assert_array_equal(weight_a, swapped_a)
    np.testing.assert_array_equal(weight_b, swapped_b)
    assert estimate(loss, a, b, target) == estimate(loss, b, a, target)


def test_the_weight_of_b_does_not_see_b():
    a, b, target = images(4)
    other = images(5)[0]
    _, weight = LOSSES["l2"].gradient(a, b, target)
    _, same = LOSSES["l2"].gradient(a, other, target)
    np.testing.assert_array_equal(weight, same)


def test_l2_has_no_noise_floor():
    """The mean over many pairs is the loss of the noise-free image; that of one render is not."""
    rng = np.random.default_rng(6)
    image, target = images(7)[:2]
    noisy = [image + rng.normal(size=(2, *SHAPE)) for _ in range(4000)]
    values = [estimate(LOSSES["l2"], a, b, target).value for a, b in noisy]
    naive = [float(np.mean((a - target) ** 2)) for a, _ in noisy]
    truth, sigma = np.mean((image - target) ** 2), np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values) - truth) < 4 * sigma
    assert np.mean(naive) - truth > 20 * sigma


def test_noise_says_how_far_a_perfect_match_is_from_zero():
    rng = np.random.default_rng(8)
    target = images(9)[0]
    found = [
        estimate(LOSSES["l2"], *(target + rng.normal(size=(2, *SHAPE))), target)
        for _ in range(2000)
    ]
    z = np.array([e.value / e.noise for e in found])
    assert np.std(z) == pytest.approx(1, abs=0.1)
