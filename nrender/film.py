"""Where on the screen a pixel's samples are, and for which pixels a place on it counts."""

from .camera.kinds import THINLENS
from .camera.screen import Screen, lens_point, middle_ray
from .device import device
from .geometry.surface import add_vector
from .geometry.triangle import vector_at
from .pixel_filter import BOX, radius, sample, value
from .real import floor, maximum, minimum, own, real, select, truncate
from .rng import uniform2
from .vec import dot, madd, scale

BELOW_ONE = 0.99999994


@device
def screen_point(x, y, u1, u2, width, height):
    """(sx, sy) in [-1, 1]^2 of the point (u1, u2) of pixel (x, y), row 0 at the top."""
    sx = 2.0 * (real(x) + u1) / real(width) - 1.0
    return sx, 1.0 - 2.0 * (real(y) + u2) / real(height)


@device
def pixel_sample(scene, stream, x, y, width, height):
    """(stream, Screen) of a sample of pixel (x, y)."""
    stream, u1, u2 = uniform2(stream)
    if scene.filter == BOX and scene.lens != THINLENS:
        sx, sy = screen_point(x, y, u1, u2, width, height)
        return stream, middle_ray(sx, sy)
    return _other_sample(scene, stream, x, y, u1, u2, width, height)


@device(apart=True)
def _other_sample(scene, stream, x, y, u1, u2, width, height):
    """Apart, since most pictures pay nothing for it then."""
    own()
    sx, sy = filtered_point(scene, x, y, u1, u2, width, height)
    stream, a, b = lens_point(scene, stream, 0.0 * sx)
    return stream, Screen(sx, sy, a, b)


@device
def filtered_point(scene, x, y, u1, u2, width, height):
    """(sx, sy) of a sample of pixel (x, y), from two random numbers."""
    if scene.filter != BOX:
        dx, dy = sample(scene.filter, u1, u2)
        u1, u2 = 0.5 + dx, 0.5 + dy
    return screen_point(x, y, u1, u2, width, height)


@device
def any_pixel(scene, u1, u2):
    """(number of a pixel, sx, sy of a sample of it), from two random numbers; all pixels are as likely."""
    sx, sy = 2.0 * u1 - 1.0, 2.0 * u2 - 1.0
    pixel = pixel_of(scene, sx, sy)
    if scene.filter != BOX:
        px, py = pixels(scene, sx, sy)
        column, row = _whole(px, scene.film_width), _whole(py, scene.film_height)
        u1, u2 = _part(px - real(column)), _part(py - real(row))
        sx, sy = filtered_point(scene, column, row, u1, u2, scene.film_width, scene.film_height)
    return pixel, sx, sy


@device
def pixels(scene, sx, sy):
    """A point of the screen in pixels of the picture."""
    return 0.5 * (1.0 + sx) * real(scene.film_width), 0.5 * (1.0 - sy) * real(scene.film_height)


@device
def _whole(p, count):
    return minimum(truncate(maximum(p, 0.0 * p)), count - 1)


@device
def _part(u):
    return minimum(maximum(u, 0.0 * u), BELOW_ONE)


@device
def pixel_of(scene, sx, sy):
    """The number of the pixel that a point of the screen is in, or next to."""
    px, py = pixels(scene, sx, sy)
    return _whole(py, scene.film_height) * scene.film_width + _whole(px, scene.film_width)


# A place on the picture, as of an edge, counts for the pixel that it is in; with a wide filter for (2 radius)^2 pixels,
# each by f. `at_place` and `add_at_place` are transposes of each other.


@device
def around(scene):
    """For how many pixels a place counts."""
    return 4 * radius(scene.filter) * radius(scene.filter)


@device
def counted(scene, at, k):
    """(number, f) of the k-th of the pixels around a place; (0, 0) beyond the picture."""
    px, py = pixels(scene, at.x, at.y)
    r = radius(scene.filter)
    left, top = floor(px - 0.5), floor(py - 0.5)
    cx = real(left) + real(k % (2 * r) - r + 1)
    cy = real(top) + real(k // (2 * r) - r + 1)
    inside = (cx > -0.5) & (cy > -0.5)
    inside = inside & (cx < real(scene.film_width) - 0.5) & (cy < real(scene.film_height) - 0.5)
    f = value(scene.filter, px - 0.5 - cx, py - 0.5 - cy)
    number = truncate(maximum(cy, 0.0 * cy)) * scene.film_width + truncate(maximum(cx, 0.0 * cx))
    return select(inside, number, 0), select(inside, f, 0.0 * f)


@device
def at_place(scene, weights, at, pixel):
    """Of the vectors of all pixels what a place, `at` on the screen and in `pixel`, gets: the sum of f times theirs."""
    if scene.filter == BOX:
        return vector_at(weights, 3 * pixel)
    return _around_place(scene, weights, at)


@device(apart=True)
def _around_place(scene, weights, at):
    zero = 0.0 * at.x
    out = (zero, zero, zero)
    for k in range(around(scene)):
        pixel, f = counted(scene, at, k)
        out = madd(out, vector_at(weights, 3 * pixel), f)
    return out


@device
def add_at_place(scene, image, at, pixel, change, mask):
    """Add a change at a place to the pixels for which it counts; return the square of all that it changes."""
    if scene.filter == BOX:
        add_vector(image, 3 * pixel, change, mask)
        return dot(change, change)
    return _add_around(scene, image, at, change, mask)


@device(apart=True)
def _add_around(scene, image, at, change, mask):
    square = 0.0 * at.x
    for k in range(around(scene)):
        pixel, f = counted(scene, at, k)
        add_vector(image, 3 * pixel, scale(change, f), mask)
        square = square + f * f
    return square * dot(change, change)
