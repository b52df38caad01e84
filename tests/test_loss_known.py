"""Losses one by one: known values, and what each is next to another definition of it."""

import numpy as np
import pytest
from loss_cases import CASES, SHAPES, images

from nrender.compare import ssim as compare_ssim
from nrender.image import luminance, srgb_encode
from nrender.loss import LOSSES, pyramid
from nrender.loss.ssim import similarity, window_weights

ONE = np.ones((1, 1, 1))


@pytest.mark.parametrize(
    "loss, image, target, value, slope",
    [
        ("l2", 3, 1, 4, 4),
        ("l1", 3, 1, 2, 1),
        ("l1", 1, 1, 0, 0),
        ("huber", 1.05, 1, 0.05**2 / 2, 0.05),
        ("huber", 0, 1, 0.1 * (1 - 0.05), -0.1),
        ("relative_l2", 3, 1, 4 / 1.01, 4 / 1.01),
        ("relative_l2", 1, 0, 100, 200),
        ("log", np.e - 1, 0, 1, 2 / np.e),
        ("log", 0, np.e - 1, 1, -2),
        ("log", -5, np.e - 1, 1, 0),
        ("log", np.e - 1, -5, 1, 2 / np.e),
    ],
)
def test_known_values(loss, image, target, value, slope):
    found, gradient = CASES[loss].of(image * ONE, target * ONE, ONE)
    assert found == pytest.approx(value, rel=1e-13)
    assert gradient[0, 0, 0] == pytest.approx(slope, rel=1e-13)


def test_l2_is_the_mean_squared_difference():
    image, target, weight, _ = images(8)
    value, gradient = CASES["l2"].of(image, target, np.ones_like(weight))
    assert value == pytest.approx(np.mean((image - target) ** 2), rel=1e-13)
    np.testing.assert_allclose(gradient, 2 * (image - target) / image.size, rtol=1e-13)


def test_huber_without_an_end_is_half_of_l2():
    image, target, weight, _ = images(9)
    value, gradient = LOSSES["huber"](delta=1e3).of(image, target, weight)
    twice, twice_gradient = CASES["l2"].of(image, target, weight)
    assert 2 * value == pytest.approx(twice, rel=1e-13)
    np.testing.assert_allclose(2 * gradient, twice_gradient, rtol=1e-13)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_pyramid_of_one_level_is_the_loss(shape):
    image, target, weight, _ = images(10, shape)
    for name in LOSSES:
        value, gradient = pyramid(CASES[name], 1).of(image, target, weight)
        assert value == CASES[name].of(image, target, weight)[0]
        np.testing.assert_array_equal(gradient, CASES[name].of(image, target, weight)[1])


def halving(n):
    """(ceil(n / 2), n): each row the taps 1, 3, 3, 1 about a pair of pixels, cut at the ends."""
    matrix = np.zeros((-(-n // 2), n))
    for k in range(len(matrix)):
        for tap, at in zip((1, 3, 3, 1), range(2 * k - 1, 2 * k + 3), strict=True):
            if 0 <= at < n:
                matrix[k, at] = tap / 8
    return matrix


def test_the_levels_of_a_pyramid_are_weighted_means():
    """3x5 pixels make 2x3, 1x2, 1x1."""
    image, target, weight, _ = images(11, (3, 5, 1))
    x, w = (image - target)[..., 0], weight[..., 0]
    levels = []
    for _ in range(4):
        levels.append(np.sum(w * x**2) / np.sum(w))
        rows, columns = halving(w.shape[0]), halving(w.shape[1])
        x, w = rows @ (w * x) @ columns.T, rows @ w @ columns.T
        x = x / np.where(w > 0, w, 1)
    for n in (1, 2, 3, 4):
        value = pyramid(CASES["l2"], n).of(image, target, weight)[0]
        assert value == pytest.approx(np.average(levels[:n], weights=[1, 4, 16, 64][:n]), rel=1e-13)
    assert pyramid(CASES["l2"], 5).of(image, target, weight)[0] == value


def test_a_pyramid_sees_a_target_that_is_far_away():
    """Two dots: moving one towards the other changes nothing of l2, but of its pyramid."""
    weight, target = np.ones((16, 16, 1)), np.zeros((16, 16, 1))
    target[12, 12] = 1
    far, near = np.zeros((16, 16, 1)), np.zeros((16, 16, 1))
    far[1, 1], near[9, 9] = 1, 1
    assert CASES["l2"].of(far, target, weight)[0] == CASES["l2"].of(near, target, weight)[0]
    coarse = pyramid(CASES["l2"], 4)
    assert coarse.of(far, target, weight)[0] > coarse.of(near, target, weight)[0]


def square_at(x, y, size=64, half=5.5):
    """A white square about (x, y), each pixel the part of it that is covered."""
    edges = np.arange(size + 1)
    along = [np.clip(np.diff(np.clip(edges, c - half, c + half)), 0, 1) for c in (y, x)]
    return np.outer(*along)[..., None]


def test_a_pyramid_falls_all_the_way_to_a_target_that_is_far_away():
    """Where the pixels of the largest picture alone say up and down, as the square's sides cross them."""
    target, weight = square_at(48.3, 44.7), np.ones((64, 64, 1))
    way = [(15.2 + 33.1 * t, 18.4 + 26.3 * t) for t in np.linspace(0, 1, 41)]
    coarse = [pyramid(CASES["l2"], 6).of(square_at(*at), target, weight)[0] for at in way]
    assert (np.diff(coarse) < 0).all()
    plain = [CASES["l2"].of(square_at(*at), target, weight)[0] for at in way]
    assert (np.diff(plain[:20]) > 0).any()


def test_ssim_is_compares_away_from_the_border():
    """compare takes the encoded luminance over windows inside the image: the same pixels here."""
    rng = np.random.default_rng(12)
    a = rng.uniform(0, 1, (24, 32, 3))
    b = np.clip(a + rng.normal(0, 0.1, a.shape), 0, 1)
    x, y = (srgb_encode(luminance(image))[..., None] for image in (a, b))
    weight = np.ones((24, 32, 1))
    found = similarity(x, y, weight, 1.0, window_weights(weight)).value[5:-5, 5:-5]
    assert np.mean(found) == pytest.approx(compare_ssim(a, b), rel=1e-12)


def naive_ssim(x, y, weight, span):
    """1 - SSIM of one channel, window by window."""
    total = 0.0
    for i, j in np.ndindex(*x.shape):
        rows, columns = np.arange(x.shape[0])[:, None] - i, np.arange(x.shape[1])[None] - j
        window = np.exp(-(rows**2 + columns**2) / 4.5) * weight
        window[(abs(rows) > 5) | (abs(columns) > 5)] = 0
        window /= window.sum()
        m, n = np.sum(window * x), np.sum(window * y)
        v, u = np.sum(window * (x - m) ** 2), np.sum(window * (y - n) ** 2)
        covariance = np.sum(window * (x - m) * (y - n))
        c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
        s = (2 * m * n + c1) * (2 * covariance + c2) / ((m * m + n * n + c1) * (v + u + c2))
        total += weight[i, j] * (1 - s)
    return total / weight.sum()


@pytest.mark.parametrize("span", [None, 2.5])
def test_ssim_window_by_window(span):
    image, target, weight, _ = images(13, (13, 17, 2))
    largest = span or np.max(target * (weight > 0))
    expected = [
        naive_ssim(image[..., c], target[..., c], weight[..., 0], largest) for c in range(2)
    ]
    found = LOSSES["ssim"](range=span).of(image, target, weight)[0]
    assert found == pytest.approx(np.mean(expected), rel=1e-11)


def test_ssim_does_not_see_the_unit_of_radiance():
    image, target, weight, _ = images(14)
    value = CASES["ssim"].of(image, target, weight)[0]
    assert CASES["ssim"].of(50 * image, 50 * target, weight)[0] == pytest.approx(value, rel=1e-10)
    dark = LOSSES["ssim"](range=1).of(image, 0 * target, weight)[0]
    assert CASES["ssim"].of(image, 0 * target, weight)[0] == dark
