"""The bridge to JAX: an image as a function that `grad`, `jvp`, `jit` and `vmap` know (`pip install 'nrender[jax]'`).

Within this package `import jax` is JAX. docs/bridges.md says how to use it.
"""

import importlib.util

if importlib.util.find_spec("jax") is None:
    raise ModuleNotFoundError("nrender.jax needs JAX: pip install 'nrender[jax]'", name="jax")

from .render import render

__all__ = ["render"]
