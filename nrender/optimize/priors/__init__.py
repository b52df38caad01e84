"""What is known of a parameter beside the images: priors by name.

To add one: a file with a class and `KIND`, and a line in `PRIORS`; the tests run over the table.
"""

from __future__ import annotations

from . import bilaplacian, edge_length, l2, laplacian, normal_consistency, tv
from .prior import Kind, Prior, PriorError, evaluate

__all__ = ["PRIORS", "Kind", "Prior", "PriorError", "evaluate"]

PRIORS: dict[str, Kind] = {
    "l2": l2.KIND,
    "tv": tv.KIND,
    "laplacian": laplacian.KIND,
    "bilaplacian": bilaplacian.KIND,
    "edge_length": edge_length.KIND,
    "normal_consistency": normal_consistency.KIND,
}
