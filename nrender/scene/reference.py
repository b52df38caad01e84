"""Tables of all keys, made from the declarations: `python -m nrender.scene.reference`."""

from __future__ import annotations

from collections.abc import Mapping

from .cameras import CAMERAS
from .integrators import INTEGRATORS
from .lights import LIGHTS
from .materials import COMMON as MODIFIERS
from .materials import MATERIALS
from .optimize import KEYS, METHODS
from .optimize_loss import DOCS as LOSS_DOCS
from .optimize_loss import LOSSES, SHARED
from .optimize_parameter import KEYS as PARAMETER_KEYS
from .optimize_prior import DOCS as PRIOR_DOCS
from .optimize_prior import PRIORS, WEIGHT
from .schema import REQUIRED, Derived, Family, Key
from .shapes import COMMON, SHAPES, TRANSFORM
from .textures import TABLES

FAMILIES: tuple[Family, ...] = (CAMERAS, INTEGRATORS, MATERIALS, SHAPES, LIGHTS)


def table(keys: Mapping[str, Key]) -> str:
    """A Markdown table of keys; empty for a type without any."""
    rows = ["| key | value | default | parameter | meaning |", "|---|---|---|---|---|"]
    for name, key in keys.items():
        rows.append(f"| `{name}` | {key.expected()} | {default_text(key)} | "
                    f"{'yes' if key.differentiable else ''} | {key.doc} |")
    return "\n".join(rows) if keys else ""


def named(docs: Mapping[str, str]) -> str:
    """A Markdown table of names and what they are."""
    return "\n".join(["| name | what it is |", "|---|---|", *(f"| `{name}` | {doc} |" for name, doc in docs.items())])


def variants(docs: Mapping[str, str], keys: Mapping[str, Mapping[str, Key]]) -> str:
    """A Markdown table of names, what they are, and the keys of each."""
    rows = ["| name | what it is | keys |", "|---|---|---|"]
    for name, doc in docs.items():
        of_it = "; ".join(f"`{key}`: {k.doc} ({default_text(k)})" for key, k in keys[name].items())
        rows.append(f"| `{name}` | {doc} | {of_it} |")
    return "\n".join(rows)


def default_text(key: Key) -> str:
    if key.default is REQUIRED:
        return "**required**"
    if key.default is None:
        return "none"
    if isinstance(key.default, Derived):
        return key.default.doc
    if isinstance(key.default, bool):
        return "true" if key.default else "false"
    return str(list(key.default) if isinstance(key.default, tuple) else key.default)


def tables() -> dict[str, str]:
    """Every table of the reference, by heading."""
    result = {}
    for family in FAMILIES:
        for name, model in family.types.items():
            result[f"{family.section}: `{name}`"] = table(model.keys)
    result["materials: keys of every type"] = table(MODIFIERS)
    for kind, keys in TABLES.items():
        result[f"textures: `{kind}`"] = table(keys)
    result["shapes: keys of every type"] = table(COMMON)
    result["shapes: `transform`"] = table(TRANSFORM)
    result["optimize"] = table(KEYS)
    result["optimize: methods"] = named(METHODS)
    result["optimize: keys of a parameter"] = table(PARAMETER_KEYS)
    result["optimize: losses"] = variants(LOSS_DOCS, LOSSES)
    result["optimize: keys of every loss"] = table(SHARED)
    priors = {name: {"weight": WEIGHT, **keys} for name, keys in PRIORS.items()}
    result["optimize: priors"] = variants(PRIOR_DOCS, priors)
    return result


if __name__ == "__main__":
    for heading, text in tables().items():
        print(f"### {heading}\n\n{text}\n")
