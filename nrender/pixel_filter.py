"""Pixel filters: how much a place on the picture counts for a pixel, as a function f of its distance (x, y) from the
pixel's centre, in pixels. The integral of f is 1.

    box       1 in the pixel's square
    point     all at the centre: no antialiasing
    tent      (1 - |x|) (1 - |y|) up to 1
    gaussian  exp(-r^2 / (2 SIGMA^2)) up to r = CUT, over its integral

Mitsuba's gaussian of the same deviation is a product of two, each lowered by its value at the cut so that it ends at 0.
The two differ by less than 1e-3 everywhere.

The places of a pixel's samples are drawn from f, so all of them weigh the same (Ernst, Stamminger and Greiner 2006),
and a pixel has its samples to itself. A place that is not drawn for a pixel, as one of an edge, counts for all pixels
around it (film.py).
"""

from .device import device
from .real import PI, absolute, cos, exp, log, maximum, own, real, select, sin, sqrt

BOX, POINT, TENT, GAUSSIAN = range(4)
FILTERS = {"box": BOX, "tent": TENT, "gaussian": GAUSSIAN, "point": POINT}
WIDE = TENT  # from here on a place counts for several pixels
SIGMA = 0.5
CUT = 4.0 * SIGMA
INSIDE = 0.9996645373720975  # of a gaussian: 1 - exp(-CUT^2 / (2 SIGMA^2))
SCALE = 1.0 / (2.0 * PI * SIGMA * SIGMA * INSIDE)


@device
def radius(kind):
    """Of a wide filter, in whole pixels."""
    return 1 if kind == TENT else 2


@device
def value(kind, x, y):
    """f of a wide filter."""
    if kind == TENT:
        zero = 0.0 * x
        return maximum(1.0 - absolute(x), zero) * maximum(1.0 - absolute(y), zero)
    r2 = x * x + y * y
    return select(r2 < CUT * CUT, SCALE * exp(r2 * (-0.5 / (SIGMA * SIGMA))), 0.0 * r2)


@device(apart=True)
def sample(kind, u1, u2):
    """(x, y) drawn from f; kind: any but BOX. u1, u2 in [0, 1)."""
    own()
    x, y = 0.0 * u1, 0.0 * u2
    if kind == TENT:
        x, y = _tent(u1), _tent(u2)
    elif kind == GAUSSIAN:
        r = SIGMA * sqrt(-2.0 * log(1.0 - INSIDE * u1))
        x, y = r * cos(2.0 * PI * u2), r * sin(2.0 * PI * u2)
    return x, y


@device
def _tent(u):
    """The inverse of its distribution function."""
    side = sqrt(2.0 * select(u < 0.5, u, 1.0 - u))
    return select(u < 0.5, side - 1.0, 1.0 - side)


@device
def limits(scene):
    """(x, y): a place (sx, sy) of the screen counts for the picture if |sx| < x and |sy| < y."""
    x, y = real(1), real(1)
    if scene.filter >= WIDE:
        beyond = 2.0 * real(radius(scene.filter)) - 1.0
        x, y = 1.0 + beyond / real(scene.film_width), 1.0 + beyond / real(scene.film_height)
    return x, y
