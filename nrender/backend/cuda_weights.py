"""The weights of a picture on their way to an adjoint on CUDA, band by band."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import NrenderError
from . import cuda_kernels, gpu
from .cuda_launch import Bad, launch, one_line
from .gpu import cuda

BYTES = 12  # of a pixel, on the device


class Weights:
    """Weights (h, w, 3): an array of the host, or one of any library that is on the device, which is not taken to the
    host."""

    def __init__(self, weights: Any, shape: tuple[int, ...]) -> None:
        self.source: Any
        self.there = hasattr(weights, "__cuda_array_interface__")
        if not self.there:
            self.source = np.ascontiguousarray(weights, np.float32)
            return
        self.source = cuda.as_cuda_array(weights)
        if tuple(self.source.shape) != shape:
            raise NrenderError(f"weights: expected shape {shape}, got {tuple(self.source.shape)}")
        if self.source.dtype not in (np.float32, np.float64):
            raise NrenderError(f"weights: expected float32 or float64, got {self.source.dtype}")

    def rows(self, top: int, bottom: int) -> Any:
        """Those of the rows top .. bottom on the device, flat, float32. NrenderError if some are not finite."""
        band = self.source[top:bottom]
        if not self.there:
            with one_line():
                return cuda.to_device(band.reshape(-1))
        count, bad = band.shape[0] * band.shape[1], Bad()
        with one_line():
            flat = cuda.device_array(3 * count, np.float32)
        launch(cuda_kernels.take_weights, gpu.CUDA, count, band, flat, bad.array)
        if bad.first():
            raise NrenderError("weights: expected finite numbers, got NaN or infinity")
        return flat
