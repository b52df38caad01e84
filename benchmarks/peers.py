"""Forward and backward next to Mitsuba 3, by turns in one process: samples a second, noise, efficiency.

    python benchmarks/peers.py [--size 256] [--spp 16] [--rounds 7] [--scene WORD]

Efficiency is 1 / (variance of a pixel * time): users pay for noise, not for samples. The backward pass is the gradient
of the image's sum by the colours and emissions of all materials and lamps (the interior, no silhouettes), next to
Mitsuba's `prb`. Mitsuba's time has the image in it, nrender's the first walk of each pair that it replays.
DRJIT_LIBLLVM_PATH says where Mitsuba finds LLVM; without Mitsuba nrender is measured alone.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from common import machine, rounds, save, spread, table, text
from peer_scenes import SCENES

import nrender as nr

COLOURS = (".reflectance", ".emission", ".base_color", ".f0", ".image")


def noise(images: list[np.ndarray]) -> float:
    """Mean variance of the pixels that are not saturated by a lamp."""
    stack = np.array(images, np.float64)
    return float(stack.var(0, ddof=1)[stack.mean(0) < 2.0].mean())


class Nrender:
    name = "nrender"

    def __init__(self, scene: nr.Scene, spp: int):
        self.scene, self.spp = scene, spp
        self.wrt = [path for path in scene.parameters if path.endswith(COLOURS)]
        view = scene.cameras["main"]
        self.weights = np.ones((view.height, view.width, 3))
        self.pullback = nr.render_vjp(scene, self.wrt, spp=spp, seed=1)[1]

    def image(self, seed: int) -> np.ndarray:
        return nr.render(self.scene, spp=self.spp, seed=seed)

    def backward(self, seed: int) -> Any:
        return self.pullback(self.weights)


class Mitsuba:
    def __init__(self, scene: nr.Scene, spp: int, variant: str = ""):
        """variant: in the place of the fastest one on the CPU."""
        from mitsuba_twin import mitsuba_scene, use_mitsuba

        if variant:
            import mitsuba as mi

            mi.set_variant(variant)
        else:
            mi = use_mitsuba()
        self.mi = mi
        self.name = f"mitsuba {mi.variant()}"
        mi.set_log_level(mi.LogLevel.Error)
        self.scene, self.spp = mitsuba_scene(mi, scene), spp
        self.prb = mi.load_dict({"type": "prb", "max_depth": scene.integrator.max_depth})

    def image(self, seed: int) -> np.ndarray:
        return np.array(self.mi.render(self.scene, spp=self.spp, seed=seed))

    def backward(self, seed: int) -> Any:
        import drjit as dr

        params = self.mi.traverse(self.scene)
        keys = [k for k in params.keys() if k.endswith((".reflectance.value", ".radiance.value", ".data"))]  # noqa: SIM118
        for key in keys:
            dr.enable_grad(params[key])
        params.update()
        image = self.mi.render(self.scene, params, integrator=self.prb, spp=self.spp, seed=seed)
        dr.backward(dr.sum(image.array))
        found = [dr.grad(params[key]) for key in keys]
        dr.eval(*found)
        dr.sync_thread()
        for key in keys:
            dr.disable_grad(params[key])
        params.update()
        return found


def peers(scene: nr.Scene, spp: int) -> list[Any]:
    out: list[Any] = [Nrender(scene, spp)]
    try:
        out.append(Mitsuba(scene, spp))
    except ImportError:
        pass
    return out


def measure(scene: nr.Scene, spp: int, count: int) -> dict[str, Any]:
    """Of each renderer: seconds forward and backward by round, variance, mean."""
    both = peers(scene, spp)
    images: dict[str, list[np.ndarray]] = {peer.name: [] for peer in both}
    functions: dict[str, Callable[[int], object]] = {}
    for peer in both:
        functions[peer.name] = lambda k, peer=peer: images[peer.name].append(peer.image(k))
        functions[f"{peer.name} backward"] = peer.backward
    for function in functions.values():  # compile
        function(1 << 20)
    for made in images.values():
        made.clear()
    seconds = rounds(functions, count)
    view = scene.cameras["main"]
    samples = view.width * view.height * spp
    return {
        peer.name: {
            "seconds": seconds[peer.name],
            "rate": spread([samples / s / 1e6 for s in seconds[peer.name]]),
            "variance": noise(images[peer.name]),
            "mean": float(np.mean(images[peer.name])),
            "backward": spread(
                [b / a for a, b in zip(seconds[peer.name], seconds[f"{peer.name} backward"], strict=True)]
            ),
        }
        for peer in both
    }


def efficiency(found: dict[str, Any]) -> float:
    return 1.0 / (found["variance"] * statistics.median(found["seconds"]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--spp", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--scene", default="", help="only the scenes whose name has this word")
    options = parser.parse_args()
    warnings.simplefilter("ignore", nr.RenderWarning)
    about = machine("mitsuba", "drjit")
    rows, data = [], {}
    for name, make in SCENES.items():
        if options.scene not in name:
            continue
        found = data[name] = measure(make((options.size, options.size)), options.spp, options.rounds)
        gc.collect()
        own = found["nrender"]
        for peer, values in found.items():
            pair = [b / a for a, b in zip(own["seconds"], values["seconds"], strict=True)]
            rows.append(
                [
                    name,
                    peer,
                    text(values["rate"]),
                    f"{values['variance']:.3g}",
                    f"{values['mean']:.4f}",
                    "1" if peer == "nrender" else text(spread(pair)),
                    "1" if peer == "nrender" else f"{efficiency(own) / efficiency(values):.3g}",
                    text(values["backward"]),
                ]
            )
    page = f"{options.size} x {options.size}, {options.spp} spp; {options.rounds} rounds by turns, compilation"
    page += " excluded: median (quartiles).\n\n"
    head = ["scene", "renderer", "M samples/s", "variance of a pixel", "mean"]
    page += table([*head, "nrender is faster by", "at equal noise by", "backward / forward"], rows)
    save("peers", "Next to Mitsuba", about, {"spp": options.spp, "scenes": data}, page)


if __name__ == "__main__":
    main()
