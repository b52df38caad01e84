"""The mip pyramid of an image, a linear map of its texels. NumPy, float64, on the host.

Each level is half as wide and high, rounded up, down to one texel. A texel is the mean of exactly the area that it
covers of the level below, so that all levels have the same mean; with an odd size it covers parts of texels (the
polyphase box filter of Guthe and Heckbert 2005).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def levels(width: int, height: int) -> list[tuple[int, int]]:
    """(width, height) of each level, that of the image first and (1, 1) last."""
    out = [(width, height)]
    while out[-1] != (1, 1):
        w, h = out[-1]
        out.append(((w + 1) // 2, (h + 1) // 2))
    return out


def build(image: np.ndarray) -> np.ndarray:
    """(N,) all levels of an image (H, W, C), each row by row with its channels, the image itself first. It is its own
    tangent."""
    out = [image]
    for (w, h), (less_w, less_h) in _steps(image.shape[1], image.shape[0]):
        out.append(_along_both(_halving(h, less_h), _halving(w, less_w), out[-1]))
    return np.concatenate([level.reshape(-1) for level in out])


def build_adj(g: np.ndarray, height: int, width: int, channels: int) -> np.ndarray:
    """Gradient (H, W, C) for the image, given that of all levels (N,)."""
    g_image = np.zeros((1, 1, channels))
    end = len(g)
    for (w, h), (less_w, less_h) in reversed(_steps(width, height)):
        start = end - less_w * less_h * channels
        g_image = g_image + g[start:end].reshape(less_h, less_w, channels)
        g_image = _along_both(_halving(h, less_h).T, _halving(w, less_w).T, g_image)
        end = start
    return g_image + g[:end].reshape(height, width, channels)


def _steps(width: int, height: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    sizes = levels(width, height)
    return list(zip(sizes[:-1], sizes[1:], strict=True))


def _halving(n: int, m: int) -> csr_array:
    """(m, n): row i has the shares of n texels in the i-th of m equal parts of their length. m is (n + 1) // 2."""
    from scipy.sparse import csr_array

    # In units of 1/m of a texel the part is [i n, (i + 1) n), and the j-th texel [j m, (j + 1) m).
    start = np.arange(m)[:, None] * n
    texel = start // m + np.arange(3)
    overlap = np.minimum(start + n, (texel + 1) * m) - np.maximum(start, texel * m)
    row, column = np.nonzero(overlap > 0)
    return csr_array((overlap[row, column] / n, (row, texel[row, column])), shape=(m, n))


def _along_both(rows: csr_array, columns: csr_array, image: np.ndarray) -> np.ndarray:
    """The two linear maps along the first and the second axis of (H, W, C)."""
    height, width, channels = image.shape
    image = (rows @ image.reshape(height, -1)).reshape(-1, width, channels).swapaxes(0, 1)
    image = (columns @ image.reshape(width, -1)).reshape(columns.shape[0], -1, channels)
    return image.swapaxes(0, 1)
