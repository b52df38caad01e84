"""The output folder: what is in it, that it agrees with the result, and what can go wrong."""

import csv
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from fake_renderer import REFLECTANCE, TRANSLATE, FakeRenderer, blob_document_with_mesh, blob_scene, truth

from nrender.image import read_image
from nrender.optimize import OptimizeWarning, OutputError, checkpoint, optimize, output
from nrender.optimize.objective import Objective
from nrender.optimize.output import FolderError
from nrender.optimize.pictures import PICTURES
from nrender.optimize.variables import free_variables
from nrender.scene import Scene, load_scene

FILES = {
    "result.yaml",
    "final.exr",
    "final.png",
    "history.csv",
    "checkpoint.npz",
    "report.html",
}


def fit(folder, scene=None, renderer=None, target=None, **options):
    scene = scene or blob_scene(iterations=5)
    target = truth(scene) if target is None else target
    return optimize(scene, target, output=folder, renderer=renderer or FakeRenderer(), **options)


def test_the_files_of_the_contract(tmp_path):
    fit(tmp_path / "a" / "b")
    assert {file.name for file in (tmp_path / "a" / "b").iterdir()} == FILES


def test_the_report_has_the_way_and_the_derivatives(tmp_path):
    fit(tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "On the way, camera main" in page
    assert "Derivatives at the end" in page
    assert page.count("full colour") == 2 * 5  # in the caption, and for who can't see the picture


class WithDepth(FakeRenderer):
    """Depth: 5 but for the blob's red."""

    def render_aovs(self, scene, names, **keys):
        assert names == ["depth"]
        return {"depth": 5 - self.render(scene, **keys)[..., 0]}

    def render_aovs_vjp(self, scene, names, wrt, **keys):
        image, pull = self.render_vjp(scene, wrt, **keys)

        def pullback(weights):
            return pull(np.stack([-weights["depth"], *[np.zeros_like(weights["depth"])] * 2], axis=-1))

        return {"depth": 5 - image[..., 0]}, pullback

    def render_aovs_jvp(self, scene, names, direction, **keys):
        image, (change,) = self.render_tangents(scene, [direction], **keys)
        return {"depth": 5 - image[..., 0]}, {"depth": -change[..., 0]}


def test_fitted_to_depth_alone_the_final_image_is_in_colour_all_the_same(tmp_path):
    scene = blob_scene(iterations=5)
    depth = 5 - truth(scene)[..., 0]
    result = fit(tmp_path, scene, WithDepth(), target={"main": {"depth": depth}})
    np.testing.assert_allclose(read_image(tmp_path / "final.exr"), truth(result.scene), atol=1e-6)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Camera main, depth" in page
    assert "On the way, camera main" in page


def test_result_yaml_is_the_fitted_scene(tmp_path):
    result = fit(tmp_path)
    loaded = load_scene(tmp_path / "result.yaml")
    for path, value in result.scene.parameters.items():
        np.testing.assert_array_equal(loaded.parameters[path], value)


def test_a_second_fit_of_the_result_starts_where_the_first_ended(tmp_path):
    first = fit(tmp_path, blob_scene(parameters={REFLECTANCE: {"init": 0.2, "transform": "sigmoid", "bounds": [0, 1]}}))
    loaded = load_scene(tmp_path / "result.yaml")
    spec = loaded.optimize.parameters[REFLECTANCE]
    assert (spec.init, spec.transform, spec.bounds[1][0]) == (None, "sigmoid", 1)
    second = free_variables(loaded)
    np.testing.assert_array_equal(second.scene.parameters[REFLECTANCE], first.parameters[REFLECTANCE])


def test_the_final_image_is_of_the_fitted_scene(tmp_path):
    result = fit(tmp_path, renderer=FakeRenderer(sigma=1.0))
    seed, _ = Objective.seeds(SimpleNamespace(seed=0), PICTURES, 0)
    expected = FakeRenderer(sigma=1.0).render(result.scene, spp=16, seed=seed)
    np.testing.assert_array_equal(read_image(tmp_path / "final.exr"), expected)
    assert np.abs(read_image(tmp_path / "final.png") - np.clip(expected, 0, 1)).max() < 0.01


def test_history_csv_has_the_numbers_in_full(tmp_path):
    result = fit(tmp_path)
    with open(tmp_path / "history.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [{k: float(v) for k, v in row.items()} for row in rows] == result.history
    assert rows[1]["iteration"] == "1"
    assert f"{TRANSLATE}[0]" in rows[0]
    assert f"{TRANSLATE}[2]" not in rows[0]


def test_history_has_at_most_64_scalars(tmp_path):
    document = blob_document_with_mesh()
    document["optimize"]["parameters"] = {"shapes.mesh.vertices": {}}
    scene = Scene.from_dict(document)
    result = fit(tmp_path, scene)
    assert len(result.x) == 90
    assert len(result.history[0]) == 5 + 64
    assert (tmp_path / "report.html").stat().st_size > 0


def test_further_cameras_have_numbers(tmp_path):
    document = blob_scene(iterations=3).document
    document["cameras"]["side"] = {**document["cameras"]["main"], "resolution": [8, 6]}
    scene = Scene.from_dict(document)
    targets = {c: FakeRenderer().render(scene, camera=c) for c in scene.cameras}
    fit(tmp_path, scene, target=targets)
    assert read_image(tmp_path / "final.exr").shape == (12, 12, 3)
    assert read_image(tmp_path / "final-2.exr").shape == (6, 8, 3)


@pytest.mark.parametrize("where", ["file", "file/below"])
def test_a_folder_that_cannot_be_made_is_found_before_rendering(tmp_path, where):
    (tmp_path / "file").write_text("in the way")
    renderer = FakeRenderer()
    with pytest.raises(FolderError) as caught:
        fit(tmp_path / where, renderer=renderer)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / where))
    assert renderer.calls == 0


def test_a_full_disk_on_the_way_is_a_warning_once(tmp_path, monkeypatch):
    monkeypatch.setattr(output, "INTERVAL", 0.0)
    monkeypatch.setattr(output, "SHARE", 1e9)
    save, full = checkpoint.save, [True]

    def save_if_there_is_room(*args):
        if full[0]:
            raise OSError(28, "No space left on device")
        save(*args)

    monkeypatch.setattr(checkpoint, "save", save_if_there_is_room)

    def make_room(progress):
        full[0] = progress.iteration < 4

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = fit(tmp_path, callback=make_room)
    texts = [str(w.message) for w in caught if w.category is OptimizeWarning]
    assert texts == [
        f"{tmp_path / 'checkpoint.npz'}: can't write: No space left on device; going on without"
    ]
    assert result.success
    assert (tmp_path / "checkpoint.npz").exists()


def test_a_full_disk_at_the_end_is_one_line(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save", full)
    with pytest.raises(OutputError, match="can't write: No space left on device") as caught:
        fit(tmp_path)
    assert not isinstance(caught.value, FolderError)


def test_no_temporary_files_stay_behind(tmp_path, monkeypatch):
    def full(stream, **arrays):
        stream.write(b"some of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OutputError):
        fit(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history.csv", "result.yaml"]


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scene = blob_scene(iterations=2)
    renderer = FakeRenderer()
    result = optimize(scene, truth(scene), renderer=renderer, intervals=False)
    assert list(tmp_path.iterdir()) == []
    assert renderer.calls == 2 * result.nfev


def test_interrupted_runs_write_everything_too(tmp_path):
    def interrupt(call):
        if call == 7:
            raise KeyboardInterrupt

    result = fit(tmp_path, renderer=FakeRenderer(before=interrupt))
    assert result.status_name == "interrupted"
    assert {file.name for file in tmp_path.iterdir()} == FILES
    # The user waits: no derivatives, which are renders too.
    assert "Derivatives at the end" not in (tmp_path / "report.html").read_text(encoding="utf-8")
    best = load_scene(tmp_path / "result.yaml").parameters[REFLECTANCE]
    np.testing.assert_array_equal(best, result.parameters[REFLECTANCE])


def test_ctrl_c_while_the_pictures_are_rendered_leaves_the_numbers(tmp_path):
    scene = blob_scene(iterations=2)
    evaluations = optimize(scene, truth(scene), renderer=FakeRenderer()).nfev
    intervals = 3  # renders for them

    def interrupt(call):
        if call == 2 * evaluations + intervals + 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, scene, FakeRenderer(before=interrupt))
    assert {f.name for f in tmp_path.iterdir()} == {"result.yaml", "history.csv", "checkpoint.npz"}


def test_what_a_killed_run_was_writing_is_removed_when_it_goes_on(tmp_path):
    fit(tmp_path)
    (tmp_path / ".nrender-0123456789ab.npz").write_text("half")
    fit(tmp_path, resume=True)
    assert {file.name for file in tmp_path.iterdir()} == FILES
