"""tv, the image is flat but for few edges:  mean over texels of sqrt(|D v|^2 + epsilon^2) - epsilon

D v: differences to the next texel to the right and below, of all channels together, (2, C) a texel; none across the
border.  Small differences count as |D v|^2 / (2 epsilon), large ones as |D v|: `epsilon` is in the image's unit.

As a sum of squares: with q = sqrt(|D v|^2 + epsilon^2),

    r = D v / sqrt(q + epsilon),        |r|^2 = (q^2 - epsilon^2) / (q + epsilon) = q - epsilon.

It is smooth everywhere, and keeps the direction of D v.  (Its length, the fourth root of |D v|^2 + epsilon^2, is a
residual of the same gradient; but where an image is flat that has no derivative left for Gauss-Newton to see.)

Source: Rudin, Osher, Fatemi 1992; smoothed after Charbonnier et al. 1997; of the channels of a colour together after
Blomgren and Chan 1998 and Bresson and Chan 2008.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .prior import Kind, needs_image, number


class TV:
    """epsilon: > 0, in the image's unit."""

    def __init__(
        self, path: str, start: np.ndarray, scene: Any, *, weight: float = 1.0, epsilon: float = 1e-3
    ) -> None:
        self.path, self.weight = path, number("prior tv: weight", weight)
        self._epsilon = number("prior tv: epsilon", epsilon, positive=True)

    def residual(self, value: np.ndarray) -> np.ndarray:
        d = _differences(value)
        q = self._q(d)
        return (d / np.sqrt(q + self._epsilon)).reshape(-1) / _root(d)

    def jvp(self, value: np.ndarray, d_value: np.ndarray) -> np.ndarray:
        d = _differences(value)
        return self._jacobian(d, _differences(d_value)).reshape(-1) / _root(d)

    def vjp(self, value: np.ndarray, w: np.ndarray) -> np.ndarray:
        d = _differences(value)
        return _differences_transposed(self._jacobian(d, w.reshape(d.shape))) / _root(d)

    def _q(self, d: np.ndarray) -> np.ndarray:
        return np.sqrt(np.sum(d * d, axis=(0, 3), keepdims=True) + self._epsilon**2)

    def _jacobian(self, d: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Derivative of d / sqrt(q + epsilon) along x, texel by texel: a symmetric matrix, so its transpose too."""
        q = self._q(d)
        root = np.sqrt(q + self._epsilon)
        along = np.sum(d * x, axis=(0, 3), keepdims=True)
        return x / root - d * (along / (2.0 * q * root**3))


def _root(d: np.ndarray) -> float:
    """Square root of the number of texels: the prior is a mean over them."""
    return float(np.sqrt(max(d.shape[1] * d.shape[2], 1)))


def _differences(v: np.ndarray) -> np.ndarray:
    """(H, W, C) -> (2, H, W, C): to the right and below; 0 in the last column and row."""
    d = np.zeros((2, *np.shape(v)))
    d[0, :, :-1] = v[:, 1:] - v[:, :-1]
    d[1, :-1] = v[1:] - v[:-1]
    return d


def _differences_transposed(w: np.ndarray) -> np.ndarray:
    """(2, H, W, C) -> (H, W, C)."""
    v = np.zeros(w.shape[1:])
    v[:, 1:] += w[0, :, :-1]
    v[:, :-1] -= w[0, :, :-1]
    v[1:] += w[1, :-1]
    v[:-1] -= w[1, :-1]
    return v


KIND = Kind(TV, needs_image)
