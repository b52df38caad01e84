"""Image files: what is read is what was written, and every bad file is one clear line."""

import struct

import numpy as np
import OpenEXR
import pytest

from nrender.errors import ImageError
from nrender.image import check_target, read_image, tonemap, write_image


@pytest.fixture
def picture():
    """Five rows of seven pixels, no two values alike, some above 1 and below 0."""
    return np.linspace(-1, 9, 5 * 7 * 3, dtype=np.float32).reshape(5, 7, 3)


def write_exr(path, channels, **header):
    OpenEXR.File(header, channels).write(str(path))
    return path


# --- EXR -----------------------------------------------------------------------------------------


def test_float_exr_comes_back_bit_for_bit(tmp_path, picture):
    write_image(tmp_path / "a.exr", picture)
    back = read_image(tmp_path / "a.exr")
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, picture)


def test_half_exr_is_rounded_to_half_and_half_as_large(tmp_path):
    picture = np.random.default_rng(1).random((64, 64, 3), np.float32)
    write_image(tmp_path / "h.exr", picture, half=True)
    write_image(tmp_path / "f.exr", picture)
    np.testing.assert_array_equal(read_image(tmp_path / "h.exr"), picture.astype(np.float16))
    assert (tmp_path / "h.exr").stat().st_size < 0.6 * (tmp_path / "f.exr").stat().st_size


def test_colour_is_found_by_name_whatever_the_order_and_types(tmp_path, picture):
    r, g, b = np.abs(picture[..., 0]), picture[..., 1], picture[..., 2]
    channels = {"Z": r * 0, "G": g.astype(np.float16), "B": b.copy(), "R": r.astype(np.uint32)}
    image = read_image(write_exr(tmp_path / "m.exr", channels))
    np.testing.assert_array_equal(image[..., 0], r.astype(np.uint32))
    np.testing.assert_array_equal(image[..., 1], g.astype(np.float16))
    np.testing.assert_array_equal(image[..., 2], b)


@pytest.mark.parametrize("names", [["Y"], ["Y", "A"], ["depth"], ["R"]])
def test_a_lone_channel_is_grey(tmp_path, picture, names):
    channels = {name: picture[..., i].copy() for i, name in enumerate(names)}
    image = read_image(write_exr(tmp_path / "y.exr", channels))
    np.testing.assert_array_equal(image, np.repeat(picture[..., :1], 3, axis=2))


def test_layer_names_are_kept_and_channels_can_be_chosen(tmp_path):
    array = np.arange(2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5)
    names = ["R", "G", "B", "diffuse.R", "depth"]
    write_image(tmp_path / "l.exr", array, channels=names)
    everything, there = read_image(tmp_path / "l.exr", channels=True)
    assert there == ["R", "G", "B", "depth", "diffuse.R"]
    np.testing.assert_array_equal(everything[..., [0, 1, 2, 4, 3]], array)
    some, chosen = read_image(tmp_path / "l.exr", channels=("depth", "G"))
    assert chosen == ["depth", "G"]
    np.testing.assert_array_equal(some, array[..., [4, 1]])


def test_missing_channels_are_named_with_those_that_are_there(tmp_path, picture, error_of):
    path = write_exr(tmp_path / "m.exr", {"R": picture[..., 0].copy(), "G": picture[..., 1].copy()})
    assert error_of(read_image, path) == f"{path}: no channel B; there are R, G"
    write_image(path, picture, channels=["diffuse.R", "diffuse.G", "diffuse.B"])
    expected = "no channels R, G, B; there are diffuse.R, diffuse.G, diffuse.B"
    assert error_of(read_image, path).endswith(expected)
    assert "did you mean 'diffuse.R'" in error_of(read_image, path, channels=["difuse.R"])
    assert "empty list" in error_of(read_image, path, channels=[])


def test_a_data_window_beyond_the_display_window_is_cropped(tmp_path, picture):
    windows = {"dataWindow": ((-2, -1), (4, 3)), "displayWindow": ((0, 0), (2, 3))}
    path = write_exr(
        tmp_path / "o.exr", {c: picture[..., i].copy() for i, c in enumerate("RGB")}, **windows
    )
    np.testing.assert_array_equal(read_image(path), picture[1:5, 2:5])


def test_a_data_window_within_the_display_window_is_refused(tmp_path, picture, error_of):
    windows = {"dataWindow": ((2, 3), (8, 7)), "displayWindow": ((0, 0), (9, 9))}
    path = write_exr(tmp_path / "c.exr", {"Y": picture[..., 0].copy()}, **windows)
    assert "display window (0, 0)-(9, 9), got (2, 3)-(8, 7) only" in error_of(read_image, path)


def test_a_tiled_file_is_read(tmp_path, picture):
    kind = {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()}
    path = write_exr(tmp_path / "t.exr", {"Y": picture[..., 0].copy()}, **kind)
    np.testing.assert_array_equal(read_image(path)[..., 1], picture[..., 0])


def test_multi_part_and_deep_files_are_refused(tmp_path, error_of):
    flat = np.zeros((2, 3), np.float32)
    parts = [OpenEXR.Part({}, {"Z": flat}, name) for name in ("left", "right")]
    OpenEXR.File(parts).write(str(tmp_path / "p.exr"))
    message = error_of(read_image, tmp_path / "p.exr")
    assert message.endswith("expected one part, got 2 (left, right)")

    deep = np.empty((2, 3), object)
    for at in np.ndindex(deep.shape):
        deep[at] = np.array([1.0, 2.0], np.float32)
    kind = {"type": OpenEXR.deepscanline, "compression": OpenEXR.ZIPS_COMPRESSION}
    path = write_exr(tmp_path / "d.exr", {"Z": deep}, **kind)
    assert error_of(read_image, path).endswith("expected a flat image, got a deep one")


def test_every_cut_of_a_file_is_one_error_and_prints_nothing(tmp_path, picture, capfd, error_of):
    write_image(tmp_path / "whole.exr", picture)
    content = (tmp_path / "whole.exr").read_bytes()
    for size in [*range(1, len(content), 7), len(content) - 1]:
        (tmp_path / "cut.exr").write_bytes(content[:size])
        assert error_of(read_image, tmp_path / "cut.exr").startswith(str(tmp_path / "cut.exr"))
    assert capfd.readouterr() == ("", "")


def test_damaged_bytes_never_end_in_anything_but_an_image_or_one_error(tmp_path, picture, capfd):
    write_image(tmp_path / "whole.exr", picture)
    content = (tmp_path / "whole.exr").read_bytes()
    rng = np.random.default_rng(3)
    refused = 0
    for _ in range(150):
        damaged = bytearray(content)
        for at in rng.integers(4, len(content), 3):
            damaged[at] = rng.integers(256)
        (tmp_path / "bad.exr").write_bytes(damaged)
        try:
            assert read_image(tmp_path / "bad.exr").shape[2] == 3
        except ImageError:
            refused += 1
    assert refused > 20
    assert capfd.readouterr() == ("", "")


def test_a_header_that_claims_too_many_pixels_is_refused_before_they_are_read(
    tmp_path, picture, error_of
):
    path = tmp_path / "big.exr"
    write_image(path, picture)
    small, large = struct.pack("<4i", 0, 0, 6, 4), struct.pack("<4i", 0, 0, 20000, 20000)
    content = path.read_bytes()
    assert content.count(small) == 2  # the data and the display window
    path.write_bytes(content.replace(small, large))
    assert "expected at most 268435456 pixels, got 20001x20001" in error_of(read_image, path)


# --- All of them ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".exr", ".png", ".jpg"])
def test_files_that_are_no_images(tmp_path, suffix, error_of):
    path = tmp_path / f"a{suffix}"
    assert error_of(read_image, path) == f"{path}: no such file"
    path.write_text("hello\n" * 20)
    assert "not a" in error_of(read_image, path)
    path.write_bytes(b"")
    assert "empty file" in error_of(read_image, path)
    path.unlink()
    path.mkdir()
    assert "got a folder" in error_of(read_image, path)
    assert "got a folder" in error_of(write_image, path, np.zeros((1, 1, 3)))


def test_an_unknown_suffix_lists_the_known_ones(tmp_path, error_of):
    for function, arguments, more in ((read_image, (), ", .hdr, .pic"), (write_image, (np.zeros((1, 1, 3)),), "")):
        message = error_of(function, tmp_path / "a.bmp", *arguments)
        assert message.endswith(f"expected one of .exr, .png, .jpg, .jpeg{more}, got '.bmp'")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_pixel_that_is_not_finite_is_named(tmp_path, picture, bad, error_of):
    picture[3, 4, 1] = picture[4, 0, 0] = bad
    path = tmp_path / "a.exr"
    line = f"{path}: pixel (x=4, y=3), channel G: expected a finite value, got {bad}; 2 such values"
    assert error_of(write_image, path, picture) == line
    assert not path.exists()
    write_image(path, picture, finite=False)
    assert error_of(read_image, path) == line
    np.testing.assert_array_equal(read_image(path, finite=False), picture)
    assert "channel G" in error_of(tonemap, picture)


def test_bad_pixels_outside_the_asked_channels_do_not_matter(tmp_path, picture, error_of):
    picture[0, 0, 2] = np.nan
    write_image(tmp_path / "a.exr", picture, channels=["x", "y", "z"], finite=False)
    assert read_image(tmp_path / "a.exr", channels=["x", "y"])[0].shape == (5, 7, 2)
    assert "channel z" in error_of(read_image, tmp_path / "a.exr", channels=True)


@pytest.mark.parametrize(
    "array, options, message",
    [
        (np.zeros((2, 2, 5)), {}, "expected names for 5 channels, got none"),
        (np.zeros((2, 2, 3)), {"channels": ["a"]}, "expected 3 channel names, got 1"),
        (np.zeros((2, 2, 2)), {"channels": ["a", "a"]}, "channel names that differ, got a, a"),
        (np.zeros((0, 2, 3)), {}, "expected at least one pixel, got 2x0"),
        (np.zeros(3), {}, "expected numbers (height, width, channels), got float64 (3,)"),
        (np.array([["a"]]), {}, "expected numbers"),
        (np.full((1, 1, 3), 1e5), {"half": True}, "expected values up to 65504 (half), got 100000"),
        (np.full((1, 1, 3), 1e39), {}, "(float32), got 1e+39"),
        (np.zeros((1, 1, 3), np.uint8), {}, "expected linear values for EXR, got 8-bit ones"),
    ],
)
def test_arrays_that_can_not_be_written(tmp_path, array, options, message, error_of):
    assert message in error_of(write_image, tmp_path / "a.exr", array, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path, picture, monkeypatch, error_of
):
    path = tmp_path / "a.exr"
    write_image(path, picture)

    def fail(*_):
        raise OSError(28, "No space left on device")

    for module in ("exr", "ldr"):
        monkeypatch.setattr(f"nrender.image.{module}.write", fail)
    expected = f"{path}: can't write: No space left on device"
    assert error_of(write_image, path, 2 * picture) == expected
    error_of(write_image, tmp_path / "b.png", picture)
    assert [file.name for file in tmp_path.iterdir()] == ["a.exr"]
    np.testing.assert_array_equal(read_image(path), picture)


def test_a_missing_folder_is_named(tmp_path, error_of):
    message = error_of(write_image, tmp_path / "no" / "a.exr", np.zeros((1, 1, 3)))
    assert message.endswith(f"no such folder: {tmp_path / 'no'}")


def test_check_target_names_both_sizes(error_of):
    check_target(np.zeros((256, 128, 3)), 128, 256, "t.exr")
    message = error_of(check_target, np.zeros((64, 128, 3)), 256, 256, "t.exr")
    assert message == "t.exr: expected 256x256, got 128x64"
    assert "got (64, 128)" in error_of(check_target, np.zeros((64, 128)), 128, 64, "t.exr")
