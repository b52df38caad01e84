"""Mutations of files: of bytes, of words in text, and of what is inside containers (JSON, YAML, npz, PNG, zlib).

`mutate(data, name, rng)` takes a good file and gives a bad one, or now and then a good one.  The structure is kept
where bytes alone would only ever reach the checksum: an array in an npz, rows in a PNG, the mesh in a serialized file.
"""

from __future__ import annotations

import io
import json
import random
import re
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
import yaml

WORDS = [
    "-1", "0", "1", "1e9", "1e400", "-1e400", "nan", ".nan", "inf", "-.inf", "1e-320", "65536", "4294967296",
    "-2147483648", "9223372036854775808", "1" * 400, "0x7fffffff", "1:30:00", "2001-12-14", "true", "null", "~", "''",
    '"a\\x1b[31m"', "[]", "{}", "[[]]", "*a", "&a 1", "!!python/object:os.system x", "<<", "../../../etc/passwd",
    "/dev/zero", "a.png", "\x00", "\x1b[2J", "\u202e", "é", "x" * 3000, "NaN", "Infinity", "..", ".", "$spp", "http://localhost/x",
    "#", "\\",
]
NUMBERS: list[Any] = [-1, 0, 1, 2, 3, 7, 255, 256, 65535, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63, 10**30,
                      0.5, -0.5, 1e9, 1e18, 1e300, float("nan"), float("inf"), True, None, "", "x", [], {}, [0],
                      {"a": 1}]
INTEGERS = [0, 1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 2**24, 2**31 - 1, 2**31, 2**32 - 1]
WORD = re.compile(rb"[^\s,\[\]{}:<>\"/=]+")


def mutate(data: bytes, name: str, rng: random.Random) -> bytes:
    """A changed copy."""
    inner = INSIDE.get(name.rpartition(".")[2])
    if inner is not None and rng.random() < 0.6:
        return inner(data, rng)
    if name.endswith(TEXTS) and rng.random() < 0.7:
        return of_words(data, rng)
    return of_bytes(data, rng)


TEXTS = (".yaml", ".obj", ".mtl", ".gltf", ".xml", "text.ply", "text.stl")


def of_bytes(data: bytes, rng: random.Random) -> bytes:
    found = bytearray(data)
    # The beginning holds the counts: it is hit more often.
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        at = rng.randrange(max(min(len(found), rng.choice((64, 512, 2**20))), 1))
        how = rng.randrange(8)
        if how == 0 and found:
            found[at % len(found)] ^= 1 << rng.randrange(8)
        elif how == 1 and found:
            found[at % len(found)] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
        elif how == 2:
            found[at:at] = rng.randbytes(rng.choice((1, 2, 4, 100)))
        elif how == 3:
            del found[at : at + rng.choice((1, 2, 4, 16, 1000))]
        elif how == 4:
            found[at:at] = found[at : at + rng.choice((1, 4, 16, 1000))] * rng.choice((1, 2, 50))
        elif how == 5:
            del found[at:]
        elif how == 6:
            width = rng.choice((1, 2, 4, 8))
            found[at : at + width] = (rng.choice(INTEGERS) % 256**width).to_bytes(width, rng.choice(("little", "big")))
        else:
            found[at : at + 4] = struct.pack("<f", rng.choice((float("nan"), float("inf"), -1.0, 1e30, 0.0)))
    return bytes(found)


def of_words(data: bytes, rng: random.Random) -> bytes:
    """Words replaced, lines repeated, dropped and swapped."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        words = list(WORD.finditer(data))
        lines = data.split(b"\n")
        how = rng.randrange(6)
        if how <= 2 and words:
            word = rng.choice(words)
            new = rng.choice(WORDS).encode() if rng.random() < 0.7 else rng.choice(words)[0]
            data = data[: word.start()] + new + data[word.end() :]
        elif how == 3:
            lines.insert(rng.randrange(len(lines)), rng.choice(lines))
            data = b"\n".join(lines)
        elif how == 4:
            del lines[rng.randrange(len(lines))]
            data = b"\n".join(lines)
        else:
            one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
            lines[one], lines[two] = lines[two], lines[one]
            data = b"\n".join(lines)
    return data


def of_tree(value: Any, rng: random.Random) -> Any:
    """A nested value with one place changed: replaced, left out, doubled, moved."""
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in node if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], (dict, list)):
                walk(node[key])

    if isinstance(value, (dict, list)):
        walk(value)
    for _ in range(rng.choice((1, 1, 2, 3))):
        if not places:
            break
        node, key = rng.choice(places)
        other, there = rng.choice(places)
        try:
            how = rng.randrange(5)
            if how <= 1:
                node[key] = rng.choice(NUMBERS)
            elif how == 2:
                del node[key]
            elif how == 3 and isinstance(other[there], (int, float, str)):
                node[key] = other[there]
            elif isinstance(node, dict):
                node[f"{key}{rng.choice(('', 'x', chr(27), '.a'))}"] = node[key]
            else:
                node.append(node[key])
        except (KeyError, IndexError):
            pass
    return value


def of_json(data: bytes, rng: random.Random) -> bytes:
    try:
        return json.dumps(of_tree(json.loads(data), rng)).encode()
    except (ValueError, RecursionError):
        return of_bytes(data, rng)


def of_yaml(data: bytes, rng: random.Random) -> bytes:
    try:
        return yaml.safe_dump(of_tree(yaml.safe_load(data), rng), default_flow_style=None).encode()
    except (yaml.YAMLError, RecursionError):
        return of_bytes(data, rng)


def of_glb(data: bytes, rng: random.Random) -> bytes:
    (size,) = struct.unpack_from("<I", data, 12)
    text = of_json(data[20 : 20 + size], rng)
    text += b" " * (-len(text) % 4)
    rest = struct.pack("<II", len(text), 0x4E4F534A) + text + data[20 + size :]
    return struct.pack("<III", 0x46546C67, 2, 12 + len(rest)) + rest


def of_npz(data: bytes, rng: random.Random) -> bytes:
    """One array of other shape, type or numbers, or gone; or the bytes of its member changed, with a right checksum."""
    with zipfile.ZipFile(io.BytesIO(data)) as there:
        members = {entry: there.read(entry) for entry in there.namelist()}
    name = rng.choice(list(members))
    how = rng.randrange(8)
    array = np.load(io.BytesIO(members[name]))
    if how == 0:
        del members[name]
    elif how == 1:
        members[name] = of_bytes(members[name], rng)
    else:
        changed = [
            lambda: array[..., None], lambda: array[:0], lambda: array.reshape(-1)[: rng.randrange(3)],
            lambda: np.full(array.shape, rng.choice((np.nan, -1, 1e300, 2**40, 0))), lambda: array.astype(str),
            lambda: np.concatenate([array.reshape(-1)] * 2), lambda: array.astype(np.complex64), lambda: np.array("{}"),
            lambda: np.zeros((rng.randrange(3), rng.randrange(9), rng.randrange(3))), lambda: array.astype(np.uint8),
            lambda: np.asarray(rng.choice((-1, 10**9, 2**62, 3)))]
        try:
            members[name] = as_npy(rng.choice(changed)())
        except (ValueError, TypeError, IndexError, OverflowError):
            members[name] = as_npy(np.zeros(1))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as there:
        for entry, content in members.items():
            there.writestr(entry, content)
    return out.getvalue()


def as_npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, array, allow_pickle=False)
    return out.getvalue()


def png_of(width: int, height: int, bits: int, colour: int, rows: bytes, *more: tuple[bytes, bytes]) -> bytes:
    """Chunks with right checksums."""
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = [(b"IHDR", head), *more, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, body) for kind, body in chunks)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def of_png(data: bytes, rng: random.Random) -> bytes:
    """One chunk's content changed, doubled or left out, the others whole."""
    at, chunks = 8, []
    while at + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        chunks.append([data[at + 4 : at + 8], data[at + 8 : at + 8 + size]])
        at += 12 + size
    one = rng.choice(chunks)
    how = rng.randrange(4)
    if how == 0 and one[0] == b"IDAT":
        one[1] = zlib.compress(of_bytes(zlib.decompress(one[1]), rng))
    elif how == 1:
        chunks.insert(rng.randrange(len(chunks)), one)
    elif how == 2:
        kinds = (b"tRNS", b"PLTE", b"acTL", b"fcTL", b"iCCP", b"gAMA", b"zTXt", b"IEND")
        chunks.insert(1, [rng.choice(kinds), rng.randbytes(rng.choice((0, 3, 26)))])
    else:
        one[1] = of_bytes(one[1], rng)
    return data[:8] + b"".join(chunk(kind, body) for kind, body in chunks)


def of_serialized(data: bytes, rng: random.Random) -> bytes:
    body = of_bytes(zlib.decompressobj().decompress(data[4:]), rng)
    return data[:4] + zlib.compress(body) + data[-12:]


INSIDE = {"gltf": of_json, "yaml": of_yaml, "glb": of_glb, "npz": of_npz, "png": of_png, "serialized": of_serialized}
