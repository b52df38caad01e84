"""nrender.torch.RenderModule: a scene as a module whose learnable parameters are the scene's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import nn

from .. import bridge
from ..bridge.bounds import bounds_of, spec_of
from ..errors import NrenderError
from ..scene import Scene
from . import transfer
from .render import render


class RenderModule(nn.Module):
    """A module without inputs whose output is a picture of the scene.

    parameters: paths; None: those of the scene's `optimize` section. They start where a fit would: at the section's
    `init`, else at the scene's value; components that its `mask` leaves out get no gradient. Transforms, ties, bases
    and priors of the section are for `nrender.optimize` alone. `named_parameters()` and `state_dict()` call them by
    their paths.

    spp, device, camera, precision, aovs: as of `nrender.torch.render`; independent: whether the derivative has random
    numbers of its own, for any loss; dtype: of the parameters.
    """

    def __init__(
        self,
        scene: Scene,
        parameters: Iterable[str] | None = None,
        *,
        spp: int | None = None,
        device: str = "auto",
        camera: str | None = None,
        precision: str = "float32",
        aovs: Iterable[str] | None = None,
        independent: bool = True,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.paths = _chosen(scene, parameters)
        self._scene, self.independent = scene, independent
        self.options: dict[str, Any] = {
            "spp": spp, "device": device, "camera": camera, "precision": precision,
            "aovs": None if aovs is None else list(aovs),
        }  # fmt: skip
        self._mask: dict[str, np.ndarray] = {}
        for path in self.paths:
            spec = spec_of(scene, path)
            start = scene.parameters[path] if spec.init is None else spec.init
            if not spec.mask.all():
                self._mask[path] = spec.mask
            _place(self, path, nn.Parameter(torch.tensor(start, dtype=dtype)))
        bridge.call_of(scene, self.paths, spp, device, camera, precision, aovs)  # now, not at the first picture

    def forward(self, seed: int | tuple[int, int] | None = None, camera: str | None = None) -> Any:
        """A picture, with other random numbers at each call: they come from PyTorch's generator, so `torch.manual_seed`
        repeats them. seed, camera: as of `nrender.torch.render`."""
        if seed is None:
            first, second = torch.randint(0, 1 << 32, (2,)).tolist()
            seed = (first, second) if self.independent else first
        options = self.options if camera is None else {**self.options, "camera": camera}
        return render(self._scene, self.values(), seed=seed, **options)

    def parameter(self, path: str) -> nn.Parameter:
        """By its path. NrenderError if the module has none of this name."""
        found = dict(self.named_parameters())
        if path not in found:
            bridge.no_such(path, found)
        return found[path]

    def values(self) -> dict[str, torch.Tensor]:
        """{path: value}, attached; where a mask leaves a component out, it is a constant."""
        found: dict[str, torch.Tensor] = dict(self.named_parameters())
        for path, mask in self._mask.items():
            value = found[path]
            found[path] = torch.where(torch.from_numpy(np.array(mask)).to(value.device), value, value.detach())
        return {path: found[path] for path in self.paths}

    @torch.no_grad()
    def clamp_(self) -> RenderModule:
        """Hold the parameters within the bounds of the scene's `optimize` section, and within what their keys allow:
        to be called after an optimizer's step."""
        for path, value in self.named_parameters():
            kind = transfer.host(value.new_zeros(())).dtype.type
            low, high = (torch.from_numpy(np.array(end)) for end in bounds_of(self._scene, path, kind))
            value.clamp_(low.to(value.device, value.dtype), high.to(value.device, value.dtype))
        return self

    def scene(self) -> Scene:
        """The scene as it is now."""
        return self._scene.replace({path: transfer.host(value) for path, value in self.named_parameters()})


def _chosen(scene: Scene, parameters: Iterable[str] | None) -> list[str]:
    if parameters is None:
        parameters = scene.optimize.parameters if scene.optimize else ()
    paths = list(dict.fromkeys([parameters] if isinstance(parameters, str) else parameters))
    if not paths:
        raise NrenderError("parameters: expected paths, or a scene with an optimize section, got none")
    for path in paths:
        if path not in scene.parameters:
            bridge.no_such(path, scene.parameters)
    return paths


class _Node(nn.Module):
    """A part of a path."""


def _place(root: nn.Module, path: str, parameter: nn.Parameter) -> None:
    """A parameter's name may have no dots in it, but the names of modules within modules are joined by dots: so a tree
    of them gives the parameter its path as its name. An object may have any name, a method's too, so modules and
    parameters are put where `nn.Module` keeps them."""
    *parts, leaf = path.split(".")
    for part in parts:
        node = root._modules.get(part)
        if node is None:
            node = root._modules[part] = _Node()
        root = node
    root._parameters[leaf] = parameter
