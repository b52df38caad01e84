"""Materials of metallic-roughness, with their extensions, as `principled`, `diffuse` and `dielectric`.

    specular = ((n - 1)/(n + 1))^2 / 0.08 * specularFactor,  n: ior, 1.5 by default      roughness, metallic: the same
What has neither metal nor specular is Lambert's `diffuse`.  A factor is multiplied into its image.
Source: Khronos glTF 2.0.1 specification, section 3.9 and appendix B; KHR_materials_ior, _specular, _transmission.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...image import srgb_decode
from ...scene.gltf.container import Container
from ...scene.gltf.item import Item
from ..context import Context
from ..pictures import Entry, three
from ..transforms import tidy
from .textures import Textures, Used

LEFT_OUT = ("KHR_materials_sheen", "KHR_materials_anisotropy", "KHR_materials_iridescence", "KHR_materials_dispersion",
            "KHR_materials_diffuse_transmission", "KHR_materials_pbrSpecularGlossiness")


class Surface(NamedTuple):
    """entry: of a material; emission: of its shapes, or None; two_sided: both; tint: of vertex colours, (3,)."""

    entry: Entry
    emission: Any
    two_sided: bool
    uv_set: int
    tint: np.ndarray


class Materials:
    """Those of a file; `surface` gives one for shapes with colours, or without."""

    def __init__(self, file: Container, context: Context) -> None:
        self.file, self.context = file, context
        self.textures = Textures(file, context)
        self._made: dict[tuple[int, bool], Surface] = {}

    def surface(self, material: Item, colored: bool) -> Surface:
        key = (material.index, colored)
        if key not in self._made:
            self._made[key] = self._make(material, colored)
        return self._made[key]

    def _note(self, item: Item, message: str, key: str = "") -> None:
        self.context.notes.approximate(self.file.place, item.of, message, key)

    def _make(self, material: Item, colored: bool) -> Surface:
        pbr = material.inner("pbrMetallicRoughness")
        name = material.text("name") or f"material-{material.index}"
        base = self.textures.used(pbr, "baseColorTexture")
        rough = self.textures.used(pbr, "metallicRoughnessTexture")
        bumps = self.textures.used(material, "normalTexture")
        glow = self.textures.used(material, "emissiveTexture")
        factor = np.clip(pbr.numbers("baseColorFactor", 4, (1, 1, 1, 1)), 0.0, 1.0)
        entry: Entry = {"type": "principled", "base_color": self._base(material, name, base, factor[:3], colored)}
        for number, (key, given) in {2: ("metallic", "metallicFactor"), 1: ("roughness", "roughnessFactor")}.items():
            entry[key] = self._channel(f"{name}-{key}", rough, number, pbr.number(given, 1.0, 0.0, 1.0))
        self._extensions(material, entry)
        if bumps is not None:
            entry["normal_map"] = self._bumps(material, name, bumps)
        opacity = self._opacity(material, name, base, float(factor[3]))
        if opacity != 1.0:
            entry["opacity"] = opacity
        two_sided = material.flag("doubleSided")
        if not two_sided and entry.get("transmission", 0) == 0 and entry["type"] != "dielectric":
            entry["two_sided"] = False
        self._left_out(material)
        sets = list(dict.fromkeys(used.uv_set for used in (base, rough, bumps, glow) if used is not None))
        if len(sets) > 1:
            self._note(material, f"all textures by the coordinates of set {sets[0]}", "texCoord")
        return Surface(entry, self._emission(material, name, glow), two_sided, sets[0] if sets else 0, factor[:3])

    def _base(self, of: Item, name: str, used: Used | None, factor: np.ndarray, colored: bool) -> Any:
        if used is None:
            return {"vertex": "colors"} if colored else tidy(factor)
        if colored:
            self._note(of, "the texture alone, without the colours of vertices", "baseColorTexture")
        if (factor == 1).all():
            return self.context.embedded.file(used.name, used.coded, raw=False) | used.keys
        return self.context.embedded.pixels(f"{name}-base", factor * _colours(used)) | used.keys

    def _channel(self, name: str, used: Used | None, channel: int, factor: float) -> Any:
        """A number: constant, or an image of one channel of a texture."""
        if used is None or factor == 0:
            return tidy(factor)
        values = used.coded.values
        values = factor * values[..., min(channel, values.shape[2] - 1)]
        if np.ptp(values) == 0:
            return tidy(values.flat[0])
        return self.context.embedded.grey(name, values) | used.keys

    def _bumps(self, material: Item, name: str, used: Used) -> Entry:
        scale = material.inner("normalTexture").number("scale", 1.0)
        if scale == 1 and used.coded.values.shape[2] >= 3:
            return self.context.embedded.file(used.name, used.coded, raw=True) | used.keys
        vectors = (2 * three(used.coded.values) - 1) * (scale, scale, 1)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=2, keepdims=True), 1e-9)
        return self.context.embedded.pixels(f"{name}-normals", np.clip((vectors + 1) / 2, 0, 1)) | used.keys

    def _opacity(self, material: Item, name: str, base: Used | None, factor: float) -> Any:
        mode = material.text("alphaMode", "OPAQUE")
        if mode not in ("OPAQUE", "MASK", "BLEND"):
            raise material.wrong("alphaMode", "OPAQUE, MASK or BLEND")
        cutoff = material.number("alphaCutoff", 0.5, 0.0)
        if mode == "OPAQUE":
            return 1.0
        if base is None or base.coded.values.shape[2] < 4:
            return tidy(factor) if mode == "BLEND" else float(factor >= cutoff)
        alpha = factor * base.coded.values[..., 3]
        alpha = alpha if mode == "BLEND" else (alpha >= cutoff).astype(np.float64)
        if np.ptp(alpha) == 0:
            return tidy(alpha.flat[0])
        return self.context.embedded.grey(f"{name}-opacity", alpha) | base.keys

    def _emission(self, material: Item, name: str, used: Used | None) -> Any:
        strength = material.extension("KHR_materials_emissive_strength").number("emissiveStrength", 1.0, 0.0)
        factor = strength * np.maximum(material.numbers("emissiveFactor", 3, (0, 0, 0)), 0.0)
        if used is None or not factor.any():
            return tidy(factor) if factor.any() else None
        if (factor == 1).all() and used.coded.values.any():
            return self.context.embedded.file(used.name, used.coded, raw=False) | used.keys
        glow = factor * _colours(used)
        return self.context.embedded.pixels(f"{name}-emission", glow) | used.keys if glow.any() else None

    def _extensions(self, material: Item, entry: Entry) -> None:
        """Index, specular factor, transmission and coat, into the entry."""
        ior = material.extension("KHR_materials_ior").number("ior", 1.5, 0.0)
        shine = material.extension("KHR_materials_specular")
        for key in ("specularTexture", "specularColorTexture", "specularColorFactor"):
            if key in shine and (key != "specularColorFactor" or (shine.numbers(key, 3) != 1).any()):
                self._note(shine, "ignored: nrender has nothing like it", key)
        factor = shine.number("specularFactor", 1.0, 0.0, 1.0)
        specular = ((ior - 1) / (ior + 1)) ** 2 / 0.08 * factor if ior else 1.0
        if specular > 1 or not ior:
            self._note(material, f"the largest index, 1.79, instead of {ior:g}", "KHR_materials_ior")
        specular = tidy(min(specular, 1.0))
        through = self._transmission(material)
        plain = not isinstance(entry["base_color"], dict) and min(entry["base_color"]) == 1
        if through == 1 and entry["metallic"] == 0 and factor == 1 and plain and ior:
            rough = entry["roughness"]
            entry.clear()
            entry.update({"type": "dielectric", "ior": tidy(min(max(ior, 1.001), 5.0)), "roughness": rough})
        elif through:
            entry |= {"transmission": through} if specular == 0.5 else {"specular": specular, "transmission": through}
        elif entry["metallic"] == 0 and specular == 0 and not material.has_extension("KHR_materials_clearcoat"):
            base = entry["base_color"]
            entry.clear()
            entry.update({"type": "diffuse", "reflectance": base})
        elif specular != 0.5:
            entry["specular"] = specular
        coat = material.extension("KHR_materials_clearcoat")
        strength = coat.number("clearcoatFactor", 0.0, 0.0, 1.0)
        if strength and entry["type"] == "principled":
            gloss = 1 - coat.number("clearcoatRoughnessFactor", 0.0, 0.0, 1.0)
            self._note(coat, "Burley's clearcoat, which is a quarter as strong, with a gloss of 1 - roughness")
            entry |= {"clearcoat": tidy(strength), "clearcoat_gloss": tidy(gloss)}

    def _transmission(self, material: Item) -> float:
        given = material.extension("KHR_materials_transmission")
        part = given.number("transmissionFactor", 0.0, 0.0, 1.0)
        if part and "transmissionTexture" in given:
            self._note(given, "the same everywhere", "transmissionTexture")
        if part:
            volume = material.extension("KHR_materials_volume")
            if volume.number("thicknessFactor", 0.0, 0.0) == 0:
                self._note(given, "solid, and light is bent in it, where glTF's surface is a thin film")
            if "attenuationDistance" in volume:
                self._note(volume, "nothing is absorbed inside", "attenuationDistance")
        return float(tidy(part))

    def _left_out(self, material: Item) -> None:
        if material.has_extension("KHR_materials_unlit"):
            self._note(material, "lit as others are", "KHR_materials_unlit")
        for name in LEFT_OUT:
            if material.has_extension(name):
                self._note(material, "ignored: nrender has nothing like it", name)


def _colours(used: Used) -> np.ndarray:
    """(H, W, 3), linear."""
    return np.asarray(srgb_decode(three(used.coded.values)))
