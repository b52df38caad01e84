"""How `principled` colours its seven lobes: each a number, times a weight for each of the colour's channels.

The weights are those of principled.py's table, in its order; p are its parameters, r0 the square of its index's
(n - 1) / (n + 1), front whether it is seen from outside. The tint is b / luminance, white where that is too small; the
derivative of sqrt(b) is that at b = 1e-4 below it.
"""

from ..device import device
from ..real import maximum, select, sqrt
from ..vec import dot

LUMINANCE = (0.212671, 0.715160, 0.072169)
LEAST_LUMINANCE = 1e-6  # below it the tint is white
LEAST_BASE = 1e-4


@device
def _tint(p):
    """(tint, 1 / luminance; 0 where that is too small)."""
    lum = dot((p[0], p[1], p[2]), LUMINANCE)
    ok = lum > LEAST_LUMINANCE
    k = select(ok, 1.0 / maximum(lum, LEAST_LUMINANCE), 0.0)
    return (select(ok, p[0] * k, 1.0), select(ok, p[1] * k, 1.0), select(ok, p[2] * k, 1.0)), k


@device
def _tint_tan(p, d_p):
    tint, k = _tint(p)
    d = dot((d_p[0], d_p[1], d_p[2]), LUMINANCE)
    return (d_p[0] - tint[0] * d) * k, (d_p[1] - tint[1] * d) * k, (d_p[2] - tint[2] * d) * k


@device
def _tint_adj(p, g):
    tint, k = _tint(p)
    s = dot(tint, g)
    return (g[0] - LUMINANCE[0] * s) * k, (g[1] - LUMINANCE[1] * s) * k, (g[2] - LUMINANCE[2] * s) * k


@device
def _root(b):
    """(sqrt(b), its derivative)."""
    return sqrt(maximum(b, 0.0)), 0.5 / sqrt(maximum(b, LEAST_BASE))


@device
def _weights(p, front, b, tint, r0):
    """Of the seven lobes, in one channel."""
    u, r = 1.0 - p[3], tint * r0
    mirrored, rest = p[3] * b + u * p[6] * r, p[3] * (1.0 - b) + u * p[6] * (1.0 - r)
    interface = u * select(front, 1.0 - p[6], p[11])
    ground, cloth = u * (1.0 - p[11]) * b, p[7] * u * (1.0 + p[8] * (tint - 1.0))
    root, _ = _root(b)
    return mirrored, rest, interface, ground, cloth, p[9], u * p[11] * root


@device
def _weights_tan(p, front, b, tint, r0, d_p, d_b, d_tint, d_r0):
    u, r, d_u, d_r = 1.0 - p[3], tint * r0, -d_p[3], d_tint * r0 + tint * d_r0
    ut, d_ut = u * p[6], d_u * p[6] + u * d_p[6]
    mirrored = d_p[3] * b + p[3] * d_b + d_ut * r + ut * d_r
    rest = d_p[3] * (1.0 - b) - p[3] * d_b + d_ut * (1.0 - r) - ut * d_r
    interface = d_u * select(front, 1.0 - p[6], p[11]) + u * select(front, -d_p[6], d_p[11])
    ground = (d_u * (1.0 - p[11]) - u * d_p[11]) * b + u * (1.0 - p[11]) * d_b
    white = 1.0 + p[8] * (tint - 1.0)
    cloth = (d_p[7] * u + p[7] * d_u) * white + p[7] * u * (d_p[8] * (tint - 1.0) + p[8] * d_tint)
    root, root_b = _root(b)
    bent = (d_u * p[11] + u * d_p[11]) * root + u * p[11] * root_b * d_b
    return mirrored, rest, interface, ground, cloth, d_p[9], bent


@device
def _weights_adj(p, front, b, tint, r0, g):
    """(g_b, g_tint, g_r0, and g of metallic, specular_tint, sheen, sheen_tint, clearcoat, transmission)."""
    u, r = 1.0 - p[3], tint * r0
    ut, x = u * p[6], 1.0 - p[11]
    g_ut, g_r = g[0] * r + g[1] * (1.0 - r), (g[0] - g[1]) * ut
    white, root_b = 1.0 + p[8] * (tint - 1.0), _root(b)
    g_white = g[4] * p[7] * u
    g_b = (g[0] - g[1]) * p[3] + g[3] * u * x + g[6] * u * p[11] * root_b[1]
    g_u = g_ut * p[6] + g[2] * select(front, 1.0 - p[6], p[11]) + g[3] * x * b
    g_u = g_u + g[4] * p[7] * white + g[6] * p[11] * root_b[0]
    g_metal = g[0] * b + g[1] * (1.0 - b) - g_u
    g_tinted = g_ut * u - select(front, u, 0.0) * g[2]
    g_x = select(front, 0.0, u) * g[2] - g[3] * u * b + g[6] * u * root_b[0]
    more = (g_metal, g_tinted, g[4] * u * white, g_white * (tint - 1.0), g[5], g_x)
    return g_b, g_r * r0 + g_white * p[8], g_r * tint, more


@device
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3] + a[4] * b[4] + a[5] * b[5] + a[6] * b[6]


@device
def blend(p, front, r0, x):
    """The colour of lobes with the values x."""
    tint, _ = _tint(p)
    red, green = _weights(p, front, p[0], tint[0], r0), _weights(p, front, p[1], tint[1], r0)
    return _dot(red, x), _dot(green, x), _dot(_weights(p, front, p[2], tint[2], r0), x)


@device
def blend_tan(p, front, r0, x, d_p, d_r0, d_x):
    tint, _ = _tint(p)
    e = _tint_tan(p, d_p)
    r, d_r = _weights(p, front, p[0], tint[0], r0), _weights_tan(p, front, p[0], tint[0], r0, d_p, d_p[0], e[0], d_r0)
    g, d_g = _weights(p, front, p[1], tint[1], r0), _weights_tan(p, front, p[1], tint[1], r0, d_p, d_p[1], e[1], d_r0)
    b, d_b = _weights(p, front, p[2], tint[2], r0), _weights_tan(p, front, p[2], tint[2], r0, d_p, d_p[2], e[2], d_r0)
    return _dot(r, d_x) + _dot(d_r, x), _dot(g, d_x) + _dot(d_g, x), _dot(b, d_x) + _dot(d_b, x)


@device
def _times(x, s):
    return x[0] * s, x[1] * s, x[2] * s, x[3] * s, x[4] * s, x[5] * s, x[6] * s


@device
def lobe_adj(p, front, r0, g):
    """g of the seven lobes."""
    tint, _ = _tint(p)
    r, s = _weights(p, front, p[0], tint[0], r0), _weights(p, front, p[1], tint[1], r0)
    r, s = _times(r, g[0]), _times(s, g[1])
    b = _times(_weights(p, front, p[2], tint[2], r0), g[2])
    x, y, z, w = r[0] + s[0] + b[0], r[1] + s[1] + b[1], r[2] + s[2] + b[2], r[3] + s[3] + b[3]
    return x, y, z, w, r[4] + s[4] + b[4], r[5] + s[5] + b[5], r[6] + s[6] + b[6]


@device
def blend_adj(p, front, r0, x, g):
    """(g_base, g_r0, and g of metallic, specular_tint, sheen, sheen_tint, clearcoat, transmission)."""
    tint, _ = _tint(p)
    b0, t0, r_0, m0 = _weights_adj(p, front, p[0], tint[0], r0, _times(x, g[0]))
    b1, t1, r_1, m1 = _weights_adj(p, front, p[1], tint[1], r0, _times(x, g[1]))
    b2, t2, r_2, m2 = _weights_adj(p, front, p[2], tint[2], r0, _times(x, g[2]))
    e = _tint_adj(p, (t0, t1, t2))
    a, b, c = m0[0] + m1[0] + m2[0], m0[1] + m1[1] + m2[1], m0[2] + m1[2] + m2[2]
    d, f, h = m0[3] + m1[3] + m2[3], m0[4] + m1[4] + m2[4], m0[5] + m1[5] + m2[5]
    base = (b0 + e[0], b1 + e[1], b2 + e[2])
    return base, r_0 + r_1 + r_2, (a, b, c, d, f, h)
