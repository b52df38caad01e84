"""Shape types, one a file, and what all shapes share.

A new type: a file with `MODEL`, whose `build(values, base)` gives a local Mesh, and a line in `SHAPES`.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..models import Transform
from ..schema import Family, Values, choice, colour, flag, nested, numbers, text
from . import cube, disk, mesh, rectangle, sphere, teapot


def check_transform(values: Values) -> Iterable[tuple[str, str]]:
    """`values`: only the keys that were given."""
    matrix = values.get("matrix")
    if matrix is None:
        return
    for key in values:
        if key != "matrix":
            yield key, "expected either matrix or the other keys, got both"
    if matrix.shape == (4, 4) and not np.array_equal(matrix[3], [0, 0, 0, 1]):
        yield "matrix", "expected [0, 0, 0, 1] as the last row of 4"


def make_transform(values: Values) -> Transform:
    """`values`: only the keys that were given."""
    given = dict(values)
    if "matrix" in given:
        given["matrix"] = given["matrix"][:3]
    return Transform(**given)


TRANSFORM = {
    "scale": numbers("first: one factor, or one an axis", (), (3,), default=1,
                     differentiable=True),
    "rotate": numbers("then: rotation vector, axis times degrees", (3,), default=(0, 0, 0),
                      differentiable=True),
    "translate": numbers("then: displacement", (3,), default=(0, 0, 0), differentiable=True),
    "pivot": numbers("the point that scale and rotate leave in place", (3,), default=(0, 0, 0),
                     differentiable=True),
    "matrix": numbers("instead of all others: rows of the affine map", (3, 4), (4, 4),
                      default=None, differentiable=True),
}

COMMON = {
    "material": text("name of a material; without one a shape that emits is black", "name",
                     default=None),
    "emission": colour("radiance, linear RGB, that leaves its front", default=None,
                       textured=("image", "checkerboard")),
    "two_sided": flag("emit from the back, too", default=False),
    "normals": choice("of shading: of the triangles, or of the vertices (mean of the triangles, weighted by "
                      "angle), or as in the file; without it, file if it has them, else flat",
                      "flat", "smooth", "file", default=None),
    "transform": nested("from local to world coordinates", TRANSFORM),
}

SHAPES = Family(
    "shapes",
    {
        "mesh": mesh.MODEL,
        "rectangle": rectangle.MODEL,
        "cube": cube.MODEL,
        "sphere": sphere.MODEL,
        "disk": disk.MODEL,
        "teapot": teapot.MODEL,
    },
    COMMON,
)
