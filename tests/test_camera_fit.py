"""A lens found from a picture that it took."""

import pytest
from test_camera_images import glowing

import nrender as nr

FOCAL, DISTORTION = "cameras.main.fx", "cameras.main.k1"


@pytest.mark.slow
def test_focal_length_and_distortion_are_found_from_a_picture():
    lens = {"fx": 24.0, "fy": 24.0, "k1": -0.2, "k2": 0.0, "k4": 0.0, "p1": 0.0, "p2": 0.0}
    true = glowing("opencv", resolution=[36, 24], **lens)
    target = nr.render(true, spp=1024, seed=7)
    start = true.replace({FOCAL: 21.0, DISTORTION: 0.05}).with_optimize(
        {"parameters": {FOCAL: {}, DISTORTION: {}}, "method": "l-bfgs-b", "iterations": 25}
    )
    result = nr.optimize(start, target, spp=64)
    found = result.scene.parameters
    assert found[FOCAL] == pytest.approx(24.0, abs=0.1)
    assert found[DISTORTION] == pytest.approx(-0.2, abs=0.01)
