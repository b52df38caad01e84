"""texture.py against naive_texture.py, and material.py, which puts textures in the place of a material's numbers."""

import naive_texture
import numpy as np
import pytest
from derivatives import assert_transpose, flat, taylor_slope, triple
from drivers import tables_of
from numpy.testing import assert_allclose
from textured_tables import WRAPS, checkerboard, image, vertex_colors, with_pictures

from nrender import material, texture
from nrender.bsdf import MODELS, size
from nrender.cache import compiled
from nrender.device import device
from nrender.geometry.surface import surface
from nrender.local import SIZE
from nrender.mipmap import NEAR
from nrender.real import FLOAT32, FLOAT64
from nrender.tables import MATERIAL, MATERIAL_BASE, TEXTURE, TEXTURE_OFFSET

RNG = np.random.default_rng(0)
VERTICES = RNG.normal(size=(6, 3))
FACES = np.array([[0, 1, 2], [2, 1, 3], [5, 3, 4]])
UVS = RNG.uniform(-1.5, 2.5, (3, 3, 2))
COLORS = RNG.uniform(0.1, 0.9, (6, 3))


def pictures():
    """name -> (picture, what it is at a point (s, t) of its plane, or at a point of a face)."""
    out = {}
    for wrap in WRAPS:
        for channels in (1, 3):
            values = RNG.uniform(0.1, 0.9, (4, 5, channels))
            scale, offset = (1.3, -0.7), (0.4, 2.2)
            out[f"image, {wrap}, {channels}"] = image(values, wrap, scale, offset)
    out["image of one texel"] = image(RNG.uniform(size=(1, 1, 3)), "mirror")
    for channels in (1, 3):
        values = RNG.uniform(0.1, 0.9, (2, channels))
        out[f"checkerboard, {channels}"] = checkerboard(values, (1.7, -2.1), (0.3, 0.2))
        out[f"vertex colours, {channels}"] = vertex_colors(COLORS, channels)
    return out


PICTURES = pictures()
TABLES, OFFSETS = with_pictures(tables_of(VERTICES, FACES, FLOAT64), list(PICTURES.values()), UVS)
NUMBER = {name: k for k, name in enumerate(PICTURES)}
each = pytest.mark.parametrize("name", PICTURES)


def plane(name, face, u, v):
    """The point (s, t) of the texture's plane."""
    p = PICTURES[name]
    return np.array([1 - u - v, u, v]) @ UVS[face] * p.scale + p.offset


def expected(name, face, u, v):
    p = PICTURES[name]
    if p.kind == texture.VERTEX:
        value = np.array([1 - u - v, u, v]) @ COLORS[FACES[face]]
        return value if p.channels == 3 else np.full(3, value.mean())
    s, t = plane(name, face, u, v)
    if p.kind == texture.CHECKER:
        value = naive_texture.checkerboard(*p.values, s, t)
    else:
        value = naive_texture.bilinear(p.values, s, t, p.wrap)
    return np.broadcast_to(value, 3)


def inside(name, face, u, v, margin=0.15):
    """Not near to a line where the derivative by u and v jumps."""
    p = PICTURES[name]
    if p.kind == texture.VERTEX:
        return True
    place = plane(name, face, u, v)
    if p.kind == texture.IMAGE:
        place = place * p.values.shape[1::-1] - 0.5
    part = place - np.floor(place)
    return bool((part > margin).all() and (part < 1 - margin).all())


def points(name, count, seed=1, margin=0.0):
    """(face, u, v) on any face, inside one cell of the texture."""
    rng = np.random.default_rng(seed)
    found = []
    while len(found) < count:
        u, v = rng.dirichlet([1, 1, 1])[1:].tolist()
        face = int(rng.integers(len(FACES)))
        if not margin or inside(name, face, u, v, margin):
            found.append((face, u, v))
    return found


@each
def test_a_lookup_is_the_naive_one(name):
    for point in points(name, 200):
        assert_allclose(texture.lookup(TABLES, NUMBER[name], *point), expected(name, *point), atol=1e-12)


@each
def test_weights_add_up_to_one_and_their_slopes_to_zero(name):
    for point in points(name, 20):
        found = texture.taps(TABLES, NUMBER[name], *point, 0)
        assert sum(found.weight) == pytest.approx(1.0, abs=1e-12)
        assert sum(found.by_u) == pytest.approx(0.0, abs=1e-12)
        assert sum(found.by_v) == pytest.approx(0.0, abs=1e-12)
        p = PICTURES[name]
        stored = p.values.shape[-1]
        for k in found.offset:
            assert OFFSETS[NUMBER[name]] <= k <= OFFSETS[NUMBER[name]] + p.values.size - stored


def adjoint(name, point, g, mask=True):
    gradient = np.zeros_like(TABLES.theta)
    g_uv = texture.lookup_adj(TABLES, gradient, NUMBER[name], *point, triple(g), mask)
    return gradient, g_uv


@each
def test_adjoint_is_the_transpose_of_the_tangent(name):
    """Of a number: its first."""
    rng = np.random.default_rng(2)
    for point in points(name, 20):
        d_theta, (d_u, d_v), g = rng.normal(size=TABLES.theta.shape), rng.normal(size=2).tolist(), rng.normal(size=3)
        tangent = texture.lookup_tan(TABLES, d_theta, NUMBER[name], *point, d_u, d_v)
        gradient, g_uv = adjoint(name, point, g)
        count = PICTURES[name].channels or PICTURES[name].values.shape[-1]
        assert_allclose(tangent[count:], tangent[0], rtol=1e-14)
        assert_transpose(tangent[:count], g[:count], (d_theta, d_u, d_v), (gradient, *g_uv))


@each
def test_tangent_is_the_derivative(name):
    """While the texels change, and the point moves inside one texel."""
    rng = np.random.default_rng(3)
    for face, u, v in points(name, 10, margin=0.2):
        d_theta, d_u, d_v = rng.uniform(-1, 1, TABLES.theta.shape), *rng.uniform(-1, 1, 2).tolist()

        def value(h, face=face, u=u, v=v, d_theta=d_theta, d_u=d_u, d_v=d_v):
            scene = TABLES._replace(theta=TABLES.theta + h * d_theta)
            return texture.lookup(scene, NUMBER[name], face, u + h * d_u, v + h * d_v)

        tangent = texture.lookup_tan(TABLES, d_theta, NUMBER[name], face, u, v, d_u, d_v)
        assert taylor_slope(value, tangent, 3e-3) == pytest.approx(2, abs=0.1)


@each
def test_derivatives_by_place_are_the_naive_ones(name):
    for face, u, v in points(name, 20, margin=1e-3):
        zero = np.zeros_like(TABLES.theta)
        for way in ((1.0, 0.0), (0.0, 1.0)):
            h = 1e-6
            ends = [expected(name, face, u + s * h * way[0], v + s * h * way[1]) for s in (1, -1)]
            tangent = texture.lookup_tan(TABLES, zero, NUMBER[name], face, u, v, *way)
            assert_allclose(tangent, (ends[0] - ends[1]) / (2 * h), atol=1e-7)


@each
def test_the_gradient_of_texels_adds_up_to_that_of_the_value(name):
    p = PICTURES[name]
    for point in points(name, 20):
        g = np.random.default_rng(4).normal(size=3)
        gradient, _ = adjoint(name, point, g)
        start = OFFSETS[NUMBER[name]]
        own = gradient[start : start + p.values.size].reshape(-1, p.values.shape[-1])
        if (p.channels or own.shape[1]) == 3:
            assert_allclose(own.sum(axis=0), g, rtol=1e-12)
        else:
            assert_allclose(own.sum(), g[0], rtol=1e-12)
        assert np.count_nonzero(gradient) == np.count_nonzero(own)
        assert not adjoint(name, point, g, False)[0].any()


def test_texels_gradient_is_the_naive_one():
    for name, p in PICTURES.items():
        if p.kind == texture.IMAGE and p.values.shape[-1] == 3:
            face, u, v = points(name, 1)[0]
            g = np.array([0.3, -0.7, 1.1])
            gradient, _ = adjoint(name, (face, u, v), g)
            own = gradient[OFFSETS[NUMBER[name]] :][: p.values.size].reshape(p.values.shape)
            assert_allclose(own, naive_texture.by_image(p.values, *plane(name, face, u, v), p.wrap, g), atol=1e-12)


# --- far from the image, in single precision


@device
def all_taps(scene, number, faces, us, vs, index, value):
    for i in range(len(faces)):
        found = texture.taps(scene, number, faces[i], us[i], vs[i], 0)
        for k in range(4):
            index[i, k] = found.offset[k]
        value[i, 0], value[i, 1], value[i, 2] = texture.lookup(scene, number, faces[i], us[i], vs[i])


@pytest.mark.parametrize("far", [1.0, 1e4, 1e6])
@pytest.mark.parametrize("wrap", WRAPS)
def test_no_index_is_out_of_range_far_from_the_image(wrap, far):
    """Sizes that are no power of 2, also of 1: where a quotient of whole numbers is rounded. Nearby, values are right
    to single precision."""
    rng = np.random.default_rng(5)
    n = 20000
    for height, width in ((7, 3), (1, 1), (1, 11), (641, 1000)):
        values = rng.uniform(size=(height, width, 3))
        uvs = far * rng.uniform(-1, 1, (3, 3, 2)) + 1e-3
        uvs[2] = np.round(uvs[2])
        tables, (start,) = with_pictures(tables_of(VERTICES, FACES), [image(values, wrap)], uvs)
        faces = rng.integers(3, size=n)
        us, vs = rng.dirichlet([1, 1, 1], size=n).T[1:].astype(np.float32)
        us[:100], vs[:50] = 0.0, 0.0
        index, value = np.zeros((n, 4), np.int64), np.zeros((n, 3), np.float32)
        compiled(all_taps, FLOAT32)(tables, 0, faces, us, vs, index, value)
        assert index.min() >= start
        assert index.max() <= start + values.size - 3
        assert ((index - start) % 3 == 0).all()
        assert (value >= 0.0).all()
        assert (value <= 1.0 + 1e-5).all()
        if far == 1.0 and height < 100:
            for i in range(0, n, 400):
                s, t = np.array([1 - us[i] - vs[i], us[i], vs[i]], float) @ uvs[faces[i]]
                assert_allclose(value[i], naive_texture.bilinear(values, s, t, wrap), atol=1e-4)


@each
def test_machine_code_finds_the_same(name):
    found = points(name, 200)
    faces, us, vs = (np.array(x) for x in zip(*found, strict=True))
    index, value = np.zeros((200, 4), np.int64), np.zeros((200, 3))
    compiled(all_taps, FLOAT64)(TABLES, NUMBER[name], faces, us, vs, index, value)
    assert_allclose(value, [expected(name, *point) for point in found], atol=1e-12)


# --- a material's numbers


def mixture(model="principled"):
    """Some numbers of a material by textures of each kind, the others constant."""
    counts = [count for count, _ in MODELS[model].PARAMS.values()]
    starts = dict(zip(MODELS[model].PARAMS, np.cumsum([0, *counts[:-1]]), strict=True))
    rng = np.random.default_rng(6)
    constants = rng.uniform(0.2, 0.8, size(MODELS[model]))
    chosen = {
        "base_color": image(rng.uniform(0.1, 0.9, (4, 5, 3)), "repeat", place=starts["base_color"]),
        "roughness": image(rng.uniform(0.1, 0.9, (3, 2, 1)), "mirror", (0.5, 0.7), place=starts["roughness"]),
        "specular": checkerboard(rng.uniform(0.1, 0.9, (2, 1)), (0.8, 0.6), place=starts["specular"]),
        "sheen": vertex_colors(COLORS, 1, starts["sheen"]),
    }
    other = image(rng.uniform(size=(2, 2, 3)))  # none of the material's
    made, offsets = with_pictures(
        tables_of(VERTICES, FACES, FLOAT64, materials=[(model, constants)]),
        [other, *chosen.values(), other],
        UVS,
        own=(1, 1 + len(chosen)),
    )
    return made, constants, starts, {key: k + 1 for k, key in enumerate(chosen)}, offsets


def at(scene, point):
    return surface(scene, *point, (0.0, 0.0, -1.0))


def safe_points(count):
    """Inside a cell of each of the mixture's textures."""
    rng, found = np.random.default_rng(7), []
    while len(found) < count:
        face, (u, v) = int(rng.integers(3)), rng.dirichlet([1, 1, 1])[1:].tolist()
        s, t = np.array([1 - u - v, u, v]) @ UVS[face]
        cells = np.array([5 * s - 0.5, 4 * t - 0.5, 2 * 0.5 * s - 0.5, 3 * 0.7 * t - 0.5, 0.8 * s, 0.6 * t])
        part = cells - np.floor(cells)
        if part.min() > 0.1 and part.max() < 0.9:
            found.append((face, u, v))
    return found


def test_textures_take_the_place_of_constants():
    scene, constants, starts, numbers, _ = mixture()
    for point in safe_points(20):
        p = [7.0] * SIZE
        material.read(scene, 0, at(scene, point), NEAR, p, True)
        right = constants.copy()
        for key, number in numbers.items():
            count = MODELS["principled"].PARAMS[key][0]
            right[starts[key] : starts[key] + count] = texture.lookup(scene, number, *point)[:count]
        assert_allclose(p[: len(right)], right, rtol=1e-14)
        assert p[len(right) :] == [7.0] * (SIZE - len(right))
        untouched = [7.0] * SIZE
        material.read(scene, 0, at(scene, point), NEAR, untouched, False)
        assert untouched == [7.0] * SIZE
        material.clear(scene, 0, p, True)
        assert p == [0.0] * len(right) + [7.0] * (SIZE - len(right))


def test_adjoint_of_a_reading_is_the_transpose_of_its_tangent():
    scene, constants, starts, numbers, offsets = mixture()
    rng = np.random.default_rng(8)
    base = scene.materials.reshape(-1, MATERIAL)[0, MATERIAL_BASE]
    replaced = [base + starts[k] + j for k in numbers for j in range(MODELS["principled"].PARAMS[k][0])]
    for point in safe_points(20):
        x, count = at(scene, point), len(constants)
        d_theta, (d_u, d_v), g = rng.normal(size=scene.theta.shape), rng.normal(size=2).tolist(), rng.normal(size=count)
        d_theta[replaced] = 0.0  # nothing reads these
        d_p, gradient = [0.0] * SIZE, np.zeros_like(d_theta)
        material.read_tan(scene, d_theta, 0, x, NEAR, d_u, d_v, 0.7, d_p, True)
        *g_uv, g_foot = material.read_adj(scene, gradient, 0, x, NEAR, [*g.tolist(), *[0.0] * (SIZE - count)], True)
        assert g_foot == 0.0  # nothing has a pyramid
        assert_transpose(d_p[:count], g, (d_theta, d_u, d_v), (gradient, *g_uv))
        own = np.zeros(len(gradient), bool)
        own[base : base + count] = True
        own[offsets[1] : offsets[-1]] = True
        assert not gradient[~own].any()

        def numbers_at(h, scene=scene, point=point, d_theta=d_theta, d_u=d_u, d_v=d_v):
            moved = scene._replace(theta=scene.theta + h * d_theta)
            p = [0.0] * SIZE
            material.read(moved, 0, at(moved, (point[0], point[1] + h * d_u, point[2] + h * d_v)), NEAR, p, True)
            return p

        assert taylor_slope(numbers_at, d_p, 1e-3) == pytest.approx(2, abs=0.1)


def test_a_masked_lane_leaves_no_gradient():
    scene, *_ = mixture()
    gradient = np.zeros_like(scene.theta)
    none = material.read_adj(scene, gradient, 0, at(scene, (0, 0.2, 0.3)), NEAR, [1.0] * SIZE, False)
    assert none == (0.0, 0.0, 0.0)
    assert not flat(gradient).any()


def test_rows_say_where_values_are():
    assert TABLES.textures.reshape(-1, TEXTURE)[:, TEXTURE_OFFSET].tolist() == OFFSETS
