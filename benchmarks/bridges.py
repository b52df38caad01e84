"""What the bridges cost: an image and a gradient through PyTorch and JAX, next to the same without them, by turns in
one process.

    python benchmarks/bridges.py [--rounds 15]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import common
import numpy as np

import nrender as nr
from nrender import sharing

SPP = 16


def wall(width: int, texels: int) -> nr.Scene:
    """A textured wall, a box before it, a lamp: one parameter that is large, one that moves."""
    texture = np.random.default_rng(0).uniform(0.2, 0.8, (texels, texels, 3))
    return nr.Scene.from_dict(
        {
            "nrender": 1,
            "cameras": {
                "main": {"type": "perspective", "origin": [0, 0, 4], "target": [0, 0, 0], "fov": 35,
                         "resolution": [width, width]}
            },
            "integrator": {"type": "path", "max_depth": 3, "spp": SPP},
            "materials": {
                "paint": {"type": "diffuse", "reflectance": {"image": texture}},
                "grey": {"type": "diffuse", "reflectance": [0.5, 0.5, 0.5]},
            },
            "shapes": {
                "wall": {"type": "rectangle", "material": "paint", "transform": {"scale": 1.2}},
                "box": {"type": "cube", "material": "grey",
                        "transform": {"translate": [0.2, -0.3, 0.5], "rotate": [0, 30, 0], "scale": 0.25}},
                "lamp": {"type": "rectangle", "emission": [20, 20, 20],
                         "transform": {"translate": [0, 1.8, 2], "rotate": [140, 0, 0], "scale": 0.4}},
            },
        }
    )  # fmt: skip


def ways(scene: nr.Scene, path: str) -> dict[str, Callable[[int], object]]:
    """function(seed) of each; each has other values than the round before, as in a fit."""
    import jax
    import jax.numpy as jnp
    import torch

    import nrender.jax
    import nrender.torch

    start = scene.parameters[path]
    view = scene.cameras["main"]
    weights = np.random.default_rng(1).normal(size=(view.height, view.width, 3)).astype(np.float32)
    of_torch, of_jax = torch.from_numpy(weights), jnp.asarray(weights)

    def moved(seed: int) -> np.ndarray:
        return (start * (1 - 1e-4 * seed)).astype(np.float32)

    def plain(seed: int) -> Any:
        image, pullback = nr.render_vjp(scene.replace({path: moved(seed)}), [path], spp=SPP, seed=seed)
        return float((image * weights).sum()), pullback(weights)

    def by_torch(seed: int, pair: bool = False, threads: int = 1) -> Any:
        torch.set_num_threads(threads)
        value = torch.from_numpy(moved(seed)).requires_grad_()
        image = nrender.torch.render(scene, {path: value}, spp=SPP, seed=(seed, 1000 + seed) if pair else seed)
        loss = (image * of_torch).sum()
        loss.backward()
        return loss.item(), value.grad

    @jax.jit
    def step(value: Any, seed: Any) -> Any:
        def loss(v: Any) -> Any:
            return (nrender.jax.render(scene, {path: v}, spp=SPP, seed=seed) * of_jax).sum()

        return jax.value_and_grad(loss)(value)

    return {
        "render_vjp": plain,
        "torch": by_torch,
        "torch, its threads": lambda seed: by_torch(seed, threads=sharing.threads()),
        "torch, a pair of seeds": lambda seed: by_torch(seed, pair=True),
        "jax, jit": lambda seed: jax.block_until_ready(step(moved(seed), seed)),
    }


CASES = {
    "16x16, 3 numbers": (16, 4, "materials.grey.reflectance"),
    "128x128, 3 numbers": (128, 4, "materials.grey.reflectance"),
    "128x128, a pose": (128, 4, "shapes.box.transform.translate"),
    "128x128, 512x512 texels": (128, 512, "materials.paint.reflectance.image"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    about = common.machine("torch", "jax")
    rows, data = [], {}
    for name, (width, texels, path) in CASES.items():
        functions = ways(wall(width, texels), path)
        common.rounds(functions, 2)  # compiled, and warm
        seconds = common.rounds(functions, options.rounds, time.process_time)
        ratios = {
            way: common.spread([a / b for a, b in zip(found, seconds["render_vjp"], strict=True)])
            for way, found in seconds.items()
        }
        own = common.spread([1e3 * s for s in seconds["render_vjp"]])
        rows.append([name, common.text(own), *[common.text(ratios[way]) for way in functions if way != "render_vjp"]])
        data[name] = {"seconds": seconds, "ratios": ratios}
    head = ["image, parameter", "render_vjp, ms", "torch / it", "more threads / it", "two seeds / it", "jax, jit / it"]
    page = (
        f"`python benchmarks/bridges.py`: image and gradient, {SPP} samples a pixel, other values at each step; "
        f"medians (and quartiles) of {options.rounds} rounds, the ways by turns in one process, ratios within a round. "
        "Time is that of the process on all its CPUs, which other processes don't disturb. PyTorch's own operations "
        "run on one thread, but in the column 'more threads' on all.\n\n"
        + common.table(head, rows)
    )
    common.save("bridges", "What the bridges cost", about, data, page)


if __name__ == "__main__":
    main()
