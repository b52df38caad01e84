"""A user's function as a loss: what it may take, what it has to return."""

import functools

import numpy as np
import pytest

from nrender.loss import LossError, from_callable, two

SHAPE = (3, 4, 2)
IMAGE, TARGET = np.random.default_rng(0).uniform(size=(2, *SHAPE))
ONES = np.ones((3, 4, 1))


def of_image(image):
    return np.sum(image**2), 2 * image


def of_both(image, target):
    return np.sum((image - target) ** 2), 2 * (image - target)


def of_all(image, target, weight):
    return np.sum(weight * (image - target) ** 2), 2 * weight * (image - target)


def with_default(image, target, power=2):
    return np.sum((image - target) ** power), power * (image - target) ** (power - 1)


def call(function, weight=ONES):
    return from_callable(function).of(IMAGE, TARGET, weight)


@pytest.mark.parametrize(
    "function, expected",
    [
        (of_image, of_image(IMAGE)),
        (of_both, of_both(IMAGE, TARGET)),
        (of_all, of_both(IMAGE, TARGET)),
        (with_default, of_both(IMAGE, TARGET)),
        (functools.partial(of_all, weight=ONES), of_both(IMAGE, TARGET)),
        (lambda *images: of_all(*images), of_both(IMAGE, TARGET)),
        (lambda image: (1, [[[0, 0]] * 4] * 3), (1.0, np.zeros(SHAPE))),
    ],
)
def test_what_a_function_may_take(function, expected):
    value, gradient = call(function)
    assert isinstance(value, float)
    assert value == pytest.approx(expected[0], rel=1e-14)
    np.testing.assert_array_equal(gradient, expected[1])


def test_a_function_may_spoil_what_it_is_given():
    def spoil(image, target, weight):
        image[...], target[...], weight[...] = 1, 2, 3
        return 0.0, image

    before = IMAGE.copy(), TARGET.copy(), ONES.copy()
    call(spoil)
    for array, same in zip((IMAGE, TARGET, ONES), before, strict=True):
        np.testing.assert_array_equal(array, same)


@pytest.mark.parametrize(
    "result, message",
    [
        (3.0, r"expected to return \(loss, gradient\), got a float"),
        ((1, 2, 3), r"expected to return \(loss, gradient\), got a tuple of 3"),
        (("x", IMAGE), "loss: expected numbers, got a str"),
        ((1, None), r"gradient: expected \(3, 4, 2\) as the image, got \(\)"),
        ((1, [[1], [1, 2]]), "gradient: expected numbers, got a list"),
        ((np.ones(2), IMAGE), r"loss: expected one number, got an array of \(2,\)"),
        ((np.nan, IMAGE), "loss: expected finite numbers, got nan"),
        ((1, IMAGE[1:]), r"gradient: expected \(3, 4, 2\) as the image, got \(2, 4, 2\)"),
        ((1, IMAGE * np.inf), "gradient: expected finite numbers, got inf"),
    ],
)
def test_what_a_function_has_to_return(result, message):
    def mine(image):
        return result

    with pytest.raises(LossError, match=f"^loss 'mine': {message}$"):
        call(mine)


@pytest.mark.parametrize(
    "function, message",
    [
        (3, "loss: expected a function, got int"),
        (lambda: 0, "got none"),
        (lambda a, b, c, d: 0, "got a, b, c, d"),
        (lambda image, *, scale: 0, "got image, scale"),
    ],
)
def test_what_a_function_has_to_be(function, message):
    with pytest.raises(LossError, match=f"{message}$"):
        from_callable(function)


def test_weights_are_not_silently_ignored():
    weight = ONES.copy()
    weight[0, 0] = 0
    call(of_all, weight)
    with pytest.raises(LossError, match="got one of image and target$"):
        call(of_both, weight)
    np.testing.assert_array_equal(call(of_both, 3 * ONES)[1], call(of_both)[1])


def test_masked_pixels_have_no_gradient_whatever_the_function_says():
    weight = ONES.copy()
    weight[0, 0] = 0
    _, gradient = call(lambda image, target, weight: (1.0, np.ones(SHAPE)), weight)
    np.testing.assert_array_equal(gradient, np.ones(SHAPE) * weight)


def test_an_image_that_overflowed_is_not_the_functions_fault():
    with np.errstate(invalid="ignore"):
        value, _ = from_callable(of_both).of(IMAGE * np.inf, TARGET, ONES)
    assert not np.isfinite(value)


def test_errors_of_the_function_go_through():
    with pytest.raises(ZeroDivisionError):
        call(lambda image: 1 / 0)


def test_a_quadratic_function_is_unbiased_by_two_renders():
    found = two(from_callable(of_both), IMAGE, TARGET + 1, TARGET, ONES)
    assert found.value == pytest.approx(np.sum((IMAGE - TARGET) * 1.0), rel=1e-12)
