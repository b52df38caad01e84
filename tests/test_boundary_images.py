"""Derivatives of whole images in which shadows move, and what indirect light, mirrors and glass show, against finite
differences: boundary_cases.py. And that the scenes are fit for it: the derivative is not small.
"""

import numpy as np
import pytest
from boundary_cases import CASES
from gradcheck import assert_images_adjoint, check_along

import nrender as nr

pytestmark = pytest.mark.filterwarnings("ignore:without the derivative:nrender.RenderWarning")

LONG = 512  # samples from which on a test is slow
# What needs more samples than a test can take for an error of 5 %: benchmarks/gradients.py --suite visibility has it.
NIGHTLY = {
    ("white block under a constant sky", "shapes.thing.transform.translate"),
    ("lit wall", "shapes.thing.transform.translate"),
    ("lit wall", "shapes.wall.transform.translate"),
    ("closed room", "shapes.thing.transform.translate"),
    ("mirror", "shapes.thing.transform.translate"),
    ("mirror", "shapes.screen.transform.translate"),
    ("mirror", "cameras.main.origin"),
    ("behind frosted glass", "shapes.lamp.transform.translate"),
    ("behind clear glass", "shapes.thing.transform.translate"),
    ("ball of rough glass", "shapes.thing.transform.translate"),
}


def motions():
    for name, case in CASES.items():
        for motion, (_, _, samples) in case.motions.items():
            if (name, motion) in NIGHTLY:
                continue
            marks = [pytest.mark.slow] if samples >= LONG or "81,920" in name else []
            yield pytest.param(name, motion, marks=marks)


@pytest.mark.parametrize("name", CASES)
def test_scenes_have_what_moves(name):
    case = CASES[name]
    scene = case.make()
    view = scene.cameras["main"]
    assert (view.width, view.height) == (24, 24)
    for motion in case.motions.values():
        for path, direction in motion.directions.items():
            assert scene.parameters[path].shape == direction.shape
    image = nr.render(scene, spp=4)
    assert np.isfinite(image).all()
    assert image.mean() > 0.005


@pytest.mark.parametrize("name, motion", list(motions()))
def test_adjoint_agrees_with_finite_differences(name, motion):
    case = CASES[name]
    directions, step, samples = case.motions[motion]
    found = check_along(case.make, directions, step, case.spp, samples)
    assert abs(found.z) <= 3.5
    assert found.relative_sigma <= 0.05


@pytest.mark.parametrize("name", [name for name in CASES if "81,920" not in name])
def test_adjoint_is_the_transpose_of_the_tangent(name):
    assert_images_adjoint(CASES[name].make())
