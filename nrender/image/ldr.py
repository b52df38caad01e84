"""PNG and JPEG, decoded from sRGB and encoded to it.

Colour profiles and gamma chunks are ignored: the values are taken as sRGB.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nrender.errors import ImageError
from nrender.image import png16
from nrender.image.color import srgb_decode
from nrender.image.pixels import check_packed


def read(name: str) -> NDArray[np.float32]:
    """Linear `(H, W, 3)` in [0, 1]; alpha is dropped, grey replicated, a palette looked up."""
    if png16.is_16_bit(name):
        # Below imageio, colours of 16 bits are cut to 8 without a word.
        return srgb_decode(png16.read(name) / 65535).astype(np.float32)
    from PIL import Image

    try:
        # Of these formats alone, whatever the content: others may start programs.
        with warnings.catch_warnings():
            # About very large pictures; those that are too large raise an error of their own.
            warnings.simplefilter("ignore")
            with Image.open(name, formats=["PNG", "JPEG"]) as picture:
                check_packed(*picture.size, 3, os.path.getsize(name), name)
                encoded = np.asarray(picture.convert("RGB"))
    except ImageError:
        raise
    except Exception as error:  # each format's decoder raises what it likes
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        kind = Path(name).suffix[1:].upper()
        raise ImageError(f"{name}: damaged or not a {kind} file: {reason}") from error
    return srgb_decode(np.arange(256) / 255).astype(np.float32)[encoded]


def write(path: Path, encoded: NDArray[np.uint8]) -> None:
    """Write `(H, W, 1)` or `(H, W, 3)` as 8 bits."""
    import imageio.v3 as iio

    pixels = encoded[..., 0] if encoded.shape[2] == 1 else encoded
    suffix = path.suffix.lower()
    # JPEG's colours at full resolution: the default halves it.
    options: dict[str, Any] = {} if suffix == ".png" else {"quality": 95, "subsampling": 0}
    # In memory first: on a full disk the library closes its file a second time, and complains beside the error.
    path.write_bytes(iio.imwrite("<bytes>", pixels, plugin="pillow", extension=suffix, **options))
