"""nrender: a differentiable path tracer that a Python person can install, read and change."""

from .errors import DeviceError, ImageError, NrenderError, SceneError, SceneWarning
from .gradcheck import GradCheck, gradcheck
from .image import read_image, write_image
from .optimize import OptimizeResult, optimize
from .render import RenderWarning, render, render_jacobian, render_jvp, render_vjp
from .scene import Scene, load_scene

__version__ = "0.1.0"

__all__ = [
    "DeviceError",
    "GradCheck",
    "ImageError",
    "NrenderError",
    "OptimizeResult",
    "RenderWarning",
    "Scene",
    "SceneError",
    "SceneWarning",
    "gradcheck",
    "load_scene",
    "optimize",
    "read_image",
    "render",
    "render_jacobian",
    "render_jvp",
    "render_vjp",
    "write_image",
]
