"""compile_scene: what a change of a scene leaves alone is the same arrays, and what it does not is made anew."""

import numpy as np
import pytest
import test_lanes

import nrender as nr
from nrender.compile_scene import compile_scene
from nrender.compile_scene.mesh import Mesh
from nrender.real import FLOAT32

COLOURS = (".reflectance", ".base_color", ".f0", ".emission", ".intensity")
PLACES = (".translate", ".vertices", ".rotate")
SCENES = {name: test_lanes.SCENES[name] for name in list(test_lanes.SCENES)[:6]}


def tables_of(scene):
    return compile_scene(scene, "main", FLOAT32).tables._asdict()


def fresh(scene):
    """The same scene with nothing to share."""
    return nr.Scene.from_dict(scene.document)


@pytest.fixture(params=SCENES)
def scene(request):
    return SCENES[request.param]()


def changed(scene, word):
    path = next(path for path in scene.parameters if path.endswith(word))
    return scene.replace({path: 0.9 * scene.parameters[path] + 0.01})


def equal(one, other):
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_a_colour_changes_little(scene):
    before = tables_of(scene)
    after = tables_of(changed(scene, COLOURS))
    assert any(before["theta"] != after["theta"])
    for name in ("faces", "uvs", "nodes", "links", "order", "corners", "compressed"):
        assert after[name] is before[name], name


@pytest.mark.parametrize("word", [PLACES, COLOURS])
def test_tables_are_those_of_a_new_scene(scene, word):
    tables_of(scene)
    after = changed(scene, word)
    equal(tables_of(after), tables_of(fresh(after)))
    equal(tables_of(scene), tables_of(fresh(scene)))


def test_what_is_made_again():
    calls = []
    mesh = Mesh((), np.zeros((1, 3)))

    def made(*source):
        return mesh.again("it", source, lambda: calls.append(source) or len(calls))

    a, b = np.arange(3), np.arange(3) + 1
    assert [made(a, 1), made(a.copy(), 1), made(b, 1), made(b, 2), made(b), made(np.arange(4)), made(a, 1)] == [
        1, 1, 2, 3, 4, 5, 6,
    ]  # fmt: skip
