"""What a notebook shows of images, scenes and fits."""

import io
import subprocess
import sys

import imageio.v3 as iio
import numpy as np
import pytest
from scene_library import corner

import nrender as nr
from nrender.optimize.scipy_result import OptimizeResult


def decoded(picture):
    return iio.imread(io.BytesIO(picture._repr_png_()))


def test_radiance_is_shown_as_on_a_screen():
    image = np.zeros((2, 3, 3), np.float32)
    image[0, 1] = 0.25
    image[1, 2] = [np.nan, 2.0, np.inf]
    pixels = decoded(nr.show(image))
    assert pixels.shape == (2, 3, 3)
    assert pixels[0, 1].tolist() == [137] * 3  # sRGB of 0.25
    assert pixels[1, 2].tolist() == [0, 255, 0]
    assert nr.show(image, exposure=2).pixels[0, 1].tolist() == [255] * 3


def test_one_channel_is_grey_between_its_ends():
    depth = np.array([[1.0, 2.0], [3.0, np.inf]])
    assert nr.show(depth).pixels[..., 0].tolist() == [[0, 128], [255, 0]]
    assert nr.show(depth[..., None], low=0.0, high=4.0).pixels[0, 1, 2] == 128
    assert nr.show(np.full((1, 1), np.nan)).pixels.tolist() == [[[0, 0, 0]]]
    assert repr(nr.show(np.zeros((2, 5)))) == "Picture(5 x 2)"


def test_another_shape_is_refused():
    with pytest.raises(nr.NrenderError, match=r"show: expected an image .*, got shape \(2, 2, 4\)"):
        nr.show(np.zeros((2, 2, 4)))


def test_a_scene_has_a_picture_and_its_names():
    html = corner(size=8)._repr_html_()
    assert html.count("data:image/png;base64,") == 1
    for word in ("cameras", "paint", "parameters", "main"):
        assert word in html


def test_names_are_escaped_and_what_cannot_be_rendered_is_a_line(monkeypatch):
    from nrender.notebook import scenes as module

    def fail(*args, **kwargs):
        raise nr.NrenderError("no <GPU>")

    monkeypatch.setattr(module, "render", fail)
    html = module.scene_html(corner(size=8))
    assert "no &lt;GPU&gt;" in html
    assert "<img" not in html


def test_plots_are_not_imported_before_they_are_used():
    code = "import nrender, sys; print([m for m in ('matplotlib', 'nrender.notebook') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(nr.NrenderError, match=r"plots need Matplotlib: pip install 'nrender\[plot\]'"):
        nr.plot_image(np.zeros((2, 2, 3)))


@pytest.fixture
def axes():
    matplotlib = pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def fit(**more):
    history = [
        {"iteration": k, "seconds": 0.5 * k, "loss": 2.0 * 0.1**k, "angle": 30.0 - 10 * k, "x": 1.0} for k in range(3)
    ]
    return OptimizeResult(history=history, names=["angle", "x"], x=np.array([10.0, 1.0]), **more)


def test_a_history_is_plotted_over_seconds(axes):
    nr.plot_history(fit(), ax=axes)
    line = axes.lines[0]
    assert line.get_xdata().tolist() == [0.0, 0.5, 1.0]
    assert axes.get_yscale() == "log"
    with pytest.raises(nr.NrenderError, match=r"a column of the history \(iteration, .*\), got 'los'"):
        nr.plot_history(fit(), ax=axes, key="los")


def test_parameters_are_plotted_with_their_intervals(axes):
    interval = np.array([[8.0, 12.0], [-np.inf, np.inf]])
    nr.plot_parameters(fit(interval=interval), ax=axes)
    bars = axes.containers[0]
    segments = bars.lines[2][0].get_segments()
    np.testing.assert_allclose(segments[0][:, 0], [-1.1, -0.9])  # 2 of the 20 that the fit moved it
    np.testing.assert_allclose(segments[1][:, 0], [0.0, 0.0])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["angle = 10", "x = 1"]


def test_a_derivative_is_red_where_it_is_positive(axes):
    derivative = np.zeros((2, 2, 3))
    derivative[0, 0], derivative[1, 1] = 1.0, -1.0
    nr.plot_derivative(derivative, ax=axes)
    shown = axes.images[0]
    red, blue = (shown.cmap(shown.norm(value))[:3] for value in (3.0, -3.0))
    assert red[0] > red[2]
    assert blue[2] > blue[0]
    with pytest.raises(nr.NrenderError, match="plot_derivative: expected"):
        nr.plot_derivative(np.zeros(3), ax=axes)


def test_an_image_is_plotted(axes):
    nr.plot_image(np.ones((2, 2, 3)), ax=axes)
    assert axes.images[0].get_array().shape == (2, 2, 3)
