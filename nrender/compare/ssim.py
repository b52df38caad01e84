"""SSIM, the structural similarity.

Source: Wang, Bovik, Sheikh, Simoncelli 2004, "Image quality assessment: from error visibility to
structural similarity", eq. 13, with the constants of section III.C: K1 = 0.01, K2 = 0.03, a
circular Gaussian window of 11x11 with a standard deviation of 1.5 pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nrender.compare.pair import Image, pair
from nrender.image import luminance, srgb_encode

K1, K2 = 0.01, 0.03
C1, C2 = K1**2, K2**2
RADIUS, SIGMA = 5, 1.5
WINDOW = np.exp(-(np.arange(-RADIUS, RADIUS + 1) ** 2) / (2 * SIGMA**2))
WINDOW /= WINDOW.sum()
"""Of a row or a column, (11,); the window is their product."""


def ssim(a: ArrayLike, b: ArrayLike) -> float:
    """Mean SSIM of two linear images `(H, W, 3)`: 1 for equal ones, above -1.

    Of the luminance, clamped to [0, 1] and sRGB-encoded, over the windows that lie inside the
    image; in one less than 11 pixels wide or high over all windows, mirrored at the borders.
    """
    x, y = (srgb_encode(np.clip(luminance(image), 0.0, 1.0)) for image in pair(a, b))
    mean_x, mean_y = _blur(x), _blur(y)
    var_x, var_y = _blur(x * x) - mean_x**2, _blur(y * y) - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    similarity = ((2 * mean_x * mean_y + C1) * (2 * covariance + C2)) / (
        (mean_x**2 + mean_y**2 + C1) * (var_x + var_y + C2)
    )
    if min(x.shape) > 2 * RADIUS:
        similarity = similarity[RADIUS:-RADIUS, RADIUS:-RADIUS]
    return float(np.mean(similarity))


def _blur(values: Image) -> Image:
    """The windowed mean."""
    from scipy.ndimage import correlate1d

    columns = correlate1d(values, WINDOW, axis=0, mode="reflect")
    return correlate1d(columns, WINDOW, axis=1, mode="reflect")
