"""mipmap.py: the footprint of a pixel against where its corners are seen, levels against those of pyramid.py, both with
their derivatives."""

from collections import namedtuple

import naive_texture
import numpy as np
import pytest
from derivatives import assert_transpose, taylor_slope, triple
from drivers import tables_of
from numpy.testing import assert_allclose, assert_array_equal
from textured_tables import checkerboard, image, vertex_colors, with_pictures

from nrender import material, mipmap, pyramid, texture
from nrender.bsdf import MODELS, size
from nrender.camera.perspective import ray
from nrender.camera.rays import ray_point_tan
from nrender.camera.screen import middle_ray
from nrender.geometry.surface import surface, surface_tan
from nrender.local import SIZE
from nrender.motion import View, vertex_tan
from nrender.real import FLOAT64

# --- footprint

CAMERA = 9  # after three vertices
Seen = namedtuple("Seen", "view area_normal u v")


def plane_tables(seed=0, width=8, height=6):
    """A triangle before a camera whose axes are neither unit nor at right angles."""
    rng = np.random.default_rng(seed)
    made = tables_of(rng.normal(size=(3, 3)) + [0, 0, -4], [[0, 1, 2]], FLOAT64)
    assert made.camera == CAMERA
    axes = np.array([[0.7, 0, 0], [0, 0.4, 0], [0, 0, -1.3]]) + 0.1 * rng.normal(size=(3, 3))
    made.theta[CAMERA : CAMERA + 12] = [*rng.normal(size=3), *axes.reshape(-1)]
    return made._replace(film_width=width, film_height=height)


def seen(scene, sx, sy):
    """Where the ray through a point of the screen meets the plane of the triangle."""
    o, axis = ray(scene.theta, scene.camera, sx, sy)
    a, b, c = scene.theta[:9].reshape(3, 3)
    n = np.cross(b - a, c - a)
    t = (a - o) @ n / (n @ axis)
    u, v = np.linalg.lstsq(np.stack([b - a, c - a], 1), np.array(o) + t * np.array(axis) - a, rcond=None)[0]
    return Seen(View(middle_ray(sx, sy), axis, float(t)), triple(n), float(u), float(v))


PLACES = [(0.0, 0.0), (0.3, -0.6), (-0.9, 0.8)]
places = pytest.mark.parametrize("sx, sy", PLACES)
seeds = pytest.mark.parametrize("seed", range(4))


def image_area(scene, sx, sy):
    """Of a pixel around a point, in weights of the corners: of the quadrilateral of its own corners."""
    dx, dy = 1.0 / scene.film_width, 1.0 / scene.film_height
    at = [seen(scene, sx + i * dx, sy + j * dy) for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    u, v = np.array([s.u for s in at]), np.array([s.v for s in at])
    return 0.5 * abs(u @ np.roll(v, -1) - v @ np.roll(u, -1))


@places
@seeds
def test_the_footprint_is_the_area_that_a_pixel_sees(seed, sx, sy):
    """To first order: the error falls with the area of the pixel."""
    errors = []
    for resolution in (200, 400):
        scene = plane_tables(seed, resolution, resolution // 2)
        s = seen(scene, sx, sy)
        errors.append(mipmap.footprint(scene, s.view, s.area_normal) - 0.5 * np.log2(image_area(scene, sx, sy)))
    assert abs(errors[0]) < 0.02
    assert errors[1] == pytest.approx(errors[0] / 4, rel=0.1, abs=1e-9)


def footprint_velocity(scene, d_theta, sx, sy):
    """(tangent, velocity of the point, of its area normal) when the point stays on its ray."""
    s = seen(scene, sx, sy)
    x = surface(scene, 0, s.u, s.v, s.view.axis)
    d_ray = ray_point_tan(scene, d_theta, middle_ray(sx, sy), s.view.t)
    d_material, d_area = surface_tan(scene, d_theta, x)
    d_x = vertex_tan(s.view.axis, s.area_normal, 1.0, d_ray, d_material)
    _, d_axis = ray(d_theta, CAMERA, sx, sy)
    return mipmap.footprint_tan(scene, d_theta, s.view, s.area_normal, d_x, d_ray, d_area, d_axis), d_x, d_area


@places
@seeds
@pytest.mark.parametrize("moves", ["camera", "triangle", "both"])
def test_the_tangent_of_the_footprint_is_its_derivative(seed, sx, sy, moves):
    scene = plane_tables(seed)
    d_theta = np.random.default_rng(seed + 9).uniform(-1, 1, scene.theta.shape)
    if moves == "camera":
        d_theta[:9] = 0.0
    elif moves == "triangle":
        d_theta[CAMERA : CAMERA + 12] = 0.0

    def value(h):
        moved = scene._replace(theta=scene.theta + h * d_theta)
        s = seen(moved, sx, sy)
        return mipmap.footprint(moved, s.view, s.area_normal)

    tangent, *_ = footprint_velocity(scene, d_theta, sx, sy)
    assert taylor_slope(value, tangent, 1e-3) == pytest.approx(2, abs=0.1)


@places
@seeds
def test_the_adjoint_of_the_footprint_is_the_transpose_of_its_tangent(seed, sx, sy):
    """By the camera, the point and the area normal, each of which moves freely."""
    scene, rng = plane_tables(seed), np.random.default_rng(seed + 5)
    s = seen(scene, sx, sy)
    d_theta, g = np.zeros(scene.theta.shape), float(rng.normal())
    d_theta[CAMERA : CAMERA + 12] = rng.normal(size=12)
    d_x, d_area = triple(rng.normal(size=3)), triple(rng.normal(size=3))
    d_ray = ray_point_tan(scene, d_theta, middle_ray(sx, sy), s.view.t)
    _, d_axis = ray(d_theta, CAMERA, sx, sy)
    tangent = mipmap.footprint_tan(scene, d_theta, s.view, s.area_normal, d_x, d_ray, d_area, d_axis)
    gradient = np.zeros_like(d_theta)
    g_x, g_area = mipmap.footprint_adj(scene, gradient, s.view, s.area_normal, g, True)
    assert_transpose(tangent, g, (d_theta, d_x, d_area), (gradient, g_x, g_area))
    assert not np.delete(gradient, range(CAMERA, CAMERA + 12)).any()
    masked = np.zeros_like(d_theta)
    mipmap.footprint_adj(scene, masked, s.view, s.area_normal, g, False)
    assert not masked.any()


# --- levels

RNG = np.random.default_rng(0)
VERTICES = RNG.normal(size=(6, 3))
FACES = np.array([[0, 1, 2], [2, 1, 3], [5, 3, 4]])
UVS = RNG.uniform(-1.5, 2.5, (3, 3, 2))
COLORS = RNG.uniform(0.1, 0.9, (6, 3))
SCALE, OFFSET = (1.3, -0.7), (0.4, 2.2)

MINIFIED = {
    f"{width} x {height}, {channels}, {wrap}": image(
        RNG.uniform(0.1, 0.9, (height, width, channels)), wrap, SCALE, OFFSET, minified=True
    )
    for (width, height), channels, wrap in (
        ((8, 8), 3, "repeat"),
        ((13, 6), 3, "mirror"),
        ((16, 5), 1, "clamp"),
        ((1, 7), 1, "repeat"),
        ((2, 1), 3, "clamp"),
    )
}
PLAIN = {
    "image": image(RNG.uniform(size=(4, 5, 3)), "repeat", SCALE, OFFSET),
    "number": image(RNG.uniform(size=(4, 5, 1)), "mirror", SCALE, OFFSET),
    "one texel": image(RNG.uniform(size=(1, 1, 3)), minified=True),
    "checkerboard": checkerboard(RNG.uniform(size=(2, 3)), (1.7, -2.1), (0.3, 0.2)),
    "vertex colours": vertex_colors(COLORS, 3),
    "mean of vertex colours": vertex_colors(COLORS, 1),
}
PICTURES = MINIFIED | PLAIN
TABLES, OFFSETS = with_pictures(tables_of(VERTICES, FACES, FLOAT64), list(PICTURES.values()), UVS)
NUMBER = {name: k for k, name in enumerate(PICTURES)}
with_levels = pytest.mark.parametrize("name", MINIFIED)


def levels_of(name):
    """The images of the pyramid."""
    p = PICTURES[name]
    height, width, channels = p.values.shape
    out, start, numbers = [], 0, pyramid.build(p.values)
    for w, h in pyramid.levels(width, height):
        out.append(numbers[start : start + w * h * channels].reshape(h, w, channels))
        start += w * h * channels
    return out


def foot_for(name, face, detail):
    """The footprint of that level."""
    p = PICTURES[name]
    (s0, t0), (s1, t1), (s2, t2) = UVS[face] * p.scale
    texels = abs((s1 - s0) * (t2 - t0) - (s2 - s0) * (t1 - t0)) * p.values.shape[0] * p.values.shape[1]
    return detail - 0.5 * np.log2(texels)


def plane(name, face, u, v):
    p = PICTURES[name]
    return np.array([1 - u - v, u, v]) @ UVS[face] * p.scale + p.offset


def points(count, seed=1):
    rng = np.random.default_rng(seed)
    return [(int(rng.integers(3)), *rng.dirichlet([1, 1, 1])[1:].tolist()) for _ in range(count)]


def inside(name, level, face, u, v, margin):
    """Not near to where the derivative by u and v jumps."""
    part = plane(name, face, u, v) * level.shape[1::-1] - 0.5
    part -= np.floor(part)
    return bool((part > margin).all() and (part < 1 - margin).all())


def smooth_points(name, count):
    """(face, u, v, detail): of each pair of levels, inside a cell of both."""
    levels, rng, found = levels_of(name), np.random.default_rng(2), []
    while len(found) < count:
        k = len(found) % (len(levels) - 1)
        face, u, v = int(rng.integers(3)), *rng.dirichlet([1, 1, 1])[1:].tolist()
        if all(inside(name, level, face, u, v, 0.1) for level in levels[k : k + 2]):
            found.append((face, u, v, k + rng.uniform(0.2, 0.8)))
    return found


@with_levels
def test_between_two_levels_the_value_is_linear_in_the_level(name):
    levels, wrap = levels_of(name), PICTURES[name].wrap
    for face, u, v in points(40):
        s, t = plane(name, face, u, v)
        each = [np.broadcast_to(naive_texture.bilinear(x, s, t, wrap), 3) for x in levels]
        for detail in [*np.arange(len(levels)), *np.random.default_rng(face).uniform(0, len(levels) - 1, 5)]:
            found = mipmap.minified(TABLES, NUMBER[name], face, u, v, foot_for(name, face, detail))
            k = min(int(detail), len(levels) - 2)
            assert_allclose(found, each[k] + (detail - k) * (each[k + 1] - each[k]), atol=1e-12)


@with_levels
@pytest.mark.parametrize("detail", [-1e-9, -0.5, -20.0, "not met"])
def test_close_to_the_camera_it_is_the_image(name, detail):
    for face, u, v in points(20):
        foot = mipmap.NEAR if detail == "not met" else foot_for(name, face, detail)
        found = mipmap.minified(TABLES, NUMBER[name], face, u, v, foot)
        assert found == texture.lookup(TABLES, NUMBER[name], face, u, v)


@with_levels
@pytest.mark.parametrize("beyond", [1e-9, 0.5, 40.0])
def test_far_away_it_is_the_mean_of_the_image(name, beyond):
    for face, u, v in points(20):
        foot = foot_for(name, face, len(levels_of(name)) - 1 + beyond)
        found = mipmap.minified(TABLES, NUMBER[name], face, u, v, foot)
        assert_allclose(found, np.broadcast_to(PICTURES[name].values.mean((0, 1)), 3), rtol=1e-12)


@pytest.mark.parametrize("name", PLAIN)
def test_what_has_no_pyramid_is_looked_up_as_it_is(name):
    rng = np.random.default_rng(3)
    for point in points(20):
        d_theta, d_uv, g = rng.normal(size=TABLES.theta.shape), rng.normal(size=2).tolist(), triple(rng.normal(size=3))
        at = (NUMBER[name], *point)
        for foot in (mipmap.NEAR, 0.0, 7.5):
            assert mipmap.minified(TABLES, *at, foot) == texture.lookup(TABLES, *at)
            moved = mipmap.minified_tan(TABLES, d_theta, *at, foot, *d_uv, 1.3)
            assert moved == texture.lookup_tan(TABLES, d_theta, *at, *d_uv)
            a, b = np.zeros_like(d_theta), np.zeros_like(d_theta)
            assert mipmap.minified_adj(TABLES, a, *at, foot, g, True) == (
                *texture.lookup_adj(TABLES, b, *at, g, True),
                0.0,
            )
            assert_array_equal(a, b)


@with_levels
def test_the_tangent_of_a_value_is_its_derivative(name):
    """While all levels change on their own, the point moves inside a cell of both, and the level between them."""
    rng = np.random.default_rng(4)
    for face, u, v, detail in smooth_points(name, 12):
        d_theta, (d_u, d_v, d_foot) = rng.uniform(-1, 1, TABLES.theta.shape), rng.uniform(-1, 1, 3).tolist()
        foot = foot_for(name, face, detail)

        def value(h, face=face, u=u, v=v, foot=foot, d_theta=d_theta, d_u=d_u, d_v=d_v, d_foot=d_foot):
            scene = TABLES._replace(theta=TABLES.theta + h * d_theta)
            return mipmap.minified(scene, NUMBER[name], face, u + h * d_u, v + h * d_v, foot + h * d_foot)

        tangent = mipmap.minified_tan(TABLES, d_theta, NUMBER[name], face, u, v, foot, d_u, d_v, d_foot)
        assert taylor_slope(value, tangent, 1e-3) == pytest.approx(2, abs=0.1)


@with_levels
@pytest.mark.parametrize("where", ["between", "below", "above"])
def test_the_adjoint_of_a_value_is_the_transpose_of_its_tangent(name, where):
    rng, count = np.random.default_rng(5), PICTURES[name].values.shape[-1]
    shift = {"between": 0.0, "below": -20.0, "above": 20.0}[where]
    for face, u, v, detail in smooth_points(name, 12):
        d_theta, (d_u, d_v, d_foot) = rng.normal(size=TABLES.theta.shape), rng.normal(size=3).tolist()
        at, g = (NUMBER[name], face, u, v, foot_for(name, face, detail + shift)), rng.normal(size=3)
        tangent = mipmap.minified_tan(TABLES, d_theta, *at, d_u, d_v, d_foot)
        gradient = np.zeros_like(d_theta)
        g_uv_foot = mipmap.minified_adj(TABLES, gradient, *at, triple(g), True)
        assert_transpose(tangent[:count], g[:count], (d_theta, d_u, d_v, d_foot), (gradient, *g_uv_foot))
        assert (g_uv_foot[2] != 0.0) == (where == "between")
        start = OFFSETS[NUMBER[name]]
        end = start + len(pyramid.build(PICTURES[name].values))
        own = gradient[start:end].reshape(-1, count)
        assert_allclose(own.sum(0), g[:count], rtol=1e-12)
        assert np.count_nonzero(gradient) == np.count_nonzero(own)
        masked = np.zeros_like(d_theta)
        assert mipmap.minified_adj(TABLES, masked, *at, triple(g), False) == (0.0, 0.0, 0.0)
        assert not masked.any()


def test_a_materials_reading_has_the_derivative_by_the_level():
    """material.read, read_tan and read_adj."""
    rng = np.random.default_rng(6)
    counts = [count for count, _ in MODELS["plastic"].PARAMS.values()]
    starts = dict(zip(MODELS["plastic"].PARAMS, np.cumsum([0, *counts[:-1]]).tolist(), strict=True))
    chosen = [
        image(rng.uniform(0.1, 0.9, (8, 8, 3)), "repeat", place=starts["reflectance"], minified=True),
        image(rng.uniform(0.1, 0.9, (5, 6, 1)), "mirror", place=starts["roughness"], minified=True),
    ]
    constants = rng.uniform(0.2, 0.8, size(MODELS["plastic"]))
    scene, offsets = with_pictures(
        tables_of(VERTICES, FACES, FLOAT64, materials=[("plastic", constants)]), chosen, UVS, own=(0, 2)
    )
    base = len(scene.theta) - sum(len(pyramid.build(p.values)) for p in chosen) - len(constants)
    count = len(constants)
    for face, u, v in points(20):
        x = surface(scene, face, u, v, (0.0, 0.0, -1.0))
        foot = foot_for("8 x 8, 3, repeat", face, rng.uniform(0.5, 2.5))
        p, d_p, gradient = [0.0] * SIZE, [0.0] * SIZE, np.zeros_like(scene.theta)
        material.read(scene, 0, x, foot, p, True)
        for k, key in enumerate(("reflectance", "roughness")):
            right = mipmap.minified(scene, k, face, u, v, foot)
            assert_allclose(p[starts[key] : starts[key] + (3, 1)[k]], right[: (3, 1)[k]], rtol=1e-14)
        d_theta, (d_u, d_v, d_foot) = rng.normal(size=gradient.shape), rng.normal(size=3).tolist()
        g = rng.normal(size=count)
        replaced = [*range(starts["reflectance"], starts["reflectance"] + 3), starts["roughness"]]
        d_theta[base + np.array(replaced)] = 0.0  # nothing reads these
        material.read_tan(scene, d_theta, 0, x, foot, d_u, d_v, d_foot, d_p, True)
        back = material.read_adj(scene, gradient, 0, x, foot, [*g.tolist(), *[0.0] * (SIZE - count)], True)
        assert_transpose(d_p[:count], g, (d_theta, d_u, d_v, d_foot), (gradient, *back))
        assert back[2] != 0.0
    assert offsets[0] == base + count
