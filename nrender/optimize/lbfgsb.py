"""`l-bfgs-b`: scipy's L-BFGS-B under common random numbers.

With fixed seeds the estimate of the loss is a fixed function of x, and its gradient nearly that of
the renderer: but for how edges are sampled, and how sampled directions move with a material, both
right on average only (docs/theory.md, 4).  So line searches work, down to the noise; what happens there is in
smooth_function.py and stages.py.

Source: Byrd, Lu, Nocedal and Zhu 1995; Zhu et al. 1997 (algorithm 778).
"""

from __future__ import annotations

import numpy as np

from nrender.optimize.result import CONVERGED, ITERATIONS, Outcome
from nrender.optimize.run import Run
from nrender.optimize.smooth_function import SmoothFunction, Still
from nrender.optimize.stages import in_stages

FTOL = 1e-9
GTOL = 1e-6
MAX_LINE_SEARCH = 12


def minimise(run: Run) -> Outcome:
    """Run L-BFGS-B from `run.x0`."""
    return in_stages(run, _descend)


def _descend(run: Run, x: np.ndarray) -> Outcome:
    from scipy.optimize import Bounds, minimize  # as slow to import as nrender itself

    function = SmoothFunction(run, x)
    radius = function.radius

    def at(z: np.ndarray) -> np.ndarray:
        """The method's first step has length 1, in z."""
        return np.clip(x + radius * z, run.lower, run.upper)

    def value(z: np.ndarray) -> tuple[float, np.ndarray]:
        loss, gradient = function(at(z))
        return loss, radius * gradient

    left = run.iterations - run.iteration
    if left <= 0:
        return Outcome(ITERATIONS, f"{run.iterations} iterations done" if run.iterations else
                       "no iterations were asked for")
    try:
        found = minimize(
            value,
            np.zeros_like(x),
            jac=True,
            method="L-BFGS-B",
            bounds=Bounds((run.lower - x) / radius, (run.upper - x) / radius),
            callback=lambda intermediate_result: function.accept(function.known(at(intermediate_result.x))),
            options={
                "maxiter": left,
                "maxfun": MAX_LINE_SEARCH * (left + 1),
                "maxls": MAX_LINE_SEARCH,
                "ftol": FTOL * function.first,
                "gtol": GTOL * function.first,
            },
        )
    except Still:
        return function.stalled()
    if found.success:
        return Outcome(CONVERGED, _reason(found.message))
    if found.status == 1:
        return Outcome(ITERATIONS, f"stopped after {run.iteration} iterations")
    return function.stalled()


def _reason(message: str) -> str:
    if "GRADIENT" in message.upper():
        return f"the gradient is below {GTOL:g} of the first loss"
    return f"an iteration gained less than {FTOL:g} of the first loss"
