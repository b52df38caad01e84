"""What it costs when the vertices of a large mesh move, for those who render on a GPU: the host's part of the step,
with a tree that the host refits and with one that the device refits (nrender/geometry/refitted.py). Needs no GPU.

    python benchmarks/refit.py

What the device's own refit takes is not measured here: it reads and writes what is in its memory. Next to it stands the
time of one gradient on a GPU, GRADIENT, and what goes there at RATE.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from common import machine, save, table
from drivers import COMPRESSED
from peer_scenes import terrain

from nrender.backend.gpu import CUDA
from nrender.compile_scene import boundary_of, compile_scene
from nrender.geometry.compressed import compress
from nrender.geometry.refitted import Refitted
from nrender.geometry.tree import build, refit
from nrender.scene import Scene

SIZES = (20_000, 200_000, 1_000_000)
PICTURE = (512, 512)
GRADIENT = 0.48  # seconds: 64 samples a pixel, 35 million a second, as for the Cornell box on an H200 (gpu_kernels.md)
RATE = 20e9  # bytes a second to a GPU
ROUNDS = 5
PATH = "shapes.terrain.vertices"


def milliseconds(function: Callable[[], object]) -> float:
    """The least of a few."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def of_tree(scene: Scene) -> dict[str, float]:
    """What the host does for the tree alone."""
    place, values, mesh, tables, _ = compile_scene(scene, "main", COMPRESSED)
    vertices = values[: 3 * place.geometry.vertices].reshape(-1, 3)
    tree = build(vertices, mesh.faces, 1)
    words = compress(tree.nodes, tree.links, tree.corners, tree.order)
    return {
        "refit, ms": milliseconds(lambda: refit(tree, vertices, mesh.faces)),
        "compress, ms": milliseconds(lambda: compress(tree.nodes, tree.links, tree.corners, tree.order)),
        "words, ms": 1e3 * words.nbytes / RATE,
        "vertices, ms": 1e3 * 4 * vertices.size / RATE,
    }


def of_step(scene: Scene) -> dict[str, float]:
    """All that the host does for a scene whose vertices have moved, before anything is launched."""
    vertices, rng = scene.parameters[PATH], np.random.default_rng(0)
    found: dict[str, list[float]] = {name: [] for name in ("host", "device", "boundary")}
    for width in (COMPRESSED, CUDA):
        compile_scene(scene, "main", width)
    for _ in range(ROUNDS):
        moved = scene.replace({PATH: vertices + 1e-5 * rng.normal(size=vertices.shape)})
        for name, width in (("host", COMPRESSED), ("device", CUDA)):
            start = time.perf_counter()
            compiled = compile_scene(moved, "main", width)
            found[name].append(time.perf_counter() - start)
        assert isinstance(compiled.tables.compressed, Refitted)
        start = time.perf_counter()
        boundary_of(moved, compiled, PICTURE, CUDA)
        found["boundary"].append(time.perf_counter() - start)
    return {f"{name}, ms": 1e3 * min(seconds) for name, seconds in found.items()}


def main() -> None:
    about = machine("numba-cuda")
    data: dict[str, Any] = {}
    rows, steps = [], []
    for count in SIZES:
        scene = terrain(PICTURE, count)
        tree, step = of_tree(scene), of_step(scene)
        data[str(count)] = tree | step
        spared = tree["refit, ms"] + tree["compress, ms"] + tree["words, ms"]
        part = f"{spared / (1e3 * GRADIENT):.1%}"
        rows.append([str(count), *(f"{x:.3g}" for x in tree.values()), part])
        steps.append([str(count), *(f"{x:.3g}" for x in step.values())])
    page = "What the host does for the tree, and what goes to a GPU then, and without a refit on the host only the\n"
    page += f"vertices, at {RATE / 1e9:.0f} GB/s; the sum of the first three next to a gradient, {GRADIENT} s.\n\n"
    page += table(["triangles", "refit, ms", "compress, ms", "words there, ms", "vertices there, ms", "sum"], rows)
    page += "\nThe tables of the next scene with the tree refitted on the host, and on the device; the edges of the\n"
    page += "boundary, which are the host's either way.\n\n"
    page += table(["triangles", "tables, ms", "tables without the tree, ms", "edges, ms"], steps)
    save("refit", "When vertices move", about, data, page)


if __name__ == "__main__":
    main()
