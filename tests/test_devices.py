"""backend/devices.py: which device runs, and what is said where there is none."""

import subprocess
import sys

import pytest
from click.testing import CliRunner
from nrender_cli.main import cli
from scene_library import solid

import nrender as nr
from nrender.backend import devices
from nrender.errors import DeviceError


@pytest.fixture
def fresh():
    """Asked anew, and the answer forgotten."""
    devices.cuda_problem.cache_clear()
    yield
    devices.cuda_problem.cache_clear()


class Driver:
    """A driver of so many GPUs."""

    def __init__(self, status=0, count=1):
        self.status, self.count = status, count

    def cuInit(self, flags):
        return self.status

    def cuDeviceGetCount(self, place):
        place._obj.value = self.count
        return 0


def missing(name):
    raise OSError(name)


@pytest.mark.parametrize(
    "driver, message",
    [
        (missing, "no NVIDIA driver is installed"),
        (lambda name: Driver(status=100), "the NVIDIA driver finds no GPU"),
        (lambda name: Driver(count=0), "the NVIDIA driver finds no GPU"),
        (lambda name: Driver(status=803), "the NVIDIA driver can't be used (CUDA error 803)"),
    ],
)
def test_what_is_missing_is_said(fresh, monkeypatch, driver, message):
    pytest.importorskip("numba_cuda")
    monkeypatch.setattr(devices.ctypes, "CDLL", driver)
    with pytest.raises(DeviceError) as caught:
        nr.render(solid(size=4), spp=1, device="cuda")
    assert str(caught.value) == f"device 'cuda': {message}"
    assert devices.resolve("auto") == "cpu"
    assert devices.devices() == ["cpu"]


def test_without_the_extra(fresh, monkeypatch, tmp_path):
    monkeypatch.setattr(devices.importlib.util, "find_spec", lambda name: None)
    solid(size=4).dump(tmp_path / "scene.yaml")
    files = [str(tmp_path / "scene.yaml"), "-o", str(tmp_path / "a.exr")]
    done = CliRunner().invoke(cli, ["render", *files, "--device", "cuda"])
    assert done.exit_code == 2
    assert done.stderr == "device 'cuda': numba-cuda is not installed: pip install 'nrender[cuda]'\n"
    assert not (tmp_path / "a.exr").exists()


def test_float64_is_on_the_cpu():
    assert devices.pick("auto", "float64").name == "cpu"
    with pytest.raises(DeviceError, match="float32 only"):
        devices.pick("cuda", "float64")


def test_the_cpu_does_not_ask_for_cuda():
    code = (
        "import sys, nrender as nr; sys.path.insert(0, 'tests'); from scene_library import solid\n"
        "nr.render(solid(size=4), spp=1, device='cpu')\n"
        "print(sorted(m for m in sys.modules if m.startswith(('numba.cuda.', 'cuda')) or 'backend.cuda' in m))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
