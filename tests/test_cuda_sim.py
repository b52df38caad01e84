"""What tests/cuda_simulated.py and cuda_simulated_memory.py say, in numba-cuda's simulator: that is chosen when Numba
is imported, so they have a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba_cuda", reason="the extra `cuda` is not installed")


@pytest.mark.slow
def test_in_the_simulator():
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "cuda_cases"]
    command = [sys.executable, "-m", "pytest", *options, "cuda_simulated.py", "cuda_simulated_memory.py"]
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}
    done = subprocess.run(
        command, cwd=Path(__file__).parent, env=environment, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
