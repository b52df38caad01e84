"""The tree that GPUs walk against the one of CPUs: what a ray visits, bytes, and how long it takes to make. Visits are
counted: they are the same on any machine.

    python benchmarks/compressed.py [RAYS]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from common import machine, save, table
from drivers import closest_hits, tables_of
from ray_scenes import SCENES, bounced, camera_rays

from nrender.cache import compiled
from nrender.geometry import compressed_walk, traverse
from nrender.geometry.compressed import NODE, TRIANGLE, compress
from nrender.geometry.tree import Tree, build, refit
from nrender.real import FLOAT32

SIZE = 128  # camera rays a side, of which RAYS are taken
Walk = Callable[[tuple, tuple, bool], tuple[int, int]]


class Recorder:
    """An array that notes which of its places are read."""

    def __init__(self, array: np.ndarray):
        self.array = array
        self.read: list[int] = []

    def __getitem__(self, k: int) -> Any:
        self.read.append(k)
        return self.array[k]

    def taken(self) -> np.ndarray:
        """The places read since this was last asked."""
        places, self.read = np.array(self.read, np.int64), []
        return places


def words_of(tree: Tree) -> np.ndarray:
    return compress(tree.nodes, tree.links, tree.corners, tree.order)


def uncompressed(tree: Tree) -> Walk:
    """A walk that gives how many nodes it visits, and how many triangles it tests."""
    nodes, order = Recorder(tree.nodes), tree.order
    corners = Recorder(tree.corners)

    def walk(o: tuple, d: tuple, any_hit: bool) -> tuple[int, int]:
        traverse._walk(nodes, tree.links, corners, order, o, d, 1e30, any_hit)
        return int((nodes.taken() % 64 == 0).sum()), len(corners.taken()) // 9

    return walk


def compressed(tree: Tree) -> Walk:
    """The same for the compressed tree."""
    words = Recorder(words_of(tree))
    end = NODE * len(tree.links) // 8

    def walk(o: tuple, d: tuple, any_hit: bool) -> tuple[int, int]:
        compressed_walk._walk(words, o, d, 1e30, any_hit)
        places = words.taken()
        return int((places[places < end] % NODE == 0).sum()), int((places >= end).sum()) // TRIANGLE

    return walk


def rays_of(mesh: Any, view: Any, tables: Any, count: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Camera rays, and what bounces off where they hit."""
    o, d = camera_rays(*view, SIZE)
    t, face, weights = np.zeros(len(o), np.float32), np.zeros(len(o), np.int64), np.zeros((len(o), 2), np.float32)
    compiled(closest_hits, FLOAT32)(tables, o, d, t, face, weights)
    found = {"camera": (o, d), "bounce": bounced(mesh, o, d, t, face)}
    some = {name: np.random.default_rng(0).choice(len(a), count, replace=False) for name, (a, _) in found.items()}
    return {name: (a[some[name]], b[some[name]]) for name, (a, b) in found.items()}


def mean(walk: Walk, o: np.ndarray, d: np.ndarray, any_hit: bool) -> list[float]:
    """(nodes, triangles) of a ray."""
    visits = [walk(tuple(a), tuple(b), any_hit) for a, b in zip(o.tolist(), d.tolist(), strict=True)]
    return [float(x) for x in np.mean(visits, axis=0)]


def milliseconds(function: Callable[[], object]) -> float:
    """The least of five."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def about_tree(mesh: Any, together: int) -> dict[str, float]:
    tree = build(*mesh, together=together)
    arrays = [words_of(tree)] if together == 1 else [tree.nodes, tree.corners, tree.order]
    return {
        "nodes": len(tree.links) // 8,
        "triangles a leaf": len(mesh[1]) / (len(tree.order) // 8 - 1),
        "bytes a triangle": sum(x.nbytes for x in arrays) / len(mesh[1]),
        "build, ms": milliseconds(lambda: build(*mesh, together=together)),
        "refit, ms": milliseconds(lambda: refit(tree, *mesh)),
        "compress, ms": milliseconds(lambda: words_of(tree)) if together == 1 else 0.0,
    }


def main(count: int) -> None:
    about = machine()
    data: dict[str, Any] = {}
    visits, sizes = [], []
    for name, (make, *view) in SCENES.items():
        mesh = make()
        title = f"{name}, {len(mesh[1])}"
        data[name] = {"CPU": about_tree(mesh, 8), "GPU": about_tree(mesh, 1)}
        sizes += [[title, what, *(f"{x:.3g}" for x in numbers.values())] for what, numbers in data[name].items()]
        tree, single = build(*mesh), build(*mesh, together=1)
        walks = uncompressed(tree), uncompressed(single), compressed(single)
        for kind, (o, d) in rays_of(mesh, view, tables_of(*mesh, tree=tree), count).items():
            for query in ("closest", "any"):
                found = [mean(walk, o, d, query == "any") for walk in walks]
                data[name][f"{kind}, {query}"] = found
                visits.append([title, kind, query, *(f"{n:.1f} / {m:.1f}" for n, m in found)])
    page = f"Nodes visited, of eight boxes each, / triangles tested, of a ray; means of {count}. The tree of CPUs is\n"
    page += "for blocks of eight triangles, whose empty places count; the GPU's for one after the other.\n\n"
    page += table(["", "rays", "query", "CPU's tree", "GPU's, not compressed", "GPU's"], visits) + "\n"
    head = ["", "tree", *next(iter(data.values()))["GPU"]]
    save("compressed", "The compressed tree", about, data, page + table(head, sizes))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
