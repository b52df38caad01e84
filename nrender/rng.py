"""Random numbers as a function of (seed, pixel, sample, draw): no state but a counter, so any walk can be replayed.

A stream is a pair of 32-bit words, (key, counter). The n-th number is mix(key + mix(counter + n * GOLDEN)); with one word,
streams would be windows of one sequence and would overlap. `mix` is the 32-bit finaliser of lowest known bias
(constants of C. Wellons' hash prospector, 2018).
"""
from .device import device
from .real import real, uint32

GOLDEN = 0x9E3779B9


@device
def mix(x):
    x = uint32(x ^ (x >> 16))
    x = uint32(x * 0x7FEB352D)
    x = uint32(x ^ (x >> 15))
    x = uint32(x * 0x846CA68B)
    return uint32(x ^ (x >> 16))


@device
def stream(seed, pixel, sample):
    """The stream of one path; three integers."""
    key = mix(uint32(mix(uint32(uint32(seed) + GOLDEN)) + uint32(pixel)))
    return key, mix(uint32(uint32(sample) * GOLDEN + uint32(seed)))


@device
def uniform(s):
    """(next stream, a number in [0, 1), a multiple of 2^-24)."""
    bits = mix(uint32(s[0] + mix(s[1])))
    return (s[0], uint32(s[1] + GOLDEN)), real(bits >> 8) * 5.9604644775390625e-08
