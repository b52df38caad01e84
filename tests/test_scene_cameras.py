"""scene/cameras.py: keys of every camera type, their defaults, what is wrong with them, and how a scene keeps them."""

import numpy as np
import pytest

from nrender import Scene, SceneError, load_scene

POSE = {"origin": [0, 0, 5], "target": [0, 0, 0], "resolution": [64, 48]}
MATRIX = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 5]]


def scene(**camera):
    return Scene.from_dict({"nrender": 1, "cameras": {"main": {"type": "perspective", **camera}}})


BAD = [
    ({**POSE, "origin": None}, "origin: expected 3 numbers, got nothing"),
    ({"target": [0, 0, 1], "resolution": [4, 4]}, "origin: missing; expected 3 numbers"),
    ({**POSE, "matrix": MATRIX}, "origin: expected either matrix, or origin, target and up, got both"),
    ({"matrix": MATRIX, "up": [1, 0, 0], "resolution": [4, 4]},
     "up: expected either matrix, or origin, target and up, got both"),
    ({"matrix": [[1, 0, 0, 0]] * 3, "resolution": [4, 4]},
     "matrix: expected a matrix that has an inverse, got one without"),
    ({"matrix": [*MATRIX, [0, 0, 1, 1]], "resolution": [4, 4]},
     "matrix: expected [0, 0, 0, 1] in the last row, got [0.0, 0.0, 1.0, 1.0]"),
    ({**POSE, "crop": [60, 0, 5, 5]}, "crop: expected a part of the image of 64 x 48 pixels, got [60, 0, 5, 5]"),
    ({**POSE, "crop": [0, 0, 5, 0]}, "crop: expected a part of the image of 64 x 48 pixels, got [0, 0, 5, 0]"),
    ({**POSE, "principal_pont": [0, 0]}, "principal_pont: unknown key; did you mean 'principal_point'?"),
    ({**POSE, "type": "orthographic", "height": 0}, "height: expected a number > 0, got 0.0"),
    ({**POSE, "type": "fisheye", "fov": 361}, "fov: expected a number in [0.001, 360], got 361.0"),
    ({**POSE, "type": "panorama", "fov": 90}, "fov: unknown key"),
    ({**POSE, "type": "opencv"}, "fx: missing; expected a number > 0"),
    ({**POSE, "type": "fish-eye"},
     "type: expected one of perspective, thinlens, orthographic, fisheye, panorama, opencv, got 'fish-eye'"),
]  # fmt: skip


@pytest.mark.parametrize("keys, message", BAD, ids=[message[:40] for _, message in BAD])
def test_what_is_wrong_is_said_in_one_line(keys, message):
    with pytest.raises(SceneError) as caught:
        scene(**keys)
    (line,) = str(caught.value).splitlines()
    assert message in line
    assert "cameras 'main'" in line


def test_a_matrix_is_a_parameter_in_the_place_of_the_pose():
    of = scene(matrix=[*MATRIX, [0, 0, 0, 1]], resolution=[4, 4])
    paths = list(of.parameters)
    assert "cameras.main.matrix" in paths
    assert not {"cameras.main.origin", "cameras.main.target", "cameras.main.up"} & set(paths)
    moved = of.parameters["cameras.main.matrix"] + 0.1
    other = of.replace({"cameras.main.matrix": moved})
    np.testing.assert_array_equal(Scene.from_dict(other.document).parameters["cameras.main.matrix"], moved)
    with pytest.raises(SceneError, match="an inverse"):
        of.replace({"cameras.main.matrix": np.zeros((3, 4))})


def test_opencv_fills_in_what_follows_from_the_rest(tmp_path):
    of = scene(**POSE, **{"type": "opencv", "fx": 50})
    found = {path.rsplit(".", 1)[1]: value for path, value in of.parameters.items()}
    assert (found["fy"], found["cx"], found["cy"]) == (50, 31.5, 23.5)
    assert all(found[key] == 0 for key in ("k1", "k2", "k3", "k4", "k5", "k6", "p1", "p2"))
    other = of.replace({"cameras.main.fx": 60.0})
    assert other.parameters["cameras.main.fy"] == 50
    other.dump(tmp_path / "s.yaml")
    again = load_scene(tmp_path / "s.yaml")
    for path, value in other.parameters.items():
        assert again.parameters[path] == pytest.approx(value), path


@pytest.mark.parametrize("keys", [
    {"type": "perspective", "fov": 40, "crop": [8, 4, 32, 16]},
    {"type": "opencv", "fx": 50, "fy": 45, "cx": 20.0, "cy": 30.0, "k1": -0.1},
    {"type": "opencv", "fx": 50, "fy": 45, "cx": 20.0, "cy": 30.0, "k1": -0.1, "crop": [8, 4, 32, 16]},
    {"type": "fisheye", "crop": [8, 4, 32, 16]},
])  # fmt: skip
def test_a_smaller_picture_shows_the_same(keys):
    from types import SimpleNamespace

    from nrender.camera import rays
    from nrender.camera.screen import middle_ray
    from nrender.params import layout, theta

    of = scene(**POSE, **keys)
    view = of.cameras["main"]
    small = of.with_resolution("main", view.width // 4, view.height // 4)
    assert (small.cameras["main"].width, small.cameras["main"].height) == (view.width // 4, view.height // 4)
    again = Scene.from_dict(small.document)
    for sx, sy in ((0.0, 0.0), (-0.4, 0.3), (0.5, -0.45)):
        found = []
        for made in (of, small, again):
            place = layout(made, "main")
            tables = SimpleNamespace(theta=theta(place), camera=place.view.start, lens=place.view.kind, filter=0)
            found.append(rays.ray(tables, middle_ray(sx, sy))[1])
        np.testing.assert_allclose(found[1], found[0], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(found[2], found[0], rtol=1e-12, atol=1e-14)


def test_a_smaller_picture_is_fitted_within_bounds_of_its_own_pixels():
    fits = {"cameras.main.fx": {"init": 40.0, "bounds": [30.0, None], "step": 2.0},
            "cameras.main.cx": {"bounds": [10.0, 40.0]},
            "cameras.main.k1": {"init": 0.01, "bounds": [-0.5, 0.5]}}  # fmt: skip
    of = scene(**POSE, **{"type": "opencv", "fx": 50, "cx": 20.0}).with_optimize({"parameters": fits})
    view = of.cameras["main"]
    small = of.with_resolution("main", view.width // 4, view.height // 4)
    for made in (small, Scene.from_dict(small.document)):
        found = made.optimize.parameters
        assert (found["cameras.main.fx"].init, found["cameras.main.fx"].step) == (10.0, 0.5)
        assert tuple(found["cameras.main.fx"].bounds) == (7.5, np.inf)
        assert tuple(found["cameras.main.cx"].bounds) == (10.5 / 4 - 0.5, 40.5 / 4 - 0.5)
        assert (found["cameras.main.k1"].init, tuple(found["cameras.main.k1"].bounds)) == (0.01, (-0.5, 0.5))
