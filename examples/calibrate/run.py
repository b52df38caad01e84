"""A camera's lens, the lamp and the walls of a room from three photographs, with intervals of 95 %.

    python run.py [--out DIR] [--spp N] [--iterations N] [--seed N] [--json]

Takes three photographs of the room as room.yaml has it, with the noise of a sensor, forgets what it knows, fits all of
it to the photographs by `nrender optimize`, and prints what was found beside the truth.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

import nrender as nr

SCENE = Path(__file__).parent / "room.yaml"
PHOTOGRAPH_SPP = 4096
SHOT, READ = 2e-4, 2e-3  # variance of a value a unit of it, and the standard deviation in the dark


def nrender(*arguments: str) -> str:
    """What a command prints on stdout."""
    command = [sys.executable, "-m", "nrender", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def photograph(scene: nr.Scene, camera: str, seed: int) -> np.ndarray:
    """The picture that a sensor takes: (H, W, 3), with shot noise and read noise."""
    image = nr.render(scene, spp=PHOTOGRAPH_SPP, seed=1000 + seed, camera=camera).astype(np.float64)
    rng = np.random.default_rng([seed, sorted(scene.cameras).index(camera)])
    return image + rng.normal(size=image.shape) * np.sqrt(SHOT * image + READ**2)


def compared(scene: nr.Scene, intervals: dict[str, list[float]]) -> list[tuple[str, float, float, float, bool]]:
    """(name, truth, found, half of the interval, whether that holds the truth) of each number that was fitted."""
    rows = []
    for name, (low, high) in intervals.items():
        path, _, index = name.rstrip("]").partition("[")
        truth = float(scene.parameters[path][tuple(int(k) for k in index.split(",")) if index else ()])
        rows.append((name, truth, (low + high) / 2, (high - low) / 2, low <= truth <= high))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("calibrated"), help="folder of photographs and fit")
    parser.add_argument("--spp", type=int, default=64, help="samples a pixel of the fit")
    parser.add_argument("--iterations", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one object instead of the table")
    options = parser.parse_args()
    scene = nr.load_scene(SCENE)
    options.out.mkdir(parents=True, exist_ok=True)
    targets = []
    for camera in scene.cameras:
        path = options.out / f"{camera}.exr"
        nr.write_image(path, photograph(scene, camera, options.seed))
        targets.append(f"{camera}={path}")
    spp, iterations, seed = str(options.spp), str(options.iterations), str(options.seed)
    fit = json.loads(nrender("optimize", str(SCENE), *targets, "-o", str(options.out / "fit"), "--json", "--spp", spp,
                             "--iterations", iterations, "--seed", seed))
    rows = compared(scene, fit["intervals"])
    inside = sum(row[-1] for row in rows)
    if options.json:
        print(json.dumps({"status": fit["status"], "seconds": fit["seconds"], "rows": rows, "inside": inside}))
        return
    for name, truth, found, half, holds in rows:
        print(f"{name:36} {truth:10.4f} {found:10.4f} +- {half:.4f}{'' if holds else '   outside'}")
    print(f"{fit['status']} in {fit['seconds']:.0f} s; {inside} of {len(rows)} intervals hold the truth; "
          f"report: {options.out / 'fit' / 'report.html'}")


if __name__ == "__main__":
    main()
