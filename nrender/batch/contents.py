"""Hashes of what a job reads: a scene with its meshes and images, and targets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from nrender.files import read_regular


def of_scene(scene: Any) -> str:
    """Of the document, and of the numbers that it or its files hold."""
    hasher = hashlib.sha256(json.dumps(scene.document, sort_keys=True, default=repr).encode())
    for path, value in scene.parameters.items():
        hasher.update(f"{path} {value.shape}".encode() + np.ascontiguousarray(value).tobytes())
    for name, shape in scene.shapes.items():
        for array in (shape.vertices, shape.faces):
            hasher.update(f"{name} {array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    specs = scene.optimize.parameters if scene.optimize is not None else {}
    for path, spec in specs.items():
        for array in spec.basis or ():
            hasher.update(f"{path} {array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return hasher.hexdigest()[:16]


def of_files(files: Mapping[str, str | Mapping[str, str]]) -> str:
    """Of {camera: file}, or {camera: {what: file}}."""
    hasher = hashlib.sha256()
    for camera, named in files.items():
        for what, file in named.items() if isinstance(named, Mapping) else [("", named)]:
            name = f"{camera}.{what}" if what else camera
            hasher.update(name.encode() + b"\0" + hashlib.sha256(read_regular(file)).digest())
    return hasher.hexdigest()[:16]
