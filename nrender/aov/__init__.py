"""Arbitrary output variables in kernels: which of them a picture has, and where. The list is in aov_table.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..aov_table import AOVS, Aov

__all__ = ["AOVS", "Aov", "Channels", "channels_of"]


class Channels(NamedTuple):
    """Where in a pixel of `number` numbers each one is that is wanted; -1: it is not. colors: where in theta the
    vertices' colours are, or -1."""

    depth: int
    distance: int
    position: int
    normal: int
    geometric_normal: int
    albedo: int
    roughness: int
    uv: int
    barycentric: int
    color: int
    alpha: int
    number: int
    colors: int
    own: int  # of the vertices' own numbers, which follow each other,
    own_count: int  # so many,
    own_at: int  # in theta, so many for each vertex


def channels_of(
    names: Sequence[str], colors: int, own: Mapping[str, int] | None = None, own_at: int = -1
) -> Channels:
    """One after the other, those that are differentiable, the vertices' own numbers last. colors, own_at: offsets in
    theta, or -1; own: {name of a channel: its numbers}, in the order that they have in theta."""
    at = dict.fromkeys([name for name, aov in AOVS.items() if aov.differentiable], -1)
    count = 0
    for name in names:
        if name in at:
            at[name], count = count, count + AOVS[name].channels
    more = sum((own or {}).values())
    return Channels(
        **at,
        number=count + more,
        colors=colors if at["color"] >= 0 else -1,
        own=count if more else -1,
        own_count=more,
        own_at=own_at,
    )
