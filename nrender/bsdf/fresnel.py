"""How much an interface reflects, with partials.

Source: Schlick 1994; Born and Wolf, section 1.5 (Fresnel's equations for unpolarised light).
"""

from ..device import device
from ..real import maximum, select, sqrt

LEAST_SQUARE = 1e-12  # of the refracted cosine: its root has a finite derivative at the critical angle


@device
def schlick_weight(c):
    """((1 - c)^5, its derivative); 0 where c > 1."""
    m = maximum(1.0 - c, 0.0)
    m4 = m * m * m * m
    return m4 * m, -5.0 * m4


@device
def schlick(f0, c):
    """F = f0 + (1 - f0) (1 - c)^5 of each colour: (F, F_f0, F_c); F_f0 is one number for the three."""
    m, m_c = schlick_weight(c)
    r = (1.0 - f0[0], 1.0 - f0[1], 1.0 - f0[2])
    value = (f0[0] + r[0] * m, f0[1] + r[1] * m, f0[2] + r[2] * m)
    return value, 1.0 - m, (r[0] * m_c, r[1] * m_c, r[2] * m_c)


@device
def dielectric(c, eta):
    """(F, F_c, F_eta); c >= 0 is the cosine on the side of the light, eta the index beyond over the index here. Beyond
    the critical angle F is 1 and the partials are 0."""
    e2 = eta * eta
    square = e2 - 1.0 + c * c
    ok = square > 0.0
    g = sqrt(maximum(square, LEAST_SQUARE))  # eta times the refracted cosine
    s, p = 1.0 / (c + g), 1.0 / (e2 * c + g)
    rs, rp = (c - g) * s, (e2 * c - g) * p
    ks, kp = 2.0 * rs * s * s, 2.0 * rp * p * p
    f_c = ks * g + kp * e2 * g
    f_g = -(ks * c + kp * e2 * c)
    f_eta = 2.0 * eta * kp * c * g
    value = 0.5 * (rs * rs + rp * rp)
    return select(ok, value, 1.0), select(ok, f_c + f_g * c / g, 0.0), select(ok, f_eta + f_g * eta / g, 0.0)
