"""Texture coordinates of xatlas: inside the square, without overlap; and without xatlas one line."""

import sys

import numpy as np
import pytest

import nrender as nr

CUBE = nr.Scene.from_dict({
    "nrender": 1, "cameras": {"main": {"type": "perspective", "origin": [0, 0, 5], "target": [0, 0, 0],
                                       "resolution": [4, 4]}},
    "materials": {"a": {"type": "diffuse", "reflectance": [0.5] * 3}},
    "shapes": {"cube": {"type": "cube", "material": "a"}}}).shapes["cube"]


def test_without_xatlas(monkeypatch):
    monkeypatch.setitem(sys.modules, "xatlas", None)
    with pytest.raises(nr.NrenderError, match=r"pip install 'nrender\[uv\]'"):
        nr.generate_uvs(CUBE.vertices, CUBE.faces)


@pytest.mark.parametrize("vertices, faces", [
    (np.zeros((3, 2)), [[0, 1, 2]]), (np.zeros((3, 3)), [[0, 1, 3]]), (np.zeros((3, 3)), [[0, 1, -1]]),
    (np.zeros((3, 3)), []), (np.full((3, 3), np.nan), [[0, 1, 2]])])
def test_what_is_no_mesh(vertices, faces):
    with pytest.raises(nr.NrenderError, match="expected"):
        nr.generate_uvs(vertices, faces)


def test_charts_do_not_overlap():
    pytest.importorskip("xatlas")
    uvs = nr.generate_uvs(CUBE.vertices, CUBE.faces)
    assert uvs.shape == (len(CUBE.faces), 3, 2)
    assert uvs.min() >= 0
    assert uvs.max() <= 1
    points = np.random.default_rng(0).uniform(size=(20000, 1, 2))
    a, b, c = (uvs[None, :, k] for k in range(3))

    def side(p, q):
        return (q[..., 0] - p[..., 0]) * (points[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (
            points[..., 0] - p[..., 0])

    sides = np.stack([side(a, b), side(b, c), side(c, a)])
    inside = (sides > 0).all(axis=0) | (sides < 0).all(axis=0)
    assert inside.sum(axis=1).max() == 1
    assert inside.any(axis=1).mean() > 0.3
