"""Scenes of Mitsuba 3 for the comparison of images: together they have all that `nrender convert` converts exactly or
nearly so. None is symmetric; lamps are large and rough things not too smooth, so that means are normally distributed.
"""

from __future__ import annotations


def scene(view: str, body: str, depth: int = 4, integrator: str = "path", size: str = "28 24") -> str:
    """view: attributes of `lookat` and the angle, separated by semicolons."""
    lookat, fov = view.split(";")
    width, height = size.split()
    return f"""<?xml version="1.0" encoding="utf-8"?>
<scene version="3.0.0">
  <default name="blue" value="0.6"/>
  <integrator type="{integrator}"><integer name="max_depth" value="{depth}"/></integrator>
  <sensor type="perspective" id="view">
    {fov}
    <transform name="to_world"><lookat {lookat}/></transform>
    <film type="hdrfilm">
      <integer name="width" value="{width}"/><integer name="height" value="{height}"/>
      <rfilter type="box"/>
    </film>
    <sampler type="independent"><integer name="sample_count" value="64"/></sampler>
  </sensor>
  {body}
</scene>
"""


def placed(*steps: str) -> str:
    return f'<transform name="to_world">{"".join(steps)}</transform>'


def lamp(radiance: str, *steps: str) -> str:
    emitter = f'<emitter type="area"><rgb name="radiance" value="{radiance}"/></emitter>'
    return f'<shape type="rectangle">{placed(*steps)}{emitter}</shape>'


ABOVE = lamp(
    "5, 4, 3", '<scale x="1.4" y="0.6"/>', '<rotate x="1" angle="115"/>', '<translate x="0.3" y="2.5" z="0.5"/>'
)
FLOOR = '<rotate x="1" angle="-90"/>'
GROUND = f"""<shape type="rectangle">{placed('<scale value="3"/>', FLOOR)}
  <bsdf type="diffuse"><rgb name="reflectance" value="0.5, 0.45, 0.4"/></bsdf></shape>"""
GLOW = '<emitter type="constant"><rgb name="radiance" value="0.3, 0.4, 0.6"/></emitter>'

BOX = scene(
    'origin="0, 0.1, 3.6" target="0, 0, 0" up="0, 1, 0";'
    '<float name="fov" value="42"/><string name="fov_axis" value="y"/>',
    f"""
  <include filename="bsdfs.xml"/>
  <shape type="rectangle">{placed(FLOOR, '<translate y="-1"/>')}<ref id="white"/></shape>
  <shape type="rectangle">{placed('<translate z="-1"/>')}<ref id="white"/></shape>
  <shape type="rectangle">{placed('<rotate x="1" angle="90"/>', '<translate y="1"/>')}<ref id="white"/></shape>
  <shape type="rectangle">{placed('<rotate y="1" angle="-90"/>', '<translate x="-1"/>')}<ref id="red"/></shape>
  <shape type="rectangle">
    <transform name="to_world"><matrix value="0 0 -1 1  0 1 0 0  1 0 0 0  0 0 0 1"/></transform>
    <bsdf type="diffuse"><rgb name="reflectance" value="0.14, 0.45, 0.09"/></bsdf>
  </shape>
  <shape type="cube">
    {placed('<scale x="0.3" y="0.35" z="0.3"/>', '<rotate y="1" angle="25"/>', '<translate value="0.3 -0.65 0.1"/>')}
    <ref id="white"/></shape>
  <shape type="cylinder"><point name="p0" x="-0.5" y="-1" z="0.2"/><point name="p1" x="-0.4" y="-0.2" z="0"/>
    <float name="radius" value="0.2"/><bsdf type="twosided"><ref id="white"/></bsdf></shape>
  <shape type="rectangle">
    {placed('<scale value="0.3"/>', '<rotate x="1" angle="90"/>', '<translate y="0.98"/>')}
    <emitter type="area"><spectrum name="radiance" value="9"/></emitter></shape>""",
    6,
)

FILM = '<integer name="width" value="28"/><integer name="height" value="24"/>'
PART = """<integer name="width" value="36"/><integer name="height" value="30"/>
      <integer name="crop_offset_x" value="5"/><integer name="crop_offset_y" value="4"/>
      <integer name="crop_width" value="28"/><integer name="crop_height" value="24"/>"""

OFF_THE_AXIS = (
    BOX.replace(FILM, PART)
    .replace(
        '<float name="fov" value="42"/>',
        '<float name="fov" value="50"/><float name="principal_point_offset_x" value="0.1"/>'
        '<float name="principal_point_offset_y" value="-0.06"/>',
    )
    .replace("<lookat", '<scale x="-1"/><lookat')
)
PARALLEL = (
    BOX.replace(FILM, PART)
    .replace('sensor type="perspective"', 'sensor type="orthographic"')
    .replace('<float name="fov" value="42"/><string name="fov_axis" value="y"/>', "")
    .replace('<lookat origin="0, 0.1, 3.6"', '<scale x="1.3" y="1.1"/><lookat origin="0.9, 0.6, 3.6"')
)

SKY = scene(
    'origin="1, 1.5, 4" target="0, 0.4, 0" up="0.1, 1, 0";<float name="fov" value="44"/>',
    f"""
  <emitter type="envmap"><string name="filename" value="sky.exr"/><float name="scale" value="1.5"/>
    {placed('<rotate x="0.6" y="0.8" angle="40"/>', '<rotate y="1" angle="20"/>')}</emitter>
  <texture type="bitmap" id="tiles"><string name="filename" value="tiles.png"/></texture>
  <shape type="rectangle">{placed('<scale x="2" y="1.5"/>', FLOOR)}
    <bsdf type="diffuse"><texture name="reflectance" type="bitmap"><string name="filename" value="tiles.png"/>
      <string name="wrap_mode" value="mirror"/>
      <transform name="to_uv"><scale x="2.5" y="1.5"/><translate x="0.2" y="0.3"/></transform></texture></bsdf></shape>
  <shape type="sphere"><point name="center" value="-0.8, 0.5, 0.3"/><float name="radius" value="0.5"/>
    {placed('<rotate x="0.8" z="0.6" angle="-60"/>')}
    <bsdf type="diffuse"><ref name="reflectance" id="tiles"/></bsdf></shape>
  <shape type="cube">
    {placed('<scale value="0.35"/>', '<rotate y="0.8" x="0.6" angle="35"/>', '<translate x="0.7" y="0.5" z="0.2"/>')}
    <bsdf type="diffuse"><ref name="reflectance" id="tiles"/></bsdf></shape>
  <shape type="disk">
    {placed('<scale value="0.4"/>', '<rotate x="1" angle="-30"/>', '<translate x="0.1" y="0.6" z="1"/>')}
    <bsdf type="twosided"><bsdf type="diffuse"><ref name="reflectance" id="tiles"/></bsdf></bsdf></shape>""",
)

METALS = scene(
    'origin="0.6, 1.6, 5" target="0, 0.5, 0" up="0.02, 1, 0";<float name="fov" value="38"/>',
    f"""{GROUND}{ABOVE}{GLOW}
  <shape type="sphere">{placed('<scale value="0.5"/>', '<translate x="-1.1" y="0.5"/>')}
    <bsdf type="roughconductor"><string name="material" value="Cu"/><string name="distribution" value="ggx"/>
      <float name="alpha" value="0.09"/></bsdf></shape>
  <shape type="sphere">{placed('<scale value="0.5"/>', '<translate x="0" y="0.5"/>')}
    <bsdf type="roughplastic"><rgb name="diffuse_reflectance" value="0.2, 0.5, 0.3"/><float name="alpha" value="0.16"/>
      <string name="distribution" value="ggx"/><float name="specular_reflectance" value="0.9"/></bsdf></shape>
  <shape type="sphere">{placed('<scale value="0.5"/>', '<translate x="1.1" y="0.5"/>')}
    <bsdf type="principled"><rgb name="base_color" value="0.9, 0.6, 0.3"/><float name="metallic" value="0.4"/>
      <float name="roughness" value="0.45"/><float name="clearcoat" value="0.6"/><float name="sheen" value="0.4"/>
      <float name="spec_tint" value="0.5"/><float name="eta" value="1.6"/></bsdf></shape>
  <shape type="sphere">{placed('<scale value="0.3"/>', '<translate x="0.6" y="0.3" z="0.9"/>')}
    <bsdf type="plastic"><rgb name="diffuse_reflectance" value="0.6, 0.2, 0.2"/></bsdf></shape>
  <shape type="sphere">{placed('<scale value="0.3"/>', '<translate x="-0.5" y="0.3" z="0.9"/>')}
    <bsdf type="conductor"/></shape>""",
    size="36 16",
)

GLASS = scene(
    'origin="0.6, 1.6, 5" target="0, 0.5, 0" up="0.02, 1, 0";<float name="fov" value="38"/>',
    f"""{GROUND}{ABOVE}{GLOW}
  <shape type="sphere">{placed('<scale value="0.5"/>', '<translate x="-1.1" y="0.52"/>')}
    <bsdf type="dielectric"><string name="int_ior" value="water"/></bsdf></shape>
  <shape type="sphere">{placed('<scale value="0.5"/>', '<translate x="0" y="0.52"/>')}
    <bsdf type="roughdielectric"><float name="int_ior" value="1.7"/><float name="alpha" value="0.16"/>
      <string name="distribution" value="ggx"/></bsdf></shape>
  <shape type="sphere"><boolean name="flip_normals" value="true"/>
    {placed('<scale value="0.5"/>', '<translate x="1.1" y="0.52"/>')}
    <bsdf type="roughdielectric"><string name="int_ior" value="air"/><string name="ext_ior" value="bk7"/>
      <float name="alpha" value="0.1"/><string name="distribution" value="ggx"/></bsdf></shape>""",
    6,
    size="36 16",
)

LIGHTS = scene(
    'origin="0.7, 3.6, 4.6" target="0, 0, 0" up="0.1, 1, 0";<string name="focal_length" value="60mm"/>',
    f"""{GROUND}
  <emitter type="spot">
    <transform name="to_world"><lookat origin="-0.5, 3, 2" target="0.2, 0, 0.1" up="0, 0, 1"/></transform>
    <spectrum name="intensity" value="400:5, 500:8, 600:9, 700:2"/><float name="cutoff_angle" value="32"/>
    <float name="beam_width" value="15"/></emitter>
  <emitter type="directional"><vector name="direction" x="-0.4" y="-1" z="-0.3"/>
    <rgb name="irradiance" value="0.8, 1, 1.2"/></emitter>
  <emitter type="directional">{placed('<rotate x="1" angle="70"/>')}
    <rgb name="irradiance" value="0.4, 0.1, 0.2"/></emitter>
  <emitter type="point"><point name="position" value="1.5, 1, 0.8"/>
    <rgb name="intensity" value="0.6, 0.7, 0.5"/></emitter>
  <emitter type="point">{placed('<translate x="-1.5" y="0.7" z="0.8"/>')}<float name="intensity" value="0.5"/></emitter>
  <shape type="cube">{placed('<scale value="0.4"/>', '<rotate y="1" angle="25"/>', '<translate y="0.4"/>')}</shape>""",
    3,
)

MESHES = scene(
    'origin="0.4, 0.5, 5" target="0.1, 0, 0" up="0.05, 1, 0";<float name="fov" value="38"/>',
    f"""{GLOW}
  {lamp("4, 4, 5", '<scale value="0.8"/>', '<rotate y="1" angle="-110"/>', '<translate value="2.4 1.2 1.5"/>')}
  <shape type="rectangle">{placed('<scale value="3"/>', '<translate z="-1.5"/>')}
    <bsdf type="diffuse"><rgb name="reflectance" value="0.7, 0.7, 0.6"/></bsdf></shape>
  <shape type="ply"><string name="filename" value="solid.ply"/><boolean name="face_normals" value="true"/>
    {placed('<scale x="-0.5" y="0.5" z="0.5"/>', '<rotate y="1" angle="30"/>', '<translate x="-0.9" y="0.6"/>')}
    <bsdf type="twosided"><bsdf type="diffuse">
      <texture name="reflectance" type="mesh_attribute"><string name="name" value="vertex_color"/></texture>
    </bsdf></bsdf></shape>
  <shape type="serialized"><string name="filename" value="balls.serialized"/><integer name="shape_index" value="1"/>
    {placed('<scale x="-0.5" y="0.4" z="0.5"/>', '<translate x="0.9" y="0.6"/>')}
    <bsdf type="diffuse"><rgb name="reflectance" value="0.3, 0.5, 0.7"/></bsdf></shape>
  <shape type="serialized"><string name="filename" value="old.serialized"/>
    {placed('<scale value="0.4"/>', '<translate x="0.9" y="-0.6"/>')}
    <bsdf type="roughconductor"><float name="alpha" value="0.3"/>
      <string name="distribution" value="ggx"/></bsdf></shape>
  <shape type="obj"><string name="filename" value="leaf.obj"/>
    {placed('<scale value="0.6"/>', '<rotate x="0.8" y="0.6" angle="-25"/>', '<translate x="-0.3" y="-0.4" z="0.4"/>')}
    <bsdf type="mask">
      <texture name="opacity" type="bitmap"><string name="filename" value="grey.png"/></texture>
      <bsdf type="twosided"><bsdf type="diffuse"><texture name="reflectance" type="bitmap">
        <string name="filename" value="tiles.png"/><string name="wrap_mode" value="clamp"/></texture></bsdf></bsdf>
    </bsdf></shape>
  <shape type="shapegroup" id="group"><shape type="cube">{placed('<scale value="0.2"/>')}</shape></shape>
  <shape type="instance"><ref id="group"/>
    {placed('<rotate x="0.6" y="0.8" angle="40"/>', '<translate x="0.2" y="0.9"/>')}</shape>""",
    4,
    "volpath",
)

BUMPS = scene(
    'origin="0.5, 1.5, 5" target="0, 0, 0" up="0.05, 1, 0";<float name="fov" value="38"/>',
    f"""
  {lamp("20, 25, 15", '<scale x="0.7" y="0.6"/>', '<rotate y="1" angle="180"/>', '<translate z="6"/>')}
  <shape type="rectangle">{placed('<rotate z="1" angle="25"/>', '<translate x="-1.05"/>')}
    <bsdf type="normalmap"><texture name="normalmap" type="bitmap"><string name="filename" value="bumps.exr"/>
        <boolean name="raw" value="true"/><transform name="to_uv"><scale value="1.5"/></transform></texture>
      <boolean name="flip_invalid_normals" value="false"/><boolean name="use_shadowing_function" value="false"/>
      <bsdf type="diffuse"><rgb name="reflectance" value="0.8, 0.6, 0.4"/></bsdf></bsdf></shape>
  <shape type="rectangle">{placed('<rotate z="1" angle="-10"/>', '<translate x="1.05"/>')}
    <bsdf type="diffuse"><rgb name="reflectance" value="0.8, 0.6, 0.4"/></bsdf></shape>""",
    2,
)

CHECKERS = scene(
    'origin="0.7, 2.6, 4.6" target="0, 0.3, 0" up="0.1, 1, 0";<float name="fov" value="40"/>',
    f"""
  <shape type="rectangle">{placed('<scale value="2"/>', FLOOR)}
    <bsdf type="diffuse"><texture name="reflectance" type="checkerboard"><rgb name="color0" value="0.8, 0.7, 0.6"/>
      <rgb name="color1" value="0.1, 0.2, 0.3"/>
      <transform name="to_uv"><scale x="3" y="2"/><translate x="0.1" y="0.2"/></transform></texture></bsdf></shape>
  <shape type="sphere"><point name="center" x="0.5" y="0.9" z="0.2"/><float name="radius" value="0.4"/>
    <emitter type="area"><rgb name="radiance" value="4, 3, 2"/></emitter></shape>
  <shape type="disk">
    {placed('<scale x="-0.5" y="0.4"/>', '<rotate x="0.96" y="0.28" angle="70"/>', '<translate x="-0.9" y="1.2"/>')}
    <emitter type="area"><texture name="radiance" type="checkerboard"><rgb name="color0" value="0.9, 0.9, 0.3"/>
    </texture></emitter>
  </shape>
  <shape type="rectangle"><boolean name="flip_normals" value="true"/>
    {placed('<scale x="0.3" y="0.4"/>', '<rotate x="1" angle="-70"/>', '<translate x="-0.6" y="1.5" z="1"/>')}
    <emitter type="area"><rgb name="radiance" value="1, 3, 5"/></emitter></shape>""",
)

LENS = '<float name="aperture_radius" value="0.2"/><float name="focus_distance" value="3"/><float name="fov"'
THIN_LENS = BOX.replace('type="perspective"', 'type="thinlens"').replace('<float name="fov"', LENS)
BORDER = '<boolean name="sample_border" value="true"/><rfilter type='
# Nothing bright and small, which the rim of a filter seldom meets.
TENTS = SKY.replace('<rfilter type="box"', f'{BORDER}"tent"')
GAUSSIANS = BUMPS.replace('<rfilter type="box"', f'{BORDER}"gaussian"')

SCENES = {"box": BOX, "sky": SKY, "metals": METALS, "glass": GLASS, "lights": LIGHTS, "meshes": MESHES, "bumps": BUMPS,
          "checkers": CHECKERS, "off the axis": OFF_THE_AXIS, "parallel": PARALLEL, "thin lens": THIN_LENS,
          "tents": TENTS, "gaussians": GAUSSIANS}
