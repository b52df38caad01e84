"""Derivatives of whole images with textures, normals of vertices and maps, opacity and an environment map, against
finite differences; and the adjoint against the tangent."""

import numpy as np
import pytest
from gradcheck import assert_images_adjoint, check
from textured_scenes import CASES

import nrender as nr

pytestmark = pytest.mark.filterwarnings("ignore:without the derivative:nrender.RenderWarning")

# Of each scene: the rest of its paths tells nothing new.
OWN = ("materials.", "lights.sky")
MOVES = ("colors", "vertices", "emission.image", "cameras.main.origin", "transform.translate", "lamp.position")
SPARED = ("smooth sphere, diffuse, 2", "smooth cap, conductor, 2", "smooth cap, diffuse, 1", "smooth sphere, conductor")


def cases():
    for name, case in CASES.items():
        if not name.startswith(SPARED):
            yield from ((name, path) for path in case.paths if path.startswith(OWN) or path.endswith(MOVES))


@pytest.mark.parametrize("name, path", list(cases()))
def test_adjoint_agrees_with_finite_differences(name, path):
    found = check(CASES[name].make, path, 32, 32)
    assert abs(found.z) <= 3.5
    assert found.relative_sigma <= 0.05 or found.size < 2e-3


@pytest.mark.parametrize("name", CASES)
def test_adjoint_is_the_transpose_of_the_tangent(name):
    assert_images_adjoint(CASES[name].make())


def test_a_checkerboard_with_too_many_lines_is_rendered_and_named():
    board = {"a": [1, 1, 1], "b": [0, 0, 0], "scale": 400_000}
    view = {"type": "perspective", "origin": [0, 1, 3], "target": [0, 0, 0], "resolution": [8, 8]}
    scene = nr.Scene.from_dict(
        {
            "nrender": 1,
            "cameras": {"main": view},
            "materials": {"fine": {"type": "diffuse", "reflectance": {"checkerboard": board}}},
            "shapes": {"crowded": {"type": "rectangle", "material": "fine"}},
            "lights": {"sky": {"type": "constant", "radiance": [1, 1, 1]}},
        }
    )
    image, pullback = nr.render_vjp(scene, ["cameras.main.origin"], spp=4)
    assert image.max() > 0
    with pytest.warns(nr.RenderWarning, match="checkerboard of shape 'crowded' moves: it has too many lines"):
        pullback(np.ones_like(image))
