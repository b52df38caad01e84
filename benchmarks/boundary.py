"""Variance times time of the derivative of visibility, next to Mitsuba 3's projective integrators.

    python benchmarks/boundary.py [--scale 1] [--only shadow]

The same scene, motion and weights for both (boundary_setups.py), each renderer in processes of its own
(boundary_workers.py), which are asked by turns. First both are compared with finite differences, of nrender and of
Mitsuba: a configuration that does not agree says so, and doesn't compete. Mitsuba must be installed; DRJIT_LIBLLVM_PATH
says where it finds LLVM.

Peak memory is of the process after gradients, before anything else. `--scale` times the rounds and the samples of the
finite differences.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from boundary_report import page, pictures
from boundary_setups import SETUPS
from common import ROOT, machine, save

SPP = {"shadow": 256, "indirect": 256}  # of nrender, and 64 in the others: a gradient takes about a second
SECONDS = 6.0  # of the gradients of one configuration, and of the finite differences of one renderer
SETTINGS = (("none", (16, 16, 64)), ("none", (16, 16, 256)), ("grid", (16, 16, 64)), ("octree", (16, 16, 64)))
FEWEST, MOST = 3, 24  # gradients of one configuration


def samples(name: str) -> int:
    return SPP.get(name, 64)


def configurations(name: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """name -> (renderer, options). Mitsuba: continuous, primary, indirect samples a pixel."""
    plugin = "direct_projective" if name == "shadow" else "prb_projective"
    out: dict[str, tuple[str, dict[str, Any]]] = {"nrender": ("nrender", {"spp": samples(name)})}
    for guiding, parts in SETTINGS:
        options = dict(zip(("sppc", "sppp", "sppi"), parts, strict=True))
        out[f"{guiding} {'/'.join(map(str, parts))}"] = ("mitsuba", {"plugin": plugin, "guiding": guiding, **options})
    return out


class Worker:
    """A process that answers questions; see boundary_workers.py."""

    def __init__(self, renderer: str, name: str, options: dict[str, Any]):
        command = [sys.executable, str(Path(__file__).with_name("boundary_workers.py")), renderer, name]
        self.process = subprocess.Popen(
            [*command, json.dumps(options)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, **question: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        return json.loads(line) if line else {"error": "the process ended"}

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def gradients(workers: dict[str, Worker], scale: float) -> dict[str, dict[str, Any]]:
    """Of each worker the answers, by turns; as many as its time allows. The first two, which compile, don't count."""
    found: dict[str, dict[str, Any]] = {}
    for name, worker in workers.items():
        first = [worker.ask(do="gradient", seed=k) for k in (1000, 1001)]
        errors = [answer["error"] for answer in first if "error" in answer]
        if errors:
            found[name] = {"error": errors[0], "answers": []}
            continue
        count = int(np.clip(SECONDS * scale / (first[1]["image"] + first[1]["pullback"]), FEWEST, MOST * scale))
        found[name] = {"count": count, "answers": []}
    for k in range(max((entry.get("count", 0) for entry in found.values()), default=0)):
        for name, entry in found.items():
            if k < entry.get("count", 0):
                answer = workers[name].ask(do="gradient", seed=k)
                if "error" in answer:
                    entry |= {"error": answer["error"], "count": 0}
                else:
                    entry["answers"].append(answer)
    return found


def difference(worker: Worker, step: float, spp: int, scale: float) -> dict[str, Any]:
    """Central differences of both steps, extrapolated, as in tests/gradcheck.py; at least 4 replicates."""
    slopes: list[float] = []
    start = time.perf_counter()
    while len(slopes) < 4 or (time.perf_counter() - start < SECONDS * scale and len(slopes) < 16 * scale):
        value = {
            k: worker.ask(do="value", h=k * step, seed=2000 + len(slopes), spp=spp)["value"] for k in (-2, -1, 1, 2)
        }
        near, far = ((value[k] - value[-k]) / (2 * k * step) for k in (1, 2))
        slopes.append((4 * near - far) / 3)
    return {"mean": statistics.mean(slopes), "sigma": statistics.stdev(slopes) / len(slopes) ** 0.5}


def measure(name: str, scale: float, folder: Path) -> dict[str, Any]:
    setup = SETUPS[name]()
    workers = {key: Worker(renderer, name, options) for key, (renderer, options) in configurations(name).items()}
    try:
        found = gradients(workers, scale)
        other = next(key for key in workers if key.startswith("none"))
        differences = {
            "nrender": difference(workers["nrender"], setup.step, 256, scale),
            "mitsuba": difference(workers[other], setup.step, 128, scale),
        }
        images = {}
        for key, worker, spp in (("nrender", "nrender", 256), ("mitsuba", other, 64)):
            file = folder / f"{key}.npy"
            if "error" not in workers[worker].ask(do="picture", seed=7, spp=spp, file=str(file)):
                images[key] = np.load(file)
    finally:
        for worker in workers.values():
            worker.close()
    pictures(name, setup, images)
    return {"configurations": found, "differences": differences}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--only", choices=SETUPS, action="append")
    options = parser.parse_args()
    about = machine("mitsuba", "drjit")
    data = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in options.only or SETUPS:
            data[name] = measure(name, options.scale, Path(folder))
    text = page(data, {name: samples(name) for name in data})
    save("boundary", "The derivative of visibility", about, {"scenes": data}, text)


if __name__ == "__main__":
    main()
