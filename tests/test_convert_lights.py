"""Lights, spectra, cameras, integrators of Mitsuba scenes, and how their files are read."""

import numpy as np
import pytest
from convert_files import PATHS, converter

from nrender import SceneError
from nrender.convert.spectra import Spectrum, to_rgb


@pytest.fixture
def converted(tmp_path):
    return converter(tmp_path)


def test_lights(converted):
    document, _ = converted(
        '<emitter type="spot"><transform name="to_world"><lookat origin="0,0,5" target="0,0,0" up="0,1,0"/></transform>'
        '<rgb name="intensity" value="1 2 3"/></emitter><emitter type="point"><point name="position" x="1"/></emitter>'
        '<emitter type="envmap"><string name="filename" value="sky.exr"/><transform name="to_world">'
        '<rotate y="1" angle="90"/></transform></emitter><emitter type="directional"/>')
    assert document["lights"] == {
        "spot": {"type": "spot", "position": [0.0, 0.0, 5.0], "target": [0.0, 0.0, 4.0], "intensity": [1.0, 2.0, 3.0],
                 "cutoff": 20.0},
        "point": {"type": "point", "position": [1.0, 0.0, 0.0], "intensity": [1.0] * 3},
        "envmap": {"type": "envmap", "file": "sky.exr", "rotate": [0.0, 90.0, 0.0]},
        "directional": {"type": "directional", "direction": [0.0, 0.0, 1.0], "irradiance": [1.0] * 3}}


def test_spectra():
    """Values of Mitsuba 3.9's rgb variants. The curves are fits, good to about 0.6 %."""
    pairs = Spectrum(np.array([400.0, 500, 600, 700]), np.array([1.0, 2, 3, 1]))
    np.testing.assert_allclose(to_rgb(pairs, True), [3.2733, 2.37093, 1.25253], rtol=0.006)
    pairs = pairs._replace(values=np.array([0.1, 0.5, 0.9, 0.2]))
    np.testing.assert_allclose(to_rgb(pairs, False), [0.833826, 0.689122, 0.265243], rtol=0.006)
    constant = Spectrum(np.zeros(0), np.array([2.0]))
    np.testing.assert_allclose(to_rgb(constant, True), [2.40959, 1.89658, 1.81783], rtol=1e-3)
    assert to_rgb(constant, False).tolist() == [2.0, 2.0, 2.0]
    white = Spectrum(np.array([300.0, 900.0]), np.array([0.5, 0.5]))
    np.testing.assert_allclose(to_rgb(white, False), 0.5, rtol=1e-12)


def sensor(extra, width=400, height=200):
    size = f'<integer name="width" value="{width}"/><integer name="height" value="{height}"/>'
    return f'<sensor type="perspective">{extra}<film type="hdrfilm">{size}</film></sensor>'


@pytest.mark.parametrize(
    "extra, fov, axis",
    [
        ('<float name="fov" value="40"/>', 40, "x"),
        ('<float name="fov" value="40"/><string name="fov_axis" value="y"/>', 40, "y"),
        ('<float name="fov" value="40"/><string name="fov_axis" value="smaller"/>', 40, "y"),
        ('<float name="fov" value="40"/><string name="fov_axis" value="larger"/>', 40, "x"),
        # tan of the half is 2/sqrt(5) of that of the diagonal
        ('<float name="fov" value="90"/><string name="fov_axis" value="diagonal"/>', 83.620629791, "x"),
        ("", 42.311716, "x"),  # 50 mm: the diagonal of 36 x 24 mm spans 46.79 degrees
    ],
)
def test_fields_of_view(converted, extra, fov, axis):
    document, _ = converted('<shape type="cube"/>', sensor(extra))
    (camera,) = document["cameras"].values()
    assert (camera["fov"], camera.get("fov_axis", "y")) == (pytest.approx(fov, abs=2e-3), axis)


def test_cameras(converted):
    look = '<transform name="to_world"><lookat origin="0,1,5" target="0,1,0" up="0,1,0.1"/></transform>'
    turn = '<transform name="to_world"><rotate y="1" angle="180"/><translate z="5" y="1"/></transform>'
    fov = '<float name="fov" value="45"/>'
    document, notes = converted('<shape type="cube"/>', "".join(
        [sensor(look + fov), sensor(turn + fov), '<sensor type="irradiancemeter"/>']))
    main, other = document["cameras"]["main"], document["cameras"]["camera"]
    assert (main["origin"], main["target"], main["up"]) == ([0, 1, 5], [0, 1, 0], [0, 1, 0.1])
    assert (other["origin"], other["up"]) == ([0, 1, 5], [0, 1, 0])
    np.testing.assert_allclose(other["target"], [0, 1, 4], atol=1e-9)
    assert any("nrender has no camera like 'irradiancemeter'" in note for note in notes)
    assert [camera["filter"] for camera in (main, other)] == ["gaussian"] * 2  # Mitsuba's default


def camera_of(converted, text):
    document, notes = converted('<shape type="cube"/>', text)
    return document["cameras"]["main"], notes


@pytest.mark.parametrize(
    "rfilter, expected, note",
    [
        ('<rfilter type="box"/>', "box", None),
        ('<rfilter type="tent"/>', "tent", None),
        ('<rfilter type="tent"><float name="radius" value="1"/></rfilter>', "tent", None),
        ('<rfilter type="tent"><float name="radius" value="2"/></rfilter>', "tent", "radius: a tent of the radius 1"),
        ('<rfilter type="box"><float name="radius" value="1"/></rfilter>', "box", "radius: a box of the radius 0.5"),
        ('<rfilter type="gaussian"/>', "gaussian", None),
        ('<rfilter type="gaussian"><float name="stddev" value="0.8"/></rfilter>', "gaussian",
         "stddev: a gaussian of the deviation 0.5"),
        ('<rfilter type="mitchell"/>', "gaussian", "a gaussian as the filter of pixels instead of mitchell"),
        ("", "gaussian", None),
    ],
)
def test_pixel_filters(converted, rfilter, expected, note):
    text = sensor('<float name="fov" value="45"/>').replace("</film>", f"{rfilter}</film>")
    camera, notes = camera_of(converted, text)
    assert camera.get("filter", "box") == expected
    assert len(notes) == (note is not None)
    assert not note or note in notes[0]


LENS = '<float name="aperture_radius" value="0.2"/><float name="focus_distance" value="3"/>'


def test_a_thin_lens(converted):
    def camera(lens, steps=""):
        place = f'<transform name="to_world">{steps}{LOOK}</transform><float name="fov" value="45"/>'
        return camera_of(converted, sensor(place + lens).replace("perspective", "thinlens"))

    found, notes = camera(LENS)
    assert (found["type"], found["aperture_radius"], found["focus_distance"]) == ("thinlens", 0.2, 3)
    assert (found["origin"], found["target"]) == ([0, 1, 5], [0, 1, 0])
    assert notes == []
    scaled, _ = camera(LENS, '<scale value="2"/>')
    assert (scaled["aperture_radius"], scaled["focus_distance"]) == (0.4, 6)
    uneven, _ = camera(LENS, '<scale x="2"/>')
    assert (uneven["aperture_radius"], uneven["focus_distance"]) == (0.2, 3)
    assert uneven["matrix"] == [[2, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 5]]
    assert camera(LENS.replace("0.2", "0"))[0]["type"] == "perspective"
    assert camera("")[0]["type"] == "perspective"
    with pytest.raises(SceneError, match=r"focus_distance: expected a number > 0, got 0"):
        camera(LENS.replace('"3"', '"0"'))


def test_a_part_of_the_film_and_where_the_axis_meets_it(converted):
    offset = '<float name="fov" value="45"/><float name="principal_point_offset_x" value="0.1"/>' \
             '<float name="principal_point_offset_y" value="-0.2"/>'
    crop = "".join(f'<integer name="crop_{key}" value="{value}"/>' for key, value in (
        ("offset_x", 30), ("offset_y", 0), ("width", 50), ("height", 200)))
    camera, notes = camera_of(converted, sensor(offset).replace("</film>", f'<rfilter type="box"/>{crop}</film>'))
    assert (camera["resolution"], camera["crop"]) == ([400, 200], [30, 0, 50, 200])
    assert (camera["principal_point"], camera["fov"]) == ([0.4, 0.7], 45)
    assert notes == []
    whole, _ = camera_of(converted, sensor('<float name="fov" value="45"/>'))
    assert not {"crop", "principal_point"} & set(whole)
    with pytest.raises(SceneError, match=r"crop_width: expected a part of 400 x 200 pixels, got \[360, 0, 50, 200\]"):
        camera_of(converted, sensor(offset).replace("</film>", f"{crop}</film>").replace('"30"', '"360"'))


LOOK = '<lookat origin="0,1,5" target="0,1,0" up="0,1,0"/>'


@pytest.mark.parametrize(
    "steps, height, pose",
    [
        # 400 x 200 pixels, and Mitsuba's picture is 2 wide
        (LOOK, 1.0, {"origin": [0, 1, 5], "target": [0, 1, 0], "up": [0, 1, 0]}),
        (f'<scale value="3"/>{LOOK}', 3.0, {"origin": [0, 1, 5], "target": [0, 1, 4], "up": [0, 1, 0]}),
        (f'<scale x="3" y="2"/>{LOOK}', 1.0, {"matrix": [[3, 0, 0, 0], [0, 2, 0, 1], [0, 0, 1, 5]]}),
        (f'<scale x="-1"/>{LOOK}', 1.0, {"matrix": [[-1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 5]]}),
    ],
)
def test_parallel_rays(converted, steps, height, pose):
    camera, _ = camera_of(
        converted, sensor(f'<transform name="to_world">{steps}</transform>').replace("perspective", "orthographic"))
    assert camera == {"type": "orthographic", **pose, "height": height, "resolution": [400, 200], "filter": "gaussian"}


def test_a_mirrored_camera_has_a_matrix(converted):
    view = f'<transform name="to_world"><scale x="-1"/>{LOOK}</transform><float name="fov" value="45"/>'
    camera, _ = camera_of(converted, sensor(view))
    assert camera["matrix"] == [[-1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 5]]
    assert not {"origin", "target", "up"} & set(camera)


@pytest.mark.parametrize(
    "integrator, depth",
    [
        (PATHS.replace('"5"/>', '"3"/><integer name="rr_depth" value="9"/>'), 3),
        ('<integrator type="prb"/>', 64),
        ('<integrator type="direct"/>', 2),
        ('<integrator type="aov"><string name="aovs" value="d:depth"/><integrator type="direct"/></integrator>', 2),
        ("", 64),
    ],
)
def test_depths(converted, integrator, depth):
    document, _ = converted('<shape type="cube"/>', integrator=integrator)
    assert document["integrator"] == {"type": "path", "max_depth": depth, "spp": 4}


def test_names_of_old_files(converted):
    document, notes = converted(
        '<shape type="cube"><transform name="toWorld"><scale value="2"/></transform><bsdf type="roughplastic">'
        '<rgb name="diffuseReflectance" value="0.1"/></bsdf></shape>', version="0.6.0")
    assert document["materials"]["roughplastic"]["reflectance"] == [0.1] * 3
    assert document["shapes"]["cube"]["transform"] == {"scale": 2.0}
    assert not any("ignored" in note for note in notes)


def test_default_values_and_includes(converted, tmp_path):
    body = '<default name="blue" value="0.25"/><default name="blue" value="1"/><include filename="bsdfs.xml"/>' \
           '<shape type="cube"><ref id="white"/></shape>'
    assert converted(body)[0]["materials"]["white"]["reflectance"] == [0.73, 0.7, 0.25]
    assert converted(body, defines={"blue": "0.5"})[0]["materials"]["white"]["reflectance"] == [0.73, 0.7, 0.5]


def test_names_become_names(converted):
    document, _ = converted("".join(f'<shape type="cube" id="{id}"/>' for id in ("Grüße: [1]", "/../", "a b")))
    assert list(document["shapes"]) == ["Gr-e-1", "shape", "a-b"]
