"""The derivative of visibility in whole images where it is known: closed forms and quadratures of shadows, motions that
change nothing, contact; and that the same seed gives the same bits."""

import functools

import boundary_scenes as scenes
import naive
import numpy as np
import pytest
from boundary_cases import FLOOR, LAMP, THING
from estimates import replicate
from scene_library import camera, quad
from textured_scenes import make

import nrender as nr
from nrender.boundary.edge_point import ASIDE
from nrender.gradcheck import smooth_weights

# Shadows of a rectangle on a floor, seen from below it. The mean of the image is that of the floor's radiance over a
# square of the side VIEW, since floor and picture are parallel.

REFLECTANCE, EYE, FOV = 0.6, 0.6, 100.0
VIEW = 2.0 * EYE * np.tan(np.radians(FOV / 2))
NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)
EDGE, HEIGHT = 0.13, 1.1  # of the blocker: from x = -4 to EDGE, so its other edges throw no shadow into view
MOVES = f"{THING}.translate"


def below(lights, depth=2, **shapes):
    """The blocker's origin is on its edge."""
    thing = quad([0, 0, -4], [-4, 0, -4], [-4, 0, 4], [0, 0, 4], material="black")
    thing["transform"] = {"translate": [EDGE, HEIGHT, 0.0]}
    floor = quad([-9, 0, 9], [9, 0, 9], [9, 0, -9], [-9, 0, -9], material="grey")
    materials = {
        "grey": {"type": "diffuse", "reflectance": [REFLECTANCE] * 3},
        "black": {"type": "diffuse", "reflectance": [0, 0, 0]},
    }
    view = camera([0, EYE, 0], [0, 0, 0], FOV, 16, [0, 0, -1])
    return make(view, {"floor": floor, "thing": thing, **shapes}, materials, lights, depth)()


def gradient_of_the_mean(scene, paths, spp, count=12):
    weights = np.full((16, 16, 3), 1.0 / (3 * 16 * 16))

    def once(seed):
        gradient = nr.render_vjp(scene, paths, spp=spp, seed=seed)[1](weights)
        return np.concatenate([gradient[path].reshape(-1) for path in paths])

    return replicate(once, range(count))


def slope(f, x, h=1e-4):
    """The gradient of f by central differences of fourth order."""
    out = []
    for k in range(len(x)):
        d = h * np.eye(len(x))[k]
        out.append((8.0 * (f(x + d) - f(x - d)) - (f(x + 2 * d) - f(x - 2 * d))) / (12.0 * h))
    return np.array(out)


def nodes(low, high):
    half = 0.5 * (high - low)
    return low + half * (NODES + 1.0), half * WEIGHTS


def lit_mean(radiance, first):
    """The mean over the view of radiance(x, z) for x > first, where it is 0 elsewhere."""
    x, wx = nodes(first, 0.5 * VIEW)
    z, wz = nodes(-0.5 * VIEW, 0.5 * VIEW)
    return np.einsum("ij,i,j", radiance(x[:, None], z[None, :]), wx, wz) / VIEW**2


def assert_known(found, exact, most):
    """To the sampling error, which is at most the part `most` of the gradient's length."""
    assert np.abs(found.z(exact)).max() <= 4.0
    assert found.sigma.max() <= most * np.linalg.norm(exact)


def test_the_shadow_of_a_straight_edge_under_a_point_light():
    """By the blocker's place and the light's. The shadow's line is where a line from the light past the edge meets the
    floor."""
    light, intensity = np.array([-0.3, 2.6, 0.2]), 7.0
    scene = below({"bulb": {"type": "point", "position": light.tolist(), "intensity": [intensity] * 3}})

    def mean(p):
        edge, height, _, lx, ly, lz = p

        def radiance(x, z):
            r2 = (x - lx) ** 2 + ly**2 + (z - lz) ** 2
            return REFLECTANCE / np.pi * intensity * ly / r2**1.5

        return lit_mean(radiance, lx + (edge - lx) * ly / (ly - height))

    exact = slope(mean, np.array([EDGE, HEIGHT, 0.0, *light]))
    line, _ = nodes(-0.5 * VIEW, 0.5 * VIEW)
    first = light[0] + (EDGE - light[0]) * light[1] / (light[1] - HEIGHT)
    irradiance = intensity * light[1] / ((first - light[0]) ** 2 + light[1] ** 2 + (line - light[2]) ** 2) ** 1.5
    speed = light[1] / (light[1] - HEIGHT)
    by_line = -REFLECTANCE / np.pi * np.sum(irradiance * WEIGHTS) * 0.5 * VIEW * speed / VIEW**2
    assert exact[0] == pytest.approx(by_line, rel=1e-8)
    found = gradient_of_the_mean(scene, [MOVES, "lights.bulb.position"], 32)
    assert_known(found, exact, 0.01)


def test_the_shadow_of_a_straight_edge_in_the_sun():
    direction, irradiance = np.array([0.35, -1.0, 0.2]), 2.0
    scene = below({"sun": {"type": "directional", "direction": direction.tolist(), "irradiance": [irradiance] * 3}})
    length = np.linalg.norm(direction)

    def mean(p):
        edge, height, _, dx, dy, dz = p
        cosine = -dy / np.sqrt(dx * dx + dy * dy + dz * dz)
        first = edge - height * dx / dy
        return REFLECTANCE / np.pi * irradiance * cosine * (0.5 * VIEW - first) / VIEW

    exact = slope(mean, np.array([EDGE, HEIGHT, 0.0, *direction]))
    assert exact[0] == pytest.approx(-REFLECTANCE / np.pi * irradiance / length / VIEW, rel=1e-8)
    found = gradient_of_the_mean(scene, [MOVES, "lights.sun.direction"], 32)
    assert_known(found, exact, 0.01)


def test_the_flux_of_a_lamp_past_a_straight_edge():
    """By quadrature over the lamp of the flux from each of its points."""
    half, top, emission = 0.4, 2.6, 5.0
    lamp = {
        "type": "rectangle",
        "emission": [emission] * 3,
        "transform": {"translate": [-0.2, top, 0.1], "rotate": [90, 0, 0], "scale": half},
    }
    scene = below({}, lamp=lamp)
    u, w = np.polynomial.legendre.leggauss(8)

    def mean(p):
        edge, height, _, lx, ly, lz = p
        total = 0.0
        for a, wa in zip(half * u + lx, half * w, strict=True):
            for b, wb in zip(half * u + lz, half * w, strict=True):

                def radiance(x, z, a=a, b=b):
                    r2 = (x - a) ** 2 + ly**2 + (z - b) ** 2
                    return REFLECTANCE / np.pi * emission * ly * ly / r2**2

                total += wa * wb * lit_mean(radiance, a + (edge - a) * ly / (ly - height))
        return total

    exact = slope(mean, np.array([EDGE, HEIGHT, 0.0, -0.2, top, 0.1]))
    found = gradient_of_the_mean(scene, [MOVES, f"{LAMP}.translate"], 64)
    assert_known(found, exact, 0.01)


def test_what_a_rectangle_hides_of_a_constant_sky():
    """The irradiance that it keeps from a point of the floor is that of a polygon (Lambert)."""
    sky = 1.5
    scene = below({"sky": {"type": "constant", "radiance": [sky] * 3}})

    def mean(p):
        corners = np.array([[0, 0, -4], [-4, 0, -4], [-4, 0, 4], [0, 0, 4]]) + p
        x, w = nodes(-0.5 * VIEW, 0.5 * VIEW)
        up = np.array([0.0, 1.0, 0.0])
        hidden = [[naive.polygon_irradiance(corners, np.array([a, 0, b]), up, sky) for b in x] for a in x]
        return -REFLECTANCE / np.pi * np.einsum("ij,i,j", hidden, w, w) / VIEW**2

    exact = slope(mean, np.array([EDGE, HEIGHT, 0.0]), 1e-3)
    found = gradient_of_the_mean(scene, [MOVES], 64)
    assert_known(found, exact, 0.02)


# Motions that change nothing

PLACES = ("translate", "origin", "target", "position")
SIZED = {
    "triangle under a lamp": scenes.triangle_shadow(),
    "translucent triangle": scenes.veil_shadow(),
    "closed room": scenes.room(),
    "mirror": scenes.reflection("mirror"),
    "glossy floor": scenes.reflection("glossy"),
    "ball of rough glass": scenes.glass_ball(),
    "block under a constant sky": scenes.occlusion("white"),
}
ALIKE = SIZED | {
    "box under a bulb": scenes.point_shadow(),
    "triangle in a spot": scenes.spot_shadow(),
    "triangle in the sun": scenes.sun_shadow(),
    "box under a sky": scenes.sky_shadow(),
    "behind clear glass": scenes.through_glass("clear"),
}


def assert_still(scene, directions, rounding):
    """No boundary sample and no path changes anything, by more than this part of what one shape's motion alone does."""
    jvp = functools.partial(nr.render_jvp, scene, spp=4, seed=3, precision="float64")
    _, tangent = jvp(directions)
    still = {path: np.zeros_like(value) for path, value in directions.items()}
    _, alone = jvp(still | {MOVES: np.array([0.5, -0.3, 0.8])})
    assert np.abs(alone).max() > 1e-2
    assert np.abs(tangent).max() <= rounding * np.abs(alone).max()


@pytest.mark.parametrize("name", ALIKE)
def test_a_translation_of_everything_changes_nothing(name):
    """To the rounding of float64, enlarged by grazing angles."""
    scene = ALIKE[name]()
    moved = {path for path in scene.parameters if path.endswith(PLACES) and not path.endswith("rotate")}
    assert {path.split(".")[1] for path in moved} >= set(scene.shapes) | {"main"}
    assert_still(scene, {path: np.array([0.5, -0.3, 0.8]) for path in sorted(moved)}, 1e-10)


@pytest.mark.parametrize("name", SIZED)
def test_a_scaling_of_everything_about_the_origin_changes_nothing(name):
    """Radiance has no length in it. A segment passes its edge at the distance ASIDE, so the edge moves against it by as
    much: by 2e-6 of the sum of three points' coordinates, of which the largest are 8, and those of the shape that moves
    alone are 1."""
    scene = SIZED[name]()
    keys = (*PLACES, "scale", "pivot")
    directions = {path: value for path, value in scene.parameters.items() if path.endswith(keys)}
    assert_still(scene, directions, 24.0 * ASIDE)


HIDDEN = {"under the floor": [0.1, -0.7, 0.2], "behind the camera": [0.6, 2.2, 7.0]}


@pytest.mark.parametrize("place", HIDDEN)
def test_what_takes_no_part_in_any_path_has_no_derivative(place):
    """Not a small one: none, and none of its samples is seen."""
    thing = scenes.triangle("white")
    thing["transform"]["translate"] = HIDDEN[place]
    scene = scenes.stage({"thing": thing, "lamp": scenes.lamp()})()
    paths = [f"{THING}.{key}" for key in ("translate", "rotate", "scale")] + ["shapes.thing.vertices"]
    weights, rng = smooth_weights(scene), np.random.default_rng(6)
    directions = {path: rng.normal(size=scene.parameters[path].shape) for path in paths}
    assert not nr.render_jvp(scene, directions, spp=16)[1].any()
    gradient = nr.render_vjp(scene, paths, spp=16)[1](weights)
    others = nr.render_vjp(scene, [f"{LAMP}.translate", f"{FLOOR}.translate"], spp=16)[1](weights)
    assert all(np.abs(g).max() > 1.0 for g in others.values())
    assert all(np.abs(g).max() < 1e-6 for g in gradient.values())  # what a replayed path leaves of float32's sums


# Where things touch


def on_the_floor(material, lift):
    block = scenes.resting(material)
    block["transform"]["translate"][1] += lift
    return scenes.stage({"thing": block, "lamp": scenes.lamp()}, depth=2)()


@pytest.mark.parametrize("material", ["black", "white"])
@pytest.mark.parametrize("path, direction", [(MOVES, [1.0, 0.0, -0.7]), (f"{THING}.rotate", [0.0, 1.0, 0.0])])
def test_a_block_that_rests_on_the_floor_is_as_one_a_little_above_it(path, direction, material):
    """By a hundredth of its side. The derivative itself changes by about that part, which counts as an error of two.
    Above the floor, the outline of its lower edges and their shadow cancel; on it, neither is there."""
    weights = smooth_weights(on_the_floor(material, 0.0))

    def of(lift, seeds):
        scene = on_the_floor(material, lift)

        def once(seed):
            return nr.render_vjp(scene, [path], spp=64, seed=seed)[1](weights)[path] @ direction

        return replicate(once, seeds)

    resting, lifted = of(0.0, range(12)), of(0.006, range(100, 112))
    sigma = np.hypot(resting.sigma, lifted.sigma)
    assert sigma < 0.05 * abs(resting.mean)
    assert abs(resting.mean - lifted.mean) <= 3.5 * sigma + 0.02 * abs(resting.mean)


# The same bits


@pytest.mark.parametrize("name", ["closed room", "mirror", "translucent triangle"])
def test_gradients_do_not_depend_on_the_number_of_threads(monkeypatch, name):
    scene = ALIKE[name]()
    weights = smooth_weights(scene)
    found = []
    for threads in ("1", "2", "5"):
        monkeypatch.setenv("NRENDER_THREADS", threads)
        gradient = nr.render_vjp(scene, list(scene.parameters), spp=8, seed=4)[1](weights)
        _, tangent = nr.render_jvp(scene, {MOVES: [1.0, 0.5, -0.5]}, spp=8, seed=4)
        found.append([tangent.tobytes(), *(g.tobytes() for g in gradient.values())])
    assert found[0] == found[1] == found[2]
    other = nr.render_vjp(scene, list(scene.parameters), spp=8, seed=5)[1](weights)
    assert found[0][1:] != [g.tobytes() for g in other.values()]
