"""Every loss, alone and in pyramids, and images to try them on."""

import numpy as np

from nrender.loss import LOSSES, from_callable, pyramid

DELTA = 0.1  # huber's default
CASES = {name: factory() for name, factory in LOSSES.items()}
CASES |= {f"pyramid of {name}": pyramid(loss, 3) for name, loss in CASES.items()}
CASES["tiny pyramid"] = pyramid(CASES["l2"], 9)  # halved until nothing is left to halve
CASES["quadratic function"] = from_callable(
    lambda image, target, weight: (
        float(np.sum(weight * (image - target) ** 2) / np.sum(weight)),
        2 * weight * (image - target) / np.sum(weight),
    )
)
SHAPES = [(7, 9, 3), (8, 6, 1)]  # odd and even, and as small as windows of 11 hardly fit


def images(seed, shape=SHAPES[0]):
    """Image, target, weight (some 0), direction; |image - target| is away from 0 and from DELTA, by
    more than a hundredth of the direction: below DELTA for odd seeds, above for even ones.

    A channel has one sign, so that means of 2x2 and 4x4 keep their distance too.
    """
    rng = np.random.default_rng(seed)
    target = rng.uniform(0.5, 1, shape)
    sizes = rng.uniform(0.03, 0.07, shape) if seed % 2 else rng.uniform(0.2, 0.4, shape)
    weight = rng.uniform(0.5, 2, (*shape[:2], 1)) * (rng.random((*shape[:2], 1)) < 0.8)
    return target + sizes * rng.choice([-1, 1], shape[2]), target, weight, rng.uniform(-1, 1, shape)
