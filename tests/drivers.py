"""Kernels that the tests run: loops over rays and lanes, and tables made by hand."""

import numpy as np

from nrender.bsdf import MODELS, size, transmits
from nrender.cache import compiled
from nrender.device import Width, compile_cpu, compile_cpu_inner, device
from nrender.geometry import compressed_walk, lanes, traverse  # noqa: F401 (lanes brings the versions of that width)
from nrender.geometry.compressed import compress, nothing
from nrender.geometry.traverse import closest, occluded
from nrender.geometry.tree import build, corners_of
from nrender.geometry.words import as_real, bit_count, quad
from nrender.light import FACE as FACE_LIGHT
from nrender.local import group_integers, pending_integers, pending_reals
from nrender.real import FLOAT32, absolute, gather, invert, maximum, minimum, product, put, real, select, uint32
from nrender.simd import FLOAT32XN, LANES, load, store
from nrender.tables import FACE, MATERIAL, TEXTURE, TRANSMITS, TWO_SIDED, Tables, alias_table


@device
def closest_hits(scene, origins, directions, t, face, weights):
    for i in range(len(origins)):
        o = (origins[i, 0], origins[i, 1], origins[i, 2])
        d = (directions[i, 0], directions[i, 1], directions[i, 2])
        hit = closest(scene, o, d, True)
        t[i], face[i], weights[i, 0], weights[i, 1] = hit.t, hit.face, hit.u, hit.v


@device
def occlusions(scene, origins, directions, t_max, out):
    for i in range(len(origins)):
        o = (origins[i, 0], origins[i, 1], origins[i, 2])
        d = (directions[i, 0], directions[i, 1], directions[i, 2])
        out[i] = occluded(scene, o, d, t_max[i], True)


@device
def closest_hits_of_lanes(scene, origins, directions, live, t, face, weights):
    """origins, directions: (3, n)."""
    for i in range(0, len(live), LANES):
        o = (load(origins[0], i), load(origins[1], i), load(origins[2], i))
        d = (load(directions[0], i), load(directions[1], i), load(directions[2], i))
        hit = closest(scene, o, d, load(live, i) > 0)
        store(t, i, hit.t)
        store(face, i, hit.face)
        store(weights[0], i, hit.u)
        store(weights[1], i, hit.v)


@device
def occlusions_of_lanes(scene, origins, directions, live, t_max, out):
    for i in range(0, len(live), LANES):
        o = (load(origins[0], i), load(origins[1], i), load(origins[2], i))
        d = (load(directions[0], i), load(directions[1], i), load(directions[2], i))
        met = occluded(scene, o, d, load(t_max, i), load(live, i) > 0)
        store(out, i, select(met, 1.0, 0.0 * o[0]))


# In float32, one ray at a time: the scalar walk of CPUs without vectors of eight, and the compressed one of CUDA; the
# same bodies, bound to these. Lanes: the vector width.
TWIN = Width("float32 by the scalar walk", np.float32, compile_cpu, compile_cpu_inner)
COMPRESSED = Width("float32 by the compressed walk", np.float32, compile_cpu, compile_cpu_inner, together=1)
NUMBERS = (absolute, gather, invert, maximum, minimum, product, put, real, select, uint32)
MEMORY = (pending_integers, pending_reals, group_integers, quad, as_real, bit_count)
for primitive in NUMBERS + MEMORY:
    for width in (TWIN, COMPRESSED):
        primitive.versions[width.name] = primitive.versions[FLOAT32.name]
closest.define(TWIN)(traverse._closest)
occluded.define(TWIN)(traverse._occluded)
closest.define(COMPRESSED)(compressed_walk.closest)
occluded.define(COMPRESSED)(compressed_walk.occluded)


def find_closest(tables, origins, directions, width=FLOAT32, live=None):
    """(t, face, weights) of many rays, by machine code. live: (n,) which of them, for lanes."""
    n = len(origins)
    if width is FLOAT32XN:
        o, d, live = _in_lanes(origins), _in_lanes(directions), _live(n, live)
        t, face, weights = np.zeros_like(o[0]), np.zeros(len(live), np.int32), np.zeros((2, len(live)), np.float32)
        compiled(closest_hits_of_lanes, width)(tables, o, d, live, t, face, weights)
        return t[:n], face[:n], weights[:, :n].T
    origins, directions = (np.ascontiguousarray(x, width.literal) for x in (origins, directions))
    t, face, weights = np.zeros(n, width.literal), np.zeros(n, np.int64), np.zeros((n, 2), width.literal)
    compiled(closest_hits, width)(tables, origins, directions, t, face, weights)
    return t, face, weights


def find_occluded(tables, origins, directions, t_max, width=FLOAT32, live=None):
    n = len(origins)
    if width is FLOAT32XN:
        o, d, live = _in_lanes(origins), _in_lanes(directions), _live(n, live)
        out = np.zeros_like(o[0])
        compiled(occlusions_of_lanes, width)(tables, o, d, live, _in_lanes(t_max[:, None])[0], out)
        return out[:n] > 0
    origins, directions, t_max = (np.ascontiguousarray(x, width.literal) for x in (origins, directions, t_max))
    out = np.zeros(n, np.bool_)
    compiled(occlusions, width)(tables, origins, directions, t_max, out)
    return out


def _in_lanes(x):
    """(n, k) as (k, m) float32, m a multiple of the lanes; NaN where no ray is."""
    padded = np.full((x.shape[1], -(-len(x) // LANES) * LANES), np.nan, np.float32)
    padded[:, : len(x)] = x.T
    return padded


def _live(n, live):
    padded = np.zeros(-(-n // LANES) * LANES, np.int32)
    padded[:n] = 1 if live is None else live
    return padded


GREY = ("diffuse", (0.5, 0.5, 0.5))


# Of what such a scene has not: tables of some zeros, and numbers.
NO_REALS = {"uvs": 6, "texture_places": 4, "light_nodes": 1, "env_rows": 2, "env_columns": 2, "few": 5}
NO_INTEGERS = {"textures": TEXTURE, "light_links": 2, "few_faces": 0}
PLAIN = {
    **dict.fromkeys(("lens", "filter", "few_quads", "tree_count", "translucent", "minify"), 0),
    **dict.fromkeys(("background", "envmap", "env_emitter"), -1),
    **{"env_width": 1, "env_height": 1, "film_width": 8, "film_height": 8, "film_first": 0, "film_stride": 8},
    **{"max_depth": 3, "shadows": 1},
}


def light_rows(vertices, faces, emission):
    """(rows of the emitting faces, the chances of each) in proportion to their power."""
    lights, chances = np.zeros((max(len(emission), 1), 3), int), np.zeros((max(len(emission), 1), 2))
    if emission:
        areas = np.linalg.norm(np.cross(*(vertices[faces][:, k] - vertices[faces][:, 0] for k in (1, 2))), axis=1)
        power = [areas[face] * np.sum(radiance) for face, radiance in emission.items()]
        lights[:, 0], lights[:, 1] = FACE_LIGHT, list(emission)
        chances[:, 0], chances[:, 1], lights[:, 2] = alias_table(np.array(power))
    return lights, chances


def material_rows(models, starts):
    """One for each model's name, whose parameters begin at these places of theta."""
    rows = np.full((len(models), MATERIAL), -1)
    for k, (name, start) in enumerate(zip(models, starts, strict=True)):
        model = MODELS[name]
        side = TRANSMITS if transmits(model) else TWO_SIDED
        rows[k, :6] = start, size(model), list(MODELS).index(name), side, 0, 0
    return rows


def tables_of(
    vertices, faces, width=FLOAT32, tree=None, emission=None, two_sided=False, materials=(GREY,), face_material=0
):
    """Tables of a mesh. theta: vertices, camera (12), the materials' parameters, then the radiances.
    emission: {face: radiance (3,)}; materials: (name of the model, parameters) of each."""
    vertices, faces = np.asarray(vertices, float), np.asarray(faces, np.int32)
    parameters = np.concatenate([p for _, p in materials])
    starts = np.cumsum([0, *(len(p) for _, p in materials)])[:-1]
    emission = emission or {}
    tree = tree or build(vertices, faces, width.together)
    camera = vertices.size
    radiances = camera + 12 + len(parameters)
    face_emission = np.full(len(faces), -1)
    for k, face in enumerate(emission):
        face_emission[face] = radiances + 3 * k
    eye = [0, 0, 3, 1, 0, 0, 0, 1, 0, 0, 0, -1]
    theta = np.concatenate([vertices.reshape(-1), eye, parameters, *emission.values()])
    face_rows = np.full((len(faces), FACE), -1)
    face_rows[:, :3], face_rows[:, 3], face_rows[:, 4] = faces, face_material, face_emission
    face_rows[:, 6] = two_sided
    face_rows[list(emission), 10] = np.arange(len(emission))
    lights, chances = light_rows(vertices, faces, emission)

    def reals(x):
        return np.ascontiguousarray(x, width.literal).reshape(-1)

    def integers(x):
        return np.ascontiguousarray(x, np.int32).reshape(-1)

    return Tables(
        theta=reals(theta),
        faces=integers(face_rows),
        materials=integers(material_rows([name for name, _ in materials], camera + 12 + starts)),
        lights=integers(lights),
        light_chances=reals(chances),
        nodes=reals(tree.nodes),
        links=tree.links,
        order=tree.order,
        corners=corners_of(tree, vertices, faces, width.literal),
        compressed=compress(tree.nodes, tree.links, tree.corners, tree.order) if width.together == 1 else nothing(),
        camera=camera,
        light_count=len(emission),
        **{name: reals(np.zeros(size)) for name, size in NO_REALS.items()},
        **{name: integers(np.zeros(size)) for name, size in NO_INTEGERS.items()},
        **PLAIN,
    )
