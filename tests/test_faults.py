"""What goes wrong around a run: broken and shared caches, threads, forks, a clock that goes backwards."""

import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from random_scenes import random_document

import nrender as nr

SMALL = """
import numba
from nrender.cache import on_disk
@numba.njit
def f(x):
    return x + 1.5
on_disk(f)
print(f(2.0), sum(f.stats.cache_hits.values()))
"""

ELSEWHERE = """
import numpy as np, nrender
from nrender.geometry.fit import extent
extent(np.zeros(64, np.float32), np.zeros(2))
dispatcher = dict(zip(extent.__code__.co_freevars, extent.__closure__))["compiled"].cell_contents()
print(nrender.__path__[0], sum(dispatcher.stats.cache_hits.values()))
"""


@pytest.fixture
def child(tmp_path):
    """Starts a process that compiles a function, or finds it in the cache of this test."""
    script = tmp_path / "small.py"
    script.write_text(SMALL)
    environment = {**os.environ, "NRENDER_CACHE_DIR": str(tmp_path / "cache")}
    return lambda: subprocess.Popen([sys.executable, str(script)], env=environment, text=True, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT)  # fmt: skip


def said(process):
    return process.communicate(timeout=120)[0].split()


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize("harm", [
    lambda data: data[: len(data) // 2],
    lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 64]) + data[len(data) // 2 + 1 :],
], ids=["half", "a bit"])  # fmt: skip
def test_a_broken_file_in_the_cache_is_made_anew(child, tmp_path, kind, harm):
    assert said(child()) == ["3.5", "0"]
    assert said(child()) == ["3.5", "1"]
    (file,) = (tmp_path / "cache").rglob(f"*.{kind}")
    file.write_bytes(harm(file.read_bytes()))
    assert said(child()) == ["3.5", "0"]
    assert said(child()) == ["3.5", "1"]


@pytest.mark.slow
def test_sixteen_processes_start_with_an_empty_cache_at_once(child):
    together = [child() for _ in range(16)]
    assert [said(one)[0] for one in together] == ["3.5"] * 16
    assert said(child()) == ["3.5", "1"]


def test_what_one_installation_compiled_others_of_the_same_version_find(tmp_path):
    found, package, skip = [], Path(nr.__file__).parent, shutil.ignore_patterns("__pycache__")
    for place in ("one", "other"):
        shutil.copytree(package, tmp_path / place / "nrender", ignore=skip)
        environment = {**os.environ, "NRENDER_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path / place)}
        command = [sys.executable, "-c", ELSEWHERE]
        found.append(subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True))
    assert [run.stdout.split() for run in found] == [
        [str(tmp_path / "one" / "nrender"), "0"],
        [str(tmp_path / "other" / "nrender"), "1"],
    ]


def test_threads_render_at_once():
    scenes = [nr.Scene.from_dict(random_document(seed)) for seed in range(4)]
    alone = [nr.render(scene, device="cpu") for scene in scenes]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda k: nr.render(scenes[k % 4], device="cpu"), range(24)))
    for k, image in enumerate(together):
        np.testing.assert_array_equal(image, alone[k % 4])


def picture(seed):
    return nr.render(nr.Scene.from_dict(random_document(seed)), device="cpu")


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes_of_either_kind_render_after_their_parent_has(method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    here = [picture(seed) for seed in range(2)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        there = pool.map_async(picture, range(2)).get(timeout=120)
    np.testing.assert_array_equal(there, here)


def test_a_clock_that_goes_backwards_ends_no_fit(monkeypatch):
    from fake_renderer import FakeRenderer, blob_scene, truth

    scene, clock = blob_scene(iterations=5), iter(range(10**9, 0, -3600))
    monkeypatch.setattr(time, "time", lambda: float(next(clock)))
    result = nr.optimize(scene, truth(scene), renderer=FakeRenderer())
    assert 0 <= result.seconds < 600
    assert result.fun < result.loss_initial
