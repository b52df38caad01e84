"""Scenes: files and dicts in, checked immutable objects out."""

from .models import (
    Camera,
    Integrator,
    Light,
    Material,
    OptimizeSpec,
    ParameterSpec,
    Shape,
    Transform,
)
from .scene import Scene, load_scene

__all__ = [
    "Camera",
    "Integrator",
    "Light",
    "Material",
    "OptimizeSpec",
    "ParameterSpec",
    "Scene",
    "Shape",
    "Transform",
    "load_scene",
]
