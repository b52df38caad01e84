"""Archives, checkpoints and files of jobs that are made to hurt."""

import io
import os
import zipfile

import numpy as np
import pytest
from fake_renderer import FakeRenderer, blob_scene, truth
from hostile import SCENE

from nrender.batch import load_batch
from nrender.errors import NrenderError
from nrender.files import read_npz
from nrender.image import write_image
from nrender.optimize import CheckpointError, optimize


def test_an_archive_that_unpacks_to_much(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", basis=np.zeros(2**22))
    with pytest.raises(ValueError, match="it holds 32.* MiB, at most 1 MiB are read"):
        read_npz(tmp_path / "a.npz", most=2**20)


def test_an_archive_that_claims_much(tmp_path):
    """The header of an array says how long it is, whatever the archive says."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": "<f8", "fortran_order": False, "shape": (2**50,)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("basis.npy", out.getvalue())
    with pytest.raises(ValueError, match="."):
        read_npz(tmp_path / "a.npz")


class Evil:
    def __reduce__(self):
        return os.mkdir, ("evil",)


def test_nothing_is_unpickled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    array = np.empty(1, object)
    array[0] = Evil()
    out = io.BytesIO()
    np.lib.format.write_array(out, array, allow_pickle=True)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("basis.npy", out.getvalue())
    with pytest.raises(ValueError, match="allow_pickle"):
        read_npz(tmp_path / "a.npz")
    assert not (tmp_path / "evil").exists()


def test_checkpoints_of_another_kind(tmp_path):
    """Truncated, of another version, pickled, of wrong shapes: one line, and the file stays as it is."""
    def fit(resume):
        optimize(blob_scene(), truth(blob_scene()), method="adam", iterations=3, output=tmp_path, resume=resume,
                 renderer=FakeRenderer(), intervals=False)

    fit(resume=False)
    file = tmp_path / "checkpoint.npz"
    good = file.read_bytes()
    arrays = read_npz(file)
    wrong = {
        "format": np.array(1), "identity": np.array("[1]"), "table": np.zeros((2, 3)), "best_x": np.zeros((1, 4)),
        "frames_kept": np.zeros((1, 2, 2, 3)), "evaluations": np.array("x"), "state_turn": np.array([1.5, 2.0]),
        "state_x": np.full(5, np.nan), "state_draw": np.array(2**40), "state_window": np.zeros((3, 4)),
        "state_more": np.zeros(3), "seconds": np.array(1e300)}
    for name, value in wrong.items():
        with open(file, "wb") as stream:
            np.savez(stream, **{**arrays, name: value})
        refused_whole(fit, file, CheckpointError)
    for data in (good[: len(good) // 2], b"", b"PK", good[:-30]):
        file.write_bytes(data)
        refused_whole(fit, file, CheckpointError)
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(CheckpointError, match="expected a file, got a FIFO"):
        fit(resume=True)


def refused_whole(fit, file, kind):
    before = file.read_bytes()
    with pytest.raises(kind) as caught:
        fit(resume=True)
    assert str(caught.value).isprintable()
    assert file.read_bytes() == before


# Jobs

@pytest.mark.parametrize("text, expected", [
    ("sweep: {name: a, scene: s.yaml, targets: [t.exr], seed: [" + ", ".join(map(str, range(200))) + "], iterations: ["
     + ", ".join(map(str, range(1, 200))) + "]}", "expected at most 10000 jobs, got 39800"),
    ("sweep: {name: a, scene: s.yaml, targets: [t.exr], set: {materials.w.reflectance: {uniform: [0, 1], "
     "count: 1000000000}}}",
     r"count: expected an integer in \[1, 10000\]"),
    ("workers: 1000000000\njobs: []", r"workers: expected an integer in \[1, 1024\]"),
    ("jobs: [{name: ../../a, scene: s.yaml, targets: [t.exr]}]", "name: expected letters, digits"),
    ('jobs: [{name: a, scene: "s\\0", targets: ["t\\0"]}]', "NUL"),
    ("jobs: [{name: a, scene: " + "x" * 5000 + ", targets: [x=" + "x" * 5000 + "]}]", "File name too long"),
    ('output: "a\\0"\njobs: [{name: a, scene: s.yaml, targets: [t.exr]}]', "NUL|null"),
])
def test_jobs(tmp_path, text, expected):
    (tmp_path / "s.yaml").write_text(SCENE + "optimize: {parameters: {materials.w.reflectance: {}}}\n")
    write_image(tmp_path / "t.exr", np.zeros((8, 8, 3)))
    (tmp_path / "jobs.yaml").write_text(text if text.startswith("output") else f"output: out\n{text}")
    with pytest.raises(NrenderError, match=expected) as caught:
        load_batch(tmp_path / "jobs.yaml")
    assert all(line.isprintable() for line in str(caught.value).split("\n"))
    assert not (tmp_path / "out").exists()


def test_random_ranges_of_many_numbers(tmp_path):
    (tmp_path / "s.yaml").write_text(SCENE.replace("type: sphere, subdivisions: 1", "type: mesh, file: m.obj")
                                     + "optimize: {parameters: {shapes.a.vertices: {}}}\n")
    (tmp_path / "m.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n" * 10**4 + "f 1 2 3\n")
    write_image(tmp_path / "t.exr", np.zeros((8, 8, 3)))
    (tmp_path / "jobs.yaml").write_text(
        "output: out\nsweep: {scene: s.yaml, targets: [t.exr], set: {shapes.a.vertices: {uniform: [0, 1], count: 9}}}")
    with pytest.raises(NrenderError, match="random ranges of at most 1000 numbers, got 90000"):
        load_batch(tmp_path / "jobs.yaml")
