"""Spectra as linear RGB (sRGB's primaries), as Mitsuba's rgb variants see them.

A light's spectrum is integrated with the CIE 1931 curves so that one of constant value v has a luminance of v: its
colour is then that of the equal-energy white, (1.205, 0.948, 0.909) v. Any other spectrum is seen under D65, so that a
constant v is the grey v. Between the given wavelengths it is linear, outside of them 0.
Sources: the curves by Wyman, Sloan, Shirley 2013, "Simple analytic approximations to the CIE XYZ color matching
functions" (JCGT 2.2), the fit with several lobes; D65 as in CIE 15:2004, table T.1; the matrix of Rec. 709's primaries.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .elements import Element
from .expand import attribute
from .parse import BETWEEN, numbers, parse_number, wrong_number

FROM_XYZ = np.array([[3.240479, -1.537150, -0.498535], [-0.969256, 1.875991, 0.041556],
                     [0.055648, -0.204043, 1.057311]])
LOBES = (
    ((1.056, 599.8, 37.9, 31.0), (0.362, 442.0, 16.0, 26.7), (-0.065, 501.1, 20.4, 26.2)),
    ((0.821, 568.8, 46.9, 40.5), (0.286, 530.9, 16.3, 31.1)),
    ((1.217, 437.0, 11.8, 36.0), (0.681, 459.0, 26.0, 13.8)),
)
"""Of x, y and z: height, centre, width below and above it (nm)."""
D65 = (
    49.9755, 54.6482, 82.7549, 91.4860, 93.4318, 86.6823, 104.865, 117.008, 117.812, 114.861, 115.923, 108.811, 109.354,
    107.802, 104.790, 107.689, 104.405, 104.046, 100.000, 96.3342, 95.7880, 88.6856, 90.0062, 89.5991, 87.6987, 83.2886,
    83.6992, 80.0268, 80.2146, 82.2778, 78.2842, 69.7213, 71.6091, 74.3490, 61.6040, 69.8856, 75.0870, 63.5927, 46.4182,
    66.8054, 63.3828,
)
"""From 380 nm on, each 10 nm."""
WAVELENGTHS = np.arange(380.0, 781.0)


class Spectrum(NamedTuple):
    """values (N,) at wavelengths (N,) in nm, ascending; one value without a wavelength is constant."""

    wavelengths: np.ndarray
    values: np.ndarray


def parse_spectrum(element: Element) -> Spectrum:
    """Of `value`: one number, or wavelength:value pairs.  Raises SceneError."""
    text = attribute(element, "value")
    if ":" not in text:
        return Spectrum(np.zeros(0), numbers(element, "value", (1,)))
    pairs = [word.split(":") for word in BETWEEN.split(text) if word]
    found = [[parse_number(part) for part in pair] for pair in pairs]
    if any(len(pair) != 2 or None in pair for pair in found):
        raise wrong_number(element, "value", "a number, or wavelength:value pairs")
    table = np.array(found, dtype=np.float64)
    if (np.diff(table[:, 0]) <= 0).any():
        raise wrong_number(element, "value", "ascending wavelengths")
    return Spectrum(table[:, 0], table[:, 1])


def curves() -> np.ndarray:
    """(3, W) of x, y, z, each with a sum of 1."""
    rows = []
    for lobes in LOBES:
        distance = [(height, WAVELENGTHS - centre, below, above) for height, centre, below, above in lobes]
        rows.append(sum(h * np.exp(-0.5 * (d / np.where(d < 0, below, above)) ** 2) for h, d, below, above in distance))
    table = np.stack(rows)
    return table / table.sum(axis=1, keepdims=True)


def to_rgb(spectrum: Spectrum, of_light: bool) -> np.ndarray:
    """(3,), not negative."""
    if not spectrum.wavelengths.size:
        values = np.full(WAVELENGTHS.shape, spectrum.values[0])
    else:
        values = np.interp(WAVELENGTHS, *spectrum, left=0.0, right=0.0)
    weights = curves()
    if of_light:
        return np.maximum(FROM_XYZ @ (weights @ values), 0.0)
    if not spectrum.wavelengths.size:
        return np.maximum(np.full(3, spectrum.values[0]), 0.0)
    weights = weights * np.interp(WAVELENGTHS, np.arange(380.0, 781.0, 10.0), D65)
    # Of white the colour is exactly 1, in spite of the rounded matrix.
    white = FROM_XYZ @ (weights.sum(axis=1))
    return np.maximum(FROM_XYZ @ (weights @ values) / white, 0.0)
