"""Is the gradient right where a fit begins?  `nrender.gradcheck` of what it will vary, of a small picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nrender.optimize.coordinates import Elementwise
from nrender.optimize.variables import Variables

if TYPE_CHECKING:
    from nrender.gradcheck import GradCheck

WIDTH = 64  # pixels
BUDGET = 2_000_000  # camera samples for the differences of a number: some seconds
SAMPLES = 2  # numbers of a parameter that has many free ones
FEW = 3  # free numbers of a parameter that are checked one by one


def checked(variables: Variables, camera: str, device: str, seed: int) -> GradCheck:
    """The check of the start; of ties the first, of coordinates that mix numbers some of these."""
    from nrender.gradcheck import gradcheck

    return gradcheck(
        variables.scene,
        selections(variables),
        seed=seed,
        device=device,
        camera=camera,
        width=min(WIDTH, variables.scene.cameras[camera].width),
        samples=SAMPLES,
        budget=BUDGET,
    )


def selections(variables: Variables) -> list[str | tuple[str, tuple[int, ...] | None]]:
    """Free numbers of parameters that have few, else the parameter, of which the check chooses."""
    found: list[str | tuple[str, tuple[int, ...] | None]] = []
    for block in variables.blocks:
        coordinates = block.coordinates
        if isinstance(coordinates, Elementwise) and len(coordinates.free) <= FEW:
            shape = coordinates.start.shape
            found += [(block.path, tuple(int(i) for i in np.unravel_index(k, shape))) for k in coordinates.free]
        else:
            found.append(block.path)
    return found
