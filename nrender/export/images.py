"""Images as the bytes of PNG files."""

from __future__ import annotations

import io

import numpy as np

from .notes import Notes


def coded_png(name: str, values: np.ndarray, notes: Notes) -> bytes:
    """(H, W, 1, 3 or 4) in [0, 1], already coded, in 8 bits; a line if that rounds them."""
    from PIL import Image

    steps = np.rint(np.clip(values, 0.0, 1.0) * 255)
    if np.abs(steps / 255 - values).max() > 1e-6:
        notes.add("image", name, "rounded to 8 bits")
    pixels = steps.astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(out, format="PNG")
    return out.getvalue()
