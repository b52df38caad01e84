"""Seeds that are text."""

TEXTURED = """\
nrender: 1
cameras:
  main: {type: perspective, origin: [0, 0, 5], target: [0, 0, 0], fov: 45, resolution: [8, 6]}
  lens: {type: thinlens, origin: [0, 0, 5], target: [0, 0, 0], aperture_radius: 0.1, focus_distance: 5,
         resolution: [4, 4], crop: [1, 1, 2, 2], filter: gaussian}
integrator: {type: path, max_depth: 3, spp: 4}
materials:
  white: {type: diffuse, reflectance: {checkerboard: {a: [0.1, 0.2, 0.3], b: [1, 1, 1], scale: [2, 2]}}}
  glass: {type: dielectric, ior: 1.5, roughness: 0.1}
  paint: {type: principled, base_color: {file: a.png, wrap: clamp, filter: mipmap}, metallic: 0.5, opacity: 0.5}
  inline: {type: conductor, f0: {image: [[[0, 0.5, 1], [1, 1, 1]]]}, roughness: {file: grey.png}}
shapes:
  square: {type: rectangle, material: white, transform: {translate: [0, 0, 1], rotate: [0, 0, 30], scale: 1}}
  ball: {type: sphere, subdivisions: 1, material: glass,
         transform: {matrix: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]}}
  disk: {type: disk, segments: 5, material: paint, emission: [1, 1, 1], two_sided: true}
  mesh: {type: mesh, file: m.obj, material: glass, normals: smooth}
  tri: {type: mesh, vertices: [[0, 0, 0], [1, 0, 0], [0, 1, 0]], faces: [[0, 1, 2]], uvs: [[0, 0], [1, 0], [0, 1]],
        colors: &c [[1, 0, 0], [0, 1, 0], [0, 0, 1]], material: inline, channels: {heat: [1, 2, 3]}}
lights:
  sky: {type: envmap, file: sky.hdr, scale: 2, rotate: [0, 90, 0]}
  sun: {type: directional, direction: [0, -1, 0], irradiance: [1, 1, 1]}
  spot: {type: spot, position: [0, 3, 0], target: [0, 0, 0], intensity: [1, 1, 1], cutoff: 30}
optimize:
  parameters:
    shapes.square.transform.rotate: {init: [0, 0, 30], bounds: [-90, 90], mask: [0, 0, 1]}
    shapes.tri.vertices: {basis: b.npz}
  loss: l2
  method: l-bfgs-b
  iterations: 100
"""
BLOB = """\
nrender: 1
cameras:
  main: {type: perspective, origin: [0, 0, 5], target: [0, 0, 0], resolution: [6, 6]}
integrator: {type: path, max_depth: 2, spp: 4}
materials:
  white: {type: diffuse, reflectance: [0.7, 0.6, 0.5]}
shapes:
  square: {type: rectangle, material: white}
optimize:
  parameters:
    shapes.square.transform.translate: {init: [0.5, -0.3, 0], bounds: [-2, 2], mask: [1, 1, 0]}
    materials.white.reflectance: {init: [0.3, 0.3, 0.3]}
  iterations: 4
"""
"""What the fake renderer of the tests shows."""
JOBS = """\
output: out
workers: 2
jobs:
  - {name: a, scene: s.yaml, targets: [t.exr], set: {materials.white.reflectance: [0.1, 0.2, 0.3]}, method: adam,
     iterations: 5, seed: 1}
  - {name: b, scene: s.yaml, render: {set: {materials.white.reflectance: [1, 1, 1]}, spp: 4}, resolution: [6, 6]}
sweep:
  name: many
  scene: s.yaml
  targets: [t.exr]
  method: [adam, sgd]
  seed: [1, 2]
  zip: [method, seed]
  set: {"materials.white.reflectance": {uniform: [[0, 0, 0], [1, 1, 1]], count: 2}}
"""
OBJ = """\
mtllib m.mtl
v 0 0 0
v 1 0 0
v 0 1 0
v 1 1 1
vt 0 0
vt 1 0
vt 0 1
vn 0 0 1
usemtl paint
f 1/1/1 2/2/1 3/3/1
usemtl other
f -1 -2 -3
f 1 2 4 3
"""
MTL = """\
newmtl paint
Kd 0.5 0.5 0.5
Ks 0.1 0.1 0.1
Ns 100
d 0.5
illum 2
map_Kd -s 2 2 -clamp on a.png
map_d grey.png
newmtl other
Ke 1 2 3
Ni 1.5
illum 4
Pr 0.3
"""
PLY_TEXT = """\
ply
format ascii 1.0
comment TextureFile a.png
element vertex 4
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
element face 2
property list uchar int vertex_indices
end_header
0 0 0 255 0 0
1 0 0 0 255 0
0 1 0 0 0 255
1 1 1 9 9 9
3 0 1 2
3 1 3 2
"""
STL_TEXT = """\
solid s
facet normal 0 0 1
outer loop
vertex 0 0 0
vertex 1 0 0
vertex 0 1 0
endloop
endfacet
endsolid s
"""
XML = """\
<scene version="3.0.0">
  <default name="spp" value="4"/>
  <integrator type="path"><integer name="max_depth" value="5"/></integrator>
  <sensor type="perspective"><float name="fov" value="45"/>
    <transform name="to_world"><lookat origin="0, 0, 5" target="0, 0, 0" up="0, 1, 0"/></transform>
    <film type="hdrfilm"><integer name="width" value="8"/><integer name="height" value="6"/></film>
    <sampler type="independent"><integer name="sample_count" value="$spp"/></sampler></sensor>
  <bsdf type="twosided" id="red"><bsdf type="diffuse"><rgb name="reflectance" value="0.5, 0.1, 0.1"/></bsdf></bsdf>
  <bsdf type="roughconductor" id="gold"><string name="material" value="Au"/><float name="alpha" value="0.1"/></bsdf>
  <bsdf type="mask" id="m"><float name="opacity" value="0.5"/><bsdf type="principled">
    <texture type="bitmap" name="base_color"><string name="filename" value="a.png"/></texture></bsdf></bsdf>
  <shape type="sphere"><point name="center" x="0" y="1" z="0"/><float name="radius" value="0.5"/>
    <ref id="gold"/></shape>
  <shape type="obj"><string name="filename" value="m.obj"/><ref id="red"/>
    <transform name="to_world"><rotate y="1" angle="30"/><scale value="2"/>
    <matrix value="1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"/>
    </transform></shape>
  <shape type="rectangle"><ref id="m"/>
    <emitter type="area"><spectrum name="radiance" value="400:1, 700:2"/></emitter></shape>
  <shape type="serialized"><string name="filename" value="m.serialized"/><integer name="shape_index" value="0"/></shape>
  <shape type="ply"><string name="filename" value="m.ply"/></shape>
  <emitter type="envmap"><string name="filename" value="sky.hdr"/></emitter>
  <include filename="more.xml"/>
</scene>
"""
