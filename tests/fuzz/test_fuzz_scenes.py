"""Scenes made from the tables of keys: any map is a scene, or a SceneError says what is wrong, a line a problem."""

import os
import warnings

import numpy as np
from fuzz_readers import wrong_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nrender.errors import SceneError, SceneWarning
from nrender.scene import Scene
from nrender.scene.cameras import CAMERAS
from nrender.scene.integrators import INTEGRATORS
from nrender.scene.lights import LIGHTS
from nrender.scene.materials import MATERIALS
from nrender.scene.shapes import SHAPES

COUNT = max(int(os.environ.get("NRENDER_FUZZ", "300")) // 10, 30)
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
    st.sampled_from([10**400, "\x1b[2J", "a\0b"]),
    st.lists(st.floats(width=32), max_size=4), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.just(np.zeros((0, 3))), st.just(np.array(["x"])), st.just(np.ones((2, 2, 3), bool)), st.just(1 + 2j))


@st.composite
def value(draw, key):
    """Of a key of the table: nearly always one that may stand there."""
    if draw(st.integers(0, 19)) == 0:
        return draw(ODD)
    if key.kind in ("number", "integer"):
        low = 0 if key.low == -np.inf else key.low + 1e-3 * (key.open_ends and key.kind == "number")
        high = min(key.high - 1e-3 * key.open_ends, low + draw(st.sampled_from([0, 1, 5])))
        shape = tuple(draw(st.integers(0, 3)) if n is None else n for n in draw(st.sampled_from(key.shapes)))
        whole = key.kind == "integer"
        found = np.array([draw(st.integers(int(low), int(high)) if whole else st.floats(low, high, width=64))
                          for _ in range(int(np.prod(shape)))]).reshape(shape)
        return found.tolist() if draw(st.booleans()) or not found.size else found
    if key.kind == "choice":
        return draw(st.sampled_from(key.options))
    if key.kind == "flag":
        return draw(st.booleans())
    if key.kind == "map":
        return draw(keys(key.keys))
    if key.kind == "names":
        return draw(st.lists(st.sampled_from(["depth", "normal", "x"]), max_size=3))
    return draw(st.sampled_from(["a", "b", "none.obj", "none.exr", "../x"]))


@st.composite
def keys(draw, table):
    """Those that are needed, and some of the others."""
    found = {}
    for name, key in table.items():
        needed = repr(key.default) == "REQUIRED"
        if draw(st.integers(0, 19)) > 0 if needed else draw(st.integers(0, 3)) == 0:
            found[name] = draw(value(key))
    return found


@st.composite
def thing(draw, family):
    kind = draw(st.sampled_from(list(family.types)))
    table = dict(family.keys(kind))
    if "subdivisions" in table:  # larger ones take long, and are no different
        table.pop("subdivisions")
    return {"type": kind, **draw(keys(table))}


def section(family):
    return st.dictionaries(st.sampled_from(["a", "b"]), thing(family), max_size=2)


DOCUMENTS = st.fixed_dictionaries(
    {"nrender": st.just(1), "cameras": section(CAMERAS), "materials": section(MATERIALS), "shapes": section(SHAPES)},
    optional={"lights": section(LIGHTS), "integrator": thing(INTEGRATORS), "optimize": ODD, "x": ODD})


@settings(max_examples=COUNT, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(DOCUMENTS)
def test_any_map_is_a_scene_or_a_scene_error(document):
    problems, scene = read(document)
    if scene is None:
        assert problems
        return
    again, same = read(scene.document)
    assert again == []
    assert {path: value.shape for path, value in same.parameters.items()} == {
        path: value.shape for path, value in scene.parameters.items()}


def read(document):
    """(lines of what is wrong, the scene or None)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SceneWarning)
        try:
            return [], Scene.from_dict(document)
        except SceneError as error:
            bad = wrong_text(str(error))
            lines = str(error).split("\n")
            if bad or len(lines) != len(error.problems):
                raise AssertionError(f"not a line a problem: {lines} {bad}") from error
            return lines, None
