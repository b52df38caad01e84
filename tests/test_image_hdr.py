"""Radiance HDR files: the three ways in which their pixels are packed, and damaged ones."""

import struct

import numpy as np
import pytest

from nrender.errors import ImageError
from nrender.image import read_image, write_image

HEAD = b"#?RADIANCE\n# by hand\nFORMAT=32-bit_rle_rgbe\n"


def quads(image):
    """(H, W, 4) of an image that they hold exactly, or nearly."""
    largest = np.maximum(image.max(axis=-1), 1e-38)
    exponent = np.floor(np.log2(largest)).astype(int) + 1
    mantissa = np.floor(image * np.ldexp(256.0, -exponent)[..., None])
    packed = np.concatenate([mantissa, exponent[..., None] + 128], axis=-1).astype(np.uint8)
    packed[image.max(axis=-1) <= 0] = 0
    return packed


def by_colour(rows):
    """Run-length encoded, colour after colour."""
    out = b""
    for row in rows:
        out += struct.pack(">BBH", 2, 2, len(row))
        for line in row.T:
            at = 0
            while at < len(line):
                same = 1
                while at + same < len(line) and same < 127 and line[at + same] == line[at]:
                    same += 1
                if same > 2:
                    out += bytes([128 + same, line[at]])
                else:
                    same = 1
                    out += bytes([1, line[at]])
                at += same
    return out


def by_pixel(rows):
    """Run-length encoded as before 1991: (1, 1, 1, n) repeats the pixel before."""
    out = b""
    for row in rows:
        at = 0
        while at < len(row):
            same = 1
            while at + same < len(row) and (row[at + same] == row[at]).all():
                same += 1
            out += bytes(row[at])
            more = same - 1
            while more:
                out += bytes([1, 1, 1, more & 255])
                more >>= 8
            at += same
    return out


def write(path, pixels, size=b"-Y %d +X %d\n", head=HEAD, shape=(0, 0)):
    path.write_bytes(head + b"\n" + (size % shape if b"%d" in size else size) + pixels)
    return path


@pytest.fixture
def image():
    rng = np.random.default_rng(1)
    values = np.exp(rng.normal(0, 4, (6, 300, 1))) * rng.uniform(0.1, 1, (6, 300, 3))
    values[2] = values[2, :1]  # a row of one colour: runs of more than 255
    values[3, 40:60] = 0.0
    return values


@pytest.mark.parametrize("pack", [by_colour, by_pixel, lambda rows: rows.tobytes()], ids=["colour", "pixel", "flat"])
def test_reads_every_packing(tmp_path, image, pack):
    rows = quads(image)
    if pack is not by_colour and pack is not by_pixel:
        assert not (rows[:, 0, :2] == 2).all(axis=-1).any()  # else it would be taken for the first
    path = write(tmp_path / "a.hdr", pack(rows), shape=rows.shape[:2])
    read = read_image(path)
    assert read.shape == image.shape
    assert read.dtype == np.float32
    largest = image.max(axis=-1, keepdims=True)
    assert (np.abs(read - image) <= largest / 128 + 1e-30).all()  # eight bits of the largest colour
    assert (read[3, 40:60] == 0).all()


def test_values_are_mantissa_and_exponent(tmp_path):
    path = write(tmp_path / "a.pic", bytes([128, 64, 32, 129, 255, 0, 1, 120]), size=b"-Y 1 +X 2\n")
    assert np.array_equal(read_image(path), np.float32([[[1.0, 0.5, 0.25], [255 / 2**16, 0, 2**-16]]]))


def test_directions_and_exposure(tmp_path):
    rows = np.uint8([[[128, 0, 0, 129], [0, 128, 0, 129]], [[0, 0, 128, 129], [128, 128, 128, 129]]])
    plain = read_image(write(tmp_path / "a.hdr", rows.tobytes(), size=b"-Y 2 +X 2\n"))
    turned = read_image(write(tmp_path / "b.hdr", rows.tobytes(), size=b"+Y 2 -X 2\n"))
    assert np.array_equal(turned, plain[::-1, ::-1])
    exposed = HEAD + b"EXPOSURE=2.0\nEXPOSURE= 4\n"
    assert np.array_equal(read_image(write(tmp_path / "c.hdr", rows.tobytes(), b"-Y 2 +X 2\n", exposed)), plain / 8)


@pytest.mark.parametrize("content, message", [
    (b"P6 1 1 255\n", "expected #?RADIANCE"),
    (HEAD, "the header has no end"),
    (HEAD + b"\n+X 2 -Y 2\n1234", "expected a size like"),
    (HEAD.replace(b"rgbe", b"xyze") + b"\n-Y 1 +X 1\n1234", "expected FORMAT=32-bit_rle_rgbe"),
    (HEAD + b"EXPOSURE=0\n\n-Y 1 +X 1\n1234", "EXPOSURE: expected a number above 0"),
    (HEAD + b"\n-Y 2 +X 1\n1234", "1 of 2 rows"),
    (HEAD + b"\n-Y 1 +X 4\n\x01\x01\x01\x041234", "0 of 1 rows"),
    (HEAD + b"\n-Y 999999 +X 8\n1234", "cut short"),
    (HEAD + b"\n-Y 99999999 +X 99999999\n1234", "expected at most"),
    (HEAD + b"\n-Y 1 +X 8\n\x02\x02\x00\x08\xff1", "0 of 1 rows"),
    (HEAD + b"\n-Y 1 +X 8\n\x02\x02\x00\x09\x88\x01\x88\x01\x88\x01\x88\x01", "0 of 1 rows"),
])  # fmt: skip
def test_damaged_files_are_one_line(tmp_path, content, message):
    path = tmp_path / "a.hdr"
    path.write_bytes(content)
    with pytest.raises(ImageError, match="^" + str(path)) as raised:
        read_image(path)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_infinite_values_are_refused(tmp_path):
    path = write(tmp_path / "a.hdr", bytes([255, 255, 255, 255]), size=b"-Y 1 +X 1\n", head=HEAD + b"EXPOSURE=1e-9\n")
    with pytest.raises(ImageError, match="expected a finite value"):
        read_image(path)


def test_is_not_written(tmp_path):
    with pytest.raises(ImageError, match="expected one of .exr, .png, .jpg, .jpeg, got '.hdr'"):
        write_image(tmp_path / "a.hdr", np.ones((2, 2, 3)))
