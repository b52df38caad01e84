"""Plots by Matplotlib, the extra `plot`. Each draws into `ax`, or into new axes, and returns them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import NrenderError
from .picture import show

EXTRA = "pip install 'nrender[plot]'"
SPREAD = 99.0  # percent of a derivative's numbers that the colours span: a few outlines are much brighter


def _axes(ax: Any) -> Any:
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise NrenderError(f"plots need Matplotlib: {EXTRA}") from None
    return plt.subplots()[1]


def plot_image(image: Any, ax: Any = None, exposure: float = 0.0) -> Any:
    """An image (height, width, 3) of linear radiance, or (height, width) of anything, as `nrender.show` makes it."""
    axes = _axes(ax)
    axes.imshow(show(image, exposure).pixels, interpolation="nearest")
    axes.set_axis_off()
    return axes


def plot_derivative(image: Any, ax: Any = None, limit: float | None = None) -> Any:
    """A derivative image (height, width, 3), the sum of its colours: red where it is positive, blue where negative.

    limit: the derivative of full colour; default: what 99 % of the pixels stay below.
    """
    axes = _axes(ax)
    total = np.asarray(image, np.float64)
    total = total.sum(axis=2) if total.ndim == 3 else total
    if total.ndim != 2:
        got = np.shape(image)
        raise NrenderError(f"plot_derivative: expected (height, width, 3) or (height, width), got shape {got}")
    sizes = np.abs(total[np.isfinite(total)])
    full = limit if limit is not None else float(np.percentile(sizes[sizes > 0], SPREAD)) if (sizes > 0).any() else 1.0
    shown = axes.imshow(total, cmap="RdBu_r", vmin=-full, vmax=full, interpolation="nearest")
    axes.set_axis_off()
    axes.figure.colorbar(shown, ax=axes, shrink=0.8)
    return axes


def plot_history(result: Any, ax: Any = None, key: str = "loss") -> Any:
    """A column of the history of a fit (`nrender.optimize`) over its seconds; the loss on a logarithmic scale."""
    axes = _axes(ax)
    rows = [row for row in result.history if key in row]
    if not rows:
        known = ", ".join(result.history[0]) if result.history else "nothing"
        raise NrenderError(f"plot_history: expected a column of the history ({known}), got '{key}'")
    axes.plot([row["seconds"] for row in rows], [row[key] for row in rows])
    if key == "loss" and all(row[key] > 0 for row in rows):
        axes.set_yscale("log")
    axes.set_xlabel("seconds")
    axes.set_ylabel(key)
    return axes


def plot_parameters(result: Any, ax: Any = None) -> Any:
    """The fitted numbers with their intervals of 95 %, each as its distance from the start in units of its own scale.

    A number without a known interval is a dot alone.
    """
    axes = _axes(ax)
    if not result.history:
        raise NrenderError("plot_parameters: the fit has no history")
    names = [name for name in result.names if name in result.history[0]]
    index = [list(result.names).index(name) for name in names]
    start = np.array([result.history[0][name] for name in names])
    value = np.asarray(result.x, np.float64)[index]
    scale = np.maximum(np.abs(value - start), 1e-12)
    row = np.arange(len(names))[::-1]
    interval = getattr(result, "interval", None)
    if interval is not None:
        half = 0.5 * np.diff(np.asarray(interval, np.float64)[index], axis=1)[:, 0]
        half = np.where(np.isfinite(half), half, 0.0)
        axes.errorbar((value - start) / scale, row, xerr=half / scale, fmt="o", capsize=3)
    else:
        axes.plot((value - start) / scale, row, "o")
    labels = [f"{name} = {v:.4g}" for name, v in zip(names, value, strict=True)]
    axes.axvline(0.0, color="0.7", zorder=0)
    axes.set_yticks(row, labels)
    axes.set_xlabel("change from the start (1: what the fit moved it)")
    return axes
