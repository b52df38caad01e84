"""Disks that are full, and folders that can't be written: one line, an exit status, nothing half done, and what was
there before stays."""

import os
import signal
import subprocess
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

import pytest
from batch_files import make_folder, start
from click.testing import CliRunner
from fake_renderer import FakeRenderer
from nrender_cli.main import cli

from nrender.batch.summary import Summary, SummaryWarning
from nrender.errors import WriteError
from nrender.image import atomic
from nrender.scene import load_scene

resource = pytest.importorskip("resource", reason="limits of POSIX")
PROC = Path("/proc")  # a folder that the system makes: not even root can write there
CUBE = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
JOBS = "output: out\njobs:\n- {name: a, scene: scene.yaml, targets: target.exr, iterations: 3}\n"


@contextmanager
def full(room=0):
    """No file can grow beyond so many bytes, in children neither: a write that would fails half done, with `File too
    large`, as on a disk that has no more room."""
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN  # Python's own choice: else it ends the process
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with scene.yaml, target.exr and cube.obj; the renderer is the fake one."""
    make_folder(tmp_path)
    (tmp_path / "cube.obj").write_text(CUBE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "nrender.render", FakeRenderer(sigma=0.5))
    return tmp_path


def line_of(status, *args):
    """What a command says that ends so."""
    found = CliRunner().invoke(cli, list(args))
    assert found.exit_code == status, found.output
    assert found.stdout == ""
    lines = [line for line in found.stderr.splitlines() if not line.startswith(("iteration ", "file "))]
    assert len(lines) == 1, found.stderr
    return lines[0]


def left_behind(folder):
    return [path for path in folder.rglob("*") if path.name.startswith(".")]


FIT = ("optimize", "scene.yaml", "target.exr", "-o", "out", "--iterations", "3")


@pytest.mark.parametrize("file, args", [
    ("a.exr", ("render", "scene.yaml", "-o", "a.exr")),
    ("a.png", ("render", "scene.yaml", "-o", "a.png")),
    ("a.glb", ("export", "scene.yaml", "a.glb")),
    ("a.obj", ("export", "scene.yaml", "a.obj")),
    ("a.ply", ("export", "scene.yaml", "a.ply")),
    ("a.yaml", ("convert", "cube.obj", "a.yaml")),
    ("d.png", ("compare", "target.exr", "target.exr", "-o", "d.png")),
    ("square.yaml", ("example", "square", "--force")),
], ids=lambda value: value if isinstance(value, str) else value[0])  # fmt: skip
@pytest.mark.parametrize("room", [0, 20])
def test_a_full_disk_is_one_line_and_the_old_file_stays(folder, file, args, room):
    Path(file).write_text("old")
    before = sorted(folder.iterdir())
    with full(room):
        line = line_of(1, *args)
    assert line.startswith(f"{file}: ")
    assert "File too large" in line
    assert Path(file).read_text() == "old"
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("room, failed, written", [
    (0, "result.yaml", set()),
    (2500, "checkpoint.npz", {"result.yaml", "history.csv"}),
    (15000, "report.html", {"result.yaml", "history.csv", "checkpoint.npz", "final.exr", "final.png"}),
])  # fmt: skip
def test_a_fit_keeps_what_there_is_room_for(folder, room, failed, written):
    """What matters most is smallest, and is tried though the rest failed."""
    with full(room):
        assert line_of(1, *FIT) == f"out/{failed}: can't write: File too large"
    assert {path.name for path in Path("out").iterdir()} == written
    if written:
        load_scene("out/result.yaml")
    assert CliRunner().invoke(cli, [*FIT, "--resume"]).exit_code == 0  # with room, it goes on


def test_a_fit_on_a_full_disk_leaves_the_earlier_one(folder):
    assert CliRunner().invoke(cli, list(FIT)).exit_code == 0
    before = {path.name: path.read_bytes() for path in Path("out").iterdir()}
    with full():
        line_of(1, *FIT, "--seed", "1")
    assert {path.name: path.read_bytes() for path in Path("out").iterdir()} == before


def test_a_batch_without_room_for_its_table_does_not_begin(folder):
    Path("jobs.yaml").write_text(JOBS)
    Path("out").mkdir()
    Path("out/summary.csv").write_text("old")
    with full():
        line = line_of(1, "batch", "jobs.yaml")
    assert line.endswith("out/summary.csv: can't write: File too large")
    assert {path.name for path in Path("out").iterdir()} == {"summary.csv", "batch.lock"}
    assert Path("out/summary.csv").read_text() == "old"


def test_a_job_without_room_for_its_results_has_failed(folder):
    Path("jobs.yaml").write_text(JOBS)
    with full(2500):
        process = start(folder, "jobs.yaml")
        _, stderr = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "a: failed: " in stderr
    assert "out/a/checkpoint.npz: can't write: File too large" in stderr
    assert "Traceback" not in stderr
    assert "a,failed," in Path("out/summary.csv").read_text()
    assert left_behind(folder) == []


def test_a_table_that_cannot_be_written_for_now_ends_no_job(tmp_path):
    summary, rows = Summary(tmp_path / "summary.csv"), [{"name": "a", "status": "converged", "message": ""}]
    with full(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            summary.write_now_and_then(rows)
    assert [(w.category, str(w.message)) for w in caught] == [
        (SummaryWarning, f"{tmp_path}/summary.csv: can't write: File too large; going on without")]
    with full(), pytest.raises(WriteError, match="File too large"):
        summary.write(rows)
    summary.write(rows)
    assert [path.name for path in tmp_path.iterdir()] == ["summary.csv"]


def test_an_error_names_the_file_and_another_files_error_its_own(tmp_path):
    for inside, named in ((tmp_path / "no", "no"), (None, "a")):
        with pytest.raises(OSError, match="of all things") as caught, atomic.replacing(tmp_path / "a"):
            raise OSError(5, "of all things", *([str(inside)] if inside else []))
        assert caught.value.filename == str(tmp_path / named)


@pytest.mark.skipif(not PROC.is_dir(), reason="no /proc here")
@pytest.mark.parametrize("args", [
    ("render", "scene.yaml", "-o", "{}/a.exr"),
    ("export", "scene.yaml", "{}/a.glb"),
    ("convert", "cube.obj", "{}/a.yaml"),
    ("compare", "target.exr", "target.exr", "-o", "{}/d.png"),
    ("grad", "scene.yaml", "--wrt", "materials.white.reflectance", "-o", "{}/d"),
    ("optimize", "scene.yaml", "target.exr", "-o", "{}/fit"),
    ("batch", "jobs.yaml"),
], ids=lambda args: args[0])  # fmt: skip
def test_a_folder_that_cannot_be_written_is_found_before_the_work(folder, monkeypatch, args):
    Path("jobs.yaml").write_text(JOBS.replace("output: out", f"output: {PROC}/out"))
    renderer = FakeRenderer()
    monkeypatch.setitem(sys.modules, "nrender.render", renderer)
    renderer.render_jacobian = None  # of `grad`, and not to be called
    line = line_of(2, *(arg.format(PROC) for arg in args))
    assert "can't write " in line
    assert str(PROC) in line
    assert renderer.calls == 0


KERNEL = """
import numba
from nrender.cache import on_disk
@numba.njit
def f(x):
    return x + 1.5
@numba.njit
def g(x):
    return x + 2.5
print(on_disk(f)(2.0), on_disk(g)(2.0), sum(f.stats.cache_hits.values()))
"""


def run_kernel(folder, **environment):
    script = folder / "kernel.py"
    script.write_text(KERNEL)
    done = subprocess.run([sys.executable, str(script)], env={**os.environ, **environment}, text=True, timeout=120,
                          capture_output=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split(), done.stderr


def test_kernels_run_where_there_is_no_room_to_keep_them(tmp_path):
    cache = tmp_path / "cache"
    run = lambda: run_kernel(tmp_path, NRENDER_CACHE_DIR=str(cache))  # noqa: E731
    (tmp_path / "kernel.py").write_text(KERNEL)
    with full(len(KERNEL)):
        for _ in range(2):
            numbers, said = run()
            assert numbers == ["3.5", "4.5", "0"]
            assert said.count("CacheWarning") == 1
            assert "File too large; kernels will be compiled anew" in said
    assert not list(cache.rglob("*.tmp.*"))
    assert run() == (["3.5", "4.5", "0"], "")
    assert run() == (["3.5", "4.5", "1"], "")


@pytest.mark.skipif(not PROC.is_dir(), reason="no /proc here")
def test_kernels_run_where_no_folder_can_be_written(tmp_path):
    nowhere = {"NRENDER_CACHE_DIR": f"{PROC}/cache", "XDG_CACHE_HOME": str(PROC)}
    for hits in "01":
        numbers, said = run_kernel(tmp_path, **nowhere, TMPDIR=str(tmp_path))
        assert numbers == ["3.5", "4.5", hits]
        assert said.count("CacheWarning") == 1
        assert f"NRENDER_CACHE_DIR: {PROC}/cache: can't write: " in said
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1
