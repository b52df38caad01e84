"""Three-vectors as tuples, and the tangents (`_tan`) and adjoints (`_adj`) of the operations that are not linear.

For y = f(x): `f_tan(x, d_x)` is J d_x, and `f_adj(x, g_y)` is J^T g_y.
"""

from .device import device
from .real import absolute, select, sqrt


@device
def dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@device
def add(a, b):
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


@device
def sub(a, b):
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


@device
def mul(a, b):
    """Component by component: colours."""
    return (a[0] * b[0], a[1] * b[1], a[2] * b[2])


@device
def scale(a, s):
    return (a[0] * s, a[1] * s, a[2] * s)


@device
def madd(a, b, s):
    """a + s b."""
    return (a[0] + b[0] * s, a[1] + b[1] * s, a[2] + b[2] * s)


@device
def cross(a, b):
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


@device
def cross_tan(a, b, d_a, d_b):
    return add(cross(d_a, b), cross(a, d_b))


@device
def cross_adj(a, b, g):
    """(g_a, g_b)."""
    return cross(b, g), cross(g, a)


@device
def length(a):
    return sqrt(dot(a, a))


@device
def normalize(a):
    return scale(a, 1.0 / length(a))


@device
def normalize_tan(a, d_a):
    inverse = 1.0 / length(a)
    n = scale(a, inverse)
    return scale(madd(d_a, n, -dot(n, d_a)), inverse)


@device
def normalize_adj(a, g):
    return normalize_tan(a, g)  # the Jacobian (1 - n n^T)/|a| is symmetric


@device
def choose(mask, a, b):
    """`select`, component by component."""
    return (select(mask, a[0], b[0]), select(mask, a[1], b[1]), select(mask, a[2], b[2]))


@device
def total(a):
    return a[0] + a[1] + a[2]


@device
def largest(a):
    m = select(a[0] > a[1], a[0], a[1])
    return select(m > a[2], m, a[2])


@device
def largest_magnitude(a):
    return largest((absolute(a[0]), absolute(a[1]), absolute(a[2])))


@device
def frame(n):
    """Two unit tangents that complete the unit vector n to a right-handed frame. Duff et al. 2017, listing 3."""
    sign = select(n[2] < 0.0, -1.0 + 0.0 * n[2], 1.0 + 0.0 * n[2])
    a = -1.0 / (sign + n[2])
    b = n[0] * n[1] * a
    return (1.0 + sign * n[0] * n[0] * a, sign * b, -sign * n[0]), (b, sign + n[1] * n[1] * a, -n[1])


@device
def to_world(v, n):
    """A vector of the frame whose third axis is n, in world coordinates."""
    s, t = frame(n)
    return madd(madd(scale(n, v[2]), t, v[1]), s, v[0])
