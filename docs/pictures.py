"""The pictures of docs/gallery.md: `python docs/pictures.py` renders all scenes and makes the examples' pictures small.

Some minutes on two CPUs. With names (`python docs/pictures.py cornell pose`) those alone.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

import nrender as nr
from nrender.image import tonemap

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "pictures"
WIDTH, SMALL = 320, 160  # pixels: of a bundled scene, and of one of scenes/redner
SPP, SMALL_SPP = 512, 256
NOISY = {"gallery": 1024, "bounce": 2048, "thinlens": 1024}
BY_NORMALS = ("g_buffer",)
EXAMPLES = {
    "example-teapot": "teapot/teapot.png",
    "example-calibrate": "calibrate/photographs.png",
    "example-body": "body/body.png",
    "example-torch": "torch/neural_texture.png",
    "example-jax": "jax/pose.png",
    "example-style": "style/style.png",
    "example-deepdream": "deepdream/deepdream.png",
    "example-adversarial": "adversarial/adversarial.png",
}


def rendered(path: Path, width: int, spp: int) -> np.ndarray:
    """(height, width, 3) uint8: the first camera's picture; of AOVs the first channel, in grey. What has no light is
    shown by its normals."""
    scene = nr.load_scene(path)
    name = next(iter(scene.cameras))
    camera = scene.cameras[name]
    scene = scene.with_resolution(name, width, round(camera.height * width / camera.width))
    if path.stem in BY_NORMALS:
        return tonemap(0.5 + 0.5 * nr.render_aovs(scene, ["normal"], spp=spp, camera=name)["normal"])
    image = nr.render(scene, spp=spp, camera=name)
    return nr.show(image[..., :1]).pixels if scene.integrator.aovs else tonemap(image)


def save(name: str, pixels: np.ndarray) -> None:
    Image.fromarray(pixels).save(OUT / f"{name}.jpg", quality=85, optimize=True)
    print(f"{name}.jpg: {(OUT / f'{name}.jpg').stat().st_size / 1000:.0f} kB", flush=True)


def reduced(path: Path) -> np.ndarray:
    image = Image.open(path).convert("RGB")
    image.thumbnail((640, 480))
    return np.asarray(image)


def main(wanted: list[str]) -> None:
    OUT.mkdir(exist_ok=True)
    scenes = [(path, WIDTH, SPP) for path in sorted((ROOT / "scenes").glob("*.yaml")) if path.stem != "batch"]
    of_redner = sorted((ROOT / "scenes/redner").glob("*.yaml"))
    scenes += [(path, SMALL, SMALL_SPP) for path in of_redner if path.stem != "all"]
    for path, width, spp in scenes:
        if not wanted or path.stem in wanted:
            save(path.stem, rendered(path, width, NOISY.get(path.stem, spp)))
    for name, path in EXAMPLES.items():
        if not wanted or name in wanted:
            save(name, reduced(ROOT / "examples" / path))


if __name__ == "__main__":
    main(sys.argv[1:])
