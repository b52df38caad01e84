"""A scene with one of each that a prior may be about, meshes for its tests, and priors of either."""

import naive
import numpy as np

from nrender.optimize.priors import PRIORS, evaluate
from nrender.scene import Scene

BALL, SHEET, SOUP = (f"shapes.{name}.vertices" for name in ("ball", "sheet", "soup"))
ALBEDO = "materials.paint.reflectance.image"
ROUGHNESS = "materials.metal.roughness"
TRANSLATE = "shapes.ball.transform.translate"
METAL = {"type": "conductor", "f0": [0.9, 0.8, 0.7], "roughness": 0.3}


def sheet(n=4):
    """(vertices, faces): n x n squares in the xy plane, [0, n]^2."""
    vertices = np.array([[x, y, 0] for y in range(n + 1) for x in range(n + 1)], float)
    corner = [y * (n + 1) + x for y in range(n) for x in range(n)]
    faces = [t for a in corner for t in ([a, a + 1, a + n + 2], [a, a + n + 2, a + n + 1])]
    return vertices, np.array(faces)


def torn(vertices, faces):
    """The same surface with no vertex in two faces: (vertices, faces, number of the old vertex of each (N,))."""
    old = np.asarray(faces).reshape(-1)
    return vertices[old], np.arange(len(old)).reshape(-1, 3), old


def mesh_scene(vertices, faces):
    """Of one mesh, named `mesh`."""
    return _scene({"metal": METAL}, {"mesh": _mesh(vertices, faces)})


def everything():
    """The paths at the top of this file."""
    image = np.random.default_rng(0).uniform(size=(5, 4, 3))
    paint = {"type": "diffuse", "reflectance": {"image": image}}
    shapes = {
        "wall": {"type": "rectangle", "material": "paint"},
        "ball": _mesh(*naive.icosphere(1)),
        "sheet": _mesh(*sheet(3)),
        "soup": _mesh(*torn(*naive.icosphere(0))[:2]),
    }
    return _scene({"paint": paint, "metal": METAL}, shapes)


def _mesh(vertices, faces):
    return {"type": "mesh", "vertices": vertices, "faces": faces, "material": "metal"}


def _scene(materials, shapes):
    camera = {"type": "perspective", "origin": [0, 0, 5], "target": [0, 0, 0], "resolution": [4, 4]}
    return Scene.from_dict(
        {
            "nrender": 1,
            "cameras": {"main": camera},
            "integrator": {"type": "path", "max_depth": 2, "spp": 1},
            "materials": materials,
            "shapes": shapes,
        }
    )


SCENE = everything()


def made(name, path, scene=SCENE, **keys):
    return PRIORS[name].make(path, scene.parameters[path], scene, **keys)


def of_mesh(name, vertices, faces, **keys):
    return made(name, "shapes.mesh.vertices", mesh_scene(vertices, faces), **keys)


def energy(prior, value):
    return evaluate(prior, value)[0]
