"""The command line, whose jobs have the fake renderer: batch_run.py "SECONDS TROUBLE" ARGUMENT…"""

import signal
import sys
from pathlib import Path

from nrender_cli.main import main

from nrender.batch import process

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    process.CHILD = (str(Path(__file__).with_name("batch_child.py")), *sys.argv.pop(1).split())
    main()
