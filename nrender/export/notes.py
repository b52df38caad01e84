"""What a format can't say: a line for each thing, once."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..scene.models import Checkerboard, Texture, Textured


class Notes:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, section: str, name: str, message: str, key: str = "") -> None:
        line = ": ".join(part for part in (f"{section} '{name}'", key, message) if part)
        if line not in self.lines:
            self.lines.append(line)

    def number(self, section: str, name: str, key: str, value: Any) -> float:
        """A constant; the mean, with a line, of what isn't one."""
        if isinstance(value, Textured):
            self.add(section, name, "its mean instead of a texture", key)
        return float(np.mean(mean(value)))


def mean(value: Any) -> np.ndarray:
    """(3,) or ()."""
    if isinstance(value, Texture):
        return np.asarray(value.image.mean(axis=(0, 1)))
    if isinstance(value, Checkerboard):
        return (np.asarray(value.a) + np.asarray(value.b)) / 2
    return np.asarray(0.5) if isinstance(value, Textured) else np.asarray(value)
