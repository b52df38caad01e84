"""naive_texture.py, which kernels are compared with."""

import numpy as np
import pytest
from naive_texture import bilinear, by_image, by_uv, checkerboard, wrapped

IMAGE = np.random.default_rng(0).normal(size=(3, 4, 2))
WRAPS = ("repeat", "clamp", "mirror")


def centre(row, column):
    return (column + 0.5) / 4, 1 - (row + 0.5) / 3


@pytest.mark.parametrize("wrap", WRAPS)
def test_centres_have_their_texels_value(wrap):
    for row, column in np.ndindex(3, 4):
        np.testing.assert_allclose(bilinear(IMAGE, *centre(row, column), wrap), IMAGE[row, column], atol=1e-14)


@pytest.mark.parametrize("wrap", WRAPS)
def test_halfway_is_the_mean(wrap):
    np.testing.assert_allclose(bilinear(IMAGE, 0.5, 0.5, wrap), IMAGE[1, 1:3].mean(axis=0), atol=1e-14)
    np.testing.assert_allclose(bilinear(IMAGE, 0.25, 1 / 3, wrap), IMAGE[1:, :2].mean(axis=(0, 1)), atol=1e-14)


def test_row_0_is_at_the_top():
    image = np.array([[[1.0]], [[0.0]]])
    assert bilinear(image, 0.5, 0.75, "clamp") == 1.0
    assert bilinear(image, 0.5, 1.0, "clamp") == 1.0
    assert bilinear(image, 0.5, 0.0, "clamp") == 0.0


@pytest.mark.parametrize("wrap, expected", [("repeat", (3, 2)), ("clamp", (0, 0)), ("mirror", (0, 1))])
def test_beyond_the_left_border(wrap, expected):
    v = centre(1, 0)[1]
    np.testing.assert_allclose(bilinear(IMAGE, 0.0, v, wrap), (IMAGE[1, 0] + IMAGE[1, expected[0]]) / 2, atol=1e-14)
    for k, column in enumerate(expected):
        np.testing.assert_allclose(bilinear(IMAGE, -(k + 0.5) / 4, v, wrap), IMAGE[1, column], atol=1e-14)


@pytest.mark.parametrize("wrap, expected", [("repeat", (2, 1)), ("clamp", (0, 0)), ("mirror", (0, 1))])
def test_beyond_the_upper_border(wrap, expected):
    u = centre(0, 2)[0]
    np.testing.assert_allclose(bilinear(IMAGE, u, 1.0, wrap), (IMAGE[0, 2] + IMAGE[expected[0], 2]) / 2, atol=1e-14)
    for k, row in enumerate(expected):
        np.testing.assert_allclose(bilinear(IMAGE, u, 1 + (k + 0.5) / 3, wrap), IMAGE[row, 2], atol=1e-14)


def test_indexes():
    indexes = range(-5, 8)
    assert [wrapped(i, 3, "repeat") for i in indexes] == [1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1]
    assert [wrapped(i, 3, "clamp") for i in indexes] == [0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2]
    assert [wrapped(i, 3, "mirror") for i in indexes] == [1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]
    assert [wrapped(i, 1, "mirror") for i in indexes] == [0] * 13
    with pytest.raises(ValueError, match="black"):
        wrapped(0, 3, "black")


@pytest.mark.parametrize("wrap", WRAPS)
def test_it_is_continuous_over_the_border(wrap):
    for u, v in ((0.0, 0.3), (1.0, 0.3), (0.3, 0.0), (0.3, 1.0), (-1.0, 2.0)):
        near = [bilinear(IMAGE, u + du, v + dv, wrap) for du in (-1e-9, 1e-9) for dv in (-1e-9, 1e-9)]
        np.testing.assert_allclose(near, [near[0]] * 4, atol=1e-7)


def test_checkerboard():
    a, b = np.array([1.0, 0, 0]), np.array([0.0, 1, 0])
    squares = {(0.5, 0.5): a, (1.5, 0.5): b, (0.5, 1.5): b, (1.5, 1.5): a, (-0.5, 0.5): b, (-0.5, -0.5): a, (1, 0): b}
    for (u, v), expected in squares.items():
        np.testing.assert_array_equal(checkerboard(a, b, u, v), expected)


@pytest.mark.parametrize("wrap", WRAPS)
def test_derivatives(wrap):
    u, v = centre(1.3, 2.4)
    square = IMAGE[1:3, 2:4]
    in_x = 4 * ((square[:, 1] - square[:, 0]) * np.array([[0.7], [0.3]])).sum(axis=0)
    in_y = -3 * ((square[1] - square[0]) * np.array([[0.6], [0.4]])).sum(axis=0)
    np.testing.assert_allclose(by_uv(lambda u, v: bilinear(IMAGE, u, v, wrap), u, v), [in_x, in_y], atol=1e-8)
    weights = np.array([2.0, -1.0])
    g = by_image(IMAGE, u, v, wrap, weights)
    assert np.count_nonzero(g) == 8
    assert np.sum(g * IMAGE) == pytest.approx(weights @ bilinear(IMAGE, u, v, wrap), rel=1e-12)  # it is linear
    np.testing.assert_allclose(g[1, 2], 0.7 * 0.6 * weights, rtol=1e-12)
