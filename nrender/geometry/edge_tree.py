"""A tree of the edges of a mesh: one of those that are silhouettes as seen from a point, chosen in proportion to about
what boundary segments through the point and the edge contribute, and a point on it.

From the root, one of up to WIDE children is chosen in proportion to its importance, down to a node of up to WIDE edges,
which are tested one by one. Many children at a time, since only near the leaves a node is known well: then it is seldom
that none of those below it is a silhouette. If so there is no edge.

A line with direction d through the edge at e grazes it only if |d . o| <= sin(span), with o the edge's `outward`
(geometry/wedges.py). So from y at the distance r of the node's middle c, if it is in a sphere of radius R,

    |(c - y) . o| = |(e - y) . o - (e - c) . o| <= (r + R) sin(span) + |(e - c) . o|,

where the last term is small for a smooth surface, since o is across it. That bounds the angle of c - y with the axis of
a cone about the node's o, as lines without a direction.

How much of a node's length is silhouettes is guessed from the mean and the spread of d . o over its edges, as if that
were distributed as (1 + x^2 / 3)^-2: it has the tails that a guess needs.

`nodes` has NODE Reals a node and `links` LINK integers, of which edge_nodes.py names the columns. Children are one
after the other, and so are the edges of a node with all its descendants: edges have the order of the tree.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..device import device
from ..real import absolute, any_lane, gather, maximum, minimum, select, sin, sqrt, truncate
from ..vec import choose, cross, dot, madd, scale, sub
from .edge_nodes import (
    ANGLE,
    AXIS,
    CHILD,
    CLOSE,
    COSINE,
    COUNT,
    EXTENT,
    FIRST,
    LEAN,
    LENGTH,
    LINK,
    NEAREST,
    NODE,
    OFF,
    OFFSET,
    SINE,
    SPAN,
    SPREAD,
    edge_nodes,
    edge_order,
)
from .edge_samples import beside, subtended
from .wedges import Wedges

PEAK = 0.7  # twice the density at the middle, in units of the spread
SLACK = 1e-5  # of a sine: rounding in float32 hides no edge
BELOW_ONE = 1.0 - 2.0**-24
BESIDE = 10.0  # squared distance at which a node is beside a point, in NEAREST: 1.4 R
LEAST = 0.05  # of what is off a lobe: a guess
EDGE_ON = 1e-5  # least cosine: an edge of the surface itself is not in front of it


class EdgeTree(NamedTuple):
    """Of k edges, at least 1. Reals are float32 or float64, integers int32."""

    ends: np.ndarray  # (2 k,) vertex numbers
    faces: np.ndarray  # (2 k,) see wedges.Wedges
    outward: np.ndarray  # Real (3 k,)
    span: np.ndarray  # Real (k,)
    share: np.ndarray  # Real (k,)
    slope: np.ndarray  # Real (k,) tan(span)
    nodes: np.ndarray  # Real (NODE n,)
    links: np.ndarray  # (LINK n,)


# --- a choice and its chance. Strict: both must find the same.
class Aim(NamedTuple):
    """What more an edge counts by than its length and distance. toward: the normal of the surface at y, unit, if only
    what is in front of it counts, and that by its cosine; else 0. mirror, through: unit axes of lobes (or 0) of the
    width `width` in radians, 0 for none: what is off both counts by LEAST."""

    toward: tuple
    mirror: tuple
    through: tuple
    width: float


@device(strict=True)
def pick(tree, theta, y, toward, far, u):
    """(number of an edge, the chance of it, a number as u), for 0 <= u < 1 and light at the point y, or where `far`
    holds that travels along the unit vector y. toward: see Aim. (-1, 0, ...) if none is found."""
    zero = 0.0 * u
    none = (zero, zero, zero)
    return pick_aimed(tree, theta, y, Aim(toward, none, none, zero), far, u)


@device(strict=True)
def chance(tree, theta, y, toward, far, edge):
    """The chance with which `pick` chooses this edge, bit for bit."""
    zero = 0.0 * y[0]
    none = (zero, zero, zero)
    return chance_aimed(tree, theta, y, Aim(toward, none, none, zero), far, edge)


@device(strict=True)
def pick_aimed(tree, theta, y, aim, far, u):
    """As `pick`."""
    node = truncate(0.0 * u)
    chance = 0.0 * u + 1.0
    inner = gather(tree.links, LINK * node + CHILD) >= 0
    while any_lane(inner):
        child, count = gather(tree.links, LINK * node + CHILD), gather(tree.links, LINK * node + COUNT)
        weights, total, j = _none(u), 0.0 * u, 0
        while any_lane(inner & (j < count)):
            row = select(inner & (j < count), child + j, node)
            weight = select(inner & (j < count), _importance(tree, theta, y, aim, far, row), 0.0)
            weights, total, j = _append(weights, weight), total + weight, j + 1
        k, own, u = _draw(weights, total, j, u)
        chance = select(inner, chance * (own / select(total > 0.0, total, 1.0)), chance)
        node = select(inner, child + k, node)
        inner = inner & (chance > 0.0) & (gather(tree.links, LINK * node + CHILD) >= 0)
    count, first = gather(tree.links, LINK * node + COUNT), gather(tree.links, LINK * node + FIRST)
    weights, total, j, alive = _none(u), 0.0 * u, 0, chance > 0.0
    while any_lane(alive & (j < count)):
        edge = select(alive & (j < count), first + j, first)
        weight = select(alive & (j < count), _length(tree, theta, y, aim, far, edge), 0.0)
        weights, total, j = _append(weights, weight), total + weight, j + 1
    k, own, u = _draw(weights, total, j, u)
    chance = chance * (own / select(total > 0.0, total, 1.0))
    return select(chance > 0.0, first + k, -1), chance, u


# The last WIDE weights, oldest first: one after the other, so that they stay in registers.
@device(strict=True)
def _none(u):
    zero = 0.0 * u
    return (zero, zero, zero, zero, zero, zero, zero, zero)


@device(strict=True)
def _append(w, weight):
    return (w[1], w[2], w[3], w[4], w[5], w[6], w[7], weight)


@device(strict=True)
def _draw(w, total, count, u):
    """(which, its weight, a number as u) of `count` weights that were appended."""
    x, zero = u * total, 0.0 * u
    state = (zero, zero, zero, truncate(zero))
    state = _pass(w[0], x, count - 8, state)
    state = _pass(w[1], x, count - 7, state)
    state = _pass(w[2], x, count - 6, state)
    state = _pass(w[3], x, count - 5, state)
    state = _pass(w[4], x, count - 4, state)
    state = _pass(w[5], x, count - 3, state)
    state = _pass(w[6], x, count - 2, state)
    _, before, own, which = _pass(w[7], x, count - 1, state)
    rest = (x - before) / select(own > 0.0, own, 1.0)
    return which, own, select(own > 0.0, minimum(rest, BELOW_ONE), u)


@device(strict=True)
def _pass(weight, x, k, state):
    """(sum so far, sum before the last weight that x reaches, that weight, its number), with one more."""
    total, before, own, which = state
    take = (weight > 0.0) & (x >= total)
    return total + weight, select(take, total, before), select(take, weight, own), select(take, k, which)


@device(strict=True)
def chance_aimed(tree, theta, y, aim, far, edge):
    """As `chance`."""
    chance = select(grazes(tree, theta, y, far, edge), 1.0 + 0.0 * y[0], 0.0 * y[0])
    node = 0 * edge
    inner = (gather(tree.links, LINK * node + CHILD) >= 0) & (chance > 0.0)
    while any_lane(inner):
        child, count = gather(tree.links, LINK * node + CHILD), gather(tree.links, LINK * node + COUNT)
        total, own, chosen, j = 0.0 * chance, 0.0 * chance, node, 0
        while any_lane(inner & (j < count)):
            row = select(inner & (j < count), child + j, node)
            weight = select(inner & (j < count), _importance(tree, theta, y, aim, far, row), 0.0)
            total = total + weight
            take = inner & (j < count) & (gather(tree.links, LINK * row + FIRST) <= edge)
            own, chosen = select(take, weight, own), select(take, row, chosen)
            j = j + 1
        chance = select(inner, chance * (own / select(total > 0.0, total, 1.0)), chance)
        node = chosen
        inner = inner & (chance > 0.0) & (gather(tree.links, LINK * node + CHILD) >= 0)
    count, first = gather(tree.links, LINK * node + COUNT), gather(tree.links, LINK * node + FIRST)
    total, own, j = 0.0 * chance, 0.0 * chance, 0
    alive = chance > 0.0
    while any_lane(alive & (j < count)):
        other = select(alive & (j < count), first + j, edge)
        weight = select(alive & (j < count), _length(tree, theta, y, aim, far, other), 0.0)
        total = total + weight
        own = select(other == edge, maximum(weight, own), own)
        j = j + 1
    return chance * (own / select(total > 0.0, total, 1.0))


@device(strict=True)
def _importance(tree, theta, y, aim, far, row):
    """(length of silhouettes) / r^2 of a node, times the greatest cosine that is possible, 0 if it has none. If
    its edges are beside the point, or are one, the sum of theirs: of those the middle says little."""
    k = NODE * row
    d = (gather(tree.nodes, k) - y[0], gather(tree.nodes, k + 1) - y[1], gather(tree.nodes, k + 2) - y[2])
    d = choose(far, y, d)
    axis = (gather(tree.nodes, k + AXIS), gather(tree.nodes, k + AXIS + 1), gather(tree.nodes, k + AXIS + 2))
    r2 = dot(d, d)
    away = r2 > 0.0
    inverse = select(away, 1.0, 0.0) / sqrt(select(away, r2, 1.0))
    nearness = select(far, 0.0, inverse)
    along = absolute(dot(d, axis)) * inverse
    off = select(away, minimum(gather(tree.nodes, k + OFF) * nearness + gather(tree.nodes, k + SPAN), 1.0), 1.0)
    rest = sqrt(1.0 - off * off)
    sine, cosine = gather(tree.nodes, k + SINE), gather(tree.nodes, k + COSINE)
    narrow = cosine * rest > sine * off  # the two angles together are less than a right angle
    possible = along <= select(narrow, sine * rest + cosine * off, 1.0) + SLACK
    spread = gather(tree.nodes, k + SPREAD) + gather(tree.nodes, k + OFFSET) * nearness * nearness
    t = 1.0 + along * along * gather(tree.nodes, k + LEAN) / (3.0 * spread)
    length = minimum(gather(tree.nodes, k + LENGTH), PEAK * gather(tree.nodes, k + ANGLE) / (sqrt(spread) * t * t))
    nearest = gather(tree.nodes, k + NEAREST)
    front = (dot(d, aim.toward) + _extent(tree, k, aim.toward)) / sqrt(maximum(r2, nearest))
    front = select(dot(aim.toward, aim.toward) > 0.0, minimum(select(front > EDGE_ON, front, 0.0), 1.0), 1.0)
    if any_lane(aim.width > 0.0):
        front = front * _lobes(aim, scale(d, inverse), sqrt(nearest / CLOSE) * inverse)
    out = select(possible, length * front, 0.0) / maximum(r2, select(far, 0.0, nearest))
    count, first = gather(tree.links, LINK * row + COUNT), gather(tree.links, LINK * row + FIRST)
    exact = (gather(tree.links, LINK * row + CHILD) < 0) & ((count == 1) | (r2 < BESIDE * nearest))
    if any_lane(exact):
        found, j = 0.0 * r2, 0
        while any_lane(exact & (j < count)):
            one = exact & (j < count)
            found = found + select(one, _length(tree, theta, y, aim, far, select(one, first + j, 0)), 0.0)
            j = j + 1
        out = select(exact, found, out)
    return out


@device(strict=True)
def _extent(tree, k, n):
    """How far a node's box reaches from its middle along n."""
    x, y = gather(tree.nodes, k + EXTENT) * n[0], gather(tree.nodes, k + EXTENT + 1) * n[1]
    return absolute(x) + absolute(y) + absolute(gather(tree.nodes, k + EXTENT + 2) * n[2])


@device(strict=True)
def _length(tree, theta, y, aim, far, edge):
    """The integral of ds/r^2 over the edge, its length where `far` holds; times its share and the greater cosine of its
    ends; 0 if it's no silhouette."""
    a, b = ends_of(tree, theta, edge)
    grazing = _grazes(tree, edge, y, far, a, b)
    out = 0.0 * y[0]
    if any_lane(grazing):
        p, q, angle, length = subtended(a, b, y)
        near = length * angle / (p * q * sin(angle))  # the angle that it subtends over the distance to its line
        front = maximum(dot(sub(a, y), aim.toward) / p, dot(sub(b, y), aim.toward) / q)
        front = select(dot(aim.toward, aim.toward) > 0.0, select(front > EDGE_ON, front, 0.0), 1.0)
        if any_lane(aim.width > 0.0):
            front = front * (_edge_lobe(a, b, y, aim.mirror, aim.width) + _edge_lobe(a, b, y, aim.through, aim.width))
        out = select(grazing, select(far, length, near) * front * gather(tree.share, edge), 0.0)
    return out


@device(strict=True)
def _lobes(aim, direction, size):
    """By what a node in this direction counts that is seen under this half-angle."""
    return select(
        aim.width > 0.0,
        LEAST + _lobe(direction, aim.mirror, size, aim.width) + _lobe(direction, aim.through, size, aim.width),
        1.0,
    )


@device(strict=True)
def _lobe(direction, axis, size, width):
    """1 / (1 + (angle / width)^2)^2, about as microfacets scatter (GGX)."""
    off = maximum(sqrt(maximum(2.0 - 2.0 * dot(direction, axis), 0.0)) - size, 0.0) / select(width > 0.0, width, 1.0)
    t = 1.0 + off * off
    return select(dot(axis, axis) > 0.0, 1.0 / (t * t), 0.0 * t)


@device(strict=True)
def _edge_lobe(a, b, y, axis, width):
    """The same of an edge where it is nearest to the axis, and half of LEAST."""
    s, _, _ = beside(a, b, y, axis)
    s = minimum(maximum(s, 0.0), 1.0)
    e = sub(madd(scale(a, 1.0 - s), b, s), y)
    r2 = dot(e, e)
    direction = scale(e, select(r2 > 0.0, 1.0, 0.0) / sqrt(select(r2 > 0.0, r2, 1.0)))
    return 0.5 * LEAST + _lobe(direction, axis, 0.0 * s, width)


# --- one edge
@device(strict=True)
def grazes(tree, theta, y, far, edge):
    """Whether the line through y and the edge leaves all faces at the edge on one side. It doesn't depend on where on
    the edge the line goes."""
    a, b = ends_of(tree, theta, edge)
    return _grazes(tree, edge, y, far, a, b)


@device(strict=True)
def ends_of(tree, theta, edge):
    """Its two points."""
    i, j = 3 * gather(tree.ends, 2 * edge), 3 * gather(tree.ends, 2 * edge + 1)
    a = (gather(theta, i), gather(theta, i + 1), gather(theta, i + 2))
    return a, (gather(theta, j), gather(theta, j + 1), gather(theta, j + 2))


@device(strict=True)
def _grazes(tree, edge, y, far, a, b):
    along = sub(b, a)
    d = choose(far, y, (0.5 * (a[0] + b[0]) - y[0], 0.5 * (a[1] + b[1]) - y[1], 0.5 * (a[2] + b[2]) - y[2]))
    o = (gather(tree.outward, 3 * edge), gather(tree.outward, 3 * edge + 1), gather(tree.outward, 3 * edge + 2))
    height = absolute(dot(d, o)) * sqrt(dot(along, along))
    return height < absolute(dot(d, cross(along, o))) * gather(tree.slope, edge)


# --- building, on the host
def build(vertices: np.ndarray, edges: Wedges, real: type = np.float64) -> EdgeTree:
    """The tree of the edges of `wedges`, Reals as `real`. ValueError if there is none."""
    if not len(edges.span):
        raise ValueError("no edge can be a silhouette")
    vertices = np.ascontiguousarray(vertices, np.float64)
    order, codes = edge_order(vertices, edges.ends)
    edges = Wedges(*(x.take(order, 0) for x in edges))
    nodes, links = edge_nodes(vertices, edges, codes)
    return EdgeTree(
        edges.ends.reshape(-1),
        edges.faces.reshape(-1),
        edges.outward.astype(real).reshape(-1),
        edges.span.astype(real),
        edges.share.astype(real),
        np.tan(edges.span).astype(real),
        nodes.astype(real).reshape(-1),
        links.reshape(-1),
    )
