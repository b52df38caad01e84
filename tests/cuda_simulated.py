"""CUDA launches in numba-cuda's simulator, where a kernel runs as Python: tests/test_cuda_sim.py runs this file, in a
process of its own, with the fixtures of cuda_cases.py. What is found is compared with the CPU's kernels of one path at
a time, in float64.

A path whose decision hangs on the last bits may go elsewhere: of 16 pixels at most one.
"""

import naive
import numpy as np
import ptx
import pytest
import test_aov_channels
from cuda_cases import ON_CPU, ON_CUDA, ONES, SEED, SIZE, close, compile_scene, still
from scene_library import corner, solid

import nrender as nr
from nrender.aov import AOVS
from nrender.backend import cuda, cuda_aovs, cuda_memory, cuda_strata, cuda_weights, devices, strata
from nrender.compile_scene import mesh
from nrender.geometry.refitted import Refitted
from nrender.geometry.tree import build
from nrender.job import job_of
from nrender.tables import FACE, FACE_EMISSION
from nrender.warm_kernels import KERNELS, device_of

pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered in scalar")  # random bits, in NumPy's scalars


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
