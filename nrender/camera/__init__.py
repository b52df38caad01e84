"""Cameras: a type a file; `rays` is what the rest calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import fisheye, opencv, orthographic, panorama, perspective, thinlens
from .kinds import FISHEYE, OPENCV, ORTHOGRAPHIC, PANORAMA, PINHOLE, THINLENS
from .numbers import Numbers

TYPES: dict[str, tuple[int, Callable[[Mapping[str, Any]], Numbers]]] = {
    "perspective": (PINHOLE, perspective.numbers),
    "thinlens": (THINLENS, thinlens.numbers),
    "orthographic": (ORTHOGRAPHIC, orthographic.numbers),
    "fisheye": (FISHEYE, fisheye.numbers),
    "panorama": (PANORAMA, panorama.numbers),
    "opencv": (OPENCV, opencv.numbers),
}
"""By its name in a scene file: what kernels call it, and its numbers."""
