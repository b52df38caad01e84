"""Pictures as data: URIs, and several as one that moves."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import Any

import numpy as np

QUALITY = 85  # of WebP with losses, 0 to 100
LOSSLESS = 64  # pixels of a side, up to which every pixel is seen


def image(pixels: np.ndarray, text: str, small: bool = False) -> str:
    """<img> of (H, W, 3) uint8.  small: a thumbnail, for which WebP will do (a fifth of the bytes of PNG)."""
    uri = moving([pixels], [0]) if small else _uri("png", pixels)
    height, width = pixels.shape[:2]
    return f'<img src="{uri}" alt="{escape(text, quote=True)}" width="{width}" height="{height}">'


def moving(frames: list[np.ndarray], milliseconds: list[int]) -> str:
    """The data: URI of frames of one size, each shown so long, over and over.

    Animated WebP: all browsers show it, and noise, which no format without losses makes small, takes a ninth of the
    bytes of APNG and a fifth of GIF's, with all colours.  APNG where Pillow was built without WebP.
    """
    from PIL import features

    kind = "webp" if features.check("webp") else "png"
    options: dict[str, Any] = {} if len(frames) == 1 else {"duration": milliseconds, "loop": 0}
    if kind == "webp":
        options |= {"lossless": True} if max(frames[0].shape) <= LOSSLESS else {"quality": QUALITY}
    return _uri(kind, frames[0] if len(frames) == 1 else np.stack(frames), **options)


def _uri(kind: str, pixels: np.ndarray, **options: Any) -> str:
    import imageio.v3 as iio

    stream = io.BytesIO()
    iio.imwrite(stream, pixels, plugin="pillow", extension=f".{kind}", **options)
    return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
