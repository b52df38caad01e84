"""Loss over iterations, starts, the check of the gradient, times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nrender.optimize.charts import dot_chart, line_chart
from nrender.optimize.report.contents import Extras
from nrender.optimize.report.html import Markup, figure, number, paragraph, section, table

if TYPE_CHECKING:
    from nrender.gradcheck import GradCheck
    from nrender.optimize.scipy_result import OptimizeResult


def loss_charts(result: OptimizeResult) -> Markup:
    """The loss and the norm of its gradient."""
    loss = np.array([row["loss"] for row in result.history])
    norm = np.array([row["gradient_norm"] for row in result.history])
    hidden = int(np.count_nonzero(~(loss > 0)))
    note = f"; {hidden} estimates not above 0, which noise can make, aren't drawn" if hidden else ""
    figures = [
        figure(line_chart(loss, "loss", log=True), f"loss, logarithmic{note}"),
        figure(line_chart(norm, "gradient norm", log=True), "norm of the gradient by typical steps, logarithmic"),
    ]
    return section("Loss", f'<div class="charts">{"".join(figures)}</div>')


def starts(rows: list[dict[str, object]]) -> Markup:
    """How each start ended; nothing for a single one."""
    if len(rows) < 2:
        return ""
    best = next((k for k, row in enumerate(rows) if row["best"]), None)
    losses = np.array([row["loss"] for row in rows], np.float64)
    cells = [
        [
            f"{row['start']}, the best" if row["best"] else str(row["start"]),
            str(row["status"]),
            *(number(float(row[key])) for key in ("loss_initial", "loss")),  # type: ignore[arg-type]
            str(row["iterations"]),
            str(row["evaluations"]),
            f"{row['seconds']:.1f}",
        ]
        for row in rows
    ]
    head = ["start", "status", "first loss", "final loss", "iterations", "evaluations", "seconds"]
    chart = figure(dot_chart(losses, "final losses of the starts", best), "final loss of each start")
    return section("Starts", table(head, cells, texts=2, marked=best), f'<div class="charts">{chart}</div>')


def gradient_check(check: GradCheck | None) -> Markup:
    """The table of `nrender gradcheck`."""
    if check is None:
        return ""
    rows = [
        [row.name, verdict, f"{row.adjoint:.5g} ± {row.adjoint_sigma:.2g}",
         f"{row.difference:.5g} ± {row.difference_sigma:.2g}", f"{row.z:+.2f}"]
        for row, verdict in zip(check.rows, check.verdicts, strict=True)
    ]
    head = ["parameter", "verdict", "adjoint", "finite difference", "z"]
    return section("Gradient check of the start", paragraph(check.summary), table(head, rows, texts=2))


def timings(result: OptimizeResult, extras: Extras) -> Markup:
    """Where the time went, and for how many samples."""
    rows = [["seconds", f"{result.seconds:.3f}"], ["evaluations", str(result.nfev)]]
    if extras.rendering:
        rows += [
            ["seconds per evaluation, median", f"{np.median(extras.rendering):.4f}"],
            ["seconds of the first evaluation, compilation included", f"{extras.rendering[0]:.3f}"],
            ["seconds in evaluations, since the last resume", f"{sum(extras.rendering):.3f}"],
            ["seconds in the rest", f"{extras.around:.3f}"],
        ]
    else:
        rows.append(["seconds per evaluation", f"{result.seconds / max(result.nfev, 1):.4f}"])
    rows.append(["samples a pixel at the end", str(result.spp)])
    return section("Timings", table([], rows))
