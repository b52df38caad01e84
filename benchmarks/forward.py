"""Samples a second, and noise, of the Cornell box (256 x 256, depth 6), next to Mitsuba 3 where that is installed.

    python benchmarks/forward.py [--spp 64] [--rounds 7]

Both render by turns in one process. Efficiency is 1 / (variance of a pixel * time): more samples a second of more
noise are no gain. DRJIT_LIBLLVM_PATH says where Mitsuba finds LLVM; without one its variant `scalar_rgb` renders.
"""

from __future__ import annotations

import argparse
import statistics

import numpy as np
from common import ROOT, machine, rounds, save, spread, table, text

import nrender as nr


def noise(images: list[np.ndarray]) -> float:
    """Mean variance of the pixels that are not saturated by the lamp."""
    stack = np.array(images, np.float64)
    return float(stack.var(0, ddof=1)[stack.mean(0) < 2.0].mean())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--spp", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    scene = nr.load_scene(ROOT / "scenes" / "cornell.yaml")
    view, spp = scene.cameras["main"], options.spp
    images: dict[str, list[np.ndarray]] = {"nrender": []}
    functions = {"nrender": lambda k: images["nrender"].append(nr.render(scene, spp=spp, seed=k))}
    try:
        from mitsuba_twin import mitsuba_scene, use_mitsuba

        mi = use_mitsuba()
        twin, other = mitsuba_scene(mi, scene), f"mitsuba {mi.variant()}"
        images[other] = []
        functions[other] = lambda k: images[other].append(np.array(mi.render(twin, spp=spp, seed=k)))
    except ImportError:
        other = None
    about = machine("mitsuba", "drjit")
    for function in functions.values():  # compile
        function(1 << 20)
    for made in images.values():
        made.clear()
    seconds = rounds(functions, options.rounds)
    samples = view.width * view.height * spp
    variances = {name: noise(made) for name, made in images.items()}
    rate = {name: spread([samples / s / 1e6 for s in times]) for name, times in seconds.items()}
    efficiency = {name: 1 / (variances[name] * statistics.median(times)) for name, times in seconds.items()}
    rows = [
        [name, text(rate[name]), f"{variances[name]:.3g}", f"{efficiency[name] / efficiency['nrender']:.3g}"]
        for name in seconds
    ]
    page = f"{view.width} x {view.height}, {spp} spp, depth {scene.integrator.max_depth}; {options.rounds} rounds by"
    page += " turns, compilation excluded: median (quartiles).\n\n"
    page += table(["renderer", "M samples/s", "variance of a pixel", "efficiency, nrender = 1"], rows)
    data = {"spp": spp, "seconds": seconds, "rate": rate, "variance": variances, "efficiency": efficiency}
    if other:
        ratio = spread([b / a for a, b in zip(seconds["nrender"], seconds[other], strict=True)])
        equal = efficiency["nrender"] / efficiency[other]
        means = [float(np.mean(made)) for made in images.values()]
        page += f"\nnrender / {other}: speed {text(ratio)}, efficiency at equal noise {equal:.3g}. "
        page += f"Means of the images {means[0]:.5f} and {means[1]:.5f}.\n"
        data |= {"ratio": ratio, "efficiency_ratio": equal}
    save("forward", "Forward rendering", about, data, page)


if __name__ == "__main__":
    main()
