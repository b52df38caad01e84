"""What a kernel sees of a scene: flat arrays.

Every differentiable number of a scene is in one vector, `theta`: its vertices in world space first, then normals,
camera, materials, textures, lights. A tangent and a gradient are vectors of the same layout, so a kernel reads
`theta[i]`, and its adjoint adds to `gradient[i]`.

What belongs to one face, material, texture or light is a row of integers: few arrays, since every function that is
not inlined gets each of them, seven words at a time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .device import device
from .real import gather

# Words of a row, and what is where. -1 stands for none.
FACE = 11
FACE_VERTICES = 0  # three vertex numbers
FACE_MATERIAL = 3
FACE_EMISSION = 4  # offset in theta of the radiance
FACE_GLOW = 5  # texture of the radiance, in its place
FACE_TWO_SIDED = 6  # 1: emits from both sides
FACE_NORMALS = 7  # three offsets in theta of the corners' normals, where the face is not flat
FACE_EMITTER = 10  # which emitter it is

MATERIAL = 8
MATERIAL_BASE = 0  # offset in theta of its numbers, in the order of its model's PARAMS
MATERIAL_COUNT = 1  # of them
MATERIAL_KIND = 2  # its model's place in bsdf.MODELS
MATERIAL_SIDES = 3  # TWO_SIDED, ONE_SIDED or TRANSMITS
MATERIAL_FIRST = 4  # its textures, up to
MATERIAL_LAST = 5
MATERIAL_OPACITY = 6  # texture of the opacity
MATERIAL_NORMAL_MAP = 7  # texture

TWO_SIDED, ONE_SIDED, TRANSMITS = 0, 1, 2

TEXTURE = 8
TEXTURE_KIND = 0  # see texture.py
TEXTURE_CHANNELS = 1  # 1 or 3
TEXTURE_PLACE = 2  # the first of the material's numbers that it stands for
TEXTURE_OFFSET = 3  # in theta
TEXTURE_WIDTH = 4
TEXTURE_HEIGHT = 5
TEXTURE_WRAP = 6
TEXTURE_LEVELS = 7  # of its pyramid; 1: only the image

LIGHT = 3
LIGHT_KIND = 0  # see light/__init__.py
LIGHT_AT = 1  # an emitting face, or an offset in theta
LIGHT_ALIAS = 2  # of the alias table


class Tables(NamedTuple):
    """Reals are float32 or float64, integers int32; an offset is an index into theta."""

    theta: np.ndarray  # Real (n,)
    faces: np.ndarray  # (FACE F,)
    uvs: np.ndarray  # Real (6 F,) of each face's corners; (6,) if nothing needs them
    materials: np.ndarray  # (MATERIAL M,)
    textures: np.ndarray  # (TEXTURE T,), at least one row
    texture_places: np.ndarray  # Real (4 T,) scale u v, offset u v
    lights: np.ndarray  # (LIGHT E,) the emitters, at least one row
    light_chances: np.ndarray  # Real (2 E,) probability that next-event estimation chooses it, threshold of its alias
    light_nodes: np.ndarray  # Real; the tree of light/tree.py
    light_links: np.ndarray
    env_rows: np.ndarray  # Real; cumulative, see light/envmap.py
    env_columns: np.ndarray  # Real
    nodes: np.ndarray  # Real; the tree of geometry/tree.py
    links: np.ndarray
    order: np.ndarray
    corners: np.ndarray  # Real; its triangles
    compressed: Any  # the same for a GPU, words of geometry/compressed.py or what refits them there; else nothing()
    few: np.ndarray  # Real, what lanes need in the place of a tree, see geometry/few.py
    few_faces: np.ndarray  # empty: it is not so few
    few_quads: int
    camera: int  # offset of the camera's vectors and its lens's numbers, see camera/numbers.py
    lens: int  # the camera's kind, see camera/kinds.py
    filter: int  # of its pixels, see pixel_filter.py
    background: int  # offset of the constant light's radiance
    envmap: int  # offset of the environment map
    env_width: int
    env_height: int
    env_emitter: int  # which emitter it is
    light_count: int  # 0: no emitter can be chosen
    tree_count: int  # emitters in the tree of lights, the last ones; 0: there is none
    translucent: int  # 1: some material has an opacity
    minify: int  # 1: some texture has a pyramid
    film_width: int  # of the picture, in pixels
    film_height: int
    film_first: int  # the number of its first pixel in the whole image,
    film_stride: int  # and the whole image's width
    max_depth: int
    shadows: int  # 0: nothing hides an emitter, and what leaves the first vertex meets nothing (integrator deferred)


@device
def of_face(scene, face, word):
    return gather(scene.faces, FACE * face + word)


@device
def of_material(scene, material, word):
    return gather(scene.materials, MATERIAL * material + word)


@device
def of_texture(scene, texture, word):
    return gather(scene.textures, TEXTURE * texture + word)


@device
def of_light(scene, light, word):
    return gather(scene.lights, LIGHT * light + word)


def alias_table(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(probability, threshold, alias) for drawing an index in proportion to `weights` in constant time (Vose 1991)."""
    p = np.asarray(weights, np.float64)
    p = p / p.sum()
    n = len(p)
    threshold, alias = np.ones(n), np.arange(n)
    scaled = p * n
    small = [i for i in range(n) if scaled[i] < 1.0]
    large = [i for i in range(n) if scaled[i] >= 1.0]
    while small and large:
        s, g = small.pop(), large.pop()
        threshold[s], alias[s] = scaled[s], g
        scaled[g] -= 1.0 - scaled[s]
        (small if scaled[g] < 1.0 else large).append(g)
    return p, threshold, alias
