"""The methods by name.  A method is a function of a `Run` in a file of its own; add a line here."""

from __future__ import annotations

from collections.abc import Callable

from nrender.optimize import adam, lbfgsb
from nrender.optimize.result import Outcome
from nrender.optimize.run import Run

METHODS: dict[str, Callable[[Run], Outcome]] = {
    "l-bfgs-b": lbfgsb.minimise,
    "adam": adam.minimise,
}
DEFAULT_METHOD = "l-bfgs-b"
