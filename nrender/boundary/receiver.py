"""From the vertex x that a grazing segment lights to the camera, by a walk against the light: `depth` - 1 bounces of
it, then straight to the eye.

A bounce from `out`, where the light comes from, to w has the throughput f(w, out) |N . w| / (|N . out| p(w)), f being
the value |cos| included, by the shading normal (scattering.py), and N the triangle's: Veach 1997, section 5.3. The last
one, to the eye, has in the place of the density what a pixel covers there.

Smooth surfaces are not connected: see mirrored.py.
"""

from typing import NamedTuple

from ..camera.rays import on_screen, pixel_area, ray_start
from ..camera.screen import lens_point, middle_ray, screen_either
from ..device import device
from ..film import pixel_of
from ..geometry.surface import either, step_off, surface
from ..geometry.traverse import closest, occluded
from ..material import read
from ..motion import TRAIL, View, remember
from ..opacity import opacity, shadow
from ..path import footprint_of
from ..real import absolute, any_lane, invert, select, truncate
from ..rng import uniform, uniform2
from ..scattering import roughness, sample, shading_frame, value
from ..vec import choose, dot, largest, mul, normalize, scale, sub


class Received(NamedTuple):
    """lens: the camera ray of the first vertex; pixel: its number; throughput: of radiance from the segment, times the
    cosine at x over that of the triangle, into the pixel."""

    lens: tuple
    pixel: int
    throughput: tuple
    seen: bool


@device
def held(scene, stream, o, d, active):
    """(stream, surface, mask of the lanes that meet one): the first surface that holds a path, with the random numbers
    that path.trace takes for it."""
    x = surface(scene, 0 * truncate(0.0 * d[0]), 0.0 * d[0], 0.0 * d[0], d)
    met, going = active, active
    while any_lane(going):
        hit = closest(scene, o, d, going)
        found = going & (hit.face >= 0)
        met = met & (found | invert(going))
        y = surface(scene, select(found, hit.face, 0), hit.u, hit.v, d)
        x = either(found, y, x)
        going = found & (scene.translucent > 0)
        if any_lane(going):
            alpha, veiled = opacity(scene, y.face, y.u, y.v, going)
            stream, u = uniform(stream)
            going = veiled & (u >= alpha)
            o = choose(going, step_off(y, d), o)
    return stream, x, met


@device(apart=True)
def to_camera(scene, stream, trail, p, x, out, depth, rough, active):
    """(stream, Received). rough: least roughness of a surface that is connected; p: room for a material's numbers."""
    zero = 0.0 * out[0]
    throughput = (zero + 1.0, zero + 1.0, zero + 1.0)
    view, pixel = View(middle_ray(zero, zero), out, zero), truncate(zero)
    stream, a_lens, b_lens = lens_point(scene, stream, zero)
    seen, going, deepest = active, active, depth
    while any_lane(going):
        last = depth == 1
        at, t, ray, inside = on_screen(scene, x.point, a_lens, b_lens)
        here = View(at, ray, t)
        a = shading_frame(scene, x, out)
        read(scene, a.material, x, footprint_of(scene, here, x, last), p, going)
        seen = seen & (invert(going) | invert(last) | inside)
        if any_lane(rough > 0.0):
            seen = seen & (invert(going) | (roughness(scene, a, p, going) >= rough))
        going = going & seen
        stream, u1, u2 = uniform2(stream)
        stream, u3 = uniform(stream)
        w = choose(last, normalize(scale(ray, -1.0)), sample(scene, a, p, out, u1, u2, u3, going))
        _, pdf = value(scene, x, a, p, out, w, going)
        f, _ = value(scene, x, shading_frame(scene, x, w), p, w, out, going)
        density = select(last, pixel_area(scene, at, ray, t), pdf)
        can = going & (density > 0.0)
        slope = absolute(dot(x.area_normal, w)) / absolute(dot(x.area_normal, out))
        gain = select(can, slope, zero) / select(can, density, 1.0)
        throughput = choose(going, mul(throughput, scale(f, gain)), throughput)
        seen = seen & (invert(going) | (can & (largest(throughput) > 0.0)))
        going = going & seen
        leaving = step_off(x, w)
        remember(trail, depth, x, ray, going & last)
        straight = going & last
        if any_lane(straight):
            clear, seen_through = _to_eye(scene, leaving, sub(ray_start(scene, at), leaving), straight)
            throughput = choose(straight, scale(throughput, clear), throughput)
            seen = seen & (invert(straight) | seen_through)
            view = View(
                screen_either(straight, at, view.at),
                choose(straight, ray, view.axis),
                select(straight, t, view.t),
            )
            pixel = select(straight, pixel_of(scene, at.x, at.y), pixel)
        going = going & invert(last)
        if any_lane(going):
            stream, z, met = held(scene, stream, leaving, w, going)
            seen = seen & (invert(going) | met)
            going = going & met
            # of those at their material points for certain, the trail keeps only the deepest
            kept = going & ((depth < TRAIL) | (depth == deepest))
            remember(trail, depth, x, sub(x.point, z.point), kept)
            x, out = either(going, z, x), choose(going, scale(w, -1.0), out)
        depth = depth - 1
    return stream, Received(view, pixel, throughput, seen)


@device
def _to_eye(scene, o, d, active):
    """(transmitted part, mask of the lanes that see the eye at o + d)."""
    one = 0.0 * d[0] + 1.0
    if scene.translucent > 0:
        product, clear, arrives = shadow(scene, o, d, active & (one < 0.0), 0, active)
        return product, arrives
    return one, active & invert(occluded(scene, o, d, one, active))
