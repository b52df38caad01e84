"""Parameters over iterations, and at the end with how certain they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nrender.optimize.charts import line_chart
from nrender.optimize.half_width import half_widths, plus_minus, with_half
from nrender.optimize.report.html import Markup, figure, number, paragraph, section, table
from nrender.optimize.run import MAX_COLUMNS
from nrender.optimize.variables import Variables

if TYPE_CHECKING:
    from nrender.optimize.scipy_result import OptimizeResult

MAX_CHARTS = 16


def parameter_charts(result: OptimizeResult, variables: Variables) -> Markup:
    """A chart for each of the first scalars, with its bounds and its interval."""
    low, high = variables.scalar_bounds
    halves = half_widths(result.interval)
    figures = []
    for i, name in enumerate(variables.names[:MAX_CHARTS]):
        values = np.array([row[name] for row in result.history])
        bounds = (float(low[i]), float(high[i]))
        if halves is None:
            figures.append(figure(line_chart(values, name, bounds=bounds), name))
            continue
        band = (float(result.x[i] - halves[i]), float(result.x[i] + halves[i])) if np.isfinite(halves[i]) else None
        caption = f"{name}: {with_half(result.x[i], halves[i])}"
        figures.append(figure(line_chart(values, name, bounds=bounds, band=band), caption))
    more = variables.size - len(figures)
    note = paragraph(f"The first {len(figures)} of {variables.size} free scalars.") if more > 0 else ""
    return section("Parameters over iterations", note, f'<div class="charts">{"".join(figures)}</div>')


def parameter_table(result: OptimizeResult, variables: Variables) -> Markup:
    """Start, end, how certain, bounds."""
    low, high = variables.scalar_bounds
    start = variables.scalars(variables.x0)
    halves = half_widths(result.interval)
    known = halves is not None
    rows = []
    for i, name in enumerate(variables.names[:MAX_COLUMNS]):
        width = [plus_minus(halves[i])] if halves is not None else []
        rows.append([name, number(start[i]), number(result.x[i]), *width, number(low[i]), number(high[i])])
    more = variables.size - len(rows)
    note = paragraph(f"{more} more are in result.yaml.") if more > 0 else ""
    head = ["parameter", "start", "final", *(["± (95 %)"] if known else []), "lower", "upper"]
    return section("Parameters", table(head, rows), note)
