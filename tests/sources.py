"""Reading the package's own source files."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def modules(folder):
    """All Python files below a folder of the repository."""
    return sorted((ROOT / folder).rglob("*.py"))


def dotted(path, folder, package):
    """The module name of a file, e.g. nrender.image.exr or nrender_cli.main."""
    parts = [package, *path.relative_to(ROOT / folder).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source, name, is_package):
    """Full names of all that a module imports, at its top or within a function."""
    home = name.split(".") if is_package else name.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = home[: len(home) - node.level + 1] if node.level else []
            base = [*base, *([node.module] if node.module else [])]
            # "from nrender import vec" names a module: the alias belongs to the path.
            yield from (".".join([*base, alias.name]) for alias in node.names)
