"""Derivatives of whole images.

What is checked where. The image of one seed is no antiderivative of that seed's gradient: silhouettes are integrated
by samples of their own, and vertices that stay at their material points keep their old densities. So what moves is
compared in the mean, with finite differences of many seeds (`check`); what doesn't move (colours) is differentiated
exactly for each seed, and has Taylor tests in float64. Tangent and adjoint take the same samples: for one seed, each
is the transpose of the other to the last digits.
"""

import functools

import numpy as np
import pytest
from estimates import replicate
from gradcheck import check
from scene_library import camera, corner, emitters, faceted, furnace, quad, scene, solid
from scipy.spatial import ConvexHull

import nrender as nr
from nrender.loss import LOSSES, half_weight
from nrender.params.camera import frame
from nrender.scene.transform import world_vertices

SCENES = {"emitters": emitters, "solid": solid, "faceted": faceted, "corner": corner}
FORMS = ("scale", "axes", "matrix")


@functools.cache
def maker(name, form, **keys):
    return functools.partial(SCENES[name], form, **keys)


def cases():
    """(scene, form, path): each parameter of each scene in one form of transform, what else the other forms have."""
    for name, make in SCENES.items():
        seen = set()
        for form in FORMS:
            for path in make(form).parameters:
                if path.split(".")[1] in ("thing", "main", "sky") or path.endswith((".reflectance", ".emission")):
                    key = f"{path} of axes" if form == "axes" and path.endswith("scale") else path
                    if key not in seen and not (name == "emitters" and path.endswith("reflectance")):
                        seen.add(key)
                        yield name, form, path
    for path in ("rotate", "translate", "scale"):
        yield "corner", "scale", f"shapes.lamp.transform.{path}"
        yield "emitters", "scale", f"shapes.plate.transform.{path}"


@pytest.mark.parametrize("name, form, path", list(cases()))
def test_adjoint_agrees_with_finite_differences(name, form, path):
    spp, differences_spp = {"corner": (256, 128)}.get(name, (64, 192))
    found = check(maker(name, form), path, spp, differences_spp)
    assert abs(found.z) <= 3.5
    assert found.relative_sigma <= 0.05 or found.size < 2e-3


def test_every_parameter_class_is_among_the_cases():
    classes = {path.split(".", 2)[2] for _, _, path in cases()}
    transform = {f"transform.{key}" for key in ("translate", "rotate", "scale", "pivot", "matrix")}
    view = {"origin", "target", "up", "fov", "principal_point"}
    assert classes == view | {"reflectance", "radiance", "emission", "vertices"} | transform


@pytest.mark.parametrize("path", ["lights.sky.radiance", "materials.paint.reflectance", "shapes.lamp.emission"])
def test_adjoint_of_colours_in_a_lit_corner_under_a_sky(path):
    found = check(maker("corner", "scale", background=(0.3, 0.2, 0.4)), path, 32, 64)
    assert abs(found.z) <= 3.5
    assert found.relative_sigma <= 0.05


# Silhouettes of a convex solid are its hull's, so the derivative of its area in pixels is known.


def pixels_covered(of):
    """Area of the projection of the only shape, in pixels."""
    view, shape = of.cameras["main"], of.shapes["thing"]
    origin, right, up, forward = frame(view)
    q = np.linalg.solve(np.stack([right, up, forward], 1), (world_vertices(shape.vertices, shape.transform) - origin).T)
    return ConvexHull((q[:2] / q[2]).T * view.height / 2).volume


def area_by_scale(subdivisions):
    """(exact, adjoint's estimate) of the derivative of a sphere's area with respect to its scale."""
    place = {"translate": [0.2, -0.1, 0.3], "rotate": [15, -20, 35], "scale": 1.2}
    ball = {"type": "sphere", "subdivisions": subdivisions, "emission": [1, 1, 1], "transform": place}
    of = scene(camera([0.5, 0.7, 6], [0.1, 0, 0], 32, 24), {"thing": ball}, 1)
    path, h = "shapes.thing.transform.scale", 1e-4
    exact = (pixels_covered(of.replace({path: 1.2 + h})) - pixels_covered(of.replace({path: 1.2 - h}))) / (2 * h)
    ones = np.full((24, 24, 3), 1 / 3)
    return exact, replicate(lambda seed: nr.render_vjp(of, [path], spp=128, seed=seed)[1](ones)[path], range(4))


def test_silhouettes_of_an_icosahedron_are_its_hulls():
    """Up to primary.OFFSET, by which the two sides of an edge are apart."""
    exact, found = area_by_scale(0)
    assert abs(found.mean / exact - 1) < 1e-3
    assert found.sigma < 5e-4 * exact


@pytest.mark.parametrize("subdivisions", [2, 3, 4])
def test_silhouettes_of_a_sphere_are_its_hulls(subdivisions):
    """Faces that are seen at a grazing angle are narrower than a pixel."""
    exact, found = area_by_scale(subdivisions)
    assert abs(found.mean / exact - 1) < 0.005


# Tangent and adjoint


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SCENES)
def test_adjoint_is_the_transpose_of_the_tangent(name, form):
    of = SCENES[name](form, 10)
    rng = np.random.default_rng(3)
    weights = rng.normal(size=(10, 10, 3))
    gradient = nr.render_vjp(of, list(of.parameters), spp=4, seed=5, precision="float64")[1](weights)
    still = {path: np.zeros_like(value) for path, value in of.parameters.items()}
    for path, g in gradient.items():
        direction = rng.normal(size=g.shape)
        tangent = nr.render_jvp(of, still | {path: direction}, spp=4, seed=5, precision="float64")[1]
        difference = abs(np.sum(weights * tangent) - np.sum(g * direction))
        assert difference <= 1e-12 * np.sum(np.abs(weights * tangent)) + 1e-16, path


def test_a_tangent_of_many_parameters_is_the_sum_of_theirs():
    """Where the boundary is sampled depends on which parameters are named: here all, every time."""
    of = corner("scale", 10)
    rng = np.random.default_rng(4)
    directions = {path: rng.normal(size=value.shape) for path, value in of.parameters.items()}
    still = {path: np.zeros_like(value) for path, value in of.parameters.items()}
    together = nr.render_jvp(of, directions, spp=2, precision="float64")[1]
    alone = sum(nr.render_jvp(of, still | {path: d}, spp=2, precision="float64")[1] for path, d in directions.items())
    np.testing.assert_allclose(together, alone, rtol=1e-10, atol=1e-12 * np.abs(alone).max())


@pytest.mark.parametrize("path", ["cameras.main.origin", "shapes.thing.transform.scale", "materials.paint.reflectance"])
def test_columns_of_the_jacobian_are_tangents_of_unit_vectors(path):
    of = faceted("axes", 8)
    image, jacobian = nr.render_jacobian(of, [path], spp=2, seed=3)
    assert jacobian[path].shape == (8, 8, 3, 3)
    for k, unit in enumerate(np.eye(3)):
        same, tangent = nr.render_jvp(of, {path: unit}, spp=2, seed=3)
        np.testing.assert_array_equal(jacobian[path][..., k], tangent)
        np.testing.assert_allclose(image, same, rtol=1e-6)


def test_the_jacobian_of_a_number_has_no_further_axis():
    of = solid("scale", 8)
    _, jacobian = nr.render_jacobian(of, ["cameras.main.fov", "shapes.thing.vertices"], spp=1)
    assert jacobian["cameras.main.fov"].shape == (8, 8, 3)
    assert jacobian["shapes.thing.vertices"].shape == (8, 8, 3, 12, 3)


# Colours, exactly


def exact_change(of, path, step, direction):
    """(image, J v, image at x + step * v), all of one seed."""
    image, tangent = nr.render_jvp(of, {path: direction}, spp=4, seed=2, precision="float64")
    moved = of.replace({path: of.parameters[path] + step * direction})
    return image, tangent, nr.render(moved, spp=4, seed=2, precision="float64")


@pytest.mark.parametrize("path", ["lights.sky.radiance", "shapes.lamp.emission"])
def test_the_image_is_linear_in_radiance(path):
    of = corner("scale", 12, background=(0.3, 0.2, 0.4))
    image, tangent, moved = exact_change(of, path, 0.25, np.array([1.0, 0.5, -0.5]))
    np.testing.assert_allclose(moved - image, 0.25 * tangent, rtol=1e-11, atol=1e-13)
    assert np.abs(tangent).max() > 0.01


@pytest.mark.parametrize(
    "name, path", [("corner", "materials.paint.reflectance"), ("solid", "materials.paint.reflectance")]
)
def test_reflectance_has_a_taylor_slope_of_two(name, path):
    """Without roulette the image of one seed is a polynomial of each reflectance; of the convex solid, linear."""
    of = SCENES[name]("scale", 12)
    direction = np.array([1.0, -0.7, 0.5])
    steps = 0.1 * 0.5 ** np.arange(6)
    remainders = []
    for h in steps:
        image, tangent, moved = exact_change(of, path, h, direction)
        remainders.append(np.linalg.norm(moved - image - h * tangent))
    if name == "solid":
        assert max(remainders) < 1e-13 * np.linalg.norm(image)
    else:
        assert np.polyfit(np.log(steps), np.log(remainders), 1)[0] == pytest.approx(2, abs=0.1)


def test_the_gradient_of_a_black_surface_is_not_lost():
    """A black wall in constant light: dL/d(reflectance) is the light, which path replay must find without it."""
    wall = {"wall": {"type": "rectangle", "material": "wall", "transform": {"scale": 50}}}
    of = scene(camera([0, 0, 3], [0, 0, 0], size=8), wall, 3, {"wall": [0, 0, 0]}, [1.0, 2.0, 3.0])
    path = "materials.wall.reflectance"
    gradient = nr.render_vjp(of, [path], spp=4)[1](np.full((8, 8, 3), 1 / 64))[path]
    np.testing.assert_allclose(gradient, [1, 2, 3], rtol=1e-5)


def test_a_lamp_that_reflects_nothing_is_black_in_the_gradient_too():
    """The lamp has no material. Only what it emits arrives at the floor, in the tangent and in the adjoint."""
    shapes = {
        "floor": quad([-1, 0, 1], [1, 0, 1], [1, 0, -1], [-1, 0, -1], material="floor"),
        "lamp": quad([-1, 0.5, -1], [1, 0.5, -1], [1, 0.5, 1], [-1, 0.5, 1], emission=[1, 1, 1]),
    }
    of = scene(camera([2.2, 0.3, 0], [0, 0.1, 0], 20, 8), shapes, 4, {"floor": [0.8, 0.8, 0.8]})
    path, direction = "shapes.lamp.emission", np.ones(3)
    weights = np.ones((8, 8, 3))
    g = nr.render_vjp(of, [path], spp=32, precision="float64")[1](weights)[path]
    tangent = nr.render_jvp(of, {path: direction}, spp=32, precision="float64")[1]
    assert np.sum(g) == pytest.approx(np.sum(tangent), rel=1e-12)


# The loss


def test_the_gradient_of_the_loss_is_zero_in_the_mean_at_a_perfect_match():
    """The target is the exact image. With a residual from other samples there is no drift; with the residual of the
    samples that are differentiated, there is: it would darken the walls to make less noise."""
    rho, emission = np.array([0.7, 0.5, 0.3]), np.array([1.0, 1.0, 1.0])
    of = furnace("cube", 2, rho, emission, 8)
    target = np.broadcast_to(emission * (1 + rho), (8, 8, 3))
    path = "materials.wall.reflectance"

    def gradient(seed, independent):
        image, pullback = nr.render_vjp(of, [path], spp=4, seed=2 * seed)
        other = nr.render(of, spp=4, seed=2 * seed + 1) if independent else image
        weight = half_weight(LOSSES["l2"](), other, target, np.ones((8, 8, 1)))
        return pullback(weight)[path]

    unbiased = replicate(lambda seed: gradient(seed, True), range(200))
    coupled = replicate(lambda seed: gradient(seed, False), range(200))
    assert np.abs(unbiased.z(0.0)).max() < 3
    assert coupled.z(0.0).min() > 10
