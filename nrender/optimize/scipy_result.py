"""What `optimize` returns. Imported when a fit ends: scipy.optimize takes as long to import as all of nrender."""

from __future__ import annotations

from typing import Any

import scipy.optimize


class OptimizeResult(scipy.optimize.OptimizeResult):
    """scipy's result (`x fun jac nit nfev status success message`) and:

    scene         the fitted scene: the best one seen
    parameters    {path: value} of what was fitted
    status_name   'converged', 'iterations', 'interrupted' or 'failed'
    history       a list of dicts: iteration, evaluations, loss, seconds, gradient_norm and the
                  first 64 free scalars by name
    loss_initial  loss at the start;  `fun` is the loss of `scene`
    seconds       time in the method, earlier parts of a resumed run included
    rejected      what was wrong with each rejected step, one line each
    output        the folder written to, or None

    `x` holds the free scalars in their own units, `names` what they are.
    """

    scene: Any
    history: list[dict[str, float]]
    status_name: str
