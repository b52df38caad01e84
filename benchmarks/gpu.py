"""Everything on a GPU by one command: samples a second forward, backward and with silhouettes, next to this project's
CPU and, if it is installed, Mitsuba 3 on the same GPU.

    python benchmarks/gpu.py [--size 512] [--spp 64] [--rounds 5] [--scene WORD]

The scenes are those of peers.py. Backward is the gradient by the colours and emissions of all materials and lamps,
"boundary" that by a shape's vertices or place, whose samples of silhouettes are as many rays again. The first call,
which compiles or reads compiled code, is reported apart. Without a GPU: one line, and status 2.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

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


def functions_of(scene: nr.Scene, spp: int) -> dict[str, Callable[[int], Any]]:
    out: dict[str, Callable[[int], Any]] = {}
    for device in ("cuda", "cpu"):
        ours = Ours(scene, spp, device)
        for kind in ("image", "backward", "boundary"):
            out[f"nrender {device} {kind}"] = getattr(ours, kind)
    try:
        peer = Mitsuba(scene, spp, "cuda_ad_rgb")
    except Exception as reason:  # not installed, or without its own libraries for this GPU
        print(f"without Mitsuba: {' '.join(str(reason).split())}", file=sys.stderr)
        return out
    out[f"{peer.name} image"], out[f"{peer.name} backward"] = peer.image, peer.backward
    return out


def measure(scene: nr.Scene, spp: int, count: int) -> dict[str, Any]:
    """Of each function: seconds by round and of its first call."""
    functions, first = functions_of(scene, spp), {}
    for name, function in functions.items():
        start = time.perf_counter()
        function(1 << 20)
        first[name] = time.perf_counter() - start
    seconds = rounds(functions, count)
    return {name: {"first": first[name], "seconds": seconds[name]} for name in functions}


def agreement(scene: nr.Scene) -> float:
    """The share of pixels that differ from the CPU's with the same seed: of paths that rounding sends elsewhere."""
    one, other = (nr.render(scene, spp=1, seed=3, device=device) for device in ("cuda", "cpu"))
    return float(np.mean(np.abs(one - other).max(-1) > 1e-3 * np.maximum(other.max(-1), 1e-3)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--spp", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scene", default="", help="only the scenes whose name has this word")
    options = parser.parse_args()
    problem = cuda_problem()
    if problem:
        print(f"no GPU to measure: {problem}", file=sys.stderr)
        raise SystemExit(2)
    warnings.simplefilter("ignore", nr.RenderWarning)
    gpu = next(name for name in devices() if name.startswith("cuda")).removeprefix("cuda: ")
    about = {"gpu": gpu, **machine("numba-cuda", "mitsuba", "drjit")}
    samples = options.size**2 * options.spp / 1e6
    rows, data = [], {}
    for name, make in SCENES.items():
        if options.scene not in name:
            continue
        scene = make((options.size, options.size))
        found = data[name] = measure(scene, options.spp, options.rounds)
        far = agreement(scene)
        gc.collect()
        for who, values in found.items():
            rate = spread([samples / s for s in values["seconds"]])
            cuda_name = f"nrender cuda {who.split()[-1]}"
            mine = found[cuda_name]["seconds"]
            ratio = spread([s / m for s, m in zip(values["seconds"], mine, strict=True)])
            times = "1" if who == cuda_name else text(ratio)
            unlike = f"{far:.2%}" if who == cuda_name else ""
            rows.append([name, who, text(rate), times, f"{values['first']:.1f}", unlike])
    page = f"{options.size} x {options.size}, {options.spp} spp; {options.rounds} rounds by turns: median (quartiles)."
    head = ["scene", "what", "M samples/s", "its time over ours on the GPU", "first call, s", "pixels unlike the CPU's"]
    page += "\n\n" + table(head, rows)
    save("gpu", f"On a GPU: {gpu}", about, {"size": options.size, "spp": options.spp, "scenes": data}, page)


if __name__ == "__main__":
    main()
