"""Pictures at full size: start, target, end, difference; derivatives at the end."""

from __future__ import annotations

import numpy as np

from nrender.aov_table import IMAGE
from nrender.compare import difference_image, full_colour, signed_to_rgb
from nrender.optimize.report.contents import Derivative, View
from nrender.optimize.report.encoded import image as img
from nrender.optimize.report.html import Markup, figure, number, paragraph, section
from nrender.optimize.shown import smaller

LARGEST = 512  # pixels of a side: the files beside the report have them all
DERIVATIVE = 256  # the same, of a derivative


def pictures(view: View) -> Markup:
    """The four of one camera."""
    three = [smaller(one, LARGEST) for one in (view.initial, view.target, view.final)]
    colour = view.shown.what == IMAGE
    words = "red: too bright, blue: too dark" if colour else "red: too large, blue: too small"
    named = [(name, view.shown.pixels(one)) for name, one in zip(("initial", "target", "final"), three, strict=True)]
    difference = difference_image(three[1], three[2]) if colour else signed_to_rgb((three[2] - three[1]).mean(axis=2))
    named.append((f"difference ({words})", difference))
    return section(f"Camera {view.name}", _row(named))


def derivatives(found: list[Derivative]) -> Markup:
    """How the picture changes with each scalar."""
    if not found:
        return ""
    named = []
    for one in found:
        image = np.nan_to_num(one.image, posinf=0.0, neginf=0.0)
        values = smaller(image if image.ndim == 3 else image[..., None], DERIVATIVE)
        values = values if values.shape[2] == 3 else values.mean(axis=2)
        if np.any(values):
            scale = full_colour(values)
            caption = f"{one.name}: a step of {number(one.step)}; full colour {scale:.2g}"
            named.append((caption, signed_to_rgb(values, scale)))
        else:
            named.append((f"{one.name}: nothing changes", signed_to_rgb(values)))
    text = ("How the picture changes at the end when a parameter grows by a typical step: brighter in red, darker in "
            "blue, per typical step.")
    return section("Derivatives at the end", paragraph(text), _row(named))


def _row(named: list[tuple[str, np.ndarray]]) -> Markup:
    return f'<div class="row">{"".join(figure(img(pixels, name), name) for name, pixels in named)}</div>'
