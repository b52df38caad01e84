"""search.py against NumPy, in each width."""

import numpy as np
import pytest
from numba import njit

from nrender.real import FLOAT32, FLOAT64
from nrender.search import find
from nrender.simd import FLOAT32XN, LANES, load, store


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 1000])
def test_the_last_that_is_not_above(count):
    rng = np.random.default_rng(count)
    for start in (0, 5):
        section = np.sort(rng.choice(np.arange(count), size=count).astype(float))  # with equal ones
        section[0] = 0.0
        array = np.concatenate([np.full(start, 9e9), section, np.full(3, -9e9)])
        for x in (0.0, 0.5, *rng.uniform(0, count, 20), section[-1], 1e6):
            assert find(array, start, count, x) == np.searchsorted(section, x, side="right") - 1


def test_in_every_width():
    rng = np.random.default_rng(0)
    array = np.sort(rng.random(37)).astype(np.float32)
    array[0] = 0.0
    x = rng.random(64).astype(np.float32)
    start = rng.integers(0, 10, 64).astype(np.int32)
    array[:10] = 0.0  # the first of every section is not above x
    expected = [find(array, int(s), 27, v) for s, v in zip(start, x, strict=True)]
    for width in (FLOAT32, FLOAT64):
        one = find.instantiate(width)
        loop = njit(lambda a, s, x, one=one: [one(a, s[i], 27, x[i]) for i in range(len(x))])
        assert loop(array, start, x) == expected
    eight = find.instantiate(FLOAT32XN)

    @njit
    def vector(array, start, x, out):
        for i in range(0, len(x), LANES):
            store(out, i, eight(array, load(start, i), 27, load(x, i)))

    out = np.zeros(64, np.int32)
    vector(array, start, x, out)
    assert out.tolist() == expected
