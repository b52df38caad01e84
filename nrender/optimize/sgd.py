"""`sgd`: plain steps along the gradient, with momentum.

The gradient is measured by its own usual length (the root of the mean of its squares), so that a step is about `rate`
scaled units whatever the loss; the components keep their proportions, unlike Adam's.  What else happens is in
stochastic.py.

Source: Polyak 1964; Sutskever et al. 2013, section 2.
"""

from __future__ import annotations

import numpy as np

from nrender.optimize.result import Outcome
from nrender.optimize.run import Run
from nrender.optimize.stochastic import State, descend

STEP = 0.3
MOMENTUM = 0.9
MEMORY = 0.99  # of the mean square of the length
EPSILON = 1e-8


def minimise(run: Run) -> Outcome:
    """Run SGD from `run.x0`, or from `run.state`."""
    return descend(run, _rule, STEP, {"velocity": np.zeros_like(run.x0), "length": np.array(0.0)})


def _rule(run: Run, s: State, gradient: np.ndarray, count: int) -> tuple[np.ndarray, State]:
    length = MEMORY * s["length"] + (1 - MEMORY) * np.max(np.abs(gradient)) ** 2
    usual = np.sqrt(length / (1 - MEMORY**count))
    velocity = MOMENTUM * s["velocity"] + (1 - MOMENTUM) * gradient / (usual + EPSILON)
    return velocity, {"velocity": velocity, "length": length}
