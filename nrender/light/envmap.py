"""An environment map: radiance from infinitely far away, by direction, as an equirectangular image.

A unit direction (x, y, z) of the map's own frame is at u = atan2(x, -z) / 2 pi (mod 1), v = acos(y) / pi; row 0 is at
+y. Bilinear between the centres of texels; u wraps, v is clamped. A direction d of the world is R^T d in the map's
frame.

At `scene.envmap`, theta holds R row by row (9), the scale (3), and the texels row by row (3 W H); W, H are
`env_width` and `env_height`. Sampled by the density of env_distribution.py, constant over cells of the size of a texel:
`env_rows` (H + 1) and `env_columns` (H (W + 1)). Differentiable: R, scale, texels, the direction.
"""

from typing import NamedTuple

from ..device import device
from ..geometry.surface import add_vector
from ..geometry.triangle import vector_at
from ..real import INV_PI, PI, arctangent2, cos, gather, maximum, real, select, sin, sqrt, truncate
from ..search import find
from ..vec import add, choose, dot, madd, mul, scale, sub

FRAME, SCALE, TEXELS = 0, 9, 12  # where they are in theta, from scene.envmap
POLE = 1e-8  # least sin^2 of the angle to a pole that a derivative divides by: du/dx grows as 1/sin there


class Texels(NamedTuple):
    """Offsets of the four texels about a direction, upper left first, and the fractions of the right and lower ones."""

    a: int
    b: int
    c: int
    d: int
    right: float
    lower: float


# --- where a direction is in the map. Strict: a sample and its density must find the same cell.
@device(strict=True)
def _local(scene, d):
    """R^T d."""
    x, y, z = _column(scene, 0), _column(scene, 1), _column(scene, 2)
    return (
        x[0] * d[0] + x[1] * d[1] + x[2] * d[2],
        y[0] * d[0] + y[1] * d[1] + y[2] * d[2],
        z[0] * d[0] + z[1] * d[1] + z[2] * d[2],
    )


@device(strict=True)
def _column(scene, k):
    start = scene.envmap + FRAME + k
    return gather(scene.theta, start), gather(scene.theta, start + 3), gather(scene.theta, start + 6)


@device(strict=True)
def _uv(d):
    """(u, v) of a local direction, both in 0 .. 1. By its tangent the angle to a pole keeps its digits there."""
    x, y, z = d
    u = arctangent2(x, -z) * (0.5 * INV_PI)
    v = arctangent2(sqrt(x * x + z * z), y) * INV_PI
    return select(u < 0.0, u + 1.0, u), v


@device(strict=True)
def _step(x, most):
    """(the integer part, within 0 .. most; x) of a lane's number; NaN, of a dead lane, is taken for 0."""
    x = select(x > 0.0, x, 0.0)
    k = truncate(x)
    return select(k > most, most, k), x


@device(strict=True)
def _cell(scene, d):
    """(row, column) of the cell around a direction of the world."""
    u, v = _uv(_local(scene, d))
    row, _ = _step(v * real(scene.env_height), scene.env_height - 1)
    column, _ = _step(u * real(scene.env_width), scene.env_width - 1)
    return row, column


@device
def _texels(scene, d):
    """Of a local direction."""
    u, v = _uv(d)
    w, h = scene.env_width, scene.env_height
    right, x = _step(u * real(w) + 0.5, w)  # counted from one texel to the left of the map, and one above it
    lower, y = _step(v * real(h) + 0.5, h)
    fx, fy = x - real(right), y - real(lower)
    left = select(right == 0, w, right) - 1
    right = select(right == w, 0, right)
    upper = select(lower == 0, 1, lower) - 1
    lower = select(lower == h, h - 1, lower)
    start = scene.envmap + TEXELS
    above, below = start + 3 * w * upper, start + 3 * w * lower
    return Texels(above + 3 * left, above + 3 * right, below + 3 * left, below + 3 * right, fx, fy)


@device
def _blend(array, t):
    """The interpolated colour: linear in the texels, so its own tangent."""
    above = madd(scale(vector_at(array, t.a), 1.0 - t.right), vector_at(array, t.b), t.right)
    below = madd(scale(vector_at(array, t.c), 1.0 - t.right), vector_at(array, t.d), t.right)
    return madd(scale(above, 1.0 - t.lower), below, t.lower)


@device
def _slopes(scene, t):
    """The derivatives of the interpolated colour by u and v."""
    a, b = vector_at(scene.theta, t.a), vector_at(scene.theta, t.b)
    c, d = vector_at(scene.theta, t.c), vector_at(scene.theta, t.d)
    by_x = madd(scale(sub(b, a), 1.0 - t.lower), sub(d, c), t.lower)
    by_y = madd(scale(sub(c, a), 1.0 - t.right), sub(d, b), t.right)
    return scale(by_x, real(scene.env_width)), scale(by_y, real(scene.env_height))


@device
def _gradients(d):
    """Of u and of v, by the local direction; bounded at the poles."""
    x, y, z = d
    s2 = maximum(x * x + z * z, POLE)
    s = sqrt(s2)
    by_u = 0.5 * INV_PI / s2
    by_v = INV_PI / (s2 + y * y)
    return (-z * by_u, 0.0 * y, x * by_u), (x * y / s * by_v, -s * by_v, z * y / s * by_v)


# --- the radiance that comes from a direction of the world
@device
def radiance(scene, d):
    t = _texels(scene, _local(scene, d))
    return mul(vector_at(scene.theta, scene.envmap + SCALE), _blend(scene.theta, t))


@device
def radiance_tan(scene, d_theta, d, d_d):
    local = _local(scene, d)
    t = _texels(scene, local)
    by_u, by_v = _slopes(scene, t)
    g_u, g_v = _gradients(local)
    turned = scale(_row(d_theta, scene, 0), d[0])
    turned = madd(madd(turned, _row(d_theta, scene, 1), d[1]), _row(d_theta, scene, 2), d[2])
    d_local = add(_local(scene, d_d), turned)
    d_blend = madd(madd(_blend(d_theta, t), by_u, dot(g_u, d_local)), by_v, dot(g_v, d_local))
    of_scale = mul(vector_at(d_theta, scene.envmap + SCALE), _blend(scene.theta, t))
    return add(of_scale, mul(vector_at(scene.theta, scene.envmap + SCALE), d_blend))


@device
def _row(array, scene, k):
    return vector_at(array, scene.envmap + FRAME + 3 * k)


@device
def radiance_adj(scene, gradient, d, g, mask):
    """Scatter g; return the gradient of d."""
    local = _local(scene, d)
    t = _texels(scene, local)
    by_u, by_v = _slopes(scene, t)
    to_u, to_v = _gradients(local)
    add_vector(gradient, scene.envmap + SCALE, mul(g, _blend(scene.theta, t)), mask)
    g_blend = mul(vector_at(scene.theta, scene.envmap + SCALE), g)
    above, below = scale(g_blend, 1.0 - t.lower), scale(g_blend, t.lower)
    add_vector(gradient, t.a, scale(above, 1.0 - t.right), mask)
    add_vector(gradient, t.b, scale(above, t.right), mask)
    add_vector(gradient, t.c, scale(below, 1.0 - t.right), mask)
    add_vector(gradient, t.d, scale(below, t.right), mask)
    g_local = madd(scale(to_u, dot(by_u, g_blend)), to_v, dot(by_v, g_blend))
    for k in range(3):
        add_vector(gradient, scene.envmap + FRAME + 3 * k, scale(g_local, d[k]), mask)
    return _to_world(scene, g_local)


@device
def _to_world(scene, d):
    """R d."""
    return dot(_row(scene.theta, scene, 0), d), dot(_row(scene.theta, scene, 1), d), dot(_row(scene.theta, scene, 2), d)


# --- sampling
@device
def sample(scene, u1, u2):
    """A unit direction of the world, of the density `pdf`. Where rounding would put it into another cell than was
    drawn, it is the middle of its own: so the density is never 0 there."""
    w, h = scene.env_width, scene.env_height
    row, fy = _draw(scene.env_rows, truncate(0.0 * u1), h, u1)
    column, fx = _draw(scene.env_columns, row * (w + 1), w, u2)
    d = _direction(scene, row, column, fx, fy)
    found_row, found_column = _cell(scene, d)
    same = (found_row == row) & (found_column == column)
    return choose(same, d, _direction(scene, row, column, 0.0 * fx + 0.5, 0.0 * fy + 0.5))


@device
def pdf(scene, d):
    """Density of `sample` per steradian."""
    row, column = _cell(scene, d)
    start = row * (scene.env_width + 1) + column
    of_row = gather(scene.env_rows, row + 1) - gather(scene.env_rows, row)
    of_column = gather(scene.env_columns, start + 1) - gather(scene.env_columns, start)
    near, _ = _from_pole(scene, row)
    solid = 4.0 * PI / real(scene.env_width) * _height(scene, near)
    return of_row * of_column / solid


@device
def _draw(cumulative, start, count, u):
    """(number of a bin, how far u is in it, 0 .. 1). A bin without probability is never found: u < 1."""
    k = find(cumulative, start, count, u)
    low, high = gather(cumulative, start + k), gather(cumulative, start + k + 1)
    return k, (u - low) / (high - low)


@device
def _from_pole(scene, row):
    """(the row, counted from the nearer pole; whether that is -y)."""
    other = scene.env_height - 1 - row
    south = row > other
    return select(south, other, row), south


@device
def _height(scene, near):
    """Half the difference of the cosines at the edges of the row `near` from a pole."""
    unit = 0.5 * PI / real(scene.env_height)
    return sin(unit * (2.0 * real(near) + 1.0)) * sin(unit)


@device
def _direction(scene, row, column, fx, fy):
    """The direction at (fx, fy) in a cell, uniform in its solid angle. With t the angle to the nearer pole,
    sin^2(t/2) = (1 - cos t)/2 is uniform too, and it has all its digits there."""
    near, south = _from_pole(scene, row)
    low = sin(0.5 * PI * real(near) / real(scene.env_height))
    s = low * low + select(south, 1.0 - fy, fy) * _height(scene, near)
    y = 1.0 - 2.0 * s
    r = 2.0 * sqrt(maximum(s * (1.0 - s), 0.0 * s))
    phi = 2.0 * PI * (real(column) + fx) / real(scene.env_width)
    return _to_world(scene, (r * sin(phi), select(south, -y, y), -r * cos(phi)))
