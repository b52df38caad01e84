"""Rays a second of the walks through the tree, one thread, against Embree (if the package embreex is there); and how
long the tree takes to build and to refit, and what it weighs.

    python benchmarks/rays.py [ROUNDS]
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from common import machine, rounds, save, spread, table, text
from drivers import closest_hits, closest_hits_of_lanes, occlusions, occlusions_of_lanes, tables_of
from embree import Embree, library
from ray_scenes import SCENES, bounced, camera_rays

from nrender.cache import compiled
from nrender.geometry.few import few_tables
from nrender.geometry.tree import build, refit
from nrender.real import FLOAT32
from nrender.simd import FLOAT32XN, LANES

SIZE = 512
SLICE = 1 << 14  # rays at a time, by turns


def kinds(mesh: Any, view: Any, tables: Any) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Camera rays, and what bounces off where they hit."""
    o, d = camera_rays(*view, SIZE)
    t, face, weights = np.zeros(len(o), np.float32), np.zeros(len(o), np.int64), np.zeros((len(o), 2), np.float32)
    compiled(closest_hits, FLOAT32)(tables, o, d, t, face, weights)
    return {"camera": (o, d), "bounce": bounced(mesh, o, d, t, face)}


def walks(tables: Any, o: np.ndarray, d: np.ndarray, embree: Any, scene: Any) -> dict[str, Callable[[int], object]]:
    """Functions of a round, each for the slice of rays that is its turn."""
    parts = len(o) // SLICE
    t, face, weights = np.zeros(SLICE, np.float32), np.zeros(SLICE, np.int64), np.zeros((SLICE, 2), np.float32)
    face32, rows = np.zeros(SLICE, np.int32), np.zeros((2, SLICE), np.float32)
    far, met, live = np.full(SLICE, 1e30, np.float32), np.zeros(SLICE, np.bool_), np.ones(SLICE, np.int32)
    slices = [(o[k * SLICE : (k + 1) * SLICE], d[k * SLICE : (k + 1) * SLICE]) for k in range(parts)]
    flat = [(np.ascontiguousarray(a.T), np.ascontiguousarray(b.T)) for a, b in slices]
    one, any_one = compiled(closest_hits, FLOAT32), compiled(occlusions, FLOAT32)
    each, any_each = compiled(closest_hits_of_lanes, FLOAT32XN), compiled(occlusions_of_lanes, FLOAT32XN)
    found: dict[str, Callable[[int], object]] = {
        "closest": lambda k: one(tables, *slices[k % parts], t, face, weights),
        "closest, lanes": lambda k: each(tables, *flat[k % parts], live, t, face32, rows),
        "any": lambda k: any_one(tables, *slices[k % parts], far, met),
        "any, lanes": lambda k: any_each(tables, *flat[k % parts], live, far, t),
    }
    if embree is not None:
        found["closest, Embree"] = lambda k: embree.closest(scene, *slices[k % parts], t, face32)
        found["any, Embree"] = lambda k: embree.occluded(scene, *slices[k % parts], met)
    return found


def speed(count: int) -> tuple[dict[str, Any], list[list[str]]]:
    functions = library()
    embree = None if functions is None else Embree(functions, 1)
    data, rows = {}, []
    for name, (make, *view) in SCENES.items():
        mesh = make()
        few, few_faces, few_quads = few_tables(*mesh)
        tables = tables_of(*mesh)._replace(few=few.astype(np.float32), few_faces=few_faces, few_quads=few_quads)
        scene, _kept = embree.build(*mesh) if embree is not None else (None, None)
        for kind, (o, d) in kinds(mesh, view, tables).items():
            found = walks(tables, o, d, embree, scene)
            for function in found.values():
                function(0)
            seconds = rounds(found, count * (len(o) // SLICE), time.thread_time)
            rate = {what: spread([1e-6 * SLICE / s for s in times]) for what, times in seconds.items()}
            data[f"{name}, {kind}"] = rate
            for query in ("closest", "any"):
                row = [f"{name}, {len(mesh[1])}", kind, query, text(rate[query])]
                row += [text(rate[f"{query}, lanes"]), "", ""]
                if embree is not None:
                    other = seconds[f"{query}, Embree"]
                    ratio = spread([b / a for a, b in zip(seconds[query], other, strict=True)])
                    row[-2:] = [text(rate[f"{query}, Embree"]), text(ratio, 2)]
                    data[f"{name}, {kind}"][f"{query}, ratio"] = ratio
                rows.append(row)
    return data, rows


def trees(count: int) -> tuple[dict[str, Any], list[list[str]]]:
    data, rows = {}, []
    functions = library()
    for name, (make, *_) in SCENES.items():
        vertices, faces = make()
        tree = build(vertices, faces)
        moved = vertices + 0.01 * np.sin(5.0 * vertices)
        work: dict[str, Callable[[int], object]] = {
            "build": lambda k, v=vertices, f=faces: build(v, f),
            "refit": lambda k, v=moved, f=faces, t=tree: refit(t, v, f),
        }
        if functions is not None:
            embree = Embree(functions, len(os.sched_getaffinity(0)))
            mesh = (vertices, faces)
            work["Embree's build"] = lambda k, m=mesh, e=embree: e.release(e.build(*m)[0])
        seconds = {what: spread(times) for what, times in rounds(work, count).items()}
        weight = sum(array.nbytes for array in tree) / len(faces)
        data[name] = {**seconds, "bytes a triangle": weight}
        other = text(seconds["Embree's build"]) if functions is not None else ""
        rows.append([f"{name}, {len(faces)}", text(seconds["build"]), text(seconds["refit"]), other, f"{weight:.0f}"])
    return data, rows


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    about = machine("embreex")
    start = time.perf_counter()
    rates, lines = speed(count)
    built, others = trees(count)
    head = ["scene, triangles", "rays", "query", "one ray", f"{LANES} lanes", "Embree, one ray", "one ray / Embree"]
    page = (
        f"Millions of rays a second of one thread's time; medians and quartiles of slices of {SLICE} rays, all by\n"
        "turns, so that what else the machine does meets all of them; the ratio is of each turn. Camera rays in\n"
        f"blocks of 4 x 4 pixels of {SIZE} x {SIZE}; what bounces off, cosine-distributed, in the same order.\n\n"
        f"{table(head, lines)}\n"
        "Seconds for the tree, on all threads.\n\n"
        + table(["scene, triangles", "build", "refit", "Embree's build", "bytes a triangle"], others)
    )
    about["minutes"] = round((time.perf_counter() - start) / 60, 1)
    save("rays", "Rays", about, {"rays": rates, "trees": built}, page)


if __name__ == "__main__":
    main()
