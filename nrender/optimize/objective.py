"""The loss of a scene and its gradient, estimated from two independent renders per camera.

An evaluation at `spp` samples per pixel spends them in halves: image a and image b.  Its random
numbers are named by (seed, stream, camera): the same stream gives the same numbers (common random
numbers, what a line search needs), another stream fresh ones (what a stochastic method needs).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

from nrender.loss import LOSSES, Estimate, estimate

Gradients = dict[str, np.ndarray]


class Renderer(Protocol):
    """The two functions of `nrender.render` that an objective calls."""

    def render(self, scene: Any, spp: int, seed: int, device: str, camera: str) -> np.ndarray: ...

    def render_vjp(
        self, scene: Any, wrt: list[str], spp: int, seed: int, device: str, camera: str
    ) -> tuple[np.ndarray, Any]: ...


class Evaluated(NamedTuple):
    """Loss, its noise (see `loss.Estimate`), {path: gradient}."""

    loss: float
    noise: float
    gradients: Gradients


class Objective:
    """Sum over cameras of the loss between a scene's image and the target."""

    def __init__(
        self,
        targets: dict[str, np.ndarray],
        wrt: list[str],
        renderer: Renderer,
        loss: str = "l2",
        spp: int = 64,
        seed: int = 0,
        device: str = "auto",
    ) -> None:
        self.targets, self.wrt, self.renderer = targets, wrt, renderer
        self.loss = LOSSES[loss]
        self.spp, self.seed, self.device = spp, seed, device

    def seeds(self, stream: int, camera: int) -> tuple[int, int]:
        """Two different seeds of 31 bits; the same for the same arguments, on any machine."""
        state = np.random.SeedSequence((self.seed, stream, camera)).generate_state(2)
        first, second = (int(s) & 0x7FFFFFFF for s in state)
        return first, second if second != first else first ^ 1

    def value(self, scene: Any, stream: int = 0) -> Estimate:
        """The loss alone, from forward renders."""
        total = Evaluated(0.0, 0.0, {})
        for camera, seed_a, seed_b in self._views(stream):
            a, b = self._render(scene, camera, seed_a), self._render(scene, camera, seed_b)
            total = _add(total, estimate(self.loss, a, b, self.targets[camera]), {})
        return Estimate(total.loss, total.noise)

    def exact(self, scene: Any, stream: int = 0) -> Evaluated:
        """Both halves differentiated: the gradient of this very estimate of the loss, of its smooth part.

        (How edges move is sampled on its own, and sampled directions don't move with a material.)
        """
        total = Evaluated(0.0, 0.0, {})
        for camera, seed_a, seed_b in self._views(stream):
            target = self.targets[camera]
            a, pull_a = self._vjp(scene, camera, seed_a)
            b, pull_b = self._vjp(scene, camera, seed_b)
            weight_a, weight_b = self.loss.gradient(a, b, target)
            part = estimate(self.loss, a, b, target)
            total = _add(_add(total, part, pull_a(weight_a)), None, pull_b(weight_b))
        return total

    def half(self, scene: Any, stream: int) -> Evaluated:
        """One half differentiated, the other rendered only: unbiased too, for less work."""
        total = Evaluated(0.0, 0.0, {})
        for camera, seed_a, seed_b in self._views(stream):
            target = self.targets[camera]
            b, pull_b = self._vjp(scene, camera, seed_b)
            a = self._render(scene, camera, seed_a)
            _, weight_b = self.loss.gradient(a, b, target)
            total = _add(total, estimate(self.loss, a, b, target), pull_b(2 * weight_b))
        return total

    def _views(self, stream: int) -> Iterator[tuple[str, int, int]]:
        for index, camera in enumerate(self.targets):
            yield camera, *self.seeds(stream, index)

    @property
    def _half_spp(self) -> int:
        return (self.spp + 1) // 2

    def _render(self, scene: Any, camera: str, seed: int) -> np.ndarray:
        image = self.renderer.render(
            scene, spp=self._half_spp, seed=seed, device=self.device, camera=camera
        )
        return np.asarray(image, np.float64)

    def _vjp(self, scene: Any, camera: str, seed: int) -> tuple[np.ndarray, Any]:
        image, pullback = self.renderer.render_vjp(
            scene, wrt=self.wrt, spp=self._half_spp, seed=seed, device=self.device, camera=camera
        )
        return np.asarray(image, np.float64), pullback


def _add(total: Evaluated, part: Estimate | None, gradients: Gradients) -> Evaluated:
    part = part or Estimate(0.0, 0.0)
    summed = dict(total.gradients)
    for path, gradient in gradients.items():
        summed[path] = summed[path] + gradient if path in summed else gradient
    noise = float(np.hypot(total.noise, part.noise))
    return Evaluated(total.loss + part.value, noise, summed)
