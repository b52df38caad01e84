"""Fit a scene's parameters to images: `optimize`, its result, its errors."""

from nrender.optimize.checkpoint import CheckpointError
from nrender.optimize.driver import OptionError, optimize
from nrender.optimize.methods import METHODS
from nrender.optimize.output import OutputError
from nrender.optimize.result import OptimizeResult, OptimizeWarning, Progress

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
