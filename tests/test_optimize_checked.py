"""The check of the gradient before a fit: of which numbers, and how small."""

import sys

import numpy as np
from fake_renderer import REFLECTANCE, TRANSLATE, FakeRenderer, blob_document_with_mesh, blob_scene, truth

from nrender.gradcheck import GradCheck, Row
from nrender.optimize import optimize
from nrender.optimize.checked import BUDGET, WIDTH, selections
from nrender.optimize.variables import free_variables
from nrender.scene import Scene


def with_mesh():
    document = blob_document_with_mesh()
    document["optimize"]["parameters"] = {
        TRANSLATE: {"mask": [1, 0, 1]},
        "shapes.mesh.vertices": {},
        "shapes.square.transform.scale": {"tie": "shapes.mesh.transform.scale"},
        "shapes.mesh.transform.scale": {},
    }
    return Scene.from_dict(document)


def test_what_is_fitted_is_checked_and_nothing_else():
    found = selections(free_variables(with_mesh()))
    assert found[:2] == [(TRANSLATE, (0,)), (TRANSLATE, (2,))]
    assert found[2] == "shapes.mesh.vertices"
    paths = {item if isinstance(item, str) else item[0] for item in found}
    assert paths == {TRANSLATE, "shapes.mesh.vertices", "shapes.mesh.transform.scale"}


def test_it_is_of_the_start_and_small_and_the_result_has_it(monkeypatch):
    asked = []
    found = GradCheck((Row(REFLECTANCE, (1,), 2.0, 0.01, 2.0, 0.01, 0.1),), 1.0)

    def check(scene, wrt, **options):
        asked.append((scene, wrt, options))
        return found

    # By name: nrender.gradcheck is the function.
    monkeypatch.setattr(sys.modules["nrender.gradcheck"], "gradcheck", check)
    scene = blob_scene(size=80, iterations=2)
    renderer = FakeRenderer()
    result = optimize(scene, truth(scene), renderer=renderer, gradcheck=True, seed=5)
    ((start, _, options),) = asked
    np.testing.assert_array_equal(start.parameters[REFLECTANCE], [0.3, 0.3, 0.3])  # its `init`
    assert (options["width"], options["budget"], options["seed"]) == (WIDTH, BUDGET, 5)
    assert result.gradcheck is found
    assert result.notes[-1] == f"gradient check of the start: {found.summary}"
    assert optimize(scene, truth(scene), renderer=renderer).gradcheck is None
