"""The main job: the square of scenes/square.yaml, turned upright from 30 degrees, over several seeds.

    python benchmarks/square.py [--seeds 5]

The target is rendered with 256 samples a pixel and a seed of its own. Seconds are those of the method, after one short
run that compiles; "within 0.1": until the error is under 0.1 degrees for the first time and stays there.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings

from common import ROOT, machine, save, table

import nrender as nr

ANGLE = "shapes.square.transform.rotate"
GOAL = 0.1


def first_within(history: list[dict[str, float]]) -> float | None:
    """Seconds from which on every iterate is within the goal."""
    since = None
    for row in history:
        angle = next(value for key, value in row.items() if key.startswith(ANGLE))
        near = abs(angle) < GOAL
        since = (since if since is not None else row["seconds"]) if near else None
    return since


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore", nr.RenderWarning)
    scene = nr.load_scene(ROOT / "scenes" / "square.yaml")
    target = nr.render(scene.replace({ANGLE: [0, 0, 0]}), spp=256, seed=99)
    start = time.perf_counter()
    nr.optimize(scene, target, iterations=1)
    compile_seconds = time.perf_counter() - start
    about = machine("scipy")
    runs = []
    for method in ("l-bfgs-b", "adam"):
        for seed in range(options.seeds):
            result = nr.optimize(scene, target, method=method, seed=seed)
            runs.append(
                {
                    "method": method,
                    "seed": seed,
                    "error": float(result.scene.parameters[ANGLE][2]),
                    "seconds": float(result.seconds),
                    "within": first_within(result.history),
                    "iterations": int(result.nit),
                    "evaluations": int(result.nfev),
                    "status": result.status_name,
                }
            )
    rows = []
    for method in ("l-bfgs-b", "adam"):
        mine = [run for run in runs if run["method"] == method]
        reached = [run["within"] for run in mine if run["within"] is not None]
        rows.append(
            [
                method,
                f"{max(abs(run['error']) for run in mine):.3f}",
                f"{statistics.median(run['seconds'] for run in mine):.2f}",
                f"{max(reached):.2f}" if reached else "never",
                f"{len(reached)} of {len(mine)}",
                f"{statistics.median(run['iterations'] for run in mine):.0f}",
                f"{statistics.median(run['evaluations'] for run in mine):.0f}",
            ]
        )
    head = ["method", "largest error, degrees", "seconds, median", f"within {GOAL}, s, slowest", "seeds that do"]
    page = table([*head, "iterations", "evaluations"], rows)
    page += f"\nThe first iteration, with loading or compiling the kernels, took {compile_seconds:.1f} s.\n"
    save("square", "The square from 30 degrees", about, {"runs": runs, "first": compile_seconds}, page)


if __name__ == "__main__":
    main()
