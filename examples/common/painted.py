"""What style and dream change of the teapot: its texture and its vertices, as numbers that Adam steps."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from .surface import SmoothField, Surface, within
from .views import TEXTURE, VERTICES

SMOOTHNESS = 30.0


class Painted:
    """texture: (side, side, 3) in (0, 1), the sigmoid of a sum of pictures of side/8, side/2 and side texels: so Adam's
    steps move what is large first. vertices: those of the start, each by less than `bound`, smoothly."""

    def __init__(self, surface: Surface, side: int, bound: float, grey: float = 0.5) -> None:
        self.side, self.bound, self.bias = side, bound, float(np.log(grey / (1.0 - grey)))
        self.layers = [torch.zeros((1, 3, side // k, side // k), requires_grad=True) for k in (8, 2, 1)]
        self.field = SmoothField(surface, SMOOTHNESS)
        self.u = self.field.zeros().requires_grad_()
        self.start = torch.from_numpy(surface.vertices)

    def optimizer(self, paint: float, shape: float) -> torch.optim.Adam:
        """paint, shape: learning rates, in units of the sigmoid and of the bound."""
        groups = [{"params": self.layers, "lr": paint}, {"params": [self.u], "lr": shape}]
        return torch.optim.Adam(groups, betas=(0.9, 0.99))

    def texture(self) -> torch.Tensor:
        size = (self.side, self.side)
        grown = [functional.interpolate(one, size, mode="bilinear", align_corners=False) for one in self.layers]
        return torch.sigmoid(self.bias + sum(grown))[0].permute(1, 2, 0)

    def displacement(self) -> torch.Tensor:
        """(N, 3)."""
        return within(self.field(self.u), self.bound)

    def values(self) -> dict[str, torch.Tensor]:
        return {TEXTURE: self.texture(), VERTICES: self.start + self.displacement()}


def total_variation(texture: torch.Tensor) -> torch.Tensor:
    """The mean of the absolute differences of neighbouring texels."""
    return texture.diff(dim=0).abs().mean() + texture.diff(dim=1).abs().mean()
