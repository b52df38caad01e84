"""The example of JAX, small: Gauss-Newton finds where the box is."""

import numpy as np
import pytest
from example_files import load

jax = pytest.importorskip("jax", reason="JAX is not installed: pip install 'nrender[jax]'")


def test_the_box_is_found():
    example = load("jax", "pose")
    result = example.fit(width=32, steps=16, spp=32)
    assert result["losses"][-1] < 0.1 * result["losses"][0]
    off = np.abs(result["way"][-1] - example.TRUTH) / example.UNIT
    assert off.max() < 0.5 < np.abs(example.START - example.TRUTH).max()
    assert example.picture(result["way"][-1], 32, 1).shape == (24, 96, 3)


def test_its_command_writes_the_picture(monkeypatch, tmp_path, capsys):
    example = load("jax", "pose")
    monkeypatch.setattr(example, "picture", lambda *_: np.zeros((2, 2, 3), np.float32))
    monkeypatch.setattr("sys.argv", ["pose.py", "--width", "16", "--steps", "1", "-o", str(tmp_path / "a.png")])
    example.main()
    assert (tmp_path / "a.png").stat().st_size > 0
    assert "found" in capsys.readouterr().out
