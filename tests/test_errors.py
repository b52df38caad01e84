"""errors.py: where a warning points to."""

import warnings

import nrender as nr

TRIANGLE = {"type": "mesh", "vertices": [[0, 0, 0], [1, 0, 0], [0, 1, 0]], "faces": [[0, 1, 2], [0, 1, 1]]}
CAMERA = {"type": "perspective", "origin": [0, 0, 5], "target": [0, 0, 0], "fov": 50, "resolution": [4, 4],
          "filter": "point"}


def test_a_warning_is_of_the_line_that_called():
    document = {
        "nrender": 1,
        "cameras": {"main": CAMERA},
        "materials": {"grey": {"type": "diffuse", "reflectance": [0.5, 0.5, 0.5]}},
        "shapes": {"warned": {**TRIANGLE, "material": "grey"}},
        "lights": {"sky": {"type": "constant", "radiance": [1, 1, 1]}},
    }
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        scene = nr.Scene.from_dict(document)
        nr.render_jvp(scene, {"shapes.warned.transform.translate": [1, 0, 0]}, spp=1)
        nr.render_aovs_jvp(scene, ["depth"], {"shapes.warned.transform.scale": 1.0}, spp=1)
    assert [w.category for w in said] == [nr.SceneWarning, nr.RenderWarning, nr.RenderWarning]
    assert {w.filename for w in said} == {__file__}
