"""What only shadows show: the fits of scenes/shadow.yaml, bounce.yaml and three_lights.yaml from random starts.

    python benchmarks/shadows.py [NAME …] [--starts 5] [--out DIR]

All through the command line: `nrender render` makes the target of the scene as it is, `nrender optimize` starts where
`--set` says; a second one, where FITS has it, goes on from its `result.yaml`. What a start draws is at `start`. Seconds
are those of the methods, so with what other programs leave of the processor.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from common import RESULTS, ROOT, machine, nrender, save, table

import nrender as nr

TARGET_SPP, TARGET_SEED = 8192, 99
GOAL = 0.01
FITS: dict[str, dict[str, Any]] = {
    "shadow": {"commands": [["--method", "l-bfgs-b"], []], "size": 1.0, "unit": "the teapot's height, 1"},
    "bounce": {
        "commands": [[]],
        "size": 2.3,
        "unit": "the ball's height over the floor, 2.3 (over its diameter, 0.9, they are 2.6 times that)",
    },
    "three_lights": {
        "commands": [["--method", "l-bfgs-b"], []],
        "size": 1.4,
        "unit": "the star's diameter, 1.4; the vertex that is farthest off, and the root of the mean square of all ten",
    },
}
"""The options of the commands that follow each other, and what an error is divided by."""


def fitted(scene: nr.Scene) -> str:
    """The path of the one parameter that is fitted."""
    assert scene.optimize is not None
    (path,) = scene.optimize.parameters
    return path


def start(name: str, scene: nr.Scene, seed: int) -> np.ndarray:
    """A random start, uniform in what stands here, about the truth; of the star, about the file's regular decagon."""
    rng = np.random.default_rng(seed)
    path = fitted(scene)
    if name == "shadow":
        return scene.parameters[path] + rng.uniform([-0.5, -0.14, -0.5], [0.5, 0.6, 0.5])
    if name == "bounce":
        return scene.parameters[path] + rng.uniform([-0.45, -0.18, -0.3], [0.45, 0.18, 0.3])
    begin = scene.optimize.parameters[path].init.copy()  # type: ignore[union-attr]
    begin[1:, [0, 2]] += rng.uniform(-0.1, 0.1, 2) + rng.uniform(-0.05, 0.05, (len(begin) - 1, 2))
    return begin


def errors(name: str, scene: nr.Scene, found: Any) -> list[float]:
    """Distance from the truth over the size; of vertices, the largest and the root of the mean square."""
    off = (np.asarray(found) - scene.parameters[fitted(scene)]) / FITS[name]["size"]
    if off.ndim == 1:
        return [float(np.linalg.norm(off))]
    distances = np.linalg.norm(off[1:], axis=1)  # the first vertex is the centre, which stays
    return [float(distances.max()), float(np.sqrt(np.mean(distances**2)))]


def fit(name: str, scene: nr.Scene, target: Path, seed: int, folder: Path) -> dict[str, Any]:
    """The commands from one start, and how far off the parameter is before and after each."""
    path, begin = fitted(scene), start(name, scene, seed)
    source, more, done = ROOT / "scenes" / f"{name}.yaml", ["--set", f"{path}={begin.round(6).tolist()}"], []
    for k, options in enumerate(FITS[name]["commands"]):
        fixed = ["-o", str(folder / str(k)), "--seed", str(seed + 1000 * k), "--json"]
        done.append(json.loads(nrender("optimize", str(source), str(target), *fixed, *options, *more)))
        source, more = folder / str(k) / "result.yaml", []
    found = [result["parameters"][path] for result in done]
    return {
        "seed": seed,
        "start": begin.tolist(),
        "found": found[-1],
        "errors": [errors(name, scene, value) for value in (begin, *found)],
        "iterations": [result["iterations"] for result in done],
        "evaluations": [result["evaluations"] for result in done],
        "seconds": [result["seconds"] for result in done],
    }


def section(name: str, runs: list[dict[str, Any]]) -> str:
    """The table of one scene."""
    rows = []
    for run in runs:
        met = run["errors"][-1][0] <= GOAL
        rows.append(
            [
                str(run["seed"]),
                *(" → ".join(f"{100 * error:.2f} %" for error in each) for each in zip(*run["errors"], strict=True)),
                " + ".join(map(str, run["iterations"])),
                " + ".join(f"{value:.0f}" for value in run["seconds"]),
                "yes" if met else "no",
            ]
        )
    columns = ["error", "root mean square"][: len(runs[0]["errors"][0])]
    count = f"{sum(row[-1] == 'yes' for row in rows)} of {len(rows)}"
    rows.append(["goal", f"{100 * GOAL:g} %", *[""] * (len(columns) + 1), count])
    page = f"## scenes/{name}.yaml\nErrors over {FITS[name]['unit']}.\n\n"
    return page + table(["start", *columns, "iterations", "seconds", "met"], rows)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=[], help="of FITS; the others stay in the results as they are")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--out", type=Path, help="keep the targets and the fits in this folder")
    options = parser.parse_args()
    folder = options.out or Path(tempfile.mkdtemp())
    about = machine("scipy")
    kept = RESULTS / "shadows.json"
    known = json.loads(kept.read_text(encoding="utf-8"))["runs"] if kept.exists() and options.names else {}
    for name in options.names or FITS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        target, file = folder / name / "target.exr", ROOT / "scenes" / f"{name}.yaml"
        nrender("render", str(file), "-o", str(target), "--spp", str(TARGET_SPP), "--seed", str(TARGET_SEED))
        scene, known[name] = nr.load_scene(file), []
        for seed in range(options.starts):
            known[name].append(fit(name, scene, target, seed, folder / name / str(seed)))
            print(name, json.dumps(known[name][-1]), file=sys.stderr, flush=True)
    known = {name: known[name] for name in FITS if name in known}
    page = "What the camera doesn't see, found from its shadow. Errors at the start → after each command.\n"
    page += "Scenes and methods were chosen with these starts in view, so they are hardly a test of them.\n\n"
    page += "\n".join(section(name, runs) for name, runs in known.items())
    save("shadows", "Fits from shadows alone", about, {"goal": GOAL, "runs": known}, page)


if __name__ == "__main__":
    main()
