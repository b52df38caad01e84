"""The public gradient check: its statistics, which numbers it chooses, and whole scenes, right ones and wrong ones."""

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner
from nrender_cli import gradcheck as command_module
from nrender_cli.main import cli
from scene_library import corner, emitters, faceted, solid

import nrender as nr
from nrender.gradcheck import run as module
from nrender.gradcheck import smooth_weights
from nrender.gradcheck.differences import Line, first_step
from nrender.gradcheck.estimate import LIMIT, seeds_of, standard_error, threshold
from nrender.gradcheck.numbers import choose, read_selections
from nrender.gradcheck.result import AGREE, DISAGREE, TOO_NOISY, GradCheck, Row

TRANSLATE = "shapes.thing.transform.translate"
PAINT = "materials.paint.reflectance"
FEW = 500_000  # samples
TAIL = math.erfc(LIMIT / math.sqrt(2))


# How sure an estimate is


def test_a_mean_of_few_values_is_as_rarely_far_off_as_a_normal_variable():
    """16 values: the plain standard error would be 3.5 from the truth seven times as often."""
    rng, trials = np.random.default_rng(1), 40_000
    values = rng.normal(size=(trials, 16))
    far = sum(abs(row.mean()) > LIMIT * standard_error(row) for row in values)
    assert abs(far - trials * TAIL) < 4 * math.sqrt(trials * TAIL)


@pytest.mark.parametrize("count", [1, 7, 60, 1000])
def test_the_threshold_is_as_rare_for_all_as_three_and_a_half_for_one(count):
    assert count * math.erfc(threshold(count) / math.sqrt(2)) == pytest.approx(TAIL, rel=1e-6)
    assert threshold(1) == pytest.approx(LIMIT)


def test_seeds_for_different_purposes_differ_and_go_on():
    first = seeds_of(0, 1, 50)
    assert seeds_of(0, 1, 90)[:50] == first
    assert len({*first, *seeds_of(0, 2, 50), *seeds_of(1, 1, 50)}) == 150


# Which numbers


def chosen(of, paths, gradient=None, samples=3, seed=0):
    shapes = {path: np.ones(of.parameters[path].shape) for path in paths}
    return choose(of, read_selections(of, paths), {**shapes, **(gradient or {})}, samples, seed)


def test_small_parameters_are_checked_whole_and_large_ones_by_choice_and_together():
    numbers = chosen(solid(), ["cameras.main.fov", PAINT, "shapes.thing.vertices"])
    indices = {}
    for number in numbers:
        indices.setdefault(number.path, []).append(number.index)
    assert indices["cameras.main.fov"] == [()]
    assert indices[PAINT] == [(0,), (1,), (2,)]
    vertices = indices["shapes.thing.vertices"]
    assert len(vertices) == 4
    assert vertices[-1] is None
    assert [number.name for number in chosen(solid(), [PAINT], samples=1)][1:] == [f"{PAINT}[all]"]


def test_numbers_that_matter_are_chosen_rather():
    gradient = np.zeros((12, 3))
    gradient[7, 1] = 5.0
    found = [chosen(solid(), ["shapes.thing.vertices"], {"shapes.thing.vertices": gradient}, 1, k) for k in range(40)]
    hits = sum(numbers[0].index == (7, 1) for numbers in found)
    assert 25 <= hits < 40  # 3 of 4, and the rest wherever


def test_lines_go_inward_at_bounds():
    """Reflectances of 0 and 1 among others: all points of the differences are possible."""
    of = solid().replace({PAINT: [0.0, 1.0, 0.5]})
    single = chosen(of, [PAINT])
    assert [first_step(Line(None, number.low, number.high))[0] for number in single] == [1, -1, 0]
    for seed in range(20):
        (together,) = (n for n in chosen(of, [PAINT], samples=1, seed=seed) if n.index is None)
        side, step = first_step(Line(None, together.low, together.high))
        assert side == 1
        assert together.line[0] > 0 > together.line[1]
        of.replace({PAINT: of.parameters[PAINT] + 8 * step * together.line})


# Whole scenes

EASY = {
    emitters: ["cameras.main.fov", (TRANSLATE, (0,)), "lights.sky.radiance", ("shapes.thing.vertices", None)],
    solid: [("cameras.main.origin", (1,)), PAINT, "shapes.thing.transform.scale"],
    faceted: ["shapes.lamp.emission", (TRANSLATE, (2,)), ("shapes.thing.vertices", (0, 0))],
    corner: [PAINT, "shapes.thing.transform.scale"],
}


@pytest.mark.parametrize("make", EASY, ids=lambda make: make.__name__)
def test_right_gradients_agree(make):
    found = nr.gradcheck(make("scale", 16), EASY[make], samples=1, budget=FEW)
    assert found.verdicts.count(AGREE) >= len(found.rows) - 1
    assert found.ok
    assert found.max_abs_z == max(abs(row.z) for row in found.rows) <= found.threshold
    paths = {item if isinstance(item, str) else item[0] for item in EASY[make]}
    assert {row.path for row in found.rows} == paths


@pytest.fixture
def broken(monkeypatch):
    """`broken(change)`: change(path, gradient) takes the place of each gradient."""

    def install(change):
        def render_vjp(*args):
            image, pullback = nr.render_vjp(*args)
            return image, lambda weights: {path: change(path, g) for path, g in pullback(weights).items()}

        monkeypatch.setattr(module, "render_vjp", render_vjp)

    return install


@pytest.mark.parametrize("path", [PAINT, "lights.sky.radiance", "cameras.main.fov", "shapes.thing.transform.scale"])
def test_a_gradient_that_is_a_tenth_too_large_is_found(path, broken):
    broken(lambda _, g: 1.1 * g)
    found = nr.gradcheck(solid("scale", 16), [path], samples=1, budget=2 * FEW)
    assert found.verdict == DISAGREE
    assert not found.ok
    assert found.max_abs_z > found.threshold


@pytest.mark.parametrize(
    "change",
    [np.zeros_like, np.negative, lambda g: g[..., ::-1]],
    ids=["none", "sign", "order"],
)
def test_wrong_gradients_of_many_numbers_are_found(change, broken):
    broken(lambda _, g: change(g))
    found = nr.gradcheck(solid("scale", 16), ["shapes.thing.vertices"], budget=FEW // 2)
    assert found.verdict == DISAGREE


def test_only_the_wrong_parameter_disagrees(broken):
    broken(lambda path, g: -g if path == PAINT else g)
    found = nr.gradcheck(solid("scale", 16), [PAINT, "lights.sky.radiance"], budget=FEW)
    assert found.verdicts == [DISAGREE] * 3 + [AGREE] * 3
    assert str(found).splitlines()[-1].startswith(f"3 of 6 numbers disagree: {PAINT}[0]")


def test_what_is_too_noisy_is_not_called_right():
    found = nr.gradcheck(corner("scale", 8), ["cameras.main.up"], spp=1, budget=2000)
    assert TOO_NOISY in found.verdicts
    for row, verdict in zip(found.rows, found.verdicts, strict=True):
        assert row.relative_sigma > 0.1 or verdict != TOO_NOISY
    alone = nr.gradcheck(corner("scale", 8), [("cameras.main.up", (1,))], spp=1, budget=2000)
    assert (alone.verdict, alone.ok) == (TOO_NOISY, False)
    assert str(alone).splitlines()[-1].startswith("Too noisy to tell: no number of 1")


def test_bounds_and_colours_that_are_zero():
    """Reflectances 0 and 1, an emission without blue: no step leaves the range."""
    of = corner("scale", 12).replace({PAINT: [0.0, 1.0, 0.5], "shapes.lamp.emission": [4, 3, 0]})
    found = nr.gradcheck(of, [PAINT, "shapes.lamp.emission"], budget=FEW)
    assert found.verdicts == [AGREE] * 6


def test_a_parameter_without_effect_agrees():
    """Nothing is lit by what is seen: all is emission."""
    found = nr.gradcheck(emitters("scale", 8), [PAINT, "lights.sky.radiance"], budget=FEW)
    assert found.verdicts == [AGREE] * 6
    assert [(row.adjoint, row.difference) for row in found.rows[:3]] == [(0, 0)] * 3


def test_the_same_seed_gives_the_same_result_and_another_another():
    of = solid("scale", 8)
    first, again, other = (nr.gradcheck(of, [(PAINT, (0,))], seed=seed, budget=1000) for seed in (3, 3, 4))
    assert first.rows == again.rows
    assert all(a.adjoint != b.adjoint for a, b in zip(first.rows, other.rows, strict=True))


def test_a_smaller_picture_is_the_same_scene(monkeypatch):
    sizes = set()

    def renderer(scene, *args):
        view = scene.cameras["main"]
        sizes.add((view.width, view.height))
        return original(scene, *args)

    original = module.renderer
    monkeypatch.setattr(module, "renderer", renderer)
    of = solid("scale", (24, 16))
    assert nr.gradcheck(of, [(PAINT, (0,))], budget=20_000, width=9).ok
    assert sizes == {(9, 6)}
    small = of.with_resolution("main", 9, 6)
    assert small.document["cameras"]["main"]["resolution"] == [9, 6]
    assert of.document["cameras"]["main"]["resolution"] == [24, 16]


def test_images_of_many_seeds_are_those_of_render():
    of = corner("scale", 8)
    image = module.renderer(of, 2, "auto", None, "float32")
    for seed in (0, 7, (1 << 32) + 7):
        np.testing.assert_array_equal(image(seed), nr.render(of, spp=2, seed=seed))


def test_progress_is_told_before_each_number():
    calls = []
    nr.gradcheck(solid("scale", 8), [PAINT], budget=1000, callback=lambda *about: calls.append(about))
    assert calls == [(0, 0, "adjoint")] + [(k, 3, f"{PAINT}[{k}]") for k in range(3)]


@pytest.mark.parametrize(
    "keys, message",
    [
        ({"wrt": ["materials.paint.reflectanc"]}, f"no such parameter; did you mean '{PAINT}'?"),
        ({"wrt": [(PAINT, (3,))]}, f"{PAINT}: expected an index into the shape [3], got [3]"),
        ({"wrt": [(PAINT, ())]}, "expected an index into the shape [3], got []"),
        ({"wrt": []}, "wrt: expected at least one parameter, got none"),
        ({"camera": "mian"}, "camera: no camera 'mian'; did you mean 'main'?"),
        ({"samples": 0}, "samples: expected a whole number from 1, got 0"),
        ({"target": 0}, "target: expected a number between 0 and 1, got 0"),
        ({"budget": 0}, "budget: expected a whole number from 1, got 0"),
        ({"budget": 1e6}, "budget: expected a whole number from 1, got 1000000.0"),
        ({"width": 7}, "width: expected at most the camera's 6, got 7"),
        ({"width": 0}, "width: expected a whole number from 1, got 0"),
        ({"wrt": (PAINT, (0,))}, "wrt: expected a path, or (path, index), got (0,)"),
        ({"seed": -1}, "seed: expected a whole number from 0, got -1"),
        ({"spp": 0}, "spp: expected a whole number from 1, got 0"),
        ({"device": "gpu"}, "device: expected 'auto', 'cpu' or 'cuda', got 'gpu'"),
    ],
)
def test_wrong_arguments_are_one_line(keys, message):
    with pytest.raises(nr.NrenderError) as caught:
        nr.gradcheck(solid(size=6), **keys)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_differ_between_pixels_and_colours():
    """A uniform weight would not see a gradient that goes to the wrong pixel."""
    weights = smooth_weights(solid())
    assert weights.shape == (24, 24, 3)
    assert weights.std((0, 1)).min() > 0.2
    assert np.abs(weights[..., 0] - weights[..., 1]).max() > 0.2


# Verdicts


def row(adjoint, difference, sigma, least=0.0):
    return Row("a.b.c", (1,), adjoint, sigma, difference, 0.0, 0.1, least)


@pytest.mark.parametrize(
    "one, word",
    [
        (row(1.0, 1.0, 0.01), AGREE),
        (row(1.0, 1.1, 0.01), DISAGREE),
        (row(1.0, 1.1, 0.2), TOO_NOISY),
        (row(1.0, 9.0, 0.2), DISAGREE),
        (row(1e-9, 0.0, 1e-9), TOO_NOISY),
        (row(1e-9, 0.0, 1e-9, least=1e-4), AGREE),
        (row(0.0, 0.0, 0.0), AGREE),
        (row(1.0, 2.0, 0.0), DISAGREE),
        (row(1.0, math.nan, 0.1), TOO_NOISY),
    ],
)
def test_verdicts(one, word):
    assert one.verdict(3.5) == word
    assert GradCheck((one,), 1.0).verdict == word


# The command


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    solid("scale", 8).dump(tmp_path / "scene.yaml")
    return tmp_path


def command(*args):
    return CliRunner().invoke(cli, ["gradcheck", "scene.yaml", *args])


def test_command_json(folder):
    options = ["--samples", "1", "--budget", str(FEW), "--json"]
    found = command("--wrt", f"{PAINT}[1]", "--wrt", "shapes.thing.vertices", *options)
    assert found.exit_code == 0
    report = json.loads(found.stdout)
    assert list(report) == ["parameters", "max_abs_z", "threshold", "verdict", "seconds"]
    keys = ["path", "index", "adjoint", "adjoint_sigma", "difference", "difference_sigma", "z", "step", "verdict"]
    assert all(list(one) == keys for one in report["parameters"])
    assert [one["path"] for one in report["parameters"]] == [PAINT] + 2 * ["shapes.thing.vertices"]
    first, vertex, together = (one["index"] for one in report["parameters"])
    assert (first, len(vertex), together) == ([1], 2, None)
    for one in report["parameters"]:
        sigma = math.hypot(one["adjoint_sigma"], one["difference_sigma"])
        assert one["z"] == pytest.approx((one["adjoint"] - one["difference"]) / sigma)
    assert report["max_abs_z"] == max(abs(one["z"]) for one in report["parameters"])
    assert report["verdict"] == "agree"


def test_a_numbers_index_is_empty(folder):
    report = json.loads(command("--wrt", "cameras.main.fov", "--budget", "2000", "--json").stdout)
    assert [one["index"] for one in report["parameters"]] == [[]]


def test_command_table(folder):
    found = command("--wrt", PAINT, "--budget", str(FEW))
    assert found.exit_code == 0
    lines = found.stdout.splitlines()
    assert lines[0].split() == ["parameter", "index", "adjoint", "finite", "difference", "z", "verdict"]
    assert [line.split()[:2] for line in lines[1:4]] == [[PAINT, str(k)] for k in range(3)]
    assert all(" ± " in line and line.endswith("agree") for line in lines[1:4])
    assert lines[4].startswith("3 of 3 numbers agree (largest |z| ")
    assert len(lines) == 5


def test_command_says_what_disagrees(folder, broken):
    broken(lambda _, g: 1.1 * g)
    found = command("--wrt", f"{PAINT}[0]", "--budget", str(FEW))
    assert found.exit_code == 1
    assert found.stdout.splitlines()[-1].startswith(f"1 of 1 numbers disagree: {PAINT}[0] (")


def test_progress_is_a_line_now_and_then(monkeypatch, capsys):
    now = [100.0]
    monkeypatch.setattr(command_module.time, "monotonic", lambda: now[0])
    with command_module._Progress() as progress:
        for done in range(30):
            progress(done, 30, f"number{done}")
            now[0] += 1.0
    found = capsys.readouterr()
    assert found.err == "10/30 number10\n20/30 number20\n"
    assert found.out == ""


@pytest.mark.parametrize(
    "args, message",
    [
        (["--wrt", "materials.pant.reflectance"], f"no such parameter; did you mean '{PAINT}'?"),
        (["--wrt", f"{PAINT}[3]"], "expected an index into the shape [3]"),
        (["--camera", "mian"], "no camera is named 'mian'; did you mean 'main'?"),
        (["--samples", "0"], "Invalid value for '--samples'"),
        (["--device", "gpu"], "device: expected 'auto', 'cpu' or 'cuda', got 'gpu'"),
        (["--set", f"{PAINT}=2"], "expected numbers in [0, 1], got 2.0"),
        (["--sample", "3"], "No such option"),
    ],
)
def test_command_wrong_use(folder, args, message):
    found = command(*args)
    assert found.exit_code == 2
    assert found.stdout == ""
    assert message in found.stderr
    assert found.stderr.count("\n") == 1
