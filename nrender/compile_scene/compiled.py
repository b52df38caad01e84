"""What `compile_scene` makes of a scene."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..params import Layout
from ..tables import Tables
from .mesh import Mesh


class Compiled(NamedTuple):
    """place: where the parameters are in theta; values: theta, float64; tables: in the width's Real; power: (L,) of the
    rows of tables.lights."""

    place: Layout
    values: np.ndarray
    mesh: Mesh
    tables: Tables
    power: np.ndarray
