"""From the unit square to the sets that a path tracer samples, each with its density."""

from .device import device
from .real import INV_PI, PI, cos, maximum, sin, sqrt


@device
def cosine_hemisphere(u1, u2):
    """A unit vector with density z/pi (per steradian) on the hemisphere z >= 0: a uniform point of the disk, lifted."""
    r = sqrt(u1)
    phi = 2.0 * PI * u2
    return (r * cos(phi), r * sin(phi), sqrt(maximum(1.0 - u1, 0.0 * u1)))


@device
def cosine_hemisphere_pdf(w):
    return maximum(w[2], 0.0 * w[2]) * INV_PI


@device
def disk(u1, u2):
    """A uniform point of the unit disk; density 1/pi."""
    r = sqrt(u1)
    phi = 2.0 * PI * u2
    return r * cos(phi), r * sin(phi)


@device
def triangle(u1, u2):
    """Barycentric coordinates (b1, b2) of a uniform point; density 1/area. Osada et al. 2002, section 4.2."""
    r = sqrt(u1)
    return 1.0 - r, u2 * r


@device
def triangle_pdf(area):
    return 1.0 / area
