"""The way of a fit in pictures: a strip of some iterations, and all frames as one picture that moves."""

from __future__ import annotations

import numpy as np

from nrender.optimize.report.contents import Film
from nrender.optimize.report.encoded import image, moving
from nrender.optimize.report.html import Markup, figure, section

STRIP = 8
EACH, LAST = 250, 2000  # milliseconds
BAR = 24  # a bar below the moving picture is a pixel high for so many pixels of its height
BEFORE, AFTER = (128, 128, 128), (20, 99, 196)


def way(film: Film | None, losses: dict[int, float]) -> Markup:
    """losses: {iteration: loss}.  Nothing for fewer than two frames."""
    if film is None or len(film.frames) < 2:
        return ""
    chosen = np.unique(np.rint(np.linspace(0, len(film.frames) - 1, STRIP)).astype(int))
    figures = [
        figure(image(film.frames[k], f"iteration {film.iterations[k]}", small=True),
               f"{film.iterations[k]}: {losses.get(film.iterations[k], np.nan):.3g}")
        for k in chosen
    ]
    figures.append(figure(image(film.target, "target", small=True), "target"))
    strip = f'<p>Iteration: loss.</p><div class="strip">{"".join(figures)}</div>'
    return section(f"On the way, camera {film.camera}", strip, _animation(film))


def _animation(film: Film) -> Markup:
    """It can be put away, and doesn't move for who asks their system that nothing should."""
    count = len(film.frames)
    frames = [_with_bar(pixels, (k + 1) / count) for k, pixels in enumerate(film.frames)]
    still = moving([frames[-1]], [0])
    height, width = frames[0].shape[:2]
    picture = (
        f'<picture><source media="(prefers-reduced-motion: reduce)" srcset="{still}">'
        f'<img src="{moving(frames, [EACH] * (count - 1) + [LAST])}" alt="the iterations one after the other"'
        f' width="{width}" height="{height}"></picture>'
    )
    caption = f"{count} of {film.iterations[-1] + 1} iterations, dense at first: the bar shows which"
    inside = f'<div class="film">{figure(picture, caption)}</div>'
    return f"<details open><summary>One after the other</summary>{inside}</details>"


def _with_bar(pixels: np.ndarray, share: float) -> np.ndarray:
    height, width = pixels.shape[:2]
    bar = np.empty((max(1, height // BAR), width, 3), np.uint8)
    bar[:] = BEFORE
    bar[:, : max(1, round(share * width))] = AFTER
    return np.concatenate([pixels, bar])
