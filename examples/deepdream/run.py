"""What a network dreams of on a teapot: texture and shape that excite a class or a channel, from all around.

    python run.py [--out DIR] [--seed N] [--target N] [--block N] [--size N] [--texels N] [--spp N] [--iterations N]

By Adam over random views. Without --block the target is a class of ImageNet and its logit is made large; with it, it is
a channel of what this block (0 to 15) puts out.
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

from common.network import features, load, network_input  # noqa: E402
from common.painted import Painted, total_variation  # noqa: E402
from common.surface import SmoothField, teapot  # noqa: E402
from common.views import ORIGIN, random_view, six_views, studio, unseen, written  # noqa: E402

TARGET = 292  # tiger
WEIGHTS = {"variation": 20.0, "bending": 50.0}
BOUND = 0.06  # of a vertex's way, the teapot's height being 1
RATES = (0.08, 0.05)
PAIRS = 1 << 16


def activation(model: torch.nn.Module, image: torch.Tensor, options: argparse.Namespace) -> torch.Tensor:
    """The class's logit, or the channel's mean, of a linear picture (H, W, 3)."""
    planes = network_input(image)
    if options.block is None:
        return model(planes)[0, options.target]
    return features(model, planes, (options.block,))[0][0, options.target].mean()


def bending(field: SmoothField, displacement: torch.Tensor) -> torch.Tensor:
    """How far vertices go from their neighbours' mean, squared, in units of the bound."""
    return (field.rough(displacement) / BOUND).square().sum(-1).mean()


def seen(scene: nr.Scene, values: dict[str, torch.Tensor], origin: torch.Tensor, spp: int, seed: int) -> torch.Tensor:
    return nrender.torch.render(scene, {**values, ORIGIN: origin}, spp=spp, seed=(2 * seed, 2 * seed + 1))


def fit(model: torch.nn.Module, scene: nr.Scene, pot: Painted, options: argparse.Namespace) -> None:
    rng = np.random.default_rng(options.seed)
    optimizer = pot.optimizer(*RATES)
    decay = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: min(1.0, 2.0 * (1.0 - k / options.iterations)))
    for k in range(options.iterations):
        image = seen(scene, pot.values(), random_view(rng), options.spp, options.seed * PAIRS + k)
        terms = {"activation": -activation(model, image, options), "variation": total_variation(pot.texture()),
                 "bending": bending(pot.field, pot.displacement())}  # fmt: skip
        loss = sum(WEIGHTS.get(name, 1.0) * term for name, term in terms.items())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        decay.step()
        if k % 10 == 0 or k == options.iterations - 1:
            print(f"  {k:4}  activation {-float(terms['activation'].detach()):8.3f}  "
                  f"variation {float(terms['variation'].detach()):.4f}  bending {float(terms['bending'].detach()):.4f}",
                  flush=True)  # fmt: skip


@torch.no_grad()
def measured(model: torch.nn.Module, scene: nr.Scene, pot: Painted, options: argparse.Namespace) -> float:
    """The activation's mean over views that the fit has not seen."""
    values = {path: value.detach() for path, value in pot.values().items()}
    images = [seen(scene, values, origin, 4 * options.spp, 500 + k) for k, origin in enumerate(unseen(options.unseen))]
    return round(float(np.mean([float(activation(model, image, options)) for image in images])), 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("deepdream"), help="folder of pictures and the teapot")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", type=int, default=TARGET, help="number of a class, or of a channel")
    parser.add_argument("--block", type=int, choices=range(16), help="whose channel it is; without: a class")
    parser.add_argument("--size", type=int, default=112, help="of the pictures, in pixels")
    parser.add_argument("--texels", type=int, default=192, help="of the texture's side, a multiple of 8")
    parser.add_argument("--spp", type=int, default=8)
    parser.add_argument("--iterations", type=int, default=140)
    parser.add_argument("--unseen", type=int, default=20, help="how many other views the figures are means of")
    parser.add_argument("--picture-size", type=int, default=224)
    parser.add_argument("--picture-spp", type=int, default=64)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    model, surface = load(), teapot()
    pot = Painted(surface, options.texels, BOUND)
    scene = studio(surface, pot.texture().detach().numpy(), options.size)
    before, start = measured(model, scene, pot, options), time.perf_counter()
    print(f"start: activation {before} over {options.unseen} unseen views", flush=True)
    fit(model, scene, pot, options)
    seconds = time.perf_counter() - start
    found = written(scene, pot.values())
    nr.write_image(options.out / "deepdream.png", six_views(found, options.picture_size, options.picture_spp))
    nr.export(found, options.out / "teapot.glb")
    after = measured(model, scene, pot, options)
    moved = float(torch.linalg.vector_norm(pot.displacement().detach(), dim=-1).max())
    print(json.dumps({"start": before, "end": after, "moved": round(moved, 4), "seconds": round(seconds, 1)}))


if __name__ == "__main__":
    main()
