"""The site: `sphinx-build -W -n -b html docs docs/_build/html`.

Its sources are Markdown that reads on its own, on a code host or in an editor.
"""

import sys
from pathlib import Path

from sphinx.ext.autodoc.mock import _MockObject

sys.path.insert(0, str(Path(__file__).parent))

project = "nrender"
copyright = "nrender contributors, MIT licence"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "docstrings", "outside"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "nrender"
html_copy_source = False

myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 4  # as code hosts make them, so that a link to one works in both

smartquotes = False  # not in docstrings, which quote what is typed
default_role = "literal"  # docstrings write `code` as Markdown does
autodoc_mock_imports = ["jax", "torch"]  # large, and not needed to read docstrings
_MockObject.__setitem__ = lambda *args: None  # nrender.jax tells JAX of its primitive when it is imported
autodoc_member_order = "bysource"
autodoc_type_aliases = {"ArrayLike": "ArrayLike"}
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
# Types of other projects: the site is built without a network, so their pages can't be asked for.
nitpick_ignore_regex = [
    ("py:.*", r"(np|numpy|collections|pathlib|os|typing|scipy|torch|jax)\..*"),
    ("py:.*", r"Path|PathLike|Any|Callable|ArrayLike|Target|Loss"),
]
