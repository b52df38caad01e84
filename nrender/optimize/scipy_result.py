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
    notes         what else happened on the way, one line each; spp: samples a pixel at the end
    coefficients  {path: (K,)} of the parameters that have a basis, or None
    starts        a dict for each of many starts: start, status, iterations, evaluations, loss_initial, loss, seconds,
                  best
    covariance    (n, n) of `x`, standard_error (n,), interval (n, 2) of 95 %, infinite where the pictures say nothing;
                  None where they aren't known (a loss that is no sum of squares, many scalars, an interrupted run)
    gradcheck     a `nrender.GradCheck` of the start, or None if it wasn't asked for
    findings      what the pictures can't determine or tell apart, in sentences
    output        the folder written to, or None

    `x` holds the free scalars in their own units, `names` what they are.
    """

    scene: Any
    history: list[dict[str, float]]
    status_name: str
