"""Files that the XML scenes of convert_scenes.py name: pictures, meshes in three formats."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from textured_scenes import normal_image, smooth_image

from nrender.convert import convert
from nrender.image import write_image
from nrender.scene import load_scene
from nrender.scene.models import Mesh
from nrender.scene.shapes import SHAPES


def write_all(folder: Path) -> None:
    write_image(folder / "tiles.png", smooth_image(6, 5, 3, 0.1, 0.9, seed=1))
    write_image(folder / "grey.png", np.repeat(smooth_image(5, 4, 1, 0.1, 0.9, seed=2), 3, axis=2))
    write_image(folder / "bumps.exr", normal_image(8, 6))
    write_image(folder / "sky.exr", sky(512))
    (folder / "solid.ply").write_bytes(ply(octahedron()))
    (folder / "leaf.obj").write_text(obj())
    ball = sphere(4)
    (folder / "balls.serialized").write_bytes(serialized([octahedron(), ball], version=4))
    (folder / "old.serialized").write_bytes(serialized([ball], version=3))
    (folder / "bsdfs.xml").write_text(
        '<scene version="3.0.0"><bsdf type="diffuse" id="white">'
        '<rgb name="reflectance" value="0.73, 0.7, $blue"/></bsdf>'
        '<bsdf type="twosided" id="red"><bsdf type="diffuse"><spectrum name="reflectance" value="0.3"/></bsdf></bsdf>'
        "</scene>"
    )


def sky(height: int) -> np.ndarray:
    """(H, 2 H, 3), smooth, and not symmetric in any way; with texels so small that half of one hardly shows."""
    phi = 2 * np.pi * (np.arange(2 * height) + 0.5) / (2 * height)
    theta = np.pi * (np.arange(height)[:, None] + 0.5) / height
    waves = [np.sin(theta) * np.cos(phi - a) + 0.7 * np.cos(theta) + 0.4 * np.sin(theta) ** 2 * np.sin(2 * phi + a)
             for a in (0.3, 1.5, 3.0)]
    return np.asarray(0.2 + np.stack([np.maximum(w, 0) ** 2 for w in waves], axis=2), dtype=np.float32)


def octahedron() -> Mesh:
    vertices = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], dtype=np.float64)
    faces = np.array([[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]])
    return Mesh(vertices, faces, colors=np.random.default_rng(3).uniform(0.05, 0.95, (6, 3)))


def sphere(subdivisions: int) -> Mesh:
    build = SHAPES.types["sphere"].build
    assert build is not None
    mesh = build({"subdivisions": subdivisions}, Path())
    return mesh._replace(uvs=None, normals=mesh.vertices[mesh.faces])


def ply(mesh: Mesh) -> bytes:
    """With the names of colours that Mitsuba takes."""
    rows = np.concatenate([mesh.vertices, mesh.colors], axis=1)
    lines = ["ply", "format ascii 1.0", f"element vertex {len(rows)}", *(f"property float {name}" for name in "xyzrgb"),
             f"element face {len(mesh.faces)}", "property list uchar int vertex_indices", "end_header"]
    lines += [" ".join(map(repr, row)) for row in rows.tolist()] + [f"3 {a} {b} {c}" for a, b, c in mesh.faces.tolist()]
    return ("\n".join(lines) + "\n").encode()


def obj() -> str:
    """A slightly bent quad with normals and uvs that aren't those of a rectangle."""
    return ("v -1 -1 0\nv 1 -1 0\nv 1 1 0.06\nv -1 1 0\nvt 0.1 0.2\nvt 0.9 0.1\nvt 1.2 1.1\nvt 0 0.8\n"
            "vn 0.02 -0.01 1\nvn 0 -0.03 1\nf 1/1/1 2/2/2 3/3/2\nf 1/1/1 3/3/2 4/4/1\n")


def serialized(meshes: list[Mesh], version: int) -> bytes:
    """In double precision (version 4) or single, with normals where there are some."""
    data, starts = b"", []
    real, of_offsets = ("<f8", "<Q") if version == 4 else ("<f4", "<I")
    for mesh in meshes:
        starts.append(len(data))
        flags = (0x2000 if version == 4 else 0x1000) | (mesh.normals is not None)
        parts = [struct.pack("<I", flags), b"a name\0" * (version == 4)]
        parts += [struct.pack("<QQ", len(mesh.vertices), len(mesh.faces)), mesh.vertices.astype(real).tobytes()]
        if mesh.normals is not None:
            of_vertices = np.zeros_like(mesh.vertices)
            of_vertices[mesh.faces] = mesh.normals
            parts.append(of_vertices.astype(real).tobytes())
        parts.append(mesh.faces.astype("<u4").tobytes())
        data += struct.pack("<HH", 0x041C, version) + zlib.compress(b"".join(parts))
    return data + b"".join(struct.pack(of_offsets, start) for start in starts) + struct.pack("<I", len(meshes))


FILM = '<film type="hdrfilm"><rfilter type="box"/></film>'
SENSOR = f'<sensor type="perspective"><float name="fov" value="45"/>{FILM}</sensor>'
PATHS = '<integrator type="path"><integer name="max_depth" value="5"/></integrator>'


def converter(folder: Path) -> Callable[..., tuple[dict[str, Any], list[str]]]:
    """`call(body)`: the document, and the notes, of a scene with a camera and these objects; out.yaml stays."""
    write_all(folder)

    def call(
        body: str, sensor: str = SENSOR, integrator: str = PATHS, version: str = "3.0.0", **options: Any
    ) -> tuple[dict[str, Any], list[str]]:
        (folder / "in.xml").write_text(f'<scene version="{version}">{integrator}{sensor}{body}</scene>')
        result = convert(folder / "in.xml", folder / "out.yaml", **options)
        load_scene(folder / "out.yaml")  # it is sound
        notes = [str(problem).removeprefix(f"{folder}/") for problem in result.approximated + result.refused]
        return yaml.safe_load((folder / "out.yaml").read_text()), notes

    return call
