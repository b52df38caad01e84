"""Everything on a GPU by one command: samples a second forward, backward and with silhouettes, next to this project's
CPU and, if it is installed, Mitsuba 3 on the same GPU.

    python benchmarks/gpu.py [--size 512] [--spp 64] [--cpu-spp 8] [--threads 2] [--rounds 5] [--scene WORD]

The scenes are those of peers.py. Backward is the gradient by the colours and emissions of all materials and lamps,
"boundary" that by a shape's vertices or place, whose samples of silhouettes are as many rays again. The CPU has fewer
samples, and as many threads as are asked for. The first call, which compiles or reads compiled code, is reported
apart. What is found is saved after every scene. Without a GPU: one line, and status 2.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from common import machine, rounds, save, spread, table, text
from peer_scenes import SCENES
from peers import COLOURS, Mitsuba

import nrender as nr
from nrender.backend.devices import cuda_problem, devices


class Ours:
    """nrender on one device."""

    def __init__(self, scene: nr.Scene, spp: int, device: str):
        self.scene, self.keys = scene, {"spp": spp, "device": device}
        view = scene.cameras["main"]
        self.weights = np.ones((view.height, view.width, 3))
        colours = [path for path in scene.parameters if path.endswith(COLOURS)]
        moving = next(path for path in scene.parameters if path.endswith((".translate", ".vertices")))
        self.pull, self.pull_moving = self._pullback(colours, spp), self._pullback([moving], spp)

    def _pullback(self, paths: list[str], spp: int) -> Callable[[Any], Any]:
        return nr.render_vjp(self.scene, paths, seed=1, **self.keys)[1]

    def image(self, seed: int) -> Any:
        return nr.render(self.scene, seed=seed, **self.keys)

    def backward(self, seed: int) -> Any:
        return self.pull(self.weights)

    def boundary(self, seed: int) -> Any:
        return self.pull_moving(self.weights)


class Measured(NamedTuple):
    """A function of a seed, and its samples."""

    function: Callable[[int], Any]
    samples: float


def functions_of(scene: nr.Scene, spp: int, cpu_spp: int) -> dict[str, Measured]:
    view = scene.cameras["main"]
    pixels = view.width * view.height
    out: dict[str, Measured] = {}
    for device, count in (("cuda", spp), ("cpu", cpu_spp)):
        ours = Ours(scene, count, device)
        for kind in ("image", "backward", "boundary"):
            out[f"nrender {device} {kind}"] = Measured(getattr(ours, kind), pixels * count)
    try:
        peer = Mitsuba(scene, spp, "cuda_ad_rgb")
    except Exception as reason:  # not installed, or without its own libraries for this GPU
        print(f"without Mitsuba: {' '.join(str(reason).split())}", file=sys.stderr)
        return out
    for kind in ("image", "backward"):
        out[f"{peer.name} {kind}"] = Measured(getattr(peer, kind), pixels * spp)
    return out


def measure(scene: nr.Scene, spp: int, cpu_spp: int, count: int) -> dict[str, Any]:
    """Of each function: seconds of its first call, and by round M samples a second."""
    functions, first = functions_of(scene, spp, cpu_spp), {}
    for name, measured in functions.items():
        start = time.perf_counter()
        measured.function(1 << 20)
        first[name] = time.perf_counter() - start
    seconds = rounds({name: measured.function for name, measured in functions.items()}, count)
    return {
        name: {"first": first[name], "rate": [measured.samples / s / 1e6 for s in seconds[name]]}
        for name, measured in functions.items()
    }


def agreement(scene: nr.Scene) -> float:
    """The share of pixels that differ from the CPU's with the same seed: of paths that rounding sends elsewhere."""
    one, other = (nr.render(scene, spp=1, seed=3, device=device) for device in ("cuda", "cpu"))
    return float(np.mean(np.abs(one - other).max(-1) > 1e-3 * np.maximum(other.max(-1), 1e-3)))


def rows_of(name: str, found: dict[str, Any], far: float) -> list[list[str]]:
    rows = []
    for who, values in found.items():
        mine = f"nrender cuda {who.split()[-1]}"
        ratio = spread([a / b for a, b in zip(found[mine]["rate"], values["rate"], strict=True)])
        times, unlike = ("1", f"{far:.2%}") if who == mine else (text(ratio), "")
        rows.append([name, who, text(spread(values["rate"])), times, f"{values['first']:.1f}", unlike])
    return rows


HEAD = ["scene", "what", "M samples/s", "ours on the GPU over it", "first call, s", "pixels unlike the CPU's"]


def gpu_name() -> str:
    """Of the GPU here; without one, a line and status 2."""
    problem = cuda_problem()
    if problem:
        print(f"no GPU to measure: {problem}", file=sys.stderr)
        raise SystemExit(2)
    return next(name for name in devices() if name.startswith("cuda")).removeprefix("cuda: ")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--spp", type=int, default=64)
    parser.add_argument("--cpu-spp", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2, help="of the CPU")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scene", default="", help="only the scenes whose name has this word")
    options = parser.parse_args()
    gpu = gpu_name()
    warnings.simplefilter("ignore", nr.RenderWarning)
    os.environ["NRENDER_THREADS"] = str(options.threads)
    about = {"gpu": gpu, **machine("numba-cuda", "mitsuba", "drjit")}
    rows, data = [], {}
    for name, make in SCENES.items():
        if options.scene not in name:
            continue
        scene = make((options.size, options.size))
        data[name] = measure(scene, options.spp, options.cpu_spp, options.rounds)
        rows += rows_of(name, data[name], agreement(scene))
        gc.collect()
        page = f"{options.size} x {options.size}, {options.spp} spp on the GPU and {options.cpu_spp} on the CPU; "
        page += f"{options.rounds} rounds by turns: median (quartiles).\n\n" + table(HEAD, rows)
        save("gpu", f"On a GPU: {gpu}", about, {"size": options.size, "spp": options.spp, "scenes": data}, page)


if __name__ == "__main__":
    main()
