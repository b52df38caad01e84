"""Good files of every kind that nrender reads: what mutations start from.

A kind is one way in.  Its `main` is the file that is mutated; the others lie beside it as they are.
"""

from __future__ import annotations

import io
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from fuzz_texts import BLOB, JOBS, MTL, OBJ, PLY_TEXT, STL_TEXT, TEXTURED, XML


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
    from gltf_files import QUAD, STRIP, Tiny, as_glb, as_gltf

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
