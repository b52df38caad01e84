"""Random numbers as a function of (seed, pixel, sample, draw): no state but a counter, so any walk can be replayed.

A stream is a pair of 32-bit words, (key, counter). The n-th number is mix(key + mix(counter + n * GOLDEN)); with one
word, streams would be windows of one sequence and would overlap. `mix` is the 32-bit finaliser of lowest known bias
(constants of C. Wellons' hash prospector, 2018).
"""

from .device import device
from .real import real, select, uint32

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
    key = mix(uint32(mix(uint32(uint32(seed) + GOLDEN)) + uint32(pixel)))
    return key, mix(uint32(uint32(sample) * GOLDEN + uint32(seed)))


@device
def stream_either(mask, a, b):
    """`select` for two streams."""
    return select(mask, a[0], b[0]), select(mask, a[1], b[1])


@device
def uniform(s):
    """(next stream, a number in [0, 1), a multiple of 2^-24)."""
    bits = mix(uint32(s[0] + mix(s[1])))
    return (s[0], uint32(s[1] + GOLDEN)), _unit(bits)


@device
def lattice(seed, pixel, sample):
    """The sample-th point (u1, u2) of a sequence that fills the unit square evenly (R2: Roberts 2018), moved by a
    random vector of the pixel (Cranley and Patterson 1976), so that each point by itself is uniform."""
    key, _ = stream(uint32(uint32(seed) ^ 0x68BC21EB), pixel, 0)  # the counter is the same in all pixels
    first = uint32(key + uint32(uint32(sample) * 0xC13FA9A9))
    second = uint32(mix(key) + uint32(uint32(sample) * 0x91E10DA6))
    return _unit(first), _unit(second)


@device
def lattice5(seed, launch, sample):
    """The same in five dimensions; of a launch in the place of a pixel."""
    key, _ = stream(uint32(uint32(seed) ^ 0x68BC21EB), launch, 0)
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

