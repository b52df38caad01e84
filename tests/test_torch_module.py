"""A scene as a module: its parameters by their paths, its random numbers, its bounds, and a fit."""

import io

import numpy as np
import pytest
from bridge_scenes import COLOUR, PLACE, small

import nrender as nr

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'nrender[torch]'")

import nrender.torch as nt  # noqa: E402

SCENE = small()
FITTED = SCENE.with_optimize(
    {
        "parameters": {
            PLACE: {"init": [0.1, 0.0, 0.0], "bounds": [[-0.5, -0.3, 0], [0.7, 0.3, 0]], "mask": [1, 1, 0]},
            "cameras.main.fov": {},
        }
    }
)


def test_parameters_have_their_paths_as_names():
    module = nt.RenderModule(SCENE, [COLOUR, PLACE, "shapes.thing.transform.scale"])
    assert sorted(module.state_dict()) == sorted(dict(module.named_parameters())) == sorted(module.paths)
    assert list(module.values()) == module.paths
    np.testing.assert_array_equal(module.parameter(PLACE).detach(), SCENE.parameters[PLACE].astype(np.float32))


def test_a_name_may_be_that_of_a_method():
    document = SCENE.document
    document["materials"] = {"forward" if k == "paint" else "train": v for k, v in document["materials"].items()}
    for shape in document["shapes"].values():
        shape["material"] = "forward" if shape["material"] == "paint" else "train"
    module = nt.RenderModule(nr.Scene.from_dict(document), ["materials.forward.reflectance"], spp=1)
    assert list(module.state_dict()) == ["materials.forward.reflectance"]
    module().sum().backward()
    assert module.train().parameter("materials.forward.reflectance").grad.abs().sum() > 0


def test_a_state_goes_to_a_file_and_back():
    module, other, file = nt.RenderModule(SCENE, [COLOUR]), nt.RenderModule(SCENE, [COLOUR]), io.BytesIO()
    with torch.no_grad():
        module.parameter(COLOUR).copy_(torch.tensor([0.1, 0.2, 0.3]))
    torch.save(module.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file))
    np.testing.assert_array_equal(other.scene().parameters[COLOUR], np.float32([0.1, 0.2, 0.3]).astype(float))


def test_the_section_gives_parameters_start_mask_and_bounds():
    module = nt.RenderModule(FITTED, spp=1)
    assert module.paths == [PLACE, "cameras.main.fov"]
    np.testing.assert_array_equal(module.parameter(PLACE).detach(), np.float32([0.1, 0, 0]))
    module().sum().backward()
    gradient = module.parameter(PLACE).grad
    assert gradient[:2].all()
    assert gradient[2] == 0
    with torch.no_grad():
        module.parameter(PLACE).copy_(torch.tensor([-9.0, 9.0, 0.0]))
        module.parameter("cameras.main.fov").fill_(500.0)
    held = module.clamp_().scene().parameters  # within the range of a key that excludes its ends
    np.testing.assert_allclose(held[PLACE], [-0.5, 0.3, 0], rtol=1e-6)
    assert held[PLACE][1] <= 0.3
    assert 179 < held["cameras.main.fov"] < 180


def test_every_call_has_new_random_numbers_that_a_seed_repeats(monkeypatch):
    seeds = []
    whole = nt.module.render
    monkeypatch.setattr(nt.module, "render", lambda *of, **keys: seeds.append(keys["seed"]) or whole(*of, **keys))
    module = nt.RenderModule(SCENE, [COLOUR], spp=1)
    torch.manual_seed(0)
    first, second = module(), module()
    assert not torch.equal(first, second)
    torch.manual_seed(0)
    assert torch.equal(first, module())
    assert len({number for pair in seeds[:2] for number in pair}) == 4
    torch.testing.assert_close(module(seed=7), module(seed=7), rtol=0, atol=0)
    module.independent = False
    module()
    assert isinstance(seeds[-1], int)


@pytest.mark.parametrize(
    "parameters, keys, message",
    [
        (["materials.paint.reflectence"], {}, "no such parameter; did you mean 'materials.paint.reflectance'?"),
        ([], {}, "parameters: expected paths, or a scene with an optimize section, got none"),
        (None, {}, "parameters: expected paths, or a scene with an optimize section, got none"),
        ([COLOUR], {"camera": "mian"}, "camera: no camera 'mian'; did you mean 'main'?"),
    ],
)
def test_what_is_wrong_is_one_line(parameters, keys, message):
    with pytest.raises(nr.NrenderError) as caught:
        nt.RenderModule(SCENE, parameters, **keys)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(nr.NrenderError, match="no such parameter"):
        nt.RenderModule(SCENE, [COLOUR]).parameter(PLACE)


def test_a_fit_finds_colour_and_place():
    """Judged with the target's own random numbers, whose noise is not in the difference."""
    target = nr.render(SCENE, spp=256, seed=99)
    module = nt.RenderModule(SCENE, [COLOUR, PLACE], spp=16)
    with torch.no_grad():
        module.parameter(COLOUR).fill_(0.4)
        module.parameter(PLACE).add_(torch.tensor([0.15, 0.1, 0.0]))
    optimizer = torch.optim.Adam(module.parameters(), lr=0.02)

    def loss():
        return np.mean((nr.render(module.scene(), spp=256, seed=99) - target) ** 2)

    torch.manual_seed(1)
    start = loss()
    for _ in range(40):
        optimizer.zero_grad()
        (module() - torch.from_numpy(target)).square().mean().backward()
        optimizer.step()
        module.clamp_()
    assert loss() < 0.2 * start
    found = module.scene().parameters
    assert np.linalg.norm(found[PLACE] - SCENE.parameters[PLACE]) < 0.1
