"""The bridge to PyTorch: the same bits as without it, in every way in which autograd may ask."""

import numpy as np
import pytest
from bridge_scenes import COLOUR, PLACE, VALUES, biases, by_nrender, imported_by, noisy, small, weights
from estimates import replicate

import nrender as nr

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'nrender[torch]'")

import nrender.torch as nt  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # torch's own use

SCENE = small()


def parameters(dtype=torch.float32, **values):
    return {path: torch.tensor(v, dtype=dtype, requires_grad=True) for path, v in {**VALUES, **values}.items()}


def line_of(function, *args, **keys):
    with pytest.raises(nr.NrenderError) as caught:
        function(*args, **keys)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_nrender_does_not_import_it():
    assert imported_by("import nrender", "torch", "nrender.torch") == "[]"
    assert imported_by("import nrender.torch", "torch", "jax") == "['torch']"


def test_image_and_gradient_have_the_bits_of_render_vjp():
    given, of_image = parameters(), weights()
    image = nt.render(SCENE, given, spp=4, seed=3)
    assert image.dtype == torch.float32
    assert image.shape == (16, 16, 3)
    (image * torch.from_numpy(of_image)).sum().backward()
    expected, gradient = by_nrender(SCENE, VALUES, of_image)
    np.testing.assert_array_equal(image.detach().numpy(), expected)
    for path, value in given.items():
        assert value.grad.dtype == torch.float32
        np.testing.assert_array_equal(value.grad.numpy(), gradient[path].astype(np.float32))


def test_the_gradient_has_the_type_of_each_parameter():
    given = {COLOUR: torch.tensor(VALUES[COLOUR], dtype=torch.bfloat16), PLACE: torch.tensor(VALUES[PLACE]).double()}
    for value in given.values():
        value.requires_grad_()
    nt.render(SCENE, given, spp=1).sum().backward()
    assert [value.grad.dtype for value in given.values()] == [torch.bfloat16, torch.float64]


def test_only_what_requires_a_gradient_is_differentiated(monkeypatch):
    asked = []
    whole = nr.render_vjp
    monkeypatch.setattr(
        "nrender.bridge.run.render_vjp", lambda s, wrt, **keys: asked.append(wrt) or whole(s, wrt, **keys)
    )
    given = parameters()
    given[PLACE] = given[PLACE].detach()
    nt.render(SCENE, given, spp=1).sum().backward()
    assert asked == [[COLOUR]]
    with torch.no_grad():
        assert not nt.render(SCENE, parameters(), spp=1).requires_grad
    assert not nt.render(SCENE, {}, spp=1).requires_grad
    assert len(asked) == 1


def test_a_pair_of_seeds_is_one_for_the_image_and_one_for_its_derivative():
    given, of_image = parameters(), weights()
    image = nt.render(SCENE, given, spp=4, seed=(5, 3))
    (image * torch.from_numpy(of_image)).sum().backward()
    np.testing.assert_array_equal(image.detach().numpy(), by_nrender(SCENE, VALUES, of_image, seed=5)[0])
    np.testing.assert_array_equal(
        given[PLACE].grad.numpy(), by_nrender(SCENE, VALUES, of_image, seed=3)[1][PLACE].astype(np.float32)
    )


def test_a_pair_of_seeds_takes_the_bias_off_the_gradient_of_a_loss():
    """d/dr mean((image - 1)^2): of the image's own paths E[2 (I - 1) dI] has the covariance of I and dI in it."""
    scene = noisy()

    def gradient(seed, spp=1):
        colour = torch.tensor([0.5, 0.5, 0.5], requires_grad=True)
        ((nt.render(scene, {COLOUR: colour}, spp=spp, seed=seed) - 1) ** 2).mean().backward()
        return colour.grad.numpy()

    truth = replicate(lambda k: gradient((k, 100 + k), spp=4096), range(8))
    same, pair = biases(gradient, truth)
    assert same.min() > 4
    assert np.abs(pair).max() < 3.5


@pytest.mark.slow
def test_gradcheck_in_both_modes():
    """Numbers that move nothing, and no roulette below depth 6: the image of one seed is smooth in them."""

    def image(colour, light):
        values = {COLOUR: colour, "shapes.lamp.emission": light}
        return nt.render(SCENE, values, spp=1, seed=3, precision="float64")[::5, ::5]

    given = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in ([0.5, 0.4, 0.3], [4.0, 3.0, 2.0])]
    assert image(*given).dtype == torch.float64
    assert torch.autograd.gradcheck(image, given, check_forward_ad=True)


@pytest.mark.slow
def test_gradcheck_of_a_texture():
    document = SCENE.document
    texels = np.random.default_rng(0).uniform(0.2, 0.8, (2, 2, 3))
    uvs = np.random.default_rng(1).uniform(size=(len(SCENE.shapes["thing"].vertices), 2))
    document["materials"]["paint"]["reflectance"] = {"image": texels}
    document["shapes"]["thing"]["uvs"] = uvs
    scene, path = nr.Scene.from_dict(document), f"{COLOUR}.image"

    def image(value):
        return nt.render(scene, {path: value}, spp=1, seed=3, precision="float64")[4:12:3, 4:12:3]

    assert torch.autograd.gradcheck(image, [torch.tensor(texels, requires_grad=True)])


def test_forward_mode_is_render_jvp():
    value, direction = torch.tensor(VALUES[PLACE]), torch.tensor([1.0, 0.5, -0.5])
    image, tangent = torch.func.jvp(lambda v: nt.render(SCENE, {PLACE: v}, spp=4, seed=3), (value,), (direction,))
    scene = SCENE.replace({PLACE: VALUES[PLACE]})
    expected = nr.render_jvp(scene, {PLACE: direction.numpy()}, spp=4, seed=3)[1]
    np.testing.assert_array_equal(image.numpy(), nr.render(scene, spp=4, seed=3))
    np.testing.assert_array_equal(tangent.numpy(), expected.astype(np.float32))


def test_vmap_is_a_loop():
    values = torch.tensor([[0.5, 0.4, 0.3], [0.2, 0.3, 0.4]])

    def loss(value):
        return nt.render(SCENE, {COLOUR: value}, spp=2).square().mean()

    one_by_one = torch.stack([torch.func.grad(loss)(value) for value in values])
    torch.testing.assert_close(torch.vmap(torch.func.grad(loss))(values), one_by_one, rtol=0, atol=0)
    torch.testing.assert_close(torch.vmap(torch.func.jacrev(loss))(values), one_by_one, rtol=0, atol=0)
    torch.testing.assert_close(torch.vmap(loss)(values), torch.stack([loss(v) for v in values]), rtol=0, atol=0)


@pytest.mark.parametrize("linear", [True, False], ids=["linear", "square"])
def test_a_second_derivative_is_refused(linear):
    """Also of a loss whose weights depend on nothing: else it would be silently zero."""
    value = torch.tensor(VALUES[COLOUR], requires_grad=True)
    image = nt.render(SCENE, {COLOUR: value}, spp=1)
    loss = image.sum() if linear else image.square().sum()
    (gradient,) = torch.autograd.grad(loss, value, create_graph=True)
    assert "the gradient has no derivative" in line_of(gradient.sum().backward)


def test_the_scene_keeps_no_view_of_a_tensor():
    """A step in place between image and derivative, in the type that would need no copy: torch sees it, nrender's scene
    doesn't."""
    value = torch.tensor(VALUES[COLOUR], dtype=torch.float64, requires_grad=True)
    image = nt.render(SCENE, {COLOUR: value}, spp=1)
    with torch.no_grad():
        value.mul_(0.5)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        image.sum().backward()
    plain = nt.RenderModule(SCENE, [COLOUR], dtype=torch.float64)
    before = plain.scene()
    with torch.no_grad():
        plain.parameter(COLOUR).zero_()
    np.testing.assert_array_equal(before.parameters[COLOUR], SCENE.parameters[COLOUR])


def test_aovs_have_the_bits_of_render_aovs_vjp():
    names, given = ["depth", "normal", "shape_id"], parameters()
    found = nt.render(SCENE, given, spp=4, seed=3, aovs=names)
    assert list(found) == names
    assert not found["shape_id"].requires_grad
    scene = SCENE.replace({path: value.detach().numpy() for path, value in given.items()})
    pictures, pullback = nr.render_aovs_vjp(scene, names, list(given), spp=4, seed=3)
    of = {name: weights(pictures[name].shape) for name in ("depth", "normal")}
    sum((found[name] * torch.from_numpy(w)).sum() for name, w in of.items()).backward()
    for name in names:
        np.testing.assert_array_equal(found[name].detach().numpy(), pictures[name])
    np.testing.assert_array_equal(given[PLACE].grad.numpy(), pullback(of)[PLACE].astype(np.float32))


@pytest.mark.parametrize(
    "values, keys, message",
    [
        ({"materials.paint.reflectence": [0.5] * 3}, {}, "did you mean 'materials.paint.reflectance'?"),
        ({COLOUR: [0.5, 0.5]}, {}, "reflectance: expected 3 numbers, got an array of shape (2,)"),
        ({COLOUR: [0.5, 0.5, 2.0]}, {}, "reflectance: expected numbers in [0, 1], got 2.0 at index 2"),
        ({COLOUR: [0.5, 0.5, np.nan]}, {}, "reflectance: expected finite numbers, got nan at index 2"),
        ({}, {"seed": 0.5}, "seed: expected a whole number, or a pair of them, got 0.5"),
        ({}, {"seed": (1, 2, 3)}, "seed: expected a whole number, or a pair of them, got (1, 2, 3)"),
        ({}, {"camera": "mian"}, "camera: no camera 'mian'; did you mean 'main'?"),
        ({}, {"aovs": ["deepth"]}, "aov: no AOV is named 'deepth'; did you mean 'depth'?"),
        ({}, {"spp": 0}, "spp: expected a whole number from 1, got 0"),
    ],
)
def test_what_is_wrong_is_one_line(values, keys, message):
    given = {path: torch.tensor(value) for path, value in values.items()}
    assert message in line_of(nt.render, SCENE, given, **keys)


def test_weights_that_are_not_finite_are_refused():
    image = nt.render(SCENE, parameters(), spp=1)
    assert "weights: expected finite numbers" in line_of((image * np.inf).sum().backward)
