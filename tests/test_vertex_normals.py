"""geometry/vertex_normals.py: angle-weighted normals, their tangent and their adjoint."""

import time
from pathlib import Path

import numpy as np
import pytest
from derivatives import assert_transpose, taylor_slope
from scipy.spatial.transform import Rotation

from nrender.geometry.vertex_normals import vertex_normals, vertex_normals_adj, vertex_normals_tan
from nrender.scene.shapes import sphere

CUBE = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
SIDES = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]


def cut(quads, which):
    """Quads as triangles, each cut along one of its two diagonals."""
    faces = []
    for (a, b, c, d), first in zip(quads, which, strict=True):
        faces += [[a, b, c], [a, c, d]] if first else [[b, c, d], [b, d, a]]
    return np.array(faces)


def ball(subdivisions):
    return sphere.build({"subdivisions": subdivisions}, Path())[:2]


def bumpy(seed=0):
    vertices, faces = ball(1)
    return vertices * np.random.default_rng(seed).uniform(0.8, 1.2, (len(vertices), 1)), faces


def fan(n=7):
    """A hat with a hole: borders, and angles from acute to obtuse."""
    turn = np.sort(np.random.default_rng(5).uniform(0, 5, n))
    rim = np.column_stack([np.cos(turn), np.sin(turn), 0.3 * np.cos(3 * turn)])
    return np.vstack([[[0.1, 0.2, 0.5]], rim]), np.array([[0, k, k + 1] for k in range(1, n)])


def needles():
    """Angles near 0 and pi."""
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0.5, 1e-3, 1e-4], [0.5, -1e-4, 1e-3], [0.5, 0.2, 1]])
    return vertices, np.array([[0, 1, 2], [1, 0, 3], [0, 2, 4], [2, 1, 4]])


# with the largest Taylor step: well below the smallest height
MESHES = {"cube": (CUBE, cut(SIDES, [1] * 6), 1e-2), "bumpy": (*bumpy(), 1e-2), "fan": (*fan(), 1e-3),
          "needles": (*needles(), 1e-6)}


def test_normals_of_a_sphere_approach_the_radii():
    """By a half with each subdivision: the triangles around a vertex are not all alike, which is an error of first
    order."""
    worst = []
    for subdivisions in (2, 3, 4):
        vertices, faces = ball(subdivisions)
        normals = vertex_normals(vertices, faces)
        np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, rtol=1e-15)
        worst.append(np.linalg.norm(normals - vertices, axis=1).max())
        assert worst[-1] < 0.05 * np.ptp(vertices[faces], axis=1).max()
    np.testing.assert_allclose(np.divide(worst[:-1], worst[1:]), 2.0, rtol=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_a_cubes_corners_are_diagonals_however_its_sides_are_cut(seed):
    which = np.random.default_rng(seed).integers(0, 2, 6)
    normals = vertex_normals(CUBE, cut(SIDES, which))
    np.testing.assert_allclose(normals, (2 * CUBE - 1) / np.sqrt(3), atol=2e-16)


def test_how_planar_quads_are_cut_does_not_matter():
    # Three skew planar quads around vertex 1.
    quads = [[0, 1, 2, 3], [1, 4, 5, 2], [0, 6, 4, 1]]
    a, x, y, z = np.array([[0.1, 0.2, 0.3], [1, 0.2, -0.1], [0.3, 1.1, 0.2], [0.1, -0.4, 1.3]])
    side = 0.7 * x + 2 * y
    vertices = np.array([a, a + x, a + x + side, a + y, a + x + z, a + x + 1.5 * z + 1.2 * side, a + z])
    one = vertex_normals(vertices, cut(quads, [1, 1, 1]))
    for which in ([0, 1, 1], [0, 0, 1], [0, 0, 0]):
        np.testing.assert_allclose(vertex_normals(vertices, cut(quads, which)), one, atol=1e-15)


@pytest.mark.parametrize("name", MESHES)
def test_normals_turn_with_the_mesh_and_ignore_its_size(name):
    vertices, faces, _ = MESHES[name]
    turn = Rotation.from_rotvec([0.3, -0.8, 1.1]).as_matrix()
    normals = vertex_normals(vertices, faces)
    rounding = 1e-15 * (1000 if name == "needles" else 10)  # over the least height
    np.testing.assert_allclose(vertex_normals(vertices @ turn.T, faces), normals @ turn.T, atol=rounding)
    np.testing.assert_allclose(vertex_normals(vertices, faces[:, ::-1]), -normals, atol=rounding)
    for size in (2.0**-600, 2.0**600):
        np.testing.assert_array_equal(vertex_normals(size * vertices, faces), normals)


@pytest.mark.parametrize("name", MESHES)
def test_adjoint_is_the_transpose_of_the_tangent(name):
    vertices, faces, _ = MESHES[name]
    rng = np.random.default_rng(1)
    v, w = rng.normal(size=(2, *vertices.shape))
    assert_transpose(vertex_normals_tan(vertices, faces, v), w, v, vertex_normals_adj(vertices, faces, w))


@pytest.mark.parametrize("name", MESHES)
def test_tangent_is_the_derivative(name):
    vertices, faces, largest = MESHES[name]
    v = np.random.default_rng(2).normal(size=vertices.shape)
    jv = vertex_normals_tan(vertices, faces, v)
    slope = taylor_slope(lambda h: vertex_normals(vertices + h * v, faces), jv, largest)
    assert slope == pytest.approx(2, abs=0.1)


UP = [[0, 0, 1]]
TRIANGLE = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], float)
DEGENERATE = {
    "no face": (TRIANGLE, np.zeros((0, 3), int), UP * 3),
    "no vertex": (np.zeros((0, 3)), np.zeros((0, 3), int), np.zeros((0, 3))),
    "a vertex of no face": (np.vstack([TRIANGLE, [[5, 5, 5]]]), np.array([[0, 2, 1]]), [[0, 0, -1]] * 3 + UP),
    "a point": (np.ones((3, 3)), np.array([[0, 1, 2]]), UP * 3),
    "one vertex thrice": (TRIANGLE, np.array([[1, 1, 1]]), UP * 3),
    "two equal corners": (TRIANGLE, np.array([[0, 1, 1]]), UP * 3),
    "on a line": (np.array([[0, 0, 0], [1 / 3, 0.1, 0.7], [1, 0.3, 2.1]]), np.array([[0, 1, 2]]), UP * 3),
    "both sides": (TRIANGLE, np.array([[0, 2, 1], [0, 1, 2]]), [[0, 0, -1]] * 3),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_where_there_is_no_direction_it_is_fixed(name):
    vertices, faces, expected = DEGENERATE[name]
    np.testing.assert_array_equal(vertex_normals(vertices, faces), expected)
    v = np.random.default_rng(3).normal(size=vertices.shape)
    d, g = vertex_normals_tan(vertices, faces, v), vertex_normals_adj(vertices, faces, v)
    assert np.isfinite(d).all()
    assert np.isfinite(g).all()
    if name != "a vertex of no face":
        assert not d.any()
        assert not g.any()
    else:
        assert d[:3].any()
        assert not d[3].any()
        assert not g[3].any()


def test_a_face_without_area_changes_nothing():
    vertices, faces = bumpy()
    more = np.vstack([faces, [[0, 1, 1], [2, 2, 2]]])
    v = np.random.default_rng(4).normal(size=vertices.shape)
    np.testing.assert_array_equal(vertex_normals(vertices, more), vertex_normals(vertices, faces))
    np.testing.assert_array_equal(vertex_normals_tan(vertices, more, v), vertex_normals_tan(vertices, faces, v))
    np.testing.assert_array_equal(vertex_normals_adj(vertices, more, v), vertex_normals_adj(vertices, faces, v))


def test_needles_down_to_nothing_stay_finite():
    for height in 10.0 ** -np.arange(0, 330, 5):
        vertices = np.array([[0, 0, 0], [1, 0, 0], [0.3, height, 0], [0.5, 0.2, 1]])
        faces = np.array([[0, 1, 2], [0, 3, 1]])
        v = np.random.default_rng(6).normal(size=vertices.shape)
        for out in (vertex_normals(vertices, faces), vertex_normals_tan(vertices, faces, v),
                    vertex_normals_adj(vertices, faces, v)):
            assert np.isfinite(out).all()


def test_a_hundred_thousand_faces_take_no_time():
    n = 225
    x, y = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, 1, n), indexing="ij")
    vertices = np.stack([x, y, 0.1 * np.sin(9 * x) * np.cos(7 * y)], axis=-1).reshape(-1, 3)
    k = np.arange(n * n).reshape(n, n)
    quads = np.stack([k[:-1, :-1], k[1:, :-1], k[1:, 1:], k[:-1, 1:]], axis=-1).reshape(-1, 4)
    faces = np.vstack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    assert len(faces) > 100_000
    start = time.perf_counter()
    normals = vertex_normals(vertices, faces)
    vertex_normals_adj(vertices, faces, normals + vertex_normals_tan(vertices, faces, vertices))
    assert time.perf_counter() - start < 5.0  # 0.3 s on one core
    assert (normals[:, 2] > 0.5).all()
