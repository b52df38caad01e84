"""Images of few bytes that ask for much, or aren't what their names say."""

import struct
import subprocess
import sys
import zlib

import pytest

from nrender.image import read_image

MEMORY = 700 * 2**20
"""Bytes beyond what is there after the imports."""

CHILD = """
import resource, sys
import numba, OpenEXR, PIL.Image
from nrender.errors import ImageError
from nrender.image import read_image
for file in {warm!r}:
    read_image(file)
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + {memory}, -1))
for file in {files!r}:
    try:
        read_image(file)
    except ImageError as error:
        print(error)
"""


def exr_header(width, height, *, compression=3, kind=b"scanlineimage", tiles=None, channels=b"BGR", version=2):
    """The header of an EXR file, as its format's description has it."""
    def attribute(name, type_, data):
        return name + b"\0" + type_ + b"\0" + struct.pack("<I", len(data)) + data

    listed = b"".join(struct.pack("<2sIIII", bytes((c, 0)), 2, 0, 1, 1) for c in channels) + b"\0"
    box = struct.pack("<iiii", 0, 0, width - 1, height - 1)
    return b"\x76\x2f\x31\x01" + struct.pack("<I", version) + b"".join((
        attribute(b"channels", b"chlist", listed), attribute(b"compression", b"compression", bytes((compression,))),
        attribute(b"dataWindow", b"box2i", box), attribute(b"displayWindow", b"box2i", box),
        attribute(b"lineOrder", b"lineOrder", b"\0"), attribute(b"pixelAspectRatio", b"float", struct.pack("<f", 1)),
        attribute(b"screenWindowCenter", b"v2f", bytes(8)),
        attribute(b"screenWindowWidth", b"float", struct.pack("<f", 1)),
        *([attribute(b"tiles", b"tiledesc", struct.pack("<IIB", *tiles, 0))] if tiles else []),
        *([attribute(b"type", b"string", kind)] if version & 0x1A00 else []))) + b"\0"


def png(width, height, packed, *, bits=8, colour=2):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


ZEROS = zlib.compress(bytes(10**7))
IMAGES = {
    "EXR of 100k x 100k": ("a.exr", lambda: exr_header(100_000, 100_000) + bytes(1000)),
    "EXR of 16k x 16k": ("a.exr", lambda: exr_header(2**14, 2**14) + bytes(1000)),
    "EXR of 2^31": ("a.exr", lambda: exr_header(2**31 - 1, 2**31 - 1) + bytes(1000)),
    "EXR with large tiles": ("a.exr", lambda: exr_header(
        64, 64, tiles=(2**31 - 1, 2**31 - 1), version=0x202) + bytes(99)),
    "EXR with tiles of nothing": ("a.exr", lambda: exr_header(64, 64, tiles=(0, 0), version=0x202) + bytes(99)),
    "EXR, deep": ("a.exr", lambda: exr_header(8, 8, kind=b"deepscanline", version=0x802) + bytes(999)),
    "EXR of many parts": ("a.exr", lambda: exr_header(8, 8, version=0x1002) + bytes(999)),
    "EXR without channels": ("a.exr", lambda: exr_header(8, 8, channels=b"") + bytes(999)),
    "EXR of 200 channels": ("a.exr", lambda: exr_header(4096, 4096, channels=bytes(range(33, 127)) * 2) + bytes(999)),
    "EXR cut short": ("a.exr", lambda: exr_header(8, 8)[:100]),
    "EXR whose block unpacks to much": ("a.exr", lambda: exr_header(8, 8) + struct.pack("<Q", 400) + struct.pack(
        "<iI", 0, len(ZEROS)) + ZEROS),
    "PNG of 100k x 100k": ("a.png", lambda: png(100_000, 100_000, ZEROS)),
    "PNG of 16k x 16k": ("a.png", lambda: png(2**14, 2**14, ZEROS)),
    "PNG of 16 bits of 16k x 16k": ("a.png", lambda: png(2**14, 2**14, ZEROS, bits=16)),
    "PNG of no pixels": ("a.png", lambda: png(0, 8, ZEROS)),
    "PNG of more than it says": ("a.png", lambda: png(8, 8, b"x" + ZEROS)),
    "HDR of 10^9 pixels": ("a.hdr", lambda: b"#?RADIANCE\n\n-Y 31622 +X 31622\n" + bytes(10**5)),
    "HDR of wide rows": ("a.hdr", lambda: b"#?RADIANCE\n\n-Y 1 +X 268435455\n" + bytes(100)),
    "HDR of zeros": ("a.hdr", lambda: b"#?RADIANCE\n\n-Y 0 +X 0\n" + bytes(100)),
    "HDR without an end": ("a.hdr", lambda: b"#?RADIANCE\n" + b"x" * 10**6),
    "HDR of long runs": ("a.hdr", lambda: b"#?RADIANCE\n\n-Y 1 +X 2000\n\0\0\0\0" + b"\1\1\1\xff" * 9),
    "PostScript": ("a.png", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"),
    "a GIF": ("a.png", lambda: b"GIF89a\x01\0\x01\0\0\0\0;"),
}


GOOD = {"good.png": png(1, 1, zlib.compress(bytes(4))), "deep.png": png(1, 1, zlib.compress(bytes(7)), bits=16),
        "good.hdr": b"#?RADIANCE\n\n-Y 1 +X 1\n\1\2\3\x80"}
"""Of which the readers are compiled."""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory are Linux'")
def test_images_that_ask_for_much(tmp_path):
    """In a process that has not much memory; in one for all, since starting it takes longer than reading them."""
    for good, content in GOOD.items():
        (tmp_path / good).write_bytes(content)
    files = []
    for number, (name, data) in enumerate(IMAGES.values()):
        files.append(tmp_path / f"{number}{name}")
        files[-1].write_bytes(data())
    code = CHILD.format(memory=MEMORY, files=list(map(str, files)), warm=[str(tmp_path / good) for good in GOOD])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    for what, file, line in zip(IMAGES, files, lines, strict=True):
        assert line.startswith(f"{file}: "), what
        assert line.isprintable(), what


def test_a_picture_of_one_colour_is_no_bomb(tmp_path):
    (tmp_path / "a.png").write_bytes(png(2000, 2000, zlib.compress(bytes(2000 * 6001))))
    assert read_image(tmp_path / "a.png").shape == (2000, 2000, 3)
