"""camera/: rays, projections and their derivatives, of every type, in float64."""

from types import SimpleNamespace

import numpy as np
import pytest
from derivatives import assert_transpose, difference, taylor_slope, triple
from numpy.testing import assert_allclose

from nrender import Scene
from nrender.camera import TYPES, opencv, rays
from nrender.camera.kinds import OPENCV
from nrender.camera.screen import Screen, middle_ray
from nrender.params import layout, push, theta
from nrender.params.camera import frame
from nrender.scene.cameras import CAMERAS

POSE = {"origin": [0.3, 1.2, 2.0], "target": [0.1, -0.3, 0.2], "up": [0.1, 1.0, 0.2]}
MATRIX = [[0.8, 0.1, -0.6, 1.0], [0.05, 1.1, 0.1, 2.0], [0.55, -0.1, 0.9, 3.0]]  # not even orthogonal
DISTORTED = {"k1": -0.2, "k2": 0.05, "k3": -0.01, "k4": 0.02, "k5": 0.01, "k6": 0.003, "p1": 0.004, "p2": -0.003}
LENS = {"aperture_radius": 0.2, "focus_distance": 1.7}
CASES = {
    "perspective": {"fov": 50, "principal_point": [0.4, 0.65]},
    "perspective, cropped": {"fov": 50, "fov_axis": "diagonal", "crop": [5, 3, 20, 11]},
    "perspective, matrix": {"fov": 50, "matrix": MATRIX},
    "thinlens": {"fov": 50, "aperture_radius": 0.3, "focus_distance": 2.5},
    "thinlens, cropped": {"fov": 50, "fov_axis": "x", "principal_point": [0.4, 0.65], "crop": [5, 3, 20, 11], **LENS},
    "thinlens, matrix": {"fov": 50, "matrix": MATRIX, **LENS},
    "orthographic": {"height": 3.0},
    "orthographic, cropped": {"height": 3.0, "crop": [5, 3, 20, 11]},
    "fisheye": {"fov": 170},
    "fisheye, all around": {"fov": 340, "crop": [5, 3, 20, 11]},
    "panorama": {},
    "panorama, matrix": {"matrix": MATRIX, "crop": [5, 3, 20, 11]},
    "opencv": {"fx": 30, "fy": 28, "cx": 19.0, "cy": 12.0, **DISTORTED},
    "opencv, cropped": {"fx": 30, "cx": 19.0, "crop": [5, 3, 20, 11], **DISTORTED},
}
CONSTANT = {"opencv": 1}  # its last number decides what is seen at all, and has no derivative


def scene_of(name, **more):
    keys = CASES[name]
    pose = {} if "matrix" in keys else POSE
    camera = {"type": name.split(",")[0], "resolution": [40, 26], **pose, **keys, **more}
    return Scene.from_dict({"nrender": 1, "cameras": {"main": camera}})


def view_of(scene, numbers=None):
    """What rays.py reads of tables."""
    place = layout(scene, "main")
    values = theta(place) if numbers is None else numbers
    camera = scene.cameras["main"]
    size = {"film_width": camera.width, "film_height": camera.height}
    return SimpleNamespace(theta=values, camera=place.view.start, lens=place.view.kind, filter=0, **size)


def points(name, n=6):
    """Of the screen, where something is seen, and of the lens."""
    rng = np.random.default_rng(len(name))
    found = []
    while len(found) < n:
        at = Screen(*rng.uniform(-1, 1, 2).tolist(), *rng.uniform(-0.7, 0.7, 2).tolist())
        if rays.part_shown(view_of(scene_of(name)), at) > 0:
            found.append(at)
    return found


EVERY = [(name, at, 0.7 + 0.4 * k) for name in CASES for k, at in enumerate(points(name))]


def world(view, at, t):
    o, d = rays.ray(view, at)
    return np.array(o) + t * np.array(d)


def test_every_type_has_a_case():
    assert set(TYPES) == set(CAMERAS.types) == {name.split(",")[0] for name in CASES}


@pytest.mark.parametrize("name, at, t", EVERY)
def test_project_inverts_ray(name, at, t):
    view = view_of(scene_of(name))
    x = triple(world(view, at, t))
    *seen, there = rays.project(view, x, at.a, at.b)
    assert there
    assert_allclose(seen, [at.x, at.y, t], rtol=1e-9, atol=1e-11)
    seen, t_seen, d, there = rays.on_screen(view, x, at.a, at.b)
    assert there
    assert_allclose([*seen, t_seen], [*at, t], rtol=1e-9, atol=1e-11)
    assert_allclose(d, rays.ray(view, at)[1], rtol=1e-9, atol=1e-11)
    assert rays.ray_start(view, at) == rays.ray(view, at)[0]


@pytest.mark.parametrize("name, at, t", EVERY)
def test_a_ray_moves_with_every_number_of_theta(name, at, t):
    scene = scene_of(name)
    view = view_of(scene)
    rng = np.random.default_rng(3)
    d_theta = 0.1 * rng.normal(size=len(view.theta))

    def moved(h):
        return world(view_of(scene, view.theta + h * d_theta), at, t)

    tangent = rays.ray_point_tan(view, d_theta, at, t)
    assert_allclose(tangent, difference(moved, 1e-3), rtol=1e-6, atol=1e-9)
    assert taylor_slope(moved, tangent, 1e-2) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("name, at, t", EVERY)
def test_adjoints_of_a_ray_are_the_transposes_of_its_tangent(name, at, t):
    view = view_of(scene_of(name))
    rng = np.random.default_rng(1)
    d_theta, g = rng.normal(size=len(view.theta)), rng.normal(size=3)
    gradient, of_direction, untouched = np.zeros((3, len(view.theta)))
    rays.ray_point_adj(view, gradient, at, t, triple(g), True)
    assert_transpose(rays.ray_point_tan(view, d_theta, at, t), g, d_theta, gradient)
    rays.ray_direction_adj_raw(view, of_direction, at, triple(g), True)
    assert_transpose(rays.ray_tan(view, d_theta, at)[1], g, d_theta, of_direction)
    rays.ray_point_adj(view, untouched, at, t, triple(g), False)
    rays.ray_direction_adj_raw(view, untouched, at, triple(g), False)
    assert not untouched.any()


@pytest.mark.parametrize("name, at, t", EVERY)
def test_the_covectors_are_the_derivative_of_the_projection(name, at, t):
    """Of both coordinates, while the point and the camera move."""
    scene = scene_of(name)
    view = view_of(scene)
    rng = np.random.default_rng(3)
    d_theta, d_x = 0.1 * rng.normal(size=len(view.theta)), 0.1 * rng.normal(size=3)
    x = world(view, at, t)

    def seen(h):
        return rays.project(view_of(scene, view.theta + h * d_theta), triple(x + h * d_x), at.a, at.b)[:2]

    relative = d_x - np.array(rays.ray_point_tan(view, d_theta, at, t))
    rows = np.array(rays.screen_covectors(view, at, t))
    assert_allclose(rows @ relative, difference(seen, 1e-3), rtol=1e-6, atol=1e-9)
    assert taylor_slope(seen, rows @ relative, 1e-3) == pytest.approx(2, abs=0.1)
    gx, gy = rng.normal(size=2).tolist()
    assert_allclose(rays.screen_covector(view, at, t, gx, gy), [gx, gy] @ rows, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name, at, t", EVERY)
def test_the_area_of_a_pixel_is_that_between_its_rays(name, at, t):
    view = view_of(scene_of(name))
    _, axis = rays.ray(view, at)
    h = 1e-5
    left, right, below, above = (
        world(view, Screen(at.x + x, at.y + y, at.a, at.b), t) for x, y in ((-h, 0), (h, 0), (0, -h), (0, h)))
    by_x, by_y = (right - left) / h / view.film_width, (above - below) / h / view.film_height
    expected = abs(np.cross(by_x, by_y) @ axis) / np.linalg.norm(axis)
    assert_allclose(rays.pixel_area(view, at, axis, t), expected, rtol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_theta_moves_with_every_parameter(name):
    scene = scene_of(name)
    rng = np.random.default_rng(5)
    directions = {path: 0.1 * rng.normal(size=value.shape) for path, value in scene.parameters.items()}
    if name.endswith("matrix"):
        assert "cameras.main.origin" not in directions
        assert directions["cameras.main.matrix"].shape == (3, 4)

    def at(h):
        moved = scene.replace({path: scene.parameters[path] + h * d for path, d in directions.items()})
        return theta(layout(moved, "main"))[:moving]

    view = layout(scene, "main").view
    moving = view.start + view.size - CONSTANT.get(scene.cameras["main"].type, 0)
    assert taylor_slope(at, push(layout(scene, "main"), directions)[:moving], 1e-2) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("name", CASES)
def test_pull_is_the_transpose_of_push(name):
    scene = scene_of(name)
    place = layout(scene, "main")
    rng = np.random.default_rng(6)
    directions = {path: rng.normal(size=value.shape) for path, value in scene.parameters.items()}
    g = rng.normal(size=place.size)
    found = place.view.pull(g[place.view.start : place.view.start + place.view.size], list(directions))
    assert {path: value.shape for path, value in found.items()} == {p: d.shape for p, d in directions.items()}
    pulled = [found[path] for path in directions]
    assert_transpose(push(place, directions), g, list(directions.values()), pulled)


@pytest.mark.parametrize("name", [name for name in CASES if "cropped" in name or "all around" in name])
def test_the_pixels_of_a_crop_are_those_of_the_whole(name):
    part = scene_of(name)
    keys = {key: value for key, value in CASES[name].items() if key != "crop"}
    camera = {"type": name.split(",")[0], "resolution": [40, 26], **POSE, **keys}
    whole = view_of(Scene.from_dict({"nrender": 1, "cameras": {"main": camera}}))
    left, top, width, height = CASES[name]["crop"]
    for px, py in ((0.5, 0.5), (13.2, 7.7), (20.0, 11.0)):
        of_part = rays.ray(view_of(part), Screen(2 * px / width - 1, 1 - 2 * py / height, 0.3, -0.6))
        of_whole = rays.ray(whole, Screen(2 * (left + px) / 40 - 1, 1 - 2 * (top + py) / 26, 0.3, -0.6))
        assert_allclose(of_part, of_whole, rtol=1e-12, atol=1e-12)


# What each type is, said once more in the words of its definition.


def local(scene, sx, sy, a=0.0, b=0.0):
    """(origin, direction) of a ray along right, up, forward, with POSE."""
    view = view_of(scene)
    o, d = rays.ray(view, Screen(sx, sy, a, b))
    forward = np.subtract(POSE["target"], POSE["origin"])
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, POSE["up"])
    right /= np.linalg.norm(right)
    axes = np.array([right, np.cross(right, forward), forward])
    return axes @ (np.array(o) - POSE["origin"]), axes @ np.array(d)


def test_a_thin_lens_is_sharp_where_it_is_focused():
    """The point in focus is seen from the whole lens, and what is farther is spread over a disk (similar triangles)."""
    scene = scene_of("thinlens")
    aperture, focus, far = 0.3, 2.5, 7.0
    o, d = local(scene, 0.3, -0.4)
    for a, b in ((0.0, 0.0), (1.0, 0.0), (-0.6, 0.8), (0.2, 0.5)):
        start, along = local(scene, 0.3, -0.4, a, b)
        assert_allclose(start, [aperture * a, aperture * b, 0], atol=1e-14)
        assert_allclose(start + focus * along, o + focus * d, atol=1e-14)
        spread = (start + far * along) - (o + far * d)
        assert_allclose(spread, np.array([a, b, 0]) * aperture * (focus - far) / focus, atol=1e-13)


def test_a_closed_lens_is_a_pinhole():
    pinhole = scene_of("perspective", principal_point=[0.5, 0.5])
    closed = scene_of("thinlens", aperture_radius=0.0)
    for at in points("thinlens"):
        assert_allclose(world(view_of(closed), at, 2.0), world(view_of(pinhole), at, 2.0), rtol=1e-14)


SPANS = [("x", 40), ("y", 26), ("smaller", 26), ("larger", 40), ("diagonal", np.hypot(40, 26))]


@pytest.mark.parametrize("axis, span", SPANS)
def test_fov_spans_its_axis(axis, span):
    _, d = local(scene_of("perspective", fov_axis=axis, principal_point=[0.5, 0.5]), 1.0, 1.0)
    assert_allclose(d, [np.tan(np.radians(25)) * 40 / span, np.tan(np.radians(25)) * 26 / span, 1.0], rtol=1e-12)


def test_the_principal_point_is_where_the_axis_is():
    _, d = local(scene_of("perspective"), 2 * 0.4 - 1, 1 - 2 * 0.65)
    assert_allclose(d, [0, 0, 1], atol=1e-14)


def test_a_matrix_is_a_pose():
    by_pose = scene_of("perspective")
    camera = by_pose.cameras["main"]
    o, right, up, forward = frame(camera)
    x, y = right / np.linalg.norm(right), up / np.linalg.norm(up)
    back = -np.cross(y, x)
    matrix = np.stack([x, y, back, o], axis=1).tolist() + [[0, 0, 0, 1]]
    keys = {"type": "perspective", "resolution": [40, 26], **CASES["perspective"], "matrix": matrix}
    by_matrix = Scene.from_dict({"nrender": 1, "cameras": {"main": keys}})
    assert_allclose(frame(by_matrix.cameras["main"]), frame(camera), rtol=1e-12, atol=1e-14)


def test_orthographic_spans_its_height():
    o, d = local(scene_of("orthographic"), 1.0, 1.0)
    assert_allclose(o, [1.5 * 40 / 26, 1.5, 0.0], atol=1e-14)
    assert_allclose(d, [0, 0, 1], atol=1e-14)


def test_a_fisheye_is_equidistant_and_round():
    scene = scene_of("fisheye")
    for angle in np.linspace(0.0, 2 * np.pi, 7):
        for rho in (0.0, 1e-4, 0.01, 0.3, 0.99):
            sx, sy = rho * np.cos(angle) * 26 / 40, rho * np.sin(angle)
            _, d = local(scene, sx, sy)
            turned = np.arctan2(np.hypot(d[0], d[1]), d[2])
            assert turned == pytest.approx(rho * np.radians(85), abs=1e-12)
            if rho > 0:
                assert_allclose(d[:2] / np.hypot(d[0], d[1]), [np.cos(angle), np.sin(angle)], atol=1e-10)
            assert rays.part_shown(view_of(scene), middle_ray(sx, sy)) == 1
        sx, sy = 1.01 * np.cos(angle) * 26 / 40, 1.01 * np.sin(angle)
        assert rays.part_shown(view_of(scene), middle_ray(sx, sy)) == 0


def test_a_fisheye_sees_what_is_behind_it():
    view = view_of(scene_of("fisheye, all around"))
    behind = np.array(POSE["origin"]) * 2 - POSE["target"]
    *_, seen = rays.project(view, triple(behind + [0.5, 0, 0]), 0.0, 0.0)
    assert seen
    assert not rays.project(view, triple(behind), 0.0, 0.0)[3]


def test_a_panorama_is_an_environment_map():
    """u = atan2(x, -z)/2 pi mod 1, v = acos(y)/pi (design of scene files)."""
    keys = {"type": "panorama", "origin": [1, 2, 3], "target": [1, 2, 9], "resolution": [40, 20]}
    view = view_of(Scene.from_dict({"nrender": 1, "cameras": {"main": keys}}))
    for u, v in np.random.default_rng(2).uniform(size=(20, 2)):
        o, (x, y, z) = rays.ray(view, middle_ray(2 * u - 1, 1 - 2 * v))
        assert o == (1, 2, 3)
        assert np.arctan2(x, -z) / (2 * np.pi) % 1 == pytest.approx(u, abs=1e-12)
        assert np.arccos(y) / np.pi == pytest.approx(v, abs=1e-12)


def projected(point, fx, fy, cx, cy, k1=0.0, k2=0.0, k3=0.0, k4=0.0, k5=0.0, k6=0.0, p1=0.0, p2=0.0):
    """The pixel of a point (x right, y down, z forward), as in OpenCV's documentation of calib3d."""
    x, y = point[0] / point[2], point[1] / point[2]
    r2 = x * x + y * y
    radial = (1 + k1 * r2 + k2 * r2**2 + k3 * r2**3) / (1 + k4 * r2 + k5 * r2**2 + k6 * r2**3)
    u = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    v = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
    return fx * u + cx, fy * v + cy


@pytest.mark.parametrize("name", ["opencv", "opencv, cropped"])
def test_opencv_projects_as_opencv_does(name):
    scene = scene_of(name)
    values = {key: float(scene.parameters[f"cameras.main.{key}"]) for key in ("fx", "fy", "cx", "cy", *DISTORTED)}
    left, top, width, height = CASES[name].get("crop", (0, 0, 40, 26))
    for sx, sy, *_ in points(name):
        _, (right, up, forward) = local(scene, sx, sy)
        u, v = projected((right, -up, forward), **values)
        assert (u + 0.5 - left) / width == pytest.approx((sx + 1) / 2, abs=1e-12)
        assert (v + 0.5 - top) / height == pytest.approx((1 - sy) / 2, abs=1e-12)


@pytest.mark.parametrize("k", [(-0.3, 0, 0, 0, 0, 0), (0.4, 0.1, 0, 0, 0, 0), (-0.1, 0, 0, 0.3, 0, 0)])
def test_a_distortion_is_inverted_up_to_where_it_turns_back(k):
    keys = {f"k{n}": value for n, value in enumerate(k, 1)}
    view = view_of(scene_of("opencv", **{**dict.fromkeys(DISTORTED, 0.0), **keys}))
    q = view.camera + 12
    limit = min(view.theta[q + opencv.LIMIT], 4.0)
    for r2 in np.linspace(0.0, 0.97 * limit, 20):
        x, y = opencv.distort(view.theta, q, np.sqrt(r2) * 0.6, np.sqrt(r2) * 0.8)
        u, v, found = opencv.undistort(view.theta, q, x, y)
        assert found
        assert_allclose([u, v], [np.sqrt(r2) * 0.6, np.sqrt(r2) * 0.8], atol=1e-7)


def test_what_a_distortion_folds_back_into_the_picture_is_not_seen():
    """Beyond r^2 = 1/0.9 of k1 = -0.3 points come back towards the middle."""
    flat = {**dict.fromkeys(DISTORTED, 0.0), "k1": -0.3}
    view = view_of(scene_of("opencv", **flat))
    assert view.lens == OPENCV
    o, right, up, forward = view.theta[view.camera : view.camera + 12].reshape(4, 3)
    for r, seen in ((1.0, True), (1.05, True), (1.06, False), (1.7, False)):
        assert rays.project(view, triple(o + forward + r * right), 0.0, 0.0)[3] == seen
    at = middle_ray(1.0 / (view.theta[view.camera + 12]), 0.0)  # x = 1: no (u, v) is there
    assert rays.part_shown(view, at) == 0
