"""Transforms: from their steps to a matrix, and from a matrix to nrender's keys."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..scene.place import stop
from .elements import Element
from .expand import attribute
from .parse import axes, number, numbers

ORTHOGONAL = 1e-6
"""Cosine between columns up to which they count as orthogonal: files have six digits."""
DIGITS = 9
"""Significant ones of lengths and angles that are computed; they come from six in a file or more."""


class Placement(NamedTuple):
    """matrix: (4, 4); looks: (target, up) as they were given, if it is a `lookat` alone."""

    matrix: np.ndarray
    looks: tuple[np.ndarray, np.ndarray] | None = None


def parse_transform(element: Element) -> Placement:
    """The steps one after the other, each in the coordinates of the world."""
    matrix = np.eye(4)
    for step in element.children:
        tag = step.tag.lower()
        if tag not in STEPS:
            raise stop(step.place, "transform", f"unknown tag <{step.tag}>; there are {', '.join(STEPS)}")
        matrix = STEPS[tag](step) @ matrix
    if not np.isfinite(matrix).all():
        raise stop(element.place, "transform", "expected a matrix of finite numbers")
    if [step.tag.lower() for step in element.children] == ["lookat"] and "up" in element.children[0].attributes:
        target, up = (numbers(element.children[0], key, (3,)) for key in ("target", "up"))
        if np.linalg.norm(np.cross(up, target - matrix[:3, 3])) > 1e-6 * np.linalg.norm(up):
            return Placement(matrix, (target, up))
    return Placement(matrix)


def _translate(step: Element) -> np.ndarray:
    return translation(axes(step, 0.0))


def translation(vector: Any) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, 3] = vector
    return matrix


def scaling(factors: Any) -> np.ndarray:
    matrix = np.eye(4)
    matrix[[0, 1, 2], [0, 1, 2]] = factors
    return matrix


def _scale(step: Element) -> np.ndarray:
    return scaling(axes(step, 1.0))


def _rotate(step: Element) -> np.ndarray:
    """An axis that isn't of length 1 is taken as it is, and shears: so does Mitsuba 3, and pictures are to be alike."""
    axis = axes(step, 0.0)
    if not axis.any():
        raise stop(step.place, "rotate", "expected an axis, got [0, 0, 0]")
    angle = np.radians(number(_angle(step)))
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    matrix = np.eye(4)
    matrix[:3, :3] = (
        np.cos(angle) * np.eye(3) + (1 - np.cos(angle)) * np.outer(axis, axis) + np.sin(angle) * cross)
    return matrix


def _angle(step: Element) -> Element:
    return Element(step.tag, {"value": attribute(step, "angle")}, step.place)


def _matrix(step: Element) -> np.ndarray:
    given = numbers(step, "value", (9, 16))
    matrix = np.eye(4)
    size = 3 if given.size == 9 else 4
    matrix[:size, :size] = given.reshape(size, size)
    if (matrix[3] != (0, 0, 0, 1)).any():
        raise stop(step.place, "matrix", "expected a last row of 0 0 0 1")
    return matrix


def _lookat(step: Element) -> np.ndarray:
    """Columns left, up, forward, origin."""
    origin, target = numbers(step, "origin", (3,)), numbers(step, "target", (3,))
    up = numbers(step, "up", (3,)) if "up" in step.attributes else np.zeros(3)
    forward = target - origin
    length = float(np.linalg.norm(forward))
    if length == 0:
        raise stop(step.place, "lookat", "expected a target other than the origin, got the same")
    forward /= length
    if np.linalg.norm(np.cross(up, forward)) <= 1e-9 * np.linalg.norm(up):
        up = np.eye(3)[np.argmin(np.abs(forward))]
    left = np.cross(up, forward)
    left /= np.linalg.norm(left)
    matrix = np.eye(4)
    matrix[:3] = np.stack([left, np.cross(forward, left), forward, origin], axis=1)
    return matrix


STEPS = {"translate": _translate, "rotate": _rotate, "scale": _scale, "matrix": _matrix, "lookat": _lookat}


def tidy(value: Any, digits: int = DIGITS) -> Any:
    """A number or an array as floats of so many significant digits: 0.3 rather than 0.30000000000000004."""
    if np.ndim(value):
        return [tidy(item, digits) for item in value]
    return float(f"{float(value):.{digits}g}") + 0.0


def rotation_vector(rotation: np.ndarray) -> list[float]:
    """Axis times degrees of a rotation (3, 3)."""
    from scipy.spatial.transform import Rotation

    vector = Rotation.from_matrix(rotation).as_rotvec(degrees=True)
    vector[np.abs(vector) < 1e-7] = 0
    found: list[float] = tidy(vector)
    return found


def mirrors(matrix: np.ndarray) -> bool:
    return bool(np.linalg.det(matrix[:3, :3]) < 0)


def place(matrix: np.ndarray) -> dict[str, Any]:
    """The keys of a shape's `transform` for an affine map (4, 4): empty for the identity, and `matrix` where it isn't
    scale, then rotation, then translation."""
    linear, shift = matrix[:3, :3], matrix[:3, 3]
    size = np.linalg.norm(linear, axis=0)
    if (size == 0).any() or mirrors(matrix):
        return {"matrix": matrix[:3].tolist()}
    columns = linear / size
    if np.abs(columns.T @ columns - np.eye(3)).max() > ORTHOGONAL:
        return {"matrix": matrix[:3].tolist()}
    keys: dict[str, Any] = {}
    if np.abs(size - 1).max() > 1e-9:
        keys["scale"] = tidy(size[0]) if np.ptp(size) <= 1e-9 * size[0] else tidy(size)
    rotate = rotation_vector(columns)
    if any(rotate):
        keys["rotate"] = rotate
    if shift.any():
        keys["translate"] = tidy(shift)
    return keys
