"""The scenes of nrender in Mitsuba 3: for tests and benchmarks, where it is installed.

Smooth normals are used alike, but for two things that only nrender does: light is dimmed towards the triangle's horizon
(shading.horizon), by 2 (delta tan(angle of light))^2 to lowest order, delta the angle between the two normals; and a
shading normal that looks away is bent towards the ray. With fine meshes both are small.
"""

from __future__ import annotations

import glob
import os
import subprocess
import sys
from typing import Any

import numpy as np
from mitsuba_lights import emitters
from mitsuba_materials import COLOUR, GREY, bsdf, texture
from scipy.ndimage import maximum_filter, minimum_filter

from nrender.geometry.vertex_normals import vertex_normals
from nrender.scene import Scene
from nrender.scene.models import Camera, Material, Shape
from nrender.scene.transform import world_normals, world_vertices

TRY = """
import mitsuba
mitsuba.set_variant("llvm_ad_rgb")
float(mitsuba.render(mitsuba.load_dict(mitsuba.cornell_box()), spp=1).array[0])
"""


def use_mitsuba() -> Any:
    """The module with its fast variant, `llvm_ad_rgb`, if there is an LLVM that it can use, else `scalar_rgb`."""
    library = usable_llvm()
    import mitsuba

    if library is None:
        mitsuba.set_variant("scalar_rgb")
    else:
        if library:
            os.environ["DRJIT_LIBLLVM_PATH"] = library
        mitsuba.set_variant("llvm_ad_rgb")
    return mitsuba


def usable_llvm() -> str | None:
    """The LLVM library that Mitsuba can use, "" for the one that it finds itself. An LLVM that is too old or does not
    know this CPU ends the process, so each is tried in another one."""
    for library in ["", *sorted(glob.glob("/usr/lib/*/libLLVM*.so*"), reverse=True)]:
        env = {**os.environ, "DRJIT_LIBLLVM_PATH": library} if library else dict(os.environ)
        if subprocess.run([sys.executable, "-c", TRY], env=env, capture_output=True).returncode == 0:
            return library
    return None


BLACK = {"type": "diffuse", "reflectance": 0.0}


def mesh(mi: Any, shape: Shape, material: Material | None) -> Any:
    """Its faces' corners are vertices of their own if they have uvs or normals."""
    if shape.emission is not None and shape.two_sided:
        raise NotImplementedError("Mitsuba's area lights shine on one side")
    properties = mi.Properties()
    properties["bsdf"] = mi.load_dict(BLACK if material is None else bsdf(mi, material))
    if shape.emission is not None:
        properties["emitter"] = mi.load_dict({"type": "area", "radiance": texture(mi, shape.emission)})
    vertices, faces, colors = world_vertices(shape.vertices, shape.transform), shape.faces, shape.colors
    normals = corner_normals(shape, vertices)
    if shape.uvs is not None or normals is not None:
        vertices = vertices[faces].reshape(-1, 3)
        colors = None if colors is None else colors[faces].reshape(-1, 3)
        faces = np.arange(len(vertices)).reshape(-1, 3)
    out = mi.Mesh(
        "mesh",
        len(vertices),
        len(faces),
        has_vertex_normals=normals is not None,
        has_vertex_texcoords=shape.uvs is not None,
        props=properties,
    )
    if colors is not None:
        out.add_attribute(COLOUR, 3, colors.astype(np.float32).ravel())
        out.add_attribute(GREY, 1, colors.mean(1).astype(np.float32))
    parameters = mi.traverse(out)
    parameters["vertex_positions"] = vertices.astype(np.float32).ravel()
    parameters["faces"] = faces.astype(np.uint32).ravel()
    if normals is not None:
        parameters["vertex_normals"] = normals.astype(np.float32).ravel()
    if shape.uvs is not None:
        parameters["vertex_texcoords"] = shape.uvs.astype(np.float32).ravel()
    parameters.update()
    return out


def corner_normals(shape: Shape, world: np.ndarray) -> np.ndarray | None:
    """(F, 3, 3) in the world, or None for flat faces."""
    if shape.normals == "file":
        assert shape.corner_normals is not None
        return world_normals(shape.corner_normals, shape.transform)
    return vertex_normals(world, shape.faces)[shape.faces] if shape.normals == "smooth" else None


def sensor(mi: Any, view: Camera) -> dict[str, Any]:
    """A perspective, thinlens or orthographic camera."""
    values = view.values
    look = [[float(x) for x in values[key]] for key in ("origin", "target", "up")]
    width, height = (int(n) for n in values["resolution"])
    rfilter = {"type": str(values["filter"])}
    film = {"type": "hdrfilm", "width": width, "height": height, "rfilter": rfilter, "pixel_format": "rgb"}
    film["sample_border"] = True
    if "crop" in values:
        names = ("crop_offset_x", "crop_offset_y", "crop_width", "crop_height")
        film |= {name: int(n) for name, n in zip(names, values["crop"], strict=True)}
    place = mi.ScalarTransform4f().look_at(*look)
    found: dict[str, Any] = {"film": film, "sampler": {"type": "independent"}}
    if view.type == "orthographic":  # which spans 2 across
        half = 0.5 * float(values["height"]) * width / height
        return {"type": "orthographic", "to_world": place @ mi.ScalarTransform4f().scale([half, half, 1]), **found}
    x, y = (0.5 - float(n) for n in values["principal_point"])
    # Mitsuba's offset is that of the film from the axis; its lens has none.
    offset = {"principal_point_offset_x": x, "principal_point_offset_y": y} if view.type == "perspective" else {}
    angle = {"fov": float(values["fov"]), "fov_axis": values["fov_axis"]}
    lens = {key: float(values[key]) for key in ("aperture_radius", "focus_distance") if key in values}
    return {"type": view.type, "to_world": place, **angle, **offset, **lens, **found}


def of_gaussians(image: np.ndarray) -> np.ndarray:
    """How far pixels may be apart since nrender's gaussian ends at a circle and Mitsuba's at a square. The integral of
    the filters' absolute difference is 1.84e-3, so that is half of it times the range of what a pixel sees, here of its
    neighbours."""
    size = (7, 7, 1)
    return np.asarray(0.92e-3 * (maximum_filter(image, size) - minimum_filter(image, size)))


def mitsuba_scene(mi: Any, scene: Scene) -> Any:
    """All materials and lights, but area lights that shine on both sides. The first camera.

    Where there is opacity, `volpath` renders: its shadow rays pass, too, and to pass does not count as a depth.
    """
    view = next(iter(scene.cameras.values()))
    opacity = any("opacity" in material.values for material in scene.materials.values())
    document: dict[str, Any] = {
        "type": "scene",
        "integrator": {"type": "volpath" if opacity else "path", "max_depth": scene.integrator.max_depth},
        "sensor": sensor(mi, view),
    }
    for name, shape in scene.shapes.items():
        document[f"shape {name}"] = mesh(mi, shape, scene.materials[shape.material] if shape.material else None)
    document |= {f"light {name}": light for name, light in emitters(mi, scene.lights).items()}
    return mi.load_dict(document)
