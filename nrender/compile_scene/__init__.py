"""A scene's tables for the kernels, and its edges."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np

from ..camera.numbers import window_of
from ..device import Width
from ..geometry.few import few_tables
from ..params import layout, theta
from ..pixel_filter import FILTERS
from ..scene import Scene
from ..tables import TEXTURE_LEVELS, Tables
from .compiled import Compiled
from .edges import boundary_of, least_roughness, visible_of
from .lights import emitter_tables
from .mesh import Mesh, mesh_of, tree_tables
from .rows import face_rows, face_uvs, material_rows, texture_rows

__all__ = ["Compiled", "Mesh", "boundary_of", "compile_scene", "least_roughness", "visible_of"]


KEPT = 4  # scenes, cameras and widths whose tables are kept: a scene never changes
_kept: OrderedDict[tuple[int, str, str, bool, tuple[str, ...]], tuple[Scene, Compiled]] = OrderedDict()
_lock = Lock()


def compile_scene(
    scene: Scene, camera: str, width: Width, with_colors: bool = False, channels: Sequence[str] = ()
) -> Compiled:
    """A scene as the kernels see it; kept for the next call. with_colors: theta has the vertices' colours even if no
    texture reads them; channels: it has these channels of the meshes."""
    key = (id(scene), camera, width.name, with_colors, tuple(channels))
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key][1]
    made = _compile(scene, camera, width, with_colors, channels)
    with _lock:
        _kept[key] = scene, made
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made


def _all_uvs(scene: Scene) -> tuple[np.ndarray, ...]:
    return tuple(np.zeros(0) if shape.uvs is None else shape.uvs for shape in scene.shapes.values())


def _compile(scene: Scene, camera: str, width: Width, with_colors: bool, channels: Sequence[str]) -> Compiled:
    place = layout(scene, camera, with_colors, channels)
    values = theta(place)
    mesh = mesh_of(scene, place)
    window = window_of(scene.cameras[camera].values)
    vertices = values[: 3 * place.geometry.vertices].reshape(-1, 3)
    few, few_faces, few_quads = few_tables(vertices, mesh.faces)
    lights = emitter_tables(scene, place, vertices, mesh.faces)
    textures, places = texture_rows(place)

    def reals(x: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(x, width.literal).reshape(-1)

    def integers(x: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(x, np.int32).reshape(-1)

    tables = Tables(
        theta=reals(values),
        faces=face_rows(scene, place, mesh, lights.of_face),
        uvs=mesh.again(f"uvs, {width.name}", _all_uvs(scene), lambda: reals(face_uvs(scene))),
        materials=integers(material_rows(scene, place)),
        textures=integers(textures),
        texture_places=reals(places),
        lights=integers(lights.rows),
        light_chances=reals(lights.chances),
        light_nodes=reals(lights.nodes),
        light_links=integers(lights.links),
        env_rows=reals(lights.env_rows),
        env_columns=reals(lights.env_columns),
        **tree_tables(mesh, vertices, width),
        few=reals(few),
        few_faces=few_faces,
        few_quads=few_quads,
        camera=place.view.start,
        lens=place.view.kind,
        filter=FILTERS[scene.cameras[camera].values["filter"]],
        background=place.lights.background,
        envmap=lights.envmap,
        env_width=lights.env_size[0],
        env_height=lights.env_size[1],
        env_emitter=lights.env_emitter,
        light_count=lights.few,
        tree_count=lights.tree_count,
        translucent=int(any("opacity" in material.values for material in scene.materials.values())),
        minify=int((textures[:, TEXTURE_LEVELS] > 1).any()),
        film_width=scene.cameras[camera].width,
        film_height=scene.cameras[camera].height,
        film_first=int(window.top * window.width) + window.left,
        film_stride=int(window.width),
        max_depth=scene.integrator.max_depth,
        shadows=int(scene.integrator.shadows),
    )
    return Compiled(place, values, mesh, tables, lights.power)
