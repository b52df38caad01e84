"""The kinds of cameras by number, as kernels know them. From APART on their functions are not inlined; lines are
straight in the pictures of those below BENT."""

PINHOLE, ORTHOGRAPHIC, THINLENS, FISHEYE, PANORAMA, OPENCV = range(6)
APART = THINLENS
BENT = FISHEYE
