"""The examples of the repository, loaded from where they are."""

import importlib.util

from sources import ROOT


def load(folder, name):
    """The module examples/FOLDER/NAME.py."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", ROOT / "examples" / folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
