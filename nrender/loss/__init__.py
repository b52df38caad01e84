"""Losses between an image and its target, with exact gradients, from two independent renders.

A loss is a function of one image (`base.Loss`); `two` makes of it an estimate from two renders, and
says why there have to be two.  `pyramid` puts any loss on smaller images too, `from_callable` makes
one of a user's function.

To add a loss: a file with a factory, a line in `LOSSES`; the tests run over the table.
"""

from collections.abc import Callable

from nrender.loss.base import Loss, LossError, Residual
from nrender.loss.from_callable import from_callable
from nrender.loss.huber import huber
from nrender.loss.l1 import l1
from nrender.loss.l2 import l2
from nrender.loss.log import log
from nrender.loss.pyramid import pyramid
from nrender.loss.relative_l2 import relative_l2
from nrender.loss.ssim import ssim
from nrender.loss.two import Two, half_weight, two

LOSSES: dict[str, Callable[..., Loss]] = {
    "l2": l2,
    "l1": l1,
    "huber": huber,
    "relative_l2": relative_l2,
    "log": log,
    "ssim": ssim,
}
"""{name in a scene file: its factory, which takes the loss's options by keyword}"""

__all__ = [
    "LOSSES",
    "Loss",
    "LossError",
    "Residual",
    "Two",
    "from_callable",
    "half_weight",
    "pyramid",
    "two",
]
