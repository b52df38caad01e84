"""The other commands, each with its report, its files and its errors."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from commands import run, wrong_use
from fake_renderer import REFLECTANCE, TRANSLATE, FakeRenderer, blob_scene, truth

from nrender import __version__
from nrender.aov import AOVS
from nrender.image import read_image, write_image
from nrender.scene import load_scene


class WithTangents(FakeRenderer):
    """The derivatives forward: the partials of the fake image, each a direction of its own."""

    def render_jvp(self, scene, directions, spp=None, seed=0, device="auto", camera=None):
        image, partials = self._image(scene, spp, seed, camera)
        tangent = np.zeros_like(image)
        for path, index, partial in partials:
            if path in directions:
                tangent += partial * directions[path][index]
        return image.astype(np.float32), tangent

    def render_jacobian(self, scene, wrt, spp=None, seed=0, device="auto", camera=None):
        image, partials = self._image(scene, spp, seed, camera)
        jacobian = {p: np.zeros(image.shape + scene.parameters[p].shape) for p in wrt}
        for path, index, partial in partials:
            if path in jacobian:
                jacobian[path][..., index] += partial
        return image.astype(np.float32), jacobian


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with scene.yaml; the renderer is the fake one."""
    monkeypatch.chdir(tmp_path)
    blob_scene().dump(tmp_path / "scene.yaml")
    monkeypatch.setitem(sys.modules, "nrender.render", WithTangents(sigma=0.5))
    return tmp_path


# render


def test_render_json(folder):
    found = run("render", "scene.yaml", "-o", "a.exr", "--spp", "4", "--seed", "7", "--json")
    assert found.exit_code == 0
    report = json.loads(found.stdout)
    assert list(report) == [
        "output",
        "width",
        "height",
        "spp",
        "seed",
        "device",
        "seconds",
        "samples_per_second",
    ]
    assert [report[k] for k in ("output", "width", "height", "spp", "seed")] == [
        "a.exr", 12, 12, 4, 7,
    ]  # fmt: skip
    assert report["samples_per_second"] == 12 * 12 * 4 / report["seconds"]
    assert report["device"] == "cpu"
    expected = FakeRenderer(sigma=0.5).render(load_scene("scene.yaml"), spp=4, seed=7)
    np.testing.assert_array_equal(read_image("a.exr"), expected)


def test_render_png_and_set(folder):
    assert run("render", "scene.yaml", "-o", "a.png", "--set", f"{REFLECTANCE}=0").exit_code == 0
    assert read_image("a.png").max() == 0


def test_render_aovs_are_further_channels(folder, monkeypatch):
    """By layers, as other programs name them; the colour is read as before."""
    def render_aovs(scene, names, spp, seed, device, camera):
        assert (names, spp, seed, device, camera) == (["normal", "depth", "uv"], 4, 7, "auto", "main")
        return {name: np.full((12, 12, AOVS[name].channels), k, np.float32) for k, name in enumerate(names)}

    monkeypatch.setattr(sys.modules["nrender.render_aovs"], "render_aovs", render_aovs)
    names = [word for name in ("normal", "depth", "uv", "depth") for word in ("--aov", name)]
    assert run("render", "scene.yaml", "-o", "a.exr", "--spp", "4", "--seed", "7", *names).exit_code == 0
    array, channels = read_image("a.exr", channels=True)
    values = dict(zip(channels, array[0, 0], strict=True))
    layers = {"normal.X": 0, "normal.Y": 0, "normal.Z": 0, "depth.Z": 1, "uv.U": 2, "uv.V": 2}
    assert {name: value for name, value in values.items() if name not in "RGB"} == layers
    np.testing.assert_array_equal(
        read_image("a.exr"), FakeRenderer(sigma=0.5).render(load_scene("scene.yaml"), spp=4, seed=7)
    )


@pytest.mark.parametrize(
    "args, message",
    [
        (["-o", "a.tiff"], "expected a name ending in .exr or .png"),
        (["-o", "no/a.exr"], "no such folder: no"),
        (["-o", "."], "expected a name ending in"),
        ([], "Missing option '-o'"),
        (["-o", "a.exr", "--camera", "mian"], "no camera is named 'mian'; did you mean 'main'?"),
        (["-o", "a.exr", "--camera", "xyz"], "no camera is named 'xyz'; there are main"),
        (["-o", "a.exr", "--spp", "x"], "'x' is not a valid integer range"),
        (["-o", "a.exr", "--aov", "dept"], "--aov: no AOV is named 'dept'; did you mean 'depth'?"),
        (["-o", "a.exr", "--aov", "xyzzy"], "no AOV is named 'xyzzy'; there are depth, distance, position"),
        (["-o", "a.png", "--aov", "depth"], "--aov depth: -o a.png has room for a colour only; expected an .exr file"),
    ],
)
def test_render_wrong_use(folder, args, message):
    assert message in wrong_use("render", "scene.yaml", *args)


# --set


@pytest.mark.parametrize(
    "setting, expected",
    [
        (f"{REFLECTANCE}=0.25", [0.25, 0.25, 0.25]),
        (f"{REFLECTANCE}=0.1,0.2,0.3", [0.1, 0.2, 0.3]),
        (f"{REFLECTANCE}=[.1, 2e-1, 0.3]", [0.1, 0.2, 0.3]),
        (f"{REFLECTANCE}[1]=1e-3", [0.7, 0.001, 0.5]),
    ],
)
def test_set_values(folder, setting, expected):
    renderer = sys.modules["nrender.render"]
    seen = []
    renderer.before = lambda _: None
    plain = renderer.render

    def render(scene, **options):
        seen.append(scene.parameters[REFLECTANCE])
        return plain(scene, **options)

    renderer.render = render
    assert run("render", "scene.yaml", "-o", "a.exr", "--set", setting).exit_code == 0
    np.testing.assert_array_equal(seen[0], expected)


@pytest.mark.parametrize(
    "setting, message",
    [
        ("materials.whit.reflectance=1", f"no such parameter; did you mean '{REFLECTANCE}'?"),
        (f"{REFLECTANCE}", "expected PATH=VALUE"),
        (f"{REFLECTANCE}=red", "expected numbers, got 'red'"),
        (f"{REFLECTANCE}=true", "expected numbers, got 'true'"),
        (f"{REFLECTANCE}=", "expected numbers"),
        (f"{REFLECTANCE}=1,0", "expected 3 numbers, or one, got 1,0"),
        (f"{REFLECTANCE}[3]=1", "expected an index into the shape [3]"),
        (f"{REFLECTANCE}[0]=1,2", "expected one number, got 1,2"),
        (f"{REFLECTANCE}=1.5", "scene.yaml:12: materials 'white': reflectance: expected numbers"),
        (f"{REFLECTANCE}=.nan", "expected finite numbers"),
    ],
)
def test_set_wrong_use(folder, setting, message):
    assert message in wrong_use("render", "scene.yaml", "-o", "a.exr", "--set", setting)


# grad


def test_grad_writes_an_image_a_component(folder):
    found = run("grad", "scene.yaml", "--wrt", TRANSLATE, "-o", "d", "--json")
    assert found.exit_code == 0
    report = json.loads(found.stdout)
    assert list(report) == ["parameters", "seconds"]
    files = [str(Path("d") / f"{TRANSLATE}.{i}.exr") for i in range(3)]
    assert report["parameters"] == {TRANSLATE: files}
    scene = load_scene("scene.yaml")
    _, jacobian = WithTangents(sigma=0.5).render_jacobian(scene, [TRANSLATE])
    for i, file in enumerate(files):
        expected = jacobian[TRANSLATE][..., i].astype(np.float32)
        np.testing.assert_array_equal(read_image(file), expected)
    assert sorted(p.name for p in Path("d").iterdir()) == sorted(
        f"{TRANSLATE}.{i}.{suffix}" for i in range(3) for suffix in ("exr", "png")
    )


def test_the_preview_is_white_at_zero(folder):
    run("grad", "scene.yaml", "--wrt", f"{TRANSLATE}[2]")
    assert np.all(read_image(f"{TRANSLATE}.2.png") == 1)


def test_grad_of_one_component_is_the_same(folder):
    found = run("grad", "scene.yaml", "--wrt", f"{REFLECTANCE}[1]", "--wrt", TRANSLATE, "-o", "d")
    assert found.exit_code == 0
    assert len(found.stdout.splitlines()) == 4
    run("grad", "scene.yaml", "--wrt", REFLECTANCE, "-o", "e")
    name = f"{REFLECTANCE}.1.exr"
    np.testing.assert_array_equal(read_image(f"d/{name}"), read_image(f"e/{name}"))


def test_grad_of_a_number_has_no_index(folder):
    assert run("grad", "scene.yaml", "--wrt", "cameras.main.fov").exit_code == 0
    assert Path("cameras.main.fov.exr").exists()


def test_grad_of_many_components_wants_a_choice(folder):
    document = blob_scene().document
    points = np.random.default_rng(0).normal(size=(30, 3)).tolist()
    faces = np.arange(30).reshape(10, 3).tolist()
    mesh = {"type": "mesh", "vertices": points, "faces": faces, "material": "white"}
    document["shapes"]["m"] = mesh
    blob_scene().from_dict(document).dump(folder / "mesh.yaml")
    line = wrong_use("grad", "mesh.yaml", "--wrt", "shapes.m.vertices")
    assert "at most 64 components, got 90; choose some as shapes.m.vertices[0,0]" in line
    found = run("grad", "mesh.yaml", "--wrt", "shapes.m.vertices[29,2]")
    assert found.stdout == "shapes.m.vertices.29.2.exr\n"


@pytest.mark.parametrize(
    "args, message",
    [
        (["--wrt", "cameras.main.fo"], "no such parameter; did you mean 'cameras.main.fov'?"),
        (["--wrt", "cameras.main.fov[0]"], "expected an index into the shape []"),
        (["--wrt", f"{TRANSLATE}[-1]"], "no such parameter"),
        (["--wrt", TRANSLATE, "-o", "scene.yaml"], "scene.yaml: can't write there"),
        ([], "Missing option '--wrt'"),
    ],
)
def test_grad_wrong_use(folder, args, message):
    assert message in wrong_use("grad", "scene.yaml", *args)


# compare


def test_compare(folder):
    write_image("a.exr", truth(blob_scene()))
    write_image("b.exr", truth(blob_scene()) + 0.01)
    found = run("compare", "a.exr", "b.exr", "--json", "-o", "difference.png")
    report = json.loads(found.stdout)
    assert list(report) == ["mse", "mae", "psnr", "ssim", "flip"]
    assert report["mse"] == pytest.approx(1e-4, rel=1e-4)
    assert report["psnr"] == pytest.approx(40, rel=1e-4)
    pixel = read_image("difference.png")[0, 0]
    assert (pixel[0], pixel[1] < 0.5, pixel[2] < 0.5) == (1, True, True)
    assert "MSE" in run("compare", "a.exr", "b.exr").stdout


def test_equal_images_have_no_psnr(folder):
    write_image("a.exr", truth(blob_scene()))
    report = json.loads(run("compare", "a.exr", "a.exr", "--json").stdout)
    assert (report["mse"], report["psnr"], report["ssim"]) == (0, None, 1)


@pytest.mark.parametrize(
    "args, message",
    [
        (["a.exr", "small.exr"], "small.exr: expected 12x12, got 4x3 (the size of a.exr)"),
        (["a.exr", "none.exr"], "none.exr: no such file"),
        (["a.exr"], "Missing argument 'B'"),
        (["a.exr", "a.exr", "-o", "d.exr"], "expected a name ending in .png"),
    ],
)
def test_compare_wrong_use(folder, args, message):
    write_image("a.exr", truth(blob_scene()))
    write_image("small.exr", np.zeros((3, 4, 3)))
    assert message in wrong_use("compare", *args)


# check


def test_check_ok(folder):
    found = run("check", "scene.yaml")
    assert (found.exit_code, found.stderr) == (0, "")
    lines = found.stdout.splitlines()
    assert lines[0] == "ok"
    shapes = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines[1:]}
    assert (shapes[REFLECTANCE], shapes["cameras.main.fov"]) == ("3", "number")


def test_check_json(folder):
    report = json.loads(run("check", "scene.yaml", "--json").stdout)
    assert list(report) == ["ok", "problems", "parameters"]
    assert (report["ok"], report["problems"]) == (True, [])
    assert report["parameters"][REFLECTANCE] == [3]
    assert report["parameters"]["cameras.main.fov"] == []


def test_check_lists_every_problem(folder):
    text = Path("scene.yaml").read_text()
    Path("bad.yaml").write_text(text.replace("spp", "sp").replace("diffuse", "difuse"))
    found = run("check", "bad.yaml")
    assert (found.exit_code, found.stdout) == (2, "")
    assert len(found.stderr.splitlines()) == 2
    found = run("check", "bad.yaml", "--json")
    report = json.loads(found.stdout)
    assert (found.exit_code, found.stderr) == (2, "")
    assert (report["ok"], report["parameters"]) == (False, {})
    assert list(report["problems"][0]) == ["file", "line", "object", "key", "message"]
    assert {p["object"] for p in report["problems"]} == {"integrator", "materials 'white'"}


def test_warnings_are_one_line(folder):
    document = blob_scene().document
    document["shapes"]["m"] = {
        "type": "mesh",
        "vertices": [[0, 0, 0], [1, 0, 0], [0, 1, 0], [2, 0, 0]],
        "faces": [[0, 1, 2], [0, 1, 3]],
        "material": "white",
    }
    with pytest.warns(UserWarning, match="no area"):
        blob_scene().from_dict(document)
    import yaml

    Path("flat.yaml").write_text(yaml.safe_dump(document))
    found = run("check", "flat.yaml", "--json")
    assert found.exit_code == 0
    assert json.loads(found.stdout)["ok"] is True
    assert found.stderr.startswith("warning: flat.yaml:")
    assert found.stderr.count("\n") == 1


# info


def test_info(monkeypatch):
    facts = {
        "python": "3.11.0",
        "numba": "0.60",
        "threads": 2,
        "simd": "avx2",
        "devices": ["cpu"],
        "cache_dir": "/cache",
    }
    monkeypatch.setitem(sys.modules, "nrender.backend.info", SimpleNamespace(info=lambda: facts))
    assert json.loads(run("info", "--json").stdout) == {"version": __version__, **facts}
    assert run("info").stdout.splitlines()[5] == "devices    cpu"


def test_info_of_this_machine():
    keys = {"version", "python", "numba", "threads", "simd", "devices", "cache_dir"}
    assert set(json.loads(run("info", "--json").stdout)) == keys


def test_info_compiles_ahead():
    assert json.loads(run("info", "--warm", "--json").stdout)["warm"] >= 0
    assert json.loads(run("info", "--warm", "--json").stdout)["warm"] < 5  # now all is there
