"""The picture whose style is taken: brush strokes along a field of whirls, painted here."""

from __future__ import annotations

import numpy as np

PALETTE = np.array(
    [[0.03, 0.05, 0.25], [0.08, 0.20, 0.55], [0.20, 0.50, 0.75], [0.75, 0.85, 0.75], [0.98, 0.8, 0.25], [0.9, 0.4, 0.1]]
)
"""sRGB, from the dark to the bright strokes."""


def noise(rng: np.random.Generator, side: int, cells: int) -> np.ndarray:
    """(side, side): smooth and periodic, of about that many bumps a side, mean 0 and deviation 1."""
    k = np.hypot(*np.meshgrid(*[np.fft.fftfreq(side) * side] * 2))
    white = np.fft.fft2(rng.normal(size=(side, side)))
    smooth = np.fft.ifft2(white * np.exp(-((k / cells) ** 2))).real
    return (smooth - smooth.mean()) / smooth.std()


def strokes(seed: int = 0, side: int = 224, length: int = 18) -> np.ndarray:
    """(side, side, 3), sRGB in [0, 1]: noise smeared out along the contours of smoother noise (Cabral and Leedom 1993,
    "Imaging vector fields using line integral convolution"), coloured by a palette."""
    rng = np.random.default_rng(seed)
    hills = noise(rng, side, 5)
    dy, dx = np.gradient(hills)
    norm = np.hypot(dx, dy) + 1e-9
    direction = np.stack([dx / norm, -dy / norm])  # along y and x: at right angles to the gradient
    grain, tone = noise(rng, side, 34), noise(rng, side, 7)
    total = np.zeros((side, side))
    for sign in (1.0, -1.0):
        place = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij")).astype(float)
        for _ in range(length):
            row, column = np.rint(place).astype(int) % side
            total += grain[row, column]
            place += sign * direction[:, row, column]
    line = total / total.std()
    value = np.clip(0.5 + 0.22 * tone + 0.2 * line, 0.0, 1.0) * (len(PALETTE) - 1)
    low = np.minimum(value.astype(int), len(PALETTE) - 2)
    share = (value - low)[..., None]
    colour = PALETTE[low] * (1.0 - share) + PALETTE[low + 1] * share
    return np.clip(colour * (1.0 + 0.12 * line[..., None]), 0.0, 1.0)
