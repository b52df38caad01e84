"""Pictures of a few pixels, as fits take them by the hundred: what a sample costs against one in a large picture.

    python benchmarks/small.py [--rounds 9]

The Cornell box of `scene_library` at 16 samples a pixel, picture and gradient by all its parameters, on one thread and
on all of them, by turns.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from common import machine, rounds, save, spread, table
from scene_library import corner

import nrender as nr

SIZES = (8, 16, 32, 64, 128, 256)
SPP = 16


def work(size: int) -> dict[str, Callable[[int], Any]]:
    scene = corner("scale", size)
    weights, paths = np.ones((size, size, 3)), list(scene.parameters)
    return {
        "picture": lambda seed: nr.render(scene, spp=SPP, seed=seed),
        "gradient": lambda seed: nr.render_vjp(scene, paths, spp=SPP, seed=seed)[1](weights),
    }


def on(threads: str | None, function: Callable[[int], Any]) -> Callable[[int], None]:
    """The function on so many threads; None: on all."""

    def run(seed: int) -> None:
        if threads is None:
            os.environ.pop("NRENDER_THREADS", None)
        else:
            os.environ["NRENDER_THREADS"] = threads
        function(seed)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    count = parser.parse_args().rounds
    functions = {}
    for size in SIZES:
        for name, function in work(size).items():
            functions[f"{name} {size}, first"] = function  # makes the scene's tables, which a fit has by then
            for threads in ("1", None):
                functions[f"{name} {size} {threads or 'all'}"] = on(threads, function)
    about = machine()
    rounds(functions, 1)  # kernels
    seconds = rounds(functions, count)
    median = {name: spread(values)["median"] for name, values in seconds.items()}

    def cost(name: str, size: int, threads: str) -> float:
        """Of a sample, over that in the largest picture on one thread."""
        per = median[f"{name} {size} {threads}"] / size**2
        return per / (median[f"{name} {SIZES[-1]} 1"] / SIZES[-1] ** 2)

    head = ["pixels", *(f"{name}, {threads}" for name in ("picture", "gradient") for threads in ("one thread", "all"))]
    rows = [
        [f"{size} x {size}", *(f"{cost(name, size, t):.2f}" for name in ("picture", "gradient") for t in ("1", "all"))]
        for size in SIZES
    ]
    page = f"The time of a sample over that in the largest picture on one thread, medians.\n\n{table(head, rows)}"
    save("small", "Small pictures", about, {"seconds": seconds, "samples a pixel": SPP}, page)


if __name__ == "__main__":
    main()
