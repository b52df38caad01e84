"""How time and memory grow with triangles, samples, depth and resolution: curves for docs/performance.md.

    python benchmarks/growth.py [--most 10000000]

Each point is a process of its own, so that its peak memory is its own: a picture once for what is compiled or built,
then the median of three. matplotlib plots, where it is installed.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from typing import Any

from common import ROOT, machine, save, table

CURVES: dict[str, list[dict[str, int]]] = {
    "triangles": [{"triangles": n} for n in (32, 128, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)],
    "samples": [{"spp": n, "size": 64} for n in (1, 4, 16, 64, 256, 1024, 4096)],
    "depth": [{"depth": n, "size": 128} for n in (1, 2, 3, 4, 6, 8, 16, 32, 64)],
    "resolution": [{"size": n, "spp": 4} for n in (64, 128, 256, 512, 1024, 2048, 4096)],
}
UNITS = {"triangles": "triangles", "samples": "spp", "depth": "depth", "resolution": "size"}


def point(triangles: int = 0, spp: int = 16, size: int = 256, depth: int = 6) -> dict[str, float]:
    """Of the Cornell box, or of a terrain of so many triangles."""
    from peer_scenes import cornell, terrain

    import nrender as nr

    start = time.perf_counter()
    scene = terrain((size, size), triangles) if triangles else cornell((size, size))
    document = scene.document if not triangles else None
    if document is not None:
        document["integrator"]["max_depth"] = depth
        scene = nr.Scene.from_dict(document, base=ROOT / "scenes")
    made = time.perf_counter()
    nr.render(scene, spp=1)
    first = time.perf_counter() - made
    seconds = []
    for k in range(3):
        begin = time.perf_counter()
        nr.render(scene, spp=spp, seed=k)
        seconds.append(time.perf_counter() - begin)
    return {
        "seconds": statistics.median(seconds),
        "ns a sample": statistics.median(seconds) / (size * size * spp) * 1e9,
        "scene, s": made - start,
        "tables, tree and first picture, s": first,
        "memory, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def plot(found: dict[str, list[tuple[int, dict[str, float]]]]) -> None:
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        return
    figure, axes = pyplot.subplots(2, len(found), figsize=(3.4 * len(found), 5.2), layout="constrained")
    for column, (name, points) in zip(axes.T, found.items(), strict=True):
        x = [n for n, _ in points]
        for axis, key in zip(column, ("ns a sample", "memory, MB"), strict=True):
            y = [p[key] for _, p in points]
            axis.plot(x, y, "o-", markersize=3)
            axis.set(xscale="log", ylim=(0, 1.1 * max(y)), xlabel=name, ylabel=key)
            axis.grid(alpha=0.3)
    figure.savefig(ROOT / "docs" / "images" / "growth.png", dpi=90)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=10_000_000, help="triangles")
    parser.add_argument("--point", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.point:
        print(json.dumps(point(**json.loads(options.point))))
        return
    about = machine()
    subprocess.run([sys.executable, __file__, "--point", '{"size": 16}'], check=True, capture_output=True)  # compile
    found: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    page = ""
    for name, settings in CURVES.items():
        found[name] = []
        for setting in settings:
            if setting.get("triangles", 0) > options.most:
                continue
            command = [sys.executable, __file__, "--point", json.dumps(setting)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found[name].append((setting[UNITS[name]], json.loads(done.stdout.splitlines()[-1])))
        keys = list(found[name][0][1])
        rows = [[f"{n:,}", *(f"{values[key]:.3g}" for key in keys)] for n, values in found[name]]
        page += f"## {name}\n\n{table([name, *keys], rows)}\n"
    plot(found)
    save("growth", "How cost grows", about, {"curves": found}, page)


if __name__ == "__main__":
    main()
