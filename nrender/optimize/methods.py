"""The methods by name.  A method is a function of a `Run` in a file of its own; add a line here."""

from __future__ import annotations

from collections.abc import Callable

from nrender.optimize import adam, lbfgsb, least_squares, sgd, trust_constr
from nrender.optimize.result import Outcome
from nrender.optimize.run import Run

METHODS: dict[str, Callable[[Run], Outcome]] = {
    "l-bfgs-b": lbfgsb.minimise,
    "trust-constr": trust_constr.minimise,
    "least-squares": least_squares.minimise,
    "adam": adam.minimise,
    "sgd": sgd.minimise,
}
DEFAULT_METHOD = "l-bfgs-b"
