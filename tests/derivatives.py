"""The two tests that every derivative has, and flat arrays from nested tuples."""

import numpy as np


def flat(x):
    """All numbers of nested tuples, lists and arrays, in order."""
    if isinstance(x, tuple | list):
        return np.concatenate([flat(y) for y in x]) if x else np.zeros(0)
    return np.asarray(x, float).reshape(-1)


def triples(x):
    """A flat array as a tuple of 3-tuples of floats."""
    return tuple(tuple(map(float, row)) for row in np.reshape(x, (-1, 3)))


def triple(x):
    return triples(x)[0]


def assert_transpose(jv, w, v, jtw):
    """<J v, w> = <v, J^T w> to 1e-12 of the sizes of what is added up."""
    jv, w, v, jtw = map(flat, (jv, w, v, jtw))
    size = np.abs(jv) @ np.abs(w) + np.abs(v) @ np.abs(jtw)
    assert size > 0.0
    assert abs(jv @ w - v @ jtw) <= 1e-12 * size


def taylor_slope(f, jv, largest=1e-2, steps=6):
    """How the remainder |f(h) - f(0) - h jv| falls with h = largest, largest/2, ...: 2 if jv = f'(0). Remainders that
    are rounding error alone count as a slope of 2: f is linear."""
    h = largest * 0.5 ** np.arange(steps)
    zero, jv = flat(f(0.0)), flat(jv)
    remainder = np.array([np.linalg.norm(flat(f(s)) - zero - s * jv) for s in h])
    if remainder.max() <= 1e-13 * (np.linalg.norm(zero) + np.linalg.norm(jv)):
        return 2.0
    return np.polyfit(np.log(h), np.log(remainder), 1)[0]


def difference(f, h):
    """f'(0) by central differences of fourth order."""
    return (8.0 * (flat(f(h)) - flat(f(-h))) - (flat(f(2 * h)) - flat(f(-2 * h)))) / (12.0 * h)
