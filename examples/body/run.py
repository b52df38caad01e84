"""A body's shape and pose from one photograph with depth, by PyTorch's Adam through the renderer.

    python run.py [--out DIR] [--iterations N] [--spp N] [--seed N] [--use both|rgb|depth|all]

A known body is rendered, and noise added as a depth camera has it: that is the target. From an average body in Anny's
rest pose, its shape (6 numbers), pose (27 and where it stands) and skin are found from the colours and depths, from
the colours alone and from the depths alone. What is printed is how far the vertices are from the known body's.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from body import SKIN, START, TRUTH, VERTICES, Body, Numbers, numbers_of, scene_of

import nrender as nr
import nrender.torch

SIZE = (96, 128)
TARGET_SPP = 1024
NOISE_RGB, NOISE_DEPTH = 0.02, 0.015  # standard deviations: radiance, metres
OUTLIER = 3.0  # standard deviations
STEP = {"shape": 0.03, "turn": 0.03, "root": 0.02, "place": 0.01, "skin": 0.02}
Target = dict[str, torch.Tensor]
USES = {"both": ("rgb", "depth"), "rgb": ("rgb",), "depth": ("depth",)}


def targets(scene: nr.Scene, seed: int, spp: int) -> Target:
    """What a camera of colour and depth takes of it."""
    rng = np.random.default_rng(seed)
    image = nr.render(scene, spp=spp, seed=1000 + seed)
    depth = nr.render_aovs(scene, ["depth"], spp=spp, seed=1000 + seed)["depth"]
    image, depth = image + rng.normal(0, NOISE_RGB, image.shape), depth + rng.normal(0, NOISE_DEPTH, depth.shape)
    return {name: torch.from_numpy(value.astype(np.float32)) for name, value in (("rgb", image), ("depth", depth))}


def loss_of(
    scene: nr.Scene, vertices: torch.Tensor, skin: torch.Tensor, target: Target, spp: int, seed: int
) -> torch.Tensor:
    """Each picture's mean over pixels, by its noise. The derivative has random numbers of its own."""
    seeds, moved = (2 * seed, 2 * seed + 1), {VERTICES: vertices}
    loss = vertices.new_zeros(())
    if "rgb" in target:
        image = nrender.torch.render(scene, {**moved, SKIN: skin}, spp=spp, seed=seeds)
        loss = loss + huber((image - target["rgb"]) / NOISE_RGB)
    if "depth" in target:
        depth = nrender.torch.render(scene, moved, spp=spp, seed=seeds, aovs=["depth"])["depth"]
        loss = loss + huber((depth - target["depth"]) / NOISE_DEPTH)
    return loss


def huber(residuals: torch.Tensor) -> torch.Tensor:
    """The mean of r^2 / 2, and beyond OUTLIER of its tangent: along outlines a pixel's residual is many times its
    noise."""
    return torch.nn.functional.huber_loss(residuals, torch.zeros_like(residuals), delta=OUTLIER)


def fit(body: Body, scene: nr.Scene, target: Target, iterations: int, spp: int, seed: int) -> Numbers:
    numbers = {name: value.requires_grad_() for name, value in numbers_of(START).items()}
    groups = [{"params": [numbers[name]], "lr": rate} for name, rate in STEP.items()]
    optimizer = torch.optim.Adam(groups, betas=(0.9, 0.98))
    decay = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: min(1.0, 2.0 * (1.0 - k / iterations)))
    for k in range(iterations):
        optimizer.zero_grad()
        loss = loss_of(scene, body.vertices(numbers), numbers["skin"], target, spp, seed + k)
        loss.backward()
        optimizer.step()
        decay.step()
        with torch.no_grad():
            numbers["shape"].clamp_(0.0, 1.0)
            numbers["skin"].clamp_(0.01, 0.99)
        if k % 20 == 0 or k == iterations - 1:
            print(f"  {k:4}  {float(loss.detach()):.4f}", flush=True)
    return {name: value.detach() for name, value in numbers.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("body"), help="folder of pictures and fitted bodies")
    parser.add_argument("--iterations", type=int, default=120)
    parser.add_argument("--spp", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0, help="of the noise, too")
    parser.add_argument("--use", choices=[*USES, "all"], default="all")
    options = parser.parse_args()
    body = Body()
    scene, known = scene_of(body, SIZE), numbers_of(TRUTH)
    truth = body.vertices(known)
    target = targets(scene.replace({VERTICES: truth.numpy(), SKIN: TRUTH["skin"]}), options.seed, TARGET_SPP)
    options.out.mkdir(parents=True, exist_ok=True)
    nr.write_image(options.out / "photograph.png", target["rgb"].numpy().clip(0))
    nr.write_image(options.out / "photograph_depth.exr", target["depth"].numpy())
    errors = {"start": distance(body.vertices(numbers_of(START)), truth)}
    for use in USES if options.use == "all" else (options.use,):
        print(f"from {' and '.join(USES[use])}", flush=True)
        start = time.perf_counter()
        seen = {name: target[name] for name in USES[use]}
        found = fit(body, scene, seen, options.iterations, options.spp, options.seed)
        vertices = body.vertices(found)
        errors[use] = distance(vertices, truth)
        fitted = scene.replace({VERTICES: vertices.numpy(), SKIN: found["skin"].numpy()})
        nr.write_image(options.out / f"{use}.png", nr.render(fitted, spp=256, seed=7))
        nr.export(fitted, options.out / f"{use}.glb")
        print(f"  mean distance {errors[use]['mean']:.1f} mm in {time.perf_counter() - start:.0f} s", flush=True)
    print(json.dumps(errors))


def distance(a: torch.Tensor, b: torch.Tensor) -> dict[str, float]:
    """Of the vertices, in millimetres."""
    each = 1000.0 * torch.linalg.vector_norm(a - b, dim=-1)
    return {"mean": float(each.mean()), "worst": float(each.max())}


if __name__ == "__main__":
    main()
