"""The scenes of nrender in Mitsuba 3: for tests and benchmarks, where it is installed."""

from __future__ import annotations

import glob
import os
import subprocess
import sys
from typing import Any

import numpy as np

from nrender.scene import Scene
from nrender.scene.models import Shape
from nrender.scene.transform import world_vertices

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


def diffuse(reflectance: Any) -> dict[str, Any]:
    """On both sides."""
    return {"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": rgb(reflectance)}}


def rgb(value: Any) -> dict[str, Any]:
    return {"type": "rgb", "value": [float(x) for x in value]}


def _mesh(mi: Any, shape: Shape, reflectance: Any) -> Any:
    vertices = world_vertices(shape.vertices, shape.transform)
    properties = mi.Properties()
    properties["bsdf"] = mi.load_dict(diffuse(reflectance))
    if shape.emission is not None:
        properties["emitter"] = mi.load_dict({"type": "area", "radiance": rgb(shape.emission)})
    mesh = mi.Mesh("mesh", len(vertices), len(shape.faces), has_vertex_normals=False, props=properties)
    parameters = mi.traverse(mesh)
    parameters["vertex_positions"] = vertices.astype(np.float32).ravel()
    parameters["faces"] = shape.faces.astype(np.uint32).ravel()
    parameters.update()
    return mesh


def mitsuba_scene(mi: Any, scene: Scene) -> Any:
    """Meshes, area lights (one-sided), diffuse on both sides, constant light; box filter. The first camera."""
    view = next(iter(scene.cameras.values()))
    look = [[float(x) for x in v] for v in (view.origin, view.target, view.up)]
    document: dict[str, Any] = {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": scene.integrator.max_depth},
        "sensor": {
            "type": "perspective",
            "fov": float(view.fov),
            "fov_axis": view.fov_axis,
            "to_world": mi.ScalarTransform4f().look_at(*look),
            "film": {
                "type": "hdrfilm",
                "width": view.width,
                "height": view.height,
                "rfilter": {"type": "box"},
                "pixel_format": "rgb",
            },
            "sampler": {"type": "independent"},
        },
    }
    for name, shape in scene.shapes.items():
        black = (0.0, 0.0, 0.0)
        reflectance = scene.materials[shape.material].values["reflectance"] if shape.material else black
        document[name] = _mesh(mi, shape, reflectance)
    for name, light in scene.lights.items():
        document[name] = {"type": "constant", "radiance": rgb(light.values["radiance"])}
    return mi.load_dict(document)
