"""geometry/refitted.py: a tree refitted in its words is the one that fit.py and compressed.py make, bit for bit but for
the sign of an origin that is zero."""

import naive
import numpy as np
import pytest
from drivers import COMPRESSED, find_closest, tables_of
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_bvh import NESTED, SOUPS, rays, rounded, unshared
from test_compressed import decoded, wild, words_of

from nrender.cache import compiled
from nrender.device import device
from nrender.geometry.compressed import NODE, TRIANGLE
from nrender.geometry.refitted import refit_node
from nrender.geometry.tree import build, extent_of, refit
from nrender.real import FLOAT32
from nrender.tables import FACE

ZERO = -(1 << 31)  # the word of -0.0, which a vertex of -1e-59 is in float32


@device
def refit_nodes(words, theta, faces, bounds, surfaces, begin, end):
    for node in range(begin, end):
        refit_node(words, theta, faces, bounds, surfaces, node)


def refitted(tree, vertices, faces):
    """(words of the tree for these vertices, half surface of the boxes in each node)."""
    words, theta = words_of(tree).copy(), vertices.astype(np.float32).reshape(-1)
    rows = np.zeros((len(faces), FACE), np.int32)
    rows[:, :3] = faces
    count = len(tree.links) // 8
    bounds, surfaces = np.full(6 * count, np.nan, np.float32), np.full(count, np.nan, np.float32)
    for begin, end in zip(tree.levels[-2::-1].tolist(), tree.levels[:0:-1].tolist(), strict=True):
        compiled(refit_nodes, FLOAT32)(words, theta, rows.reshape(-1), bounds, surfaces, begin, end)
    return words, surfaces


def details(words, count):
    """What the words of a tree of so many nodes say, whatever the slots: {depth, faces below: box}, the origins and
    scales of the nodes, the triangles by face."""
    nodes, triangles = words[: NODE * count].reshape(-1, NODE), words[NODE * count :].reshape(-1, TRIANGLE)
    last = triangles[:, 3] < 0
    face = np.where(last, -1 - triangles[:, 3], triangles[:, 3])
    order = np.argsort(face)
    places = np.where(nodes[:, :3] == ZERO, 0, nodes[:, :3])
    heads = np.column_stack([places, nodes[:, 3] & 0xFFFFFF])
    return decoded(words, count), sorted(heads.tolist()), triangles[order].tolist()


def check(before, after, together=1):
    """Refitted in words: as on the host, and what must not change has not."""
    tree = build(*unshared(before), together)
    count, (vertices, faces) = len(tree.links) // 8, unshared(after)
    words, surfaces = refitted(tree, vertices, faces)
    expected = refit(tree, vertices, faces)
    (boxes, nodes, triangles), (wanted, *others) = details(words, count), details(words_of(expected), count)
    assert boxes.keys() == wanted.keys()
    for key, box in wanted.items():
        np.testing.assert_array_equal(boxes[key], box)
    assert [nodes, triangles] == others
    kept = np.array([3, 4, 5, 6, 7])  # of a node; of the first only the mask of inner slots
    mask = [-1 << 24, -1, -1, -1, -1]
    then, now = (w[: NODE * count].reshape(-1, NODE)[:, kept] & mask for w in (words_of(tree), words))
    np.testing.assert_array_equal(then, now)
    surface = surfaces.astype(float)
    if 0.0 < surface[0] < np.inf:
        assert surface.sum() / surface[0] == pytest.approx(extent_of(expected), rel=1e-5)  # sums of float32
    return words, expected


def moved(triangles):
    return triangles * [1.3, -0.7, 1.0] + 0.2 * np.sin(3.0 * triangles[..., [1, 2, 0]])


@pytest.mark.parametrize("together", [1, 8])
@pytest.mark.parametrize("name", SOUPS)
def test_words_are_those_of_the_hosts_refit(name, together):
    check(SOUPS[name], moved(SOUPS[name]), together)


@pytest.mark.parametrize("name", NESTED)
def test_words_of_boxes_of_all_sizes(name):
    check(NESTED[name], NESTED[name][:, :, [1, 2, 0]])


@settings(deadline=None, max_examples=100)
@given(wild(), st.integers(0, 2**32 - 1))
@example(np.array([[[-1e-59, 0.0, 0.0]] * 3]), 0)
def test_words_of_any_triangles(triangles, seed):
    """From anywhere, flat ones and points too."""
    check(np.random.default_rng(seed).normal(size=triangles.shape), triangles)


@pytest.mark.parametrize("name", ["soup", "axis-aligned", "sphere"])
def test_without_a_motion_nothing_changes(name):
    tree = build(*unshared(SOUPS[name]), 1)
    assert refitted(tree, *unshared(SOUPS[name]))[0].tobytes() == words_of(tree).tobytes()


@pytest.mark.parametrize("name", ["one", "soup", "flat", "doubled", "far"])
def test_hits_are_those_of_a_new_tree_bit_for_bit(name):
    after = rounded(moved(SOUPS[name]))
    mesh = unshared(after)
    words, _ = check(SOUPS[name], after)
    tables = tables_of(*mesh, COMPRESSED)
    o, d = rays(after, 5000)
    found = find_closest(tables._replace(compressed=words), o, d, COMPRESSED)
    for a, b in zip(found, find_closest(tables, o, d, COMPRESSED), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (found[1] >= 0).any()


def test_a_triangle_that_gets_an_area_again_is_hit():
    """One without area is a point in the words: nothing of that must stay."""
    v, f = naive.icosphere(2)
    flat = v[f].copy()
    flat[::2] = flat[::2, :1]
    build_of, (vertices, faces) = build(*unshared(v[f]), 1), unshared(v[f])
    words, _ = refitted(refit(build_of, *unshared(flat)), vertices, faces)
    count = len(build_of.links) // 8
    found, expected = (details(w, count) for w in (words, words_of(build_of)))
    assert found[1:] == expected[1:]
    for key, box in expected[0].items():
        np.testing.assert_array_equal(found[0][key], box)
