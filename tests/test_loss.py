"""Losses: exact gradients, residuals, masks, and what can be wrong, for all of them alike."""

import numpy as np
import pytest
from derivatives import assert_transpose, taylor_slope
from loss_cases import CASES, SHAPES, images

from nrender.loss import LOSSES, LossError, pyramid

SQUARES = [name for name, loss in CASES.items() if loss.residual]
every_loss = pytest.mark.parametrize("name", CASES)
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
both_sides = pytest.mark.parametrize("seed", [1, 2, 3, 4])


@every_loss
@every_shape
@both_sides
def test_gradient_is_the_derivative_of_the_value(name, shape, seed):
    of, (image, target, weight, d) = CASES[name].of, images(seed, shape)
    slope = np.sum(of(image, target, weight)[1] * d)

    def value(h):
        return of(image + h * d, target, weight)[0]

    assert taylor_slope(value, slope) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("name", SQUARES)
@every_shape
@both_sides
def test_the_squares_of_the_residual_are_the_loss(name, shape, seed):
    loss, (image, target, weight, d) = CASES[name], images(seed, shape)
    value, gradient = loss.of(image, target, weight)
    r, jvp, vjp = loss.residual(image, target, weight)
    assert r.ndim == 1
    assert np.sum(r**2) == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(2 * vjp(r), gradient, rtol=1e-12, atol=1e-16)
    w = np.random.default_rng(seed).normal(size=r.shape)
    assert_transpose(jvp(d), w, d, vjp(w))
    assert vjp(w).shape == image.shape

    def residual(h):
        return loss.residual(image + h * d, target, weight).r

    assert taylor_slope(residual, jvp(d)) == pytest.approx(2, abs=0.1)


def test_which_losses_are_sums_of_squares():
    assert {n for n in LOSSES if CASES[n].residual} == {"l2", "huber", "relative_l2", "log"}


@every_loss
def test_claims_are_one_line(name):
    assert 10 < len(CASES[name].claim) <= 140
    assert "\n" not in CASES[name].claim


@every_loss
@every_shape
def test_only_the_proportions_of_the_weights_matter(name, shape):
    loss, (image, target, weight, _) = CASES[name], images(5, shape)
    value, gradient = loss.of(image, target, weight)
    scaled, scaled_gradient = loss.of(image, target, 1e3 * weight)
    assert scaled == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(scaled_gradient, gradient, rtol=1e-9, atol=1e-15)


@every_loss
@every_shape
@pytest.mark.parametrize("what", [1e6, np.nan, np.inf])
def test_masked_pixels_do_not_exist(name, shape, what):
    loss, (image, target, weight, d) = CASES[name], images(6, shape)
    masked = weight[..., 0] == 0
    assert 0 < masked.sum() < masked.size
    value, gradient = loss.of(image, target, weight)
    assert np.all(gradient[masked] == 0)
    assert np.any(gradient[~masked] != 0)
    image, target = image.copy(), target.copy()
    target[masked], image[masked] = what, -what
    again, same = loss.of(image, target, weight)
    assert again == value
    np.testing.assert_array_equal(same, gradient)
    if loss.residual:
        r, jvp, vjp = loss.residual(image, target, weight)
        assert np.sum(r**2) == pytest.approx(value, rel=1e-13)
        assert np.isfinite(jvp(d)).all()
        assert np.all(vjp(np.ones_like(r))[masked] == 0)


@every_loss
def test_a_perfect_match_is_zero(name):
    """But for rounding: in ssim three terms cancel that are tens of times as large as the gradient of another image."""
    image, target, weight = images(7)[:3]
    value, gradient = CASES[name].of(target, target, weight)
    assert value == pytest.approx(0, abs=1e-15)
    assert np.abs(gradient).max() < 1e-13 * np.abs(CASES[name].of(image, target, weight)[1]).max()


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("image", [np.full((4, 4, 3), np.nan), np.full((4, 4, 3), np.inf)])
def test_an_image_that_overflowed_has_no_finite_loss(name, image):
    """And no warning, which pytest would raise."""
    assert not np.isfinite(CASES[name].of(image, np.ones((4, 4, 3)), np.ones((4, 4, 1)))[0])


# What can be wrong


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: LOSSES["huber"](delta=0), "loss 'huber': delta: expected a number above 0, got 0"),
        (lambda: LOSSES["relative_l2"](epsilon=-1), "epsilon: expected a number above 0, got -1"),
        (lambda: LOSSES["ssim"](range="x"), "range: expected a number above 0, got 'x'"),
        (lambda: LOSSES["ssim"](range=np.inf), "range: expected a number above 0, got inf"),
        (lambda: pyramid(CASES["l2"], 0), "levels: expected an integer of at least 1, got 0"),
        (lambda: pyramid(CASES["l2"], 1.5), "levels: expected an integer of at least 1, got 1.5"),
    ],
)
def test_wrong_options(make, message):
    with pytest.raises(LossError, match=f"{message}$"):
        make()


@every_loss
@pytest.mark.parametrize(
    "image, target, weight, message",
    [
        ((4, 5), (4, 5), (4, 5, 1), r"image: expected \(height, width, channels\), got \(4, 5\)"),
        ((4, 5, 3), (4, 5, 1), (4, 5, 1), r"target: expected \(4, 5, 3\) .*, got \(4, 5, 1\)"),
        ((4, 5, 3), (4, 5, 3), (4, 5), r"weight: expected \(4, 5, 1\), got \(4, 5\)"),
    ],
)
def test_wrong_shapes(name, image, target, weight, message):
    with pytest.raises(LossError, match=message):
        CASES[name].of(np.ones(image), np.ones(target), np.ones(weight))


@every_loss
@pytest.mark.parametrize(
    "bad, message", [(0, "none"), (-1, "others"), (np.nan, "others"), (np.inf, "others")]
)
def test_wrong_weights(name, bad, message):
    image = np.ones((2, 2, 3))
    weight = np.zeros((2, 2, 1))
    weight[0, 0] = bad
    with pytest.raises(LossError, match=f"weight: expected .*, got {message}"):
        CASES[name].of(image, image, weight)
