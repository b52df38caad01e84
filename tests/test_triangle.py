"""geometry/triangle.py: intersection against a solved system, watertightness, derivatives."""

import naive
import numpy as np
import pytest
from derivatives import assert_transpose, taylor_slope, triple, triples
from drivers import TWIN, find_closest, tables_of
from numpy.testing import assert_allclose

from nrender.device import device
from nrender.geometry import triangle
from nrender.geometry.triangle import along, edge_functions, seen
from nrender.real import FLOAT32, FLOAT64
from nrender.simd import FLOAT32XN

RNG = np.random.default_rng(0)
SHAPES = {
    "usual": RNG.normal(size=(3, 3)),
    "large": 1e6 * RNG.normal(size=(3, 3)),
    "tiny": 1e-6 * RNG.normal(size=(3, 3)),
    "needle": np.array([[0, 0, 0], [1, 0, 0], [0.5, 1e-5, 0.0]]),
    "axis-aligned": np.array([[0.0, 0, 1], [2, 0, 1], [0, 3, 1]]),
    "far": RNG.normal(size=(3, 3)) + 1e3,
}


@pytest.mark.parametrize("name", SHAPES)
def test_intersection_solves_the_system(name):
    rng = np.random.default_rng(1)
    v = SHAPES[name]
    size = np.linalg.norm(v - v.mean(0), axis=1).max()
    inside = 0
    for _ in range(200):
        o = v.mean(0) + size * rng.normal(size=3)
        weights = rng.dirichlet([1, 1, 1]) * 3 - 2 / 3
        d = (weights @ v - o) * rng.uniform(0.1, 3)
        t, b1, b2, hit = triangle.intersect(*triples(v), triple(o), triple(d))
        (t0,), (u,), (w,) = naive.ray_triangles([v], o, d)
        tolerance = 1e-6 if name == "needle" else 1e-9
        assert_allclose([t, b1, b2], [t0, u, w], rtol=tolerance, atol=tolerance)
        assert hit == (min(weights) >= 0) or abs(weights).min() < tolerance
        inside += hit
    assert 10 < inside < 190


def test_the_sign_of_t_is_left_to_the_caller():
    v = triples(SHAPES["usual"])
    o = tuple(np.mean(v, axis=0) + [0.0, 0.0, 1.0])
    assert triangle.intersect(*v, o, (0.0, 0.0, -1.0))[0] > 0
    t, _, _, hit = triangle.intersect(*v, o, (0.0, 0.0, 1.0))
    assert hit
    assert t < 0


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(
    "v",
    [
        [[0, 0, 0], [0, 0, 0], [1, 1, 0]],
        [[0, 0, 0], [1, 1, 0], [1, 1, 0]],
        [[1, 1, 0], [1, 1, 0], [1, 1, 0]],
        [[0, 0, 0], [1, 0, 0], [2, 0, 0]],
    ],
)
def test_a_triangle_without_area_is_never_hit(v):
    v = [tuple(map(np.float64, x)) for x in v]
    for target in ((0.5, 0.5, 0.0), (1.0, 1.0, 0.0), (0.5, 0.0, 0.0)):
        d = tuple(np.array(target) - [0.3, 0.2, 1.0])
        assert not triangle.intersect(*v, (0.3, 0.2, 1.0), d)[3]


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_ray_in_the_plane_does_not_hit():
    v = [tuple(map(np.float64, x)) for x in ([0, 0, 0], [1, 0, 0], [0, 1, 0])]
    assert not triangle.intersect(*v, (-1.0, 0.25, 0.0), (1.0, 0.0, 0.0))[3]


def closed_meshes():
    rng = np.random.default_rng(2)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    for name, (v, f) in {"cube": naive.cube(), "icosahedron": naive.icosphere(0), "sphere": naive.icosphere(3)}.items():
        yield pytest.param(v, f, id=name)
        yield pytest.param(v * [0.5, 1.3, 2.0] @ turn, f, id=f"turned {name}")
        yield pytest.param(v * [0.5, 1.3, 2.0] @ turn + [100, -30, 7], f, id=f"far {name}")


def rays_from_inside(v, n, targets, rng):
    """float32 origins near the centre, directions to points that `targets(n)` gives."""
    v = v.astype(np.float32)
    o = (v.mean(0) + 0.1 * rng.normal(size=(n, 3))).astype(np.float32)
    return o, targets - o


WIDTHS = (FLOAT32, FLOAT64, TWIN, FLOAT32XN)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("v, f", list(closed_meshes()))
def test_no_ray_leaves_a_closed_mesh_at_an_edge(v, f, width):
    rng, n = np.random.default_rng(3), 100_000
    v = v.astype(np.float32)
    e = naive.edges(f)
    a, b = v[e[rng.integers(len(e), size=n)]].transpose(1, 0, 2)
    o, d = rays_from_inside(v, n, a + (b - a) * rng.uniform(0.01, 0.99, (n, 1)).astype(np.float32), rng)
    assert (find_closest(tables_of(v, f, width), o, d, width)[1] >= 0).all()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("v, f", list(closed_meshes()))
def test_no_ray_leaves_a_closed_mesh_at_a_vertex(v, f, width):
    """At the vertex, and within a millionth of an edge's length of it."""
    rng, n = np.random.default_rng(4), 100_000
    v = v.astype(np.float32)
    e = naive.edges(f)
    a, b = v[e[rng.integers(len(e), size=n)]].transpose(1, 0, 2)
    s = np.where(np.arange(n) % 2, 0.0, 1e-6 * rng.random(n)).astype(np.float32)
    o, d = rays_from_inside(v, n, a + (b - a) * s[:, None], rng)
    assert (find_closest(tables_of(v, f, width), o, d, width)[1] >= 0).all()


@device(strict=True)
def shared_edge(a, b, c, e, o, d):
    """The function of the edge a b, from the triangle a b c and from its neighbour b a e."""
    line = along(d)
    a, b, c, e = seen(a, o, line), seen(b, o, line), seen(c, o, line), seen(e, o, line)
    return edge_functions(a, b, c)[2], edge_functions(b, a, e)[2]


@pytest.mark.parametrize("width", [FLOAT32, FLOAT64])
def test_neighbours_compute_opposite_edge_functions_bit_for_bit(width):
    instance = shared_edge.instantiate(width)
    rng = np.random.default_rng(8)
    for scale in (1.0, 1e-3, 1e3):
        for points in rng.normal(size=(300, 6, 3)):
            points[4] += scale
            this, that = instance(*(tuple(p) for p in points.astype(width.literal)))
            assert this == -that
            assert this != 0.0


@pytest.mark.parametrize("tilt", [0.3, 1e-2, 1e-4, 0.0])
def test_no_ray_passes_a_flat_grid_at_an_edge(tilt):
    """Boxes without thickness that touch each other along the edges, and rays nearly along their sides."""
    rng, n, m = np.random.default_rng(5), 50_000, 32
    v = np.array([[x, y, 0] for x in np.linspace(-1, 1, m + 1) for y in np.linspace(-1, 1, m + 1)], np.float32)
    quads = [i * (m + 1) + j for i in range(m) for j in range(m)]
    f = np.array([t for k in quads for t in ([k, k + 1, k + m + 2], [k, k + m + 2, k + m + 1])])
    e = naive.edges(f)
    e = e[(np.abs(v[e].mean(1)) < 0.99).all(1)]
    a, b = v[e[rng.integers(len(e), size=n)]].transpose(1, 0, 2)
    p = a + (b - a) * rng.random((n, 1), dtype=np.float32)
    o = (p + np.array([tilt, tilt, 0]) * rng.normal(size=(n, 3)) + [0, 0, 7]).astype(np.float32)
    inside = (np.abs(p) < 0.999).all(1)
    assert (find_closest(tables_of(v, f), o, p - o)[1][inside] >= 0).all()


def test_point_and_area_normal():
    v = triples(SHAPES["usual"])
    assert_allclose(triangle.point(v, 0.2, 0.3), np.array([0.5, 0.2, 0.3]) @ v)
    assert_allclose(triangle.area_normal(v), naive.area_normal(SHAPES["usual"]))


@pytest.mark.parametrize("name", SHAPES)
def test_adjoints_are_the_transposes_of_the_tangents(name):
    rng = np.random.default_rng(6)
    v, d_v, g = triples(SHAPES[name]), triples(rng.normal(size=(3, 3))), triple(rng.normal(size=3))
    assert_transpose(triangle.area_normal_tan(v, d_v), g, d_v, triangle.area_normal_adj(v, g))
    assert_transpose(triangle.point(d_v, 0.2, 0.7), g, d_v, triangle.point_adj(0.2, 0.7, g))


@pytest.mark.parametrize("name", SHAPES)
def test_tangent_of_the_area_normal_is_its_derivative(name):
    v = SHAPES[name]
    d_v = np.random.default_rng(7).normal(size=(3, 3)) * np.ptp(v)
    slope = taylor_slope(
        lambda h: triangle.area_normal(triples(v + h * d_v)), triangle.area_normal_tan(triples(v), triples(d_v)), 1.0
    )
    assert slope == pytest.approx(2, abs=0.1)
