"""held.py: a NamedTuple of arrays and numbers by reference has the same attributes."""

from typing import NamedTuple

import numpy as np
import pytest
from numba.core.errors import TypingError

from nrender.device import device
from nrender.held import hold
from nrender.real import FLOAT32, FLOAT64, gather


class Things(NamedTuple):
    reals: np.ndarray
    words: np.ndarray
    table: np.ndarray
    count: int


@device(apart=True)
def far(things, k):
    """In a function that is not inlined the pointer is all that there is."""
    return gather(things.reals, k) + things.table[1, 0]


@device
def read(things, out):
    held = hold(things)
    for k in range(held.count):
        out[k] = far(held, k) + held.words[k] + len(held.reals)


@device
def wrong(things):
    return hold(things).none


@pytest.mark.parametrize("width", [None, FLOAT32, FLOAT64], ids=str)
def test_the_same_attributes(width):
    real = width.literal if width else np.float64
    things = Things(np.arange(5.0).astype(real), np.arange(5, dtype=np.int32), np.array([[1, 2], [7, 8]], real), 4)
    out = np.zeros(5)
    function = read if width is None else read.instantiate(width)
    function(things, out)
    assert out.tolist() == [12, 14, 16, 18, 0]


def test_no_other_attribute():
    things = Things(np.zeros(1), np.zeros(1, np.int32), np.zeros((1, 1)), 0)
    with pytest.raises(TypingError, match="none"):
        wrong.instantiate(FLOAT64)(things)
