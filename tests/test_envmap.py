"""light/envmap.py: the convention against a slow reference, derivatives, sampling; env_distribution.py; the map's
numbers in scene/light_numbers.py."""

import functools
from typing import NamedTuple

import numpy as np
import pytest
from chi2 import chi_squared_test
from derivatives import assert_transpose, flat, taylor_slope, triple
from numba import njit
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation

from nrender.light import envmap
from nrender.light.env_distribution import LUMINANCE, distribution
from nrender.real import FLOAT32, FLOAT64
from nrender.scene.light_numbers import light_numbers, light_numbers_adj, light_numbers_tan
from nrender.scene.models import Light
from nrender.simd import FLOAT32XN, LANES, load, store

ROTATE = np.array([20.0, -50.0, 70.0])
START = 4  # of the map's numbers in theta


class Scene(NamedTuple):
    theta: np.ndarray
    envmap: int
    env_width: int
    env_height: int
    env_rows: np.ndarray
    env_columns: np.ndarray


def scene_of(image, rotate=ROTATE, scale=(1.0, 1.0, 1.0), real=np.float64):
    frame = Rotation.from_rotvec(rotate, degrees=True).as_matrix()
    theta = np.concatenate([np.full(START, 7.0), frame.reshape(-1), scale, image.reshape(-1), [9.0]])
    rows, columns = distribution(image)
    height, width = image.shape[:2]
    return Scene(theta.astype(real), START, width, height, rows.astype(real), columns.astype(real))


def random_image(height=6, width=10, seed=0):
    """With a black row and a bright texel."""
    image = np.random.default_rng(seed).random((height, width, 3)) + 0.1
    image[2:3] = 0.0
    image[min(4, height - 1), width // 2] = 300.0
    return image


def unit_vectors(n, seed=1):
    d = np.random.default_rng(seed).normal(size=(n, 3))
    return d / np.linalg.norm(d, axis=1, keepdims=True)


# --- the convention
def reference(image, rotate, scale, d):
    """Texel by texel, as the contract says it."""
    height, width = image.shape[:2]
    x, y, z = Rotation.from_rotvec(rotate, degrees=True).inv().apply(d)
    u, v = np.arctan2(x, -z) / (2 * np.pi) % 1.0, np.arctan2(np.hypot(x, z), y) / np.pi
    total = np.zeros(3)
    px, py = u * width - 0.5, v * height - 0.5
    for i in (int(np.floor(py)), int(np.floor(py)) + 1):
        for j in (int(np.floor(px)), int(np.floor(px)) + 1):
            weight = (1 - abs(px - j)) * (1 - abs(py - i))
            total += weight * image[np.clip(i, 0, height - 1), j % width]
    return total * scale


@pytest.mark.parametrize("size", [(6, 10), (1, 1), (1, 5), (4, 1), (2, 2)])
@pytest.mark.parametrize("rotate", [[0, 0, 0], ROTATE, [0, 90, 0]])
def test_radiance_is_that_of_the_convention(size, rotate):
    image = np.random.default_rng(3).random((*size, 3))
    scene, scale = scene_of(image, rotate, (0.5, 2.0, 3.0)), (0.5, 2.0, 3.0)
    turn = Rotation.from_rotvec(rotate, degrees=True)
    for d in [*np.eye(3), *-np.eye(3), *unit_vectors(100)]:
        if abs(turn.inv().apply(d)[1]) > 1.0 - 1e-12:
            d = d + turn.apply([1e-5, 0.0, 1e-5])  # u of a pole itself may be anything
        assert_allclose(envmap.radiance(scene, triple(d)), reference(image, rotate, scale, d), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(
    "d, row, column",
    [
        ((0, 1, 0), 0, None),
        ((0, -1, 0), 3, None),
        ((0, 0, -1), None, 0.0),
        ((1, 0, 0), None, 0.25),
        ((0, 0, 1), None, 0.5),
        ((-1, 0, 0), None, 0.75),
    ],
)
def test_the_axes(d, row, column):
    """Row 0 is at +y; the columns go round from -z to +x."""
    height, width = 4, 8
    image = np.zeros((height, width, 3))
    image[..., 0] = np.arange(height)[:, None]
    image[..., 1] = np.cos(2 * np.pi * (np.arange(width) + 0.5) / width)
    image[..., 2] = np.sin(2 * np.pi * (np.arange(width) + 0.5) / width)
    r, g, b = envmap.radiance(scene_of(image, np.zeros(3)), triple(np.array(d, float)))
    if row is None:
        assert r == pytest.approx(1.5)
        away = np.arctan2(b, g) / (2 * np.pi) - column
        assert away - np.round(away) == pytest.approx(0.0, abs=1e-12)
    else:
        assert r == pytest.approx(row)


def test_continuous_at_the_seam_and_across_texels():
    """Along a circle of latitude steps are small, also over u = 1."""
    scene = scene_of(np.random.default_rng(4).random((5, 7, 3)), np.zeros(3))
    angle = np.linspace(-0.1, 2 * np.pi + 0.1, 3000)
    values = [
        flat(envmap.radiance(scene, triple(np.array([np.sin(a) * 0.8, 0.6, -np.cos(a) * 0.8])))) for a in angle
    ]
    slope = 7 / (2 * np.pi)  # texels a radian, of differences below 1
    assert np.abs(np.diff(values, axis=0)).max() < 1.001 * slope * (angle[1] - angle[0])
    just_below, above = (
        flat(envmap.radiance(scene, triple(np.array([s * 1e-9, 0.6, -0.8])))) for s in (-1.0, 1.0)
    )
    assert_allclose(just_below, above, atol=1e-7)


# --- derivatives
def test_adjoint_is_the_transpose_of_the_tangent():
    rng = np.random.default_rng(5)
    for size in ((6, 10), (1, 1), (2, 3)):
        scene = scene_of(rng.random((*size, 3)), scale=(0.5, 2.0, 3.0))
        for d in unit_vectors(40):
            d_theta, d_d, g = rng.normal(size=len(scene.theta)), triple(rng.normal(size=3)), triple(rng.normal(size=3))
            jv = envmap.radiance_tan(scene, d_theta, triple(d), d_d)
            gradient = np.zeros(len(scene.theta))
            g_d = envmap.radiance_adj(scene, gradient, triple(d), g, True)
            assert_transpose(jv, g, (d_theta, d_d), (gradient, g_d))
            assert not gradient[:START].any()
            assert gradient[-1] == 0.0
            envmap.radiance_adj(scene, gradient, triple(d), g, False)
            assert_transpose(jv, g, (d_theta, d_d), (gradient, g_d))


def inside_texels(n, scene, rng):
    """Directions away from the kinks at texels' centres."""
    out = []
    while len(out) < n:
        u, v = rng.random(2)
        x, y = u * scene.env_width % 1.0, v * scene.env_height % 1.0
        if min(abs(x - 0.5), abs(y - 0.5)) > 0.1 and 0.15 < v < 0.85:
            t, p = np.pi * v, 2 * np.pi * u
            out.append([np.sin(t) * np.sin(p), np.cos(t), -np.sin(t) * np.cos(p)])
    return Rotation.from_rotvec(ROTATE, degrees=True).apply(out)


@pytest.mark.parametrize("part", ["frame", "scale", "texels", "direction", "all"])
def test_tangent_is_the_derivative(part):
    rng = np.random.default_rng(6)
    scene = scene_of(rng.random((6, 10, 3)), scale=(0.5, 2.0, 3.0))
    parts = {"frame": (0, 9), "scale": (9, 12), "texels": (12, 192), "all": (0, 192)}
    d_theta = np.zeros(len(scene.theta))
    if part in parts:
        a, b = parts[part]
        d_theta[START + a : START + b] = rng.normal(size=b - a)
    moves = part in ("direction", "all")
    ds = inside_texels(8, scene, rng)
    vs = rng.normal(size=(8, 3)) * moves

    def f(h):
        there = scene._replace(theta=scene.theta + h * d_theta)
        return [envmap.radiance(there, triple(d + h * v)) for d, v in zip(ds, vs, strict=True)]

    jv = [envmap.radiance_tan(scene, d_theta, triple(d), triple(v)) for d, v in zip(ds, vs, strict=True)]
    assert taylor_slope(f, jv, 1e-3) == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("y", [1.0, -1.0])
def test_derivatives_are_bounded_at_the_poles(y):
    scene = scene_of(random_image(), np.zeros(3))
    for x in (0.0, 1e-30, 1e-12, 1e-6, 1e-4):
        g_d = flat(envmap.radiance_adj(scene, np.zeros(len(scene.theta)), (x, y, 0.0), (1.0, 1.0, 1.0), True))
        assert np.isfinite(g_d).all()
        assert np.abs(g_d).max() < 1e4 * 300.0 * 10


# --- sampling
@functools.cache
def machine_code(width):
    """(draw, density): loops over samples."""
    draw_one, density_one = envmap.sample.instantiate(width), envmap.pdf.instantiate(width)

    @njit
    def draw(scene, u, d, q):
        for i in range(len(u)):
            w = draw_one(scene, u[i, 0], u[i, 1])
            d[i, 0], d[i, 1], d[i, 2] = w
            q[i] = density_one(scene, w)

    @njit
    def density(scene, d, q):
        for i in range(len(d)):
            q[i] = density_one(scene, (d[i, 0], d[i, 1], d[i, 2]))

    return draw, density


def drawn(scene, u, width=FLOAT64):
    d, q = np.empty((len(u), 3), width.literal), np.empty(len(u), width.literal)
    machine_code(width)[0](scene, np.ascontiguousarray(u, width.literal), d, q)
    return d, q


def densities(scene, d):
    q = np.empty(len(d))
    machine_code(FLOAT64)[1](scene, d, q)
    return q


def lattice(height, width, fine):
    """(directions in the map's frame at the middles of fine x fine parts of every cell, equal in solid angle within a
    cell; the solid angle of each): arrays (height fine, width fine, ...)."""
    edge = np.cos(np.pi * np.arange(height + 1) / height)
    part = (np.arange(fine) + 0.5) / fine
    y = (edge[:-1, None] + (edge[1:] - edge[:-1])[:, None] * part).reshape(-1)
    solid = np.repeat(edge[:-1] - edge[1:], fine) / fine * 2 * np.pi / (width * fine)
    phi = 2 * np.pi * (np.arange(width * fine) + 0.5) / (width * fine)
    s = np.sqrt(1 - y * y)
    d = np.stack(np.broadcast_arrays(s[:, None] * np.sin(phi), y[:, None], -s[:, None] * np.cos(phi)), -1)
    return d, np.broadcast_to(solid[:, None], d.shape[:2])


IMAGES = {
    "random": random_image(),
    "even rows": random_image(8, 5),
    "one texel": np.ones((1, 1, 3)),
    "one row": random_image(1, 6) + 0.2,
    "one column": random_image(6, 1),
    "black": np.zeros((3, 4, 3)),
}
images = pytest.mark.parametrize("image", [pytest.param(x, id=name) for name, x in IMAGES.items()])


@images
def test_the_pdf_integrates_to_one(image):
    d, solid = lattice(*image.shape[:2], 2)
    q = densities(scene_of(image), Rotation.from_rotvec(ROTATE, degrees=True).apply(d.reshape(-1, 3)))
    assert q @ solid.reshape(-1) == pytest.approx(1.0, rel=1e-12)


@images
def test_samples_follow_the_pdf(image):
    """In the four quarters of every cell: also within a cell they are uniform."""
    scene, n, fine = scene_of(image), 1 << 18, 2
    height, width = image.shape[:2]
    d, q = drawn(scene, np.random.default_rng(7).random((n, 2)))
    assert_allclose(np.linalg.norm(d, axis=1), 1.0, rtol=1e-12)
    assert (q > 0).all()
    turn = Rotation.from_rotvec(ROTATE, degrees=True)
    x, y, z = turn.inv().apply(d).T
    edge = np.cos(np.pi * np.arange(height + 1) / height)
    heights = np.append((edge[:-1, None] + (edge[1:] - edge[:-1])[:, None] * np.arange(fine) / fine).reshape(-1), -1.0)
    phi = np.arctan2(x, -z) % (2 * np.pi)
    seen = np.histogram2d(-y, phi, [-heights, np.linspace(0, 2 * np.pi, width * fine + 1)])[0]
    middle, solid = lattice(height, width, fine)
    expected = densities(scene, turn.apply(middle.reshape(-1, 3))).reshape(solid.shape) * solid * n
    chi_squared_test(seen, expected, tests=len(IMAGES))


def test_a_cell_has_the_mean_of_the_interpolated_luminance():
    """By midpoints, which are exact on bilinear pieces: texels' centres part the cells in halves."""
    image = random_image()
    height, width = image.shape[:2]
    scene, fine = scene_of(image, np.zeros(3)), 4
    v, u = ((np.arange(k * fine) + 0.5) / (k * fine) for k in (height, width))
    t, p = np.pi * v[:, None], 2 * np.pi * u[None]
    d = np.stack(np.broadcast_arrays(np.sin(t) * np.sin(p), np.cos(t), -np.sin(t) * np.cos(p)), -1)
    light = np.array([envmap.radiance(scene, triple(x)) for x in d.reshape(-1, 3)]) @ LUMINANCE
    mean = light.reshape(height, fine, width, fine).mean((1, 3))
    edge = np.cos(np.pi * np.arange(height + 1) / height)
    expected = mean * (edge[:-1] - edge[1:])[:, None]
    rows = np.diff(scene.env_rows)
    columns = np.diff(scene.env_columns.reshape(height, width + 1), axis=1)
    assert_allclose(rows[:, None] * columns, expected / expected.sum(), rtol=1e-9, atol=1e-15)


def test_the_density_is_nowhere_zero_where_the_radiance_is_not():
    image = np.zeros((6, 10, 3))
    image[3, 0] = image[0, 5] = 1.0
    scene, ds = scene_of(image), unit_vectors(4000)
    light = np.array([envmap.radiance(scene, triple(d)) for d in ds]).sum(1)
    assert (densities(scene, ds)[light > 0] > 0).all()
    assert (light > 0).mean() > 0.02


def test_a_black_row_has_even_columns():
    image = random_image(7, 4)
    image[1:4] = 0.0
    rows, columns = distribution(image)
    assert rows[2] == rows[3]
    assert_allclose(columns.reshape(7, 5)[2], np.arange(5) / 4)
    assert rows[0] == 0.0
    assert rows[-1] == 1.0
    assert (np.diff(rows) >= 0).all()


EDGE = (0.0, 1.0 - 2.0**-24)


@pytest.mark.parametrize("size", [(6, 10), (1, 1), (256, 512), (2048, 4096)])
def test_a_sample_in_float32_has_a_positive_density(size):
    """Lamps of one texel in the dark, where the neighbours of a cell that is drawn have no probability; at the ends of
    the random numbers, and at the poles, where rounding turns a direction by whole texels."""
    height, width = size
    rng, image = np.random.default_rng(8), np.zeros((*size, 3))
    image[rng.integers(0, height, 50), rng.integers(0, width, 50)] = 1.0
    image[0, ::7] = image[-1, ::5] = 100.0 * height
    scene = scene_of(image, real=np.float32)
    u = rng.random((1 << 18, 2)).astype(np.float32)
    u[:1000, 0], u[500:1500, 1] = EDGE[0], EDGE[0]
    u[2000:3000, 0], u[2500:3500, 1] = EDGE[1], EDGE[1]
    u[:4] = [(a, b) for a in EDGE for b in EDGE]
    u = np.minimum(u, np.float32(EDGE[1]))
    d, q = drawn(scene, u, FLOAT32)
    assert np.isfinite(q).all()
    assert (q > 0).all()
    assert_allclose(np.linalg.norm(d.astype(float), axis=1), 1.0, atol=1e-6)


def test_float32_agrees_with_float64():
    image = random_image(32, 64)
    single, double = scene_of(image, real=np.float32), scene_of(image)
    u = np.random.default_rng(9).random((1000, 2)).astype(np.float32)
    d, q = drawn(single, u, FLOAT32)
    e, p = drawn(double, u)
    near = np.abs(q - p) < 1e-3 * p
    assert near.mean() > 0.99
    assert_allclose(d[near], e[near], atol=1e-3)


def test_eight_lanes_do_what_one_does():
    scene = scene_of(random_image(), scale=(0.5, 2.0, 3.0), real=np.float32)
    shine, choose, density = (f.instantiate(FLOAT32XN) for f in (envmap.radiance, envmap.sample, envmap.pdf))

    @njit
    def vector(scene, u, d, out):
        for i in range(0, u.shape[1], LANES):
            w = choose(scene, load(u[0], i), load(u[1], i))
            light = shine(scene, w)
            for k in range(3):
                store(d[k], i, w[k])
                store(out[k], i, light[k])
            store(out[3], i, density(scene, w))

    u = np.random.default_rng(10).random((2, 64)).astype(np.float32)
    d, out = np.zeros((3, 64), np.float32), np.zeros((4, 64), np.float32)
    vector(scene, u, d, out)
    one, q = drawn(scene, u.T, FLOAT32)
    assert_allclose(d.T, one, atol=2e-6)
    assert_allclose(out[3], q, rtol=1e-5)
    light = np.array([envmap.radiance(scene, triple(w)) for w in one])
    assert_allclose(out[:3].T, light, rtol=1e-3, atol=1e-2)


# --- the numbers of a map
def light(rotate, scale):
    values = {"image": np.ones((2, 3, 3)), "rotate": np.array(rotate, float), "scale": np.array(scale, float)}
    return Light("envmap", values)


LIGHTS = [light(r, s) for r in ([0, 0, 0], ROTATE, [0, 0, 180], [1e-9, 0, 2e-9]) for s in (1.5, [0.5, 2.0, 3.0])]


@pytest.mark.parametrize("x", LIGHTS)
def test_the_numbers(x):
    numbers = light_numbers(x)
    frame = Rotation.from_rotvec(x.values["rotate"], degrees=True).as_matrix()
    assert_allclose(numbers["frame"].reshape(3, 3), frame, atol=1e-14)
    assert_allclose(numbers["scale"], np.broadcast_to(x.values["scale"], 3))


@pytest.mark.parametrize("x", LIGHTS)
def test_derivatives_of_the_numbers(x):
    rng = np.random.default_rng(11)
    d = {"rotate": 30.0 * rng.normal(size=3), "scale": rng.normal(size=np.shape(x.values["scale"]))}
    g = {"frame": rng.normal(size=9), "scale": rng.normal(size=3)}
    jv, jtg = light_numbers_tan(x, d), light_numbers_adj(x, g)
    assert all(jtg[key].shape == d[key].shape for key in d)
    keys = ("frame", "scale")
    assert_transpose([jv[k] for k in keys], [g[k] for k in keys], [d[k] for k in d], [jtg[k] for k in d])
    at = lambda h: light(x.values["rotate"] + h * d["rotate"], x.values["scale"] + h * d["scale"])  # noqa: E731
    f = lambda h: [light_numbers(at(h))[k] for k in keys]  # noqa: E731
    assert taylor_slope(f, [jv[k] for k in keys], 1e-2) == pytest.approx(2.0, abs=0.1)
    assert not flat([light_numbers_tan(x, {})[k] for k in keys]).any()
