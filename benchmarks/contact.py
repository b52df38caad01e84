"""Noise of the gradient where surfaces meet, by the radius of nearness (geometry/segment.py).

    python benchmarks/contact.py [--replicates 128]

NEAR = 0 is the pure material form: every vertex after the first stays at its material point. Two scenes of depth 4
whose derivatives are complete: the open corner of the tests under a lamp, and a closed box whose ceiling is the lamp.
Each radius is compiled in a process of its own. The truth is from finite differences with common random numbers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
from common import ROOT, machine, save, table

import nrender as nr
from nrender.gradcheck import smooth_weights

RADII = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2)
SPP, SIZE = 32, 24
PATHS = {
    "corner": ["cameras.main.origin", "shapes.thing.transform.translate", "shapes.thing.transform.scale"],
    "box": ["cameras.main.origin", "cameras.main.fov", "shapes.room.vertices"],
}
STEPS = {"origin": 0.05, "translate": 0.03, "scale": 0.03, "fov": 0.4, "vertices": 0.02}


def box() -> nr.Scene:
    """A closed room: convex, so nothing hides anything. Floor and walls are one mesh; the ceiling emits."""
    from scene_library import camera, mesh, scene

    corners = [[x, y, z] for y in (-1, 1) for x, z in [(-1, -1), (1, -1), (1, 1), (-1, 1)]]
    walls = [[k, (k + 1) % 4, 4 + (k + 1) % 4] for k in range(4)] + [[k, 4 + (k + 1) % 4, 4 + k] for k in range(4)]
    shapes = {
        "room": mesh(corners, [*walls, [0, 2, 1], [0, 3, 2]], material="red"),
        "ceiling": mesh(corners[4:], [[0, 1, 2], [0, 2, 3]], material="white", emission=[3, 2, 1]),
    }
    view = camera([0.3, 0.2, 0.8], [-0.3, -0.4, -0.9], 75, SIZE)
    return scene(view, shapes, 4, {"red": [0.7, 0.4, 0.3], "white": [0.7, 0.7, 0.7]})


def scenes() -> dict[str, nr.Scene]:
    from scene_library import corner

    return {"corner": corner(size=SIZE), "box": box()}


def direction(scene: nr.Scene, path: str) -> np.ndarray:
    """The room's floor sinks on one side, in the planes of its walls, so that the room stays closed and convex."""
    shape = scene.parameters[path].shape
    if path.endswith("vertices"):
        return np.array([[0, -1.0, 0] if k in (2, 3) else [0, 0, 0] for k in range(8)])
    return np.array([1.0, -0.6, 0.4]) if shape == (3,) else np.ones(shape)


def measure(replicates: int) -> None:
    """In the process of one radius: the directional derivative of each replicate, as JSON on stdout."""
    import nrender.geometry.segment
    import nrender.motion

    radius = float(os.environ["BENCHMARK_NEAR"])
    nrender.geometry.segment.NEAR = nrender.motion.NEAR = radius
    warnings.simplefilter("ignore", nr.RenderWarning)
    out: dict[str, dict[str, object]] = {}
    for name, scene in scenes().items():
        weights = smooth_weights(scene)
        values: dict[str, list[float]] = {path: [] for path in PATHS[name]}
        nr.render_vjp(scene, PATHS[name], spp=1)[1](weights)
        start = time.perf_counter()
        for seed in range(replicates):
            gradient = nr.render_vjp(scene, PATHS[name], spp=SPP, seed=seed)[1](weights)
            for path in PATHS[name]:
                values[path].append(float(np.sum(gradient[path] * direction(scene, path))))
        out[name] = {"values": values, "seconds": time.perf_counter() - start}
    print(json.dumps(out))


def truth(scene: nr.Scene, path: str, seeds: int = 32, spp: int = 1024) -> tuple[float, float]:
    """(mean, standard error) by central differences, extrapolated from two steps."""
    weights, base, d = smooth_weights(scene), scene.parameters[path], direction(scene, path)
    step = STEPS[path.rsplit(".", 1)[1]]

    def value(h: float, seed: int) -> float:
        return float(np.sum(weights * nr.render(scene.replace({path: base + h * d}), spp=spp, seed=seed)))

    slopes = []
    for seed in range(10000, 10000 + seeds):
        near, far = ((value(h, seed) - value(-h, seed)) / (2 * h) for h in (step, 2 * step))
        slopes.append((4 * near - far) / 3)
    return float(np.mean(slopes)), float(np.std(slopes, ddof=1) / np.sqrt(seeds))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicates", type=int, default=128)
    parser.add_argument("--measure", action="store_true", help="one radius: what this program starts itself")
    options = parser.parse_args()
    if options.measure:
        measure(options.replicates)
        return
    about = machine()
    found = {}
    for radius in RADII:
        with tempfile.TemporaryDirectory() as cache:
            env = {**os.environ, "NRENDER_CACHE_DIR": cache, "BENCHMARK_NEAR": str(radius)}
            command = [sys.executable, __file__, "--measure", "--replicates", str(options.replicates)]
            done = subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
            found[radius] = json.loads(done.stdout)
    rows, summary = [], []
    for name, scene in scenes().items():
        for path in PATHS[name]:
            exact, error = truth(scene, path)
            for radius in RADII:
                values = np.array(found[radius][name]["values"][path])
                low, high = np.quantile(values, [0.25, 0.75])
                sigma = float(values.std(ddof=1) / np.sqrt(len(values)))
                entry = {
                    "scene": name,
                    "parameter": path,
                    "near": radius,
                    "std": float(values.std(ddof=1)),
                    "interquartile_sigma": float((high - low) / 1.349),
                    "mean": float(values.mean()),
                    "sigma": sigma,
                    "difference": exact,
                    "difference_sigma": error,
                    "bias": float(values.mean()) / exact - 1,
                    "bias_sigma": float(np.hypot(sigma, error)) / abs(exact),
                    "seconds": found[radius][name]["seconds"],
                }
                summary.append(entry)
                rows.append(
                    [
                        f"{name}: {path}" if radius == RADII[0] else "",
                        f"{radius:g}",
                        f"{entry['std']:.3g}",
                        f"{entry['interquartile_sigma']:.3g}",
                        f"{100 * entry['bias']:+.2f} ± {100 * entry['bias_sigma']:.2f} %",
                        f"{entry['seconds']:.1f}",
                    ]
                )
    head = ["derivative", "NEAR", "std", "interquartile sigma", "against finite differences", "seconds"]
    page = f"{SIZE} x {SIZE}, {SPP} spp, depth 4, {options.replicates} replicates. NEAR: in distances from eye to first"
    page += " vertex. A std far above the interquartile sigma is a heavy tail: more samples don't help as they"
    page += " should.\n\n" + table(head, rows)
    save("contact", "The gradient where surfaces meet", about, {"rows": summary}, page)


if __name__ == "__main__":
    main()
