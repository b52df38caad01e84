"""Scenes: files and dicts in, checked immutable objects out."""

from .models import (
    Camera,
    Integrator,
    Light,
    Material,
    Shape,
    Transform,
)
from .optimize_models import OptimizeSpec, ParameterSpec
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
