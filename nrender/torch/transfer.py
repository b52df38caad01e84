"""Between tensors and what nrender takes and gives: without a copy where both sides can see the memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ..backend.devices import resolve

NUMPYS = (torch.float16, torch.float32, torch.float64)


def host(tensor: torch.Tensor) -> np.ndarray:
    """A view of a CPU tensor; a copy of one on a GPU, or in a type that NumPy doesn't know."""
    tensor = tensor.detach()
    if tensor.is_floating_point() and tensor.dtype not in NUMPYS:
        tensor = tensor.to(torch.float32)
    return tensor.cpu().resolve_neg().numpy()


def device_of(tensors: Sequence[torch.Tensor]) -> torch.device:
    """Where the pictures go: to the GPU if one of the parameters is there."""
    return next((tensor.device for tensor in tensors if tensor.device.type != "cpu"), torch.device("cpu"))


def stays(device: str, precision: str, to: torch.device) -> bool:
    """Whether the image needs not leave the GPU: it is rendered there, and wanted there."""
    return to.type == "cuda" and resolve(device, precision) == "cuda"


def tensor_of(picture: Any, to: torch.device) -> torch.Tensor:
    """A picture of nrender. One on the GPU (`__cuda_array_interface__`) stays where it is, in the same memory."""
    if hasattr(picture, "__cuda_array_interface__"):
        return torch.as_tensor(picture, device="cuda").to(to)
    return torch.from_numpy(np.ascontiguousarray(picture)).to(to)


def weights_of(gradient: torch.Tensor | None, device: str, precision: str) -> Any:
    """dLoss/dPicture as a pullback takes it: an array of the host, or the tensor itself where both are on the GPU."""
    if gradient is None:
        return None
    if stays(device, precision, gradient.device):
        synchronize(gradient.device)
        return gradient.detach().contiguous()
    return host(gradient)


def synchronize(device: torch.device) -> None:
    """Wait for what PyTorch has begun there: nrender's kernels may run on another stream."""
    torch.cuda.current_stream(device).synchronize()


def like(array: np.ndarray, parameter: torch.Tensor) -> torch.Tensor:
    """A gradient (float64) in the type and on the device of its parameter."""
    return torch.from_numpy(np.ascontiguousarray(array)).to(parameter.device, parameter.dtype)
