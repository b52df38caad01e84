"""Cameras whose pictures of straight lines are bent: fisheye, panorama, opencv. All rays start at the origin.

A point (sx, sy) of the screen is the place  x = q0 sx + q2,  y = q1 sy + q3  of the lens, q being the numbers behind
the camera's four vectors in theta; a model says in which direction (a, b, c) that is, and the ray's is
a right + b up + c forward. So derivatives are those of the four vectors, and those of the model by x, y and its own
numbers. The functions are apart: other cameras don't pay for them.
"""

from ..device import device
from ..geometry.surface import add_vector
from ..geometry.triangle import vector_at
from ..real import accumulate, cos, gather, own, sin
from ..vec import add, cross, dot, madd, scale, sub
from .fisheye import angle as fisheye_angle
from .fisheye import direction as fisheye_direction
from .fisheye import place as fisheye_place
from .fisheye import slopes as fisheye_slopes
from .kinds import FISHEYE, OPENCV, PANORAMA
from .opencv import direction as opencv_direction
from .opencv import moved as opencv_moved
from .opencv import moved_adj as opencv_moved_adj
from .opencv import place as opencv_place
from .opencv import slopes as opencv_slopes
from .panorama import direction as panorama_direction
from .panorama import place as panorama_place
from .panorama import slopes as panorama_slopes

LENS = 12  # where q begins


@device
def _place(theta, q, sx, sy):
    x = gather(theta, q) * sx + gather(theta, q + 2)
    return x, gather(theta, q + 1) * sy + gather(theta, q + 3)


@device
def _turn(kind, x, y):
    """The angle whose sine and cosine a model needs; they are much code, so it is there once."""
    return fisheye_angle(x, y) if kind == FISHEYE else x


@device
def _direction(theta, q, kind, x, y):
    if kind == OPENCV:
        return opencv_direction(theta, q, x, y)
    turn = _turn(kind, x, y)
    sine, cosine = sin(turn), cos(turn)
    if kind == FISHEYE:
        return fisheye_direction(theta, q, x, y, sine, cosine)
    return panorama_direction(y, sine, cosine)


@device
def _slopes(theta, q, kind, x, y, local):
    if kind == OPENCV:
        return opencv_slopes(theta, q, local[0], local[1])
    turn = _turn(kind, x, y)
    sine, cosine = sin(turn), cos(turn)
    if kind == FISHEYE:
        return fisheye_slopes(x, y, sine, cosine)
    return panorama_slopes(y, sine, cosine)


@device
def _world(vectors, camera, local):
    """a right + b up + c forward."""
    r, u, f = vector_at(vectors, camera + 3), vector_at(vectors, camera + 6), vector_at(vectors, camera + 9)
    return madd(madd(scale(r, local[0]), u, local[1]), f, local[2])


@device(apart=True)
def bent_direction(theta, camera, kind, sx, sy):
    """(direction of the ray, whether anything is seen there: if not, the direction is some one)."""
    own()
    x, y = _place(theta, camera + LENS, sx, sy)
    local, seen = _direction(theta, camera + LENS, kind, x, y)
    return _world(theta, camera, local), seen


@device(apart=True)
def bent_direction_tan(theta, d_theta, camera, kind, sx, sy):
    """The velocity of the ray's direction."""
    own()
    q = camera + LENS
    x, y = _place(theta, q, sx, sy)
    local, _ = _direction(theta, q, kind, x, y)
    by_x, by_y = _slopes(theta, q, kind, x, y, local)
    d_x, d_y = _place(d_theta, q, sx, sy)
    if kind == OPENCV:
        more_x, more_y = opencv_moved(theta, d_theta, q, local[0], local[1])
        d_x, d_y = d_x - more_x, d_y - more_y
    turned = _world(theta, camera, madd(scale(by_x, d_x), by_y, d_y))
    return add(_world(d_theta, camera, local), turned)


@device(apart=True)
def bent_direction_adj(theta, gradient, camera, kind, sx, sy, g, mask):
    """g: gradient of the ray's direction as it is."""
    own()
    q = camera + LENS
    x, y = _place(theta, q, sx, sy)
    local, _ = _direction(theta, q, kind, x, y)
    by_x, by_y = _slopes(theta, q, kind, x, y, local)
    for k in range(3):
        add_vector(gradient, camera + 3 + 3 * k, scale(g, local[k]), mask)
    r, u, f = vector_at(theta, camera + 3), vector_at(theta, camera + 6), vector_at(theta, camera + 9)
    g_local = (dot(r, g), dot(u, g), dot(f, g))
    g_x, g_y = dot(by_x, g_local), dot(by_y, g_local)
    accumulate(gradient, q, g_x * sx, mask)
    accumulate(gradient, q + 1, g_y * sy, mask)
    accumulate(gradient, q + 2, g_x, mask)
    accumulate(gradient, q + 3, g_y, mask)
    if kind == OPENCV:
        opencv_moved_adj(theta, gradient, q, local[0], local[1], -g_x, -g_y, mask)


@device(apart=True)
def bent_by_screen(theta, camera, kind, sx, sy):
    """(direction, its derivatives by sx and by sy)."""
    own()
    q = camera + LENS
    x, y = _place(theta, q, sx, sy)
    local, _ = _direction(theta, q, kind, x, y)
    by_x, by_y = _slopes(theta, q, kind, x, y, local)
    along_x = scale(_world(theta, camera, by_x), gather(theta, q))
    along_y = scale(_world(theta, camera, by_y), gather(theta, q + 1))
    return _world(theta, camera, local), along_x, along_y


@device(apart=True)
def bent_project(theta, camera, kind, point):
    """(sx, sy, t, whether it is seen) of a world point."""
    own()
    q = camera + LENS
    v = sub(point, vector_at(theta, camera))
    r, u, f = vector_at(theta, camera + 3), vector_at(theta, camera + 6), vector_at(theta, camera + 9)
    inverse = 1.0 / dot(f, cross(r, u))
    a, b, c = dot(v, cross(u, f)) * inverse, dot(v, cross(f, r)) * inverse, dot(v, cross(r, u)) * inverse
    x, y, t, seen = _project(theta, q, kind, a, b, c)
    return (x - gather(theta, q + 2)) / gather(theta, q), (y - gather(theta, q + 3)) / gather(theta, q + 1), t, seen


@device
def _project(theta, q, kind, a, b, c):
    if kind == FISHEYE:
        return fisheye_place(theta, q, a, b, c)
    if kind == PANORAMA:
        return panorama_place(a, b, c)
    return opencv_place(theta, q, a, b, c)


@device
def bent_covectors(theta, camera, kind, sx, sy, t):
    """The rows of the projection's Jacobian, as in perspective.py, for sx and for sy."""
    d, along_x, along_y = bent_by_screen(theta, camera, kind, sx, sy)
    across = cross(along_y, d)
    inverse = 1.0 / (t * dot(along_x, across))
    return scale(across, inverse), scale(cross(d, along_x), inverse)
