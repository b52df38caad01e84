"""What CUDA launches take of memory, in the simulator: bands of a picture, what stays on the device."""

import weakref

import numpy as np
import pytest
from cuda_cases import ON_CPU, ON_CUDA, ONES, SEED, SIZE, rendering
from scene_library import corner

import nrender as nr
from nrender.backend import cuda, cuda_memory, cuda_strata, cuda_weights
from nrender.errors import DeviceError, NrenderError
from nrender.job import job_of
from nrender.pixel_filter import BOX, CUT

pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered in scalar")  # random bits, in NumPy's scalars


def pretend(monkeypatch, free):
    """So many bytes of memory are free, whatever is in it."""
    monkeypatch.setattr(cuda_memory, "free_bytes", lambda: float(free))


def watched(monkeypatch, module, name):
    """What this function of the module gives from now on, all of it in one list."""
    plain, seen = getattr(module, name), []

    def watching(*args):
        found = list(plain(*args))
        seen.extend(found)
        return found

    monkeypatch.setattr(module, name, watching)
    return seen


def test_a_picture_that_does_not_fit_is_rendered_in_bands(monkeypatch):
    scene = corner(size=SIZE)
    whole = nr.render(scene, **ON_CUDA)
    tables = job_of(scene, 2, SEED, "cuda", None, "float32").tables
    cuda_memory.forget_all_but()
    row = (12 * cuda.parts_of((SIZE, SIZE), 2) + 48) * SIZE
    pretend(monkeypatch, cuda_memory.bytes_of(tables) + 3 * row)
    seen = watched(monkeypatch, cuda, "bands")
    np.testing.assert_array_equal(nr.render(scene, **ON_CUDA), whole)
    assert [(band[0].top, band[0].bottom) for band in seen] == [(0, 3), (3, 4)]


def test_a_gradient_whose_weights_do_not_fit_is_taken_in_bands(monkeypatch):
    scene, path = corner(size=SIZE), "materials.paint.reflectance"
    weights = np.random.default_rng(0).normal(size=(SIZE, SIZE, 3))
    pullback = rendering.render_pullback(scene, [path], deterministic=True, **ON_CUDA)
    whole = pullback(weights)[path]
    tables = job_of(scene, 2, SEED, "cuda", None, "float32").tables
    cuda_memory.forget_all_but()
    fixed = cuda_memory.bytes_of(tables) + cuda.gradient_bytes(tables, True)
    pretend(monkeypatch, fixed + 3 * 12 * SIZE)
    seen = watched(monkeypatch, cuda, "bands")
    np.testing.assert_array_equal(pullback(weights)[path], whole)
    assert [(band[0].top, band[0].bottom) for band in seen] == 2 * [(0, 3), (3, 4)]  # it is added up twice


def test_a_boundary_that_does_not_fit_is_taken_in_bands(work, monkeypatch):
    """The same samples count, each once; a sum of float64 has its terms in another order, one of integers is the
    same."""
    single = work[0]._replace(shares=[share._replace(samples=30) for share in work[0].shares])
    rng = np.random.default_rng(1)
    d_theta = rng.normal(size=len(single.scene.theta)).astype(np.float32)
    weights = cuda_weights.Weights(rng.normal(size=(SIZE, SIZE, 3)), (SIZE, SIZE, 3))
    tangent, found, _ = cuda_strata.boundary_tan(single, d_theta, record=True)
    gradient, _ = cuda_strata.boundary_adj(single, weights, True)
    around = 0 if single.scene.filter == BOX else 2 * CUT  # rows
    edges, more = cuda_strata._edge_bytes(single), d_theta.nbytes + 8 * cuda_strata.SAMPLES
    seen = watched(monkeypatch, cuda_strata, "_all_rows")
    for rows in (1, 3):
        seen.clear()
        cuda_memory.forget_all_but()
        fixed = cuda_memory.bytes_of(single.scene) + edges
        pretend(monkeypatch, fixed + more + 24 * SIZE * (rows + around))
        banded, each, _ = cuda_strata.boundary_tan(single, d_theta, record=True)
        np.testing.assert_allclose(banded, tangent, rtol=1e-12, atol=1e-12 * np.abs(tangent).max())
        for one, other in zip(each, found, strict=True):
            assert (one.samples, one.reached) == (other.samples, other.reached)
            np.testing.assert_allclose(one.square, other.square, rtol=1e-12)
            np.testing.assert_allclose(one.by_cluster, other.by_cluster, rtol=1e-12)
        cuda_memory.forget_all_but()
        fixed += cuda.gradient_bytes(single.scene, True)
        pretend(monkeypatch, fixed + 12 * SIZE * (rows + around))
        np.testing.assert_array_equal(cuda_strata.boundary_adj(single, weights, True)[0], gradient)
        assert len(seen) == 2 * -(-SIZE // rows)


def test_a_picture_takes_the_memory_that_is_planned(monkeypatch):
    """What one band had is given back before the next one."""
    scene, live, most = corner(size=SIZE), 0, 0

    def counted(make):
        def made(*args):
            nonlocal live, most
            array = make(*args)
            weakref.finalize(array, given_back, array.nbytes)
            live += array.nbytes
            most = max(most, live)
            return array

        return made

    def given_back(size):
        nonlocal live
        live -= size

    tables = job_of(scene, 2, SEED, "cuda", None, "float32").tables
    pullback = rendering.render_pullback(scene, ["materials.paint.reflectance"], **ON_CUDA)
    row = (12 * cuda.parts_of((SIZE, SIZE), 2) + 48) * SIZE
    d_theta = np.ones(len(tables.theta), np.float32)
    whole, gradient = cuda_memory.bytes_of(tables), cuda.gradient_bytes(tables, False)
    bad = 16
    for name in ("to_device", "device_array"):
        monkeypatch.setattr(cuda.cuda, name, counted(getattr(cuda.cuda, name)))
    for fits, call in (
        (row, lambda: nr.render(scene, **ON_CUDA)),
        (2 * row + d_theta.nbytes, lambda: cuda.render_tan(None, tables, d_theta, (SIZE, SIZE), 2, SEED)),
        (12 * SIZE + gradient, lambda: pullback(ONES)),
    ):
        cuda_memory.forget_all_but()
        assert live == 0
        pretend(monkeypatch, whole + fits)
        most = 0
        call()
        assert whole < most <= whole + fits + bad


def test_a_picture_can_stay_on_the_device():
    scene, path = corner(size=SIZE), "materials.paint.reflectance"
    whole = nr.render(scene, **ON_CUDA)
    image = nr.render(scene, on_device=True, **ON_CUDA)
    assert (image.shape, image.dtype) == (whole.shape, np.float32)
    assert not isinstance(image, np.ndarray)
    np.testing.assert_array_equal(image.copy_to_host(), whole)
    image, pullback = nr.render_vjp(scene, [path], on_device=True, **ON_CUDA)
    np.testing.assert_array_equal(image.copy_to_host(), whole)
    assert pullback(ONES)[path].all()
    with pytest.raises(DeviceError, match="on_device: the image is rendered on the CPU"):
        nr.render(scene, on_device=True, device="cpu")


def test_samples_are_launched_in_ranges(monkeypatch):
    scene = corner(size=SIZE)
    keys = {"device": "cuda", "seed": SEED, "spp": 5}
    whole = nr.render(scene, **keys)
    monkeypatch.setattr(cuda, "THREADS", 1)
    monkeypatch.setattr(cuda, "SAMPLES", 2 * SIZE * SIZE)
    assert [(p.first, p.last) for p in next(cuda.bands((SIZE, SIZE), 5, SIZE))] == [(0, 2), (2, 4), (4, 5)]
    np.testing.assert_allclose(nr.render(scene, **keys), whole, rtol=1e-6)
    path = "materials.paint.reflectance"
    np.testing.assert_allclose(
        nr.render_vjp(scene, [path], **keys)[1](ONES)[path],
        nr.render_vjp(scene, [path], device="cpu", precision="float64", seed=SEED, spp=5)[1](ONES)[path],
        rtol=1e-4,
    )


def test_what_does_not_fit_at_all_is_one_line(monkeypatch):
    scene = corner(size=SIZE)
    pretend(monkeypatch, 1000)
    cuda_memory.forget_all_but()
    with pytest.raises(DeviceError, match=r"^device 'cuda': the scene needs 0 MB and 0 MB are free; .*$"):
        nr.render(scene, **ON_CUDA)
    with pytest.raises(DeviceError, match="device 'cuda': the scene needs"):
        nr.render_vjp(scene, ["materials.paint.reflectance"], device="cuda", spp=1)
    with pytest.raises(DeviceError, match="device 'cuda': the scene needs"):
        rendering.render_pullback(scene, ["materials.paint.reflectance"], device="cuda", spp=1)(ONES)


def test_a_boundary_that_does_not_fit_at_all_is_one_line(work, monkeypatch):
    single, _ = work
    pretend(monkeypatch, 1000)
    with pytest.raises(DeviceError, match=r"^device 'cuda': the scene needs .*$"):
        cuda_strata.boundary_tan(single, np.zeros(len(single.scene.theta), np.float32))
    with pytest.raises(DeviceError, match=r"^device 'cuda': the scene needs .*$"):
        cuda_strata.boundary_adj(single, cuda_weights.Weights(ONES, ONES.shape))


def test_a_scene_is_copied_once():
    scene = corner(size=SIZE)
    tables = job_of(scene, 1, 0, "cuda", None, "float32").tables
    assert cuda_memory.kept(tables) is cuda_memory.kept(tables._replace(few=np.zeros(3, np.float32)))
    for _ in range(cuda_memory.KEPT):
        after = cuda_memory.kept(tables._replace(theta=tables.theta.copy()))
        assert after.faces is cuda_memory.kept(tables).faces  # only what is new is copied
    assert len(cuda_memory._kept) == cuda_memory.KEPT


class Foreign:
    """An array of another library: only the interface."""

    def __init__(self, array):
        self.array, self.__cuda_array_interface__ = array, {}


def test_weights_that_are_on_the_device_stay_there(monkeypatch):
    scene, path = corner(size=SIZE), "materials.paint.reflectance"
    weights = np.random.default_rng(0).normal(size=(SIZE, SIZE, 3))
    monkeypatch.setattr(cuda_weights, "cuda", WithInterface(cuda.cuda))
    _, pullback = nr.render_vjp(scene, [path], **ON_CUDA)
    expected = pullback(weights)[path]
    for array in (weights, np.asfortranarray(weights), weights.astype(np.float32)):
        np.testing.assert_allclose(pullback(Foreign(array))[path], expected, rtol=1e-6)
    for bad, message in (
        (weights[:2], r"weights: expected shape \(4, 4, 3\), got \(2, 4, 3\)"),
        (weights.astype(np.int32), "weights: expected float32 or float64, got int32"),
        (np.where(weights > 1, np.nan, weights), "weights: expected finite numbers"),
    ):
        with pytest.raises(NrenderError, match=message):
            pullback(Foreign(bad))
    with pytest.raises(NrenderError, match="weights: are on a GPU"):
        nr.render_vjp(scene, [path], **ON_CPU)[1](Foreign(weights))


class WithInterface:
    """The simulator, which has no arrays of other libraries."""

    def __init__(self, module):
        self.module = module

    def __getattr__(self, name):
        return getattr(self.module, name)

    def as_cuda_array(self, foreign):
        return self.module.to_device(foreign.array)
