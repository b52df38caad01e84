"""How much two images differ: MSE, MAE, PSNR, SSIM, FLIP, and pictures of the difference.

Images are linear `(height, width, 3)`.  MSE, MAE and PSNR are of the linear values as they are, so
of the whole range of an HDR image.  SSIM and FLIP are about what a viewer sees: values are clamped
to [0, 1] first, and two images that differ only above 1 look the same to them.
"""

from nrender.compare.flip import PIXELS_PER_DEGREE, flip, flip_map
from nrender.compare.metrics import compare, mae, mse, psnr
from nrender.compare.signed import difference_image, full_colour, signed_to_rgb
from nrender.compare.ssim import ssim

__all__ = [
    "PIXELS_PER_DEGREE",
    "compare",
    "difference_image",
    "flip",
    "flip_map",
    "full_colour",
    "mae",
    "mse",
    "psnr",
    "signed_to_rgb",
    "ssim",
]
