"""A resumed run is, bit for bit, the unbroken one; a checkpoint of another run is refused."""

import shutil
import warnings

import numpy as np
import pytest
from fake_renderer import REFLECTANCE, FakeRenderer, blob_scene, truth

from nrender.optimize import METHODS, CheckpointError, OptimizeWarning, frames, optimize, output
from nrender.optimize.certainty import DRAWS

EVERY = pytest.mark.parametrize("method", sorted(METHODS))
ITERATIONS = 12


@pytest.fixture(autouse=True)
def few_frames(monkeypatch):
    """So few that some are dropped."""
    monkeypatch.setattr(frames, "MOST", 6)


def fit(folder, method, renderer=None, scene=None, target=None, **options):
    options.setdefault("iterations", ITERATIONS)
    return optimize(
        scene or blob_scene(),
        truth(blob_scene()) if target is None else target,
        method=method,
        renderer=renderer or FakeRenderer(sigma=0.5),
        output=folder,
        **options,
    )


def interrupted_at(call_number):
    def interrupt(call):
        if call == call_number:
            raise KeyboardInterrupt

    return FakeRenderer(sigma=0.5, before=interrupt)


def assert_same_run(one, two):
    np.testing.assert_array_equal(one.x, two.x)
    assert (one.fun, one.nit, one.nfev, one.status_name) == (
        two.fun,
        two.nit,
        two.nfev,
        two.status_name,
    )
    for left, right in zip(one.history, two.history, strict=True):
        assert {**left, "seconds": 0} == {**right, "seconds": 0}
    assert_same_frames(one.output, two.output)


def assert_same_frames(one, two):
    left, right = (np.load(folder / "checkpoint.npz") for folder in (one, two))
    assert len(left["frames_iteration"]) == min(len(left["table"]), frames.MOST)
    for name in ("frames_iteration", "frames_kept"):
        np.testing.assert_array_equal(left[name], right[name])


@EVERY
@pytest.mark.parametrize("call", [1, 2, 5, 6, 13, 22])
def test_resumed_after_ctrl_c(tmp_path, method, call):
    unbroken = fit(tmp_path / "whole", method)
    broken = fit(tmp_path / "parts", method, interrupted_at(call))
    assert broken.status_name == "interrupted"
    renderer = FakeRenderer(sigma=0.5)
    resumed = fit(tmp_path / "parts", method, renderer, resume=True)
    assert_same_run(resumed, unbroken)
    whole = FakeRenderer(sigma=0.5)
    fit(tmp_path / "again", method, whole)
    # Nothing is rendered twice but one half of an evaluation.
    assert renderer.calls <= whole.calls - (call - 1) + 1


@EVERY
def test_resumed_twice(tmp_path, method):
    unbroken = fit(tmp_path / "whole", method)
    fit(tmp_path / "parts", method, interrupted_at(7))
    fit(tmp_path / "parts", method, interrupted_at(9), resume=True)
    assert_same_run(fit(tmp_path / "parts", method, resume=True), unbroken)


@EVERY
@pytest.mark.parametrize("iteration", [0, 1, 4, 8])
def test_resumed_from_any_checkpoint_on_the_way(tmp_path, method, iteration, monkeypatch):
    """As after SIGKILL: only what was on the disk by then is left."""
    monkeypatch.setattr(output, "INTERVAL", 0.0)
    monkeypatch.setattr(output, "SHARE", 1e9)
    (tmp_path / "killed").mkdir()

    def keep(progress):
        if progress.iteration == iteration:
            shutil.copy(tmp_path / "whole" / "checkpoint.npz", tmp_path / "killed")

    unbroken = fit(tmp_path / "whole", method, callback=keep)
    assert_same_run(fit(tmp_path / "killed", method, resume=True), unbroken)


@EVERY
def test_rejected_steps_are_resumed_too(tmp_path, method):
    # Wherever the method is after two iterations, the gradient is NaN.
    there = fit(tmp_path / "sound", method, iterations=12).history[2][f"{REFLECTANCE}[0]"]

    def poisoned(renderer):
        renderer.poison = lambda scene: scene.parameters[REFLECTANCE][0] == there
        return renderer

    with pytest.warns(OptimizeWarning):
        unbroken = fit(tmp_path / "whole", method, poisoned(FakeRenderer(sigma=0.5)))
    with pytest.warns(OptimizeWarning):
        fit(tmp_path / "parts", method, poisoned(interrupted_at(11)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OptimizeWarning)  # of an old step: from a log only
        resumed = fit(tmp_path / "parts", method, poisoned(FakeRenderer(sigma=0.5)), resume=True)
    assert len(unbroken.rejected) > 0
    assert resumed.rejected == unbroken.rejected
    assert_same_run(resumed, unbroken)


JUDGING = {"adam": 6, "sgd": 6, "least-squares": 4}  # pictures, each point with two halves


@EVERY
def test_a_finished_run_is_resumed_at_once(tmp_path, method):
    done = fit(tmp_path, method)
    renderer = FakeRenderer(sigma=0.5)
    assert_same_run(fit(tmp_path, method, renderer, resume=True), done)
    judging = JUDGING.get(method, 0)
    pictures, derivatives, intervals = 2, 1, DRAWS + 2
    assert renderer.calls == judging + pictures + derivatives + intervals


def test_resumed_with_more_iterations(tmp_path):
    fit(tmp_path / "parts", "l-bfgs-b", iterations=4)
    longer = fit(tmp_path / "parts", "l-bfgs-b", resume=True)
    assert_same_run(longer, fit(tmp_path / "whole", "l-bfgs-b"))


@EVERY
def test_without_a_checkpoint_it_starts_from_the_beginning(tmp_path, method):
    resumed = fit(tmp_path / "one", method, resume=True)
    assert_same_run(resumed, fit(tmp_path / "two", method))


@pytest.mark.parametrize(
    "change, message",
    [
        ({"scene": blob_scene().replace({"cameras.main.fov": 50.0})}, "another scene$"),
        ({"target": truth(blob_scene()) * 1.001}, "another target$"),
        ({"method": "adam"}, "another method: expected adam, got l-bfgs-b$"),
        ({"seed": 4}, "another seed: expected 4, got 0$"),
        ({"spp": 8}, "another spp: expected 8, got 16$"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, change, message):
    fit(tmp_path, "l-bfgs-b", iterations=2)
    before = (tmp_path / "checkpoint.npz").read_bytes()
    renderer = FakeRenderer()
    options = {"method": "l-bfgs-b", "renderer": renderer, "resume": True, **change}
    with pytest.raises(CheckpointError, match=message) as caught:
        fit(tmp_path, **options)
    assert "\n" not in str(caught.value)
    assert renderer.calls == 0
    assert (tmp_path / "checkpoint.npz").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_a_damaged_checkpoint_is_one_line(tmp_path, content):
    fit(tmp_path, "l-bfgs-b", iterations=2)
    file = tmp_path / "checkpoint.npz"
    file.write_bytes(file.read_bytes()[:-200] if content is None else content)
    with pytest.raises(CheckpointError, match="can't be read as a checkpoint") as caught:
        fit(tmp_path, "l-bfgs-b", resume=True)
    assert "\n" not in str(caught.value)


def test_nothing_in_a_checkpoint_is_unpickled(tmp_path):
    fit(tmp_path, "l-bfgs-b", iterations=1)
    file = tmp_path / "checkpoint.npz"
    arrays = dict(np.load(file))
    arrays["identity"] = np.array([print], dtype=object)
    np.savez(file, **arrays)
    with pytest.raises(CheckpointError):
        fit(tmp_path, "l-bfgs-b", resume=True)


def test_a_log_that_does_not_fit_is_used_as_far_as_it_does(tmp_path):
    """Another version of scipy may take another step: that is said, and the run goes on."""
    fit(tmp_path, "l-bfgs-b", iterations=6)
    file = tmp_path / "checkpoint.npz"
    arrays = dict(np.load(file))
    arrays["log_x"][3] += 1e-9
    np.savez(file, **arrays)
    with pytest.warns(OptimizeWarning, match="differ from here on"):
        resumed = fit(tmp_path, "l-bfgs-b", resume=True, iterations=6)
    assert_same_run(resumed, fit(tmp_path / "whole", "l-bfgs-b", iterations=6))


@EVERY
def test_an_error_of_the_renderer_does_not_lose_the_work(tmp_path, method):
    def break_down(call):
        if call == 15:
            raise MemoryError("out of memory")

    with pytest.raises(MemoryError):
        fit(tmp_path / "parts", method, FakeRenderer(sigma=0.5, before=break_down))
    resumed = fit(tmp_path / "parts", method, resume=True)
    assert_same_run(resumed, fit(tmp_path / "whole", method))
