"""report.html in a browser, as wide as a phone: nothing but what may scroll is wider than the screen."""

import pytest
from browser import browser, measured
from fake_renderer import REFLECTANCE, FakeRenderer, blob_scene, truth

from nrender.gradcheck import GradCheck, Row
from nrender.optimize import driver, optimize

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser() is None, reason="no Chromium"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Of a fit that has everything: starts, findings, notes, intervals, a check of the gradient."""
    rows = (Row(REFLECTANCE, (1,), 2.0, 0.01, 2.01, 0.01, 0.1), Row("long." * 12, None, 2.0, 0.01, 3.0, 0.01, 0.1))
    folder = tmp_path_factory.mktemp("fit")
    scene = blob_scene(iterations=12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver, "checked", lambda *_: GradCheck(rows, 1.0))
        optimize(scene, truth(scene), renderer=FakeRenderer(0.3), output=folder, starts=3, gradcheck=True)
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [320, 360, 1200])
def test_nothing_but_tables_scrolls_sideways(page, tmp_path, width):
    found = measured(page, tmp_path, width)
    assert found["scroll"] <= width
    assert found["wide"] == []
    if width < 400:
        assert found["scrollers"] > 0  # else the rule for tables was not put to the test
        assert found["text"] >= 12


def test_all_pictures_are_shown_under_the_page_s_own_policy(page, tmp_path):
    found = measured(page, tmp_path)
    assert found["images"] > 4 + 5
    assert found["broken"] == []


def test_the_test_itself(page, tmp_path):
    """It would see a wide table out of its place, and a picture from elsewhere."""
    broken = page.replace('<div class="scroll" tabindex="0">', "<div>")
    broken = broken.replace("data:image/png;base64,", "picture.png?", 1)
    found = measured(broken, tmp_path)
    assert found["wide"]
    assert len(found["broken"]) == 1
