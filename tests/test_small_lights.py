"""Point, spot and directional lights: the numbers that kernels have of them (scene/light_numbers.py), a spot's falloff
(light/spot.py), and what reaches a floor, in closed form, with its derivatives."""

import functools

import numpy as np
import pytest
from derivatives import assert_transpose, flat, taylor_slope, triple
from numpy.testing import assert_allclose

import nrender as nr
from nrender.light import NUMBERS, spot
from nrender.scene.light_numbers import light_numbers, light_numbers_adj, light_numbers_tan

GIVEN = {
    "point": {"position": [0.3, -0.2, 2.0], "intensity": [3.0, 2.0, 1.0]},
    "spot": {
        "position": [0.3, -0.2, 2.0],
        "target": [0.5, 0.1, 0.0],
        "intensity": [3.0, 2.0, 1.0],
        "cutoff": 50.0,
        "beam_width": 20.0,
    },
    "directional": {"direction": [0.5, -0.3, -1.7], "irradiance": [3.0, 2.0, 1.0]},
}
PARAMETERS = [(name, key) for name, given in GIVEN.items() for key in given]
RHO = np.array([0.5, 0.25, 1.0])


def floor(name, at=(0.0, 0.0), fov=1e-3, **changed):
    """The plane z = 0 around a point, lit by a light of this type."""
    camera = {"type": "perspective", "origin": [at[0] + 0.5, at[1], 4.0], "target": [*at, 0.0], "fov": fov}
    light = {"type": name, **GIVEN[name], **changed}
    return nr.Scene.from_dict(
        {
            "nrender": 1,
            "cameras": {"main": {**camera, "resolution": [4, 4]}},
            "integrator": {"type": "path", "max_depth": 2, "spp": 1},
            "materials": {"grey": {"type": "diffuse", "reflectance": RHO.tolist()}},
            "shapes": {"floor": {"type": "rectangle", "material": "grey", "transform": {"scale": 50}}},
            "lights": {"lamp": light},
        }
    )


# --- numbers
def light_of(name, values=None):
    light = floor(name).lights["lamp"]
    return light if values is None else type(light)(name, {**light.values, **values})


@pytest.mark.parametrize("name", GIVEN)
def test_numbers_are_those_that_the_kernels_read(name):
    numbers = light_numbers(light_of(name))
    assert {key: value.size for key, value in numbers.items()} == NUMBERS[name]
    assert list(numbers) == list(NUMBERS[name])
    for key in {"axis", "direction"} & set(numbers):
        assert np.linalg.norm(numbers[key]) == pytest.approx(1.0, rel=1e-15)
    for key, value in GIVEN[name].items():
        if key in ("cutoff", "beam_width"):
            assert numbers[key] == pytest.approx(np.pi * value / 180.0)
        elif key == "target":
            assert np.cross(numbers["axis"], np.subtract(value, GIVEN[name]["position"])) == pytest.approx(0.0)
        elif key != "direction":
            assert_allclose(numbers[key], value)


@pytest.mark.parametrize("name, key", PARAMETERS)
def test_the_tangent_of_the_numbers_is_their_derivative(name, key):
    light, rng = light_of(name), np.random.default_rng(0)
    d = rng.normal(size=np.shape(light.values[key]))
    tangent = list(light_numbers_tan(light, {key: d}).values())

    def numbers(h):
        return list(light_numbers(light_of(name, {key: light.values[key] + h * d})).values())

    assert taylor_slope(numbers, tangent, 0.1) == pytest.approx(2.0, abs=0.1)
    assert np.abs(flat(tangent)).max() > 0.0


@pytest.mark.parametrize("name", GIVEN)
def test_the_adjoint_of_the_numbers_is_the_transpose_of_their_tangent(name):
    light, rng = light_of(name), np.random.default_rng(1)
    d = {key: rng.normal(size=np.shape(value)) for key, value in light.values.items()}
    g = {key: rng.normal(size=np.shape(value)) for key, value in light_numbers(light).items()}
    tangent, gradient = light_numbers_tan(light, d), light_numbers_adj(light, g)
    assert set(gradient) == set(d)
    for key in d:
        alone = light_numbers_tan(light, {key: d[key]})
        assert_transpose(list(alone.values()), list(g.values()), d[key], gradient[key])
    together = [list(x.values()) for x in (tangent, g, d)]
    assert_transpose(*together, [gradient[key] for key in d])


# --- falloff
BASE = 2  # somewhere in theta
CUTOFF, BEAM = 0.9, 0.3


def spot_theta(cutoff=CUTOFF, beam=BEAM):
    axis = np.array([1.0, 2.0, -2.0]) / 3.0
    return np.concatenate([np.full(BASE, 9.0), [0.3, -0.2, 2.0], [3.0, 2.0, 1.0], axis, [cutoff, beam]]), axis


def towards(axis, angle, turn):
    """wo, to the light, of a point that is seen from it at an angle to its axis."""
    s = np.cross(axis, [0.0, 1.0, 0.0])
    s /= np.linalg.norm(s)
    t = np.cross(axis, s)
    return -(np.cos(angle) * axis + np.sin(angle) * (np.cos(turn) * s + np.sin(turn) * t))


def falloff(angle, cutoff, beam):
    return np.clip((cutoff - angle) / (cutoff - beam), 0.0, 1.0)


@pytest.mark.parametrize("cutoff, beam", [(CUTOFF, BEAM), (0.2, 0.0), (3.0, 1.5), (1e-2, 9e-3)])
def test_a_spot_falls_off_linearly_between_its_angles(cutoff, beam):
    theta, axis = spot_theta(cutoff, beam)
    for angle in [0.0, *np.linspace(1e-4, min(1.2 * cutoff, np.pi), 25), beam, cutoff, np.pi / 2, np.pi]:
        found = spot.radiance(theta, BASE, triple(towards(axis, angle, 0.7)))
        # an angle from a cosine: its rounding is 1e-16 over the sine
        error = 1e-15 / max(np.sin(angle), 1e-8) / (cutoff - beam)
        assert_allclose(found, theta[BASE + 3 : BASE + 6] * falloff(angle, cutoff, beam), atol=3.0 * error + 1e-15)


def test_a_spot_has_its_full_intensity_in_the_beam_and_none_from_the_cutoff_on():
    theta, axis = spot_theta()
    for angle in (0.0, 0.1, BEAM - 1e-9):
        assert spot.radiance(theta, BASE, triple(towards(axis, angle, 2.0))) == (3.0, 2.0, 1.0)
    for angle in (CUTOFF + 1e-9, 1.5, np.pi):
        assert spot.radiance(theta, BASE, triple(towards(axis, angle, 2.0))) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("cutoff, beam", [(CUTOFF, BEAM), (2.5, 1.0), (0.3, 0.0)])
def test_the_power_of_a_spot(cutoff, beam):
    """The integral over all directions: 2 pi I (1 - (sin cutoff - sin beam) / (cutoff - beam)). By the midpoint rule,
    whose error is that of two kinks."""
    theta, axis = spot_theta(cutoff, beam)
    n = 4000
    angles = (np.arange(n) + 0.5) * np.pi / n
    values = np.array([spot.radiance(theta, BASE, triple(towards(axis, angle, angle)))[0] for angle in angles])
    power = np.sum(values * np.sin(angles)) * 2.0 * np.pi * np.pi / n
    expected = 2.0 * np.pi * 3.0 * (1.0 - (np.sin(cutoff) - np.sin(beam)) / (cutoff - beam))
    assert power == pytest.approx(expected, rel=1e-5)


PLACES = [("in the beam", 0.1), ("between", 0.4), ("between", 0.85), ("outside", 1.3)]


def on_sphere(w, v, h):
    return triple(np.cos(h) * w + np.sin(h) * v)


@pytest.mark.parametrize("place, angle", PLACES)
@pytest.mark.parametrize("moved", [*range(BASE, BASE + 11), "wo"])
def test_the_tangent_of_a_spot_is_its_derivative(place, angle, moved):
    """For each number that theta has of it, and for wo."""
    theta, axis = spot_theta()
    wo = towards(axis, angle, 1.0)
    d_theta, v = np.zeros_like(theta), np.zeros(3)
    if moved == "wo":
        v = np.cross(wo, [0.3, -0.5, 0.8])
        v /= np.linalg.norm(v)
    else:
        d_theta[moved] = 1.0
    tangent = spot.radiance_tan(theta, d_theta, BASE, triple(wo), triple(v))
    slope = taylor_slope(lambda h: spot.radiance(theta + h * d_theta, BASE, on_sphere(wo, v, h)), tangent, 5e-3)
    assert slope == pytest.approx(2.0, abs=0.1)
    moves = moved in range(BASE + 3, BASE + 6) if place == "in the beam" else place == "between"
    assert bool(flat(tangent).any()) == (moves and moved not in range(BASE, BASE + 3))  # of the position: by wo alone


@pytest.mark.parametrize("place, angle", PLACES[:3])
def test_the_adjoint_of_a_spot_is_the_transpose_of_its_tangent(place, angle):
    theta, axis = spot_theta()
    rng, wo = np.random.default_rng(2), triple(towards(axis, angle, 1.0))
    d_theta, d_wo, g = rng.normal(size=theta.shape), triple(rng.normal(size=3)), triple(rng.normal(size=3))
    gradient = np.zeros_like(theta)
    g_wo = spot.radiance_adj(theta, gradient, BASE, wo, g, True)
    assert_transpose(spot.radiance_tan(theta, d_theta, BASE, wo, d_wo), g, (d_theta, d_wo), (gradient, g_wo))
    for k in range(BASE, BASE + 11):
        one = np.eye(len(theta))[k] * d_theta
        tangent = spot.radiance_tan(theta, one, BASE, wo, (0.0, 0.0, 0.0))
        if flat(tangent).any():
            assert_transpose(tangent, g, one, gradient)
        else:
            assert gradient[k] == 0.0
    masked = np.zeros_like(theta)
    spot.radiance_adj(theta, masked, BASE, wo, g, False)
    assert not masked.any()


# --- on a floor
def lit(name, x, y, cutoff=50.0, beam_width=20.0):
    """Radiance of the floor at (x, y): reflectance / pi times irradiance."""
    given = {key: np.array(value) for key, value in GIVEN[name].items()}
    if name == "directional":
        d = given["direction"]
        return RHO / np.pi * given["irradiance"] * -d[2] / np.linalg.norm(d)
    to = np.array([x, y, 0.0]) - given["position"]
    r = np.linalg.norm(to)
    out = given["intensity"] * -to[2] / r**3
    if name == "spot":
        axis = given["target"] - given["position"]
        angle = np.degrees(np.arctan2(np.linalg.norm(np.cross(axis, to)), axis @ to))
        out = out * falloff(angle, cutoff, beam_width)
    return RHO / np.pi * out


@pytest.mark.parametrize("name", GIVEN)
def test_irradiance_of_a_floor(name):
    """Inverse square, cosine and falloff; the pixels' width is 2e-5 of the distance."""
    values = []
    for x, y in [(0.3, -0.2), (0.5, 0.1), (1.0, 0.4), (1.5, 1.0), (2.0, -1.0), (0.0, 3.0), (6.0, 0.0)]:
        image = nr.render(floor(name, (x, y)), spp=1, precision="float64")
        expected = lit(name, x, y)
        assert_allclose(image.reshape(-1, 3), np.broadcast_to(expected, (16, 3)), rtol=5e-4, atol=1e-12)
        values.append(expected[0])
    if name == "spot":
        assert min(values) == 0.0


def test_what_a_light_below_the_floor_or_along_it_gives():
    """The floor is diffuse on both sides, but light doesn't go through."""
    for name, changed in (("point", {"position": [0, 0, -2]}), ("directional", {"direction": [0, 0, 1]})):
        assert not nr.render(floor(name, **changed), spp=1).any()
    assert not nr.render(floor("directional", direction=[1, 0, 0]), spp=1).any()


def test_the_length_of_a_direction_does_not_matter():
    images = [nr.render(floor("directional", direction=[0.5 * k, -0.3 * k, -1.7 * k]), spp=1) for k in (1.0, 100.0)]
    assert_allclose(*images, rtol=1e-6)


@functools.cache
def wide(name):
    """A part of the floor in which the spot has no kink: 37 degrees from its axis, 3 more or less."""
    return floor(name, (2.0, 1.0), 4.0)


@pytest.mark.parametrize("name, key", PARAMETERS)
def test_the_tangent_of_an_image_is_its_derivative(name, key):
    """For every number of every light: with the same seed, the same points of the floor."""
    scene, path = wide(name), f"lights.lamp.{key}"
    start = scene.parameters[path]
    unit = 20.0 if key in ("cutoff", "beam_width") else 1.0
    for k in range(start.size):
        d = unit * np.eye(start.size)[k].reshape(start.shape)
        image, tangent = nr.render_jvp(scene, {path: d}, spp=1, precision="float64")
        assert np.abs(tangent).max() > 1e-3 * np.abs(image).max()

        def moved(h, d=d):
            return nr.render(scene.replace({path: start + h * d}), spp=1, precision="float64")

        assert taylor_slope(moved, tangent, 0.02, 5) == pytest.approx(2.0, abs=0.1), k


@pytest.mark.parametrize("name", GIVEN)
def test_the_adjoint_of_an_image_is_the_transpose_of_its_tangent(name):
    scene, rng = wide(name), np.random.default_rng(3)
    paths = [path for path in scene.parameters if path.startswith("lights.")]
    weights = rng.normal(size=(4, 4, 3))
    gradient = nr.render_vjp(scene, paths, spp=1, precision="float64")[1](weights)
    for path in paths:
        d = rng.normal(size=scene.parameters[path].shape)
        _, tangent = nr.render_jvp(scene, {path: d}, spp=1, precision="float64")
        assert_transpose(tangent, weights, d, gradient[path])
