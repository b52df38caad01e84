"""Each free component of a parameter has its own coordinate: a straight line, a logarithm or a sigmoid of it.

    Linear    v = start + step x
    Log       v = start exp(step x / start): a step is a share of the value, which stays positive
    Sigmoid   v = low + (high - low) s(x), s a logistic curve through the start with slope `step`: bounds are
              never reached, and x has none

All three have the slope `step` at the start, so that a unit of x means the same.
"""

from __future__ import annotations

import numpy as np


def component_names(path: str, shape: tuple[int, ...], free: np.ndarray) -> list[str]:
    """`path` of a number, `path[i,j]` of a component of an array; free: flat indices."""
    names = []
    for flat in free:
        inside = ",".join(str(int(i)) for i in np.unravel_index(flat, shape))
        names.append(f"{path}[{inside}]" if inside else path)
    return names


class Elementwise:
    """start, lower, upper, step: the parameter's shape; free: flat indices of what has a coordinate."""

    def __init__(
        self,
        path: str,
        start: np.ndarray,
        bounds: tuple[np.ndarray, np.ndarray],
        step: np.ndarray,
        free: np.ndarray,
    ) -> None:
        self.path, self.free = path, free
        self.start = np.array(start, np.float64, order="C")  # so that `reshape` is a view, whatever it was made of
        self.names = component_names(path, start.shape, free)
        self._start, self._step, self._low, self._high = (
            np.asarray(a, np.float64).reshape(-1)[free] for a in (start, step, *bounds)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            self.lower, self.upper = self.inverse(self._low), self.inverse(self._high)

    def curve(self, x: np.ndarray) -> np.ndarray:
        """The free components at x."""
        raise NotImplementedError

    def slope(self, x: np.ndarray) -> np.ndarray:
        """d curve / dx, (n,)."""
        raise NotImplementedError

    def inverse(self, value: np.ndarray) -> np.ndarray:
        """x where the free components are `value`, which may be infinite."""
        raise NotImplementedError

    @property
    def scalar_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        return self._low, self._high

    def scalars(self, x: np.ndarray) -> np.ndarray:
        """The free components, held inside the bounds whatever the rounding."""
        return np.clip(self.curve(x), self._low, self._high)

    def slope_along(self, x: np.ndarray, dx: np.ndarray) -> np.ndarray:
        return self.slope(x) * dx

    def value(self, x: np.ndarray) -> np.ndarray:
        value = self.start.copy()
        value.reshape(-1)[self.free] = self.scalars(x)
        return value

    def push(self, x: np.ndarray, dx: np.ndarray) -> np.ndarray:
        velocity = np.zeros(self.start.shape)
        velocity.reshape(-1)[self.free] = self.slope(x) * dx
        return velocity

    def pull(self, x: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        return self.slope(x) * np.reshape(gradient, -1)[self.free]


class Linear(Elementwise):
    def curve(self, x: np.ndarray) -> np.ndarray:
        return self._start + self._step * x

    def slope(self, x: np.ndarray) -> np.ndarray:
        return self._step

    def inverse(self, value: np.ndarray) -> np.ndarray:
        return (value - self._start) / self._step


class Log(Elementwise):
    def curve(self, x: np.ndarray) -> np.ndarray:
        return self._start * np.exp(self._step / self._start * x)

    def slope(self, x: np.ndarray) -> np.ndarray:
        return self._step * np.exp(self._step / self._start * x)

    def inverse(self, value: np.ndarray) -> np.ndarray:
        return np.log(np.maximum(value, 0.0) / self._start) * self._start / self._step


class Sigmoid(Elementwise):
    def scalars(self, x: np.ndarray) -> np.ndarray:
        # Far out the curve rounds to its bound, from which no fit could start again.
        return np.clip(self.curve(x), np.nextafter(self._low, self._high), np.nextafter(self._high, self._low))

    def curve(self, x: np.ndarray) -> np.ndarray:
        # By the difference, so that x = 0 is the start to the last bit.
        return self._start + (self._high - self._low) * (self._logistic(x) - self._logistic(np.zeros_like(x)))

    def slope(self, x: np.ndarray) -> np.ndarray:
        s = self._logistic(x)
        return (self._high - self._low) * s * (1 - s) * self._rate

    def inverse(self, value: np.ndarray) -> np.ndarray:
        u = self._share(value)
        return (np.log(u / (1 - u)) - self._offset) / self._rate

    def _share(self, value: np.ndarray) -> np.ndarray:
        return (value - self._low) / (self._high - self._low)

    @property
    def _offset(self) -> np.ndarray:
        u = self._share(self._start)
        return np.log(u / (1 - u))

    @property
    def _rate(self) -> np.ndarray:
        u = self._share(self._start)
        return self._step / ((self._high - self._low) * u * (1 - u))

    def _logistic(self, x: np.ndarray) -> np.ndarray:
        z = self._offset + self._rate * x
        # exp of what isn't positive only: neither end overflows.
        small = np.exp(-np.abs(z))
        return np.where(z >= 0, 1.0, small) / (1.0 + small)
