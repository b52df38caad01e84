"""textured_scenes.py: the scenes are accepted, and are what they claim to be."""

import numpy as np
import pytest
from textured_scenes import CASES, normal_image, smooth_image

from nrender.geometry.vertex_normals import vertex_normals
from nrender.params.camera import frame
from nrender.scene.models import Checkerboard, Texture
from nrender.scene.transform import world_vertices


@pytest.mark.parametrize("name", CASES)
def test_scenes_are_accepted_and_have_what_is_checked(name):
    made = CASES[name].make()
    view = made.cameras["main"]
    assert (view.width, view.height) == (24, 24)
    assert set(CASES[name].paths) <= set(made.parameters)
    assert len(set(CASES[name].paths)) == len(CASES[name].paths)


def test_images():
    image = smooth_image(8, 6, 3, 0.2, 0.9)
    assert image.shape == (6, 8, 3)
    np.testing.assert_allclose([image.min(axis=(0, 1)), image.max(axis=(0, 1))], [[0.2] * 3, [0.9] * 3])
    around = np.concatenate([image, image[:, :1]], axis=1)
    assert np.abs(np.diff(around, axis=1)).max() < 0.5  # also over the border
    normals = (2 * normal_image(8, 6) - 1) / 0.9
    np.testing.assert_allclose(np.linalg.norm(normals, axis=2), 1.0, rtol=1e-14)
    assert 5 < np.degrees(np.arccos(normals[..., 2])).max() <= 15


def rays(made, n=25):
    """(eye, directions (n n, 3)) over the whole picture, its border included."""
    origin, right, up, forward = frame(made.cameras["main"])
    sx, sy = (x.reshape(-1, 1) for x in np.meshgrid(np.linspace(-1, 1, n), np.linspace(-1, 1, n)))
    return origin, sx * right + sy * up + forward


def on_plane(made, name):
    """(points (n, 3), their coordinates (n, 2) from -1 to 1 on the rectangle, its normal) where the rays meet it."""
    shape = made.shapes[name]
    a, b, c, d = world_vertices(shape.vertices, shape.transform)
    normal = np.cross(b - a, d - a)
    normal /= np.linalg.norm(normal)
    eye, way = rays(made)
    t = ((a - eye) @ normal) / (way @ normal)
    assert (way @ normal < 0).all()  # all see its front
    assert (t > 0).all()
    points = eye + t[:, None] * way
    middle = (a + c) / 2
    x, y = (b - a) / 2, (d - a) / 2
    return points, np.stack([(points - middle) @ x / (x @ x), (points - middle) @ y / (y @ y)], axis=1), normal


FILLED = [(name, shape) for name in CASES for shape in CASES[name].make().shapes
          if (shape, "quad" in name) == ("thing", True) or shape in ("wall", "floor")]


@pytest.mark.parametrize("name, shape", FILLED)
def test_planes_fill_the_view_with_room_to_move(name, shape):
    _, place, _ = on_plane(CASES[name].make(), shape)
    assert np.abs(place).max() < 0.85


@pytest.mark.parametrize("name", [name for name, shape in FILLED if shape == "thing"])
def test_what_is_seen_of_planes_faces_the_lights_and_the_eye_obliquely(name):
    """Not by more than 65 degrees, so that normals which lean by 15 face them, too."""
    made = CASES[name].make()
    points, _, normal = on_plane(made, "thing")
    towards = [-made.lights["sun"].values["direction"], made.lights["lamp"].values["position"] - points,
               made.cameras["main"].values["origin"] - points]
    for way in towards:
        angle = np.degrees(np.arccos(way @ normal / np.linalg.norm(way, axis=-1)))
        assert np.max(angle) < 65
    assert np.mean(angle) > 25


def test_a_few_squares_and_more_than_one_image_are_in_view():
    for name in CASES:
        texture = CASES[name].make().materials.get("paint")
        texture = texture and texture.values.get("reflectance")
        if isinstance(texture, Checkerboard | Texture):
            _, place, _ = on_plane(CASES[name].make(), "thing")
            uv = (place + 1) / 2 * texture.scale + texture.offset
            extent = np.ptp(uv, axis=0)
            if isinstance(texture, Checkerboard):
                assert (extent > 2).all()
                assert (extent < 6).all()
            else:
                assert (extent > 0.9).all()
                assert (np.floor(uv.min(axis=0)) < np.floor(uv.max(axis=0))).all()


def towards_light(made, points):
    """(n, 3) from points to the only light, or the way that it comes from."""
    (light,) = made.lights.values()
    return light.values["position"] - points if light.type == "point" else -light.values["direction"] + 0 * points


@pytest.mark.parametrize("name", [name for name in CASES if "cap" in name])
def test_smooth_normals_of_the_caps_face_the_eye_and_the_lights(name):
    """At corners, and so between them, where normals and ways are means."""
    made = CASES[name].make()
    shape = made.shapes["thing"]
    vertices = world_vertices(shape.vertices, shape.transform)
    normals = vertex_normals(vertices, shape.faces)
    for corner in range(3):
        for other in range(3):  # of each triangle, the normal of one corner and the way from another
            n, x = normals[shape.faces[:, corner]], vertices[shape.faces[:, other]]
            for way in (made.cameras["main"].values["origin"] - x, towards_light(made, x)):
                assert (n * way / np.linalg.norm(way, axis=1, keepdims=True)).sum(axis=1).min() > 0.1
    assert len(shape.faces) > 15
    assert (normals[:, 2] > 0).all()


@pytest.mark.parametrize("name", [name for name in CASES if "sphere" in name or "solid" in name or "cap" in name])
def test_of_convex_solids_all_that_is_seen_is_lit_and_all_is_in_view(name):
    made = CASES[name].make()
    shape = made.shapes["thing"]
    vertices = world_vertices(shape.vertices, shape.transform)
    corner = vertices[shape.faces]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    above = np.einsum("fk,fvk->fv", normal, vertices[None] - corner[:, :1])
    assert above.max() < 1e-12  # convex
    origin, right, up, forward = frame(made.cameras["main"])
    seen = ((origin - corner[:, 0]) * normal).sum(axis=1) > -0.1  # some more: it moves
    assert (towards_light(made, corner[:, 0]) * normal).sum(axis=1)[seen].min() > 0.1
    screen = np.linalg.solve(np.stack([right, up, forward], axis=1), (vertices - origin).T)
    assert np.abs(screen[:2] / screen[2]).max() < 0.95


def test_the_cutout_is_within_the_view_before_the_wall_and_lit():
    made = CASES["cutout"].make()
    thing = made.shapes["thing"]
    vertices = world_vertices(thing.vertices, thing.transform)
    origin, right, up, forward = frame(made.cameras["main"])
    screen = np.linalg.solve(np.stack([right, up, forward], axis=1), (vertices - origin).T)
    assert np.abs(screen[:2] / screen[2]).max() < 0.95
    assert (vertices[:, 2] > -1.5).all()
    _, _, normal = on_plane(made, "thing")
    assert ((made.lights["lamp"].values["position"] - vertices) @ normal > 0.3).all()
    assert -made.lights["sun"].values["direction"] @ normal > 0.3
    wall = made.shapes["wall"]
    assert wall.material is None
    corners = world_vertices(wall.vertices, wall.transform)
    assert ((corners - vertices[0]) @ normal < 0).all()  # out of sight from its front
    on_plane(made, "wall")


def test_the_lamp_is_above_the_floor_in_view_and_shines_down():
    made = CASES["textured lamp"].make()
    lamp = made.shapes["lamp"]
    vertices = world_vertices(lamp.vertices, lamp.transform)
    assert (vertices[:, 1] > -0.8).all()  # the floor is at -1
    assert lamp.material is None
    _, _, normal = on_plane(made, "lamp")
    assert normal[1] < -0.2
    origin, right, up, forward = frame(made.cameras["main"])
    screen = np.linalg.solve(np.stack([right, up, forward], axis=1), (vertices - origin).T)
    assert np.abs(screen[:2] / screen[2]).max() < 0.95
