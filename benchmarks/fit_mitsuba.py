"""The fits of fit_problems.py by Adam in Mitsuba 3: the same scenes, numbers, starts, bounds, steps and loss.

The picture and its derivative have random numbers of their own, as in `mi.render`; the target is Mitsuba's.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from fit_own import TARGET_SEED, TARGET_SPP, Row, steady
from fit_problem import Peer, Problem, Values, free
from fit_problems import AIM, ORIGIN, TEXELS
from mitsuba_twin import mitsuba_scene, use_mitsuba

import nrender as nr
from nrender.scene.transform import world_vertices


class Twin:
    """A problem in Mitsuba."""

    def __init__(self, problem: Problem):
        self.mi = mi = use_mitsuba()
        mi.set_log_level(mi.LogLevel.Error)
        self.problem = problem
        self.scene = mitsuba_scene(mi, problem.truth)
        self.sensors = [sensor(mi, problem.truth, name) for name in problem.truth.cameras]
        self.parameters = mi.traverse(self.scene)
        render = {"sensor": None, "spp": TARGET_SPP // len(self.sensors), "seed": TARGET_SEED}
        self.targets = [mi.TensorXf(np.array(mi.render(self.scene, **render | {"sensor": s}))) for s in self.sensors]
        self.put = PLACES[problem.place](self)

    def key(self, array: np.ndarray) -> str:
        """Of the vertices (N, 3); shapes of meshes made in Python have no names of their own."""
        flat = array.astype(np.float32).ravel()
        for key in self.parameters.keys():  # noqa: SIM118  (not a dict)
            if key.endswith("vertex_positions"):
                found = np.array(self.parameters[key])
                if found.shape == flat.shape and np.allclose(found, flat):
                    return key
        raise LookupError("the vertices are not in Mitsuba's scene")

    def ending(self, word: str) -> str:
        (key,) = (key for key in self.parameters.keys() if key.endswith(word))  # noqa: SIM118
        return str(key)

    def fit(self, peer: Peer, seed: int, seconds: float, iterations: int | None = None) -> tuple[list[Row], str]:
        """(rows, how it ended): until its seconds or iterations are over, or it is found."""
        import drjit as dr

        mi, problem = self.mi, self.problem
        depth = {} if peer.plugin == "direct_projective" else {"max_depth": problem.truth.integrator.max_depth}
        integrator = mi.load_dict({"type": peer.plugin, **depth, **dict(peer.options)})
        numbers = Numbers(problem, seed)
        low, high = (mi.Float(b.astype(np.float32)) for b in (numbers.low, numbers.high))
        start, step = (mi.Float(b.astype(np.float32)) for b in (numbers.start, numbers.step))
        optimizer = mi.ad.Adam(lr=peer.rate)
        optimizer["x"] = dr.zeros(mi.Float, len(numbers.start))
        rows = [Row(0.0, 0, 0, problem.error(numbers.begin))]
        began = time.perf_counter()
        for k in itertools.count(1):
            x = optimizer["x"]
            self.put(start + step * x)
            self.parameters.update()
            loss = mi.Float(0.0)
            for view, (eye, target) in enumerate(zip(self.sensors, self.targets, strict=True)):
                streams = [int(s) for s in np.random.SeedSequence((seed, k, view)).generate_state(2)]
                keys = {"sensor": eye, "integrator": integrator, "spp": peer.spp, "seed": streams[0]}
                image = mi.render(self.scene, self.parameters, **keys, seed_grad=streams[1])
                loss += dr.mean(dr.square(image - target), axis=None).array
            dr.backward(loss)
            optimizer.step()
            x = dr.detach(optimizer["x"])
            optimizer["x"] = x = dr.clip(x, (low - start) / step, (high - start) / step)
            found = numbers.values(np.array(start + step * x, np.float64))
            rows.append(Row(time.perf_counter() - began, k, k, problem.error(found)))
            if rows[-1].seconds > seconds or k == iterations or steady(peer.rate, rows):
                break
        return rows, "ended"


class Numbers:
    """Start, step and bounds of the free numbers, in the order of x; and back to {path: value}."""

    def __init__(self, problem: Problem, seed: int):
        self.begin = problem.start(np.random.default_rng(seed))
        self.free = {path: free(spec, np.shape(self.begin[path])) for path, spec in problem.specs.items()}
        rows = []
        for path, spec in problem.specs.items():
            value = np.asarray(self.begin[path], np.float64)
            low, high = spec.get("bounds", [-np.inf, np.inf])
            parts = (value, np.full(value.shape, spec["step"]), low, high)
            rows.append([np.broadcast_to(p, value.shape).reshape(-1)[self.free[path]] for p in parts])
        self.start, self.step, self.low, self.high = (np.concatenate(p) for p in zip(*rows, strict=True))

    def values(self, numbers: np.ndarray) -> Values:
        out, used = {}, 0
        for path, index in self.free.items():
            value = np.array(self.begin[path], np.float64)
            value.reshape(-1)[index] = numbers[used : used + len(index)]
            out[path], used = value, used + len(index)
        return out


def sensor(mi: Any, scene: nr.Scene, name: str) -> Any:
    document = scene.document
    document["cameras"] = {name: document["cameras"][name]}
    document.pop("optimize", None)
    return mitsuba_scene(mi, nr.Scene.from_dict(document, base=scene_base(scene))).sensors()[0]


def scene_base(scene: nr.Scene) -> Any:
    from common import ROOT

    return ROOT / "scenes"


# Where the numbers go in Mitsuba's scene: functions of a Twin that return a function of the numbers, an mi.Float.

Put = Callable[[Any], None]


def _vertices(twin: Twin, shape: str) -> np.ndarray:
    found = twin.problem.truth.shapes[shape]
    return np.asarray(world_vertices(found.vertices, found.transform))


def _flat(mi: Any, array: np.ndarray) -> Any:
    return mi.Float(array.astype(np.float32).ravel())


def turn(twin: Twin) -> Put:
    """About z, degrees, about the shape's pivot."""
    import drjit as dr

    mi, v = twin.mi, _vertices(twin, twin.problem.shape)
    pivot = (v.min(0) + v.max(0)) / 2
    key, d = twin.key(v), v - pivot
    still = _flat(mi, pivot + d * [0, 0, 1])
    along, across = _flat(mi, d * [1, 1, 0]), _flat(mi, np.stack([-d[:, 1], d[:, 0], 0 * d[:, 0]], 1))

    def put(values: Any) -> None:
        angle = values * (np.pi / 180)
        twin.parameters[key] = still + dr.cos(angle) * along + dr.sin(angle) * across

    return put


def shift(twin: Twin) -> Put:
    import drjit as dr

    mi, v = twin.mi, _vertices(twin, twin.problem.shape)
    key, base, component = twin.key(v), _flat(mi, v), mi.UInt(np.tile(np.arange(3, dtype=np.uint32), len(v)))

    def put(values: Any) -> None:
        twin.parameters[key] = base + dr.gather(mi.Float, values, component)

    return put


def glaze(twin: Twin) -> Put:
    """Mitsuba's alpha is the square of the roughness."""
    import drjit as dr

    mi, p = twin.mi, twin.parameters
    keys = [twin.ending(word) for word in ("diffuse_reflectance.value", "specular_reflectance.value", ".alpha")]

    def put(values: Any) -> None:
        number = [dr.gather(mi.Float, values, k) for k in range(5)]
        p[keys[0]], p[keys[1]], p[keys[2]] = mi.Color3f(*number[:3]), number[3], dr.square(number[4])

    return put


def texels(twin: Twin) -> Put:
    """Mitsuba has row 0 below."""
    import drjit as dr

    mi, shape = twin.mi, twin.problem.truth.parameters[TEXELS].shape
    key, index = twin.ending(".data"), np.arange(np.prod(shape), dtype=np.uint32).reshape(shape)[::-1]
    upside_down = mi.UInt(index.ravel())

    def put(values: Any) -> None:
        twin.parameters[key] = mi.TensorXf(dr.gather(mi.Float, values, upside_down), shape)

    return put


def vertices(twin: Twin) -> Put:
    key = twin.key(_vertices(twin, twin.problem.shape))

    def put(values: Any) -> None:
        twin.parameters[key] = values

    return put


def pose(twin: Twin) -> Put:
    """The camera stays at the truth, and the world moves before it as before the camera of the numbers."""
    import drjit as dr

    mi, truth = twin.mi, twin.problem.truth
    world = {twin.key(v): v for v in (_vertices(twin, name) for name in truth.shapes)}
    points = {key: mi.Point3f(*(mi.Float(v[:, k].astype(np.float32)) for k in range(3))) for key, v in world.items()}
    up = mi.Vector3f(truth.cameras["main"].values["up"].tolist())

    def frame(origin: Any, target: Any) -> tuple[Any, Any, Any]:
        ahead = dr.normalize(target - origin)
        right = dr.normalize(dr.cross(ahead, up))
        return right, dr.cross(right, ahead), ahead

    home = mi.Point3f(truth.parameters[ORIGIN].tolist())
    axes = frame(home, mi.Point3f(truth.parameters[AIM].tolist()))

    def put(values: Any) -> None:
        number = [dr.gather(mi.Float, values, k) for k in range(6)]
        origin = mi.Point3f(*number[:3])
        seen = frame(origin, mi.Point3f(*number[3:]))
        for key, p in points.items():
            arm = p - origin
            place = home + sum((dr.dot(arm, a) * b for a, b in zip(seen, axes, strict=True)), mi.Vector3f(0))
            twin.parameters[key] = dr.ravel(place)

    return put


PLACES: dict[str, Callable[[Twin], Put]] = {
    "turn": turn,
    "shift": shift,
    "glaze": glaze,
    "texels": texels,
    "vertices": vertices,
    "pose": pose,
}
