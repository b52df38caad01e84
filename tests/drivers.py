"""Kernels that the tests run: loops over rays and lanes, and tables made by hand."""

import numpy as np

from nrender.bsdf import MODELS, transmits
from nrender.cache import compiled
from nrender.device import device
from nrender.geometry.build import build
from nrender.geometry.traverse import closest, occluded
from nrender.light import FACE
from nrender.real import FLOAT32
from nrender.tables import Tables, alias_table


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


def find_closest(tables, origins, directions, width=FLOAT32):
    """(t, face, weights) of many rays, by machine code."""
    origins, directions = (np.ascontiguousarray(x, width.literal) for x in (origins, directions))
    n = len(origins)
    t, face, weights = np.zeros(n, width.literal), np.zeros(n, np.int64), np.zeros((n, 2), width.literal)
    compiled(closest_hits, width)(tables, origins, directions, t, face, weights)
    return t, face, weights


def find_occluded(tables, origins, directions, t_max, width=FLOAT32):
    origins, directions, t_max = (np.ascontiguousarray(x, width.literal) for x in (origins, directions, t_max))
    out = np.zeros(len(origins), np.bool_)
    compiled(occlusions, width)(tables, origins, directions, t_max, out)
    return out


GREY = ("diffuse", (0.5, 0.5, 0.5))


def tables_of(
    vertices, faces, width=FLOAT32, tree=None, emission=None, two_sided=False, materials=(GREY,), face_material=0
):
    """Tables of a mesh. theta: vertices, camera (12), the materials' parameters, then the radiances.
    emission: {face: radiance (3,)}; materials: (name of the model, parameters) of each."""
    vertices, faces = np.asarray(vertices, float), np.asarray(faces, np.int32)
    models = [name for name, _ in materials]
    parameters = np.concatenate([p for _, p in materials])
    starts = np.cumsum([0, *(len(p) for _, p in materials)])[:-1]
    emission = emission or {}
    corners = vertices.astype(width.literal)[faces]
    nodes, links, order = tree or build(corners)
    camera = vertices.size
    radiances = camera + 12 + len(parameters)
    face_emission = np.full(len(faces), -1)
    for k, face in enumerate(emission):
        face_emission[face] = radiances + 3 * k
    eye = [0, 0, 3, 1, 0, 0, 0, 1, 0, 0, 0, -1]
    theta = np.concatenate([vertices.reshape(-1), eye, parameters, *emission.values()])
    chance, chances, threshold, alias = np.zeros(len(faces)), np.zeros(1), np.ones(1), np.zeros(1)
    if emission:
        areas = np.linalg.norm(np.cross(*(vertices[faces][:, k] - vertices[faces][:, 0] for k in (1, 2))), axis=1)
        lights = list(emission)
        power = [areas[face] * np.sum(emission[face]) for face in lights]
        chances, threshold, alias = alias_table(np.array(power))
        chance[lights] = chances

    def reals(x):
        return np.ascontiguousarray(x, width.literal).reshape(-1)

    def integers(x):
        return np.ascontiguousarray(x, np.int32).reshape(-1)

    return Tables(
        theta=reals(theta),
        faces=integers(faces),
        face_material=integers(np.broadcast_to(face_material, len(faces))),
        face_emission=integers(face_emission),
        face_two_sided=integers(np.full(len(faces), two_sided)),
        face_chance=reals(chance),
        materials=integers(camera + 12 + starts),
        material_kind=integers([list(MODELS).index(name) for name in models]),
        material_transmits=integers([transmits(MODELS[name]) for name in models]),
        lights=integers(list(emission) or [0]),
        light_kind=integers(np.full(max(len(emission), 1), FACE)),
        light_chance=reals(chances),
        light_threshold=reals(threshold),
        light_alias=integers(alias),
        nodes=reals(nodes),
        links=integers(links),
        order=integers(order),
        corners=reals(corners[order]),
        camera=camera,
        background=-1,
        light_count=len(emission),
        max_depth=3,
    )
