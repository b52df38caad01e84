"""Image files: linear float32 arrays `(height, width, 3)`, row 0 at the top, in and out.

EXR holds the linear values as they are; PNG and JPEG hold sRGB values, which are decoded on reading
and encoded (and clamped to [0, 1]) on writing. Radiance's HDR files are read.
"""

from nrender.image.color import LUMINANCE, luminance, srgb_decode, srgb_encode, tonemap
from nrender.image.files import LINEAR, SUFFIXES, read_image, write_image
from nrender.image.pixels import check_finite, check_target

__all__ = [
    "LINEAR",
    "LUMINANCE",
    "SUFFIXES",
    "check_finite",
    "check_target",
    "luminance",
    "read_image",
    "srgb_decode",
    "srgb_encode",
    "tonemap",
    "write_image",
]
