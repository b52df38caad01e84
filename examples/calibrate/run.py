"""A camera's lens, the lamp and the walls of a room from three photographs, with intervals of 95 %.

    python run.py [--out DIR] [--spp N] [--iterations N] [--photograph-spp N] [--seed N] [--json]

Takes three photographs of the room as room.yaml has it, with the noise of a sensor, forgets what it knows, fits all of
it to the photographs by `nrender optimize`, and prints what was found beside the truth.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

import nrender as nr

SCENE = Path(__file__).parent / "room.yaml"
SHOT, READ = 2e-4, 2e-3  # variance of a value a unit of it, and the standard deviation in the dark


class Row(NamedTuple):
    """half: of the interval of 95 %, infinite where the photographs say nothing; holds: whether that has the truth."""

    name: str
    truth: float
    found: float
    half: float
    holds: bool


def nrender(*arguments: str) -> str:
    """What a command prints on stdout."""
    command = [sys.executable, "-m", "nrender", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def photograph(scene: nr.Scene, camera: str, spp: int, seed: int) -> np.ndarray:
    """The picture that a sensor takes: (H, W, 3), with shot noise and read noise."""
    image = nr.render(scene, spp=spp, seed=1000 + seed, camera=camera).astype(np.float64)
    rng = np.random.default_rng([seed, sorted(scene.cameras).index(camera)])
    return image + rng.normal(size=image.shape) * np.sqrt(SHOT * image + READ**2)


def compared(truth: nr.Scene, found: nr.Scene, intervals: dict[str, list[float] | None]) -> list[Row]:
    """Of each number that was fitted."""
    rows = []
    for name, interval in intervals.items():
        path, _, index = name.rstrip("]").partition("[")
        place = tuple(int(k) for k in index.split(",")) if index else ()
        true, value = (float(scene.parameters[path][place]) for scene in (truth, found))
        low, high = (-np.inf, np.inf) if interval is None else interval
        rows.append(Row(name, true, value, float(high - low) / 2, bool(low <= true <= high)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("calibrated"), help="folder of photographs and fit")
    parser.add_argument("--spp", type=int, default=64, help="samples a pixel of the fit")
    parser.add_argument("--iterations", type=int, default=40)
    parser.add_argument("--photograph-spp", type=int, default=4096)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one object instead of the table")
    options = parser.parse_args()
    scene = nr.load_scene(SCENE)
    options.out.mkdir(parents=True, exist_ok=True)
    targets = []
    for camera in scene.cameras:
        path = options.out / f"{camera}.exr"
        nr.write_image(path, photograph(scene, camera, options.photograph_spp, options.seed))
        targets.append(f"{camera}={path}")
    spp, iterations, seed = str(options.spp), str(options.iterations), str(options.seed)
    fit = json.loads(nrender("optimize", str(SCENE), *targets, "-o", str(options.out / "fit"), "--json", "--spp", spp,
                             "--iterations", iterations, "--seed", seed))
    rows = compared(scene, nr.load_scene(options.out / "fit" / "result.yaml"), fit["intervals"])
    inside = sum(row.holds for row in rows)
    if options.json:
        print(json.dumps({"status": fit["status"], "seconds": fit["seconds"], "rows": rows, "inside": inside}))
        return
    for name, truth, found, half, holds in rows:
        print(f"{name:36} {truth:10.4f} {found:10.4f} +- {half:.4f}{'' if holds else '   outside'}")
    print(f"{fit['status']} in {fit['seconds']:.0f} s; {inside} of {len(rows)} intervals hold the truth; "
          f"report: {options.out / 'fit' / 'report.html'}")


if __name__ == "__main__":
    main()
