"""Imports go downward: a module of nrender imports only what is listed above it here.

A new module or package at the top of nrender/ must be put in its place in the list.
"""

import subprocess
import sys

import pytest
from sources import ROOT, dotted, imported, modules

from nrender.cache import WITHOUT_KERNELS

# Lowest first.  Each may import any that stands before it, unless ONLY says less.
ORDER = [
    "errors",
    "files",
    "aov_table",
    # Kernels: the language they are written in, then its vocabulary
    "device",
    "real",
    "local",
    "held",
    "simd",
    "lanes",
    "lanes_math",
    "lanes_memory",
    "cache",
    "host",
    "sharing",
    "vec",
    "rng",
    "warp",
    "search",
    # Models and the tables they read
    "tables",
    "pixel_filter",
    "pyramid",
    "geometry",
    "texture",
    "opacity",
    "bsdf",
    "light",
    "camera",
    "film",
    "motion",
    "mipmap",
    "material",
    "shading",
    "scattering",
    "emitters",
    "direct",
    "hits",
    # Whole paths, boundaries, launch loops
    "walk",
    "path",
    "path_tan",
    "path_adj",
    "aov",
    "boundary",
    "backend",
    # Files
    "image",
    "compare",
    "scene",
    "convert",
    "export",
    "uvs",
    # What users call
    "params",
    "compile_scene",
    "warm_kernels",
    "warm",
    "job",
    "render_aovs",
    "aov_image",
    "render",
    "bridge",
    "torch",
    "jax",
    "loss",
    "scaling",
    "gradcheck",
    "optimize",
    "batch",
    "notebook",
]

COMPILED = ("numba", "nrender.device", "nrender.real", "nrender.host", "nrender.cache")

# Files know nothing of kernels, and kernels nothing of files.  Losses know nothing but images.
ONLY = {
    "image": {"errors", "files"},
    "compare": {"errors", "image"},
    "scene": {"errors", "files", "image", "aov_table"},
    "convert": {"errors", "files", "image", "scene"},
    "export": {"errors", "image", "scene"},
    "uvs": {"errors"},
    "loss": {"errors", "compare"},
}
KERNELS = ORDER[ORDER.index("device") : ORDER.index("backend") + 1]
for kernel in KERNELS:
    ONLY[kernel] = {"errors", "aov_table", *KERNELS[: KERNELS.index(kernel)]}


def layer(name):
    """The top-level module of nrender that a full name lies in; None for nrender itself."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else None


def violations(source, name, is_package):
    """Lines about what a module of nrender imports against the order."""
    own = layer(name)
    if own not in ORDER:
        yield f"{name}: no place in the order"
        return
    allowed = ONLY.get(own, set(ORDER[: ORDER.index(own)]))
    for target in imported(source, name, is_package):
        root = target.split(".")[0]
        if root == "nrender_cli":
            yield f"{name} imports {target}: the command is on top"
        elif root == "nrender" and layer(target) != own and layer(target) not in allowed:
            yield f"{name} imports {target}: not below it"


def test_every_module_has_a_place():
    top = {
        path.stem if path.is_file() else path.name
        for path in (ROOT / "nrender").iterdir()
        if path.suffix == ".py" or any(path.glob("*.py"))
    }
    assert top - {"__init__", "__main__"} <= set(ORDER)


@pytest.mark.parametrize("path", modules("nrender"), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_downward(path):
    name = dotted(path, "nrender", "nrender")
    if layer(name) is None or layer(name) == "__main__":
        return  # the package itself gathers what users call
    source = path.read_text(encoding="utf-8")
    assert list(violations(source, name, path.name == "__init__.py")) == []


def test_what_leaves_compiled_kernels_as_they_are_has_none():
    """A change in these folders makes nothing compile anew: so no kernel may be there, or come from there."""
    for folder in WITHOUT_KERNELS:
        for path in modules(f"nrender/{folder}"):
            found = imported(path.read_text("utf-8"), dotted(path, "nrender", "nrender"), path.name == "__init__.py")
            assert not {target for target in found if target.startswith(COMPILED)}, path
    for kernel in KERNELS:
        assert kernel not in WITHOUT_KERNELS


def test_the_command_uses_nrender_from_above():
    for path in modules("cli"):
        name = dotted(path, "cli", "nrender_cli")
        for target in imported(path.read_text("utf-8"), name, path.name == "__init__.py"):
            assert not target.startswith("cli."), f"{path} imports {target}: say nrender_cli"


@pytest.mark.parametrize(
    "name, source, bad",
    [
        ("nrender.vec", "from .device import device", False),
        ("nrender.vec", "from .warp import PI", True),
        ("nrender.vec", "from . import warp", True),
        ("nrender.vec", "from nrender import errors", False),
        ("nrender.image.exr", "from ..errors import ImageError\nfrom .pixels import x", False),
        ("nrender.image.exr", "def f():\n    from nrender.scene import Scene", True),
        ("nrender.path", "import nrender.image", True),
        ("nrender.render", "from nrender import image, params, backend", False),
        ("nrender.optimize.run", "import nrender_cli.main", True),
        ("nrender.optimize.run", "import nrender", True),
    ],
)
def test_the_rule_itself(name, source, bad):
    assert bool(list(violations(source, name, is_package=False))) is bad


def test_importing_nrender_is_light():
    """Libraries that only some commands need are imported where they are used."""
    heavy = "{'trimesh', 'OpenEXR', 'imageio', 'rich', 'click', 'PIL', 'distributed', 'nrender.batch', 'torch', 'jax'}"
    code = f"import sys, nrender; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
