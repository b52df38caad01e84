"""PNG and JPEG: sRGB in and out, 8 and 16 bits, alpha, grey, and damaged files."""

import struct
import zlib

import imageio.v3 as iio
import numpy as np
import pytest

from nrender.image import read_image, srgb_decode, srgb_encode, tonemap, write_image


def write_png16(path, array, colour_type, filters=(0,), interlaced=0):
    """A PNG of 16 bits made by hand: array (H, W, C) uint16, row y filtered by filters[y % n]."""
    height, width, samples = array.shape
    step, lines = 2 * samples, array.astype(">u2").tobytes()
    size = step * width
    above, packed = bytes(size), b""
    for y in range(height):
        line, kind = lines[y * size : (y + 1) * size], filters[y % len(filters)]
        packed += bytes([kind])
        for i in range(size):
            left, corner = (line[i - step], above[i - step]) if i >= step else (0, 0)
            estimate = left + above[i] - corner
            paeth = min((left, above[i], corner), key=lambda near: abs(estimate - near))
            guess = (0, left, above[i], (left + above[i]) // 2, paeth)[kind]
            packed += bytes([(line[i] - guess) % 256])
        above = line

    def chunk(name, data):
        check = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, interlaced)
    body = zlib.compress(packed)
    pieces = [(b"IHDR", header), (b"IDAT", body[:9]), (b"IDAT", body[9:]), (b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*piece) for piece in pieces))
    return path


@pytest.mark.parametrize("colour_type, samples", [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_png_of_16_bits_keeps_all_of_them(tmp_path, colour_type, samples):
    array = np.random.default_rng(5).integers(0, 65536, (11, 6, samples), np.uint16)
    path = write_png16(tmp_path / "a.png", array, colour_type, filters=(4, 0, 1, 2, 3))
    colour = array[..., :3] if samples >= 3 else np.repeat(array[..., :1], 3, axis=2)
    expected = srgb_decode(colour / 65535).astype(np.float32)
    np.testing.assert_array_equal(read_image(path), expected)


def test_png_of_16_bits_that_is_damaged_or_interlaced_is_refused(tmp_path, error_of):
    array = np.full((4, 5, 3), 1000, np.uint16)
    path = write_png16(tmp_path / "a.png", array, 2)
    content = path.read_bytes()
    for cut in (30, len(content) - 25):
        path.write_bytes(content[:cut])
        assert "cut short" in error_of(read_image, path)
    path.write_bytes(content.replace(b"IDAT" + b"\x78", b"IDAT" + b"\x00", 1))
    assert "damaged" in error_of(read_image, path)
    assert "interlaced" in error_of(read_image, write_png16(path, array, 2, interlaced=1))


def test_png_is_srgb_and_comes_back_within_half_a_step(tmp_path):
    linear = np.linspace(0, 1, 300, dtype=np.float32).reshape(10, 10, 3)
    write_image(tmp_path / "a.png", linear)
    back = read_image(tmp_path / "a.png")
    assert back.dtype == np.float32
    assert np.abs(srgb_encode(back) - srgb_encode(linear)).max() <= 0.5 / 255 + 1e-6


def test_png_clamps_and_takes_encoded_bytes_as_they_are(tmp_path):
    write_image(tmp_path / "a.png", np.array([[[-1.0, 0.5, 7.0]]]))
    np.testing.assert_array_equal(iio.imread(tmp_path / "a.png"), [[[0, 188, 255]]])
    write_image(tmp_path / "b.png", np.array([[[1, 2, 3]]], np.uint8))
    np.testing.assert_array_equal(iio.imread(tmp_path / "b.png"), [[[1, 2, 3]]])


@pytest.mark.parametrize("shape, mode", [((4, 5), "grey"), ((4, 5, 2), "grey"), ((4, 5, 4), "rgb")])
def test_alpha_is_dropped_and_grey_replicated(tmp_path, shape, mode):
    pixels = np.random.default_rng(2).integers(0, 256, shape, np.uint8)
    iio.imwrite(tmp_path / "a.png", pixels)
    grey = pixels.reshape(4, 5, -1)[..., :1]
    colour = pixels[..., :3] if mode == "rgb" else np.repeat(grey, 3, axis=2)
    np.testing.assert_allclose(read_image(tmp_path / "a.png"), srgb_decode(colour / 255), rtol=1e-6)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".JPG"])
def test_jpeg_is_close(tmp_path, suffix):
    y, x = np.mgrid[0:16, 0:16] / 15
    picture = np.stack([x, y, 1 - x], axis=-1)
    write_image(tmp_path / f"a{suffix}", picture)
    back = read_image(tmp_path / f"a{suffix}")
    assert np.abs(srgb_encode(back) - srgb_encode(picture)).mean() < 0.02


def test_channels_of_a_png(tmp_path, error_of):
    write_image(tmp_path / "a.png", np.array([[[0.0, 0.5, 1.0]]]))
    array, names = read_image(tmp_path / "a.png", channels=["B", "R"])
    assert names == ["B", "R"]
    np.testing.assert_array_equal(array, [[[1, 0]]])
    assert read_image(tmp_path / "a.png", channels=True)[1] == ["R", "G", "B"]
    message = error_of(read_image, tmp_path / "a.png", channels=["Z"])
    assert message.endswith("no channel Z; there are R, G, B")


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_cut_or_false_picture_is_one_error(tmp_path, suffix, error_of):
    path = tmp_path / f"a{suffix}"
    write_image(path, np.random.default_rng(1).random((20, 20, 3)))
    content = path.read_bytes()
    for size in (4, 30, len(content) // 2):
        path.write_bytes(content[:size])
        assert error_of(read_image, path).startswith(
            f"{path}: damaged or not a {suffix[1:].upper()}"
        )


def test_png_takes_colour_or_grey_only(tmp_path, error_of):
    path = tmp_path / "a.png"
    assert "got 4 channels" in error_of(write_image, path, np.zeros((1, 1, 4)))
    grey = np.zeros((1, 1, 3))
    assert "got x, y, z" in error_of(write_image, path, grey, channels=["x", "y", "z"])
    assert "half: expected an EXR" in error_of(write_image, path, grey, half=True)


def test_srgb_curve_has_its_known_values_and_is_inverted():
    # IEC 61966-2-1: the linear piece ends at 0.04045; mid grey 0.5 is 0.214041 linear.
    known = [0, 0.0031308, 0.2140411, 1]
    np.testing.assert_allclose(srgb_decode([0, 0.04045, 0.5, 1]), known, rtol=1e-5)
    x = np.linspace(0, 1, 1001)
    np.testing.assert_allclose(srgb_decode(srgb_encode(x)), x, atol=1e-7)
    np.testing.assert_array_equal(tonemap([[0.0, 0.2159, 2.0]]), [[0, 128, 255]])
