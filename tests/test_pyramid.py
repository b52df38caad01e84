"""pyramid.py: levels of an image, and the transpose."""

import numpy as np
import pytest
from derivatives import assert_transpose

from nrender.pyramid import build, build_adj, levels

SIZES = [(1, 1), (1, 7), (8, 1), (2, 2), (8, 8), (5, 3), (7, 16), (13, 31), (100, 9)]  # width, height


def split(flat, width, height, channels):
    """The levels as images."""
    out, start = [], 0
    for w, h in levels(width, height):
        out.append(flat[start : start + w * h * channels].reshape(h, w, channels))
        start += w * h * channels
    assert start == len(flat)
    return out


def test_levels():
    assert levels(1, 1) == [(1, 1)]
    assert levels(8, 2) == [(8, 2), (4, 1), (2, 1), (1, 1)]
    assert levels(5, 3) == [(5, 3), (3, 2), (2, 1), (1, 1)]
    assert len(levels(4097, 1)) == 14


@pytest.mark.parametrize("width, height", SIZES)
def test_all_levels_have_the_mean_of_the_image_which_is_the_first(width, height):
    image = np.random.default_rng(0).uniform(size=(height, width, 3))
    found = split(build(image), width, height, 3)
    np.testing.assert_array_equal(found[0], image)
    for level in found:
        np.testing.assert_allclose(level.mean(axis=(0, 1)), image.mean(axis=(0, 1)), rtol=1e-14)


@pytest.mark.parametrize("width, height", SIZES)
def test_a_constant_stays_and_a_ramp_remains_one(width, height):
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    image = np.stack(np.broadcast_arrays(0.7, x, y[:, None]), axis=-1)
    allowed, before = [1e-15, 1e-15], [1, 1]
    for level in split(build(image), width, height, 3):
        np.testing.assert_allclose(level[..., 0], 0.7, rtol=1e-15)
        for k, ramp in enumerate((level[0, :, 1], level[:, 0, 2])):
            # Of a texel of width p that is covered by a part f the mean misses f (1 - f) p / 2: both ends of 1.5 p or
            # more together p / 6.
            allowed[k] += before[k] % 2 * (len(ramp) != before[k]) / (6 * before[k])
            before[k] = len(ramp)
            np.testing.assert_allclose(ramp, (np.arange(len(ramp)) + 0.5) / len(ramp), atol=allowed[k])


def test_a_texel_is_the_mean_of_the_area_that_it_covers():
    row = np.array([1.0, 2, 4, 8, 16]).reshape(1, 5, 1)
    _, three, two, one = split(build(row), 5, 1, 1)
    a, b, c = np.array([1 + 2 * 2 / 3, 2 / 3 + 4 + 8 / 3, 8 * 2 / 3 + 16]) / (5 / 3)
    np.testing.assert_allclose(three.ravel(), [a, b, c], rtol=1e-15)
    np.testing.assert_allclose(two.ravel(), [(a + b / 2) / 1.5, (b / 2 + c) / 1.5], rtol=1e-15)
    np.testing.assert_allclose(one, 31 / 5, rtol=1e-15)


def test_even_sizes_are_means_of_four():
    image = np.random.default_rng(1).normal(size=(6, 4, 2))
    level = split(build(image), 4, 6, 2)[1]
    np.testing.assert_allclose(level, image.reshape(3, 2, 2, 2, 2).mean(axis=(1, 3)), rtol=1e-13)


@pytest.mark.parametrize("width, height", SIZES)
@pytest.mark.parametrize("channels", [1, 3])
def test_adjoint_is_the_transpose(width, height, channels):
    rng = np.random.default_rng(2)
    v = rng.normal(size=(height, width, channels))
    jv = build(v)
    w = rng.normal(size=jv.shape)
    g = build_adj(w, height, width, channels)
    assert g.shape == v.shape
    assert_transpose(jv, w, v, g)


def test_it_is_linear():
    a, b = np.random.default_rng(3).normal(size=(2, 9, 5, 3))
    np.testing.assert_allclose(build(2 * a - 3 * b), 2 * build(a) - 3 * build(b), atol=1e-14)
