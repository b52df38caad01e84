"""Numbers in attributes."""

from __future__ import annotations

import math
import re

import numpy as np

from ..errors import SceneError
from ..scene.place import stop
from ..scene.values import LARGEST
from .elements import Element
from .expand import attribute

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
BETWEEN = re.compile(r"[\s,]+")


def parse_number(text: str) -> float | None:
    """None for what isn't a finite number of usual size."""
    value = float(text) if len(text) < 1000 and NUMBER.fullmatch(text) else math.nan
    return value if abs(value) <= LARGEST else None


def wrong_number(element: Element, key: str, expected: str) -> SceneError:
    return stop(element.place, f"<{element.tag}> '{element.attributes.get('name', '')}'",
                f"expected {expected}, got '{element.attributes.get(key, '')[:60]}'", key)


def numbers(element: Element, key: str, counts: tuple[int, ...]) -> np.ndarray:
    """As many as one of the counts.  Raises SceneError."""
    words = [word for word in BETWEEN.split(attribute(element, key)) if word]
    found = [parse_number(word) for word in words]
    if len(words) not in counts or None in found:
        raise wrong_number(element, key, f"{' or '.join(map(str, counts))} finite numbers up to {LARGEST:g}")
    return np.array(found, dtype=np.float64)


def number(element: Element) -> float:
    return float(numbers(element, "value", (1,))[0])


def integer(element: Element) -> int:
    value = number(element)
    if value != int(value) or abs(value) > 2**53:
        raise wrong_number(element, "value", "an integer")
    return int(value)


def flag(element: Element) -> bool:
    text = attribute(element, "value").lower()
    if text not in ("true", "false"):
        raise wrong_number(element, "value", "true or false")
    return text == "true"


def triple(element: Element) -> np.ndarray:
    """(3,) of `value`, or of x, y and z."""
    return axes(element, 0.0)


def axes(element: Element, default: float) -> np.ndarray:
    """(3,) of `value` (one number is all three), or of those of x, y, z that are there."""
    if "value" in element.attributes:
        return numbers(element, "value", (1, 3)) * np.ones(3)
    return np.array([numbers(element, key, (1,))[0] if key in element.attributes else default for key in "xyz"])
