"""A small neural network that paints a wall, trained through the renderer by two photographs of the wall.

The wall is lit by a lamp, and a ball throws its shadow on it. The network knows texture coordinates alone; what the
lamp does is the renderer's. So what it learns is the paint without the shadow.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

import nrender as nr
import nrender.torch

TEXTURE = "materials.paint.reflectance.image"
TEXELS = 32
HERE = Path(__file__).parent


def paint(texels: int = TEXELS) -> np.ndarray:
    """What is to be found: rings on stripes, (texels, texels, 3)."""
    v, u = np.meshgrid(*[(np.arange(texels) + 0.5) / texels] * 2, indexing="ij")
    stripes = 0.5 + 0.5 * np.sign(np.sin(2 * np.pi * (2 * u + v)))
    rings = 0.5 + 0.5 * np.cos(28 * np.hypot(u - 0.55, v - 0.45))
    return np.stack([0.15 + 0.7 * rings, 0.2 + 0.5 * stripes * rings, 0.25 + 0.5 * (1 - stripes)], axis=-1)


def wall(texture: np.ndarray, width: int) -> nr.Scene:
    """Seen by two cameras of width x 3/4 width pixels."""
    view = {"type": "perspective", "target": [0, 0, 0], "fov": 32, "resolution": [width, width * 3 // 4]}
    return nr.Scene.from_dict(
        {
            "nrender": 1,
            "cameras": {"left": {**view, "origin": [-2.6, 0.4, 4]}, "right": {**view, "origin": [2.2, -0.8, 4.2]}},
            "integrator": {"type": "path", "max_depth": 3, "spp": 16},
            "materials": {
                "paint": {"type": "diffuse", "reflectance": {"image": texture}},
                "rubber": {"type": "diffuse", "reflectance": [0.1, 0.1, 0.1]},
            },
            "shapes": {
                "wall": {"type": "rectangle", "material": "paint", "transform": {"scale": 1.2}},
                "ball": {
                    "type": "sphere",
                    "material": "rubber",
                    "transform": {"translate": [0.35, 0.75, 0.9], "scale": 0.25},
                },
                "lamp": {
                    "type": "rectangle",
                    "emission": [36, 33, 30],
                    "transform": {"translate": [0.6, 1.9, 2.4], "rotate": [145, 0, 0], "scale": 0.45},
                },
            },
            "lights": {"sky": {"type": "constant", "radiance": [0.08, 0.08, 0.1]}},
        }
    )


class Painter(nn.Module):
    """(u, v) of each texel, as sines of some frequencies, through an MLP: (texels, texels, 3) in [0, 1]."""

    def __init__(self, texels: int = TEXELS, hidden: int = 96, octaves: int = 5) -> None:
        super().__init__()
        centre = (torch.arange(texels) + 0.5) / texels
        uv = torch.stack(torch.meshgrid(centre, centre, indexing="ij"), -1).flip(-1)
        angles = torch.cat([torch.pi * 2**k * uv for k in range(octaves)], -1)
        self.register_buffer("features", torch.cat([angles.sin(), angles.cos()], -1))
        self.layers = nn.Sequential(
            nn.Linear(4 * octaves, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 3)
        )

    def forward(self) -> torch.Tensor:
        return torch.sigmoid(self.layers(self.features))


def train(width: int = 80, steps: int = 250, spp: int = 8, seed: int = 0) -> dict[str, Any]:
    """Losses of all steps, the seconds, how far the texture is from the truth before and after, and both textures."""
    torch.manual_seed(seed)
    truth = paint()
    scene = wall(truth, width)
    targets = {name: torch.from_numpy(nr.render(scene, spp=1024, seed=99, camera=name)) for name in scene.cameras}
    painter = Painter()
    with torch.no_grad():
        before = painter().numpy()
    optimizer = torch.optim.Adam(painter.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, 5e-4)
    losses, start = [], time.perf_counter()
    for step in range(steps):
        texture = painter()
        loss = torch.zeros(())
        for k, (name, target) in enumerate(targets.items()):
            pair = (4 * step + 2 * k, 4 * step + 2 * k + 1)  # the image's random numbers, and its derivative's
            image = nrender.torch.render(scene, {TEXTURE: texture}, spp=spp, seed=pair, camera=name)
            loss = loss + (image - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    seconds = time.perf_counter() - start
    with torch.no_grad():
        found = painter().numpy()
    return {
        "losses": losses,
        "seconds": seconds,
        "error before": float(np.sqrt(np.mean((before - truth) ** 2))),
        "error": float(np.sqrt(np.mean((found - truth) ** 2))),
        "truth": truth,
        "found": found,
    }


def picture(truth: np.ndarray, found: np.ndarray, width: int = 256, spp: int = 64) -> np.ndarray:
    """Above: the wall as the cameras see it, and its true texture; below: what was found."""
    height = width * 3 // 4
    nearest = (np.arange(height) * TEXELS) // height

    def row(texture: np.ndarray) -> np.ndarray:
        scene = wall(texture, width)
        views = [nr.render(scene, spp=spp, camera=name) for name in scene.cameras]
        return np.concatenate([*views, texture[nearest][:, nearest].astype(np.float32)], axis=1)

    return np.concatenate([row(truth), row(found)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--width", type=int, default=80)
    parser.add_argument("-o", "--output", type=Path, default=HERE / "neural_texture.png")
    options = parser.parse_args()
    result = train(options.width, options.steps)
    nr.write_image(options.output, picture(result["truth"], result["found"]))
    print(f"loss     {result['losses'][0]:.4f} to {np.mean(result['losses'][-10:]):.4f} in {result['seconds']:.0f} s")
    print(f"texture  root mean square error {result['error before']:.3f} to {result['error']:.3f}")
    print(f"picture  {options.output}")


if __name__ == "__main__":
    main()
