"""What a prior is: a sum of squares of one parameter, with its derivatives; and what makes one by name.

A prior's value is sum(residual(v)**2), already a mean over whatever it is about, so that it means the same for a mesh
or an image of another resolution.  The objective adds `weight` times that to the loss.  A method of gradients takes
2 J^T r; Gauss-Newton takes r and J.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any, NamedTuple, Protocol

import numpy as np

from nrender.errors import NrenderError, did_you_mean


class PriorError(NrenderError):
    """A prior with a key that can't be."""


class Prior(Protocol):
    """A prior of the parameter `path`.  v, d_v: of the parameter's shape; r, w: (n,); all float64."""

    path: str
    weight: float

    def residual(self, value: np.ndarray) -> np.ndarray:
        """r(v), without the weight."""

    def jvp(self, value: np.ndarray, d_value: np.ndarray) -> np.ndarray:
        """J(v) d_v, the derivative of the residual along d_v."""

    def vjp(self, value: np.ndarray, w: np.ndarray) -> np.ndarray:
        """J(v)^T w."""


class Kind(NamedTuple):
    """How priors of one name are made.

    make     (path, value at the start, scene, **keys) -> Prior; PriorError for a value that can't be
    applies  (path of a parameter, scene) -> '' or why the prior can't be used for it
    """

    make: Callable[..., Prior]
    applies: Callable[[str, Any], str]


def evaluate(prior: Prior, value: np.ndarray) -> tuple[float, np.ndarray]:
    """(weight * sum(r^2), its gradient in the parameter's shape)."""
    r = prior.residual(value)
    return prior.weight * float(r @ r), 2.0 * prior.weight * prior.vjp(value, r)


def number(what: str, value: Any, positive: bool = False) -> float:
    """A key's number, >= 0 or > 0.  what: the prior and the key, for the message."""
    good = isinstance(value, Real) and not isinstance(value, bool)
    if not (good and np.isfinite(value) and (value > 0 if positive else value >= 0)):
        expected = "a number > 0" if positive else "a number >= 0"
        raise PriorError(f"{what}: expected {expected}, got {value!r}")
    return float(value)


def choice(what: str, value: Any, words: tuple[str, ...]) -> str:
    if value not in words:
        hint = did_you_mean(value, words)
        raise PriorError(f"{what}: expected one of {', '.join(words)}, got {value!r}{hint}")
    return str(value)


def mesh_faces(path: str, scene: Any) -> np.ndarray:
    """(M, 3), of the shape whose vertices `path` is."""
    return np.asarray(scene.shapes[path.split(".")[1]].faces)


def needs_vertices(path: str, scene: Any) -> str:
    """`applies` of the priors of meshes."""
    if path.startswith("shapes.") and path.split(".")[2:] == ["vertices"]:
        return ""
    return f"expected the vertices of a mesh, got {_shown(path, scene)}"


def needs_image(path: str, scene: Any) -> str:
    """`applies` of the priors of images."""
    value = scene.parameters[path]
    return "" if value.ndim == 3 else f"expected an image, got {_shown(path, scene)}"


def _shown(path: str, scene: Any) -> str:
    shape = scene.parameters[path].shape
    return f"an array of shape {shape}" if shape else "a number"
