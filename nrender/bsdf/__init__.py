"""The registry of BSDF models: a scene's `type` is the key, and a model's kind in the tables is its place here.

A model is a module with PARAMS, eval, eval_tan, eval_adj, sample, pdf; see docs/extending.md."""

from types import ModuleType

from . import conductor, dielectric, diffuse, plastic, principled

MODELS: dict[str, ModuleType] = {
    "diffuse": diffuse,
    "conductor": conductor,
    "plastic": plastic,
    "dielectric": dielectric,
    "principled": principled,
}


def size(model: ModuleType) -> int:
    """How many numbers a model's parameters are."""
    return sum(count for count, _ in model.PARAMS.values())


def place(model: ModuleType, name: str) -> int:
    """Where the numbers of this parameter begin among its own."""
    names = list(model.PARAMS)
    return sum(model.PARAMS[other][0] for other in names[: names.index(name)])


def transmits(model: ModuleType) -> bool:
    """Whether it lets light through, so that the sides of its surface differ."""
    return getattr(model, "TRANSMISSIVE", False)
