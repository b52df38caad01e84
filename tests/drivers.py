"""Kernels that the tests run: loops over rays and lanes, and tables made by hand."""

import numpy as np

from nrender.bsdf import MODELS, size, transmits
from nrender.cache import compiled
from nrender.device import device
from nrender.geometry.build import build
from nrender.geometry.traverse import closest, occluded
from nrender.light import FACE as FACE_LIGHT
from nrender.real import FLOAT32
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
    face_rows = np.full((len(faces), FACE), -1)
    face_rows[:, :3], face_rows[:, 3], face_rows[:, 4] = faces, face_material, face_emission
    face_rows[:, 6] = two_sided
    lights, chances = np.zeros((max(len(emission), 1), 3), int), np.zeros((max(len(emission), 1), 2))
    if emission:
        areas = np.linalg.norm(np.cross(*(vertices[faces][:, k] - vertices[faces][:, 0] for k in (1, 2))), axis=1)
        emitters = list(emission)
        power = [areas[face] * np.sum(emission[face]) for face in emitters]
        lights[:, 0], lights[:, 1] = FACE_LIGHT, emitters
        chances[:, 0], chances[:, 1], lights[:, 2] = alias_table(np.array(power))
        face_rows[emitters, 10] = np.arange(len(emitters))
    material_rows = np.full((len(models), MATERIAL), -1)
    for k, name in enumerate(models):
        model = MODELS[name]
        side = TRANSMITS if transmits(model) else TWO_SIDED
        material_rows[k, :6] = camera + 12 + starts[k], size(model), list(MODELS).index(name), side, 0, 0

    def reals(x):
        return np.ascontiguousarray(x, width.literal).reshape(-1)

    def integers(x):
        return np.ascontiguousarray(x, np.int32).reshape(-1)

    return Tables(
        theta=reals(theta),
        faces=integers(face_rows),
        uvs=reals(np.zeros(6)),
        materials=integers(material_rows),
        textures=integers(np.zeros(TEXTURE)),
        texture_places=reals(np.zeros(4)),
        lights=integers(lights),
        light_chances=reals(chances),
        light_nodes=reals(np.zeros(1)),
        light_links=integers(np.zeros(2)),
        env_rows=reals(np.zeros(2)),
        env_columns=reals(np.zeros(2)),
        nodes=reals(nodes),
        links=integers(links),
        order=integers(order),
        corners=reals(corners[order]),
        camera=camera,
        background=-1,
        envmap=-1,
        env_width=1,
        env_height=1,
        env_emitter=-1,
        light_count=len(emission),
        tree_count=0,
        translucent=0,
        minify=0,
        film_width=8,
        film_height=8,
        max_depth=3,
    )
