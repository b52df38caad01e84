"""warm.py: each kernel is compiled by one of all who need it. And what an import of nrender must not import."""

import subprocess
import sys
import threading
import time

import pytest

from nrender import warm

pytest.importorskip("fcntl")


@pytest.fixture
def made(tmp_path, monkeypatch):
    """The names of the kernels that were compiled; they take a while."""
    names = []

    def kernel(name):
        def compile_it(backend):
            time.sleep(0.05)
            names.append(name)

        return compile_it

    monkeypatch.setattr(warm, "KERNELS", {name: kernel(name) for name in "abcd"})
    monkeypatch.setattr(warm, "cache_dir", lambda: tmp_path)
    monkeypatch.setattr(warm, "_ready", set())
    monkeypatch.setattr(warm, "_start", lambda device, names: [])
    return names


def test_what_is_needed_is_compiled_once(made):
    warm.ensure(["b", "a"])
    warm.ensure(["a", "c"])
    assert made == ["a", "b", "c"]


def test_what_is_on_disk_is_left(made, tmp_path):
    (tmp_path / "b.compiled").touch()
    warm.ensure(["a", "b"])
    assert made == ["a"]


def test_those_that_start_together_share_the_work(made):
    threads = [threading.Thread(target=warm.ensure, args=(["a", "b", "c", "d"],)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == ["a", "b", "c", "d"]


def test_a_failure_leaves_no_mark_and_no_lock(made, tmp_path, monkeypatch):
    def fail(backend):
        raise MemoryError

    monkeypatch.setitem(warm.KERNELS, "a", fail)
    with pytest.raises(MemoryError):
        warm.ensure(["a", "b"])
    assert not (tmp_path / "a.compiled").exists()
    monkeypatch.setitem(warm.KERNELS, "a", lambda backend: made.append("a"))
    warm.ensure(["a", "b"])
    assert made == ["a", "b"]


def test_processes_are_started_for_what_others_can_do(monkeypatch):
    commands = []
    monkeypatch.setattr(warm.subprocess, "Popen", lambda command, **_: commands.append(command))
    monkeypatch.setattr(warm, "threads", lambda: 8)
    monkeypatch.delenv(warm.ALONE, raising=False)
    warm._start("cpu", ["a", "b", "c"])
    assert len(commands) == 2
    assert all(command[-4:] == ["cpu", "a", "b", "c"] for command in commands)
    warm._start("cpu", ["a"])
    monkeypatch.setenv(warm.ALONE, "1")
    warm._start("cpu", ["a", "b", "c"])
    assert len(commands) == 2


def test_nothing_slow_is_imported_with_nrender():
    code = "import nrender, sys; print([m for m in ('scipy.optimize', 'scipy.special', 'trimesh') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_the_result_of_a_fit_is_a_name_of_the_package():
    import nrender

    assert issubclass(nrender.OptimizeResult, dict)
    assert nrender.optimize.__module__ == "nrender.optimize.driver"
    with pytest.raises(AttributeError, match="no attribute 'optimise'"):
        nrender.optimise  # noqa: B018
