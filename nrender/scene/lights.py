"""Light types other than shapes that emit.  A new type: an entry here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .models import Frozen, Light
from .schema import Derived, Family, Key, Model, Values, colour, number, numbers, text
from .textures import read_pixels
from .values import Bad, check_range

CONSTANT = Model(
    "The same radiance from every direction, from infinitely far away; several add up.",
    {"radiance": colour("radiance, linear RGB")},
)

POINT = Model(
    "A point that shines equally in all directions.",
    {
        "position": numbers("in the world", (3,), differentiable=True),
        "intensity": colour("radiant intensity, linear RGB: a surface at distance r gets it over r^2"),
    },
)


def check_spot(values: Values) -> Iterable[tuple[str, str]]:
    if (values["position"] == values["target"]).all():
        yield "target", "expected a point other than the position, got the same"
    if values["beam_width"] >= values["cutoff"]:
        yield "beam_width", (f"expected less than the cutoff of {float(values['cutoff']):g} degrees, "
                             f"got {float(values['beam_width']):g}")


SPOT = Model(
    "A point that shines into a cone.",
    {
        "position": numbers("in the world", (3,), differentiable=True),
        "target": numbers("point that the axis goes through", (3,), differentiable=True),
        "intensity": colour("radiant intensity on the axis, linear RGB"),
        "cutoff": number("angle to the axis from which on it is dark, degrees", low=0, high=180, open_ends=True,
                         default=30, differentiable=True),
        "beam_width": number("angle to the axis up to which it has its full intensity, degrees", low=0, high=180,
                             default=Derived("3/4 of cutoff", lambda values: 0.75 * values["cutoff"]),
                             differentiable=True),
    },
    check_spot,
)


def check_directional(values: Values) -> Iterable[tuple[str, str]]:
    if not values["direction"].any():
        yield "direction", "expected a direction, got [0, 0, 0]"


DIRECTIONAL = Model(
    "Parallel light from infinitely far away, as from the sun.",
    {
        "direction": numbers("where the light travels to; its length doesn't matter", (3,), differentiable=True),
        "irradiance": colour("on a surface that faces it, linear RGB"),
    },
    check_directional,
)


def check_envmap(values: Values) -> Iterable[tuple[str, str]]:
    image = values.get("image")
    if image is not None and image.size and not image.any():
        yield "image", "expected an image with some light in it, got one that is black"


def read_envmap(values: Values, base: Path) -> dict[str, Any]:
    """The values with the pixels as `image`.  An image that was given inline is checked already."""
    image = read_pixels(values, base, 3)
    file = values["file"]
    try:
        check_range(image, 0.0, float("inf"), False, "number")
    except Bad as bad:
        raise Bad(f"'{file}': {bad}", ("file",)) from None
    for _, message in check_envmap({"image": image}):
        raise Bad(f"'{file}': {message}", ("file",))
    return {**{key: value for key, value in values.items() if key != "file"}, "image": image}


ENVMAP = Model(
    "Radiance by direction, from infinitely far away: an equirectangular image, row 0 at +y.  At most one.",
    {
        "file": text("EXR, Radiance HDR, PNG or JPEG (decoded from sRGB); relative to the scene file", "file",
                     default=None),
        "image": Key("number", "instead: the pixels, row 0 at the top", None, ((None, None, 3),), low=0.0,
                     differentiable=True),
        "scale": numbers("factor of the radiance, or one a channel", (), (3,), low=0.0, default=1,
                         differentiable=True),
        "rotate": numbers("rotation vector of the sky, axis times degrees", (3,), default=(0, 0, 0),
                          differentiable=True),
    },
    check_envmap,
    read_envmap,
)

LIGHTS = Family(
    "lights",
    {
        "constant": CONSTANT,
        "point": POINT,
        "spot": SPOT,
        "directional": DIRECTIONAL,
        "envmap": ENVMAP,
    },
)


def make_light(type_name: str, values: Values, base: Path) -> Light:
    """Raises Bad for a file that can't be used."""
    build = LIGHTS.types[type_name].build
    return Light(type_name, Frozen(values if build is None else build(values, base)))
