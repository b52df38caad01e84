"""Opacity: a part of the light that meets a surface finds it, the rest goes on as it came.

A path decides by a random number, with the chance `hold`, which does not move with the parameters; a shadow ray takes
the product of what each surface on its way lets through. The derivative of a product by a factor that is 0 is the
product of the others: so a walk that wants derivatives goes on behind one surface of opacity 1, but not behind a second
one. Differentiable: opacity. Its slide on the surface is counted on camera rays only, where the point is known to stay
on the ray (docs/theory.md).
"""

from .device import device
from .geometry.surface import step_off, surface
from .geometry.traverse import Hit, closest
from .real import any_lane, invert, maximum, minimum, select
from .tables import FACE_MATERIAL, MATERIAL_OPACITY, of_face, of_material
from .texture import lookup, lookup_adj, lookup_tan
from .vec import add, choose, sub

LEAST = 0.05  # of the chances to be held and to pass, for derivatives
SOLID = 1.0 - 1e-6  # an opacity above is 1: the weights of a lookup add up to 1 but for rounding


@device
def texture_of(scene, face, active):
    """(texture of the opacity, mask of the lanes that have one)."""
    texture = of_material(scene, of_face(scene, select(active, face, 0), FACE_MATERIAL), MATERIAL_OPACITY)
    veiled = active & (texture >= 0)
    return select(veiled, texture, 0), veiled


@device
def opacity(scene, face, u, v, active):
    """(opacity, mask of the lanes that can be passed)."""
    texture, veiled = texture_of(scene, face, active)
    alpha = 0.0 * u + 1.0
    if any_lane(veiled):
        found = lookup(scene, texture, select(veiled, face, 0), u, v)
        part = maximum(found[0], 0.0 * u)
        alpha = select(veiled & (part < SOLID), part, alpha)
    return alpha, veiled


@device
def opacity_tan(scene, d_theta, face, u, v, d_u, d_v, veiled):
    texture, veiled = texture_of(scene, face, veiled)
    return select(veiled, lookup_tan(scene, d_theta, texture, select(veiled, face, 0), u, v, d_u, d_v)[0], 0.0 * u)


@device
def opacity_adj(scene, gradient, face, u, v, g, veiled):
    """Scatter g; return (g_u, g_v)."""
    texture, veiled = texture_of(scene, face, veiled)
    zero = 0.0 * g
    g_u, g_v = lookup_adj(scene, gradient, texture, select(veiled, face, 0), u, v, (g, zero, zero), veiled)
    return select(veiled, g_u, zero), select(veiled, g_v, zero)


@device
def hold(alpha, floor):
    """The chance that a path is held. Where derivatives are wanted (floor > 0) both ways are taken sometimes."""
    return select(floor > 0.0, minimum(maximum(alpha, LEAST), 1.0 - LEAST), alpha)


@device
def _next(scene, o, d, far, going):
    """(hit, opacity, mask of veils, mask of the lanes that meet something else). A ray ends at o + d, unless `far`."""
    hit = closest(scene, o, d, going)
    met = going & (hit.face >= 0) & (far | (hit.t < 1.0))
    alpha, veiled = opacity(scene, hit.face, hit.u, hit.v, met)
    return hit, alpha, veiled, met & invert(veiled)


@device
def _beyond(scene, hit, o, d, far, veiled):
    """(origin, direction) of the rest of the ray."""
    start = step_off(surface(scene, select(veiled, hit.face, 0), hit.u, hit.v, d), d)
    return start, choose(far, d, sub(add(o, d), start))


@device
def shadow(scene, o, d, far, spare, active):
    """(product of the transmitted parts but for one that is 0, 1 or 0: whether there was none, mask of the lanes where
    light arrives, or would). spare: 1 to go on behind one surface of opacity 1."""
    product, clear = 0.0 * d[0] + 1.0, 0.0 * d[0] + 1.0
    going, arrives = active, active
    while any_lane(going):
        hit, alpha, veiled, blocked = _next(scene, o, d, far, going)
        arrives = arrives & invert(blocked)
        opaque = veiled & (alpha >= 1.0)
        arrives = arrives & invert(opaque & ((clear < 1.0) | (spare < 1)))
        clear = select(opaque, 0.0 * clear, clear)
        product = select(veiled & invert(opaque), product * (1.0 - alpha), product)
        o, d = _beyond(scene, hit, o, d, far, veiled)
        going = veiled & arrives
    return product, clear, arrives


@device
def shadow_tan(scene, d_theta, o, d, far, clear, active):
    """Velocity of what `shadow` lets through, over its product."""
    change = 0.0 * d[0]
    while any_lane(active):
        hit, alpha, veiled, _ = _next(scene, o, d, far, active)
        d_alpha = opacity_tan(scene, d_theta, hit.face, hit.u, hit.v, 0.0 * alpha, 0.0 * alpha, veiled)
        change = change - select(veiled, d_alpha * _share(alpha, clear), 0.0 * alpha)
        o, d = _beyond(scene, hit, o, d, far, veiled)
        active = veiled
    return change


@device
def shadow_adj(scene, gradient, o, d, far, clear, flow, active):
    """Scatter the gradient of flow * (that)."""
    while any_lane(active):
        hit, alpha, veiled, _ = _next(scene, o, d, far, active)
        g = select(veiled, -flow * _share(alpha, clear), 0.0 * alpha)
        opacity_adj(scene, gradient, hit.face, hit.u, hit.v, g, veiled)
        o, d = _beyond(scene, hit, o, d, far, veiled)
        active = veiled


@device
def _share(alpha, clear):
    """d log(product of the others) / d (1 - alpha): where one factor is 0, its derivative is the only one."""
    opaque = alpha >= 1.0
    inverse = 1.0 / select(opaque, 1.0, 1.0 - alpha)
    return select(clear > 0.0, inverse, select(opaque, 1.0, 0.0 * alpha))


@device
def solid_hit(scene, o, d, far, left, right, active):
    """The first hit on one of the faces `left`, `right`, or on one that lets nothing through. The ray ends at o + d,
    unless `far`."""
    hit = closest(scene, o, d, active)
    if scene.translucent > 0:
        going = active
        while any_lane(going):
            texture, veiled = texture_of(scene, hit.face, going & (hit.face >= 0) & (far | (hit.t < 1.0)))
            going = veiled & (hit.face != left) & (hit.face != right)
            o, d = _beyond(scene, hit, o, d, far, going)
            again = closest(scene, o, d, going)
            hit = Hit(
                select(going, again.t, hit.t),
                select(going, again.face, hit.face),
                select(going, again.u, hit.u),
                select(going, again.v, hit.v),
            )
    return hit
