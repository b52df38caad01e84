"""Measures of difference: known values, limits, symmetry, and colours of signed images."""

import json
import math

import numpy as np
import pytest

from nrender.compare import (
    compare,
    difference_image,
    flip,
    flip_map,
    mae,
    mse,
    psnr,
    signed_to_rgb,
    ssim,
)
from nrender.errors import ImageError


def ramp(height=24, width=32):
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x / (width - 1), y / (height - 1), (x + y) / (width + height - 2)], axis=-1)


def patched():
    image = ramp()
    image[6:12, 8:20] = [0.9, 0.1, 0.2]
    return image


def test_simple_errors_are_means_over_pixels_and_channels():
    a, b = np.zeros((2, 2, 3)), np.zeros((2, 2, 3))
    b[0, 0, 0], b[1, 1, 2] = 3, -1
    assert mse(a, b) == pytest.approx(10 / 12)
    assert mae(a, b) == pytest.approx(4 / 12)
    assert psnr(a, b) == pytest.approx(-10 * math.log10(10 / 12))
    assert psnr(a, a + 0.1) == pytest.approx(20)


def test_equal_images_differ_by_nothing_and_the_result_is_json():
    result = compare(ramp(), ramp())
    assert result == {"mse": 0, "mae": 0, "psnr": None, "ssim": pytest.approx(1), "flip": 0}
    json.dumps(result, allow_nan=False)


def naive_ssim(x, y):
    """Wang 2004, equations 13 to 16, window by window."""
    at = np.arange(11) - 5
    weights = np.exp(-(at[:, None] ** 2 + at[None] ** 2) / (2 * 1.5**2))
    weights /= weights.sum()
    values = []
    for i in range(x.shape[0] - 10):
        for j in range(x.shape[1] - 10):
            p, q = x[i : i + 11, j : j + 11], y[i : i + 11, j : j + 11]
            mp, mq = (weights * p).sum(), (weights * q).sum()
            vp, vq = (weights * (p - mp) ** 2).sum(), (weights * (q - mq) ** 2).sum()
            cov = (weights * (p - mp) * (q - mq)).sum()
            values.append(
                (2 * mp * mq + 1e-4)
                * (2 * cov + 9e-4)
                / ((mp**2 + mq**2 + 1e-4) * (vp + vq + 9e-4))
            )
    return np.mean(values)


def test_ssim_is_the_papers_formula_on_encoded_luminance():
    a, b = ramp(), patched()
    encoded = []
    for image in (a, b):
        y = image @ [0.2126, 0.7152, 0.0722]
        encoded.append(np.where(y <= 0.0031308, 12.92 * y, 1.055 * y ** (1 / 2.4) - 0.055))
    assert ssim(a, b) == pytest.approx(naive_ssim(*encoded), rel=1e-9)


def test_ssim_of_small_images_and_of_opposites():
    assert ssim(ramp(4, 5), ramp(4, 5)) == pytest.approx(1)
    board = np.indices((32, 32)).sum(0) % 2
    board = np.repeat(board[..., None], 3, axis=2).astype(float)
    assert ssim(board, 1 - board) < -0.9


# From the evaluation program that the method's authors publish (version 1.7, float32), run on the
# same arrays: maps agree to 1e-4, means to 5e-6.
def test_flip_has_the_values_of_its_authors_program():
    assert flip(ramp(), patched()) == pytest.approx(0.118403, abs=1e-5)
    square = np.zeros((64, 64, 3))
    square[10:30, 20:40] = [1, 0.5, 0.2]
    assert flip(square, np.roll(square, 2, axis=0)) == pytest.approx(0.072913, abs=1e-5)


def test_flip_is_symmetric_and_between_0_and_1():
    a, b = ramp(), patched()
    there, back = flip_map(a, b), flip_map(b, a)
    assert there.shape == a.shape[:2]
    np.testing.assert_allclose(there, back, atol=1e-12)
    assert there.min() >= 0
    assert there[8, 14] > 0.5
    assert flip_map(np.zeros((8, 8, 3)), np.ones((8, 8, 3))).max() <= 1


def test_flip_sees_less_from_farther_away():
    rng = np.random.default_rng(4)
    a = np.full((40, 40, 3), 0.5)
    b = a + rng.choice([-0.2, 0.2], (40, 40, 1))
    assert flip(a, b, pixels_per_degree=200) < 0.7 * flip(a, b, pixels_per_degree=20)


def test_what_is_above_1_counts_for_mse_but_not_for_ssim_and_flip():
    a, b = np.full((16, 16, 3), 2.0), np.full((16, 16, 3), 5.0)
    result = compare(a, b)
    assert result["mse"] == pytest.approx(9)
    assert result["psnr"] < 0
    assert result["ssim"] == pytest.approx(1)
    assert result["flip"] == 0


@pytest.mark.parametrize("function", [mse, mae, psnr, ssim, flip, compare, difference_image])
def test_images_that_can_not_be_compared(function):
    with pytest.raises(ImageError, match="second image: expected 3x2 as the first, got 2x3"):
        function(np.zeros((2, 3, 3)), np.zeros((3, 2, 3)))
    with pytest.raises(ImageError, match=r"first image: expected .height, width, 3., got .2, 3."):
        function(np.zeros((2, 3)), np.zeros((2, 3)))
    with pytest.raises(ImageError, match="second image: pixel .x=1, y=0., channel B: expected"):
        function(np.zeros((1, 2, 3)), np.array([[[0, 0, 0], [0, 0, np.nan]]]))


def test_signed_colours():
    values = np.array([[-4.0, -2, -1, 0, 1, 2, 4]])
    expected = [
        [0, 0, 255],
        [0, 0, 255],
        [128, 128, 255],
        [255] * 3,
        [255, 128, 128],
        [255, 0, 0],
        [255, 0, 0],
    ]
    np.testing.assert_array_equal(signed_to_rgb(values, scale=2)[0], expected)


def test_signed_scale_is_the_99th_percentile_of_what_is_not_zero():
    values = np.zeros((100, 100))
    values[0, :100] = np.linspace(0.01, 1, 100)
    values[1, 0] = 1e6
    rgb = signed_to_rgb(values)
    assert tuple(rgb[0, 99]) == (255, 0, 0)  # one extreme pixel doesn't turn the rest white
    assert rgb[0, 49, 1] == pytest.approx(128, abs=3)
    np.testing.assert_array_equal(signed_to_rgb(np.zeros((2, 2))), np.full((2, 2, 3), 255))


@pytest.mark.parametrize("scale", [0, -1, np.nan, np.inf])
def test_a_scale_that_is_not_positive_is_refused(scale):
    with pytest.raises(ImageError, match="scale: expected a positive number"):
        signed_to_rgb(np.ones((2, 2)), scale)


def test_difference_is_red_where_the_second_image_is_brighter():
    a = np.zeros((1, 2, 3))
    b = np.array([[[1, 1, 1], [-1, -1, -1]]])
    np.testing.assert_array_equal(difference_image(a, b), [[[255, 0, 0], [0, 0, 255]]])
