"""What kernels do, for arrays on the host: device functions instantiated with NumPy, float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import real
from ..device import Width


def _as_it_is(function: Callable[..., Any], strict: bool, apart: bool = False) -> Callable[..., Any]:
    return function


ARRAYS = Width("arrays", float, _as_it_is)

real.select.define(ARRAYS)(np.where)
real.gather.define(ARRAYS)(lambda array, index: array[index])
real.arctangent2.define(ARRAYS)(np.arctan2)
real.maximum.define(ARRAYS)(np.maximum)
real.minimum.define(ARRAYS)(np.minimum)
real.absolute.define(ARRAYS)(np.abs)
real.any_lane.define(ARRAYS)(np.any)
real.own.define(ARRAYS)(lambda: None)
real.sqrt.define(ARRAYS)(np.sqrt)
real.sin.define(ARRAYS)(np.sin)
real.cos.define(ARRAYS)(np.cos)


class Lens(NamedTuple):
    """As much of tables.Tables as rays.py reads."""

    theta: np.ndarray
    camera: int
    lens: int
