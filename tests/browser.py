"""A page in headless Chromium, at the width of a phone: what a script beside it can measure."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape, unescape

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

# The page is in a frame: its own policy forbids scripts, and a window can't be as narrow as a phone.
WRAPPER = """<!doctype html><body>
<iframe id="page" width="{width}" height="800" style="border:0" srcdoc="{page}"></iframe>
<pre id="found"></pre><script>
document.getElementById("page").addEventListener("load", event => {{
  const page = event.target.contentDocument, wide = [];
  for (const element of page.body.querySelectorAll("*")) {{
    if (!element.parentElement.closest(".scroll") && element.getBoundingClientRect().right > {width} + 0.5)
      wide.push(element.tagName + "." + element.className);
  }}
  const images = [...page.images];
  document.getElementById("found").textContent = JSON.stringify({{
    width: page.documentElement.clientWidth,
    scroll: page.documentElement.scrollWidth,
    scrollers: [...page.querySelectorAll(".scroll")].filter(e => e.scrollWidth > e.clientWidth).length,
    wide: wide,
    images: images.length,
    broken: images.filter(image => !image.naturalWidth).map(image => image.alt),
    text: Math.min(...[...page.querySelectorAll("p, td, figcaption, li")].map(
      e => parseFloat(page.defaultView.getComputedStyle(e).fontSize))),
  }});
}});
</script></body>"""


def browser() -> str | None:
    """The path of a Chromium, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


def measured(page: str, folder, width: int = 360) -> dict:
    """What WRAPPER's script finds in the page."""
    file = folder / "wrapper.html"
    file.write_text(WRAPPER.format(width=width, page=escape(page, quote=True)), encoding="utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    flags = ["--headless", "--no-sandbox", "--disable-gpu", profile, "--virtual-time-budget=5000", "--dump-dom"]
    done = subprocess.run([browser(), *flags, file.as_uri()], capture_output=True, text=True, timeout=120, check=False)
    found = re.search(r'<pre id="found">(.+?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(unescape(found[1]))
