"""Is the gradient of a scene right?  `gradcheck` holds the adjoint against finite differences of whole images."""

from .result import GradCheck, Row
from .run import gradcheck
from .weights import smooth_weights

__all__ = ["GradCheck", "Row", "gradcheck", "smooth_weights"]
