"""sin, cos, exp, log, atan2, acos of vectors: LLVM would call the C library for each lane.

Range reduction in two or three steps (Cody and Waite 1980), then the polynomials of S. Moshier's Cephes for single
precision: within 2 units in the last place, for angles up to some thousands. `strict`: reordered sums would undo the
reduction.
"""

from numba.extending import intrinsic

from . import real as lane
from .device import device
from .real import PI, absolute, floor, maximum, minimum, real, select, sqrt, truncate
from .simd import FLOAT32XN, FLOATS, INTS

TAN_PI_8 = 0.41421356237309503
SQRT_2 = 1.4142135623730951
SMALLEST = 1.1754943508222875e-38


@intrinsic
def _bits(typing, x):
    """A float's bits, as an integer."""
    return INTS(x), lambda context, builder, sig, args: builder.bitcast(args[0], context.get_value_type(INTS))


@intrinsic
def _from_bits(typing, k):
    return FLOATS(k), lambda context, builder, sig, args: builder.bitcast(args[0], context.get_value_type(FLOATS))


bits, from_bits = lane.Primitive(lambda x: x), lane.Primitive(lambda k: k)
bits.define(FLOAT32XN)(_bits)
from_bits.define(FLOAT32XN)(_from_bits)


@device(strict=True)
def _sine_cosine(x):
    """(sin, cos) of x - j pi/2 with |..| <= pi/4, and j mod 4."""
    j = floor(x * 0.6366197723675814 + 0.5)
    r = ((x - j * 1.5703125) - j * 4.837512969970703e-4) - j * 7.54978995489188e-8
    z = r * r
    s = r + r * z * (-1.6666654611e-1 + z * (8.3321608736e-3 - z * 1.9515295891e-4))
    c = 1.0 - 0.5 * z + z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5))
    return s, c, truncate(j) & 3


@lane.sin.define(FLOAT32XN)
@device(strict=True)
def sine(x):
    s, c, j = _sine_cosine(real(x))
    value = select((j & 1) != 0, c, s)
    return select((j & 2) != 0, -value, value)


@lane.cos.define(FLOAT32XN)
@device(strict=True)
def cosine(x):
    s, c, j = _sine_cosine(real(x))
    value = select((j & 1) != 0, s, c)
    return select(((j + 1) & 2) != 0, -value, value)


@lane.exp.define(FLOAT32XN)
@device(strict=True)
def exponential(x):
    x = minimum(maximum(x, -87.0), 88.0)
    n = floor(x * 1.4426950408889634 + 0.5)
    r = (x - n * 0.693359375) + n * 2.12194440e-4
    p = 1.9875691500e-4
    p = p * r + 1.3981999507e-3
    p = p * r + 8.3334519073e-3
    p = p * r + 4.1665795894e-2
    p = p * r + 1.6666665459e-1
    p = p * r + 5.0000001201e-1
    return (p * r * r + r + 1.0) * from_bits((truncate(n) + 127) * 8388608)


@lane.log.define(FLOAT32XN)
@device(strict=True)
def logarithm(x):
    """Of x > 0; of less, that of the smallest normal number."""
    k = bits(maximum(x, SMALLEST))
    m = from_bits((k & 0x7FFFFF) | 0x3F800000)
    e = real((k >> 23) - 127)
    upper = m > SQRT_2
    e, f = select(upper, e + 1.0, e), select(upper, 0.5 * m, m) - 1.0
    p = 7.0376836292e-2
    p = p * f - 1.1514610310e-1
    p = p * f + 1.1676998740e-1
    p = p * f - 1.2420140846e-1
    p = p * f + 1.4249322787e-1
    p = p * f - 1.6668057665e-1
    p = p * f + 2.0000714765e-1
    p = p * f - 2.4999993993e-1
    p = p * f + 3.3333331174e-1
    z = f * f
    return ((f * z * p - e * 2.12194440e-4) - 0.5 * z) + f + e * 0.693359375


@lane.arctangent2.define(FLOAT32XN)
@device(strict=True)
def arctangent2(y, x):
    low, high = minimum(absolute(x), absolute(y)), maximum(absolute(x), absolute(y))
    a = low / select(high > 0.0, high, 1.0)
    upper = a > TAN_PI_8
    a = select(upper, (a - 1.0) / (a + 1.0), a)
    z = a * a
    p = ((8.05374449538e-2 * z - 1.38776856032e-1) * z + 1.99777106478e-1) * z - 3.33329491539e-1
    angle = p * z * a + a + select(upper, 0.25 * PI, 0.0)
    angle = select(absolute(y) > absolute(x), 0.5 * PI - angle, angle)
    angle = select(x < 0.0, PI - angle, angle)
    return select(y < 0.0, -angle, angle)


@lane.arccosine.define(FLOAT32XN)
@device(strict=True)
def arccosine(x):
    return arctangent2(sqrt(maximum((1.0 - x) * (1.0 + x), 0.0)), x)
