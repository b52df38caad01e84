"""CUDA launches in numba-cuda's simulator, where a kernel runs as Python: tests/test_cuda_sim.py runs this file, in a
process of its own. What is found is compared with the CPU's kernels of one path at a time, in float64.

A path whose decision hangs on the last bits may go elsewhere: of 16 pixels at most one.
"""

import importlib
import warnings
import weakref

import naive
import numpy as np
import ptx
import pytest
import test_aov_channels
import test_lanes
from scene_library import corner, solid

import nrender as nr
from nrender.aov import AOVS
from nrender.backend import cuda, cuda_aovs, cuda_memory, cuda_strata, cuda_weights, devices, strata
from nrender.compile_scene import mesh
from nrender.errors import DeviceError, NrenderError
from nrender.geometry.refitted import Refitted
from nrender.geometry.tree import build
from nrender.job import job_of
from nrender.pixel_filter import BOX, CUT
from nrender.tables import FACE, FACE_EMISSION
from nrender.warm_kernels import KERNELS, SCENE, device_of

pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered in scalar")  # random bits, in NumPy's scalars

rendering = importlib.import_module("nrender.render")
compile_scene = importlib.import_module("nrender.compile_scene")
SIZE, SEED = 4, 3
ONES = np.ones((SIZE, SIZE, 3))


def small(scene):
    """The same with a picture of 4 x 4 pixels."""
    document = scene.document
    document["cameras"]["main"]["resolution"] = [SIZE, SIZE]
    document["cameras"]["main"].pop("crop", None)
    return nr.Scene.from_dict(document)


def close(found, expected, off=1):
    """Images that agree but for so many pixels."""
    assert expected.any()
    far = np.abs(found - expected).max(-1) > 1e-4 * np.abs(expected).max()
    assert far.sum() <= off


def still(scene):
    """All parameters that move nothing, and a direction of each."""
    paths = [path for path in scene.parameters if not rendering.moves_geometry(path)]
    rng = np.random.default_rng(1)
    return {path: rng.normal(size=scene.parameters[path].shape) for path in paths}


@pytest.fixture(scope="module", params=test_lanes.SCENES)
def scene(request):
    return small(test_lanes.SCENES[request.param]())


ON_CUDA = {"device": "cuda", "spp": 2, "seed": SEED}
ON_CPU = {"device": "cpu", "precision": "float64", "spp": 2, "seed": SEED}


def test_images_are_the_cpus(scene):
    image = nr.render(scene, **ON_CUDA)
    assert image.dtype == np.float32
    close(image, nr.render(scene, **ON_CPU))


def test_tangents_are_the_cpus(scene):
    directions = still(scene)
    image, tangent = nr.render_jvp(scene, directions, **ON_CUDA)
    expected, d_expected = nr.render_jvp(scene, directions, **ON_CPU)
    close(image, expected)
    close(tangent, d_expected)


@pytest.mark.parametrize("deterministic", [False, True])
def test_gradients_are_the_cpus(scene, deterministic):
    paths = list(still(scene))
    _, pullback = nr.render_vjp(scene, paths, deterministic=deterministic, **ON_CUDA)
    found = pullback(ONES)
    expected = nr.render_vjp(scene, paths, **ON_CPU)[1](ONES)
    size = max(np.abs(g).max() for g in expected.values())
    for path in paths:
        np.testing.assert_allclose(found[path], expected[path], rtol=1e-3, atol=1e-4 * size)


LENS = {"type": "thinlens", "aperture_radius": 0.1, "focus_distance": 3.0, "filter": "gaussian"}


@pytest.fixture(
    scope="module", params=[{}, {"type": "fisheye", "fov": 45}, LENS], ids=["straight", "bent", "out of focus"]
)
def work(request):
    """Of float32 and float64, few samples of each kind of boundary: outlines, shadows, indirect light, what a smooth
    surface shows."""
    scene = small(nr.Scene.from_dict(SCENE | {"cameras": {"main": SCENE["cameras"]["main"] | request.param}}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        jobs = [job_of(scene, 1, SEED, *how) for how in (("cuda", None, "float32"), ("cpu", None, "float64"))]
        works = [rendering._boundary(job, ["shapes.thing.transform.translate"]) for job in jobs]
    shares = [share._replace(samples=100) for share in works[0].shares]
    return [work._replace(shares=shares) for work in works]


def test_boundary_samples_are_the_cpus(work):
    single, double = work
    assert {share.stratum.strategy for share in single.shares} == {"primary", "lights", "edges", "mirrored"}
    d_theta = np.random.default_rng(1).normal(size=len(single.scene.theta)).astype(np.float32)
    tangent, found, _ = cuda_strata.boundary_tan(single, d_theta, record=True)
    expected, cpu_found, _ = strata.boundary_tan(double, d_theta.astype(np.float64))
    np.testing.assert_allclose(tangent, expected, atol=1e-3 * np.abs(expected).max())
    for one, other in zip(found, cpu_found, strict=True):
        assert one.samples == other.samples
        assert abs(one.reached - other.reached) <= 1  # of 100, one whose decision hangs on the last bits
        assert one.square == pytest.approx(other.square, rel=1e-3)
        np.testing.assert_allclose(one.by_cluster, other.by_cluster, rtol=1e-3, atol=1e-3 * other.square + 1e-30)
    assert sum(one.square > 0 for one in found) >= 2  # through a lens few of 100 samples are in so small a picture
    assert cuda_strata.boundary_tan(single, d_theta)[1] == []


@pytest.mark.parametrize("deterministic", [False, True])
def test_boundary_gradients_are_the_cpus(work, deterministic):
    single, double = work
    weights = np.random.default_rng(2).normal(size=(SIZE, SIZE, 3))
    found, _ = cuda_strata.boundary_adj(single, cuda_weights.Weights(weights, weights.shape), deterministic)
    expected, _ = strata.boundary_adj(double, weights)
    np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())


def test_what_moves_has_gradient_and_tangent():
    """Through the public functions, silhouettes included: the adjoint is the tangent's transpose."""
    scene = solid(size=SIZE)
    path = "shapes.thing.transform.translate"
    direction = {path: np.array([0.3, -1.0, 0.5])}
    weights = np.random.default_rng(0).normal(size=(SIZE, SIZE, 3))
    _, tangent = nr.render_jvp(scene, direction, device="cuda", spp=1, seed=SEED)
    _, jacobian = nr.render_jacobian(scene, [path], device="cuda", spp=1, seed=SEED)
    gradient = nr.render_vjp(scene, [path], device="cuda", spp=1, seed=SEED)[1](weights)[path]
    assert jacobian[path].shape == (SIZE, SIZE, 3, 3)
    assert gradient.any()
    # a pilot has its own samples for each set of parameters, but these have the same one
    np.testing.assert_allclose(jacobian[path] @ direction[path], tangent, atol=1e-4 * np.abs(tangent).max())
    assert gradient @ direction[path] == pytest.approx(np.sum(weights * tangent), rel=1e-3)


def test_pixels_without_weight_are_left_out():
    scene = corner(size=SIZE)
    weights = np.zeros((SIZE, SIZE, 3))
    path = "materials.paint.reflectance"
    assert not nr.render_vjp(scene, [path], **ON_CUDA)[1](weights)[path].any()


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


def ball(scale):
    """Eighty faces, whose vertices are a parameter, in three sizes along the axes."""
    vertices, faces = naive.icosphere(1)
    scene = solid(size=SIZE).document
    scene["shapes"]["thing"] = {"type": "mesh", "vertices": vertices * scale, "faces": faces, "material": "paint"}
    return nr.Scene.from_dict(scene)


def test_a_tree_whose_vertices_move_is_refitted_on_the_device(monkeypatch):
    """Nothing of it goes there; hits, so pictures, are those of a new tree."""
    first, path = ball([1.0, 1.0, 1.0]), "shapes.thing.vertices"
    vertices = first.parameters[path]
    moved = [first.replace({path: vertices * scale}) for scale in ([1.0, 0.9, 1.1], [0.9, 1.1, 1.0])]
    expected = [nr.render(scene, **ON_CUDA) for scene in moved]  # of few faces, whose tree is always new
    monkeypatch.setattr(mesh, "REFIT_FROM", 10)
    mesh._meshes.clear()
    compile_scene._kept.clear()
    cuda_memory.forget_all_but()
    nr.render(first, **ON_CUDA)
    sent = []
    to_device = cuda.cuda.to_device
    monkeypatch.setattr(cuda.cuda, "to_device", lambda array: sent.append(array) or to_device(array))
    monkeypatch.setattr(mesh, "compress", None)
    for scene, image in zip(moved, expected, strict=True):
        np.testing.assert_array_equal(nr.render(scene, **ON_CUDA), image)
        tables = job_of(scene, 2, SEED, "cuda", None, "float32").tables
        assert isinstance(tables.compressed, Refitted)
        assert max(array.nbytes for array in sent) < tables.compressed.tree.words.nbytes
    cuda_memory.forget_all_but()  # by others that needed the memory
    np.testing.assert_array_equal(nr.render(moved[0], **ON_CUDA), expected[0])
    assert any(array is tables.compressed.tree.words for array in sent)


def test_a_refitted_tree_that_has_grown_is_given_up(monkeypatch):
    """From then on others are refitted from the new one; but not those that were to be from the old one."""
    first, path = ball([1.0, 1.0, 1.0]), "shapes.thing.vertices"
    vertices = first.parameters[path]
    mixed = np.random.default_rng(0).permutation(vertices)
    moved = [first.replace({path: points}) for points in (mixed, vertices * 1.1, mixed * 1.1, mixed * 0.9)]
    expected = [nr.render(scene, **ON_CUDA) for scene in moved]
    monkeypatch.setattr(mesh, "REFIT_FROM", 10)
    mesh._meshes.clear()
    compile_scene._kept.clear()
    cuda_memory.forget_all_but()
    built = []
    monkeypatch.setattr(mesh, "build", lambda *args: built.append(args) or build(*args))
    nr.render(first, **ON_CUDA)
    old = [job_of(scene, 2, SEED, "cuda", None, "float32").tables.compressed.tree for scene in moved[:2]]
    assert old[0] is old[1]
    for scene, image in zip(moved, expected, strict=True):
        np.testing.assert_array_equal(nr.render(scene, **ON_CUDA), image)
    assert len(built) == 2  # the first one, and instead of that given up


def test_samples_that_are_not_finite_are_counted_and_left_out():
    scene, counts = corner(size=SIZE, background=[1, 1, 1]), []
    for how in (("cuda", None, "float32"), ("cpu", None, "float64")):
        job = job_of(scene, 1, SEED, *how)
        theta = job.tables.theta.copy()
        theta[job.tables.faces[FACE_EMISSION - FACE]] = np.nan  # of the last face, the lamp's
        image, bad = job.backend.render(job.width, job.tables._replace(theta=theta), job.size, 1, SEED, False)
        assert np.isfinite(image).all()
        counts.append(bad.first())
    dark = np.flatnonzero(~image.any(-1))
    assert counts[0] == (len(dark), dark[0], 0)
    assert counts[1][0] == len(dark)


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


def test_aovs_are_the_cpus(scene):
    """Pictures, and tangents of what doesn't move."""
    directions = still(scene)
    found, tangents = nr.render_aovs_jvp(scene, AOVS, directions, **ON_CUDA)
    expected, d_expected = nr.render_aovs_jvp(scene, AOVS, directions, **ON_CPU)
    plain, plain_expected = nr.render_aovs(scene, AOVS, **ON_CUDA), nr.render_aovs(scene, AOVS, **ON_CPU)
    pairs = ((found, expected), (tangents, d_expected), (plain, plain_expected))
    for pictures, others in pairs:
        for name, picture in pictures.items():
            far = np.abs(picture - others[name]) > 1e-4 * np.abs(others[name]).max() + 1e-6
            assert far.reshape(SIZE, SIZE, -1).any(-1).sum() <= 1, name
    assert found["depth"].dtype == plain["shape_id"].dtype == np.float32


@pytest.mark.parametrize(
    "scene, names",
    [
        (solid(size=SIZE), [name for name, aov in AOVS.items() if aov.differentiable]),
        (test_aov_channels.two(SIZE), test_aov_channels.NAMES),
    ],
    ids=["all", "channels"],
)
def test_derivatives_of_aovs_are_the_cpus(scene, names):
    """Of what moves, outlines included."""
    rng = np.random.default_rng(0)
    directions = {path: rng.normal(size=value.shape) for path, value in scene.parameters.items()}
    _, tangents = nr.render_aovs_jvp(scene, names, directions, **ON_CUDA)
    _, expected = nr.render_aovs_jvp(scene, names, directions, **ON_CPU)
    weights = {name: rng.normal(size=tangent.shape) for name, tangent in tangents.items()}
    for name in names:
        np.testing.assert_allclose(tangents[name], expected[name], atol=5e-3 * np.abs(expected[name]).max() + 1e-6)
    wanted = nr.render_aovs_vjp(scene, names, list(directions), **ON_CPU)[1](weights)
    for deterministic in (False, True):
        pullback = nr.render_aovs_vjp(scene, names, list(directions), deterministic=deterministic, **ON_CUDA)[1]
        for path, gradient in pullback(weights).items():
            np.testing.assert_allclose(gradient, wanted[path], atol=5e-3 * np.abs(wanted[path]).max() + 1e-6)


def test_all_kernels_can_be_launched_ahead():
    done = []
    backend = devices.pick("cuda", "float32")
    launched = {name: ptx.function_of(name) for name in ptx.KERNELS}
    with pytest.MonkeyPatch.context() as patch:
        for module in (cuda, cuda_strata, cuda_aovs, cuda_weights):
            patch.setattr(module, "launch", lambda kernel, *rest: done.append(kernel))
        for name in KERNELS:
            if device_of(name, "cuda") == "cuda":
                KERNELS[name](backend)
    assert {name for name, kernel in launched.items() if kernel in done} == set(launched)


def test_a_simulated_gpu_is_taken_only_by_name():
    assert devices.resolve("auto") == "cpu"
    assert devices.devices() == ["cpu", "cuda: simulated"]
