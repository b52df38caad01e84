"""`python -m nrender` is the command line."""

import subprocess
import sys


def test_python_m_nrender_is_the_command_line():
    done = subprocess.run([sys.executable, "-m", "nrender", "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "optimize" in done.stdout
