"""Random numbers as a function of (seed, pixel, sample, draw): no state but a counter, so any walk can be replayed.

The samples of a pixel are not independent: in each draw they fill the interval, or the square, evenly. A draw of two
numbers is a Sobol' point (1967): its first two dimensions alone, which have closed forms; its digits scrambled at
random (Owen 1995), so that each point by itself is uniform; its number among the samples shuffled, so that draws are
independent of each other (Kollig and Keller 2002). Scrambling and shuffling are hashes of all digits at once (Burley
2020, Practical hash-based Owen scrambling, JCGT 9(4)): `_nested`, on words with their bits reversed. For a power of two
n of samples, the first n and every n that follow them, each rectangle of area 1/n whose sides are powers of two has one
point, and the error for a smooth function is as n^-3/2.

A draw of one number decides something (which lobe, whether to go on), so it needs no scrambled digits: the first n have
one in each n-th of the interval, all at the same place there, which is random.

A stream is (key of the pixel, counter, number of the sample with its bits reversed). `mix` is the 32-bit finaliser of
lowest known bias (constants of C. Wellons' hash prospector, 2018); the constants of `_nested` are N. Vegdahl's (2021).
"""

from .device import device
from .real import real, reverse_bits, select, uint32

GOLDEN = 0x9E3779B9


@device
def mix(x):
    x = uint32(x ^ (x >> 16))
    x = uint32(x * 0x7FEB352D)
    x = uint32(x ^ (x >> 15))
    x = uint32(x * 0x846CA68B)
    return uint32(x ^ (x >> 16))


@device
def _unit(bits):
    """A number in [0, 1), a multiple of 2^-24."""
    return real(bits >> 8) * 5.9604644775390625e-08


@device
def stream(seed, pixel, sample):
    """The stream of one path; three integers."""
    first = mix(uint32(uint32(seed) + GOLDEN))
    second = mix(uint32(mix(first) + GOLDEN))
    return mix(uint32(first + uint32(pixel))), second, reverse_bits(uint32(sample))


@device
def stream_either(mask, a, b):
    """`select` for two streams."""
    return select(mask, a[0], b[0]), select(mask, a[1], b[1]), select(mask, a[2], b[2])


@device
def uniform(s):
    """(next stream, a number in [0, 1), a multiple of 2^-24)."""
    return _after(s), _unit(_nested(s[2], _key(s)))


@device
def uniform2(s):
    """(next stream, u1, u2): a point of the square, of two such numbers."""
    shuffle = _key(s)
    first = _another(shuffle)
    i = reverse_bits(_nested(s[2], shuffle))
    u1 = _unit(reverse_bits(_nested(i, first)))
    return _after(s), u1, _unit(reverse_bits(_nested(_second_dimension(i), _another(first))))


@device
def _after(s):
    return s[0], uint32(s[1] + GOLDEN), s[2]


@device
def _key(s):
    """Of this draw of the pixel. (With a sum in the place of xor, pixels would draw from windows of one sequence.)"""
    return mix(uint32(s[0] ^ s[1]))


@device
def _another(key):
    key = uint32(key * 0x846CA68B)
    return uint32(key ^ (key >> 15))


@device
def _nested(x, key):
    """A permutation of words by which a bit is changed by lower ones only (Laine and Karras 2011)."""
    x = uint32(x ^ uint32(x * 0x3D20ADEA))
    x = uint32(x + key)
    x = uint32(x * ((key >> 16) | 1))
    x = uint32(x ^ uint32(x * 0x05526C56))
    return uint32(x ^ uint32(x * 0x53A22864))


@device
def _second_dimension(i):
    """That of the i-th Sobol' point, bits reversed (the first dimension's is i): bit m is the sum of the bits j of i
    for which the binomial coefficient (j, m) is odd, so all bits of m are in j (Lucas)."""
    i = uint32(i ^ (i >> 16))
    i = uint32(i ^ ((i & 0xFF00FF00) >> 8))
    i = uint32(i ^ ((i & 0xF0F0F0F0) >> 4))
    i = uint32(i ^ ((i & 0xCCCCCCCC) >> 2))
    return uint32(i ^ ((i & 0xAAAAAAAA) >> 1))


@device
def lattice5(seed, launch, sample):
    """The sample-th point of a sequence that fills the cube of five dimensions evenly (R5: Roberts 2018), moved by a
    random vector of the launch (Cranley and Patterson 1976), so that each point by itself is uniform."""
    key, _, _ = stream(uint32(uint32(seed) ^ 0x68BC21EB), launch, 0)
    a = uint32(key + uint32(uint32(sample) * 0xE19B01AB))
    key = mix(key)
    b = uint32(key + uint32(uint32(sample) * 0xC6D1D6C9))
    key = mix(key)
    c = uint32(key + uint32(uint32(sample) * 0xAF36D01F))
    key = mix(key)
    d = uint32(key + uint32(uint32(sample) * 0x9A69443F))
    key = mix(key)
    e = uint32(key + uint32(uint32(sample) * 0x881403B9))
    return _unit(a), _unit(b), _unit(c), _unit(d), _unit(e)

