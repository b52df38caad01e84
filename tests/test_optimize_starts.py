"""Many starts: where they are, that the best wins, that they can be resumed."""

import numpy as np
import pytest
from fake_renderer import REFLECTANCE, TRANSLATE, FakeRenderer, blob_scene, truth

from nrender.optimize import OptionError, optimize
from nrender.optimize.starts import SPAN, start_points
from nrender.optimize.variables import free_variables


def test_the_first_is_the_scenes_own():
    points = start_points(free_variables(blob_scene()), 5, 0)
    assert points.shape == (5, 5)
    np.testing.assert_array_equal(points[0], 0)
    assert len(np.unique(points, axis=0)) == 5


def test_they_fill_the_bounds_and_the_same_seed_gives_the_same():
    variables = free_variables(blob_scene())
    points = start_points(variables, 256, 3)
    values = np.array([variables.scalars(x) for x in points[1:]])
    low, high = variables.scalar_bounds
    assert np.all((values >= low) & (values <= high))
    # Sobol' points: each quarter of each axis has a quarter of them.
    for k in range(5):
        counts, _ = np.histogram(values[:, k], 4, (low[k], high[k]))
        assert np.all(np.abs(counts - 64) <= 1)
    np.testing.assert_array_equal(points, start_points(variables, 256, 3))
    assert not np.array_equal(points, start_points(variables, 256, 4))


@pytest.mark.parametrize("transform", ["log", "sigmoid"])
def test_they_are_uniform_in_the_parameters_own_unit(transform):
    section = {REFLECTANCE: {"init": 0.3, "bounds": [0.1, 0.9], "transform": transform}}
    variables = free_variables(blob_scene(parameters=section))
    values = np.array([variables.scalars(x) for x in start_points(variables, 257, 0)[1:]])
    for k in range(3):
        counts, _ = np.histogram(values[:, k], 4, (0.1, 0.9))
        assert np.all(np.abs(counts - 64) <= 2)


def test_without_bounds_they_are_some_steps_away():
    variables = free_variables(blob_scene(parameters={TRANSLATE: {}}))
    points = start_points(variables, 64, 0)
    assert np.abs(points).max() <= SPAN
    assert np.abs(points).max() > 0.8 * SPAN


def far(**options):
    """From the scene's start the blob doesn't see its target: there is hardly a slope."""
    scene = blob_scene(size=16, parameters={TRANSLATE: {"init": [4.9, 0, 0], "bounds": [-5, 5], "mask": [1, 1, 0]}})
    return optimize(scene, truth(blob_scene(size=16)), renderer=FakeRenderer(), iterations=40, **options)


def test_the_best_of_many_starts_counts(tmp_path):
    alone = far()
    assert np.abs(alone.parameters[TRANSLATE]).max() > 1
    seen = []
    result = far(starts=16, output=tmp_path, callback=lambda p: seen.append((p.start, p.starts)))
    np.testing.assert_allclose(result.parameters[TRANSLATE], 0, atol=1e-3)
    assert len(result.starts) == 16
    assert {start for start, _ in seen} == set(range(1, 17))
    best = [row for row in result.starts if row["best"]]
    assert len(best) == 1
    assert best[0]["loss"] == min(row["loss"] for row in result.starts) == result.fun
    assert f"the best of 16 starts, number {best[0]['start']}" in result.message
    assert sorted(f.name for f in (tmp_path / "starts").iterdir()) == [f"{n:03d}" for n in range(1, 17)]


def test_an_interrupted_search_goes_on_bit_for_bit(tmp_path):
    whole = far(starts=6, output=tmp_path / "whole")

    def stop(progress):
        if progress.start == 4 and progress.iteration == 0:
            raise StopIteration

    broken = far(starts=6, output=tmp_path / "parts", callback=stop)
    assert broken.status_name == "interrupted"
    assert len(broken.starts) == 4
    resumed = far(starts=6, output=tmp_path / "parts", resume=True)
    np.testing.assert_array_equal(resumed.x, whole.x)
    assert [{**row, "seconds": 0} for row in resumed.starts] == [{**row, "seconds": 0} for row in whole.starts]


def test_at_least_one():
    with pytest.raises(OptionError, match="starts: expected at least 1, got 0"):
        far(starts=0)
