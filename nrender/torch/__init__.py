"""The bridge to PyTorch: an image as a tensor whose backward is the renderer's (`pip install 'nrender[torch]'`).

Within this package `import torch` is PyTorch. docs/bridges.md says how to use it.
"""

import importlib.util

if importlib.util.find_spec("torch") is None:
    raise ModuleNotFoundError("nrender.torch needs PyTorch: pip install 'nrender[torch]'", name="torch")

from .module import RenderModule
from .render import render

__all__ = ["RenderModule", "render"]
