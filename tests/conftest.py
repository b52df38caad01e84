"""What more than one test file needs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nrender.errors import ImageError


@pytest.fixture
def error_of():
    """`error_of(f, …)` calls f, which must raise ImageError of one line, and gives that line."""

    def message(function, *args, **kwargs):
        with pytest.raises(ImageError) as caught:
            function(*args, **kwargs)
        line = str(caught.value)
        assert line
        assert "\n" not in line
        return line

    return message


def pytest_sessionstart(session):
    """Before several workers run all tests: the kernels, of both precisions at once. Each worker would compile those
    that it needs, and with each of them what kernels have in common."""
    config = session.config
    several = getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput")
    if several and config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        from nrender.warm import ALONE

        command = [sys.executable, str(Path(__file__).with_name("compile_all.py"))]
        environment = {**os.environ, ALONE: "1"}
        compilers = [subprocess.Popen([*command, word], env=environment) for word in ("float32", "float64")]
        assert [compiler.wait() for compiler in compilers] == [0, 0]


def pytest_collection_modifyitems(items):
    """Tests marked `cuda` need a GPU, those marked `nightly` a night."""
    if not os.environ.get("NRENDER_NIGHTLY"):
        for item in items:
            if item.get_closest_marker("nightly"):
                item.add_marker(pytest.mark.skip(reason="with NRENDER_NIGHTLY=1 only"))
    if not any(item.get_closest_marker("cuda") for item in items):
        return
    from nrender.backend.devices import cuda_problem

    problem = cuda_problem()
    for item in items:
        if problem and item.get_closest_marker("cuda"):
            item.add_marker(pytest.mark.skip(reason=f"no GPU: {problem}"))


@pytest.fixture(scope="module")
def mi():
    """Mitsuba 3, for tests marked `mitsuba`; without it they are skipped."""
    pytest.importorskip("mitsuba")
    from mitsuba_twin import use_mitsuba

    return use_mitsuba()
