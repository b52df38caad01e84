"""The kinds of cameras by number, as kernels know them. Rays of those below ORTHOGRAPHIC start at a point, or
at one of a lens; lines are straight in the pictures of those below BENT."""

PINHOLE, THINLENS, ORTHOGRAPHIC, FISHEYE, PANORAMA, OPENCV = range(6)
BENT = FISHEYE
