"""A loss on an image and on smaller and smaller means of it.

A shape that doesn't overlap its target yet has, pixel by pixel, no reason to move towards it.  In a
small enough picture of both they do overlap; so the sum over sizes leads there, coarse to fine.

    value = sum_k 4^k loss(D^k I, D^k T, w_k) / sum_k 4^k,  k = 0 … n - 1

The mean square of what is smaller than a pixel falls by 4 when the picture is halved, and that of noise too: with 4^k a
small shape far off counts as much in the small pictures, which know where it is to go, as in the large ones, whose loss
rises and falls while it crosses their pixels.

D halves width and height by the weighted mean of 4x4 pixels, with taps (1, 3, 3, 1)/8 along each axis (what there is
of them at the edge; 0 where all of it is masked), and w_k are the means of the weights.  The pixels of a smaller
picture overlap in what they see: so they change smoothly when a shape moves, where means of blocks side by side would
change in leaps.  D is linear in the image, so E[D I] = D E[I]: what a loss claims of its bias holds for the pyramid, at
the lower noise of means.

Source: Burt and Adelson 1983, "The Laplacian pyramid as a compact image code", with an even kernel, which keeps the
corners of the picture where they are.
"""

from __future__ import annotations

import numpy as np

from nrender.loss.base import Image, Loss, LossError, Residual, prepare


def pyramid(loss: Loss, levels: int) -> Loss:
    """`loss` on the image itself and on levels - 1 halvings of it, averaged, each with 4 times the share of the last.

    An image of 1x1 isn't halved further: there are then fewer levels.  A user's function
    (`from_callable`) is called once a level, with the level's images.
    LossError unless levels is an integer of at least 1.
    """
    if isinstance(levels, bool) or not isinstance(levels, int | np.integer) or levels < 1:
        raise LossError(f"pyramid: levels: expected an integer of at least 1, got {levels!r}")
    residual_of = loss.residual

    def of(image: Image, target: Image, weight: Image) -> tuple[float, Image]:
        image, target, _ = prepare(image, target, weight)
        weights = _weights(weight, levels)
        images, targets = _down(image, weights), _down(target, weights)
        found = [loss.of(*level) for level in zip(images, targets, weights, strict=True)]
        shares = _shares(len(found))
        gradient = _up([share * gradient for share, (_, gradient) in zip(shares, found, strict=True)], weights)
        return float(sum(share * value for share, (value, _) in zip(shares, found, strict=True))), gradient

    def residual(image: Image, target: Image, weight: Image) -> Residual:
        assert residual_of is not None
        image, target, _ = prepare(image, target, weight)
        weights = _weights(weight, levels)
        images, targets = _down(image, weights), _down(target, weights)
        found = [residual_of(*level) for level in zip(images, targets, weights, strict=True)]
        ends = np.cumsum([part.r.size for part in found])[:-1]
        scales = np.sqrt(_shares(len(found)))

        def jvp(d_image: Image) -> Image:
            changes = _down(d_image, weights)
            return np.concatenate([s * p.jvp(d) for s, p, d in zip(scales, found, changes, strict=True)])

        def vjp(w: Image) -> Image:
            parts = zip(scales, found, np.split(w, ends), strict=True)
            return _up([s * part.vjp(piece) for s, part, piece in parts], weights)

        return Residual(np.concatenate([s * part.r for s, part in zip(scales, found, strict=True)]), jvp, vjp)

    return Loss(of, residual if residual_of else None, f"{loss.claim} (at each size of the image)")


TAPS = (0.125, 0.375, 0.375, 0.125)


def _shares(levels: int) -> np.ndarray:
    """Of each level in the loss, finest first."""
    shares = 4.0 ** np.arange(levels)
    return shares / shares.sum()


def _weights(weight: Image, levels: int) -> list[Image]:
    """The weights of each level (H, W, 1), finest first."""
    found = [np.asarray(weight, np.float64)]
    while len(found) < levels and found[-1].size > 1:
        found.append(_halved(found[-1]))
    return found


def _down(image: Image, weights: list[Image]) -> list[Image]:
    """The image at each level, (H, W, C), finest first."""
    found = [image]
    for weight, coarser in zip(weights, weights[1:], strict=False):
        found.append(_halved(weight * found[-1]) / _divisor(coarser))
    return found


def _up(gradients: list[Image], weights: list[Image]) -> Image:
    """The transpose of `_down`: gradients of each level, summed at the finest, (H, W, C)."""
    total = gradients[-1]
    for k in reversed(range(len(weights) - 1)):
        spread = _doubled(total / _divisor(weights[k + 1]), weights[k].shape[:2])
        total = gradients[k] + weights[k] * spread
    return total


def _divisor(weight: Image) -> Image:
    """The weights, 1 where they are 0: there is nothing to divide."""
    return np.where(weight > 0, weight, 1.0)


def _halved(values: Image) -> Image:
    """By the taps, along both axes: (ceil(H/2), ceil(W/2), C)."""
    for axis in (0, 1):
        half = -(-values.shape[axis] // 2)
        around = [(0, 0)] * 3
        around[axis] = (1, 2 * half + 1 - values.shape[axis])
        rows = np.moveaxis(np.pad(values, around), axis, 0)
        total = sum(tap * rows[j : j + 2 * half : 2] for j, tap in enumerate(TAPS))
        values = np.moveaxis(np.asarray(total), 0, axis)
    return values


def _doubled(coarse: Image, size: tuple[int, int]) -> Image:
    """The transpose of `_halved`: to (H, W, C), size (H, W)."""
    for axis in (1, 0):
        rows = np.moveaxis(coarse, axis, 0)
        half = len(rows)
        out = np.zeros((2 * half + 2, *rows.shape[1:]))
        for j, tap in enumerate(TAPS):
            out[j : j + 2 * half : 2] += tap * rows
        coarse = np.moveaxis(out[1 : 1 + size[axis]], 0, axis)
    return coarse
