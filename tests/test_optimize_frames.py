"""Pictures of the way: which iterations stay, that they are those of their points, how they are shown."""

import numpy as np
import pytest
from fake_renderer import REFLECTANCE, TRANSLATE, FakeRenderer, blob_scene, truth

from nrender.image import tonemap
from nrender.loss import LOSSES
from nrender.optimize import METHODS, frames
from nrender.optimize.frames import LARGEST, MOST, Frames
from nrender.optimize.objective import Objective, Term
from nrender.optimize.run import Run
from nrender.optimize.shown import Shown, shown_as, smaller
from nrender.optimize.variables import free_variables


def term(what="image", target=None, weight=None, camera="main"):
    target = np.linspace(0.0, 1.0, 6).reshape(1, 2, 3) if target is None else target
    weight = np.ones((*target.shape[:2], 1)) if weight is None else weight
    return Term(camera, what, target, weight, LOSSES["l2"]())


def after(count):
    """Frames of `count` iterations; the first pixel says which."""
    found = Frames([term()])
    for k in range(count):
        x = np.array([float(k)])
        found.see(x, {"main": np.full((1, 2, 3), k / count)})
        found.record(k, x)
    return found


@pytest.mark.parametrize("count", [1, 2, MOST, MOST + 1, 100, 3000])
def test_at_most_so_many_stay_the_first_and_the_last_with_them(count):
    kept = list(after(count).kept)
    assert len(kept) == min(count, MOST)
    assert kept == sorted(kept)
    assert (kept[0], kept[-1]) == (0, count - 1)


def test_early_iterations_stay_closer_to_each_other():
    kept = np.array(list(after(3000).kept))
    assert list(kept[:3]) == [0, 1, 2]
    # Geometric: the steps in log(iteration + 1) are alike, which a grid of equal steps would not be by a factor of 100.
    steps = np.diff(np.log(kept[3:-1] + 1))
    assert steps.max() < 4 * steps.min()


def test_a_frame_is_of_its_own_iteration():
    found = after(200)
    for k, pixels in found.kept.items():
        np.testing.assert_array_equal(pixels, tonemap(np.full((1, 2, 3), k / 200)))


def test_a_point_that_was_not_seen_has_no_frame():
    found = after(2)
    found.record(2, np.array([0.5]))
    assert found.kept[2] is None
    assert list(found.snapshot().kept) == [0, 1]


@pytest.mark.parametrize("method", sorted(METHODS))
def test_each_row_has_the_picture_of_its_point(method):
    """Not of the trial that was evaluated last: a line search may have gone too far."""
    scene = blob_scene()
    variables = free_variables(scene)
    pixels = np.ones((12, 12, 1))
    colour = Term("main", "image", truth(scene), pixels, LOSSES["l2"]())
    objective = Objective([colour], variables.paths, FakeRenderer(), 16)
    run = Run(variables, objective, iterations=10)
    METHODS[method](run)
    assert list(run.frames.kept) == list(range(len(run.rows)))
    for row, shown in zip(run.rows, run.frames.kept.values(), strict=True):
        here = scene.replace({
            TRANSLATE: [row[f"{TRANSLATE}[0]"], row[f"{TRANSLATE}[1]"], 0.0],
            REFLECTANCE: [row[f"{REFLECTANCE}[{i}]"] for i in range(3)],
        })  # fmt: skip
        expected = tonemap(FakeRenderer().render(here))
        # Half of a + a, in float64, is a; the row's numbers are exact.
        assert np.abs(shown.astype(int) - expected).max() <= 1


def test_a_large_picture_becomes_means_of_squares():
    image = np.random.default_rng(0).random((2 * LARGEST + 1, LARGEST, 3))
    small = smaller(image, LARGEST)
    assert small.shape == (-(-image.shape[0] // 3), -(-image.shape[1] // 3), 3)
    np.testing.assert_allclose(small[1, 2], image[3:6, 6:9].mean(axis=(0, 1)), rtol=1e-14)
    # The last row and column have what is left.
    np.testing.assert_allclose(small[-1, -1], image[255:, 126:].mean(axis=(0, 1)), rtol=1e-14)
    np.testing.assert_array_equal(smaller(image[:LARGEST], LARGEST), image[:LARGEST])


def test_other_variables_are_shown_between_the_ends_of_their_target():
    depth = np.array([[2.0, 4.0, 1000.0]])[..., None]
    shown = shown_as(term("depth", depth, np.array([[1.0, 1.0, 0.0]])[..., None]))
    assert (shown.low, shown.high) == (2.0, 4.0)
    found = shown.pixels(np.array([[1.0, 2.0, 3.0, 4.0, 9.0, np.nan]])[..., None])
    assert found.shape == (1, 6, 3)
    np.testing.assert_array_equal(found[0, :, 0], [0, 0, 128, 255, 255, 0])
    assert Shown("uv").pixels(np.ones((2, 2, 2)))[0, 0].tolist() == [255, 255, 0]
    flat = shown_as(term("depth", np.full((2, 2, 1), 3.0)))
    assert flat.high > flat.low


def test_the_first_camera_is_shown_in_colour_if_it_has_one():
    terms = [term("depth", np.ones((1, 2, 1)), camera="a"), term(camera="a"), term(camera="b")]
    assert frames.first_term(terms) is terms[1]
    assert frames.first_term(terms[:1]) is terms[0]



def test_a_point_of_the_log_that_becomes_an_iteration_after_the_resume_has_its_picture():
    """A line search that was interrupted may go back to a point before the last one."""
    a, b = np.array([1.0]), np.array([2.0])
    unbroken, resumed = Frames([term()]), Frames([term()])
    for value, x in enumerate((a, b)):
        unbroken.see(x, {"main": np.full((1, 2, 3), 0.3 + value)})
    resumed.replay(unbroken.snapshot())
    resumed.see_again(a)
    resumed.see_again(b)
    for one in (unbroken, resumed):
        one.record(0, a)
    resumed.end_replay()
    assert unbroken.kept[0] is not None
    np.testing.assert_array_equal(resumed.kept[0], unbroken.kept[0])


def test_interrupted_while_it_replays_it_forgets_nothing():
    whole = after(40)
    resumed = Frames([term()])
    resumed.replay(whole.snapshot())
    for k in range(3):
        resumed.see_again(np.array([float(k)]))
        resumed.record(k, np.array([float(k)]))
    assert set(whole.kept) <= set(resumed.snapshot().kept)
    resumed.end_replay()
    assert list(resumed.snapshot().kept) == [0, 1, 2]
