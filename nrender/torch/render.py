"""nrender.torch.render: a picture of a scene whose parameters are tensors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from .. import bridge
from ..scene import Scene
from .function import Render, Task


def render(
    scene: Scene,
    params: Mapping[str, torch.Tensor],
    *,
    spp: int | None = None,
    seed: int | tuple[int, int] = 0,
    device: str = "auto",
    camera: str | None = None,
    precision: str = "float32",
    aovs: Iterable[str] | None = None,
) -> Any:
    """The image (height, width, 3) of the scene with these parameters, linear RGB radiance, row 0 at the top: a tensor
    on the parameters' device, float32 (float64 with precision="float64"); with `aovs` a dict {name: tensor} of these
    instead, (height, width, channels), or (height, width) of one channel.

    params: {path: tensor of the parameter's shape, of any floating type}; those that require a gradient get it, in
    their own type and on their own device. spp, device, camera, precision: as of `nrender.render`.

    seed: a whole number; or a pair, of the image and of its derivative. With one number the derivative is that of this
    very image: right for losses that are linear in it, and in tests. With a pair of different ones it replays other
    paths than the image's: so for any loss the weights dLoss/dImage are independent of the paths that they weigh, as
    an unbiased gradient needs.

    Reverse and forward mode, once: a second derivative is an NrenderError, and so is what `Scene.replace` refuses.
    """
    values = {path: torch.as_tensor(value) for path, value in params.items()}
    call = bridge.call_of(scene, values, spp, device, camera, precision, aovs)
    differentiated = [_differentiated(value) for value in values.values()]
    task = Task(call, bridge.seeds_of(seed), differentiated)
    return call.one_or_all(Render.apply(task, *values.values()))


def _differentiated(value: torch.Tensor) -> bool:
    """Whether a gradient may be asked for."""
    return torch.is_grad_enabled() and value.requires_grad
