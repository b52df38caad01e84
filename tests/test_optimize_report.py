"""report.html: one file, no network, well formed, nothing from a scene unescaped."""

import base64
import io
from html.parser import HTMLParser
from xml.etree import ElementTree

import imageio.v3 as iio
import numpy as np
import pytest
from fake_renderer import REFLECTANCE, TRANSLATE, FakeRenderer, blob_scene, truth
from PIL import Image, features

from nrender.compare import signed_to_rgb
from nrender.gradcheck import GradCheck, Row
from nrender.image import tonemap
from nrender.optimize import optimize
from nrender.optimize.charts import BAR, MAX_POINTS, dot_chart, line_chart, ticks
from nrender.optimize.report import Derivative, Extras, Film, View, report
from nrender.optimize.shown import Shown
from nrender.optimize.variables import free_variables

VOID = {"meta", "img", "br", "source", "wbr"}
RNG = np.random.default_rng(0)


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


def film(count=10, size=(100, 120), camera="main"):
    """Frames of noise, of iterations 0, 2, 4, …"""
    pictures = [RNG.integers(0, 256, (*size, 3), np.uint8) for _ in range(count + 1)]
    return Film(camera, list(range(0, 2 * count, 2)), pictures[:-1], pictures[-1])


def page_with(fitted, changes=None, **extras):
    """Of the same fit, with other results or more to show."""
    result, variables, views = fitted
    return report(type(result)({**result, **(changes or {})}), variables, views, {}, Extras(**extras))


def opened(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def test_it_needs_no_network_and_no_script(fitted):
    text = page_with(fitted, film=film(), derivatives=[Derivative("a", RNG.normal(size=(4, 6)), 1.0)])
    page = Page(text)
    assert page.all("script") == page.all("link") == page.all("iframe") == []
    for tag, attributes in page.found:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("src", "href", "srcset"):
                assert value.startswith(("data:image/png;base64,", "data:image/webp;base64,"))
    assert "url(" not in text
    assert "@import" not in text
    assert "http:" not in text
    assert "https:" not in text
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
    rows = (Row(evil, None, 1.0, 0.1, 1.0, 0.1, 0.1),)
    page = page_with(
        fitted,
        {"findings": [evil], "notes": [evil], "rejected": [evil], "message": evil},
        film=film(2, camera=evil),
        derivatives=[Derivative(evil, np.ones((4, 6)), 1.0)],
        check=GradCheck(rows, 0.0),
    )
    assert "<script>" not in page
    assert Page(page).text.count(evil) >= 7
    assert "<script>" not in line_chart(np.arange(3.0), evil)


def test_other_variables_than_colour_are_shown_by_their_range(fitted):
    ramp = np.linspace(2.0, 4.0, 6).reshape(1, 6, 1)
    view = View("main", ramp, ramp, ramp + 1, Shown("depth", 2.0, 4.0))
    page = Page(report(fitted[0], fitted[1], [view], {}))
    assert "Camera main, depth" in page.text
    target = np.asarray(opened(page.all("img")[1]["src"]))
    np.testing.assert_array_equal(target[0, :, 0], [0, 51, 102, 153, 204, 255])
    difference = np.asarray(opened(page.all("img")[3]["src"]))
    np.testing.assert_array_equal(difference[0, 0], [255, 0, 0])


def test_the_strip_has_a_few_iterations_with_their_losses_beside_the_target(fitted):
    shown = film(20)
    page = Page(page_with(fitted, film=shown))
    names = [p["alt"] for p in page.all("img")]
    strip = [name for name in names if name.startswith("iteration ")]
    assert len(strip) == 8
    assert (strip[0], strip[-1]) == ("iteration 0", "iteration 38")
    assert names[names.index("iteration 38") + 1] == "target"
    assert f"0: {fitted[0].history[0]['loss']:.3g}" in page.text
    assert "38: nan" in page.text  # beyond this history


@pytest.mark.parametrize("webp", [True, False])
@pytest.mark.parametrize("size", [(12, 12), (100, 120)])
def test_the_animation_has_every_frame(fitted, monkeypatch, webp, size):
    if webp and not features.check("webp"):
        pytest.skip("Pillow without WebP")
    monkeypatch.setattr(features, "check", lambda name: webp)
    shown = film(20, size)
    page = Page(page_with(fitted, film=shown))
    (one,) = (p for p in page.all("img") if p["alt"] == "the iterations one after the other")
    moving = opened(one["src"])
    assert (moving.format, moving.n_frames) == ("WEBP" if webp else "PNG", 20)
    bar = max(1, size[0] // 24)
    assert moving.size == (size[1], size[0] + bar)
    exact = not webp or max(size) <= 64
    for k in (0, 7, 19):
        moving.seek(k)
        pixels = np.asarray(moving.convert("RGB")).astype(float)
        if exact:
            np.testing.assert_array_equal(pixels[: size[0]], shown.frames[k])
        # The bar grows from grey to blue by whole pixels; WebP has one colour for two by two, and blurs these.
        done = np.count_nonzero(pixels[-1, :, 2] > 162)
        assert abs(done - (k + 1) / 20 * size[1]) <= (0.5 if exact else 4)


def test_who_wants_no_motion_gets_a_still_and_all_can_put_it_away(fitted):
    page = Page(page_with(fitted, film=film()))
    (source,) = page.all("source")
    assert source["media"] == "(prefers-reduced-motion: reduce)"
    assert getattr(opened(source["srcset"]), "n_frames", 1) == 1
    tags = [tag for tag, _ in page.found]
    assert tags.index("details") < tags.index("summary") < tags.index("picture") < tags.index("source")


def test_a_single_frame_is_no_way(fitted):
    assert "On the way" not in page_with(fitted, film=film(1))
    assert "On the way" not in page_with(fitted)


def test_intervals_are_in_the_table_and_the_charts(fitted):
    result, variables, _ = fitted
    half = np.array([0.01, np.inf, 0.02, 0.02, 0.02])
    interval = np.stack([result.x - half, result.x + half], axis=1)
    text = page_with(fitted, {"interval": interval})
    page = Page(text)
    assert "± (95 %)" in page.text
    assert "± 0.01" in page.text
    assert f"{TRANSLATE}[1]: {result.x[1]:.6g}, not determined" in page.text
    assert len([r for r in page.all("rect") if r["class"] == "band"]) == 4
    without = page_with(fitted, {"interval": None})
    assert "± (95 %)" not in without
    assert '<rect class="band"' not in without


def test_findings_notes_and_rejected_steps_are_lists_and_left_out_if_empty(fitted):
    lines = {"findings": ["a and b are alike"], "notes": ["more samples"], "rejected": ["NaN"]}
    page = Page(page_with(fitted, lines))
    for title, (line,) in zip(("Findings", "Notes", "Rejected steps"), lines.values(), strict=True):
        assert title in page.text
        assert line in page.text
    empty = Page(page_with(fitted, {"findings": [], "notes": [], "rejected": []})).text
    assert not any(title in empty for title in ("Findings", "Notes", "Rejected steps"))


def test_the_best_of_several_starts_is_marked():
    scene = blob_scene(iterations=4)
    result = optimize(scene, truth(scene), renderer=FakeRenderer(), starts=3)
    text = report(result, free_variables(scene), [], {})
    page = Page(text)
    (best,) = (row for row in result.starts if row["best"])
    assert f"{best['start']}, the best" in page.text
    assert len([row for row in page.all("tr") if row.get("class") == "best"]) == 1
    (chart,) = (svg for svg in page.all("svg") if svg["aria-label"].startswith("final losses"))
    assert chart
    for row in result.starts:
        assert f"{row['loss']:.6g}" in page.text


def test_derivatives_are_red_where_it_gets_brighter(fitted):
    change = np.zeros((4, 6, 3))
    change[0], change[1] = 2.0, -2.0
    found = [Derivative("a", change, 5.0), Derivative("b", np.zeros((4, 6, 1)), 0.1)]
    page = Page(page_with(fitted, derivatives=found))
    assert "brighter in red, darker in blue, per typical step" in page.text
    pictures = page.all("img")[-2:]
    assert pictures[0]["alt"] == "a: a step of 5; full colour 2"
    assert pictures[1]["alt"] == "b: nothing changes"
    np.testing.assert_array_equal(np.asarray(opened(pictures[0]["src"])), signed_to_rgb(change))
    assert np.asarray(opened(pictures[0]["src"]))[0, 0].tolist() == [255, 0, 0]


def test_the_check_of_the_gradient(fitted):
    rows = (Row("a", (1,), 2.0, 0.01, 2.01, 0.01, 0.1), Row("b", None, 2.0, 0.01, 3.0, 0.01, 0.1))
    check = GradCheck(rows, 1.0)
    page = Page(page_with(fitted, check=check))
    for text in ("a[1]", "b[all]", "agree", "disagree", "2.01 ± 0.01", check.summary):
        assert text in page.text
    assert "Gradient check" not in Page(page_with(fitted)).text


def test_timings(fitted):
    page = Page(page_with(fitted, rendering=[9.0, 2.0, 3.0], around=0.25))
    for text in ("median3.0000", "compilation included9.000", "last resume14.000", "rest0.250", "at the end16"):
        assert text in page.text


def test_a_long_run_at_256_pixels_stays_below_3_megabytes():
    """100 iterations, 24 frames, pictures of noise: what compresses worst."""
    scene = blob_scene(iterations=3)
    result = optimize(scene, truth(scene), renderer=FakeRenderer())
    result.history = [{**result.history[0], "iteration": k} for k in range(101)]
    noisy = [np.clip(0.4 + 0.05 * RNG.normal(size=(256, 256, 3)), 0, 1) for _ in range(3)]
    frames = [tonemap(0.4 + 0.025 * RNG.normal(size=(128, 128, 3))) for _ in range(25)]
    found = [Derivative(f"p[{k}]", RNG.normal(size=(256, 256, 3)), 0.1) for k in range(6)]
    extras = Extras(Film("main", list(range(24)), frames[1:], frames[0]), found)
    text = report(result, free_variables(scene), [View("main", *noisy)], {}, extras)
    assert len(text) < 3_000_000


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


def bands(svg):
    return [e.attrib for e in ElementTree.fromstring(svg).iter() if e.get("class") == "band"]


def test_a_band_is_about_the_end_of_the_line():
    svg = line_chart(np.array([1.0, 3.0, 2.0]), "x", band=(1.5, 2.5))
    (line,), (band,) = points(svg), bands(svg)
    assert float(band["x"]) + BAR / 2 == pytest.approx(line[-1, 0], abs=0.11)
    middle = float(band["y"]) + float(band["height"]) / 2
    assert middle == pytest.approx(line[-1, 1], abs=0.11)
    # Half a unit to both sides, and the line is two units high.
    assert float(band["height"]) == pytest.approx((line[0, 1] - line[1, 1]) / 2, abs=0.21)


@pytest.mark.parametrize("band", [(-1e9, 1e9), (50.0, 60.0), (2.0, 2.0), (-60.0, -50.0)])
def test_a_band_that_does_not_fit_is_cut_off(band):
    svg = line_chart(np.array([1.0, 3.0, 2.0]), "x", band=band)
    (found,) = bands(svg)
    assert 0 < float(found["height"])
    assert 0 <= float(found["y"])
    assert float(found["y"]) + float(found["height"]) < 230
    (line,) = points(svg)
    assert np.ptp(line[:, 1]) > 50  # the line can still be read


def test_dots_of_starts():
    svg = dot_chart(np.array([1.0, 0.01, np.inf, 0.1]), "x", best=1)
    dots = [e.attrib for e in ElementTree.fromstring(svg).iter() if e.tag == "circle" and e.get("class") is None]
    (ring,) = (e.attrib for e in ElementTree.fromstring(svg).iter() if e.get("class") == "best")
    heights = [float(dot["cy"]) for dot in dots]
    assert heights[0] < heights[2] < heights[1]
    assert heights[2] == pytest.approx((heights[0] + heights[1]) / 2, abs=0.11)  # logarithmic
    linear = dot_chart(np.array([1.0, -1.0, 0.0]), "x")  # noise can make a loss negative
    heights = [float(e.get("cy")) for e in ElementTree.fromstring(linear).iter() if e.tag == "circle"]
    assert heights[2] == pytest.approx((heights[0] + heights[1]) / 2, abs=0.11)
    assert (ring["cx"], ring["cy"]) == (dots[1]["cx"], dots[1]["cy"])
    for odd in ([], [np.nan], [0.0], [1.0], [-1.0, 2.0]):
        ElementTree.fromstring(dot_chart(np.array(odd), "x", best=0))
