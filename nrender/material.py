"""A material's numbers at a point of a surface, in the order of its model's PARAMS: once a vertex, into a
`local_reals`.

They are a copy from theta, of which the textures then replace theirs. A point that slides on its triangle sees other
texels: (d_u, d_v) is how fast the weights of the second and third corner change. foot: see mipmap.footprint.
"""

from .device import device
from .mipmap import minified, minified_adj, minified_tan
from .real import accumulate, any_lane, gather, put, select
from .tables import (
    MATERIAL_BASE,
    MATERIAL_COUNT,
    MATERIAL_FIRST,
    MATERIAL_LAST,
    TEXTURE_CHANNELS,
    TEXTURE_PLACE,
    of_material,
    of_texture,
)


@device
def read(scene, material, x, foot, p, active):
    """Fill p."""
    _copy(scene, scene.theta, material, p, active)
    texture, last = of_material(scene, material, MATERIAL_FIRST), of_material(scene, material, MATERIAL_LAST)
    here = active & (texture < last)
    while any_lane(here):
        row = select(here, texture, 0)
        _place(scene, row, p, minified(scene, row, x.face, x.u, x.v, foot), here)
        texture = texture + 1
        here = here & (texture < last)


@device
def read_tan(scene, d_theta, material, x, foot, d_u, d_v, d_foot, d_p, active):
    """Fill d_p with the velocities of the numbers."""
    _copy(scene, d_theta, material, d_p, active)
    texture, last = of_material(scene, material, MATERIAL_FIRST), of_material(scene, material, MATERIAL_LAST)
    here = active & (texture < last)
    while any_lane(here):
        row = select(here, texture, 0)
        d_value = minified_tan(scene, d_theta, row, x.face, x.u, x.v, foot, d_u, d_v, d_foot)
        _place(scene, row, d_p, d_value, here)
        texture = texture + 1
        here = here & (texture < last)


@device
def read_adj(scene, gradient, material, x, foot, g_p, active):
    """Scatter the gradient g_p of the numbers; return (g_u, g_v, g_foot). A number that a texture replaces has a place
    in theta that nothing reads."""
    zero = 0.0 * x.u
    g_u, g_v, g_foot = zero, zero, zero
    texture, last = of_material(scene, material, MATERIAL_FIRST), of_material(scene, material, MATERIAL_LAST)
    here = active & (texture < last)
    while any_lane(here):
        row = select(here, texture, 0)
        at = of_texture(scene, row, TEXTURE_PLACE)
        wide = of_texture(scene, row, TEXTURE_CHANNELS) > 1
        g = (gather(g_p, at), gather(g_p, select(wide, at + 1, at)), gather(g_p, select(wide, at + 2, at)))
        more_u, more_v, more = minified_adj(scene, gradient, row, x.face, x.u, x.v, foot, g, here)
        g_u, g_v = g_u + select(here, more_u, zero), g_v + select(here, more_v, zero)
        g_foot = g_foot + select(here, more, zero)
        texture = texture + 1
        here = here & (texture < last)
    base, count = of_material(scene, material, MATERIAL_BASE), of_material(scene, material, MATERIAL_COUNT)
    j = 0 * count
    here = active & (j < count)
    while any_lane(here):
        k = select(here, j, 0)
        accumulate(gradient, base + k, gather(g_p, k), here)
        j = j + 1
        here = here & (j < count)
    return g_u, g_v, g_foot


@device
def clear(scene, material, g_p, active):
    """Set g_p to 0."""
    count = of_material(scene, material, MATERIAL_COUNT)
    j = 0 * count
    here = active & (j < count)
    while any_lane(here):
        put(g_p, select(here, j, 0), 0.0, here)
        j = j + 1
        here = here & (j < count)


@device
def _copy(scene, vector, material, p, active):
    base, count = of_material(scene, material, MATERIAL_BASE), of_material(scene, material, MATERIAL_COUNT)
    j = 0 * count
    here = active & (j < count)
    while any_lane(here):
        k = select(here, j, 0)
        put(p, k, gather(vector, base + k), here)
        j = j + 1
        here = here & (j < count)


@device
def _place(scene, texture, p, c, here):
    at = of_texture(scene, texture, TEXTURE_PLACE)
    wide = of_texture(scene, texture, TEXTURE_CHANNELS) > 1
    put(p, at, c[0], here)
    put(p, select(wide, at + 1, at), select(wide, c[1], c[0]), here)
    put(p, select(wide, at + 2, at), select(wide, c[2], c[0]), here)
