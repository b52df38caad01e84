"""`python -m nrender`: the command line, also where the environment's programs aren't on the path."""

import importlib

if __name__ == "__main__":
    importlib.import_module("nrender_cli.main").main()
