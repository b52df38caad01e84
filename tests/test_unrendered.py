"""What can be read but not rendered yet is refused by name, before anything is rendered."""

import numpy as np
import pytest

import nrender as nr
from nrender.unrendered import unrendered

BASE = {
    "nrender": 1,
    "cameras": {"main": {"type": "perspective", "origin": [0, 0, 4], "target": [0, 0, 0], "resolution": [4, 4]}},
    "materials": {"m": {"type": "diffuse", "reflectance": [0.5, 0.5, 0.5]}},
    "shapes": {"s": {"type": "rectangle", "material": "m"}},
    "lights": {"sky": {"type": "constant", "radiance": [1, 1, 1]}},
}


def test_what_is_rendered_is_no_problem():
    assert unrendered(nr.Scene.from_dict(BASE)) == []


@pytest.mark.parametrize(
    "section, name, keys, line",
    [
        ("materials", "m", {"reflectance": {"image": np.full((2, 2, 3), 0.5)}}, "reflectance: a texture (image)"),
        ("materials", "m", {"opacity": 0.5}, "opacity: opacity"),
        ("shapes", "s", {"normals": "smooth"}, "normals: smooth normals"),
        (
            "lights",
            "sky",
            {"type": "envmap", "image": np.ones((2, 4, 3)), "radiance": None},
            "type: a light of type envmap",
        ),
    ],
)
def test_the_rest_is_refused_in_one_line(section, name, keys, line):
    keys = {"type": BASE[section][name]["type"], **keys}
    data = {**BASE, section: {name: {k: v for k, v in {**BASE[section][name], **keys}.items() if v is not None}}}
    with pytest.raises(nr.SceneError) as caught:
        nr.render(nr.Scene.from_dict(data), spp=1)
    assert str(caught.value) == f"<dict>: {section} '{name}': {line} can be read but not rendered yet"
