"""The style of a picture on a teapot: texture and shape, by a network's features over views from all around.

    python run.py [--out DIR] [--seed N] [--size N] [--texels N] [--spp N] [--iterations N] [--views N]

Gram matrices of early features are to be those of a picture of brush strokes (pattern.py), late features those of the
plain teapot; outlines are held near the plain teapot's.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

import nrender as nr
import nrender.torch

sys.path += [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]

from common.network import features, input_of_srgb, load, network_input  # noqa: E402
from common.painted import Painted, total_variation  # noqa: E402
from common.surface import teapot  # noqa: E402
from common.views import ORIGIN, VERTICES, random_view, silhouette, six_views, studio, unseen, written  # noqa: E402
from pattern import strokes  # noqa: E402

STYLE, CONTENT = (0, 1, 2, 4, 6), 10  # blocks of the network
WEIGHTS = {"style": 1.0, "content": 0.3, "outline": 5.0, "variation": 0.3}
BOUND = 0.03  # of a vertex's way, the teapot's height being 1
RATES = (0.06, 0.04)
PAIRS = 1 << 16


class View(NamedTuple):
    """What is known of a view before anything changes."""

    origin: torch.Tensor  # (3,)
    alpha: torch.Tensor  # (H, W), where the teapot is
    content: torch.Tensor  # late features of the plain teapot


class Style:
    """The losses, of a picture of the teapot from some view."""

    def __init__(
        self, model: torch.nn.Module, scene: nr.Scene, outlines: nr.Scene, picture: np.ndarray, spp: int
    ) -> None:
        self.model, self.scene, self.outlines, self.spp = model, scene, outlines, spp
        planes = input_of_srgb(torch.from_numpy(picture.astype(np.float32)))
        self.grams = [gram(one, torch.ones(one.shape[-2:])) for one in features(model, planes, STYLE)]

    def view(self, origin: torch.Tensor) -> View:
        here = {ORIGIN: origin.numpy()}
        alpha = 1.0 - torch.from_numpy(nr.render(self.outlines.replace(here), spp=16))[..., 0]
        image = torch.from_numpy(nr.render(self.scene.replace(here), spp=16))
        return View(origin, alpha, features(self.model, network_input(image), (CONTENT,))[0])

    def terms(self, values: dict[str, torch.Tensor], view: View, seed: int) -> dict[str, torch.Tensor]:
        """style: the mean over layers of the Gram matrix's relative error; content: the features' relative squared
        error; outline: the mean squared difference of what is covered."""
        here, pair = {ORIGIN: view.origin}, (2 * seed, 2 * seed + 1)
        image = nrender.torch.render(self.scene, {**values, **here}, spp=self.spp, seed=pair)
        *early, late = features(self.model, network_input(image), (*STYLE, CONTENT))
        style = sum(relative(gram(one, resized(view.alpha, one)), wanted)
                    for one, wanted in zip(early, self.grams, strict=True))  # fmt: skip
        moved = {VERTICES: values[VERTICES], **here}
        alpha = 1.0 - nrender.torch.render(self.outlines, moved, spp=4, seed=pair)[..., 0]
        return {"style": style / len(STYLE), "content": relative(late, view.content),
                "outline": (alpha - view.alpha).square().mean()}  # fmt: skip


def gram(planes: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """(C, C): the mean of products of channels over the mask (H, W), of planes (1, C, H, W)."""
    rows = planes[0].flatten(1)
    return (rows * mask.flatten()) @ rows.T / mask.sum()


def resized(alpha: torch.Tensor, planes: torch.Tensor) -> torch.Tensor:
    """(H, W) as of the planes."""
    return functional.interpolate(alpha[None, None], planes.shape[-2:], mode="area")[0, 0]


def relative(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a - b).square().sum() / b.square().sum()


def fit(style: Style, pot: Painted, options: argparse.Namespace) -> None:
    rng = np.random.default_rng(options.seed)
    views = [style.view(random_view(rng)) for _ in range(options.views)]
    optimizer = pot.optimizer(*RATES)
    decay = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: min(1.0, 2.0 * (1.0 - k / options.iterations)))
    for k in range(options.iterations):
        values, view = pot.values(), views[rng.integers(len(views))]
        terms = style.terms(values, view, options.seed * PAIRS + k)
        terms["variation"] = total_variation(pot.texture())
        loss = sum(WEIGHTS[name] * term for name, term in terms.items())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        decay.step()
        if k % 10 == 0 or k == options.iterations - 1:
            shown = "  ".join(f"{name} {float(term.detach()):.4f}" for name, term in terms.items())
            print(f"  {k:4}  {shown}", flush=True)


@torch.no_grad()
def measured(style: Style, pot: Painted, count: int) -> dict[str, float]:
    """Means of the terms over views that the fit has not seen."""
    values = {path: value.detach() for path, value in pot.values().items()}
    rows = [style.terms(values, style.view(origin), 500 + k) for k, origin in enumerate(unseen(count))]
    return {name: round(float(np.mean([float(row[name]) for row in rows])), 5) for name in rows[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("style"), help="folder of pictures and the teapot")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=112, help="of the pictures, in pixels")
    parser.add_argument("--texels", type=int, default=192, help="of the texture's side, a multiple of 8")
    parser.add_argument("--spp", type=int, default=8)
    parser.add_argument("--iterations", type=int, default=90)
    parser.add_argument("--views", type=int, default=16, help="from which one is drawn in each step")
    parser.add_argument("--unseen", type=int, default=20, help="how many other views the figures are means of")
    parser.add_argument("--picture-size", type=int, default=224)
    parser.add_argument("--picture-spp", type=int, default=64)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    surface = teapot()
    pot = Painted(surface, options.texels, BOUND)
    scene = studio(surface, pot.texture().detach().numpy(), options.size)
    style = Style(load(), scene, silhouette(surface, options.size), strokes(), options.spp)
    before, start = measured(style, pot, options.unseen), time.perf_counter()
    print(f"start: {before}", flush=True)
    fit(style, pot, options)
    seconds = time.perf_counter() - start
    found = written(scene, pot.values())
    nr.write_image(options.out / "style.png", six_views(found, options.picture_size, options.picture_spp))
    nr.export(found, options.out / "teapot.glb")
    after = measured(style, pot, options.unseen)
    moved = float(torch.linalg.vector_norm(pot.displacement().detach(), dim=-1).max())
    print(json.dumps({"start": before, "end": after, "moved": round(moved, 4), "seconds": round(seconds, 1)}))


if __name__ == "__main__":
    main()
