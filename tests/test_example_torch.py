"""The example of PyTorch, small: the loss falls, and the network comes nearer to the paint."""

import numpy as np
import pytest
from example_files import load

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'nrender[torch]'")


def test_a_network_learns_the_paint():
    example = load("torch", "neural_texture")
    result = example.train(width=32, steps=40, spp=8)
    losses = result["losses"]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])
    assert result["error"] < 0.9 * result["error before"]
    assert example.picture(result["truth"], result["found"], 32, 1).shape == (48, 88, 3)


def test_its_command_writes_the_picture(monkeypatch, tmp_path, capsys):
    example = load("torch", "neural_texture")
    monkeypatch.setattr(example, "picture", lambda *_: np.zeros((2, 2, 3), np.float32))
    options = ["--width", "16", "--steps", "1", "-o", str(tmp_path / "a.png")]
    monkeypatch.setattr("sys.argv", ["neural_texture.py", *options])
    example.main()
    assert (tmp_path / "a.png").stat().st_size > 0
    assert "root mean square error" in capsys.readouterr().out
