"""Tables made by hand, with textures and corner normals: what drivers.tables_of makes, and more."""

from typing import NamedTuple

import numpy as np

from nrender import pyramid
from nrender.tables import FACE, FACE_NORMALS, MATERIAL, MATERIAL_FIRST, MATERIAL_LAST, Tables
from nrender.texture import CHECKER, CLAMP, IMAGE, MIRROR, REPEAT, VERTEX

WRAPS = {"repeat": REPEAT, "clamp": CLAMP, "mirror": MIRROR}


class Picture(NamedTuple):
    """values: an image (H, W, C), a checkerboard's two colours (2, C), or those of vertices (V, 3). place: of its first
    number among the material's; channels: other than values', of vertices' colours, 1; minified: with a pyramid."""

    kind: int
    values: np.ndarray
    wrap: str = "repeat"
    scale: tuple = (1.0, 1.0)
    offset: tuple = (0.0, 0.0)
    place: int = 0
    channels: int = 0
    minified: bool = False


def image(values, wrap="repeat", scale=(1.0, 1.0), offset=(0.0, 0.0), place=0, minified=False):
    return Picture(IMAGE, np.asarray(values, float), wrap, scale, offset, place, minified=minified)


def checkerboard(values, scale=(1.0, 1.0), offset=(0.0, 0.0), place=0):
    return Picture(CHECKER, np.asarray(values, float), "repeat", scale, offset, place)


def vertex_colors(values, channels=3, place=0):
    return Picture(VERTEX, np.asarray(values, float), place=place, channels=channels)


def with_pictures(tables: Tables, pictures, uvs, own=()) -> tuple[Tables, list[int]]:
    """(tables with these textures, offsets of their values, at the end of theta). uvs: (F, 3, 2); own: range
    [first, last) of pictures that are numbers of material 0."""
    dtype = tables.theta.dtype
    theta, rows, places, offsets = list(tables.theta), [], [], []
    for p in pictures:
        offsets.append(len(theta))
        height, width = p.values.shape[:2] if p.kind == IMAGE else (1, 1)
        channels = p.channels or p.values.shape[-1]
        levels = len(pyramid.levels(width, height)) if p.minified else 1
        rows.append([p.kind, channels, p.place, len(theta), width, height, WRAPS[p.wrap], levels])
        places.append([*p.scale, *p.offset])
        theta += list(pyramid.build(p.values) if p.minified else p.values.reshape(-1))
    made = tables._replace(
        theta=np.array(theta, dtype),
        uvs=np.array(uvs, dtype).reshape(-1),
        textures=np.array(rows, np.int32).reshape(-1),
        texture_places=np.array(places, dtype).reshape(-1),
        minify=int(any(p.minified for p in pictures)),
    )
    if own:
        made = set_material(made, 0, {MATERIAL_FIRST: own[0], MATERIAL_LAST: own[1]})
    return made, offsets


def set_material(tables: Tables, material: int, words: dict[int, int]) -> Tables:
    """With other words in a material's row."""
    rows = tables.materials.reshape(-1, MATERIAL).copy()
    for word, value in words.items():
        rows[material, word] = value
    return tables._replace(materials=rows.reshape(-1))


def with_normals(tables: Tables, face: int, normals) -> tuple[Tables, int]:
    """(tables in which the face has corner normals (3, 3), their offset, at the end of theta)."""
    start = len(tables.theta)
    rows = tables.faces.reshape(-1, FACE).copy()
    rows[face, FACE_NORMALS : FACE_NORMALS + 3] = start + 3 * np.arange(3)
    theta = np.concatenate([tables.theta, np.ravel(normals)]).astype(tables.theta.dtype)
    return tables._replace(theta=theta, faces=rows.reshape(-1)), start
