"""Images that a source holds, or that come from it: pixels in the document, then files beside the scene."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import ImageError
from ..image import srgb_decode, write_image
from ..image.atomic import replacing
from ..image.pixels import check_packed
from ..scene.dump import Files

Entry = dict[str, Any]


class Coded(NamedTuple):
    """An image as it is in its file.  values: (H, W, C) in [0, 1], not decoded; data, suffix: of the file."""

    values: np.ndarray
    data: bytes
    suffix: str


def read_coded(data: bytes) -> Coded:
    """A PNG or a JPEG, with the channels that it has, 1, 3 or 4.  Raises ValueError with the reason."""
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of many pixels; of too many there is an error
            return _decoded(data)
    except ImageError as error:
        raise ValueError(str(error).removeprefix("image: ")) from None
    except ValueError:
        raise
    except Exception as error:  # each decoder raises what it likes
        reason = " ".join(str(error).split())[:80] or type(error).__name__
        if "cannot identify" in reason:
            reason = "expected a PNG or a JPEG"
        raise ValueError(reason) from None


def _decoded(data: bytes) -> Coded:
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as picture:
        check_packed(*picture.size, 4, len(data), "image")
        suffix = {"PNG": ".png", "JPEG": ".jpg"}[str(picture.format)]
        if picture.mode.startswith("I"):  # grey of 16 bits
            return Coded((np.asarray(picture, np.float64) / 65535)[..., None], data, suffix)
        alpha = "A" in picture.mode or "transparency" in picture.info
        values = np.asarray(picture.convert("RGBA" if alpha else "RGB"), np.float64) / 255
    return Coded(values, data, suffix)


def three(values: np.ndarray) -> np.ndarray:
    """(H, W, 3) of an image (H, W, C): its colours, without alpha, or its grey three times."""
    return values[..., :3] if values.shape[2] >= 3 else np.repeat(values[..., :1], 3, axis=2)


class Pictures:
    """`entry` makes the map of a texture; `write` gives all of these maps a file in place of their pixels."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Entry, str, bytes | np.ndarray, str]] = []

    def file(self, name: str, coded: Coded, raw: bool) -> Entry:
        """The image as it is; raw: its numbers aren't colours."""
        values = three(coded.values)
        entry: Entry = {"image": values if raw else srgb_decode(values)}
        self._waiting.append((entry, name, coded.data, coded.suffix))
        return entry

    def pixels(self, name: str, linear: np.ndarray) -> Entry:
        """Computed numbers (H, W, 1 or 3), linear, in an EXR file of float32."""
        entry: Entry = {"image": linear}
        self._waiting.append((entry, name, np.asarray(linear, np.float32), ".exr"))
        return entry

    def grey(self, name: str, values: np.ndarray) -> Entry:
        """Numbers (H, W) in [0, 1], in a PNG of 8 bits if it holds them exactly, else in an EXR file."""
        steps = np.rint(values * 255)
        if np.abs(steps / 255 - values).max() > 1e-9:
            return self.pixels(name, values[..., None])
        entry: Entry = {"image": values}
        self._waiting.append((entry, name, png(steps.astype(np.uint8)), ".png"))
        return entry

    def write(self, files: Files) -> None:
        """Those that are equal are written once.  Raises OSError."""
        written: dict[tuple[bytes, str], str] = {}
        for entry, name, data, suffix in self._waiting:
            key = (data if isinstance(data, bytes) else data.tobytes() + str(data.shape).encode(), suffix)
            if key not in written:
                path = files.free(name, suffix)
                _write(path, data)
                written[key] = path.name
            rest = {other: value for other, value in entry.items() if other != "image"}
            entry.clear()
            entry.update({"file": written[key], **rest})


def png(values: np.ndarray) -> bytes:
    """uint8 (H, W), (H, W, 3) or (H, W, 4) as the bytes of a file."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(values).save(out, format="PNG")
    return out.getvalue()


def _write(path: Path, data: bytes | np.ndarray) -> None:
    if not isinstance(data, bytes):
        write_image(path, data)
        return
    with replacing(path) as temporary:
        temporary.write_bytes(data)
