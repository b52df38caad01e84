"""The CUDA kernels compile to PTX, with no GPU at hand, without double precision but for sums, and take no more of a
thread than was accepted."""

import json
import re
import subprocess
import sys

import ptx as tool
import pytest

from nrender.bsdf import MODELS
from nrender.local import GROUPS

pytest.importorskip("numba_cuda", reason="the extra `cuda` is not installed")

# libdevice's sinf and cosf have a branch for |x| > 1e5, which takes the argument to one turn in float64.
LARGE_ANGLE = [r"cvt\.rn\.f64\.s64", r"mul\.f64\s.*0d3BF921FB54442D19", r"cvt\.rn\.f32\.f64"]
# libdevice's acosf has one approximate root. Only the falloff of a spot asks for an angle, and that chooses no path.
ARCCOSINE = "rsqrt.approx.ftz.f32"
# libdevice's expf is a power of 2, which GPUs have as an approximation. A clearcoat's normal is sampled by it; the same
# bits give the same power, in every kernel.
POWER = "ex2.approx.ftz.f32"
SUM = [r"cvt\.f64\.f32", r"(atom|red)\.(global\.)?add\.f64"]
SUMS = ("render_adj", "outlines", "grazing", "mirrored", "aovs_adj", "aov_outlines")
RISE = 1.1  # of what the assembler reports, more must be accepted
SLACK = 16  # bytes or registers


@pytest.fixture(scope="module")
def compile_ptx():
    """PTX of a kernel by name and compute capability."""
    try:
        with tool.compiler() as compiled:
            yield compiled
    except ImportError as reason:
        pytest.skip(str(reason))


def in_double(ptx):
    """Instructions on float64; declarations of registers are none."""
    return [line.strip() for line in ptx.splitlines() if re.search(r"\.f64\b", line) and ".reg" not in line]


@pytest.mark.parametrize("name", tool.KERNELS)
def test_no_instruction_is_in_double_precision(compile_ptx, name):
    allowed = LARGE_ANGLE + (SUM if name in SUMS else [])
    lines = in_double(compile_ptx(name))
    assert [line for line in lines if not any(re.match(pattern, line) for pattern in allowed)] == []
    walks = 1 if name in ("render", "render_tan") else 2
    turns = (2 * 2 * len(MODELS) + 10) * walks  # a sine and a cosine for each of two lobes; the environment map's
    if name in ("grazing", "mirrored"):
        turns += 9  # of the angles that edges subtend, a point on one, and a line through it
    # Two angles of a direction that a fisheye or panorama sees, two of its slopes: of its ray; tangent, adjoint and
    # derivatives by the screen have both.
    turns += 4 if name == "render" else 4 + 3 * 8
    # A place by a gaussian filter, a point of a lens: for a pixel, and for a sample of the boundary.
    turns += 4 if name == "render" else 8
    assert sum(bool(re.match(LARGE_ANGLE[1], line)) for line in lines) <= turns


@pytest.mark.parametrize("name", tool.KERNELS)
def test_square_roots_and_divisions_are_exact(compile_ptx, name):
    """A replayed path must be the same path."""
    ptx = compile_ptx(name)
    assert "sqrt.rn.f32" in ptx
    assert "div.rn.f32" in ptx
    inexact = re.findall(r"\b(?:sqrt|div|rcp|rsqrt|sin|cos|ex2|lg2)\.(?:approx|full)\S*", ptx)
    assert set(inexact) <= {ARCCOSINE, POWER}
    assert inexact.count(ARCCOSINE) <= 3  # of a value, a tangent, an adjoint
    spread = 4 if name in ("outlines", "grazing", "mirrored", "aov_outlines") else 0  # a gaussian filter's value
    assert inexact.count(POWER) <= 2 + spread  # of two walks


@pytest.mark.parametrize("name", ["render", "render_tan", "aovs", "aovs_tan"])
def test_a_thread_owns_its_pixel(compile_ptx, name):
    """Nothing of a picture is added by atomics, so it has the same bits every time."""
    assert re.findall(r"\b(?:atom|red)\.\S*\.f\d+", compile_ptx(name)) == []


@pytest.mark.parametrize("name", SUMS)
def test_gradients_are_summed_in_float64_by_atomics(compile_ptx, name):
    kinds = set(re.findall(r"\b(?:atom|red)\.\S*add\.(f\d+)", compile_ptx(name)))
    assert kinds == {"f64"}


def test_gradients_whose_order_does_not_matter_are_integers(compile_ptx):
    assert re.search(r"\b(atom|red)\.\S*add\.[us]64", compile_ptx("outlines, fixed"))


@pytest.mark.parametrize("name", tool.OTHERS)
def test_the_others_compile(compile_ptx, name):
    assert ".entry" in compile_ptx(name)


@pytest.mark.parametrize("name", tool.WALKS)
def test_a_walk_reads_a_node_by_five_loads_and_a_triangle_by_three(compile_ptx, name):
    """Of 128 bits each; and its stack is written only where a group is put there."""
    ptx = compile_ptx(name)
    assert in_double(ptx) == []
    loads = len(re.findall(r"ld\.global\.nc\.v4\.[uf]32", ptx))
    assert (loads - 5) % 3 == 0  # the loop over a leaf may be there twice
    assert loads == len(re.findall(r"ld\.global\.nc", ptx))
    assert len(re.findall(r"st\.local", ptx)) == len(re.findall(r"ld\.local", ptx)) == 1


@pytest.mark.parametrize("name", tool.WALKS)
def test_products_of_edge_functions_are_rounded(compile_ptx, name):
    """The assembler may fuse a plain product with a difference: then triangles would not join without gaps."""
    rounded = len(re.findall(r"mul\.rn\.f32", compile_ptx(name)))
    assert rounded in (6, 12)  # the loop over a leaf may be there twice


@pytest.mark.parametrize("name", tool.WALKS)
def test_the_assembler_gives_a_walk_few_registers(compile_ptx, name):
    if not tool.has_assembler():
        pytest.skip("no ptxas")
    found = tool.assembled(name, compile_ptx(name))
    assert (found["stack"], found["spill stores"]) == (4 * GROUPS, 0)
    assert found["registers"] <= 64  # for 1024 threads a multiprocessor, which has 65536


@pytest.mark.parametrize("name", [*tool.KERNELS, *tool.WALKS])
def test_the_assembler_finds_what_was_accepted(compile_ptx, name):
    if not tool.has_assembler():
        pytest.skip("no ptxas")
    found = tool.assembled(name, compile_ptx(name))
    accepted = json.loads(tool.TABLE.read_text())
    if accepted["versions"] != tool.versions():
        pytest.skip(f"the accepted numbers are of {accepted['versions']}")
    for what, number in found.items():
        limit = max(RISE * accepted["kernels"][name][what], accepted["kernels"][name][what] + SLACK)
        assert number <= limit, (
            f"{name}: {what} rose from {accepted['kernels'][name][what]} to {number}; if that is worth it, accept it: "
            "python benchmarks/ptx.py --accept"
        )


def test_memory_is_kept_free_for_the_threads():
    from nrender.backend.cuda_memory import STACK

    assert STACK >= max(numbers["stack"] for numbers in json.loads(tool.TABLE.read_text())["kernels"].values())


@pytest.mark.slow
@pytest.mark.parametrize("capability", [(7, 5), (9, 0)])
@pytest.mark.parametrize("name", tool.KERNELS)
def test_other_generations_of_gpus(compile_ptx, name, capability):
    ptx = compile_ptx(name, capability)
    assert f".target sm_{capability[0]}{capability[1]}" in ptx
    if tool.has_assembler():
        tool.assembled(name, ptx, capability)


def test_only_this_backend_needs_the_extra():
    code = "import sys, nrender.render; print([m for m in sys.modules if 'cuda' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "numba.cuda.dispatcher" not in done.stdout
