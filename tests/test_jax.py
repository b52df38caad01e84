"""The bridge to JAX: the same bits as without it, through every transformation."""

import numpy as np
import pytest
from bridge_scenes import COLOUR, PLACE, VALUES, biases, by_nrender, imported_by, noisy, small, weights
from estimates import replicate

import nrender as nr

jax = pytest.importorskip("jax", reason="JAX is not installed: pip install 'nrender[jax]'")

import jax.numpy as jnp  # noqa: E402

import nrender.jax as nj  # noqa: E402

SCENE = small()
OF_IMAGE = weights()
GIVEN = {path: jnp.asarray(value, jnp.float32) for path, value in VALUES.items()}


def loss(params, seed=3):
    return (nj.render(SCENE, params, spp=4, seed=seed) * OF_IMAGE).sum()


def same(one, other):
    assert jax.tree.structure(one) == jax.tree.structure(other)
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_array_equal(a, b)


def expected_gradient(seed=3, values=VALUES):
    return {k: g.astype(np.float32) for k, g in by_nrender(SCENE, values, OF_IMAGE, seed=seed)[1].items()}


def line_of(function, *args, error=nr.NrenderError, **keys):
    with pytest.raises(error) as caught:
        function(*args, **keys)
    return str(caught.value)


def test_nrender_does_not_import_it():
    assert imported_by("import nrender", "jax", "nrender.jax") == "[]"
    assert imported_by("import nrender.jax", "torch", "jax") == "['jax']"


def test_image_and_gradient_have_the_bits_of_render_vjp():
    image = nj.render(SCENE, GIVEN, spp=4, seed=3)
    assert (image.shape, image.dtype) == ((16, 16, 3), jnp.float32)
    np.testing.assert_array_equal(image, by_nrender(SCENE, VALUES, OF_IMAGE)[0])
    same(jax.grad(loss)(GIVEN), expected_gradient())


def test_jit_is_compiled_once_for_all_values_and_seeds():
    count = 0

    @jax.jit
    def step(params, seed):
        nonlocal count
        count += 1
        return jax.value_and_grad(loss)(params, seed)

    for seed in (3, 4):
        value, gradient = step(GIVEN, seed)
        np.testing.assert_allclose(value, loss(GIVEN, seed), rtol=1e-5)  # sums in another order
        same(gradient, expected_gradient(seed))
    assert count == 1


BATCH = {path: jnp.stack([value, 0.9 * value]) for path, value in GIVEN.items()}
ROWS = [{path: value[k] for path, value in BATCH.items()} for k in range(2)]


@pytest.mark.parametrize("jit", [lambda f: f, jax.jit], ids=["eager", "jit"])
def test_vmap_is_a_loop(jit):
    by_loop = jax.tree.map(lambda *rows: np.stack(rows), *(jax.grad(loss)(row) for row in ROWS))
    same(jit(jax.vmap(jax.grad(loss)))(BATCH), by_loop)
    same(jit(jax.grad(lambda batch: jax.vmap(loss)(batch).sum()))(BATCH), by_loop)
    images = jit(jax.vmap(lambda params: nj.render(SCENE, params, spp=4)))(BATCH)
    np.testing.assert_array_equal(images, np.stack([nj.render(SCENE, row, spp=4) for row in ROWS]))
    seeds = jnp.array([3, 4])
    of_seeds = jit(jax.vmap(jax.grad(loss), in_axes=(None, 0)))(GIVEN, seeds)
    same({path: value[1] for path, value in of_seeds.items()}, expected_gradient(4))


def test_forward_mode_is_render_jvp_of_what_moves(monkeypatch):
    asked = []
    whole = nr.render_jvp
    monkeypatch.setattr(
        "nrender.bridge.run.render_jvp", lambda s, along, **keys: asked.append(list(along)) or whole(s, along, **keys)
    )
    direction = jnp.array([1.0, 0.5, -0.5])

    def image(value):
        return nj.render(SCENE, {**GIVEN, PLACE: value}, spp=4, seed=3)

    tangent = jax.jvp(image, (GIVEN[PLACE],), (direction,))[1]
    scene = SCENE.replace({path: np.asarray(value) for path, value in GIVEN.items()})
    expected = whole(scene, {PLACE: np.asarray(direction)}, spp=4, seed=3)[1]
    np.testing.assert_array_equal(tangent, expected.astype(np.float32))
    assert asked == [[PLACE]]
    np.testing.assert_array_equal(jax.jit(jax.linearize(image, GIVEN[PLACE])[1])(direction), tangent)
    columns = jax.jacfwd(image)(GIVEN[PLACE])
    np.testing.assert_allclose(columns @ direction, tangent, atol=1e-5 * np.abs(tangent).max())


def test_forward_and_reverse_are_transposes():
    direction = {path: jnp.asarray(weights((3,), k)) for k, path in enumerate(GIVEN)}
    along = jax.jvp(loss, (GIVEN,), (direction,))[1]
    back = sum(jnp.vdot(g, direction[path]) for path, g in jax.grad(loss)(GIVEN).items())
    np.testing.assert_allclose(along, back, rtol=1e-4)  # float32 sums


def test_only_what_is_asked_is_differentiated(monkeypatch):
    asked = []
    whole = nr.render.__globals__["render_pullback"]
    monkeypatch.setattr(
        "nrender.bridge.run.render_pullback", lambda s, wrt, **keys: asked.append(tuple(wrt)) or whole(s, wrt, **keys)
    )
    jax.grad(lambda value: loss({**GIVEN, COLOUR: value}))(GIVEN[COLOUR])
    assert asked == [(COLOUR,)]


def test_a_pair_of_seeds_and_a_key():
    of_pair = jax.value_and_grad(loss)(GIVEN, (5, 3))
    np.testing.assert_allclose(of_pair[0], loss(GIVEN, 5))
    same(of_pair[1], expected_gradient(3))
    same(jax.jit(jax.grad(loss))(GIVEN, (jnp.uint32(5), jnp.uint32(3))), of_pair[1])
    keys = jax.random.split(jax.random.key(0))
    assert loss(GIVEN, keys[0]) == loss(GIVEN, keys[0]) != loss(GIVEN, keys[1])


def test_a_pair_of_seeds_takes_the_bias_off_the_gradient_of_a_loss():
    scene = noisy()

    def gradient(spp):
        def square(colour, seeds):
            return ((nj.render(scene, {COLOUR: colour}, spp=spp, seed=seeds) - 1) ** 2).mean()

        compiled = jax.jit(jax.grad(square))
        return lambda seed: compiled(jnp.full(3, 0.5), jnp.broadcast_to(jnp.array(seed), (2,)))

    truth = replicate(lambda k: gradient(4096)((k, 100 + k)), range(8))
    alike, pair = biases(gradient(1), truth)
    assert alike.min() > 4
    assert np.abs(pair).max() < 3.5


def test_several_pictures_in_one_function():
    """JAX may call back for them at once."""

    @jax.jit
    def both(params):
        return loss(params, 3) + loss(params, 4)

    one, other = expected_gradient(3), expected_gradient(4)
    same(jax.grad(both)(GIVEN), {path: one[path] + other[path] for path in one})


@pytest.mark.parametrize("again", [jax.grad, jax.jacfwd])
def test_a_second_derivative_is_refused(again):
    second = again(lambda value: jax.grad(lambda v: loss({COLOUR: v}))(value).sum())
    assert line_of(second, GIVEN[COLOUR]).startswith("nrender.jax: the gradient has no derivative")


def test_aovs_and_their_derivatives():
    names = ["depth", "shape_id"]
    scene = SCENE.replace({PLACE: np.asarray(GIVEN[PLACE])})
    pictures, pullback = nr.render_aovs_vjp(scene, names, [PLACE], spp=4, seed=3)

    def sums(value):
        found = nj.render(SCENE, {PLACE: value}, spp=4, seed=3, aovs=names)
        assert list(found) == names
        return {name: picture.sum() for name, picture in found.items()}

    by_back, by_forth = jax.jacrev(sums)(GIVEN[PLACE]), jax.jacfwd(sums)(GIVEN[PLACE])
    expected = pullback({"depth": np.ones((16, 16))})[PLACE].astype(np.float32)
    np.testing.assert_array_equal(by_back["depth"], expected)
    np.testing.assert_allclose(by_forth["depth"], expected, rtol=1e-4, atol=1e-4)
    assert not by_back["shape_id"].any()
    assert not by_forth["shape_id"].any()
    found = nj.render(SCENE, {PLACE: GIVEN[PLACE]}, spp=4, seed=3, aovs=names)
    same(found, {name: jnp.asarray(picture) for name, picture in pictures.items()})


@pytest.mark.parametrize("jit", [lambda f: f, jax.jit], ids=["eager", "jit"])
@pytest.mark.parametrize(
    "values, keys, message",
    [
        ({"materials.paint.reflectence": [0.5] * 3}, {}, "did you mean 'materials.paint.reflectance'?"),
        ({COLOUR: [0.5, 0.5]}, {}, "reflectance: expected 3 numbers, got an array of shape (2,)"),
        ({}, {"seed": 0.5}, "seed: expected a whole number, or a pair of them, got 0.5"),
        ({}, {"seed": jnp.zeros(3, int)}, "seed: expected a whole number, a pair of them or a key, got int32 of (3,)"),
        ({}, {"camera": "mian"}, "camera: no camera 'mian'; did you mean 'main'?"),
        ({}, {"aovs": ["deepth"]}, "aov: no AOV is named 'deepth'; did you mean 'depth'?"),
        ({}, {"precision": "float64"}, "precision: 'float64' needs jax.config.update('jax_enable_x64', True)"),
    ],
)
def test_what_is_wrong_is_one_line(jit, values, keys, message):
    given = {path: jnp.array(value) for path, value in values.items()}
    line = line_of(jit(lambda params: nj.render(SCENE, params, **keys)), given)
    assert message in line
    assert "\n" not in line


def test_a_value_out_of_range_is_known_when_it_is_computed():
    bad, message = {COLOUR: jnp.array([0.5, 0.5, 2.0])}, "reflectance: expected numbers in [0, 1], got 2.0 at index 2"
    assert message in line_of(nj.render, SCENE, bad)
    assert message in line_of(lambda: jax.block_until_ready(jax.jit(loss)(bad)), error=jax.errors.JaxRuntimeError)


@pytest.mark.slow
def test_float64():
    with jax.enable_x64(True):
        value = jnp.array(VALUES[COLOUR], jnp.float64)

        def whole(v):
            return nj.render(SCENE, {COLOUR: v}, spp=1, precision="float64").sum()

        assert whole(value).dtype == jnp.float64
        step = 1e-4 * jnp.eye(3)
        by_steps = [(whole(value + d) - whole(value - d)) / 2e-4 for d in step]
        np.testing.assert_allclose(jax.grad(whole)(value), by_steps, rtol=1e-6)
