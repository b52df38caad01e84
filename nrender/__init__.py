"""nrender: a differentiable path tracer that a Python person can install, read and change."""

from typing import Any

from .errors import DeviceError, ImageError, NrenderError, SceneError, SceneWarning
from .export import export
from .gradcheck import GradCheck, gradcheck
from .image import read_image, write_image
from .optimize import optimize
from .render import RenderWarning, render, render_jacobian, render_jvp, render_vjp
from .render_aovs import render_aovs, render_aovs_jvp, render_aovs_vjp
from .scene import Scene, load_scene
from .uvs import generate_uvs

__version__ = "0.9.0"

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
    "export",
    "generate_uvs",
    "gradcheck",
    "load_scene",
    "optimize",
    "plot_derivative",
    "plot_history",
    "plot_image",
    "plot_parameters",
    "read_image",
    "render",
    "render_aovs",
    "render_aovs_jvp",
    "render_aovs_vjp",
    "render_jacobian",
    "render_jvp",
    "render_vjp",
    "show",
    "write_image",
]

_NOTEBOOK = ("plot_derivative", "plot_history", "plot_image", "plot_parameters", "show")


def __getattr__(name: str) -> Any:
    """What is imported when it is first used: OptimizeResult needs scipy.optimize, half of the time of this import."""
    if name == "OptimizeResult":
        from .optimize.scipy_result import OptimizeResult

        return OptimizeResult
    if name in _NOTEBOOK:
        from . import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _scene_html(scene: Scene) -> str:
    from .notebook import scene_html

    return scene_html(scene)


Scene._repr_html_ = _scene_html  # a scene knows nothing of rendering
