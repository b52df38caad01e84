"""Where on the screen a pixel is. Box filter: a pixel's value is the mean radiance over its square."""

from .device import device
from .real import real


@device
def screen_point(x, y, u1, u2, width, height):
    """(sx, sy) in [-1, 1]^2 of the point (u1, u2) of pixel (x, y), row 0 at the top."""
    sx = 2.0 * (real(x) + u1) / real(width) - 1.0
    return sx, 1.0 - 2.0 * (real(y) + u2) / real(height)
