"""geometry/few.py: all lanes against few triangles, next to the walk through the tree."""

import naive
import numpy as np
import pytest
from drivers import find_closest, find_occluded, tables_of

from nrender.geometry.few import FEW, few_tables
from nrender.real import FLOAT32
from nrender.simd import FLOAT32XN

RNG = np.random.default_rng(0)


def soup(n, size):
    v = RNG.normal(size=(n, 1, 3)) + size * RNG.normal(size=(n, 3, 3))
    return v.reshape(-1, 3), np.arange(3 * n).reshape(-1, 3)


def box_in_a_room():
    v, f = naive.cube()
    return np.concatenate([3.0 * v, 0.5 * v + [0.2, -2.4, 0.1]]), np.concatenate([f[:, ::-1], f + len(v)])


MESHES = {
    "one": soup(1, 2.0),
    "cube": naive.cube(),
    "ball": naive.icosphere(0),
    "soup": soup(40, 1.0),
    "room": box_in_a_room(),
    "far away": (naive.icosphere(0)[0] + 50.0, naive.icosphere(0)[1]),
}


def tables_with_few(vertices, faces):
    numbers, order, quads = few_tables(vertices, faces)
    assert len(order) == len(faces)
    return tables_of(vertices, faces)._replace(few=numbers.astype(np.float32), few_faces=order, few_quads=quads)


def rays(vertices, faces, n, seed=1):
    """From about and from within, towards points of the triangles and somewhat beyond them."""
    rng = np.random.default_rng(seed)
    centre, size = vertices.mean(0), np.ptp(vertices, axis=0).max()
    o = centre + size * rng.normal(size=(n, 3)) * np.where(np.arange(n) % 2, 1.0, 0.2)[:, None]
    target = vertices[faces][rng.integers(len(faces), size=n)]
    target = np.einsum("nk,nkx->nx", rng.dirichlet([1, 1, 1], size=n) * 1.5 - 1 / 6, target)
    d = (target - o) * rng.uniform(0.3, 2.0, size=(n, 1))
    return o, d


@pytest.mark.parametrize("name", MESHES)
def test_the_nearest_hit_is_that_of_the_tree(name):
    """But for rays that pass an edge within rounding: few."""
    vertices, faces = MESHES[name]
    o, d = rays(vertices, faces, 2000)
    t, face, weights = find_closest(tables_of(vertices, faces), o, d, FLOAT32)
    s, other, found = find_closest(tables_with_few(vertices, faces), o, d, FLOAT32XN)
    same = face == other
    assert same.mean() > 0.995
    hit = same & (face >= 0)
    assert hit.mean() > 0.2
    size = np.ptp(vertices, axis=0).max() + np.abs(vertices).max()
    off = np.abs(np.array(t)[hit] - np.array(s)[hit]) * np.linalg.norm(d[hit], axis=1)
    assert np.quantile(off, 0.99) < 1e-5 * size
    assert np.quantile(np.abs(np.array(weights)[hit] - np.array(found)[hit]), 0.99) < 1e-3
    weights = np.array(found)[hit]
    assert (weights >= 0).all()
    assert (weights.sum(-1) <= 1 + 1e-6).all()


@pytest.mark.parametrize("name", MESHES)
def test_what_hides_is_what_is_hit(name):
    vertices, faces = MESHES[name]
    o, d = rays(vertices, faces, 1000, seed=2)
    tables = tables_with_few(vertices, faces)
    t, face, _ = find_closest(tables, o, d, FLOAT32XN)
    t = np.where(np.asarray(face) >= 0, t, 1.0)
    beyond = find_occluded(tables, o, d, 1.001 * t, FLOAT32XN)
    before = find_occluded(tables, o, d, 0.999 * t, FLOAT32XN)
    assert (np.asarray(beyond) == (np.asarray(face) >= 0)).all()
    assert not np.asarray(before).any()


@pytest.mark.parametrize("name", ["cube", "ball"])
def test_no_ray_passes_between_triangles(name):
    """From within a closed mesh to its vertices, to points of its edges, and to points next to those."""
    vertices, faces = MESHES[name]
    rng = np.random.default_rng(3)
    n = 20000
    edge = faces[rng.integers(len(faces), size=n)][:, :2]
    part = np.where(rng.random(n) < 0.3, 0.0, rng.random(n))[:, None]
    target = (1 - part) * vertices[edge[:, 0]] + part * vertices[edge[:, 1]]
    target = target + rng.choice([0.0, 1e-7, 1e-6], size=(n, 1)) * rng.normal(size=(n, 3))
    o = vertices.mean(0) + 0.3 * rng.normal(size=(n, 3)).clip(-1, 1)
    _, face, _ = find_closest(tables_with_few(vertices, faces), o, target - o, FLOAT32XN)
    assert (np.asarray(face) >= 0).all()


def test_pairs_in_one_plane_are_quadrangles():
    assert few_tables(*naive.cube())[2] == 6
    assert few_tables(*naive.icosphere(0))[2] == 0
    kite = np.array([[0, 0, 0], [4, 0, 0], [1, 1, 0], [0, 4, 0]], float)  # not convex
    assert few_tables(kite, np.array([[0, 1, 2], [0, 2, 3]]))[2] == 0


def test_many_or_tiny_triangles_are_left_to_the_tree():
    assert len(few_tables(*soup(FEW + 1, 1.0))[1]) == 0
    vertices, faces = soup(3, 1.0)
    vertices[:3] = vertices[:1] + 1e-5 * (vertices[:3] - vertices[:1])
    assert len(few_tables(vertices, faces)[1]) == 0


def test_a_triangle_without_area_needs_the_tree():
    vertices, faces = soup(3, 1.0)
    vertices[2] = 0.5 * (vertices[0] + vertices[1])
    assert len(few_tables(vertices, faces)[1]) == 0


def test_lanes_that_are_not_live_hit_nothing():
    vertices, faces = MESHES["room"]
    o, d = rays(vertices, faces, 500)
    live = np.random.default_rng(4).random(len(o)) < 0.7
    o[~live & (np.arange(len(o)) % 2 == 0)] = np.nan
    tables = tables_with_few(vertices, faces)
    assert (find_closest(tables, o, d, FLOAT32XN, live)[1][~live] == -1).all()
    assert not find_occluded(tables, o, d, np.full(len(o), 10.0), FLOAT32XN, live)[~live].any()
    assert (find_closest(tables, np.full_like(o, np.nan), d, FLOAT32XN)[1] == -1).all()


def test_equal_distances_go_to_the_lower_face():
    vertices, faces = naive.cube()
    twice = np.concatenate([vertices, vertices]), np.concatenate([faces, faces + len(vertices)])
    o, d = rays(*naive.cube(), 500)
    _, face, _ = find_closest(tables_with_few(*twice), o, d, FLOAT32XN)
    assert (np.asarray(face) < len(faces)).all()
