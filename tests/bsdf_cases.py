"""For tests of bsdf/: every model with its parameters, the directions it takes, its functions as machine code."""

import functools
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest
from numba import njit

from nrender.bsdf import MODELS as REGISTRY
from nrender.real import FLOAT64

ROUGHNESS = (0.1, 0.3, 0.6, 1.0)
COSINE = (1.0, 0.7, 0.15)  # of wi
N = 1 << 15


@dataclass(frozen=True)
class Model:
    """A model and what is particular about it."""

    module: ModuleType
    white: dict  # values of its parameters with which it absorbs nothing
    typical: dict  # values at which derivatives and values are looked at
    least: float = 0.0  # energy that must come back at roughness 0.1 at COSINE[:2]
    index: float = 1.0
    facets: bool = False  # all that white loses is masked by other microfacets
    most: tuple = (1.0, 1.0, 1.0)  # energy at each of COSINE; above 1 only where the model's authors have it so


BURLEY = {
    "base_color": (0.2, 0.5, 0.8),
    "metallic": 0.3,
    "roughness": 0.4,
    "specular": 0.5,
    "specular_tint": 0.4,
    "sheen": 0.6,
    "sheen_tint": 0.3,
    "clearcoat": 0.7,
    "clearcoat_gloss": 0.2,
    "transmission": 0.4,
}  # specular 0.5 is an index of 1.5
WHITE = {**dict.fromkeys(BURLEY, 0.0), "base_color": 1.0, "specular": 0.5}
PLASTIC = {"reflectance": (0.2, 0.5, 0.8), "specular": 0.9, "roughness": 0.4}
PARTICULARS = {
    "diffuse": {"white": {"reflectance": 1.0}, "typical": {"reflectance": (0.2, 0.5, 0.8)}, "least": 1.0 - 1e-12},
    "conductor": {"white": {"f0": 1.0}, "typical": {"f0": (0.2, 0.5, 0.8), "roughness": 0.4}, "facets": True},
    # 2 % are lost between ground and coat, as in the twin
    "plastic": {"white": {"reflectance": 1.0, "specular": 1.0}, "typical": PLASTIC, "least": 0.97},
    "dielectric": {"white": {"ior": 1.5}, "typical": {"ior": 1.5, "roughness": 0.4}, "index": 1.5, "facets": True},
    "principled": {"white": {**WHITE, "transmission": 1.0}, "typical": BURLEY, "index": 1.5, "facets": True},
    "principled, opaque": {
        "white": WHITE,
        "typical": {**BURLEY, "transmission": 0.0, "clearcoat_gloss": 0.9},
        "index": 1.5,
        "least": 0.9,
        "most": (1.06, 1.06, 1.35),
    },
}
MODELS = {name: Model(REGISTRY[name.split(",")[0]], **known) for name, known in PARTICULARS.items()}
models = pytest.mark.parametrize("model", [pytest.param(m, id=n) for n, m in MODELS.items()])


def pack(model, values, **more):
    """The flat tuple p from values by name, scalars repeated for colours."""
    values = {**values, **more}
    names = model.module.PARAMS.items()
    return tuple(float(x) for n, (size, _) in names for x in np.broadcast_to(values[n], size))


def has(model, name):
    return name in model.module.PARAMS


def unit(z, phi):
    r = np.sqrt(1.0 - z * z)
    return (float(r * np.cos(phi)), float(r * np.sin(phi)), float(z))


def directions(model, rng, count, least=0.1):
    """Pairs where the model is not 0; of a transmissive one, from and to both sides."""
    pairs = []
    while len(pairs) < count:
        wi, wo = (unit(rng.uniform(least, 1.0), rng.uniform(0, 2 * np.pi)) for _ in range(2))
        if model.module.TRANSMISSIVE:
            wi, wo = ((*w[:2], w[2] * rng.choice([-1.0, 1.0])) for w in (wi, wo))
        if min(model.module.eval(pack(model, model.typical), wi, wo)) > 1e-4:
            pairs.append((wi, wo))
    return pairs


def random_parameters(model, rng):
    ranges = [r for size, r in model.module.PARAMS.values() for _ in range(size)]
    return tuple(float(rng.uniform(a + 0.1 * (b - a), b)) for a, b in ranges)


@functools.cache
def compiled(module, width=FLOAT64):
    """(draw, density, gradient): loops over samples in machine code."""
    names = ("eval", "pdf", "sample", "eval_adj")
    value, pdf, sample, adjoint = (getattr(module, n).instantiate(width) for n in names)

    @njit
    def draw(p, wi, u, wo, f, q):
        for i in range(len(u)):
            w = sample(p, wi, u[i, 0], u[i, 1], u[i, 2])
            v = value(p, wi, w)
            q[i] = pdf(p, wi, w)
            for k in range(3):
                wo[i, k] = w[k]
                f[i, k] = v[k]

    @njit
    def density(p, wi, wo, q):
        for i in range(len(wo)):
            q[i] = pdf(p, wi, (wo[i, 0], wo[i, 1], wo[i, 2]))

    @njit
    def gradient(p, wi, wo, g, out):
        g_p, g_wi, g_wo = adjoint(p, wi, wo, g)
        for k in range(3):
            out[k], out[3 + k] = g_wi[k], g_wo[k]
        for k in range(len(g_p)):
            out[6 + k] = g_p[k]

    return draw, density, gradient


def drawn(model, p, wi, n=N):
    """(directions, values, densities) of n samples: a lattice shifted at random, so that means converge fast."""
    rng = np.random.default_rng(3)
    lattice = np.arange(n)[:, None] * (0.8191725133961645, 0.6710436067037893, 0.5497004779019703)
    u = (lattice + rng.random(3)) % 1.0
    wo, f, q = np.empty((n, 3)), np.empty((n, 3)), np.empty(n)
    compiled(model.module)[0](p, wi, u, wo, f, q)
    return wo, f, q
