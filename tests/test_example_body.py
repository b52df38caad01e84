"""The example of a body from colours and depths, at a small size."""

import sys

import pytest
from example_files import load

pytest.importorskip("torch", reason="the example needs PyTorch")
pytest.importorskip("anny", reason="the example needs the body model")


@pytest.mark.filterwarnings("ignore")  # of the body model's own libraries
def test_the_body_comes_nearer(monkeypatch):
    parts = load("body", "body")
    monkeypatch.setitem(sys.modules, "body", parts)  # for the next
    run = load("body", "run")
    body = parts.Body()
    scene, truth = parts.scene_of(body, (48, 64)), body.vertices(parts.numbers_of(parts.TRUTH))
    known = scene.replace({parts.VERTICES: truth.numpy(), parts.SKIN: parts.TRUTH["skin"]})
    target = run.targets(known, seed=1, spp=64)
    before = run.distance(body.vertices(parts.numbers_of(parts.START)), truth)["mean"]
    found = run.fit(body, scene, target, iterations=25, spp=4, seed=1)
    after = run.distance(body.vertices(found), truth)["mean"]
    assert after < 0.6 * before
