"""Camera, glaze and pose of a teapot from one picture, from the command line.

    python run.py [--out DIR] [--spp N] [--max-spp N] [--iterations N] [--target-spp N] [--scale S] [--json]

Renders the target from teapot.yaml, whose values are the truth, fits the scene to it from the file's `init`s, both by
the command `nrender`, and prints what was found beside the truth.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

import nrender as nr

SCENE = Path(__file__).parent / "teapot.yaml"
HEIGHT = 0.94  # of the teapot: what its place is measured by


def nrender(*arguments: str) -> str:
    """What a command prints on stdout."""
    command = [sys.executable, "-m", "nrender", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def errors(truth: nr.Scene, found: nr.Scene) -> dict[str, float]:
    """In per cent: of distances, of a full colour or strength, of the camera's opening, of a radian of turn."""
    a, b = truth.parameters, found.parameters
    distance = np.linalg.norm(a["cameras.main.origin"] - a["cameras.main.target"])
    size = {
        "cameras.main.origin": distance,
        "cameras.main.target": distance,
        "cameras.main.fov": float(a["cameras.main.fov"]),
        "shapes.teapot.transform.translate": HEIGHT,
        "shapes.teapot.transform.rotate": np.degrees(1.0),
    }
    off = {path: float(np.linalg.norm(np.atleast_1d(b[path] - a[path]))) for path in truth.optimize.parameters}
    return {path: 100 * value / float(size.get(path, 1.0)) for path, value in off.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("teapot"), help="folder of target and fit")
    parser.add_argument("--spp", type=int, default=64, help="samples a pixel of the fit")
    parser.add_argument("--max-spp", type=int, default=4096, help="that are averaged in the end")
    parser.add_argument("--iterations", type=int, default=60)
    parser.add_argument("--target-spp", type=int, default=4096)
    parser.add_argument("--json", action="store_true", help="print one object instead of the table")
    parser.add_argument("--scale", type=float, default=1.0, help="of the picture's sides")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    truth, source = nr.load_scene(SCENE), options.out / "scene.yaml"
    camera = truth.cameras["main"]
    truth = truth.with_resolution("main", round(options.scale * camera.width), round(options.scale * camera.height))
    truth.dump(source)
    target, fitted = options.out / "target.exr", options.out / "fit"
    nrender("render", str(source), "-o", str(target), "--spp", str(options.target_spp), "--seed", "1000")
    amount = ["--spp", str(options.spp), "--max-spp", str(options.max_spp), "--iterations", str(options.iterations)]
    report = json.loads(nrender("optimize", str(source), str(target), "-o", str(fitted), "--json", *amount))
    found = nr.load_scene(fitted / "result.yaml")
    error = errors(truth, found)
    if options.json:
        print(json.dumps({"status": report["status"], "seconds": report["seconds"], "errors": error}))
        return
    for path, per_cent in error.items():
        values = " ".join(f"{v:.4f}" for v in np.ravel(found.parameters[path]))
        print(f"{path:36} {per_cent:6.3f} %   {values}")
    print(f"{report['status']} in {report['seconds']:.0f} s; report: {fitted / 'report.html'}")


if __name__ == "__main__":
    main()
