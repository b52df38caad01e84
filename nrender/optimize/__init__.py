"""Fit a scene's parameters to images: `optimize`, its result, its errors."""

from typing import Any

from nrender.optimize.checkpoint import CheckpointError
from nrender.optimize.driver import OptionError, optimize
from nrender.optimize.methods import METHODS
from nrender.optimize.output import OutputError
from nrender.optimize.result import OptimizeWarning, Progress

__all__ = [
    "METHODS",
    "CheckpointError",
    "OptimizeResult",
    "OptimizeWarning",
    "OptionError",
    "OutputError",
    "Progress",
    "optimize",
]


def __getattr__(name: str) -> Any:
    """OptimizeResult, which needs scipy.optimize: imported when it is asked for."""
    if name == "OptimizeResult":
        from nrender.optimize.scipy_result import OptimizeResult

        return OptimizeResult
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
