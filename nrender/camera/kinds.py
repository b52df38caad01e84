"""The kinds of cameras by number, as kernels know them. Lines are straight in the pictures of those below BENT."""

PINHOLE, ORTHOGRAPHIC, FISHEYE, PANORAMA, OPENCV = range(5)
BENT = FISHEYE
