"""device.py: what instantiating does to a body."""

import numpy as np
import pytest

from nrender import vec
from nrender.device import Primitive, Width, clone, device
from nrender.real import FLOAT32, FLOAT64, accumulate, select, sqrt

HALF = 0.5
TENTHS = (0.1, 3)


@device
def half(x):
    return x * HALF


@device
def uses_everything(x):
    return half(sqrt(x)) + 0.25 * TENTHS[0] + vec.dot((x, x, x), (0.5, 0.25, 0.125))


@device
def numbers(x, i):
    return x * 0.25 + TENTHS[0] + i * 7


@device(strict=True)
def strict_body(x):
    return x + 1.0


def plain(name="plain"):
    """A width that compiles nothing, so that a clone can be looked at."""
    return Width(name, np.float32, lambda function, strict, apart: function)


def test_a_call_from_python_is_the_body_in_float64():
    assert uses_everything(4.0) == 1.0 + 0.25 * 0.1 + 4.0 * 0.875


@pytest.mark.parametrize("width, real", [(FLOAT32, np.float32), (FLOAT64, np.float64)])
def test_literals_and_globals_have_the_type_of_the_width(width, real):
    x = real(1.7)
    instance = uses_everything.instantiate(width)
    value = instance(x)
    assert instance.nopython_signatures[0].return_type.name == width.name
    assert value == pytest.approx(uses_everything(1.7), rel=8 * float(np.finfo(real).eps))


def test_a_clone_retypes_constants_and_keeps_integers():
    copy = clone(numbers.body, plain())
    constants = [k for k in copy.__code__.co_consts if not isinstance(k, str | tuple | type(None))]
    assert {type(k) for k in constants} == {np.float32, int}
    assert type(copy.__globals__["TENTHS"][0]) is np.float32
    assert type(copy.__globals__["TENTHS"][1]) is int
    assert type(HALF) is float  # the original is as it was


def test_a_clone_keeps_file_line_and_a_name_with_the_width():
    copy = clone(half.body, plain("mine"))
    assert copy.__code__.co_filename == half.body.__code__.co_filename
    assert copy.__code__.co_firstlineno == half.body.__code__.co_firstlineno
    assert copy.__qualname__ == "half_mine"
    assert copy.__module__ == half.body.__module__


def test_an_instance_is_made_once_a_width():
    assert half.instantiate(FLOAT32) is half.instantiate(FLOAT32)
    assert half.instantiate(FLOAT32) is not half.instantiate(FLOAT64)


def test_strict_reaches_the_compiler():
    seen = {}
    width = Width("spy", np.float32, lambda function, strict, apart: seen.setdefault(function.__name__, strict))
    strict_body.instantiate(width)
    half.instantiate(width)
    assert seen == {"strict_body": True, "half": False}


def test_a_primitive_without_a_version_says_which():
    with pytest.raises(NotImplementedError, match="has no version for nowhere"):
        sqrt.instantiate(plain("nowhere"))


def test_a_primitive_may_be_a_device_function():
    @Primitive
    def twice(x):
        return 2 * x

    width = plain()
    twice.define(width)(half)
    assert twice(3) == 6
    assert twice.instantiate(width)(np.float32(3.0)) == 1.5


def test_closures_are_refused():
    y = 2.0

    @device
    def closes(x):
        return x * y

    with pytest.raises(TypeError, match="may not close over"):
        closes.instantiate(FLOAT64)


def test_strict_code_is_not_fused_or_reordered():
    """(x y) - (x y) with one rounded product and one fused would not be 0; (1 + x) - 1 reassociated would be x."""
    instance = _residue.instantiate(FLOAT32)
    x = np.random.default_rng(0).normal(size=(1000, 2)).astype(np.float32)
    assert all(instance(a, b) == 0.0 for a, b in x)
    assert _absorb.instantiate(FLOAT32)(np.float32(1e-9)) == 0.0


@device(strict=True)
def _residue(x, y):
    return (x * y - y * x) + (y * x - x * y)


@device(strict=True)
def _absorb(x):
    return (1.0 + x) - 1.0


def test_accumulate_and_select_in_python():
    buffer = np.zeros(3)
    accumulate(buffer, 1, 2.5, True)
    accumulate(buffer, 1, 2.5, False)
    assert buffer.tolist() == [0, 2.5, 0]
    assert select(True, 1, 2) == 1
