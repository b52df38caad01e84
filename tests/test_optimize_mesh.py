"""optimize/mesh.py: a mesh as a graph, its Laplacian, large steps; optimize/factor.py: their solver."""

import subprocess
import sys

import naive
import numpy as np
import pytest
from derivatives import assert_transpose
from numpy.testing import assert_allclose, assert_array_equal
from prior_scene import sheet, torn

from nrender.optimize.factor import dissection, factorised
from nrender.optimize.mesh import LargeSteps, MeshError, edges_of, inner_edges, points_of, uniform_laplacian

BALL = naive.icosphere(2)
MESHES = pytest.mark.parametrize(
    "vertices, faces", [BALL, sheet(3), torn(*naive.icosphere(1))[:2]], ids=["ball", "sheet", "soup"]
)


def dense(vertices, faces, smoothness):
    """I + smoothness (D - A) of the distinct vertices, by the book; and the point of each vertex."""
    points, of = np.unique(np.round(vertices, 6), axis=0, return_inverse=True)
    matrix, of = np.eye(len(points)), of.reshape(-1)
    pairs = {tuple(sorted((of[a], of[b]))) for f in faces for a, b in zip(f, np.roll(f, 1), strict=True)}
    for a, b in pairs:
        matrix[[a, b], [a, b]] += smoothness
        matrix[[a, b], [b, a]] -= smoothness
    return matrix, of


# The graph


def test_edges_of_a_mesh_and_of_the_same_with_doubled_vertices():
    vertices, faces = BALL
    edges = edges_of(vertices, faces)
    assert_array_equal(edges.ends, naive.edges(faces))
    assert_array_equal(edges.share, 1.0)
    soup, own, _ = torn(vertices, faces)
    doubled = edges_of(soup, own)
    assert len(doubled.ends) == 2 * len(edges.ends)
    assert_array_equal(doubled.share, 0.5)


def test_inner_edges_have_the_two_faces_that_share_both_ends():
    vertices, faces = sheet(2)
    inner = inner_edges(vertices, faces)
    assert len(inner.faces) == 8  # 16 edges, of which 8 are border
    assert_array_equal(inner.sign, 1.0)
    for a, b in inner.faces:
        assert len(set(faces[a]) & set(faces[b])) == 2
    soup, own, _ = torn(vertices, faces)
    assert sorted(map(tuple, inner_edges(soup, own).faces)) == sorted(map(tuple, inner.faces))


def test_faces_wound_against_each_other_are_told():
    vertices, faces = sheet(1)
    assert_array_equal(inner_edges(vertices, np.stack([faces[0], faces[1, ::-1]])).sign, [-1.0])


def test_an_edge_of_three_faces_is_neither_inner_nor_border():
    vertices = np.array([[0, 0, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0], [-1, -1, 0]], float)
    faces = np.array([[0, 1, 2], [0, 1, 3], [0, 1, 4]])
    assert len(inner_edges(vertices, faces).faces) == 0
    points = points_of(vertices, faces)
    assert_array_equal(points.edges[~points.border], [[0, 1]])


def test_a_face_between_two_vertices_at_one_place_counts_for_nothing():
    vertices, faces = sheet(1)
    vertices = np.concatenate([vertices, vertices[:1]])
    more = np.concatenate([[[0, 4, 1]], faces])
    assert_array_equal(inner_edges(vertices, more).faces, [[1, 2]])
    assert_array_equal(points_of(vertices, more).edges, points_of(vertices, faces).edges)
    assert len(edges_of(vertices, more).ends) == 6  # with the side from 4 to 1


@MESHES
def test_the_laplacian_leaves_constants_alone(vertices, faces):
    matrix = uniform_laplacian(vertices, faces)
    assert matrix.format == "csr"
    assert matrix.shape == (len(vertices), len(vertices))
    assert_allclose(matrix @ np.ones(len(vertices)), 0.0, atol=1e-15)


def test_the_laplacian_of_a_closed_mesh_takes_the_mean_of_the_neighbours():
    vertices, faces = BALL
    matrix, of = dense(vertices, faces, 1.0)
    combinatorial = (matrix - np.eye(len(matrix)))[np.ix_(of, of)]
    expected = combinatorial / np.diag(combinatorial)[:, None]
    assert_allclose(uniform_laplacian(vertices, faces).toarray(), expected, atol=1e-15)


def test_a_vertex_of_no_face_has_no_laplacian():
    vertices, faces = sheet(1)
    matrix = uniform_laplacian(np.concatenate([vertices, [[9.0, 9.0, 9.0]]]), faces)
    assert_array_equal(matrix.toarray()[-1], 0.0)


# Large steps


@MESHES
def test_large_steps_are_those_of_a_dense_solve(vertices, faces):
    steps = LargeSteps(faces, vertices, 7.0)
    matrix, of = dense(vertices, faces, 7.0)
    assert steps.size == len(matrix)
    gradient = np.random.default_rng(1).normal(size=vertices.shape)
    summed = np.zeros((len(matrix), 3))
    np.add.at(summed, of, gradient)
    # A step in u, seen in the vertices: the order of the points doesn't matter.
    step = steps.to_vertices(steps.pull(gradient))
    expected = np.linalg.solve(matrix, np.linalg.solve(matrix, summed))[of]
    assert_allclose(step, expected, atol=1e-12 * np.abs(expected).max())


@MESHES
def test_pull_is_the_transpose_of_to_vertices(vertices, faces):
    steps, rng = LargeSteps(faces, vertices, 19.0), np.random.default_rng(2)
    u, gradient = rng.normal(size=(steps.size, 3)), rng.normal(size=vertices.shape)
    assert_transpose(steps.to_vertices(u), gradient, u, steps.pull(gradient))


@MESHES
def test_to_u_and_back(vertices, faces):
    steps = LargeSteps(faces, vertices, 19.0)
    assert_allclose(steps.to_vertices(steps.from_vertices(vertices)), vertices, atol=1e-13 * np.ptp(vertices))
    shift = np.full((steps.size, 3), 0.25)
    assert_allclose(steps.to_vertices(shift), 0.25, rtol=1e-13)


def test_doubled_vertices_move_together():
    vertices, faces, old = torn(*naive.icosphere(1))
    steps = LargeSteps(faces, vertices, 5.0)
    gradient = np.random.default_rng(3).normal(size=vertices.shape)
    moved = steps.to_vertices(steps.pull(gradient))
    for vertex in range(old.max() + 1):
        assert len(np.unique(moved[old == vertex], axis=0)) == 1


def test_noise_is_smoothed_and_a_smooth_gradient_is_not():
    """Of white noise a step keeps the part sum 1/(1 + lambda e)^4 / N over the eigenvalues e of L."""
    vertices, faces = naive.icosphere(3)
    steps, matrix = LargeSteps(faces, vertices, 19.0), dense(vertices, faces, 19.0)[0]
    noise = np.random.default_rng(4).normal(size=vertices.shape)
    kept = np.mean(steps.to_vertices(steps.pull(noise)) ** 2)
    expected = np.mean(np.linalg.eigvalsh(matrix) ** -4.0)
    # The sum of weighted squares of unit normals has the variance 2 sum w^2; 3 columns. 4 sigma.
    sigma = np.sqrt(2 * np.mean(np.linalg.eigvalsh(matrix) ** -8.0) / noise.size)
    assert abs(kept - expected) < 4 * sigma
    assert expected < 0.01
    assert_allclose(steps.to_vertices(steps.pull(np.ones_like(vertices))), 1.0, rtol=1e-12)


def test_no_smoothness_changes_nothing():
    vertices, faces = BALL
    steps = LargeSteps(faces, vertices, 0.0)
    assert_array_equal(steps.to_vertices(steps.from_vertices(vertices)), vertices)


@pytest.mark.parametrize("smoothness", [-1.0, np.nan, np.inf])
def test_a_wrong_smoothness_is_one_line(smoothness):
    with pytest.raises(MeshError, match=f"^smoothness: expected a number >= 0, got {smoothness}$"):
        LargeSteps(BALL[1], BALL[0], smoothness)


def test_a_dissected_matrix_is_solved_and_its_factors_are_sparse():
    from scipy.sparse import csr_array
    from scipy.sparse.linalg import splu

    vertices, faces = naive.icosphere(4)
    matrix, of = dense(vertices, faces, 19.0)
    matrix = csr_array(matrix[np.ix_(of, of)])
    order = dissection(matrix, vertices)
    assert_array_equal(np.sort(order), np.arange(len(vertices)))

    def numbers(m):
        options = {"SymmetricMode": True}
        return splu(m.tocsc(), permc_spec="NATURAL", diag_pivot_thresh=0.0, options=options).nnz

    # Of a planar graph n log n (Lipton, Rose, Tarjan 1979), here with a factor of about 7; it is 17 as they come.
    most = 10 * len(order) * np.log2(len(order))
    assert numbers(matrix[order][:, order]) < most < numbers(matrix)
    b = np.random.default_rng(5).normal(size=vertices.shape)
    solve = factorised(matrix, vertices)
    for _ in range(2):
        assert_allclose(matrix @ solve(b), b, atol=1e-12)


def test_any_graph_can_be_dissected():
    """Points at one place, and one that all others touch."""
    from scipy.sparse import csr_array

    n = 500
    matrix = np.eye(n) * n
    matrix[0, 1:] = matrix[1:, 0] = -1.0
    solve = factorised(csr_array(matrix), np.zeros((n, 3)))
    assert_allclose(matrix @ solve(np.ones((n, 1))), 1.0, rtol=1e-12)


def test_importing_priors_is_light():
    code = "import sys, nrender.optimize.priors; print([name for name in sys.modules if 'scipy.sparse' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
