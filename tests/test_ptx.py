"""backend/gpu.py: the kernels compile to PTX for CUDA, with no GPU at hand, and without double precision."""

import re
import shutil
import subprocess
import sys
from types import SimpleNamespace
from typing import get_type_hints

import drivers
import numpy as np
import pytest

from nrender.boundary.lights import Emitters
from nrender.boundary.plan import Plan
from nrender.boundary.primary import Edges
from nrender.bsdf import MODELS
from nrender.device import clone
from nrender.geometry.edge_tree import EdgeTree
from nrender.local import GROUPS, SIZE
from nrender.tables import Tables

pytest.importorskip("numba_cuda", reason="the extra `cuda` is not installed")

TARGET = (8, 0)
SINGLE, INTEGER = np.zeros(1, np.float32), np.zeros(1, np.int32)
IMAGE, BAD, MANY = np.zeros((1, 1, 3), np.float32), np.zeros(3, np.int64), np.zeros(1)
REALS = {
    "theta", "uvs", "texture_places", "light_chances", "light_nodes", "env_rows", "env_columns", "nodes", "corners",
    "few",
}
SCENE = Tables(
    **{
        name: 0 if kind is int else SINGLE if name in REALS else INTEGER
        for name, kind in get_type_hints(Tables).items()
    }
)
OUTLINES = Edges(INTEGER, SINGLE, BAD, np.float32(1.0))
EDGES = EdgeTree(INTEGER, INTEGER, *[SINGLE] * 5, INTEGER)
EMITTERS = Emitters(SINGLE, INTEGER)
PLAN = Plan(True, BAD, np.float32(1.0), SINGLE, INTEGER), 1, np.float32(0.2)


def boundary(gradient):
    """The arguments of a boundary's kernel from the picture's size on; one kernel has the tangent and the adjoint."""
    return 1, 1, 1, 1, 1, True, 0, 1, SINGLE, IMAGE[0], gradient, IMAGE[0], SINGLE, BAD


KERNELS = {
    "render": (SCENE, 1, 1, 1, 1, 0, 1, SINGLE, BAD),
    "render_tan": (SCENE, SINGLE, 1, 1, 1, 1, 0, 1, SINGLE, SINGLE, BAD),
    "render_adj": (SCENE, SINGLE, 1, 1, 1, 1, True, 0, 1, SINGLE, SINGLE, BAD),
    "render_adj, sums in float64": (SCENE, SINGLE, 1, 1, 1, 1, True, 0, 1, SINGLE, MANY, BAD),
    "outlines": (SCENE, OUTLINES, *boundary(SINGLE)),
    "grazing": (SCENE, EDGES, EMITTERS, *PLAN, *boundary(SINGLE)),
    "grazing, sums in float64": (SCENE, EDGES, EMITTERS, *PLAN, *boundary(MANY)),
    "mirrored": (SCENE, EDGES, *PLAN, *boundary(SINGLE)),
}

RAYS = np.zeros((1, 3), np.float32)
WALKS = {
    "closest_hits": (SCENE, RAYS, RAYS, SINGLE, INTEGER, RAYS),
    "occlusions": (SCENE, RAYS, RAYS, SINGLE, np.zeros(1, np.bool_)),
}

# libdevice's sinf and cosf have a branch for |x| > 1e5, which takes the argument to one turn in float64.
LARGE_ANGLE = [r"cvt\.rn\.f64\.s64", r"mul\.f64\s.*0d3BF921FB54442D19", r"cvt\.rn\.f32\.f64"]
# libdevice's acosf has one approximate root. Only the falloff of a spot asks for an angle, and that chooses no path.
ARCCOSINE = "rsqrt.approx.ftz.f32"
# libdevice's expf is a power of 2, which GPUs have as an approximation. A clearcoat's normal is sampled by it; the same
# bits give the same power, in every kernel.
POWER = "ex2.approx.ftz.f32"
# Small arrays of a thread, in SIZE, besides the stack of a walk: a material's numbers, their derivatives, a
# trail.
ARRAYS = {"render": 1, "render_tan": 2, "render_adj": 4, "outlines": 1, "grazing": 4, "mirrored": 4}
SPILLED = 400  # bytes a thread: derivatives need up to 100 numbers more than the 255 registers that there are
SUM = [r"cvt\.f64\.f32", r"(atom|red)\.(global\.)?add\.f64"]


@pytest.fixture(scope="module")
def compile_ptx():
    """PTX of a kernel by name. Numba asks the driver for the current device, and NVRTC for the known targets: neither
    is needed for this."""
    from numba import cuda
    from numba.cuda import cuda_paths, dispatcher, types
    from numba.cuda.cudadrv import nvrtc, nvvm
    from numba.cuda.typing.typeof import typeof

    from nrender.backend import gpu, kernels

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatcher, "get_current_device", lambda: SimpleNamespace(compute_capability=TARGET))
        patch.setattr(nvrtc, "find_closest_arch", lambda cc: cc)
        patch.setattr(cuda_paths, "_get_nvrtc_path", lambda: None)
        patch.delattr(cuda_paths.get_cuda_paths, "_cached_result", raising=False)
        try:
            nvvm.NVVM()
        except Exception as reason:  # of whatever kind: the library or a part of it is missing
            pytest.skip(f"no NVVM library: {reason}".splitlines()[0])
        done = {}

        def of(name):
            if name not in done:
                arguments = types.void(*(typeof(a) for a in (KERNELS | WALKS)[name]))
                body = clone(getattr(drivers if name in WALKS else kernels, name.split(",")[0]).body, gpu.CUDA)
                done[name] = cuda.compile_ptx(body, arguments, cc=TARGET)[0]
            return done[name]

        yield of
        cuda_paths.get_cuda_paths.__dict__.pop("_cached_result", None)


def in_double(ptx):
    """Instructions on float64; declarations of registers are none."""
    return [line.strip() for line in ptx.splitlines() if re.search(r"\.f64\b", line) and ".reg" not in line]


@pytest.mark.parametrize("name", KERNELS)
def test_no_instruction_is_in_double_precision(compile_ptx, name):
    allowed = LARGE_ANGLE + (SUM if "float64" in name else [])
    lines = in_double(compile_ptx(name))
    assert [line for line in lines if not any(re.match(pattern, line) for pattern in allowed)] == []
    walks = 1 if name in ("render", "render_tan") else 2
    turns = (2 * 2 * len(MODELS) + 10) * walks  # a sine and a cosine for each of two lobes; the environment map's
    if name.startswith(("grazing", "mirrored")):
        turns += 9  # of the angles that edges subtend, a point on one, and a line through it
    assert sum(bool(re.match(LARGE_ANGLE[1], line)) for line in lines) <= turns


@pytest.mark.parametrize("name", KERNELS)
def test_square_roots_and_divisions_are_exact(compile_ptx, name):
    """A replayed path must be the same path."""
    ptx = compile_ptx(name)
    assert "sqrt.rn.f32" in ptx
    assert "div.rn.f32" in ptx
    inexact = re.findall(r"\b(?:sqrt|div|rcp|rsqrt|sin|cos|ex2|lg2)\.(?:approx|full)\S*", ptx)
    assert set(inexact) <= {ARCCOSINE, POWER}
    assert inexact.count(ARCCOSINE) <= 3  # of a value, a tangent, an adjoint
    assert inexact.count(POWER) <= 2  # of two walks


def test_pictures_and_gradients_are_summed_by_atomics(compile_ptx):
    assert re.search(r"\b(atom|red)\.\S*add\.f32", compile_ptx("render"))
    assert re.search(r"\b(atom|red)\.\S*add\.f32", compile_ptx("render_adj"))
    assert re.search(r"\b(atom|red)\.\S*add\.f64", compile_ptx("render_adj, sums in float64"))


def assembled(name, ptx, folder):
    """(bytes of a thread's own memory, bytes of spill stores, registers)."""
    ptxas = shutil.which("ptxas")
    if ptxas is None:
        pytest.skip("no ptxas")
    source = folder / "kernel.ptx"
    source.write_text(ptx)
    command = [ptxas, "-arch=sm_80", "-v", str(source), "-o", str(folder / "kernel.cubin")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    stack, stores, loads = re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+)", done.stderr).groups()
    registers, lines = re.search(r"Used (\d+) registers", done.stderr)[1], ptx.count("\n")
    print(f"| {name} | {registers} | {stack} | {stores} / {loads} | {lines} |")  # benchmarks/results/ptx.md
    return int(stack), int(stores), int(registers)


@pytest.mark.parametrize("name", KERNELS)
def test_the_assembler_accepts_it(compile_ptx, name, tmp_path):
    """And finds few spilled registers, and no more of a thread's own memory than the arrays that the kernel asks
    for and those."""
    stack, stores, _ = assembled(name, compile_ptx(name), tmp_path)
    assert stack <= 4 * GROUPS + ARRAYS[name.split(",")[0]] * 4 * SIZE + SPILLED
    assert stores <= (SPILLED if name.startswith(("render_tan", "render_adj")) else 0)


@pytest.mark.parametrize("name", WALKS)
def test_a_walk_reads_a_node_by_five_loads_and_a_triangle_by_three(compile_ptx, name):
    """Of 128 bits each; and its stack is written only where a group is put there."""
    ptx = compile_ptx(name)
    assert in_double(ptx) == []
    loads = len(re.findall(r"ld\.global\.nc\.v4\.[uf]32", ptx))
    assert (loads - 5) % 3 == 0  # the loop over a leaf may be there twice
    assert loads == len(re.findall(r"ld\.global\.nc", ptx))
    assert len(re.findall(r"st\.local", ptx)) == len(re.findall(r"ld\.local", ptx)) == 1


@pytest.mark.parametrize("name", WALKS)
def test_the_assembler_gives_a_walk_few_registers(compile_ptx, name, tmp_path):
    frame, stores, registers = assembled(name, compile_ptx(name), tmp_path)
    assert (frame, stores) == (4 * GROUPS, 0)
    assert registers <= 64  # for 1024 threads a multiprocessor, which has 65536


def test_only_this_backend_needs_the_extra():
    code = "import sys, nrender.render; print([m for m in sys.modules if 'cuda' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "numba.cuda.dispatcher" not in done.stdout
