"""A teapot that a network recognises, until camera, lamp, pose and shape change a little: an adversarial scene.

    python run.py [--out DIR] [--seed N] [--size N] [--spp N] [--iterations N] [--check-spp N] [--groups NAME ...]

Each group of parameters alone, then all together, is moved within its bounds by projected steps so that the probability
of "teapot" falls. What is found is rendered again with many samples and other random numbers, and classified.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch

import nrender as nr
import nrender.torch

sys.path.append(str(Path(__file__).resolve().parent.parent))

from common.network import TEAPOT, load, log_probabilities, name_of, top  # noqa: E402
from common.surface import SmoothField, Surface, teapot  # noqa: E402

HERE = Path(__file__).parent
POT = "shapes.teapot"
BOUNDS = {
    "camera": {"cameras.main.origin": 0.25, "cameras.main.target": 0.1},
    "light": {"shapes.lamp.transform.translate": 1.5, "shapes.lamp.emission": 20.0},
    "pose": {f"{POT}.transform.rotate": 10.0, f"{POT}.transform.translate": 0.1},
    "shape": {f"{POT}.vertices": 0.03},
}
"""How far, in Euclidean length, each vector may go. The pot's height is 1, the camera's distance 3.2, and the lamp's
3.9; its emission is as long as 47, and rotations are in degrees."""
SMOOTHNESS = 100.0
RATE, MOMENTUM = 0.12, 0.7
PAIRS = 1 << 16


def scene_of(surface: Surface, size: int) -> nr.Scene:
    """pot.yaml with the teapot in it, as a mesh whose vertices are parameters."""
    document = dict(nr.load_scene(HERE / "pot.yaml").document)
    mesh = {"type": "mesh", "vertices": surface.vertices, "faces": surface.faces}
    document["shapes"] = {**document["shapes"], "teapot": {**document["shapes"]["teapot"], **mesh}}
    return nr.Scene.from_dict(document, base=HERE).with_resolution("main", size, size)


class Attack:
    """The parameters of some groups, each a vector (or one for each vertex) in the unit ball, times its bound."""

    def __init__(self, scene: nr.Scene, groups: list[str], field: SmoothField) -> None:
        self.field = field
        self.bounds = {path: bound for group in groups for path, bound in BOUNDS[group].items()}
        self.start = {path: torch.from_numpy(np.array(scene.parameters[path])) for path in self.bounds}
        self.offset = {path: torch.zeros_like(start, requires_grad=True) for path, start in self.start.items()}
        self.momentum = {path: torch.zeros_like(start) for path, start in self.start.items()}

    def values(self) -> dict[str, torch.Tensor]:
        return {path: self.start[path] + bound * self.offset[path] for path, bound in self.bounds.items()}

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Down the gradient by a length of `rate`, and back into the ball: that of vertices after it was smoothed."""
        for path, offset in self.offset.items():
            gradient = self.field.smoothed(offset.grad) if path.endswith("vertices") else offset.grad
            self.momentum[path] += gradient / longest(gradient)
            self.momentum[path] *= MOMENTUM
            offset -= rate * self.momentum[path] / longest(self.momentum[path])
            offset /= torch.linalg.vector_norm(offset, dim=-1, keepdim=True).clamp(min=1.0)
            offset.grad = None


def longest(vectors: torch.Tensor) -> torch.Tensor:
    return torch.linalg.vector_norm(vectors, dim=-1).max() + 1e-30


def attack(
    model: torch.nn.Module, scene: nr.Scene, groups: list[str], field: SmoothField, options: argparse.Namespace
) -> nr.Scene:
    """The scene that is found."""
    found = Attack(scene, groups, field)
    for k in range(options.iterations):
        seed, values = options.seed * PAIRS + 2 * k, found.values()
        with torch.no_grad():
            clear = nrender.torch.render(scene, values, spp=options.clear * options.spp, seed=seed)
        clear.requires_grad_()
        loss = log_probabilities(model, clear)[TEAPOT]
        loss.backward()  # so the network sees no noise; what it says of the pixels is then carried to the scene
        noisy = nrender.torch.render(scene, values, spp=options.spp, seed=seed + 1)
        (noisy * clear.grad).sum().backward()
        found.step(RATE * min(1.0, 2.0 * (1.0 - k / options.iterations)))
        if k % 5 == 0 or k == options.iterations - 1:
            print(f"  {k:4}  probability of teapot {float(loss.detach().exp()):.3f}", flush=True)
    with torch.no_grad():
        return scene.replace({path: value.numpy() for path, value in found.values().items()})


def judged(model: torch.nn.Module, scene: nr.Scene, spp: int, seed: int) -> tuple[np.ndarray, dict[str, object]]:
    """(The picture, what the network takes it for)."""
    image = nr.render(scene, spp=spp, seed=seed)
    best, probability = top(model, image)
    with torch.no_grad():
        teapot = float(log_probabilities(model, torch.from_numpy(image))[TEAPOT].exp())
    return image, {"class": name_of(best), "probability": round(probability, 3), "teapot": round(teapot, 3)}


def picture(clean: np.ndarray, found: np.ndarray, factor: float) -> np.ndarray:
    """Clean, found, and half grey plus factor times the difference."""
    difference = np.clip(0.2 + factor * (found - clean), 0.0, 1.0)
    return np.concatenate([clean.clip(0, 1), found.clip(0, 1), difference], axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("adversarial"), help="folder of pictures and scenes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=112, help="of the square pictures that the network sees, in pixels")
    parser.add_argument("--spp", type=int, default=64, help="of the derivative")
    parser.add_argument("--clear", type=int, default=3, help="times as many has the picture that the network sees")
    parser.add_argument("--iterations", type=int, default=22)
    parser.add_argument("--check-spp", type=int, default=1024, help="of the pictures that are classified in the end")
    parser.add_argument("--check-seeds", type=int, default=5, help="how many of them, of all groups together")
    parser.add_argument("--picture-size", type=int, default=224)
    parser.add_argument("--groups", nargs="+", choices=[*BOUNDS, "all"], default=[*BOUNDS, "all"])
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    model, surface = load(), teapot()
    scene, field = scene_of(surface, options.size), SmoothField(surface, SMOOTHNESS)
    _, clean = judged(model, scene, options.check_spp, 101)
    print(f"clean: {clean}", flush=True)
    result: dict[str, object] = {"clean": clean}
    for name in options.groups:
        print(f"{name}:", flush=True)
        start = time.perf_counter()
        groups = list(BOUNDS) if name == "all" else [name]
        changed = attack(model, scene, groups, field, options)
        seconds = time.perf_counter() - start
        count = options.check_seeds if name == "all" else 1
        verdicts = [judged(model, changed, options.check_spp, 201 + k)[1] for k in range(count)]
        fooled = sum(verdict["class"] != name_of(TEAPOT) for verdict in verdicts)
        result[name] = {**verdicts[0], "fooled": f"{fooled} of {count}", "seconds": round(seconds, 1)}
        print(f"  {result[name]}", flush=True)
        changed.dump(options.out / f"{name}.yaml")
    side, spp = options.picture_size, max(16, options.check_spp // 4)
    images = [nr.render(one.with_resolution("main", side, side), spp=spp, seed=301) for one in (scene, changed)]
    nr.write_image(options.out / "adversarial.png", picture(*images, factor=2.0))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
