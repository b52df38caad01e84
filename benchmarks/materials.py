"""Samples a second of materials and textures next to Mitsuba 3, and how far the images are from each other.

    python benchmarks/materials.py [--spp 16] [--rounds 7]

Three scenes of the tests, larger. Both render by turns in one process, and Mitsuba must be installed;
DRJIT_LIBLLVM_PATH says where it finds LLVM, without one its variant `scalar_rgb` renders. Efficiency is
1 / (variance of a pixel * time).
"""

from __future__ import annotations

import argparse
import statistics
from typing import Any

import numpy as np
from common import machine, rounds, save, spread, table, text

import nrender as nr

SIZES = {"metal_and_plastic": (256, 96), "glass": (256, 96), "textured_floor": (182, 156)}
ABOUT = {
    "metal_and_plastic": "conductors and plastic, 61,444 smooth triangles, sky and lamp",
    "glass": "two rough glasses, principled with transmission, 61,444 smooth triangles, sky and lamp",
    "textured_floor": "checkerboards and images on diffuse, plastic and principled plates; spot, point, sun, constant",
}


def compare(mi: Any, name: str, spp: int, count: int) -> dict[str, Any]:
    import mitsuba_scenes
    from mitsuba_twin import mitsuba_scene

    scene = getattr(mitsuba_scenes, name)(SIZES[name])
    twin = mitsuba_scene(mi, scene)
    images: list[list[np.ndarray]] = [[], []]
    functions = {
        "nrender": lambda k: images[0].append(nr.render(scene, spp=spp, seed=k)),
        "mitsuba": lambda k: images[1].append(np.array(mi.render(twin, spp=spp, seed=k))),
    }
    for function in functions.values():  # compile
        function(1 << 20)
    for made in images:
        made.clear()
    seconds = rounds(functions, count)
    stack = np.array(images, np.float64)
    mean, variance = stack.mean(1), stack.var(1, ddof=1)
    noise = np.sqrt(variance.sum() / count) / variance[0].size  # of the difference of the images' means
    whole = mean.mean((1, 2, 3))
    samples = SIZES[name][0] * SIZES[name][1] * spp
    medians = [statistics.median(times) for times in seconds.values()]
    return {
        "seconds": seconds,
        "rate": [spread([samples / s / 1e6 for s in times]) for times in seconds.values()],
        "speed": spread([b / a for a, b in zip(*seconds.values(), strict=True)]),
        "efficiency": medians[1] * variance[1].mean() / (medians[0] * variance[0].mean()),
        "means": whole.tolist(),
        "difference": float(whole[0] / whole[1] - 1),
        "noise": float(noise / whole[1]),
        "pixels": float(np.sqrt(((mean[0] - mean[1]) ** 2).mean() / (variance.sum(0) / count).mean())),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--spp", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    from mitsuba_twin import use_mitsuba

    mi = use_mitsuba()
    about = machine("mitsuba", "drjit")
    found = {name: compare(mi, name, options.spp, options.rounds) for name in SIZES}
    head = ["scene", "nrender, M samples/s", "Mitsuba", "speed, nrender / Mitsuba", "efficiency at equal noise"]
    rows = [
        [name, *(text(rate) for rate in f["rate"]), text(f["speed"]), f"{f['efficiency']:.3g}"]
        for name, f in found.items()
    ]
    page = f"{options.spp} spp, {options.rounds} rounds by turns with Mitsuba's {mi.variant()}, compilation excluded:"
    page += " median (quartiles).\n\n" + table(head, rows)
    page += "\nHow far the means of all rounds are from each other: of whole images, and of pixels (root of the mean"
    page += " square, over what their noise makes of equal ones).\n\n"
    rows = [
        [name, f"{100 * f['difference']:+.3f} % (noise {100 * f['noise']:.3f} %)", f"{f['pixels']:.3f}"]
        for name, f in found.items()
    ]
    page += table(["scene", "mean", "pixels"], rows) + "\n"
    for name, words in ABOUT.items():
        page += f"- {name}, {SIZES[name][0]} x {SIZES[name][1]}: {words}.\n"
    if about["load before"] > 1:
        page += "\nOther programs ran at the same time: the ratios are worth more than the rates.\n"
    save("materials", "Materials and textures", about, {"spp": options.spp, "scenes": found}, page)


if __name__ == "__main__":
    main()
