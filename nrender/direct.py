"""Light that comes to a vertex from one emitter straight (emitters.py), and is scattered there: three readings."""

from .device import device
from .emitters import (
    connection_adj,
    connection_tan,
    emitted,
    emitted_adj,
    emitted_tan,
    mis_share,
    next_event,
    veils_adj,
)
from .motion import near2
from .real import any_lane, invert
from .scattering import value, value_adj, value_tan
from .vec import add, choose, madd, mul, scale, total


@device
def direct(scene, stream, x, a, p, wi, spare, active):
    """(stream, scattered radiance over the density, mask of the lanes where there is some). spare: see
    opacity.shadow."""
    none = active & invert(active)
    stream, e = next_event(scene, stream, x, a, wi, spare, none, none, active)
    zero = 0.0 * wi[0]
    out = (zero, zero, zero)
    if any_lane(e.lit):
        f, density = value(scene, x, a, p, wi, e.wo, e.lit)
        out = choose(e.lit, mul(f, scale(emitted(scene, e), mis_share(e, density) * e.clear)), out)
    return stream, out, e.lit


@device
def direct_tan(scene, stream, d_theta, view, depth, x, a, p, d_p, wi, d_x, d_area_normal, d_n, d_wi, active):
    """(stream, scattered radiance, its derivative, mask); x is the vertex at `depth`."""
    unknown = active & invert(active)
    stream, e = next_event(scene, stream, x, a, wi, 1, unknown, unknown, active)
    zero = 0.0 * wi[0]
    none = (zero, zero, zero)
    out, d_out = none, none
    if any_lane(e.lit):
        f, density = value(scene, x, a, p, wi, e.wo, e.lit)
        change, d_wo, e_u, e_v = connection_tan(scene, d_theta, x, e, d_x, near2(view, depth + 1))
        d_f = value_tan(scene, x, a, p, d_p, wi, e.wo, d_n, d_area_normal, d_wi, d_wo, e.lit)
        light, d_light = emitted(scene, e), emitted_tan(scene, d_theta, e, d_wo, e_u, e_v)
        share, arriving = mis_share(e, density), mul(f, light)
        d_arriving = madd(scale(add(mul(d_f, light), mul(f, d_light)), e.clear), arriving, change)
        out = choose(e.lit, scale(arriving, share * e.clear), none)
        d_out = choose(e.lit, scale(d_arriving, share), none)
    return stream, out, d_out, e.lit


@device
def direct_adj(scene, stream, gradient, radius2, x, a, p, g_p, wi, received, moving, lit, kept, active):
    """Scatter the gradient of received . (scattered radiance); return (stream, that radiance, mask, its gradient by
    shading normal, area normal, wi and place of x). radius2: of nearness, for the light; lit, kept: see next_event."""
    stream, e = next_event(scene, stream, x, a, wi, 1, lit, kept, active)
    zero = 0.0 * wi[0]
    none = (zero, zero, zero)
    out, g_n, g_area, g_wi, g_x = none, none, none, none, none
    if any_lane(e.lit):
        f, density = value(scene, x, a, p, wi, e.wo, e.lit)
        share, light = mis_share(e, density), emitted(scene, e)
        flow = total(mul(received, scale(mul(f, light), share)))
        veils_adj(scene, gradient, x, e, flow)
        share = share * e.clear
        out = choose(e.lit, scale(mul(f, light), share), none)
        g_light, e_u, e_v = emitted_adj(scene, gradient, e, scale(mul(received, f), share))
        g_f = scale(mul(received, light), share)
        g_n, g_area, g_wi, g_wo = value_adj(scene, x, a, p, g_p, wi, e.wo, g_f, e.lit)
        if moving:
            flow, g_out = flow * e.clear, add(g_wo, g_light)
            g_x = connection_adj(scene, gradient, radius2, e, flow, g_out, e_u, e_v)
    return stream, out, e.lit, g_n, g_area, g_wi, g_x
