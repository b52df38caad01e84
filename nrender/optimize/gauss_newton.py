"""`least-squares` for many free scalars: Gauss-Newton without a matrix.

The step solves (2 J^T J + d I) s = -gradient by conjugate gradients; a product with J^T J is a tangent render and a
pullback (scipy's LinearOperator), so it needs no more memory than the parameters.  The damping d is Levenberg's and
Marquardt's: raised where a step doesn't lower the loss, lowered where it does as much as was promised.  Components at
a bound that the step would cross stay.

Where outlines are more than a pixel off, 2 J^T J is far too large (see least_squares.py): it is multiplied by what the
gradient did over the last step, next to what it said.

Samples are few at first and raised where they stall it, as stages.py says.  All of its state is x, the damping, that
factor and the samples, so a run that was interrupted goes on from its last iteration.

Source: Nocedal and Wright 2006, sections 7.1 and 10.3; Nielsen 1999 for the rule of the damping.
"""

from __future__ import annotations

import numpy as np

from nrender.optimize.noise import blocked
from nrender.optimize.result import CONVERGED, ITERATIONS, Outcome
from nrender.optimize.run import Point, Run
from nrender.optimize.stages import first_spp, next_stage

PRODUCTS = 12  # of J^T J in a step: renders are dear, and the damping mends what is left
TOLERANCE = 0.05  # of the solution
FIRST_DAMPING = 1e-3  # of the curvature along the gradient
MAX_TRIES = 8
LEAST = 0.05  # the factor of the curvature


def minimise(run: Run) -> Outcome:
    """Run Gauss-Newton from `run.x0`, or from `run.state`."""
    wanted = run.objective.spp
    if not run.state:
        run.objective.spp = first_spp(wanted)
        run.record(run.exact(run.x0), _state(run, run.x0))
    run.check_state(_state(run, run.x0))
    while run.iteration < run.iterations:
        s = run.state
        run.objective.spp = int(s["spp"])
        point = run.exact(s["x"])
        found = _step(run, point, float(s["damping"]), float(s["size"]))
        if found is not None:
            new, damping, size = found
            run.record(new, _state(run, new.x, damping, size))
            if point.loss - new.loss > new.noise:
                continue
            point = new
        spp, end = next_stage(run, point, wanted, run.glance)
        if end is not None:
            return Outcome(CONVERGED, "; ".join(filter(None, ("an iteration gains less than the noise", end))))
        run.objective.spp = spp
        run.best = run.exact(point.x)
        run.commit(_state(run, point.x, 0.0, float(run.state["size"])))
    return Outcome(ITERATIONS, f"{run.iterations} iterations done")


def _state(run: Run, x: np.ndarray, damping: float = 0.0, size: float = 1.0) -> dict[str, np.ndarray]:
    return {
        "x": x.copy(),
        "damping": np.array(damping),
        "size": np.array(size),
        "spp": np.array(run.objective.spp),
    }


def _step(run: Run, point: Point, damping: float, size: float) -> tuple[Point, float, float] | None:
    """The next point, damping and factor of the curvature; None if no step lowers the loss."""
    gradient = np.where(blocked(point.x, point.gradient, run.lower, run.upper), 0.0, point.gradient)
    length = float(np.linalg.norm(gradient))
    if length == 0:
        return None
    if not damping:
        along = run.curvature_product(point.x, gradient / length)
        damping = FIRST_DAMPING * float(along @ gradient / length)
    growth = 2.0
    for _ in range(MAX_TRIES):
        step = _solve(run, point.x, gradient, damping)
        said = -float(gradient @ step) - damping * float(step @ step)  # the curvature along it
        x = np.clip(point.x + step / size, run.lower, run.upper)
        moved = x - point.x
        promised = -float(gradient @ moved) / 2
        new = run.exact(x)
        gained = point.loss - new.loss
        if not new.fault and gained > 0:
            ratio = gained / promised if promised > 0 else 0.0
            found = float(moved @ (new.gradient - point.gradient)) * size**2
            size = float(np.clip(found / said, LEAST, 1.0)) if said > 0 else size
            return new, damping * max(1 / 3, 1 - (2 * min(ratio, 1.0) - 1) ** 3), size
        if float(np.max(np.abs(moved))) < 1e-4:
            return None
        damping, growth, size = damping * growth, 2 * growth, min(1.0, 4 * size)
    return None


def _solve(run: Run, x: np.ndarray, gradient: np.ndarray, damping: float) -> np.ndarray:
    from scipy.sparse.linalg import LinearOperator, cg

    free = ~blocked(x, gradient, run.lower, run.upper)

    def product(v: np.ndarray) -> np.ndarray:
        v = np.where(free, np.reshape(v, -1), 0.0)
        return np.where(free, run.curvature_product(x, v), 0.0) + damping * v

    operator = LinearOperator((x.size, x.size), matvec=product, dtype=np.float64)
    step, _ = cg(operator, -np.where(free, gradient, 0.0), rtol=TOLERANCE, maxiter=PRODUCTS)
    return np.asarray(step)
