"""How long paths are."""

from __future__ import annotations

from .context import Context
from .plugins import Plugin

ENDLESS = 64
"""Instead of paths without an end: of the light that a surface of 0.9 leaves, 0.1 % is left then."""
PATHS = {"path", "volpath", "volpathmis", "prb", "prb_basic", "prb_projective", "prb_threepoint", "prbvolpath"}
DIRECT = {"direct", "direct_projective", "direct_reparam"}
AROUND = {"aov", "moment", "stokes"}
"""Integrators around another one."""
SHADOWS_PASS = {"volpath", "volpathmis", "prbvolpath"}
"""In which a mask doesn't stop the rays to lights."""


def max_depth(context: Context, plugin: Plugin | None, masks: bool) -> int:
    """Of the scene's integrator, if it has one.  masks: whether there are materials with holes."""
    while plugin is not None and plugin.type in AROUND:
        context.refuse(plugin, "the picture only")
        plugin = next(plugin.inner("integrator"), None)
    if plugin is None:
        return ENDLESS
    if plugin.flag("hide_emitters"):
        context.refuse(plugin, "lights are seen", "hide_emitters")
    if plugin.type in DIRECT:
        depth = 2
    else:
        if plugin.type not in PATHS:
            context.approximate(plugin, "a path tracer instead")
        depth = plugin.integer("max_depth", -1)
        if depth < 0:
            context.approximate(plugin, f"paths of at most {ENDLESS} instead of any length", "max_depth")
            depth = ENDLESS
    if masks and plugin.type not in SHADOWS_PASS:
        context.approximate(plugin, "rays to lights pass where a mask lets light through, as those of 'volpath'")
    return max(depth, 1)
