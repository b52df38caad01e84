"""scene/transform.py and scene/look_at.py: geometry, tangents, adjoints."""

import numpy as np
import pytest
from derivatives import assert_transpose, taylor_slope
from scipy.spatial.transform import Rotation

from nrender.params.camera import frame
from nrender.scene import Camera, Transform
from nrender.scene import look_at as la
from nrender.scene.transform import (
    coefficients,
    rotation,
    world_normals,
    world_normals_adj,
    world_normals_tan,
    world_vertices,
    world_vertices_adj,
    world_vertices_tan,
)

ROTATIONS = {
    "none": [0, 0, 0],
    "tiny": [1e-9, -2e-9, 3e-9],
    "small": [0.01, 0.02, -0.03],
    "series end": list(np.degrees(1.0) * np.array([0.6, 0.0, 0.8])),
    "usual": [20, -50, 70],
    "half turn": [0, 0, 180],
    "near half turn": list(179.999 * np.array([1, 2, 2]) / 3),
    "full turn": [0, 360, 0],
    "turns": [500, -800, 200],
}


def make(rotate, scale=1.7):
    return Transform(translate=np.array([1.0, -2, 3]), rotate=np.array(rotate, dtype=float),
                     scale=np.array(scale, dtype=float), pivot=np.array([0.3, 0.4, -0.5]))


def flat(gradients):
    return np.concatenate([np.ravel(gradients[key]) for key in sorted(gradients)])


def directions(rng, vertices, transform):
    keys = (["matrix"] if transform.matrix is not None
            else ["translate", "rotate", "scale", "pivot"])
    d = {key: rng.normal(size=np.shape(getattr(transform, key))) for key in keys}
    return rng.normal(size=vertices.shape), d


def moved(transform, d, h):
    return Transform(**{
        key: getattr(transform, key) + h * d[key] if key in d else getattr(transform, key)
        for key in ("translate", "rotate", "scale", "pivot", "matrix")})


CASES = [pytest.param(make(rotate, scale), id=f"{name}, scale {np.ndim(scale)}d")
         for name, rotate in ROTATIONS.items() for scale in (1.7, [0.5, 2.0, -1.5])]
CASES.append(pytest.param(
    Transform(matrix=np.random.default_rng(1).normal(size=(3, 4))), id="matrix"))


@pytest.mark.parametrize("transform", CASES)
def test_adjoint_is_the_transpose_of_the_tangent(transform):
    rng = np.random.default_rng(0)
    vertices = rng.normal(size=(7, 3))
    dv, d = directions(rng, vertices, transform)
    w = rng.normal(size=vertices.shape)
    jv = world_vertices_tan(vertices, transform, dv, d)
    g = world_vertices_adj(vertices, transform, w)
    assert set(g) == {"vertices", *d}
    for key, value in d.items():
        assert g[key].shape == value.shape
    np.testing.assert_allclose((jv * w).sum(), flat({"vertices": dv, **d}) @ flat(g), rtol=1e-12)


@pytest.mark.parametrize("transform", CASES)
def test_tangent_is_the_derivative(transform):
    rng = np.random.default_rng(2)
    vertices = rng.normal(size=(7, 3))
    dv, d = directions(rng, vertices, transform)
    d = {key: value * (40 if key == "rotate" else 1) for key, value in d.items()}
    jv = world_vertices_tan(vertices, transform, dv, d)
    steps = 1e-2 * 0.5 ** np.arange(6)
    value = world_vertices(vertices, transform)
    remainder = [np.linalg.norm(
        world_vertices(vertices + h * dv, moved(transform, d, h)) - value - h * jv)
        for h in steps]
    slope = np.polyfit(np.log(steps), np.log(remainder), 1)[0]
    assert slope == pytest.approx(2, abs=0.1)


def test_directions_left_out_are_zero():
    transform, vertices = make([10, 20, 30]), np.eye(3)
    assert not world_vertices_tan(vertices, transform, None, {}).any()
    assert not world_vertices_tan(vertices, Transform(matrix=np.ones((3, 4))), None, {}).any()


@pytest.mark.parametrize("rotate", ROTATIONS.values(), ids=ROTATIONS)
def test_rotation_agrees_with_scipy(rotate):
    expected = Rotation.from_rotvec(rotate, degrees=True).as_matrix()
    np.testing.assert_allclose(rotation(np.array(rotate))[0], expected, atol=3e-15)


def test_series_and_closed_form_meet():
    below, above = coefficients(np.nextafter(1.0, 0.0)), coefficients(1.0)
    np.testing.assert_allclose(below, above, rtol=2e-15)


def test_quarter_turn_about_z_takes_x_to_y():
    x = world_vertices(np.array([[1.0, 0, 0]]), Transform(rotate=np.array([0, 0, 90.0])))
    np.testing.assert_allclose(x, [[0, 1, 0]], atol=1e-15)


def test_order_is_scale_rotate_translate_about_the_pivot():
    transform = Transform(translate=np.array([0.0, 0, 5]), rotate=np.array([0, 0, 90.0]),
                          scale=np.array([2.0, 1, 1]), pivot=np.array([1.0, 0, 0]))
    x = world_vertices(np.array([[1.0, 0, 0], [2, 0, 0]]), transform)
    np.testing.assert_allclose(x, [[1, 0, 5], [1, 2, 5]], atol=1e-15)


def test_matrix_is_affine():
    matrix = np.array([[1.0, 0, 0, 4], [0, 2, 0, 5], [0, 0, 3, 6]])
    x = world_vertices(np.array([[1.0, 1, 1]]), Transform(matrix=matrix))
    np.testing.assert_array_equal(x, [[5, 7, 9]])


# Normals.

NORMAL_CASES = [
    *CASES,
    pytest.param(make([20, -50, 70], -1.7), id="mirrored, scale 0d"),
    pytest.param(make([20, -50, 70], [-1.0, -1e-4, 3.0]), id="thin"),
    pytest.param(Transform(matrix=np.array([[2.0, 1, 0, 3], [0, 1, 0, 0], [0, 0.5, -1, 0]])), id="mirrored shear"),
]


def corner_normals(seed=5):
    n = np.random.default_rng(seed).normal(size=(4, 3, 3))
    return n / np.linalg.norm(n, axis=-1, keepdims=True)


@pytest.mark.parametrize("transform", NORMAL_CASES)
def test_normals_turn_as_triangles_do(transform):
    """Their winding kept: what is in front of a triangle stays in front, mirrored or not."""
    corners = np.random.default_rng(6).normal(size=(9, 3, 3))

    def normals(x):
        n = np.cross(x[:, 1] - x[:, 0], x[:, 2] - x[:, 0])
        return n / np.linalg.norm(n, axis=1, keepdims=True)

    world = world_vertices(corners.reshape(-1, 3), transform).reshape(-1, 3, 3)
    turned = world_normals(normals(corners), transform)
    np.testing.assert_allclose(turned, normals(world), atol=1e-11 if np.min(np.abs(transform.scale)) < 1e-3 else 1e-13)
    assert world_normals(corner_normals(), transform).shape == (4, 3, 3)


@pytest.mark.parametrize("rotate", ROTATIONS.values(), ids=ROTATIONS)
@pytest.mark.parametrize("scale", [1e-200, 1.0, -3.0, 1e200])
def test_one_scale_for_all_axes_only_rotates_normals(rotate, scale):
    n = corner_normals()
    np.testing.assert_allclose(world_normals(n, make(rotate, scale)), n @ rotation(np.array(rotate))[0].T, atol=1e-15)


def test_normals_of_a_mirror_image():
    n = np.array([0.6, 0.0, 0.8])
    mirrored = world_normals(n, Transform(scale=np.array([-1.0, 1, 1])))
    np.testing.assert_allclose(mirrored, [0.6, 0, -0.8], atol=1e-15)  # its triangle's vertices now run the other way


@pytest.mark.parametrize("transform", NORMAL_CASES)
def test_adjoint_of_normals_is_the_transpose_of_their_tangent(transform):
    n, rng = corner_normals(), np.random.default_rng(7)
    w = rng.normal(size=n.shape)
    _, d = directions(rng, n, transform)
    jv, g = world_normals_tan(n, transform, d), world_normals_adj(n, transform, w)
    assert set(g) == set(d)
    for key, value in d.items():
        assert g[key].shape == value.shape
    assert jv.shape == n.shape
    assert_transpose(jv, w, flat(d), flat(g))


@pytest.mark.parametrize("transform", NORMAL_CASES)
def test_tangent_of_normals_is_their_derivative(transform):
    n, rng = corner_normals(), np.random.default_rng(8)
    _, d = directions(rng, n, transform)
    d = {key: value * (40 if key == "rotate" else 1) for key, value in d.items()}
    largest = 1e-6 if np.min(np.abs(transform.scale)) < 1e-3 else 1e-3
    jv = world_normals_tan(n, transform, d)
    slope = taylor_slope(lambda h: world_normals(n, moved(transform, d, h)), jv, largest)
    assert slope == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("transform", [
    make([10, 20, 30], 0.0), make([10, 20, 30], [0.0, 0, 0]), make([10, 20, 30], [0.0, 2, 0]),
    make([10, 20, 30], [1.0, 2, 0]), Transform(matrix=np.zeros((3, 4))), Transform(matrix=np.ones((3, 4)))])
def test_normals_of_what_is_flattened_are_unit_and_finite(transform):
    n, rng = np.concatenate([corner_normals(), np.eye(3)[None]]), np.random.default_rng(9)
    world = world_normals(n, transform)
    np.testing.assert_allclose(np.linalg.norm(world, axis=-1), 1.0, rtol=1e-15)
    _, d = directions(rng, n, transform)
    assert np.isfinite(world_normals_tan(n, transform, d)).all()
    assert np.isfinite(flat(world_normals_adj(n, transform, n))).all()
    if not np.any(transform.scale) or transform.matrix is not None:
        assert not world_normals_tan(n, transform, d).any()
        assert not flat(world_normals_adj(n, transform, rng.normal(size=n.shape))).any()


def test_normals_without_a_direction_stand_still():
    assert not world_normals_tan(corner_normals(), make([10, 20, 30]), {}).any()
    moves = {"translate": np.ones(3), "pivot": np.ones(3)}
    assert not world_normals_tan(corner_normals(), make([10, 20, 30]), moves).any()


# The camera's frame.

CAMERAS = {
    "usual": ([0, 0, 5], [0, 0, 0], [0, 1, 0], 45, "y", 320, 240),
    "oblique": ([3, 2, -1], [0.5, -1, 2], [0.2, 1, 0.3], 70, "x", 320, 240),
    "portrait": ([1, 9, 0.5], [0, 0, 0], [0, 3, 1], 20, "x", 100, 300),
    "up almost along the view": ([0, 5, 0], [0, 0, 0], [0.1, 1, 0.0], 90, "y", 64, 64),
}


def values_of(origin, target, up, fov, axis, width, height):
    pose = {key: np.array(v, dtype=float) for key, v in (("origin", origin), ("target", target), ("up", up))}
    return {**pose, "fov": np.array(float(fov)), "fov_axis": axis, "principal_point": np.array([0.5, 0.5]),
            "resolution": np.array([width, height])}


MATRIX = {"matrix": np.array([[0.8, 0.1, -0.6, 1.0], [0.05, 1.1, 0.1, 2.0], [0.55, -0.1, 0.9, 3.0]])}
CAMERA_CASES = [pytest.param(values_of(*args), id=name) for name, args in CAMERAS.items()]
POSES = [*CAMERA_CASES, pytest.param(MATRIX, id="matrix")]


def moves(values, seed):
    rng = np.random.default_rng(seed)
    return {key: 0.1 * rng.normal(size=values[key].shape) for key in la.KEYS if key in values}


@pytest.mark.parametrize("values", POSES)
def test_adjoint_of_a_pose_is_the_transpose_of_its_tangent(values):
    d, w = moves(values, 3), np.random.default_rng(5).normal(size=(4, 3))
    g = la.pose_adj(values, w)
    assert {key: x.shape for key, x in g.items()} == {key: x.shape for key, x in d.items()}
    left = float(np.sum(la.pose_tan(values, d) * w))
    assert left == pytest.approx(sum(float(np.sum(d[key] * g[key])) for key in d), rel=1e-12)


@pytest.mark.parametrize("values", POSES)
def test_tangent_of_a_pose_is_its_derivative(values):
    d = moves(values, 4)

    def at(h):
        return la.pose({**values, **{key: values[key] + h * x for key, x in d.items()}})

    assert taylor_slope(at, la.pose_tan(values, d)) == pytest.approx(2, abs=0.1)


def test_a_pose_that_stands_still():
    assert not la.pose_tan(values_of(*CAMERAS["oblique"]), {}).any()
    assert not la.pose_tan(MATRIX, {}).any()


def frame_of(values):
    return frame(Camera("perspective", values, *map(int, values["resolution"])))


def test_usual_camera_looks_along_minus_z_with_x_to_the_right():
    origin, right, up, forward = frame_of(values_of(*CAMERAS["usual"]))
    np.testing.assert_allclose(origin, [0, 0, 5])
    np.testing.assert_allclose(forward, [0, 0, -1])
    np.testing.assert_allclose(up, [0, np.tan(np.pi / 8), 0], atol=1e-16)
    np.testing.assert_allclose(right, [np.tan(np.pi / 8) * 4 / 3, 0, 0], atol=1e-16)


@pytest.mark.parametrize("values", CAMERA_CASES)
def test_frame_is_right_handed_and_spans_the_field_of_view(values):
    _, right, up, forward = frame_of(values)
    x, y = right / np.linalg.norm(right), up / np.linalg.norm(up)
    np.testing.assert_allclose(np.cross(x, y), -forward, atol=1e-14)
    np.testing.assert_allclose(np.linalg.norm(forward), 1, rtol=1e-15)
    assert y @ values["up"] > 0
    assert x @ values["up"] == pytest.approx(0, abs=1e-14)
    wide = np.linalg.norm(right if values["fov_axis"] == "x" else up)
    assert wide == pytest.approx(np.tan(np.radians(values["fov"] / 2)), rel=1e-14)
    width, height = values["resolution"]
    assert np.linalg.norm(right) / np.linalg.norm(up) == pytest.approx(width / height, rel=1e-14)
