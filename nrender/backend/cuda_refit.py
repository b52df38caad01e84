"""The words of a tree whose vertices have moved, made on the device from those of an earlier one that are there."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..geometry.refitted import GROWN, Refitted
from . import cuda_kernels, gpu
from .cuda_launch import launch, one_line
from .gpu import cuda


def refitted(tree: Refitted, before: Any, theta: Any, faces: Any) -> Any:
    """Words on the device; before, theta, faces: are there. If boxes have grown so that rays would walk it badly, those
    of a new tree."""
    words, levels, extent = tree.tree
    count = levels[-1]
    with one_line():
        made = cuda.device_array(len(words), np.int32)
        made.copy_to_device(before)
        bounds, surfaces = cuda.device_array(6 * count, np.float32), cuda.device_array(count, np.float32)
    for begin, end in zip(levels[-2::-1], levels[:0:-1], strict=True):
        launch(cuda_kernels.refit, gpu.CUDA, end - begin, made, theta, faces, bounds, surfaces, begin, end)
    surface = surfaces.copy_to_host().astype(np.float64)
    if surface.sum() < GROWN * extent * surface[0]:  # as for tree.extent_of
        return made
    with one_line():
        return cuda.to_device(tree.rebuild())
