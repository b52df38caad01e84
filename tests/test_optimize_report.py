"""report.html: one file, no network, well formed, nothing from a scene unescaped."""

import base64
import io
from html.parser import HTMLParser
from xml.etree import ElementTree

import imageio.v3 as iio
import numpy as np
import pytest
from fake_renderer import REFLECTANCE, FakeRenderer, blob_scene, truth

from nrender.image import tonemap
from nrender.optimize import optimize
from nrender.optimize.charts import MAX_POINTS, line_chart, ticks
from nrender.optimize.report import View, report
from nrender.optimize.variables import free_variables

VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Tags with their attributes; checks that they are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def fitted():
    scene = blob_scene(iterations=6)
    result = optimize(scene, truth(scene), renderer=FakeRenderer())
    images = [np.full((4, 6, 3), v) for v in (0.1, 0.4, 0.3)]
    return result, free_variables(scene), [View("main", *images)]


def page_of(fitted, **settings):
    return report(*fitted, {"scene": "square.yaml", **settings})


def test_it_needs_no_network_and_no_script(fitted):
    page = Page(page_of(fitted))
    assert page.all("script") == page.all("link") == page.all("iframe") == []
    for tag, attributes in page.found:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("src", "href"):
                assert value.startswith("data:image/png;base64,")
    assert "url(" not in page_of(fitted)
    assert "@import" not in page_of(fitted)
    policy = [m for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy[0]["content"].startswith("default-src 'none'")


def test_it_is_readable_on_a_phone(fitted):
    names = {m.get("name"): m.get("content") for m in Page(page_of(fitted)).all("meta")}
    assert names["viewport"].startswith("width=device-width")


def test_the_four_pictures(fitted):
    pictures = Page(page_of(fitted)).all("img")
    assert [p["alt"].split(" ")[0] for p in pictures] == [
        "initial",
        "target",
        "final",
        "difference",
    ]
    view = fitted[2][0]
    pixels = [
        iio.imread(io.BytesIO(base64.b64decode(p["src"].partition(",")[2]))) for p in pictures
    ]
    for image, expected in zip(pixels, (view.initial, view.target, view.final), strict=False):
        np.testing.assert_array_equal(image, tonemap(expected))
    # The final image is darker than the target: blue.
    np.testing.assert_array_equal(pixels[3][0, 0], [0, 0, 255])


def test_curves_and_tables(fitted):
    page = Page(page_of(fitted))
    result, variables, _ = fitted
    labels = [svg["aria-label"] for svg in page.all("svg")]
    assert labels == ["loss", "gradient norm", *variables.names]
    for text in ("Settings", "Timings", "Versions", "square.yaml", f"{REFLECTANCE}[1]"):
        assert text in page.text
    assert f"{result.fun:.6g}" in page.text


def test_names_are_escaped(fitted):
    evil = "<script>alert(1)</script>\"'&"
    page = page_of(fitted, note=evil, **{evil: 1})
    assert "<script>" not in page
    assert evil in Page(page).text
    view = fitted[2][0]._replace(camera=evil)
    page = report(fitted[0], fitted[1], [view], {})
    assert "<script>" not in page
    assert "<script>" not in line_chart(np.arange(3.0), evil)


def points(svg):
    ElementTree.fromstring(svg)  # well formed
    lines = [e for e in ElementTree.fromstring(svg).iter() if e.tag == "polyline"]
    return [
        np.array([p.split(",") for p in line.get("points").split()], np.float64) for line in lines
    ]


def test_a_curve_goes_where_the_numbers_go():
    (line,) = points(line_chart(np.array([1.0, 3.0, 2.0]), "x"))
    assert np.all(np.diff(line[:, 0]) > 0)
    assert line[1, 1] < line[2, 1] < line[0, 1]  # up is less y
    assert line[2, 1] == pytest.approx((line[0, 1] + line[1, 1]) / 2, abs=0.11)


def test_a_logarithmic_curve_of_a_geometric_series_is_straight():
    (line,) = points(line_chart(10.0 ** -np.arange(6), "x", log=True))
    assert np.ptp(np.diff(line[:, 1])) < 0.3


def test_what_cannot_be_drawn_breaks_the_line():
    lines = points(line_chart(np.array([1, 2, np.nan, 3, 4.0]), "x"))
    assert [len(line) for line in lines] == [2, 2]
    lines = points(line_chart(np.array([1, 2, -1, 3, 4.0]), "x", log=True))
    assert [len(line) for line in lines] == [2, 2]


@pytest.mark.parametrize("y", [[], [np.nan], [0.0], [5.0], [2.0, 2.0], [1e-300, 1e300]])
def test_odd_series_give_a_chart(y):
    for log in (False, True):
        ElementTree.fromstring(line_chart(np.array(y), "x", log=log))


def test_long_series_are_thinned_to_their_last_value():
    (line,) = points(line_chart(np.arange(12345.0), "x"))
    assert len(line) <= MAX_POINTS + 1
    (whole,) = points(line_chart(np.array([0, 12344.0]), "x"))
    np.testing.assert_allclose(line[-1], whole[-1])


@pytest.mark.parametrize("low, high", [(0, 1), (-3, 7), (1e-9, 2e-9), (99.9, 100.1)])
def test_ticks_are_few_and_inside(low, high):
    found = ticks(low, high)
    assert 2 <= len(found) <= 7
    slack = 1e-6 * (high - low)
    assert all(low - slack <= tick <= high + slack for tick in found)
