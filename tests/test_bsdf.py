"""bsdf/: every model of MODELS against the same list of properties, and against the same model in Mitsuba 3."""

import numpy as np
import pytest
from bsdf_cases import (
    COSINE,
    MODELS,
    ROUGHNESS,
    N,
    compiled,
    directions,
    drawn,
    has,
    models,
    pack,
    random_parameters,
    unit,
)
from chi2 import chi_squared_test
from derivatives import assert_transpose, flat, taylor_slope, triple

from nrender.bsdf import MODELS as REGISTRY
from nrender.bsdf import size, transmits, transmittance
from nrender.real import FLOAT32


@pytest.mark.parametrize("name", REGISTRY)
def test_a_model_says_what_it_is(name):
    """All that is registered is tested here, and has the size that its parameters have."""
    assert name in MODELS
    module = REGISTRY[name]
    assert module.SIZE == size(module)
    assert module.TRANSMISSIVE == transmits(module)
    assert all(0.0 <= low < high for _, (low, high) in module.PARAMS.values())


# --- derivatives
@models
def test_adjoint_is_the_transpose_of_the_tangent(model):
    rng = np.random.default_rng(0)
    m = model.module
    for wi, wo in directions(model, rng, 60, least=0.0):
        p = random_parameters(model, rng)
        d_p, d_wi, d_wo, g = (tuple(rng.normal(size=n).tolist()) for n in (m.SIZE, 3, 3, 3))
        jv = m.eval_tan(p, wi, wo, d_p, d_wi, d_wo)
        if np.any(flat(jv)):
            assert_transpose(jv, g, (d_p, d_wi, d_wo), m.eval_adj(p, wi, wo, g))


def tangential(rng, w):
    v = rng.normal(size=3)
    v -= np.dot(v, w) * np.asarray(w)
    return triple(v / np.linalg.norm(v))


def moved(w, v, h):
    """The unit vector w moved by h along the great circle with velocity v."""
    return triple(np.cos(h) * np.asarray(w) + np.sin(h) * np.asarray(v))


@models
def test_tangent_is_the_derivative(model):
    """For every parameter, for wi, for wo: Taylor's remainder is of second order. Over four pairs of directions at
    once: in one of them the second derivative may happen to be small."""
    rng = np.random.default_rng(1)
    m, p, pairs, rest = model.module, pack(model, model.typical), directions(model, rng, 4, least=0.3), (0.0, 0.0, 0.0)
    for k in range(m.SIZE):
        e = np.eye(m.SIZE)[k]
        jv = [m.eval_tan(p, *pair, tuple(e.tolist()), rest, rest) for pair in pairs]
        assert flat(jv).any(), k
        slope = taylor_slope(lambda h, e=e: [m.eval(tuple((p + h * e).tolist()), *pair) for pair in pairs], jv, 5e-4)
        assert slope == pytest.approx(2.0, abs=0.1), k
    still = (0.0,) * m.SIZE
    v = [tangential(rng, wi) for wi, _ in pairs]
    jv = [m.eval_tan(p, *pair, still, u, rest) for pair, u in zip(pairs, v, strict=True)]
    f = lambda h: [m.eval(p, moved(wi, u, h), wo) for (wi, wo), u in zip(pairs, v, strict=True)]  # noqa: E731
    assert taylor_slope(f, jv, 5e-4) == pytest.approx(2.0, abs=0.1)
    v = [tangential(rng, wo) for _, wo in pairs]
    jv = [m.eval_tan(p, *pair, still, rest, u) for pair, u in zip(pairs, v, strict=True)]
    f = lambda h: [m.eval(p, wi, moved(wo, u, h)) for (wi, wo), u in zip(pairs, v, strict=True)]  # noqa: E731
    assert taylor_slope(f, jv, 5e-4) == pytest.approx(2.0, abs=0.1)


@models
def test_nothing_depends_on_roughness_below_the_least(model):
    if not has(model, "roughness"):
        pytest.skip("no roughness")
    m, wi, wo = model.module, unit(0.8, 0.0), unit(0.8, np.pi)
    metal = {"metallic": 1.0} if has(model, "metallic") else {}  # no diffuse part, which has a roughness of its own
    p, q = (pack(model, model.typical, roughness=r, **metal) for r in (0.0, 0.03))
    assert m.eval(p, wi, wo) == m.eval(q, wi, wo)
    k = list(pack(model, dict.fromkeys(m.PARAMS, 0.0), roughness=1.0)).index(1.0)
    assert m.eval_adj(p, wi, wo, (1.0, 1.0, 1.0))[0][k] == 0.0


@models
def test_all_is_finite_in_float32(model):
    """Grazing, at the normal, opposite each other, at the ends of the parameters' ranges."""
    draw, _, gradient = compiled(model.module, FLOAT32)
    m, f32 = model.module, np.float32
    zs = (1.0, 0.5, 1e-3, 1e-5, 1e-7, 1e-20, 0.0)
    zs = zs + tuple(-z for z in zs) if m.TRANSMISSIVE else zs
    ws = [tuple(map(f32, unit(z, phi))) for z in zs for phi in (0.0, 0.3, np.pi)]
    ends = (0.0, 0.5, 1.0 - 2.0**-24)
    u = np.array([(a, b, c) for a in ends for b in ends for c in ends])
    wo, f, q = np.empty((len(u), 3), f32), np.empty((len(u), 3), f32), np.empty(len(u), f32)
    out = np.empty(6 + m.SIZE, f32)
    for share in (0.0, 0.5, 1.0):
        p = tuple(f32(a + share * (b - a)) for size, (a, b) in m.PARAMS.values() for _ in range(size))
        for wi in ws:
            draw(p, wi, u.astype(f32), wo, f, q)
            assert all(np.isfinite(x).all() for x in (wo, f, q)), (p, wi)
            assert (q >= 0).all()
            assert (f >= 0).all()
            np.testing.assert_allclose(np.linalg.norm(wo, axis=1), 1.0, atol=2e-5)
            for w in ws:
                gradient(p, wi, w, (f32(1), f32(1), f32(1)), out)
                assert np.isfinite(out).all(), (p, wi, w)


# --- sampling
def axes(model, wi):
    """The directions that the lobes of the upper and lower side are about."""
    eta = model.index if wi[2] > 0 else 1.0 / model.index
    x, y = -wi[0] / eta, -wi[1] / eta
    r = max(np.hypot(x, y) / 0.99, 1.0)
    x, y = x / r, y / r
    mirrored = np.array([-wi[0], -wi[1], wi[2]])
    bent = np.array([x, y, -np.sign(wi[2]) * np.sqrt(1.0 - x * x - y * y)])
    return (mirrored, bent) if wi[2] > 0 else (bent, mirrored)


def chart(axis):
    """An orthonormal basis with `axis` last."""
    a = np.linalg.qr(np.column_stack([axis, [0.3, 1.0, 0.2], [1.0, 0.1, 0.5]]))[0]
    return np.column_stack([a[:, 1], a[:, 2], axis])


RINGS, SECTORS, FINE = 32, 12, 2048
EDGES = np.concatenate([[0.0], np.geomspace(1e-6, 2.0, RINGS)])  # of 1 - cos(angle to the axis)
LATTICE = (np.arange(FINE) + 0.5) / FINE, (np.arange(FINE) * 0.6180339887498949) % 1.0  # the horizon cuts cells askew


def cells(model, p, wi):
    """The integral of the pdf over each cell, of each side: rings and sectors about a lobe's axis, cut off at the
    horizon; by FINE points each."""
    rho = EDGES[:-1, None, None] + np.diff(EDGES)[:, None, None] * LATTICE[0]
    phi = (np.arange(SECTORS)[None, :, None] + LATTICE[1]) / SECTORS * 2 * np.pi
    rho, phi = (x.ravel() for x in np.broadcast_arrays(rho, phi))
    r = np.sqrt(rho * (2.0 - rho))
    around = np.stack([r * np.cos(phi), r * np.sin(phi), 1.0 - rho], 1)
    area = np.diff(EDGES)[:, None] * 2 * np.pi / SECTORS
    sides = []
    for axis, sign in zip(axes(model, wi), (1.0, -1.0), strict=True):
        wo, q = around @ chart(axis).T, np.empty(len(around))
        if sign < 0.0 and not model.module.TRANSMISSIVE:
            sides.append(np.zeros((RINGS, SECTORS)))
            continue
        compiled(model.module)[1](p, wi, wo, q)
        sides.append((q * (wo[:, 2] * sign > 0.0)).reshape(RINGS, SECTORS, FINE).mean(2) * area)
    return np.array(sides)


def counted(model, wi, wo):
    sides = []
    for axis, sign in zip(axes(model, wi), (1.0, -1.0), strict=True):
        x, y, z = (wo[wo[:, 2] * sign > 0.0] @ chart(axis)).T
        phi = np.arctan2(y, x) % (2 * np.pi)
        rho = 0.5 * ((x * x + y * y) + (1.0 - z) ** 2)  # 1 - z, without loss of digits
        sides.append(np.histogram2d(rho, phi, [EDGES * (1 + 1e-12), np.linspace(0, 2 * np.pi, SECTORS + 1)])[0])
    return np.array(sides)


def grid(model, roughness=ROUGHNESS):
    """(roughness, wi) for the tests of energy and sampling."""
    sides = (1.0, -1.0) if model.module.TRANSMISSIVE else (1.0,)
    rough = roughness if has(model, "roughness") else (1.0,)
    return [(r, unit(s * c, 0.4)) for r in rough for c in COSINE for s in sides]


@models
def test_samples_follow_the_pdf(model):
    """And the pdf integrates to 1 less the chance of a sample where it is 0: below the horizon of a model that only
    reflects."""
    cases = [(r, wi) for r, wi in grid(model) if r != 0.6]
    rng = np.random.default_rng(5)
    for roughness, wi in cases:
        p = pack(model, model.typical, roughness=roughness)
        wo, f, q = np.empty((N, 3)), np.empty((N, 3)), np.empty(N)
        compiled(model.module)[0](p, wi, rng.random((N, 3)), wo, f, q)
        np.testing.assert_allclose(np.linalg.norm(wo, axis=1), 1.0, rtol=1e-9)
        lost = q == 0.0
        mass = cells(model, p, wi)
        sigma = np.sqrt(max(lost.mean() * (1.0 - lost.mean()), 1e-9) / N)
        assert model.module.TRANSMISSIVE <= (not lost.any())
        assert mass.sum() == pytest.approx(1.0 - lost.mean(), abs=4.5 * sigma + 2e-3), (roughness, wi)
        keep = ~lost
        seen = counted(model, wi, wo[keep])
        expected = np.maximum(mass, 1e-12)  # 0 at all points where the horizon cuts off the last bit of a cell
        chi_squared_test(seen, expected / expected.sum() * seen.sum(), tests=len(cases))


# --- energy and symmetry
FURNACE = (0.0, 0.05, *ROUGHNESS)


def energy(model, p, wi):
    """(what comes back of unit radiance from everywhere, its error): refracted light counted as power, without the
    compression of its solid angle."""
    wo, f, q = drawn(model, p, wi)
    ok = q > 0.0
    f[ok] /= q[ok, None]
    f[~ok] = 0.0
    eta = model.index if wi[2] > 0 else 1.0 / model.index
    f[wo[:, 2] * wi[2] < 0.0] *= eta * eta
    parts = f.reshape(32, -1, 3).mean(1)
    return f.mean(0).max(), parts.std(0).max() / np.sqrt(32)


@models
def test_white_furnace(model):
    """No more than all light comes back."""
    for roughness, wi in grid(model, FURNACE):
        e, sigma = energy(model, pack(model, model.white, roughness=roughness), wi)
        most = model.most[COSINE.index(abs(wi[2]))]
        assert e <= most + 4.0 * sigma + 1e-12, (roughness, wi)
        assert e > 0.1 or wi[2] < 0.0


@models
def test_lossless_where_it_should_be(model):
    for cosine in COSINE[:2]:
        e, sigma = energy(model, pack(model, model.white, roughness=0.1), unit(cosine, 0.4))
        assert e >= model.least - 4.0 * sigma


def unmasked(alpha, wi, eta=None):
    """Of unit light from wi, what a white surface of GGX microfacets lets go after one bounce: the mean over visible
    normals of G1 of the mirrored and, with an index, of the bent direction. The facets by their slopes, by NumPy."""
    x, phi = np.meshgrid((np.arange(800) + 0.5) / 800 * np.pi / 2, (np.arange(360) + 0.5) / 360 * 2 * np.pi)
    slope = alpha * np.tan(x)  # with the density sin 2x
    m = np.stack([slope * np.cos(phi), slope * np.sin(phi), np.ones_like(x)], axis=-1)
    m /= np.linalg.norm(m, axis=-1, keepdims=True)

    def g1(c):
        tan2 = (1.0 - c * c) / np.maximum(c * c, 1e-300)
        return np.where(c > 0.0, 2.0 / (1.0 + np.sqrt(1.0 + alpha**2 * tan2)), 0.0)

    wi = np.array(wi)
    c = np.maximum(m @ wi, 0.0)
    weight = c / m[..., 2] * np.sin(2.0 * x)
    weight /= weight.sum()
    up = g1(2.0 * c * m[..., 2] - wi[2])
    if eta is None:
        return np.sum(weight * up)
    c = np.maximum(c, 1e-9)  # the weight of what is turned away is 0
    k = np.sqrt(np.maximum(1.0 - (1.0 - c * c) / eta**2, 0.0))
    rs, rp = (c - eta * k) / (c + eta * k), (k - eta * c) / (k + eta * c)
    f = np.where(k > 0.0, 0.5 * (rs * rs + rp * rp), 1.0)
    down = g1(wi[2] / eta - (c / eta - k) * m[..., 2])
    return np.sum(weight * (f * up + (1.0 - f) * down))


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model.facets])
def test_a_lossless_model_loses_what_is_masked_and_no_more(name):
    """For every roughness and angle, also from inside: energy is 1 less what strikes a second microfacet."""
    model = MODELS[name]
    for roughness, wi in grid(model, FURNACE):
        eta = (model.index if wi[2] > 0.0 else 1.0 / model.index) if model.module.TRANSMISSIVE else None
        expected = unmasked(max(roughness**2, 1e-3), (*wi[:2], abs(wi[2])), eta)
        e, sigma = energy(model, pack(model, model.white, roughness=roughness), wi)
        assert e == pytest.approx(expected, abs=4.0 * sigma + 2e-4), (roughness, wi)
        if roughness == 0.0:
            assert e == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    "name, cosine, losses",
    [
        ("conductor", 1.0, {0.3: 0.01, 0.6: 0.18, 1.0: 0.70}),
        ("dielectric", 0.7, {0.3: 0.003, 0.6: 0.04, 1.0: 0.22}),
    ],
)
def test_losses_are_as_documented(name, cosine, losses):
    model = MODELS[name]
    for roughness, loss in losses.items():
        e, _ = energy(model, pack(model, model.white, roughness=roughness), unit(cosine, 0.4))
        assert 1.0 - e == pytest.approx(loss, rel=0.15)


COATED = {"sheen": 1.0, "clearcoat": 1.0, "clearcoat_gloss": 1.0}


@pytest.mark.parametrize("more, most", [({}, (1.06, 1.06, 1.35)), (COATED, (1.09, 1.09, 1.42))])
def test_what_principled_adds_is_as_documented(more, most):
    """It sends out more than it gets, but no more than its text says, and that much somewhere."""
    model = MODELS["principled, opaque"]
    for cosine, bound in zip(COSINE, most, strict=True):
        values = [pack(model, model.white, **more, roughness=r) for r in FURNACE]
        e, sigma = max(energy(model, p, unit(cosine, 0.4)) for p in values)
        assert bound - 0.02 <= e <= bound + 4.0 * sigma, cosine


@pytest.mark.parametrize("roughness", [0.05, 0.15, 0.4, 0.7, 1.0])
def test_transmittance_of_the_coat_is_the_integral_of_refraction(roughness):
    glass, index = MODELS["dielectric"], transmittance.INDEX
    for mu in (0.06, 0.2, 0.5, 0.9):
        wo, f, q = drawn(glass, (index, roughness), unit(mu, 0.4), 1 << 18)
        into = np.where(wo[:, 2] < 0.0, f[:, 0] / q, 0.0).mean() * index**2
        assert transmittance.transmittance(mu, *transmittance.coat(roughness))[0] == pytest.approx(into, rel=1e-3)


@models
def test_reciprocity(model):
    """f(wi, wo) / eta_i^2 = f(wo, wi) / eta_o^2, the indices on the two sides; f without the cosine."""
    rng = np.random.default_rng(2)
    for wi, wo in directions(model, rng, 40):
        p = pack(model, model.typical)
        side = [model.index**2 if w[2] < 0 else 1.0 for w in (wi, wo)]
        there = flat(model.module.eval(p, wi, wo)) / abs(wo[2]) / side[0]
        back = flat(model.module.eval(p, wo, wi)) / abs(wi[2]) / side[1]
        np.testing.assert_allclose(there, back, rtol=1e-9)


@models
def test_nothing_behind(model):
    if model.module.TRANSMISSIVE:
        pytest.skip("transmissive")
    p = pack(model, model.typical)
    for wi, wo in (((0.6, 0.0, 0.8), (0.6, 0.0, -0.8)), ((0.6, 0.0, -0.8), (0.0, 0.6, 0.8))):
        assert model.module.eval(p, wi, wo) == (0.0, 0.0, 0.0)
        assert not flat(model.module.eval_adj(p, wi, wo, (1.0, 1.0, 1.0))).any()
    assert model.module.pdf(p, (0.6, 0.0, 0.8), (0.6, 0.0, -0.8)) == 0.0


# --- Mitsuba
def rgb(x):
    return {"type": "rgb", "value": list(x)}


def twin(name, v):
    """(Mitsuba's dictionary, a factor of its value that depends on the cosine to the half vector)."""
    one = lambda c: np.ones(3)  # noqa: E731
    if name == "diffuse":
        return {"type": "diffuse", "reflectance": rgb(v["reflectance"])}, one
    rough = {"distribution": "ggx", "alpha": v["roughness"] ** 2}
    if name == "conductor":  # the twin is a perfect mirror, times Schlick's Fresnel
        f0 = np.array(v["f0"])
        return {"type": "roughconductor", "material": "none", **rough}, lambda c: f0 + (1 - f0) * (1 - c) ** 5
    if name == "plastic":
        colours = {"diffuse_reflectance": rgb(v["reflectance"]), "specular_reflectance": v["specular"]}
        return {"type": "roughplastic", "int_ior": 1.49, "ext_ior": 1.0, **colours, **rough}, one
    if name == "dielectric":
        return {"type": "roughdielectric", "int_ior": v["ior"], "ext_ior": 1.0, **rough}, one
    if name.startswith("principled"):
        other = {"spec_tint": v["specular_tint"], "spec_trans": v["transmission"], "base_color": rgb(v["base_color"])}
        same = ("metallic", "roughness", "specular", "sheen", "sheen_tint", "clearcoat", "clearcoat_gloss")
        return {"type": "principled", **other, **{n: v[n] for n in same}}, one
    raise KeyError(name)


@pytest.mark.mitsuba
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("roughness", [0.2, 0.5, 0.9])
def test_as_in_mitsuba(name, roughness):
    mi = pytest.importorskip("mitsuba")
    mi.set_variant("scalar_rgb")
    model = MODELS[name]
    values = {**model.typical, "roughness": roughness}
    description, factor = twin(name, values)
    theirs, si = mi.load_dict(description), mi.SurfaceInteraction3f()
    rng = np.random.default_rng(4)
    for wi, wo in directions(model, rng, 60):
        si.wi = list(wi)
        c = np.sqrt(max(0.0, 0.5 * (1.0 + np.dot(wi, wo))))
        expected = np.array(theirs.eval(mi.BSDFContext(), si, mi.Vector3f(*wo))) * factor(c)
        np.testing.assert_allclose(flat(model.module.eval(pack(model, values), wi, wo)), expected, rtol=1e-3, atol=1e-7)
