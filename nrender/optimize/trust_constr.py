"""`trust-constr`: scipy's interior-point method in a trust region, with a BFGS model of the curvature.

Its iterates stay inside the bounds, and its steps are bounded: for losses on which line searches run away.  It keeps
a dense matrix of the curvature, so it is for up to MAX_SIZE scalars.

Source: Byrd, Hribar and Nocedal 1999 (as scipy.optimize has it).
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from nrender.optimize.result import CONVERGED, ITERATIONS, Outcome
from nrender.optimize.run import Failed, Run
from nrender.optimize.smooth_function import SmoothFunction, Still
from nrender.optimize.stages import in_stages

MAX_SIZE = 2000
GTOL = 1e-6
XTOL = 1e-6


def minimise(run: Run) -> Outcome:
    """Run trust-constr from `run.x0`."""
    if run.variables.size > MAX_SIZE:
        raise Failed(f"trust-constr takes at most {MAX_SIZE} free scalars, got {run.variables.size}; try l-bfgs-b")
    return in_stages(run, _descend)


def _descend(run: Run, x: np.ndarray) -> Outcome:
    from scipy.optimize import BFGS, Bounds, minimize  # as slow to import as nrender itself

    function = SmoothFunction(run, x)
    left = run.iterations - run.iteration
    if left <= 0:
        return Outcome(ITERATIONS, f"{run.iterations} iterations done")

    def record(x: np.ndarray, state: Any) -> bool:
        # Rejected steps are iterations too; a row is one that moved, and the start is there already.
        point = function.latest.get(np.asarray(x).tobytes())
        if state.nit > 1 and point is not None and point.loss != run.rows[-1]["loss"]:
            function.accept(point)
        return run.iteration >= run.iterations

    bounded = np.isfinite(run.lower).any() or np.isfinite(run.upper).any()
    options = {"maxiter": 4 * left, "gtol": GTOL * function.first, "xtol": XTOL, "initial_tr_radius": function.radius}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="scipy")  # of steps without change, which rejected ones are
        try:
            found = minimize(
                function,
                x,
                jac=True,
                hess=BFGS(),
                method="trust-constr",
                bounds=Bounds(run.lower, run.upper, keep_feasible=True) if bounded else None,
                callback=record,
                options=options,
            )
        except Still:
            return function.stalled()
    if run.iteration >= run.iterations:
        return Outcome(ITERATIONS, f"stopped after {run.iteration} iterations")
    if found.status in (1, 2):
        reason = f"the gradient is below {GTOL:g} of the first loss" if found.status == 1 else "steps are below 1e-6"
        return Outcome(CONVERGED, reason)
    return function.stalled()
