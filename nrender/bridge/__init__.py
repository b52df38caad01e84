"""What the bridges to PyTorch and JAX share: the arguments of a render, and its pictures, pullback and tangents as
tuples of arrays. Nothing here knows either library."""

from .call import Call, call_of, kinds, no_such, shapes
from .run import Pullback, back_alone, pictures, pullback, replaced, tangents
from .seeds import Seeds, seeds_of

__all__ = [
    "Call",
    "Pullback",
    "Seeds",
    "back_alone",
    "call_of",
    "kinds",
    "no_such",
    "pictures",
    "pullback",
    "replaced",
    "seeds_of",
    "shapes",
    "tangents",
]
