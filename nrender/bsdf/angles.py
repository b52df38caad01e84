"""What an isotropic model knows of its two directions, with the readings of its partials.

With +z the shading normal and h = wi + wo (not normalised):  ci = wi_z, co = wo_z, t = h_x^2 + h_y^2. On the unit
sphere these three say all, and none of them loses digits: |h|^2 = t + (ci + co)^2, and tan^2 of h's angle is
t / (ci + co)^2, also where h is nearly the normal, or nearly 0. A partial with respect to (ci, co, t) is one with
respect to wi and wo as free 3-vectors.
"""

from ..device import device
from ..real import select

GRAZING = 1e-6  # cosines below this count as below the horizon: their squares are near the smallest float32


@device
def half(wi, wo):
    """(ci, co, t)."""
    x, y = wi[0] + wo[0], wi[1] + wo[1]
    return wi[2], wo[2], x * x + y * y


@device
def half_tan(wi, wo, d_wi, d_wo):
    """(d_ci, d_co, d_t)."""
    x, y = wi[0] + wo[0], wi[1] + wo[1]
    return d_wi[2], d_wo[2], 2.0 * (x * (d_wi[0] + d_wo[0]) + y * (d_wi[1] + d_wo[1]))


@device
def half_adj(wi, wo, g_ci, g_co, g_t):
    """(g_wi, g_wo)."""
    x, y = 2.0 * g_t * (wi[0] + wo[0]), 2.0 * g_t * (wi[1] + wo[1])
    return (x, y, g_ci), (x, y, g_co)


@device
def above(ci, co):
    """(1 where both directions are above the horizon, else 0; ci, co there, else 1 and 1, which harm no formula)."""
    ok = (ci > GRAZING) & (co > GRAZING)
    return select(ok, 1.0, 0.0), select(ok, ci, 1.0), select(ok, co, 1.0)
