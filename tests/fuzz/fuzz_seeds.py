"""Good files of every kind that nrender reads: what mutations start from.

A kind is one way in.  Its `main` is the file that is mutated; the others lie beside it as they are.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

TEXTURED = """\
nrender: 1
cameras:
  main: {type: perspective, origin: [0, 0, 5], target: [0, 0, 0], fov: 45, resolution: [8, 6]}
  lens: {type: thinlens, origin: [0, 0, 5], target: [0, 0, 0], aperture_radius: 0.1, focus_distance: 5,
         resolution: [4, 4], crop: [1, 1, 2, 2], filter: gaussian}
integrator: {type: path, max_depth: 3, spp: 4}
materials:
  white: {type: diffuse, reflectance: {checkerboard: {a: [0.1, 0.2, 0.3], b: [1, 1, 1], scale: [2, 2]}}}
  glass: {type: dielectric, ior: 1.5, roughness: 0.1}
  paint: {type: principled, base_color: {file: a.png, wrap: clamp, filter: mipmap}, metallic: 0.5, opacity: 0.5}
  inline: {type: conductor, f0: {image: [[[0, 0.5, 1], [1, 1, 1]]]}, roughness: {file: grey.png}}
shapes:
  square: {type: rectangle, material: white, transform: {translate: [0, 0, 1], rotate: [0, 0, 30], scale: 1}}
  ball: {type: sphere, subdivisions: 1, material: glass,
         transform: {matrix: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]}}
  disk: {type: disk, segments: 5, material: paint, emission: [1, 1, 1], two_sided: true}
  mesh: {type: mesh, file: m.obj, material: glass, normals: smooth}
  tri: {type: mesh, vertices: [[0, 0, 0], [1, 0, 0], [0, 1, 0]], faces: [[0, 1, 2]], uvs: [[0, 0], [1, 0], [0, 1]],
        colors: &c [[1, 0, 0], [0, 1, 0], [0, 0, 1]], material: inline, channels: {heat: [1, 2, 3]}}
lights:
  sky: {type: envmap, file: sky.hdr, scale: 2, rotate: [0, 90, 0]}
  sun: {type: directional, direction: [0, -1, 0], irradiance: [1, 1, 1]}
  spot: {type: spot, position: [0, 3, 0], target: [0, 0, 0], intensity: [1, 1, 1], cutoff: 30}
optimize:
  parameters:
    shapes.square.transform.rotate: {init: [0, 0, 30], bounds: [-90, 90], mask: [0, 0, 1]}
    shapes.tri.vertices: {basis: b.npz}
  loss: l2
  method: l-bfgs-b
  iterations: 100
"""
BLOB = """\
nrender: 1
cameras:
  main: {type: perspective, origin: [0, 0, 5], target: [0, 0, 0], resolution: [6, 6]}
integrator: {type: path, max_depth: 2, spp: 4}
materials:
  white: {type: diffuse, reflectance: [0.7, 0.6, 0.5]}
shapes:
  square: {type: rectangle, material: white}
optimize:
  parameters:
    shapes.square.transform.translate: {init: [0.5, -0.3, 0], bounds: [-2, 2], mask: [1, 1, 0]}
    materials.white.reflectance: {init: [0.3, 0.3, 0.3]}
  iterations: 4
"""
"""What the fake renderer of the tests shows."""
JOBS = """\
output: out
workers: 2
jobs:
  - {name: a, scene: s.yaml, targets: [t.exr], set: {materials.white.reflectance: [0.1, 0.2, 0.3]}, method: adam,
     iterations: 5, seed: 1}
  - {name: b, scene: s.yaml, render: {set: {materials.white.reflectance: [1, 1, 1]}, spp: 4}, resolution: [6, 6]}
sweep:
  name: many
  scene: s.yaml
  targets: [t.exr]
  method: [adam, sgd]
  seed: [1, 2]
  zip: [method, seed]
  set: {"materials.white.reflectance": {uniform: [[0, 0, 0], [1, 1, 1]], count: 2}}
"""
OBJ = """\
mtllib m.mtl
v 0 0 0
v 1 0 0
v 0 1 0
v 1 1 1
vt 0 0
vt 1 0
vt 0 1
vn 0 0 1
usemtl paint
f 1/1/1 2/2/1 3/3/1
usemtl other
f -1 -2 -3
f 1 2 4 3
"""
MTL = """\
newmtl paint
Kd 0.5 0.5 0.5
Ks 0.1 0.1 0.1
Ns 100
d 0.5
illum 2
map_Kd -s 2 2 -clamp on a.png
map_d grey.png
newmtl other
Ke 1 2 3
Ni 1.5
illum 4
Pr 0.3
"""
PLY_TEXT = """\
ply
format ascii 1.0
comment TextureFile a.png
element vertex 4
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
element face 2
property list uchar int vertex_indices
end_header
0 0 0 255 0 0
1 0 0 0 255 0
0 1 0 0 0 255
1 1 1 9 9 9
3 0 1 2
3 1 3 2
"""
STL_TEXT = """\
solid s
facet normal 0 0 1
outer loop
vertex 0 0 0
vertex 1 0 0
vertex 0 1 0
endloop
endfacet
endsolid s
"""
XML = """\
<scene version="3.0.0">
  <default name="spp" value="4"/>
  <integrator type="path"><integer name="max_depth" value="5"/></integrator>
  <sensor type="perspective"><float name="fov" value="45"/>
    <transform name="to_world"><lookat origin="0, 0, 5" target="0, 0, 0" up="0, 1, 0"/></transform>
    <film type="hdrfilm"><integer name="width" value="8"/><integer name="height" value="6"/></film>
    <sampler type="independent"><integer name="sample_count" value="$spp"/></sampler></sensor>
  <bsdf type="twosided" id="red"><bsdf type="diffuse"><rgb name="reflectance" value="0.5, 0.1, 0.1"/></bsdf></bsdf>
  <bsdf type="roughconductor" id="gold"><string name="material" value="Au"/><float name="alpha" value="0.1"/></bsdf>
  <bsdf type="mask" id="m"><float name="opacity" value="0.5"/><bsdf type="principled">
    <texture type="bitmap" name="base_color"><string name="filename" value="a.png"/></texture></bsdf></bsdf>
  <shape type="sphere"><point name="center" x="0" y="1" z="0"/><float name="radius" value="0.5"/>
    <ref id="gold"/></shape>
  <shape type="obj"><string name="filename" value="m.obj"/><ref id="red"/>
    <transform name="to_world"><rotate y="1" angle="30"/><scale value="2"/>
    <matrix value="1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"/>
    </transform></shape>
  <shape type="rectangle"><ref id="m"/>
    <emitter type="area"><spectrum name="radiance" value="400:1, 700:2"/></emitter></shape>
  <shape type="serialized"><string name="filename" value="m.serialized"/><integer name="shape_index" value="0"/></shape>
  <shape type="ply"><string name="filename" value="m.ply"/></shape>
  <emitter type="envmap"><string name="filename" value="sky.hdr"/></emitter>
  <include filename="more.xml"/>
</scene>
"""


class Seed(NamedTuple):
    """kind: of reader (fuzz_readers.READERS); main: the name of the file that is mutated; files: name to content."""

    kind: str
    main: str
    files: dict[str, bytes]

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.main}"


def scene_of_mesh(name: str) -> bytes:
    return f"""\
nrender: 1
cameras: {{main: {{type: perspective, origin: [0, 0, 5], target: [0, 0, 0], resolution: [8, 6]}}}}
materials: {{w: {{type: diffuse, reflectance: [1, 1, 1]}}}}
shapes: {{m: {{type: mesh, file: {name}, material: w}}}}
""".encode()


@cache
def seeds() -> tuple[Seed, ...]:
    """All of them; made once, since writing images takes a moment."""
    from nrender.image import write_image

    rng = np.random.default_rng(1)
    files: dict[str, bytes] = {"m.obj": OBJ.encode(), "m.mtl": MTL.encode()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        colours = rng.uniform(0, 1, (6, 6, 3)).astype(np.float32)
        write_image(folder / "t.exr", colours)
        write_image(folder / "half.exr", rng.uniform(0, 1, (20, 4, 5)), list("RGBAZ"), half=True)
        write_image(folder / "a.png", colours)
        write_image(folder / "a.jpg", colours)
        write_image(folder / "grey.png", np.repeat(colours[..., :1], 3, axis=2))
        files |= {path.name: path.read_bytes() for path in folder.iterdir()}
    files["deep.png"] = png16()
    files["alpha.png"] = encoded("PNG", "LA")
    files["palette.png"] = encoded("PNG", "P")
    files["sky.hdr"] = hdr()
    pixels = (9, 8, 7, 128, 1, 1, 1, 2, 9, 9, 9, 129, 1, 2, 3, 4, 1, 1, 1, 1)
    files["old.hdr"] = b"#?RGBE\nEXPOSURE=2\n\n+Y 2 -X 3\n" + bytes(pixels)
    files["b.npz"] = npz(basis=np.ones((2, 3, 3)), scale=np.ones(2), mean=np.zeros((3, 3)))
    files["m.stl"], files["m.ply"] = stl(), ply()
    files["m.serialized"] = serialized()
    files["m.gltf"], files["m.glb"] = gltf()
    mesh = {name: files[name] for name in ("m.obj", "m.mtl", "a.png", "grey.png")}
    textured = mesh | {name: files[name] for name in ("sky.hdr", "b.npz")}
    blob = {"s.yaml": BLOB.encode(), "t.exr": files["t.exr"]}
    more = b'<scene version="3.0.0"><emitter type="point"><rgb name="intensity" value="1"/></emitter></scene>'
    found = [
        Seed("check", "s.yaml", textured | {"s.yaml": TEXTURED.encode()}),
        Seed("check", "result.yaml", {"result.yaml": b"# nrender wrote result-mesh.ply\n" + BLOB.encode()}),
        Seed("check", "b.npz", textured | {"s.yaml": TEXTURED.encode()}),
        Seed("batch", "jobs.yaml", blob | {"jobs.yaml": JOBS.encode()}),
        Seed("resume", "checkpoint.npz", blob | {"checkpoint.npz": checkpoint("l-bfgs-b", blob)}),
        Seed("resume", "adam.npz", blob | {"adam.npz": checkpoint("adam", blob)}),
        *(Seed("check", name, {"s.yaml": scene_of_mesh(name), name: data}) for name, data in (
            ("m.obj", OBJ.encode()), ("text.ply", PLY_TEXT.encode()), ("m.ply", files["m.ply"]),
            ("m.stl", files["m.stl"]), ("text.stl", STL_TEXT.encode()), ("m.gltf", files["m.gltf"]),
            ("m.glb", files["m.glb"]))),
        *(Seed("convert", name, mesh | {name: data}) for name, data in (
            ("m.obj", OBJ.encode()), ("m.mtl", MTL.encode()), ("m.ply", files["m.ply"]), ("m.stl", files["m.stl"]),
            ("m.gltf", files["m.gltf"]), ("m.glb", files["m.glb"]))),
        *(Seed("convert", name, mesh | {"s.xml": XML.encode(), "more.xml": more} | {
            name: files[name] for name in ("sky.hdr", "m.ply", "m.serialized")}) for name in ("s.xml", "m.serialized")),
        *(Seed("image", name, {name: files[name]}) for name in (
            "t.exr", "half.exr", "a.png", "deep.png", "alpha.png", "palette.png", "a.jpg", "sky.hdr", "old.hdr")),
    ]
    return tuple(found)


def encoded(kind: str, mode: str) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8)).convert(mode).save(out, format=kind)
    return out.getvalue()


def png16() -> bytes:
    from fuzz_mutate import png_of

    rows = np.random.default_rng(0).integers(0, 256, (5, 1 + 4 * 6), dtype=np.uint8)
    rows[:, 0] = np.arange(5)
    return png_of(4, 5, 16, 2, rows.tobytes())


def hdr() -> bytes:
    row = b"\2\2\0\20" + 4 * (b"\x84\x90\x0c" + bytes(range(100, 112)))
    return b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 8 +X 16\n" + 8 * row


def npz(**arrays: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def ply() -> bytes:
    from nrender.scene.dump import write_ply

    out = io.BytesIO()
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 1]], dtype=np.float64)
    write_ply(out, vertices, np.array([[0, 1, 2], [1, 3, 2]]), "seed", np.zeros((2, 3, 2)), np.ones((2, 3, 3)),
              np.full((4, 3), 0.5))
    return out.getvalue()


def stl() -> bytes:
    record = np.zeros(2, dtype=[("numbers", "<f4", 12), ("attribute", "<u2")])
    record["numbers"][:, 3:] = np.random.default_rng(0).uniform(size=(2, 9))
    return b"seed".ljust(80) + (2).to_bytes(4, "little") + record.tobytes()


def serialized() -> bytes:
    import struct
    import zlib

    body = struct.pack("<I", 0x1000) + b"m\0" + struct.pack("<QQ", 3, 1)
    body += np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4").tobytes() + np.array([0, 1, 2], "<u4").tobytes()
    return struct.pack("<HH", 0x041C, 4) + zlib.compress(body) + struct.pack("<QI", 0, 1)


def gltf() -> tuple[bytes, bytes]:
    """The same as .gltf and as .glb: textured, with colours, a sparse accessor, a camera and a lamp."""
    from gltf_files import QUAD, STRIP, Tiny

    tiny = Tiny(mode=5).give("POSITION", QUAD).give("TEXCOORD_0", QUAD[:, :2].copy(), "VEC2").give("NORMAL", QUAD + 1)
    tiny.primitive["indices"] = tiny.accessor(STRIP, "SCALAR")
    texture = tiny.image(np.full((2, 2, 4), (128, 128, 255, 128)))
    tiny.material(pbrMetallicRoughness={"baseColorTexture": {"index": texture}, "roughnessFactor": 0.5},
                  alphaMode="MASK", normalTexture={"index": texture}, emissiveFactor=[1, 0, 0])
    where, values = tiny.view(np.array([1], "<u2").tobytes()), tiny.view(QUAD[:1].tobytes())
    tiny.json["accessors"].append({"componentType": 5126, "count": 4, "type": "VEC3", "sparse": {
        "count": 1, "indices": {"bufferView": where, "componentType": 5123}, "values": {"bufferView": values}}})
    tiny.json["cameras"] = [{"type": "perspective", "perspective": {"yfov": 0.7, "aspectRatio": 1.5}}]
    tiny.json["extensions"] = {"KHR_lights_punctual": {"lights": [{"type": "spot", "spot": {}}]}}
    tiny.json["nodes"] = [{"mesh": 0, "children": [1, 2], "rotation": [0, 0, 0, 1], "scale": [1, 2, -1]}, {"camera": 0},
                          {"extensions": {"KHR_lights_punctual": {"light": 0}}, "translation": [0, 1, 0]}]
    return as_gltf(tiny.json, tiny.data), as_glb(tiny.json, tiny.data)


def as_gltf(document: dict, data: bytes) -> bytes:
    import base64

    uri = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    return json.dumps({**document, "buffers": [{"byteLength": len(data), "uri": uri}]}, indent=1).encode()


def as_glb(document: dict, data: bytes) -> bytes:
    import struct

    text = json.dumps({**document, "buffers": [{"byteLength": len(data)}]}).encode()
    text, data = text + b" " * (-len(text) % 4), data + bytes(-len(data) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(data), 0x004E4942) + data
    return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks


def checkpoint(method: str, files: dict[str, bytes]) -> bytes:
    """What a short fit with the fake renderer leaves, to be resumed by `fuzz_readers.resume`."""
    from fuzz_readers import fit

    with tempfile.TemporaryDirectory() as name:
        for file, data in files.items():
            Path(name, file).write_bytes(data)
        fit(Path(name), method, resume=False)
        with np.load(Path(name, "out", "checkpoint.npz")) as file:
            arrays = dict(file)
    arrays["seconds"] = np.zeros(())  # so that an input is the same in each run
    arrays["table"][:, 3] = arrays["log_numbers"][:, 2] = arrays["best_numbers"][:, 2] = 0
    return npz(**arrays)


def write(files: dict[str, bytes], folder: str | os.PathLike[str]) -> None:
    for name, data in files.items():
        Path(folder, name).write_bytes(data)
