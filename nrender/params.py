"""From a scene's named parameters to theta, the kernels' vector, and derivatives back: NumPy, float64.

`pull` is the transpose of `push`; both linearise how world vertices depend on a transform and the camera's frame on its
origin, target, up and fov (scene/transform.py, scene/look_at.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from .bsdf import MODELS, size
from .light import NUMBERS
from .scene import Light, Scene
from .scene.light_numbers import light_numbers, light_numbers_adj, light_numbers_tan
from .scene.look_at import frame, frame_adj, frame_tan
from .scene.transform import world_vertices, world_vertices_adj, world_vertices_tan

BLACK = "diffuse"  # the model of an emitter that has no material, with all parameters 0


@dataclass(frozen=True)
class Layout:
    """Where things are in theta. rows: of a shape's vertices; the rest are offsets, background (of all
    constant lights, added) -1 if there is none. The
    material None, of emitters that have no other, is black and no parameter."""

    rows: dict[str, slice]
    camera: int
    materials: dict[str | None, int]
    emission: dict[str, int]
    lights: dict[str, int]
    background: int
    size: int


def layout(scene: Scene) -> Layout:
    count, rows = 0, {}
    for name, shape in scene.shapes.items():
        rows[name] = slice(count, count + len(shape.vertices))
        count += len(shape.vertices)
    camera = 3 * count
    end = camera + 12
    materials: dict[str | None, int] = {}
    for material in [*scene.materials, None]:
        materials[material] = end
        end += size(MODELS[BLACK if material is None else scene.materials[material].type])
    emission = {}
    for name, shape in scene.shapes.items():
        if shape.emission is not None:
            emission[name] = end
            end += 3
    lights = {}
    for name, light in scene.lights.items():
        if light.type in NUMBERS:
            lights[name] = end
            end += sum(NUMBERS[light.type].values())
    constant = any(light.type == "constant" for light in scene.lights.values())
    return Layout(rows, camera, materials, emission, lights, end if constant else -1, end + 3 * constant)


def theta(scene: Scene, place: Layout, camera: str) -> np.ndarray:
    """The kernels' vector, for one camera."""
    out = np.zeros(place.size)
    vertices = out[: place.camera].reshape(-1, 3)
    for name, shape in scene.shapes.items():
        vertices[place.rows[name]] = world_vertices(shape.vertices, shape.transform)
    out[place.camera : place.camera + 12] = np.concatenate(frame(scene.cameras[camera]))
    for name, material in scene.materials.items():
        for key in MODELS[material.type].PARAMS:
            out[_material_slice(scene, place, name, key)] = material.values[key]
    for name, offset in place.emission.items():
        _colour(out, offset)[:] = scene.shapes[name].emission
    for name, light in scene.lights.items():
        if name in place.lights:
            _write_light(out, place.lights[name], light, light_numbers(light))
        else:
            _colour(out, place.background)[:] += light.values["radiance"]
    return out


def push(scene: Scene, place: Layout, camera: str, directions: Mapping[str, np.ndarray]) -> np.ndarray:
    """Velocity of theta when the named parameters move in these directions."""
    out = np.zeros(place.size)
    vertices = out[: place.camera].reshape(-1, 3)
    view: dict[str, np.ndarray] = {}
    moves: dict[str, dict[str, np.ndarray]] = {}
    lights: dict[str, dict[str, np.ndarray]] = {}
    for path, direction in directions.items():
        section, name, key = path.split(".", 2)
        if section == "materials":
            out[_material_slice(scene, place, name, key)] = direction
        elif section == "lights" and name in place.lights:
            lights.setdefault(name, {})[key] = direction
        elif section == "lights":
            _colour(out, place.background)[:] += direction
        elif key == "emission":
            _colour(out, place.emission[name])[:] = direction
        elif section == "shapes":
            moves.setdefault(name, {})[key.removeprefix("transform.")] = direction
        elif name == camera:
            view[key] = direction
    for name, move in moves.items():
        shape = scene.shapes[name]
        vertices[place.rows[name]] = world_vertices_tan(
            shape.vertices, shape.transform, move.pop("vertices", None), move
        )
    for name, move in lights.items():
        light = scene.lights[name]
        _write_light(out, place.lights[name], light, light_numbers_tan(light, move))
    if view:
        zero = np.zeros(3)
        d_frame = frame_tan(
            scene.cameras[camera],
            view.get("origin", zero),
            view.get("target", zero),
            view.get("up", zero),
            float(view.get("fov", 0.0)),
        )
        out[place.camera : place.camera + 12] = np.concatenate(d_frame)
    return out


def pull(scene: Scene, place: Layout, camera: str, gradient: np.ndarray, wrt: Iterable[str]) -> dict[str, np.ndarray]:
    """Gradient of each named parameter, given that of theta; zero for another camera's."""
    vertices = gradient[: place.camera].reshape(-1, 3)
    view = frame_adj(scene.cameras[camera], *gradient[place.camera : place.camera + 12].reshape(4, 3))
    shapes: dict[str, dict[str, np.ndarray]] = {}
    out = {}
    for path in wrt:
        section, name, key = path.split(".", 2)
        if section == "materials":
            g = gradient[_material_slice(scene, place, name, key)].reshape(np.shape(scene.materials[name].values[key]))
        elif section == "lights" and name in place.lights:
            light = scene.lights[name]
            g = light_numbers_adj(light, _read_light(gradient, place.lights[name], light))[key]
        elif section == "lights":
            g = _colour(gradient, place.background)
        elif key == "emission":
            g = _colour(gradient, place.emission[name])
        elif section == "shapes":
            if name not in shapes:
                shape = scene.shapes[name]
                shapes[name] = world_vertices_adj(shape.vertices, shape.transform, vertices[place.rows[name]])
            g = shapes[name][key.removeprefix("transform.")]
        else:
            g = getattr(view, key) if name == camera else np.zeros_like(getattr(view, key))
        out[path] = np.array(g, np.float64)
    return out


def moves_geometry(path: str) -> bool:
    """Whether a parameter moves vertices, the camera or a light, so that what is visible changes."""
    section, _, key = path.split(".", 2)
    if section == "lights":
        return key in ("position", "direction")
    return section == "cameras" or (section == "shapes" and key != "emission")


def _material_slice(scene: Scene, place: Layout, name: str, key: str) -> slice:
    """Where a parameter of a material is in theta: in the order of its model's PARAMS."""
    start = place.materials[name]
    for other, (count, _) in MODELS[scene.materials[name].type].PARAMS.items():
        if other == key:
            return slice(start, start + count)
        start += count
    raise KeyError(key)


def _write_light(out: np.ndarray, offset: int, light: Light, numbers: Mapping[str, np.ndarray]) -> None:
    for key, count in NUMBERS[light.type].items():
        out[offset : offset + count] = numbers[key]
        offset += count


def _read_light(vector: np.ndarray, offset: int, light: Light) -> dict[str, np.ndarray]:
    out = {}
    for key, count in NUMBERS[light.type].items():
        out[key] = vector[offset : offset + count].reshape(() if count == 1 else (count,))
        offset += count
    return out


def _colour(vector: np.ndarray, offset: int) -> np.ndarray:
    return vector[offset : offset + 3]
