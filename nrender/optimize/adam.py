"""`adam`: steps by the mean of the gradient over the root of its mean square.

Vertices in `large_steps` coordinates share one mean square, the largest of theirs: each of its own would undo the
smoothing (Nicolet 2021's AdamUniform).  What else happens is in stochastic.py.

Source: Kingma and Ba 2015; Nicolet, Jacobson and Jakob 2021, section 3.3.
"""

from __future__ import annotations

import numpy as np

from nrender.optimize.coordinates import Smooth
from nrender.optimize.result import Outcome
from nrender.optimize.run import Run
from nrender.optimize.stochastic import State, descend

STEP = 0.3
BETA1, BETA2 = 0.9, 0.99
EPSILON = 1e-8


def minimise(run: Run) -> Outcome:
    """Run Adam from `run.x0`, or from `run.state`."""
    zeros = np.zeros_like(run.x0)
    return descend(run, _rule, STEP, {"mean": zeros, "square": zeros.copy()})


def _rule(run: Run, s: State, gradient: np.ndarray, count: int) -> tuple[np.ndarray, State]:
    mean = BETA1 * s["mean"] + (1 - BETA1) * gradient
    square = BETA2 * s["square"] + (1 - BETA2) * gradient**2
    root = np.sqrt(square / (1 - BETA2**count))
    for block in run.variables.blocks:
        if isinstance(block.coordinates, Smooth):
            root[block.part] = root[block.part].max()
    return mean / (1 - BETA1**count) / (root + EPSILON), {"mean": mean, "square": square}
