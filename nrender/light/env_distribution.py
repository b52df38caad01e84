"""What an environment map is sampled by: a density that is constant over cells of the size of a texel. NumPy, float64.

A cell's probability is the mean over it of the bilinearly interpolated luminance, times its solid angle: that mean is
the texels' under the kernel [1/8, 6/8, 1/8] both ways, so a cell has a probability wherever the map isn't black in it.
"""

from __future__ import annotations

import numpy as np

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # of linear sRGB (Rec. 709)


def distribution(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rows (H + 1,), columns (H (W + 1),)) of an image (H, W, 3), row 0 at +y: cumulative probability of the rows, and
    within each row of its columns, from 0 to 1. The columns of a black row are alike, and so are all directions of a
    black image."""
    height, width = image.shape[:2]
    across = _blur(np.asarray(image, np.float64) @ LUMINANCE, 1, "wrap")
    light = _blur(across, 0, "edge")
    edge = np.cos(np.pi * np.arange(height + 1) / height)
    solid = edge[:-1] - edge[1:]
    by_row = light.sum(1) * solid
    if not by_row.any():
        by_row = solid
    columns = np.where(light.sum(1, keepdims=True) > 0.0, light, 1.0)
    return _cumulative(by_row), _cumulative(columns).reshape(-1)


def _blur(x: np.ndarray, axis: int, border: str) -> np.ndarray:
    wide = np.pad(x, [(int(axis == k), int(axis == k)) for k in range(2)], mode=border)  # type: ignore[call-overload]
    n = x.shape[axis]
    before, here, after = (np.take(wide, np.arange(n) + k, axis) for k in range(3))
    return 0.125 * before + 0.75 * here + 0.125 * after


def _cumulative(weights: np.ndarray) -> np.ndarray:
    """Sums along the last axis, from 0 to 1."""
    sums = np.cumsum(weights, axis=-1)
    return np.concatenate([np.zeros((*weights.shape[:-1], 1)), sums / sums[..., -1:]], axis=-1)
