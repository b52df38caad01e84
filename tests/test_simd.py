"""simd.py: the vector helpers, random numbers, warps and the BSDF models on several lanes, against one lane, and the
primitives of that width.

Not bit for bit: sums of products may be fused and reordered in each width, sin and cos are other code, and LLVM divides
and takes roots of vectors by an estimate and a Newton step, which is off by some units in the last place. So the two
agree to that, of the largest term.
"""

import itertools

import numpy as np
import pytest
from numba import njit
from numpy.testing import assert_allclose

from nrender import real as lane
from nrender import rng, vec, warp
from nrender.bsdf import MODELS, transmits
from nrender.device import device
from nrender.real import FLOAT32, gather, reverse_bits, select, truncate, uint32
from nrender.simd import FLOAT32XN, LANES, load, store

N = 64
NUMBERS = np.random.default_rng(0)


@device
def products(a, b, c, d, e, f):
    x, y = (a, b, c), (d, e, f)
    p = vec.cross(vec.add(x, y), vec.sub(x, y))
    return (*vec.madd(vec.mul(x, p), y, 0.3), vec.dot(x, y))


@device
def derivatives(a, b, c, d, e, f):
    x, y = (a, b, c), (d, e, f)
    p = vec.cross_tan(x, y, y, vec.scale(x, -0.5))
    g, h = vec.cross_adj(x, y, p)
    return (*vec.normalize_tan(x, y), *vec.normalize_adj(y, x), *g, *h, *p)


@device
def frames(a, b, c, d, e, f):
    n = vec.normalize((a, b, c))
    s, t = vec.frame(n)
    return (*s, *t, *vec.to_world((d, e, f), n), vec.length((d, e, f)))


@device
def choices(a, b, c, d, e, f):
    x, y = (a, b, c), (d, e, f)
    return (*vec.choose(a < d, x, y), vec.largest(x), vec.largest_magnitude(y), select(b > 0.0, 1.0, e))


@device
def warps(a, b, c, d, e, f):
    u1, u2 = select(a < 0.0, -a, a), select(b < 0.0, -b, b)
    w = warp.cosine_hemisphere(u1, u2)
    b1, b2 = warp.triangle(u1, u2)
    p, q = warp.cosine_hemisphere_pdf(w), warp.cosine_hemisphere_pdf((a, b, c))
    return (*w, p, q, b1, b2, warp.triangle_pdf(2.0 + c))


def model_body(name, through):
    """(every function of a BSDF model, how many numbers that is): written out, since a tuple has no loop in a
    kernel. through: wo is on the other side."""
    model, letters = MODELS[name], itertools.cycle("abcdef")
    middle = [0.5 * (low + high) for count, (low, high) in model.PARAMS.values() for _ in range(count)]
    p = [(f"{x} + {0.2 * x} * {letter}", letter) for x, letter in zip(middle, letters, strict=False)]
    below, called = ("-", f"{name}_through") if through else ("", name)
    text = f"""
def {called}(a, b, c, d, e, f):
    p, d_p = ({"".join(x + ", " for x, _ in p)}), ({"".join(x + ", " for _, x in p)})
    wi = vec.normalize((0.5 * a, 0.5 * b, 1.0 + 0.5 * c))
    wo = vec.normalize((0.5 * d, 0.5 * e, {below}(1.0 + 0.5 * f)))
    w = model.sample(p, wi, lane.absolute(d), lane.absolute(e), lane.absolute(f))
    tangent = model.eval_tan(p, wi, wo, d_p, (f, a, d), (b, d, e))
    g_p, g_wi, g_wo = model.eval_adj(p, wi, wo, (d, e, f))
    return (*w, *model.eval(p, wi, wo), *tangent, *g_p, *g_wi, *g_wo, model.pdf(p, wi, wo))
"""
    scope = {"__name__": __name__, "vec": vec, "lane": lane, "model": model}
    exec(text, scope)
    return device(scope[called]), 16 + len(middle)


@device
def functions(a, b, c, d, e, f):
    p = lane.absolute(a) + 0.5
    return (
        lane.sqrt(p),
        lane.sin(3.0 * b),
        lane.cos(3.0 * b),
        lane.exp(c),
        lane.log(p),
        lane.real(lane.floor(4.0 * d)),
        lane.minimum(e, f),
        lane.maximum(e, 0.25),
        lane.real(truncate(10.0 * p)),
        lane.arctangent2(a, b),
    )


def drivers(body):
    """(one lane, LANES): machine code that runs `body` over six arrays and writes its results, a row each."""
    one, eight = body.instantiate(FLOAT32), body.instantiate(FLOAT32XN)

    @njit
    def scalar(x, out):
        for i in range(x.shape[1]):
            y = one(x[0, i], x[1, i], x[2, i], x[3, i], x[4, i], x[5, i])
            for k in range(len(y)):
                out[k, i] = y[k]

    @njit
    def vector(x, out):
        for i in range(0, x.shape[1], LANES):
            y = eight(load(x[0], i), load(x[1], i), load(x[2], i), load(x[3], i), load(x[4], i), load(x[5], i))
            for k in range(len(y)):
                store(out[k], i, y[k])

    return scalar, vector


BODIES = [(products, 4), (derivatives, 15), (frames, 10), (choices, 6), (warps, 8), (functions, 10)]
BODIES += [model_body(name, False) for name in MODELS]
BODIES += [model_body(name, True) for name in MODELS if transmits(MODELS[name])]


@pytest.mark.parametrize("body, rows", BODIES, ids=[body.__name__ for body, _ in BODIES])
def test_lanes_do_what_one_does(body, rows):
    x = NUMBERS.uniform(-0.99, 0.99, size=(6, N)).astype(np.float32)
    one, eight = np.full((2, rows, N), np.nan, np.float32)
    scalar, vector = drivers(body)
    scalar(x, one)
    vector(x, eight)
    python = np.array([body(*map(float, column)) for column in x.T]).T
    assert np.isfinite(one).all()
    size = np.maximum(np.abs(python).max(axis=1, keepdims=True), 1.0)
    assert_allclose(eight / size, one / size, rtol=0.0, atol=2e-6)
    assert_allclose(one / size, python / size, rtol=0.0, atol=1e-5)


@device
def draws(seed, pixel, sample):
    s = rng.stream(seed, pixel, sample)
    s, u0 = rng.uniform(s)
    s, u1, u2 = rng.uniform2(s)
    s, u3 = rng.uniform(s)
    return u0, u1, u2, u3


@pytest.mark.parametrize("seed", [0, 123456])
def test_lanes_draw_the_numbers_of_their_paths(seed):
    eight = draws.instantiate(FLOAT32XN)

    @njit
    def vector(seed, pixels, samples, out):
        for i in range(0, len(pixels), LANES):
            u = eight(seed, load(pixels, i), load(samples, i))
            for k in range(4):
                store(out[k], i, u[k])

    pixels, samples = NUMBERS.integers(0, 2**31 - 1, size=(2, N)).astype(np.int32)
    out = np.zeros((4, N), np.float32)
    vector(seed, pixels, samples, out)
    expected = np.array([draws(seed, int(p), int(s)) for p, s in zip(pixels, samples, strict=True)]).T
    assert out.tolist() == expected.tolist()  # integers: bit for bit


@pytest.mark.parametrize("lit", [[], [0], [7], [3, 5], range(LANES)])
def test_any_lane(lit):
    any_lane, invert = lane.any_lane.instantiate(FLOAT32XN), lane.invert.instantiate(FLOAT32XN)

    @njit
    def some(x):
        return any_lane(load(x, 0) > 0.5), any_lane(invert(load(x, 0) > 0.5))

    x = np.zeros(LANES, np.float32)
    x[list(lit)] = 1.0
    assert some(x) == (len(lit) > 0, len(lit) < LANES)


def test_select_takes_numbers_and_vectors():
    choose = select.instantiate(FLOAT32XN)

    @njit
    def fill(x, out):
        v = load(x, 0)
        store(out[0], 0, choose(v > 3.0, v, -1.0))
        store(out[1], 0, choose(v > 3.0, -1.0, v))
        store(out[2], 0, choose(v > 3.0, np.float32(2.0), np.float32(5.0)))
        store(out[3], 0, choose((v >= 2.0) & (v != 4.0) | (v == 0.0), v, -v))

    x, out = np.arange(LANES, dtype=np.float32), np.zeros((4, LANES), np.float32)
    fill(x, out)
    assert out[0, :8].tolist() == [-1, -1, -1, -1, 4, 5, 6, 7]
    assert out[1, :8].tolist() == [0, 1, 2, 3, -1, -1, -1, -1]
    assert out[2, :8].tolist() == [5, 5, 5, 5, 2, 2, 2, 2]
    assert out[3, :8].tolist() == [0, -1, 2, 3, -4, 5, 6, 7]


def test_gather_takes_an_index_a_lane_or_one_for_all():
    take, cut = gather.instantiate(FLOAT32XN), truncate.instantiate(FLOAT32XN)

    @njit
    def fill(reals, integers, index, out, chosen):
        store(out[0], 0, take(reals, load(index, 0)))
        store(out[1], 0, take(reals, 3))
        store(out[2], 0, take(reals, 2 * load(index, 0) + 1))
        store(out[3], 0, take(reals, cut(take(reals, load(index, 0)))))
        store(chosen, 0, take(integers, load(index, 0)))

    reals, integers = np.arange(20, dtype=np.float32) + 0.5, np.arange(20, dtype=np.int32) * -3
    index = np.resize(np.array([0, 9, 1, 8, 2, 7, 7, 3], np.int32), LANES)
    out, chosen = np.zeros((4, LANES), np.float32), np.zeros(LANES, np.int32)
    fill(reals, integers, index, out, chosen)
    assert (out[0] == reals[index]).all()
    assert (out[1] == 3.5).all()
    assert (out[2] == reals[2 * index + 1]).all()
    assert (out[3] == reals[index]).all()
    assert (chosen == integers[index]).all()


def test_integers_and_bits():
    low, reverse = uint32.instantiate(FLOAT32XN), reverse_bits.instantiate(FLOAT32XN)

    @njit
    def fill(x, y, out, signed):
        a, b = low(load(x, 0)), low(load(y, 0))
        store(out[0], 0, a + b)
        store(out[1], 0, a * b)
        store(out[2], 0, a ^ (b >> 7))
        store(out[3], 0, (a & b) | low(5))
        store(out[4], 0, reverse(a))
        store(signed, 0, (load(x, 0) >> 3) - load(y, 0))

    x, y = NUMBERS.integers(-(2**31), 2**31, size=(2, LANES)).astype(np.int32)
    out, signed = np.zeros((5, LANES), np.uint32), np.zeros(LANES, np.int32)
    fill(x, y, out, signed)
    a, b = x.view(np.uint32), y.view(np.uint32)
    assert (out[0] == a + b).all()
    assert (out[1] == a * b).all()
    assert (out[2] == a ^ (b >> np.uint32(7))).all()
    assert (out[3] == (a & b) | np.uint32(5)).all()
    assert out[4].tolist() == [reverse_bits(k) for k in a.tolist()]
    assert (signed == (x >> 3) - y).all()


def test_a_comparison_with_nan_holds_only_if_it_is_unequal():
    take = select.instantiate(FLOAT32XN)

    @njit
    def fill(x, out):
        v = load(x, 0)
        for k, mask in enumerate((v < v, v <= v, v == v, v >= v, v > v, v != v)):
            store(out[k], 0, take(mask, np.float32(1), np.float32(0)))

    x, out = np.full(LANES, np.nan, np.float32), np.zeros((6, LANES), np.float32)
    fill(x, out)
    assert out[:, 0].tolist() == [0, 0, 0, 0, 0, 1]


def test_the_machine_code_has_vector_instructions():
    _, vector = drivers(products)
    x, out = np.zeros((6, LANES), np.float32), np.zeros((4, LANES), np.float32)
    vector(x, out)
    assert f"<{LANES} x float>" in next(iter(vector.inspect_llvm().values()))
