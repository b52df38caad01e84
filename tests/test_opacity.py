"""Opacity in whole images: what is seen through a surface, its shadow, its light, and their derivatives, also where it
is exactly 0 or 1. Expectations are polynomials in the opacities, known in closed form."""

import functools

import numpy as np
import pytest
from derivatives import assert_transpose
from estimates import replicate, z_between
from numpy.testing import assert_allclose
from scene_library import camera, quad

import nrender as nr

pytestmark = pytest.mark.filterwarnings("ignore:without the derivative:nrender.RenderWarning")

OPACITIES = [0.0, 0.5, 1.0]
opacities = pytest.mark.parametrize("alpha", OPACITIES)
L = np.array([0.5, 1.0, 2.0])


def scene(view, shapes, materials, lights=None, depth=6):
    return nr.Scene.from_dict(
        {
            "nrender": 1,
            "cameras": {"main": view},
            "integrator": {"type": "path", "max_depth": depth, "spp": 16},
            "materials": materials,
            "shapes": shapes,
            "lights": lights or {},
        }
    )


def paint(alpha, reflectance=(0.0, 0.0, 0.0), **keys):
    return {"type": "diffuse", "reflectance": list(reflectance), "opacity": alpha, **keys}


def wall(z, half=10.0, **keys):
    """Facing +z."""
    return {"type": "rectangle", "transform": {"translate": [0, 0, z], "scale": half}, **keys}


def means(of, spp=64, count=16, first=0):
    """The mean colour."""

    def colour(seed):
        return nr.render(of, spp=spp, seed=seed).mean((0, 1), np.float64)

    return replicate(colour, range(first, first + count))


def slopes(of, path, direction=1.0, spp=64, count=16, first=0):
    """The derivative of the mean colour."""
    move = {path: np.broadcast_to(direction, of.parameters[path].shape)}

    def slope(seed):
        return nr.render_jvp(of, move, spp=spp, seed=seed)[1].mean((0, 1), np.float64)

    return replicate(slope, range(first, first + count))


def assert_is(found, truth, relative=0.02):
    """To the noise, which is small; exactly, where there is none."""
    truth = np.broadcast_to(truth, found.mean.shape)
    tiny = 1e-5 * np.abs(truth).max()  # of means in float32
    assert (np.abs(found.mean - truth) <= np.maximum(4.0 * found.sigma, tiny)).all(), (found, truth)
    assert (found.sigma <= relative * max(np.abs(truth).max(), 1e-3)).all(), (found.sigma, truth)


# --- through a surface

EYE = camera([0, 0, 4], [0, 0, 0], 30, 12)
RHO, SUN = np.array([0.8, 0.5, 0.2]), np.array([3.0, 2.0, 1.0])
SURFACE = RHO * SUN / np.pi * np.cos(np.radians(30))  # the light comes at 30 degrees


def veil_before_a_lamp(alpha, reflectance=RHO):
    """The lamp doesn't reflect, the veil does."""
    shapes = {"veil": wall(0.0, material="veil"), "lamp": wall(-2.0, emission=L.tolist())}
    way = [np.sin(np.radians(30)), 0, -np.cos(np.radians(30))]
    lights = {"sun": {"type": "directional", "direction": way, "irradiance": SUN.tolist()}}
    return scene(EYE, shapes, {"veil": paint(alpha, reflectance)}, lights)


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.5, 1.0])
def test_a_part_is_the_surface_and_the_rest_what_is_behind(alpha):
    found = means(veil_before_a_lamp(alpha))
    assert_is(found, (1 - alpha) * L + alpha * SURFACE)
    if alpha == 0.0:
        assert found.sigma.max() == 0.0


@pytest.mark.parametrize("alpha", [0.0, 0.05, 0.5, 0.97, 1.0])
def test_the_derivative_of_what_is_seen_is_the_surface_less_what_is_behind(alpha):
    """Whatever the opacity is."""
    of = veil_before_a_lamp(alpha)
    assert_is(slopes(of, "materials.veil.opacity"), SURFACE - L, 0.05)
    gradient = nr.render_vjp(of, ["materials.veil.opacity"], spp=256)[1](np.full((12, 12, 3), 1 / 144.0))
    assert gradient["materials.veil.opacity"] == pytest.approx((SURFACE - L).sum(), rel=0.05)


@opacities
def test_the_derivative_by_the_surface_is_its_part(alpha):
    found = slopes(veil_before_a_lamp(alpha), "materials.veil.reflectance", [1.0, 1.0, 1.0])
    assert_is(found, alpha * SURFACE / RHO, 0.05)


@pytest.mark.parametrize("alpha, beta", [(0.5, 0.5), (0.3, 1.0), (0.0, 0.6), (1.0, 0.4), (1.0, 1.0), (0.0, 0.0)])
def test_stacked_veils(alpha, beta):
    """Black ones. The derivative by the first is that of a product, also where the other or both are opaque."""
    shapes = {
        "first": wall(1.0, material="first"),
        "second": wall(0.0, material="second"),
        "lamp": wall(-2.0, emission=L.tolist()),
    }
    of = scene(EYE, shapes, {"first": paint(alpha), "second": paint(beta)})
    assert_is(means(of), (1 - alpha) * (1 - beta) * L)
    assert_is(slopes(of, "materials.first.opacity"), -(1 - beta) * L, 0.06)
    assert_is(slopes(of, "materials.second.opacity"), -(1 - alpha) * L, 0.06)


@pytest.mark.parametrize("alpha", [0.0, 0.2, 0.5, 1.0])
def test_many_veils_of_one_material(alpha):
    """(1 - a)^3 and its derivative."""
    shapes = {f"v{k}": wall(0.5 * k, material="veil") for k in range(3)} | {"lamp": wall(-2.0, emission=L.tolist())}
    of = scene(EYE, shapes, {"veil": paint(alpha)}, depth=1)  # surfaces that are passed don't count
    assert_is(means(of), (1 - alpha) ** 3 * L)
    assert_is(slopes(of, "materials.veil.opacity"), -3 * (1 - alpha) ** 2 * L, 0.06)


# --- shadows

FLOOR_EYE = camera([0, 0.8, 2.5], [0, 0, 0], 15, 12)
WHITE = [0.7, 0.6, 0.5]
POINT = {"point": {"type": "point", "position": [0.2, 3, -0.1], "intensity": [9, 8, 7]}}
SKY = {"sky": {"type": "envmap", "image": np.random.default_rng(0).uniform(0.5, 2.0, (4, 8, 3)).tolist()}}
LAMP = quad([-0.5, 3, -0.5], [0.5, 3, -0.5], [0.5, 3, 0.5], [-0.5, 3, 0.5], emission=[9, 8, 7])
SUNNY = {"sun": {"type": "directional", "direction": [0.1, -1, 0.1], "irradiance": [3, 2, 1]}}


def shaded(light, *alphas, depth=2):
    """A floor under black veils, which are out of sight, and a light above them; for a sky they are domes of one
    piece, so that nothing passes beside."""
    shapes = {"floor": {"type": "rectangle", "material": "floor", "transform": {"rotate": [-90, 0, 0], "scale": 8}}}
    materials = {"floor": {"type": "diffuse", "reflectance": WHITE}}
    for k, alpha in enumerate(alphas):
        materials[f"veil{k}"] = paint(alpha)
        up = 1.5 + 0.2 * k
        place = {"rotate": [90, 0, 0], "translate": [0, up, 0], "scale": 6}
        if light == "sky":
            shapes[f"veil{k}"] = {"type": "cube", "material": f"veil{k}", "transform": {"scale": 10 + k}}
        else:
            shapes[f"veil{k}"] = {"type": "rectangle", "material": f"veil{k}", "transform": place}
    if light == "area":
        shapes["lamp"] = LAMP
    lights = {"point": POINT, "sky": SKY, "sun": SUNNY}.get(light, {})
    return scene(FLOOR_EYE, shapes, materials, lights, depth)


KINDS = ["point", "sun", "area", "sky"]
kinds = pytest.mark.parametrize("light", KINDS)


@functools.cache
def bare(light, depth=2):
    return means(shaded(light, depth=depth), 256, 16, 1000)


def relative(found, light):
    """To the unshaded floor."""
    base = bare(light)
    ratio = found.mean / base.mean
    return type(found)(ratio, np.hypot(found.sigma, ratio * base.sigma) / base.mean)


@kinds
@opacities
def test_a_shadow_is_as_dark_as_its_surface_is_opaque(light, alpha):
    found = relative(means(shaded(light, alpha)), light)
    assert_is(found, 1 - alpha, 0.03)
    if alpha == 1.0:
        assert (found.mean == 0.0).all()


@pytest.mark.parametrize("light", ["point", "sun"])
def test_a_half_transparent_shadow_is_exactly_half_as_dark(light):
    """The shadow ray takes the product, no chance."""
    images = [nr.render(shaded(light, *alphas), spp=4, precision="float64") for alphas in ((), (0.0,), (0.5,))]
    assert_allclose(images[1], images[0], rtol=1e-6)
    assert_allclose(images[2], 0.5 * images[0], rtol=1e-6)


@kinds
@opacities
def test_the_derivative_of_a_shadow_is_the_light_that_is_taken_away(light, alpha):
    of = shaded(light, alpha)
    assert_is(relative(slopes(of, "materials.veil0.opacity"), light), -1.0, 0.04)
    weights = np.full((12, 12, 3), 1 / 144.0)
    path = "materials.veil0.opacity"
    back = replicate(lambda seed: nr.render_vjp(of, [path], spp=64, seed=seed)[1](weights)[path], range(16))
    truth = bare(light).mean.sum()
    assert abs(back.mean + truth) < 4 * np.hypot(back.sigma, np.abs(bare(light).sigma).sum()) + 1e-5 * truth
    assert back.sigma < 0.04 * truth


@kinds
@pytest.mark.parametrize("alpha, beta", [(0.5, 0.4), (1.0, 0.4), (0.4, 1.0), (1.0, 1.0), (0.0, 1.0)])
def test_the_shadow_of_two_surfaces(light, alpha, beta):
    of = shaded(light, alpha, beta)
    assert_is(relative(means(of), light), (1 - alpha) * (1 - beta), 0.03)
    assert_is(relative(slopes(of, "materials.veil0.opacity"), light), -(1 - beta), 0.05)
    assert_is(relative(slopes(of, "materials.veil1.opacity"), light), -(1 - alpha), 0.05)


# --- surfaces that shine


def shining(alpha, material, kind="lamp"):
    """A lamp with an opacity above a floor, and in view a black wall behind it."""
    floor = {"type": "rectangle", "material": "floor", "transform": {"rotate": [-90, 0, 0], "scale": 8}}
    lamp = {**LAMP, "material": "lamp"}
    return scene(FLOOR_EYE, {"floor": floor, "lamp": lamp}, {"floor": material, "lamp": paint(alpha)}, depth=2)


FLOORS = {
    "diffuse": {"type": "diffuse", "reflectance": WHITE},  # the lamp is found by next-event estimation mostly
    "glossy": {"type": "conductor", "f0": [0.9, 0.8, 0.7], "roughness": 0.5},
    "sharp": {"type": "conductor", "f0": [0.9, 0.8, 0.7], "roughness": 0.08},  # by sampling the BSDF mostly
}


def mirrored(alpha, material):
    """A lamp that the floor reflects to the camera."""
    of = shining(alpha, material).document
    of["shapes"]["lamp"] = {
        **quad([-2, 0.2, -2.5], [2, 0.2, -2.5], [2, 1.6, -2.5], [-2, 1.6, -2.5], emission=[9, 8, 7]),
        "material": "lamp",
    }
    return nr.Scene.from_dict(of)


@pytest.mark.parametrize("floor", FLOORS)
def test_the_light_of_a_surface_is_that_of_its_part(floor):
    """On a floor, whichever way the lamp is found; the derivative is the light of all of it."""
    whole = means(mirrored(1.0, FLOORS[floor]), 256, 16, 1000)
    assert (whole.sigma / whole.mean).max() < 0.01
    for alpha in (0.0, 0.4, 0.5, 1.0):
        of = mirrored(alpha, FLOORS[floor])
        found, slope = means(of, 128), slopes(of, "materials.lamp.opacity", spp=128)
        for estimate, truth in ((found, alpha * whole.mean), (slope, whole.mean)):
            error = np.hypot(estimate.sigma, whole.sigma)
            assert (np.abs(estimate.mean - truth) <= 4 * error + 1e-6).all(), (alpha, estimate, truth)
            assert (estimate.sigma <= 0.04 * whole.mean).all()


@opacities
def test_a_shining_surface_in_view(alpha):
    """It hides and shines by its part."""
    glow = np.array([2.0, 1.0, 3.0])
    shapes = {
        "veil": wall(0.0, material="veil", emission=glow.tolist()),
        "lamp": wall(-2.0, emission=L.tolist()),
    }
    of = scene(EYE, shapes, {"veil": paint(alpha)}, depth=3)
    assert_is(means(of), (1 - alpha) * L + alpha * glow)
    assert_is(slopes(of, "materials.veil.opacity"), glow - L, 0.05)
    assert_is(slopes(of, "shapes.veil.emission", [1.0, 1.0, 1.0]), alpha, 0.06)


# --- all of it at once


def room(alpha, depth=5):
    """Veils that reflect, before each other, in the light of all kinds, in view and in shadows."""
    shapes = {
        "floor": {"type": "rectangle", "material": "floor", "transform": {"rotate": [-90, 0, 0], "scale": 3}},
        "back": wall(-1.5, 3.0, material="floor"),
        "veil": {
            "type": "rectangle",
            "material": "veil",
            "transform": {"translate": [0.2, 0.6, 0.5], "rotate": [-20, 15, 0], "scale": 0.6},
        },
        "block": {
            "type": "cube",
            "material": "veil",
            "transform": {"translate": [-0.5, 0.4, -0.3], "rotate": [0, 30, 0], "scale": 0.35},
        },
        "lamp": quad([-0.5, 2, -0.5], [0.5, 2, -0.5], [0.5, 2, 0.5], [-0.5, 2, 0.5], emission=[4, 3, 2]),
    }
    materials = {"floor": {"type": "diffuse", "reflectance": WHITE}, "veil": paint(alpha, RHO)}
    lights = {"point": {"type": "point", "position": [1, 2, 2], "intensity": [3, 3, 2]}, **SKY}
    return scene(camera([0.3, 1.2, 4], [0, 0.5, 0], 35, 12), shapes, materials, lights, depth)


@opacities
def test_the_derivative_by_opacity_agrees_with_finite_differences(alpha):
    """One-sided at the ends: of third order, by f(0), f(h), f(2 h), f(3 h)."""
    path, h = "materials.veil.opacity", 0.12

    def value(a, seed):
        return nr.render(room(a), spp=64, seed=seed).mean((0, 1), np.float64)

    def difference(seed):
        if alpha == 0.5:
            near, far = ((value(0.5 + s, seed) - value(0.5 - s, seed)) / (2 * s) for s in (h, 2 * h))
            return (4 * near - far) / 3
        way = 1.0 if alpha == 0.0 else -1.0
        f = [value(alpha + way * k * h, seed) for k in range(4)]
        return way * (-11 * f[0] + 18 * f[1] - 9 * f[2] + 2 * f[3]) / (6 * h)

    found = slopes(room(alpha), path, spp=128, count=24)
    expected = replicate(difference, range(500, 540))
    assert np.abs(z_between(found, expected)).max() < 4.0
    size = np.abs(expected.mean).max()
    print(f"opacity {alpha}: {found.mean} +- {found.sigma}, by differences {expected.mean} +- {expected.sigma}")
    assert found.sigma.max() < 0.05 * size
    assert expected.sigma.max() < 0.1 * size


@opacities
def test_the_gradient_is_the_transpose_of_the_tangent(alpha):
    of, rng = room(alpha), np.random.default_rng(1)
    moves = {path: rng.normal(size=value.shape) for path, value in of.parameters.items()}
    weights = rng.normal(size=(12, 12, 3))
    _, tangent = nr.render_jvp(of, moves, spp=8, seed=5, precision="float64")
    gradient = nr.render_vjp(of, list(moves), spp=8, seed=5, precision="float64")[1](weights)
    assert_transpose(tangent, weights, list(moves.values()), [gradient[path] for path in moves])


def test_a_surface_of_opacity_0_is_not_there():
    document = room(0.0).document
    del document["materials"]["veil"]
    for name in ("veil", "block"):
        del document["shapes"][name]
    a, b = means(room(0.0)), means(nr.Scene.from_dict(document), first=100)
    assert np.abs(z_between(a, b)).max() < 4.0
    assert (a.sigma / a.mean).max() < 0.01


def test_a_surface_of_opacity_1_is_as_without_the_key():
    document = room(1.0).document
    del document["materials"]["veil"]["opacity"]
    a, b = means(room(1.0)), means(nr.Scene.from_dict(document), first=100)
    assert np.abs(z_between(a, b)).max() < 4.0
    assert (a.sigma / a.mean).max() < 0.01


def test_opaque_is_opaque():
    """In float32, at points where the weights of a lookup add up to less than 1, and of an image as of a constant: no
    light comes through, however bright."""
    for alpha in (1.0, {"image": np.ones((3, 5)).tolist(), "scale": 7.3}):
        shapes = {"room": {"type": "cube", "material": "room", "transform": {"rotate": [13, 29, 41]}}}
        inside = camera([0.03, 0.02, -0.05], [0.4, 0.5, 0.6], 100, 32)
        lights = {"sky": {"type": "constant", "radiance": [1e9, 1e9, 1e9]}, **POINT}
        of = scene(inside, shapes, {"room": paint(alpha, WHITE)}, lights)
        assert (nr.render(of, spp=16) == 0.0).all()
