"""A teapot that a network recognises, until camera, lamp, pose and shape change a little: an adversarial scene.

    python run.py [--out DIR] [--seed N] [--size N] [--spp N] [--starts N] [--iterations N] [--groups NAME ...]

Each group of parameters alone, then all together, is moved within its bounds, from the best of some random places by
projected steps down the gradient, so that something else than "teapot" is likeliest. What is found is rendered again
with many samples and other random numbers, and classified.
"""

from __future__ import annotations

import argparse
import itertools
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
RATE = 0.1  # of the bounds
ENOUGH = -1.0  # margin: some other class is e times as likely
SEEDS = 1 << 16


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

    def values(self) -> dict[str, torch.Tensor]:
        return {path: self.start[path] + bound * self.offset[path] for path, bound in self.bounds.items()}

    def kept(self) -> dict[str, torch.Tensor]:
        return {path: offset.detach().clone() for path, offset in self.offset.items()}

    @torch.no_grad()
    def place(self, offsets: dict[str, torch.Tensor]) -> None:
        for path, offset in self.offset.items():
            offset.copy_(offsets[path])
            offset.grad = None

    def draw(self, rng: np.random.Generator) -> dict[str, torch.Tensor]:
        """Anywhere in the balls, the vertices as they are."""
        found = self.kept()
        for path, offset in found.items():
            if path.endswith("vertices"):
                found[path] = torch.zeros_like(offset)
            else:
                direction = rng.normal(size=3)
                found[path] = torch.from_numpy(direction / np.linalg.norm(direction) * rng.uniform() ** (1 / 3))
        return found

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Down the gradient by a length of `rate`, and back into the ball: that of vertices after it was smoothed."""
        for path, offset in self.offset.items():
            gradient = self.field.smoothed(offset.grad) if path.endswith("vertices") else offset.grad
            offset -= rate * gradient / longest(gradient)
            offset /= torch.linalg.vector_norm(offset, dim=-1, keepdim=True).clamp(min=1.0)
            offset.grad = None


def longest(vectors: torch.Tensor) -> torch.Tensor:
    return torch.linalg.vector_norm(vectors, dim=-1).max() + 1e-30


def margin(model: torch.nn.Module, image: torch.Tensor) -> torch.Tensor:
    """log of p(teapot) over that of the likeliest other class: below 0 the network is fooled."""
    log_p = log_probabilities(model, image)
    others = torch.cat([log_p[:TEAPOT], log_p[TEAPOT + 1 :]])
    return log_p[TEAPOT] - others.max()


def attack(
    model: torch.nn.Module, scene: nr.Scene, groups: list[str], field: SmoothField, options: argparse.Namespace
) -> nr.Scene:
    """The best scene that is found: projected steps from the best of some random places within the bounds."""
    found, rng = Attack(scene, groups, field), np.random.default_rng(options.seed)
    spp, seeds = options.clear * options.spp, itertools.count(options.seed * SEEDS)

    def picture_of() -> torch.Tensor:
        with torch.no_grad():
            return nrender.torch.render(scene, found.values(), spp=spp, seed=next(seeds))

    best, least = found.kept(), float(margin(model, picture_of()).detach())
    print(f"  start  margin {least:+.2f}", flush=True)
    for _ in range(options.starts):
        found.place(found.draw(rng))
        value = float(margin(model, picture_of()).detach())
        if value < least:
            best, least = found.kept(), value
    print(f"  best of {options.starts} places  margin {least:+.2f}", flush=True)
    found.place(best)
    for k in range(options.iterations):
        clear = picture_of().requires_grad_()  # with many samples: noise alone would fool the network
        loss = margin(model, clear)
        loss.backward()
        value = float(loss.detach())
        if value < least:
            best, least = found.kept(), value
        if k % 5 == 0 or least < ENOUGH:
            print(f"  {k:4}  margin {value:+.2f}, best {least:+.2f}", flush=True)
        if least < ENOUGH:
            break
        picture = nrender.torch.render(scene, found.values(), spp=options.spp, seed=next(seeds))
        (picture * clear.grad).sum().backward()  # what the network says of the pixels, carried to the scene
        found.step(RATE * (1.0 - 0.8 * k / options.iterations))
    found.place(best)
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
    """Clean, found, and a grey of 0.2 plus factor times the difference."""
    difference = np.clip(0.2 + factor * (found - clean), 0.0, 1.0)
    return np.concatenate([clean.clip(0, 1), found.clip(0, 1), difference], axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("adversarial"), help="folder of pictures and scenes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=112, help="of the square pictures that the network sees, in pixels")
    parser.add_argument("--spp", type=int, default=64, help="of the derivative")
    parser.add_argument("--clear", type=int, default=3, help="times as many has the picture that the network sees")
    parser.add_argument("--starts", type=int, default=24, help="random places, of which the best is taken")
    parser.add_argument("--iterations", type=int, default=90)
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
