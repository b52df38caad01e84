"""LDR-FLIP: the difference that a viewer notices when flipping between two pictures.

Colour pipeline: contrast sensitivity filter, Hunt-adjusted CIELAB, HyAB distance.  Feature
pipeline: edges and points of the luminance.  FLIP = colour ** (1 - feature), in [0, 1] a pixel.
Source: Andersson, Nilsson, Akenine-Möller, Oskarsson, Åström, Fairchild 2020, "FLIP: A difference
evaluator for alternating images", section 4; the names of the constants are the paper's.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from nrender.compare.pair import Image, pair

PIXELS_PER_DEGREE = 0.7 * (3840 / 0.7) * math.pi / 180
"""67.02: a monitor 0.7 m and 3840 pixels wide, seen from 0.7 m."""

QC = 0.7  # colour: the exponent
PC, PT = 0.4, 0.95  # colour: the share PC of the largest error is mapped to PT
QF, FEATURE_WIDTH = 0.5, 0.082  # feature: exponent, and the width of a feature in degrees
LARGEST_B = 0.04  # the widest Gaussian decides the radius of all three filters
SENSITIVITY = (
    ((1.0, 0.0047),),  # achromatic: pairs (a, b) of a sqrt(pi / b) exp(-pi^2 x^2 / b), x in degrees
    ((1.0, 0.0053),),  # red-green
    ((34.1, 0.04), (13.5, 0.025)),  # blue-yellow
)
RGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
XYZ_TO_RGB = np.linalg.inv(RGB_TO_XYZ)
WHITE = RGB_TO_XYZ.sum(axis=1)


def flip(a: ArrayLike, b: ArrayLike, pixels_per_degree: float = PIXELS_PER_DEGREE) -> float:
    """Mean of `flip_map`: 0 for equal images, at most 1."""
    return float(np.mean(flip_map(a, b, pixels_per_degree)))


def flip_map(a: ArrayLike, b: ArrayLike, pixels_per_degree: float = PIXELS_PER_DEGREE) -> Image:
    """The FLIP error of each pixel, `(H, W)` in [0, 1].

    a, b: linear images `(H, W, 3)`, clamped to [0, 1] here; the measure is symmetric.
    pixels_per_degree: pixels in one degree of the viewer's sight.
    """
    first, second = (_to_opponent(np.clip(image, 0.0, 1.0)) for image in pair(a, b))
    colour = _colour_difference(first, second, pixels_per_degree)
    feature = _feature_difference(first[..., 0], second[..., 0], pixels_per_degree)
    return colour ** (1 - feature)


def _colour_difference(a: Image, b: Image, ppd: float) -> Image:
    """HyAB distance of what the eye resolves, raised to QC and spread over [0, 1]."""
    lab_a, lab_b = (_hunt(_to_lab(_contrast_filter(image, ppd))) for image in (a, b))
    distance = _hyab(lab_a, lab_b) ** QC
    green, blue = (_hunt(_to_lab(np.array(rgb))) for rgb in ([0.0, 1.0, 0.0], [0.0, 0.0, 1.0]))
    largest = float(_hyab(green, blue)) ** QC
    bend = PC * largest
    above = PT + (distance - bend) / (largest - bend) * (1 - PT)
    return np.clip(np.where(distance < bend, PT / bend * distance, above), 0.0, 1.0)


def _feature_difference(a: Image, b: Image, ppd: float) -> Image:
    """The larger of the differences in edge and in point strength, raised to QF; in [0, 1]."""
    edge_a, point_a = _features((a + 16) / 116, ppd)
    edge_b, point_b = _features((b + 16) / 116, ppd)
    largest = np.maximum(np.abs(edge_a - edge_b), np.abs(point_a - point_b))
    return np.clip((largest / math.sqrt(2)) ** QF, 0.0, 1.0)


def _features(grey: Image, ppd: float) -> tuple[Image, Image]:
    """Strength of edges and of points: lengths of the smoothed first and second derivatives."""
    sigma = 0.5 * FEATURE_WIDTH * ppd
    radius = math.ceil(3 * sigma)
    x = np.arange(-radius, radius + 1).astype(np.float64)
    bell = np.exp(-(x**2) / (2 * sigma**2))
    smooth = bell / bell.sum()
    edge, point = (_balance(f) for f in (-x * bell, (x**2 / sigma**2 - 1) * bell))
    strengths = [
        np.hypot(_separable(grey, smooth, kernel), _separable(grey, kernel, smooth))
        for kernel in (edge, point)
    ]
    return strengths[0], strengths[1]


def _balance(kernel: Image) -> Image:
    """Scale the positive weights to a sum of 1 and the negative ones to -1."""
    positive, negative = np.maximum(kernel, 0.0), np.minimum(kernel, 0.0)
    return positive / positive.sum() - negative / negative.sum()


def _contrast_filter(opponent: Image, ppd: float) -> Image:
    """What the eye resolves at this distance, as linear RGB clamped to [0, 1]."""
    radius = math.ceil(3 * math.sqrt(LARGEST_B / (2 * math.pi**2)) * ppd)
    x = np.arange(-radius, radius + 1) / ppd
    filtered = np.empty_like(opponent)
    for channel, terms in enumerate(SENSITIVITY):
        total, weights = np.zeros(opponent.shape[:2]), 0.0
        for a, b in terms:
            bell = np.exp(-(math.pi**2) * x**2 / b)
            # One kernel of a sum of Gaussians isn't separable, but each of its terms is.
            weight = a * math.sqrt(math.pi / b)
            total += weight * _separable(opponent[..., channel], bell, bell)
            weights += weight * bell.sum() ** 2
        filtered[..., channel] = total / weights
    return np.clip(_from_opponent(filtered), 0.0, 1.0)


def _separable(values: Image, along_y: Image, along_x: Image) -> Image:
    """Correlate rows and columns; the border pixels go on outside."""
    from scipy.ndimage import correlate1d

    columns = correlate1d(values, along_y, axis=0, mode="nearest")
    return correlate1d(columns, along_x, axis=1, mode="nearest")


def _to_opponent(rgb: Image) -> Image:
    """Linear RGB to YCxCz: luminance, red-green and blue-yellow, linear in RGB."""
    x, y, z = np.moveaxis(rgb @ RGB_TO_XYZ.T / WHITE, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _from_opponent(opponent: Image) -> Image:
    luma, red_green, blue_yellow = np.moveaxis(opponent, -1, 0)
    y = (luma + 16) / 116
    xyz = np.stack([y + red_green / 500, y, y - blue_yellow / 200], axis=-1)
    return (xyz * WHITE) @ XYZ_TO_RGB.T


def _to_lab(rgb: Image) -> Image:
    """Linear RGB to CIELAB under the white of RGB itself."""
    t = rgb @ RGB_TO_XYZ.T / WHITE
    delta = 6 / 29
    x, y, z = np.moveaxis(np.where(t > delta**3, np.cbrt(t), t / (3 * delta**2) + 4 / 29), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _hunt(lab: Image) -> Image:
    """Colours look less colourful in the dark (Hunt): a and b are scaled by lightness."""
    lightness = lab[..., :1]
    return np.concatenate([lightness, 0.01 * lightness * lab[..., 1:]], axis=-1)


def _hyab(a: Image, b: Image) -> Image:
    """City-block in lightness plus Euclidean in a and b, for large colour differences."""
    d = a - b
    return np.abs(d[..., 0]) + np.hypot(d[..., 1], d[..., 2])
