"""Time of gradients and tangents relative to that of the image: the Cornell box, depth 6.

    python benchmarks/backward.py [--size 128] [--spp 32] [--rounds 7]

The pullback alone, without the image that `render_vjp` renders first. "colours": reflectances and emission; "all": also
every vertex, transform and the camera, silhouettes included.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
from common import ROOT, machine, rounds, save, spread, table, text

import nrender as nr


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--spp", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    warnings.simplefilter("ignore", nr.RenderWarning)
    document = nr.load_scene(ROOT / "scenes" / "cornell.yaml").document
    document["cameras"]["main"]["resolution"] = [options.size, options.size]
    scene = nr.Scene.from_dict(document, base=ROOT / "scenes")
    spp, weights = options.spp, np.ones((options.size, options.size, 3))
    paths = {
        "pullback, colours": [p for p in scene.parameters if p.endswith((".reflectance", ".emission"))],
        "pullback, all": list(scene.parameters),
    }
    functions = {"image": lambda k: nr.render(scene, spp=spp, seed=k)}
    for name, wrt in paths.items():
        _, pullback = nr.render_vjp(scene, wrt, spp=spp, seed=1)
        functions[name] = lambda k, pullback=pullback: pullback(weights)
    functions["image and tangent, reflectance"] = lambda k: nr.render_jvp(
        scene, {"materials.red.reflectance": [1, 1, 1]}, spp=spp, seed=k
    )
    functions["image and tangent, camera"] = lambda k: nr.render_jvp(
        scene, {"cameras.main.origin": [1, 0, 0]}, spp=spp, seed=k
    )
    about = machine()
    for function in functions.values():
        function(0)
    seconds = rounds(functions, options.rounds)
    ratios = {
        name: spread([a / b for a, b in zip(times, seconds["image"], strict=True)]) for name, times in seconds.items()
    }
    rows = [[name, text(spread(seconds[name])), text(ratios[name])] for name in functions]
    page = f"{options.size} x {options.size}, {spp} spp, {options.rounds} rounds by turns, compilation excluded: median"
    page += " (quartiles).\n\n" + table(["", "seconds", "relative to the image"], rows)
    save("backward", "Derivatives against the image", about, {"spp": spp, "seconds": seconds, "ratio": ratios}, page)


if __name__ == "__main__":
    main()
