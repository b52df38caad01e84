"""Where PyTorch runs what: tensors in a GPU's memory, backward in other threads, and its warnings."""

import threading
import warnings

import numpy as np
import pytest
from bridge_scenes import PLACE, VALUES, by_nrender, small, weights

import nrender as nr

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'nrender[torch]'")

import nrender.torch as nt  # noqa: E402

SCENE = small()


def parameters():
    return {path: torch.tensor(value, requires_grad=True) for path, value in VALUES.items()}


def test_what_is_on_a_gpu_stays_there(monkeypatch):
    """All but the driver: an image with `__cuda_array_interface__` is taken as it is, and the weights go back as a
    tensor. The memory is the host's here; tests/test_cuda.py has the real thing."""
    whole, transfer = nr.render_vjp, nt.function.transfer
    seen = []

    class OnDevice:
        def __init__(self, array):
            self.array, self.__cuda_array_interface__ = array, array.__array_interface__

    def render_vjp(scene, wrt, on_device, **keys):
        image, pullback = whole(scene, wrt, **keys)
        seen.append(OnDevice(image) if on_device else image)
        return seen[-1], lambda weights: seen.append(weights) or pullback(np.asarray(weights))

    def as_tensor(array, device=None):
        return torch.from_numpy(array.array) if isinstance(array, OnDevice) else array

    monkeypatch.setattr("nrender.bridge.run.render_vjp", render_vjp)
    monkeypatch.setattr(transfer, "stays", lambda device, precision, to: True)
    monkeypatch.setattr(transfer, "synchronize", lambda device: seen.append(str(device)))
    given = parameters()
    with monkeypatch.context() as patched:
        patched.setattr(torch, "as_tensor", as_tensor)
        image = nt.render(SCENE, given, spp=4, seed=3)
    (image * torch.from_numpy(weights())).sum().backward()
    assert image.data_ptr() == seen[0].array.ctypes.data
    assert seen[1] == "cpu"  # its stream has ended before nrender reads what it wrote
    assert isinstance(seen[2], torch.Tensor)
    expected = by_nrender(SCENE, VALUES, weights())[1]
    np.testing.assert_array_equal(given[PLACE].grad.numpy(), expected[PLACE].astype(np.float32))


@pytest.mark.parametrize(
    "device, precision, there, stays",
    [
        ("cuda", "float32", "cuda", True),
        ("cuda", "float32", "cpu", False),
        ("cpu", "float32", "cuda", False),
        ("auto", "float64", "cuda", False),
    ],
)
def test_when_an_image_stays_on_the_gpu(device, precision, there, stays):
    assert nt.function.transfer.stays(device, precision, torch.device(there)) is stays


def test_backward_in_other_threads_has_the_same_bits():
    """As autograd does it for tensors of a GPU, and several at once."""
    found = {}

    def work(k):
        given = parameters()
        image = nt.render(SCENE, given, spp=4, seed=k)
        image.square().sum().backward()
        found[k] = given[PLACE].grad

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = dict(found)
    for k in range(4):
        work(k)
        torch.testing.assert_close(together[k], found[k], rtol=0, atol=0)


@pytest.mark.parametrize("in_thread", [False, True])
def test_warnings_of_backward_arrive(monkeypatch, in_thread):
    """One that is an error goes up as that error, as from any function; a plain one is said."""
    whole = nr.render_vjp

    def warns(*args, **keys):
        image, pullback = whole(*args, **keys)

        def pull(of_image):
            warnings.warn("1 samples were not finite", nr.render.__globals__["RenderWarning"], stacklevel=2)
            return pullback(of_image)

        return image, pull

    monkeypatch.setattr("nrender.bridge.run.render_vjp", warns)
    caught = []

    def work():
        try:
            nt.render(SCENE, parameters(), spp=1).sum().backward()
        except Warning as warning:
            caught.append(warning)

    def run():
        thread = threading.Thread(target=work)
        thread.start() if in_thread else work()
        if in_thread:
            thread.join()

    run()
    assert [str(one) for one in caught] == ["1 samples were not finite"]  # warnings are errors here
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        run()
    assert [str(one.message) for one in said] == ["1 samples were not finite"]
    assert len(caught) == 1
