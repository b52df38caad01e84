"""The command line with the fake renderer in the place of `nrender.render`, for subprocesses.

python cli_run.py SECONDS ARGUMENT…      each render takes so many seconds
"""

import signal
import sys
import time

from fake_renderer import FakeRenderer
from nrender_cli.main import main

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    seconds = float(sys.argv.pop(1))
    sys.modules["nrender.render"] = FakeRenderer(0.5, before=lambda _: time.sleep(seconds))
    main()
