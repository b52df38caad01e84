"""geometry/compressed.py: boxes that hold those of the tree; compressed_walk.py: the hits of traverse.py."""

import os
import subprocess
import sys

import naive
import numpy as np
import pytest
from drivers import COMPRESSED, TWIN, find_closest, find_occluded, tables_of
from hypothesis import given, settings
from hypothesis import strategies as st
from test_bvh import NESTED, SOUPS, rays, rounded, unshared

from nrender import Scene
from nrender.compile_scene import compile_scene
from nrender.geometry import compressed_walk
from nrender.geometry.collapse import LEVELS
from nrender.geometry.compressed import NODE, TRIANGLE, compress, nothing
from nrender.geometry.tree import build, refit
from nrender.local import GROUPS
from nrender.real import FLOAT32, FLOAT64


def words_of(tree):
    return compress(tree.nodes, tree.links, tree.corners, tree.order)


def children_of(tree, node, depth=0):
    """{(depth, faces below): box (3, 2)} of all children of a node, and of those below."""
    found = {}
    box, links = tree.nodes.reshape(-1, 4, 2, 8)[node, :3], tree.links.reshape(-1, 8)[node]
    for k in range(8):
        if links[k] >= 0:
            below = children_of(tree, links[k], depth + 1)
            faces = frozenset().union(*(faces for _, faces in below))
            found |= below
        else:
            block = tree.order.reshape(-1, 8)[-1 - links[k]]
            faces = frozenset(block[block >= 0].tolist())
        if faces:
            found[depth, faces] = box[:, :, k].astype(float)
    return found


def decoded(words, count, node=0, depth=0):
    """The same of a compressed tree of so many nodes, as the text of compressed.py says what the words mean."""
    found = {}
    row = words[NODE * node : NODE * (node + 1)]
    origin = row[:3].view(np.float32).astype(float)
    *exponents, inner = row[3:4].view(np.uint8).tolist()
    scale = 2.0 ** (np.array(exponents) - 127.0)
    offsets, planes = row[6:8].view(np.uint8), row[8:20].view(np.uint8).reshape(2, 3, 8).astype(float)
    number = row[4]
    for slot in range(8):
        box = origin[:, None] + planes[:, :, slot].T * scale[:, None]
        if inner >> slot & 1:
            below = decoded(words, count, number, depth + 1)
            faces = frozenset().union(*(faces for _, faces in below))
            found |= below
            number += 1
        elif (box[:, 0] > box[:, 1]).any():
            assert (planes[0, :, slot] == 255).all()
            assert (planes[1, :, slot] == 0).all()
            continue
        else:
            faces = frozenset(leaf(words, int(row[5]) + 3 * int(offsets[slot])))
        found[depth, faces] = box
    return found


def leaf(words, k):
    while True:
        face = int(words[4 * k + 3])
        yield face if face >= 0 else -1 - face
        if face < 0:
            return
        k += 3


def check_words(tree, faces):
    """The same children as in the tree, with boxes that hold theirs, and are a part of their node's larger, at most."""
    words, count = words_of(tree), len(tree.links) // 8
    assert len(words) == NODE * count + TRIANGLE * faces
    found, expected = decoded(words, count), children_of(tree, 0)
    assert found.keys() == expected.keys()
    for key, box in expected.items():
        assert (found[key][:, 0] <= box[:, 0]).all()
        assert (found[key][:, 1] >= box[:, 1]).all()
    return found, expected


@pytest.mark.parametrize("together", [1, 8])
@pytest.mark.parametrize("name", [name for name in SOUPS if name != "sphere"])
def test_boxes_hold_those_of_the_tree(name, together):
    check_words(build(*unshared(SOUPS[name]), together), len(SOUPS[name]))


@pytest.mark.parametrize("name", NESTED)
def test_boxes_of_nested_needles_hold_those_of_the_tree(name):
    """Of all sizes in one node."""
    tree = build(*unshared(NESTED[name]), 1)
    assert len(tree.levels) - 1 <= LEVELS
    check_words(tree, len(NESTED[name]))


@st.composite
def wild(draw):
    """Triangles with coordinates of any size, some flat, some only points, some far away."""
    count = draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    triangles = rng.normal(size=(count, 1, 3)) + draw(st.sampled_from([0.0, 1e-6, 0.1, 10.0])) * rng.normal(
        size=(count, 3, 3)
    )
    for axis in range(3):
        triangles[..., axis] *= draw(st.sampled_from([0.0, 2.0**-140, 1e-20, 1e-3, 1.0, 1e6, 1e15]))
        triangles[..., axis] += draw(st.sampled_from([0.0, 0.0, 1.0, -1e-30, 1e7, -1e16]))
    if draw(st.booleans()):
        triangles *= 10.0 ** rng.integers(-20, 5, size=(count, 1, 1))
    return triangles


@settings(deadline=None, max_examples=200)
@given(wild(), st.sampled_from([1, 8]))
def test_boxes_hold_those_of_any_tree(triangles, together):
    check_words(build(*unshared(triangles), together), len(triangles))


def test_boxes_are_tight():
    """No more than a step of 1/127 of their node's size too large, on each side, and twice the room."""
    tree = build(*unshared(SOUPS["soup"]), 1)
    found, expected = check_words(tree, len(SOUPS["soup"]))
    for (depth, faces), box in expected.items():
        node = [b for (level, below), b in expected.items() if level == depth - 1 and faces <= below]
        size = np.ptp(node[0], axis=1) if node else np.ptp(np.stack(list(expected.values())), axis=(0, 2))
        assert (np.abs(found[depth, faces] - box) <= size[:, None] / 126 + 1e-5).all()


def test_bytes():
    assert 4 * NODE == 80
    assert nothing().nbytes == 80
    mesh = naive.icosphere(5)
    assert words_of(build(*mesh, 1)).nbytes < 56 * len(mesh[1])


@pytest.mark.parametrize("threads", ["1", "2", "7"])
def test_words_do_not_depend_on_the_number_of_threads(monkeypatch, threads):
    tree = build(*naive.icosphere(6), 1)
    expected = words_of(tree)
    monkeypatch.setenv("NRENDER_THREADS", threads)
    monkeypatch.setattr("nrender.sharing.FEW", 100)
    assert words_of(tree).tobytes() == expected.tobytes()


def same_hits(tables, o, d, seed=0):
    """Both walks, through both forms of a tree: where they hit something."""
    hits = [find_closest(tables, o, d, width) for width in (TWIN, COMPRESSED)]
    for a, b in zip(*hits, strict=True):
        np.testing.assert_array_equal(a, b)
    t, face, _ = hits[0]
    near = np.where(face >= 0, t, 1.0) * np.random.default_rng(seed).choice(
        [0.5, 1.0, np.nextafter(1, 2, dtype="f"), 2], len(o)
    )
    answers = [find_occluded(tables, o, d, near, width) for width in (TWIN, COMPRESSED)]
    np.testing.assert_array_equal(*answers)
    return face >= 0


def many(triangles, n, seed):
    """Rays at random; along axes, with zeros of both signs; from surfaces, vertices and edges, also in their plane."""
    rng = np.random.default_rng(seed)
    o, d = rays(triangles, n, seed)
    k = np.arange(n)
    d[k % 5 == 1] *= rng.integers(0, 2, size=d[k % 5 == 1].shape) * rng.choice([1.0, -1.0], size=d[k % 5 == 1].shape)
    corners = triangles[rng.integers(len(triangles), size=n)]
    weights = rng.dirichlet([1, 1, 1], size=n)
    weights[k % 3 == 0] = np.eye(3)[rng.integers(3, size=len(weights[k % 3 == 0]))]
    weights[k % 3 == 1, 0] = 0.0
    on = np.einsum("nk,nkx->nx", weights, corners)
    o[k % 4 == 2] = on[k % 4 == 2]
    inside = k % 16 == 2
    d[inside] = (corners[:, 1] - corners[:, 0])[inside]
    return o, d


WILD = {
    "huge": SOUPS["soup"] * 1e6 + 1e7,
    "tiny": SOUPS["soup"] * 1e-9,
    "tiny and far": SOUPS["soup"] * 1e-3 + 100.0,
    "grid": np.round(SOUPS["axis-aligned"]) * [1, 1, 0],
    "walls": np.concatenate([np.roll(SOUPS["flat"], k, 2) for k in range(3)]),
    "sizes": SOUPS["soup"] * 10.0 ** np.linspace(-6, 3, 300)[:, None, None],
    **{f"needles, {name}": triangles for name, triangles in NESTED.items() if np.abs(triangles).max() < 1e20},
}


@pytest.mark.parametrize("together", [1, 8])
@pytest.mark.parametrize("name", [*SOUPS, *WILD])
def test_hits_are_those_of_the_other_walk_bit_for_bit(name, together):
    triangles = rounded((SOUPS | WILD)[name])
    mesh = unshared(triangles)
    tables = tables_of(*mesh, COMPRESSED, build(*mesh, together))
    hit = same_hits(tables, *many(triangles, 20_000, seed=21))
    assert hit.mean() > 0.05


@pytest.mark.parametrize("name", ["soup", "axis-aligned", "doubled", "far"])
def test_hits_do_not_depend_on_the_tree(name):
    mesh = unshared(SOUPS[name])
    o, d = many(SOUPS[name], 20_000, seed=22)
    a, b = (find_closest(tables_of(*mesh, width), o, d, width) for width in (TWIN, COMPRESSED))
    for x, y in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.nightly
def test_a_million_rays_at_a_hundred_thousand_triangles():
    rng = np.random.default_rng(23)
    triangles = rounded(rng.normal(size=(100_000, 1, 3)) + 0.02 * rng.normal(size=(100_000, 3, 3)))
    assert same_hits(tables_of(*unshared(triangles), COMPRESSED), *many(triangles, 1_000_000, seed=24)).mean() > 0.3


@pytest.mark.parametrize("name", ["one", "soup", "flat", "doubled"])
def test_a_refitted_tree_compressed_again_hits_the_same_as_a_new_one(name):
    before = SOUPS[name]
    after = (before * [1.3, -0.7, 1.0] + 0.2 * np.sin(3.0 * before[..., [1, 2, 0]])).astype(np.float32)
    tree = refit(build(*unshared(before), 1), *unshared(after))
    check_words(tree, len(after))
    o, d = many(after.astype(float), 5000, seed=25)
    old, new = (find_closest(tables_of(*unshared(after), COMPRESSED, t), o, d, COMPRESSED) for t in (tree, None))
    for a, b in zip(old, new, strict=True):
        np.testing.assert_array_equal(a, b)


def test_no_ray_leaves_a_closed_mesh():
    """At edges and vertices, along axes."""
    v, f = naive.icosphere(4)
    v = rounded(v)
    e = naive.edges(f)
    rng = np.random.default_rng(26)
    a, b = v[e[rng.integers(len(e), size=20_000)]].transpose(1, 0, 2)
    target = a + (b - a) * np.where(np.arange(len(a)) % 2, rng.random(len(a)), 0.0)[:, None]
    o = 0.1 * rng.normal(size=target.shape)
    o[::7], target[::7] = 0.0, np.eye(3)[rng.integers(3, size=len(o[::7]))]
    face = find_closest(tables_of(v, f, COMPRESSED), o, target - o, COMPRESSED)[1]
    assert (face >= 0).all()


def test_a_child_is_visited_in_the_order_of_its_slot():
    for octant in range(8):
        for bits in (1 << np.arange(8)).tolist():
            slot = bits.bit_length() - 1
            assert compressed_walk._turned(bits << 8 | bits, octant) == 0x101 << (slot ^ octant)
        order = [compressed_walk._lowest(255 & ~((1 << k) - 1)) ^ octant for k in range(8)]
        assert order == [k ^ octant for k in range(8)]


class Reads:
    """An array that counts how often it is read."""

    def __init__(self, array):
        self.array, self.count = array, 0

    def __getitem__(self, k):
        self.count += 1
        return self.array[k]


@pytest.mark.parametrize("octant", range(8))
def test_a_ray_visits_the_near_children_first(monkeypatch, octant):
    """So it reads less of the tree than one that begins with the far ones."""
    rng = np.random.default_rng(27)
    triangles = rng.normal(size=(3000, 1, 3)) + 0.1 * rng.normal(size=(3000, 3, 3))
    words = words_of(build(*unshared(triangles), 1))
    d = np.where(octant >> np.arange(3) & 1, -1.0, 1.0) * rng.uniform(0.5, 1, size=(20, 3))
    turned, lowest, reads = compressed_walk._turned, compressed_walk._lowest, []
    for flip in (0, 7):
        tree = Reads(words)
        monkeypatch.setattr(compressed_walk, "_turned", lambda bits, octant, f=flip: turned(bits, octant ^ f))
        monkeypatch.setattr(compressed_walk, "_lowest", lambda bits, f=flip: lowest(bits) ^ f)
        for ray in d:
            compressed_walk._walk(tree, tuple((-4.0 * ray).tolist()), tuple(ray.tolist()), 1e30, False)
        reads.append(tree.count)
    assert reads[0] < 0.7 * reads[1]


class Stack(list):
    """Notes how far it is filled."""

    high = 0

    def __setitem__(self, k, value):
        self.high = max(self.high, k + 1)
        super().__setitem__(k, value)


@pytest.mark.parametrize("name", [*NESTED, "soup", "axis-aligned"])
def test_the_stack_holds_one_group_a_level(monkeypatch, name):
    """A node is visited with a group of each level above on the stack, at most, but for that of its parent."""
    triangles = (SOUPS | NESTED)[name]
    tree = build(*unshared(triangles), 1)
    stack = Stack([0] * GROUPS)
    monkeypatch.setattr(compressed_walk, "group_integers", lambda: stack)
    words = words_of(tree)
    for o, d in zip(*rays(triangles, 60), strict=True):
        compressed_walk._walk(words, tuple(o.tolist()), tuple(d.tolist()), 1e30, False)
    depth = len(tree.levels) - 1
    assert stack.high <= 2 * max(depth - 2, 0)
    assert 2 * (LEVELS - 2) < GROUPS


def square():
    camera = {"type": "perspective", "origin": [0, 0, 3], "target": [0, 0, 0], "resolution": [8, 8]}
    return Scene.from_dict({
        "nrender": 1,
        "cameras": {"main": camera},
        "materials": {"grey": {"type": "diffuse", "reflectance": [0.5, 0.5, 0.5]}},
        "shapes": {"square": {"type": "rectangle", "material": "grey"}},
        "lights": {"sky": {"type": "constant", "radiance": [1, 1, 1]}},
    })  # fmt: skip


def test_only_the_widths_that_walk_it_get_it():
    scene = square()
    tables = {width: compile_scene(scene, "main", width).tables for width in (FLOAT32, FLOAT64, COMPRESSED)}
    assert tables[FLOAT32].compressed.nbytes == tables[FLOAT64].compressed.nbytes == 80
    assert len(tables[COMPRESSED].compressed) == NODE + 2 * TRIANGLE
    assert len(tables[COMPRESSED].nodes) == len(tables[COMPRESSED].corners) == 1
    o, d = np.array([[0.1, 0.2, 3.0]]), np.array([[0.0, 0.0, -1.0]])
    hits = [find_closest(tables[width], o, d, width) for width in (FLOAT32, COMPRESSED)]
    for a, b in zip(*hits, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


SIMULATED = """
import numpy as np
import naive
from numba import cuda
from drivers import COMPRESSED, closest_hits, tables_of
from nrender.backend.gpu import CUDA
from nrender.device import clone
tables = tables_of(*naive.icosphere(2), COMPRESSED)
rng = np.random.default_rng(0)
o, d = (rng.normal(size=(20, 3)).astype(np.float32) for _ in range(2))
t, face, weights = np.zeros(20, np.float32), np.zeros(20, np.int64), np.zeros((20, 2), np.float32)
cuda.jit(clone(closest_hits.body, CUDA))[1, 1](tables, o, d, t, face, weights)
print(face.tolist())
"""


def test_the_simulator_of_cuda_hits_the_same():
    pytest.importorskip("numba_cuda", reason="the extra `cuda` is not installed")
    here = os.path.dirname(__file__)
    env = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1", "PYTHONPATH": os.pathsep.join([here, os.path.dirname(here)])}
    done = subprocess.run([sys.executable, "-c", SIMULATED], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rng = np.random.default_rng(0)
    o, d = (rng.normal(size=(20, 3)).astype(np.float32) for _ in range(2))
    face = find_closest(tables_of(*naive.icosphere(2), COMPRESSED), o, d, COMPRESSED)[1]
    assert done.stdout.splitlines()[-1] == str(face.tolist())
