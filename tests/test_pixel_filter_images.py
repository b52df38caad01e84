"""Pictures with every pixel filter, and their derivatives."""

import numpy as np
import pytest
from boundary_scenes import hidden_shadow
from estimates import replicate
from gradcheck import assert_images_adjoint
from test_camera_images import glowing, lit

import nrender as nr
from nrender import Scene, pixel_filter
from nrender.pixel_filter import FILTERS

WIDE = ["tent", "gaussian"]
FINE = 6  # pixels of the fine picture across one of the other


def filtered(fine, kind):
    """A picture of pixels with a wide filter, from one of small squares."""
    height, width = fine.shape[0] // FINE, fine.shape[1] // FINE
    # The filter at all distances of a square's middle from a pixel's.
    away = [(np.arange(-FINE * (n - 1), FINE * n) + 0.5) / FINE - 0.5 for n in (height, width)]
    table = np.array([[pixel_filter.value(FILTERS[kind], x, y) for x in away[1].tolist()] for y in away[0].tolist()])
    out = np.zeros((height, width, 3))
    for row in range(height):
        for column in range(width):
            f = table[FINE * (height - 1 - row) :, FINE * (width - 1 - column) :][: len(fine), : fine.shape[1]]
            out[row, column] = (f[:, :, None] * fine).sum((0, 1)) / f.sum()
    return out


@pytest.mark.parametrize("kind", WIDE)
def test_a_pixel_is_the_mean_by_its_filter(kind):
    """Of a picture of small squares; but for the border's, to which what is beyond it counts. The sum over squares has
    an error of a hundredth of the jumps there: about 0.002 of a pixel."""
    camera = {"crop": [0, 0, 24, 16], "resolution": [24, 16]}
    fine = {"crop": [0, 0, 24 * FINE, 16 * FINE], "resolution": [24 * FINE, 16 * FINE]}
    of = glowing("perspective", filter=kind, **camera)
    found = replicate(lambda seed: nr.render(of, spp=256, seed=seed), range(8))
    squares = replicate(lambda seed: nr.render(glowing("perspective", **fine), spp=16, seed=seed), range(100, 104))
    difference = (found.mean - filtered(squares.mean, kind))[2:-2, 2:-2]
    sigma = np.hypot(found.sigma[2:-2, 2:-2], 0.003)
    assert np.abs(difference / sigma).max() < 5
    box = nr.render(glowing("perspective", **camera), spp=1024, seed=1)
    assert np.abs(found.mean - box)[2:-2, 2:-2].max() > 0.1  # it is another one


def test_a_point_is_what_its_centre_sees():
    camera = {"crop": [0, 0, 24, 16], "resolution": [24, 16]}
    found = [nr.render(glowing("perspective", filter="point", **camera), spp=1, seed=seed) for seed in (1, 2)]
    assert np.array_equal(*found)
    depth = [nr.render_aovs(glowing("perspective", filter="point"), ["depth"], spp=1, seed=s)["depth"] for s in (1, 2)]
    assert np.array_equal(*depth)


@pytest.mark.parametrize("kind", [*WIDE, "point"])
@pytest.mark.filterwarnings("ignore:without the derivative:nrender.RenderWarning")
def test_adjoint_is_the_transpose_of_the_tangent(kind):
    assert_images_adjoint(lit("perspective", filter=kind))


@pytest.mark.slow
@pytest.mark.parametrize("camera", ["perspective", "fisheye"])
@pytest.mark.parametrize("kind", WIDE)
def test_gradients_with_outlines_agree_with_finite_differences(kind, camera):
    wrt = [("cameras.main.origin", (0,)), "cameras.main.fov", ("shapes.box.transform.translate", (0,))]
    found = nr.gradcheck(glowing(camera, filter=kind), wrt, budget=1_000_000, target=0.03)
    assert found.ok, str(found)


@pytest.mark.slow
@pytest.mark.parametrize("kind", WIDE)
def test_gradients_of_shadows_agree_with_finite_differences(kind):
    wrt = [("cameras.main.origin", (0,)), ("shapes.box.transform.translate", (0,)),
           ("shapes.lamp.transform.translate", (2,))]
    found = nr.gradcheck(lit("perspective", filter=kind), wrt, budget=1_000_000, target=0.05)
    assert found.ok, str(found)


def points(make):
    document = make().document
    document["cameras"]["main"]["filter"] = "point"
    return Scene.from_dict(document)


@pytest.mark.slow
def test_soft_shadows_seen_through_points_agree_with_finite_differences():
    """What casts them is out of view."""
    scene = points(hidden_shadow())
    with pytest.warns(nr.RenderWarning, match="without the derivative of outlines in the picture of camera 'main'"):
        found = nr.gradcheck(scene, [("shapes.thing.transform.translate", (0,))], budget=1_000_000, target=0.05)
    assert found.ok, str(found)


def test_outlines_seen_through_points_have_no_derivative():
    path = "shapes.box.transform.translate"
    scene = glowing("perspective", filter="point")
    nr.job._warned.clear()
    image, pullback = nr.render_vjp(scene, [path], spp=1)
    with pytest.warns(nr.RenderWarning, match="without the derivative of outlines in the picture"):
        gradient = pullback(np.ones(image.shape))
    assert not gradient[path].any()
