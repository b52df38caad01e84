"""Turns of a rotation vector: R(value) = exp(step x) R(start), x about the axes of the world.

Added to each other, the components of a rotation vector turn about axes that depend on it, and near a whole turn
they hardly turn at all.  The exponential map turns equally everywhere.  With a mask, only about those axes.

The derivative of v = log(exp(w) exp(s)) is J_l(v)^-1 J_l(w), with the left Jacobian of SO(3)
    J_l(v) = I + (1 - cos a)/a^2 [v] + (a - sin a)/a^3 [v]^2,   a = |v|.
Source: Sola, Deray and Atchuthan 2018, "A micro Lie theory for state estimation in robotics", eqs. 132-146.
"""

from __future__ import annotations

import numpy as np

from nrender.optimize.coordinates.elementwise import component_names
from nrender.scene.transform import cross_matrix

SMALL = 1e-4  # radians, below which series stand for the quotients: their error is its fourth power


class Rotation:
    """start: (3,) degrees; step: degrees; free: which of the world's axes."""

    def __init__(self, path: str, start: np.ndarray, step: float, free: np.ndarray) -> None:
        self.path, self.start, self.free = path, np.array(start, np.float64), free
        self.names = component_names(path, (3,), free)
        self.lower = np.full(len(free), -np.inf)
        self.upper = np.full(len(free), np.inf)
        self._step = np.radians(step)
        self._from = _exp(np.radians(self.start))

    @property
    def scalar_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        return self.lower, self.upper

    def value(self, x: np.ndarray) -> np.ndarray:
        if not np.any(x):
            return self.start.copy()
        return np.degrees(self._vector(x))

    def push(self, x: np.ndarray, dx: np.ndarray) -> np.ndarray:
        return np.degrees(self._jacobian(x) @ dx)

    def pull(self, x: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        return self._jacobian(x).T @ np.degrees(gradient)

    def scalars(self, x: np.ndarray) -> np.ndarray:
        """The components of the rotation vector, of the free axes: the others may move with them."""
        return self.value(x)[self.free]

    def slope_along(self, x: np.ndarray, dx: np.ndarray) -> np.ndarray:
        return self.push(x, dx)[self.free]

    def _turn(self, x: np.ndarray) -> np.ndarray:
        w = np.zeros(3)
        w[self.free] = self._step * x
        return w

    def _vector(self, x: np.ndarray) -> np.ndarray:
        """Radians.  Of all vectors of the rotation, a whole turn apart, the one nearest to the start."""
        v = _log(_exp(self._turn(x)) @ self._from)
        angle = float(np.linalg.norm(v))
        start = np.radians(self.start)
        if angle < SMALL:
            size = float(np.linalg.norm(start))
            return v if size < np.pi else v + start / size * 2 * np.pi * np.round(size / (2 * np.pi))
        turns = np.round((v @ start / angle - angle) / (2 * np.pi))
        return v * (1 + 2 * np.pi * turns / angle)

    def _jacobian(self, x: np.ndarray) -> np.ndarray:
        """d vector / dx, (3, n), radians."""
        return np.linalg.solve(_left(self._vector(x)), _left(self._turn(x)))[:, self.free] * self._step


def _exp(v: np.ndarray) -> np.ndarray:
    """Rodrigues' formula."""
    angle, k = float(np.linalg.norm(v)), cross_matrix(v)
    if angle < SMALL:
        return np.eye(3) + (1 - angle**2 / 6) * k + (0.5 - angle**2 / 24) * k @ k
    return np.eye(3) + np.sin(angle) / angle * k + (1 - np.cos(angle)) / angle**2 * k @ k


def _log(r: np.ndarray) -> np.ndarray:
    """The vector of length at most pi, by way of the quaternion, which is well conditioned everywhere."""
    trace = np.trace(r)
    q = np.empty(4)  # w, x, y, z; the largest of them first, from the diagonal
    squares = np.array([1 + trace, *(1 + 2 * np.diagonal(r) - trace)])
    k = int(np.argmax(squares))
    odd = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    if k == 0:
        q[0], q[1:] = squares[0], odd
    else:
        q[0] = odd[k - 1]
        for i in range(3):
            q[1 + i] = squares[k] if i == k - 1 else r[i, k - 1] + r[k - 1, i]
    q /= np.linalg.norm(q)
    q = q if q[0] >= 0 else -q
    sine = float(np.linalg.norm(q[1:]))
    angle = 2 * np.arctan2(sine, q[0])
    return q[1:] * (angle / sine if sine > SMALL**2 else 2.0)


def _left(v: np.ndarray) -> np.ndarray:
    angle, k = float(np.linalg.norm(v)), cross_matrix(v)
    if angle < SMALL:
        return np.eye(3) + (0.5 - angle**2 / 24) * k + (1 / 6 - angle**2 / 120) * k @ k
    return np.eye(3) + (1 - np.cos(angle)) / angle**2 * k + (angle - np.sin(angle)) / angle**3 * k @ k
