"""Embree 4, one ray at a time, from the library that comes with the package embreex, or the system's: its C functions,
called from compiled loops."""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

INDEX, VERTEX, UINT3, FLOAT3 = 0, 1, 0x5003, 0x9003
POINTER, NUMBER, SIZE = ctypes.c_void_p, ctypes.c_uint, ctypes.c_size_t
FUNCTIONS = {
    "rtcNewDevice": (POINTER, ctypes.c_char_p),
    "rtcNewScene": (POINTER, POINTER),
    "rtcNewGeometry": (POINTER, POINTER, NUMBER),
    "rtcSetSharedGeometryBuffer": (None, POINTER, NUMBER, NUMBER, NUMBER, POINTER, SIZE, SIZE, SIZE),
    "rtcCommitGeometry": (None, POINTER),
    "rtcAttachGeometry": (NUMBER, POINTER, POINTER),
    "rtcReleaseGeometry": (None, POINTER),
    "rtcCommitScene": (None, POINTER),
    "rtcReleaseScene": (None, POINTER),
    "rtcIntersect1": (None, POINTER, POINTER, POINTER),
    "rtcOccluded1": (None, POINTER, POINTER, POINTER),
}


def library() -> Any:
    """The functions by name, or None."""
    spec = importlib.util.find_spec("embreex")
    path = ctypes.util.find_library("embree4")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent.parent / "embreex.libs"
        for name in ("libtbb*", "libembree4*"):
            for found in folder.glob(name):
                path = str(found)
                ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
    if path is None:
        return None
    code = ctypes.CDLL(path)
    functions = {}
    for name, (result, *arguments) in FUNCTIONS.items():
        functions[name] = getattr(code, name)
        functions[name].restype, functions[name].argtypes = result, arguments
    return functions


class Embree:
    """Scenes of one mesh each, on so many threads."""

    def __init__(self, functions: Any, threads: int):
        self.call = functions
        self.device = functions["rtcNewDevice"](f"threads={threads}".encode())
        intersect, occlude = functions["rtcIntersect1"], functions["rtcOccluded1"]

        @njit
        def closest(scene, ray, o, d, t, face):
            words = ray.view(np.uint32)
            for i in range(len(o)):
                _set(ray, words, o, d, i, np.float32(1e30))
                words[18] = 0xFFFFFFFF  # the geometry
                intersect(scene, ray.ctypes.data, 0)
                t[i], face[i] = ray[8], np.int32(words[17]) if words[18] == 0 else -1

        @njit
        def occluded(scene, ray, o, d, met):
            words = ray.view(np.uint32)
            for i in range(len(o)):
                _set(ray, words, o, d, i, np.float32(1e30))
                occlude(scene, ray.ctypes.data, 0)
                met[i] = ray[8] < 0

        self._closest, self._occluded = closest, occluded
        memory = np.zeros(48, np.float32)
        begin = -memory.ctypes.data % 64 // 4
        self._ray = memory[begin : begin + 32]

    def build(self, vertices: np.ndarray, faces: np.ndarray) -> tuple[Any, Any]:
        """(scene, what must live as long)."""
        padded = np.zeros((len(vertices) + 1, 3), np.float32)  # Embree reads 16 bytes of each
        padded[:-1] = vertices
        corners = np.ascontiguousarray(faces, np.uint32)
        scene = self.call["rtcNewScene"](self.device)
        geometry = self.call["rtcNewGeometry"](self.device, 0)
        share = self.call["rtcSetSharedGeometryBuffer"]
        share(geometry, VERTEX, 0, FLOAT3, padded.ctypes.data, 0, 12, len(vertices))
        share(geometry, INDEX, 0, UINT3, corners.ctypes.data, 0, 12, len(faces))
        self.call["rtcCommitGeometry"](geometry)
        self.call["rtcAttachGeometry"](scene, geometry)
        self.call["rtcReleaseGeometry"](geometry)
        self.call["rtcCommitScene"](scene)
        return scene, (padded, corners)

    def release(self, scene: Any) -> None:
        self.call["rtcReleaseScene"](scene)

    def closest(self, scene: Any, o: np.ndarray, d: np.ndarray, t: np.ndarray, face: np.ndarray) -> None:
        self._closest(scene, self._ray, o, d, t, face)

    def occluded(self, scene: Any, o: np.ndarray, d: np.ndarray, met: np.ndarray) -> None:
        self._occluded(scene, self._ray, o, d, met)


@njit
def _set(ray, words, o, d, i, far):
    ray[0], ray[1], ray[2], ray[3] = o[i, 0], o[i, 1], o[i, 2], 0.0
    ray[4], ray[5], ray[6], ray[7] = d[i, 0], d[i, 1], d[i, 2], 0.0
    ray[8], words[9], words[10], words[11] = far, 0xFFFFFFFF, 0, 0
