"""What a surface shows: the values of all AOVs at the first surface of a camera ray, their tangent and adjoint.

With the point x = o + t a on the ray of the direction a = forward + s_x right + s_y up (forward is unit, the others
are perpendicular to it), the depth is t and the distance t |a|. Nothing that is not wanted costs a texture's lookup.
"""

from ..bsdf import MODELS, place
from ..device import device
from ..geometry.surface import add_vector
from ..geometry.triangle import point, point_adj, vector_at
from ..material import clear, read, read_adj, read_tan
from ..mipmap import footprint_adj, footprint_tan
from ..path import footprint_of
from ..real import any_lane, gather, put, select
from ..scattering import frame_adj, frame_tan
from ..tables import FACE_VERTICES, MATERIAL_KIND, of_face, of_material
from ..vec import add, choose, dot, length, normalize, normalize_adj, normalize_tan, scale, sub
from .first import moved_adj, moved_tan
from .values import Values

# Of each model, where among its numbers its colour and its roughness are; -1: it has none. Its colour is what it calls
# so first of its parameters.
COLOURS = tuple(
    next((place(model, key) for key, (size, _) in model.PARAMS.items() if size == 3), -1) for model in MODELS.values()
)
ROUGHNESSES = tuple(place(model, "roughness") if "roughness" in model.PARAMS else -1 for model in MODELS.values())


@device
def _places(scene, material):
    """(place of the colour, of the roughness) among the material's numbers, or -1."""
    kind = of_material(scene, material, MATERIAL_KIND)
    colour, rough = 0 * kind - 1, 0 * kind - 1
    for k in range(len(COLOURS)):
        colour, rough = select(kind == k, COLOURS[k], colour), select(kind == k, ROUGHNESSES[k], rough)
    return colour, rough


@device
def _numbers(scene, material, p, absent):
    """(colour, roughness) from the material's numbers p; absent: of a colour that is none."""
    colour, rough = _places(scene, material)
    at = select(colour < 0, 0, colour)
    albedo = (gather(p, at), gather(p, at + 1), gather(p, at + 2))
    number = gather(p, select(rough < 0, 0, rough))
    return choose(colour < 0, (absent, absent, absent), albedo), select(rough < 0, 0.0 * absent, number)


@device
def _corner_uvs(scene, face):
    """(u, v) of the three corners, 0 of a scene without any."""
    k = 6 * face
    has = k + 5 < len(scene.uvs)
    k = select(has, k, 0)
    return (
        (gather(scene.uvs, k), gather(scene.uvs, k + 1)),
        (gather(scene.uvs, k + 2), gather(scene.uvs, k + 3)),
        (gather(scene.uvs, k + 4), gather(scene.uvs, k + 5)),
    )


@device
def _corner_colors(scene, vector, channels, face):
    return (
        vector_at(vector, channels.colors + 3 * of_face(scene, face, FACE_VERTICES)),
        vector_at(vector, channels.colors + 3 * of_face(scene, face, FACE_VERTICES + 1)),
        vector_at(vector, channels.colors + 3 * of_face(scene, face, FACE_VERTICES + 2)),
    )


@device
def shown(scene, channels, first, p):
    """The Values; p: local_reals()."""
    x, view, a = first.x, first.lens, first.frame
    zero = 0.0 * view.t
    none = (zero, zero, zero)
    albedo, roughness, uv, color = none, zero, (zero, zero), none
    if channels.albedo >= 0 or channels.roughness >= 0:
        read(scene, a.material, x, footprint_of(scene, view, x, first.found), p, first.found)
        albedo, roughness = _numbers(scene, a.material, p, zero + 1.0)
    rest = 1.0 - x.u - x.v
    if channels.uv >= 0:
        q, r, s = _corner_uvs(scene, x.face)
        uv = (q[0] * rest + r[0] * x.u + s[0] * x.v, q[1] * rest + r[1] * x.u + s[1] * x.v)
    if channels.colors >= 0:
        color = point(_corner_colors(scene, scene.theta, channels, x.face), x.u, x.v)
    geometric = scale(x.area_normal, a.side / length(x.area_normal))
    return Values(
        view.t, view.t * length(view.axis), x.point, a.n, geometric, albedo, roughness, uv, (rest, x.u, x.v), color,
        zero + 1.0,
    )  # fmt: skip


@device
def shown_tan(scene, d_theta, channels, first, d_p):
    """Their velocities; d_p: local_reals()."""
    x, view, a = first.x, first.lens, first.frame
    zero = 0.0 * view.t
    none = (zero, zero, zero)
    m = moved_tan(scene, d_theta, view, x)
    normal, albedo, roughness, uv, color = none, none, zero, (zero, zero), none
    if channels.normal >= 0:
        wi, d_wi = scale(normalize(view.axis), -1.0), scale(normalize_tan(view.axis, m.d_axis), -1.0)
        normal = frame_tan(scene, d_theta, x, a, wi, m.d_area, m.d_u, m.d_v, d_wi)
    if channels.albedo >= 0 or channels.roughness >= 0:
        foot, d_foot = footprint_of(scene, view, x, first.found), zero
        if scene.minify > 0:
            change = footprint_tan(scene, d_theta, view, x.area_normal, m.d_x, m.d_ray, m.d_area, m.d_axis)
            d_foot = select(first.found, change, zero)
        read_tan(scene, d_theta, a.material, x, foot, m.d_u, m.d_v, d_foot, d_p, first.found)
        albedo, roughness = _numbers(scene, a.material, d_p, zero)
    if channels.uv >= 0:
        q, r, s = _corner_uvs(scene, x.face)
        uv = (
            (r[0] - q[0]) * m.d_u + (s[0] - q[0]) * m.d_v,
            (r[1] - q[1]) * m.d_u + (s[1] - q[1]) * m.d_v,
        )
    if channels.colors >= 0:
        c = _corner_colors(scene, scene.theta, channels, x.face)
        own = point(_corner_colors(scene, d_theta, channels, x.face), x.u, x.v)
        color = add(own, add(scale(sub(c[1], c[0]), m.d_u), scale(sub(c[2], c[0]), m.d_v)))
    size = length(view.axis)
    d_distance = m.d_t * size + view.t * dot(view.axis, m.d_axis) / size
    geometric = scale(normalize_tan(x.area_normal, m.d_area), a.side)
    barycentric = (-m.d_u - m.d_v, m.d_u, m.d_v)
    return Values(
        m.d_t, d_distance, m.d_x, normal, geometric, albedo, roughness, uv, barycentric, color, zero
    )


@device
def shown_adj(scene, gradient, channels, first, g_p, g, own_u, own_v, moving, mask):
    """Scatter the gradient g of the Values; that of vertices and camera only if they are `moving`. g_p:
    local_reals()."""
    x, view, a = first.x, first.lens, first.frame
    size = length(view.axis)
    g_t = g.depth + g.distance * size
    g_axis = scale(view.axis, view.t * g.distance / size)
    g_x, g_area = g.position, scale(normalize_adj(x.area_normal, g.geometric_normal), a.side)
    g_u, g_v = g.barycentric[1] - g.barycentric[0] + own_u, g.barycentric[2] - g.barycentric[0] + own_v
    if channels.normal >= 0:
        wi = scale(normalize(view.axis), -1.0)
        own_area, g_wi, own_u, own_v = frame_adj(scene, gradient, x, a, wi, g.normal, mask)
        g_area, g_u, g_v = add(g_area, own_area), g_u + own_u, g_v + own_v
        g_axis = sub(g_axis, normalize_adj(view.axis, g_wi))
    if channels.albedo >= 0 or channels.roughness >= 0:
        foot = footprint_of(scene, view, x, first.found)
        _numbers_adj(scene, a.material, g_p, g, mask)
        own_u, own_v, g_foot = read_adj(scene, gradient, a.material, x, foot, g_p, mask)
        g_u, g_v = g_u + own_u, g_v + own_v
        wide = mask & (g_foot != 0.0) & moving
        if any_lane(wide):
            more_x, more_area = footprint_adj(scene, gradient, view, x.area_normal, g_foot, wide)
            g_x, g_area = choose(wide, add(g_x, more_x), g_x), choose(wide, add(g_area, more_area), g_area)
    if channels.uv >= 0:
        q, r, s = _corner_uvs(scene, x.face)
        g_u = g_u + (r[0] - q[0]) * g.uv[0] + (r[1] - q[1]) * g.uv[1]
        g_v = g_v + (s[0] - q[0]) * g.uv[0] + (s[1] - q[1]) * g.uv[1]
    if channels.colors >= 0:
        c, parts = _corner_colors(scene, scene.theta, channels, x.face), point_adj(x.u, x.v, g.color)
        for k in range(3):
            at = channels.colors + 3 * of_face(scene, x.face, FACE_VERTICES + k)
            add_vector(gradient, at, parts[k], mask)
        g_u, g_v = g_u + dot(sub(c[1], c[0]), g.color), g_v + dot(sub(c[2], c[0]), g.color)
    if moving:
        moved_adj(scene, gradient, view, x, g_x, g_area, g_u, g_v, g_axis, g_t, mask)


@device
def _numbers_adj(scene, material, g_p, g, mask):
    """g_p = the gradient of the material's numbers."""
    clear(scene, material, g_p, mask)
    colour, rough = _places(scene, material)
    coloured, at = mask & (colour >= 0), select(colour < 0, 0, colour)
    put(g_p, at, g.albedo[0], coloured)
    put(g_p, at + 1, g.albedo[1], coloured)
    put(g_p, at + 2, g.albedo[2], coloured)
    put(g_p, select(rough < 0, 0, rough), g.roughness, mask & (rough >= 0))
